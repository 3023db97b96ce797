"""Recognizers of the world's identifiers: telephone numbers and addresses on the web, and those Presidio ships, made fit for columns.

Lives here: `wrapped`, which makes a column recognizer of a Presidio one, and the list of those that are wrapped. Which of them run is the
rule pack's to say (`on`): most would only make noise on Chinese tables. Presidio's patterns that match any row of digits and count on
a word nearby (US_BANK_NUMBER, US_PASSPORT, US_DRIVER_LICENSE, bare SSN) are left out: in a column of numbers they would match all. So is
PL_PESEL, whose validation refuses right numbers in the Presidio that we use.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar, Final

import numpy as np
from presidio_analyzer import PatternRecognizer, predefined_recognizers

from privacy.detection.cells import Features
from privacy.detection.checksums import LUCK, BoolArray
from privacy.detection.recognizers.base import (
    NOT_CODE_AFTER,
    NOT_CODE_BEFORE,
    ColumnRecognizer,
    Expression,
    Judgement,
    each,
)

# A country's share in a number is one to three digits; 86 is China and has types of its own.
_PHONE_DIGITS: Final = range(8, 16)  # E.164: at most fifteen


class PhoneNumberRecognizer(ColumnRecognizer):
    """Telephone numbers of other countries: with + and the country (ITU-T E.164), or as North America writes them, with an extension or none.

    Numbers that begin with 400 or 800 are hotlines, in China too, and nobody's telephone.
    """

    entity = "PHONE_NUMBER"
    context_words = ("phone", "telephone", "cell", "mobile", "call", "电话")
    expressions = (
        Expression(
            "with country",
            r"\+(?<![0-9A-Za-z+].)(?!86)[1-9][0-9]{0,2}(?:[ .-]?\([0-9]{1,4}\))?(?:[ .-]?[0-9]{1,5}){2,5}"
            rf"(?: ?x[0-9]{{1,6}})?{NOT_CODE_AFTER}(?![.-]?[0-9])",
            0.6,
            8,
        ),
        Expression(
            "North America",
            r"(?:(?:1(?<![0-9A-Za-z+.-].)[ .-])?\([2-9][0-9]{2}\) ?[2-9][0-9]{2}[.-]"
            r"|[2-9](?<![0-9A-Za-z.-].)(?!00)[0-9]{2}(?:-[2-9][0-9]{2}-|\.[2-9][0-9]{2}\.)"
            rf"|(?:1(?<![0-9A-Za-z+.-].)|0(?<![0-9A-Za-z+.-].)01)[ .-][2-9](?!00)[0-9]{{2}}[.-][2-9][0-9]{{2}}[.-])"
            rf"[0-9]{{4}}(?: ?x[0-9]{{1,6}})?{NOT_CODE_AFTER}(?![.-][0-9])",
            0.6,
            10,
        ),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return (features.digits >= 8) & (features.length >= features.digits + features.letters + 1)

    def stands(self, value: str) -> bool:
        return len(value.partition("X")[0]) in _PHONE_DIGITS


class UsSsnRecognizer(ColumnRecognizer):
    """US social security numbers as they are written, 123-45-6789. Nine digits without marks are left to the column's name.

    Source: Social Security Administration; area 000, 666 and 900–999, group 00 and serial 0000 are never assigned.
    """

    entity = "US_SSN"
    context_words = ("social", "security", "ssn")
    expressions = (
        Expression(
            "SSN",
            rf"[0-8]{NOT_CODE_BEFORE}(?<![0-9A-Za-z]-.)[0-9]{{2}}(?:-[0-9]{{2}}-| [0-9]{{2}} )[0-9]{{4}}{NOT_CODE_AFTER}(?!-[0-9A-Za-z])",
            0.5,
            9,
        ),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return (features.digits >= 9) & (features.length >= features.digits + features.letters + 2)

    def stands(self, value: str) -> bool:
        return value[:3] not in ("000", "666") and value[3:5] != "00" and value[5:] != "0000"


class UrlRecognizer(ColumnRecognizer):
    """Addresses on the web that say so: with a scheme or with www. Presidio's own takes `v1.is` and `a.cn` for one too."""

    entity = "URL"
    compacts = False
    context_words = ("url", "website", "link", "网址")
    expressions = (
        Expression(
            "URL",
            r"(?:https?://|www\.)(?<![0-9A-Za-z]https://)(?:[0-9A-Za-z-]{1,63}\.){1,8}[0-9A-Za-z]{1,24}[^\s\0<>\"'，。；、()]*",
            0.6,
        ),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return (features.dots >= 1) & (features.letters >= 4) & (features.length >= 8)


class WrappedRecognizer(ColumnRecognizer):
    """A Presidio recognizer of one type with what a column scan needs besides. Its validation decides what stands."""

    origin: ClassVar[type[PatternRecognizer]]
    fewest: ClassVar[int]  # letters and digits of a value, at the least
    lengths: ClassVar[tuple[int, ...]]  # of a value without separators
    compacts = False

    def __init__(self, supported_language: str = "zh", **kwargs: Any) -> None:
        super().__init__(supported_language, **kwargs)
        self._origin: Any = self.origin()  # type: ignore[call-arg]  # Presidio's own name their entity themselves

    def may_hold(self, features: Features) -> BoolArray:
        codes = features.digits + features.letters
        return (codes >= self.fewest) & features.solid(*self.lengths)

    def checksum(self, value: str) -> bool:
        return self._origin.validate_result(value) is True

    def stands(self, value: str) -> bool:
        return not self._origin.invalidate_result(value) and self._origin.validate_result(value) is not False

    def judge(self, values: Sequence[str]) -> Judgement:
        keep = each(self.stands, values)
        if self.luck is None:
            never = np.zeros(len(values), dtype=np.bool_)
            return Judgement(keep, never, never)
        return Judgement(keep, np.ones(len(values), dtype=np.bool_), each(self.checksum, values))


_IN_CLASS: Final = {"d": "0-9", "w": "0-9A-Za-z_"}
_OUTSIDE: Final = {
    "d": "[0-9]",
    "w": "[0-9A-Za-z_]",
    "b": "(?:(?<![0-9A-Za-z_])(?=[0-9A-Za-z_])|(?<=[0-9A-Za-z_])(?![0-9A-Za-z_]))",
}


def in_ascii(regex: str) -> str:
    """An expression whose classes and word boundaries are ASCII's, standing alone among letters and digits, in any case.

    Presidio's are Unicode's, by which 号 is a letter and the number after it no word of its own.
    """
    pieces: list[str] = []
    inside = False
    for piece in re.findall(r"\\.|.", regex.replace("(?i)", ""), flags=re.DOTALL):
        if piece[0] == "\\":
            pieces.append((_IN_CLASS if inside else _OUTSIDE).get(piece[1], piece))
            continue
        inside = (inside or piece == "[") and piece != "]"
        pieces.append(piece)
    return f"(?i:(?<![0-9A-Za-z])(?:{''.join(pieces)}){NOT_CODE_AFTER})"


def wrapped(name: str, *, fewest: int, lengths: tuple[int, ...], least_score: float = 0.3) -> type[ColumnRecognizer]:
    """The column recognizer of Presidio's class `name`, with those of its patterns that score at least `least_score`."""
    origin: Any = getattr(predefined_recognizers, name)
    shipped = origin()
    (entity,) = shipped.supported_entities
    expressions = tuple(
        Expression(pattern.name, in_ascii(pattern.regex), pattern.score)
        for pattern in shipped.patterns
        if pattern.score >= least_score
    )
    members = {
        "__doc__": f"Presidio's {name} over columns.",
        "__module__": __name__,
        "entity": entity,
        "luck": LUCK.get(entity),
        "expressions": expressions,
        "context_words": tuple(word.strip() for word in shipped.context),
        "origin": origin,
        "fewest": fewest,
        "lengths": lengths,
    }
    return type(name, (WrappedRecognizer,), members)


INTERNATIONAL: Final[tuple[type[ColumnRecognizer], ...]] = (
    PhoneNumberRecognizer,
    UrlRecognizer,
    UsSsnRecognizer,
    wrapped("UsItinRecognizer", fewest=9, lengths=(), least_score=0.5),
    wrapped("UsMbiRecognizer", fewest=11, lengths=(11,)),
    wrapped("NhsRecognizer", fewest=10, lengths=(10,)),
    wrapped("UkNinoRecognizer", fewest=9, lengths=(9,)),
    wrapped("AuTfnRecognizer", fewest=9, lengths=(), least_score=0.1),
    wrapped("AuMedicareRecognizer", fewest=10, lengths=(), least_score=0.1),
    wrapped("InAadhaarRecognizer", fewest=12, lengths=(12,), least_score=0.0),
    wrapped("InPanRecognizer", fewest=10, lengths=(10,), least_score=0.5),
    wrapped("SgFinRecognizer", fewest=9, lengths=(9,), least_score=0.5),
    wrapped("EsNifRecognizer", fewest=8, lengths=(8, 9)),
    wrapped("EsNieRecognizer", fewest=8, lengths=(8, 9, 10)),
    wrapped("ItFiscalCodeRecognizer", fewest=16, lengths=(16,)),
    wrapped("FiPersonalIdentityCodeRecognizer", fewest=10, lengths=(11,), least_score=0.5),
    wrapped("KrRrnRecognizer", fewest=13, lengths=(13,)),
    wrapped("ThTninRecognizer", fewest=13, lengths=(13,)),
    wrapped("CryptoRecognizer", fewest=26, lengths=tuple(range(26, 63))),
)
