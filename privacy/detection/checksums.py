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

from privacy.detection.values import Values

BoolArray = npt.NDArray[np.bool_]
ByteMatrix = npt.NDArray[np.uint8]

# How often a value of the right shape passes its checksum by luck.
LUCK: Final = {
    "CN_RESIDENT_ID": 1 / 11,
    "CN_HMT_RESIDENCE_PERMIT": 1 / 11,
    "CN_PERMANENT_RESIDENCE": 1 / 10,  # the old form's; the new one's is 1/11
    "CN_BANK_CARD": 1 / 10,
    "CN_USCC": 1 / 31,
    "CN_ORGANIZATION_CODE": 1 / 11,
    "CN_TAX_ID": 1 / 11,
    "VIN": 1 / 11,
    "IMEI": 1 / 10,
    "CREDIT_CARD": 1 / 10,
    "IBAN_CODE": 1 / 97,
    "UK_NHS": 1 / 11,
    "AU_TFN": 1 / 11,
    "AU_MEDICARE": 1 / 10,
    "IN_AADHAAR": 1 / 10,
    "ES_NIF": 1 / 23,
    "ES_NIE": 1 / 23,
    "IT_FISCAL_CODE": 1 / 26,
    "FI_PERSONAL_IDENTITY_CODE": 1 / 31,
    "KR_RRN": 1 / 10,
    "TH_TNIN": 1 / 10,
    "CRYPTO": 1 / 2**30,
}

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
    if isinstance(values, Values):
        return values.matrix(width)
    return np.array(values, dtype=f"S{width}").view(np.uint8).reshape(len(values), width)


def lengths_of(values: Sequence[str]) -> npt.NDArray[np.int64]:
    """How many characters each value has."""
    if isinstance(values, Values):
        return values.lengths
    return np.fromiter(map(len, values), dtype=np.int64, count=len(values))


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
_USCC_VALUES: Final = bytes(USCC_ALPHABET.find(chr(byte)) & 0xFF for byte in range(256))
_NOTHING: Final = np.uint8(256 - 48)  # where a value has ended, with 48 taken off

_USCC_PREFIX_TABLE: Final = np.zeros(0x10000, dtype=np.bool_)
for _prefix in USCC_PREFIXES:
    _USCC_PREFIX_TABLE[ord(_prefix[0]) * 256 + ord(_prefix[1])] = True


def _places(values: Sequence[str], width: int) -> ByteMatrix:
    """The digits of all values at one place in a row: a place at a time is what processors are fast at. What is no digit is above 9."""
    return byte_matrix(values, width).T - np.uint8(48)


def _all_digits(places: ByteMatrix) -> BoolArray:
    digits: BoolArray = np.all(places <= 9, axis=0)
    return digits


def _number(places: ByteMatrix, start: int, stop: int) -> npt.NDArray[np.int32]:
    number: npt.NDArray[np.int32] = places[start].astype(np.int32)
    for place in range(start + 1, stop):
        number *= 10
        number += places[place]
    return number


def _weighed(places: ByteMatrix, weights: Sequence[int]) -> npt.NDArray[np.uint32]:
    total = np.zeros(places.shape[1], dtype=np.uint32)
    for place, weight in zip(places, weights, strict=False):
        total += place * np.uint16(weight)
    return total


def _dates_exist(year: npt.NDArray[np.int32], month: npt.NDArray[np.int32], day: npt.NDArray[np.int32]) -> BoolArray:
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
    places = _places(values, 19)  # one byte more than the longest form, to tell longer values
    old = places[15] == _NOTHING
    whole = _all_digits(places[15:17]) & (places[17] != _NOTHING) & (places[18] == _NOTHING)
    body = _all_digits(places[:15]) & (old | whole)
    year, month, day = _number(places, 6, 10), _number(places, 10, 12), _number(places, 12, 14)
    if old.any():
        year = np.where(old, 1900 + _number(places, 6, 8), year)
        month, day = np.where(old, _number(places, 8, 10), month), np.where(old, _number(places, 10, 12), day)
    plausible: BoolArray = (
        body
        & _PROVINCE_TABLE[np.minimum(_number(places, 0, 2), 99)]
        & places[2:6].any(axis=0)
        & _dates_exist(year, month, day)
    )
    expected = _ID_CHECK_BYTES[_weighed(places[:17], ID_WEIGHTS) % 11] - np.uint8(48)
    valid: BoolArray = body & ~old & (expected == places[17])
    return plausible, valid, np.where(plausible, year, 0).astype(np.int64)


def known_provinces(values: Sequence[str]) -> BoolArray:
    """Whether each value starts with the code of a province."""
    places = _places(values, 2)
    known: BoolArray = _all_digits(places) & _PROVINCE_TABLE[np.minimum(_number(places, 0, 2), 99)]
    return known


def luhn_many(values: Sequence[str]) -> BoolArray:
    """Luhn over strings of 1–19 digits of any mixture of lengths."""
    places = _places(values, 19)
    is_odd = np.count_nonzero(places != _NOTHING, axis=0) % 2 == 1
    digits = np.where(places == _NOTHING, np.uint8(0), places)
    doubled = digits * np.uint8(2)
    doubled -= np.uint8(9) * (doubled > 9)
    # The check digit is the last one, so which positions are doubled depends on whether the length is odd.
    odd = digits[0::2].sum(axis=0, dtype=np.uint8) + doubled[1::2].sum(axis=0, dtype=np.uint8)
    even = digits[1::2].sum(axis=0, dtype=np.uint8) + doubled[0::2].sum(axis=0, dtype=np.uint8)
    valid: BoolArray = np.where(is_odd, odd, even) % 10 == 0
    return valid


_CARD_TABLE: Final = np.array([f"{head:04d}".startswith(CARD_PREFIXES) for head in range(10_000)], dtype=np.bool_)


def bank_card_plausibles(values: Sequence[str]) -> tuple[BoolArray, BoolArray]:
    """`bank_card_plausible` over many strings of at least four digits, and which of them are UnionPay's (62)."""
    places = _places(values, 20)
    sized = (places[15] != _NOTHING) & (places[19] == _NOTHING)
    plausible: BoolArray = sized & _CARD_TABLE[_number(places, 0, 4)]
    unionpay: BoolArray = (places[0] == 6) & (places[1] == 2)
    return plausible, unionpay


def uscc_many(values: Sequence[str]) -> BoolArray:
    """MOD 31-3 over canonical codes of 18 characters."""
    matrix = byte_matrix(values, 18)
    numbers = np.frombuffer(matrix.T.tobytes().translate(_USCC_VALUES), dtype=np.uint8).reshape(18, -1)
    known = (numbers < 31).all(axis=0)
    valid: BoolArray = known & (numbers[17] == (31 - _weighed(numbers[:17], USCC_WEIGHTS) % 31) % 31)
    return valid


def uscc_plausibles(values: Sequence[str]) -> BoolArray:
    """`uscc_plausible` over many values."""
    matrix = byte_matrix(values, 18)
    prefix = matrix[:, 0].astype(np.int64) * 256 + matrix[:, 1]
    places = _places(values, 18)
    is_digit = _all_digits(places[2:8])
    number = np.where(is_digit, _number(places, 2, 8), 0)
    plausible: BoolArray = (
        (places[17] != _NOTHING)
        & _USCC_PREFIX_TABLE[prefix]
        & is_digit
        & (_PROVINCE_TABLE[number // 10_000] | (number == 100_000))
    )
    return plausible
