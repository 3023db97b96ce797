"""Scans that ended in the middle: keeping what they had counted, going on from it, and throwing it away in time.

A checkpoint is a row and a sealed file. It holds good while the table's content, the order of its rows, the rules and the program are those
it was written under; everything else begins again with the first row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from catalog.datasets.models import Distribution
from catalog.errors import Blocked, WrongState
from catalog.jobs.models import ENDED, Job, JobState
from catalog.jobs.services import enqueue
from catalog.ledger.services import record
from catalog.messages import gettext_noop
from catalog.people.models import User
from catalog.people.policies import require
from catalog.sealed import SealError
from catalog.storage import (
    CHECKPOINTS,
    delete_sealed,
    names_older_than,
    new_name,
    open_sealed,
    sealed_output,
    sweep_partials,
)
from privacy.detection.checkpoint import CheckpointUnusable, from_bytes, to_bytes
from privacy.detection.scan import ReadingState
from privacy.models import Scan, ScanCheckpoint
from privacy.services.rules import current_rules
from privacy.services.scans import SCAN_JOB

_RANDOM = 16
_FILE_NAME = re.compile(
    rf"([0-9a-f]{{32}})[0-9a-f]{{{_RANDOM}}}"
)  # begins with the job: a file without a row tells whose it was
_ABANDONED_AFTER = 24 * 3600.0  # seconds: whoever wrote a file without a row by then is dead
_STOPPED = (JobState.INCOMPLETE, JobState.FAILED)


@dataclass(frozen=True, slots=True)
class Ground:
    """What a checkpoint holds good for. `versions`: of every rule and model that runs."""

    fingerprint: str
    row_order: str
    rules_version: str
    versions: Mapping[str, str]


class CannotGoOn(WrongState):
    """A scan cannot be gone on with. `code` says why; what is left is to scan from the beginning."""

    code = "nothing_to_resume"
    message = gettext_noop(
        "This scan did not stop in the middle, or what it had read is not kept any more: scan the table again from the beginning."
    )


_TABLE_CHANGED = gettext_noop("The table has changed since row %(rows)s was read: scan it again from the beginning.")
_RULES_CHANGED = gettext_noop(
    "The rules or the program have changed since row %(rows)s was read: scan the table again from the beginning."
)


# --- asking ------------------------------------------------------------------------------------------------------------------------


def resumable(scan: Scan) -> ScanCheckpoint | None:
    """Where the scan can be gone on from, as far as is known without reading the table."""
    if scan.job.state not in _STOPPED:
        return None
    found: ScanCheckpoint | None = ScanCheckpoint.objects.filter(scan=scan).first()
    return found


def last_resumable(distribution: Distribution) -> Scan:
    """The newest scan of a table that can be gone on with. Raises `CannotGoOn` where there is none."""
    scan: Scan | None = (
        Scan.objects.filter(distribution=distribution, checkpoint__isnull=False, job__state__in=_STOPPED)
        .select_related("job", "distribution__dataset__provider")
        .first()
    )
    if scan is None:
        raise CannotGoOn
    return scan


@transaction.atomic
def resume_scan(*, actor: User, scan: Scan) -> Scan:
    """Queue a scan that goes on where `scan` stopped. Whether the table is still the same is seen when it is read: a table that has
    changed ends the new scan with that reason."""
    dataset = scan.distribution.dataset
    require(actor, "scan.request", dataset)
    distribution = Distribution.objects.select_for_update().get(pk=scan.distribution_id)
    scan = Scan.objects.select_related("job").get(pk=scan.pk)
    if Scan.objects.filter(distribution=distribution, job__in=Job.objects.underway()).exists():
        raise Blocked(gettext_noop("A scan of this table is already waiting or running."), code="scan_underway")
    checkpoint = resumable(scan)
    if checkpoint is None:
        raise CannotGoOn
    if checkpoint.rules_version != current_rules().version:
        raise CannotGoOn(_RULES_CHANGED, code="rules_changed_since", rows=checkpoint.rows)
    arguments = {**scan.job.arguments, "from_row": checkpoint.rows}
    job = enqueue(kind=SCAN_JOB, arguments=arguments, requested_by=actor)
    resuming: Scan = Scan.objects.create(
        distribution=distribution, job=job, mode=scan.mode, requested_by=actor, resumes=scan
    )
    record(
        actor=actor,
        action="scan.resumed",
        subject=resuming,
        organization=dataset.provider,
        details={"distribution": distribution.pk, "resumes": scan.pk, "rows": checkpoint.rows},
    )
    return resuming


# --- reading -----------------------------------------------------------------------------------------------------------------------


def state_to_go_on_from(scan: Scan, ground: Ground | None) -> ReadingState | None:
    """What an earlier attempt at this scan, or the scan that it resumes, had counted; None to begin with the first row.

    `ground` is what holds now, None where the rows come in no order. Raises `CannotGoOn` for a scan that was asked to go on and cannot.
    """
    own = ScanCheckpoint.objects.filter(scan=scan).first()
    if own is not None and ground is not None and _disagreement(own, ground) is None:
        try:
            return _open(own, ground)
        except CannotGoOn:
            own = None
    if scan.resumes_id is None:
        return None
    kept = ScanCheckpoint.objects.filter(scan_id=scan.resumes_id).first()
    if kept is None:
        raise CannotGoOn
    if ground is None:
        raise CannotGoOn(_TABLE_CHANGED, code="table_changed_since", rows=kept.rows)
    if (refused := _disagreement(kept, ground)) is not None:
        raise refused
    return _open(kept, ground)


def _disagreement(checkpoint: ScanCheckpoint, ground: Ground) -> CannotGoOn | None:
    """Why the checkpoint does not hold good on this ground."""
    if (checkpoint.fingerprint, checkpoint.row_order) != (ground.fingerprint, ground.row_order):
        return CannotGoOn(_TABLE_CHANGED, code="table_changed_since", rows=checkpoint.rows)
    if checkpoint.rules_version != ground.rules_version:
        return CannotGoOn(_RULES_CHANGED, code="rules_changed_since", rows=checkpoint.rows)
    return None


def _open(checkpoint: ScanCheckpoint, ground: Ground) -> ReadingState:
    try:
        with open_sealed(CHECKPOINTS, checkpoint.file) as sealed:
            return from_bytes(sealed.read(), versions=ground.versions)
    except CheckpointUnusable:
        raise CannotGoOn(_RULES_CHANGED, code="rules_changed_since", rows=checkpoint.rows) from None
    except (OSError, SealError):  # gone with a disk, or sealed under another key
        raise CannotGoOn from None


# --- keeping -----------------------------------------------------------------------------------------------------------------------


def keep_checkpoint(*, scan: Scan, job_id: UUID, fence: int, ground: Ground, state: ReadingState) -> bool:
    """Write how far the scan is, in place of what was written before. False where the worker no longer holds the job: then nothing
    is kept of it."""
    name = f"{job_id.hex}{new_name()[:_RANDOM]}"
    with sealed_output(CHECKPOINTS, name) as sink:
        sink.write(to_bytes(state, versions=ground.versions))
    kept = False
    try:
        with transaction.atomic():
            held = Job.objects.select_for_update().filter(pk=job_id, fence=fence, state=JobState.RUNNING)
            if held.first() is not None:
                before = list(ScanCheckpoint.objects.filter(scan=scan).values_list("file", flat=True))
                ScanCheckpoint.objects.update_or_create(
                    scan=scan,
                    defaults={
                        "rows": state.partial.rows,
                        "fingerprint": ground.fingerprint,
                        "row_order": ground.row_order,
                        "rules_version": ground.rules_version,
                        "file": name,
                        "written_at": timezone.now(),
                    },
                )
                _delete_files(before)
                kept = True
    finally:
        if not kept:
            delete_sealed(CHECKPOINTS, name)
    return kept


def drop_checkpoint(scan: Scan) -> None:
    """Throw away what was kept of a scan that was stopped on purpose. Called inside the transaction that ends it."""
    _drop(ScanCheckpoint.objects.filter(scan=scan))


def drop_checkpoints(scan: Scan) -> None:
    """Throw away what was kept of a scan that has come to the last row, and of all before it of the table. Called inside the transaction
    that ends it."""
    _drop(ScanCheckpoint.objects.filter(scan__distribution_id=scan.distribution_id, scan_id__lte=scan.pk))


def _drop(checkpoints: Iterable[ScanCheckpoint]) -> int:
    rows = list(checkpoints)
    ScanCheckpoint.objects.filter(pk__in=[row.pk for row in rows]).delete()
    _delete_files([row.file for row in rows])
    return len(rows)


def _delete_files(names: list[str]) -> None:
    """Once the rows are gone for good: a rollback must still find them."""

    def delete() -> None:
        for name in names:
            delete_sealed(CHECKPOINTS, name)

    transaction.on_commit(delete)


def delete_old_checkpoints(*, older_than: float = _ABANDONED_AFTER) -> int:
    """Delete what nobody went on from in time, and files that a dying process left without a row. Run by the relay now and then.

    Of the files only those of jobs that this database knows to have ended: beside another database the folder stays as it is.
    """
    limit = timezone.now() - timedelta(days=settings.SCAN_CHECKPOINT_DAYS)
    with transaction.atomic():
        count = _drop(
            ScanCheckpoint.objects.select_for_update(of=("self",))
            .filter(written_at__lt=limit)
            .exclude(Q(scan__job__in=Job.objects.underway()) | Q(scan__resumed_by__job__in=Job.objects.underway()))
        )
    jobs = {
        name: found[1] for name in names_older_than(CHECKPOINTS, older_than) if (found := _FILE_NAME.fullmatch(name))
    }
    ended = Job.objects.filter(kind=SCAN_JOB, state__in=ENDED, pk__in=set(jobs.values())).values_list("pk", flat=True)
    over = {job_id.hex for job_id in ended}
    kept = set(ScanCheckpoint.objects.filter(file__in=jobs).values_list("file", flat=True))
    abandoned = [name for name, job in jobs.items() if job in over and name not in kept]
    for name in abandoned:
        delete_sealed(CHECKPOINTS, name)
    return count + len(abandoned) + sweep_partials(CHECKPOINTS)
