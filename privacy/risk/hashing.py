"""Cells as 64-bit keyed hashes: what the risk measurement counts instead of holding the cells themselves.

Lives here: hashing a column and joining the hashes of several columns. A hash stands for a value only within one
measurement with one key; nothing here is a pseudonym to be released.

Two values share a hash with probability n² / 2⁶⁵ for n distinct ones: 3 in a million for ten million persons. A
collision would count two persons as one, or two classes as one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from catalog.messages import MessageError, gettext_noop

Hashes = npt.NDArray[np.uint64]

_HASH_BYTES = 8
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


class ColumnTypeUnsupported(MessageError):
    """The column holds lists, records or another type that has no single value per cell."""

    code = "unsupported_column_type"
    message = gettext_noop("The column “%(column)s” holds values of type %(type)s, which cannot be compared.")


def null_hash(key: bytes) -> np.uint64:
    """What an empty cell hashes to: a value of its own, different from the empty text."""
    return _digest(b"n", key)


def hash_column(column: pa.Array[Any], name: str, key: bytes) -> Hashes:
    """One hash for each cell of `column`, equal exactly where the cells are (up to the collisions named above).

    `key` keeps the hashes from being looked up in a dictionary of likely values where they leave the process; 0 to 64
    bytes. Raises `ColumnTypeUnsupported`, naming the column.
    """
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    column = plain_column(column)
    if pa.types.is_null(column.type):
        return np.full(len(column), null_hash(key), dtype=np.uint64)
    try:
        encoded = column.dictionary_encode()
        texts = _as_binary(encoded.dictionary)
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid) as error:
        raise ColumnTypeUnsupported(column=name, type=str(column.type)) from error
    # Hashing each distinct value once; the place behind the last one is the null's.
    hashes = np.empty(len(texts) + 1, dtype=np.uint64)
    cells = cast("list[bytes]", texts.to_pylist())
    joined = b"".join(_raw_digest(b"v" + cell, key) for cell in cells)
    hashes[:-1] = np.frombuffer(joined, dtype="<u8")
    hashes[-1] = null_hash(key)
    places = encoded.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)
    hashed: Hashes = hashes[places]
    return hashed


def plain_column(column: pa.Array[Any]) -> pa.Array[Any]:
    """The column without dictionary coding, which hides nulls and lets equal values stand twice."""
    if isinstance(column, pa.DictionaryArray):
        return cast("pa.Array[Any]", column.dictionary_decode())
    return column


def join_hashes(columns: Sequence[Hashes]) -> Hashes:
    """One hash for each row over several columns of equal length, in their order. At least one column."""
    joined = np.full(len(columns[0]), np.uint64(len(columns)), dtype=np.uint64)
    for column in columns:
        joined = _scramble((joined * _GOLDEN) ^ column)
    return joined


def _scramble(values: Hashes) -> Hashes:
    """The finaliser of SplitMix64, a bijection on 64 bits: joining loses nothing that the parts still tell apart."""
    values = (values ^ (values >> np.uint64(30))) * _MIX_1
    values = (values ^ (values >> np.uint64(27))) * _MIX_2
    return values ^ (values >> np.uint64(31))


def _raw_digest(content: bytes, key: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_HASH_BYTES, key=key).digest()


def _digest(content: bytes, key: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(_raw_digest(content, key), "little"))


def _as_binary(values: pa.Array[Any]) -> pa.Array[Any]:
    """The distinct values as bytes, one spelling per value of the type."""
    kind = values.type
    if pa.types.is_temporal(kind):
        # As the number it is stored as: spelling a zoned timestamp would need a time zone database.
        values = values.view(pa.int32() if kind.bit_width == 32 else pa.int64())
    elif pa.types.is_float16(kind):
        values = pc.cast(values, pa.float32())
    if pa.types.is_binary(values.type) or pa.types.is_large_binary(values.type):
        return values
    if pa.types.is_fixed_size_binary(values.type):
        return pc.cast(values, pa.binary())
    return pc.cast(pc.cast(values, pa.large_string()), pa.large_binary())
