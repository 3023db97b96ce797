"""Check digits of organisations, vehicles, telephones, permits and international account numbers, one at a time and vectorised.

Lives here: arithmetic on canonical values (no separators, upper case), each rule twice as in `privacy.detection.checksums`, which
holds those of resident IDs, bank cards and credit codes; a test holds the two equal. How often one passes by luck is
`checksums.LUCK`.

Sources: GB 11714-1997 (organisation code), GB 16735-2019 and ISO 3779 (vehicle identification number), ICAO Doc 9303-3 §4.9
(7-3-1 check digit of the old permanent residence permit), 3GPP TS 23.003 annex B (IMEI), ISO 13616-1 (IBAN).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from privacy.detection import checksums
from privacy.detection.checksums import BoolArray, ByteMatrix, byte_matrix, is_date

IntArray = npt.NDArray[np.int64]

_ORGANIZATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANIZATION_LENGTH: Final = 9
_AREA_LENGTH: Final = 6  # of an administrative division code (GB/T 2260)
_TAX_LENGTH: Final = _AREA_LENGTH + _ORGANIZATION_LENGTH

# GB 16735 table 1: I, O and Q do not occur.
_VIN_LETTERS: Final = "ABCDEFGHJKLMNPRSTUVWXYZ"
_VIN_NUMBERS: Final = (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9)
_VIN_WEIGHTS: Final = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
VIN_LENGTH: Final = 17
_VIN_CHECK_PLACE: Final = 8

_MRZ_WEIGHTS: Final = (7, 3, 1) * 5
_IBAN_LONGEST: Final = 34
# Reporting bodies that have allocated type codes (GSMA TS.06): the first two digits of an IMEI.
IMEI_BODIES: Final = frozenset(
    ("01", "10", "30", "33", "35", "44", "45", "49", "50", "51", "52", "53", "54", "86", "91", "97", "98", "99")
)
IMEI_LENGTH: Final = 15
# Areas in the residence permits of residents of Hong Kong, Macao and Taiwan (国办发〔2018〕81号).
HMT_AREAS: Final = ("810000", "820000", "830000")

# ISO 3166-1 numeric codes: the nationality in a permanent residence permit of 2023.
_COUNTRIES: Final = (
    "004008010012016020024028031032036040044048050051052056060064068070072074076084086090092096100104108112116120124132136140144148"
    "152156158162166170174175178180184188191192196203204208212214218222226231232233234238239242246248250254258260262266268270275276"
    "288292296300304308312316320324328332334336340344348352356360364368372376380384388392398400404408410414417418422426428430434438"
    "440442446450454458462466470474478480484492496498499500504508512516520524528531533534535540548554558562566570574578580581583584"
    "585586591598600604608612616620624626630634638642643646652654659660662663666670674678682686688690694702703704705706710716724728"
    "729732740744748752756760762764768772776780784788792795796798800804807818826831832833834840850854858860862876882887894"
)
COUNTRY_NUMBERS: Final = frozenset(_COUNTRIES[place : place + 3] for place in range(0, len(_COUNTRIES), 3))


def organization_code_checksum(value: str) -> bool:
    """MOD 11 of a nine-character organisation code; the check character is a digit or X."""
    if len(value) != _ORGANIZATION_LENGTH or not all(char.isascii() and char.isalnum() for char in value):
        return False
    total = sum(int(char, 36) * weight for char, weight in zip(value, _ORGANIZATION_WEIGHTS, strict=False))
    return value[8] == "0123456789X"[-total % 11]


def tax_id_checksum(value: str) -> bool:
    """A 15-character taxpayer number: an area and an organisation code whose check character holds."""
    return len(value) == _TAX_LENGTH and value[:_AREA_LENGTH].isdigit() and organization_code_checksum(value[6:])


def vin_checksum(value: str) -> bool:
    """MOD 11 of a 17-character vehicle identification number; the check digit stands ninth."""
    if len(value) != VIN_LENGTH:
        return False
    total = 0
    for char, weight in zip(value, _VIN_WEIGHTS, strict=True):
        if char.isdigit():
            total += int(char) * weight
        elif char in _VIN_LETTERS:
            total += _VIN_NUMBERS[_VIN_LETTERS.index(char)] * weight
        else:
            return False
    return value[_VIN_CHECK_PLACE] == "0123456789X"[total % 11]


def imei_plausible(value: str) -> bool:
    """Whether 15 digits start with a reporting body."""
    return len(value) == IMEI_LENGTH and value[:2] in IMEI_BODIES


def residence_permit_plausible(value: str) -> bool:
    """Whether 18 characters have the area of Hong Kong, Macao or Taiwan and a date of birth in place."""
    if len(value) != 18 or not value[:17].isdigit() or not value.startswith(HMT_AREAS):
        return False
    return is_date(int(value[6:10]), int(value[10:12]), int(value[12:14]))


def permit_plausible(value: str) -> bool:
    """Whether a permanent residence permit has its place of application, nationality and date of birth in place.

    From 2023: 9, province, nationality (three digits), date of birth, sequence, check digit. Before: nationality (three
    letters), four digits of the area, six of the date of birth, sequence, check digit.
    """
    if len(value) == 18 and value[0] == "9":
        return (
            value[:17].isdigit()
            and value[1:3] in checksums.PROVINCES
            and value[3:6] in COUNTRY_NUMBERS
            and is_date(int(value[6:10]), int(value[10:12]), int(value[12:14]))
        )
    if len(value) != 15 or not value[:3].isalpha() or not value[3:].isdigit() or value[3:5] not in checksums.PROVINCES:
        return False
    return is_date(1900 + int(value[7:9]), int(value[9:11]), int(value[11:13]))


def permit_checksum(value: str) -> bool:
    """GB 11643's MOD 11-2 for a permit from 2023, the 7-3-1 weights of machine-readable documents for one from before."""
    if len(value) == 18:
        return checksums.resident_id_checksum(value)
    if len(value) != 15 or not (value.isascii() and value.isalnum() and value[14].isdigit()):
        return False
    return sum(int(char, 36) * weight for char, weight in zip(value[:14], _MRZ_WEIGHTS, strict=False)) % 10 == int(
        value[14]
    )


def iban_checksum(value: str) -> bool:
    """MOD 97-10 of an IBAN."""
    if not 15 <= len(value) <= _IBAN_LONGEST or not (value.isascii() and value.isalnum()):
        return False
    return int("".join(str(int(char, 36)) for char in value[4:] + value[:4])) % 97 == 1


# ---- vectorised -------------------------------------------------------------------------------------------------

_ALPHANUMERIC: Final = np.full(256, -1, dtype=np.int64)
_ALPHANUMERIC[ord("0") : ord("9") + 1] = np.arange(10)
_ALPHANUMERIC[ord("A") : ord("Z") + 1] = np.arange(10, 36)
_VIN_TABLE: Final = np.full(256, -1, dtype=np.int64)
_VIN_TABLE[ord("0") : ord("9") + 1] = np.arange(10)
for _letter, _number in zip(_VIN_LETTERS, _VIN_NUMBERS, strict=True):
    _VIN_TABLE[ord(_letter)] = _number
_CHECK_BYTES: Final = np.frombuffer(b"0123456789X", dtype=np.uint8)


def _lengths(matrix: ByteMatrix) -> IntArray:
    lengths: IntArray = (matrix != 0).sum(axis=1, dtype=np.int64)
    return lengths


def _are_digits(matrix: ByteMatrix) -> BoolArray:
    return np.asarray(((matrix >= ord("0")) & (matrix <= ord("9"))).all(axis=1), dtype=np.bool_)


def _organization_codes(matrix: ByteMatrix) -> BoolArray:
    """The check over rows of nine bytes."""
    numbers = _ALPHANUMERIC[matrix]
    total = numbers[:, :8] @ np.array(_ORGANIZATION_WEIGHTS, dtype=np.int64)
    valid: BoolArray = (numbers >= 0).all(axis=1) & (_CHECK_BYTES[-total % 11] == matrix[:, 8])
    return valid


def have_digits(values: Sequence[str], fewest: int) -> BoolArray:
    """Whether so many characters of each value are digits: a word in capitals passes a checksum as often as a number does."""
    matrix = byte_matrix(values, _IBAN_LONGEST)
    enough: BoolArray = ((matrix >= ord("0")) & (matrix <= ord("9"))).sum(axis=1) >= fewest
    return enough


def organization_codes(values: Sequence[str]) -> BoolArray:
    """`organization_code_checksum` over many values."""
    matrix = byte_matrix(values, _ORGANIZATION_LENGTH + 1)
    valid: BoolArray = (matrix[:, 9] == 0) & _organization_codes(matrix[:, :9])
    return valid


def tax_ids(values: Sequence[str]) -> BoolArray:
    """`tax_id_checksum` over many values."""
    matrix = byte_matrix(values, _TAX_LENGTH + 1)
    valid: BoolArray = (matrix[:, 15] == 0) & _are_digits(matrix[:, :6]) & _organization_codes(matrix[:, 6:15])
    return valid


def vins(values: Sequence[str]) -> BoolArray:
    """`vin_checksum` over many values."""
    matrix = byte_matrix(values, VIN_LENGTH + 1)
    numbers = _VIN_TABLE[matrix[:, :VIN_LENGTH]]
    total = numbers @ np.array(_VIN_WEIGHTS, dtype=np.int64)
    right = _CHECK_BYTES[np.where(total >= 0, total, 0) % 11] == matrix[:, _VIN_CHECK_PLACE]
    valid: BoolArray = (matrix[:, VIN_LENGTH] == 0) & (numbers >= 0).all(axis=1) & right
    return valid


def imeis(values: Sequence[str]) -> tuple[BoolArray, BoolArray]:
    """(plausible, Luhn holds) of many strings of digits."""
    plausible = np.fromiter((imei_plausible(value) for value in values), dtype=np.bool_, count=len(values))
    return plausible, checksums.luhn_many([value[:19] for value in values])


def of_residence_permits(values: Sequence[str]) -> BoolArray:
    """Which numbers begin like a permit: with 9, or with the area of Hong Kong, Macao or Taiwan."""
    matrix = byte_matrix(values, 6)
    hmt = (matrix[:, 0] == ord("8")) & (matrix[:, 1] >= ord("1")) & (matrix[:, 1] <= ord("3"))
    permit: BoolArray = (matrix[:, 0] == ord("9")) | (hmt & (matrix[:, 2:] == ord("0")).all(axis=1))
    return permit


def residence_permits(values: Sequence[str]) -> tuple[BoolArray, IntArray]:
    """(plausible, year of birth or 0) of many numbers: what follows the area is read as in a resident ID."""
    permit = np.fromiter((value.startswith(HMT_AREAS) and len(value) == 18 for value in values), np.bool_, len(values))
    dated, _, years = checksums.resident_ids(["110101" + value[6:] for value in values])
    plausible: BoolArray = permit & dated
    return plausible, np.where(plausible, years, 0)


def permits(values: Sequence[str]) -> tuple[BoolArray, BoolArray]:
    """(plausible, checksum valid) of many permanent residence permits of either form."""
    plausible = np.fromiter((permit_plausible(value) for value in values), dtype=np.bool_, count=len(values))
    matrix = byte_matrix(values, 19)
    length = _lengths(matrix)
    numbers = _ALPHANUMERIC[matrix[:, :15]]
    total = numbers[:, :14] @ np.array(_MRZ_WEIGHTS[:14], dtype=np.int64)
    old = (length == 15) & (numbers >= 0).all(axis=1) & (numbers[:, 14] == total % 10)
    new = (length == 18) & checksums.resident_ids(values)[1]
    valid: BoolArray = old | new
    return plausible, valid


def ibans(values: Sequence[str]) -> BoolArray:
    """`iban_checksum` over many values: the remainder is carried from character to character."""
    matrix = byte_matrix(values, _IBAN_LONGEST + 1)
    length = _lengths(matrix)
    place = np.arange(_IBAN_LONGEST)
    turned = np.take_along_axis(matrix, (place[None, :] + 4) % np.maximum(length, 1)[:, None], axis=1)
    numbers = _ALPHANUMERIC[turned]
    inside = place[None, :] < length[:, None]
    remainder = np.zeros(len(values), dtype=np.int64)
    for column in range(_IBAN_LONGEST):
        digit = numbers[:, column]
        carried = (remainder * np.where(digit >= 10, 100, 10) + digit) % 97
        remainder = np.where(inside[:, column], carried, remainder)
    known = ((numbers >= 0) | ~inside).all(axis=1)
    valid: BoolArray = (length >= 15) & (length <= _IBAN_LONGEST) & known & (remainder == 1)
    return valid
