"""Check digits of permits, organisations, vehicles, telephones and accounts: published numbers, and the two implementations held equal."""

from __future__ import annotations

import string
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.detection import check_digits, checksums
from privacy.detection.checksums import BoolArray
from tests.detection import numbers
from tests.detection.people import People

CODES = st.text(string.digits + string.ascii_uppercase, min_size=0, max_size=36)
NUMBERS = st.text(string.digits, min_size=1, max_size=19)


def test_published_examples_pass() -> None:
    assert check_digits.vin_checksum("1M8GDM9AXKP042788")  # ISO 3779, the example of 49 CFR 565
    assert check_digits.organization_code_checksum("D21437126"[:8] + "6")
    assert check_digits.iban_checksum("GB82WEST12345698765432")  # ISO 13616
    assert check_digits.permit_checksum("911124198108030024")  # the specimen of December 2023
    assert check_digits.permit_plausible("911124198108030024")
    assert checksums.luhn("490154203237518")  # 3GPP TS 23.003
    assert check_digits.imei_plausible("490154203237518")


MISTYPABLE = [
    (numbers.residence_permit, checksums.resident_id_checksum),
    (numbers.permanent_residence, check_digits.permit_checksum),
    (numbers.old_permanent_residence, check_digits.permit_checksum),
    (numbers.organization_code, check_digits.organization_code_checksum),
    (numbers.vin, check_digits.vin_checksum),
    (numbers.imei, checksums.luhn),
]


@pytest.mark.parametrize(("maker", "checksum"), MISTYPABLE, ids=[maker.__name__ for maker, _ in MISTYPABLE])
def test_one_mistyped_character_is_noticed(maker: object, checksum: object) -> None:
    assert callable(maker)
    assert callable(checksum)
    people = People(5)
    for _ in range(100):
        assert checksum(maker(people))
        assert not checksum(maker(people, mistyped=True))


@given(st.lists(CODES, min_size=1, max_size=20), st.integers(0, 10_000))
def test_vectorised_rules_equal_the_single_ones(values: list[str], seed: int) -> None:
    people = People(seed)
    values = [
        *values,
        numbers.vin(people),
        numbers.organization_code(people),
        numbers.iban(people),
        numbers.tax_id(people),
    ]
    values += [numbers.permanent_residence(people), numbers.old_permanent_residence(people, mistyped=True)]
    assert check_digits.organization_codes(values).tolist() == list(
        map(check_digits.organization_code_checksum, values)
    )
    assert check_digits.tax_ids(values).tolist() == list(map(check_digits.tax_id_checksum, values))
    assert check_digits.vins(values).tolist() == list(map(check_digits.vin_checksum, values))
    assert check_digits.ibans(values).tolist() == list(map(check_digits.iban_checksum, values))
    plausible, valid = check_digits.permits(values)
    assert plausible.tolist() == list(map(check_digits.permit_plausible, values))
    assert (plausible & valid).tolist() == [
        check_digits.permit_plausible(value) and check_digits.permit_checksum(value) for value in values
    ]


@given(st.lists(NUMBERS, min_size=1, max_size=20), st.integers(0, 10_000))
def test_vectorised_telephones_and_permits_equal_the_single_ones(values: list[str], seed: int) -> None:
    people = People(seed)
    values = [*values, numbers.imei(people), numbers.residence_permit(people), people.resident_id()]
    plausible, valid = check_digits.imeis(values)
    assert plausible.tolist() == list(map(check_digits.imei_plausible, values))
    assert valid.tolist() == list(map(checksums.luhn, values))
    assert check_digits.residence_permits(values)[0].tolist() == list(
        map(check_digits.residence_permit_plausible, values)
    )
    assert check_digits.of_residence_permits(values).tolist() == [
        value.startswith(("9", *check_digits.HMT_AREAS)) for value in values
    ]


def test_every_rate_of_luck_is_what_chance_gives() -> None:
    people = People(11)
    tried = 20_000
    tests: tuple[tuple[str, Callable[[list[str]], BoolArray], Callable[[], str]], ...] = (
        (
            "VIN",
            check_digits.vins,
            lambda: "LSV" + "".join(people.random.choice(numbers.VIN_CHARACTERS) for _ in range(14)),
        ),
        (
            "CN_ORGANIZATION_CODE",
            check_digits.organization_codes,
            lambda: numbers.digits(people, 8) + people.random.choice("0123456789X"),
        ),
        ("IMEI", lambda values: check_digits.imeis(values)[1], lambda: numbers.digits(people, 15)),
        ("IBAN_CODE", check_digits.ibans, lambda: "DE" + numbers.digits(people, 20)),
    )
    for entity_type, test, value in tests:
        rate = test([value() for _ in range(tried)]).mean()
        assert rate <= checksums.LUCK[entity_type] * 1.15, entity_type
