"""Scores of types that the build of whole cells tells: persons, addresses, organisations, areas, diagnoses, pictures.

Lives here: how far shapes and the column's name convince together. Not here: which cells have a shape (`privacy.detection.shapes`,
`privacy.detection.name_shapes`, `privacy.detection.kinds`), other families of types (`privacy.detection.scoring`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from privacy.detection.candidates import HINTS, NAMED_WORDS, SAYS_SO, Candidate, joined, ramp, says_in_words, share_of
from privacy.detection.column_names import NameEvidence
from privacy.detection.forms import Form
from privacy.detection.partials import ColumnPartial
from privacy.detection.rules import EntityRule

_FEW: Final = 3  # values: yes and no are no cities


def score_shape(partial: ColumnPartial, names: NameEvidence, rule: EntityRule) -> Iterator[Candidate]:
    """The candidate of a type that shapes tell, if there is one."""
    candidate = _SHAPES[rule.entity_type](partial, names, rule)
    if candidate is not None:
        yield candidate


def _is_latin(partial: ColumnPartial) -> bool:
    """Whether most cells are Latin words."""
    forms = partial.forms.rows_by_form()
    return forms.get(Form.WORDS, 0) + forms.get(Form.LETTERS, 0) + forms.get(Form.CODE, 0) >= 0.5 * partial.cells


def _as_it_says(
    partial: ColumnPartial, names: NameEvidence, rule: EntityRule, *, sure: float = 0.7
) -> Candidate | None:
    """The type that the column's name says, over words of which nothing more is known."""
    rows = partial.shapes.get("words", 0)
    few = partial.cells >= 10 * _FEW and partial.distinct.estimate < _FEW
    if few or not says_in_words(names, rule) or rows < 0.8 * partial.cells:
        return None
    value = sure * names.score(rule.entity_type) * (1 - 0.5 * names.against(rule.entity_type))
    return Candidate(rule.entity_type, value, rows, notes=(NAMED_WORDS,))


def _person(partial: ColumnPartial, names: NameEvidence, rule: EntityRule) -> Candidate | None:
    rows = partial.shapes.get("person", 0)
    organisations = partial.shapes.get("organisation", 0)
    # 户名 holds persons and firms; but firms called after persons (Kirlin and Sons, Sporer-Keebler) are firms.
    others = partial.cells - (0 if _is_latin(partial) else organisations)
    numbered = partial.shapes.get("numbered_name", 0)
    if share_of(numbered, partial) >= 0.8 and names.score(rule.entity_type) >= HINTS:
        return Candidate(rule.entity_type, joined(0.4, names.score(rule.entity_type)), numbered, notes=(NAMED_WORDS,))
    if not partial.shapes.get("person_shape", 0) or others <= 0:
        return None
    share, name = min(1.0, rows / others), names.score(rule.entity_type)
    value = rule.strength * ramp(share, 0.35, 0.75)
    notes: tuple[str, ...] = ()
    if partial.distinct.estimate <= 20 and (partial.cells >= 200 or partial.cells >= 20 * partial.distinct.estimate):
        value *= 0.55
        notes = ("few_distinct_values",)
    value *= 1 - 0.5 * max(names.against(rule.entity_type), names.says_other(rule.entity_type) if name < HINTS else 0.0)
    if _is_latin(partial) and organisations >= 0.2 * partial.cells:
        value *= 0.4
    shaped = partial.shapes.get("person_shape", 0) / others
    # The column says so, and its cells are shaped like names at least.
    if name >= SAYS_SO and (share >= 0.3 or shaped >= 0.8):
        value = max(value, 0.4 + 0.5 * ramp(share, 0.3, 0.6))
    score = joined(value, name) if share >= 0.2 or (name >= SAYS_SO and shaped >= 0.8) else 0.0
    return Candidate(rule.entity_type, score, rows, notes=notes)


def _address(partial: ColumnPartial, names: NameEvidence, rule: EntityRule) -> Candidate | None:
    rows = partial.shapes.get("address", 0)
    name = names.score(rule.entity_type)
    share = share_of(rows, partial)
    value = rule.strength * ramp(share, 0.1, 0.6)
    if name >= SAYS_SO and not rows and partial.shapes.get("wordy", 0) < 0.5 * partial.cells:
        return None
    if not rows and not name:
        return None
    if says_in_words(names, rule) or (name >= SAYS_SO and share >= 0.1):
        value = max(value, 0.35)
    return Candidate(rule.entity_type, joined(value, name), rows)


def _organisation(partial: ColumnPartial, names: NameEvidence, rule: EntityRule) -> Candidate | None:
    rows = partial.shapes.get("organisation", 0)
    share = share_of(rows, partial)
    employer, name = names.score("EMPLOYER"), names.score("ORGANIZATION")
    by_name = _as_it_says(partial, names, rule) if _is_latin(partial) else None
    if not rows or (by_name is not None and share < 0.3):
        return by_name
    value = 0.85 * ramp(share, 0.3, 0.8)
    if rule.entity_type == "EMPLOYER":
        says_so = employer >= SAYS_SO and employer >= name and share >= 0.2
        return Candidate("EMPLOYER", joined(max(value, 0.5), employer), rows) if says_so else None
    value *= 1 - 0.5 * names.against(rule.entity_type)
    notes: tuple[str, ...] = ()
    if partial.cells >= 200 and partial.distinct.estimate <= 20:
        value *= 0.6  # ten offices are a category
        notes = ("few_distinct_values",)
    score = joined(value, name) if share >= 0.2 else 0.0
    return Candidate(
        "ORGANIZATION", score * (0.8 if employer >= SAYS_SO and employer >= name else 1.0), rows, notes=notes
    )


def _region(partial: ColumnPartial, names: NameEvidence, rule: EntityRule) -> Candidate | None:
    name = names.score("REGION")
    words = partial.words.get("REGION", 0)
    rows = min(partial.cells, partial.shapes.get("region", 0) + words)
    numbers = partial.numbers.six_digit_rows
    if name >= SAYS_SO and numbers >= 0.9 * partial.cells:
        return Candidate("REGION", 0.85, numbers, notes=("code_list",))
    letters = partial.codes.get("REGION", 0)
    if name >= HINTS and letters and rows + letters >= 0.9 * partial.cells:
        return Candidate("REGION", 0.8, min(partial.cells, rows + letters), notes=("code_list",))
    by_name = _as_it_says(partial, names, rule)
    if not rows:
        return by_name
    share = share_of(rows, partial)
    value = rule.strength * ramp(share, 0.5, 0.95)
    score = joined(value, name) if share >= 0.3 else 0.0
    # A village address reads as a row of areas too; where most are addresses, the address is the finer word.
    score *= 1 - 0.5 * share_of(partial.shapes.get("address", 0), partial)
    if by_name is not None and score < by_name.score:
        return by_name
    return Candidate("REGION", score, rows)


def _diagnosis(partial: ColumnPartial, names: NameEvidence, rule: EntityRule) -> Candidate | None:
    name = names.score("DIAGNOSIS")
    words, codes = partial.shapes.get("diagnosis", 0), partial.shapes.get("icd", 0)
    share = share_of(words + codes, partial)
    value = max(
        rule.strength * ramp(share_of(words, partial), 0.25, 0.75), 0.6 * ramp(share_of(codes, partial), 0.5, 0.95)
    )
    numeric = partial.numbers.rows > 0.5 * partial.cells
    if not words and not codes and (numeric or not says_in_words(names, rule)):
        return None
    if name >= SAYS_SO and not numeric and (share >= 0.1 or says_in_words(names, rule)):
        value = max(value, 0.3 + 0.4 * share)
    return Candidate("DIAGNOSIS", joined(value, name), words + codes)


def score_biometric(partial: ColumnPartial, names: NameEvidence, rule: EntityRule) -> Candidate | None:
    """Images in the cells, or files and templates where the column says whose: a picture alone may be of a shop."""
    name = names.score(rule.entity_type)
    images = partial.shapes.get("image", 0) + partial.image_rows
    binary = partial.binary_rows - partial.image_rows
    rows = images + partial.shapes.get("image_file", 0) + partial.shapes.get("template", 0) + binary
    held = partial.cells + partial.binary_rows
    if not rows:
        return None
    share = min(1.0, (rows if name >= SAYS_SO else images) / held)
    value = rule.strength * ramp(share, 0.3, 0.8) * (1 - 0.5 * names.against(rule.entity_type))
    score = joined(value, name, 0.9) if name >= SAYS_SO and share >= 0.5 else value
    return Candidate(rule.entity_type, score, rows if name >= SAYS_SO else images)


_SHAPES: Final[Mapping[str, Callable[[ColumnPartial, NameEvidence, EntityRule], Candidate | None]]] = {
    "PERSON": _person,
    "CN_ADDRESS": _address,
    "ORGANIZATION": _organisation,
    "EMPLOYER": _organisation,
    "REGION": _region,
    "DIAGNOSIS": _diagnosis,
    "BIOMETRIC": score_biometric,
}
