"""Recognizers of travel permits, officers' certificates and driving licences.

A driving licence's own number is its holder's resident ID number (GA 482) and is reported as that; the file number is the licence's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from privacy.detection.cells import Features
from privacy.detection.checksums import PROVINCES, BoolArray, byte_matrix
from privacy.detection.recognizers.base import (
    NOT_CODE_AFTER,
    NOT_CODE_BEFORE,
    ColumnRecognizer,
    Expression,
    Judgement,
)
from privacy.detection.recognizers.labelled import BETWEEN, LabelledRecognizer, any_of

_MOST_REPLACEMENTS: Final = "20"  # of a permit: the last two of its eleven characters count them


class HkMacaoPermitRecognizer(ColumnRecognizer):
    """港澳居民来往内地通行证 (回乡证): H or M and eight digits for life, before 2013 two more that count replacements.

    `checked` are those with the count, which a serial number has only by luck.
    """

    entity = "CN_HM_TRAVEL_PERMIT"
    context_words = ("通行证", "回乡证", "港澳居民")
    expressions = (
        Expression("home return permit", rf"[HMhm]{NOT_CODE_BEFORE}[0-9]{{8}}(?:[0-9]{{2}})?{NOT_CODE_AFTER}", 0.4, 8),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return (features.letters >= 1) & (features.digits >= 8) & features.solid(9, 11)

    def judge(self, values: Sequence[str]) -> Judgement:
        matrix = byte_matrix(values, 11)
        short = matrix[:, 9] == 0
        counted = ~short & (matrix[:, 9] < ord(_MOST_REPLACEMENTS[0]))
        return Judgement(counted | short, counted, np.zeros(len(values), dtype=np.bool_))

    def stands(self, value: str) -> bool:
        return len(value) == 9 or value[9:] < _MOST_REPLACEMENTS


class ExitPermitRecognizer(ColumnRecognizer):
    """往来港澳通行证: C and eight digits, C, a letter and seven digits, before 2014 W; 往来台湾通行证: L, before 2017 T.

    `checked` are those with two letters, which serial numbers seldom have.
    """

    entity = "CN_EXIT_PERMIT"
    context_words = ("通行证", "往来港澳", "往来台湾", "港澳通行证")
    expressions = (
        Expression(
            "exit permit",
            rf"(?:[Cc]{NOT_CODE_BEFORE}[A-HJ-NP-Za-hj-np-z]|[CWLTcwlt]{NOT_CODE_BEFORE}[0-9])[0-9]{{7}}{NOT_CODE_AFTER}",
            0.4,
            7,
        ),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return (features.letters >= 1) & (features.digits >= 7) & features.solid(9)

    def judge(self, values: Sequence[str]) -> Judgement:
        keep = np.ones(len(values), dtype=np.bool_)
        return Judgement(keep, byte_matrix(values, 2)[:, 1] >= ord("A"), ~keep)


class TaiwanPermitRecognizer(LabelledRecognizer):
    """台湾居民来往大陆通行证 (台胞证): eight digits for life; before 2015 ten and a letter in brackets. Digits alone are anything."""

    entity = "CN_TW_TRAVEL_PERMIT"
    context_words = ("台胞证", "台湾居民")
    labels = ("台胞证", "台湾居民来往大陆通行证")
    endings = r"(?:号码?)?"
    fewest = 11
    expressions = (
        Expression(
            "permit for Taiwan residents",
            rf"{any_of(labels)}{endings}{BETWEEN}[0-9]{{8}}(?:[0-9]{{2}}(?:\([A-Za-z]\))?)?{NOT_CODE_AFTER}",
            0.6,
            8,
        ),
    )


# 军 officers, 士 sergeants, 兵 conscripts, 文 civilian cadres, 职 staff since 2016; before, the services and commands; 武 the armed police.
_SERVICES: Final = "军士兵文职武政参后装海空炮火沈北兰济南广成"


class OfficerCertificateRecognizer(ColumnRecognizer):
    """军官证 and its kin: 军字第1234567号, since 2016 with seven digits, before with seven or eight (全军换发证件, 2016-07-01).

    A character before the service makes it the number of a document: 京政字第12号 is none.
    """

    entity = "CN_OFFICER_ID"
    compacts = False
    context_words = ("军官证", "士兵证", "士官证", "文职", "警官证")
    expressions = (
        Expression(
            "officer's certificate",
            rf"[{_SERVICES}](?:(?<![\u3400-\u9fff].)|(?<=[证号码为是].))(?:字第?|第) ?[0-9]{{6,8}}(?![0-9A-Za-z])号?",
            0.8,
            6,
        ),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return (features.han >= 2) & (features.digits >= 6)


class DrivingLicenceRecognizer(LabelledRecognizer):
    """机动车驾驶证档案编号 (GA 482): four digits of the issuing area and eight of a sequence. Without its label twelve digits are anything."""

    entity = "CN_DRIVING_LICENCE"
    context_words = ("驾驶证", "驾照", "driving licence")
    labels = ("驾驶证", "驾照")
    endings = r"(?:档案)?(?:编号|号码?)?"
    fewest = 14
    expressions = (
        Expression(
            "driving licence file", rf"{any_of(labels)}{endings}{BETWEEN}[1-6][0-9]{{11}}{NOT_CODE_AFTER}", 0.6, 12
        ),
    )

    def stands(self, value: str) -> bool:
        return self.number_in(value)[:2] in PROVINCES
