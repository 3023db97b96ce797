"""Whether a short cell looks like the name of a person.

Lives here: the lexicon of name characters (`person_names.toml`) and a vectorised likelihood over cells of 2–4 Chinese characters:
surname by how common it is, given name by whether its characters are used in names. 高血压 and 白内障 begin with surnames, but
their other characters are not given; it is the whole column that decides. Latin cells are judged by
`privacy.detection.english_names`. Names inside a text are read by `privacy.detection.reading`.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from privacy.detection.arrow import pc
from privacy.detection.cells import Cells
from privacy.detection.checksums import BoolArray
from privacy.detection.english_names import english_lexicon, read_cell
from privacy.detection.outlines import content

# Log-likelihood weights: rounded from how often each class occurs in names against in other short nouns.
_COMMON, _USUAL, _NO_SURNAME = 2.0, 1.2, -6.0
_GIVEN, _NOT_GIVEN = 0.8, -1.3
_THRESHOLD: Final = 0.6
_DOTTED: Final = re.compile(r"[\u3400-\u9fff]{2,10}(?:[·•・‧][\u3400-\u9fff]{1,10}){1,3}")
_ENDS_OF_PLACES: Final = [ord(char) for char in "路街巷弄"]
_BETWEEN_NAMES: Final = re.compile(r"[、,;/ ]+")
_SPACED: Final = re.compile(r"(?<=[\u3400-\u9fff])[ \u3000]+(?=[\u3400-\u9fff])")


@dataclass(frozen=True, slots=True)
class NameLexicon:
    """Weights by code point, compound surnames, words that anonymise."""

    surname: npt.NDArray[np.float32]
    given: npt.NDArray[np.float32]
    compound: frozenset[str]
    anonymous: frozenset[str]

    @property
    def surname_characters(self) -> str:
        """All characters that are or begin a surname."""
        singles = {chr(point) for point in np.flatnonzero(self.surname > 0).tolist()}
        return "".join(sorted(singles | {surname[0] for surname in self.compound}))

    def is_surname(self, char: str) -> bool:
        """Whether one character is a surname."""
        point = ord(char)
        return point < 0x10000 and bool(self.surname[point] > 0)


@cache
def name_lexicon() -> NameLexicon:
    """The lexicon that ships."""
    data = tomllib.loads(resources.files(__package__).joinpath("person_names.toml").read_text("utf-8"))
    surname = np.full(0x10000, _NO_SURNAME, dtype=np.float32)
    for chars, weight in ((data["usual"], _USUAL), (data["common"], _COMMON)):
        surname[[ord(char) for char in chars]] = weight
    given = np.full(0x10000, _NOT_GIVEN, dtype=np.float32)
    given[[ord(char) for char in "".join(data["given"].split())]] = _GIVEN
    return NameLexicon(
        surname,
        given,
        frozenset(data["compound"]),
        frozenset(data["anonymous"]),
    )


@dataclass(frozen=True, slots=True)
class NameShape:
    """Per cell: whether it has the shape of a name (2–4 Chinese characters, dotted, or Latin words), a surname, and is a name."""

    shaped: BoolArray
    surname: BoolArray
    name: BoolArray


def name_shapes(cells: Cells) -> NameShape:
    """The likelihood of each cell being a name."""
    size = len(cells)
    shaped, surname, name = (np.zeros(size, dtype=np.bool_) for _ in range(3))
    features = cells.features
    words = _latin_words(cells)
    shaped[words] = True
    lower = pc.utf8_lower(cells.at(words))
    surname[words] = name[words] = pc.is_in(lower, value_set=_single_names()).to_numpy(zero_copy_only=False)
    short = np.flatnonzero((features.han == features.length) & (features.length >= 2) & (features.length <= 4))
    if len(short):
        shaped[short] = True
        has_surname, is_name = _chinese(cells, short)
        surname[short] = has_surname
        name[short] = is_name
    rest = np.flatnonzero(
        ((features.han >= 2) & (features.length - features.han <= 3) & (features.length > features.han))
        | (
            (features.letters >= 2)
            & (features.letters < features.length)
            & (features.spaces <= 3)
            & (features.digits == 0)
            & (features.han == 0)
        )
    )
    rest = rest[features.length[rest] <= 40]
    for index, text in zip(rest.tolist(), cells.at(rest).to_pylist() if len(rest) else [], strict=True):
        verdict = _other(str(text))
        if verdict is not None:
            shaped[index] = True
            surname[index] = name[index] = verdict
    return NameShape(shaped, surname, name)


def _latin_words(cells: Cells) -> npt.NDArray[np.int64]:
    """Cells that are one Latin word with a capital."""
    outlines = cells.outlines
    begins, offsets = content(outlines.distinct)
    f = outlines.features
    return np.flatnonzero(
        cells.having((f.letters == f.length) & (f.length >= 2) & (f.length <= 16) & (begins[offsets[:-1]] == ord("A")))
    )


@cache
def _single_names() -> pa.Array[Any]:
    """Given names and surnames that are nothing else."""
    lexicon = english_lexicon()
    return pa.array(sorted((lexicon.given | lexicon.surnames) - lexicon.words), type=pa.string())


def _chinese(cells: Cells, index: npt.NDArray[np.int64]) -> tuple[BoolArray, BoolArray]:
    """Of cells of two to four Han characters: which have a surname, which are a name."""
    lexicon = name_lexicon()
    text, offsets = content(cells.at(index))
    threes = text.reshape(-1, 3).astype(np.int64)  # each of the characters is three bytes of UTF-8
    points = (threes[:, 0] & 0x0F) << 12 | (threes[:, 1] & 0x3F) << 6 | (threes[:, 2] & 0x3F)
    starts, length = offsets[:-1] // 3, np.diff(offsets) // 3
    first = lexicon.surname[points[starts]]
    given = np.zeros(len(index), dtype=np.float32)
    for offset in (1, 2, 3):
        inside = length > offset
        given[inside] += lexicon.given[points[starts[inside] + offset]]
    score = first + given
    score[np.isin(points[starts + length - 1], _ENDS_OF_PLACES)] = _NO_SURNAME  # 永安路, 张街
    score[length == 4] = _NO_SURNAME  # a name of four characters has a compound surname, or is 复姓 joined
    pairs = points[starts] << 16 | points[starts + 1]
    compound = np.isin(pairs, [ord(pair[0]) << 16 | ord(pair[1]) for pair in lexicon.compound]) & (length >= 3)
    score[compound] = 2.0
    return (first > 0) | compound, score > _THRESHOLD


def is_chinese_name(text: str) -> bool:
    """Whether one word of Chinese is a full name: a surname and one or two characters, at least one of which is used in names.

    张某 and 王先生 name nobody; 苏府 begins with a surname and is an office.
    """
    lexicon = name_lexicon()
    text = _SPACED.sub("", text)
    if _DOTTED.fullmatch(text):
        return True
    size = 2 if text[:2] in lexicon.compound and len(text) > 2 else 1
    given = text[size:]
    if not 1 <= len(given) <= 2 or given in lexicon.anonymous or given[0] == "某":
        return False
    if not all("\u3400" <= char <= "\u9fff" for char in text):
        return False
    if size == 2:
        return True
    return lexicon.is_surname(text[0]) and any(lexicon.given[ord(char)] > 0 for char in given)


def _other(text: str) -> bool | None:
    """Whether a dotted, spaced or Latin text is a name; None when it has not even the shape of one."""
    if _DOTTED.fullmatch(text):
        return True
    joined = _SPACED.sub("", text)
    if joined != text:
        return is_chinese_name(joined) if len(joined) <= 4 else None
    parts = _BETWEEN_NAMES.split(text)
    if 2 <= len(parts) <= 4 and not text.isascii():
        return True if all(is_chinese_name(part) for part in parts) else None
    return read_cell(text)
