"""Scans that end in the middle: what they had read is kept, told, gone on from with the same result, and thrown away in time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from catalog.errors import Blocked, NotPermitted, WrongState
from catalog.jobs.models import Job, JobState
from catalog.ledger.models import LedgerEntry
from catalog.storage import CHECKPOINTS, delete_sealed, folder, open_sealed, path_of, sealed_output
from privacy import reading
from privacy.models import Finding, Scan, ScanCheckpoint, ScanMode
from privacy.services.checkpoints import delete_old_checkpoints, last_resumable, resumable, resume_scan
from privacy.services.scans import cancel_scan, request_scan
from tests.cast import Cast
from tests.privacy.stopping import BATCH, ROWS, LongTable, killed, long_table, result_of, stopped_scan, work_on
from tests.stages import Stages
from tests.world import last_line


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Every batch is kept, and there are some."""
    monkeypatch.setattr(reading, "BATCH_ROWS", BATCH)
    settings.SCAN_CHECKPOINT_SECONDS = 0


@pytest.fixture
def long(stages: Stages) -> LongTable:
    return LongTable.of(stages)


@pytest.fixture
def scan(long: LongTable, cast: Cast) -> Scan:
    """Asked for by oscar."""
    return request_scan(actor=cast.oscar, distribution=long.distribution)


@pytest.fixture
def stopped(long: LongTable) -> Scan:
    return stopped_scan(long)


def fresh(scan: Scan) -> Scan:
    found: Scan = Scan.objects.select_related("job").get(pk=scan.pk)
    return found


def one_reading(long: LongTable) -> dict[str, Any]:
    """What an uninterrupted reading of the table says."""
    one = request_scan(actor=long.stages.cast.stella, distribution=long.distribution)
    assert work_on(one)[0] == JobState.COMPLETE
    return result_of(one)


def codes(scan: Scan) -> list[str]:
    return [reason["code"] for reason in fresh(scan).reasons]


# --- a worker that dies --------------------------------------------------------------------------------------------------------


def test_the_next_attempt_goes_on_where_the_killed_worker_was(long: LongTable, scan: Scan) -> None:
    killed(scan, at_row=3 * BATCH)
    kept = ScanCheckpoint.objects.get(scan=scan)
    assert 0 < kept.rows < ROWS
    assert not Finding.objects.filter(distribution=long.distribution).exists()
    ended, run = work_on(scan)
    assert ended == JobState.COMPLETE
    assert [done for note, done in run.seen if note == "resume"] == [kept.rows]
    assert min(done for note, done in run.seen if note == "scan") == kept.rows + BATCH
    assert result_of(scan) == one_reading(long)
    assert last_line(scan).action == "scan.finished"


def test_one_that_is_killed_again_and_again_comes_to_the_same(long: LongTable, scan: Scan) -> None:
    killed(scan, at_row=2 * BATCH)
    killed(scan, at_row=9 * BATCH)
    kept = ScanCheckpoint.objects.get(scan=scan).rows
    assert kept > 2 * BATCH
    ended, run = work_on(scan)
    assert ended == JobState.COMPLETE
    assert ("resume", kept) in run.seen
    assert result_of(scan) == one_reading(long)


@pytest.mark.parametrize("changed", ["fingerprint", "row_order", "rules_version"])
def test_it_begins_again_where_the_table_or_the_rules_are_others(long: LongTable, scan: Scan, changed: str) -> None:
    killed(scan, at_row=3 * BATCH)
    ScanCheckpoint.objects.filter(scan=scan).update(**{changed: "another"})
    ended, run = work_on(scan)
    assert ended == JobState.COMPLETE
    assert not [note for note, _ in run.seen if note == "resume"]
    assert result_of(scan) == one_reading(long)


def test_it_begins_again_where_the_kept_file_is_gone_or_damaged(long: LongTable, scan: Scan) -> None:
    killed(scan, at_row=3 * BATCH)
    path = path_of(CHECKPOINTS, ScanCheckpoint.objects.get(scan=scan).file)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    killed(scan, at_row=3 * BATCH)
    delete_sealed(CHECKPOINTS, ScanCheckpoint.objects.get(scan=scan).file)
    assert work_on(scan)[0] == JobState.COMPLETE
    assert result_of(scan) == one_reading(long)


def test_it_begins_again_with_a_file_that_was_delivered_meanwhile(long: LongTable, scan: Scan) -> None:
    killed(scan, at_row=3 * BATCH)
    long.replace(long_table(4000))
    ended, run = work_on(scan)
    assert (ended, fresh(scan).rows) == (JobState.COMPLETE, 4000)
    assert not [note for note, _ in run.seen if note == "resume"]


def test_a_worker_that_lost_its_job_keeps_nothing(scan: Scan) -> None:
    """The job was given to another in the meantime: what that one keeps must stand."""
    Job.objects.filter(pk=scan.job_id).update(fence=5)

    def taken() -> None:
        Job.objects.filter(pk=scan.job_id).update(fence=7)

    assert work_on(scan, at_row=BATCH, meanwhile=taken)[0] is None
    assert not ScanCheckpoint.objects.filter(scan=scan).exists()
    assert not list(folder(CHECKPOINTS).iterdir())


def test_nothing_is_written_before_its_time(scan: Scan, settings: Any) -> None:
    settings.SCAN_CHECKPOINT_SECONDS = 3600
    killed(scan, at_row=3 * BATCH)
    assert not ScanCheckpoint.objects.exists()


# --- a source that dies --------------------------------------------------------------------------------------------------------


def test_a_source_that_dies_ends_the_scan_incomplete_with_what_was_read(long: LongTable, stopped: Scan) -> None:
    assert stopped.rows is not None
    assert BATCH <= stopped.rows < ROWS
    assert codes(stopped) == ["reading_stopped"]
    params = stopped.reasons[0]["params"]
    assert (params["rows"], params["cause"]["code"]) == (stopped.rows, "seal_damaged")
    assert stopped.job.error_code == ""
    found = Finding.objects.filter(distribution=long.distribution)
    assert {"身份证号", "姓名", "手机号"} <= set(found.values_list("field__name", flat=True))
    assert ScanCheckpoint.objects.get(scan=stopped).rows == stopped.rows
    assert (last_line(stopped).action, last_line(stopped).details["state"]) == ("scan.finished", "incomplete")
    long.distribution.refresh_from_db()
    assert long.distribution.rows is None  # what was not read to the end says nothing of how long the table is


def test_a_file_with_a_broken_encoding_half_way_is_read_up_to_there(long: LongTable, scan: Scan) -> None:
    sound = long_table(3000)
    long.replace(sound + b'{"\xff": 1}\n' + long_table(1000))
    ended, _ = work_on(scan)
    found = fresh(scan)
    assert (ended, found.rows, codes(scan)) == (JobState.INCOMPLETE, 3000, ["reading_stopped"])
    cause = found.reasons[0]["params"]["cause"]
    assert (cause["code"], cause["params"]["line"], cause["params"]["byte"]) == ("bytes_invalid", 3001, len(sound) + 2)
    assert Finding.objects.filter(distribution=long.distribution, field__name="身份证号").exists()


def test_what_was_read_of_it_only_adds(long: LongTable, cast: Cast) -> None:
    """A thorough scan found somebody in the remarks; one that stops before says nothing against it."""
    thorough = request_scan(actor=cast.oscar, distribution=long.distribution)
    assert work_on(thorough)[0] == JobState.COMPLETE
    before = set(Finding.objects.filter(distribution=long.distribution).values_list("field__name", "entity_type"))
    one = request_scan(actor=cast.oscar, distribution=long.distribution)
    assert work_on(one, at_row=BATCH, meanwhile=long.damage)[0] == JobState.INCOMPLETE
    assert (
        set(Finding.objects.filter(distribution=long.distribution).values_list("field__name", "entity_type")) == before
    )


def test_a_source_of_which_no_row_can_be_read_fails_the_scan(long: LongTable, scan: Scan) -> None:
    long.damage()
    assert work_on(scan)[0] == JobState.FAILED
    assert fresh(scan).job.error_code == "seal_damaged"
    assert not ScanCheckpoint.objects.exists()


def test_what_is_kept_is_sealed_and_holds_no_cell(stopped: Scan) -> None:
    kept = ScanCheckpoint.objects.get(scan=stopped)
    path = path_of(CHECKPOINTS, kept.file)
    with open_sealed(CHECKPOINTS, kept.file) as sealed:
        plain = sealed.read()
    assert b"CN_RESIDENT_ID" in plain
    assert b"CN_RESIDENT_ID" not in path.read_bytes()
    text = plain.decode("latin-1")
    for line in long_table().decode().splitlines()[: stopped.rows]:
        assert line[10:28] not in text
    rows = str(list(ScanCheckpoint.objects.values()))
    assert "*" not in rows


# --- going on ------------------------------------------------------------------------------------------------------------------


def test_a_scan_that_goes_on_says_what_one_reading_says(long: LongTable, stopped: Scan) -> None:
    resuming = resume_scan(actor=long.stages.cast.stella, scan=stopped)
    assert (resuming.resumes, resuming.mode, resuming.state) == (stopped, ScanMode.FULL, "queued")
    line = last_line(resuming)
    assert (line.action, line.details["resumes"], line.details["rows"]) == ("scan.resumed", stopped.pk, stopped.rows)
    ended, run = work_on(resuming)
    assert ended == JobState.COMPLETE
    assert ("resume", stopped.rows) in run.seen
    assert result_of(resuming) == one_reading(long)
    assert not ScanCheckpoint.objects.exists()
    long.distribution.refresh_from_db()
    assert long.distribution.rows == ROWS


def test_one_that_goes_on_and_dies_too_is_gone_on_with(long: LongTable, cast: Cast, stopped: Scan) -> None:
    second = resume_scan(actor=cast.oscar, scan=stopped)
    assert stopped.rows is not None
    killed(second, at_row=stopped.rows + BATCH)
    third_attempt, _ = work_on(second, at_row=stopped.rows + 2 * BATCH, meanwhile=long.damage)
    assert third_attempt == JobState.INCOMPLETE
    assert codes(second) == ["reading_stopped"]


def test_a_table_that_has_changed_is_not_gone_on_with(long: LongTable, cast: Cast, stopped: Scan) -> None:
    before = list(Finding.objects.values())
    long.replace(long_table(ROWS - 10))
    resuming = resume_scan(actor=cast.oscar, scan=stopped)
    assert work_on(resuming)[0] == JobState.FAILED
    job = fresh(resuming).job
    assert (job.error_code, job.error_params) == ("table_changed_since", {"rows": str(stopped.rows)})
    assert list(Finding.objects.values()) == before


def test_under_other_rules_it_is_refused_at_once(cast: Cast, stopped: Scan) -> None:
    ScanCheckpoint.objects.update(rules_version="1999")
    with pytest.raises(WrongState) as refused:
        resume_scan(actor=cast.oscar, scan=stopped)
    assert refused.value.code == "rules_changed_since"
    assert not Job.objects.waiting().exists()


def test_by_another_version_of_the_program_it_is_refused_when_it_is_read(
    cast: Cast, stopped: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("privacy.detection.checkpoint.program", lambda: "another")
    resuming = resume_scan(actor=cast.oscar, scan=stopped)
    assert work_on(resuming)[0] == JobState.FAILED
    assert fresh(resuming).job.error_code == "rules_changed_since"


def test_a_scan_that_came_to_its_end_is_not_gone_on_with(stages: Stages, cast: Cast) -> None:
    with pytest.raises(WrongState) as refused:
        resume_scan(actor=cast.oscar, scan=stages.scan)
    assert refused.value.code == "nothing_to_resume"
    with pytest.raises(WrongState):
        last_resumable(stages.distribution)


def test_while_another_scan_runs_it_waits(long: LongTable, cast: Cast, stopped: Scan) -> None:
    request_scan(actor=cast.stella, distribution=long.distribution)
    with pytest.raises(Blocked) as refused:
        resume_scan(actor=cast.oscar, scan=stopped)
    assert refused.value.code == "scan_underway"


@pytest.mark.parametrize("name", ["amy", "fiona", "audrey", "adam", "rita", "wendy", "carl"])
def test_nobody_else_goes_on_with_it(cast: Cast, stopped: Scan, name: str) -> None:
    with pytest.raises(NotPermitted):
        resume_scan(actor=getattr(cast, name), scan=stopped)
    assert LedgerEntry.objects.filter(action="scan.resumed").count() == 0


# --- throwing away -------------------------------------------------------------------------------------------------------------


def test_nothing_is_kept_of_a_scan_that_is_complete(
    scan: Scan, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        killed(scan, at_row=3 * BATCH)
        assert work_on(scan)[0] == JobState.COMPLETE
    assert not ScanCheckpoint.objects.exists()
    assert not list(folder(CHECKPOINTS).iterdir())


def test_nor_of_those_before_a_complete_one(
    long: LongTable,
    cast: Cast,
    stopped: Scan,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    assert resumable(stopped) is not None
    with django_capture_on_commit_callbacks(execute=True):
        newer = request_scan(actor=cast.oscar, distribution=long.distribution)
        assert work_on(newer)[0] == JobState.COMPLETE
    assert not ScanCheckpoint.objects.exists()
    assert resumable(fresh(stopped)) is None


def test_nothing_is_kept_of_a_scan_that_was_stopped_on_purpose(scan: Scan, cast: Cast) -> None:
    killed(scan, at_row=3 * BATCH)
    assert ScanCheckpoint.objects.exists()
    cancel_scan(actor=cast.oscar, scan=fresh(scan))
    assert fresh(scan).state == "cancelled"
    assert not ScanCheckpoint.objects.exists()


def test_after_some_days_it_is_thrown_away(
    stopped: Scan, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    assert delete_old_checkpoints() == 0
    ScanCheckpoint.objects.update(written_at=timezone.now() - timedelta(days=8))
    with django_capture_on_commit_callbacks(execute=True):
        assert delete_old_checkpoints() == 1
    assert not ScanCheckpoint.objects.exists()


def test_but_not_while_somebody_goes_on_from_it(cast: Cast, stopped: Scan) -> None:
    ScanCheckpoint.objects.update(written_at=timezone.now() - timedelta(days=8))
    resume_scan(actor=cast.oscar, scan=stopped)
    assert delete_old_checkpoints() == 0
    assert ScanCheckpoint.objects.exists()


def test_files_without_a_row_are_swept_once_their_job_has_ended(stopped: Scan) -> None:
    kept = ScanCheckpoint.objects.get()
    for name in (f"{stopped.job_id.hex}{'0' * 16}", f"{'f' * 32}{'0' * 16}", "somethingelse"):
        with sealed_output(CHECKPOINTS, name) as sink:
            sink.write(b"left over")
    before = {path.stem for path in folder(CHECKPOINTS).iterdir()}
    assert delete_old_checkpoints(older_than=-1) >= 1
    left = {path.stem for path in folder(CHECKPOINTS).iterdir()}
    assert before - left >= {f"{stopped.job_id.hex}{'0' * 16}"}
    assert {kept.file, f"{'f' * 32}{'0' * 16}", "somethingelse"} <= left


# --- columns that are gone or new ----------------------------------------------------------------------------------------------


def test_a_column_that_was_dropped_since_it_was_registered_makes_the_scan_incomplete(
    long: LongTable, scan: Scan
) -> None:
    long.replace(long_table(1000, without="手机号"))
    assert work_on(scan)[0] == JobState.INCOMPLETE
    scan = fresh(scan)
    (reason,) = scan.reasons
    assert (reason["code"], reason["params"]["column"]) == ("column_missing", "手机号")
    assert "手机号" not in {column["name"] for column in scan.columns}


def test_a_column_that_is_new_is_scanned_and_told(long: LongTable, scan: Scan) -> None:
    long.replace(long_table(1000, extra="职业"))
    assert work_on(scan)[0] == JobState.COMPLETE
    scan = fresh(scan)
    (reason,) = scan.reasons
    assert (reason["code"], reason["params"]["column"]) == ("column_unregistered", "职业")
    assert "职业" in {column["name"] for column in scan.columns}
