"""When an assessment no longer holds and has to be made again.

Lives here: comparing what an assessment rested on with what is so now. Noticing the change and asking for the
assessment is the caller's.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from privacy.risk.codes import Reassessment
from privacy.risk.rules import RulePack


@dataclass(frozen=True, slots=True)
class AssessmentBasis:
    """What an assessment rests on. `overlaps` and `incidents` are identifiers of those known at that time."""

    schema: str
    purpose: str
    rows: int
    rules_digest: str
    overlaps: frozenset[str] = frozenset()
    incidents: frozenset[str] = frozenset()


def reasons_to_reassess(
    basis: AssessmentBasis, now: AssessmentBasis, *, assessed_on: date, today: date, pack: RulePack
) -> tuple[Reassessment, ...]:
    """Why the assessment has to be made again, in the order of `Reassessment`; empty where it still holds."""
    limits = pack.limits
    holds = {
        Reassessment.SCHEMA_CHANGED: now.schema != basis.schema,
        Reassessment.PURPOSE_CHANGED: now.purpose != basis.purpose,
        Reassessment.NEW_OVERLAP: not now.overlaps <= basis.overlaps,
        Reassessment.INCIDENT: not now.incidents <= basis.incidents,
        Reassessment.RULE_PACK_CHANGED: now.rules_digest != basis.rules_digest,
        Reassessment.ROWS_CHANGED: abs(now.rows - basis.rows) >= basis.rows * Fraction(limits.reassess_rows_change),
        Reassessment.PERIOD_OVER: today >= months_after(assessed_on, limits.reassess_months),
    }
    # An unchanged number of rows is no change, even where there were none.
    if now.rows == basis.rows:
        holds[Reassessment.ROWS_CHANGED] = False
    return tuple(reason for reason in Reassessment if holds[reason])


def months_after(day: date, months: int) -> date:
    """The same day `months` later, or the last day of that month where it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
