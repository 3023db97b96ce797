"""Presidio recognizers for the identifiers of Chinese tables, usable in anybody's `AnalyzerEngine`.

Lives here: one `PatternRecognizer` per entity type, with what a column scan needs besides: which cells can be ruled out by counting
characters, a vectorised judgement of the hits, and how often the checksum passes by luck. Not here: running them over
columns (`privacy.detection.column`), names in text (`privacy.detection.person_names`).

Expressions use ASCII look-arounds: with Unicode `\\b` an address in 联系zhang@163.com谢谢 is missed. The look-behind stands after the
first character, so that the engine can jump to candidates instead of testing every position. A failed checksum does not drop
a hit: real columns are full of mistyped numbers, and a column of them is still a column of numbers of persons.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt
from presidio_analyzer import Pattern, PatternRecognizer, RecognizerRegistry, RecognizerResult

from privacy.detection import checksums
from privacy.detection.cells import Features
from privacy.detection.checksums import LUCK, BoolArray
from privacy.detection.folding import fold_with_offsets
from privacy.detection.person_names import ChinesePersonRecognizer

LANGUAGES: Final = ("zh", "en")
FLAGS: Final = re.DOTALL | re.MULTILINE  # no IGNORECASE: under it [A-Z] also means ſ and K
_NOT_CODE_BEFORE: Final = r"(?<![0-9A-Za-z].)"  # stands after the first character of the value
_NOT_FRACTION: Final = r"(?<![0-9]\..)"
_NOT_CODE_AFTER: Final = r"(?![0-9A-Za-z])"
_NOT_DECIMAL: Final = (
    r"(?!\.[0-9]*[1-9])"  # 13812345678.0 is a number that went through a float; 13812345678.25 is an amount
)
SEPARATOR_CHARACTERS: Final = " \t-–—()·•・‧.+"
_SEPARATORS: Final = str.maketrans("", "", SEPARATOR_CHARACTERS)


def compact(text: str) -> str:
    """A hit without separators, upper case: what checksums are computed on."""
    return text.translate(_SEPARATORS).upper()


@dataclass(frozen=True, slots=True)
class Judgement:
    """Per hit: whether it stands, whether its checksum counts and holds, and the year of birth in it (0: none).

    `checked` must not depend on the checksum, or its rate would say nothing: a card kept only because Luhn holds always passes.
    """

    keep: BoolArray
    checked: BoolArray
    valid: BoolArray
    years: npt.NDArray[np.int64] | None = None


@dataclass(frozen=True, slots=True)
class Expression:
    """One regular expression, its Presidio score, and the fewest digits that a match contains."""

    name: str
    regex: str
    score: float
    min_digits: int = 0


class ColumnRecognizer(PatternRecognizer):
    """A Presidio recognizer that a column scan can run too.

    Subclasses set `entity`, `expressions` and `context_words` and override what they judge by. `analyze` folds its text first
    (full-width digits, invisible characters) and reports positions in the text that was given.
    """

    entity: ClassVar[str]
    expressions: ClassVar[tuple[Expression, ...]]
    context_words: ClassVar[tuple[str, ...]] = ()
    luck: ClassVar[float | None] = None
    compacts: ClassVar[bool] = True  # judged without separators
    rule_version: ClassVar[str] = "1"

    def __init__(self, supported_language: str = "zh", **kwargs: Any) -> None:
        super().__init__(
            supported_entity=self.entity,
            supported_language=supported_language,
            patterns=[Pattern(e.name, e.regex, e.score) for e in self.expressions],
            context=list(self.context_words),
            global_regex_flags=FLAGS,
            version=self.rule_version,
            **kwargs,
        )
        self.compiled = tuple(re.compile(e.regex, FLAGS) for e in self.expressions)

    # -- Presidio ---------------------------------------------------------------------------------------------------

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: Any = None, regex_flags: int | None = None
    ) -> list[RecognizerResult]:
        """Presidio's entry: hits of this type in `text`, positions as given."""
        folded, offsets = fold_with_offsets(text)
        results: list[RecognizerResult] = super().analyze(folded, entities, nlp_artifacts, regex_flags)
        for result in results:
            start, end = self.extend(folded, result.start, result.end)
            result.start, result.end = (start, end) if offsets is None else (offsets[start], offsets[end])
        return results

    def validate_result(self, pattern_text: str) -> bool | None:
        """True when the checksum holds; None otherwise, which keeps the expression's own score."""
        return True if self.luck is not None and self.checksum(self.value_of(pattern_text)) else None

    def invalidate_result(self, pattern_text: str) -> bool:
        """Whether a hit does not stand."""
        return not self.stands(self.value_of(pattern_text))

    def value_of(self, hit: str) -> str:
        """The text that a hit is judged by."""
        return compact(hit) if self.compacts else hit

    def checksum(self, value: str) -> bool:
        """Whether the checksum of a value holds."""
        return False

    def stands(self, value: str) -> bool:
        """Whether a value is a hit at all."""
        return True

    # -- columns ----------------------------------------------------------------------------------------------------

    def may_hold(self, features: Features) -> BoolArray:
        """Cells that a hit is possible in; the others are not searched. Never rules out a cell with a hit."""
        raise NotImplementedError

    def judge(self, values: Sequence[str]) -> Judgement:
        """`stands` and `checksum` over the values of many hits."""
        keep = _each(self.stands, values)
        never = np.zeros(len(values), dtype=np.bool_)
        return Judgement(keep, never, never)

    def extend(self, text: str, start: int, end: int) -> tuple[int, int]:
        """The hit's full extent, where the expression only anchors it."""
        return start, end


def _each(test: Callable[[str], bool], values: Sequence[str]) -> BoolArray:
    return np.fromiter((test(value) for value in values), dtype=np.bool_, count=len(values))


class ResidentIdRecognizer(ColumnRecognizer):
    """居民身份证号, 18 characters (GB 11643-1999), or the 15 digits of before 1999.

    A hit needs a province and a date of birth in place, or a province and a valid check digit.
    """

    entity = "CN_RESIDENT_ID"
    luck = LUCK["CN_RESIDENT_ID"]
    context_words = ("身份证", "证件", "公民身份", "id", "identity")
    expressions = (
        Expression(
            "resident id, 18",
            rf"[1-9]{_NOT_CODE_BEFORE}{_NOT_FRACTION}[0-9]{{3}}[ -]?(?:[0-9]{{2}}[ -]?){{6}}[0-9][0-9Xx]{_NOT_CODE_AFTER}{_NOT_DECIMAL}",
            0.5,
            17,
        ),
        Expression(
            "resident id, 15",
            rf"[1-8]{_NOT_CODE_BEFORE}{_NOT_FRACTION}[0-9]{{14}}{_NOT_CODE_AFTER}{_NOT_DECIMAL}",
            0.3,
            15,
        ),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return (features.digits >= 15) & features.solid(15, 18)

    def checksum(self, value: str) -> bool:
        return checksums.resident_id_checksum(value) and value[:2] in checksums.PROVINCES

    def stands(self, value: str) -> bool:
        return checksums.resident_id_plausible(value) or self.checksum(value)

    def judge(self, values: Sequence[str]) -> Judgement:
        plausible, valid, years = checksums.resident_ids(values)
        valid &= checksums.known_provinces(values)
        has_check_digit = np.fromiter((len(value) == 18 for value in values), dtype=np.bool_, count=len(values))
        return Judgement(plausible | valid, plausible & has_check_digit, valid, years)


class MobileRecognizer(ColumnRecognizer):
    """大陆手机号码, with or without +86, spaces and hyphens.

    Source: number segments of 工信部 as in use; 140–144, 154, 160–161, 163–164 and 168–169 are not assigned.
    """

    entity = "CN_MOBILE"
    context_words = ("手机", "电话", "联系", "mobile", "phone", "tel")
    _body = r"(?:3[0-9]|4[5-9]|5[0-35-9]|6[2567]|7[0-8]|8[0-9]|9[0-35-9])[ -]?[0-9]{4}[ -]?[0-9]{4}"
    expressions = (
        Expression("mobile", rf"1{_NOT_CODE_BEFORE}{_NOT_FRACTION}{_body}{_NOT_CODE_AFTER}{_NOT_DECIMAL}", 0.7, 11),
        Expression(
            "mobile, +86",
            rf"8(?<![0-9A-Za-z].)6[ -]?1{_body}{_NOT_CODE_AFTER}{_NOT_DECIMAL}|0(?<![0-9A-Za-z].)086[ -]?1{_body}{_NOT_CODE_AFTER}",
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
    _number = r"[ -]{0,2}[2-8][0-9]{2,3}[ -]?[0-9]{4}(?:(?:-|转|#| ?ext\.? ?)[0-9]{1,6})?" + _NOT_CODE_AFTER
    expressions = (
        Expression("landline", rf"0{_NOT_CODE_BEFORE}{_NOT_FRACTION}{_AREA}\)?{_number}", 0.5, 10),
        Expression("landline, +86", rf"8(?<![0-9A-Za-z].)6[ -]?\(?0?{_AREA}\)?{_number}", 0.5, 11),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return (features.digits >= 10) & features.solid(10, 11, 12, 13, 14)  # with an extension there is a mark between


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
            rf"[34568]{_NOT_CODE_BEFORE}{_NOT_FRACTION}[0-9]{{3}}[ -]?[0-9]{{2}}[ -]?[0-9]{{2}}[ -]?[0-9]{{4}}[ -]?[0-9]{{4}}"
            rf"[ -]?[0-9]{{0,3}}{_NOT_CODE_AFTER}{_NOT_DECIMAL}",
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
        # A 19-digit card cut at 18 characters must not look like an ID: only true 18-digit numbers can be one.
        id_plausible = checksums.resident_ids([value if len(value) == 18 else "" for value in values])[0]
        luhn = checksums.luhn_many([value[:19] for value in values])
        card = issuer & ~id_plausible
        return Judgement(card & (luhn | unionpay), card, card & luhn)


class UsccRecognizer(ColumnRecognizer):
    """统一社会信用代码 (GB 32100-2015). A code that is plausible as a resident ID needs a valid check character."""

    entity = "CN_USCC"
    luck = LUCK["CN_USCC"]
    context_words = ("信用代码", "纳税人识别号", "税号", "credit code")
    expressions = (
        Expression(
            "unified social credit code",
            rf"[1-9ANYany]{_NOT_CODE_BEFORE}{_NOT_FRACTION}[1-9][ -]?[0-9]{{6}}[ -]?[0-9A-HJ-NPQRTUWXYa-hj-npqrtuwxy]{{9}}"
            rf"[ -]?[0-9A-HJ-NPQRTUWXYa-hj-npqrtuwxy]{_NOT_CODE_AFTER}{_NOT_DECIMAL}",
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


class PlateRecognizer(ColumnRecognizer):
    """机动车号牌 (GA 36-2018): province, issuing office, five characters, or six for new-energy vehicles."""

    entity = "CN_PLATE"
    context_words = ("车牌", "号牌", "plate")
    expressions = (
        Expression(
            "plate",
            r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Za-hj-np-z][ ·•・‧.-]?(?=[A-Za-z]{0,5}[0-9])"
            r"(?:[DFdf][0-9A-HJ-NP-Za-hj-np-z][0-9]{4}|[0-9]{5}[A-KDFa-kdf]|[0-9A-HJ-NP-Za-hj-np-z]{4}[0-9A-HJ-NP-Za-hj-np-z挂学警港澳])"
            + _NOT_CODE_AFTER,
            0.8,
        ),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return (features.han >= 1) & (features.digits >= 1) & (features.letters >= 1)


class PassportRecognizer(ColumnRecognizer):
    """中国护照: E and eight digits, E, a letter and seven digits, or the older G, D, S and P series."""

    entity = "CN_PASSPORT"
    context_words = ("护照", "passport")
    expressions = (
        Expression(
            "passport",
            rf"(?:[Ee]{_NOT_CODE_BEFORE}[A-HJ-NP-Za-hj-np-z]|[EGDSPegdsp]{_NOT_CODE_BEFORE}[0-9])[0-9]{{7}}{_NOT_CODE_AFTER}",
            0.4,
            7,
        ),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return (features.letters >= 1) & (features.digits >= 7) & features.solid(9)


class IpAddressRecognizer(ColumnRecognizer):
    """IPv4 and IPv6 addresses, judged by the standard library."""

    entity = "IP_ADDRESS"
    compacts = False
    context_words = ("ip", "地址")
    expressions = (
        Expression(
            "IPv4",
            r"[0-9](?<![0-9A-Za-z.].)[0-9]{0,2}(?:\.[0-9]{1,3}){3}(?![0-9A-Za-z])(?!\.[0-9])",
            0.6,
            4,
        ),
        Expression(
            "IPv6", r"[0-9A-Fa-f:](?<![0-9A-Za-z:.].)[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![0-9A-Za-z:])", 0.6
        ),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return ((features.dots >= 3) & (features.digits >= 4)) | (features.colons >= 2)

    def stands(self, value: str) -> bool:
        return _is_ip(value)

    def judge(self, values: Sequence[str]) -> Judgement:
        """`checked` are addresses that cannot be a version number: one of their numbers is large."""
        keep = _each(self.stands, values)
        large = _each(
            lambda value: ":" in value or any(int(part) >= 32 for part in value.split(".") if part.isdigit()), values
        )
        return Judgement(keep, keep & large, np.zeros(len(values), dtype=np.bool_))


def _is_ip(text: str) -> bool:
    if ":" in text and "::" not in text and text.count(":") != 7:
        return False  # 12:30:45 is a time
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not address.is_unspecified and not (address.version == 6 and len(text) < 6)


class MacAddressRecognizer(ColumnRecognizer):
    """MAC addresses as six pairs or three groups of four."""

    entity = "MAC_ADDRESS"
    compacts = False
    context_words = ("mac",)
    expressions = (
        Expression(
            "MAC",
            rf"[0-9A-Fa-f]{_NOT_CODE_BEFORE}[0-9A-Fa-f]([:-])(?:[0-9A-Fa-f]{{2}}\1){{4}}[0-9A-Fa-f]{{2}}(?![0-9A-Za-z:])"
            rf"|[0-9A-Fa-f]{_NOT_CODE_BEFORE}[0-9A-Fa-f]{{3}}\.[0-9A-Fa-f]{{4}}\.[0-9A-Fa-f]{{4}}(?![0-9A-Za-z.])",
            0.8,
        ),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return (features.digits + features.letters >= 12) & features.solid()

    def stands(self, value: str) -> bool:
        return any(char in "0123456789" for char in value) or ":" in value


class GpsRecognizer(ColumnRecognizer):
    """A longitude and a latitude inside China in one text, in either order, with at least three decimals."""

    entity = "CN_GPS"
    compacts = False
    context_words = ("经度", "纬度", "坐标", "定位", "gps")
    expressions = (
        Expression(
            "longitude and latitude",
            r"[0-9](?<![0-9A-Za-z.].)[0-9]{0,2}\.[0-9]{3,}°?[NESW]?[ ,;/]{1,3}[0-9]{1,3}\.[0-9]{3,}(?![0-9A-Za-z.])",
            0.6,
            8,
        ),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return (features.dots >= 2) & (features.digits >= 8)

    def stands(self, value: str) -> bool:
        return _is_position(value)


def _is_position(text: str) -> bool:
    first, second = (float(number) for number in re.findall(r"[0-9]+\.[0-9]+", text)[:2])
    east, north = max(first, second), min(first, second)
    return 73 <= east <= 136 and 3 <= north <= 54


# 大道, 街道, 花园, 新村, 大厦, 公寓 and 广场 end with a character of the class; 区 alone is a district.
_ROAD: Final = r"(?:[路街道巷弄里村镇乡园苑坊湾桥庄城场墩浜塘组厦寓]|[小社发]区)"


class AddressRecognizer(ColumnRecognizer):
    """详细地址: a road, village or estate followed by a number with its unit (号 弄 幢 栋 室 单元 …).

    The expression anchors on road and number; `extend` takes in the districts before and the rooms after.
    """

    entity = "CN_ADDRESS"
    context_words = ("地址", "住址", "住", "位于", "address")
    expressions = (
        Expression(
            "address",
            rf"[\u4e00-\u9fff]{{2}}{_ROAD}(?:[\u4e00-\u9fff]{{0,8}}[^\S\n]?[0-9]{{1,5}}(?:-[0-9]{{1,4}}){{0,2}}|[一二三四五六七八九十百]{{1,5}})"
            r" ?(?:号|弄|幢|栋|室|单元|组|座|楼|#)",
            0.6,
        ),
    )
    _before = re.compile(r"[\u4e00-\u9fff0-9]{0,30}\Z")
    _after = re.compile(r"(?:[0-9A-Za-z一-龥#-]{1,8}(?:号楼|号|弄|幢|栋|室|单元|组|座|楼|层|#)){0,5}")

    def may_hold(self, features: Features) -> BoolArray:
        return (features.han >= 4) & (features.units >= 1)

    def extend(self, text: str, start: int, end: int) -> tuple[int, int]:
        before = self._before.search(text, max(0, start - 30), start)
        after = self._after.match(text, end)
        return (before.start() if before else start), (after.end() if after else end)


COLUMN_RECOGNIZERS: Final[tuple[type[ColumnRecognizer], ...]] = (
    ResidentIdRecognizer,
    MobileRecognizer,
    LandlineRecognizer,
    BankCardRecognizer,
    UsccRecognizer,
    EmailRecognizer,
    PlateRecognizer,
    PassportRecognizer,
    IpAddressRecognizer,
    MacAddressRecognizer,
    GpsRecognizer,
    AddressRecognizer,
)


def registry(*, languages: Sequence[str] = LANGUAGES, names: bool = True) -> RecognizerRegistry:
    """A Presidio registry with every recognizer of this module, once per language.

    `names` adds the reader of person names in Chinese text, whose model is loaded at its first use.
    """
    recognizers: list[Any] = [
        kind(supported_language=language) for kind in COLUMN_RECOGNIZERS for language in languages
    ]
    if names:
        recognizers.extend(ChinesePersonRecognizer(supported_language=language) for language in languages)
    return RecognizerRegistry(recognizers=recognizers, supported_languages=list(languages))
