"""Folding: the one reading of a cell that every rule sees.

Lives here: NFKC, zero-width characters, and the way back from a position in the folded text to the one in the original. Full-width
digits and letters become ASCII here, so no rule needs to know of them. Not here: canonical forms of a type
(`privacy.detection.canonical`).
"""

from __future__ import annotations

import unicodedata
from typing import Final

# Characters that pages and spreadsheets leave in numbers and that no reader sees: dropped.
INVISIBLE: Final = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"
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
