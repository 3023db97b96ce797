"""Policies: what can be written, what is refused and how clearly, and what identifies one."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.masking import policy as policy_module
from privacy.masking.errors import (
    ColumnsAmbiguous,
    ColumnsMissing,
    OperatorUnavailable,
    OperatorUnknown,
    ParameterInvalid,
    ParameterMissing,
    ParameterUnknown,
    PolicyError,
    PolicyUnreadable,
    PresetUnknown,
)
from privacy.masking.operators import PROPERTIES, Operator, Technique, available_operators
from privacy.masking.policy import (
    FieldRule,
    InvalidPolicy,
    NullPolicy,
    Policy,
    check_rule,
    policy_from_dict,
    policy_from_toml,
    rule_from_dict,
)

DESIGN_EXAMPLE = """
default = "drop"            # for fields not named
[fields.id_no]
operator = "token"
[fields.phone]
operator = "partial_mask"
preset = "mobile"
"""

RULES: list[dict[str, object]] = [
    {"operator": "keep"},
    {"operator": "drop"},
    {"operator": "null"},
    {"operator": "constant", "value": "已隐去"},
    {"operator": "constant", "value": 0},
    {"operator": "token", "entity_type": "CN_MOBILE", "invalid": "null", "null": "fail"},
    {"operator": "partial_mask", "preset": "name", "mask_char": "#"},
    {"operator": "partial_mask", "keep_first": 1, "keep_last": 2},
    {"operator": "generalise", "to": "month"},
    {"operator": "generalise", "width": 10},
    {"operator": "generalise", "to": "age_band", "width": 10, "top": 90, "on": "2026-01-01"},
    {"operator": "generalise", "to": "group", "groups": {"姑苏区": "苏州市"}, "other": "其他"},
]


def test_the_designs_example_reads_as_it_says() -> None:
    policy = policy_from_toml(DESIGN_EXAMPLE)
    rules = policy.rules_for(["name", "id_no", "phone"])
    assert [rule.operator for rule in rules.values()] == [Operator.DROP, Operator.TOKEN, Operator.PARTIAL_MASK]
    assert dict(rules["phone"].parameters) == {"preset": "mobile"}
    assert policy.kept_columns(["name", "id_no", "phone"]) == ("id_no", "phone")


@pytest.mark.parametrize("document", RULES)
def test_a_rule_survives_the_way_to_json_and_back(document: dict[str, object]) -> None:
    rule = rule_from_dict(document, field="f")
    again = rule_from_dict(json.loads(json.dumps(rule.to_dict())), field="f")
    assert again.to_dict() == rule.to_dict()
    assert again.invalid_policy is rule.invalid_policy


def test_parameters_may_stand_beside_the_operator_or_in_their_own_table() -> None:
    beside = rule_from_dict({"operator": "generalise", "width": 10}, field="f")
    nested = rule_from_dict({"operator": "generalise", "parameters": {"width": 10}}, field="f")
    assert beside == nested
    with pytest.raises(ParameterInvalid):
        rule_from_dict({"operator": "generalise", "width": 10, "parameters": {"width": 5}}, field="f")


def test_a_default_may_be_a_table_and_an_operator_may_stand_alone() -> None:
    policy = policy_from_dict({"default": {"operator": "constant", "value": "x"}, "fields": {"a": "keep"}})
    assert policy.default.parameters["value"] == "x"
    assert policy.fields["a"].operator is Operator.KEEP
    assert policy_from_dict({}).default.operator is Operator.DROP


def test_toml_dates_are_taken_as_dates() -> None:
    policy = policy_from_toml('[fields.b]\noperator = "generalise"\nto = "age_band"\non = 2026-01-31\n')
    assert policy.fields["b"].parameters["on"] == datetime.date(2026, 1, 31).isoformat()


@pytest.fixture
def without_redact(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version of the program that cannot redact."""
    less = dict(PROPERTIES) | {Operator.REDACT: replace(PROPERTIES[Operator.REDACT], available=False)}
    monkeypatch.setattr(policy_module, "PROPERTIES", less)


@pytest.mark.usefixtures("without_redact")
def test_an_operator_that_is_not_built_says_so_and_lists_those_that_are() -> None:
    with pytest.raises(OperatorUnavailable) as caught:
        rule_from_dict({"operator": "redact", "radix": 10}, field="id_no")
    assert caught.value.code == "operator_unavailable"
    assert "keep, drop, null, constant, partial_mask, token, " in str(caught.value)
    assert "id_no" in str(caught.value)


@pytest.mark.parametrize(
    ("document", "error", "said"),
    [
        ({"operator": "hash"}, OperatorUnknown, "hash"),
        ({"operator": 7}, OperatorUnknown, "7"),
        ({"operator": "partial_mask", "preset": "iban"}, PresetUnknown, "mobile"),
        ({"operator": "partial_mask", "preset": "mobile", "keep_first": 3}, ParameterUnknown, "keep_first"),
        ({"operator": "keep", "preset": "mobile"}, ParameterUnknown, "preset"),
        ({"operator": "token", "length": 8}, ParameterUnknown, "length"),
        ({"operator": "partial_mask", "keep_first": "3"}, ParameterInvalid, "whole number"),
        ({"operator": "partial_mask", "keep_first": True}, ParameterInvalid, "whole number"),
        ({"operator": "partial_mask", "keep_first": -1}, ParameterInvalid, "whole number"),
        ({"operator": "partial_mask", "mask_char": "**"}, ParameterInvalid, "one ASCII character"),
        ({"operator": "partial_mask", "mask_char": "0"}, ParameterInvalid, "one ASCII character"),
        ({"operator": "constant"}, ParameterMissing, "value"),
        ({"operator": "constant", "value": ["a"]}, ParameterInvalid, "a text"),
        ({"operator": "constant", "value": float("nan")}, ParameterInvalid, "a text"),
        ({"operator": "generalise"}, ParameterMissing, "to"),
        ({"operator": "generalise", "to": "week"}, ParameterInvalid, "month"),
        ({"operator": "generalise", "to": "range"}, ParameterMissing, "width"),
        ({"operator": "generalise", "width": 0}, ParameterInvalid, "above 0"),
        ({"operator": "generalise", "width": float("inf")}, ParameterInvalid, "above 0"),
        ({"operator": "generalise", "to": "area", "digits": 5}, ParameterInvalid, "2, 4 or 6"),
        ({"operator": "generalise", "to": "prefix"}, ParameterMissing, "length"),
        ({"operator": "generalise", "to": "group", "groups": {}}, ParameterInvalid, "table"),
        ({"operator": "generalise", "to": "group", "groups": {"a": 1}}, ParameterInvalid, "table"),
        ({"operator": "generalise", "to": "age_band", "on": "yesterday"}, ParameterInvalid, "date"),
        ({"operator": "generalise", "to": "month", "width": 3}, ParameterUnknown, "width"),
        ({"operator": "token", "invalid": "keep"}, ParameterInvalid, "null, token, fail"),
        ({"operator": "token", "null": "token"}, ParameterInvalid, "keep, fail"),
        ({"operator": "token", "entity_type": 3}, ParameterInvalid, "a text"),
        ({"operator": "token", "parameters": "x"}, ParameterInvalid, "a table"),
        ({"preset": "mobile"}, PolicyUnreadable, "operator"),
        (["token"], PolicyUnreadable, "phone"),
    ],
)
def test_a_mistake_in_a_rule_is_named(document: object, error: type[PolicyError], said: str) -> None:
    with pytest.raises(error) as caught:
        rule_from_dict(document, field="phone")
    assert said in str(caught.value)
    assert "phone" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "default = ",
        'defualt = "drop"',
        'fields = "all"',
        "version = 2",
        "[fields]\nphone = 3",
        'default = "everything"',
    ],
)
def test_a_policy_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(PolicyError) as caught:
        policy_from_toml(text)
    assert str(caught.value)
    assert caught.value.__cause__ is None


def test_a_column_that_is_gone_is_an_error_that_lists_it() -> None:
    policy = policy_from_dict({"fields": {"phone": "token", "fax": "token", "name": "keep"}})
    with pytest.raises(ColumnsMissing) as caught:
        policy.rules_for(["name", "address"])
    assert caught.value.params["columns"] == "fax, phone"


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(ColumnsAmbiguous) as caught:
        Policy().rules_for(["a", "b", "a"])
    assert caught.value.params["columns"] == "a"


def test_malformed_values_are_tokenised_by_tokens_and_dropped_by_others_unless_said() -> None:
    assert FieldRule(Operator.TOKEN).invalid_policy is InvalidPolicy.TOKEN
    assert FieldRule(Operator.PARTIAL_MASK).invalid_policy is InvalidPolicy.NULL
    assert FieldRule(Operator.GENERALISE, invalid=InvalidPolicy.FAIL).invalid_policy is InvalidPolicy.FAIL
    assert FieldRule(Operator.KEEP).null is NullPolicy.KEEP


def test_a_rule_made_in_code_can_be_checked() -> None:
    check_rule(FieldRule(Operator.GENERALISE, parameters={"to": "year"}), field="f")
    with pytest.raises(ParameterUnknown):
        check_rule(FieldRule(Operator.KEEP, parameters={"to": "year"}), field="f")
    check_rule(FieldRule(Operator.REDACT), field="f")


def test_the_digest_is_of_what_the_policy_says_and_not_of_how_it_is_written() -> None:
    first = policy_from_toml(DESIGN_EXAMPLE)
    second = policy_from_dict(
        {
            "fields": {
                "phone": {"parameters": {"preset": "mobile"}, "operator": "partial_mask", "invalid": "null"},
                "id_no": "token",
            }
        }
    )
    assert first.digest() == second.digest()
    assert len(first.digest()) == 64
    assert policy_from_dict(first.to_dict()).digest() == first.digest()


@given(
    st.dictionaries(st.text(min_size=1, max_size=5), st.sampled_from(RULES), max_size=5),
    st.dictionaries(st.text(min_size=1, max_size=5), st.sampled_from(RULES), max_size=5),
)
def test_two_policies_have_one_digest_only_if_they_say_the_same(
    first: dict[str, object], second: dict[str, object]
) -> None:
    one, other = policy_from_dict({"fields": first}), policy_from_dict({"fields": second})
    assert (one.digest() == other.digest()) == (one.to_dict() == other.to_dict())


def test_entity_types_of_a_scan_fill_what_the_policy_leaves_open() -> None:
    policy = policy_from_dict({"fields": {"id": "token", "tel": {"operator": "token", "entity_type": "CN_LANDLINE"}}})
    found = {"id": "CN_RESIDENT_ID", "tel": "CN_MOBILE", "note": None, "mail": "EMAIL_ADDRESS"}
    typed = policy.with_entity_types(found)
    assert typed.fields["id"].entity_type == "CN_RESIDENT_ID"
    assert typed.fields["tel"].entity_type == "CN_LANDLINE"
    assert set(typed.fields) == {"id", "tel"}
    everything = (
        policy_from_dict({"default": "token"}).with_entity_types(found).rules_for(["mail", "note", "tel", "id"])
    )
    assert everything["mail"].entity_type == "EMAIL_ADDRESS"
    assert everything["note"].entity_type is None


def test_every_operator_declares_what_it_is() -> None:
    assert set(PROPERTIES) == set(Operator)
    assert [operator.value for operator in available_operators()] == [
        "keep",
        "drop",
        "null",
        "constant",
        "partial_mask",
        "token",
        "ff1",
        "surrogate",
        "encrypt",
        "date_shift",
        "generalise",
        "round",
        "noise",
        "clip",
        "dictionary",
        "redact",
    ]
    assert PROPERTIES[Operator.TOKEN].technique is Technique.PSEUDONYMISATION
    assert not PROPERTIES[Operator.TOKEN].reversible
    assert PROPERTIES[Operator.TOKEN].preserves_uniqueness
    assert PROPERTIES[Operator.GENERALISE].technique is Technique.GENERALISATION
    assert PROPERTIES[Operator.PARTIAL_MASK].technique is Technique.SUPPRESSION
