"""Whether the assessment a grant rests on still holds: rows, columns, rules and time, compared with what it was made on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from access.models import Application, Assessment, Grant
from access.services.reassessing import standing_of, standings_of
from access.workflow import Action
from privacy.risk.codes import Reassessment
from privacy.risk.reassessment import months_after
from privacy.services.scans import request_scan
from tests.access.acts import Acts
from tests.access.tables import visits_csv, with_column
from tests.stages import Stages


@pytest.fixture(scope="module")
def prepare() -> Callable[[Stages], None]:
    """One application of rita's is granted."""

    def grant(stages: Stages) -> None:
        stages.case = stages.granted()  # type: ignore[attr-defined]

    return grant


@pytest.fixture
def grant(stages: Stages) -> Grant:
    found: Grant = Grant.objects.get(application=stages.case)  # type: ignore[attr-defined]
    return found


def scan_now(stages: Stages, acts: Acts, content: bytes) -> None:
    """The table holds something else, and is scanned whole."""
    acts.replace_table(content)
    request_scan(actor=stages.cast.oscar, distribution=stages.distribution)
    stages.run_jobs()


def assessed_on(grant: Grant, day: date) -> None:
    assessment = Assessment.objects.get(artefact__release__grant=grant)
    Assessment.objects.filter(pk=assessment.pk).update(record={**assessment.record, "assessed_on": day.isoformat()})


def reasons(grant: Grant) -> tuple[Reassessment, ...]:
    standing = standing_of(grant)
    assert standing is not None
    return standing.reasons


def test_a_fresh_assessment_holds_for_twelve_months(grant: Grant) -> None:
    standing = standing_of(grant)
    assert standing is not None
    assert (standing.is_due, standing.reasons) == (False, ())
    assert standing.due_on == months_after(timezone.localdate(), 12)
    assert not standing.is_due_within(300)
    assert standing.is_due_within(400)


@pytest.mark.parametrize(
    ("people", "expected"),
    [(287, ()), (288, (Reassessment.ROWS_CHANGED,)), (192, (Reassessment.ROWS_CHANGED,)), (193, ())],
)
def test_a_fifth_more_or_fewer_rows_ask_for_another(
    stages: Stages, acts: Acts, grant: Grant, people: int, expected: tuple[Reassessment, ...]
) -> None:
    scan_now(stages, acts, visits_csv(people))
    assert reasons(grant) == expected


def test_another_column_asks_for_another(stages: Stages, acts: Acts, grant: Grant) -> None:
    scan_now(stages, acts, with_column(visits_csv(), "医院", lambda number: "市立医院"))
    assert reasons(grant) == (Reassessment.SCHEMA_CHANGED,)


def test_a_new_rule_pack_asks_for_another(grant: Grant) -> None:
    assessment = Assessment.objects.get(artefact__release__grant=grant)
    rules = {**assessment.record["rules"], "sha256": "sha256:of another pack"}
    Assessment.objects.filter(pk=assessment.pk).update(record={**assessment.record, "rules": rules})
    assert reasons(grant) == (Reassessment.RULE_PACK_CHANGED,)


@pytest.mark.parametrize(("days", "is_due"), [(-1, False), (0, True), (30, True)])
def test_after_twelve_months_it_is_due(grant: Grant, days: int, is_due: bool) -> None:
    today = timezone.localdate()
    assessed_on(grant, today.replace(year=today.year - 1, day=min(today.day, 28)) - timedelta(days=days))
    standing = standing_of(grant)
    assert standing is not None
    if today.day <= 28:
        assert (standing.is_due, standing.due_on) == (is_due, today - timedelta(days=days))
    assert standing.is_due_within(30)


def test_a_grant_that_is_not_in_force_has_nothing_to_hold(stages: Stages, grant: Grant) -> None:
    stages.act(stages.cast.amy, Application.objects.get(pk=grant.application_id), Action.REVOKE, reason="用途已变")
    assert standing_of(Grant.objects.get(pk=grant.pk)) is None


def test_many_grants_are_asked_for_together(
    stages: Stages, acts: Acts, grant: Grant, django_assert_max_num_queries: Any
) -> None:
    stages.granted(fields={"区县": "比较", "性别": "比较", "出生日期": "比较"})
    scan_now(stages, acts, visits_csv(300))
    grants = list(Grant.objects.select_related("right", "application"))
    with django_assert_max_num_queries(3):
        found = standings_of(grants)
    assert {standing.reasons for standing in found.values()} == {(Reassessment.ROWS_CHANGED,)}
    assert len(found) == 2
