"""Recognizers of identity documents whose number tells who its holder is: 居民身份证, the two permits built like it, 护照.

Travel permits, officers' certificates and driving licences are in `privacy.detection.recognizers.permits`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from privacy.detection import check_digits, checksums
from privacy.detection.cells import Features
from privacy.detection.checksums import LUCK, BoolArray
from privacy.detection.recognizers.base import (
    NOT_CODE_AFTER,
    NOT_CODE_BEFORE,
    NOT_DECIMAL,
    NOT_FRACTION,
    ColumnRecognizer,
    Expression,
    Judgement,
)

# What the numbers of foreigners' permits and of permits for residents of Hong Kong, Macao and Taiwan begin with.
PERMIT_HEADS: Final = ("9", *check_digits.HMT_AREAS)


class ResidentIdRecognizer(ColumnRecognizer):
    """居民身份证号, 18 characters (GB 11643-1999), or the 15 digits of before 1999.

    A hit needs a province and a date of birth in place, or a province and a valid check digit. Numbers of residence permits,
    which have the same form, belong to the types below.
    """

    entity = "CN_RESIDENT_ID"
    luck = LUCK["CN_RESIDENT_ID"]
    context_words = ("身份证", "证件", "公民身份", "id", "identity")
    expressions = (
        Expression(
            "resident id, 18",
            rf"[1-9]{NOT_CODE_BEFORE}{NOT_FRACTION}[0-9]{{3}}[ -]?(?:[0-9]{{2}}[ -]?){{6}}[0-9][0-9Xx]{NOT_CODE_AFTER}{NOT_DECIMAL}",
            0.5,
            17,
        ),
        Expression(
            "resident id, 15",
            rf"[1-8]{NOT_CODE_BEFORE}{NOT_FRACTION}[0-9]{{14}}{NOT_CODE_AFTER}{NOT_DECIMAL}",
            0.3,
            15,
        ),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return (features.digits >= 15) & features.solid(15, 18)

    def checksum(self, value: str) -> bool:
        return checksums.resident_id_checksum(value) and value[:2] in checksums.PROVINCES

    def stands(self, value: str) -> bool:
        if value.startswith(PERMIT_HEADS):
            return False
        return checksums.resident_id_plausible(value) or self.checksum(value)

    def judge(self, values: Sequence[str]) -> Judgement:
        plausible, valid, years = checksums.resident_ids(values)
        citizen = ~check_digits.of_residence_permits(values)
        plausible &= citizen
        valid &= citizen & checksums.known_provinces(values)
        return Judgement(plausible | valid, plausible & (checksums.lengths_of(values) == 18), valid, years)


class ResidencePermitRecognizer(ColumnRecognizer):
    """港澳台居民居住证号 (国办发〔2018〕81号, Art. 3): built like a resident ID, with 810000, 820000 or 830000 for the area."""

    entity = "CN_HMT_RESIDENCE_PERMIT"
    luck = LUCK["CN_HMT_RESIDENCE_PERMIT"]
    context_words = ("居住证", "港澳台")
    expressions = (
        Expression(
            "residence permit",
            rf"8{NOT_CODE_BEFORE}{NOT_FRACTION}[123]0000[ -]?(?:[0-9]{{2}}[ -]?){{4}}[0-9]{{3}}[0-9Xx]{NOT_CODE_AFTER}{NOT_DECIMAL}",
            0.5,
            17,
        ),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return (features.digits >= 17) & features.solid(18)

    def checksum(self, value: str) -> bool:
        return checksums.resident_id_checksum(value)

    def stands(self, value: str) -> bool:
        return check_digits.residence_permit_plausible(value) or self.checksum(value)

    def judge(self, values: Sequence[str]) -> Judgement:
        plausible, years = check_digits.residence_permits(values)
        valid = checksums.resident_ids(values)[1]
        return Judgement(plausible | valid, plausible, valid, years)


class PermanentResidenceRecognizer(ColumnRecognizer):
    """外国人永久居留身份证号: three letters and twelve digits, from December 2023 eighteen digits that begin with 9.

    Source: 国家移民管理局, 新版外国人永久居留身份证机读信息规则 (2023). The new number has GB 11643's check digit, the old one that of
    ICAO Doc 9303. A unified social credit code may be 18 digits that begin with 9 too; the nationality tells them apart.
    """

    entity = "CN_PERMANENT_RESIDENCE"
    luck = LUCK["CN_PERMANENT_RESIDENCE"]
    context_words = ("永久居留", "永居", "permanent residence")
    expressions = (
        Expression(
            "permanent residence, 18",
            rf"9{NOT_CODE_BEFORE}{NOT_FRACTION}[0-9]{{5}}[ -]?(?:[0-9]{{2}}[ -]?){{4}}[0-9]{{3}}[0-9Xx]{NOT_CODE_AFTER}{NOT_DECIMAL}",
            0.4,
            17,
        ),
        Expression(
            "permanent residence, 15", rf"[A-Za-z]{NOT_CODE_BEFORE}[A-Za-z]{{2}}[0-9]{{12}}{NOT_CODE_AFTER}", 0.4, 12
        ),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return (features.digits >= 12) & features.solid(15, 18)

    def checksum(self, value: str) -> bool:
        return check_digits.permit_checksum(value) and check_digits.permit_plausible(value)

    def stands(self, value: str) -> bool:
        return check_digits.permit_plausible(value)

    def judge(self, values: Sequence[str]) -> Judgement:
        plausible, valid = check_digits.permits(values)
        born = [
            int(value[6:10]) if fits and len(value) == 18 else 0 for value, fits in zip(values, plausible, strict=True)
        ]
        return Judgement(plausible, plausible, plausible & valid, np.array(born, dtype=np.int64))


class PassportRecognizer(ColumnRecognizer):
    """中国护照: E and eight digits, E, a letter and seven digits, or the G, D, S and P series before and beside it.

    `checked` are the E series, which most passports in use are of; P12345678 alone may be any serial number.
    """

    entity = "CN_PASSPORT"
    context_words = ("护照", "passport")
    expressions = (
        Expression(
            "passport",
            rf"(?:[Ee]{NOT_CODE_BEFORE}[A-HJ-NP-Za-hj-np-z]|[DSPdsp]{NOT_CODE_BEFORE}[Ee]|[EGDSPegdsp]{NOT_CODE_BEFORE}[0-9])[0-9]{{7}}{NOT_CODE_AFTER}",
            0.4,
            7,
        ),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return (features.letters >= 1) & (features.digits >= 7) & features.solid(9)

    def judge(self, values: Sequence[str]) -> Judgement:
        keep = np.ones(len(values), dtype=np.bool_)
        return Judgement(keep, checksums.byte_matrix(values, 1)[:, 0] == ord("E"), ~keep)
