"""Verdicts on whole columns: what real tables hold, and what must not be taken for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from privacy.detection.model import ColumnInput, ColumnScan, FieldRole, Likelihood
from privacy.detection.scan import scan_table
from tests.detection.people import AREAS, DISTRICTS, People

ROWS = 400
FULL_WIDTH = {point: point + 0xFEE0 for point in range(0x21, 0x7F)}


def scan(values: Sequence[Any] | pa.Array[Any], name: str = "F07", comment: str = "") -> ColumnScan:
    array = values if isinstance(values, pa.Array) else pa.array(values)
    batch = pa.record_batch([array], names=[name])
    return scan_table([ColumnInput(name, comment, array.type)], [batch], text_budget_seconds=None).columns[0]


def make(maker: Callable[[People], object], rows: int = ROWS, seed: int = 23) -> list[object]:
    people = People(seed)
    return [maker(people) for _ in range(rows)]


def spelled(people: People) -> str:
    number = people.resident_id()
    form = people.random.randrange(5)
    if form == 0:
        return number.translate(FULL_WIDTH)
    if form == 1:
        return f"{number[:6]} {number[6:14]} {number[14:]}"
    return number.lower() if form == 2 else f"\t{number} " if form == 3 else number


BY_VALUES: list[tuple[str, Callable[[People], object]]] = [
    ("CN_RESIDENT_ID", People.resident_id),
    ("CN_RESIDENT_ID", spelled),
    ("CN_RESIDENT_ID", lambda p: p.resident_id(mistyped=True)),
    ("CN_RESIDENT_ID", People.old_resident_id),
    ("CN_MOBILE", People.mobile),
    ("CN_MOBILE", lambda p: "+86 " + p.mobile()),
    ("CN_MOBILE", lambda p: f"{p.mobile()}/{p.mobile()}"),
    ("CN_MOBILE", lambda p: int(p.mobile())),
    ("CN_MOBILE", lambda p: float(p.mobile())),
    ("CN_MOBILE", lambda p: Decimal(p.mobile())),
    ("CN_LANDLINE", People.landline),
    ("CN_BANK_CARD", People.bank_card),
    ("CN_USCC", People.uscc),
    ("CN_USCC", lambda p: p.uscc(mistyped=True)),
    ("EMAIL_ADDRESS", People.email),
    ("CN_PLATE", People.plate),
    ("CN_PASSPORT", People.passport),
    ("PERSON", People.name),
    ("PERSON", lambda p: p.name()[0] + " " + p.name()[1:]),
    ("PERSON", lambda p: f"{p.name()}、{p.name()}"),
    (
        "PERSON",
        lambda p: p.random.choice(["John", "Mary", "Lucy", "Peter"]) + " " + p.random.choice("ABCDEFGH") + ". Smith",
    ),
    ("CN_ADDRESS", People.address),
    (
        "CN_ADDRESS",
        lambda p: f"苏州市吴江区震泽镇{p.random.choice(['金桥村', '新民村'])}({p.random.randrange(1, 20)})组",
    ),
    ("CN_ADDRESS", lambda p: f"{p.random.randrange(1, 999)} {p.random.choice(['Main', 'Oak'])} Street"),
    ("ORGANIZATION", People.company),
    ("REGION", lambda p: p.random.choice(DISTRICTS)),
    ("REGION", lambda p: p.random.choice(["江苏苏州", "安徽省合肥市", "上海", "平江街道"])),
    ("SEX", lambda p: p.random.choice("男女")),
    ("ETHNICITY", lambda p: p.random.choice(["汉族", "回族", "满族"])),
    ("EDUCATION", lambda p: p.random.choice(["小学", "初中", "大学本科", "大专"])),
    ("MARITAL_STATUS", lambda p: p.random.choice(["未婚", "已婚", "丧偶"])),
    ("RELIGION", lambda p: p.random.choice(["佛教", "基督教", "无宗教信仰"])),
    ("OCCUPATION", lambda p: p.random.choice(["教师", "护士", "工人", "退休"])),
    ("DIAGNOSIS", lambda p: p.random.choice(["高血压", "2型糖尿病", "慢性胃炎", "腰椎间盘突出", "白内障"])),
    ("CN_GPS", lambda p: f"{120 + p.random.random():.6f},{31 + p.random.random():.6f}"),
    ("IP_ADDRESS", lambda p: f"10.{p.random.randrange(256)}.{p.random.randrange(256)}.{p.random.randrange(256)}"),
    ("MAC_ADDRESS", lambda p: ":".join(f"{p.random.randrange(256):02x}" for _ in range(6))),
]


@pytest.mark.parametrize(("entity_type", "maker"), BY_VALUES, ids=[f"{i}-{t}" for i, (t, _) in enumerate(BY_VALUES)])
def test_opaque_column_names_are_no_excuse(entity_type: str, maker: Callable[[People], object]) -> None:
    found = scan(make(maker))
    assert found.entity_type == entity_type
    assert found.likelihood in (Likelihood.POSSIBLE, Likelihood.LIKELY, Likelihood.VERY_LIKELY)
    assert found.counts["matched"] >= 0.7 * ROWS


BY_NAME: list[tuple[str, str, Callable[[People], object]]] = [
    ("BIRTH_DATE", "csrq", lambda p: p.born().isoformat()),
    ("BIRTH_DATE", "出生日期", People.born),
    ("BIRTH_DATE", "出生年月", lambda p: f"{p.born():%Y%m}"),
    ("BIRTH_DATE", "birth_date", lambda p: f"{p.born():%Y/%m/%d}"),
    ("AGE", "nl", lambda p: p.random.randrange(100)),
    ("AGE", "age", lambda p: str(p.random.randrange(100))),
    ("AGE", "年龄段", lambda p: p.random.choice(["18-25岁", "26-35岁", "60岁以上"])),
    ("SEX", "xbdm", lambda p: p.random.choice("12")),
    ("ETHNICITY", "mzdm", lambda p: p.random.choice(["01", "03", "11"])),
    ("INCOME", "nsr", lambda p: p.random.randrange(30_000, 300_000)),
    ("POSTCODE", "yzbm", lambda p: f"2150{p.random.randrange(100):02d}"),
    ("CN_GPS", "经度", lambda p: round(120 + p.random.random(), 6)),
    ("CN_GPS", "lat", lambda p: f"{31 + p.random.random():.6f}"),
    ("EMPLOYER", "工作单位", People.company),
    ("REGION", "行政区划代码", lambda p: p.random.choice(AREAS)),
    ("OCCUPATION", "职业", lambda p: p.random.choice(["网格员", "测绘员", "调香师"])),
    ("PERSON", "法定代表人", People.name),
    ("PERSON", "经办人", lambda p: p.random.choice(["王芳", "李强", "张敏"])),
    ("DIAGNOSIS", "icd_code", lambda p: p.random.choice(["J18.9", "I10.x", "E11.9"])),
    ("CN_BANK_CARD", "yhkh", lambda p: p.bank_card(mistyped=True)),
]


@pytest.mark.parametrize(("entity_type", "name", "maker"), BY_NAME, ids=[f"{n}-{t}" for t, n, _ in BY_NAME])
def test_the_name_settles_what_values_alone_cannot(
    entity_type: str, name: str, maker: Callable[[People], object]
) -> None:
    found = scan(make(maker), name)
    assert found.entity_type == entity_type
    assert found.likelihood in (Likelihood.LIKELY, Likelihood.VERY_LIKELY)


def test_a_comment_says_it_too() -> None:
    assert scan(make(lambda p: p.random.randrange(100)), "F1", "年龄(周岁)").entity_type == "AGE"


def running_number(_people: People, state: list[int] = [15_000_000_000]) -> int:  # noqa: B006  # counts on purpose
    state[0] += 1
    return state[0]


NOTHING: list[tuple[str, Callable[[People], object]]] = [
    ("order_no", lambda p: f"{20240101 + p.random.randrange(28)}{p.random.randrange(10**10):010d}"),
    ("F01", lambda p: f"{p.random.randrange(10**17, 10**18)}"),
    ("F02", lambda p: f"320508202401{p.random.randrange(1, 29):02d}{p.random.randrange(10**4):04d}"),  # a case number
    ("F03", lambda p: 1_765_432_109_876_543_210 + p.random.randrange(10**12)),
    ("F04", lambda p: 1_700_000_000_000 + p.random.randrange(10**9)),
    ("F05", lambda p: p.random.randrange(10**11)),
    ("F06", running_number),
    ("je", lambda p: round(p.random.random() * 1e5, 2)),
    ("金额", lambda p: f"{p.random.random() * 1e5:.2f}"),
    ("F08", lambda p: p.random.randrange(1990, 2025)),
    ("数量", lambda p: p.random.randrange(1000)),
    ("注册号", lambda p: f"320500{p.random.randrange(10**6):08d}{p.random.randrange(10)}"),
    ("登记日期", lambda p: (date(2015, 1, 1) + timedelta(days=p.random.randrange(3000))).isoformat()),
    ("更新时间", lambda p: datetime(2023, 1, 1) + timedelta(minutes=p.random.randrange(10**5))),  # noqa: DTZ001
    ("版本", lambda p: ".".join(str(p.random.randrange(10)) for _ in range(4))),
    ("F09", lambda p: f"{p.random.getrandbits(128):032x}"),
    ("F10", lambda p: f"苏府〔{p.random.randrange(2015, 2024)}〕{p.random.randrange(200)}号"),
    ("药品", lambda p: p.random.choice(["阿莫西林胶囊", "黄连素片", "金银花颗粒", "白加黑", "马应龙痔疮膏"])),
    ("商品名称", lambda p: p.random.choice(["王老吉凉茶", "李宁运动鞋", "马克杯", "周黑鸭", "高露洁牙膏"])),
    ("文号", lambda p: f"苏信决〔{p.random.randrange(2015, 2024)}〕{p.random.randrange(10**6):06d}号"),
    ("企业类型", lambda p: p.random.choice(["有限责任公司", "股份有限公司", "个体工商户", "合伙企业"])),
    ("road", lambda p: p.random.choice(["邓尉路", "苏虹中路", "萧林中路", "人民路", "狮山路"])),
    ("F11", lambda p: p.random.choice(["白色", "黄色", "红色", "黑色"])),
    ("F12", lambda p: p.random.choice(["苏州火车站", "人民路干将路口", "石路", "山塘街", "狮子山"])),
    ("F13", lambda p: p.random.choice(["心内科", "骨科", "儿科", "急诊科"])),
    ("指标", lambda p: p.random.choice(["地区生产总值", "固定资产投资", "一般公共预算收入"])),
    ("F14", lambda p: "".join(p.random.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(16))),
    ("size", lambda p: p.random.choice(["S", "M", "L", "XL"])),
    ("title", lambda p: p.random.choice(["Blue Widget", "Red Chair", "Oak Table"])),
    ("手机号归属地类型", lambda p: p.random.choice(["本地", "异地"])),
    ("F15", lambda p: p.random.random() < 0.5),
    ("F16", lambda p: None),
]


@pytest.mark.parametrize(("name", "maker"), NOTHING, ids=[name for name, _ in NOTHING])
def test_not_taken_for_personal_data(name: str, maker: Callable[[People], object]) -> None:
    found = scan(make(maker), name)
    assert found.entity_type is None
    assert found.role is FieldRole.NONE
    assert found.counts["matched"] == 0


MASKED: list[tuple[str, str, Callable[[People], object]]] = [
    ("CN_RESIDENT_ID", "身份证号", lambda p: p.resident_id()[:3] + "*" * 14 + "X"),
    ("CN_RESIDENT_ID", "F07", lambda p: p.resident_id()[:6] + "********" + p.resident_id()[-4:]),
    ("CN_MOBILE", "手机号", lambda p: p.mobile()[:3] + "****" + p.mobile()[-4:]),
    ("CN_MOBILE", "F07", lambda p: p.mobile()[:3] + "****" + p.mobile()[-4:]),
    ("CN_BANK_CARD", "F07", lambda p: p.bank_card()[:4] + "*" * 11 + p.bank_card()[-4:]),
    ("CN_BANK_CARD", "card_no", lambda p: "XXXX-XXXX-XXXX-" + p.mobile()[-4:]),
    ("US_SSN", "F07", lambda p: "***-**-" + p.mobile()[-4:]),
    ("EMAIL_ADDRESS", "F07", lambda p: p.name().encode().hex()[:2] + "***@163.com"),
    ("CN_PASSPORT", "护照号码", lambda p: p.passport()[:3] + "****" + p.passport()[-2:]),
    ("PERSON", "姓名", lambda p: p.name()[0] + "**"),
    ("PERSON", "F07", lambda p: p.name()[0] + "某某"),
]


@pytest.mark.parametrize(("entity_type", "name", "maker"), MASKED, ids=[f"{n}-{t}" for t, n, _ in MASKED])
def test_a_partly_masked_column_is_possibly_of_its_type_and_says_so(
    entity_type: str, name: str, maker: Callable[[People], object]
) -> None:
    found = scan(make(maker), name)
    assert (found.entity_type, found.likelihood) == (entity_type, Likelihood.POSSIBLE)
    assert "partly_masked" in found.evidence["notes"]
    assert found.counts["matched"] >= 0.9 * ROWS


@pytest.mark.parametrize("text", ["****", "ABCD-EFGH-1234", "★★★★☆", "12*30*5", "M8*20", "*", "A-**-B", "5*6cm"])
def test_stars_alone_make_no_masked_value(text: str) -> None:
    found = scan([f"{text}" for _ in range(60)] + ["x"], "F07")
    assert found.entity_type is None


def test_open_numbers_among_masked_ones_are_still_the_finding() -> None:
    people = People(71)
    values = [people.mobile() if i % 2 else people.mobile()[:3] + "****" + people.mobile()[-4:] for i in range(ROWS)]
    found = scan(values, "手机号")
    assert (found.entity_type, found.likelihood) == ("CN_MOBILE", Likelihood.VERY_LIKELY)
    assert "partly_masked" not in found.evidence["notes"]


def test_a_credit_code_is_not_a_persons_id_and_the_other_way_round() -> None:
    assert scan(make(People.uscc)).other_types == ()
    assert scan(make(lambda p: p.resident_id())).other_types == ()


def test_mistyped_numbers_are_found_and_called_unverified() -> None:
    found = scan(make(lambda p: p.resident_id(mistyped=True)), "sfzh")
    assert found.entity_type == "CN_RESIDENT_ID"
    assert not found.checksum_proven
    assert "checksum_unverified" in found.evidence["notes"]
    assert found.evidence["shape_rate"] == 1.0
    assert found.evidence["checksum_rate"] == 0.0


def test_a_few_mistyped_numbers_do_not_unprove_the_checksum() -> None:
    people = People(4)
    found = scan([people.resident_id(mistyped=i % 5 == 0) for i in range(ROWS)])
    assert found.checksum_proven
    assert found.counts["checksum_valid"] == ROWS * 4 // 5
    assert found.evidence["checksum_lift"] == pytest.approx(0.8 * 11, abs=0.01)


def test_two_right_numbers_prove_no_checksum_and_three_do() -> None:
    assert not scan(make(People.resident_id, 2)).checksum_proven
    assert scan(make(People.resident_id, 3)).checksum_proven


def test_a_tenth_of_telephones_in_a_column_of_codes_is_reported() -> None:
    people = People(8)
    found = scan([people.mobile() if i % 10 == 0 else f"A{i:05d}" for i in range(ROWS)])
    assert found.entity_type == "CN_MOBILE"
    assert found.counts["matched"] == ROWS // 10


def test_several_types_in_one_column_are_all_counted() -> None:
    people = People(9)
    found = scan([people.mobile() if i % 3 else people.landline() for i in range(300)], "联系方式")
    assert found.entity_type == "CN_MOBILE"
    assert [(other.entity_type, other.rows) for other in found.other_types] == [("CN_LANDLINE", 100)]


def test_json_in_cells_is_looked_into() -> None:
    people = People(10)
    found = scan([json.dumps({"tel": people.mobile(), "n": i}) for i in range(100)])
    assert found.entity_type == "CN_MOBILE"
    nested = scan(pa.array([{"tel": people.mobile()} for _ in range(100)]))
    assert nested.entity_type == "CN_MOBILE"


def test_digits_lost_to_scientific_notation_are_told() -> None:
    found = scan(["3.20501E+17"] * 50, "sfzh")
    assert found.entity_type == "CN_RESIDENT_ID"
    assert "digits_lost" in found.evidence["notes"]
    assert "digits_lost" in scan([float(People(i).resident_id()[:17] + "0") for i in range(50)]).evidence["notes"]


def test_placeholders_are_blanks_and_not_failed_cells() -> None:
    people = People(12)
    found = scan(["无", "", "-", None, *(people.mobile() for _ in range(20))])
    assert (found.counts["blanks"], found.counts["nulls"], found.counts["cells"]) == (3, 1, 20)
    assert found.counts["matched"] == 20


def test_birth_dates_without_a_name_need_a_neighbour() -> None:
    people = People(13)
    days = pa.array([people.born() for _ in range(ROWS)])
    assert scan(days).entity_type is None
    batch = pa.record_batch([days, pa.array([people.resident_id() for _ in range(ROWS)])], names=["F1", "F2"])
    table = scan_table([ColumnInput(f.name, "", f.type) for f in batch.schema], [batch], text_budget_seconds=None)
    assert table.column("F1").entity_type == "BIRTH_DATE"
    assert table.column("F1").evidence["neighbours"] == ["CN_RESIDENT_ID"]


def test_evidence_is_json_and_holds_no_raw_value() -> None:
    people = People(14)
    makers = (
        people.resident_id,
        people.mobile,
        people.name,
        people.address,
        people.email,
        people.bank_card,
        people.company,
    )
    for maker in makers:
        values = [maker() for _ in range(60)]
        found = scan(values)
        text = json.dumps(dict(found.evidence), ensure_ascii=False)
        assert found.evidence["examples"]
        assert not [value for value in values if value in text]


def test_roles_and_proposed_grades_come_from_the_rule_pack() -> None:
    assert scan(make(People.resident_id)).role is FieldRole.DIRECT
    assert scan(make(lambda p: p.random.choice("男女"))).role is FieldRole.QUASI
    assert scan(make(lambda p: p.random.choice(["高血压", "胃炎", "肺癌"]))).role is FieldRole.SENSITIVE


def test_binary_that_is_text_is_read_and_other_binary_is_told() -> None:
    people = People(15)
    assert scan(pa.array([people.mobile().encode() for _ in range(50)])).entity_type == "CN_MOBILE"
    array = pa.array([b"\xff\xd8\xff\xe0photo"] * 3)
    batch = pa.record_batch([array], names=["photo"])
    table = scan_table([ColumnInput("photo", "", array.type)], [batch], text_budget_seconds=None)
    assert table.state == "incomplete"
    assert [(reason.code, reason.params["rows"]) for reason in table.reasons] == [("binary_unread", 3)]


def test_nul_and_very_long_cells_are_read() -> None:
    people = People(16)
    phone = people.mobile()
    found = scan([f"a\0{phone}", "x" * 200_000, f"{'长' * 5000}{phone}"])
    assert found.counts["cells"] == 3
    assert found.counts["matched"] == 2
