"""Recognizers of what a person is known by to a service: WeChat and QQ accounts, social security, a hospital's records.

Nobody can tell such a number from another by its digits: a label in the text or the name of the column has to say it.
"""

from __future__ import annotations

from typing import Final

from privacy.detection.cells import Features
from privacy.detection.checksums import BoolArray
from privacy.detection.recognizers.base import NOT_CODE_AFTER, Expression
from privacy.detection.recognizers.labelled import BETWEEN, LabelledRecognizer, any_of, in_any_case

_WECHAT: Final = ("微信", *in_any_case("wechat", "WeChat", "weixin", "vx", "wx"))
_ACCOUNT: Final = r"[A-Za-z][A-Za-z0-9_-]{5,19}(?![A-Za-z0-9_@-])"
# After 微信 alone a word may follow as well as an account: 微信WeChatPay. A digit in it, or a colon before it, tells.
_TELLING: Final = r"(?:[ \"']{0,2}[:=][ \"']{0,2}| ?(?=[A-Za-z_-]{1,18}[0-9]))(?!wxid_)"


class WechatRecognizer(LabelledRecognizer):
    """微信号: a letter and five to nineteen letters, digits, underscores and hyphens (腾讯 account rules), or the wxid_ of old accounts."""

    entity = "CN_WECHAT_ID"
    context_words = ("微信", "wechat", "weixin")
    labels = _WECHAT
    endings = r"(?:号码?|账号| ?[Ii][Dd])?"
    fewest = 8
    expressions = (
        Expression("wxid", r"w(?<![0-9A-Za-z_].)xid_[0-9a-z]{10,20}" + NOT_CODE_AFTER, 0.9),
        Expression("WeChat", rf"微信(?:号码?|账号|[Ii][Dd]){BETWEEN}(?!wxid_){_ACCOUNT}", 0.7),
        Expression("WeChat, short", rf"{any_of(_WECHAT)}(?: ?[Ii][Dd])?{_TELLING}{_ACCOUNT}", 0.6),
    )

    def extend(self, text: str, start: int, end: int) -> tuple[int, int]:
        return (start, end) if text.startswith("wxid_", start) else super().extend(text, start, end)

    def may_hold(self, features: Features) -> BoolArray:
        more = features.length > features.digits + features.letters  # 微信 and wxid_ are, and so is what follows wx
        return (features.letters >= 1) & (features.length >= self.fewest) & more


class QqRecognizer(LabelledRecognizer):
    """QQ号: five to eleven digits, the first no nought. A QQ群 is a group and no person."""

    entity = "CN_QQ_ID"
    context_words = ("qq", "QQ号")
    labels = ("QQ", "qq", "Qq")
    endings = r"(?:号码?|账号)?"
    fewest = 7
    expressions = (Expression("QQ", rf"{any_of(labels)}{endings}{BETWEEN}[1-9][0-9]{{4,10}}(?![0-9A-Za-z@.])", 0.7, 5),)


class SocialSecurityRecognizer(LabelledRecognizer):
    """社会保障卡号, 个人社保编号, 医保卡号. The 社会保障号码 itself is the resident ID number (GB 11643) and is reported as that.

    Every region numbers its cards and accounts its own way: six to sixteen digits, some with letters before.
    """

    entity = "CN_SOCIAL_SECURITY"
    context_words = ("社保", "社会保障", "医保", "参保")
    labels = ("社保", "社会保障", "社会保险", "医保", "参保")
    endings = r"(?:人员|个人)?卡?(?:编号|账号|号码|号)"
    fewest = 9
    expressions = (
        Expression(
            "social security",
            rf"{any_of(labels)}{endings}{BETWEEN}[A-Za-z]{{0,3}}[0-9]{{6,16}}{NOT_CODE_AFTER}",
            0.6,
            6,
        ),
    )


class MedicalRecordRecognizer(LabelledRecognizer):
    """病案号, 住院号, 门诊号, 患者编号: a hospital's own number for a person or a stay."""

    entity = "MEDICAL_RECORD"
    context_words = ("病案", "病历", "住院", "门诊", "患者", "就诊卡", "mrn")
    labels = ("病案", "病历", "住院", "门诊", "就诊卡", "诊疗卡", "患者", "MRN")
    endings = r"(?:编号|号码|号|(?<=MRN)|(?<=患者)(?:ID|id))"
    fewest = 7
    expressions = (
        Expression(
            "medical record",
            rf"{any_of(labels)}{endings}{BETWEEN}[A-Za-z]{{0,4}}[0-9]{{4,16}}{NOT_CODE_AFTER}",
            0.6,
            4,
        ),
    )
