"""The upper levels of a Chinese address: province, city, district.

Lives here: how much of an address is an administrative division and how much is a street and a door. It goes by the
names of the provinces (GB/T 2260) and by the endings of the lower divisions, so it needs no gazetteer and cannot
supply a level that was not written.
"""

from __future__ import annotations

import re
from enum import StrEnum

import pyarrow as pa

from privacy.detection.arrow import pc
from privacy.masking.columns import Texts

PROVINCES: dict[str, str] = {
    **dict.fromkeys(("北京", "天津", "上海", "重庆"), "市"),
    **dict.fromkeys(
        (
            *("河北", "山西", "辽宁", "吉林", "黑龙江", "江苏", "浙江", "安徽", "福建", "江西", "山东", "河南"),
            *("湖北", "湖南", "广东", "海南", "四川", "贵州", "云南", "陕西", "甘肃", "青海", "台湾"),
        ),
        "省",
    ),
    "内蒙古": "自治区",
    "西藏": "自治区",
    "广西": "壮族自治区",
    "宁夏": "回族自治区",
    "新疆": "维吾尔自治区",
    "香港": "特别行政区",
    "澳门": "特别行政区",
}
"""The provinces' short names, and the ending that makes the full name."""

READ_CHARACTERS = 32
"""How far into an address its divisions are looked for; the longest real ones end before."""

# No part of a division's name; seeing one means that the street has begun.
_STREET = r"0-9０-９A-Za-z路街巷弄号幢栋楼室座层村镇乡组队,，。;；、()（）\-"
_NAME = rf"[^{_STREET}市区县旗盟]"
_ANY = rf"[^{_STREET}]"
_PROVINCE = "|".join(f"{short}(?:{ending}|自治区)?" for short, ending in PROVINCES.items())
_LEAGUES = "(?:锡林郭勒|兴安|阿拉善)盟|(?:大兴安岭|阿克苏|喀什|和田|塔城|阿勒泰|阿里)地区"
# 超市, 菜市 and 夜市 are markets, 小区 and 社区 housing estates; no division's name ends so.
_CITY = (
    rf"{_NAME}{{1,12}}?自治州|{_LEAGUES}|省直辖县级行政区划|自治区直辖县级行政区划"
    rf"|{_NAME}{{1,11}}?[^{_STREET}市区县旗盟超菜夜]市"
)
_DISTRICT = (
    rf"市辖区|{_ANY}{{0,12}}?(?:[^{_STREET}小社校厂库]区|{_ANY}县|{_ANY}旗)"
    rf"|{_ANY}{{1,12}}?[^{_STREET}超菜夜]市"
)
_DIVISIONS = re.compile(
    rf"(?:中国)?(?P<province>{_PROVINCE})?(?P<city>{_CITY})?(?:市辖区|县)?(?P<district>{_DISTRICT})?"
)
_TOWN = re.compile(rf"{_NAME}{{1,10}}(?:街道|镇|乡|苏木)$")
_PROVINCE_ENDING = re.compile("(?:市|省|(?:壮族|回族|维吾尔)?自治区|特别行政区)$")


class AddressLevel(StrEnum):
    """How much of an address stays."""

    PROVINCE = "province"
    CITY = "city"
    DISTRICT = "district"
    TOWN = "town"


def address_to(text: Texts, level: AddressLevel) -> Texts:
    """Each address cut after its `level`, or after the finest level above it that it names; null where it names none.

    江苏苏州市姑苏区平江路1号 gives 江苏省苏州市姑苏区 to the district, 江苏省苏州市 to the city; 昆山市花桥镇 gives
    昆山市 to both. A municipality (北京市) is both a province and a city. A level that was not written above the one
    asked for stays unwritten.
    """
    # What stands before the street repeats a great deal even where addresses do not: it is read once for all its rows.
    ending = "(?:街道|镇|乡|苏木)?" if level is AddressLevel.TOWN else ""
    head = pc.struct_field(pc.extract_regex(text, f"^(?P<head>[^{_STREET}]*{ending})"), "head").dictionary_encode()
    divisions = [None if head is None else _cut(head, level) for head in head.dictionary.to_pylist()]
    return pa.array(divisions, type=pa.string()).take(head.indices)


def _cut(head: str, level: AddressLevel) -> str | None:
    found = _DIVISIONS.match("".join(head.split())[:READ_CHARACTERS])
    if found is None:
        return None
    province, city, district = (part or "" for part in found.group("province", "city", "district"))
    short = _PROVINCE_ENDING.sub("", province)
    divisions = short + PROVINCES[short] if short else ""
    if level is not AddressLevel.PROVINCE:
        divisions += city
    if level in (AddressLevel.DISTRICT, AddressLevel.TOWN):
        divisions += district
    if level is AddressLevel.TOWN and divisions:
        rest = "".join(head.split())[found.end() :]
        divisions += rest if _TOWN.match(rest) else ""
    return divisions or None
