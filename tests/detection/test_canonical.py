"""Canonical forms: every spelling of a value gives one string."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.detection.canonical import CANONICAL_VERSION, STRICT_TYPES, canonical_version, canonicalise, validate
from tests.detection import numbers
from tests.detection.people import People

FULL_WIDTH = {ord(char): ord(char) + 0xFEE0 for char in "0123456789Xx-"}  # U+FF10 and so on


def forms(entity_type: str, *values: object) -> list[str | None]:
    return canonicalise(entity_type, pa.array(values)).to_pylist()


@given(st.integers(0, 10_000), st.sampled_from(["", " ", "-", "\u200b", "\u3000"]), st.booleans(), st.booleans())
@settings(max_examples=60)
def test_every_spelling_of_an_id_number_gives_one_string(seed: int, separator: str, full: bool, lower: bool) -> None:
    number = People(seed).resident_id()
    spelling = separator.join((number[:6], number[6:14], number[14:]))
    spelling = spelling.translate(FULL_WIDTH) if full else spelling
    assert forms("CN_RESIDENT_ID", f" {spelling.lower() if lower else spelling}\t") == [number]


def test_an_old_id_number_becomes_the_new_one_of_the_same_person() -> None:
    assert forms("CN_RESIDENT_ID", "110105491231002") == ["11010519491231002X"]
    assert forms("CN_RESIDENT_ID", "110105491331002") == [None]  # month 13


def test_mobile_numbers_lose_country_code_and_separators() -> None:
    spellings = (
        "+86 138-1234-5678",
        "8613812345678",
        "138 1234 5678",
        "008613812345678",
        "13812345678.0",
        "13812345678",
    )
    assert set(forms("CN_MOBILE", *spellings)) == {"13812345678"}
    assert forms("CN_MOBILE", 13812345678.0, None) == ["13812345678", None]
    assert forms("CN_MOBILE", 13812345678) == ["13812345678"]


def test_landlines_keep_their_extension() -> None:
    assert set(forms("CN_LANDLINE", "0512-65221234", "(0512)6522 1234", "+86-512-65221234")) == {"051265221234"}
    assert set(forms("CN_LANDLINE", "051265221234转802", "0512-65221234-802")) == {"051265221234-802"}


@pytest.mark.parametrize(
    ("entity_type", "spelling", "form"),
    [
        ("CN_HMT_RESIDENCE_PERMIT", "830000 19920130 0022", "830000199201300022"),
        ("CN_PERMANENT_RESIDENCE", "can110181080305", "CAN110181080305"),
        ("CN_HM_TRAVEL_PERMIT", "h01234567 02", "H01234567"),
        ("CN_HM_TRAVEL_PERMIT", "H01234567", "H01234567"),
        ("CN_EXIT_PERMIT", "ca1234567", "CA1234567"),
        ("CN_TW_TRAVEL_PERMIT", "0123456789(B)", "0123456789B"),
        ("CN_OFFICER_ID", "军字第1234567号", "军1234567"),
        ("CN_DRIVING_LICENCE", "320500123456.0", "320500123456"),
        ("CN_ORGANIZATION_CODE", "d2143712-6", "D21437126"),
        ("CN_TAX_ID", "320505d21437126", "320505D21437126"),
        ("CN_SOCIAL_SECURITY", "a 1234 5678", "A12345678"),
        ("MEDICAL_RECORD", "zy-2024-000123", "ZY2024000123"),
        ("CN_WECHAT_ID", "Happy_2020", "happy_2020"),
        ("CN_QQ_ID", "123456789.0", "123456789"),
        ("VIN", "1m8gdm9axkp042788", "1M8GDM9AXKP042788"),
        ("IMEI", "49-015420-323751-8", "490154203237518"),
        ("CREDIT_CARD", "3782 822463 10005", "378282246310005"),
        ("IBAN_CODE", "gb82 west 1234 5698 7654 32", "GB82WEST12345698765432"),
        ("PHONE_NUMBER", "+44 (0)20 7946 0958 ext 12", "+442079460958"),
        ("US_SSN", "536-90-4399", "536904399"),
        ("CN_USCC", "91350100m000100y43", "91350100M000100Y43"),
        ("CN_BANK_CARD", "6222 0213 8123 4567 890", "6222021381234567890"),
        ("EMAIL_ADDRESS", "Zhang.San@163.COM", "zhang.san@163.com"),
        ("CN_PLATE", "苏E·12345", "苏E12345"),
        ("CN_PLATE", "苏ed12345", "苏ED12345"),
        ("CN_PASSPORT", "e12345678", "E12345678"),
        ("PERSON", " 张 三 丰 ", "张三丰"),
        ("PERSON", "阿卜杜拉•买买提", "阿卜杜拉·买买提"),
        ("PERSON", "John   Smith", "John Smith"),
        ("BIRTH_DATE", "1985年3月4日", "1985-03-04"),
        ("BIRTH_DATE", "19850304", "1985-03-04"),
        ("BIRTH_DATE", "1985/3/4", "1985-03-04"),
        ("BIRTH_DATE", "1985-03-04 00:00:00", "1985-03-04"),
        ("SEX", "男性", "male"),
        ("MAC_ADDRESS", "aa-bb-cc-dd-ee-ff", "AABBCCDDEEFF"),
        ("IP_ADDRESS", "2001:0db8:0:0:0:0:0:1", "2001:db8::1"),
        ("CN_ADDRESS", " 人民路100号 ", "人民路100号"),
    ],
)
def test_one_form(entity_type: str, spelling: str, form: str) -> None:
    assert forms(entity_type, spelling) == [form]


@pytest.mark.parametrize(
    ("entity_type", "value"),
    [
        ("CN_RESIDENT_ID", "320508"),
        ("CN_MOBILE", "12345"),
        ("CN_MOBILE", "3.8E+10"),
        ("EMAIL_ADDRESS", "zhang at 163"),
        ("BIRTH_DATE", "1985-02-30"),
        ("CN_USCC", "91350100I000100Y43"),  # I is not of the alphabet
        ("IP_ADDRESS", "300.1.1.1"),
        ("SEX", "x"),
    ],
)
def test_what_has_not_the_shape_of_a_strict_type_is_null(entity_type: str, value: str) -> None:
    assert entity_type in STRICT_TYPES
    assert forms(entity_type, value) == [None]


def test_a_mistyped_number_keeps_its_form_and_is_not_valid() -> None:
    number = People(5).resident_id(mistyped=True)
    assert forms("CN_RESIDENT_ID", number) == [number]
    assert validate("CN_RESIDENT_ID", pa.array([number, People(5).resident_id(), None])).to_pylist() == [
        False,
        True,
        None,
    ]


@pytest.mark.parametrize(
    ("entity_type", "maker"),
    [
        ("CN_HMT_RESIDENCE_PERMIT", numbers.residence_permit),
        ("CN_PERMANENT_RESIDENCE", numbers.permanent_residence),
        ("CN_PERMANENT_RESIDENCE", numbers.old_permanent_residence),
        ("CN_ORGANIZATION_CODE", numbers.organization_code),
        ("VIN", numbers.vin),
        ("IMEI", numbers.imei),
        ("CREDIT_CARD", numbers.credit_card),
    ],
)
def test_a_right_number_is_valid_and_a_mistyped_one_is_not(entity_type: str, maker: Callable[..., str]) -> None:
    people = People(6)
    values = pa.array([maker(people), maker(people, mistyped=True)])
    assert validate(entity_type, values).to_pylist() == [True, False]
    assert canonicalise(entity_type, values).to_pylist() == values.to_pylist()


def test_lengths_and_nulls_are_kept_for_every_type() -> None:
    values = pa.array(["张三", None, "", "13812345678", "1985-03-04"])
    for entity_type in [*CANONICAL_VERSION, "DIAGNOSIS", None]:
        result = canonicalise(entity_type, values)
        assert len(result) == len(values)
        assert result.type == pa.string()
        assert result[1].as_py() is None
        assert len(validate(entity_type or "DIAGNOSIS", values)) == len(values)
    assert canonical_version("DIAGNOSIS") == 1


def test_chunked_arrays_are_taken_too() -> None:
    chunked = pa.chunked_array([pa.array(["138 1234 5678"]), pa.array([None, "x"], type=pa.string())])
    assert canonicalise("CN_MOBILE", chunked).to_pylist() == ["13812345678", None, None]
    assert canonicalise("CN_MOBILE", pa.chunked_array([], type=pa.string())).to_pylist() == []
    assert validate("CN_MOBILE", chunked).to_pylist() == [True, None, False]


def test_dates_and_dictionaries_are_read_as_their_text() -> None:
    assert forms("BIRTH_DATE", date(1985, 3, 4)) == ["1985-03-04"]
    assert canonicalise("CN_MOBILE", pa.array(["138 1234 5678"]).dictionary_encode()).to_pylist() == ["13812345678"]


@given(st.lists(st.text(max_size=30), max_size=8), st.sampled_from(sorted(CANONICAL_VERSION)))
def test_a_form_is_its_own_form(values: list[str], entity_type: str) -> None:
    once = canonicalise(entity_type, pa.array(values, type=pa.string()))
    if entity_type != "SEX":  # its forms are words of another language than its values, both of which it reads
        assert canonicalise(entity_type, once).to_pylist() == once.to_pylist()
