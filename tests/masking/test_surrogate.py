"""Surrogates: well-formed, one for each value, restored under the key; and what is not well-formed never passes."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.detection.arrow import pc
from privacy.detection.canonical import validate
from privacy.detection.checksums import luhn, resident_id_checksum, resident_id_plausible, uscc_checksum, uscc_plausible
from privacy.masking.engine import protect_batches
from privacy.masking.errors import ParameterInvalid, ParameterMissing
from privacy.masking.keys import DomainKey
from privacy.masking.policy import Policy, policy_from_dict
from privacy.masking.safety import ColumnFacts, policy_warnings
from privacy.masking.surrogate import SurrogateForm, SurrogateOperator
from privacy.masking.surrogate_forms import FORMS, TABLES_VERSION, Ranked
from privacy.masking.unchanged import SourceComparison

KEYS = DomainKey(bytes(range(32)))
RESIDENT_ID = "320502199001011238"
KINDS = [(entity_type, form) for entity_type, forms in FORMS.items() for form in forms]
NAMES = [f"{entity_type} of {form.length}" for entity_type, form in KINDS]


def operator(entity_type: str, keys: DomainKey = KEYS) -> SurrogateOperator:
    return SurrogateForm(entity_type).with_key(keys, entity_type)


def values_of(form: Ranked, ranks: list[int]) -> list[str]:
    return [bytes(row).decode() for row in form.unrank(np.array(ranks, dtype=np.uint64))]


def texts(values: list[Any]) -> pa.Array[Any]:
    return pa.array(values, pa.string())


def spelt(values: pa.Array[Any]) -> list[str]:
    return [value or "" for value in values.to_pylist()]


def well_formed(entity_type: str, value: str) -> bool:
    match entity_type:
        case "CN_RESIDENT_ID":
            return resident_id_checksum(value) and resident_id_plausible(value)
        case "CN_USCC":
            return uscc_checksum(value) and uscc_plausible(value)
        case "CN_BANK_CARD":
            return luhn(value) and 16 <= len(value) <= 19
        case _:
            return re.fullmatch(r"1[3-9]\d{9}", value) is not None


@pytest.mark.parametrize(("entity_type", "form"), KINDS, ids=NAMES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_surrogate_is_well_formed_unique_and_comes_back(entity_type: str, form: Ranked, data: st.DataObject) -> None:
    drawn = st.lists(st.integers(0, form.size - 1), min_size=1, max_size=40, unique=True)
    values = values_of(form, [0, form.size - 1, *data.draw(drawn)])
    made = operator(entity_type).apply(texts(values))
    after = spelt(made.values)
    assert not made.invalid.any()
    assert all(well_formed(entity_type, value) for value in after)
    assert {len(value) for value in after} == {form.length}
    assert len(set(after)) == len(set(values))
    assert operator(entity_type).restore(made.values).values.to_pylist() == values
    right = validate(entity_type, made.values)
    assert right.to_pylist() == [True] * len(values)


@pytest.mark.parametrize(("entity_type", "form"), KINDS, ids=NAMES)
def test_a_rank_is_that_of_its_value_from_the_first_to_the_last(entity_type: str, form: Ranked) -> None:
    source = np.random.default_rng(5)
    ranks = np.concatenate(([0, form.size - 1], source.integers(0, form.size, 20_000))).astype(np.uint64)
    found, fits = form.rank(form.unrank(ranks))
    assert fits.all()
    assert np.array_equal(found, ranks)


def test_a_resident_id_keeps_a_place_that_had_a_code_and_a_day_of_the_calendar() -> None:
    made = operator("CN_RESIDENT_ID").apply(texts(values_of(FORMS["CN_RESIDENT_ID"][0], list(range(0, 10**11, 10**8)))))
    days = pc.utf8_slice_codeunits(made.values, 6, 14)
    years = sorted(int(day[:4]) for day in spelt(days))
    assert 1900 <= years[0] <= 1910
    assert 2020 <= years[-1] <= 2029
    assert pc.strptime(days, format="%Y%m%d", unit="s").null_count == 0


@pytest.mark.parametrize(
    ("entity_type", "value"),
    [
        ("CN_RESIDENT_ID", "320502199001011239"),  # the check digit
        ("CN_RESIDENT_ID", "329999199001011234"),  # no such area
        ("CN_RESIDENT_ID", "320502199013011234"),
        ("CN_RESIDENT_ID", "320502199002301234"),
        ("CN_RESIDENT_ID", "320502189001011234"),
        ("CN_MOBILE", "12012345678"),
        ("CN_MOBILE", "15412345678"),
        ("CN_BANK_CARD", "6222021234567890"),
        ("CN_BANK_CARD", "1111111111111117"),
        ("CN_USCC", "91320500MA1MTTTT11"),
        ("CN_USCC", "hello"),
    ],
)
def test_what_is_not_well_formed_is_counted_and_does_not_pass(entity_type: str, value: str) -> None:
    made = operator(entity_type).apply(texts([value, None, "", "无"]))
    assert made.values.to_pylist() == [None] * 4
    assert made.invalid.tolist() == [True, False, False, False]


def test_all_spellings_of_a_number_have_one_surrogate() -> None:
    valid = RESIDENT_ID[:17] + next(c for c in "0123456789X" if resident_id_checksum(RESIDENT_ID[:17] + c))
    spellings = [valid, f" {valid[:6]} {valid[6:14]} {valid[14:]}", f"{valid[:6]}-{valid[6:]}"]
    assert len(set(operator("CN_RESIDENT_ID").apply(texts(spellings)).values.to_pylist())) == 1
    column = pa.array([13812345678, None])
    assert operator("CN_MOBILE").output_type(column.type) == pa.string()
    plain = operator("CN_MOBILE").apply(texts(["13812345678", None]))
    for same in (column, texts(["138-1234-5678", None]), texts(["13812345678", None]).dictionary_encode()):
        assert operator("CN_MOBILE").apply(same).values.equals(plain.values)


def test_cards_of_all_lengths_stand_in_one_column() -> None:
    values = [values_of(form, [12345])[0] for form in FORMS["CN_BANK_CARD"]]
    made = operator("CN_BANK_CARD").apply(texts([*values, None])).values
    assert [len(value) for value in spelt(made)[:4]] == [16, 17, 18, 19]
    assert operator("CN_BANK_CARD").restore(made).values.to_pylist() == [*values, None]


def test_domains_do_not_link() -> None:
    other = operator("CN_MOBILE", DomainKey(bytes(32)))
    assert other.apply(texts(["13812345678"])).values != operator("CN_MOBILE").apply(texts(["13812345678"])).values


def surrogates(**stated: object) -> Policy:
    return policy_from_dict({"fields": {"phone": {"operator": "surrogate", **stated}}})


def test_a_rule_needs_a_type_that_can_have_surrogates() -> None:
    with pytest.raises(ParameterInvalid, match="CN_MOBILE"):
        surrogates(entity_type="PERSON")
    schema = pa.schema([("phone", pa.string())])
    with pytest.raises(ParameterMissing, match="entity_type"):
        protect_batches([], schema, surrogates(), KEYS)
    found = surrogates().with_entity_types({"phone": "CN_MOBILE"})
    assert protect_batches([], schema, found, KEYS).schema == schema


def test_the_manifest_and_the_officer_are_told_that_a_surrogate_may_be_somebodys_number() -> None:
    policy = surrogates(entity_type="CN_MOBILE")
    rows = pa.record_batch([texts(["13812345678", "x", None])], names=["phone"])
    protector = protect_batches([rows], rows.schema, policy, KEYS)
    (made,) = list(protector)
    told = protector.report.columns[0].to_dict()
    assert (told["notes"], told["tables_version"], told["reversible"]) == (["may_be_real"], TABLES_VERSION, True)
    assert (told["invalid"], told["nulls"]) == (1, 1)
    assert [warning.code for warning in policy_warnings(policy, {"phone": ColumnFacts()})] == ["surrogate_may_be_real"]
    comparison = SourceComparison(policy.fields)
    comparison.remember(rows)
    assert list(comparison.compared([made])) == [made]
    assert comparison.findings() == ()
    comparison = SourceComparison(policy.fields)
    comparison.remember(rows)
    assert list(comparison.compared([rows])) == [rows]
    assert [item.column for item in comparison.findings()] == ["phone"]
