"""Check digits: known numbers, and the two implementations held equal."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.detection import checksums
from tests.detection.people import People

CANONICAL = st.text(string.digits + string.ascii_uppercase, min_size=0, max_size=19)
ID_LIKE = st.from_regex(r"\A[1-6][1-5][0-9]{4}(18|19|20)[0-9]{2}[01][0-9][0-3][0-9][0-9]{3}[0-9X]\Z")


def test_published_examples_pass() -> None:
    assert checksums.resident_id_checksum("11010519491231002X")  # GB 11643-1999, annex
    assert checksums.uscc_checksum("91350100M000100Y43")  # GB 32100-2015, annex
    assert checksums.luhn("4111111111111111")


def test_one_mistyped_character_is_noticed() -> None:
    people = People(3)
    for _ in range(200):
        assert checksums.resident_id_checksum(people.resident_id())
        assert not checksums.resident_id_checksum(people.resident_id(mistyped=True))
        assert not checksums.luhn(people.bank_card(mistyped=True))
        assert not checksums.uscc_checksum(people.uscc(mistyped=True))


@pytest.mark.parametrize(
    ("value", "plausible"),
    [
        ("320508199002290017", False),  # no 29 February in 1990
        ("320508199602290017", True),
        ("990508199001010017", False),  # no such province
        ("320508900101001", True),
        ("32050819900101001", False),  # seventeen characters are neither form
        ("3205081990010100171", False),
        ("", False),
    ],
)
def test_id_plausibility_needs_a_province_and_a_day_of_the_calendar(value: str, plausible: bool) -> None:
    assert checksums.resident_id_plausible(value) is plausible
    assert bool(checksums.resident_ids([value])[0][0]) is plausible


@given(st.lists(st.one_of(CANONICAL, ID_LIKE), min_size=1, max_size=20))
def test_vectorised_id_rules_equal_the_single_ones(values: list[str]) -> None:
    plausible, valid, years = checksums.resident_ids(values)
    assert plausible.tolist() == [checksums.resident_id_plausible(value) for value in values]
    assert valid.tolist() == [checksums.resident_id_checksum(value) for value in values]
    assert all(1880 <= year <= 2049 for year, fits in zip(years, plausible, strict=True) if fits)


@given(st.lists(st.text(string.digits, min_size=1, max_size=19), min_size=1, max_size=20))
def test_vectorised_luhn_equals_the_single_one(values: list[str]) -> None:
    assert checksums.luhn_many(values).tolist() == [checksums.luhn(value) for value in values]


@given(st.lists(st.text(string.digits, min_size=4, max_size=19), min_size=1, max_size=20))
def test_vectorised_issuers_equal_the_single_ones(values: list[str]) -> None:
    plausible, unionpay = checksums.bank_card_plausibles(values)
    assert plausible.tolist() == [checksums.bank_card_plausible(value) for value in values]
    assert unionpay.tolist() == [value.startswith("62") for value in values]


@given(st.lists(st.text(checksums.USCC_ALPHABET, min_size=18, max_size=18), min_size=1, max_size=20))
def test_vectorised_credit_codes_equal_the_single_ones(values: list[str]) -> None:
    assert checksums.uscc_many(values).tolist() == [checksums.uscc_checksum(value) for value in values]
    assert checksums.uscc_plausibles(values).tolist() == [checksums.uscc_plausible(value) for value in values]
