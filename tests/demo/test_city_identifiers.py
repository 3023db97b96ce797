"""Every kind of number of the demo city is well formed, and no two are alike."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.demo.city.columns import distinct_numbers, text
from config.demo.city.identifiers import (
    bank_cards,
    credit_code_bodies,
    credit_codes,
    mobiles,
    plates,
    resident_ids,
    vehicle_numbers,
)
from config.demo.city.names import _GIVEN, GIVEN_PINYIN, SURNAME_PINYIN, SURNAMES
from config.demo.city.organizations import OrganizationKind, organizations
from config.demo.city.places import DISTRICT_CODES
from tests.demo.reading import credit_code_is_valid, luhn_is_valid, resident_id_is_valid, vin_is_valid

SEEDS = st.integers(min_value=0, max_value=2**32 - 1)


@given(seed=SEEDS, rows=st.integers(min_value=1, max_value=300))
@settings(max_examples=25, deadline=None)
def test_resident_ids_carry_area_birth_and_sex_and_a_valid_check(seed: int, rows: int) -> None:
    rng = np.random.default_rng(seed)
    areas = rng.choice([320508, 320505, 341221], rows)
    births = np.datetime64("1935-01-01") + rng.integers(0, 40, rows) * np.timedelta64(1, "D")
    female = rng.random(rows) < 0.5
    ids = resident_ids(areas, births, female, rng=rng).to_pylist()
    assert len(set(ids)) == rows
    for value, area, birth, is_female in zip(ids, areas, births, female, strict=True):
        assert value is not None
        assert resident_id_is_valid(value)
        assert value[:6] == str(area)
        assert value[6:14] == str(birth).replace("-", "")
        assert (int(value[16]) % 2 == 0) == is_female


def test_more_births_on_a_day_than_order_codes_are_refused() -> None:
    rows = 501
    births = np.full(rows, np.datetime64("2000-01-01"))
    with pytest.raises(ValueError, match="Too many births"):
        resident_ids(np.full(rows, 320508), births, np.zeros(rows, dtype=np.bool_), rng=np.random.default_rng(1))


@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_credit_codes_cards_and_vehicle_numbers_pass_their_checks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = 60
    codes = credit_codes(
        text([f"91{DISTRICT_CODES[row % 10]}" for row in range(rows)]),
        credit_code_bodies(distinct_numbers(rng, rows, 10**6)),
    ).to_pylist()
    cards = bank_cards(rows, rng=rng).to_pylist()
    vehicles = vehicle_numbers(rows, rng=rng).to_pylist()
    assert all(credit_code_is_valid(str(value)) for value in codes)
    assert all(luhn_is_valid(str(value)) and len(str(value)) == 19 for value in cards)
    assert all(vin_is_valid(str(value)) for value in vehicles)
    assert len(set(codes)) == len(set(cards)) == len(set(vehicles)) == rows


def test_plates_have_one_letter_more_for_new_energy() -> None:
    electric = np.arange(4000) % 3 == 0
    written = plates(electric, rng=np.random.default_rng(5)).to_pylist()
    assert len(set(written)) == 4000
    for plate, is_electric in zip(written, electric, strict=True):
        pattern = r"苏E[DF][0-9A-HJ-NP-Z]\d{4}" if is_electric else r"苏E[A-HJ-NP-Z]\d{3}[A-HJ-NP-Z]"
        assert re.fullmatch(pattern, str(plate))


def test_mobiles_are_eleven_digits_and_never_twice_the_same() -> None:
    written = mobiles(20_000, rng=np.random.default_rng(7)).to_pylist()
    assert len(set(written)) == 20_000
    assert all(re.fullmatch(r"1[3-9]\d{9}", str(value)) for value in written)


@given(seed=SEEDS, space=st.integers(min_value=1, max_value=5000), share=st.floats(min_value=0, max_value=1))
@settings(max_examples=60, deadline=None)
def test_distinct_numbers_stay_distinct_up_to_the_whole_space(seed: int, space: int, share: float) -> None:
    rows = int(space * share)
    numbers = distinct_numbers(np.random.default_rng(seed), rows, space)
    assert np.unique(numbers).size == rows
    assert rows == 0 or (numbers.min() >= 0 and numbers.max() < space)


def test_asking_for_more_distinct_numbers_than_there_are_is_refused() -> None:
    with pytest.raises(ValueError, match="More distinct numbers"):
        distinct_numbers(np.random.default_rng(1), 11, 10)


def test_every_character_of_a_name_has_its_pinyin() -> None:
    used = {character for pools in _GIVEN.values() for pool in pools for character in pool}
    assert used <= GIVEN_PINYIN.keys()
    assert len(SURNAMES) == len(set(SURNAMES)) == len(SURNAME_PINYIN)
    assert all(spelling.isascii() and spelling.isalpha() for spelling in (*GIVEN_PINYIN.values(), *SURNAME_PINYIN))


def test_organisations_form_one_tree_with_valid_codes() -> None:
    everyone = organizations()
    seen: set[str] = set()
    for organization in everyone:
        assert credit_code_is_valid(organization.uscc)
        assert organization.parent is None or organization.parent in seen
        assert organization.name_zh
        assert organization.name_en.isascii()
        seen.add(organization.key)
    assert len(seen) == len(everyone) == len({organization.uscc for organization in everyone})
    assert everyone == organizations()


def test_organisations_hold_the_departments_the_ten_districts_firms_and_research() -> None:
    kinds = [organization.kind for organization in organizations()]
    assert kinds.count(OrganizationKind.GOVERNMENT) == 1
    assert kinds.count(OrganizationKind.DEPARTMENT) >= 13
    assert kinds.count(OrganizationKind.DISTRICT) == len(DISTRICT_CODES) == 10
    assert kinds.count(OrganizationKind.ENTERPRISE) >= 3
    assert kinds.count(OrganizationKind.RESEARCH) >= 2
