"""Scans that are asked for again and again by themselves: setting when, ending it, and the relay's chore that asks for them.

A schedule scans in the name of whoever set it: each time their permission is asked for as if they stood there. Where that person may
not scan the table any more, or there is nothing left to scan, the schedule stops, says why, and waits for somebody to set or end it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

import structlog
from django.db import OperationalError, transaction
from django.utils import timezone

from catalog.datasets.models import DatasetState, Distribution
from catalog.errors import DomainError, InvalidInput, WrongState
from catalog.jobs.crashes import describe
from catalog.ledger.services import record
from catalog.messages import gettext_noop
from catalog.people.models import User
from catalog.people.policies import require
from privacy.models import ScanInterval, ScanSchedule
from privacy.risk.reassessment import months_after
from privacy.services.scans import request_scan

log = structlog.get_logger("canglang.schedules")

# By the clock of the installation's time zone: the day before is over then, and the working day has not begun.
AT = time(1, 0)
# At most so many in one go of the chore, a minute apart: a relay that was away for a week does not hold its other work up.
AT_ONCE = 100

_STEPS: Mapping[str, Callable[[date, int], date]] = {
    ScanInterval.DAILY: lambda day, number: day + timedelta(days=number),
    ScanInterval.WEEKLY: lambda day, number: day + timedelta(weeks=number),
    ScanInterval.MONTHLY: months_after,
    ScanInterval.QUARTERLY: lambda day, number: months_after(day, 3 * number),
}
# The longest that a step may be, in days: how far one must at least be after so much time.
_LONGEST = {ScanInterval.DAILY: 1, ScanInterval.WEEKLY: 7, ScanInterval.MONTHLY: 31, ScanInterval.QUARTERLY: 92}

# Why a schedule stopped by itself. A refusal that has no words here is kept by its own code.
STOPPED: Mapping[str, str] = {
    "not_permitted": gettext_noop("Whoever set it may not scan this table any more."),
    "account_closed": gettext_noop("The account of whoever set it is closed."),
    "dataset_retired": gettext_noop("The dataset was retired."),
    "source_retired": gettext_noop("The source was retired."),
}


def next_run(every: str, *, since: date, after: datetime, zone: tzinfo) -> datetime:
    """The first time after `after` that lies a whole number of steps from the day `since`, at `AT` in `zone`.

    Counted from the first day and not from the last run: the 31st stays the 31st after a month without one, and what was missed
    while nothing ran is not made up for.
    """
    step = _STEPS[every]
    number = max(1, (after.astimezone(zone).date() - since).days // _LONGEST[ScanInterval(every)])
    while (moment := datetime.combine(step(since, number), AT, tzinfo=zone)) <= after:
        number += 1
    return moment


def _next_of(schedule: ScanSchedule, now: datetime) -> datetime:
    zone = timezone.get_default_timezone()
    return next_run(schedule.every, since=schedule.set_at.astimezone(zone).date(), after=now, zone=zone)


def _why_nothing_to_scan(distribution: Distribution) -> str:
    """The code of what ended the table; empty where it can be scanned."""
    if distribution.dataset.state == DatasetState.RETIRED:
        return "dataset_retired"
    return "source_retired" if distribution.source.retired_at is not None else ""


@transaction.atomic
def set_scan_schedule(*, actor: User, distribution: Distribution, every: str) -> ScanSchedule:
    """Say how often a table is scanned whole by itself, from now on in the name of `actor`; changes what was said before.

    A schedule that had stopped goes on.
    """
    require(actor, "scan.request", distribution.dataset)
    if every not in ScanInterval.values:
        raise InvalidInput(fields={"every": [gettext_noop("Choose daily, weekly, monthly or quarterly.")]})
    distribution = (
        Distribution.objects.select_for_update(of=("self",))
        .select_related("dataset__provider", "source")
        .get(pk=distribution.pk)
    )
    if why := _why_nothing_to_scan(distribution):
        raise WrongState(STOPPED[why], code=why)
    now = timezone.now()
    schedule = ScanSchedule.objects.select_for_update().filter(distribution=distribution).first()
    schedule = schedule or ScanSchedule(distribution=distribution)
    schedule.every, schedule.set_by, schedule.set_at, schedule.stopped_because = every, actor, now, ""
    schedule.next_at = _next_of(schedule, now)
    schedule.save()
    _record(actor, "scan.scheduled", schedule, every=every)
    return schedule


@transaction.atomic
def end_scan_schedule(*, actor: User, schedule: ScanSchedule) -> None:
    """The table is scanned by itself no more. A scan that has begun goes on."""
    require(actor, "scan.request", schedule.distribution.dataset)
    found = ScanSchedule.objects.select_for_update().filter(pk=schedule.pk).first()
    if found is None:
        raise WrongState(gettext_noop("This schedule has been ended already."), code="schedule_ended")
    _record(actor, "scan.schedule_ended", schedule, every=found.every)
    found.delete()


def _record(actor: User | None, action: str, schedule: ScanSchedule, **details: Any) -> None:
    dataset = schedule.distribution.dataset
    record(
        actor=actor,
        action=action,
        subject=dataset,
        organization=dataset.provider,
        details={"distribution": schedule.distribution_id, **details},
    )


def request_due_scans() -> int:
    """Ask for every scan whose time has come; run by the relay about once a minute. Returns how many were asked for.

    Each in a transaction of its own, so that one cannot hold up the others. A table that is being scanned is asked for again the next
    time.
    """
    due = ScanSchedule.objects.filter(stopped_because="", next_at__lte=timezone.now()).order_by("next_at", "pk")
    count = 0
    for distribution_id in list(due.values_list("distribution", flat=True)[:AT_ONCE]):
        try:
            count += _request(distribution_id)
        except OperationalError:
            raise  # the database is away for every table: the relay tries again
        except Exception as error:
            log.error("scheduled scan not asked for", distribution=distribution_id, **describe(error))
    return count


def _locked_if_due(distribution_id: int, now: datetime) -> ScanSchedule | None:
    """The schedule, unless another worker's relay is at it or was before. The table is locked first, as whoever sets one does."""
    tables = Distribution.objects.select_for_update(
        of=("self",), skip_locked=transaction.get_connection().features.has_select_for_update_skip_locked
    )
    if not tables.filter(pk=distribution_id):
        return None
    found: ScanSchedule | None = (
        ScanSchedule.objects.select_for_update(of=("self",))
        .filter(distribution=distribution_id, stopped_because="", next_at__lte=now)
        .select_related("distribution__dataset__provider", "distribution__source", "set_by")
        .first()
    )
    return found


@transaction.atomic
def _request(distribution_id: int) -> bool:
    """Ask for the scan of one table. Whether that was done."""
    now = timezone.now()
    schedule = _locked_if_due(distribution_id, now)
    if schedule is None:
        return False
    why = _why_nothing_to_scan(schedule.distribution) or ("" if schedule.set_by.is_active else "account_closed")
    if not why:
        try:
            request_scan(actor=schedule.set_by, distribution=schedule.distribution, scheduled=True)
        except DomainError as error:
            why = error.code
        else:
            schedule.next_at = _next_of(schedule, now)
            schedule.save(update_fields=["next_at"])
            return True
    if why != "scan_underway":
        _stop(schedule, why)
    return False


def _stop(schedule: ScanSchedule, why: str) -> None:
    schedule.stopped_because = why[:60]
    schedule.save(update_fields=["stopped_because"])
    _record(None, "scan.schedule_stopped", schedule, every=schedule.every, reason=schedule.stopped_because)
