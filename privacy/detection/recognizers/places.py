"""Recognizers of where a person is: positions and addresses."""

from __future__ import annotations

import re
from typing import Final

from privacy.detection.cells import Features
from privacy.detection.checksums import BoolArray
from privacy.detection.recognizers.base import ColumnRecognizer, Expression


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
    # What is said of an address before it: 家住, 地址是, 反映. None of it is a place.
    _said = re.compile(
        r"(?:现?家?居?住(?:在|于|址|所)?|地址|户籍地?|位于|地点|寄[到往给至]|送[到往至]|搬[到至]|变更为|改成|改为|反映|投诉|核查|来到|前往|房产|房屋)[是为在于:]?"
    )
    _after = re.compile(
        r"(?:(?:[^\W\d_的了在与和及是]{0,8}?[0-9]{1,5}[A-Za-z]?|[A-Za-z][0-9]{0,4}|[一二三四五六七八九十甲乙丙丁]{1,3})-?(?:号楼|号|弄|幢|栋|室|单元|组|座|楼|层|#)){0,5}"
    )

    def may_hold(self, features: Features) -> BoolArray:
        return (features.han >= 4) & (features.units >= 1)

    def extend(self, text: str, start: int, end: int) -> tuple[int, int]:
        before = self._before.search(text, max(0, start - 30), start)
        after = self._after.match(text, end)
        begin = before.start() if before else start
        said = [
            match.end() for match in self._said.finditer(text, begin, start + 2)
        ]  # the expression begins two characters before the road
        return (said[-1] if said else begin), (after.end() if after else end)
