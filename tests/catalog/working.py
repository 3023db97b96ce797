"""Handlers of jobs that tests put into the registry, and the clock hands they move."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from catalog.jobs import registry
from catalog.jobs.models import Job, JobState
from catalog.jobs.runner import JobRun

KIND = "test.work"


def complete_at_once(run: JobRun) -> None:
    """A handler that has nothing to do."""
    with run.finish(JobState.COMPLETE):
        pass


@contextmanager
def working(
    run: Callable[[JobRun], None] = complete_at_once, ended: Callable[[Job], None] | None = None, kind: str = KIND
) -> Iterator[None]:
    """Register a handler for as long as the block lasts."""
    registry.register(kind, run=run, ended=ended)
    try:
        yield
    finally:
        del registry._handlers[kind]


@contextmanager
def chores_of(*chores: Callable[[], int]) -> Iterator[None]:
    """Let the relay do these chores, and no others, for as long as the block lasts."""
    before = list(registry._chores)
    registry._chores[:] = chores
    try:
        yield
    finally:
        registry._chores[:] = before


def let_the_lease_run_out(job_id: UUID) -> None:
    """As if the worker had not been heard of for longer than its lease."""
    Job.objects.filter(pk=job_id).update(lease_until=timezone.now() - timedelta(seconds=1))
