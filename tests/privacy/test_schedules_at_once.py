"""Several workers' relays at the same moment, under real transactions: each due scan is asked for once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from privacy.models import Scan, ScanSchedule
from privacy.services.schedules import end_scan_schedule, request_due_scans, set_scan_schedule
from tests.cast import Cast, make_cast
from tests.catalog.test_acts_at_once import at_once
from tests.stages import Stages

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast() -> Cast:
    """Committed, so that other threads see it."""
    return make_cast()


@pytest.fixture
def stages(cast: Cast) -> Stages:
    """A draft with its table, and a scan of it that is due."""
    found = Stages(cast, lambda: [])
    set_scan_schedule(actor=cast.oscar, distribution=found.distribution, every="daily")
    ScanSchedule.objects.update(next_at=timezone.now() - timedelta(hours=1))
    return found


def test_four_relays_ask_for_one_scan(stages: Stages) -> None:
    asked: list[int] = []
    assert at_once(*[lambda: asked.append(request_due_scans())] * 4) == []
    assert sum(asked) == Scan.objects.filter(distribution=stages.distribution).count() == 1
    assert ScanSchedule.objects.get().next_at > timezone.now()


def test_setting_and_ending_beside_the_relay_lock_nothing_for_ever(stages: Stages, cast: Cast) -> None:
    schedule = ScanSchedule.objects.select_related("distribution__dataset__provider").get()
    refused = at_once(
        request_due_scans,
        lambda: set_scan_schedule(actor=cast.stella, distribution=stages.distribution, every="weekly"),
        request_due_scans,
        lambda: end_scan_schedule(actor=cast.olga, schedule=schedule),
    )
    assert refused == []
    assert Scan.objects.count() <= 1
