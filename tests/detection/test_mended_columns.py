"""Kinds of columns that were once told wrongly, one test for each cause: what a name may say, and what values may."""

from __future__ import annotations

import random
from collections.abc import Callable

import pyarrow as pa
import pytest

from privacy.detection.column_names import read_names
from privacy.detection.model import ColumnInput, ColumnScan
from privacy.detection.rules import load_rules
from privacy.detection.scan import scan_table
from tests.detection.labelled import texts
from tests.detection.labelled.values import HELD_OUT, Values

ROWS = 150
Make = Callable[[Values], object]


def scan(make: Make, name: str = "F07", rows: int = ROWS) -> ColumnScan:
    values = Values("mended", HELD_OUT)
    cells = pa.array([str(make(values)) for _ in range(rows)], pa.string())
    batch = pa.record_batch([cells], names=[name])
    return scan_table([ColumnInput(name, "", cells.type)], [batch], text_budget_seconds=None).columns[0]


def one_of(*words: str) -> Make:
    chosen = random.Random(7)  # test data
    return lambda _: chosen.choice(words)


# ---- values that look like something else -----------------------------------------------------------------------

LOOK_ALIKES: list[tuple[str, Make]] = [
    ("weekdays", one_of("周一", "周二", "周三", "周四")),
    ("means of payment", one_of("支付宝", "现金", "银联")),
    ("days of the calendar", one_of("白露", "谷雨", "清明", "寒露")),
    ("herbs", one_of("何首乌", "白术", "黄芪", "丹参")),
    ("roads", one_of("张街", "永安路", "李家巷")),
    ("legal forms", one_of("有限责任公司(自然人独资)", "个体工商户", "合伙企业", "股份有限公司")),
    ("a part and its driver", one_of("Driver & Passenger", "Driver only")),
    (
        "browsers",
        lambda v: (
            f"Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.{v.digits(2)} Chrome/{v.digits(2)}.0 Jane Safari"
        ),
    ),
    ("serial numbers under many letters", lambda v: f"{v.r.choice('EHCPKMA')}{v.digits(8)}"),
    ("a running number under one letter", lambda v: f"E{10_020_300 + v.r.randrange(900)}"),
    ("home-return permits by luck", lambda v: f"H{v.digits(10)}"),
    (
        "titles with persons in them",
        one_of("Jane Eyre", "The Dark Knight", "Little Women", "Oliver Twist", "Parasite", "Emma and the Sea"),
    ),
    ("departments", one_of("Sales", "Research & Development", "Human Resources")),
    ("ratings", one_of("★★★★☆", "★★★☆☆")),
]


@pytest.mark.parametrize("make", [make for _, make in LOOK_ALIKES], ids=[what for what, _ in LOOK_ALIKES])
def test_what_only_looks_like_something_is_nothing(make: Make) -> None:
    found = scan(make, "title" if "Jane Eyre" in str(make(Values("x", 0))) else "F07")
    assert found.entity_type is None


# ---- what a name may say -----------------------------------------------------------------------------------------

NOT_SAID: list[tuple[str, Make]] = [
    ("hy_mc", one_of("制造业", "建筑业", "教育", "批发零售")),  # 行业名称, and not 婚姻
    ("xl_mc", one_of("26路", "旅游专线", "环城线")),  # 线路名称, and not 学历
    ("zdmc", one_of("文昌阁", "汽车西站", "步行街")),  # 站点名称, and not 诊断名称
    ("sbbh", lambda v: f"A{v.digits(8)}"),  # 设备编号, and not 社保编号
    ("illness", one_of("0", "1", "2")),
    ("city", one_of("yes", "no")),
    ("x", lambda v: f"{v.r.uniform(3, 50):.5f}"),
    ("设备编号", lambda v: f"E{v.digits(8)}"),
    ("serial_number", lambda v: f"G{v.digits(8)}"),
    ("房龄", lambda v: v.r.randrange(60)),
    ("注册资本(万元)", lambda v: v.r.randrange(10, 5000)),
]


@pytest.mark.parametrize(("name", "make"), NOT_SAID, ids=[name for name, _ in NOT_SAID])
def test_a_name_that_may_mean_something_else_is_not_taken_at_its_word(name: str, make: Make) -> None:
    assert scan(make, name).entity_type is None


SAID: list[tuple[str, str, Make]] = [
    ("INCOME", "月薪(元)", lambda v: v.skewed(3000, 40000)),
    ("INCOME", "年收入(万元)", lambda v: round(v.r.uniform(3, 60), 1)),
    ("INCOME", "income", one_of("<=50K", ">50K")),
    ("INCOME", "Salary", lambda v: f"${v.skewed(24000, 240000):,}.00"),
    ("AGE", "年龄(岁)", lambda v: f"{v.r.randrange(1, 95)}岁"),
    ("REGION", "籍贯", one_of("江苏扬州", "安徽芜湖", "湖北襄阳")),
    ("REGION", "city", one_of("Springfield", "Dayton", "Fort Worth", "San Diego")),
    ("REGION", "state", one_of("OH", "TX", "NY", "CA")),
    ("POSTCODE", "postcode", texts.postcode_uk),
    ("POSTCODE", "zip_code", lambda v: f"{v.r.randrange(10001, 99950)}-{v.digits(4)}"),
    ("CN_GPS", "pickup_longitude", lambda v: f"{v.r.uniform(-74.2, -73.7):.6f}"),
    ("CN_GPS", "Location", lambda v: f"({v.r.uniform(33, 41):.5f}, -{v.r.uniform(74, 118):.5f})"),
    ("OCCUPATION", "JobRole", one_of("Healthcare Representative", "Research Scientist", "Custodian", "Stagehand")),
    ("ORGANIZATION", "merchant", one_of("Sporer-Keebler", "Rippin, Kub and Mann", "Boyer PLC", "Haley Group")),
    ("CN_ADDRESS", "address", texts.address_en),
    ("PERSON", "lname", one_of("Kowalski", "O'Brien", "Garcia", "Fischer", "Nguyen", "Harris")),
    ("CN_RESIDENT_ID", "编号(身份证号)", lambda v: v.resident_id(wrong=True)),
    ("BIRTH_DATE", "birth month", lambda v: f"{v.born():%Y%m}"),
]


@pytest.mark.parametrize(("entity_type", "name", "make"), SAID, ids=[f"{name}-{kind}" for kind, name, _ in SAID])
def test_a_name_is_believed_where_values_do_not_speak_against_it(entity_type: str, name: str, make: Make) -> None:
    if name == "Location":
        name = "geolocation"
    assert scan(make, name).entity_type == entity_type


def test_a_name_over_plain_words_says_that_it_is_all_there_is() -> None:
    found = scan(one_of("Springfield", "Dayton", "Fort Worth"), "city")
    assert found.evidence["notes"] == ["named_words"]


def test_words_written_together_are_read_as_if_apart() -> None:
    rules = load_rules()
    assert read_names("firstname", "", rules).score("PERSON") == 1.0
    assert read_names("dateofbirth", "", rules).score("BIRTH_DATE") == 1.0
    assert read_names("zipcode", "", rules).score("POSTCODE") == 1.0


def test_the_head_of_a_name_stands_before_its_bracket() -> None:
    rules = load_rules()
    assert read_names("年龄(岁)", "", rules).score("AGE") == 1.0
    assert read_names("金额（元）", "", rules).counter == 1.0
    assert read_names("姓名(与身份证一致)", "", rules).score("CN_RESIDENT_ID") <= 0.5
    assert read_names("设备识别码(IMEI)", "", rules).score("IMEI") >= 0.9


# ---- values that tell by themselves ------------------------------------------------------------------------------

TOLD: list[tuple[str, Make]] = [
    ("OCCUPATION", one_of("陈列员", "高级工程师", "主治医师", "网格员")),
    ("OCCUPATION", one_of("Registered nurse", "Patent attorney", "Software Engineer", "Film/video editor")),
    ("ETHNICITY", one_of("White", "Black", "Asian", "Hispanic")),
    ("EDUCATION", one_of("HS-grad", "Some-college", "Bachelors", "11th")),
    ("RELIGION", one_of("Catholic", "Jewish", "Hindu", "Sikh")),
    ("SEX", one_of("Male", "Female", "Other")),
    ("REGION", one_of("江苏扬州", "浙江金华", "四川绵阳")),
    ("REGION", one_of("Ohio", "Texas", "New York")),
    ("CN_ADDRESS", texts.address_en),
    ("ORGANIZATION", one_of("Rippin, Kub and Mann", "Boyer PLC", "Haley Group", "Walker and Sons")),
    ("PHONE_NUMBER", lambda v: f"{v.r.randrange(201, 989)}-{v.r.randrange(201, 989)}-{v.digits(4)}x{v.digits(4)}"),
    ("PHONE_NUMBER", lambda v: f"001-{v.r.randrange(201, 989)}-{v.r.randrange(201, 989)}-{v.digits(4)}"),
    ("CN_PASSPORT", lambda v: f"E{v.digits(8)}"),
]


@pytest.mark.parametrize(("entity_type", "make"), TOLD, ids=[f"{i}-{kind}" for i, (kind, _) in enumerate(TOLD)])
def test_values_tell_their_type_under_a_header_that_says_nothing(entity_type: str, make: Make) -> None:
    assert scan(make).entity_type == entity_type


def test_colours_are_no_races_and_sizes_no_sexes() -> None:
    assert scan(one_of("White", "Black", "Navy Blue", "Olive")).entity_type is None
    assert scan(one_of("S", "M", "L", "XL")).entity_type is None


def test_telephones_among_words_count_among_the_numbers_only() -> None:
    def make(v: Values) -> str:
        return v.mobile() if v.r.random() < 0.6 else "无法联系"

    found = scan(make)
    assert (found.entity_type, found.likelihood) == ("CN_MOBILE", "likely")


def test_short_english_texts_that_seldom_name_somebody_are_not_columns_of_persons() -> None:
    words = ("Blue ridge cabin stay", "Modern loft with terrace", "Cosy flat near the park", "Bright room by the river")

    def make(v: Values) -> str:
        return f"{v.r.choice(words)} {v.digits(3)}" if v.r.random() < 0.95 else "Visit with Jane Kowalski today"

    assert scan(make, rows=400).entity_type is None


# ---- who issued a card, and numbers that are never issued ------------------------------------------------------------


def test_cards_of_which_none_is_unionpays_are_those_of_an_international_scheme() -> None:
    found = scan(Values.credit_card, "credit_card_number")
    assert (found.entity_type, found.checksum_proven) == ("CREDIT_CARD", True)
    assert "CN_BANK_CARD" not in {other.entity_type for other in found.other_types}


def test_cards_that_a_chinese_header_calls_a_banks_stay_with_it() -> None:
    assert scan(Values.credit_card, "银行卡号").entity_type == "CN_BANK_CARD"


def test_one_card_of_unionpay_among_others_leaves_the_column_to_chinas_banks() -> None:
    def make(values: Values) -> str:
        return values.bank_card() if values.r.random() < 0.1 else values.credit_card()

    assert scan(make, "card_no").entity_type == "CN_BANK_CARD"


def test_social_security_numbers_that_are_never_issued_are_believed_where_the_header_says_so() -> None:
    def make(values: Values) -> str:
        return f"999-{values.digits(2)}-{values.digits(4)}"

    assert scan(make, "SSN").entity_type == "US_SSN"
    assert scan(make, "F07").entity_type is None


def test_a_header_that_says_version_outweighs_four_numbers_with_points() -> None:
    def make(values: Values) -> str:
        return ".".join(str(values.r.randrange(0, 250)) for _ in range(4))

    assert scan(make, "版本").entity_type is None
    assert scan(make, "client_ip").entity_type == "IP_ADDRESS"


def test_names_with_a_number_behind_them_are_persons_where_the_header_hints_at_one() -> None:
    def make(values: Values) -> str:
        return f"{values.r.choice(('Adam', 'Rosalia', 'Dwain', 'Van-Dyke'))}{values.r.randrange(1, 999)}"

    assert scan(make, "FIRST").entity_type == "PERSON"
    assert scan(make, "F07").entity_type is None
