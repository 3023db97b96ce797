"""Versions of a table's protection, and its policy as a file: kept, compared, restored, taken over; all of it or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.errors import InvalidInput, NotPermitted
from catalog.ledger.models import LedgerEntry
from privacy.masking.policy import policy_from_toml
from privacy.models import FieldProtection, ProtectionPolicy, ProtectionVersion
from privacy.services.findings import correct_finding
from privacy.services.policy_files import (
    LONGEST_POLICY,
    changes_of,
    import_policy,
    policy_file,
    restore_protection_version,
)
from privacy.services.protection_history import versions_of
from privacy.services.protections import policy_of, propose_protections, set_protection
from tests.cast import Cast
from tests.stages import ROLES, Stages
from tests.world import last_line

STRANGERS = ["stella", "amy", "fiona", "audrey", "adam", "rita", "ivan", "wendy", "carl"]


@pytest.fixture
def proposed(stages: Stages, cast: Cast) -> Stages:
    """Every field has its proposed rule: version 1."""
    stages.review()
    propose_protections(actor=cast.oscar, distribution=stages.distribution)
    return stages


def operators(stages: Stages) -> dict[str, str]:
    return {name: rule.operator.value for name, rule in policy_of(stages.distribution)[0].fields.items()}


def version_of(stages: Stages) -> int:
    return policy_of(stages.distribution)[1]


# --- versions ----------------------------------------------------------------------------------------------------------------------


def test_every_act_keeps_what_it_left_behind(proposed: Stages, cast: Cast) -> None:
    set_protection(actor=cast.olga, field=proposed.field("手机号"), operator="drop")
    newest, first = versions_of(proposed.distribution)
    assert [(kept.version, kept.changed_by) for kept in (newest, first)] == [(2, cast.olga), (1, cast.oscar)]
    assert (first.document["fields"]["手机号"]["operator"], newest.document["fields"]["手机号"]["operator"]) == (
        "token",
        "drop",
    )
    assert newest.digest == policy_of(proposed.distribution)[0].digest() != first.digest


def test_a_proposal_is_one_version_however_many_fields_it_writes(proposed: Stages) -> None:
    assert version_of(proposed) == ProtectionVersion.objects.count() == 1


def test_rules_written_before_versions_were_kept_are_kept_before_they_change(proposed: Stages, cast: Cast) -> None:
    ProtectionVersion.objects.all().delete()
    set_protection(actor=cast.olga, field=proposed.field("手机号"), operator="drop")
    newest, first = versions_of(proposed.distribution)
    assert (first.version, first.changed_by) == (1, cast.oscar)
    assert first.changed_at < newest.changed_at
    assert first.document["fields"]["手机号"]["operator"] == "token"


def test_two_versions_are_compared_by_field(proposed: Stages, cast: Cast) -> None:
    set_protection(actor=cast.olga, field=proposed.field("手机号"), operator="drop")
    set_protection(actor=cast.olga, field=proposed.field("出生日期"), operator="generalise", parameters={"to": "year"})
    asked: dict[str, Any] = {"actor": cast.amy, "distribution": proposed.distribution}
    (only,) = changes_of(**asked, before=1, after=2)
    assert only.before is not None
    assert only.after is not None
    assert (only.field, only.before.operator, only.after.operator) == ("手机号", "token", "drop")
    assert {change.field for change in changes_of(**asked, before=1)} == {"手机号", "出生日期"}
    assert changes_of(**asked, before=3) == ()
    with pytest.raises(InvalidInput) as refused:
        changes_of(**asked, before=4)
    assert refused.value.code == "version_unknown"
    with pytest.raises(NotPermitted):
        changes_of(actor=cast.rita, distribution=proposed.distribution, before=1)


def test_an_earlier_version_is_restored_as_a_new_one(proposed: Stages, cast: Cast) -> None:
    before = policy_of(proposed.distribution)[0]
    set_protection(actor=cast.olga, field=proposed.field("手机号"), operator="drop", null="fail")
    restored = restore_protection_version(actor=cast.oscar, distribution=proposed.distribution, version=1)
    assert (restored.version, restored.changed) == (3, ("手机号",))
    assert policy_of(proposed.distribution) == (before, 3)
    assert versions_of(proposed.distribution).first().digest == before.digest()
    line = last_line(proposed.draft)
    assert (line.action, line.details["restored_version"], line.details["policy_version"], line.details["fields"]) == (
        "protection.restored",
        1,
        3,
        1,
    )


def test_a_field_that_had_no_rule_has_none_again(stages: Stages, cast: Cast) -> None:
    stages.review()
    set_protection(actor=cast.oscar, field=stages.field("区县"), operator="keep")
    propose_protections(actor=cast.oscar, distribution=stages.distribution)
    restored = restore_protection_version(actor=cast.oscar, distribution=stages.distribution, version=1)
    assert operators(stages) == {"区县": "keep"}
    assert len(restored.changed) == len(ROLES) - 1


def test_restoring_what_stands_writes_nothing(proposed: Stages, cast: Cast) -> None:
    lines = LedgerEntry.objects.count()
    restored = restore_protection_version(actor=cast.oscar, distribution=proposed.distribution, version=1)
    assert (restored.version, restored.changed) == (1, ())
    assert (ProtectionVersion.objects.count(), LedgerEntry.objects.count()) == (1, lines)


def test_a_version_that_keeps_what_is_a_direct_identifier_by_now_is_refused_by_name(stages: Stages, cast: Cast) -> None:
    stages.review()
    field = stages.field("区县")
    set_protection(actor=cast.oscar, field=field, operator="keep")
    set_protection(actor=cast.oscar, field=field, operator="drop")
    correct_finding(actor=cast.oscar, finding=field.finding, entity_type="CN_ADDRESS", role="direct", reason="含门牌")
    with pytest.raises(InvalidInput) as refused:
        restore_protection_version(actor=cast.oscar, distribution=stages.distribution, version=1)
    assert "区县" in str(refused.value)
    assert (operators(stages), version_of(stages)) == ({"区县": "drop"}, 2)


@pytest.mark.parametrize("name", STRANGERS)
def test_nobody_else_restores_or_takes_over(proposed: Stages, cast: Cast, name: str) -> None:
    asked: dict[str, Any] = {"actor": getattr(cast, name), "distribution": proposed.distribution}
    with pytest.raises(NotPermitted):
        restore_protection_version(**asked, version=1)
    with pytest.raises(NotPermitted):
        import_policy(**asked, content=b"")
    assert version_of(proposed) == 1


# --- files -------------------------------------------------------------------------------------------------------------------------


def test_a_policy_goes_out_and_comes_back_unchanged(proposed: Stages, cast: Cast) -> None:
    text = policy_file(actor=cast.amy, distribution=proposed.distribution)
    assert policy_from_toml(text) == policy_of(proposed.distribution)[0]
    taken = import_policy(actor=cast.oscar, distribution=proposed.distribution, content=text.encode())
    assert (taken.version, taken.changed) == (1, ())


def test_a_file_says_all_there_is(proposed: Stages, cast: Cast) -> None:
    content = """
[fields."身份证号"]
operator = "token"
invalid = "fail"
[fields."出生日期"]
operator = "generalise"
to = "year"
""".replace("\n", "\r\n")
    taken = import_policy(actor=cast.oscar, distribution=proposed.distribution, content=content.encode("utf-8-sig"))
    assert taken.version == 2
    assert operators(proposed) == {"身份证号": "token", "出生日期": "generalise"}
    rule = policy_of(proposed.distribution)[0].fields["身份证号"]
    assert (rule.invalid, rule.entity_type) == ("fail", "CN_RESIDENT_ID")
    line = last_line(proposed.draft)
    assert (line.action, line.details["policy_version"], line.details["fields"]) == (
        "protection.imported",
        2,
        len(taken.changed),
    )
    earlier = policy_file(actor=cast.amy, distribution=proposed.distribution, version=1)
    assert set(policy_from_toml(earlier).fields) == set(ROLES)


def test_a_default_other_than_drop_is_written_for_every_field_it_stands_for(proposed: Stages, cast: Cast) -> None:
    import_policy(actor=cast.oscar, distribution=proposed.distribution, content=b'default = "null"')
    assert operators(proposed) == dict.fromkeys(ROLES, "null")


@pytest.mark.parametrize(
    ("content", "code", "named"),
    [
        ("operator token", "policy_unreadable", ""),
        ('[fields."年龄"]\noperator = "keep"', "columns_missing", "年龄"),
        ('[fields."手机号"]\noperator = "keep"', "direct_identifier_in_clear", "手机号"),
        ('default = "keep"', "direct_identifier_in_clear", "身份证号"),
        ('[fields."区县"]\noperator = "shred"', "operator_unknown", "区县"),
        ('[fields."区县"]\noperator = "token"\nlength = 4', "parameter_unknown", "区县"),
        ('[fields."区县"]\noperator = "token"\nentity_type = "CN_MOBILE"', "entity_type_differs", "区县"),
        ('default = { operator = "token", entity_type = "CN_MOBILE" }', "entity_type_differs", "default"),
        ("\xff", "policy_not_utf8", ""),
        ("#" * (LONGEST_POLICY + 1), "policy_too_large", ""),
    ],
    ids=lambda value: value[:24],
)
def test_what_is_wrong_with_a_file_is_named_and_nothing_is_lost(
    proposed: Stages, cast: Cast, content: str, code: str, named: str
) -> None:
    before = policy_of(proposed.distribution)
    raw = content.encode("latin-1") if content == "\xff" else content.encode()
    with pytest.raises(InvalidInput) as refused:
        import_policy(actor=cast.oscar, distribution=proposed.distribution, content=raw)
    assert refused.value.code == code
    assert named in str(refused.value)
    assert policy_of(proposed.distribution) == before
    assert (ProtectionVersion.objects.count(), ProtectionPolicy.objects.get().version) == (1, 1)
    assert FieldProtection.objects.count() == len(ROLES)
