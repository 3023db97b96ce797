"""Deciding findings: confirm, correct, reject, declare; what a checksum proves takes two people to wave away."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from catalog.datasets.models import GRADES_BY_WEIGHT, DataField
from catalog.errors import InvalidInput, NotPermitted, WrongState
from catalog.ledger.models import LedgerEntry
from privacy.models import Finding
from privacy.services.findings import confirm_finding, correct_finding, declare_finding, reject_finding
from privacy.services.scans import request_scan
from tests.cast import Cast
from tests.stages import ROLES, Stages
from tests.world import last_line

STRANGERS = ["stella", "amy", "fiona", "audrey", "adam", "rita", "ivan", "wendy", "carl"]


def finding_of(name: str) -> Finding:
    found: Finding = Finding.objects.select_related("field").get(field__name=name)
    return found


def field_of(name: str) -> DataField:
    return DataField.objects.select_related("distribution__dataset__provider").get(name=name)


def undecided(name: str) -> Finding:
    """The finding, with nothing decided and nothing asked."""
    found = finding_of(name)
    assert (found.state, found.pending_state, found.decided_by) == ("proposed", "", None)
    assert (field_of(name).entity_type, field_of(name).role) == ("", "none")
    return found


# --- confirming ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "verdict"), ROLES.items())
def test_a_confirmed_verdict_stands_on_the_field_with_the_grade_of_its_type(
    stages: Stages, cast: Cast, name: str, verdict: tuple[str, str]
) -> None:
    finding = confirm_finding(actor=cast.oscar, finding=finding_of(name))
    assert (finding.state, finding.decided_by, finding.decided_at is not None) == ("confirmed", cast.oscar, True)
    field = field_of(name)
    assert (field.entity_type, field.role) == verdict
    assert field.grade.startswith("general_")
    assert verdict[0] in field.grade_reason


def test_the_gravest_field_grades_the_dataset(stages: Stages, cast: Cast) -> None:
    for name in ("诊断", "性别"):
        confirm_finding(actor=cast.oscar, finding=finding_of(name))
        assert stages.draft.grade == field_of("诊断").grade
    assert GRADES_BY_WEIGHT.index(field_of("诊断").grade) < GRADES_BY_WEIGHT.index(field_of("性别").grade)


def test_a_grade_is_raised_by_a_finding_and_never_lowered(stages: Stages, cast: Cast) -> None:
    DataField.objects.filter(name="性别").update(grade="important")
    confirm_finding(actor=cast.oscar, finding=finding_of("性别"))
    assert field_of("性别").grade == "important"


def test_a_finding_is_confirmed_once(stages: Stages, cast: Cast) -> None:
    confirm_finding(actor=cast.oscar, finding=finding_of("性别"))
    with pytest.raises(WrongState) as refused:
        confirm_finding(actor=cast.olga, finding=finding_of("性别"))
    assert refused.value.status == 409


@pytest.mark.parametrize("name", STRANGERS)
def test_only_a_privacy_officer_of_the_data_decides(stages: Stages, cast: Cast, name: str) -> None:
    actor, finding = getattr(cast, name), finding_of("性别")
    with pytest.raises(NotPermitted):
        confirm_finding(actor=actor, finding=finding)
    with pytest.raises(NotPermitted):
        correct_finding(actor=actor, finding=finding, entity_type="SEX", role="none", reason="已核对")
    with pytest.raises(NotPermitted):
        reject_finding(actor=actor, finding=finding, reason="已核对")
    with pytest.raises(NotPermitted):
        declare_finding(actor=actor, field=field_of("性别"), entity_type="SEX", role="quasi", reason="已核对")
    undecided("性别")


# --- correcting and rejecting ----------------------------------------------------------------------------------------------------


def test_a_correction_says_what_the_field_really_is(stages: Stages, cast: Cast) -> None:
    finding = correct_finding(
        actor=cast.oscar, finding=finding_of("区县"), entity_type="CN_ADDRESS", role="direct", reason="含门牌"
    )
    assert (finding.state, finding.reason) == ("corrected", "含门牌")
    assert (finding.found_type, finding.found_role) == ROLES["区县"]
    assert (field_of("区县").entity_type, field_of("区县").role) == ("CN_ADDRESS", "direct")


def test_a_rejection_takes_the_verdict_off_the_field(stages: Stages, cast: Cast) -> None:
    confirm_finding(actor=cast.oscar, finding=finding_of("手机号"))
    finding = reject_finding(actor=cast.oscar, finding=finding_of("手机号"), reason="机构总机号")
    assert (finding.state, finding.entity_type, finding.role) == ("rejected", "", "none")
    assert (field_of("手机号").entity_type, field_of("手机号").role) == ("", "none")


def test_a_decision_can_be_changed_again(stages: Stages, cast: Cast) -> None:
    reject_finding(actor=cast.oscar, finding=finding_of("手机号"), reason="机构总机号")
    correct_finding(
        actor=cast.olga, finding=finding_of("手机号"), entity_type="CN_MOBILE", role="direct", reason="是本人号码"
    )
    assert (finding_of("手机号").state, finding_of("手机号").decided_by) == ("corrected", cast.olga)


@pytest.mark.parametrize(
    ("entity_type", "role", "reason", "wrong"),
    [
        ("SEX", "secret", "已核对", "role"),
        ("LUCKY_NUMBER", "quasi", "已核对", "entity_type"),
        ("SEX", "quasi", "  ", "reason"),
        ("SEX", "quasi", "长" * 501, "reason"),
    ],
)
def test_a_correction_that_cannot_be_is_refused(
    stages: Stages, cast: Cast, entity_type: str, role: str, reason: str, wrong: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        correct_finding(actor=cast.oscar, finding=finding_of("性别"), entity_type=entity_type, role=role, reason=reason)
    assert list(refused.value.fields) == [wrong]
    undecided("性别")


@pytest.mark.parametrize("reason", ["", " ", "长" * 501])
def test_a_rejection_says_why_and_shortly(stages: Stages, cast: Cast, reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        reject_finding(actor=cast.oscar, finding=finding_of("性别"), reason=reason)
    assert list(refused.value.fields) == ["reason"]
    undecided("性别")


def test_every_decision_is_a_line_without_its_reason(stages: Stages, cast: Cast) -> None:
    finding = confirm_finding(actor=cast.oscar, finding=finding_of("手机号"))
    reject_finding(actor=cast.olga, finding=finding, reason="机构总机号")
    lines = LedgerEntry.objects.about(finding)
    assert [(line.action, line.actor) for line in lines] == [
        ("finding.confirmed", cast.oscar),
        ("finding.rejected", cast.olga),
    ]
    assert {line.organization for line in lines} == {cast.health}
    assert "总机" not in str([line.details for line in lines])


# --- declaring by hand -------------------------------------------------------------------------------------------------------------


def forget(name: str) -> DataField:
    """The scanner found nothing in this field."""
    Finding.objects.filter(field__name=name).delete()
    return field_of(name)


def test_an_officer_declares_what_the_scanner_did_not_see(stages: Stages, cast: Cast) -> None:
    finding = declare_finding(
        actor=cast.oscar, field=forget("区县"), entity_type="REGION", role="quasi", reason="与户籍表可关联"
    )
    assert (finding.state, finding.scan, finding.decided_by) == ("corrected", None, cast.oscar)
    assert field_of("区县").role == "quasi"
    assert LedgerEntry.objects.about(finding).get().action == "finding.corrected"


def test_a_declaration_needs_no_entity_type_but_a_role_and_a_reason(stages: Stages, cast: Cast) -> None:
    field = forget("区县")
    for role, reason in (("secret", "已核对"), ("quasi", "")):
        with pytest.raises(InvalidInput):
            declare_finding(actor=cast.oscar, field=field, entity_type="", role=role, reason=reason)
    assert declare_finding(actor=cast.oscar, field=field, entity_type="", role="quasi", reason="可关联")


def test_where_there_is_a_finding_it_is_corrected_and_not_declared(stages: Stages, cast: Cast) -> None:
    with pytest.raises(WrongState) as refused:
        declare_finding(actor=cast.oscar, field=field_of("区县"), entity_type="", role="none", reason="已核对")
    assert refused.value.code == "finding_exists"


def test_what_was_declared_by_hand_stands_when_a_scan_agrees_and_is_asked_again_when_it_does_not(
    stages: Stages, cast: Cast
) -> None:
    declare_finding(actor=cast.oscar, field=forget("区县"), entity_type="REGION", role="quasi", reason="可关联")
    declare_finding(actor=cast.oscar, field=forget("诊断"), entity_type="", role="quasi", reason="可关联")
    request_scan(actor=cast.oscar, distribution=stages.distribution)
    stages.run_jobs()
    assert finding_of("区县").state == "corrected"
    assert (finding_of("诊断").state, finding_of("诊断").entity_type) == ("proposed", "DIAGNOSIS")


# --- the second person ---------------------------------------------------------------------------------------------------------------


def reject(actor: Any) -> Finding:
    return reject_finding(actor=actor, finding=finding_of("身份证号"), reason="测试号码")


def downgrade(actor: Any, role: str = "quasi") -> Finding:
    return correct_finding(
        actor=actor, finding=finding_of("身份证号"), entity_type="CN_RESIDENT_ID", role=role, reason="已脱敏"
    )


@pytest.mark.parametrize("act", [reject, downgrade])
def test_one_person_does_not_wave_away_what_a_checksum_proves(stages: Stages, cast: Cast, act: Any) -> None:
    finding = act(cast.oscar)
    assert finding.state == "proposed"
    assert finding.pending_state in ("rejected", "corrected")
    assert finding.pending_by == cast.oscar
    assert finding in Finding.objects.awaiting_review()
    assert (field_of("身份证号").entity_type, field_of("身份证号").role) == ("", "none")
    assert last_line(finding).action == "finding.second_person_asked"


@pytest.mark.parametrize("act", [reject, downgrade])
def test_the_same_person_asking_twice_is_not_two(stages: Stages, cast: Cast, act: Any) -> None:
    act(cast.oscar)
    with pytest.raises(NotPermitted) as refused:
        act(cast.oscar)
    assert refused.value.code == "second_person_needed"
    assert finding_of("身份证号").state == "proposed"


def test_a_second_officer_saying_the_same_decides(stages: Stages, cast: Cast) -> None:
    reject(cast.oscar)
    finding = reject(cast.olga)
    assert (finding.state, finding.role, finding.pending_state, finding.pending_by) == ("rejected", "none", "", None)
    assert finding.decided_by == cast.olga
    line = last_line(finding)
    assert (line.action, line.details["first_person"]) == ("finding.rejected", cast.oscar.pk)
    assert finding not in Finding.objects.awaiting_review()


def test_a_second_officer_saying_something_else_asks_anew(stages: Stages, cast: Cast) -> None:
    reject(cast.oscar)
    finding = downgrade(cast.olga)
    assert (finding.state, finding.pending_state, finding.pending_role) == ("proposed", "corrected", "quasi")
    assert finding.pending_by == cast.olga
    assert downgrade(cast.oscar).state == "corrected"
    assert field_of("身份证号").role == "quasi"


def test_a_confirmed_finding_stays_confirmed_until_the_second_person(stages: Stages, cast: Cast) -> None:
    confirm_finding(actor=cast.oscar, finding=finding_of("身份证号"))
    finding = reject(cast.olga)
    assert (finding.state, finding.pending_state) == ("confirmed", "rejected")
    assert field_of("身份证号").role == "direct"
    assert reject(cast.oscar).state == "rejected"
    assert field_of("身份证号").role == "none"


def test_confirming_ends_what_was_asked(stages: Stages, cast: Cast) -> None:
    reject(cast.oscar)
    finding = confirm_finding(actor=cast.olga, finding=finding_of("身份证号"))
    assert (finding.state, finding.pending_state, finding.pending_by) == ("confirmed", "", None)


def test_who_is_no_officer_is_no_second_person(stages: Stages, cast: Cast) -> None:
    reject(cast.oscar)
    for name in STRANGERS:
        with pytest.raises(NotPermitted):
            reject(getattr(cast, name))
    assert finding_of("身份证号").state == "proposed"


def test_another_type_of_the_same_strictness_is_one_persons_word(stages: Stages, cast: Cast) -> None:
    finding = correct_finding(
        actor=cast.oscar, finding=finding_of("身份证号"), entity_type="CN_PASSPORT", role="direct", reason="护照号"
    )
    assert finding.state == "corrected"


def test_after_a_correction_of_the_type_a_downgrade_still_takes_two(stages: Stages, cast: Cast) -> None:
    """The checksum proves what the scanner saw, not what the officer called it since."""
    correct_finding(
        actor=cast.oscar, finding=finding_of("身份证号"), entity_type="CN_PASSPORT", role="direct", reason="护照号"
    )
    assert reject(cast.oscar).state == "corrected"
    assert finding_of("身份证号").pending_state == "rejected"


def test_without_a_checksum_one_officer_is_enough(stages: Stages, cast: Cast) -> None:
    assert not finding_of("姓名").checksum_proven
    assert reject_finding(actor=cast.oscar, finding=finding_of("姓名"), reason="课程名称").state == "rejected"


def test_the_database_wants_to_know_who_asked(stages: Stages) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Finding.objects.filter(field__name="身份证号").update(pending_state="rejected")
