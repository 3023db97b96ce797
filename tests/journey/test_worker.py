"""The real processes: a worker killed in the middle of a scan that is finished once, one asked to stop, and a web server."""

from __future__ import annotations

from datetime import date

import pytest
import requests
from django.db import connection
from django.utils import timezone

from catalog.datasets.models import RightKind
from catalog.datasets.registration import attach_table, register_upload
from catalog.datasets.rights import record_right
from catalog.datasets.services import register_dataset
from catalog.jobs.models import Job, JobState
from catalog.ledger import triggers
from catalog.ledger.models import LedgerEntry
from catalog.ledger.verification import verify
from privacy.models import Finding, Scan
from privacy.services.scans import cancel_scan, request_scan
from tests.cast import PASSWORD, Cast
from tests.journey.processes import START_SECONDS, Running, live_web, live_worker, started, until
from tests.stages import RECORD, sealed_upload, visits_csv

pytestmark = [
    pytest.mark.live,
    pytest.mark.django_db(transaction=True),
]
LEASE = 3.0
PEOPLE, VISITS_EACH = 900, 80
ROWS = PEOPLE * VISITS_EACH  # more than one batch: a scan looks between batches whether it must stop
SCAN_SECONDS = 90.0


def _long_table() -> bytes:
    """Visits, every eighth with a remark to read: seconds of work."""
    header, *visits = visits_csv(PEOPLE).decode().splitlines()
    lines = [f"{header},备注"]
    for turn in range(VISITS_EACH):
        for number, visit in enumerate(visits):
            name = visit.split(",")[1]
            remark = "" if number % 8 else f"第{turn}次复诊:{name}由李建国医生接诊;约定{number}天后再来;家属王秀英陪同"
            lines.append(f"{visit},{remark}")
    return ("\n".join(lines) + "\n").encode()


def _queue_a_scan(cast: Cast) -> Scan:
    source = register_upload(
        actor=cast.stella,
        organization=cast.health,
        name="visits",
        upload=sealed_upload("visits.csv", _long_table()),
    )
    dataset = register_dataset(actor=cast.stella, provider=cast.health, values=RECORD)
    distribution = attach_table(actor=cast.stella, dataset=dataset, source=source, table=None)
    record_right(
        actor=cast.stella,
        dataset=dataset,
        kind=RightKind.OWNERSHIP,
        holder=cast.health,
        basis="苏政发〔2025〕1号",
        valid_from=date(2025, 1, 1),
    )
    return request_scan(actor=cast.oscar, distribution=distribution)


def _job(scan: Scan) -> Job:
    return Job.objects.get(pk=scan.job_id)


def _wait_until_running(scan: Scan, worker: Running) -> None:
    """Until the worker holds the job."""
    until(lambda: _job(scan).state == JobState.RUNNING, worker, seconds=START_SECONDS)


def _wait_for(scan: Scan, state: JobState, worker: Running) -> None:
    until(lambda: _job(scan).state not in (JobState.QUEUED, JobState.RUNNING), worker, seconds=SCAN_SECONDS)
    assert _job(scan).state == state, f"{_job(scan).error_code}\n{worker.log[-4000:]}"


def _lines(scan: Scan) -> list[str]:
    return [line.action for line in LedgerEntry.objects.about(scan)]


def test_a_scan_whose_worker_is_killed_is_finished_once_by_the_next(cast: Cast) -> None:
    scan = _queue_a_scan(cast)
    assert _job(scan).state == JobState.QUEUED

    with live_worker(JOB_LEASE_SECONDS=LEASE) as first:
        _wait_until_running(scan, first)
        first.kill()
    held = _job(scan)
    assert (held.state, held.attempts, held.fence) == (JobState.RUNNING, 1, 1)
    assert held.lease_until is not None
    assert held.lease_until > timezone.now()
    assert not Finding.objects.exists()
    assert _lines(scan) == ["scan.requested"]

    with live_worker(JOB_LEASE_SECONDS=LEASE) as second:
        _wait_for(scan, JobState.COMPLETE, second)
    done = _job(scan)
    assert (done.attempts, done.fence) == (2, 3)
    assert done.worker != held.worker
    assert done.progress_done == ROWS
    scan.refresh_from_db()
    assert scan.rows == ROWS
    # The count of what singles out together is a job of its own, and may have ended too.
    assert [line for line in _lines(scan) if line.startswith("scan.")] == ["scan.requested", "scan.finished"]
    fields = list(Finding.objects.values_list("field__name", flat=True))
    assert len(fields) == len(set(fields))
    assert {"身份证号", "姓名", "手机号", "备注"} <= set(fields)
    assert verify().ok


def test_a_running_scan_is_cancelled_and_leaves_nothing(cast: Cast) -> None:
    scan = _queue_a_scan(cast)
    with live_worker(JOB_LEASE_SECONDS=LEASE / 2) as worker:
        _wait_until_running(scan, worker)
        cancel_scan(actor=cast.oscar, scan=Scan.objects.get(pk=scan.pk))
        _wait_for(scan, JobState.CANCELLED, worker)
        assert "320508" not in worker.log
    assert _job(scan).progress_done < ROWS
    assert _lines(scan) == ["scan.requested", "scan.cancel_requested", "scan.cancelled"]
    assert not Finding.objects.exists()
    scan.refresh_from_db()
    assert (scan.rows, scan.columns) == (None, [])
    assert verify().ok


def test_neither_worker_nor_web_server_serves_with_an_unprotected_ledger(cast: Cast) -> None:
    triggers.remove(connection)
    try:
        with started(["gunicorn", "config.wsgi", "--bind", "127.0.0.1:0"]) as web, live_worker() as worker:
            for process in (worker, web):
                until(lambda process=process: process.process.poll() is not None, seconds=START_SECONDS)  # type: ignore[misc]
                assert "The ledger is not protected" in process.log
    finally:
        triggers.install(connection)


def test_a_web_server_answers_from_the_same_database(cast: Cast) -> None:
    with live_web() as address:
        answer = requests.post(
            f"{address}/api/v1/tokens/", json={"username": "stella", "password": PASSWORD}, timeout=30
        )
    assert answer.status_code in (200, 201), answer.text
    assert answer.json()["token"]
