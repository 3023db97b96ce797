"""Scores of types that dates and numbers cannot prove: date of birth, age, income, postcode, position.

Lives here: what a histogram of years and ranges of numbers say together with the column's name. Not here: reading dates and numbers out
of cells (`privacy.detection.shapes`), other families of types (`privacy.detection.scoring`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import numpy as np

from privacy.detection.candidates import SAYS_SO, Candidate, joined, mixed, ramp, share_of
from privacy.detection.cells import IntArray
from privacy.detection.column_names import NameEvidence
from privacy.detection.partials import ColumnPartial
from privacy.detection.rules import EntityRule
from privacy.detection.shapes import FIRST_YEAR

_LONGEST_AGE: Final = 12  # characters of an age group: 60岁以上
_LONGEST_SUM: Final = 24
_BANDS: Final = 40  # distinct texts: more are sums and not bands


def span_of(years: IntArray, *, low: float = 0.05, high: float = 0.95) -> tuple[int, int]:
    """The years between which the middle of a histogram lies."""
    total = int(years.sum())
    if not total:
        return 0, 0
    running = np.cumsum(years)
    first, last = (int(np.searchsorted(running, max(1, math.ceil(share * total)))) for share in (low, high))
    return FIRST_YEAR + first, FIRST_YEAR + last


def score_dates(partial: ColumnPartial, names: NameEvidence, rule: EntityRule) -> Iterator[Candidate]:
    """Dates of birth: by the column's name, or by years that spread as birthdays do."""
    rows = int(partial.years.sum())
    name = names.score(rule.entity_type)
    numbers = partial.numbers
    if name >= SAYS_SO and numbers.rows >= 0.8 * partial.cells and numbers.are_years:
        yield Candidate(rule.entity_type, 0.88, numbers.rows, notes=("year_or_month",))
        return
    share = share_of(rows, partial)
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
    if name >= SAYS_SO:
        value = 0.8 * ramp(share, 0.3, 0.8) * (0.7 if timed else 1.0)
    yield Candidate(rule.entity_type, joined(value, name), rows, notes=tuple(notes))


def score_numbers(partial: ColumnPartial, names: NameEvidence, rule: EntityRule) -> Iterator[Candidate]:
    """Types that numbers cannot prove: the column's name has to say it, and the numbers must not contradict."""
    name, numbers = names.score(rule.entity_type), partial.numbers
    stats = partial.types.get(rule.entity_type)
    if stats is not None and stats.rows:  # a pair of coordinates is a pattern
        yield Candidate(
            rule.entity_type, joined(rule.strength * mixed(share_of(stats.whole_rows, partial)), name), stats.rows
        )
    elif name and numbers.rows >= 0.8 * partial.cells:
        fits = _FITS.get(rule.entity_type)
        if fits is not None and fits(partial, name):
            yield Candidate(rule.entity_type, 0.9 * name, numbers.rows)
    elif name >= SAYS_SO:
        yield from _written(partial, rule)


def _written(partial: ColumnPartial, rule: EntityRule) -> Iterator[Candidate]:
    """Numbers that are not plain ones, where the column says what they are: 60岁以上, $85,000, <=50K, EC1A 1BB, (40.71, -74.00)."""
    numbers, shapes, length = partial.numbers.rows, partial.shapes, partial.length_sum
    figures = share_of(shapes.get("figures", 0), partial)
    if rule.entity_type == "AGE" and length <= _LONGEST_AGE * partial.cells:
        yield Candidate(rule.entity_type, 0.75, partial.cells, notes=("age_groups",))
    elif rule.entity_type == "INCOME" and figures >= 0.8 and length <= _LONGEST_SUM * partial.cells:
        notes = ("income_bands",) if partial.distinct.estimate <= _BANDS else ()
        yield Candidate(rule.entity_type, 0.75, shapes["figures"], notes=notes)
    elif rule.entity_type == "POSTCODE" and shapes.get("postcode", 0) + numbers >= 0.8 * partial.cells:
        yield Candidate(rule.entity_type, 0.85, min(partial.cells, shapes.get("postcode", 0) + numbers))
    elif rule.entity_type == "CN_GPS" and shapes.get("pair", 0) >= 0.8 * partial.cells:
        yield Candidate(rule.entity_type, 0.85, shapes["pair"])


def _is_age(partial: ColumnPartial, _name: float) -> bool:
    numbers = partial.numbers
    return (
        numbers.age_rows >= 0.8 * numbers.rows and numbers.past_age_rows + numbers.negative_rows <= 0.05 * numbers.rows
    )


def _is_postcode(partial: ColumnPartial, _name: float) -> bool:
    """China's have six digits, America's five, of which the first may be a nought that a spreadsheet has eaten."""
    numbers = partial.numbers
    usual = 4 * partial.cells <= partial.length_sum <= 7 * partial.cells or not partial.length_sum
    return numbers.six_digit_rows >= 0.8 * numbers.rows or (usual and numbers.whole_rows >= 0.95 * numbers.rows)


def _is_income(partial: ColumnPartial, _name: float) -> bool:
    """More than a code of a kind: some are greater than any age, or most have a fraction, as sums in tens of thousands do."""
    numbers = partial.numbers
    return not numbers.negative_rows and (numbers.past_age_rows > 0 or numbers.whole_rows < 0.5 * numbers.rows)


def _is_position(partial: ColumnPartial, name: float) -> bool:
    """Degrees with a fraction, anywhere; where the name only hints (x, location), longitudes of China."""
    numbers = partial.numbers
    fine = numbers.fine_rows >= 0.5 * numbers.rows
    within = numbers.degree_rows if name >= SAYS_SO else numbers.east_rows
    return fine and within >= 0.95 * numbers.rows


_FITS: Final[Mapping[str, Callable[[ColumnPartial, float], bool]]] = {
    "AGE": _is_age,
    "POSTCODE": _is_postcode,
    "INCOME": _is_income,
    "CN_GPS": _is_position,
}
