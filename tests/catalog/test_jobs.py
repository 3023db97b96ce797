"""The row of a job is the truth: a message may come twice, late or never, and a worker may die."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import Settings

from catalog.errors import WrongState
from catalog.jobs import registry, services
from catalog.jobs.models import Job, JobState
from catalog.messages import MessageError
from tests.catalog.working import KIND, complete_at_once, let_the_lease_run_out, working

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ended() -> Iterator[list[tuple[str, str]]]:
    """What the handler was told of jobs that ended without a result: state and error code."""
    told: list[tuple[str, str]] = []
    with working(ended=lambda job: told.append((job.state, job.error_code))):
        yield told


def _queued() -> Job:
    return services.enqueue(kind=KIND, arguments={"scan": 7}, requested_by=None)


def _running() -> Job:
    job = services.claim(job_id=_queued().pk, worker="one")
    assert job is not None
    return job


# --- queueing and claiming ------------------------------------------------------------------------------------------------


def test_a_queued_job_waits_with_its_arguments() -> None:
    job = Job.objects.get(pk=_queued().pk)
    assert (job.state, job.arguments, job.attempts, job.fence) == (JobState.QUEUED, {"scan": 7}, 0, 0)
    assert list(Job.objects.waiting()) == [job]
    assert list(Job.objects.underway()) == [job]


def test_a_kind_nobody_handles_is_not_queued() -> None:
    with pytest.raises(KeyError):
        services.enqueue(kind="test.unheard_of", arguments={}, requested_by=None)
    assert not Job.objects.exists()


def test_a_kind_has_one_handler() -> None:
    with pytest.raises(ValueError, match="two handlers"):
        registry.register(KIND, run=complete_at_once)


def test_a_job_queued_by_an_act_that_is_undone_does_not_exist() -> None:
    with transaction.atomic():
        _queued()
        transaction.set_rollback(True)
    assert not Job.objects.exists()


def test_claiming_gives_a_lease_and_a_fence() -> None:
    job = _running()
    assert (job.state, job.worker, job.attempts, job.fence) == (JobState.RUNNING, "one", 1, 1)
    assert job.lease_until is not None
    assert job.lease_until > timezone.now()
    assert job.started_at is not None


def test_of_two_claims_one_gets_the_job() -> None:
    job = _queued()
    assert services.claim(job_id=job.pk, worker="one") is not None
    assert services.claim(job_id=job.pk, worker="two") is None
    job.refresh_from_db()
    assert (job.worker, job.attempts) == ("one", 1)


@pytest.mark.parametrize("state", [JobState.COMPLETE, JobState.INCOMPLETE, JobState.CANCELLED, JobState.FAILED])
def test_a_message_that_comes_late_finds_nothing_to_do(state: JobState) -> None:
    job = _running()
    assert services.end_run(job_id=job.pk, fence=job.fence, state=state)
    assert services.claim(job_id=job.pk, worker="late") is None
    job.refresh_from_db()
    assert (job.state, job.worker) == (state, "one")


def test_a_message_of_a_job_that_was_never_committed_finds_nothing() -> None:
    assert services.claim(job_id=uuid4(), worker="one") is None


def test_the_database_refuses_a_running_job_without_a_lease() -> None:
    job = _running()
    with pytest.raises(IntegrityError, match="job_running_has_a_lease"), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(lease_until=None)


# --- publishing -----------------------------------------------------------------------------------------------------------


def test_a_queued_job_is_published_once_and_again_only_when_its_message_seems_lost() -> None:
    job = _queued()
    assert services.take_unpublished() == [job.pk]
    assert services.take_unpublished() == []
    Job.objects.update(published_at=timezone.now() - services.REPUBLISH_AFTER - timedelta(seconds=1))
    assert services.take_unpublished() == [job.pk]


def test_jobs_are_published_in_the_order_they_were_asked_for() -> None:
    jobs = [_queued() for _ in range(5)]
    assert services.take_unpublished(limit=3) == [job.pk for job in jobs[:3]]
    assert services.take_unpublished(limit=3) == [job.pk for job in jobs[3:]]


def test_a_running_job_is_not_published() -> None:
    _running()
    assert services.take_unpublished() == []


# --- the lease ------------------------------------------------------------------------------------------------------------


def test_a_beat_renews_the_lease_and_shows_the_progress() -> None:
    job = _running()
    before = timezone.now() + timedelta(seconds=1)
    Job.objects.update(lease_until=before)
    assert services.beat(job_id=job.pk, fence=job.fence, done=5, total=10, note="scan") is False
    job.refresh_from_db()
    assert job.lease_until is not None
    assert job.lease_until > before
    assert (job.progress_done, job.progress_total, job.progress_note) == (5, 10, "scan")


def test_a_beat_tells_that_cancelling_was_asked_for() -> None:
    job = _running()
    services.request_cancel(job=job)
    assert services.beat(job_id=job.pk, fence=job.fence, done=0, total=None, note="") is True


def test_a_beat_with_an_old_fence_changes_nothing_and_tells_that_the_lease_is_lost() -> None:
    job = _running()
    assert services.beat(job_id=job.pk, fence=job.fence - 1, done=5, total=10, note="") is None
    job.refresh_from_db()
    assert job.progress_done == 0


def test_a_beat_of_a_job_that_ended_tells_that_the_lease_is_lost() -> None:
    job = _running()
    services.end_run(job_id=job.pk, fence=job.fence, state=JobState.COMPLETE)
    assert services.beat(job_id=job.pk, fence=job.fence, done=5, total=10, note="") is None


def test_a_worker_that_beats_keeps_its_job() -> None:
    job = _running()
    assert services.requeue_abandoned() == 0
    job.refresh_from_db()
    assert (job.state, job.fence) == (JobState.RUNNING, 1)


def test_what_a_silent_worker_held_is_queued_again_under_a_new_fence() -> None:
    job = _running()
    services.take_unpublished()
    let_the_lease_run_out(job.pk)
    assert services.requeue_abandoned() == 1
    job.refresh_from_db()
    assert (job.state, job.fence, job.lease_until) == (JobState.QUEUED, 2, None)
    assert services.take_unpublished() == [job.pk]
    assert services.beat(job_id=job.pk, fence=1, done=1, total=1, note="") is None
    again = services.claim(job_id=job.pk, worker="two")
    assert again is not None
    assert (again.attempts, again.fence, again.worker) == (2, 3, "two")
    assert again.started_at == job.started_at


def test_a_job_that_used_up_its_attempts_fails_and_its_handler_is_told(
    settings: Settings, ended: list[tuple[str, str]]
) -> None:
    settings.JOB_MAX_ATTEMPTS = 2
    job = _running()
    let_the_lease_run_out(job.pk)
    services.requeue_abandoned()
    services.claim(job_id=job.pk, worker="two")
    let_the_lease_run_out(job.pk)
    assert services.requeue_abandoned() == 1
    job.refresh_from_db()
    assert (job.state, job.error_code, job.error_params) == (JobState.FAILED, "worker_lost", {"attempts": "2"})
    assert job.ended_at is not None
    assert ended == [("failed", "worker_lost")]
    assert services.requeue_abandoned() == 0


def test_an_abandoned_job_that_was_to_be_cancelled_is_cancelled(ended: list[tuple[str, str]]) -> None:
    job = _running()
    services.request_cancel(job=job)
    let_the_lease_run_out(job.pk)
    services.requeue_abandoned()
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert ended == [("cancelled", "")]


def test_a_job_whose_end_cannot_be_written_does_not_hold_up_the_others(settings: Settings) -> None:
    """The reaper runs before every publishing: one bad job must not stop the whole installation."""
    settings.JOB_MAX_ATTEMPTS = 1

    def refuse(job: Job) -> None:
        raise MessageError("nothing to tell", code="broken_hook")

    with working(ended=refuse, kind="test.broken"):
        broken = services.enqueue(kind="test.broken", arguments={}, requested_by=None)
        services.claim(job_id=broken.pk, worker="one")
        job = _running()
        let_the_lease_run_out(broken.pk)
        let_the_lease_run_out(job.pk)
        assert services.requeue_abandoned() == 1
    job.refresh_from_db()
    broken.refresh_from_db()
    assert (job.state, broken.state) == (JobState.FAILED, JobState.RUNNING)


# --- ending ---------------------------------------------------------------------------------------------------------------


def test_a_worker_with_an_old_fence_ends_nothing() -> None:
    job = _running()
    assert not services.end_run(job_id=job.pk, fence=job.fence - 1, state=JobState.FAILED)
    job.refresh_from_db()
    assert job.state == JobState.RUNNING


def test_a_failure_keeps_its_code_and_names_but_no_more_than_the_row_holds(ended: list[tuple[str, str]]) -> None:
    job = _running()
    error = MessageError("x" * 500, code="too_long", name="n" * 500, rows=7)
    services.end_run(job_id=job.pk, fence=job.fence, state=JobState.FAILED, error=error)
    job.refresh_from_db()
    assert (job.error_code, len(job.error_message)) == ("too_long", 300)
    assert job.error_params == {"name": "n" * 200, "rows": "7"}
    assert ended == [("failed", "too_long")]


def test_the_handler_is_not_told_of_a_job_that_published_its_result(ended: list[tuple[str, str]]) -> None:
    job = _running()
    services.end_run(job_id=job.pk, fence=job.fence, state=JobState.INCOMPLETE)
    assert ended == []


def test_a_queued_job_is_cancelled_at_once(ended: list[tuple[str, str]]) -> None:
    job = services.request_cancel(job=_queued())
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert ended == [("cancelled", "")]
    assert services.claim(job_id=job.pk, worker="one") is None


def test_a_running_job_is_asked_to_stop(ended: list[tuple[str, str]]) -> None:
    job = services.request_cancel(job=_running())
    job.refresh_from_db()
    assert (job.state, job.cancel_requested) == (JobState.RUNNING, True)
    assert ended == []


def test_a_job_that_ended_is_not_cancelled() -> None:
    job = _running()
    services.end_run(job_id=job.pk, fence=job.fence, state=JobState.COMPLETE)
    with pytest.raises(WrongState) as refused:
        services.request_cancel(job=job)
    assert refused.value.code == "job_ended"
    job.refresh_from_db()
    assert (job.state, job.cancel_requested) == (JobState.COMPLETE, False)


def test_a_job_asked_to_stop_before_its_message_came_never_starts(ended: list[tuple[str, str]]) -> None:
    job = _queued()
    Job.objects.filter(pk=job.pk).update(cancel_requested=True)
    assert services.claim(job_id=job.pk, worker="one") is None
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.CANCELLED, 0)
    assert ended == [("cancelled", "")]
