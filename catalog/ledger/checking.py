"""The verification of a long chain as a job: asked for by an auditor, done by a worker, its result on the job's row.

A short chain is verified where it is asked for. Verifying only reads, so it leaves no line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from catalog.errors import Blocked, NotPermitted
from catalog.jobs.models import Job, JobState
from catalog.jobs.runner import JobRun
from catalog.jobs.services import enqueue, request_cancel
from catalog.ledger.models import LedgerHead
from catalog.ledger.verification import Checkpoint, examine
from catalog.messages import gettext_noop
from catalog.people.models import User
from catalog.people.policies import require

VERIFY_JOB = "verify_ledger"
AT_ONCE = 40_000
"""Entries that are read in about a second: 44 thousand a second on SQLite, 39 thousand on PostgreSQL, on one core."""


def is_long() -> bool:
    """Whether the chain is longer than a person waits for within a request."""
    return bool(LedgerHead.objects.get(pk=1).sequence > AT_ONCE)


@transaction.atomic
def request_verification(*, actor: User, checkpoint: Checkpoint | None = None) -> Job:
    """Have the whole chain read by a worker. One at a time for each auditor."""
    require(actor, "ledger.audit")
    if verifications_of(actor).underway().exists():
        raise Blocked(gettext_noop("Your last verification is still waiting or running."), code="verification_underway")
    arguments: dict[str, int | str] = {}
    if checkpoint is not None:
        arguments = {"sequence": checkpoint.sequence, "entry_hash": checkpoint.entry_hash}
    return enqueue(kind=VERIFY_JOB, arguments=arguments, requested_by=actor)


def verifications_of(user: User) -> Any:
    """Those that `user` asked for, the newest first."""
    return Job.objects.filter(kind=VERIFY_JOB, requested_by=user).order_by("-created_at")


def cancel_verification(actor: User, job: Job) -> Job:
    """Stop one, as whoever asked for it."""
    if job.requested_by_id != actor.pk:
        raise NotPermitted
    return request_cancel(job=job)


def checkpoint_of(job_arguments: Mapping[str, Any]) -> Checkpoint | None:
    """The checkpoint that a verification was asked to compare with."""
    return Checkpoint(**job_arguments) if job_arguments else None


def run_verification(run: JobRun) -> None:
    """Read the chain and keep what it came to."""
    result = examine(checkpoint_of(run.arguments), progress=run.progress)
    run.progress(result["entries"], result["entries"])
    with run.finish(JobState.COMPLETE) as job:
        job.result = result
        job.save(update_fields=["result"])
