"""Well-formed numbers of things and people: the check characters of each kind, computed over whole columns.

Lives here: resident ID, unified social credit code, bank card, mobile, landline, plate, passport and vehicle numbers.
All of them are made up. A well-formed number may by chance be one that somebody has, so none of them is ever to be
called or looked up. What makes them dirty lives in `dirt`; who holds them in `people` and `enterprises`.

Sources: GB 11643-1999 (resident ID, ISO 7064 MOD 11-2), GB 32100-2015 (credit code, MOD 31), GB 11714-1997
(organisation code, MOD 11), ISO/IEC 7812-1 (Luhn), GB 16735-2019 (vehicle identification number), GA 36-2018 (plates).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from config.demo.city.columns import (
    Bytes,
    Days,
    Indices,
    Mask,
    Text,
    ascii_codes,
    digit_matrix,
    digits,
    distinct_numbers,
    draw,
    either,
    fixed_width,
    join,
    pick,
)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ZERO = ord("0")
_LETTER_A = ord("A")

_RESIDENT_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_RESIDENT_CHECKS = np.frombuffer(b"10X98765432", dtype=np.uint8)

CREDIT_CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = np.array([1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28])
_ORGANISATION_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])

# Every three digits that a Chinese operator's mobile number may begin with today, the commoner ones first.
_MOBILE_PREFIXES = _words(
    "138 139 135 136 137 150 151 158 159 182 183 187 188 152 130 131 132 155 156 186 185 133 153 180 "
    "181 189 177 178 147 157 176 175 173 199 198 191 166 195 172 190"
)

# A card range of our own: it carries the 62 of Chinese cards and the length of 19, and stands for no bank.
BANK_CARD_PREFIX = "629999"

_VIN_ALPHABET = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
_VIN_VALUES = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, *(1, 2, 3, 4, 5, 6, 7, 8), *(1, 2, 3, 4, 5, 7, 9), *range(2, 10)])
_VIN_WEIGHTS = np.array([8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2])

_PLATE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def resident_ids(areas: Indices, births: Days, female: Mask, *, rng: np.random.Generator) -> Text:
    """Valid 18-character IDs, no two alike: area code, birth date, order code (odd for men, even for women), check
    character.

    `areas` holds six-digit area codes as integers. Raises ValueError when one area has more births on one day than the
    500 order codes of a sex.
    """
    months = births.astype("datetime64[M]")
    year = births.astype("datetime64[Y]").astype(np.int64) + 1970
    month = months.astype(np.int64) % 12 + 1
    day = (births - months.astype("datetime64[D]")).astype(np.int64) + 1
    date = (year * 100 + month) * 100 + day

    # Rank each person among those of the same area, day and sex, so that no order code is given twice.
    group = (areas * 100_000_000 + date) * 2 + female
    order = np.argsort(group, kind="stable")
    first = np.flatnonzero(np.diff(group[order], prepend=group[order[0]] - 1))
    rank = np.empty(group.size, dtype=np.int64)
    rank[order] = np.arange(group.size) - np.repeat(first, np.diff(first, append=group.size))
    if rank.max(initial=0) >= 500:
        raise ValueError("Too many births in one area on one day.")
    offset = int(rng.integers(0, 500))
    sequence = ((date * 7919 + areas + offset + rank * 37) % 500) * 2 + (~female)

    body = np.empty((areas.size, 17), dtype=np.uint8)
    body[:, :6] = digit_matrix(areas, 6)
    body[:, 6:14] = digit_matrix(date, 8)
    body[:, 14:] = digit_matrix(sequence, 3)
    check = _RESIDENT_CHECKS[(body.astype(np.int64) @ _RESIDENT_WEIGHTS) % 11]
    return fixed_width(np.hstack([body + _ZERO, check[:, None]]))


def credit_codes(prefixes: Text, bodies: Text) -> Text:
    """Valid unified social credit codes from the first eight characters (registrar, kind, area) and an eight-character
    body.

    The body gets its own check character (GB 11714), the whole another (GB 32100).
    """
    head, body = ascii_codes(prefixes, 8), ascii_codes(bodies, 8)
    value = np.where(body >= _LETTER_A, body.astype(np.int64) - _LETTER_A + 10, body.astype(np.int64) - _ZERO)
    remainder = (11 - (value @ _ORGANISATION_WEIGHTS) % 11) % 11
    own_check = np.where(remainder == 10, ord("X"), remainder + _ZERO).astype(np.uint8)

    seventeen = np.hstack([head, body, own_check[:, None]])
    alphabet = np.frombuffer(CREDIT_CODE_ALPHABET.encode(), dtype=np.uint8)
    position = np.zeros(128, dtype=np.int64)
    position[alphabet] = np.arange(31)
    check = alphabet[(31 - (position[seventeen] @ _CREDIT_WEIGHTS) % 31) % 31]
    return fixed_width(np.hstack([seventeen, check[:, None]]))


def credit_code_bodies(numbers: Indices) -> Text:
    """Eight-character bodies `MY` + six digits: a block of our own, beside the `MA` that real registrars hand out."""
    return join("MY", digits(numbers, 6))


def bank_cards(rows: int, *, rng: np.random.Generator) -> Text:
    """Different 19-digit card numbers that pass the Luhn check."""
    body = np.empty((rows, 18), dtype=np.uint8)
    body[:, :6] = np.frombuffer(BANK_CARD_PREFIX.encode(), dtype=np.uint8) - _ZERO
    body[:, 6:] = digit_matrix(distinct_numbers(rng, rows, 10**12), 12)
    doubled = body.astype(np.int64)
    doubled[:, 1::2] *= 2  # the check digit is the 19th, so the even places from the right are the odd columns
    doubled[doubled > 9] -= 9
    check = (-doubled.sum(axis=1) % 10).astype(np.uint8)
    return fixed_width(np.hstack([body, check[:, None]]) + _ZERO)


def mobiles(rows: int, *, rng: np.random.Generator) -> Text:
    """Different eleven-digit mobile numbers."""
    weights = np.linspace(3.0, 1.0, len(_MOBILE_PREFIXES))
    prefixes = pick(_MOBILE_PREFIXES, draw(rng, weights, rows))
    return join(prefixes, digits(distinct_numbers(rng, rows, 10**8), 8))


def landlines(rows: int, *, rng: np.random.Generator) -> Text:
    """Different Suzhou landlines, `0512-` and eight digits that begin with 6."""
    return join("0512-6", digits(distinct_numbers(rng, rows, 10**7), 7))


def passports(rows: int, *, rng: np.random.Generator) -> Text:
    """Different ordinary passport numbers: `E` and eight digits."""
    return join("E", digits(distinct_numbers(rng, rows, 10**8), 8))


def plates(new_energy: Mask, *, rng: np.random.Generator) -> Text:
    """Different plates of Suzhou (苏E): five places for fuel, six for new energy (D or F first)."""
    rows = new_energy.size
    number = distinct_numbers(rng, rows, 24 * 24 * 1000)
    letters = np.frombuffer(_PLATE_LETTERS.encode(), dtype=np.uint8)
    fuel = np.empty((rows, 5), dtype=np.uint8)
    fuel[:, 0] = letters[number // (24 * 1000)]
    fuel[:, 1:4] = digit_matrix(number % 1000, 3) + _ZERO
    fuel[:, 4] = letters[(number // 1000) % 24]
    electric_number = distinct_numbers(rng, rows, 2 * 34 * 10**4)
    second = pick(list("0123456789" + _PLATE_LETTERS), electric_number // 10**4 % 34)
    electric = join(pick(("D", "F"), electric_number // (34 * 10**4)), second, digits(electric_number % 10**4, 4))
    return join("苏E", either(new_energy, electric, fixed_width(fuel)))


def vehicle_numbers(rows: int, *, rng: np.random.Generator) -> Text:
    """Different 17-character vehicle identification numbers with a valid check at the ninth place.

    They begin with `L0D`: L is China, the maker `0D` is nobody.
    """
    index = np.empty((rows, 17), dtype=np.int64)
    index[:, :3] = [_VIN_ALPHABET.index(letter) for letter in "L0D"]
    index[:, 3:11] = rng.integers(0, len(_VIN_ALPHABET), size=(rows, 8))
    index[:, 11:] = digit_matrix(distinct_numbers(rng, rows, 10**6), 6)
    index[:, 8] = 0
    remainder = (_VIN_VALUES[index] @ _VIN_WEIGHTS) % 11
    codes: Bytes = np.frombuffer(_VIN_ALPHABET.encode(), dtype=np.uint8)[index]
    codes[:, 8] = np.where(remainder == 10, ord("X"), remainder + _ZERO)
    return fixed_width(codes)


def area_codes(values: Sequence[str]) -> Indices:
    """Six-digit area codes as integers."""
    return np.array([int(value) for value in values], dtype=np.int64)
