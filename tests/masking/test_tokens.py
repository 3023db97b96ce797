"""Keyed tokens: one for each person however the value is spelled, another under any other key."""

from __future__ import annotations

import base64
import decimal
import re
from typing import Any

import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given
from hypothesis import strategies as st

from privacy.masking.keys import DomainKey
from privacy.masking.tokens import (
    KEY_BYTES,
    TOKEN_ALGORITHM,
    malformed_token_cmac,
    malformed_tokens,
    token_operator,
    token_type,
)

KEYS = DomainKey(bytes(range(32)))
RESIDENT_ID = "32050819900101123X"


def tokens(values: list[object], entity_type: str | None = None, *, keys: DomainKey = KEYS) -> list[str | None]:
    result: list[str | None] = token_operator(keys, entity_type).apply(pa.array(values)).values.to_pylist()
    return result


def test_a_token_is_the_first_80_bits_of_the_cmac_of_the_canonical_form_in_base32() -> None:
    key = KEYS.derive(algorithm=TOKEN_ALGORITHM, entity_type="CN_RESIDENT_ID", canonical_version=1, length=KEY_BYTES)
    cmac = CMAC(algorithms.AES(key))
    cmac.update(RESIDENT_ID.encode())
    assert tokens([RESIDENT_ID], "CN_RESIDENT_ID") == [base64.b32encode(cmac.finalize()[:10]).decode()]


def test_all_spellings_of_an_id_give_one_token() -> None:
    spellings = [
        RESIDENT_ID,
        RESIDENT_ID.lower(),
        " 320508 19900101 123x ",
        "320508-19900101-123X",
        "３２０５０８１９９００１０１１２３Ｘ",
    ]
    assert len(set(tokens(list(spellings), "CN_RESIDENT_ID"))) == 1


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["13812345678"]),
        pa.array(["138-1234-5678"]),
        pa.array(["+86 13812345678"]),
        pa.array([13812345678]),
        pa.array([13812345678.0]),
        pa.array([decimal.Decimal("13812345678.00")]),
        pa.array(["13812345678"], pa.large_string()),
        pa.array(["13812345678"]).dictionary_encode(),
    ],
    ids=["text", "separated", "prefixed", "integer", "float", "decimal", "large text", "dictionary"],
)
def test_the_type_a_source_gave_a_value_does_not_change_its_token(column: pa.Array[Any]) -> None:
    operator = token_operator(KEYS, "CN_MOBILE")
    assert operator.apply(column).values.to_pylist() == tokens(["13812345678"], "CN_MOBILE")


def test_domains_and_entity_types_do_not_link() -> None:
    other = DomainKey(bytes(32))
    made = {
        tokens(["13812345678"], "CN_MOBILE")[0],
        tokens(["13812345678"], "PERSON")[0],
        tokens(["13812345678"])[0],
        tokens(["13812345678"], "CN_MOBILE", keys=other)[0],
    }
    assert len(made) == 4


@given(st.lists(st.text(max_size=40), max_size=60))
def test_tokens_are_sixteen_letters_and_equal_just_where_trimmed_values_are(values: list[str]) -> None:
    result = token_operator(KEYS, None).apply(pa.array(values, pa.string()))
    made = result.values.to_pylist()
    for token in made:
        assert token is None or re.fullmatch("[A-Z2-7]{16}", token)
    assert len(set(made)) <= len(set(values)) + 1
    for first, one in zip(values, made, strict=True):
        for second, other in zip(values, made, strict=True):
            if first == second:
                assert one == other
            elif first.isascii() and second.isascii() and first.strip() != second.strip():
                assert one != other


@given(st.lists(st.sampled_from(["13812345678", "138 1234 5678", "x", "", None, "15900000000"]), max_size=50))
def test_a_dictionary_column_has_the_tokens_of_the_plain_one(values: list[str | None]) -> None:
    plain = pa.array(values, pa.string())
    operator = token_operator(KEYS, "CN_MOBILE")
    one, other = operator.apply(plain), operator.apply(plain.dictionary_encode())
    assert one.values.equals(other.values)
    assert one.invalid.tolist() == other.invalid.tolist()


def test_a_column_that_repeats_has_the_tokens_it_has_one_by_one() -> None:
    names = [f"张{'甲乙丙丁'[i % 4]}" if i % 7 else None for i in range(9000)]
    expected = dict(
        zip(["张甲", "张乙", "张丙", "张丁"], tokens(["张甲", "张乙", "张丙", "张丁"], "PERSON"), strict=True)
    )
    assert tokens(list(names), "PERSON") == [expected[name] if name else None for name in names]


def test_missing_and_malformed_values_are_told_apart_and_neither_passes() -> None:
    values: list[object] = [RESIDENT_ID, None, "", "　 ", "无", "12345", "N/A"]
    result = token_operator(KEYS, "CN_RESIDENT_ID").apply(pa.array(values))
    assert result.values.is_valid().to_pylist() == [True, False, False, False, False, False, False]
    assert result.invalid.tolist() == [False, False, False, False, False, True, False]


def test_a_mistyped_checksum_is_still_that_persons_number() -> None:
    wrong = RESIDENT_ID[:-1] + "1"
    result = token_operator(KEYS, "CN_RESIDENT_ID").apply(pa.array([wrong]))
    assert not result.invalid.any()
    assert result.values.null_count == 0


def test_tokens_of_malformed_values_are_stable_and_of_another_key() -> None:
    cmac = malformed_token_cmac(KEYS, "CN_MOBILE")
    made = malformed_tokens(pa.array(["1234", " １２３４ ", "13812345678"]), cmac).to_pylist()
    assert made[0] == made[1]
    assert made[2] != tokens(["13812345678"], "CN_MOBILE")[0]


def test_what_has_no_text_form_cannot_be_tokenised() -> None:
    assert token_type(pa.binary()) is None
    assert token_type(pa.list_(pa.string())) is None
    assert token_type(pa.timestamp("us", "UTC")) == pa.string()


def test_nothing_of_a_value_is_left_under_a_null() -> None:
    result = token_operator(KEYS, "CN_MOBILE").apply(pa.array(["13812345678", "12", "15912345678"]))
    data = bytes(memoryview(result.values.buffers()[2]))  # type: ignore[arg-type]  # a text column has its bytes there
    assert result.values.is_null().to_pylist() == [False, True, False]
    assert data[16:32] == bytes(16)
