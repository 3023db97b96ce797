"""The jobs page: one's own, an administrator's branch, what became of each, and stopping one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from catalog.jobs import services
from catalog.jobs.models import Job, JobState
from catalog.messages import MessageError, gettext_noop
from catalog.people.models import User
from privacy.models import Scan
from privacy.services.scans import request_scan
from tests.pages.visiting import Visitor, acts_after, last_sequence, text_of
from tests.stages import Stages

pytestmark = pytest.mark.django_db


@pytest.fixture
def scan(world: Stages) -> Scan:
    """Asked for by stella, waiting."""
    return request_scan(actor=world.cast.stella, distribution=world.distribution)


def jobs_of(user: User, query: str = "") -> str:
    answer = Visitor(user).get(f"/jobs/{query}")
    assert answer.status_code == 200
    return text_of(answer)


def test_everybody_sees_what_they_asked_for_and_an_administrator_the_branch(world: Stages, scan: Scan) -> None:
    assert "Scan Outpatient visits" in jobs_of(world.cast.stella)
    assert "Queued" in jobs_of(world.cast.stella, "?state=queued")
    assert "No job here" in jobs_of(world.cast.wendy, "?scope=all")
    everybody = jobs_of(world.cast.adam, "?scope=all")
    assert "Stella" in everybody
    assert "Outpatient visits" not in everybody  # an administrator sees that work is done, not on what data
    assert "No job here" in jobs_of(world.cast.adam)


@pytest.mark.parametrize("query", ["?state=king", "?scope=x&state=<script>", "?page=-1", "?page=" + "9" * 400])
def test_no_filter_breaks_the_page(world: Stages, query: str) -> None:
    jobs_of(world.cast.adam, query)


def test_a_job_shows_how_far_it_is_and_who_works_on_it(world: Stages, scan: Scan) -> None:
    services.claim(job_id=scan.job_id, worker="host-1:77:5")
    job = Job.objects.get(pk=scan.job_id)
    services.beat(job_id=job.pk, fence=job.fence, done=1200, total=2400, note="scan")
    text = jobs_of(world.cast.stella)
    assert "1,200 of 2,400 rows" in text
    assert "reading rows" in text
    assert "host-1" not in text
    assert "host-1:77:5" in jobs_of(world.cast.adam, "?scope=all")


def test_a_failure_is_told_in_words(world: Stages, scan: Scan) -> None:
    services.claim(job_id=scan.job_id, worker="w")
    job = Job.objects.get(pk=scan.job_id)
    error = MessageError(gettext_noop("The worker stopped %(attempts)s times in the middle of this job."), attempts=3)
    services.end_run(job_id=job.pk, fence=job.fence, state=JobState.FAILED, error=error)
    text = jobs_of(world.cast.stella)
    assert "Failed" in text
    assert "The worker stopped 3 times in the middle of this job." in text


def test_a_scan_is_stopped_as_the_api_does(world: Stages, scan: Scan, run_jobs: Callable[..., Any]) -> None:
    before = last_sequence()
    visitor = Visitor(world.cast.stella)
    assert "asked to stop" in text_of(visitor.follow(visitor.post(f"/jobs/{scan.job_id}/cancel/")))
    scan.job.refresh_from_db()
    assert scan.job.state == JobState.CANCELLED
    by_page = [line[0] for line in acts_after(before)]
    again = text_of(visitor.follow(visitor.post(f"/jobs/{scan.job_id}/cancel/")))
    assert "ended already" in again
    other = request_scan(actor=world.cast.stella, distribution=world.distribution)
    before = last_sequence()
    client = APIClient()
    client.force_authenticate(world.cast.stella)
    assert client.post(f"/api/v1/scans/{other.pk}/cancel/").status_code == 202
    assert [line[0] for line in acts_after(before)] == by_page


def test_nobody_stops_what_they_may_not(world: Stages, scan: Scan) -> None:
    path = f"/jobs/{scan.job_id}/cancel/"
    assert Visitor(world.cast.rita).post(path).status_code == 404
    adam = Visitor(world.cast.adam)
    assert "Stop:" not in text_of(adam.get("/jobs/?scope=all"))
    assert "do not have the role" in text_of(adam.follow(adam.post(path)))
    assert Visitor(world.cast.stella).post(f"/jobs/{uuid4()}/cancel/").status_code == 404
    assert Visitor(world.cast.stella).get(path).status_code == 405
    scan.job.refresh_from_db()
    assert scan.job.state == JobState.QUEUED


def test_an_assessment_is_not_stopped_here_but_withdrawn_where_it_belongs(world: Stages) -> None:
    application = world.application()
    from access.workflow import Action

    world.act(world.cast.rita, application, Action.SUBMIT)
    job = Job.objects.underway().get(requested_by=world.cast.rita)
    text = jobs_of(world.cast.rita)
    assert f"application {application.pk} for Outpatient visits" in text
    assert "Stop" not in text
    rita = Visitor(world.cast.rita)
    assert "withdraw the application" in text_of(rita.follow(rita.post(f"/jobs/{job.pk}/cancel/")))
    client = APIClient()
    client.force_authenticate(world.cast.rita)
    answer = client.post(f"/api/v1/jobs/{job.pk}/cancel/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_cancellable")
    job.refresh_from_db()
    assert (job.state, job.cancel_requested) == (JobState.QUEUED, False)


def test_the_page_says_when_no_worker_takes_the_work(world: Stages, scan: Scan) -> None:
    assert "no worker takes it" not in jobs_of(world.cast.stella)
    Job.objects.filter(pk=scan.job_id).update(created_at=timezone.now() - timedelta(minutes=2))
    assert "no worker takes it" in jobs_of(world.cast.stella)


def test_the_page_asks_again_only_while_something_runs(world: Stages, scan: Scan) -> None:
    assert "every 3s" in Visitor(world.cast.stella).get("/jobs/").content.decode()
    services.request_cancel(job=scan.job)
    assert "every 3s" not in Visitor(world.cast.stella).get("/jobs/").content.decode()
