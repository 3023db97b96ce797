"""Lexicons of whole cells: sex, ethnicity, education, marital status, religion, occupation, places.

Lives here: reading `lexicons.toml`, looking cells up, and the words that `privacy.detection.shapes` builds on. Words convince by
themselves, codes (1 and 2 for sex) only together with the column's name: `privacy.detection.scoring` sees to that.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

import numpy as np
import pyarrow as pa

from privacy.detection.arrow import pc
from privacy.detection.cells import Cells
from privacy.detection.checksums import BoolArray

LONGEST: Final = 44
COMMON: Final = "COMMON"  # counted like a type: words that look like a name and are none


@dataclass(frozen=True, slots=True)
class ValueLexicon:
    """`words` maps a lower-case cell to the types it belongs to, `codes` likewise for code lists."""

    words: Mapping[str, tuple[str, ...]]
    codes: Mapping[str, tuple[str, ...]]


@cache
def _document() -> Mapping[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("lexicons.toml").read_text("utf-8"))


def shape_words() -> Mapping[str, Mapping[str, list[str]]]:
    """The words that shapes of whole cells are made of: shape → kind of word → words."""
    words: Mapping[str, Mapping[str, list[str]]] = _document()["shapes"]
    return words


@cache
def load_lexicon() -> ValueLexicon:
    """The lexicon that ships."""
    types = _document()["types"]
    words: dict[str, tuple[str, ...]] = {}
    codes: dict[str, tuple[str, ...]] = {}
    for entity_type, entry in types.items():
        for table, key in ((words, "words"), (codes, "codes")):
            for value in entry[key]:
                table[value.lower()] = (*table.get(value.lower(), ()), entity_type)
    for value in _document()["common"]["words"]:
        words[value.lower()] = (*words.get(value.lower(), ()), COMMON)
    return ValueLexicon(words, codes)


@dataclass(frozen=True, slots=True)
class LexiconHits:
    """Rows per type by words and by codes, and which cells a word explains."""

    words: Mapping[str, int]
    codes: Mapping[str, int]
    explained: BoolArray


@cache
def _entries() -> tuple[pa.Array[Any], tuple[str, ...]]:
    """All words and codes, as Arrow and as Python sees them."""
    lexicon = load_lexicon()
    entries = tuple(sorted({*lexicon.words, *lexicon.codes}))
    return pa.array(entries, type=pa.string()), entries


def look_up(cells: Cells) -> LexiconHits:
    """What the lexicon knows of `cells`."""
    lexicon = load_lexicon()
    words: dict[str, int] = {}
    codes: dict[str, int] = {}
    explained = np.zeros(len(cells), dtype=np.bool_)
    short = np.flatnonzero(
        (cells.features.length <= LONGEST) & (cells.features.digits <= 2)
    )  # no entry has more digits
    if not len(short):
        return LexiconHits(words, codes, explained)
    known, entries = _entries()
    found = pc.fill_null(pc.index_in(pc.utf8_lower(cells.at(short)), value_set=known), -1).to_numpy()
    hits = np.flatnonzero(found >= 0)
    rows = np.bincount(found[hits], weights=cells.counts[short[hits]], minlength=len(entries)).astype(np.int64)
    is_word = np.zeros(len(entries), dtype=np.bool_)
    for entry in np.flatnonzero(rows).tolist():
        for entity_type in lexicon.words.get(entries[entry], ()):
            words[entity_type] = words.get(entity_type, 0) + int(rows[entry])
            is_word[entry] = True
        for entity_type in lexicon.codes.get(entries[entry], ()):
            codes[entity_type] = codes.get(entity_type, 0) + int(rows[entry])
    explained[short[hits]] = is_word[found[hits]]
    return LexiconHits(words, codes, explained)
