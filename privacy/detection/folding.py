"""Folding: the one reading of a cell that every rule sees.

Lives here: NFKC, zero-width characters, and the way back from a position in the folded text to the one in the original. Full-width
digits and letters become ASCII here, so no rule needs to know of them. Not here: canonical forms of a type
(`privacy.detection.canonical`).
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Any, Final

import numpy as np
import pyarrow as pa

from privacy.detection.arrow import pc
from privacy.detection.outlines import BoolArray, Bytes, IntArray, content

# Characters that pages and spreadsheets leave in numbers and that no reader sees: dropped.
INVISIBLE: Final = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"
_SPACE: Final = 0x20
_ASCII_SPACES: Final = " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f"  # what `str.strip` takes off
_BLOCK: Final = 1 << 18  # bytes looked at together: they stay in the processor's cache
_COMBINING: Final = frozenset({"Mn", "Mc", "Me"})
SEPARATOR: Final = "\0"  # stands between joined cells; a NUL inside a cell becomes a space first


def fold(text: str) -> str:
    """NFKC without invisible characters. Whole joined columns may be passed: NUL takes part in no composition."""
    if text.isascii():
        return text
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    for char in INVISIBLE:
        if char in text:
            text = text.replace(char, "")
    return text


def joined(cells: pa.Array[Any]) -> memoryview:
    """The texts of a string array without nulls in one, as UTF-8, with `SEPARATOR` between them."""
    lists = pa.ListArray.from_arrays(pa.array([0, len(cells)], type=pa.int32()), cells)
    data = pc.binary_join(lists, SEPARATOR).buffers()[2]
    return memoryview(b"" if data is None else data)


def join(cells: pa.Array[Any]) -> str:
    """`joined` as a Python string."""
    return str(joined(cells), "utf-8")


def fold_array(cells: pa.Array[Any]) -> pa.Array[Any]:
    """A string array without nulls, each text folded and stripped, NUL in it a space. Few cells need any of it: only they change."""
    changing = np.flatnonzero(_changing(cells))
    if not len(changing):
        return cells
    narrow = _narrowed(pc.take(cells, pa.array(changing)))
    odd = np.flatnonzero(_changing(narrow))
    if len(odd):
        folded = [fold(str(text)).strip() for text in pc.take(narrow, pa.array(odd)).to_pylist()]
        narrow = _with(narrow, odd, pa.array(folded, type=pa.string()))
    return _with(cells, changing, narrow)


def _with(cells: pa.Array[Any], at: IntArray, others: pa.Array[Any]) -> pa.Array[Any]:
    if len(at) == len(cells):
        return others
    mask = np.zeros(len(cells), dtype=np.bool_)
    mask[at] = True
    return pc.replace_with_mask(cells, pa.array(mask), others)


def _narrowed(cells: pa.Array[Any]) -> pa.Array[Any]:
    """The cells with ASCII for its full-width forms, which is what most texts need, with NUL as a space, and trimmed."""
    cells = pc.replace_substring(cells, pattern=SEPARATOR, replacement=" ")
    points = np.frombuffer(join(cells).encode("utf-32-le"), dtype=np.uint32).copy()
    wide = points - np.uint32(0xFF01) <= 0x5D
    points[wide] -= np.uint32(0xFEE0)
    points[points == 0x3000] = _SPACE
    narrow = pa.array(points.tobytes().decode("utf-32-le").split(SEPARATOR), type=pa.string())
    return pc.utf8_trim(narrow, characters=_ASCII_SPACES)


def _changing(cells: pa.Array[Any]) -> BoolArray:
    """Which cells may fold to something else: those with white space at an end, or with a character that folding may touch."""
    text, offsets = content(cells)
    changing = np.zeros(len(offsets) - 1, dtype=np.bool_)
    spaced = False
    for begin in range(0, len(text), _BLOCK):
        block = text[begin : begin + _BLOCK]
        low = block <= _SPACE
        # U+4000 to U+9FFF, which begin with E4 to E9, stay as they are; of the others a table knows.
        rare = (block - np.uint8(0xC2) < 0xE4 - 0xC2) | (block >= 0xEA)
        if low.any():
            spaced = True
            rare |= block == 0
        at = np.flatnonzero(rare)
        if len(at):
            at += begin
            touched = at[_touched()[_points(text, at)]]
            changing[np.searchsorted(offsets, touched, side="right") - 1] = True
    if spaced:
        filled = np.flatnonzero(offsets[1:] > offsets[:-1])
        changing[filled] |= (text[offsets[filled]] <= _SPACE) | (text[offsets[filled + 1] - 1] <= _SPACE)
    return changing


def _points(text: Bytes, at: IntArray) -> IntArray:
    """The characters that begin at some bytes; those beyond the basic plane are all U+FFFF."""
    lead = text[at].astype(np.int64)
    inside = [text[np.minimum(at + further, len(text) - 1)].astype(np.int64) & 0x3F for further in (1, 2)]
    two = (lead & 0x1F) << 6 | inside[0]
    three = (lead & 0x0F) << 12 | inside[0] << 6 | inside[1]
    return np.select([lead < 0x80, lead < 0xE0, lead < 0xF0], [lead, two, three], 0xFFFF)


@cache
def _touched() -> BoolArray:
    """Per character of the basic plane whether a text with it may change: if it does alone, combines with others, or is a space."""
    touched = np.zeros(0x10000, dtype=np.bool_)
    for point in range(1, 0xFFFF):
        char = chr(point)
        touched[point] = (
            not unicodedata.is_normalized("NFKC", char)
            or unicodedata.category(char) in _COMBINING
            or (point > _SPACE and char.isspace())
        )
    touched[[ord(char) for char in INVISIBLE]] = True
    touched[0x1100:0x1200] = True  # syllables of Hangul are made of these
    touched[[0, 0xFFFF]] = True
    return touched


def fold_with_offsets(text: str) -> tuple[str, list[int] | None]:
    """The folded text and, for each of its characters and its end, the position in `text` it came from.

    The list is None when positions are unchanged. Characters are folded one by one, which differs from NFKC of the whole only
    where a combining mark follows its base; there the mark keeps its own position.
    """
    folded = fold(text)
    if len(folded) == len(text):
        return folded, None
    pieces: list[str] = []
    offsets: list[int] = []
    for position, char in enumerate(text):
        piece = fold(char)
        pieces.append(piece)
        offsets.extend([position] * len(piece))
    offsets.append(len(text))
    return "".join(pieces), offsets
