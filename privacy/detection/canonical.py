"""One canonical form per entity type: every spelling of one value gives one string.

Lives here: canonical forms and their versions, shared by detection and masking, so that `320501 19900101 123x`, its
full-width spelling and the plain number give one token; and `validate`, which says whether values are right as well as shaped.
A form's version is part of a token's key derivation: change a form and its version rises, so old tokens are never mixed with new.

Strict types give null for what is not of their shape. A checksum is not part of the shape: a mistyped number keeps its form.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from privacy.detection import check_digits, checksums
from privacy.detection.arrow import anywhere, everywhere, pc
from privacy.detection.cells import as_strings
from privacy.detection.folding import INVISIBLE

CANONICAL_VERSION: Final[Mapping[str, int]] = {
    "CN_RESIDENT_ID": 1,
    "CN_HMT_RESIDENCE_PERMIT": 1,
    "CN_PERMANENT_RESIDENCE": 1,
    "CN_HM_TRAVEL_PERMIT": 1,
    "CN_EXIT_PERMIT": 1,
    "CN_TW_TRAVEL_PERMIT": 1,
    "CN_OFFICER_ID": 1,
    "CN_DRIVING_LICENCE": 1,
    "CN_ORGANIZATION_CODE": 1,
    "CN_TAX_ID": 1,
    "CN_SOCIAL_SECURITY": 1,
    "MEDICAL_RECORD": 1,
    "CN_WECHAT_ID": 1,
    "CN_QQ_ID": 1,
    "VIN": 1,
    "IMEI": 1,
    "IMSI": 1,
    "CREDIT_CARD": 1,
    "IBAN_CODE": 1,
    "PHONE_NUMBER": 1,
    "US_SSN": 1,
    "CN_MOBILE": 1,
    "CN_LANDLINE": 1,
    "CN_BANK_CARD": 1,
    "CN_USCC": 1,
    "CN_PASSPORT": 1,
    "CN_PLATE": 1,
    "EMAIL_ADDRESS": 1,
    "IP_ADDRESS": 1,
    "MAC_ADDRESS": 1,
    "BIRTH_DATE": 1,
    "SEX": 1,
    "PERSON": 1,
}
DEFAULT_VERSION: Final = 1
Values: TypeAlias = "pa.Array[Any] | pa.ChunkedArray[Any]"

# Shape of the canonical form; a type listed here is strict.
_SHAPES: Final[Mapping[str, str]] = {
    "CN_RESIDENT_ID": r"^[1-9][0-9]{16}[0-9X]$",
    "CN_HMT_RESIDENCE_PERMIT": r"^8[123]0000[0-9]{11}[0-9X]$",
    "CN_PERMANENT_RESIDENCE": r"^(?:[A-Z]{3}[0-9]{12}|9[0-9]{16}[0-9X])$",
    "CN_HM_TRAVEL_PERMIT": r"^[HM][0-9]{8}$",
    "CN_EXIT_PERMIT": r"^(?:C[0-9A-Z]|[WLT][0-9])[0-9]{7}$",
    "CN_TW_TRAVEL_PERMIT": r"^[0-9]{8}(?:[0-9]{2}[A-Z]?)?$",
    "CN_OFFICER_ID": r"^\p{Han}[0-9]{6,8}$",
    "CN_DRIVING_LICENCE": r"^[1-6][0-9]{11}$",
    "CN_ORGANIZATION_CODE": r"^[0-9A-Z]{8}[0-9X]$",
    "CN_TAX_ID": r"^(?:[1-8][0-9]{5}[0-9A-Z]{8}[0-9X]|[1-8][0-9]{16}[0-9X][0-9]{2}|[CFHMT]20[0-9]{15}|L[0-9A-HJ-NPQRTUWXY]{18})$",
    "CN_SOCIAL_SECURITY": r"^[0-9A-Z]{4,32}$",
    "MEDICAL_RECORD": r"^[0-9A-Z]{4,32}$",
    "CN_QQ_ID": r"^[1-9][0-9]{4,10}$",
    "CN_WECHAT_ID": r"^[a-z0-9_-]{5,32}$",
    "VIN": r"^[0-9A-HJ-NPR-Z]{17}$",
    "IMEI": r"^[0-9]{15}$",
    "IMSI": r"^[0-9]{15}$",
    "CREDIT_CARD": r"^[0-9]{12,19}$",
    "IBAN_CODE": r"^[A-Z]{2}[0-9]{2}[0-9A-Z]{11,30}$",
    "PHONE_NUMBER": r"^\+?[0-9]{7,15}$",
    "US_SSN": r"^[0-9]{9}$",
    "CN_MOBILE": r"^1[3-9][0-9]{9}$",
    "CN_LANDLINE": r"^0[1-9][0-9]{8,10}(?:-[0-9]{1,6})?$",
    "CN_BANK_CARD": r"^[1-9][0-9]{11,18}$",
    "CN_USCC": r"^[0-9A-HJ-NPQRTUWXY]{18}$",
    "CN_PASSPORT": r"^[A-Z][0-9A-Z][0-9]{6,7}$",
    "CN_PLATE": r"^\p{Han}[A-HJ-NP-Z][0-9A-HJ-NP-Z]{4,5}[0-9A-HJ-NP-Z挂学警港澳]$",
    "EMAIL_ADDRESS": r"^[a-z0-9._%+-]+@(?:[a-z0-9-]+\.)+[a-z]{2,24}$",
    "IP_ADDRESS": r"^[0-9a-f.:]{2,45}$",
    "MAC_ADDRESS": r"^[0-9A-F]{12}$",
    "BIRTH_DATE": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "SEX": r"^(?:male|female)$",
}
STRICT_TYPES: Final = frozenset(_SHAPES)

_SEPARATORS: Final = r"[\s\-‐‑‒–—―−_.·•・‧()/]"
_SEX_WORDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("男", "男性", "男孩", "m", "male", "man", "1"), "male"),
    **dict.fromkeys(("女", "女性", "女孩", "f", "female", "woman", "2"), "female"),
}


def canonical_version(entity_type: str | None) -> int:
    """The version of a type's canonical form (1 for types without a form of their own)."""
    return CANONICAL_VERSION.get(entity_type or "", DEFAULT_VERSION)


def has_form(entity_type: str | None) -> bool:
    """Whether a type has a canonical form of its own, and not only any text's."""
    return (entity_type or "") in _FORMS


def canonicalise(entity_type: str | None, values: Values) -> pa.Array[Any]:
    """`values` (any Arrow type) in the canonical form of `entity_type`: a string array of the same length.

    Null stays null. For a strict type (`STRICT_TYPES`) a value that does not have its shape becomes null; other types, and
    None, keep the text, folded to NFKC and stripped.
    """
    folded = _fold(values)
    form = _FORMS.get(entity_type or "")
    if form is None:
        return folded
    result = form(folded)
    shape = _SHAPES.get(entity_type or "")
    if shape is None:
        return result
    return pc.if_else(pc.match_substring_regex(result, pattern=shape), result, pa.scalar(None, pa.string()))


def validate(entity_type: str, values: Values) -> pa.Array[Any]:
    """For each value whether it is a right value of `entity_type`: shape, plausibility and, where there is one, checksum.

    A boolean array; null where the value is null. Types without a canonical shape: whether anything is left after folding.
    """
    present = pc.is_valid(values)
    forms = canonicalise(entity_type, values)
    shaped = pc.is_valid(forms)
    check = _CHECKS.get(entity_type)
    if check is None:
        right = shaped if entity_type in _SHAPES else pc.greater(pc.utf8_length(forms), 0)
        return pc.if_else(present, right, pa.scalar(None, pa.bool_()))
    result = np.zeros(len(values), dtype=np.bool_)
    index = np.flatnonzero(shaped.to_numpy(zero_copy_only=False))
    if len(index):
        result[index] = check([str(form) for form in pc.drop_null(forms).to_pylist()])
    return pc.if_else(present, pa.array(result), pa.scalar(None, pa.bool_()))


def _fold(values: Values) -> pa.Array[Any]:
    if isinstance(values, pa.ChunkedArray):
        values = pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], type=values.type)
    if pa.types.is_floating(values.type):
        values = _whole_floats(values)
    texts = as_strings(values)
    if not everywhere(pc.string_is_ascii(texts)):
        texts = pc.utf8_normalize(texts, form="NFKC")
        texts = pc.replace_substring_regex(texts, pattern=f"[{INVISIBLE}]", replacement="")
    return pc.utf8_trim_whitespace(texts)


def _whole_floats(values: pa.Array[Any]) -> pa.Array[Any]:
    """Floats that hold whole numbers, as integers: 13812345678.0 is a number that passed through a float."""
    numbers = values.cast(pa.float64())
    whole = pc.and_(pc.equal(numbers, pc.floor(numbers)), pc.less(pc.abs(numbers), 2.0**53))
    if everywhere(whole):
        return numbers.cast(pa.int64())
    as_whole = pc.if_else(whole, numbers, 0.0).cast(pa.int64()).cast(pa.string())
    return pc.if_else(whole, as_whole, numbers.cast(pa.string()))


def _compact(texts: pa.Array[Any]) -> pa.Array[Any]:
    return pc.utf8_upper(pc.replace_substring_regex(texts, pattern=_SEPARATORS, replacement=""))


def _without_fraction(texts: pa.Array[Any]) -> pa.Array[Any]:
    return pc.replace_substring_regex(texts, pattern=r"\.0+$", replacement="")


def _resident_id(texts: pa.Array[Any]) -> pa.Array[Any]:
    """18 characters; the 15 digits of before 1999 become the 18 of the same person (GB 11643-1999: century 19, check digit)."""
    forms = _compact(_without_fraction(texts))
    old = pc.fill_null(pc.match_substring_regex(forms, pattern=r"^[1-9][0-9]{14}$"), False)
    if not anywhere(old):
        return forms
    long = [
        _prolonged(form) if form and is_old else form
        for form, is_old in zip(forms.to_pylist(), old.to_pylist(), strict=True)
    ]
    return pa.array(long, type=pa.string())


def _prolonged(form: str) -> str | None:
    if not checksums.resident_id_plausible(form):
        return None
    body = f"{form[:6]}19{form[6:]}"
    total = sum(int(digit) * weight for digit, weight in zip(body, checksums.ID_WEIGHTS, strict=True))
    return body + checksums.ID_CHECK[total % 11]


def _mobile(texts: pa.Array[Any]) -> pa.Array[Any]:
    forms = _compact(_without_fraction(texts))
    return pc.replace_substring_regex(forms, pattern=r"^(?:\+|00)?86(1[3-9][0-9]{9})$", replacement=r"\1")


def _landline(texts: pa.Array[Any]) -> pa.Array[Any]:
    """Area code and number as digits, an extension after one hyphen: 051265221234-802."""
    texts = pc.utf8_lower(texts)
    texts = pc.replace_substring_regex(texts, pattern=r"^(?:\+|00)?86[\s-]*\(?0?([1-9])", replacement=r"0\1")
    # An extension is what follows a word for it, or a hyphen after a complete number.
    texts = pc.replace_substring_regex(texts, pattern=r"\s*(?:转|分机|ext\.?|#)\s*([0-9]{1,6})$", replacement=r"x\1")
    texts = pc.replace_substring_regex(texts, pattern=r"([0-9]{7,8})-([0-9]{1,6})$", replacement=r"\1x\2")
    compact = pc.replace_substring_regex(texts, pattern=_SEPARATORS, replacement="")
    return pc.replace_substring(compact, pattern="x", replacement="-")


def _permit(texts: pa.Array[Any]) -> pa.Array[Any]:
    """港澳居民来往内地通行证 without the two digits that count its replacements: the first nine stay for life."""
    return pc.replace_substring_regex(_compact(texts), pattern=r"^([HM][0-9]{8})[0-9]{2}$", replacement=r"\1")


def _officer(texts: pa.Array[Any]) -> pa.Array[Any]:
    """军字第1234567号 as the service and the digits."""
    return pc.replace_substring_regex(_compact(texts), pattern=r"^(\p{Han})字?第?([0-9]{6,8})号?$", replacement=r"\1\2")


def _account(texts: pa.Array[Any]) -> pa.Array[Any]:
    return pc.utf8_lower(_without_fraction(texts))


def _telephone(texts: pa.Array[Any]) -> pa.Array[Any]:
    """Digits, with the + of a number that names its country. An extension is no part of it, nor the nought of a call at home: +44 (0)20."""
    texts = pc.replace_substring_regex(pc.utf8_lower(texts), pattern=r"\s*(?:ext\.?|x|#)\s*[0-9]{1,6}$", replacement="")
    texts = pc.replace_substring_regex(texts, pattern=r"^(\+[0-9]{1,3})\s*\(0\)", replacement=r"\1")
    return _compact(_without_fraction(texts))


def _card(texts: pa.Array[Any]) -> pa.Array[Any]:
    return _compact(_without_fraction(texts))


def _email(texts: pa.Array[Any]) -> pa.Array[Any]:
    return pc.utf8_lower(texts)


def _ip(texts: pa.Array[Any]) -> pa.Array[Any]:
    def form(text: str | None) -> str | None:
        try:
            return None if text is None else ipaddress.ip_address(text).compressed
        except ValueError:
            return None

    return pa.array([form(text) for text in texts.to_pylist()], type=pa.string())


def _mac(texts: pa.Array[Any]) -> pa.Array[Any]:
    return pc.utf8_upper(pc.replace_substring_regex(texts, pattern=r"[\s:.\-]", replacement=""))


def _date(texts: pa.Array[Any]) -> pa.Array[Any]:
    """ISO 8601 days. A month without its day is not a day and gives null, like 31 April."""
    day = pc.replace_substring_regex(texts, pattern=r"[ T]0?0:00(?::00)?(?:\.0+)?$", replacement="")
    day = pc.replace_substring_regex(day, pattern=r"^([0-9]{4})([0-9]{2})([0-9]{2})$", replacement=r"\1-\2-\3")
    day = pc.replace_substring_regex(
        day, pattern=r"^([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?$", replacement=r"\1-0\2-0\3"
    )
    day = pc.replace_substring_regex(day, pattern=r"-0([0-9]{2})", replacement=r"-\1")
    shaped = pc.fill_null(pc.match_substring_regex(day, pattern=_SHAPES["BIRTH_DATE"]), False)
    days = pc.if_else(shaped, day, pa.scalar(None, pa.string()))
    exists = [None if text is None or not _exists(text) else text for text in days.to_pylist()]
    return pa.array(exists, type=pa.string())


def _exists(day: str) -> bool:
    return checksums.is_date(int(day[:4]), int(day[5:7]), int(day[8:10]))


def _sex(texts: pa.Array[Any]) -> pa.Array[Any]:
    words = pa.array(list(_SEX_WORDS), type=pa.string())
    forms = pa.array(list(_SEX_WORDS.values()), type=pa.string())
    return pc.take(forms, pc.index_in(pc.utf8_lower(texts), value_set=words))


def _name(texts: pa.Array[Any]) -> pa.Array[Any]:
    """A name without spaces between Chinese characters, one kind of middle dot, one space between Latin words."""
    texts = pc.replace_substring_regex(texts, pattern=r"[•・‧]", replacement="·")
    texts = pc.replace_substring_regex(texts, pattern=r"\s+", replacement=" ")
    for _ in range(2):  # RE2 has no look-around: two passes for 张 三 丰
        texts = pc.replace_substring_regex(texts, pattern=r"(\p{Han}|·) (\p{Han}|·)", replacement=r"\1\2")
    return texts


_FORMS: Final[Mapping[str, Callable[[pa.Array[Any]], pa.Array[Any]]]] = {
    "CN_RESIDENT_ID": _resident_id,
    "CN_HMT_RESIDENCE_PERMIT": _card,
    "CN_PERMANENT_RESIDENCE": _card,
    "CN_HM_TRAVEL_PERMIT": _permit,
    "CN_EXIT_PERMIT": _compact,
    "CN_TW_TRAVEL_PERMIT": _card,
    "CN_OFFICER_ID": _officer,
    "CN_DRIVING_LICENCE": _card,
    "CN_ORGANIZATION_CODE": _card,
    "CN_TAX_ID": _card,
    "CN_SOCIAL_SECURITY": _card,
    "MEDICAL_RECORD": _card,
    "CN_WECHAT_ID": _account,
    "CN_QQ_ID": _account,
    "VIN": _compact,
    "IMEI": _card,
    "IMSI": _card,
    "CREDIT_CARD": _card,
    "IBAN_CODE": _compact,
    "PHONE_NUMBER": _telephone,
    "US_SSN": _card,
    "CN_MOBILE": _mobile,
    "CN_LANDLINE": _landline,
    "CN_BANK_CARD": _card,
    "CN_USCC": _compact,
    "CN_PASSPORT": _compact,
    "CN_PLATE": _compact,
    "EMAIL_ADDRESS": _email,
    "IP_ADDRESS": _ip,
    "MAC_ADDRESS": _mac,
    "BIRTH_DATE": _date,
    "SEX": _sex,
    "PERSON": _name,
}


def _right_ids(forms: list[str]) -> npt.NDArray[np.bool_]:
    plausible, valid, _ = checksums.resident_ids(forms)
    both: npt.NDArray[np.bool_] = plausible & valid
    return both


def _right_residence_permits(forms: list[str]) -> npt.NDArray[np.bool_]:
    both: npt.NDArray[np.bool_] = check_digits.residence_permits(forms)[0] & checksums.resident_ids(forms)[1]
    return both


def _right_permits(forms: list[str]) -> npt.NDArray[np.bool_]:
    plausible, valid = check_digits.permits(forms)
    both: npt.NDArray[np.bool_] = plausible & valid
    return both


def _right_imeis(forms: list[str]) -> npt.NDArray[np.bool_]:
    plausible, valid = check_digits.imeis(forms)
    both: npt.NDArray[np.bool_] = plausible & valid
    return both


def _right_cards(forms: list[str]) -> npt.NDArray[np.bool_]:
    issuer = np.fromiter((checksums.bank_card_plausible(form) for form in forms), dtype=np.bool_, count=len(forms))
    both: npt.NDArray[np.bool_] = issuer & checksums.luhn_many(forms)
    return both


def _right_codes(forms: list[str]) -> npt.NDArray[np.bool_]:
    both: npt.NDArray[np.bool_] = checksums.uscc_plausibles(forms) & checksums.uscc_many(forms)
    return both


_CHECKS: Final[Mapping[str, Callable[[list[str]], npt.NDArray[np.bool_]]]] = {
    "CN_RESIDENT_ID": _right_ids,
    "CN_HMT_RESIDENCE_PERMIT": _right_residence_permits,
    "CN_PERMANENT_RESIDENCE": _right_permits,
    "CN_ORGANIZATION_CODE": check_digits.organization_codes,
    "VIN": check_digits.vins,
    "IMEI": _right_imeis,
    "CREDIT_CARD": checksums.luhn_many,
    "IBAN_CODE": check_digits.ibans,
    "CN_BANK_CARD": _right_cards,
    "CN_USCC": _right_codes,
}
