"""Running one claimed job: heartbeat, cancelling, and publishing the result under the fence.

The heartbeat is a thread of its own, so that a slow read cannot cost a healthy worker its lease. The handler never writes the
job's row; it calls `progress`, which raises once the job was cancelled or the lease lost.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connection, transaction

from catalog.jobs import services
from catalog.jobs.crashes import describe
from catalog.jobs.models import Job, JobState
from catalog.jobs.registry import handler_of
from catalog.messages import MessageError, gettext_noop

log = structlog.get_logger("canglang.jobs")


class JobCancelled(Exception):
    """Someone asked the job to stop."""


class LeaseLost(Exception):
    """Another worker may hold the job now: whatever this one did must not be published."""


class JobRun:
    """What a handler sees of its job."""

    def __init__(self, job: Job) -> None:
        self.job_id: UUID = job.pk
        self.arguments: dict[str, Any] = job.arguments
        self.requested_by_id: int | None = job.requested_by_id
        self.fence = job.fence
        self.done, self.total, self.note = 0, job.progress_total, ""
        self.cancelled, self.lost = threading.Event(), threading.Event()

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        """Say how far the work is (in rows, unless the note says otherwise). Raises where it must stop."""
        self.done, self.total, self.note = done, total if total is not None else self.total, note or self.note
        self.check()

    def check(self) -> None:
        """Raise `JobCancelled` or `LeaseLost` where the job must stop."""
        if self.lost.is_set():
            raise LeaseLost
        if self.cancelled.is_set():
            raise JobCancelled

    @contextmanager
    def finish(self, state: JobState) -> Iterator[Job]:
        """A transaction that publishes the result and ends the job with `state`, or does neither."""
        with transaction.atomic():
            job = (
                Job.objects.select_for_update().filter(pk=self.job_id, fence=self.fence, state=JobState.RUNNING).first()
            )
            if job is None:
                raise LeaseLost
            if job.cancel_requested:
                raise JobCancelled
            job.progress_done, job.progress_total, job.progress_note = self.done, self.total, self.note[:200]
            job.save(update_fields=["progress_done", "progress_total", "progress_note"])
            services.end(job=job, state=state)
            yield job


def _beat_until(run: JobRun, stop: threading.Event) -> None:
    """Renew the lease until told to stop."""
    pause = min(settings.JOB_LEASE_SECONDS / 3, 1.0)
    while not stop.wait(pause):
        try:
            cancel = services.beat(job_id=run.job_id, fence=run.fence, done=run.done, total=run.total, note=run.note)
        except (OperationalError, InterfaceError):
            # A busy or restarting database: the lease is long enough for several tries, each on a new connection.
            connection.close()
            continue
        if cancel is None:
            run.lost.set()
            break
        if cancel:
            run.cancelled.set()
    connection.close()


def run_job(*, job_id: UUID | str, worker: str, heartbeat: bool = True) -> JobState | None:
    """Claim and run one job. Returns how it ended, or None where it was not ours to run or was lost on the way.

    `heartbeat=False` is for a caller that runs the job inside a transaction of its own (a test), where no second
    connection could see the row.
    """
    close_old_connections() if heartbeat else None
    job = services.claim(job_id=job_id, worker=worker)
    if job is None:
        return None
    run, stop = JobRun(job), threading.Event()
    thread = threading.Thread(target=_beat_until, args=(run, stop), name=f"beat-{job.pk}", daemon=True)
    if heartbeat:
        thread.start()
    log.info("job started", job=str(job.pk), kind=job.kind, attempt=job.attempts)
    state: JobState | None
    try:
        state = _run_handler(run, job)
    finally:
        stop.set()
        if heartbeat:
            thread.join()
    log.info("job ended", job=str(job.pk), kind=job.kind, state=state or "lost")
    return state


def _run_handler(run: JobRun, job: Job) -> JobState | None:
    """Run the handler; end the job with the reason where the handler could not."""

    def give_up(state: JobState, error: MessageError | None = None) -> JobState | None:
        return state if services.end_run(job_id=run.job_id, fence=run.fence, state=state, error=error) else None

    try:
        handler_of(job.kind).run(run)
    except LeaseLost:
        return None
    except JobCancelled:
        return give_up(JobState.CANCELLED)
    except MessageError as error:
        log.warning("job failed", job=str(job.pk), kind=job.kind, code=error.code)
        return give_up(JobState.FAILED, error)
    except Exception as error:
        log.error("job crashed", job=str(job.pk), kind=job.kind, **describe(error))
        message = gettext_noop("An unexpected error stopped this job (%(type)s). The operator's log has the place.")
        return give_up(JobState.FAILED, MessageError(message, code="internal_error", type=type(error).__name__))
    job.refresh_from_db()
    if job.state == JobState.RUNNING and job.fence == run.fence:
        return give_up(JobState.FAILED, MessageError(gettext_noop("The job ended without a result."), code="no_result"))
    return JobState(job.state)
