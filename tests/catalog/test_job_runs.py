"""Running a claimed job: it publishes once under its fence, or says why not, and its log quotes no cell."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
from django.db import transaction

from catalog.jobs import services
from catalog.jobs.models import Job, JobState
from catalog.jobs.runner import JobRun, LeaseLost, run_job
from catalog.messages import MessageError
from catalog.people.models import Organization
from tests.catalog.founding import found_city
from tests.catalog.working import KIND, complete_at_once, let_the_lease_run_out, working

pytestmark = pytest.mark.django_db
PERSON = "张三 320508199001011234"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the program's own logging, as configured, writes while the test runs."""
    (handler,) = (handler for handler in logging.getLogger().handlers if handler.get_name() == "stderr")
    assert isinstance(handler, logging.StreamHandler)
    written = io.StringIO()
    before = handler.setStream(written)
    yield written
    handler.setStream(before)


def _queued() -> Job:
    return services.enqueue(kind=KIND, arguments={"scan": 7}, requested_by=None)


def _run(job: Job) -> JobState | None:
    return run_job(job_id=job.pk, worker="one", heartbeat=False)


def test_a_run_publishes_its_result_and_ends_the_job_together() -> None:
    def publish(run: JobRun) -> None:
        assert run.arguments == {"scan": 7}
        run.progress(9, 10, "scan")
        with run.finish(JobState.INCOMPLETE):
            found_city()

    with working(publish):
        job = _queued()
        assert _run(job) == JobState.INCOMPLETE
    job.refresh_from_db()
    assert (job.state, job.progress_done, job.progress_total, job.progress_note) == ("incomplete", 9, 10, "scan")
    assert job.ended_at is not None
    assert job.lease_until is None
    assert Organization.objects.count() == 1


def test_a_job_whose_message_comes_twice_runs_once() -> None:
    runs: list[int] = []

    def count(run: JobRun) -> None:
        runs.append(run.fence)
        complete_at_once(run)

    with working(count):
        job = _queued()
        assert _run(job) == JobState.COMPLETE
        assert _run(job) is None
    assert runs == [1]


def test_a_message_that_comes_while_another_worker_runs_does_nothing() -> None:
    def deliver_again(run: JobRun) -> None:
        assert run_job(job_id=run.job_id, worker="two", heartbeat=False) is None
        complete_at_once(run)

    with working(deliver_again):
        job = _queued()
        assert _run(job) == JobState.COMPLETE
    job.refresh_from_db()
    assert (job.attempts, job.worker) == (1, "one")


def test_a_worker_that_lost_its_lease_publishes_nothing() -> None:
    """It was thought dead, another worker finished the job; now it comes back with its own result."""
    late: list[type[BaseException]] = []

    def overtaken(run: JobRun) -> None:
        if run.fence > 1:
            with run.finish(JobState.COMPLETE):
                found_city(1)
            return
        let_the_lease_run_out(run.job_id)
        assert services.requeue_abandoned() == 1
        assert run_job(job_id=run.job_id, worker="two", heartbeat=False) == JobState.COMPLETE
        try:
            with run.finish(JobState.COMPLETE):
                found_city(2)
        except LeaseLost as lost:
            late.append(type(lost))
            raise

    with working(overtaken):
        job = _queued()
        assert _run(job) is None
    job.refresh_from_db()
    assert late == [LeaseLost]
    assert (job.state, job.attempts, job.worker) == ("complete", 2, "two")
    assert [city.name_en for city in Organization.objects.all()] == ["City 1"]


def test_a_worker_that_crashes_after_it_lost_its_lease_fails_nobodys_job() -> None:
    def overtaken(run: JobRun) -> None:
        let_the_lease_run_out(run.job_id)
        services.requeue_abandoned()
        raise ValueError(PERSON)

    with working(overtaken):
        job = _queued()
        assert _run(job) is None
    job.refresh_from_db()
    assert (job.state, job.error_code, job.fence) == ("queued", "", 2)


def test_a_result_that_cannot_be_published_whole_is_not_published_at_all() -> None:
    told: list[str] = []

    def half(run: JobRun) -> None:
        with run.finish(JobState.COMPLETE):
            found_city()
            raise ValueError(PERSON)

    with working(half, ended=lambda job: told.append(job.state)):
        job = _queued()
        assert _run(job) == JobState.FAILED
    job.refresh_from_db()
    assert (job.state, job.error_code) == ("failed", "internal_error")
    assert not Organization.objects.exists()
    assert told == ["failed"]


def test_a_crash_is_told_without_quoting_anything(log: io.StringIO, caplog: pytest.LogCaptureFixture) -> None:
    def crash(run: JobRun) -> None:
        raise ValueError(PERSON)

    with working(crash):
        job = _queued()
        assert _run(job) == JobState.FAILED
    job.refresh_from_db()
    assert (job.error_code, job.error_params) == ("internal_error", {"type": "ValueError"})
    for told in (log.getvalue(), caplog.text, job.error_message, str(job.error_params)):
        assert "张三" not in told
        assert "320508" not in told
    # The message promises that the operator's log has the place.
    (line,) = (line for line in log.getvalue().splitlines() if "job crashed" in line)
    assert "error=ValueError" in line
    assert "test_job_runs.py" in line
    assert str(job.pk) in line


def test_the_cause_of_a_crash_is_not_quoted_either(log: io.StringIO) -> None:
    def crash(run: JobRun) -> None:
        try:
            int(PERSON)
        except ValueError as error:
            raise RuntimeError("while reading") from error

    with working(crash):
        _run(_queued())
    assert "张三" not in log.getvalue()
    assert "Traceback" not in log.getvalue()


def test_a_failure_with_a_message_keeps_its_code_and_names(log: io.StringIO) -> None:
    def fail(run: JobRun) -> None:
        raise MessageError("no column %(column)s", code="column_unknown", column="身份证号")

    with working(fail):
        job = _queued()
        assert _run(job) == JobState.FAILED
    job.refresh_from_db()
    assert (job.error_code, job.error_message) == ("column_unknown", "no column %(column)s")
    assert job.error_params == {"column": "身份证号"}
    assert "column_unknown" in log.getvalue()


def test_a_handler_that_ends_without_a_result_has_failed() -> None:
    with working(lambda run: None):
        job = _queued()
        assert _run(job) == JobState.FAILED
    job.refresh_from_db()
    assert job.error_code == "no_result"


def test_a_job_cancelled_before_it_publishes_publishes_nothing() -> None:
    told: list[str] = []

    def cancelled_meanwhile(run: JobRun) -> None:
        services.request_cancel(job=Job.objects.get(pk=run.job_id))
        with run.finish(JobState.COMPLETE):
            found_city()

    with working(cancelled_meanwhile, ended=lambda job: told.append(job.state)):
        job = _queued()
        assert _run(job) == JobState.CANCELLED
    job.refresh_from_db()
    assert (job.state, told) == ("cancelled", ["cancelled"])
    assert not Organization.objects.exists()


@pytest.mark.parametrize(("flag", "state"), [("cancelled", "cancelled"), ("lost", "running")])
def test_progress_stops_a_job_that_must_stop(flag: str, state: str) -> None:
    steps: list[int] = []

    def many_steps(run: JobRun) -> None:
        for step in range(10):
            steps.append(step)
            if step == 3:
                getattr(run, flag).set()  # as the heartbeat does
            run.progress(step)

    with working(many_steps):
        job = _queued()
        _run(job)
    job.refresh_from_db()
    assert steps == [0, 1, 2, 3]
    assert job.state == state


def test_the_end_is_written_with_the_handlers_word_or_not_at_all() -> None:
    """The hook that tells a scan or an application of the end stands in the transaction of the end."""

    def refuse(job: Job) -> None:
        found_city()
        raise MessageError("cannot be told", code="broken_hook")

    def crash(run: JobRun) -> None:
        raise ValueError(PERSON)

    with working(crash, ended=refuse):
        job = _queued()
        with pytest.raises(MessageError), transaction.atomic():
            _run(job)
    job.refresh_from_db()
    assert job.state == JobState.QUEUED  # the claim was undone with the test's own transaction
    assert not Organization.objects.exists()
