"""The cells of one chunk of a column, folded and measured.

Lives here: the way from an Arrow array to `Cells`: texts without blanks, how many rows each has, and the outlines by which rules are
ruled out before their expressions are run. All of it works on whole buffers; nothing here knows an entity type, and no cell
becomes a Python string unless somebody asks for it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pyarrow as pa

from privacy.detection.arrow import decoded, pc
from privacy.detection.folding import fold_array
from privacy.detection.outlines import BoolArray, Features, IntArray, Outlines, content

__all__ = ["Cells", "Features", "IntArray", "as_strings", "chunks_of"]

CHUNK_BYTES: Final = 8 << 20  # text looked at together: bounds memory for columns of very long cells
_SAMPLE: Final = 4096
_NEARLY_ALL: Final = 0.95  # of a sample distinct: putting equal cells together would cost more than it saves

# What a source writes where it has no value; counted as blank, never as a cell that failed to match.
PLACEHOLDERS: Final = frozenset(
    re.findall(
        r"\S+",
        r"无 暂无 空 null NULL Null none None NONE nan NaN NAN N/A n/a NA - -- --- — / \ \N 未知 不详 未填 未填写 待补充 #N/A ? 0000-00-00",
    )
)
_BLANK: Final = pa.array(["", *sorted(PLACEHOLDERS)], type=pa.string())
_LONGEST_BLANK: Final = max(len(text.encode()) for text in PLACEHOLDERS)


@dataclass(frozen=True)
class Cells:
    """Folded, non-blank texts of a chunk; `counts[i]` rows hold `array[i]`. Equal cells are one, unless nearly all differ."""

    array: pa.Array[Any]
    counts: IntArray
    blank_rows: int

    def __len__(self) -> int:
        return len(self.array)

    @cached_property
    def rows(self) -> int:
        """Rows that hold a non-blank value."""
        return int(self.counts.sum())

    @cached_property
    def outlines(self) -> Outlines:
        """The outlines of the cells."""
        return Outlines.of(self.array)

    @cached_property
    def features(self) -> Features:
        """Counts of characters, per cell."""
        return self.outlines.features.take(self.outlines.codes)

    @cached_property
    def texts(self) -> list[str]:
        """The cells as Python strings: dear, so whoever wants few asks for `text`."""
        return [str(text) for text in self.array.to_pylist()]

    def having(self, outlines: BoolArray) -> BoolArray:
        """The cells that have one of the marked outlines."""
        if not outlines.any():
            return np.zeros(len(self), dtype=np.bool_)
        return np.ones(len(self), dtype=np.bool_) if outlines.all() else outlines[self.outlines.codes]

    def text(self, at: int) -> str:
        """One cell."""
        return str(self.array[at].as_py())

    def at(self, index: IntArray) -> pa.Array[Any]:
        """The cells at `index`, which is in order, as a string array."""
        return self.array if len(index) == len(self.array) else pc.take(self.array, pa.array(index))

    @classmethod
    def of(cls, values: pa.Array[Any]) -> Cells:
        """The cells of a string array; nulls are left out (count them before)."""
        return cls._without_blanks(*_counted(pc.drop_null(values)))

    @classmethod
    def from_texts(cls, texts: list[str], counts: IntArray) -> Cells:
        """Cells of folded and stripped texts, leaving out blanks and placeholders."""
        return cls._without_blanks(pa.array(texts, type=pa.string()), counts)

    @classmethod
    def _without_blanks(cls, array: pa.Array[Any], counts: IntArray) -> Cells:
        short = np.flatnonzero(np.diff(content(array)[1]) <= _LONGEST_BLANK)
        if not len(short):
            return cls(array, counts, 0)
        blank = short[pc.is_in(pc.take(array, pa.array(short)), value_set=_BLANK).to_numpy(zero_copy_only=False)]
        if not len(blank):
            return cls(array, counts, 0)
        filled = np.ones(len(array), dtype=np.bool_)
        filled[blank] = False
        return cls(pc.filter(array, pa.array(filled)), counts[filled], int(counts[blank].sum()))


def _counted(values: pa.Array[Any]) -> tuple[pa.Array[Any], IntArray]:
    """Folded values, and how many rows hold each."""
    some = values.slice(0, _SAMPLE)
    if len(pc.unique(some)) > _NEARLY_ALL * _SAMPLE:
        return fold_array(values), np.ones(len(values), dtype=np.int64)
    table = pc.value_counts(values)
    return fold_array(pc.struct_field(table, 0)), pc.struct_field(table, 1).to_numpy().astype(np.int64)


def chunks_of(array: pa.Array[Any]) -> Iterator[pa.Array[Any]]:
    """Slices of `array` of at most about `CHUNK_BYTES` of content each, so that joining them stays small."""
    rows = len(array)
    if rows == 0:
        return
    pieces = min(rows, max(1, -(-array.nbytes // CHUNK_BYTES)))
    step = -(-rows // pieces)
    for start in range(0, rows, step):
        yield array.slice(start, step)


def without_damage(array: pa.Array[Any]) -> tuple[pa.Array[Any], int]:
    """A column without the texts whose bytes are none, and how many those were."""
    if not pa.types.is_string(array.type):
        return array, 0
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        texts = [_text_of(value) for value in array.view(pa.binary()).to_pylist()]
        sound: pa.Array[Any] = pa.array(texts, type=pa.string())
        return sound, sound.null_count - array.null_count
    return array, 0


def _text_of(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode("utf-8")
    except UnicodeDecodeError:
        return None


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
