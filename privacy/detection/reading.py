"""Which reader of names reads which text.

Lives here: the choice between the reader of Chinese and that of English, by script, the same for one text and for a column of them. Not here:
the readers (`privacy.detection.chinese_text`, `privacy.detection.english_text`), which cells of a column are text and under what
budget they are read (`privacy.detection.free_text`).

A text with two Chinese characters is read by the one, a text with four times as many Latin letters as Chinese characters by the other; a few
texts are read by both.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from privacy.detection.cells import Features
from privacy.detection.checksums import BoolArray
from privacy.detection.chinese_text import find_in_chinese
from privacy.detection.english_text import ENGLISH_VERSION, find_in_english
from privacy.detection.lac import LAC_VERSION
from privacy.detection.mentions import Mention, without_overlaps

# The models and, after them, the version of the rules about what they find.
READERS_VERSION: Final = f"{LAC_VERSION}, {ENGLISH_VERSION}, 2"
_SHORTEST: Final = 4  # characters of a Chinese text
_FEWEST_HAN: Final = 2
_FEWEST_LETTERS: Final = 8
_MOSTLY: Final = 4
_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_LETTER: Final = re.compile(r"[A-Za-z]")


def reads_chinese(text: str) -> bool:
    """Whether a folded text is read as Chinese."""
    return len(_HAN.findall(text)) >= _FEWEST_HAN


def reads_english(text: str) -> bool:
    """Whether a folded text is read as English: words of it, and hardly any Chinese."""
    letters = len(_LETTER.findall(text))
    return letters >= _FEWEST_LETTERS and " " in text and letters >= _MOSTLY * len(_HAN.findall(text))


def chinese_cells(features: Features) -> BoolArray:
    """The cells that are Chinese text if they are text at all."""
    found: BoolArray = (features.length >= _SHORTEST) & (features.han >= _FEWEST_HAN)
    return found


def english_cells(features: Features) -> BoolArray:
    """The cells that are English text if they are text at all: three words. Of two the column decides whether they are a name."""
    found: BoolArray = (
        (features.letters >= _FEWEST_LETTERS) & (features.spaces >= 2) & (features.letters >= _MOSTLY * features.han)
    )
    return found


def read_mentions(texts: Sequence[str]) -> list[list[Mention]]:
    """For each folded text the persons and the organisations that it names."""
    found: list[list[Mention]] = [[] for _ in texts]
    for reads, find in ((reads_chinese, find_in_chinese), (reads_english, find_in_english)):
        index = [at for at, text in enumerate(texts) if reads(text)]
        if not index:
            continue
        for at, mentions in zip(index, find([texts[at] for at in index]), strict=True):
            found[at] = without_overlaps([*found[at], *mentions]) if found[at] else mentions
    return found
