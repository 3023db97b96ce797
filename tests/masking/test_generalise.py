"""Generalisation: every value in its class, and a value without one nowhere."""

from __future__ import annotations

import datetime
import decimal
import math
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.masking.generalise import read_generalise
from privacy.masking.operators import ColumnOperator, Masked, Operator
from privacy.masking.parameters import ParameterReader


def operator(parameters: Mapping[str, object], entity_type: str | None = None) -> ColumnOperator:
    return read_generalise(ParameterReader("f", Operator.GENERALISE, parameters), entity_type)


def generalised(
    values: pa.Array[Any] | list[Any], entity_type: str | None = None, /, **parameters: object
) -> list[str | None]:
    result: list[str | None] = apply(values, entity_type, **parameters).values.to_pylist()
    return result


def apply(values: pa.Array[Any] | list[Any], entity_type: str | None = None, /, **parameters: object) -> Masked:
    column: pa.Array[Any] = values if isinstance(values, pa.Array) else pa.array(values)
    return operator(parameters, entity_type).apply(column)


@pytest.mark.parametrize(
    "spelling",
    [
        "20010203",
        "2001-02-03",
        "2001/02/03",
        "2001/2/3",
        "2001.2.3",
        "2001年2月3日",
        "２００１－０２－０３",
        " 2001-02-03 ",
        "2001-02-03 10:11:12",
        "2001-02-03T10:11:12.5Z",
        "2001-02-03 10:11:12+08:00",
        "20010203101112",
        20010203,
        datetime.date(2001, 2, 3),
    ],
)
def test_a_date_is_read_in_any_spelling(spelling: object) -> None:
    expected = {"day": "2001-02-03", "month": "2001-02", "quarter": "2001-Q1", "year": "2001", "decade": "2000s"}
    for level, text in expected.items():
        assert generalised([spelling], to=level) == [text]


@pytest.mark.parametrize(
    "value", ["2001-02-30", "20011301", "1900-02-29", "01/02/2003", "03.02.2001", "yesterday", "0000-00-00", 5, 201]
)
def test_what_is_no_date_is_malformed(value: object) -> None:
    result = apply([value], to="year")
    assert result.values.to_pylist() == [None]


def test_a_leap_day_is_a_date_where_there_is_one() -> None:
    assert generalised(["2000-02-29", "2024-02-29", "2023-02-29"], to="day") == ["2000-02-29", "2024-02-29", None]


def test_a_month_without_its_day_is_known_to_the_month() -> None:
    assert generalised(["2001-02", "2001年2月"], to="month") == ["2001-02", "2001-02"]
    assert apply(["2001-02"], to="day").invalid.tolist() == [True]
    assert generalised(["198702", "198713"], to="quarter") == ["1987-Q1", None]


@pytest.mark.parametrize("values", [["1987", "２００１年", "1960-00-00"], [1987, 2001, 1960]])
def test_a_year_by_itself_is_known_to_the_year(values: list[object]) -> None:
    assert generalised(values, to="decade") == ["1980s", "2000s", "1960s"]
    assert generalised(values, to="year") == ["1987", "2001", "1960"]
    assert apply(values, to="month").invalid.tolist() == [True] * 3


@given(st.dates(min_value=datetime.date(1800, 1, 1), max_value=datetime.date(2199, 12, 31)))
def test_a_year_and_a_month_are_read_alike_from_text_and_number(day: datetime.date) -> None:
    for column in (pa.array([f"{day:%Y%m}"]), pa.array([int(f"{day:%Y%m}")]), pa.array([f"{day.year}-{day.month}"])):
        assert generalised(column, to="month") == [f"{day:%Y-%m}"]
        assert generalised(column, to="day") == [None]


def test_timestamps_are_read_in_their_own_zone_and_before_1970() -> None:
    evening = pa.array([datetime.datetime(2024, 12, 31, 23, 59, tzinfo=datetime.UTC)])
    assert generalised(evening.cast(pa.timestamp("us", "Asia/Shanghai")), to="day") == ["2025-01-01"]
    assert generalised(evening, to="month") == ["2024-12"]
    early = pa.array([-1], pa.timestamp("s"))
    assert generalised(early, to="day") == ["1969-12-31"]
    assert generalised(pa.array([datetime.date(1900, 3, 1), None]), to="decade") == ["1900s", None]


@given(st.dates(min_value=datetime.date(1800, 1, 1), max_value=datetime.date(2199, 12, 31)))
def test_every_day_is_read_alike_from_text_number_and_date(day: datetime.date) -> None:
    columns: list[pa.Array[Any]] = [
        pa.array([day]),
        pa.array([day.isoformat()]),
        pa.array([f"{day:%Y%m%d}"]),
        pa.array([int(f"{day:%Y%m%d}")]),
        pa.array([f"{day.year}年{day.month}月{day.day}日"]),
        pa.array([day]).cast(pa.timestamp("ms")),
    ]
    for column in columns:
        assert generalised(column, to="day") == [day.isoformat()]
        assert generalised(column, to="year") == [f"{day:%Y}"]


def test_a_resident_id_can_become_a_year_of_birth() -> None:
    ids = ["32050819900101123X", "320508 19851231 1234", "12345", None]
    result = apply(ids, "CN_RESIDENT_ID", to="year")
    assert result.values.to_pylist() == ["1990", "1985", None, None]
    assert result.invalid.tolist() == [False, False, True, False]


@pytest.mark.parametrize(
    ("value", "parameters", "expected"),
    [
        (25, {"width": 10}, "[20,30)"),
        (20, {"width": 10}, "[20,30)"),
        (-1, {"width": 10}, "[-10,0)"),
        (7, {"width": 10, "origin": 5}, "[5,15)"),
        (0.3, {"width": 0.1}, "[0.3,0.4)"),
        (0.29, {"width": 0.1}, "[0.2,0.3)"),
        (12.5, {"width": 5}, "[10,15)"),
        ("25", {"width": 10}, "[20,30)"),
        (" +1,234,567.8 ", {"width": 1000}, "[1234000,1235000)"),
        ("-0.5", {"width": 1}, "[-1,0)"),
        (decimal.Decimal("99.99"), {"width": 100}, "[0,100)"),
        (9007199254740993, {"width": 1}, "[9007199254740993,9007199254740994)"),
        ("9007199254740993", {"width": 1}, "[9007199254740993,9007199254740994)"),
    ],
)
def test_a_number_lies_in_its_range(value: object, parameters: dict[str, object], expected: str) -> None:
    assert generalised([value], **parameters) == [expected]


def test_what_is_no_number_has_no_range() -> None:
    result = apply(["12", "1,2", "twelve", "1e3", "", None, "３０"], width=10)
    assert result.values.to_pylist() == ["[10,20)", None, None, None, None, None, "[30,40)"]
    assert result.invalid.tolist() == [False, True, True, True, False, False, False]
    # What sources write for no number at all is missing, not malformed.
    assert apply([math.nan, math.inf, 1.0], width=10).invalid.tolist() == [False, True, False]


def test_a_rows_range_does_not_depend_on_the_other_rows() -> None:
    assert generalised(["9007199254740993", "0.5"], width=1)[0] == generalised(["9007199254740993"], width=1)[0]


@given(st.lists(st.none() | st.integers(0, 10**20).map(str) | st.from_regex(r"0{0,3}[0-9]{0,5}", fullmatch=True)))
def test_a_column_of_digits_has_the_ranges_its_values_have_among_others(values: list[str | None]) -> None:
    alone, among = apply(values, width=10), apply([*values, "0.5", "twelve", "+1"], width=10)
    assert alone.values.to_pylist() == among.values.to_pylist()[: len(values)]
    assert alone.invalid.tolist() == among.invalid.tolist()[: len(values)]


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**6), st.integers(-1000, 1000))
def test_a_range_contains_its_number_and_is_as_wide_as_asked(value: int, width: int, origin: int) -> None:
    (label,) = generalised([value], width=width, origin=origin)
    assert label is not None
    low, high = (int(bound) for bound in label[1:-1].split(","))
    assert low <= value < high
    assert high - low == width
    assert (low - origin) % width == 0


def test_ages_become_bands() -> None:
    assert generalised([0, 4, 5, 37, 89, 90, 120, 200, -1], to="age_band", width=5, top=90) == [
        "0-4",
        "0-4",
        "5-9",
        "35-39",
        "85-89",
        "90+",
        "90+",
        None,
        None,
    ]
    assert generalised(["37", "３７", "x"], to="age_band", width=10) == ["30-39", "30-39", None]
    assert generalised([88, 91], to="age_band", width=10, top=85) == ["85+", "85+"]
    assert generalised([82], to="age_band", width=10, top=85) == ["80-84"]


def test_dates_of_birth_become_ages_on_the_day_given() -> None:
    born = ["1990-06-15", "1990-06-16", "20250101", "2027-01-01", None]
    assert generalised(born, to="age_band", width=1, on="2026-06-15") == ["36", "35", "1", None, None]
    assert generalised(["32050819900615123X"], "CN_RESIDENT_ID", to="age_band", width=1, on="2026-06-15") == ["36"]


def test_a_date_of_birth_without_a_day_to_count_to_is_malformed() -> None:
    assert apply(["1990-06-15"], to="age_band").invalid.tolist() == [True]


@pytest.mark.parametrize(
    ("address", "province", "city", "district"),
    [
        ("江苏省苏州市姑苏区平江路1号", "江苏省", "江苏省苏州市", "江苏省苏州市姑苏区"),
        ("江苏苏州市姑苏区平江路1号", "江苏省", "江苏省苏州市", "江苏省苏州市姑苏区"),
        ("苏州市吴中区石湖西路", None, "苏州市", "苏州市吴中区"),
        ("苏州市昆山市花桥镇", None, "苏州市", "苏州市昆山市"),
        ("昆山市花桥镇绿地大道", None, "昆山市", "昆山市"),
        ("苏州工业园区星湖街1号", None, None, "苏州工业园区"),
        ("北京市朝阳区建国路", "北京市", "北京市", "北京市朝阳区"),
        ("上海市市辖区浦东新区陆家嘴", "上海市", "上海市", "上海市浦东新区"),
        ("内蒙古锡林郭勒盟正蓝旗上都镇", "内蒙古自治区", "内蒙古自治区锡林郭勒盟", "内蒙古自治区锡林郭勒盟正蓝旗"),
        ("四川省阿坝藏族羌族自治州九寨沟县", "四川省", "四川省阿坝藏族羌族自治州", "四川省阿坝藏族羌族自治州九寨沟县"),
        ("江苏省苏州市平江路1号", "江苏省", "江苏省苏州市", "江苏省苏州市"),
        ("江苏省苏州市 姑苏区", "江苏省", "江苏省苏州市", "江苏省苏州市姑苏区"),
        ("平江路12号小区", None, None, None),
        ("某某社区3幢", None, None, None),
        ("城市花园1幢", None, None, None),
        ("超市", None, None, None),
    ],
)
def test_an_address_is_cut_at_its_level(
    address: str, province: str | None, city: str | None, district: str | None
) -> None:
    assert generalised([address], to="province") == [province]
    assert generalised([address], to="city") == [city]
    assert generalised([address], to="district") == [district]


@given(st.text(alphabet="苏州市姑区县路号街0123456789幢室", max_size=30))
def test_no_street_number_survives_in_a_district(address: str) -> None:
    (result,) = generalised(pa.array([address]), to="district")
    assert result is None or (not any(char.isdigit() for char in result) and "路" not in result and "号" not in result)


def test_an_id_becomes_an_area_of_six_four_or_two_digits() -> None:
    for digits, expected in ((6, "320508"), (4, "3205"), (2, "32")):
        assert generalised(["320508 19900101 123x"], "CN_RESIDENT_ID", to="area", digits=digits) == [expected]
    assert generalised(["320508"], to="area", digits=4) == ["3205"]
    assert apply(["320508", "3205", "abc"], to="area", digits=6).invalid.tolist() == [True, True, True]


def test_a_prefix_never_is_the_whole_value() -> None:
    result = apply(["215000", "215", "21", None], to="prefix", length=3)
    assert result.values.to_pylist() == ["215", None, None, None]
    assert result.invalid.tolist() == [False, True, True, False]
    assert generalised(["平江路一号"], length=2) == ["平江"]


HIERARCHY = {"姑苏区": "苏州市", "昆山市": "苏州市", "苏州市": "江苏省", "南京市": "江苏省"}


def test_a_hierarchy_lifts_each_value_by_its_steps() -> None:
    values = ["姑苏区", " 昆山市 ", "南京市", "江苏省", "上海市", None]
    assert generalised(values, groups=HIERARCHY) == ["苏州市", "苏州市", "江苏省", "江苏省", None, None]
    assert generalised(values, groups=HIERARCHY, steps=2)[:3] == ["江苏省", "江苏省", "江苏省"]
    assert apply(values, groups=HIERARCHY).invalid.tolist() == [False] * 4 + [True, False]
    assert generalised(values, groups=HIERARCHY, other="外省")[4:] == ["外省", None]


@pytest.mark.parametrize(
    ("entity_type", "value", "expected"),
    [
        ("BIRTH_DATE", "1990-06-15", "1990"),
        ("CN_ADDRESS", "苏州市姑苏区平江路", "苏州市姑苏区"),
        ("CN_RESIDENT_ID", "32050819900101123X", "320508"),
    ],
)
def test_a_type_implies_its_generalisation(entity_type: str, value: str, expected: str) -> None:
    assert generalised([value], entity_type) == [expected]


def test_an_operator_names_the_types_it_can_work_on() -> None:
    assert operator({"width": 5}).output_type(pa.date32()) is None
    assert operator({"width": 5}).output_type(pa.decimal128(10, 2)) == pa.string()
    assert operator({"to": "year"}).output_type(pa.float64()) is None
    assert operator({"to": "year"}).output_type(pa.timestamp("ns")) == pa.string()
    assert operator({"to": "city"}).output_type(pa.int64()) is None
    assert operator({"length": 2}).output_type(pa.binary()) is None


@pytest.mark.parametrize(
    "parameters",
    [{"to": "month"}, {"width": 10}, {"to": "age_band"}, {"to": "city"}, {"length": 2}, {"groups": {"a": "b"}}],
)
def test_an_empty_column_stays_empty(parameters: dict[str, object]) -> None:
    result = operator(parameters).apply(pa.array([], pa.string()))
    assert len(result.values) == 0
    assert result.values.type == pa.string()
    assert len(result.invalid) == 0
