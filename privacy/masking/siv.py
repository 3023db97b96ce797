"""AES-SIV over a whole column at once.

Lives here: the deterministic authenticated encryption of RFC 5297, computed for n messages with a few AES calls over
arrays instead of one object per message. How a sealed value is written as text, and what is sealed, is not decided
here.

The same message under the same key and associated data gives the same result; anything else looks random, and a
changed result is noticed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from privacy.masking.cmac import BLOCK, ColumnCmac, Words, doubled
from privacy.masking.columns import Bytes, Flags, Ints, TextColumn, packed_column

KEY_LENGTHS = (32, 64)
"""Bytes of a key: two AES-128 keys (as in the RFC's examples) or two AES-256 keys."""

# RFC 5297 §2.5: the counter begins with these two bits cleared, so that counting on never carries beyond 32 bits.
_COUNTER_BITS = np.frombuffer(bytes.fromhex("ffffffffffffffff7fffffff7fffffff"), dtype=np.uint64)
_COUNTED_BLOCKS = 1 << 31

# Row L keeps the first L bytes of a block.
_KEEP = np.tri(BLOCK + 1, BLOCK, -1, dtype=np.uint8) * np.uint8(0xFF)


@dataclass(frozen=True, slots=True)
class Blocks:
    """n messages cut into m blocks, in order: `data` (m, 16), zero after a message's end; `rows` (m) says whose each
    is, `positions` (m) where in its message it stands, `lengths` (m) how many of its bytes count."""

    data: Bytes
    rows: Ints
    positions: Ints
    lengths: Ints

    def joined(self) -> Bytes:
        """The messages' bytes, end to end."""
        if (self.lengths == BLOCK).all():
            return self.data.reshape(-1)
        joined: Bytes = self.data[_KEEP.take(self.lengths, axis=0).view(np.bool_)]
        return joined


class ColumnSiv:
    """AES-SIV under one key and list of associated data. Holds no cipher context between calls, so threads may share
    one object."""

    __slots__ = ("_cipher", "_mac", "_prefix", "_short_prefix")

    def __init__(self, key: bytes, associated: tuple[bytes, ...] = ()) -> None:
        """Take the key, the code's half first; ValueError for a length not in `KEY_LENGTHS`."""
        if len(key) not in KEY_LENGTHS:
            raise ValueError(f"AES-SIV takes a key of 32 or 64 bytes, not {len(key)}")
        mac_key, cipher_key = key[: len(key) // 2], key[len(key) // 2 :]
        self._mac = ColumnCmac(mac_key)
        self._cipher = algorithms.AES(cipher_key)
        # S2V (RFC 5297 §2.4) as far as it is the same for every message.
        prefix = _code(mac_key, bytes(BLOCK))
        for part in associated:
            prefix = _xor(doubled(prefix), _code(mac_key, part))
        self._prefix: Words = np.frombuffer(prefix, dtype=np.uint64)
        self._short_prefix: Words = np.frombuffer(doubled(prefix), dtype=np.uint64)

    def synthetic_ivs(self, messages: TextColumn) -> Words:
        """The synthetic initialisation vector of each message: (n, 2) words in memory order. It is the code by which
        a changed message is noticed. A null row's is that of the empty message."""
        long = messages.lengths >= BLOCK
        if long.all():
            return self._ivs_of_long(messages)
        if not long.any():
            return self._ivs_of_short(messages)
        ivs = np.empty((len(messages), 2), dtype=np.uint64)
        for rows, made in ((np.flatnonzero(long), self._ivs_of_long), (np.flatnonzero(~long), self._ivs_of_short)):
            ivs[rows] = made(_rows(messages, rows))
        return ivs

    def _ivs_of_long(self, messages: TextColumn) -> Words:
        """The message's last sixteen bytes take the prefix."""
        ends = messages.windows(BLOCK, offset=messages.lengths - BLOCK).view(np.uint64) ^ self._prefix
        data = messages.data.copy()
        write_at(data, messages.starts + messages.lengths - BLOCK, ends.view(np.uint8))
        return self._mac.codes(TextColumn(data, messages.starts, messages.lengths, messages.valid))

    def _ivs_of_short(self, messages: TextColumn) -> Words:
        """One block: the message, a padding bit, and the prefix once more doubled."""
        block = messages.windows(BLOCK) & _KEEP.take(messages.lengths, axis=0)
        block[np.arange(len(block)), messages.lengths] |= 0x80
        whole = (block.view(np.uint64) ^ self._short_prefix).view(np.uint8)
        lengths = np.full(len(block), BLOCK, dtype=np.int64)
        return self._mac.codes(packed_column(whole.reshape(-1), lengths))

    def crypted(self, messages: TextColumn, ivs: Words) -> Blocks:
        """The messages encrypted, or decrypted, which is the same: AES in counter mode from each row's vector."""
        counts = -(-messages.lengths // BLOCK)
        if len(counts) and int(counts.max()) >= _COUNTED_BLOCKS:
            raise ValueError("a message is too long")
        rows = np.repeat(np.arange(len(counts)), counts)
        positions = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        counters = (ivs & _COUNTER_BITS)[rows]
        # The last four bytes count, the highest first; no carry can leave them.
        tail = counters.view(">u4").reshape(-1, 4)[:, 3]
        tail += positions.astype(np.uint32)
        room = np.empty(len(rows) * BLOCK + BLOCK, dtype=np.uint8)
        encrypt = Cipher(self._cipher, modes.ECB()).encryptor()  # noqa: S305  # the bare block cipher makes the key stream
        done = encrypt.update_into(counters.view(np.uint8).reshape(-1).data, room.data)
        stream = room[:done].reshape(-1, BLOCK)
        lengths = np.minimum(messages.lengths[rows] - positions * BLOCK, BLOCK)
        stream ^= messages.windows(BLOCK, rows, offset=positions * BLOCK)
        stream &= _KEEP.take(lengths, axis=0)
        return Blocks(data=stream, rows=rows, positions=positions, lengths=lengths)


def same_ivs(left: Words, right: Words) -> Flags:
    """The rows (n) in which two lists of vectors agree."""
    agree: Flags = (left == right).all(axis=1)
    return agree


def write_at(data: Bytes, starts: Ints, blocks: Bytes) -> None:
    """Write each row of `blocks` (m, width) into `data` at its start, the later over the earlier."""
    if not len(starts):
        return
    width = blocks.shape[1]
    view: npt.NDArray[np.void] = np.ndarray(
        shape=(len(data) - width + 1,), dtype=f"V{width}", buffer=data.data, strides=(1,)
    )
    view[starts] = np.ascontiguousarray(blocks).view(f"V{width}").reshape(-1)


def _rows(column: TextColumn, rows: Ints) -> TextColumn:
    return TextColumn(column.data, column.starts[rows], column.lengths[rows], column.valid[rows])


def _code(key: bytes, message: bytes) -> bytes:
    cmac = CMAC(algorithms.AES(key))
    cmac.update(message)
    return cmac.finalize()


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(left, right, strict=True))
