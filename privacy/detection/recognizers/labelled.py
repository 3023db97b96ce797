"""Numbers that are nothing without the word before them: QQ 12345678, 住院号:0012345.

Lives here: the recognizer that such types are made of. In a text the label makes the number; in a column of its own the name of the
column does, which `privacy.detection.scoring` joins with the shape of the cells.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any, ClassVar, Final

from privacy.detection.cells import Features
from privacy.detection.checksums import BoolArray
from privacy.detection.recognizers.base import ColumnRecognizer

BETWEEN: Final = r"[ :=是为#\"']{0,4}"  # between a label and its number; JSON has a quote on either side of the colon


def any_of(words: Sequence[str]) -> str:
    """An expression of any of `words` that begins with a set of characters, so that an engine can jump to where one may begin.

    A word of Latin letters does not begin inside another.
    """
    ordered = sorted(words, key=lambda word: (word[0], -len(word)))
    firsts = sorted({word[0] for word in words})
    branches = []
    for first, group in groupby(ordered, key=lambda word: word[0]):
        whole = "(?<![0-9A-Za-z_].)" if first.isascii() else ""
        branches.append(f"(?<={first}){whole}(?:{'|'.join(re.escape(word[1:]) for word in group)})")
    return f"[{''.join(firsts)}](?:{'|'.join(branches)})"


def in_any_case(*words: str) -> tuple[str, ...]:
    """Each word as it is usually written: wechat, Wechat, WECHAT."""
    return tuple(
        dict.fromkeys(form for word in words for form in (word, word.lower(), word.capitalize(), word.upper()))
    )


class LabelledRecognizer(ColumnRecognizer):
    """A label and a number. What is found, reported and judged is the number.

    `labels` are the words one of which stands before it, `endings` is an expression of what may follow the word.
    """

    labels: ClassVar[tuple[str, ...]]
    endings: ClassVar[str] = ""
    fewest: ClassVar[int]  # letters, digits and Chinese characters of a label and its number, at the least
    compacts = False

    def __init__(self, supported_language: str = "zh", **kwargs: Any) -> None:
        super().__init__(supported_language, **kwargs)
        self._label = re.compile(any_of(self.labels) + self.endings + BETWEEN)
        self._han = 0 if any(label.isascii() for label in self.labels) else min(map(len, self.labels))

    def may_hold(self, features: Features) -> BoolArray:
        known = features.digits + features.letters + features.han
        return (features.length > features.digits) & (features.han >= self._han) & (known >= self.fewest)

    def extend(self, text: str, start: int, end: int) -> tuple[int, int]:
        label = self._label.match(text, start, end)
        return (label.end() if label else start), end

    def number_in(self, hit: str) -> str:
        """A hit without its label."""
        return hit[self.extend(hit, 0, len(hit))[0] :]
