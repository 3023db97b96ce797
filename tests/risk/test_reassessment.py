"""When an assessment no longer holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from privacy.risk.codes import Reassessment
from privacy.risk.reassessment import AssessmentBasis, months_after, reasons_to_reassess
from tests.risk.examples import PACK

BASIS = AssessmentBasis(schema="sha256:s", purpose="traffic lights", rows=1000, rules_digest=PACK.digest)
ASSESSED = date(2026, 2, 28)


def reasons(*, today: date = date(2026, 3, 1), **changes: Any) -> tuple[Reassessment, ...]:
    return reasons_to_reassess(BASIS, replace(BASIS, **changes), assessed_on=ASSESSED, today=today, pack=PACK)


def test_an_assessment_holds_while_nothing_changes() -> None:
    assert reasons() == ()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"schema": "sha256:t"}, Reassessment.SCHEMA_CHANGED),
        ({"purpose": "advertising"}, Reassessment.PURPOSE_CHANGED),
        ({"overlaps": frozenset({"release-3"})}, Reassessment.NEW_OVERLAP),
        ({"incidents": frozenset({"incident-1"})}, Reassessment.INCIDENT),
        ({"rules_digest": "sha256:new"}, Reassessment.RULE_PACK_CHANGED),
        ({"rows": 1200}, Reassessment.ROWS_CHANGED),
        ({"rows": 800}, Reassessment.ROWS_CHANGED),
        ({"today": date(2027, 2, 28)}, Reassessment.PERIOD_OVER),
    ],
)
def test_each_change_asks_for_a_new_one(change: dict[str, Any], reason: Reassessment) -> None:
    assert reasons(**change) == (reason,)


def test_a_few_rows_or_days_less_do_not() -> None:
    assert reasons(rows=1199) == reasons(rows=801) == reasons(today=date(2027, 2, 27)) == ()


def test_an_overlap_that_has_gone_is_no_new_one() -> None:
    before = replace(BASIS, overlaps=frozenset({"release-3"}))
    assert reasons_to_reassess(before, BASIS, assessed_on=ASSESSED, today=ASSESSED, pack=PACK) == ()


def test_months_end_where_the_month_does() -> None:
    assert months_after(date(2026, 11, 30), 3) == date(2027, 2, 28)
    assert months_after(date(2027, 11, 30), 3) == date(2028, 2, 29)
    assert months_after(date(2026, 12, 31), 12) == date(2027, 12, 31)
