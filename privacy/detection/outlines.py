"""The outline of a cell: its text with every digit as any digit, every letter as any letter of its case, every Han character alike.

Lives here: outlines of a whole string array, the classes of characters they are made of, and counts of characters per outline.
The cells of a column have few outlines, and what an expression can find in a cell depends mostly on its outline
(`privacy.detection.ways`): what is decided once for an outline need not be decided for each of its cells.

An outline is bytes, one for each byte of the cell's UTF-8: the class of a character where it begins, and `_INSIDE` for the rest of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]

_INSIDE: Final = 0x80
_HAN: Final = 0xE4
_HAN_FIRST, _HAN_LAST = 0x3400, 0x9FFF
_SMALL: Final = 255  # counts of a cell of so many bytes fit into a byte


@dataclass(frozen=True, slots=True)
class CharacterClass:
    """Characters that an outline does not tell apart: code points `first` to `last`, each of `width` bytes."""

    first: int
    last: int
    width: int

    @property
    def size(self) -> int:
        """How many characters there are."""
        return self.last - self.first + 1


def _classes() -> tuple[CharacterClass | None, ...]:
    """The class that each byte of an outline stands for; None for bytes that no outline holds."""
    classes: list[CharacterClass | None] = [CharacterClass(byte, byte, 1) for byte in range(0x80)] + [None] * 0x80
    for first, last in (("0", "9"), ("A", "Z"), ("a", "z")):
        classes[ord(first)] = CharacterClass(ord(first), ord(last), 1)
    for lead in range(0xC2, 0xE0):
        classes[lead] = CharacterClass((lead & 0x1F) << 6, (lead & 0x1F) << 6 | 0x3F, 2)
    for lead in (*range(0xE0, 0xE4), *range(0xEA, 0xF0)):
        classes[lead] = CharacterClass((lead & 0x0F) << 12, (lead & 0x0F) << 12 | 0xFFF, 3)
    classes[0xE3] = CharacterClass(0x3000, _HAN_FIRST - 1, 3)
    classes[_HAN] = CharacterClass(_HAN_FIRST, _HAN_LAST, 3)
    for lead in range(0xF0, 0xF5):
        classes[lead] = CharacterClass((lead & 0x07) << 18, (lead & 0x07) << 18 | 0x3FFFF, 4)
    return tuple(classes)


_CLASSES: Final = _classes()


def _translation() -> bytes:
    table = bytearray(range(256))
    table[ord("0") : ord("9") + 1] = b"0" * 10
    table[ord("A") : ord("Z") + 1] = b"A" * 26
    table[ord("a") : ord("z") + 1] = b"a" * 26
    table[0x80:0xC0] = bytes([_INSIDE]) * 0x40
    table[0xE4:0xEA] = bytes([_HAN]) * 6
    return bytes(table)


_TO_OUTLINE: Final = _translation()


def characters_of(outline: bytes) -> list[tuple[CharacterClass, int]]:
    """The characters of an outline: the class of each and the byte at which it begins."""
    return [(kind, at) for at, byte in enumerate(outline) if (kind := _CLASSES[byte]) is not None]


def content(array: pa.Array[Any]) -> tuple[Bytes, IntArray]:
    """The bytes of a string array without nulls, and where each cell begins, with the end of the last."""
    buffers: list[Any] = array.buffers()
    _, offsets, data = buffers
    ends = np.frombuffer(offsets, dtype=np.int32)[array.offset : array.offset + len(array) + 1].astype(np.int64)
    text = np.frombuffer(data, dtype=np.uint8)[ends[0] : ends[-1]] if data is not None else np.zeros(0, dtype=np.uint8)
    return text, ends - ends[0]


@dataclass(frozen=True, slots=True)
class Features:
    """How many characters there are, and how many of each kind (arrays of one length), per cell or per outline.

    An outline does not tell one Han character from another: `units` counts those that may be the unit of an address (号, 幢, #), so
    it is never too small.
    """

    length: IntArray
    digits: IntArray
    letters: IntArray
    han: IntArray
    dots: IntArray
    colons: IntArray
    ats: IntArray
    spaces: IntArray
    units: IntArray

    def solid(self, *lengths: int) -> BoolArray:
        """Cells that are not one run of ASCII letters and digits, or are one of one of the `lengths`.

        A value cannot stand inside a longer run, so a run of another length is ruled out without a search.
        """
        broken = self.digits + self.letters != self.length
        allowed: BoolArray = broken | np.isin(self.length, lengths)
        return allowed

    def take(self, index: IntArray) -> Features:
        """Those at `index`."""
        if len(self.length) == 1:
            return Features(*(np.broadcast_to(getattr(self, name), len(index)) for name in self.__slots__))
        return Features(*(getattr(self, name)[index] for name in self.__slots__))

    @classmethod
    def of(cls, outlines: pa.Array[Any]) -> Features:
        """What the outlines hold; none is empty."""
        text, offsets = content(outlines)
        starts, sizes = offsets[:-1], np.diff(offsets)
        counter = np.uint8 if not len(sizes) or sizes.max() <= _SMALL else np.uint32

        def count(*kinds: int) -> IntArray:
            found = text == kinds[0]
            for kind in kinds[1:]:
                found |= text == kind
            if not found.any():
                return np.zeros(len(starts), dtype=np.int64)
            return np.add.reduceat(found.view(np.uint8), starts, dtype=counter).astype(np.int64)

        han = count(_HAN)
        return cls(
            length=sizes - count(_INSIDE),
            digits=count(ord("0")),
            letters=count(ord("A"), ord("a")),
            han=han,
            dots=count(ord(".")),
            colons=count(ord(":")),
            ats=count(ord("@")),
            spaces=count(ord(" "), ord("\t"), ord("\n")),
            units=han + count(ord("#")),
        )


@dataclass(frozen=True, slots=True)
class Outlines:
    """The outlines of some cells: cell `i` has the one at `codes[i]` of `distinct`."""

    codes: IntArray
    distinct: pa.Array[Any]
    features: Features

    def __len__(self) -> int:
        return len(self.distinct)

    @classmethod
    def of(cls, cells: pa.Array[Any]) -> Outlines:
        """The outlines of a string array without nulls and empty strings."""
        text, offsets = content(cells)
        if (text == 0xE3).any():  # from U+3400 on they are Han characters too
            rare = np.flatnonzero(text == 0xE3)
            text = text.copy()
            text[rare[text[rare + 1] >= 0x90]] = _HAN
        buffers = [
            None,
            pa.py_buffer(offsets.astype(np.int32).tobytes()),
            pa.py_buffer(text.tobytes().translate(_TO_OUTLINE)),
        ]
        encoded: Any = pa.Array.from_buffers(pa.binary(), len(cells), buffers).dictionary_encode()
        codes = encoded.indices.to_numpy().astype(np.int64)
        return cls(codes, encoded.dictionary, Features.of(encoded.dictionary))
