"""Check digits and plausibility of Chinese identifiers, one at a time and vectorised.

Lives here: arithmetic on canonical values (no separators, upper case). Canonical forms are made in
`privacy.detection.canonical`; how often a checksum passes by luck is `LUCK`. Each rule exists twice, as a function of one
string for Presidio's per-hit validation and as a function of an array for the column engine; a test holds them equal.

Sources: GB 11643-1999 (resident ID), GB 32100-2015 (unified social credit code), ISO/IEC 7812-1 (Luhn).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

BoolArray = npt.NDArray[np.bool_]
ByteMatrix = npt.NDArray[np.uint8]

LUCK: Final = {"CN_RESIDENT_ID": 1 / 11, "CN_BANK_CARD": 1 / 10, "CN_USCC": 1 / 31}

# First two digits of an administrative division code (GB/T 2260), 91 being foreigners' residence cards.
_PROVINCE_RANGES: Final = ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83), (91, 91))
PROVINCES: Final = frozenset(str(code) for first, last in _PROVINCE_RANGES for code in range(first, last + 1))
EARLIEST_BIRTH_YEAR: Final = 1880
LATEST_BIRTH_YEAR: Final = 2049  # pure code has no clock; a generous bound costs little evidence
ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ID_CHECK: Final = "10X98765432"
USCC_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS: Final = tuple(pow(3, position, 31) for position in range(17))
# Issuing department and category, GB 32100 table 1.
_USCC_CATEGORIES: Final = {
    "1": "1239",  # 机构编制
    "2": "19",  # 外交
    "3": "123459",  # 司法行政
    "4": "19",  # 文化
    "5": "123459",  # 民政
    "6": "129",  # 旅游
    "7": "129",  # 宗教
    "8": "19",  # 工会
    "9": "123",  # 市场监管: enterprises, individual businesses, farmers' cooperatives
    "A": "19",  # 军委后勤保障部
    "N": "1239",  # 农业农村
    "Y": "1",  # 其他
}
USCC_PREFIXES: Final = frozenset(office + kind for office, kinds in _USCC_CATEGORIES.items() for kind in kinds)
# Issuer identification numbers in use in China: UnionPay 62 and 81, then cards of the international schemes and the
# banks' own older ranges (95588, 95599, 60138 …).
CARD_PREFIXES: Final = ("62", "81", "4", "51", "52", "53", "54", "55", "35", "601", "603", "9558", "9559")
_DAYS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_date(year: int, month: int, day: int) -> bool:
    """Whether this is a day of the calendar within a human lifetime's reach."""
    if not (EARLIEST_BIRTH_YEAR <= year <= LATEST_BIRTH_YEAR and 1 <= month <= 12 and 1 <= day <= _DAYS[month - 1]):
        return False
    return not (month == 2 and day == 29) or (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))


def resident_id_checksum(value: str) -> bool:
    """MOD 11-2 of an 18-character resident ID number. False for the old 15-digit form, which has no check digit."""
    if len(value) != 18 or not value[:17].isdigit():
        return False
    total = sum(int(digit) * weight for digit, weight in zip(value, ID_WEIGHTS, strict=False))
    return ID_CHECK[total % 11] == value[17]


def resident_id_plausible(value: str) -> bool:
    """Whether a 15- or 18-character number has a province and a date of birth where they belong."""
    if len(value) == 18:
        year, month, day = value[6:10], value[10:12], value[12:14]
    elif len(value) == 15:
        year, month, day = "19" + value[6:8], value[8:10], value[10:12]
    else:
        return False
    body = value[:17]
    return (
        body.isdigit() and value[:2] in PROVINCES and value[2:6] != "0000" and is_date(int(year), int(month), int(day))
    )


def luhn(value: str) -> bool:
    """The Luhn formula over a string of digits, check digit last."""
    total = 0
    for position, char in enumerate(reversed(value)):
        digit = ord(char) - 48
        total += digit if position % 2 == 0 else (digit * 2 - 9 if digit > 4 else digit * 2)
    return total % 10 == 0


def bank_card_plausible(value: str) -> bool:
    """Whether 16–19 digits start with an issuer number in use in China."""
    return 16 <= len(value) <= 19 and value.startswith(CARD_PREFIXES)


def uscc_checksum(value: str) -> bool:
    """MOD 31-3 of an 18-character unified social credit code."""
    if len(value) != 18 or any(char not in USCC_ALPHABET for char in value):
        return False
    total = sum(USCC_ALPHABET.index(char) * weight for char, weight in zip(value, USCC_WEIGHTS, strict=False))
    return USCC_ALPHABET.index(value[17]) == (31 - total % 31) % 31


def uscc_plausible(value: str) -> bool:
    """Whether the department, category and registration area of a credit code exist.

    Area 100000 is the state's own registry; the others start with a province.
    """
    area = value[2:8]
    return (
        len(value) == 18
        and value[:2] in USCC_PREFIXES
        and area.isdigit()
        and (area[:2] in PROVINCES or area == "100000")
    )


# ---- vectorised -------------------------------------------------------------------------------------------------


def byte_matrix(values: Sequence[str], width: int) -> ByteMatrix:
    """ASCII `values` as an n × `width` matrix of bytes, zero-padded on the right."""
    return np.array(values, dtype=f"S{width}").view(np.uint8).reshape(len(values), width)


_DATE_TABLE: Final = np.array(
    [
        is_date(year, month, day)
        for year in range(EARLIEST_BIRTH_YEAR, LATEST_BIRTH_YEAR + 1)
        for month in range(1, 13)
        for day in range(1, 32)
    ],
    dtype=np.bool_,
)
_PROVINCE_TABLE: Final = np.array([f"{code:02d}" in PROVINCES for code in range(100)], dtype=np.bool_)
_ID_CHECK_BYTES: Final = np.frombuffer(ID_CHECK.encode(), dtype=np.uint8)
_USCC_VALUES: Final = np.full(256, 255, dtype=np.uint8)
_USCC_VALUES[np.frombuffer(USCC_ALPHABET.encode(), dtype=np.uint8)] = np.arange(31, dtype=np.uint8)


_USCC_PREFIX_TABLE: Final = np.zeros(0x10000, dtype=np.bool_)
for _prefix in USCC_PREFIXES:
    _USCC_PREFIX_TABLE[ord(_prefix[0]) * 256 + ord(_prefix[1])] = True


def _number(digits: npt.NDArray[np.int64], start: int, stop: int) -> npt.NDArray[np.int64]:
    weights = 10 ** np.arange(stop - start - 1, -1, -1, dtype=np.int64)
    return digits[:, start:stop] @ weights


def _dates_exist(year: npt.NDArray[np.int64], month: npt.NDArray[np.int64], day: npt.NDArray[np.int64]) -> BoolArray:
    inside = (
        (year >= EARLIEST_BIRTH_YEAR)
        & (year <= LATEST_BIRTH_YEAR)
        & (month >= 1)
        & (month <= 12)
        & (day >= 1)
        & (day <= 31)
    )
    index = ((year - EARLIEST_BIRTH_YEAR) * 12 + month - 1) * 31 + day - 1
    exists: BoolArray = inside & _DATE_TABLE[np.where(inside, index, 0)]
    return exists


def resident_ids(values: Sequence[str]) -> tuple[BoolArray, BoolArray, npt.NDArray[np.int64]]:
    """(plausible, checksum valid, birth year or 0) of canonical numbers of 15 or 18 characters."""
    matrix = byte_matrix(values, 19)  # one byte more than the longest form, to tell longer values
    digits = matrix.astype(np.int64) - 48
    old = matrix[:, 15] == 0
    is_digit = (digits >= 0) & (digits <= 9)
    whole = is_digit[:, 15:17].all(axis=1) & (matrix[:, 17] != 0) & (matrix[:, 18] == 0)
    body = is_digit[:, :15].all(axis=1) & (old | whole)
    year = np.where(old, 1900 + _number(digits, 6, 8), _number(digits, 6, 10))
    month = np.where(old, _number(digits, 8, 10), _number(digits, 10, 12))
    day = np.where(old, _number(digits, 10, 12), _number(digits, 12, 14))
    province = np.clip(_number(digits, 0, 2), 0, 99)
    plausible: BoolArray = (
        body & _PROVINCE_TABLE[province] & (_number(digits, 2, 6) != 0) & _dates_exist(year, month, day)
    )
    remainder = (digits[:, :17] @ np.array(ID_WEIGHTS, dtype=np.int64)) % 11
    valid: BoolArray = body & ~old & (_ID_CHECK_BYTES[remainder] == matrix[:, 17])
    return plausible, valid, np.where(plausible, year, 0)


def known_provinces(values: Sequence[str]) -> BoolArray:
    """Whether each value starts with the code of a province."""
    digits = byte_matrix(values, 18)[:, :2].astype(np.int64) - 48
    inside = ((digits >= 0) & (digits <= 9)).all(axis=1)
    known: BoolArray = inside & _PROVINCE_TABLE[np.where(inside, digits[:, 0] * 10 + digits[:, 1], 0)]
    return known


def luhn_many(values: Sequence[str]) -> BoolArray:
    """Luhn over strings of 1–19 digits of any mixture of lengths."""
    matrix = byte_matrix(values, 19)
    length = (matrix != 0).sum(axis=1, dtype=np.uint8)
    digits = np.where(matrix == 0, 0, matrix - np.uint8(48)).astype(np.uint8)
    doubled = digits * np.uint8(2)
    doubled -= np.where(doubled > 9, 9, 0).astype(np.uint8)
    # The check digit is the last one, so which positions are doubled depends on whether the length is odd.
    alternate = (
        digits[:, 0::2].sum(axis=1) + doubled[:, 1::2].sum(axis=1),
        digits[:, 1::2].sum(axis=1) + doubled[:, 0::2].sum(axis=1),
    )
    valid: BoolArray = np.where(length % 2 == 1, *alternate) % 10 == 0
    return valid


_CARD_TABLE: Final = np.array([f"{head:04d}".startswith(CARD_PREFIXES) for head in range(10_000)], dtype=np.bool_)


def bank_card_plausibles(values: Sequence[str]) -> tuple[BoolArray, BoolArray]:
    """`bank_card_plausible` over many strings of at least four digits, and which of them are UnionPay's (62)."""
    matrix = byte_matrix(values, 20)
    head = _number(matrix[:, :4].astype(np.int64) - 48, 0, 4)
    sized = (matrix[:, 15] != 0) & (matrix[:, 19] == 0)
    plausible: BoolArray = sized & _CARD_TABLE[head]
    unionpay: BoolArray = head // 100 == 62
    return plausible, unionpay


def uscc_many(values: Sequence[str]) -> BoolArray:
    """MOD 31-3 over canonical codes of 18 characters."""
    numbers = _USCC_VALUES[byte_matrix(values, 18)].astype(np.int64)
    total = numbers[:, :17] @ np.array(USCC_WEIGHTS, dtype=np.int64)
    valid: BoolArray = (numbers < 31).all(axis=1) & (numbers[:, 17] == (31 - total % 31) % 31)
    return valid


def uscc_plausibles(values: Sequence[str]) -> BoolArray:
    """`uscc_plausible` over many values."""
    matrix = byte_matrix(values, 18)
    prefix = matrix[:, 0].astype(np.int64) * 256 + matrix[:, 1]
    area = matrix[:, 2:8].astype(np.int64) - 48
    is_digit = ((area >= 0) & (area <= 9)).all(axis=1)
    number = np.where(is_digit, _number(area, 0, 6), 0)
    plausible: BoolArray = (
        (matrix[:, 17] != 0)
        & _USCC_PREFIX_TABLE[prefix]
        & is_digit
        & (_PROVINCE_TABLE[number // 10_000] | (number == 100_000))
    )
    return plausible
