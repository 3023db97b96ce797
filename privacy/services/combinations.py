"""Acts on the count of combinations: queue, cancel, and publish how far 2 to 4 quasi-identifiers together single persons out.

Lives here: what is counted of a scanned table, and when that may be asked for. The counting is `privacy.risk.combinations`, the worker
that reads the table `privacy.combining`. A count rests on a complete scan of every row and never touches it: where it fails, the scan stands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from catalog.datasets.models import DataField, Distribution, SubjectKind
from catalog.errors import Blocked
from catalog.jobs.models import Job, JobState
from catalog.jobs.services import enqueue, request_cancel
from catalog.ledger.services import record
from catalog.messages import gettext_noop
from catalog.people.models import User
from catalog.people.policies import require
from catalog.sources import Table
from privacy.models import Combinations, FieldRole, Finding, FindingState, Scan, ScanMode
from privacy.risk.combination_entries import Bounds
from privacy.risk.combinations import CombinationsFound, Combining, TooFewColumns
from privacy.services.counting import SUBJECT, subjects_of

COMBINATIONS_JOB = "combinations"
BATCH_ROWS = 65536


class SourceChanged(Blocked):
    """The rows are not those that were scanned."""

    code = "source_changed"
    message = gettext_noop("The data has changed since this scan. Scan it again; combinations are counted after that.")


@dataclass(frozen=True, slots=True)
class Counted:
    """What is counted: the columns that are quasi-identifiers, those of them that nobody has confirmed, and whom a row is about."""

    columns: tuple[str, ...]
    proposed: tuple[str, ...]
    subject: DataField | None


def counted_of(distribution: Distribution) -> Counted:
    """What would be counted of a table today: what a scan proposed or people confirmed as a quasi-identifier. The subject is none:
    with it, everybody would be alone."""
    findings = (
        Finding.objects.filter(distribution=distribution, role=FieldRole.QUASI, field__gone_at__isnull=True)
        .exclude(state=FindingState.REJECTED)
        .exclude(field_id=distribution.subject_field_id)
        .order_by("field__position")
        .values_list("field__name", "state")
    )
    found = list(findings)
    return Counted(
        columns=tuple(name for name, _state in found),
        proposed=tuple(name for name, state in found if state == FindingState.PROPOSED),
        subject=distribution.subject_field,
    )


def require_countable(scan: Scan) -> Counted:
    """What is to be counted of a scanned table. Raises `Blocked` where there is nothing to count, or nothing to rest it on."""
    distribution = scan.distribution
    if scan.mode != ScanMode.FULL or scan.state != JobState.COMPLETE:
        raise Blocked(
            gettext_noop("Combinations are counted where a scan has read every row and is complete."),
            code="scan_not_complete",
        )
    if distribution.dataset.subject_kind == SubjectKind.NONE:
        raise Blocked(
            gettext_noop("This table is about nobody, so there is no risk to people to measure."), code="no_subjects"
        )
    if distribution.fingerprint != scan.fingerprint:
        raise SourceChanged
    counted = counted_of(distribution)
    if len(counted.columns) < 2:
        raise Blocked(TooFewColumns.message, code=TooFewColumns.code)
    return counted


@transaction.atomic
def request_combinations(*, actor: User, scan: Scan) -> Combinations:
    """Queue a count, of the quasi-identifiers as they are now. What an earlier one came to stays until this one has ended."""
    require(actor, "combinations.request", scan.distribution.dataset)
    # A lock on the row alone: PostgreSQL takes none on the outer side of a join.
    Scan.objects.select_for_update().get(pk=scan.pk)
    scan = Scan.objects.select_related("job", "distribution__dataset__provider", "distribution__subject_field").get(
        pk=scan.pk
    )
    require_countable(scan)
    if Combinations.objects.filter(scan=scan, job__in=Job.objects.underway()).exists():
        raise Blocked(gettext_noop("The combinations of this table are already being counted."), code="count_underway")
    combinations = _queue(scan, actor)
    record(actor=actor, action="combinations.requested", subject=scan, organization=scan.distribution.dataset.provider)
    return combinations


def queue_after_scan(*, scan: Scan) -> None:
    """Queue the count that follows a complete scan by itself, in the transaction that publishes the scan, if there is anything to count."""
    if scan.distribution.dataset.subject_kind == SubjectKind.NONE or len(counted_of(scan.distribution).columns) < 2:
        return
    _queue(scan, scan.requested_by)


def _queue(scan: Scan, requested_by: User) -> Combinations:
    job = enqueue(kind=COMBINATIONS_JOB, arguments={"scan": scan.pk}, requested_by=requested_by)
    found: Combinations = Combinations.objects.update_or_create(scan=scan, defaults={"job": job})[0]
    return found


@transaction.atomic
def cancel_combinations(*, actor: User, combinations: Combinations) -> Combinations:
    """Ask a count to stop. What an earlier one came to stays."""
    scan = combinations.scan
    require(actor, "combinations.request", scan.distribution.dataset)
    combinations.job = request_cancel(job=combinations.job)
    record(
        actor=actor,
        action="combinations.cancel_requested",
        subject=scan,
        organization=scan.distribution.dataset.provider,
    )
    return combinations


def cancel_combinations_of(actor: User, job: Job) -> Combinations:
    """The same, by its job: how the jobs' registry calls it."""
    return cancel_combinations(
        actor=actor,
        combinations=Combinations.objects.select_related("job", "scan__distribution__dataset__provider").get(job=job),
    )


def publish_combinations(*, combinations: Combinations, found: CombinationsFound, counted: Counted) -> None:
    """Keep what was counted. Called inside the transaction that ends the job."""
    scan = combinations.scan
    combinations.result = {
        **found.as_dict(),
        "proposed": list(counted.proposed),
        "counted_at": timezone.now().isoformat(),
    }
    combinations.save(update_fields=["result"])
    record(
        actor=combinations.job.requested_by,
        action="combinations.counted",
        subject=scan,
        organization=scan.distribution.dataset.provider,
        details={"rows": found.rows, "columns": len(found.columns), "combinations": len(found.combinations)},
    )


def record_combinations_ended(job: Job) -> None:
    """The line for a count that was cancelled or failed. Called inside the transaction that ends its job."""
    scan = Scan.objects.select_related("distribution__dataset__provider").get(pk=job.arguments["scan"])
    record(
        actor=job.requested_by,
        action=f"combinations.{job.state}",
        subject=scan,
        organization=scan.distribution.dataset.provider,
        details={"code": job.error_code},
    )


def count_table(
    table: Table,
    *,
    columns: Sequence[str],
    subject: DataField | str | None,
    read: Callable[[int], None],
    advance: Callable[[int, int], None],
) -> CombinationsFound:
    """Read a table once and count. `subject` is a registered field, whose values have one spelling a person, or a column's name.

    `read` is told how many rows have been read, `advance` then how many combinations are counted, of how many. Both may raise.
    """
    name = subject.name if isinstance(subject, DataField) else subject
    bounds = Bounds(folder=str(settings.DATA_DIR))
    rows = 0
    with Combining(columns=columns, subject=SUBJECT if name else None, bounds=bounds) as counting:
        for batch in table.batches(
            [*columns, *([name] if name and name not in columns else [])], batch_rows=BATCH_ROWS
        ):
            counting.add(_with_subject(batch, columns, subject))
            rows += batch.num_rows
            read(rows)
        return replace(counting.result(advance=advance), subject=name)


def _with_subject(batch: pa.RecordBatch, columns: Sequence[str], subject: DataField | str | None) -> pa.RecordBatch:
    """The columns, and whom each row is about under a name that no column has."""
    arrays: list[Any] = [batch.column(name) for name in columns]
    names = list(columns)
    if subject is not None:
        arrays.append(subjects_of(batch, subject) if isinstance(subject, DataField) else batch.column(subject))
        names.append(SUBJECT)
    return pa.RecordBatch.from_arrays(arrays, names=names)
