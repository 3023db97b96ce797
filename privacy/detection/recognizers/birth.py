"""Dates of birth in a text, told by the word beside them: 出生日期1985年3月2日, 1979年9月15日出生, DOB: 03/02/1985.

A column of dates is judged by its years and its name instead (`privacy.detection.scoring`).
"""

from __future__ import annotations

from typing import Final

from privacy.detection.cells import Features
from privacy.detection.checksums import BoolArray
from privacy.detection.recognizers.base import Expression
from privacy.detection.recognizers.labelled import BETWEEN, LabelledRecognizer, any_of, in_any_case

_YEAR: Final = r"(?:1[89][0-9]{2}|20[0-4][0-9])"
_MONTH: Final = r"(?:0?[1-9]|1[0-2])"
_DAY: Final = r"(?:[12][0-9]|3[01]|0?[1-9])"
_NAME: Final = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
_CHINESE: Final = (
    rf"{_YEAR}(?:年{_MONTH}月(?:{_DAY}日)?|[-/.]{_MONTH}[-/.]{_DAY}|(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]))"
)
_NTH: Final = rf"{_DAY}(?:st|nd|rd|th)?"
_ENGLISH: Final = (
    rf"(?:{_DAY}[-/.]{_DAY}[-/.](?:{_YEAR}|[0-9]{{2}})|{_NTH} {_NAME},? {_YEAR}|{_NAME}\.? {_NTH},? {_YEAR})"
)
_NO_DIGIT: Final = r"(?![0-9])"
_CHINESE_LABELS: Final = ("出生日期", "出生年月日", "出生年月", "出生时间", "出生于", "生日", "生于", "出生")
_ENGLISH_LABELS: Final = (
    *in_any_case("date of birth", "birth date", "birthdate", "dob"),
    "born on",
    "born",
    "Born",
    "Date of Birth",
    "D.O.B.",
    "D.O.B",
)


class BirthDateRecognizer(LabelledRecognizer):
    """A whole date with a word that says whose day it is, before it or after."""

    entity = "BIRTH_DATE"
    context_words = ("出生", "生日", "birth", "dob", "born")
    labels = (*_CHINESE_LABELS, *_ENGLISH_LABELS)
    fewest = 8
    expressions = (
        Expression("date of birth", rf"{any_of(_CHINESE_LABELS)}{BETWEEN}{_CHINESE}{_NO_DIGIT}", 0.7, 4),
        Expression(
            "date of birth, English", rf"{any_of(_ENGLISH_LABELS)}{BETWEEN}(?:{_CHINESE}|{_ENGLISH}){_NO_DIGIT}", 0.7, 4
        ),
        Expression(
            "born on a date",
            rf"[12](?<![0-9].)[089][0-9]{{2}}(?:年{_MONTH}月{_DAY}日|[-/.]{_MONTH}[-/.]{_DAY})"
            r"(?= ?(?:出生|生(?=[,。;) ]|\Z)))(?! ?出生[年月日地证])",
            0.7,
            6,
        ),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return (features.digits >= 4) & (features.length >= features.digits + 3)
