"""What a page may show of a value that was found.

Lives here: one mask per entity type, keeping the least that lets a person recognise the kind of value: the area of an ID number
and not its date, a surname and not a name. Not here: the partial-mask operator of a release, which is chosen by rule and keeps
what that rule says (`privacy.masking`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from privacy.detection.folding import fold
from privacy.detection.lexicons import load_lexicon
from privacy.detection.name_shapes import name_lexicon

_SEPARATORS: Final = re.compile(r"[ \t\-–—()·•・‧+]")
_DISTRICT: Final = re.compile(r"^.{1,14}?(?<![小社园校厂])[区县旗]|^.{1,10}?市")
_AREA: Final = re.compile(r"[\u3400-\u9fff]{1,20}(?:省|自治区|市|区|县|旗|镇|乡|街道)")
_NUMBER_AT_END: Final = re.compile(r"[0-9A-Za-z_-]+(?:\([A-Za-z]\))?\Z")
_FILE_ENDING: Final = re.compile(r"\.[A-Za-z0-9]{3,4}\Z")
_LONGEST: Final = 32


def mask_example(entity_type: str, value: str) -> str:
    """A masked example of `value`: never the value itself, and at most 32 characters.

    Types without a mask of their own keep their first character. A word of a category (sex, education) or an area is shown as
    it is: a category tells nothing about anybody.
    """
    text = fold(value).strip()
    if not text:
        return ""
    mask = _MASKS.get(entity_type, _first_only)
    return mask(text)[:_LONGEST]


def _stars(kept_start: str, hidden: int, kept_end: str = "") -> str:
    return kept_start + "*" * max(1, hidden) + kept_end


def _first_only(text: str) -> str:
    return _stars(text[:1] if len(text) > 1 else "", min(len(text), 8) - 1)


def _keep(start: int, end: int) -> Callable[[str], str]:
    def mask(text: str) -> str:
        compact = _SEPARATORS.sub("", text)
        if len(compact) < start + end + 4:
            return _first_only(compact)
        return _stars(compact[:start], len(compact) - start - end, compact[len(compact) - end :] if end else "")

    return mask


def _mobile(text: str) -> str:
    compact = _SEPARATORS.sub("", text).removesuffix(".0")
    return _keep(3, 4)(compact[-11:])


def _telephone(text: str) -> str:
    """The country, where there is one; otherwise nothing but how long it is."""
    compact = _SEPARATORS.sub("", text).replace(".", "")
    return _stars(("+" + compact[:2]) if text.startswith("+") else "", min(len(compact), 10) - 2)


def _labelled(start: int, end: int) -> Callable[[str], str]:
    """The number after its label: 住院号:0012345."""
    keep = _keep(start, end)

    def mask(text: str) -> str:
        number = _NUMBER_AT_END.search(text)
        return keep(number.group() if number else text)

    return mask


def _officer(text: str) -> str:
    return re.sub(r"[0-9]", "*", text) if any(char.isdigit() for char in text) else _first_only(text)


def _image(text: str) -> str:
    """What kind of content it is; a file's name may be a person's."""
    ending = _FILE_ENDING.search(text)
    return "****" + (ending.group() if ending else "")


def _name(text: str) -> str:
    size = 2 if text[:2] in name_lexicon().compound and len(text) > 2 else 1
    if text[:1].isascii():
        return " ".join(word[:1] + "***" for word in text.split()[:3])
    return _stars(text[:size], len(text) - size)


def _email(text: str) -> str:
    local, _, domain = text.partition("@")
    return f"{local[:1]}***@{domain}"


def _address(text: str) -> str:
    district = _DISTRICT.match(text)
    return _stars(district.group() if district else text[:2], 4)


def _date(text: str) -> str:
    year = re.search(r"1[89][0-9]{2}|20[0-9]{2}", text)
    return f"{year.group() if year else '****'}-**-**"


def _ip(text: str) -> str:
    parts = text.split(".")
    return f"{parts[0]}.{parts[1]}.*.*" if len(parts) == 4 else f"{text.split(':', maxsplit=1)[0]}:****"


def _position(text: str) -> str:
    return re.sub(r"\.[0-9]+", ".***", text)


def _number(text: str) -> str:
    return "*" * min(len(text), 8)


def _category(entity_type: str) -> Callable[[str], str]:
    """A word of the type's lexicon as it is; anything else that stands in such a column is masked."""

    def mask(text: str) -> str:
        return text if entity_type in load_lexicon().words.get(text.lower(), ()) else _first_only(text)

    return mask


def _region(text: str) -> str:
    return text if _AREA.fullmatch(text) else _category("REGION")(text)


_MASKS: Final[Mapping[str, Callable[[str], str]]] = {
    "CN_RESIDENT_ID": _keep(3, 1),
    "CN_HMT_RESIDENCE_PERMIT": _keep(3, 1),
    "CN_PERMANENT_RESIDENCE": _keep(3, 1),
    "CN_HM_TRAVEL_PERMIT": _keep(1, 1),
    "CN_EXIT_PERMIT": _keep(1, 1),
    "CN_TW_TRAVEL_PERMIT": _labelled(0, 1),
    "CN_OFFICER_ID": _officer,
    "CN_DRIVING_LICENCE": _labelled(4, 0),
    "CN_SOCIAL_SECURITY": _labelled(0, 1),
    "MEDICAL_RECORD": _labelled(0, 1),
    "CN_WECHAT_ID": _labelled(1, 0),
    "CN_QQ_ID": _labelled(1, 0),
    "CN_TAX_ID": _keep(4, 0),
    "CN_ORGANIZATION_CODE": _keep(2, 1),
    "CREDIT_CARD": _keep(4, 2),
    "IBAN_CODE": _keep(4, 0),
    "PHONE_NUMBER": _telephone,
    "US_SSN": _keep(0, 2),
    "VIN": _keep(3, 2),
    "IMEI": _keep(2, 1),
    "IMSI": _keep(5, 0),
    "BIOMETRIC": _image,
    "CN_MOBILE": _mobile,
    "CN_LANDLINE": _keep(4, 0),
    "CN_BANK_CARD": _keep(4, 2),
    "CN_USCC": _keep(4, 0),
    "EMAIL_ADDRESS": _email,
    "CN_PLATE": _keep(2, 1),
    "CN_PASSPORT": _keep(1, 1),
    "PERSON": _name,
    "CN_ADDRESS": _address,
    "BIRTH_DATE": _date,
    "IP_ADDRESS": _ip,
    "MAC_ADDRESS": _keep(6, 0),
    "CN_GPS": _position,
    "AGE": _number,
    "INCOME": _number,
    "POSTCODE": _keep(2, 0),
    "ORGANIZATION": _address,
    "EMPLOYER": _address,
    "SEX": _category("SEX"),
    "ETHNICITY": _category("ETHNICITY"),
    "EDUCATION": _category("EDUCATION"),
    "MARITAL_STATUS": _category("MARITAL_STATUS"),
    "OCCUPATION": _category("OCCUPATION"),
    "REGION": _region,
}
