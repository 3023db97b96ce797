"""The distinct cells of one chunk of a column, joined, folded and measured.

Lives here: the way from an Arrow array to `Cells`: distinct texts, how many rows each has, and counts of character classes with
which a rule is ruled out before its expression is run. All of it works on whole buffers; nothing here knows an entity type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from privacy.detection.arrow import decoded, pc
from privacy.detection.folding import SEPARATOR, fold

IntArray = npt.NDArray[np.int64]
CHUNK_BYTES: Final = 8 << 20  # text joined at a time: bounds memory for columns of very long cells

# What a source writes where it has no value; counted as blank, never as a cell that failed to match.
PLACEHOLDERS: Final = frozenset(
    re.findall(
        r"\S+",
        r"无 暂无 空 null NULL Null none None NONE nan NaN NAN N/A n/a NA - -- --- — / \ \N 未知 不详 未填 未填写 待补充 #N/A ? 0000-00-00",
    )
)

# One bit per character class; a class table over the basic plane turns a text into counts with one look-up.
_DIGIT, _LETTER, _HAN, _DOT, _COLON, _AT, _SPACE, _UNIT = (1 << bit for bit in range(8))
_ADDRESS_UNITS: Final = "号弄幢栋室单元组座楼#"


def _class_table() -> npt.NDArray[np.uint8]:
    table = np.zeros(0x10000, dtype=np.uint8)
    table[ord("0") : ord("9") + 1] = _DIGIT
    table[ord("A") : ord("Z") + 1] = _LETTER
    table[ord("a") : ord("z") + 1] = _LETTER
    table[0x3400:0xA000] = _HAN
    for char, bit in ((".", _DOT), (":", _COLON), ("@", _AT), (" ", _SPACE), ("\t", _SPACE), ("\n", _SPACE)):
        table[ord(char)] = bit
    for char in _ADDRESS_UNITS:
        table[ord(char)] |= _UNIT
    return table


_CLASSES: Final = _class_table()


@dataclass(frozen=True, slots=True)
class Features:
    """Per cell: how many characters, and how many of each class (arrays of one length)."""

    length: IntArray
    digits: IntArray
    letters: IntArray
    han: IntArray
    dots: IntArray
    colons: IntArray
    ats: IntArray
    spaces: IntArray
    units: IntArray

    def solid(self, *lengths: int) -> npt.NDArray[np.bool_]:
        """Cells that are not one run of ASCII letters and digits, or are one of one of the `lengths`.

        A value cannot stand inside a longer run, so a run of another length is ruled out without a search.
        """
        broken = self.digits + self.letters != self.length
        allowed: npt.NDArray[np.bool_] = broken | np.isin(self.length, lengths)
        return allowed

    @classmethod
    def of(cls, points: npt.NDArray[np.generic], starts: IntArray, ends: IntArray) -> Features:
        """Features of cells lying at `starts` (inclusive) to `ends` (the NUL after each) in code points."""
        ascii_only = points.dtype.itemsize == 1
        classes = _CLASSES[points if ascii_only else np.minimum(points, 0xFFFF)]

        def count(bit: int) -> IntArray:
            return np.add.reduceat((classes & bit) != 0, starts, dtype=np.int64)

        nothing = np.zeros(len(starts), dtype=np.int64)
        return cls(
            length=ends - starts,
            digits=count(_DIGIT),
            letters=count(_LETTER),
            han=nothing if ascii_only else count(_HAN),
            dots=count(_DOT),
            colons=count(_COLON),
            ats=count(_AT),
            spaces=count(_SPACE),
            units=nothing if ascii_only else count(_UNIT),
        )


@dataclass(frozen=True, slots=True)
class Cells:
    """Distinct, folded, non-blank texts of a chunk; `counts[i]` rows hold `texts[i]`.

    `points` are the code points of the texts with a NUL after each; text `i` lies at `starts[i]`.
    """

    texts: list[str]
    counts: IntArray
    points: npt.NDArray[np.generic]
    starts: IntArray
    features: Features
    blank_rows: int

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def rows(self) -> int:
        """Rows that hold a non-blank value."""
        return int(self.counts.sum())

    @classmethod
    def of(cls, values: pa.Array[Any]) -> Cells:
        """The cells of a string array; nulls are left out (count them before)."""
        table = pc.value_counts(pc.drop_null(values))
        texts, counts = (
            _fold_and_split(pc.struct_field(table, 0)),
            pc.struct_field(table, 1).to_numpy().astype(np.int64),
        )
        return cls.from_texts(texts, counts)

    @classmethod
    def from_texts(cls, texts: list[str], counts: IntArray) -> Cells:
        """Cells of folded and stripped texts, leaving out blanks and placeholders."""
        blank = [index for index, text in enumerate(texts) if not text or (len(text) <= 10 and text in PLACEHOLDERS)]
        blank_rows = int(counts[blank].sum()) if blank else 0
        if blank:
            keep = np.ones(len(texts), dtype=np.bool_)
            keep[blank] = False
            texts = [text for text, kept in zip(texts, keep.tolist(), strict=True) if kept]
            counts = counts[keep]
        points, starts, ends = _points_of(texts)
        return cls(texts, counts, points, starts, Features.of(points, starts, ends), blank_rows)


def _points_of(texts: list[str]) -> tuple[npt.NDArray[np.generic], IntArray, IntArray]:
    joined = SEPARATOR.join(texts) + SEPARATOR if texts else ""
    points: npt.NDArray[np.generic]
    if joined.isascii():
        points = np.frombuffer(joined.encode("ascii"), dtype=np.uint8)
    else:
        points = np.frombuffer(joined.encode("utf-32-le"), dtype=np.uint32)
    ends = np.flatnonzero(points == 0)
    starts = np.zeros(len(ends), dtype=np.int64)
    starts[1:] = ends[:-1] + 1
    return points, starts, ends


def _fold_and_split(values: pa.Array[Any]) -> list[str]:
    """Folded, stripped Python strings, one per value."""
    size = len(values)
    if size == 0:
        return []
    joined = _join(values)
    if joined.count(SEPARATOR) != size - 1:  # a cell holds a NUL itself
        joined = _join(pc.replace_substring(values, pattern=SEPARATOR, replacement=" "))
    texts = fold(joined).split(SEPARATOR)
    return [text.strip() for text in texts]


def _join(values: pa.Array[Any]) -> str:
    lists = pa.ListArray.from_arrays(pa.array([0, len(values)], type=pa.int32()), values)
    (joined,) = pc.binary_join(lists, SEPARATOR).to_pylist()
    return str(joined)


def chunks_of(array: pa.Array[Any]) -> Iterator[pa.Array[Any]]:
    """Slices of `array` of at most about `CHUNK_BYTES` of content each, so that joining them stays small."""
    rows = len(array)
    if rows == 0:
        return
    pieces = min(rows, max(1, -(-array.nbytes // CHUNK_BYTES)))
    step = -(-rows // pieces)
    for start in range(0, rows, step):
        yield array.slice(start, step)


def as_strings(array: pa.Array[Any]) -> pa.Array[Any]:
    """`array` as `pa.string()`, whatever it held: dictionaries decoded, nested values as JSON."""
    array = decoded(array)
    kind = array.type
    if pa.types.is_string(kind):
        return array
    if pa.types.is_nested(kind):
        documents = [None if v is None else json.dumps(v, ensure_ascii=False, default=str) for v in array.to_pylist()]
        return pa.array(documents, type=pa.string())
    return array.cast(pa.string())
