"""The pages of scans that come by themselves: setting, changing, ending, and what has stopped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.translation import override

from catalog.datasets.models import Dataset, DatasetState
from catalog.people.models import Role
from catalog.people.services import end_role
from privacy.models import Scan, ScanSchedule
from privacy.pages.entries import worklists
from privacy.services.schedules import request_due_scans, set_scan_schedule
from tests.cast import Cast
from tests.pages.visiting import Visitor, text_of
from tests.stages import Stages

pytestmark = pytest.mark.django_db


def address(stages: Stages) -> str:
    return f"/scans/tables/{stages.distribution.pk}/again/"


def stop(stages: Stages) -> ScanSchedule:
    """Oscar set it, and is no officer any more."""
    schedule = set_scan_schedule(actor=stages.cast.oscar, distribution=stages.distribution, every="weekly")
    ScanSchedule.objects.update(next_at=timezone.now() - timedelta(hours=1))
    end_role(actor=stages.cast.adam, membership=stages.cast.oscar.memberships.get(role=Role.PRIVACY_OFFICER))
    assert request_due_scans() == 0
    return schedule


def test_an_officer_sets_it_sees_it_and_ends_it(cast: Cast, stages: Stages) -> None:
    assert stages.published
    oscar = Visitor(cast.oscar)
    assert "Only when somebody asks" in text_of(oscar.get(address(stages)))
    assert oscar.post(address(stages), every="quarterly").status_code == 302
    schedule = ScanSchedule.objects.get()
    assert (schedule.every, schedule.set_by) == ("quarterly", cast.oscar)
    shown = text_of(oscar.get(address(stages)))
    assert "Every three months" in shown
    assert "Set by Oscar" in shown
    listed = text_of(oscar.get("/scans/"))
    assert "Scanned again by themselves" in listed
    assert oscar.get(f"/scans/schedules/{schedule.pk}/end/").status_code == 302
    assert ScanSchedule.objects.exists()
    assert oscar.post(f"/scans/schedules/{schedule.pk}/end/").status_code == 302
    assert not ScanSchedule.objects.exists()


@pytest.mark.parametrize("sent", [{}, {"every": ""}, {"every": "hourly"}])
def test_what_is_no_interval_is_said_on_the_form(cast: Cast, stages: Stages, sent: dict[str, str]) -> None:
    assert stages.published
    answer = Visitor(cast.stella).post(address(stages), **sent)
    assert answer.status_code == 200
    assert "Please correct what is marked" in text_of(answer)
    assert not ScanSchedule.objects.exists()


def test_strangers_find_nothing_and_approvers_only_look(cast: Cast, stages: Stages) -> None:
    assert stages.published
    schedule = set_scan_schedule(actor=cast.oscar, distribution=stages.distribution, every="weekly")
    for user in (cast.rita, cast.wendy, cast.audrey):
        assert Visitor(user).get(address(stages)).status_code == 404
        assert Visitor(user).post(f"/scans/schedules/{schedule.pk}/end/").status_code == 404
    seen = Visitor(cast.amy).get(address(stages))
    assert "Every week" in text_of(seen)
    assert "End it" not in text_of(seen)
    Visitor(cast.amy).post(f"/scans/schedules/{schedule.pk}/end/")
    Visitor(cast.amy).post(address(stages), every="daily")
    assert ScanSchedule.objects.get().every == "weekly"


def test_the_dataset_page_tells_when_it_is_scanned_again(cast: Cast, stages: Stages) -> None:
    assert stages.published
    panel = f"/fragments/privacy/{stages.draft.pk}/"
    assert "Say how often" in text_of(Visitor(cast.oscar).get(panel))
    set_scan_schedule(actor=cast.oscar, distribution=stages.distribution, every="daily")
    assert "Every day · next" in text_of(Visitor(cast.stella).get(panel))
    assert "Every day" not in text_of(Visitor(cast.rita).get(panel))


def test_a_stopped_one_waits_for_those_who_may_set_it_again(cast: Cast, stages: Stages) -> None:
    assert stages.scan
    stop(stages)

    def waits(user: Any, *roles: str) -> int:
        with override("en"):
            found = {str(one.heading): one.total for one in worklists(user, frozenset(roles))}
        return found.get("Scans by themselves that have stopped", 0)

    assert waits(cast.olga, "privacy_officer") == waits(cast.stella, "data_steward") == 1
    assert waits(cast.oscar, "privacy_officer") == waits(cast.wendy, "privacy_officer") == 0
    shown = text_of(Visitor(cast.olga).get(address(stages)))
    assert "Whoever set it may not scan this table any more." in shown
    assert "stopped: 1" in text_of(Visitor(cast.olga).get("/scans/"))
    Visitor(cast.olga).post(address(stages), every="weekly")
    assert waits(cast.olga, "privacy_officer") == 0


def test_one_on_a_retired_dataset_can_still_be_ended(cast: Cast, stages: Stages) -> None:
    assert stages.published
    schedule = set_scan_schedule(actor=cast.oscar, distribution=stages.distribution, every="weekly")
    Dataset.objects.filter(pk=stages.draft.pk).update(state=DatasetState.RETIRED)
    ScanSchedule.objects.update(next_at=timezone.now() - timedelta(hours=1))
    request_due_scans()
    shown = text_of(Visitor(cast.oscar).get(address(stages)))
    assert "The dataset was retired." in shown
    assert "Save" not in shown
    assert Visitor(cast.oscar).post(address(stages), every="daily").status_code == 200
    Visitor(cast.oscar).post(f"/scans/schedules/{schedule.pk}/end/")
    assert not ScanSchedule.objects.exists()


def test_a_scan_says_that_a_schedule_asked_for_it(cast: Cast, stages: Stages, run_jobs: Callable[[], object]) -> None:
    assert stages.scan
    assert "by schedule" not in text_of(Visitor(cast.oscar).get(f"/scans/{stages.scan.pk}/"))
    set_scan_schedule(actor=cast.oscar, distribution=stages.distribution, every="weekly")
    ScanSchedule.objects.update(next_at=timezone.now() - timedelta(hours=1))
    assert request_due_scans() == 1
    scan = Scan.objects.first()
    assert scan is not None
    assert "by schedule" in text_of(Visitor(cast.oscar).get(f"/scans/{scan.pk}/"))
