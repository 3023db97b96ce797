"""The three rights on a time line: where each bar begins and how long it is, in per cent of the years that are shown.

Drawn by the template as SVG; the same is said in a table beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from catalog.datasets.models import RightKind, RightsAssignment

# As many years as have room for their figures at the width of a phone.
_MOST_TICKS = 8


@dataclass(frozen=True, slots=True)
class Bar:
    """One right: where it starts and how wide it is ("12.50%"), whether it has no end, and whether it counts today."""

    right: RightsAssignment
    x: str
    width: str
    last_day: date | None
    current: bool
    to_come: bool


@dataclass(frozen=True, slots=True)
class Row:
    """The bars of one kind of right."""

    kind: str
    label: Any
    bars: list[Bar]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Rows for every kind of right; years along the bottom, and where today is."""

    rows: list[Row]
    years: list[tuple[str, int]]
    today: str

    @property
    def empty(self) -> bool:
        return not any(row.bars for row in self.rows)


def last_day_of(right: RightsAssignment) -> date | None:
    """The last day the right counted or will count; None for open-ended. An ended right ended on that day."""
    if right.ended_at is None:
        return right.valid_to
    ended = timezone.localdate(right.ended_at)
    return min(ended, right.valid_to) if right.valid_to else ended


def timeline_of(rights: Iterable[RightsAssignment], today: date) -> Timeline:
    """Lay the rights out over whole years: from the earliest beginning to the latest end that is known, a year from now at least."""
    rights = sorted(rights, key=lambda right: (right.valid_from, right.pk))
    starts = [right.valid_from for right in rights] or [today]
    ends = [day for right in rights if (day := last_day_of(right))]
    begin = date(min([today, *starts]).year, 1, 1)
    end = date(max([today + timedelta(days=365), *ends, *starts]).year + 1, 1, 1)
    span = (end - begin).days

    def place(day: date) -> float:
        return 100 * (day - begin).days / span

    def bar(right: RightsAssignment) -> Bar:
        last = last_day_of(right)
        start = place(right.valid_from)
        stop = place(last + timedelta(days=1)) if last else 100.0
        current = right.ended_at is None and right.valid_from <= today and (last is None or last >= today)
        return Bar(
            right=right,
            x=f"{start:.2f}%",
            width=f"{max(stop - start, 0.6):.2f}%",  # a right of one day is still to be seen
            last_day=last,
            current=current,
            to_come=right.ended_at is None and right.valid_from > today,
        )

    rows = [Row(kind.value, kind.label, [bar(right) for right in rights if right.kind == kind]) for kind in RightKind]
    step = max(1, -(-(end.year - begin.year) // _MOST_TICKS))
    years = [(f"{place(date(year, 1, 1)):.2f}%", year) for year in range(begin.year, end.year, step)]
    return Timeline(rows, years, f"{place(today):.2f}%")
