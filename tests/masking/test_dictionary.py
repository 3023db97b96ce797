"""Substitutes: the same for the same, of the kind asked for, and nothing of the value in them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.masking.dictionary import possible_substitutes
from privacy.masking.engine import protect_batches
from privacy.masking.errors import KeyMissing, PolicyError
from privacy.masking.keys import DomainKey
from privacy.masking.operators import PROPERTIES, Operator
from privacy.masking.policy import policy_from_dict, rule_from_dict
from privacy.masking.safety import ColumnFacts, policy_warnings
from privacy.masking.word_lists import PARTS, VERSION, Kind

KEYS = DomainKey(bytes(range(32)))
FORMS = {
    "chinese_name": r"^[一-龥]{2,3}$",
    "english_name": r"^[A-Z][a-z]+ [A-Z][a-z]+$",
    "company": r"^[一-龥]{4,}公司$",
    "street": r"^[一-龥]{3,4}\d{1,3}号$",
}


def replaced(values: pa.Array[Any], keys: DomainKey | None = KEYS, **rule: Any) -> list[Any]:
    batch = pa.RecordBatch.from_arrays([values], names=["x"])
    policy = policy_from_dict({"fields": {"x": {"operator": "dictionary", **rule}}})
    (out,) = protect_batches([batch], batch.schema, policy, keys)
    result: list[Any] = out.column(0).to_pylist()
    return result


@pytest.mark.parametrize("kind", sorted(FORMS))
def test_every_kind_looks_like_what_it_is(kind: str) -> None:
    values = pa.array([f"value {number}" for number in range(2000)])
    found = pa.array(replaced(values, kind=kind))
    assert pa.compute.all(pa.compute.match_substring_regex(found, FORMS[kind])).as_py()
    # Rarely the same: about n² / 2N pairs among n values.
    assert len(set(found.to_pylist())) > 2000 - 3 * 2000**2 / (2 * possible_substitutes(Kind(kind))) - 20


def test_all_spellings_of_a_name_give_one_substitute() -> None:
    one, spaced, other, nobody, blank = replaced(
        pa.array(["王小明", " 王 小明", "李四", None, ""]), entity_type="PERSON"
    )
    assert one == spaced != other
    assert (nobody, blank) == (None, None)
    assert "王小明" not in (one, other)


def test_dictionary_columns_and_numbers_are_replaced_too() -> None:
    assert replaced(pa.array(["a", "b", "a"]).dictionary_encode(), kind="company") == replaced(
        pa.array(["a", "b", "a"]), kind="company"
    )
    assert replaced(pa.array([7, 8]), kind="street") == replaced(pa.array(["7", "8"]), kind="street")


@given(st.lists(st.text(min_size=1, max_size=8), min_size=1))
def test_equal_values_get_equal_substitutes_whatever_they_are(values: list[str]) -> None:
    result = replaced(pa.array(values, type=pa.string()), kind="chinese_name")
    seen: dict[str, Any] = {}
    assert all(seen.setdefault(value, found) == found for value, found in zip(values, result, strict=True))
    assert replaced(pa.array(values, type=pa.string()), kind="chinese_name") == result


def test_another_key_gives_other_names() -> None:
    values = pa.array([f"value {number}" for number in range(100)])
    one, other = (replaced(values, keys, kind="chinese_name") for keys in (KEYS, DomainKey(bytes(range(1, 33)))))
    assert sum(a == b for a, b in zip(one, other, strict=True)) < 5


def test_the_kind_follows_from_the_type_and_the_version_is_told() -> None:
    rule = rule_from_dict({"operator": "dictionary", "entity_type": "EMPLOYER"}, field="x")
    assert rule.told_parameters == {"kind": "company", "word_lists": VERSION}
    with pytest.raises(PolicyError):
        rule_from_dict({"operator": "dictionary"}, field="x")
    with pytest.raises(PolicyError):
        rule_from_dict({"operator": "dictionary", "kind": "city"}, field="x")
    with pytest.raises(KeyMissing):
        replaced(pa.array(["a"]), None, kind="street")


def test_the_lists_are_many_enough_and_no_part_of_them_is_empty_by_mistake() -> None:
    assert set(PARTS) == set(Kind)
    assert possible_substitutes(Kind.CHINESE_NAME) > 1_000_000
    assert all(len(part) > 1 for parts in PARTS.values() for part in parts)


def test_officers_are_told_that_a_substitute_may_be_real() -> None:
    policy = policy_from_dict({"fields": {"x": {"operator": "dictionary", "kind": "company"}}})
    codes = [warning.code for warning in policy_warnings(policy, {"x": ColumnFacts(distinct=12, rows=1000)})]
    assert codes == ["frequency_attack", "substitute_may_be_real"]
    assert not PROPERTIES[Operator.DICTIONARY].preserves_uniqueness
