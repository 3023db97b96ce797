"""Recognizers of the ways to reach a person: telephone numbers and e-mail addresses."""

from __future__ import annotations

from typing import Final

from privacy.detection.cells import Features
from privacy.detection.checksums import BoolArray
from privacy.detection.recognizers.base import (
    NOT_CODE_AFTER,
    NOT_CODE_BEFORE,
    NOT_DECIMAL,
    NOT_FRACTION,
    ColumnRecognizer,
    Expression,
)


class MobileRecognizer(ColumnRecognizer):
    """大陆手机号码, with or without +86, spaces and hyphens.

    Source: number segments of 工信部 as in use; 140–144, 154, 160–161, 163–164 and 168–169 are not assigned.
    """

    entity = "CN_MOBILE"
    context_words = ("手机", "电话", "联系", "mobile", "phone", "tel")
    _body = r"(?:3[0-9]|4[5-9]|5[0-35-9]|6[2567]|7[0-8]|8[0-9]|9[0-35-9])[ -]?[0-9]{4}[ -]?[0-9]{4}"
    expressions = (
        Expression("mobile", rf"1{NOT_CODE_BEFORE}{NOT_FRACTION}{_body}{NOT_CODE_AFTER}{NOT_DECIMAL}", 0.7, 11),
        Expression(
            "mobile, +86",
            rf"8(?<![0-9A-Za-z].)6[ -]?1{_body}{NOT_CODE_AFTER}{NOT_DECIMAL}|0(?<![0-9A-Za-z].)086[ -]?1{_body}{NOT_CODE_AFTER}",
            0.7,
            13,
        ),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return (features.digits >= 11) & features.solid(11, 13, 15)


# Trunk codes of GB/T 15279-era numbering: 010, 02x, and four digits per prefecture.
_AREA: Final = (
    r"(?:10|2[0-57-9]|3(?:1[0-9]|35|49|5[0-9]|7[0-9]|9[1-8])|4(?:1[0-9]|2[179]|3[1-9]|5[1-9]|6[4-9]|7[0-9]|8[23])"
    r"|5(?:1[0-9]|2[37]|3[0-9]|4[36]|5[0-9]|6[1-6]|7[0-9]|80|9[1-9])|6(?:3[1-5]|6[0238]|9[12])"
    r"|7(?:01|1[0-9]|2[248]|3[0-9]|4[3-6]|5[0-9]|6[03689]|7[0-9]|9[0-9])"
    r"|8(?:1[23678]|2[5-7]|3[0-9]|5[4-9]|7[0-9]|8[3678]|9[1-9])|9(?:0[1-36-9]|1[0-79]|3[0-9]|41|5[1-5]|7[0-7]|9[0-9]))"
)


class LandlineRecognizer(ColumnRecognizer):
    """固定电话 with its area code, with or without an extension. Without an area code eight digits are anything."""

    entity = "CN_LANDLINE"
    context_words = ("电话", "固话", "座机", "传真", "tel", "fax", "phone")
    _number = r"[ -]{0,2}[2-8][0-9]{2,3}[ -]?[0-9]{4}(?:(?:-|转|#| ?ext\.? ?)[0-9]{1,6})?" + NOT_CODE_AFTER
    expressions = (
        Expression("landline", rf"0{NOT_CODE_BEFORE}{NOT_FRACTION}{_AREA}\)?{_number}", 0.5, 10),
        Expression("landline, +86", rf"8(?<![0-9A-Za-z].)6[ -]?\(?0?{_AREA}\)?{_number}", 0.5, 11),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return (features.digits >= 10) & features.solid(10, 11, 12, 13, 14)  # with an extension there is a mark between


class EmailRecognizer(ColumnRecognizer):
    """E-mail addresses. Presidio's own recognizer looks the public-suffix list up over the network; this one does not."""

    entity = "EMAIL_ADDRESS"
    context_words = ("邮箱", "邮件", "email", "mail")
    expressions = (
        Expression(
            "e-mail",
            r"[A-Za-z0-9_%+-](?<![A-Za-z0-9._%+-].)[A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}\.){1,8}[A-Za-z]{2,24}"
            r"(?![A-Za-z0-9_-])",
            0.9,
        ),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return (features.ats >= 1) & (features.dots >= 1)
