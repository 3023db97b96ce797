"""Acts on scans: request, cancel, and publish what a worker found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from catalog.datasets.models import DataField, Distribution
from catalog.datasets.services import write_reading
from catalog.errors import Blocked, InvalidInput
from catalog.jobs.models import Job, JobState
from catalog.jobs.services import enqueue, request_cancel
from catalog.ledger.services import record
from catalog.messages import gettext_noop
from catalog.people.models import User
from catalog.people.policies import require
from privacy.models import FieldRole, Finding, FindingState, Scan, ScanMode
from privacy.services.findings import is_downgrade

SCAN_JOB = "scan"


@transaction.atomic
def request_scan(*, actor: User, distribution: Distribution, mode: ScanMode = ScanMode.FULL) -> Scan:
    """Queue a scan. One at a time per distribution: a second request while one runs is refused."""
    require(actor, "scan.request", distribution.dataset)
    if mode not in ScanMode.values:
        raise InvalidInput(fields={"mode": [gettext_noop("Choose full or sample.")]})
    distribution = Distribution.objects.select_for_update().get(pk=distribution.pk)
    if Scan.objects.filter(distribution=distribution, job__in=Job.objects.underway()).exists():
        raise Blocked(gettext_noop("A scan of this table is already waiting or running."), code="scan_underway")
    job = enqueue(kind=SCAN_JOB, arguments={}, requested_by=actor)
    scan = Scan.objects.create(distribution=distribution, job=job, mode=mode, requested_by=actor)
    record(
        actor=actor,
        action="scan.requested",
        subject=scan,
        organization=distribution.dataset.provider,
        details={"distribution": distribution.pk, "mode": mode},
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


def publish_scan(*, scan: Scan, state: JobState, result: ScanResult) -> None:
    """Write the result and bring the findings up to date. Called inside the transaction that ends the scan's job."""
    thorough = state == JobState.COMPLETE and scan.mode == ScanMode.FULL
    scan.rows, scan.rules_version, scan.fingerprint = result.rows, result.rules_version, result.fingerprint
    scan.reasons, scan.columns = list(result.reasons), list(result.columns)
    scan.save(update_fields=["rows", "rules_version", "fingerprint", "reasons", "columns"])
    fields = {field.name: field for field in DataField.objects.filter(distribution=scan.distribution)}
    for column in result.columns:
        if (field := fields.get(column["name"])) is not None:
            _update_finding(scan, field, column, thorough=thorough)
    if thorough:
        write_reading(distribution=scan.distribution, rows=result.rows, fingerprint=result.fingerprint)
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


_DECIDED = ("state", "entity_type", "role", "reason", "decided_by", "decided_at")
_NOBODY_ASKED: Mapping[str, Any] = {
    "pending_state": "",
    "pending_type": "",
    "pending_role": "",
    "pending_reason": "",
    "pending_by": None,
}


def _settle_unseen(finding: Finding, seen: Mapping[str, Any]) -> None:
    """An undecided finding of which nothing is there any more. What an officer decided before a scan asked again stands as it did,
    and still stands on the field; what nobody ever decided is gone."""
    last = finding.decisions.filter(waits=False).last()
    if last is None:
        finding.delete()
        return
    decided = {name: getattr(last, name) for name in _DECIDED}
    for name, value in {**seen, **decided, **_NOBODY_ASKED}.items():
        setattr(finding, name, value)
    finding.save(update_fields=[*seen, *decided, *_NOBODY_ASKED])


def _update_finding(scan: Scan, field: DataField, column: Mapping[str, Any], *, thorough: bool) -> None:
    """One finding per field. A decision stands while the scanner says the same as when it was taken; a change asks again.

    A scan that did not read everything only adds: what a thorough one found, or its checksums proved, it does not take back.
    """
    finding = Finding.objects.select_for_update().filter(field=field).first()
    found_type, found_role = str(column["entity_type"] or ""), str(column["role"])
    seen = {
        "scan": scan,
        "likelihood": column["likelihood"],
        "score": column["score"],
        "counts": column["counts"],
        "evidence": column["evidence"],
        "other_types": column["other_types"],
        "checksum_proven": column["checksum_proven"],
        "found_type": found_type,
        "found_role": found_role,
    }
    if not found_type and found_role == FieldRole.NONE:
        if thorough and finding is not None and finding.state == FindingState.PROPOSED:
            _settle_unseen(finding, seen)
        return
    if finding is None:
        Finding.objects.create(
            distribution=scan.distribution, field=field, entity_type=found_type, role=found_role, **seen
        )
        return
    if finding.checksum_proven and not thorough:
        seen["checksum_proven"] = True
    same = (finding.found_type, finding.found_role) == (found_type, found_role)
    if seen["checksum_proven"] and not finding.checksum_proven and is_downgrade(finding, finding.role):
        same = False  # what one person alone took for less is now proven to be it
    agreed = finding.scan_id is None and (finding.entity_type, finding.role) == (found_type, found_role)
    if not (same or agreed):
        seen |= {
            "entity_type": found_type,
            "role": found_role,
            "state": FindingState.PROPOSED,
            "decided_by": None,
            "decided_at": None,
            **_NOBODY_ASKED,  # what waits for a second person was asked of another verdict
        }
    for name, value in seen.items():
        setattr(finding, name, value)
    finding.save(update_fields=list(seen))
