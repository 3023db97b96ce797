"""A policy as a document: whatever it says is read back as the same policy, and the difference of two names every field."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from privacy.masking.policy import NullPolicy, Policy, policy_from_dict, policy_from_toml
from privacy.masking.policy_document import compare_policies, policy_document, policy_to_toml

# Everything a column may be called; neither TOML nor a database takes half a surrogate pair.
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
PLAIN: Any = st.sampled_from(
    [
        ({"operator": "keep"}),
        ({"operator": "drop"}),
        ({"operator": "token", "entity_type": "CN_MOBILE", "invalid": "fail", "null": "fail"}),
        ({"operator": "partial_mask", "preset": "mobile", "mask_char": "#"}),
        ({"operator": "generalise", "to": "range", "width": 0.5, "origin": -3}),
        ({"operator": "generalise", "to": "age_band", "on": "2026-01-31", "top": 90}),
    ]
)
CONSTANTS = st.builds(
    lambda value: {"operator": "constant", "value": value},
    TEXTS | st.integers(-(2**63), 2**63 - 1) | st.booleans() | st.floats(0, 1e300),
)
GROUPS = st.builds(
    lambda groups: {"operator": "generalise", "groups": groups},
    st.dictionaries(NAMES, TEXTS.filter(str.strip), min_size=1, max_size=3),
)
RULES = PLAIN | CONSTANTS | GROUPS
POLICIES = st.builds(
    lambda fields, default: policy_from_dict({"fields": fields, "default": default}),
    st.dictionaries(NAMES, RULES, max_size=4),
    RULES,
)


@given(POLICIES)
def test_a_policy_is_read_back_from_what_is_written(policy: Policy) -> None:
    assert policy_from_toml(policy_to_toml(policy)) == policy
    assert policy_from_dict(policy_document(policy)) == policy
    assert policy_from_toml(policy_to_toml(policy)).digest() == policy.digest()


@given(POLICIES, POLICIES)
def test_the_difference_leads_from_one_to_the_other(before: Policy, after: Policy) -> None:
    changes = compare_policies(before, after)
    fields = dict(before.fields)
    for change in changes:
        assert fields.get(change.field) == change.before
        fields.pop(change.field, None)
        if change.after is not None:
            fields[change.field] = change.after
    assert {name: rule.to_dict() for name, rule in fields.items()} == {
        name: rule.to_dict() for name, rule in after.fields.items()
    }
    assert compare_policies(before, before) == ()


def test_a_policy_that_is_spelt_out_is_no_other_one() -> None:
    implied, spelt = (
        policy_from_dict({"fields": {"a": {"operator": "token", **said}}}) for said in ({}, {"invalid": "token"})
    )
    assert compare_policies(implied, spelt) == ()


def test_missing_values_that_stop_protection_are_a_difference() -> None:
    kept, stopped = (policy_from_dict({"fields": {"a": {"operator": "keep", "null": null}}}) for null in NullPolicy)
    assert [change.field for change in compare_policies(kept, stopped)] == ["a"]
