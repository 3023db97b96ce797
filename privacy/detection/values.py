"""The values of many hits, side by side as bytes.

Lives here: a sequence of strings that can also be had as a matrix without ever having been strings. What judges hits one by one reads
it as any sequence; the arithmetic of `privacy.detection.checksums` takes the matrix. Not here: where hits come from
(`privacy.detection.matching`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Final, TypeAlias, overload

import numpy as np

from privacy.detection.outlines import Bytes, IntArray

SEPARATOR_CHARACTERS: Final = " \t-–—()·•・‧.+"
_SEPARATORS: Final = str.maketrans("", "", SEPARATOR_CHARACTERS)
_NUL: Final = "\0"
_TO_UPPER: Final = 0xDF


def compact(text: str) -> str:
    """A hit without separators, upper case: what checksums are computed on."""
    return text.translate(_SEPARATORS).upper()


@dataclass(frozen=True, slots=True)
class Alike:
    """Hits of one outline: one a row, so many bytes each. Only `texts` of ASCII alone have a column a character."""

    rows: Bytes
    is_ascii: bool

    def __len__(self) -> int:
        return len(self.rows)

    def compacted(self) -> Alike:
        """Without separators, upper case; for ASCII."""
        first = self.rows[:1]
        kept = [at for at in range(self.rows.shape[1]) if chr(first[0, at]) not in SEPARATOR_CHARACTERS]
        rows = self.rows[:, kept] if len(kept) < self.rows.shape[1] else self.rows
        lower = [at for at, byte in enumerate(rows[0].tolist()) if 0x61 <= byte <= 0x7A]
        if lower:
            rows = rows.copy()
            rows[:, lower] &= _TO_UPPER
        return Alike(rows, self.is_ascii)

    def texts(self) -> list[str]:
        """As strings."""
        width = self.rows.shape[1]
        data = np.ascontiguousarray(self.rows).tobytes()
        if self.is_ascii:
            text = data.decode("ascii")
            return [text[at : at + width] for at in range(0, len(text), width)]
        return [data[at : at + width].decode() for at in range(0, len(data), width)]


@dataclass(frozen=True, slots=True)
class Spans:
    """Hits in joined cells, from `starts` to `ends` of `joined`."""

    joined: str
    starts: IntArray
    ends: IntArray

    def __len__(self) -> int:
        return len(self.starts)

    def texts(self) -> list[str]:
        """As strings."""
        joined = self.joined
        return [joined[start:end] for start, end in zip(self.starts.tolist(), self.ends.tolist(), strict=True)]


Part: TypeAlias = Alike | Spans


class Values(Sequence[str]):
    """The values of hits in the order of `index` over all `parts`; compacted where the recognizer judges them so."""

    def __init__(self, parts: Sequence[Part], *, compacts: bool, index: IntArray | None = None) -> None:
        self._parts = parts
        self._compacts = compacts
        self._index = index
        self._size = sum(map(len, parts)) if index is None else len(index)

    def take(self, index: IntArray) -> Values:
        """Those at `index`; all of them stay in their order."""
        if len(index) == self._size:
            return self
        return Values(self._parts, compacts=self._compacts, index=index if self._index is None else self._index[index])

    def matrix(self, width: int) -> Bytes:
        """The values as rows of `width` bytes, cut there and padded with zeros. The columns lie together in memory.

        Raises: UnicodeEncodeError, when a value is not ASCII.
        """
        columns = self._columns
        if len(columns) < width:
            columns = np.zeros((width, self._size), dtype=np.uint8)
            columns[: len(self._columns)] = self._columns
        return columns[:width].T

    @cached_property
    def lengths(self) -> IntArray:
        """How many characters each value has."""
        try:
            lengths: IntArray = np.count_nonzero(self._columns, axis=0).astype(np.int64)
            return lengths
        except UnicodeEncodeError:
            return np.fromiter(map(len, self._texts), dtype=np.int64, count=self._size)

    def character(self, place: int) -> Bytes:
        """One character of each value, counted from the end if `place` is negative; 0 where a value has none there."""
        columns = self._columns
        if place >= 0:
            return columns[place] if place < len(columns) else np.zeros(self._size, dtype=np.uint8)
        at = self.lengths + place
        if len(at) and at.min() == at.max():
            return self.character(int(at[0]))
        return np.where(at >= 0, columns[np.maximum(at, 0), np.arange(self._size)], 0)

    @cached_property
    def _columns(self) -> Bytes:
        """The bytes of all values, those at one place in a row."""
        parts = [self._rows_of(part) for part in self._parts]
        columns = np.zeros((max((rows.shape[1] for rows in parts), default=0), sum(map(len, parts))), dtype=np.uint8)
        at = 0
        for rows in parts:
            columns[: rows.shape[1], at : at + len(rows)] = rows.T
            at += len(rows)
        return columns if self._index is None else columns[:, self._index]

    def _rows_of(self, part: Part) -> Bytes:
        if isinstance(part, Alike) and part.is_ascii:
            return part.compacted().rows if self._compacts else part.rows
        texts = _compacted(part.texts()) if self._compacts else part.texts()
        as_bytes = np.array(texts, dtype=np.bytes_)
        return as_bytes.view(np.uint8).reshape(len(part), as_bytes.dtype.itemsize)

    @cached_property
    def _texts(self) -> list[str]:
        texts = list(chain.from_iterable(part.texts() for part in self._parts))
        if self._index is not None:
            texts = [texts[at] for at in self._index.tolist()]
        return _compacted(texts) if self._compacts else texts

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        return self._texts[at]


def _compacted(texts: list[str]) -> list[str]:
    """`compact` of all of them at once."""
    joined = _NUL.join(texts)
    for char in SEPARATOR_CHARACTERS:
        if char in joined:
            joined = joined.replace(char, "")
    return joined.upper().split(_NUL) if texts else []
