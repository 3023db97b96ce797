"""AES-CMAC over a whole column at once.

Lives here: the message authentication code of NIST SP 800-38B (RFC 4493 gives the same algorithm for 128-bit keys),
computed for n messages with one AES-ECB call per block position instead of one object per message. What the messages
are, and what becomes of the codes, is not decided here.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from privacy.masking.columns import Bytes, Ints, TextColumn

BLOCK = 16
KEY_LENGTHS = (16, 32)
_LONG = 4096
_LAST_BYTE_REDUCTION = 0x87  # x^128 + x^7 + x^2 + x + 1, NIST SP 800-38B §5.3

Words = npt.NDArray[np.uint64]
Number = TypeVar("Number", np.int64, np.uint64)


class ColumnCmac:
    """AES-CMAC under one key. Holds no cipher context between calls, so threads may share one object."""

    __slots__ = ("_algorithm", "_keep_words", "_pad_words")

    def __init__(self, key: bytes) -> None:
        """Take the key, of 16 (AES-128) or 32 bytes (AES-256); ValueError for any other length."""
        if len(key) not in KEY_LENGTHS:
            raise ValueError(f"AES-CMAC takes a key of 16 or 32 bytes, not {len(key)}")
        self._algorithm = algorithms.AES(key)
        base = Cipher(self._algorithm, modes.ECB()).encryptor().update(bytes(BLOCK))  # noqa: S305
        whole = doubled(base)
        padded = doubled(whole)
        # Row L is for a last block of L bytes: which of its bytes count, and what is added to them (padding bit and
        # subkey at once).
        keep = np.zeros((BLOCK + 1, BLOCK), dtype=np.uint8)
        pad = np.zeros((BLOCK + 1, BLOCK), dtype=np.uint8)
        for length in range(BLOCK + 1):
            keep[length, :length] = 0xFF
            subkey = whole if length == BLOCK else padded
            pad[length] = np.frombuffer(subkey, dtype=np.uint8)
            if length < BLOCK:
                pad[length, length] ^= 0x80
        self._keep_words: Words = keep.view(np.uint64)
        self._pad_words: Words = pad.view(np.uint64)

    def codes(self, messages: TextColumn) -> Words:
        """The code of each value's UTF-8 bytes, as (n, 2) 64-bit words in memory order.

        A null row's code is that of the empty text.
        """
        count = len(messages)
        if count == 0:
            return np.zeros((0, 2), dtype=np.uint64)
        longest = int(messages.lengths.max())
        if longest > _LONG:
            return self._codes_with_long(messages)
        encrypt = Cipher(self._algorithm, modes.ECB()).encryptor()  # noqa: S305  # the bare block cipher is CMAC's part
        # The cipher asks for one block of room more than it fills.
        room = np.empty(count * BLOCK + BLOCK, dtype=np.uint8)
        last_block = max(0, (longest - 1) // BLOCK)
        state = np.zeros((count, 2), dtype=np.uint64)
        one_length = int(messages.lengths.min()) == longest
        rows: Ints | None = None
        for position in range(last_block + 1):
            if position and not one_length:
                rows = _longer(messages.lengths, rows, position * BLOCK)
            block = messages.windows(BLOCK, rows, offset=position * BLOCK).view(np.uint64)
            if not one_length:
                self._finish_last_blocks(block, _at(messages.lengths, rows) - position * BLOCK)
            elif position == last_block:
                block &= self._keep_words[longest - position * BLOCK]
                block ^= self._pad_words[longest - position * BLOCK]
            if position:
                block ^= _at(state, rows)
            done = encrypt.update_into(block.view(np.uint8).reshape(-1).data, room.data)
            state[slice(None) if rows is None else rows] = room[:done].view(np.uint64).reshape(-1, 2)
        return state

    def _codes_with_long(self, messages: TextColumn) -> Words:
        """Long messages one by one, the others together: block positions that few rows reach are not worth a call."""
        long = messages.lengths > _LONG
        shorter = np.where(long, 0, messages.lengths)
        state = self.codes(TextColumn(messages.data, messages.starts, shorter, messages.valid))
        for row in np.flatnonzero(long).tolist():
            cmac = CMAC(self._algorithm)
            start = int(messages.starts[row])
            cmac.update(messages.data[start : start + int(messages.lengths[row])].tobytes())
            state[row] = np.frombuffer(cmac.finalize(), dtype=np.uint64)
        return state

    def _finish_last_blocks(self, block: Words, remaining: Ints) -> None:
        """Pad and whiten, in place, the blocks that are their message's last; `remaining` bytes are left in each."""
        last = remaining <= BLOCK
        if last.all():
            block &= self._keep_words.take(remaining, axis=0)
            block ^= self._pad_words.take(remaining, axis=0)
        else:
            where = np.flatnonzero(last)
            lengths = remaining[where]
            block[where] = (block[where] & self._keep_words[lengths]) ^ self._pad_words[lengths]


def _longer(lengths: Ints, rows: Ints | None, than: int) -> Ints:
    """Which of the rows (None: all) are longer."""
    return np.flatnonzero(lengths > than) if rows is None else rows[lengths[rows] > than]


def _at(values: npt.NDArray[Number], rows: Ints | None) -> npt.NDArray[Number]:
    return values if rows is None else values[rows]


def doubled(block: bytes) -> bytes:
    """A block multiplied by x in GF(2^128), most significant bit first (NIST SP 800-38B §6.1)."""
    number = int.from_bytes(block, "big") << 1
    if number >> 128:
        number = (number & ((1 << 128) - 1)) ^ _LAST_BYTE_REDUCTION
    return number.to_bytes(BLOCK, "big")


def base32_of_first_80_bits(codes: Words) -> Bytes:
    """The first ten bytes of each code in base32 (RFC 4648 §6), as an (n, 16) matrix of ASCII; the codes are used up.

    Five bytes become eight characters by shifting groups of 20, 10 and 5 bits apart inside one 64-bit word, for the
    whole column.
    """
    high, low = codes[:, 0].byteswap(), codes[:, 1].byteswap()
    words = np.empty((len(codes), 2), dtype=np.uint64)
    np.right_shift(high, np.uint64(24), out=words[:, 0])
    np.bitwise_and(high, np.uint64(0xFFFFFF), out=high)
    np.left_shift(high, np.uint64(16), out=high)
    np.right_shift(low, np.uint64(48), out=low)
    np.bitwise_or(high, low, out=words[:, 1])
    spare = np.empty_like(words)
    # The first character is the lowest byte in memory: the upper half of the bits moves down, the lower half up.
    for half, kept, apart in (
        (20, 0x00000000000FFFFF, 32),
        (10, 0x000003FF000003FF, 16),
        (5, 0x001F001F001F001F, 8),
    ):
        np.bitwise_and(words, np.uint64(kept), out=spare)
        np.left_shift(spare, np.uint64(apart), out=spare)
        np.right_shift(words, np.uint64(half), out=words)
        np.bitwise_and(words, np.uint64(kept), out=words)
        np.bitwise_or(words, spare, out=words)
    # 0–25 are A–Z and 26–31 are 2–7: add "A", and take 41 off where the value reached 26 (26 + 102 sets the byte's
    # top bit).
    np.add(words, np.uint64(0x6666666666666666), out=spare)
    np.right_shift(spare, np.uint64(7), out=spare)
    np.bitwise_and(spare, np.uint64(0x0101010101010101), out=spare)
    np.multiply(spare, np.uint64(41), out=spare)
    np.add(words, np.uint64(0x4141414141414141), out=words)
    np.subtract(words, spare, out=words)
    return words.view(np.uint8).reshape(len(codes), 16)
