"""What stands between a table and a release from it, each problem by its code; and the digest that everything a release stands on has."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from catalog.datasets.models import Distribution, SubjectKind
from catalog.datasets.registration import attach_table, register_upload
from catalog.datasets.services import declare_subject, register_dataset
from catalog.jobs.models import Job, JobState
from catalog.sources import SourceError
from catalog.storage import UPLOADS, delete_sealed
from privacy.models import FieldProtection, Finding, Scan, ScanMode
from privacy.services.findings import correct_finding, reject_finding
from privacy.services.protections import set_protection
from privacy.services.readiness import Basis, basis_of, current_fingerprint
from privacy.services.scans import request_scan
from tests.access.acts import Acts
from tests.cast import Cast
from tests.stages import PROTECTION, RECORD, Stages, sealed_upload, visits_csv


@pytest.fixture
def ready(stages: Stages) -> Stages:
    assert stages.ready
    return stages


def basis(stages: Stages) -> Basis:
    return basis_of(stages.distribution, fingerprint=current_fingerprint(stages.distribution))


def problems(stages: Stages) -> list[str]:
    return [problem.code for problem in basis(stages).problems]


def test_what_is_scanned_reviewed_and_protected_is_ready(ready: Stages) -> None:
    found = basis(ready)
    assert found.problems == ()
    assert (found.scan_id, found.fingerprint) == (ready.scan.pk, ready.scan.fingerprint)
    assert found.policy_version == len(PROTECTION)


def test_before_anything_is_done_everything_is_missing(stages: Stages, cast: Cast) -> None:
    source = register_upload(
        actor=cast.stella, organization=cast.health, name="new", upload=sealed_upload("new.csv", visits_csv(20))
    )
    dataset = register_dataset(actor=cast.stella, provider=cast.health, values=RECORD)
    distribution = attach_table(actor=cast.stella, dataset=dataset, source=source, table=None)
    found = basis_of(distribution, fingerprint=current_fingerprint(distribution))
    assert [problem.code for problem in found.problems] == [
        "scan_missing",
        "subject_missing",
        "quasi_missing",
        "protection_missing",
    ]
    assert found.scan_id is None


def test_after_the_scan_alone_the_decisions_are_missing(stages: Stages) -> None:
    assert problems(stages) == ["findings_undecided", "subject_missing", "protection_missing"]


def with_unread_text(stages: Stages, *others: dict[str, Any]) -> None:
    """The last scan ran out of time in the text of 区县, and whatever else is said."""
    scan = stages.scan
    scan.reasons = [{"code": "text_unread", "message": "…", "params": {"column": "区县", "rows": 7}}, *others]
    scan.save()
    Job.objects.filter(scan=scan).update(state=JobState.INCOMPLETE)


def drop(stages: Stages, name: str = "区县") -> None:
    set_protection(actor=stages.cast.oscar, field=stages.field(name), operator="drop")


def test_text_left_unread_stands_in_the_way_unless_its_field_is_dropped(ready: Stages) -> None:
    with_unread_text(ready)
    assert problems(ready) == ["scan_not_complete"], "区县 leaves, and nobody has read all of it"
    drop(ready)
    assert problems(ready) == []
    set_protection(
        actor=ready.cast.oscar, field=ready.field("区县"), operator="generalise", parameters={"to": "district"}
    )
    assert problems(ready) == ["scan_not_complete"]
    FieldProtection.objects.filter(field=ready.field("区县")).delete()
    assert problems(ready) == [], "a field without a rule is dropped"


def test_a_scan_that_ran_out_of_time_for_text_is_enough_for_the_fields_without_it(
    stages: Stages, cast: Cast, settings: Any
) -> None:
    """From the file to the list of problems: the remarks mention people, and nobody had the time to read them."""
    settings.SCAN_TEXT_BUDGET_SECONDS = 0
    header, *rows = visits_csv(60).decode().splitlines()
    remarks = [f"{row},经办人林志强今天联系了患者家属，第{number}次" for number, row in enumerate(rows)]
    content = "\n".join([f"{header},备注", *remarks]).encode()
    source = register_upload(
        actor=cast.stella, organization=cast.health, name="remarks", upload=sealed_upload("remarks.csv", content)
    )
    dataset = register_dataset(actor=cast.stella, provider=cast.health, values=RECORD)
    distribution = attach_table(actor=cast.stella, dataset=dataset, source=source, table=None)
    scan = request_scan(actor=cast.oscar, distribution=distribution)
    stages.run_jobs()
    scan.refresh_from_db()
    distribution.refresh_from_db()
    assert scan.state == JobState.INCOMPLETE
    assert [(reason["code"], reason["params"]["column"]) for reason in scan.reasons] == [("text_unread", "备注")]
    assert (distribution.rows, distribution.fingerprint) == (60, scan.fingerprint), "every row was read"

    def codes() -> list[str]:
        return [problem.code for problem in basis_of(distribution, fingerprint=distribution.fingerprint).problems]

    assert "scan_not_complete" not in codes(), "nothing leaves yet"
    remark, sex = (distribution.fields.get(name=name) for name in ("备注", "性别"))
    set_protection(actor=cast.oscar, field=sex, operator="keep")
    assert "scan_not_complete" not in codes()
    set_protection(actor=cast.oscar, field=remark, operator="keep")
    assert "scan_not_complete" in codes()
    set_protection(actor=cast.oscar, field=remark, operator="drop")
    assert "scan_not_complete" not in codes()


@pytest.mark.parametrize("operator", ["null", "token"])
def test_a_field_with_unread_text_that_leaves_in_any_form_stands_in_the_way(ready: Stages, operator: str) -> None:
    with_unread_text(ready)
    set_protection(actor=ready.cast.oscar, field=ready.field("区县"), operator=operator)
    assert problems(ready) == ["scan_not_complete"]


@pytest.mark.parametrize(
    "other",
    [
        {"code": "column_missing", "message": "…", "params": {"column": "区县"}},
        {"code": "binary_unread", "message": "…", "params": {"column": "区县", "rows": 3}},
        {"code": "source_changed", "message": "…", "params": {}},
        {"code": "text_unread", "message": "…", "params": {"column": "出生日期", "rows": 3}},
    ],
    ids=lambda other: other["code"],
)
def test_nothing_else_that_was_left_unread_is_passed_over(ready: Stages, other: dict[str, Any]) -> None:
    drop(ready)
    with_unread_text(ready, other)
    assert problems(ready) == ["scan_not_complete"]


def test_what_is_no_defect_of_the_scan_does_not_stand_in_the_way_of_it(ready: Stages) -> None:
    drop(ready)
    with_unread_text(ready, {"code": "digits_lost", "message": "…", "params": {"column": "区县", "rows": 3}})
    assert problems(ready) == []


def test_a_scan_with_unread_text_is_outdated_as_any_other(ready: Stages) -> None:
    drop(ready)
    with_unread_text(ready)
    changed(ready)
    assert problems(ready) == ["source_changed"]


def test_a_sample_is_no_ground_whatever_it_left_unread(ready: Stages) -> None:
    drop(ready)
    with_unread_text(ready)
    Scan.objects.filter(pk=ready.scan.pk).update(mode=ScanMode.SAMPLE)
    assert problems(ready) == ["scan_sampled"]


def sampled(stages: Stages) -> None:
    request_scan(actor=stages.cast.oscar, distribution=stages.distribution, mode=ScanMode.SAMPLE)
    stages.run_jobs()


def read_in_part(stages: Stages) -> None:
    Job.objects.filter(scan=stages.scan).update(state=JobState.INCOMPLETE)


def failed(stages: Stages) -> None:
    scan = request_scan(actor=stages.cast.oscar, distribution=stages.distribution)
    Job.objects.filter(pk=scan.job_id).update(state=JobState.FAILED)


def changed(stages: Stages) -> None:
    Acts(stages).replace_table(visits_csv(241))


def undecided(stages: Stages) -> None:
    Finding.objects.filter(field__name="区县").update(state="proposed")


def waiting(stages: Stages) -> None:
    reject_finding(actor=stages.cast.oscar, finding=stages.field("身份证号").finding, reason="测试号码")


def without_subject(stages: Stages) -> None:
    Distribution.objects.update(subject_field=None)


def without_quasi(stages: Stages) -> None:
    for name in ("性别", "出生日期", "区县"):
        correct_finding(
            actor=stages.cast.oscar, finding=stages.field(name).finding, entity_type="", role="none", reason="已核对"
        )


def without_protection(stages: Stages) -> None:
    FieldProtection.objects.all().delete()


def kept_before_it_was_known(stages: Stages) -> None:
    finding = stages.field("区县").finding
    correct_finding(actor=stages.cast.oscar, finding=finding, entity_type="CN_ADDRESS", role="direct", reason="含门牌")


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (sampled, "scan_sampled"),
        (read_in_part, "scan_not_complete"),
        (failed, "scan_not_complete"),
        (changed, "source_changed"),
        (undecided, "findings_undecided"),
        (waiting, "findings_undecided"),
        (without_subject, "subject_missing"),
        (without_quasi, "quasi_missing"),
        (without_protection, "protection_missing"),
        (kept_before_it_was_known, "direct_identifier_in_clear"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_each_thing_that_is_missing_is_the_one_problem(ready: Stages, make: Any, code: str) -> None:
    make(ready)
    assert problems(ready) == [code]


def test_a_scan_that_was_cancelled_or_still_runs_changes_nothing(ready: Stages, cast: Cast) -> None:
    before = basis(ready)
    scan = request_scan(actor=cast.oscar, distribution=ready.distribution)
    assert basis(ready) == before
    Job.objects.filter(pk=scan.job_id).update(state=JobState.CANCELLED)
    assert basis(ready) == before


def test_a_full_scan_after_a_sample_makes_it_ready_again(ready: Stages, cast: Cast) -> None:
    sampled(ready)
    request_scan(actor=cast.oscar, distribution=ready.distribution)
    ready.run_jobs()
    assert problems(ready) == []


def test_a_table_about_nobody_needs_an_officers_word_and_no_quasi_identifier(ready: Stages, cast: Cast) -> None:
    for name in ("身份证号", "姓名", "手机号"):
        for officer in (cast.oscar, cast.olga):
            finding = ready.field(name).finding
            if finding.state != "rejected":
                reject_finding(actor=officer, finding=finding, reason="测试数据")
    without_quasi(ready)
    assert problems(ready) == ["quasi_missing"]
    declare_subject(actor=cast.oscar, distribution=ready.distribution, kind=SubjectKind.NONE, field=None)
    assert problems(ready) == []


def test_a_direct_identifier_found_later_contradicts_that_word(ready: Stages, cast: Cast) -> None:
    ready.distribution.dataset.__class__.objects.update(subject_kind=SubjectKind.NONE)
    Distribution.objects.update(subject_field=None)
    assert problems(ready) == ["subject_missing"]


def test_a_source_that_cannot_be_read_says_so_itself(ready: Stages) -> None:
    delete_sealed(UPLOADS, ready.source.sealed_name)
    with pytest.raises(SourceError):
        current_fingerprint(ready.distribution)


# --- the digest ------------------------------------------------------------------------------------------------------------------------


def other_rule(stages: Stages) -> None:
    set_protection(actor=stages.cast.oscar, field=stages.field("区县"), operator="drop")


def other_verdict(stages: Stages) -> None:
    correct_finding(
        actor=stages.cast.oscar,
        finding=stages.field("诊断").finding,
        entity_type="DIAGNOSIS",
        role="quasi",
        reason="罕见",
    )


def other_subject(stages: Stages) -> None:
    declare_subject(
        actor=stages.cast.oscar, distribution=stages.distribution, kind=SubjectKind.PERSON, field=stages.field("手机号")
    )


def other_scan(stages: Stages) -> None:
    request_scan(actor=stages.cast.oscar, distribution=stages.distribution)
    stages.run_jobs()


def other_grade(stages: Stages) -> None:
    stages.distribution.fields.filter(name="区县").update(grade="core")


def other_share_type(stages: Stages) -> None:
    stages.distribution.dataset.__class__.objects.update(share_type="withheld", share_citation="传染病防治法第 12 条")


@pytest.mark.parametrize(
    "make",
    [other_rule, other_verdict, other_subject, other_scan, other_grade, other_share_type, changed, waiting],
    ids=lambda value: value.__name__,
)
def test_whatever_a_release_stands_on_is_in_the_digest(ready: Stages, make: Any) -> None:
    before = basis(ready).digest
    with transaction.atomic():
        make(ready)
        assert basis(ready).digest != before
        transaction.set_rollback(True)


def test_the_digest_is_the_same_as_long_as_nothing_changes(ready: Stages) -> None:
    assert basis(ready) == basis(ready)
    assert Scan.objects.count() == 1
