"""Acts on scans: request, cancel, and publish what a worker found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.db import OperationalError, transaction

from catalog.datasets.drift import ColumnRead, note_columns
from catalog.datasets.models import Distribution
from catalog.datasets.services import write_reading
from catalog.errors import Blocked, InvalidInput
from catalog.jobs.models import Job, JobState
from catalog.jobs.services import enqueue, request_cancel
from catalog.ledger.services import record
from catalog.messages import gettext_noop
from catalog.people.models import User
from catalog.people.policies import require
from privacy.models import Scan, ScanMode
from privacy.services.combinations import queue_after_scan
from privacy.services.comparing import compare_with_last
from privacy.services.proposing import update_findings
from privacy.services.unread import every_row_was_read

SCAN_JOB = "scan"
LONGEST_TEXT_BUDGET = 86_400  # seconds


@transaction.atomic
def request_scan(
    *,
    actor: User,
    distribution: Distribution,
    mode: ScanMode = ScanMode.FULL,
    text_budget_seconds: int | None = None,
    scheduled: bool = False,
) -> Scan:
    """Queue a scan. One at a time per distribution: a second request while one runs is refused.

    `text_budget_seconds` bounds the time for reading names in free text; None is what the operator has set.
    `scheduled` where nobody asks now but a schedule does, in the name of whoever set it.
    """
    require(actor, "scan.request", distribution.dataset)
    if mode not in ScanMode.values:
        raise InvalidInput(fields={"mode": [gettext_noop("Choose full or sample.")]})
    if text_budget_seconds is not None and not 1 <= text_budget_seconds <= LONGEST_TEXT_BUDGET:
        raise InvalidInput(fields={"text_budget_seconds": [gettext_noop("Between a second and a day.")]})
    distribution = Distribution.objects.select_for_update().get(pk=distribution.pk)
    if Scan.objects.filter(distribution=distribution, job__in=Job.objects.underway()).exists():
        raise Blocked(gettext_noop("A scan of this table is already waiting or running."), code="scan_underway")
    budget = {} if text_budget_seconds is None else {"text_budget_seconds": text_budget_seconds}
    job = enqueue(kind=SCAN_JOB, arguments=budget, requested_by=actor)
    scan = Scan.objects.create(distribution=distribution, job=job, mode=mode, requested_by=actor)
    record(
        actor=actor,
        action="scan.requested",
        subject=scan,
        organization=distribution.dataset.provider,
        details={"distribution": distribution.pk, "mode": mode, **budget, **({"scheduled": True} if scheduled else {})},
    )
    return scan


@transaction.atomic
def cancel_scan(*, actor: User, scan: Scan) -> Scan:
    """Ask a scan to stop. What it had read is not kept."""
    require(actor, "scan.cancel", scan.distribution.dataset)
    scan.job = request_cancel(job=scan.job)
    record(actor=actor, action="scan.cancel_requested", subject=scan, organization=scan.distribution.dataset.provider)
    return scan


def cancel_scan_of(actor: User, job: Job) -> Scan:
    """The same, by the scan's job: how the jobs' registry calls it."""
    return cancel_scan(
        actor=actor, scan=Scan.objects.select_related("job", "distribution__dataset__provider").get(job=job)
    )


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What the worker hands over: plain data, evidence masked."""

    rows: int
    rules_version: str
    fingerprint: str
    reasons: Sequence[Mapping[str, Any]]
    columns: Sequence[Mapping[str, Any]]
    # The version of every rule and model that ran, and how the rows were read.
    rules: Mapping[str, str] = field(default_factory=dict)
    reading: Mapping[str, Any] = field(default_factory=dict)
    # All columns of the source, also those that the record does not have.
    schema: Sequence[ColumnRead] = ()


def publish_scan(*, scan: Scan, state: JobState, result: ScanResult) -> None:
    """Write the result and bring the findings up to date. Called inside the transaction that ends the scan's job."""
    thorough = state == JobState.COMPLETE and scan.mode == ScanMode.FULL
    scan.rows, scan.rules_version, scan.fingerprint = result.rows, result.rules_version, result.fingerprint
    scan.reasons, scan.columns = list(result.reasons), list(result.columns)
    scan.rules, scan.reading = dict(result.rules), dict(result.reading)
    scan.save(update_fields=["rows", "rules_version", "fingerprint", "reasons", "columns", "rules", "reading"])
    if result.schema:
        note_columns(distribution=scan.distribution, columns=result.schema)
    returned = update_findings(scan=scan, columns=result.columns, thorough=thorough)
    scan.comparison = compare_with_last(scan=scan, state=state, returned=returned)
    scan.save(update_fields=["comparison"])
    # Of the fingerprint and the number of rows it does not matter whether all text in them was read for names.
    if every_row_was_read(scan):
        write_reading(distribution=scan.distribution, rows=result.rows, fingerprint=result.fingerprint)
    if thorough:
        queue_after_scan(scan=scan)
    record(
        actor=scan.requested_by,
        action="scan.finished",
        subject=scan,
        organization=scan.distribution.dataset.provider,
        details={
            "state": state,
            "rows": result.rows,
            "rules": result.rules_version,
            "types": sorted({str(column["entity_type"]) for column in result.columns if column["entity_type"]}),
        },
    )


def note_reading(*, scan: Scan, reading: Mapping[str, Any]) -> None:
    """Called by the worker, on the way: what has been read so far, for whoever watches. No act, and nothing rests on it."""
    # A busy database is told the next time.
    with suppress(OperationalError):
        Scan.objects.filter(pk=scan.pk, rows__isnull=True).update(reading=dict(reading))


def record_scan_ended(job: Job) -> None:
    """The line for a scan that was cancelled or failed. Called inside the transaction that ends its job."""
    scan = Scan.objects.select_related("distribution__dataset__provider").get(job=job)
    record(
        actor=scan.requested_by,
        action=f"scan.{job.state}",
        subject=scan,
        organization=scan.distribution.dataset.provider,
        details={"code": job.error_code},
    )
