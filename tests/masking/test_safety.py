"""What a policy may not do to what a scan found, and what the officer is warned of."""

from __future__ import annotations

import pytest

from privacy.detection.model import FieldRole
from privacy.masking.errors import ColumnsMissing, DirectIdentifierInClear
from privacy.masking.policy import policy_from_dict
from privacy.masking.safety import ColumnFacts, check_policy, policy_warnings

ROLES = {
    "id_no": FieldRole.DIRECT,
    "phone": FieldRole.DIRECT,
    "sex": FieldRole.QUASI,
    "amount": FieldRole.NONE,
}


def warned(rule: dict[str, object] | str, facts: ColumnFacts) -> list[str]:
    warnings = policy_warnings(policy_from_dict({"fields": {"c": rule}}), {"c": facts})
    assert all("c" in str(warning) for warning in warnings)
    return [warning.code for warning in warnings]


def test_a_direct_identifier_may_not_be_kept_by_name_or_by_default() -> None:
    with pytest.raises(DirectIdentifierInClear) as caught:
        check_policy(policy_from_dict({"fields": {"id_no": "keep", "phone": "token"}}), ROLES)
    assert caught.value.code == "direct_identifier_in_clear"
    assert caught.value.params["columns"] == "id_no"
    with pytest.raises(DirectIdentifierInClear) as caught:
        check_policy(policy_from_dict({"default": "keep"}), {**ROLES, "id_no": "direct"})
    assert caught.value.params["columns"] == "id_no, phone"


def test_every_other_operator_on_a_direct_identifier_is_allowed() -> None:
    check_policy(policy_from_dict({"default": "token", "fields": {"sex": "keep", "amount": "keep"}}), ROLES)


def test_a_policy_for_another_table_is_refused() -> None:
    with pytest.raises(ColumnsMissing):
        check_policy(policy_from_dict({"fields": {"fax": "drop"}}), ROLES)


@pytest.mark.parametrize(
    "facts",
    [
        ColumnFacts(entity_type="SEX"),
        ColumnFacts(entity_type="REGION", distinct=9, rows=100),
        ColumnFacts(entity_type="BIRTH_DATE", distinct=30_000, rows=31_000),
        ColumnFacts(distinct=12, rows=10_000),
        ColumnFacts(distinct=900_000, rows=50_000_000),
    ],
)
def test_tokens_of_few_values_are_warned_of(facts: ColumnFacts) -> None:
    assert warned("token", facts) == ["frequency_attack"]
    assert warned("drop", facts) == []


@pytest.mark.parametrize(
    "facts",
    [
        ColumnFacts(entity_type="CN_RESIDENT_ID", distinct=50, rows=100),
        ColumnFacts(distinct=950, rows=1000),
        ColumnFacts(distinct=2_000_000, rows=50_000_000),
        ColumnFacts(),
    ],
)
def test_tokens_of_identifiers_and_keys_are_not(facts: ColumnFacts) -> None:
    assert warned("token", facts) == []


def test_how_often_an_encrypted_text_occurs_can_be_seen_too() -> None:
    assert warned("encrypt", ColumnFacts(entity_type="SEX")) == ["frequency_attack"]
    assert warned("keep", ColumnFacts(entity_type="SEX")) == []


@pytest.mark.parametrize(
    ("first", "last", "thin"),
    [
        (14, 0, True),
        (6, 4, True),
        (3, 4, True),
        (14, 3, True),
        (4, 2, False),
        (6, 0, False),
        (1, 1, False),
        (16, 2, False),
    ],
)
def test_a_mask_that_leaves_few_resident_ids_possible_is_warned_of(first: int, last: int, thin: bool) -> None:
    rule: dict[str, object] = {"operator": "partial_mask", "keep_first": first, "keep_last": last}
    codes = warned(rule, ColumnFacts(entity_type="CN_RESIDENT_ID"))
    assert codes == (["mask_too_thin"] if thin else [])
    assert warned(rule, ColumnFacts(entity_type="CN_USCC")) == []


def test_the_preset_for_resident_ids_is_not_too_thin() -> None:
    assert (
        warned({"operator": "partial_mask", "preset": "resident_id"}, ColumnFacts(entity_type="CN_RESIDENT_ID")) == []
    )
