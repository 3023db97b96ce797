"""Reversible encryption: the value comes back under the key it was sealed with, and nothing else ever does."""

from __future__ import annotations

import base64
import datetime
import re

import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from hypothesis import given
from hypothesis import strategies as st

from privacy.masking.binding import bound_operator, output_type
from privacy.masking.canonical import canonical_version
from privacy.masking.encryption import KEY_BYTES, EncryptOperator, Form, encrypt_operator
from privacy.masking.engine import protect_batches
from privacy.masking.errors import KeyMissing, ParameterInvalid, TypeUnsuitable, ValuesInvalid
from privacy.masking.keys import DomainKey
from privacy.masking.operators import Operator
from privacy.masking.policy import Policy, policy_from_toml, rule_from_dict

KEYS = DomainKey(bytes(range(32)))
EXACT = encrypt_operator(KEYS, None, Form.EXACT)
RESIDENT_ID = "32050819900101123X"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def sealed(values: list[str | None], operator: EncryptOperator = EXACT) -> list[str | None]:
    result: list[str | None] = operator.apply(pa.array(values, pa.string())).values.to_pylist()
    return result


def restored(values: list[str | None], operator: EncryptOperator = EXACT) -> list[str | None]:
    result: list[str | None] = operator.restore(pa.array(values, pa.string())).values.to_pylist()
    return result


def test_a_text_is_the_mark_and_aes_siv_of_the_canonical_form_in_base64url() -> None:
    version = canonical_version("CN_RESIDENT_ID")
    name = "aes-256-siv-canonical"
    key = KEYS.derive(algorithm=name, entity_type="CN_RESIDENT_ID", canonical_version=version, length=KEY_BYTES)
    parts = [name.encode(), b"CN_RESIDENT_ID", str(version).encode()]
    associated = b"".join(len(part).to_bytes(2, "big") + part for part in parts)
    expected = "siv1" + base64.urlsafe_b64encode(AESSIV(key).encrypt(RESIDENT_ID.encode(), [associated])).decode()
    # The mark is three bytes of the same base64, so only its end is padded.
    operator = encrypt_operator(KEYS, "CN_RESIDENT_ID")
    assert sealed([RESIDENT_ID], operator) == [expected]
    assert restored([expected], operator) == [RESIDENT_ID]


@given(st.lists(st.none() | st.text(max_size=60), max_size=40))
def test_every_text_comes_back_exactly_as_it_stood(values: list[str | None]) -> None:
    made = sealed(values)
    assert restored(made) == values
    assert not EXACT.restore(pa.array(made, pa.string())).invalid.any()
    for value, text in zip(values, made, strict=True):
        assert (text is None) == (value is None)
        assert text is None or re.fullmatch(r"siv1[A-Za-z0-9_-]+=?=?", text)
    there = [value for value in values if value is not None]
    assert len({text for text in made if text is not None}) == len(set(there))


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 31, 32, 33, 4095, 4096, 4097, 100_000])
def test_a_text_may_be_of_any_length(length: int) -> None:
    values: list[str | None] = ["苏" * (length // 3) + "x" * (length % 3), "short", None]
    assert restored(sealed(values)) == values


def test_all_spellings_of_an_id_give_one_text_and_come_back_as_one() -> None:
    operator = encrypt_operator(KEYS, "CN_RESIDENT_ID")
    made = sealed(
        [RESIDENT_ID, RESIDENT_ID.lower(), " 320508 19900101 123x ", "３２０５０８１９９００１０１１２３Ｘ"], operator
    )
    assert len(set(made)) == 1
    assert restored(made, operator) == [RESIDENT_ID] * 4


def test_missing_and_malformed_values_are_told_apart_and_neither_passes() -> None:
    values = pa.array([RESIDENT_ID, None, "", "无", "12345"])
    result = encrypt_operator(KEYS, "CN_RESIDENT_ID").apply(values)
    assert result.values.is_valid().to_pylist() == [True, False, False, False, False]
    assert result.invalid.tolist() == [False, False, False, False, True]
    exact = encrypt_operator(KEYS, "CN_RESIDENT_ID", Form.EXACT)
    assert exact.restore(exact.apply(values).values).values.equals(values)


@given(
    st.text(max_size=30), st.integers(min_value=0), st.sampled_from(LETTERS + "=+/é "), st.sampled_from(["set", "cut"])
)
def test_one_changed_or_missing_character_is_refused(value: str, position: int, letter: str, how: str) -> None:
    (text,) = sealed([value])
    assert text is not None
    place = position % len(text)
    changed = text[:place] + (letter if how == "set" else "") + text[place + 1 :]
    result = EXACT.restore(pa.array([changed, text]))
    if changed == text:
        assert result.values.to_pylist() == [value, value]
    else:
        assert result.values.to_pylist() == [None, value]
        assert result.invalid.tolist() == [True, False]


def test_what_another_key_type_or_form_sealed_is_refused() -> None:
    (text,) = sealed([RESIDENT_ID], encrypt_operator(KEYS, "CN_RESIDENT_ID"))
    for other in (
        encrypt_operator(DomainKey(bytes(32)), "CN_RESIDENT_ID"),
        encrypt_operator(KEYS, "CN_MOBILE"),
        encrypt_operator(KEYS, "CN_RESIDENT_ID", Form.EXACT),
    ):
        result = other.restore(pa.array([text]))
        assert result.values.to_pylist() == [None]
        assert result.invalid.tolist() == [True]


@pytest.mark.parametrize("text", ["", "siv1", "x", RESIDENT_ID, "siv1" + "A" * 24, "siv1" + "=" * 24, "王" * 12])
def test_what_was_never_sealed_is_refused_and_a_null_stays_one(text: str) -> None:
    result = EXACT.restore(pa.array([text, None]))
    assert result.values.to_pylist() == [None, None]
    assert result.invalid.tolist() == [True, False]


def test_columns_that_repeat_dictionaries_and_slices_have_the_texts_of_plain_ones() -> None:
    values = [f"张{'甲乙丙丁'[i % 4]}" if i % 7 else None for i in range(9000)]
    by_value = dict(zip(["张甲", "张乙", "张丙", "张丁"], sealed(["张甲", "张乙", "张丙", "张丁"]), strict=True))
    expected = [by_value[value] if value else None for value in values]
    column = pa.array(values)
    assert EXACT.apply(column).values.to_pylist() == expected
    assert EXACT.apply(column.dictionary_encode()).values.to_pylist() == expected
    part = EXACT.apply(column.slice(1001, 50)).values
    assert part.to_pylist() == expected[1001:1051]
    assert EXACT.restore(part.slice(3, 20)).values.to_pylist() == values[1004:1024]


def test_numbers_and_dates_are_sealed_as_they_are_spelt() -> None:
    for column, spelt in (
        (pa.array([13812345678, None]), "13812345678"),
        (pa.array([13812345678.0, None]), "13812345678"),
        (pa.array([datetime.date(1990, 1, 1), None]), "1990-01-01"),
    ):
        assert EXACT.restore(EXACT.apply(column).values).values.to_pylist() == [spelt, None]


def test_a_rule_names_its_form_needs_a_key_and_a_text() -> None:
    assert rule_from_dict({"operator": "encrypt", "form": "exact"}, field="a").told_parameters == {"form": "exact"}
    with pytest.raises(ParameterInvalid, match="canonical, exact"):
        rule_from_dict({"operator": "encrypt", "form": "raw"}, field="a")
    with pytest.raises(KeyMissing):
        bound_operator(Operator.ENCRYPT, {}, None, None, field="a")
    with pytest.raises(TypeUnsuitable):
        output_type(Operator.ENCRYPT, {}, None, pa.binary(), field="a")


def protect(policy: Policy, batch: pa.RecordBatch) -> tuple[pa.Table, dict[str, object]]:
    protector = protect_batches([batch], batch.schema, policy, KEYS)
    table = pa.Table.from_batches(list(protector), protector.schema)
    return table, protector.report.columns[0].to_dict()


def test_the_engine_counts_what_is_malformed_and_does_with_it_what_the_rule_says() -> None:
    batch = pa.RecordBatch.from_pydict({"id_no": [RESIDENT_ID, "12345", "", None]})
    policy = '[fields.id_no]\noperator = "encrypt"\nentity_type = "CN_RESIDENT_ID"\n'
    table, report = protect(policy_from_toml(policy), batch)
    assert table["id_no"].null_count == 3
    assert (report["invalid"], report["nulls"], report["reversible"]) == (1, 2, True)
    assert report["technique"] == "cryptographic"
    assert report["canonical_version"] == canonical_version("CN_RESIDENT_ID")
    kept, _ = protect(policy_from_toml(policy + 'invalid = "token"\n'), batch)
    assert re.fullmatch("[A-Z2-7]{16}", kept["id_no"][1].as_py())
    with pytest.raises(ValuesInvalid):
        protect(policy_from_toml(policy + 'invalid = "fail"\n'), batch)
    exact, told = protect(policy_from_toml(policy + 'form = "exact"\n'), batch)
    assert exact["id_no"].null_count == 1
    assert (told["invalid"], told["canonical_version"], told["parameters"]) == (0, None, {"form": "exact"})


def test_nothing_of_a_value_is_left_under_a_null() -> None:
    result = EXACT.apply(pa.array(["13812345678", None]))
    data = bytes(memoryview(result.values.buffers()[2]))  # type: ignore[arg-type]  # a text column has its bytes there
    assert len(data) == len(result.values[0].as_py())
    bad = EXACT.restore(pa.array([result.values[0].as_py()[:-2] + "AA"]))
    assert b"138" not in bytes(memoryview(bad.values.buffers()[2] or b""))
