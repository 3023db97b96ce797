"""How far 2 to 4 columns of a table together single persons out.

Lives here: `Combining`, which takes record batches and says it of every combination, and the frozen results. Which columns those are, and
what is done about them, is decided elsewhere. Rows become parts in `combination_rows` (associative, so that an engine may cut
the table), are kept in `combination_entries` and counted in `combination_counts`.

The terms and the rules are those of `measurement`: a class is all rows with the same values in the columns, an empty cell being a
value of its own; its size is the number of distinct persons in it; a person is unique where they are alone in at least one
class; rows without a subject are about one person together. All figures are exact, up to the collisions that `hashing` names.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from typing import Any

import pyarrow as pa

from catalog.messages import gettext_noop
from privacy.risk.combination_counts import Classes, count_combinations
from privacy.risk.combination_entries import Bounds, RowStore
from privacy.risk.combination_rows import Partial, Plan, partial_of
from privacy.risk.measure import MeasureError, NoRows, check_columns
from privacy.risk.partial import Plan as Measured

LONGEST = 4
AT_MOST = 8
# House rule: columns that single out more than one person in twenty are worth a word; the rule pack accepts no greater risk either.
TOO_MANY = Fraction(1, 20)


class TooFewColumns(MeasureError):
    """One column is no combination."""

    code = "too_few_columns"
    message = gettext_noop("Combinations need at least two quasi-identifiers.")


@dataclass(frozen=True, slots=True)
class Combination:
    """Some columns, and how far they single out.

    `uniques` are persons alone in at least one class, `smallest` the number of persons in the smallest class, `median` that which half of
    the classes do not exceed. `minimal`: more than `TOO_MANY` of the persons are unique, and no fewer of these columns make so many so.
    """

    columns: tuple[str, ...]
    classes: int
    uniques: int
    unique_share: float
    smallest: int
    median: int
    minimal: bool = False


@dataclass(frozen=True, slots=True)
class CombinationsFound:
    """Every combination: first the minimal ones, the shortest before the others; then by what singles out most. Single columns too.

    `left_out` are columns that were counted by themselves alone, because others have more different values. `null_subject_rows` are rows
    without a subject, counted as one person together.
    """

    columns: tuple[str, ...]
    left_out: tuple[str, ...]
    subject: str | None
    rows: int
    null_subject_rows: int
    persons: int
    threshold: float
    combinations: tuple[Combination, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON's types: figures, and the names of columns."""
        return {
            **asdict(self),
            "columns": list(self.columns),
            "left_out": list(self.left_out),
            "combinations": [{**asdict(one), "columns": list(one.columns)} for one in self.combinations],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> CombinationsFound:
        """What `as_dict` gave."""
        names = ("subject", "rows", "null_subject_rows", "persons", "threshold")
        return cls(
            columns=tuple(data["columns"]),
            left_out=tuple(data["left_out"]),
            combinations=tuple(
                Combination(**{**one, "columns": tuple(one["columns"])}) for one in data["combinations"]
            ),
            **{name: data[name] for name in names},
        )


class Combining:
    """A count in progress. Batches are read once; memory is bounded by `bounds`, whatever their number.

    `subject` names the column that says whom a row is about; None means every row is a person. `key` keys the hashes: parts that are
    put together must have the same, and nobody keeps it. `close` (or leaving the `with`) gives the disk back.
    """

    def __init__(
        self,
        *,
        columns: Sequence[str],
        subject: str | None,
        key: bytes | None = None,
        bounds: Bounds | None = None,
    ) -> None:
        self.plan = Plan(tuple(dict.fromkeys(columns)), subject, key or secrets.token_bytes(32))
        if len(self.plan.columns) < 2:
            raise TooFewColumns
        self._store = RowStore(self.plan, bounds or Bounds())

    def add(self, batch: pa.RecordBatch) -> None:
        """Count one more batch. Raises `ColumnUnknown`, `ColumnAmbiguous`, `ColumnTypeUnsupported`."""
        check_columns(batch.schema, Measured(self.plan.columns, self.plan.subject, ()))
        if batch.num_rows:
            self.add_part(partial_of(batch, self.plan))

    def add_part(self, part: Partial) -> None:
        """Count what was read elsewhere, under the same plan."""
        self._store.add(part)

    def result(
        self, *, at_most: int = AT_MOST, longest: int = LONGEST, advance: Callable[[int, int], None] = lambda *_: None
    ) -> CombinationsFound:
        """What was added comes to. Once; `advance` is told how many combinations are counted. Raises `NoRows`."""
        if not self._store.rows:
            raise NoRows
        entries = self._store.entries()
        try:
            counted, left_out = count_combinations(entries, longest=longest, at_most=at_most, advance=advance)
            persons = entries.persons
        finally:
            entries.close()
        names = self.plan.columns
        return CombinationsFound(
            columns=tuple(name for place, name in enumerate(names) if place not in left_out),
            left_out=tuple(names[place] for place in left_out),
            subject=self.plan.subject,
            rows=self._store.rows,
            null_subject_rows=self._store.null_subject_rows,
            persons=persons,
            threshold=float(TOO_MANY),
            combinations=_in_order([_combination(names, classes, persons) for classes in counted], persons),
        )

    def close(self) -> None:
        """Give back what a count holds that came to no result."""
        self._store.close()

    def __enter__(self) -> Combining:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _combination(names: Sequence[str], classes: Classes, persons: int) -> Combination:
    return Combination(
        columns=tuple(names[place] for place in sorted(classes.columns)),
        classes=classes.number,
        uniques=classes.uniques,
        unique_share=classes.uniques / persons,
        smallest=classes.smallest,
        median=classes.median,
    )


def _in_order(found: Sequence[Combination], persons: int) -> tuple[Combination, ...]:
    """Marked where they are minimal, and sorted."""
    many = [set(one.columns) for one in found if one.uniques > TOO_MANY * persons]

    def is_minimal(one: Combination) -> bool:
        mine = set(one.columns)
        return mine in many and not any(fewer < mine for fewer in many)

    marked = [replace(one, minimal=is_minimal(one)) for one in found]
    return tuple(sorted(marked, key=_rank))


def _rank(one: Combination) -> tuple[Any, ...]:
    length = len(one.columns)
    return (
        not one.minimal,
        length if one.minimal else 0,
        -one.uniques,
        length,
        one.smallest,
        -one.classes,
        one.columns,
    )
