"""Recognizers of accounts at a bank: bank cards of China, payment cards of the international schemes, IBAN."""

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


class BankCardRecognizer(ColumnRecognizer):
    """银行卡号: 16–19 digits, an issuer in use in China, Luhn. Without Luhn only UnionPay's 62 stands.

    A number that is plausible as a resident ID is left to that type.
    """

    entity = "CN_BANK_CARD"
    luck = LUCK["CN_BANK_CARD"]
    context_words = ("银行卡", "卡号", "账号", "card", "account")
    expressions = (
        Expression(
            "bank card",
            rf"[34568]{NOT_CODE_BEFORE}{NOT_FRACTION}[0-9]{{3}}[ -]?[0-9]{{2}}[ -]?[0-9]{{2}}[ -]?[0-9]{{4}}[ -]?[0-9]{{4}}"
            rf"[ -]?[0-9]{{0,3}}{NOT_CODE_AFTER}{NOT_DECIMAL}",
            0.3,
            16,
        ),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return (features.digits >= 16) & features.solid(16, 17, 18, 19)

    def checksum(self, value: str) -> bool:
        return checksums.bank_card_plausible(value) and checksums.luhn(value)

    def stands(self, value: str) -> bool:
        if not checksums.bank_card_plausible(value) or checksums.resident_id_plausible(value):
            return False
        return value.startswith("62") or checksums.luhn(value)

    def judge(self, values: Sequence[str]) -> Judgement:
        issuer, unionpay = checksums.bank_card_plausibles(values)
        if not issuer.any():
            return Judgement(issuer, issuer, issuer)
        id_plausible = checksums.resident_ids(values)[0]
        luhn = checksums.luhn_many(values)
        card = issuer & ~id_plausible
        return Judgement(card & (luhn | unionpay), card, card & luhn)


class CreditCardRecognizer(ColumnRecognizer):
    """Payment cards of thirteen to fifteen digits: American Express, Diners Club, old Visa (ISO/IEC 7812-1).

    Those of sixteen and more are `CN_BANK_CARD`, whoever issued them. Without Luhn nothing stands: an article number has thirteen
    digits too.
    """

    entity = "CREDIT_CARD"
    luck = LUCK["CREDIT_CARD"]
    context_words = ("credit", "card", "amex", "visa", "信用卡")
    expressions = (
        Expression(
            "payment card",
            rf"(?:3{NOT_CODE_BEFORE}{NOT_FRACTION}(?:[47][0-9]{{2}}[ -]?[0-9]{{6}}[ -]?[0-9]{{5}}"
            rf"|(?:0[0-5]|[68][0-9])[0-9][ -]?[0-9]{{6}}[ -]?[0-9]{{4}})"
            rf"|4{NOT_CODE_BEFORE}{NOT_FRACTION}[0-9]{{12}}){NOT_CODE_AFTER}{NOT_DECIMAL}",
            0.3,
            13,
        ),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return (features.digits >= 13) & features.solid(13, 14, 15)

    def checksum(self, value: str) -> bool:
        return checksums.luhn(value)

    def stands(self, value: str) -> bool:
        return checksums.luhn(value)

    def judge(self, values: Sequence[str]) -> Judgement:
        valid = checksums.luhn_many(values)
        return Judgement(valid, np.ones(len(values), dtype=np.bool_), valid)


_IBAN_DIGITS: Final = 6  # of the countries' forms, the one with the most letters has more


class IbanRecognizer(ColumnRecognizer):
    """International bank account numbers (ISO 13616-1): a country, two check digits, eleven to thirty more. Only MOD 97 makes one."""

    entity = "IBAN_CODE"
    luck = LUCK["IBAN_CODE"]
    context_words = ("iban", "bank", "transaction")
    expressions = (
        Expression(
            "IBAN", rf"[A-Z]{NOT_CODE_BEFORE}[A-Z][0-9]{{2}}[0-9A-Z]{{11,30}}{NOT_CODE_AFTER}", 0.3, _IBAN_DIGITS
        ),
        Expression(
            "IBAN, in groups",
            rf"[A-Z]{NOT_CODE_BEFORE}[A-Z][0-9]{{2}}(?: [0-9A-Z]{{4}}){{2,7}}(?: [0-9A-Z]{{1,3}})?{NOT_CODE_AFTER}",
            0.3,
            _IBAN_DIGITS,
        ),
    )

    def may_hold(self, features: Features) -> BoolArray:
        codes = features.digits + features.letters
        enough = (features.letters >= 2) & (features.digits >= _IBAN_DIGITS) & (codes >= 15)
        return enough & features.solid(*range(15, 35))

    def checksum(self, value: str) -> bool:
        return check_digits.iban_checksum(value)

    def stands(self, value: str) -> bool:
        return sum(map(str.isdigit, value)) >= _IBAN_DIGITS and self.checksum(value)

    def judge(self, values: Sequence[str]) -> Judgement:
        plausible = check_digits.have_digits(values, _IBAN_DIGITS)
        valid = plausible & check_digits.ibans(values)
        return Judgement(valid, plausible, valid)
