"""Recognizers of what a vehicle is known by: its plate and its identification number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from privacy.detection import check_digits
from privacy.detection.cells import Features
from privacy.detection.checksums import LUCK, BoolArray
from privacy.detection.recognizers.base import (
    NOT_CODE_AFTER,
    NOT_CODE_BEFORE,
    ColumnRecognizer,
    Expression,
    Judgement,
)


class PlateRecognizer(ColumnRecognizer):
    """机动车号牌 (GA 36-2018): province, issuing office, five characters, or six for new-energy vehicles."""

    entity = "CN_PLATE"
    context_words = ("车牌", "号牌", "plate")
    expressions = (
        Expression(
            "plate",
            r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Za-hj-np-z][ ·•・‧.-]?(?=[A-Za-z]{0,5}[0-9])"
            r"(?:[DFdf][0-9A-HJ-NP-Za-hj-np-z][0-9]{4}|[0-9]{5}[A-KDFa-kdf]|[0-9A-HJ-NP-Za-hj-np-z]{4}[0-9A-HJ-NP-Za-hj-np-z挂学警港澳])"
            + NOT_CODE_AFTER,
            0.8,
        ),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return (features.han >= 1) & (features.digits >= 1) & (features.letters >= 1)


class VinRecognizer(ColumnRecognizer):
    """车辆识别代号 (GB 16735-2019): seventeen characters without I, O and Q, a check digit ninth, the last four digits.

    Vehicles made for other markets than China's and North America's need no check digit: they keep the shape and fail the check.
    """

    entity = "VIN"
    luck = LUCK["VIN"]
    context_words = ("车架号", "车辆识别代号", "车辆识别代码", "vin")
    expressions = (
        Expression(
            "VIN",
            rf"[1-9A-HJ-NPR-Za-hj-npr-z]{NOT_CODE_BEFORE}(?=[0-9]{{0,15}}[A-Za-z])[0-9A-HJ-NPR-Za-hj-npr-z]{{7}}[0-9Xx][0-9A-HJ-NPR-Za-hj-npr-z]{{4}}"
            rf"[0-9]{{4}}{NOT_CODE_AFTER}",
            0.3,
            4,
        ),
    )

    def may_hold(self, features: Features) -> BoolArray:
        codes = features.digits + features.letters
        return (
            (features.letters >= 1) & (features.digits >= 4) & (codes >= check_digits.VIN_LENGTH) & features.solid(17)
        )

    def checksum(self, value: str) -> bool:
        return check_digits.vin_checksum(value)

    def judge(self, values: Sequence[str]) -> Judgement:
        shaped = np.ones(len(values), dtype=np.bool_)
        return Judgement(shaped, shaped, check_digits.vins(values))
