"""From what was counted of a column to a score per entity type.

Lives here: one function per family of types. Each joins the values with the column's name, never asking for a checksum: a column of
mistyped ID numbers is still one. A checksum counts by how improbable its rate is by luck. Scores are 0–1; the floors of
`privacy.detection.model.Likelihood` make words of them. The figures are house rules, checked by the tests and the labelled fixtures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from privacy.detection.cells import IntArray
from privacy.detection.checksums import LUCK
from privacy.detection.column_names import NameEvidence
from privacy.detection.model import POSSIBLE_SCORE
from privacy.detection.partials import ColumnPartial, TypeStats
from privacy.detection.rules import EntityRule, Family, RuleSet
from privacy.detection.shapes import FIRST_YEAR

SURE: Final = 0.001  # a checksum rate less probable than this by luck is no luck
_NOTHING: Final = TypeStats()
_SAYS_SO: Final = 0.8  # a name score from here on is the column's own word
_BY_NAME: Final = "by_name"  # note of a candidate whose values are only not against it
_CASE_NUMBER_SPAN: Final = 12  # years: birthdays of a population spread wider, dates in case numbers do not


@dataclass(frozen=True, slots=True)
class Candidate:
    """One type that a column may be, with the rows behind it."""

    entity_type: str
    score: float
    matched: int
    checked: int = 0
    valid: int = 0
    proven: bool = False
    notes: tuple[str, ...] = ()

    @property
    def checksum_rate(self) -> float | None:
        """Share of checkable values that pass; None when nothing was checkable."""
        return self.valid / self.checked if self.checked else None

    @property
    def lift(self) -> float | None:
        """How many times more often the checksum passes than by luck."""
        rate = self.checksum_rate
        return None if rate is None or self.entity_type not in LUCK else rate / LUCK[self.entity_type]


def beats_luck(passed: int, tried: int, luck: float) -> bool:
    """Whether `passed` of `tried` is less probable than `SURE` if each passes with probability `luck`.

    Chernoff's bound on the binomial tail: exp(-n · KL(rate ‖ luck)), which never claims too much.
    """
    if not tried or passed / tried <= luck:
        return False
    rate = passed / tried
    divergence = rate * math.log(rate / luck)
    if rate < 1:
        divergence += (1 - rate) * math.log((1 - rate) / (1 - luck))
    return math.exp(-tried * divergence) <= SURE * 1.0001


def score_column(partial: ColumnPartial, names: NameEvidence, rules: RuleSet) -> list[Candidate]:
    """Candidates of a column, best first; ties keep the order of the rule pack."""
    if not partial.cells:
        return [
            candidate
            for rule in rules.running.values()
            if rule.entity_type == "BIOMETRIC" and (candidate := _biometric(partial, names, rule)) is not None
        ]
    found = [candidate for rule in rules.running.values() for candidate in _FAMILIES[rule.family](partial, names, rule)]
    return _values_first(sorted(found, key=lambda candidate: -candidate.score), partial)


def _values_first(candidates: list[Candidate], partial: ColumnPartial) -> list[Candidate]:
    """What values tell comes before what the name alone tells, and a name tells one thing only."""
    told = any(
        candidate.score >= POSSIBLE_SCORE
        and candidate.matched >= 0.5 * partial.cells
        and _BY_NAME not in candidate.notes
        for candidate in candidates
    )
    by_name = [candidate for candidate in candidates if _BY_NAME in candidate.notes]
    dropped = by_name if told else by_name[1:]
    return [candidate for candidate in candidates if candidate not in dropped]


def span_of(years: IntArray, *, low: float = 0.05, high: float = 0.95) -> tuple[int, int]:
    """The years between which the middle of a histogram lies."""
    total = int(years.sum())
    if not total:
        return 0, 0
    running = np.cumsum(years)
    first, last = (int(np.searchsorted(running, max(1, math.ceil(share * total)))) for share in (low, high))
    return FIRST_YEAR + first, FIRST_YEAR + last


def _ramp(value: float, start: float, full: float) -> float:
    return min(1.0, max(0.0, (value - start) / (full - start)))


def _joined(value: float, name: float, weight: float = 0.6) -> float:
    """Values and name as two witnesses."""
    return min(0.99, max(0.0, value + (1 - value) * weight * name))


def _share(rows: int, partial: ColumnPartial) -> float:
    return min(1.0, rows / partial.cells)


def _mixed(share: float) -> float:
    """How far a share of matching cells convinces. A tenth of a column may be telephones, and they are telephones."""
    return min(1.0, (share / 0.7) ** 0.35) if share > 0 else 0.0


# ---- checksum types ---------------------------------------------------------------------------------------------


def _checksum(partial: ColumnPartial, names: NameEvidence, rule: EntityRule) -> Iterator[Candidate]:
    stats = partial.types.get(rule.entity_type, _NOTHING)
    name = names.score(rule.entity_type)
    proven = beats_luck(stats.valid_rows, stats.checked_rows, LUCK[rule.entity_type])
    matched, notes = stats.rows, tuple[str, ...]()
    # Where the column says so, values that have the form count although nothing of them stands without its checksum.
    formed = min(stats.shaped_rows, stats.checked_rows) if name >= _SAYS_SO and not proven else 0
    if not stats.rows and 2 * formed < partial.cells:
        yield from _digits_lost(partial, name, rule)
        return
    share = _share(max(stats.whole_rows, formed), partial)
    if proven:
        value = rule.strength * (1.0 if share >= 0.3 else 0.5 + 0.5 * _mixed(share))
        score = _joined(value, name) if stats.whole_rows else 0.0
    else:
        matched = max(matched, formed)
        value, notes = _UNPROVEN.get(rule.entity_type, _unproven)(stats, share, rule)
        score = _joined(value * (1 - 0.4 * names.against(rule.entity_type)), name) if share >= 0.05 else 0.0
    yield Candidate(rule.entity_type, score, matched, stats.checked_rows, stats.valid_rows, proven=proven, notes=notes)


def _digits_lost(partial: ColumnPartial, name: float, rule: EntityRule) -> Iterator[Candidate]:
    """3.20501E+17: the column's name says what it was, or what is left of the number begins like a resident ID."""
    if partial.lost_rows >= 0.5 * partial.cells and name >= _SAYS_SO:
        yield Candidate(rule.entity_type, 0.75, partial.lost_rows, notes=("digits_lost",))
    elif rule.entity_type == "CN_RESIDENT_ID" and partial.lost_id_rows >= 0.5 * partial.cells:
        yield Candidate(rule.entity_type, 0.5, partial.lost_id_rows, notes=("digits_lost",))


def _unproven_id(stats: TypeStats, share: float, rule: EntityRule) -> tuple[float, tuple[str, ...]]:
    """Province and date in place are evidence too: by luck less than one number in a thousand has them.

    Case numbers have them on purpose (320505 20240115 0012): their dates lie in few years and they never end in X.
    """
    value = rule.unproven * _ramp(share, 0.05, 0.6)
    notes = ["checksum_unverified"]
    first, last = span_of(stats.years)
    if stats.whole_rows >= 30 and last - first < _CASE_NUMBER_SPAN:
        value -= 0.35
        notes.append("dates_in_few_years")
    if stats.checked_rows >= 60 and not stats.letter_rows:
        value -= 0.25
        notes.append("never_ends_in_x")
    if not stats.checked_rows:
        value *= _ramp(share, 0.3, 0.9)  # fifteen digits have the date by luck once in some fifty numbers
    return max(0.0, value), tuple(notes)


def _unproven_uscc(_stats: TypeStats, share: float, rule: EntityRule) -> tuple[float, tuple[str, ...]]:
    return rule.unproven * _ramp(share, 0.1, 0.7), ("checksum_unverified",)


def _unproven(_stats: TypeStats, share: float, rule: EntityRule) -> tuple[float, tuple[str, ...]]:
    """Sixteen to nineteen digits that begin with 62: one number in a hundred does by luck, but whole runs of numbers do too."""
    return rule.unproven * _ramp(share, 0.3, 0.9), ("checksum_unverified",)


_UNPROVEN: Final[Mapping[str, Callable[[TypeStats, float, EntityRule], tuple[float, tuple[str, ...]]]]] = {
    "CN_RESIDENT_ID": _unproven_id,
    "CN_HMT_RESIDENCE_PERMIT": _unproven_id,
    "CN_PERMANENT_RESIDENCE": _unproven_uscc,
    "CN_USCC": _unproven_uscc,
}


# ---- pattern types ----------------------------------------------------------------------------------------------

# Types whose values other things look like too, where few of them are of the kind that nothing else is (`checked`): 1.2.3.4 is a
# version, P12345678 an article. How much is left of what the values say, and the note that says why.
LIKE_OTHERS: Final[Mapping[str, tuple[float, str]]] = {
    "IP_ADDRESS": (0.3, "like_version_numbers"),
    "CN_PASSPORT": (0.6, "like_serial_numbers"),
    "CN_HM_TRAVEL_PERMIT": (0.6, "like_serial_numbers"),
    "CN_EXIT_PERMIT": (0.6, "like_serial_numbers"),
}


def _pattern(partial: ColumnPartial, names: NameEvidence, rule: EntityRule) -> Iterator[Candidate]:
    stats = partial.types.get(rule.entity_type)
    if stats is None or not stats.rows:
        yield from _by_name(partial, names, rule)
        return
    share = _share(stats.whole_rows, partial)
    value = rule.strength * _mixed(share)
    notes: list[str] = []
    if stats.heads and stats.rows >= 100 and len(stats.heads) <= 2:
        value *= 0.4  # numbers of people come from many segments; a running number stays in one
        notes.append("one_number_segment")
    if _is_numeric(partial):
        value *= (
            share * share
        )  # among other numbers some have eleven digits and a segment by luck, at most every other one
    if rule.entity_type in LIKE_OTHERS and (
        stats.checked_rows < 0.3 * stats.rows or names.says_other(rule.entity_type) >= _SAYS_SO
    ):
        factor, note = LIKE_OTHERS[rule.entity_type]
        value *= factor
        notes.append(note)
    value *= 1 - 0.4 * names.against(rule.entity_type)
    score = _joined(max(0.0, value), names.score(rule.entity_type)) if stats.whole_rows else 0.0
    yield Candidate(rule.entity_type, score, stats.rows, notes=tuple(notes))


def _named(partial: ColumnPartial, names: NameEvidence, rule: EntityRule) -> Iterator[Candidate]:
    """Types that a label in the text or the name of the column has to tell."""
    stats = partial.types.get(rule.entity_type)
    if stats is None or 2 * stats.rows < partial.cells:
        yield from _by_name(partial, names, rule)
    if stats is not None and stats.rows:
        value = rule.strength * _mixed(_share(stats.whole_rows, partial)) if stats.whole_rows else 0.0
        yield Candidate(rule.entity_type, _joined(value, names.score(rule.entity_type)) if value else 0.0, stats.rows)


def _by_name(partial: ColumnPartial, names: NameEvidence, rule: EntityRule) -> Iterator[Candidate]:
    """A column that is called so, whose cells are codes of the usual length and no list of a few kinds."""
    form, name = rule.cells, names.score(rule.entity_type)
    if form is None or name < _SAYS_SO:
        return
    rows = partial.numbers.whole_rows if form.digits else max(partial.shapes.get("code", 0), partial.numbers.whole_rows)
    usual = form.least <= partial.length_sum / partial.cells <= form.most
    few = partial.cells >= 50 and partial.distinct.estimate <= 10
    value = rule.strength * _ramp(_share(rows, partial), 0.5, 0.9) * name * (1 - 0.4 * names.against(rule.entity_type))
    if value and usual and not few:
        yield Candidate(rule.entity_type, value, rows, notes=(_BY_NAME,))


def _is_numeric(partial: ColumnPartial) -> bool:
    return partial.numbers.rows >= 0.5 * partial.cells


# ---- lexicons ---------------------------------------------------------------------------------------------------


_CATEGORY_LIMIT: Final = 400  # distinct values: more is not a category


def _lexicon(partial: ColumnPartial, names: NameEvidence, rule: EntityRule) -> Iterator[Candidate]:
    words = partial.words.get(rule.entity_type, 0)
    codes = partial.codes.get(rule.entity_type, 0)
    name = names.score(rule.entity_type)
    share = _share(words, partial)
    value = rule.strength * _ramp(share, 0.5, 0.95) * (1 - 0.3 * names.against(rule.entity_type))
    score = _joined(value, name) if share >= 0.3 else 0.0
    is_category = partial.distinct.estimate <= _CATEGORY_LIMIT and partial.length_sum <= 20 * partial.cells
    notes: tuple[str, ...] = ()
    matched = words
    if name >= _SAYS_SO and is_category:
        if _share(words + codes, partial) >= 0.95 and codes:
            score, matched, notes = max(score, 0.85), words + codes, ("code_list",)
        elif partial.numbers.rows <= 0.2 * partial.cells:
            score = max(score, 0.7 + 0.25 * share)
    if score:
        yield Candidate(rule.entity_type, score, matched, notes=notes)


# ---- shapes -----------------------------------------------------------------------------------------------------


def _shape(partial: ColumnPartial, names: NameEvidence, rule: EntityRule) -> Iterator[Candidate]:
    candidate = _SHAPES[rule.entity_type](partial, names, rule)
    if candidate is not None:
        yield candidate


def _person(partial: ColumnPartial, names: NameEvidence, rule: EntityRule) -> Candidate | None:
    rows = partial.shapes.get("person", 0)
    others = partial.cells - partial.shapes.get("organisation", 0)  # 户名 holds persons and firms
    if not partial.shapes.get("person_shape", 0) or others <= 0:
        return None
    share, name = min(1.0, rows / others), names.score(rule.entity_type)
    value = rule.strength * _ramp(share, 0.35, 0.75)
    notes: tuple[str, ...] = ()
    if partial.cells >= 200 and partial.distinct.estimate <= 20:
        value *= 0.55
        notes = ("few_distinct_values",)
    value *= 1 - 0.5 * names.against(rule.entity_type)
    shaped = partial.shapes.get("person_shape", 0) / others
    if name >= _SAYS_SO and (
        share >= 0.3 or shaped >= 0.8
    ):  # the column says so, and its cells are shaped like names at least
        value = max(value, 0.4 + 0.5 * _ramp(share, 0.3, 0.6))
    score = _joined(value, name) if share >= 0.2 or (name >= _SAYS_SO and shaped >= 0.8) else 0.0
    return Candidate(rule.entity_type, score, rows, notes=notes)


def _address(partial: ColumnPartial, names: NameEvidence, rule: EntityRule) -> Candidate | None:
    rows = partial.shapes.get("address", 0)
    name = names.score(rule.entity_type)
    share = _share(rows, partial)
    value = rule.strength * _ramp(share, 0.1, 0.6)
    if name >= _SAYS_SO and not rows and partial.shapes.get("wordy", 0) < 0.5 * partial.cells:
        return None
    if not rows and not name:
        return None
    if name >= _SAYS_SO:
        value = max(value, 0.35)
    return Candidate(rule.entity_type, _joined(value, name), rows)


def _organisation(partial: ColumnPartial, names: NameEvidence, rule: EntityRule) -> Candidate | None:
    rows = partial.shapes.get("organisation", 0)
    share = _share(rows, partial)
    if not rows:
        return None
    value = 0.85 * _ramp(share, 0.3, 0.8)
    employer, name = names.score("EMPLOYER"), names.score("ORGANIZATION")
    if rule.entity_type == "EMPLOYER":
        says_so = employer >= _SAYS_SO and employer >= name and share >= 0.2
        return Candidate("EMPLOYER", _joined(max(value, 0.5), employer), rows) if says_so else None
    value *= 1 - 0.5 * names.against(rule.entity_type)
    notes: tuple[str, ...] = ()
    if partial.cells >= 200 and partial.distinct.estimate <= 20:
        value *= 0.6  # 有限责任公司 and 股份有限公司 are kinds of firms, and ten offices are a category
        notes = ("few_distinct_values",)
    score = _joined(value, name) if share >= 0.2 else 0.0
    return Candidate(
        "ORGANIZATION", score * (0.8 if employer >= _SAYS_SO and employer >= name else 1.0), rows, notes=notes
    )


def _region(partial: ColumnPartial, names: NameEvidence, rule: EntityRule) -> Candidate | None:
    name = names.score("REGION")
    rows = min(partial.cells, partial.shapes.get("region", 0) + partial.words.get("REGION", 0))
    codes = partial.numbers.six_digit_rows
    if name >= _SAYS_SO and codes >= 0.9 * partial.cells:
        return Candidate("REGION", 0.85, codes, notes=("code_list",))
    share = _share(rows, partial)
    if not rows:
        return None
    value = rule.strength * _ramp(share, 0.5, 0.95)
    score = _joined(value, name) if share >= 0.3 else 0.0
    # A village address reads as a row of areas too; where most are addresses, the address is the finer word.
    return Candidate("REGION", score * (1 - 0.5 * _share(partial.shapes.get("address", 0), partial)), rows)


def _diagnosis(partial: ColumnPartial, names: NameEvidence, rule: EntityRule) -> Candidate | None:
    name = names.score("DIAGNOSIS")
    words, codes = partial.shapes.get("diagnosis", 0), partial.shapes.get("icd", 0)
    share = _share(words + codes, partial)
    value = max(
        rule.strength * _ramp(_share(words, partial), 0.25, 0.75), 0.6 * _ramp(_share(codes, partial), 0.5, 0.95)
    )
    if not words and not codes and name < _SAYS_SO:
        return None
    if name >= _SAYS_SO and partial.numbers.rows <= 0.5 * partial.cells:
        value = max(value, 0.3 + 0.4 * share)
    return Candidate("DIAGNOSIS", _joined(value, name), words + codes)


def _biometric(partial: ColumnPartial, names: NameEvidence, rule: EntityRule) -> Candidate | None:
    """Images in the cells, or files and templates where the column says whose: a picture alone may be of a shop."""
    name = names.score(rule.entity_type)
    images = partial.shapes.get("image", 0) + partial.image_rows
    binary = partial.binary_rows - partial.image_rows
    rows = images + partial.shapes.get("image_file", 0) + partial.shapes.get("template", 0) + binary
    held = partial.cells + partial.binary_rows
    if not rows:
        return None
    share = min(1.0, (rows if name >= _SAYS_SO else images) / held)
    value = rule.strength * _ramp(share, 0.3, 0.8) * (1 - 0.5 * names.against(rule.entity_type))
    score = _joined(value, name, 0.9) if name >= _SAYS_SO and share >= 0.5 else value
    return Candidate(rule.entity_type, score, rows if name >= _SAYS_SO else images)


_SHAPES: Final[Mapping[str, Callable[[ColumnPartial, NameEvidence, EntityRule], Candidate | None]]] = {
    "PERSON": _person,
    "CN_ADDRESS": _address,
    "ORGANIZATION": _organisation,
    "EMPLOYER": _organisation,
    "REGION": _region,
    "DIAGNOSIS": _diagnosis,
    "BIOMETRIC": _biometric,
}


# ---- dates and numbers ------------------------------------------------------------------------------------------


def _date(partial: ColumnPartial, names: NameEvidence, rule: EntityRule) -> Iterator[Candidate]:
    rows = int(partial.years.sum())
    name = names.score(rule.entity_type)
    numbers = partial.numbers
    if name >= _SAYS_SO and numbers.rows >= 0.8 * partial.cells and _are_years(numbers.low, numbers.high):
        yield Candidate(rule.entity_type, 0.88, numbers.rows, notes=("year_or_month",))
        return
    share = _share(rows, partial)
    if share < 0.5:
        return
    first, last = span_of(partial.years)
    timed = partial.timed_rows > 0.3 * rows
    value, notes = 0.1, []
    # Birthdays of a population reach from the old to the young; other dates cluster in the years a system has run.
    if last - first >= 45 and first <= 1965 and not timed:
        value = 0.42
        notes.append("years_spread_like_birthdays")
    value *= 1 - 0.6 * names.against(rule.entity_type)
    if name >= _SAYS_SO:
        value = 0.8 * _ramp(share, 0.3, 0.8) * (0.7 if timed else 1.0)
    yield Candidate(rule.entity_type, _joined(value, name), rows, notes=tuple(notes))


def _are_years(low: float, high: float) -> bool:
    return (
        (low >= 1880 and high <= 2049)
        or (low >= 188_001 and high <= 204_912)
        or (low >= 18_800_101 and high <= 20_491_231)
    )


def _numeric(partial: ColumnPartial, names: NameEvidence, rule: EntityRule) -> Iterator[Candidate]:
    """Types that numbers cannot prove: the column's name has to say it, and the numbers must not contradict."""
    name, numbers = names.score(rule.entity_type), partial.numbers
    stats = partial.types.get(rule.entity_type)
    if stats is not None and stats.rows:  # a pair of coordinates is a pattern
        yield Candidate(
            rule.entity_type, _joined(rule.strength * _mixed(_share(stats.whole_rows, partial)), name), stats.rows
        )
        return
    if not name or numbers.rows < 0.8 * partial.cells:
        if rule.entity_type == "AGE" and name >= _SAYS_SO and partial.length_sum <= 12 * partial.cells:
            yield Candidate(rule.entity_type, 0.75, partial.cells, notes=("age_groups",))
        return
    fits = {
        "AGE": numbers.age_rows >= 0.95 * numbers.rows,
        "POSTCODE": numbers.six_digit_rows >= 0.8 * numbers.rows,
        "INCOME": numbers.low >= 0 and numbers.high > 120,
        "CN_GPS": max(numbers.east_rows, numbers.north_rows) >= 0.95 * numbers.rows
        and numbers.fine_rows >= 0.5 * numbers.rows,
    }
    if fits.get(rule.entity_type, False):
        yield Candidate(rule.entity_type, 0.9 * name, numbers.rows)


_FAMILIES: Final[Mapping[Family, Callable[[ColumnPartial, NameEvidence, EntityRule], Iterator[Candidate]]]] = {
    Family.CHECKSUM: _checksum,
    Family.PATTERN: _pattern,
    Family.LEXICON: _lexicon,
    Family.SHAPE: _shape,
    Family.DATE: _date,
    Family.NUMERIC: _numeric,
    Family.NAMED: _named,
}
