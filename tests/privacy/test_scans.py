"""Scans: who may ask for one, one at a time, what they leave behind, and that no raw value is in any of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import models

from catalog.datasets.models import DataField, Distribution
from catalog.errors import Blocked, InvalidInput, NotPermitted, WrongState
from catalog.jobs.models import Job, JobState
from catalog.jobs.runner import _run_handler
from catalog.jobs.services import claim
from catalog.ledger.models import LedgerEntry
from catalog.people.models import Role
from catalog.people.services import grant_role
from catalog.storage import UPLOADS, delete_sealed, sealed_output
from privacy.models import Finding, FindingDecision, Scan, ScanMode
from privacy.services.findings import confirm_finding, correct_finding, reject_finding
from privacy.services.scans import cancel_scan, request_scan
from tests.access.acts import Acts, InterruptedRun
from tests.cast import Cast
from tests.stages import ROLES, Stages, visits_csv
from tests.world import last_line


def everything(model: type[models.Model]) -> str:
    """Every column of every row, as text."""
    return json.dumps(list(model._default_manager.values()), ensure_ascii=False, default=str)


def raw_cells(*names: str) -> set[str]:
    header, *rows = visits_csv().decode().splitlines()
    places = [header.split(",").index(name) for name in names]
    return {row.split(",")[place] for row in rows for place in places}


# --- asking --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["oscar", "olga", "stella", "stefan"])
def test_an_officer_or_a_steward_of_the_provider_asks_for_a_scan(stages: Stages, cast: Cast, name: str) -> None:
    scan = request_scan(actor=getattr(cast, name), distribution=stages.distribution)
    assert (scan.state, scan.mode, scan.requested_by) == ("queued", "full", getattr(cast, name))
    line = LedgerEntry.objects.about(scan).get()
    assert (line.action, line.actor, line.organization) == ("scan.requested", getattr(cast, name), cast.health)


@pytest.mark.parametrize("name", ["amy", "fiona", "audrey", "adam", "rita", "ivan", "wendy", "carl"])
def test_nobody_else_does(stages: Stages, cast: Cast, name: str) -> None:
    with pytest.raises(NotPermitted):
        request_scan(actor=getattr(cast, name), distribution=stages.distribution)
    assert Scan.objects.count() == 1
    assert not Job.objects.waiting().exists()


def test_an_officer_of_the_controller_asks_too(stages: Stages, cast: Cast) -> None:
    grant_role(actor=cast.adam, user=cast.carl, organization=cast.big_data, role=Role.PRIVACY_OFFICER)
    with pytest.raises(NotPermitted):
        request_scan(actor=cast.carl, distribution=stages.distribution)
    Acts(stages).control_goes_to_big_data()
    assert request_scan(actor=cast.carl, distribution=stages.distribution)
    assert Finding.objects.visible_to(cast.carl).exists()


def test_a_second_scan_waits_until_the_first_has_ended(stages: Stages, cast: Cast) -> None:
    scan = request_scan(actor=cast.oscar, distribution=stages.distribution)
    with pytest.raises(Blocked) as refused:
        request_scan(actor=cast.stella, distribution=stages.distribution)
    assert (refused.value.status, refused.value.code) == (409, "scan_underway")
    assert claim(job_id=scan.job_id, worker="test") is not None
    with pytest.raises(Blocked):
        request_scan(actor=cast.stella, distribution=stages.distribution)
    Job.objects.filter(pk=scan.job_id).update(state=JobState.FAILED, lease_until=None)
    assert request_scan(actor=cast.stella, distribution=stages.distribution)


def test_a_mode_that_does_not_exist_is_refused(stages: Stages, cast: Cast) -> None:
    with pytest.raises(InvalidInput) as refused:
        request_scan(actor=cast.oscar, distribution=stages.distribution, mode="quick")  # type: ignore[arg-type]
    assert "mode" in refused.value.fields


def test_findings_and_scans_are_seen_by_the_providers_side_and_by_nobody_else(stages: Stages, cast: Cast) -> None:
    for person in (cast.oscar, cast.olga, cast.stella, cast.amy):
        assert stages.scan in Scan.objects.visible_to(person)
        assert Finding.objects.visible_to(person).count() == len(ROLES)
    for person in (cast.rita, cast.ivan, cast.wendy, cast.carl, cast.adam, cast.audrey, cast.fiona):
        assert not Scan.objects.visible_to(person).exists()
        assert not Finding.objects.visible_to(person).exists()


# --- what it leaves behind ----------------------------------------------------------------------------------------------------


def test_a_scan_writes_one_proposed_finding_a_column(stages: Stages) -> None:
    found = {finding.field.name: finding for finding in Finding.objects.select_related("field")}
    assert {name: (one.entity_type, one.role) for name, one in found.items()} == dict(ROLES)
    assert {one.state for one in found.values()} == {"proposed"}
    assert [name for name, one in found.items() if one.checksum_proven] == ["身份证号"]
    assert found["身份证号"].counts["rows"] == found["身份证号"].counts["checksum_valid"] == 240
    assert found["身份证号"].likelihood == "very_likely"
    assert (found["身份证号"].found_type, found["身份证号"].found_role) == ROLES["身份证号"]


def test_evidence_is_masked(stages: Stages) -> None:
    examples = Finding.objects.get(field__name="身份证号").evidence["examples"]
    assert examples
    for example in examples:
        assert example.startswith("320")
        assert "*" in example
    assert all("*" in example for example in Finding.objects.get(field__name="姓名").evidence["examples"])


@pytest.mark.parametrize("model", [Scan, Finding, LedgerEntry, Job, Distribution, DataField])
def test_no_raw_value_is_in_any_row_that_a_scan_writes(stages: Stages, model: type[models.Model]) -> None:
    text = everything(model)
    assert len(text) > 2
    assert not [value for value in raw_cells("身份证号", "姓名", "手机号", "出生日期") if value in text]


def test_the_scan_tells_what_was_read_and_by_which_rules(stages: Stages) -> None:
    scan = stages.scan
    assert (scan.state, scan.rows, scan.reasons) == ("complete", 240, [])
    assert scan.rules_version
    assert scan.fingerprint.startswith("sha256:")
    assert [column["name"] for column in scan.columns] == list(ROLES)
    distribution = stages.distribution
    assert (distribution.rows, distribution.fingerprint) == (240, scan.fingerprint)
    line = LedgerEntry.objects.about(scan).get(action="scan.finished")
    assert line.details["rows"] == 240
    assert "CN_RESIDENT_ID" in line.details["types"]


def test_a_field_shows_no_verdict_before_an_officer_has_decided(stages: Stages) -> None:
    assert set(stages.distribution.fields.values_list("entity_type", "role", "grade")) == {("", "none", "")}


def test_a_sample_is_never_called_complete(stages: Stages, cast: Cast) -> None:
    before = stages.distribution.fingerprint
    scan = request_scan(actor=cast.oscar, distribution=stages.distribution, mode=ScanMode.SAMPLE)
    assert stages.run_jobs() == [JobState.INCOMPLETE]
    scan.refresh_from_db()
    assert [reason["code"] for reason in scan.reasons] == ["sampled"]
    assert stages.distribution.fingerprint == before


def test_a_table_that_changes_while_it_is_read_is_not_called_scanned(stages: Stages, cast: Cast) -> None:
    before = everything(Finding)
    scan = request_scan(actor=cast.oscar, distribution=stages.distribution)
    job = claim(job_id=scan.job_id, worker="test")
    assert job is not None
    run = InterruptedRun(job, "fingerprint", lambda: Acts(stages).replace_table(visits_csv(100)))
    assert _run_handler(run, job) == JobState.FAILED
    scan.refresh_from_db()
    assert scan.job.error_code == "source_changed"
    assert everything(Finding) == before


# --- cancelling and failing -----------------------------------------------------------------------------------------------------


def test_a_queued_scan_is_cancelled_at_once(stages: Stages, cast: Cast) -> None:
    scan = request_scan(actor=cast.oscar, distribution=stages.distribution)
    cancel_scan(actor=cast.stella, scan=scan)
    assert Scan.objects.get(pk=scan.pk).state == "cancelled"
    assert stages.run_jobs() == []
    lines = LedgerEntry.objects.about(scan).values_list("action", flat=True)
    assert list(lines) == ["scan.requested", "scan.cancelled", "scan.cancel_requested"]
    with pytest.raises(WrongState):
        cancel_scan(actor=cast.stella, scan=Scan.objects.get(pk=scan.pk))


@pytest.mark.parametrize("name", ["amy", "rita", "adam", "wendy"])
def test_nobody_else_cancels_it(stages: Stages, cast: Cast, name: str) -> None:
    scan = request_scan(actor=cast.oscar, distribution=stages.distribution)
    with pytest.raises(NotPermitted):
        cancel_scan(actor=getattr(cast, name), scan=scan)
    assert Scan.objects.get(pk=scan.pk).state == "queued"


def test_a_cancelled_scan_leaves_the_findings_as_they_were(stages: Stages, cast: Cast) -> None:
    before = everything(Finding)
    scan = request_scan(actor=cast.oscar, distribution=stages.distribution)
    cancel_scan(actor=cast.oscar, scan=scan)
    assert everything(Finding) == before


def test_a_source_that_cannot_be_read_fails_the_scan_and_tells_why(stages: Stages, cast: Cast) -> None:
    delete_sealed(UPLOADS, stages.source.sealed_name)
    before = everything(Finding)
    scan = request_scan(actor=cast.oscar, distribution=stages.distribution)
    assert stages.run_jobs() == [JobState.FAILED]
    scan.refresh_from_db()
    assert scan.job.error_code
    assert scan.job.error_message
    assert everything(Finding) == before
    assert last_line(scan).action == "scan.failed"


def test_a_source_without_rows_fails_the_scan(stages: Stages, cast: Cast) -> None:
    Acts(stages).replace_table(b"")
    scan = request_scan(actor=cast.oscar, distribution=stages.distribution)
    assert stages.run_jobs() == [JobState.FAILED]
    scan.refresh_from_db()
    assert scan.job.error_code != "internal_error"


# --- scanning again ---------------------------------------------------------------------------------------------------------------


def scan_again(stages: Stages, content: bytes | None = None) -> Scan:
    if content is not None:
        name = stages.source.sealed_name
        delete_sealed(UPLOADS, name)
        with sealed_output(UPLOADS, name) as sink:
            sink.write(content)
    scan = request_scan(actor=stages.cast.oscar, distribution=stages.distribution)
    assert stages.run_jobs()[0] == JobState.COMPLETE
    return scan


def finding_of(name: str) -> Any:
    return Finding.objects.select_related("field").get(field__name=name)


def test_scanning_again_keeps_what_was_decided(stages: Stages, cast: Cast) -> None:
    stages.review()
    correct_finding(
        actor=cast.oscar, finding=finding_of("区县"), entity_type="REGION", role="none", reason="只有两个区"
    )
    reject_finding(actor=cast.oscar, finding=finding_of("诊断"), reason="测试数据")
    decided = list(
        Finding.objects.values("field", "state", "entity_type", "role", "reason", "decided_by", "decided_at")
    )
    scan = scan_again(stages)
    assert list(Finding.objects.values(*decided[0])) == decided
    assert set(Finding.objects.values_list("scan", flat=True)) == {scan.pk}


def with_phones(phone: Callable[[int], str]) -> bytes:
    """The visits with something else in the column of phone numbers; `phone` is given the row's number."""
    header, *rows = visits_csv().decode().splitlines()
    cells = ([*row.split(",")[:2], phone(number), *row.split(",")[3:]] for number, row in enumerate(rows))
    return ("\n".join([header, *map(",".join, cells)]) + "\n").encode()


EMAILS, NOTHING = with_phones(lambda number: f"user{number}@example.cn"), with_phones(lambda number: "")


def test_a_changed_verdict_asks_again(stages: Stages) -> None:
    stages.review()
    scan_again(stages, EMAILS)
    asked = finding_of("手机号")
    assert (asked.state, asked.entity_type, asked.decided_by) == ("proposed", "EMAIL_ADDRESS", None)
    assert set(Finding.objects.exclude(field__name="手机号").values_list("state", flat=True)) == {"confirmed"}


def test_a_request_for_a_second_person_survives_a_scan_that_says_the_same(stages: Stages, cast: Cast) -> None:
    reject_finding(actor=cast.oscar, finding=finding_of("身份证号"), reason="测试号码")
    scan_again(stages)
    waiting = finding_of("身份证号")
    assert (waiting.state, waiting.pending_state, waiting.pending_by) == ("proposed", "rejected", cast.oscar)
    reject_finding(actor=cast.olga, finding=waiting, reason="测试号码")
    assert finding_of("身份证号").state == "rejected"


def test_a_proposal_that_is_no_longer_seen_is_gone_and_a_decision_stands(stages: Stages, cast: Cast) -> None:
    confirm_finding(actor=cast.oscar, finding=finding_of("手机号"))
    header, *rows = visits_csv().decode().splitlines()
    emptied = "\n".join([header, *(",".join([*row.split(",")[:1], "", "", *row.split(",")[3:]]) for row in rows)])
    scan_again(stages, (emptied + "\n").encode())
    assert not Finding.objects.filter(field__name="姓名").exists()
    assert finding_of("手机号").state == "confirmed"


def test_a_decision_that_a_scan_asked_again_stands_as_it_was_once_nothing_is_seen_any_more(
    stages: Stages, cast: Cast
) -> None:
    stages.review()
    verdict = finding_of("手机号")
    scan_again(stages, EMAILS)
    assert finding_of("手机号").state == "proposed"
    scan_again(stages, NOTHING)
    kept = finding_of("手机号")
    decided = ("state", "entity_type", "role", "reason", "decided_by", "decided_at")
    assert [getattr(kept, name) for name in decided] == [getattr(verdict, name) for name in decided]
    assert (kept.field.entity_type, kept.field.role) == (kept.entity_type, kept.role) == ("CN_MOBILE", "direct")
    assert not Finding.objects.awaiting_review().exists()
    scan_again(stages, EMAILS)
    assert finding_of("手机号").state == "proposed", "what the scan says now was never decided"


def test_a_finding_that_nobody_decided_goes_with_what_was_asked_of_it(stages: Stages, cast: Cast) -> None:
    reject_finding(actor=cast.oscar, finding=finding_of("身份证号"), reason="测试号码")
    assert FindingDecision.objects.get().waits
    header, *rows = visits_csv().decode().splitlines()
    scan_again(stages, ("\n".join([header, *("," + row.partition(",")[2] for row in rows)]) + "\n").encode())
    assert not Finding.objects.filter(field__name="身份证号").exists()
    field = stages.field("身份证号")
    assert (field.entity_type, field.role) == ("", "none")
