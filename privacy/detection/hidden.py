"""Values of which a part is hidden: 138****5678, 3205**********1234, 张*, ***-**-6789.

Lives here: telling such cells by their form, and how far a column of them convinces. What is left of a number still narrows a person down, and
beside other columns may name one; that a table was masked once says nothing of how well. Not here: masking (`privacy.masking`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

import numpy as np

from privacy.detection.arrow import pc
from privacy.detection.candidates import SAYS_SO, Candidate, joined, ramp
from privacy.detection.cells import Cells
from privacy.detection.checksums import BoolArray
from privacy.detection.column_names import NameEvidence
from privacy.detection.model import FieldRole
from privacy.detection.name_shapes import name_lexicon
from privacy.detection.partials import ColumnPartial
from privacy.detection.rules import RuleSet
from privacy.detection.shapes import has_shape

NOTE: Final = "partly_masked"
PREFIX: Final = "hidden:"  # of the counts in `ColumnPartial.shapes`
SOME: Final = "hidden"  # cells with a part hidden, of whatever type
_LONGEST: Final = 64
_MARKS: Final = (b"**", b"\xe2\x97\x8f", b"\xe2\x96\x88", "×".encode())
_HAN: Final = r"[\x{3400}-\x{9fff}]"
_STAR: Final = r"[*×●█]"
_ANY: Final = r"[*×●█xX]"
_SHARE: Final = 0.5
_VALUE: Final = 0.5  # what the form alone convinces
_MOST: Final = 0.69  # and what it does together with any name: the type is proposed, and a person says what the rest of it is worth


@cache
def _expressions() -> Mapping[str, str]:
    """A form for each type. In a hidden number the length and what is left at its ends tell; RE2 counts nothing, so lengths are tried below."""
    surnames = name_lexicon().surname_characters
    compound = "|".join(sorted(name_lexicon().compound))
    return {
        "CN_RESIDENT_ID": rf"^(?:[1-8][0-9]{{0,15}}{_STAR}{{2,17}}[0-9]{{0,6}}[0-9Xx]?|{_STAR}{{6,17}}[0-9]{{1,6}}[0-9Xx]?)$",
        "CN_BANK_CARD": rf"^(?:[0-9]{{4,8}}(?:[ -]?{_ANY}{{2,4}}){{2,4}}[ -]?[0-9]{{0,4}}"
        rf"|{_ANY}{{4}}(?:[ -]?{_ANY}{{4}}){{2,3}}[ -]?[0-9]{{3,4}})$",
        "CN_MOBILE": rf"^(?:\+?86[ -]?)?1[3-9][0-9]{{0,3}}[ -]?{_STAR}{{2,8}}[ -]?[0-9]{{0,4}}$",
        "US_SSN": rf"^(?:{_ANY}{{3}}-{_ANY}{{2}}-[0-9]{{4}}|[0-9]{{3}}-{_ANY}{{2}}-{_ANY}{{4}})$",
        "PHONE_NUMBER": rf"^(?:\+[0-9]{{1,3}}[ -])?\(?(?:{_ANY}{{3}}|[0-9]{{3}})\)?[ .-]{_ANY}{{3}}[ .-](?:[0-9]{{4}}|{_ANY}{{2}}[0-9]{{2}})$",
        "EMAIL_ADDRESS": rf"^[0-9A-Za-z._-]{{0,12}}{_STAR}{{2,}}[0-9A-Za-z._-]{{0,12}}@[0-9A-Za-z.*-]+\.[A-Za-z*]{{2,}}$",
        "PERSON": rf"^(?:(?:[{surnames}]|{compound})(?:{_STAR}{{1,3}}|{_STAR}{_HAN}|某{{1,2}})|{_STAR}{{1,2}}{_HAN}{{1,2}})$",
    }


_LENGTHS: Final[Mapping[str, frozenset[int]]] = {
    "CN_RESIDENT_ID": frozenset({15, 18}),
    "CN_MOBILE": frozenset({11}),
    "CN_BANK_CARD": frozenset({16, 17, 18, 19}),
}


def hidden_in(cells: Cells) -> dict[str, BoolArray]:
    """Which cells have a part hidden, and of which type they are by their form; empty where none has any."""
    f = cells.features
    outlines = cells.outlines.distinct.to_pylist()
    marked = np.fromiter((_is_marked(outline or b"") for outline in outlines), dtype=np.bool_, count=len(outlines))
    anonymous = (f.han == f.length) & (f.length >= 2) & (f.length <= 4)
    some = cells.having(marked) & (f.length <= _LONGEST)
    found: dict[str, BoolArray] = {}
    if some.any():
        taken = np.zeros(len(cells), dtype=np.bool_)
        for entity_type, expression in _expressions().items():
            where = has_shape(cells, some & ~taken, expression)
            where &= _long_enough(cells, where, _LENGTHS.get(entity_type, frozenset()))
            taken |= where
            found[entity_type] = where
    if anonymous.any():
        somebody = pc.match_substring(cells.array, pattern="某").to_numpy(zero_copy_only=False)
        called = has_shape(cells, anonymous & somebody, rf"^{_HAN}{{1,2}}某{{1,2}}$")
        found["PERSON"] = found.get("PERSON", called) | called
        some = some | called
    if some.any():
        found[SOME] = some
    return {kind: where for kind, where in found.items() if where.any()}


def _is_marked(outline: bytes) -> bool:
    """Whether a cell of this outline hides something: two stars, or one beside a Han character; or a run of capitals, which may be X."""
    if b"*" in outline or any(mark in outline for mark in _MARKS):
        return any(char in outline for char in (b"0", b"A", b"a", b"\xe4", b"**"))
    return b"AAA-AA" in outline or b"AAAA-" in outline or b"AAAA " in outline or b"AAAAAA0" in outline


def _long_enough(cells: Cells, where: BoolArray, lengths: frozenset[int]) -> BoolArray:
    """Of cells of a type whose numbers have so many characters, those that have them, marks between groups aside."""
    if not lengths or not where.any():
        return where
    right = np.zeros(len(cells), dtype=np.bool_)
    for at in np.flatnonzero(where).tolist():
        text = cells.text(at).replace(" ", "").replace("-", "").removeprefix("+86")
        right[at] = len(text) in lengths
    return right


def hidden_candidates(partial: ColumnPartial, names: NameEvidence, rules: RuleSet) -> Iterator[Candidate]:
    """Types that a column of partly masked values is of: by their form, or by its name where it says a direct identifier."""
    some = partial.shapes.get(SOME, 0)
    if some < 0.05 * partial.cells or not some:
        return
    for entity_type, rule in rules.running.items():
        rows = partial.shapes.get(PREFIX + entity_type, 0)
        name = names.score(entity_type)
        if rows:
            value = _VALUE * ramp(rows / partial.cells, 0.0, _SHARE)
            if entity_type == "PERSON" and partial.cells >= 200 and partial.distinct.estimate < 4:
                value *= 0.5
            yield Candidate(entity_type, min(_MOST, joined(value, name)), rows, notes=(NOTE,))
        elif rule.role is FieldRole.DIRECT and name >= SAYS_SO and some >= _SHARE * partial.cells:
            yield Candidate(entity_type, 0.6 * name, some, notes=(NOTE,))
