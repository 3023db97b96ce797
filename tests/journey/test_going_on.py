"""The real processes: a worker killed in the middle of a scan whose successor goes on where it was, and the command that goes on."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from catalog.jobs.models import JobState
from catalog.jobs.runner import run_job
from privacy.models import Scan, ScanCheckpoint
from privacy.services.scans import request_scan
from tests.cast import Cast
from tests.journey.processes import START_SECONDS, live_worker, until
from tests.journey.test_worker import LEASE, ROWS, _job, _lines, _queue_a_scan, _wait_for
from tests.privacy.stopping import LongTable, result_of, stopped_scan
from tests.stages import Stages
from tests.world import run_queued_jobs

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.live
def test_a_scan_whose_worker_is_killed_is_gone_on_with_by_the_next(cast: Cast) -> None:
    scan = _queue_a_scan(cast)
    with live_worker(JOB_LEASE_SECONDS=LEASE, SCAN_CHECKPOINT_SECONDS=0) as first:
        until(ScanCheckpoint.objects.exists, first, seconds=START_SECONDS)
        first.kill()
    kept = ScanCheckpoint.objects.get(scan=scan)
    assert 0 < kept.rows < ROWS
    assert _job(scan).state == JobState.RUNNING

    with live_worker(JOB_LEASE_SECONDS=LEASE) as second:
        _wait_for(scan, JobState.COMPLETE, second)
        assert f'event="scan goes on" scan={scan.pk} rows={kept.rows}' in second.log
    assert _job(scan).attempts == 2
    assert _lines(scan) == ["scan.requested", "scan.finished"]
    assert not ScanCheckpoint.objects.exists()

    whole = request_scan(actor=cast.oscar, distribution=scan.distribution)
    assert run_job(job_id=whole.job_id, worker="test", heartbeat=False) == JobState.COMPLETE
    assert result_of(scan) == result_of(whole)


def said(*arguments: str) -> tuple[int, Any]:
    """The exit code and the document that the command prints."""
    written, code = StringIO(), 0
    try:
        call_command("scan", *arguments, "--format", "json", "--language", "en", stdout=written)
    except SystemExit as end:
        code = int(end.code or 0)
    except CommandError as error:
        code = error.returncode
    return code, json.loads(written.getvalue())


def test_the_command_goes_on_with_the_last_scan_that_stopped(cast: Cast) -> None:
    table = LongTable.of(Stages(cast, run_queued_jobs))
    code, refused = said("long", "--as", "oscar", "--resume")
    assert (code, refused["error"]["code"]) == (2, "nothing_to_resume")
    stopped = stopped_scan(table)
    code, document = said("long", "--as", "oscar", "--resume")
    assert (code, document["state"]) == (0, "complete")
    assert Scan.objects.get(pk=document["scan"]).resumes == stopped
    assert said("long", "--as", "oscar", "--resume")[0] == 2
