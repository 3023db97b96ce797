"""Scans that are asked for by themselves: who sets them, when they come, and what stops them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from catalog.datasets.models import Dataset, DatasetState, Source
from catalog.errors import InvalidInput, NotPermitted, WrongState
from catalog.jobs.registry import chores
from catalog.ledger.models import LedgerEntry
from catalog.people.models import Role, User
from catalog.people.services import close_account, end_role
from privacy.models import Scan, ScanInterval, ScanSchedule
from privacy.services.scans import request_scan
from privacy.services.schedules import end_scan_schedule, next_run, request_due_scans, set_scan_schedule
from tests.cast import Cast
from tests.stages import Stages

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


# --- when ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("every", "since", "after", "expected"),
    [
        ("daily", "2026-03-01", "2026-03-01T09:00", "2026-03-02T01:00"),
        ("weekly", "2026-03-01", "2026-03-01T09:00", "2026-03-08T01:00"),
        ("monthly", "2026-01-31", "2026-01-31T09:00", "2026-02-28T01:00"),
        ("monthly", "2026-01-31", "2026-02-28T01:00", "2026-03-31T01:00"),
        ("quarterly", "2025-11-30", "2025-11-30T09:00", "2026-02-28T01:00"),
        ("quarterly", "2025-11-30", "2026-02-28T01:00", "2026-05-30T01:00"),
        ("daily", "2026-03-01", "2027-03-01T00:30", "2027-03-01T01:00"),
        ("monthly", "2020-01-31", "2026-06-30T01:00", "2026-07-31T01:00"),
    ],
)
def test_the_next_time_is_whole_steps_from_the_first_day(every: str, since: str, after: str, expected: str) -> None:
    assert next_run(every, since=date.fromisoformat(since), after=at(after), zone=SHANGHAI) == at(expected)


@given(
    every=st.sampled_from(ScanInterval.values),
    since=st.dates(date(2020, 1, 1), date(2030, 12, 31)),
    minutes=st.integers(0, 60 * 24 * 3000),
    zone=st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "UTC"]),
)
def test_the_next_time_is_later_and_the_nearest_there_is(every: str, since: date, minutes: int, zone: str) -> None:
    here = ZoneInfo(zone)
    after = datetime.combine(since, datetime.min.time(), tzinfo=here) + timedelta(minutes=minutes)
    found = next_run(every, since=since, after=after, zone=here)
    assert found > after
    assert (found.astimezone(here).hour, found.astimezone(here).minute) == (1, 0)
    longest = {"daily": 1, "weekly": 7, "monthly": 31, "quarterly": 92}[every]
    assert found - max(after, datetime.combine(since, datetime.min.time(), tzinfo=here)) <= timedelta(
        days=longest, hours=2
    )
    # Run on time, it comes at the same day of the month as if it never had run.
    again = next_run(every, since=since, after=found, zone=here)
    assert again == next_run(every, since=since, after=again - timedelta(minutes=1), zone=here)


# --- setting and ending ---------------------------------------------------------------------------------------------------------


def scheduled(stages: Stages, actor: User | None = None, every: str = "weekly") -> ScanSchedule:
    return set_scan_schedule(actor=actor or stages.cast.oscar, distribution=stages.distribution, every=every)


def lines(stages: Stages) -> list[tuple[str, User | None]]:
    about = LedgerEntry.objects.about(stages.draft).filter(action__startswith="scan.").order_by("sequence")
    return [(line.action, line.actor) for line in about]


def test_a_steward_or_an_officer_sets_changes_and_ends_it(stages: Stages, cast: Cast) -> None:
    before = timezone.now()
    schedule = scheduled(stages)
    assert before < schedule.next_at <= before + timedelta(days=8)
    changed = scheduled(stages, cast.stella, "daily")
    assert (changed.pk, changed.every, changed.set_by) == (schedule.pk, "daily", cast.stella)
    assert changed.next_at <= before + timedelta(days=2)
    end_scan_schedule(actor=cast.olga, schedule=changed)
    assert not ScanSchedule.objects.exists()
    assert lines(stages) == [
        ("scan.scheduled", cast.oscar),
        ("scan.scheduled", cast.stella),
        ("scan.schedule_ended", cast.olga),
    ]
    with pytest.raises(WrongState):
        end_scan_schedule(actor=cast.olga, schedule=schedule)


@pytest.mark.parametrize("name", ["amy", "fiona", "audrey", "adam", "rita", "wendy", "carl"])
def test_nobody_else_does(stages: Stages, cast: Cast, name: str) -> None:
    with pytest.raises(NotPermitted):
        scheduled(stages, getattr(cast, name))
    schedule = scheduled(stages)
    with pytest.raises(NotPermitted):
        end_scan_schedule(actor=getattr(cast, name), schedule=schedule)


def test_an_interval_that_is_none_is_refused(stages: Stages) -> None:
    with pytest.raises(InvalidInput) as refused:
        scheduled(stages, every="hourly")
    assert "every" in refused.value.fields


def test_what_is_retired_is_not_scanned_by_itself(stages: Stages) -> None:
    Dataset.objects.filter(pk=stages.draft.pk).update(state=DatasetState.RETIRED)
    with pytest.raises(WrongState) as refused:
        scheduled(stages)
    assert refused.value.code == "dataset_retired"


def test_whoever_works_on_the_data_sees_it(stages: Stages, cast: Cast) -> None:
    schedule = scheduled(stages)
    for person in (cast.oscar, cast.stella, cast.amy):
        assert list(ScanSchedule.objects.visible_to(person)) == [schedule]
    for person in (cast.rita, cast.wendy, cast.carl, cast.audrey):
        assert not ScanSchedule.objects.visible_to(person).exists()


# --- the chore ------------------------------------------------------------------------------------------------------------------


def make_due(ago: timedelta = timedelta(minutes=1)) -> None:
    ScanSchedule.objects.update(next_at=timezone.now() - ago, set_at=timezone.now() - ago - timedelta(days=90))


def last_scan() -> Any:
    return Scan.objects.order_by("-pk").first()


def test_the_relay_knows_the_chore() -> None:
    assert request_due_scans in chores()


def test_nothing_is_asked_for_before_its_time(stages: Stages) -> None:
    scheduled(stages)
    assert request_due_scans() == 0
    assert Scan.objects.count() == 1


def test_a_due_scan_is_asked_for_once_in_the_name_of_who_set_it(stages: Stages, cast: Cast) -> None:
    scheduled(stages, cast.stella)
    make_due()
    assert (request_due_scans(), request_due_scans()) == (1, 0)
    scan = last_scan()
    assert (scan.requested_by, scan.mode, scan.job.requested_by) == (cast.stella, "full", cast.stella)
    line = LedgerEntry.objects.about(scan).get()
    assert (line.action, line.actor, line.details["scheduled"]) == ("scan.requested", cast.stella, True)
    assert ScanSchedule.objects.get().next_at > timezone.now()
    stages.run_jobs()
    assert Scan.objects.get(pk=scan.pk).state == "complete"


def test_after_a_long_stop_there_is_one_scan_and_then_the_next_future_time(stages: Stages) -> None:
    scheduled(stages, every="daily")
    make_due(timedelta(days=400))
    assert request_due_scans() == 1
    stages.run_jobs()
    assert request_due_scans() == 0
    assert timezone.now() < ScanSchedule.objects.get().next_at <= timezone.now() + timedelta(days=1)


def test_a_scan_that_a_person_asks_for_is_not_marked(stages: Stages, cast: Cast) -> None:
    scan = request_scan(actor=cast.oscar, distribution=stages.distribution)
    assert "scheduled" not in LedgerEntry.objects.about(scan).get().details


def test_while_a_scan_is_underway_it_waits_for_the_next_time(stages: Stages, cast: Cast) -> None:
    scheduled(stages)
    make_due()
    request_scan(actor=cast.olga, distribution=stages.distribution)
    assert request_due_scans() == 0
    assert ScanSchedule.objects.get().stopped_because == ""
    stages.run_jobs()
    assert request_due_scans() == 1


def _role_ends(stages: Stages) -> None:
    end_role(actor=stages.cast.adam, membership=stages.cast.oscar.memberships.get(role=Role.PRIVACY_OFFICER))


def _account_closes(stages: Stages) -> None:
    close_account(actor=stages.cast.adam, user=stages.cast.oscar)


def _dataset_retires(stages: Stages) -> None:
    Dataset.objects.filter(pk=stages.draft.pk).update(state=DatasetState.RETIRED)


def _source_retires(stages: Stages) -> None:
    Source.objects.filter(pk=stages.source.pk).update(retired_at=datetime.now(UTC))


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        (_role_ends, "not_permitted"),
        (_account_closes, "account_closed"),
        (_dataset_retires, "dataset_retired"),
        (_source_retires, "source_retired"),
    ],
)
def test_it_stops_and_says_why(stages: Stages, cast: Cast, happens: Callable[[Stages], None], why: str) -> None:
    scheduled(stages)
    make_due()
    happens(stages)
    assert (request_due_scans(), request_due_scans()) == (0, 0)
    assert ScanSchedule.objects.get().stopped_because == why
    assert Scan.objects.count() == 1
    line = LedgerEntry.objects.about(stages.draft).get(action="scan.schedule_stopped")
    assert (line.actor, line.organization, line.details["reason"]) == (None, cast.health, why)


def test_a_stopped_one_goes_on_when_somebody_else_sets_it_again(stages: Stages, cast: Cast) -> None:
    scheduled(stages)
    make_due()
    _role_ends(stages)
    request_due_scans()
    scheduled(stages, cast.olga)
    assert ScanSchedule.objects.get().stopped_because == ""
    make_due()
    assert request_due_scans() == 1
    assert last_scan().requested_by == cast.olga


def test_one_that_fails_does_not_hold_up_the_others(stages: Stages, monkeypatch: pytest.MonkeyPatch) -> None:
    scheduled(stages)
    make_due()

    def broken(**_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("privacy.services.schedules.request_scan", broken)
    assert request_due_scans() == 0
    schedule = ScanSchedule.objects.get()
    assert (schedule.stopped_because, schedule.next_at < timezone.now()) == ("", True)
