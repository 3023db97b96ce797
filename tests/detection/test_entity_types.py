"""Columns of every entity type, by their values or by their name, and columns of what only looks like them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest

from privacy.detection.model import ColumnInput, ColumnScan, FieldRole, Likelihood, TableScan
from privacy.detection.recognizers import registry
from privacy.detection.rules import load_rules
from privacy.detection.scan import scan_table
from tests.detection import numbers
from tests.detection.people import People

ROWS = 300
Maker = Callable[[People], object]
CREDIBLE = (Likelihood.POSSIBLE, Likelihood.LIKELY, Likelihood.VERY_LIKELY)


def scan_columns(**columns: Sequence[Any]) -> TableScan:
    batch = pa.record_batch([pa.array(values) for values in columns.values()], names=list(columns))
    inputs = [ColumnInput(field.name, "", field.type) for field in batch.schema]
    return scan_table(inputs, [batch], text_budget_seconds=None)


def scan(values: Sequence[Any], name: str = "F07") -> ColumnScan:
    return scan_columns(**{name: values}).columns[0]


def make(maker: Maker, rows: int = ROWS, seed: int = 29) -> list[Any]:
    people = People(seed)
    return [maker(people) for _ in range(rows)]


BY_VALUES: list[tuple[str, Maker]] = [
    ("CN_HMT_RESIDENCE_PERMIT", numbers.residence_permit),
    ("CN_HMT_RESIDENCE_PERMIT", lambda p: numbers.residence_permit(p, mistyped=True)),
    ("CN_PERMANENT_RESIDENCE", numbers.permanent_residence),
    ("CN_PERMANENT_RESIDENCE", lambda p: int(numbers.permanent_residence(p).replace("X", "0"))),
    ("CN_PERMANENT_RESIDENCE", numbers.old_permanent_residence),
    ("CN_HM_TRAVEL_PERMIT", numbers.home_return_permit),
    ("CN_EXIT_PERMIT", numbers.exit_permit),
    ("CN_OFFICER_ID", numbers.officer_certificate),
    ("CN_TAX_ID", numbers.tax_id),
    ("CN_TAX_ID", numbers.business_tax_id),
    ("CN_ORGANIZATION_CODE", numbers.organization_code),
    ("CN_ORGANIZATION_CODE", lambda p: (code := numbers.organization_code(p))[:8] + "-" + code[8]),
    ("VIN", numbers.vin),
    ("VIN", lambda p: numbers.vin(p).lower()),
    ("IMEI", numbers.imei),
    ("IMEI", lambda p: int(numbers.imei(p))),
    ("IMSI", numbers.imsi),
    ("CREDIT_CARD", numbers.credit_card),
    ("IBAN_CODE", numbers.iban),
    ("PHONE_NUMBER", numbers.phone_abroad),
    ("US_SSN", numbers.ssn),
    ("CN_WECHAT_ID", lambda p: f"wxid_{p.random.getrandbits(60):014x}"[:19]),
    ("CN_WECHAT_ID", lambda p: "微信号:" + numbers.wechat(p)),
    ("CN_QQ_ID", lambda p: "QQ" + numbers.qq(p)),
    ("MEDICAL_RECORD", lambda p: "住院号:" + numbers.digits(p, 8)),
    ("CN_SOCIAL_SECURITY", lambda p: "社保卡号" + numbers.social_security(p)),
    ("CN_DRIVING_LICENCE", lambda p: "驾驶证档案编号:" + numbers.driving_licence(p)),
    ("CN_TW_TRAVEL_PERMIT", lambda p: "台胞证" + numbers.taiwan_permit(p)),
]


@pytest.mark.parametrize(("entity_type", "maker"), BY_VALUES, ids=[f"{i}-{t}" for i, (t, _) in enumerate(BY_VALUES)])
def test_values_tell_where_the_name_says_nothing(entity_type: str, maker: Maker) -> None:
    found = scan(make(maker))
    assert found.entity_type == entity_type
    assert found.likelihood in CREDIBLE
    assert found.counts["matched"] >= 0.7 * ROWS
    assert found.role is FieldRole.DIRECT


BY_NAME: list[tuple[str, str, Maker]] = [
    ("CN_TW_TRAVEL_PERMIT", "台胞证号码", numbers.taiwan_permit),
    ("CN_TW_TRAVEL_PERMIT", "tbzh", lambda p: int(numbers.taiwan_permit(p))),
    ("CN_HM_TRAVEL_PERMIT", "回乡证号", numbers.short_home_return_permit),
    ("CN_EXIT_PERMIT", "港澳通行证", lambda p: "C" + numbers.digits(p, 8)),
    ("CN_OFFICER_ID", "军官证号", lambda p: numbers.digits(p, 7)),
    ("CN_DRIVING_LICENCE", "jszh", numbers.driving_licence),
    ("CN_DRIVING_LICENCE", "驾驶证档案编号", lambda p: int(numbers.driving_licence(p))),
    ("CN_WECHAT_ID", "微信号", numbers.wechat),
    ("CN_WECHAT_ID", "wechat", numbers.wechat),
    ("CN_QQ_ID", "QQ", numbers.qq),
    ("CN_QQ_ID", "qqh", lambda p: int(numbers.qq(p))),
    ("CN_SOCIAL_SECURITY", "社会保障卡号", numbers.social_security),
    ("CN_SOCIAL_SECURITY", "sbkh", lambda p: numbers.digits(p, 10)),
    ("MEDICAL_RECORD", "病案号", numbers.medical_record),
    ("MEDICAL_RECORD", "zyh", lambda p: p.random.randrange(10**7, 10**8)),
    ("MEDICAL_RECORD", "MRN", lambda p: "MR-" + numbers.digits(p, 6)),
    ("CN_LANDLINE", "电话", lambda p: numbers.digits(p, 8)),
    ("PHONE_NUMBER", "phone", lambda p: f"{p.random.randrange(2 * 10**9, 9 * 10**9)}"),
    ("US_SSN", "ssn", lambda p: numbers.ssn(p).replace("-", "")),
    ("CN_TAX_ID", "纳税人识别号", numbers.tax_id),
    ("CN_ORGANIZATION_CODE", "zzjgdm", numbers.organization_code),
    ("VIN", "车架号", numbers.vin),
    ("IMEI", "imei", numbers.imei),
    ("IMSI", "imsi", lambda p: "46000" + numbers.digits(p, 10)),
    ("BIOMETRIC", "人脸照片", lambda p: f"/photo/2024/{p.random.getrandbits(48):012x}.jpg"),
    ("BIOMETRIC", "zp", lambda p: f"https://files.example.cn/{p.random.getrandbits(48):012x}.png?v=1"),
    ("BIOMETRIC", "face_feature", lambda p: f"{p.random.getrandbits(512):0128x}"),
    ("BIOMETRIC", "指纹模板", lambda p: f"Rk1SACAyMAAA{p.random.getrandbits(512):0128x}"),
    ("BIOMETRIC", "photo", lambda p: b"\xff\xd8\xff\xe0" + bytes([200, p.random.randrange(256)]) * 20),
    ("DIAGNOSIS", "jbbm", lambda p: p.random.choice(["I10.x00x002", "E11.900", "J18.900x001", "I10", "N18"])),
    ("CN_RESIDENT_ID", "驾驶证号", People.resident_id),
    ("CN_RESIDENT_ID", "社会保障号码", People.resident_id),
]


@pytest.mark.parametrize(("entity_type", "name", "maker"), BY_NAME, ids=[f"{n}-{t}" for t, n, _ in BY_NAME])
def test_the_name_tells_where_values_cannot(entity_type: str, name: str, maker: Maker) -> None:
    found = scan(make(maker), name)
    assert found.entity_type == entity_type
    assert found.likelihood in (Likelihood.LIKELY, Likelihood.VERY_LIKELY)
    assert found.other_types == ()


UNVERIFIED: list[tuple[str, str, Maker]] = [
    ("CN_HMT_RESIDENCE_PERMIT", "港澳台居民居住证", lambda p: numbers.residence_permit(p, mistyped=True)),
    ("CN_PERMANENT_RESIDENCE", "永久居留证", lambda p: numbers.permanent_residence(p, mistyped=True)),
    ("CN_ORGANIZATION_CODE", "组织机构代码", lambda p: numbers.organization_code(p, mistyped=True)),
    ("VIN", "vin", lambda p: numbers.vin(p, mistyped=True)),
    ("IMEI", "手机串号", lambda p: numbers.imei(p, mistyped=True)),
    ("CREDIT_CARD", "credit_card", lambda p: numbers.credit_card(p, mistyped=True)),
    ("CN_BANK_CARD", "银行卡号", lambda p: p.bank_card(mistyped=True)),
    ("CN_BANK_CARD", "yhkh", lambda p: "4" + numbers.digits(p, 14) + "x".replace("x", "0")),
    ("CN_USCC", "统一社会信用代码", lambda p: p.uscc(mistyped=True)),
]


@pytest.mark.parametrize(("entity_type", "name", "maker"), UNVERIFIED, ids=[f"{n}-{t}" for t, n, _ in UNVERIFIED])
def test_the_right_shape_with_wrong_check_digits_is_found_and_called_unverified(
    entity_type: str, name: str, maker: Maker
) -> None:
    found = scan(make(maker), name)
    assert found.entity_type == entity_type
    assert found.likelihood in CREDIBLE
    assert not found.checksum_proven
    assert "checksum_unverified" in found.evidence["notes"]
    assert found.evidence["checksum_rate"] <= 0.2
    assert found.counts["matched"] >= 0.9 * ROWS


def running(start: int) -> Maker:
    state = [start]

    def following(_people: People) -> int:
        state[0] += 1
        return state[0]

    return following


LOOK_ALIKES: list[tuple[str, Maker]] = [
    ("order_id", lambda p: numbers.digits(p, 15)),
    ("订单号", lambda p: f"2024{p.random.randrange(1, 13):02d}{p.random.randrange(1, 29):02d}{numbers.digits(p, 10)}"),
    ("F20", lambda p: numbers.digits(p, 15)),
    ("F21", lambda p: numbers.digits(p, 9)),
    ("F22", running(460_001_234_500_000)),
    ("F23", running(860_000_000_000_000)),
    ("设备序列号", lambda p: f"SN{numbers.digits(p, 15)}"),
    ("serial_no", lambda p: f"H{numbers.digits(p, 8)}"),
    ("F24", lambda p: f"P{numbers.digits(p, 8)}"),
    ("产品编码", lambda p: f"M{numbers.digits(p, 8)}"),
    ("sku", lambda p: f"C{numbers.digits(p, 8)}"),
    ("条码", lambda p: f"69{numbers.digits(p, 11)}"),
    ("F25", lambda p: f"69{numbers.digits(p, 11)}"),
    ("F26", lambda p: f"{p.random.randrange(1, 20)}.{p.random.randrange(30)}.{p.random.randrange(200)}"),
    ("version", lambda p: f"V{p.random.randrange(10, 20)}.{p.random.randrange(10)}"),
    ("F27", lambda p: f"V{p.random.randrange(10, 20)}.{p.random.randrange(10)}"),
    ("年份", lambda p: p.random.randrange(1990, 2026)),
    ("year", lambda p: str(p.random.randrange(1990, 2026))),
    ("price", lambda p: round(p.random.random() * 1e6, 2)),
    ("单价", lambda p: f"{p.random.random() * 1e4:.3f}"),
    ("X坐标", lambda p: round(3_461_000 + p.random.random() * 1e4, 3)),
    ("y", lambda p: round(40_512_000 + p.random.random() * 1e4, 3)),
    ("宗地编号", lambda p: f"320505{numbers.digits(p, 3)}GB{numbers.digits(p, 5)}"),
    ("发票号码", lambda p: numbers.digits(p, 8)),
    ("合同编号", lambda p: f"SZ{p.random.randrange(2015, 2025)}{numbers.digits(p, 6)}"),
    ("注册号", lambda p: f"3205000{numbers.digits(p, 8)}"),
    ("档案编号", lambda p: numbers.digits(p, 6)),
    ("文号", lambda p: f"苏政字第{numbers.digits(p, 6)}号"),
    ("现场照片", lambda p: f"/img/{p.random.getrandbits(48):012x}.jpg"),
    ("商品图片", lambda p: f"https://cdn.example.cn/{p.random.getrandbits(48):012x}.png"),
    ("F28", lambda p: f"/img/{p.random.getrandbits(48):012x}.jpg"),
    ("附件", lambda p: f"report_{p.random.randrange(1000)}.pdf"),
    ("sha256", lambda p: f"{p.random.getrandbits(256):064x}"),
    ("token", lambda p: f"{p.random.getrandbits(128):032x}"),
    ("微信支付状态", lambda p: p.random.choice(["success", "failed", "pending"])),
    ("wechat", lambda p: p.random.choice(["bound", "unbound"])),
    ("患者类别", lambda p: p.random.choice(["自费", "医保"])),
    ("住院次数", lambda p: p.random.randrange(1, 9)),
    ("医保类型", lambda p: p.random.choice(["职工医保", "居民医保"])),
    ("社保基数", lambda p: p.random.randrange(4000, 30000)),
    ("车型编码", lambda p: f"LSV{numbers.digits(p, 5)}"),
    ("imei_count", lambda p: p.random.randrange(3)),
    ("F29", lambda p: f"+{p.random.random() * 20:.1f}%"),
    ("增长", lambda p: f"+{p.random.randrange(1000)}"),
    ("F30", lambda p: f"{p.random.randrange(100, 999)}-{p.random.randrange(100, 999)}"),
    ("hotline", lambda p: f"400-{p.random.randrange(100, 999)}-{numbers.digits(p, 4)}"),
    ("F31", lambda p: (date(2020, 1, 1) + timedelta(days=p.random.randrange(1500))).strftime("%d %b %Y")),
    ("卡种", lambda p: p.random.choice(["借记卡", "信用卡"])),
    ("card_no", lambda p: p.random.randrange(2010, 2026)),
]


@pytest.mark.parametrize(("name", "maker"), LOOK_ALIKES, ids=[f"{i}-{n}" for i, (n, _) in enumerate(LOOK_ALIKES)])
def test_what_only_looks_alike_is_not_taken_for_it(name: str, maker: Maker) -> None:
    found = scan(make(maker), name)
    assert (found.entity_type, found.other_types) == (None, ())


def test_permits_that_could_be_serial_numbers_are_believed_beside_names() -> None:
    people = People(31)
    permits = [numbers.short_home_return_permit(people) for _ in range(ROWS)]
    assert scan(permits).entity_type is None
    beside = scan_columns(F1=[people.name() for _ in range(ROWS)], F2=permits).column("F2")
    assert beside.entity_type == "CN_HM_TRAVEL_PERMIT"
    assert "like_serial_numbers" in beside.evidence["notes"]


def test_pictures_in_the_table_of_persons_may_be_of_them() -> None:
    people = People(33)
    pictures = [f"/9j/4AAQSkZJRg{people.random.getrandbits(300):075x}" for _ in range(50)]
    assert scan(pictures).entity_type is None
    beside = scan_columns(F1=[people.resident_id() for _ in range(50)], F2=pictures).column("F2")
    assert beside.entity_type == "BIOMETRIC"
    assert beside.evidence["examples"] == []


def test_one_column_with_several_kinds_of_documents_counts_each() -> None:
    people = People(35)
    values = [people.resident_id() for _ in range(200)]
    values += [numbers.residence_permit(people) for _ in range(40)] + [people.passport() for _ in range(30)]
    values += [numbers.home_return_permit(people) for _ in range(20)]
    values += [numbers.permanent_residence(people) for _ in range(10)]
    found = scan(values, "证件号码")
    assert found.entity_type == "CN_RESIDENT_ID"
    assert {other.entity_type: other.rows for other in found.other_types} == {
        "CN_HMT_RESIDENCE_PERMIT": 40,
        "CN_PASSPORT": 30,
        "CN_HM_TRAVEL_PERMIT": 20,
        "CN_PERMANENT_RESIDENCE": 10,
    }


def test_only_the_name_is_the_evidence_where_it_is_all_there_is() -> None:
    found = scan(make(numbers.qq), "QQ号")
    assert found.evidence["notes"] == ["by_name"]
    assert found.likelihood is Likelihood.LIKELY


# Valid numbers that the authorities publish as examples, or that were computed for this.
ABROAD = [
    ("UK_NHS", "943 476 5919"),
    ("UK_NINO", "AB 12 34 56 C"),
    ("US_ITIN", "911-70-1234"),
    ("US_MBI", "1EG4-TE5-MK73"),
    ("AU_TFN", "876 543 210"),
    ("AU_MEDICARE", "2123 45670 1"),
    ("IN_AADHAAR", "312345678909"),
    ("IN_PAN", "AAAPL1234C"),
    ("SG_NRIC_FIN", "S2740116C"),
    ("ES_NIF", "12345678Z"),
    ("ES_NIE", "X9613851N"),
    ("IT_FISCAL_CODE", "RSSMRA85T10A562S"),
    ("FI_PERSONAL_IDENTITY_CODE", "131052-308T"),
    ("KR_RRN", "960121-1234561"),
    ("TH_TNIN", "1101700230708"),
    ("CRYPTO", "16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ"),
    ("URL", "https://www.example.com/a?b=1"),
]


@pytest.mark.parametrize(("entity_type", "value"), ABROAD, ids=[entity_type for entity_type, _ in ABROAD])
def test_types_of_other_countries_run_where_they_are_turned_on(entity_type: str, value: str) -> None:
    assert entity_type not in load_rules().running
    recognizer: Any
    (recognizer,) = registry(types=[entity_type], languages=["en"], names=False).recognizers
    (hit,) = recognizer.analyze(f"号{value}。", [entity_type])
    assert (hit.start, hit.end) == (1, 1 + len(value))
    name = {"URL": "网址"}.get(entity_type, "F07")
    batch = pa.record_batch([pa.array([value] * 50)], names=[name])
    rules = load_rules().with_types([entity_type])
    scanned = scan_table([ColumnInput(name, "", pa.string())], [batch], rules=rules, text_budget_seconds=None)
    assert scanned.columns[0].entity_type == entity_type
    assert scanned.rules_version == rules.version
