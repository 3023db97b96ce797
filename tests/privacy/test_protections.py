"""Protection: one rule a field, a proposal for all of them, and a preview that shows no value."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from catalog.datasets.models import DataField
from catalog.errors import Blocked, InvalidInput, NotPermitted
from catalog.ledger.models import LedgerEntry
from privacy.models import FieldProtection, ProtectionPolicy
from privacy.services.findings import confirm_finding, correct_finding
from privacy.services.protections import policy_of, preview_protection, propose_protections, set_protection
from tests.cast import Cast
from tests.stages import ROLES, Stages, visits_csv
from tests.world import last_line

STRANGERS = ["stella", "amy", "fiona", "audrey", "adam", "rita", "ivan", "wendy", "carl"]


@pytest.fixture
def reviewed(stages: Stages) -> Stages:
    """Every finding is decided; no field has a rule."""
    stages.review()
    return stages


def rules(stages: Stages) -> dict[str, tuple[str, dict[str, Any]]]:
    rows = FieldProtection.objects.filter(distribution=stages.distribution).select_related("field")
    return {row.field.name: (row.operator, row.parameters) for row in rows}


def raw_cells(name: str) -> set[str]:
    header, *rows = visits_csv().decode().splitlines()
    return {row.split(",")[header.split(",").index(name)] for row in rows}


# --- one rule a field ----------------------------------------------------------------------------------------------------------------


def test_an_officer_sets_the_rule_of_a_field(reviewed: Stages, cast: Cast) -> None:
    protection = set_protection(
        actor=cast.oscar, field=reviewed.field("手机号"), operator="partial_mask", parameters={"preset": "mobile"}
    )
    assert (protection.operator, protection.parameters, protection.changed_by) == (
        "partial_mask",
        {"preset": "mobile"},
        cast.oscar,
    )
    line = last_line(reviewed.draft)
    assert (line.action, line.details["operator"], line.details["policy_version"]) == (
        "protection.set",
        "partial_mask",
        1,
    )


@pytest.mark.parametrize("name", STRANGERS)
def test_nobody_else_does(reviewed: Stages, cast: Cast, name: str) -> None:
    actor, field = getattr(cast, name), reviewed.field("手机号")
    with pytest.raises(NotPermitted):
        set_protection(actor=actor, field=field, operator="drop")
    with pytest.raises(NotPermitted):
        propose_protections(actor=actor, distribution=reviewed.distribution)
    with pytest.raises(NotPermitted):
        preview_protection(actor=actor, field=field, operator="drop")
    assert not FieldProtection.objects.exists()


@pytest.mark.parametrize("name", ["身份证号", "姓名", "手机号"])
def test_keeping_a_confirmed_direct_identifier_is_refused(reviewed: Stages, cast: Cast, name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        set_protection(actor=cast.oscar, field=reviewed.field(name), operator="keep")
    assert refused.value.code == "direct_identifier_in_clear"
    assert not FieldProtection.objects.exists()
    with pytest.raises(InvalidInput):
        preview_protection(actor=cast.oscar, field=reviewed.field(name), operator="keep")


def test_keeping_what_was_corrected_to_a_direct_identifier_is_refused_too(reviewed: Stages, cast: Cast) -> None:
    field = reviewed.field("区县")
    assert set_protection(actor=cast.oscar, field=field, operator="keep")
    correct_finding(actor=cast.oscar, finding=field.finding, entity_type="CN_ADDRESS", role="direct", reason="含门牌")
    with pytest.raises(InvalidInput):
        set_protection(actor=cast.oscar, field=reviewed.field("区县"), operator="keep")


@pytest.mark.parametrize(
    ("operator", "parameters", "code"),
    [
        ("shred", {}, "operator_unknown"),
        ("partial_mask", {"preset": "nickname"}, "preset_unknown"),
        ("token", {"length": 4}, "parameter_unknown"),
        ("generalise", {"to": "century"}, "parameter_invalid"),
        ("partial_mask", {"keep_first": -1}, "parameter_invalid"),
        ("constant", {}, "parameter_missing"),
    ],
)
def test_a_rule_that_cannot_be_applied_is_refused_and_named(
    reviewed: Stages, cast: Cast, operator: str, parameters: dict[str, Any], code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        set_protection(actor=cast.oscar, field=reviewed.field("手机号"), operator=operator, parameters=parameters)
    assert refused.value.code == code
    assert "手机号" in str(refused.value)
    assert not FieldProtection.objects.exists()
    assert policy_of(reviewed.distribution)[1] == 0


def test_the_version_moves_with_every_change(reviewed: Stages, cast: Cast) -> None:
    versions, digests = [], set()
    for operator in ("drop", "token", "token"):
        set_protection(actor=cast.oscar, field=reviewed.field("手机号"), operator=operator)
        policy, version = policy_of(reviewed.distribution)
        versions.append(version)
        digests.add(policy.digest())
    assert versions == [1, 2, 3]
    assert len(digests) == 2
    assert ProtectionPolicy.objects.count() == FieldProtection.objects.count() == 1


def test_a_field_without_a_rule_is_dropped(reviewed: Stages, cast: Cast) -> None:
    set_protection(actor=cast.oscar, field=reviewed.field("区县"), operator="keep")
    policy, _ = policy_of(reviewed.distribution)
    kept = {name: rule.operator.value for name, rule in policy.rules_for(ROLES).items()}
    assert kept == {**dict.fromkeys(ROLES, "drop"), "区县": "keep"}


def test_the_type_that_a_rule_works_on_is_the_confirmed_one(reviewed: Stages, cast: Cast) -> None:
    set_protection(actor=cast.oscar, field=reviewed.field("身份证号"), operator="token")
    policy, _ = policy_of(reviewed.distribution)
    assert policy.fields["身份证号"].entity_type == "CN_RESIDENT_ID"


def test_rules_are_seen_by_the_providers_side_only(reviewed: Stages, cast: Cast) -> None:
    propose_protections(actor=cast.oscar, distribution=reviewed.distribution)
    for person in (cast.oscar, cast.stella, cast.amy):
        assert FieldProtection.objects.visible_to(person).count() == len(ROLES)
    for person in (cast.rita, cast.ivan, cast.wendy, cast.carl, cast.adam):
        assert not FieldProtection.objects.visible_to(person).exists()


# --- the proposal ---------------------------------------------------------------------------------------------------------------------


def test_a_proposal_follows_from_what_is_confirmed(reviewed: Stages, cast: Cast) -> None:
    propose_protections(actor=cast.oscar, distribution=reviewed.distribution)
    assert rules(reviewed) == {
        "身份证号": ("token", {}),
        "姓名": ("drop", {}),
        "手机号": ("token", {}),
        "性别": ("keep", {}),
        "出生日期": ("generalise", {"to": "decade"}),
        "区县": ("keep", {}),
        "诊断": ("keep", {}),
    }
    line = last_line(reviewed.draft)
    assert (line.action, line.details["fields"]) == ("protection.proposed", 7)


def test_a_proposal_leaves_alone_what_an_officer_has_set(reviewed: Stages, cast: Cast) -> None:
    set_protection(actor=cast.olga, field=reviewed.field("手机号"), operator="drop")
    assert len(propose_protections(actor=cast.oscar, distribution=reviewed.distribution)) == 6
    assert rules(reviewed)["手机号"] == ("drop", {})
    assert propose_protections(actor=cast.oscar, distribution=reviewed.distribution) == []


def test_before_the_findings_are_decided_nothing_is_proposed(stages: Stages, cast: Cast) -> None:
    for name in list(ROLES)[:-1]:
        confirm_finding(actor=cast.oscar, finding=stages.field(name).finding)
    with pytest.raises(Blocked) as refused:
        propose_protections(actor=cast.oscar, distribution=stages.distribution)
    assert (refused.value.status, refused.value.code) == (409, "findings_undecided")
    assert not FieldProtection.objects.exists()


# --- the preview -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "operator", "parameters", "after"),
    [
        ("身份证号", "token", {}, r"[A-Z2-7]{16}"),
        ("手机号", "partial_mask", {"preset": "mobile"}, r"138\*{4}\d{4}"),
        ("手机号", "drop", {}, r""),
        ("姓名", "token", {}, r"[A-Z2-7]{16}"),
        ("出生日期", "generalise", {"to": "year"}, r"19\d\d"),
        ("出生日期", "keep", {}, r"19\d\d-\*\*-\*\*"),
        ("区县", "keep", {}, r"..区"),
    ],
)
def test_a_preview_shows_what_a_rule_does_to_masked_values(
    reviewed: Stages, cast: Cast, name: str, operator: str, parameters: dict[str, Any], after: str
) -> None:
    samples = preview_protection(actor=cast.oscar, field=reviewed.field(name), operator=operator, parameters=parameters)
    assert 1 <= len(samples) <= 8
    assert all(re.fullmatch(after, sample.after) for sample in samples)
    if name not in ("区县", "性别"):
        shown = {text for sample in samples for text in (sample.before, sample.after)}
        assert not shown & raw_cells(name)


def test_a_preview_changes_and_records_nothing(reviewed: Stages, cast: Cast) -> None:
    lines = LedgerEntry.objects.count()
    preview_protection(actor=cast.oscar, field=reviewed.field("身份证号"), operator="token")
    assert LedgerEntry.objects.count() == lines
    assert not FieldProtection.objects.exists()


def test_the_tokens_of_a_preview_are_of_a_key_that_is_thrown_away(reviewed: Stages, cast: Cast) -> None:
    first, second = (
        preview_protection(actor=cast.oscar, field=reviewed.field("身份证号"), operator="token") for _ in range(2)
    )
    assert {sample.before for sample in first} == {sample.before for sample in second}
    assert not {sample.after for sample in first} & {sample.after for sample in second}


def test_a_preview_of_a_rule_that_cannot_be_applied_is_refused(reviewed: Stages, cast: Cast) -> None:
    with pytest.raises(InvalidInput):
        preview_protection(actor=cast.oscar, field=reviewed.field("手机号"), operator="shred")


def test_the_lines_of_protection_hold_no_value(reviewed: Stages, cast: Cast) -> None:
    propose_protections(actor=cast.oscar, distribution=reviewed.distribution)
    set_protection(actor=cast.oscar, field=reviewed.field("区县"), operator="constant", parameters={"value": "苏州市"})
    text = json.dumps(list(LedgerEntry.objects.values_list("details", flat=True)), ensure_ascii=False)
    assert "苏州" not in text
    assert DataField.objects.get(name="区县").protection.parameters == {"value": "苏州市"}
