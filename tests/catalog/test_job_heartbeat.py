"""Workers side by side on real connections: one claim wins, the heartbeat keeps the lease, and tells the run to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connection
from pytest_django import Settings

from catalog.jobs import services
from catalog.jobs.models import Job, JobState
from catalog.jobs.relay import relay_until
from catalog.jobs.runner import JobRun, LeaseLost, run_job
from tests.catalog.working import KIND, chores_of, complete_at_once, let_the_lease_run_out, working

pytestmark = pytest.mark.django_db(transaction=True)
T = TypeVar("T")


@pytest.fixture(autouse=True)
def _short_lease(settings: Settings) -> None:
    settings.JOB_LEASE_SECONDS = 1.2  # a beat each 0.4 s


def _queued() -> Job:
    return services.enqueue(kind=KIND, arguments={}, requested_by=None)


def _together(count: int, act: Callable[[int], T]) -> list[T]:
    """What `count` threads, started at once, each return."""
    barrier = threading.Barrier(count)

    def one(number: int) -> T:
        try:
            barrier.wait(10)
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def _until(condition: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_of_claims_at_the_same_time_one_wins() -> None:
    with working():
        job = _queued()
        won = _together(4, lambda number: services.claim(job_id=job.pk, worker=str(number)))
    assert len([claimed for claimed in won if claimed is not None]) == 1
    job.refresh_from_db()
    assert (job.attempts, job.fence) == (1, 1)


def test_of_reapers_at_the_same_time_one_requeues() -> None:
    with working():
        job = _queued()
        services.claim(job_id=job.pk, worker="one")
        let_the_lease_run_out(job.pk)
        assert sum(_together(3, lambda _: services.requeue_abandoned())) == 1
    job.refresh_from_db()
    assert (job.state, job.fence) == (JobState.QUEUED, 2)


def test_of_relays_at_the_same_time_each_job_is_published_by_one() -> None:
    with working():
        jobs = {_queued().pk for _ in range(6)}
        published = _together(3, lambda _: services.take_unpublished())
    assert sorted(job for ids in published for job in ids) == sorted(jobs)


def test_the_heartbeat_keeps_the_lease_of_a_slow_step_and_shows_its_progress() -> None:
    def slow(run: JobRun) -> None:
        run.progress(3, 9, "scan")
        _until(lambda: Job.objects.get(pk=run.job_id).progress_done == 3)
        time.sleep(1.5)  # longer than the lease
        assert services.requeue_abandoned() == 0
        complete_at_once(run)

    with working(slow):
        job = _queued()
        assert run_job(job_id=job.pk, worker="one") == JobState.COMPLETE
    job.refresh_from_db()
    assert (job.attempts, job.progress_total, job.progress_note) == (1, 9, "scan")


def test_the_heartbeat_tells_the_run_that_it_was_cancelled() -> None:
    def cancelled_by_somebody(run: JobRun) -> None:
        services.request_cancel(job=Job.objects.get(pk=run.job_id))
        _until(run.cancelled.is_set)
        run.progress(1)
        complete_at_once(run)

    with working(cancelled_by_somebody):
        assert run_job(job_id=_queued().pk, worker="one") == JobState.CANCELLED


def test_the_heartbeat_tells_the_run_that_its_lease_is_lost() -> None:
    seen: list[bool] = []

    def thought_dead(run: JobRun) -> None:
        Job.objects.filter(pk=run.job_id).update(fence=run.fence + 1)
        _until(run.lost.is_set)
        seen.append(True)
        with pytest.raises(LeaseLost):
            run.check()
        complete_at_once(run)

    with working(thought_dead):
        job = _queued()
        assert run_job(job_id=job.pk, worker="one") is None
    assert seen == [True]
    job.refresh_from_db()
    assert (job.state, job.fence) == (JobState.RUNNING, 2)


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no connection to lose")
def test_the_heartbeat_outlives_a_connection_that_the_database_cut() -> None:
    def with_a_cut(run: JobRun) -> None:
        run.progress(1)
        _until(lambda: Job.objects.get(pk=run.job_id).progress_done == 1)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            assert cursor.fetchone() == (1,)
        run.progress(2)
        _until(lambda: Job.objects.get(pk=run.job_id).progress_done == 2)
        complete_at_once(run)

    with working(with_a_cut):
        job = _queued()
        assert run_job(job_id=job.pk, worker="one") == JobState.COMPLETE


def test_the_relay_goes_on_when_a_round_of_it_fails(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relay thread that died would leave every later job waiting for ever."""
    settings.JOB_RELAY_SECONDS = 0.01
    monkeypatch.setattr("catalog.jobs.relay.CHORE_SECONDS", 0.0)
    stop = threading.Event()
    rounds: list[int] = []

    def chore() -> int:
        rounds.append(len(rounds))
        if len(rounds) == 3:
            stop.set()
        raise [ValueError("张三"), OSError("no broker"), KeyError("x")][len(rounds) - 1]

    with chores_of(chore):
        relay_until(stop)
    assert rounds == [0, 1, 2]
