"""Text columns put together as whole arrays: picking, joining, padding and replacing without a loop per row.

Lives here: the few Arrow and numpy moves that every table of the demo city is written with. What the values mean (IDs,
names, addresses) lives in the module of that subject.

A `Text` is an Arrow array of strings; `Indices` and `Mask` are one-dimensional numpy arrays of the same length.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Text: TypeAlias = pa.StringArray
Column: TypeAlias = "pa.Array[Any]"
Indices: TypeAlias = npt.NDArray[np.int64]
Days: TypeAlias = npt.NDArray[np.datetime64]
Mask: TypeAlias = npt.NDArray[np.bool_]
Bytes: TypeAlias = npt.NDArray[np.uint8]
Floats: TypeAlias = npt.NDArray[np.floating[Any]]

_ZERO = ord("0")


def stream(seed: int, name: str) -> np.random.Generator:
    """The random stream of one subject: a table changed or added leaves the rows of the others as they were."""
    return np.random.default_rng([seed, crc32(name.encode())])


def text(values: Sequence[str | None]) -> Text:
    """The values as a text column; None is null."""
    return pa.array(values, type=pa.string())


def strings(values: Text) -> list[str]:
    """The values of a column that has no nulls."""
    return [value for value in values.to_pylist() if value is not None]


def numbers_as_text(values: npt.NDArray[Any]) -> Text:
    """Integers written out in decimal."""
    written: Text = pa.array(values).cast(pa.string())
    return written


def pick(vocabulary: Sequence[str] | Text, index: npt.NDArray[np.integer[Any]]) -> Text:
    """The word at each index."""
    words = vocabulary if isinstance(vocabulary, pa.Array) else text(vocabulary)
    return words.take(pa.array(index))


def join(*parts: Text | str) -> Text:
    """Parts end to end, row by row; a null part makes the row null. At least one part is a column."""
    pieces: list[Any] = [pa.scalar(part) if isinstance(part, str) else part for part in parts]
    joined: Any = pc.binary_join_element_wise(*pieces, "")
    whole: Text = _flat(joined)
    return whole


def digits(numbers: npt.NDArray[np.integer[Any]], width: int) -> Text:
    """Non-negative integers as decimal digits padded with zeros on the left to `width` (at most 19)."""
    matrix = digit_matrix(numbers, width)
    return fixed_width(matrix + _ZERO)


def digit_matrix(numbers: npt.NDArray[np.integer[Any]], width: int) -> Bytes:
    """The decimal digits of each number, most significant first: shape (rows, width), values 0 to 9."""
    rest = numbers.astype(np.int64)
    matrix = np.empty((rest.size, width), dtype=np.uint8)
    for place in range(width - 1, -1, -1):
        rest, digit = np.divmod(rest, 10)
        matrix[:, place] = digit
    return matrix


def fixed_width(codes: Bytes) -> Text:
    """ASCII codes of shape (rows, width) as a column of strings of that width."""
    rows, width = codes.shape
    offsets = np.arange(rows + 1, dtype=np.int32) * width
    body = np.ascontiguousarray(codes, dtype=np.uint8)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets.tobytes()), pa.py_buffer(body.tobytes()))


def ascii_codes(values: Text, width: int) -> Bytes:
    """The bytes of a column whose values all have `width` ASCII characters and none is null: shape (rows, width)."""
    return np.frombuffer("".join(strings(values)).encode("ascii"), dtype=np.uint8).reshape(len(values), width)


def either(mask: Mask, yes: Text | str, no: Text | str) -> Text:
    """`yes` where the mask holds, else `no`."""
    chosen: Any = pc.if_else(pa.array(mask), yes, no)
    whole: Text = _flat(chosen)
    return whole


def hide(values: Column, mask: Mask) -> Any:
    """The column with null where the mask holds."""
    return pc.if_else(pa.array(mask), pa.scalar(None, type=values.type), values)


def rewrite(values: Text, mask: Mask, change: Callable[[list[str]], Sequence[str]]) -> Text:
    """The column with `change` applied to the rows of the mask. Null rows are left alone."""
    chosen = mask & values.is_valid().to_numpy(zero_copy_only=False)
    if not chosen.any():
        return values
    changed = text(list(change(strings(values.filter(pa.array(chosen))))))
    replaced: Any = pc.replace_with_mask(values, pa.array(chosen), changed)
    whole: Text = _flat(replaced)
    return whole


def draw(rng: np.random.Generator, weights: Sequence[float] | Floats, rows: int) -> Indices:
    """Indices into `weights`, drawn in proportion to them."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    drawn = np.searchsorted(edges, rng.random(rows) * edges[-1], side="right")
    index: Indices = np.minimum(drawn, len(edges) - 1).astype(np.int64)
    return index


def distinct_numbers(rng: np.random.Generator, rows: int, space: int) -> Indices:
    """`rows` different integers of 0 … space-1 that look random: a walk round the ring by a step coprime with it."""
    if rows > space:
        raise ValueError("More distinct numbers asked for than there are.")
    step = int(space * 0.6180339887) | 1
    while np.gcd(step, space) != 1:
        step += 2
    start = int(rng.integers(0, space))
    # Products stay inside 64 bits: rows and spaces here are far below 2**31 and 10**12.
    return (start + (np.arange(rows, dtype=np.int64) * step) % space) % space


def _flat(values: Any) -> Any:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
