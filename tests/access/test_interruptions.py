"""Assessments that do not come to an end: failed, given up, cancelled, withdrawn under. Nothing leaves on half a result."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from access.models import Application, Artefact, Assessment
from access.workers import run_assessment
from access.workflow import Action, State
from catalog.errors import WrongState
from catalog.jobs.models import Job, JobState
from catalog.jobs.runner import JobRun, LeaseLost
from catalog.jobs.services import claim, request_cancel, requeue_abandoned
from catalog.storage import STAGED, UPLOADS, delete_sealed, folder
from tests.access.acts import Acts, artefact_of, fresh, on_disk, present_assessment
from tests.cast import Cast
from tests.stages import Stages
from tests.world import last_line


@pytest.fixture
def submitted(stages: Stages, cast: Cast) -> Application:
    """Rita's application; no worker has taken its assessment up."""
    return stages.act(cast.rita, stages.application(), Action.SUBMIT)


def staged() -> set[Any]:
    return set(folder(STAGED).iterdir())


def returned(application: Application, code: str) -> Application:
    """It is back with the applicant, with the reason and without a trace of an artefact."""
    application = fresh(application)
    assert (application.state, application.note_code) == (State.RETURNED, code)
    assert not Artefact.objects.exists()
    assert staged() == set()
    assert not Assessment.objects.filter(application=application, superseded_at__isnull=True).exists()
    line = last_line(application)
    assert (line.action, line.actor, line.details["code"]) == ("application.assessment_failed", None, code)
    return application


def test_a_source_that_cannot_be_read_gives_the_application_back(stages: Stages, submitted: Application) -> None:
    delete_sealed(UPLOADS, stages.source.sealed_name)
    assert stages.run_jobs() == [JobState.FAILED]
    application = fresh(submitted)
    assert application.state == State.RETURNED
    assert application.note_code
    assert application.note


def test_a_worker_that_died_is_followed_by_another(stages: Stages, acts: Acts, submitted: Application) -> None:
    acts.assess_until(submitted)
    assert fresh(submitted).state == State.ASSESSING
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert requeue_abandoned() == 1
    assert stages.run_jobs() == [JobState.COMPLETE]
    assert fresh(submitted).state == State.DECIDING
    assert len(staged()) == Artefact.objects.count() == 1


def test_after_the_last_attempt_the_application_goes_back(acts: Acts, submitted: Application) -> None:
    for _ in range(settings.JOB_MAX_ATTEMPTS):
        acts.assess_until(submitted)
        Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        requeue_abandoned()
    returned(submitted, "worker_lost")


def test_a_worker_that_lost_its_lease_publishes_nothing(stages: Stages, acts: Acts, submitted: Application) -> None:
    """It was only slow: another has finished in the meantime."""
    job = claim(job_id=present_assessment(submitted).job_id, worker="slow")
    assert job is not None
    slow = JobRun(job)
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    requeue_abandoned()
    stages.run_jobs()
    Application.objects.filter(pk=submitted.pk).update(state=State.ASSESSING)
    artefact = artefact_of(submitted)
    with pytest.raises(LeaseLost):
        run_assessment(slow)
    assert Artefact.objects.get() == artefact
    assert on_disk(artefact)
    assert len(staged()) == 1


def test_a_cancelled_job_gives_the_application_back(acts: Acts, submitted: Application) -> None:
    request_cancel(job=present_assessment(submitted).job)
    returned(submitted, "cancelled")


def test_a_job_cancelled_while_it_runs_gives_the_application_back(acts: Acts, submitted: Application) -> None:
    job = present_assessment(submitted).job
    assert acts.during_the_assessment(submitted, lambda: request_cancel(job=job)) == JobState.CANCELLED
    returned(submitted, "cancelled")


def test_a_returned_application_can_be_submitted_again(stages: Stages, cast: Cast, submitted: Application) -> None:
    request_cancel(job=present_assessment(submitted).job)
    stages.act(cast.rita, submitted, Action.SUBMIT)
    assert stages.run_jobs() == [JobState.COMPLETE]
    assert fresh(submitted).state == State.DECIDING
    assert present_assessment(submitted).number == 2


def test_withdrawing_before_a_worker_comes_ends_the_job(stages: Stages, cast: Cast, submitted: Application) -> None:
    job = present_assessment(submitted).job
    assert stages.act(cast.rita, submitted, Action.WITHDRAW).state == State.WITHDRAWN
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert stages.run_jobs() == []
    assert fresh(submitted).state == State.WITHDRAWN


@pytest.mark.parametrize("part", ["protect", "assess"])
def test_withdrawing_while_it_is_assessed_leaves_nothing_staged(
    stages: Stages, acts: Acts, cast: Cast, submitted: Application, part: str
) -> None:
    def withdraw() -> None:
        assert stages.act(cast.rita, submitted, Action.WITHDRAW).state == State.WITHDRAWN

    assert acts.during_the_assessment(submitted, withdraw, part) == JobState.CANCELLED
    application = fresh(submitted)
    assert (application.state, application.note) == (State.WITHDRAWN, "")
    assert not Artefact.objects.exists()
    assert staged() == set()
    with pytest.raises(WrongState):
        stages.act(cast.rita, application, Action.SUBMIT)


def test_withdrawing_after_the_assessment_deletes_the_bytes(
    stages: Stages, cast: Cast, deciding: Application, committed: Callable[[], Any]
) -> None:
    with committed():
        stages.act(cast.rita, deciding, Action.WITHDRAW)
    assert staged() == set()


def test_withdrawing_instead_of_paying_deletes_the_bytes(acts: Acts, cast: Cast, committed: Callable[[], Any]) -> None:
    application = acts.reach(State.AWAITING_PAYMENT)
    with committed():
        assert acts.stages.act(cast.rita, application, Action.WITHDRAW).state == State.WITHDRAWN
    assert staged() == set()


def test_an_assessment_that_another_has_replaced_is_not_made(
    stages: Stages, cast: Cast, submitted: Application
) -> None:
    """A message that comes late finds its assessment superseded."""
    assessment = present_assessment(submitted)
    Assessment.objects.filter(pk=assessment.pk).update(superseded_at=timezone.now())
    assert stages.run_jobs() == [JobState.CANCELLED]
    assert not Artefact.objects.exists()
    assert fresh(submitted).state == State.SUBMITTED


def test_the_reason_of_a_failure_names_no_value(stages: Stages, submitted: Application) -> None:
    delete_sealed(UPLOADS, stages.source.sealed_name)
    stages.run_jobs()
    job = Job.objects.get(assessment__application=submitted)
    assert str(settings.DATA_DIR) not in job.error_message + str(job.error_params)
