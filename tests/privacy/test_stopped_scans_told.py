"""How a scan that stopped is shown: on its page in both languages, through the API, on the command line."""

from __future__ import annotations

import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from catalog.jobs.models import JobState
from privacy.models import Scan, ScanCheckpoint
from privacy.services.scans import request_scan
from tests.api.conftest import Api
from tests.cast import Cast
from tests.pages.visiting import Visitor, text_of
from tests.privacy.stopping import ROWS, LongTable, long_table, stopped_scan, work_on
from tests.stages import Stages
from tests.world import last_line, run_queued_jobs


@pytest.fixture
def long(stages: Stages) -> LongTable:
    return LongTable.of(stages)


@pytest.fixture
def stopped(long: LongTable) -> Scan:
    return stopped_scan(long)


def plain(text: str) -> str:
    """Without what parts groups of digits, whichever character that is."""
    return re.sub(r"(?<=\d)[\s,\u00a0\u202f](?=\d{3})", "", text)


def test_the_page_says_after_how_many_rows_and_why_and_offers_to_go_on(stopped: Scan, cast: Cast) -> None:
    english = plain(text_of(Visitor(cast.oscar).get(f"/scans/{stopped.pk}/")))
    assert f"Reading stopped after {stopped.rows} rows. The encrypted data is damaged or incomplete." in english
    assert f"Go on from row {(stopped.rows or 0) + 1}" in english
    chinese = plain(text_of(Visitor(cast.oscar, "zh-hans").get(f"/scans/{stopped.pk}/")))
    assert f"从第 {(stopped.rows or 0) + 1} 行继续" in chinese
    assert "cause" not in chinese


def test_the_button_goes_on_and_the_new_scan_says_from_which(stopped: Scan, cast: Cast) -> None:
    visitor = Visitor(cast.oscar)
    answer = visitor.post(f"/scans/{stopped.pk}/resume/")
    resuming = Scan.objects.get(resumes=stopped)
    assert answer.url == f"/scans/{resuming.pk}/"
    assert "It goes on where the other one stopped." in text_of(visitor.follow(answer))
    assert run_queued_jobs()[0] == JobState.COMPLETE
    shown = visitor.get(f"/scans/{resuming.pk}/").content.decode()
    assert f'href="/scans/{stopped.pk}/"' in shown
    assert "Go on from row" not in text_of(visitor.get(f"/scans/{stopped.pk}/"))


def test_who_may_not_scan_is_not_offered_it(stopped: Scan, cast: Cast) -> None:
    visitor = Visitor(cast.amy)
    assert "Go on from row" not in text_of(visitor.get(f"/scans/{stopped.pk}/"))
    assert visitor.post(f"/scans/{stopped.pk}/resume/").status_code == 302
    assert not Scan.objects.filter(resumes=stopped).exists()
    assert Visitor(cast.rita).post(f"/scans/{stopped.pk}/resume/").status_code == 404


def test_the_api_tells_the_rows_that_are_kept_and_goes_on(stopped: Scan, cast: Cast) -> None:
    api = Api(cast.oscar)
    body = api.get(f"scans/{stopped.pk}/").json()
    assert (body["state"], body["kept_rows"], body["resumes"]) == ("incomplete", stopped.rows, None)
    assert body["reasons"][0]["code"] == "reading_stopped"
    assert "The encrypted data is damaged" in body["reasons"][0]["message"]
    answer = api.post(f"scans/{stopped.pk}/resume/")
    assert answer.status_code == 202
    assert (answer.json()["resumes"], answer.json()["kept_rows"]) == (stopped.pk, None)
    assert api.post(f"scans/{stopped.pk}/resume/").json()["error"]["code"] == "scan_underway"
    assert run_queued_jobs()[0] == JobState.COMPLETE
    refused = api.post(f"scans/{stopped.pk}/resume/")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "nothing_to_resume")


def test_the_speed_of_a_scan_that_goes_on_counts_its_own_rows(stopped: Scan, cast: Cast) -> None:
    resuming = Api(cast.oscar).post(f"scans/{stopped.pk}/resume/").json()["id"]
    run_queued_jobs()
    job = Scan.objects.select_related("job").get(pk=resuming).job
    assert job.started_at is not None
    assert job.ended_at is not None
    rate = Api(cast.oscar).get(f"scans/{resuming}/").json()["progress"]["rows_per_second"]
    rows = ROWS - (stopped.rows or 0)
    assert rate == pytest.approx(rows / (job.ended_at - job.started_at).total_seconds(), rel=0.01, abs=0.2)


def test_a_table_without_an_order_says_that_it_is_scanned_from_the_beginning(
    long: LongTable, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.sources.json_lines.JsonLinesTable.row_order", lambda _: None)
    scan = stopped_scan(long)
    assert [reason["code"] for reason in scan.reasons] == ["reading_stopped", "order_unknown"]
    assert not ScanCheckpoint.objects.exists()
    shown = text_of(Visitor(cast.oscar).get(f"/scans/{scan.pk}/"))
    assert "scan it again from the beginning" in shown
    assert "Go on from row" not in shown


def test_a_changed_table_is_told_on_the_page_of_the_scan_that_was_to_go_on(
    long: LongTable, stopped: Scan, cast: Cast
) -> None:
    long.replace(long_table(ROWS - 10))
    Visitor(cast.oscar).post(f"/scans/{stopped.pk}/resume/")
    assert run_queued_jobs()[0] == JobState.FAILED
    resuming = Scan.objects.get(resumes=stopped)
    assert last_line(resuming).action == "scan.failed"
    shown = plain(text_of(Visitor(cast.oscar).get(f"/scans/{resuming.pk}/")))
    assert f"The table has changed since row {stopped.rows} was read: scan it again from the beginning." in shown


def test_an_error_in_a_column_is_shown_in_its_row(long: LongTable, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("13812345678")

    monkeypatch.setattr("privacy.detection.column.ColumnScanner._cells", broken)
    scan = request_scan(actor=cast.oscar, distribution=long.distribution)
    assert work_on(scan)[0] == JobState.INCOMPLETE
    shown = plain(text_of(Visitor(cast.oscar).get(f"/scans/{scan.pk}/")))
    assert f"{ROWS} rows of column “手机号” could not be examined because of an error of the program" in shown
    assert "ZeroDivisionError" in shown
    assert "13812345678" not in shown


# --- files that are no source of anybody ------------------------------------------------------------------------------------------


def run(*arguments: object) -> tuple[int, Any]:
    """The exit code and the document that a command prints."""
    written, code = StringIO(), 0
    try:
        call_command(*map(str, arguments), "--format", "json", "--language", "en", stdout=written)
    except SystemExit as end:
        code = int(end.code or 0)
    except CommandError as error:
        code = error.returncode
    return code, json.loads(written.getvalue())


def test_a_file_that_cannot_be_read_to_its_end_is_told_with_what_was_read(tmp_path: Path) -> None:
    path = tmp_path / "torn.csv"
    path.write_text("手机号,备注\n" + "13812345678,复诊\n" * 300_000 + "13812345678\n", encoding="utf-8")
    code, document = run("scan", path)
    assert (code, document["state"]) == (3, "incomplete")
    assert 0 < document["rows"] < 300_000
    (reason,) = document["reasons"]
    assert reason["code"] == "reading_stopped"
    assert reason["text"].endswith("Row 300002 of “torn.csv” has 1 cells, the header has 2.")
    assert document["columns"][0]["entity_type"] == "CN_MOBILE"
    assert run("scan", path, "--resume")[0] == 2
