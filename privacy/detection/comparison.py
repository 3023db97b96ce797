"""Two scans of one table, column by column: what is new, what is gone, what has changed.

Lives here: the comparison of two lists of verdicts as `Scan.columns` holds them. Not here: which two scans are compared, and what becomes of
the findings (`privacy.services.comparing`, `privacy.services.proposing`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from privacy.detection.model import INFORMATIVE_REASONS, FieldRole
from privacy.detection.patterns import Aspect, Difference, Pattern, differences

STRONGLY: Final = 0.2  # of the rows, as for another assessment; of the cells that are empty
Verdicts = Sequence[Mapping[str, Any]]


class Change(StrEnum):
    """What has become of a column."""

    NEW_COLUMN = "new_column"
    NEW_FINDING = "new_finding"
    CHANGED = "changed"
    GONE_FINDING = "gone_finding"
    GONE_COLUMN = "gone_column"


NEW: Final = frozenset({Change.NEW_COLUMN, Change.NEW_FINDING})
GONE: Final = frozenset({Change.GONE_COLUMN, Change.GONE_FINDING})


@dataclass(frozen=True, slots=True)
class Reading:
    """What one scan read of a table: its rows, and which columns not wholly. A sample read `all_partly`."""

    columns: Verdicts
    rows: int
    all_partly: bool = False
    partly: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, columns: Verdicts, rows: int, reasons: Collection[Mapping[str, Any]], *, complete: bool) -> Reading:
        """The reading of a scan by the `reasons` why it is not complete. One that names no column is about them all."""
        telling = [] if complete else [one for one in reasons if one["code"] not in INFORMATIVE_REASONS]
        named = [(one.get("params") or {}).get("column") for one in telling]
        return cls(columns, rows, not complete and not all(named or [None]), frozenset(filter(None, named)))

    def read_all_of(self, name: str) -> bool:
        """Whether every cell of the column was read."""
        return not self.all_partly and name not in self.partly


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """One column of which something is to be told. Types are empty where nothing was found."""

    name: str
    change: Change
    before_type: str = ""
    now_type: str = ""
    differences: tuple[Difference, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "name": self.name,
            "change": str(self.change),
            "before_type": self.before_type,
            "now_type": self.now_type,
            "differences": [difference.as_dict() for difference in self.differences],
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """The columns of which something is to be told, in the order of the table and those that are gone at the end; how many are as before."""

    columns: tuple[ColumnChange, ...]
    unchanged: int
    rows_changed: bool

    def number(self, *changes: Change) -> int:
        """How many columns changed in one of these ways."""
        return sum(1 for column in self.columns if column.change in changes)

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "new": self.number(*NEW),
            "gone": self.number(*GONE),
            "changed": self.number(Change.CHANGED),
            "unchanged": self.unchanged,
            "rows_changed": self.rows_changed,
            "columns": [column.as_dict() for column in self.columns],
        }


def compare(before: Reading, now: Reading) -> Comparison:
    """Compare the verdicts on the columns of one table, which are told apart by name: of two of the same name the first counts.

    Of a column that one of the two did not read wholly only what reading more cannot undo is told: what was not seen is not called
    gone, and shares are not compared; nor are the numbers of rows where not every row was read.
    """
    earlier, later = _by_name(before.columns), _by_name(now.columns)
    told: list[ColumnChange] = []
    for name, column in later.items():
        if name not in earlier:
            told.append(ColumnChange(name, Change.NEW_COLUMN, now_type=_type_of(column)))
            continue
        partial = not (before.read_all_of(name) and now.read_all_of(name))
        found = _all(earlier[name], column, partial=partial)
        change = _change(earlier[name], column)
        if change is Change.GONE_FINDING and not now.read_all_of(name):
            continue  # what was not read may still be there
        if change is not Change.CHANGED or found:
            told.append(ColumnChange(name, change, _type_of(earlier[name]), _type_of(column), found))
    unchanged = len(later) - len(told)
    told += [
        ColumnChange(name, Change.GONE_COLUMN, before_type=_type_of(column))
        for name, column in earlier.items()
        if name not in later
    ]
    every_row = not (before.all_partly or now.all_partly)
    return Comparison(tuple(told), unchanged, every_row and _strongly(before.rows, now.rows))


def _by_name(columns: Verdicts) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for column in columns:
        found.setdefault(str(column["name"]), column)
    return found


def _change(before: Mapping[str, Any], now: Mapping[str, Any]) -> Change:
    match _is_found(before), _is_found(now):
        case False, True:
            return Change.NEW_FINDING
        case True, False:
            return Change.GONE_FINDING
    return Change.CHANGED


def _all(before: Mapping[str, Any], now: Mapping[str, Any], *, partial: bool) -> tuple[Difference, ...]:
    """Everything in which two verdicts on one column differ."""
    found = list(differences(Pattern.of(before), Pattern.of(now), partial=partial))
    same_type = _type_of(before) == _type_of(now)
    if same_type and _is_found(now) and before["likelihood"] != now["likelihood"] and not partial:
        found.append(Difference(Aspect.LIKELIHOOD, str(before["likelihood"]), str(now["likelihood"])))
    others_before, others_now = _others(before), _others(now)
    if others_now - others_before or (others_before - others_now and not partial):
        found.append(Difference(Aspect.OTHER_TYPES, sorted(others_before), sorted(others_now)))
    empty_before, empty_now = _empty(before), _empty(now)
    if not partial and abs(empty_before - empty_now) >= STRONGLY:
        found.append(Difference(Aspect.EMPTY, empty_before, empty_now))
    return tuple(found)


def _type_of(column: Mapping[str, Any]) -> str:
    return str(column["entity_type"] or "")


def _is_found(column: Mapping[str, Any]) -> bool:
    return bool(column["entity_type"]) or column["role"] != FieldRole.NONE


def _others(column: Mapping[str, Any]) -> set[str]:
    return {str(other["entity_type"]) for other in column["other_types"]} - {_type_of(column)}


def _empty(column: Mapping[str, Any]) -> float:
    counts = column["counts"]
    rows = counts.get("rows", 0)
    return round((counts.get("nulls", 0) + counts.get("blanks", 0)) / rows, 2) if rows else 0.0


def _strongly(before: int, now: int) -> bool:
    return abs(now - before) >= STRONGLY * before and now != before
