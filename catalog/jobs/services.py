"""Acts on jobs: queue, claim, cancel, end, requeue. Each is one short transaction on the job's row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import F, Q
from django.utils import timezone

from catalog.errors import WrongState
from catalog.jobs.crashes import describe
from catalog.jobs.models import ENDED, Job, JobState
from catalog.jobs.registry import handler_of
from catalog.messages import MessageError, gettext_noop
from catalog.people.models import User

log = structlog.get_logger("canglang.jobs")

# A message that was published but not claimed for this long is taken as lost and published again.
REPUBLISH_AFTER = timedelta(seconds=60)


def enqueue(*, kind: str, arguments: Mapping[str, int | str], requested_by: User | None) -> Job:
    """Insert the row, in the caller's transaction. The relay publishes it once that is committed."""
    handler_of(kind)
    job: Job = Job.objects.create(kind=kind, arguments=dict(arguments), requested_by=requested_by)
    return job


@transaction.atomic
def claim(*, job_id: UUID | str, worker: str) -> Job | None:
    """Take a queued job for `worker`. None where another has it, or it has ended: messages may come twice or late."""
    job: Job | None = Job.objects.select_for_update().filter(pk=job_id, state=JobState.QUEUED).first()
    if job is None:
        return None
    if job.cancel_requested:
        end(job=job, state=JobState.CANCELLED)
        return None
    now = timezone.now()
    job.state, job.worker, job.fence, job.attempts = JobState.RUNNING, worker[:120], job.fence + 1, job.attempts + 1
    job.started_at, job.heartbeat_at = job.started_at or now, now
    job.lease_until = now + timedelta(seconds=settings.JOB_LEASE_SECONDS)
    job.save(update_fields=["state", "worker", "fence", "attempts", "started_at", "heartbeat_at", "lease_until"])
    return job


def beat(*, job_id: UUID, fence: int, done: int, total: int | None, note: str) -> bool | None:
    """Renew the lease and write the progress. Returns whether cancelling was asked for; None where the lease is lost."""
    now = timezone.now()
    held = Job.objects.filter(pk=job_id, fence=fence, state=JobState.RUNNING)
    renewed = held.update(
        heartbeat_at=now,
        lease_until=now + timedelta(seconds=settings.JOB_LEASE_SECONDS),
        progress_done=done,
        progress_total=total,
        progress_note=note[:200],
    )
    if not renewed:
        return None
    return bool(held.values_list("cancel_requested", flat=True).first())


def end(*, job: Job, state: JobState, error: MessageError | None = None) -> None:
    """Write how a job ended. The caller holds its row locked; a handler's `ended` runs in the same transaction."""
    job.state, job.ended_at, job.lease_until = state, timezone.now(), None
    if error is not None:
        job.error_code, job.error_message = error.code, error.message[:300]
        job.error_params = {name: str(value)[:200] for name, value in error.params.items()}
    job.save(update_fields=["state", "ended_at", "lease_until", "error_code", "error_message", "error_params"])
    ended = handler_of(job.kind).ended
    if ended is not None and state in (JobState.FAILED, JobState.CANCELLED):
        ended(job)


@transaction.atomic
def end_run(*, job_id: UUID, fence: int, state: JobState, error: MessageError | None = None) -> bool:
    """End a job that its worker gives up. False where the worker no longer holds it."""
    job = Job.objects.select_for_update().filter(pk=job_id, fence=fence, state=JobState.RUNNING).first()
    if job is None:
        return False
    end(job=job, state=state, error=error)
    return True


def cancel_job(*, actor: User, job: Job) -> Job:
    """Stop a job by the act of its kind, which asks for the permission and writes the ledger. Returns it as it then is."""
    cancel = handler_of(job.kind).cancel
    if cancel is None:
        raise WrongState(
            gettext_noop("Work of this kind is stopped where it belongs: withdraw the application."),
            code="not_cancellable",
        )
    cancel(actor, job)
    job.refresh_from_db()
    return job


@transaction.atomic
def request_cancel(*, job: Job) -> Job:
    """Ask a job to stop. A queued one ends now; a running one at its next step. Permission is the asking service's to check."""
    job = Job.objects.select_for_update().get(pk=job.pk)
    if job.state in ENDED:
        raise WrongState(
            gettext_noop("This job has ended already (%(state)s)."), code="job_ended", state=JobState(job.state)
        )
    job.cancel_requested = True
    job.save(update_fields=["cancel_requested"])
    if job.state == JobState.QUEUED:
        end(job=job, state=JobState.CANCELLED)
    return job


def requeue_abandoned() -> int:
    """Give back every job whose worker let its lease run out; end one that has used up its attempts.

    Each in a transaction of its own: one whose end cannot be written must not hold up the others. Returns how many.
    """
    abandoned = Job.objects.filter(state=JobState.RUNNING, lease_until__lt=timezone.now()).order_by("created_at")
    count = 0
    for job_id in list(abandoned.values_list("pk", flat=True)[:100]):
        try:
            count += _requeue(job_id)
        except OperationalError:
            raise  # the database is away for every job: the relay tries again
        except Exception as error:
            log.error("abandoned job not requeued", job=str(job_id), **describe(error))
    return count


@transaction.atomic
def _requeue(job_id: UUID) -> bool:
    """Take one job from its worker, unless the worker is back or another reaper is at it."""
    job = (
        Job.objects.select_for_update(
            skip_locked=transaction.get_connection().features.has_select_for_update_skip_locked
        )
        .filter(pk=job_id, state=JobState.RUNNING, lease_until__lt=timezone.now())
        .first()
    )
    if job is None:
        return False
    if job.cancel_requested:
        end(job=job, state=JobState.CANCELLED)
    elif job.attempts >= settings.JOB_MAX_ATTEMPTS:
        end(
            job=job,
            state=JobState.FAILED,
            error=MessageError(
                gettext_noop("The worker stopped %(attempts)s times in the middle of this job."),
                code="worker_lost",
                attempts=job.attempts,
            ),
        )
    else:
        # The fence moves at once: the old worker may still be alive, and must find its number stale.
        job.state, job.fence, job.lease_until, job.published_at = JobState.QUEUED, job.fence + 1, None, None
        job.save(update_fields=["state", "fence", "lease_until", "published_at"])
    return True


@transaction.atomic
def take_unpublished(limit: int = 100) -> list[UUID]:
    """Ids of queued jobs to publish now, marked as published."""
    now = timezone.now()
    rows = (
        Job.objects.select_for_update(
            skip_locked=transaction.get_connection().features.has_select_for_update_skip_locked
        )
        .filter(Q(published_at__isnull=True) | Q(published_at__lt=now - REPUBLISH_AFTER), state=JobState.QUEUED)
        .order_by(F("created_at"))[:limit]
    )
    ids = [job.pk for job in rows]
    Job.objects.filter(pk__in=ids).update(published_at=now)
    return ids
