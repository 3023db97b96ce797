"""Characters of an alphabet as numbers, for whole columns at once, and back.

Lives here: alphabets, and reading and writing the limbs of FF1 from and to the bytes of a column. Decimal digits go
eight at a time, packed in one 64-bit word; any other alphabet goes through a table, character by character.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from privacy.masking.columns import Bytes, Flags, TextColumn
from privacy.masking.ff1_cipher import Halves, Limbs, Words

DIGITS = "0123456789"
_LOWER = "abcdefghijklmnopqrstuvwxyz"
NAMED: dict[str, str] = {
    "digits": DIGITS,
    "lower": _LOWER,
    "upper": _LOWER.upper(),
    "alphanumeric": DIGITS + _LOWER.upper() + _LOWER,
    "hex": DIGITS + "abcdef",
}
"""The alphabets that have a name."""

PAD = 64
"""Bytes of room behind the last row, so that a word read or written there stays inside."""

_ABSENT = 0xFF
_SWAR_WIDTH = 8

# Eight digits in a word: the first character is the lowest byte.
_ZEROS = np.uint64(0x3030303030303030)
_OVER_NINE = np.uint64(0x7676767676767676)
_TOPS = np.uint64(0x8080808080808080)


@dataclass(frozen=True, slots=True)
class Lines:
    """Rows of one `width` of bytes, end to end in `data`, with `PAD` bytes after the last."""

    data: Bytes
    rows: int
    width: int

    @classmethod
    def empty(cls, rows: int, width: int) -> Lines:
        """Room to write to."""
        return cls(np.empty(rows * width + PAD, dtype=np.uint8), rows, width)

    def words(self, offset: int) -> Words:
        """A view of the eight bytes from `offset` of each row, first byte lowest; they may reach into the next
        row."""
        return np.ndarray(self.rows, dtype="<u8", buffer=self.data, offset=offset, strides=(self.width,))

    def bytes(self, offset: int) -> Bytes:
        """A view of one byte of each row."""
        return self.data[offset : offset + (self.rows - 1) * self.width + 1 : self.width]


def lines_of(column: TextColumn, rows: npt.NDArray[np.int64] | None, width: int) -> Lines:
    """The rows of a column, each of `width` bytes; None where these are all rows and lie end to end."""
    if rows is None:
        return Lines(column.data, len(column), width)
    lines = Lines.empty(len(rows), width)
    _overlapping(lines.data, width)[np.arange(len(rows)) * width] = _overlapping(column.data, width)[
        column.starts[rows]
    ]
    return lines


def put_lines(lines: Lines, data: Bytes, starts: npt.NDArray[np.int64]) -> None:
    """Write each of the lines to where it begins in `data`, which has `PAD` bytes of room."""
    whole = _overlapping(lines.data, lines.width)
    _overlapping(data, lines.width)[starts] = whole[np.arange(lines.rows) * lines.width]


def _overlapping(data: Bytes, width: int) -> npt.NDArray[np.void]:
    return np.ndarray(len(data) - width + 1, dtype=f"V{width}", buffer=data, strides=(1,))


@dataclass(frozen=True, slots=True)
class Alphabet:
    """Distinct ASCII characters; each is the numeral of its place."""

    characters: str
    values: Bytes = field(init=False, repr=False, compare=False)
    letters: Bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        values = np.full(256, _ABSENT, dtype=np.uint8)
        letters = np.frombuffer(self.characters.encode("ascii"), dtype=np.uint8)
        values[letters] = np.arange(len(letters), dtype=np.uint8)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "letters", letters)

    @property
    def radix(self) -> int:
        return len(self.characters)

    def read(self, lines: Lines, halves: Halves) -> tuple[Limbs, Limbs, Flags | None]:
        """The limbs of each row's two halves, and the rows that hold a strange character (None: no row does), whose
        numbers mean nothing."""
        strange = _Strange(lines.rows)
        read = self._read_digits if self.characters == DIGITS else self._read_by_table
        halved = []
        for start, numerals in ((0, halves.left), (halves.left, halves.right)):
            limbs, end = [], start + numerals
            for size in halves.limbs(numerals):
                limbs.append(read(lines, end - size, size, strange))
                end -= size
            halved.append(limbs)
        return halved[0], halved[1], strange.rows()

    def write(self, left: Limbs, right: Limbs, halves: Halves) -> Lines:
        """The characters of each row's two halves; the limbs are used up."""
        lines = Lines.empty(len(left[0]), halves.length)
        write = _write_digits if self.characters == DIGITS else self._write_by_table
        for start, half, numerals in ((0, left, halves.left), (halves.left, right, halves.right)):
            end = start + numerals
            for size, limb in zip(halves.limbs(numerals), half, strict=True):
                write(lines, end - size, size, limb)
                end -= size
        return lines

    def _read_digits(self, lines: Lines, offset: int, size: int, strange: _Strange) -> Words:
        first = min(size, _SWAR_WIDTH)
        words = lines.words(offset) ^ _ZEROS
        if first < _SWAR_WIDTH:
            # What follows the digits leaves at the top, and noughts come in before them.
            np.left_shift(words, np.uint64(8 * (_SWAR_WIDTH - first)), out=words)
        strange.see_words(words)
        number = _number_of_digits(words)
        for position in range(offset + first, offset + size):
            digit = lines.bytes(position) - np.uint8(ord("0"))
            strange.see(digit > 9)
            number *= np.uint64(10)
            number += digit
        return number

    def _read_by_table(self, lines: Lines, offset: int, size: int, strange: _Strange) -> Words:
        number: Words = np.zeros(lines.rows, dtype=np.uint64)
        for position in range(offset, offset + size):
            numeral = self.values[lines.bytes(position)]
            strange.see(numeral == _ABSENT)
            number *= np.uint64(self.radix)
            number += numeral
        return number

    def _write_by_table(self, lines: Lines, offset: int, size: int, number: Words) -> None:
        radix = np.uint64(self.radix)
        for position in reversed(range(offset, offset + size)):
            rest = number // radix
            lines.bytes(position)[:] = self.letters[number - rest * radix]
            number = rest


class _Strange:
    """Which rows hold a character that is not of the alphabet: gathered cheaply, for mostly there is none."""

    __slots__ = ("_count", "_flags", "_words")

    def __init__(self, count: int) -> None:
        self._count = count
        self._words: Words | None = None
        self._flags: Flags | None = None

    def see_words(self, words: Words) -> None:
        """Eight bytes in each word that should all be 0 to 9: with 0x76 added, any that is more has its top bit
        set."""
        seen = words + _OVER_NINE
        np.bitwise_or(seen, words, out=seen)
        if self._words is None:
            self._words = seen
        else:
            np.bitwise_or(self._words, seen, out=self._words)

    def see(self, flags: Flags) -> None:
        """One character of each row: True where it is strange."""
        if flags.any():
            self._flags = flags if self._flags is None else self._flags | flags

    def rows(self) -> Flags | None:
        """The rows seen with a strange character; None where there are none."""
        result = self._flags
        if self._words is not None and np.bitwise_or.reduce(self._words) & _TOPS:
            marked = (self._words & _TOPS) != 0
            result = marked if result is None else result | marked
        return result


def _number_of_digits(words: Words) -> Words:
    """The number that eight bytes of 0 to 9 spell, first byte first: pairs, then fours, then all. In place."""
    spare = words >> np.uint64(8)
    for factor, mask, apart in (
        (10, 0x00FF00FF00FF00FF, 16),
        (100, 0x0000FFFF0000FFFF, 32),
        (10_000, 0x00000000FFFFFFFF, 0),
    ):
        np.multiply(words, np.uint64(factor), out=words)
        np.add(words, spare, out=words)
        np.bitwise_and(words, np.uint64(mask), out=words)
        if apart:
            np.right_shift(words, np.uint64(apart), out=spare)
    return words


def digits_of_number(numbers: Words) -> Words:
    """The eight decimal digits of numbers below 10⁸ as ASCII bytes of a word, first digit in the lowest byte."""
    words = numbers // np.uint64(10_000)
    # Each step leaves the quotient below and moves the remainder up: x + (q << shift) - q·(base << shift), and so on.
    rest = numbers - words * np.uint64(10_000)
    np.left_shift(rest, np.uint64(32), out=rest)
    np.bitwise_or(words, rest, out=words)
    for magic, down, mask, base, up in (
        (10_486, 20, 0x0000007F0000007F, 100, 16),
        (103, 10, 0x000F000F000F000F, 10, 8),
    ):
        np.multiply(words, np.uint64(magic), out=rest)
        np.right_shift(rest, np.uint64(down), out=rest)
        np.bitwise_and(rest, np.uint64(mask), out=rest)
        # words - base·rest is the remainder; shifted up beside the quotient.
        np.left_shift(words, np.uint64(up), out=words)
        np.multiply(rest, np.uint64((base << up) - 1), out=rest)
        np.subtract(words, rest, out=words)
    np.bitwise_or(words, _ZEROS, out=words)
    return words


def _write_digits(lines: Lines, offset: int, size: int, numbers: Words) -> None:
    """Write numbers of `size` (at most nine) digits."""
    if size > _SWAR_WIDTH:
        rest = numbers // np.uint64(10)
        numbers -= rest * np.uint64(10)
        lines.bytes(offset + _SWAR_WIDTH)[:] = numbers.astype(np.uint8) + np.uint8(ord("0"))
        numbers = rest
    words = digits_of_number(numbers)
    if size >= _SWAR_WIDTH:
        np.copyto(lines.words(offset), words)
        return
    for position in range(size):
        # Of eight digits the last `size`; a whole word would run over what stands beside them.
        lines.bytes(offset + position)[:] = words.view(np.uint8)[_SWAR_WIDTH - size + position :: _SWAR_WIDTH]
