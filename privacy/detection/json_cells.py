"""Cells that are JSON: their values by key, so that a key says of its values what a column's name says of its cells.

Lives here: which cells are documents, and taking them apart. {"xm": "张三"} holds a name because `xm` says so, and {"tel": …} a
telephone by key and value. Not here: judging the members (`privacy.detection.verdict`). The patterns search the document as text too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from privacy.detection.cells import Cells, IntArray
from privacy.detection.checksums import BoolArray
from privacy.detection.folding import fold
from privacy.detection.outlines import content

LONGEST_DOCUMENT: Final = 1 << 20  # characters; a longer one is searched as text only
_DEEPEST: Final = 16
_LONGEST_KEY: Final = 64
_OPENING: Final = (ord("{"), ord("["))

Members = Mapping[str, tuple[list[str], IntArray]]


def members_in(cells: Cells) -> tuple[BoolArray, Members]:
    """Which cells are JSON objects or lists of them; per key the texts of its values and how many rows hold each."""
    documents = np.zeros(len(cells), dtype=np.bool_)
    begins, offsets = content(cells.outlines.distinct)
    length = cells.outlines.features.length
    opens = np.isin(begins[offsets[:-1]], _OPENING) & (length >= 2) & (length <= LONGEST_DOCUMENT)
    found: dict[str, dict[str, int]] = {}
    for index in np.flatnonzero(cells.having(opens)).tolist():
        try:
            document = json.loads(cells.text(index))
        except (ValueError, RecursionError):
            continue
        members = set(_members(document, "", 0))
        documents[index] = bool(members)
        rows = int(cells.counts[index])
        for key, text in members:
            texts = found.setdefault(key, {})
            texts[text] = texts.get(text, 0) + rows
    return documents, {
        key: (list(texts), np.array(list(texts.values()), dtype=np.int64)) for key, texts in found.items()
    }


def _members(value: Any, key: str, depth: int) -> Iterator[tuple[str, str]]:
    """(key, text) of every value under a key, whatever holds it; a list's values go by the list's own key."""
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _members(inner, name[:_LONGEST_KEY], depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _members(inner, key, depth + 1)
    elif key and value is not None and not isinstance(value, bool):
        yield key, fold(str(value)).replace("\0", " ").strip()
