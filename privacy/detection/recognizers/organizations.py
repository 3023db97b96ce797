"""Recognizers of the codes of organisations: 统一社会信用代码, 组织机构代码, 纳税人识别号."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

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

_FEWEST_DIGITS: Final = 4  # of an organisation code: of codes in use, but a few have letters at all


class UsccRecognizer(ColumnRecognizer):
    """统一社会信用代码 (GB 32100-2015). A code that is plausible as a resident ID needs a valid check character."""

    entity = "CN_USCC"
    luck = LUCK["CN_USCC"]
    context_words = ("信用代码", "纳税人识别号", "税号", "credit code")
    expressions = (
        Expression(
            "unified social credit code",
            rf"[1-9ANYany]{NOT_CODE_BEFORE}{NOT_FRACTION}[1-9][ -]?[0-9]{{6}}[ -]?[0-9A-HJ-NPQRTUWXYa-hj-npqrtuwxy]{{9}}"
            rf"[ -]?[0-9A-HJ-NPQRTUWXYa-hj-npqrtuwxy]{NOT_CODE_AFTER}{NOT_DECIMAL}",
            0.4,
            7,
        ),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return (features.digits >= 7) & (features.digits + features.letters >= 18) & features.solid(18)

    def checksum(self, value: str) -> bool:
        return checksums.uscc_checksum(value)

    def stands(self, value: str) -> bool:
        if not checksums.uscc_plausible(value):
            return False
        if checksums.resident_id_plausible(value):
            return checksums.uscc_checksum(value) and not checksums.resident_id_checksum(value)
        return True

    def judge(self, values: Sequence[str]) -> Judgement:
        plausible = checksums.uscc_plausibles(values)
        valid = checksums.uscc_many(values)
        id_plausible, id_valid, _ = checksums.resident_ids(values)
        keep = plausible & (~id_plausible | (valid & ~id_valid))
        return Judgement(keep, plausible, keep & valid)


class OrganizationCodeRecognizer(ColumnRecognizer):
    """组织机构代码 (GB 11714-1997): eight characters, a hyphen or none, a check character. Nine digits are anything without it."""

    entity = "CN_ORGANIZATION_CODE"
    luck = LUCK["CN_ORGANIZATION_CODE"]
    context_words = ("组织机构代码", "机构代码", "organization code")
    expressions = (
        Expression(
            "organisation code, with its hyphen",
            rf"[0-9A-Za-z]{NOT_CODE_BEFORE}[0-9A-Za-z]{{7}}-[0-9Xx]{NOT_CODE_AFTER}",
            0.2,
            _FEWEST_DIGITS,
        ),
        # In a text nine digits are anything.
        Expression(
            "organisation code, a cell", r"[0-9A-Za-z](?<![^\0].)[0-9A-Za-z]{7}[0-9Xx](?![^\0])", 0.1, _FEWEST_DIGITS
        ),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return (features.digits >= _FEWEST_DIGITS) & (features.digits + features.letters >= 9) & features.solid(9)

    def checksum(self, value: str) -> bool:
        return check_digits.organization_code_checksum(value)

    def stands(self, value: str) -> bool:
        return sum(map(str.isdigit, value)) >= _FEWEST_DIGITS and self.checksum(value)

    def judge(self, values: Sequence[str]) -> Judgement:
        plausible = check_digits.have_digits(values, _FEWEST_DIGITS)
        valid = plausible & check_digits.organization_codes(values)
        return Judgement(valid, plausible, valid)


class TaxIdRecognizer(ColumnRecognizer):
    """纳税人识别号 that is no credit code (SW 5-2013; 国家税务总局公告2015年第66号).

    Fifteen characters: an area and an organisation code. Twenty: the resident ID number of who runs the business, and two digits.
    Nineteen: L and the number of who pays tax for a time. Eighteen that begin with C, F, H, M or T: a natural person without a resident
    ID; the other eighteen are credit codes or ID numbers.
    """

    entity = "CN_TAX_ID"
    luck = LUCK["CN_TAX_ID"]
    context_words = ("纳税人识别号", "税号", "税务登记", "tax")
    expressions = (
        Expression(
            "tax id, 15",
            rf"[1-8]{NOT_CODE_BEFORE}{NOT_FRACTION}[0-9]{{5}}[0-9A-Za-z]{{8}}[0-9Xx]{NOT_CODE_AFTER}{NOT_DECIMAL}",
            0.2,
            7,
        ),
        Expression(
            "tax id, 20",
            rf"[1-8]{NOT_CODE_BEFORE}{NOT_FRACTION}[0-9]{{16}}[0-9Xx][0-9]{{2}}{NOT_CODE_AFTER}{NOT_DECIMAL}",
            0.3,
            19,
        ),
        Expression(
            "tax id, for a time",
            rf"[Ll]{NOT_CODE_BEFORE}[1-9][0-9]{{7}}[0-9A-HJ-NPQRTUWXYa-hj-npqrtuwxy]{{10}}{NOT_CODE_AFTER}",
            0.3,
            8,
        ),
        Expression("tax id, natural person", rf"[CFHMTcfhmt]{NOT_CODE_BEFORE}20[0-9]{{15}}{NOT_CODE_AFTER}", 0.3, 17),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return (features.digits >= 7) & (features.digits + features.letters >= 15) & features.solid(15, 18, 19, 20)

    def checksum(self, value: str) -> bool:
        if len(value) == 20:
            return checksums.resident_id_checksum(value[:18]) and self.stands(value)
        if len(value) == 19:
            return checksums.resident_id_checksum(value[1:]) or checksums.uscc_checksum(value[1:])
        return value[:2] in checksums.PROVINCES and check_digits.tax_id_checksum(value)

    def stands(self, value: str) -> bool:
        if len(value) == 20:
            return checksums.resident_id_plausible(value[:18])
        if len(value) == 19:
            return checksums.resident_id_plausible(value[1:]) or checksums.uscc_plausible(value[1:])
        return len(value) == 18 or self.checksum(value)

    def judge(self, values: Sequence[str]) -> Judgement:
        length = checksums.lengths_of(values)
        old = (length == 15) & checksums.known_provinces(values)
        by_code = old & check_digits.tax_ids([value[:15] for value in values])
        inner = [value[1:] if len(value) == 19 else value[:18] for value in values]
        plausible, id_valid, _ = checksums.resident_ids(inner)
        business = (length == 20) & plausible
        code = (length == 19) & checksums.uscc_plausibles(inner)
        number = (length == 19) & plausible
        valid = by_code | ((business | number) & id_valid) | ((code | number) & checksums.uscc_many(inner))
        return Judgement(by_code | business | code | number | (length == 18), old | business | code | number, valid)
