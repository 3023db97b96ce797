"""Arrow columns seen as text and as bytes: what every operator reads and writes.

Lives here: one spelling of any column as text, the UTF-8 bytes of a text column as numpy arrays without a copy, and
text columns made from a matrix of bytes. No operator and no rule about what a value means.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from privacy.detection.arrow import pc

Values: TypeAlias = "pa.Array[Any]"
"""A column, or a batch's part of one, of any type."""

Texts: TypeAlias = "pa.Array[Any]"
"""A column of type `pa.string()`."""

Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

MAX_ROWS = 1 << 15
"""Rows an operator takes at once: keeps text offsets within 32 bits and the work near the processor's cache."""

# The arrays of a batch are larger than what the C library keeps when it is freed: each is mapped anew, page by page, and
# that costs more than the work on it. Freeing one that is larger still makes glibc keep all up to its size (mallopt(3),
# M_MMAP_THRESHOLD: "dynamic"), twice that at most. Elsewhere this does nothing. Nothing is touched, so nothing is used.
np.empty(16 << 20, dtype=np.uint8)

_SAMPLE_ROWS = 1024
_REPEATED = 0.5

# Float64 counts integers exactly up to here; beyond, "the same number" is no longer one spelling.
_EXACT_INTEGER = float(1 << 53)


@dataclass(frozen=True, slots=True)
class TextColumn:
    """The bytes behind a `pa.string()` column of n rows.

    `data` is every value's UTF-8 bytes, end to end, followed by at least 64 bytes that belong to no value (so that a
    window over the last value stays inside); `starts` and `lengths` (n) say where each value lies; `valid` (n) is
    False at nulls, whose length is 0.
    """

    data: Bytes
    starts: Ints
    lengths: Ints
    valid: Flags

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def size(self) -> int:
        """Bytes of `data` that belong to values."""
        return len(self.data) - len(_TAIL)

    def windows(self, width: int, rows: Ints | None = None, *, offset: int | Ints = 0) -> Bytes:
        """The `width` (≤ 64) bytes from each value's start + `offset`, as a fresh (n, width) matrix; what follows a
        value is noise."""
        starts = (self.starts if rows is None else self.starts[rows]) + offset
        view: npt.NDArray[np.void] = np.ndarray(
            shape=(len(self.data) - width + 1,), dtype=f"V{width}", buffer=self.data, strides=(1,)
        )
        matrix: Bytes = view[starts].view(np.uint8).reshape(len(starts), width)
        return matrix

    def words(self, rows: Ints | None, offset: int) -> npt.NDArray[np.uint64]:
        """The eight bytes from start + `offset` of each of the rows (None: all) as one number, first byte lowest."""
        numbers: npt.NDArray[np.uint64] = self.windows(8, rows, offset=offset).view("<u8").reshape(-1)
        return numbers

    def rows_of_length(self, length: int) -> Ints:
        """The rows whose value has exactly `length` bytes."""
        return np.flatnonzero(self.valid & (self.lengths == length))


_TAIL = np.zeros(64, dtype=np.uint8)


def text_column(values: Values) -> TextColumn:
    """Look at a `pa.string()` array's buffers; its bytes are copied once, to have room behind the last value."""
    count = len(values)
    offsets_buffer, data_buffer = values.buffers()[1:3]
    if count == 0 or offsets_buffer is None:
        nothing = np.zeros(count, dtype=np.int64)
        return TextColumn(data=_TAIL, starts=nothing, lengths=nothing, valid=valid_rows(values))
    offsets = np.frombuffer(memoryview(offsets_buffer), dtype=np.int32)[
        values.offset : values.offset + count + 1
    ].astype(np.int64)
    first, last = int(offsets[0]), int(offsets[-1])
    data = np.empty(last - first + len(_TAIL), dtype=np.uint8)
    if data_buffer is not None and last > first:
        data[: last - first] = np.frombuffer(memoryview(data_buffer), dtype=np.uint8)[first:last]
    data[last - first :] = 0
    valid = valid_rows(values)
    lengths = np.diff(offsets)
    if values.null_count:
        # Arrow lets a null slot hold bytes; nothing may be read from there.
        lengths = np.where(valid, lengths, 0)
    return TextColumn(data=data, starts=offsets[:-1] - first, lengths=lengths, valid=valid)


def packed_column(data: Bytes, lengths: Ints) -> TextColumn:
    """Values that lie end to end in `data`, of the given lengths (n), none of them null; the bytes are copied once."""
    room = np.zeros(len(data) + len(_TAIL), dtype=np.uint8)
    room[: len(data)] = data
    return TextColumn(
        data=room, starts=np.cumsum(lengths) - lengths, lengths=lengths, valid=np.ones(len(lengths), dtype=np.bool_)
    )


def valid_rows(values: Values) -> Flags:
    """True where `values` is not null."""
    if values.null_count == 0:
        return np.ones(len(values), dtype=np.bool_)
    return flags(values.is_valid())


def flags(values: Values) -> Flags:
    """A boolean column as numpy; null counts as False."""
    if values.null_count:
        values = pc.fill_null(values, False)
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.bool_)


def as_column(values: npt.NDArray[Any], mask: Flags | None = None) -> Values:
    """A numpy array as a column; null where `mask` is True."""
    column: Values = pa.array(values, mask=mask)
    return column


def nulls_where(values: Values, rows: Flags) -> Values:
    """`values` with null at the flagged rows."""
    if not rows.any():
        return values
    return pc.if_else(as_column(rows), pa.scalar(None, type=values.type), values)


def text_of_width(matrix: Bytes, valid: Flags) -> Texts:
    """A text column whose values are the rows of an (n, width) matrix of UTF-8 bytes; null where `valid` is False."""
    count, width = matrix.shape
    if count * width > np.iinfo(np.int32).max:
        raise ValueError(f"too many rows for one column: at most {MAX_ROWS} at a time")
    if not valid.all():
        # The slot under a null is never shown, but it is written to memory and files: leave nothing derived from a
        # value in it.
        matrix[~valid] = 0
    offsets = np.arange(0, (count + 1) * width, width, dtype=np.int32) if width else np.zeros(count + 1, dtype=np.int32)
    data = _buffer(np.ascontiguousarray(matrix).reshape(-1))
    return pa.StringArray.from_buffers(count, _buffer(offsets), data, _validity(valid))


def text_of_lengths(data: Bytes, lengths: Ints, valid: Flags) -> Texts:
    """A text column of values that lie end to end in `data` (UTF-8); null, and of length 0, where `valid` is False."""
    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    if offsets[-1] > np.iinfo(np.int32).max:
        raise ValueError("too much text for one column")
    offsets_buffer = _buffer(offsets.astype(np.int32))
    return pa.StringArray.from_buffers(len(lengths), offsets_buffer, _buffer(data), _validity(valid))


def _validity(valid: Flags) -> pa.Buffer | None:
    return None if valid.all() else _buffer(np.packbits(valid, bitorder="little"))


def _buffer(values: npt.NDArray[Any]) -> pa.Buffer:
    return pa.py_buffer(values.data)


def placed(count: int, parts: list[tuple[Ints, Values]], kind: pa.DataType) -> Values:
    """A column of `count` rows put together from `(rows, values)` parts; null where no part speaks."""
    parts = [(rows, values) for rows, values in parts if len(rows)]
    if len(parts) == 1 and len(parts[0][0]) == count:
        return parts[0][1]
    source = np.full(count, -1, dtype=np.int64)
    position = 0
    for rows, values in parts:
        source[rows] = np.arange(position, position + len(values))
        position += len(values)
    joined = pa.concat_arrays([values for _, values in parts]) if parts else pa.array([], type=kind)
    return joined.take(as_column(source, mask=source < 0))


def repeats(text: Texts) -> bool:
    """Whether few enough of some evenly spread rows are distinct that encoding the column as a dictionary pays."""
    if len(text) < 4 * _SAMPLE_ROWS:
        return False
    rows = np.arange(0, len(text), len(text) // _SAMPLE_ROWS)
    return len(pc.unique(text.take(as_column(rows)))) < _REPEATED * len(rows)


def is_textual(kind: pa.DataType) -> bool:
    """Whether a column of this type has text as its values (also behind a dictionary)."""
    if pa.types.is_dictionary(kind):
        return is_textual(kind.value_type)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def has_text_form(kind: pa.DataType) -> bool:
    """Whether `as_text` can spell a column of this type: everything but bytes and nested values."""
    if pa.types.is_dictionary(kind):
        return has_text_form(kind.value_type)
    return is_textual(kind) or bool(
        pa.types.is_null(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_date(kind)
        or pa.types.is_timestamp(kind)
        or pa.types.is_time(kind)
    )


def decoded(values: Values) -> Values:
    """A dictionary column as its plain values; any other column unchanged.

    Dictionaries are not passed on: one may hold values that no row of the batch uses, and a file writer would write
    those too.
    """
    return pc.dictionary_decode(values) if pa.types.is_dictionary(values.type) else values


def as_text(values: Values) -> Texts:
    """A column as `pa.string()`, so that one value has one spelling whatever type its source gave it.

    13912345678 as integer, float, decimal or text gives `13912345678`; dates and times are ISO 8601. ValueError for a
    type without a text form (see `has_text_form`).
    """
    values = decoded(values)
    kind = values.type
    if not has_text_form(kind):
        raise ValueError(f"a column of type {kind} has no text form")
    if pa.types.is_string(kind):
        return values
    if pa.types.is_floating(kind):
        return _float_text(values.cast(pa.float64()))
    if pa.types.is_decimal(kind):
        whole = pc.replace_substring_regex(values.cast(pa.string()), pattern=r"\.0*$", replacement="")
        return pc.replace_substring_regex(whole, pattern=r"(\.\d*?)0+$", replacement=r"\1")
    return values.cast(pa.string())


def _float_text(values: Values) -> Texts:
    whole = pc.and_(pc.equal(pc.floor(values), values), pc.less(pc.abs(values), _EXACT_INTEGER))
    integers = pc.if_else(whole, values, 0.0).cast(pa.int64()).cast(pa.string())
    return pc.if_else(whole, integers, values.cast(pa.string()))
