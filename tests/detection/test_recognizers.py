"""Recognizers: what they find in a cell, alone, in an AnalyzerEngine, and over joined cells."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from presidio_analyzer import AnalyzerEngine

from privacy.detection.analyzer import build_analyzer
from privacy.detection.cells import Cells
from privacy.detection.folding import fold
from privacy.detection.matching import matcher_of
from privacy.detection.recognizers import COLUMN_RECOGNIZERS
from privacy.detection.scan import default_recognizers
from tests.detection import numbers
from tests.detection.people import People

OTHERS = (
    numbers.residence_permit,
    numbers.permanent_residence,
    numbers.old_permanent_residence,
    numbers.home_return_permit,
    numbers.exit_permit,
    numbers.officer_certificate,
    numbers.organization_code,
    numbers.tax_id,
    numbers.business_tax_id,
    numbers.vin,
    numbers.imei,
    numbers.imsi,
    numbers.credit_card,
    numbers.iban,
    numbers.phone_abroad,
    numbers.ssn,
)
FULL_WIDTH = {point: point + 0xFEE0 for point in range(0x21, 0x7F)}  # ASCII as it is typed with a Chinese input method
Finding = tuple[int, str, str]


@pytest.fixture(scope="module")
def analyzer() -> AnalyzerEngine:
    return build_analyzer(names=False)


def by_presidio(analyzer: AnalyzerEngine, cells: list[str], language: str = "zh") -> set[Finding]:
    return {
        (index, hit.entity_type, fold(cell[hit.start : hit.end]).strip())
        for index, cell in enumerate(cells)
        for hit in analyzer.analyze(cell, language=language)
    }


def by_column(values: list[str]) -> set[Finding]:
    folded = [fold(value).strip() for value in values]
    cells = Cells.from_texts(folded, np.ones(len(folded), dtype=np.int64))
    assert cells.texts == folded  # none is blank, so positions stay
    found = set()
    recognizers = default_recognizers()
    for recognizer, hits in zip(recognizers, matcher_of(recognizers).match(cells), strict=True):
        if hits is None:
            continue
        for cell, start, end, keep in zip(hits.cells, hits.starts, hits.ends, hits.judgement.keep, strict=True):
            if keep:
                text = cells.texts[cell]
                first, last = recognizer.extend(text, int(start), int(end))
                found.add((int(cell), recognizer.entity, text[first:last].strip()))
    return found


FOUND = [
    ("CN_RESIDENT_ID", "11010519491231002X", "11010519491231002X"),
    ("CN_RESIDENT_ID", "身份证11010519491231002x。", "11010519491231002x"),
    ("CN_RESIDENT_ID", "110105 19491231 002X", "110105 19491231 002X"),
    ("CN_RESIDENT_ID", "11010519491231002X".translate(FULL_WIDTH), "11010519491231002X"),
    ("CN_RESIDENT_ID", "110105491231002", "110105491231002"),
    ("CN_RESIDENT_ID", '{"id":"11010519491231002X"}', "11010519491231002X"),
    ("CN_HMT_RESIDENCE_PERMIT", "居住证830000199201300022", "830000199201300022"),
    ("CN_HMT_RESIDENCE_PERMIT", "810000 19920130 0022", "810000 19920130 0022"),
    ("CN_PERMANENT_RESIDENCE", "永居证911124198108030024。", "911124198108030024"),
    ("CN_PERMANENT_RESIDENCE", "CAN110181080305", "CAN110181080305"),
    ("CN_HM_TRAVEL_PERMIT", "回乡证H0123456702", "H0123456702"),
    ("CN_HM_TRAVEL_PERMIT", "m01234567", "m01234567"),
    ("CN_EXIT_PERMIT", "持CA1234567往来", "CA1234567"),
    ("CN_EXIT_PERMIT", "C12345678", "C12345678"),
    ("CN_TW_TRAVEL_PERMIT", "台胞证号:01234567", "01234567"),
    ("CN_OFFICER_ID", "军官证:军字第1234567号", "军字第1234567号"),
    ("CN_OFFICER_ID", "军官证军字第1234567号", "军字第1234567号"),
    ("CN_OFFICER_ID", "南字第01234567号", "南字第01234567号"),
    ("CN_DRIVING_LICENCE", "驾驶证档案编号:320500123456", "320500123456"),
    ("CN_WECHAT_ID", "加微信zhang_san01详谈", "zhang_san01"),
    ("CN_WECHAT_ID", "微信号：laowang", "laowang"),
    ("CN_WECHAT_ID", "WeChat: Happy2020", "Happy2020"),
    ("CN_WECHAT_ID", "wxid_a1b2c3d4e5f622", "wxid_a1b2c3d4e5f622"),
    ("CN_QQ_ID", "QQ号:123456789", "123456789"),
    ("CN_QQ_ID", '{"qq": "123456789"}', "123456789"),
    ("CN_ORGANIZATION_CODE", "组织机构代码D2143712-6", "D2143712-6"),
    ("CN_ORGANIZATION_CODE", "D21437126", "D21437126"),
    ("CN_TAX_ID", "税号320505D21437126", "320505D21437126"),
    ("CN_TAX_ID", "32050819900101001301", "32050819900101001301"),
    ("CN_TAX_ID", "临时税号L91350100M000100Y43", "L91350100M000100Y43"),
    ("CN_TAX_ID", "L11010519491231002X", "L11010519491231002X"),
    ("CN_SOCIAL_SECURITY", "社保卡号:A12345678", "A12345678"),
    ("CN_SOCIAL_SECURITY", "个人社保编号1012345678", "1012345678"),
    ("MEDICAL_RECORD", "住院号0012345,3床", "0012345"),
    ("MEDICAL_RECORD", "患者编号:ZY2024000123", "ZY2024000123"),
    ("VIN", "车架号1M8GDM9AXKP042788", "1M8GDM9AXKP042788"),
    ("IMEI", "串号490154203237518", "490154203237518"),
    ("IMEI", "49-015420-323751-8", "49-015420-323751-8"),
    ("IMSI", "imsi=460001234567890", "460001234567890"),
    ("CREDIT_CARD", "3782 822463 10005", "3782 822463 10005"),
    ("IBAN_CODE", "账户GB82WEST12345698765432", "GB82WEST12345698765432"),
    ("IBAN_CODE", "DE89 3704 0044 0532 0130 00 2 days", "DE89 3704 0044 0532 0130 00"),
    ("PHONE_NUMBER", "致电+44 20 7946 0958", "+44 20 7946 0958"),
    ("PHONE_NUMBER", "+852-9123-4567", "+852-9123-4567"),
    ("PHONE_NUMBER", "call (202) 555-0175", "(202) 555-0175"),
    ("PHONE_NUMBER", "202-555-0175", "202-555-0175"),
    ("US_SSN", "ssn 536-90-4399", "536-90-4399"),
    ("CN_MOBILE", "联系电话:138-1234-5678谢谢", "138-1234-5678"),
    ("CN_MOBILE", "+8613812345678", "8613812345678"),
    ("CN_MOBILE", "13812345678.0", "13812345678"),
    ("CN_MOBILE", "1381234\u200b5678", "13812345678"),
    ("CN_LANDLINE", "(0512)65221234", "0512)65221234"),
    ("CN_LANDLINE", "0512-65221234转802", "0512-65221234转802"),
    ("CN_BANK_CARD", "4111 1111 1111 1111", "4111 1111 1111 1111"),
    ("CN_USCC", "91350100M000100Y43", "91350100M000100Y43"),
    ("EMAIL_ADDRESS", "联系zhang@163.com谢谢", "zhang@163.com"),
    ("EMAIL_ADDRESS", "zhang@163.com".translate(FULL_WIDTH), "zhang@163.com"),
    ("CN_PLATE", "车牌苏E·12345的车", "苏E·12345"),
    ("CN_PLATE", "苏ED12345", "苏ED12345"),
    ("CN_PLATE", "苏E1234警", "苏E1234警"),
    ("CN_PASSPORT", "护照EA1234567", "EA1234567"),
    ("IP_ADDRESS", "来自10.20.30.40的请求", "10.20.30.40"),
    ("IP_ADDRESS", "2001:db8::1", "2001:db8::1"),
    ("MAC_ADDRESS", "00:1a:2b:3c:4d:5e", "00:1a:2b:3c:4d:5e"),
    ("CN_GPS", "120.619585,31.299379", "120.619585,31.299379"),
    ("CN_ADDRESS", "住苏州市姑苏区人民路100号2幢301室,有异议", "苏州市姑苏区人民路100号2幢301室"),
]
NOT_FOUND = [
    ("CN_RESIDENT_ID", "202401151234567890"),  # an order number: no such province
    ("CN_RESIDENT_ID", "A11010519491231002X"),
    ("CN_RESIDENT_ID", "110105194912310021234"),
    ("CN_RESIDENT_ID", "830000199201300022"),  # a residence permit
    ("CN_RESIDENT_ID", "911124198108030024"),  # a foreigner's
    ("CN_HMT_RESIDENCE_PERMIT", "830000199213300022"),  # month 13, and the check digit is wrong
    ("CN_PERMANENT_RESIDENCE", "913205081980010112"),  # a credit code: no country has the number 205
    ("CN_PERMANENT_RESIDENCE", "ABC123456789012"),
    ("CN_HM_TRAVEL_PERMIT", "H0123456799"),  # replaced ninety-nine times
    ("CN_HM_TRAVEL_PERMIT", "SH01234567"),
    ("CN_EXIT_PERMIT", "CA12345678"),
    ("CN_TW_TRAVEL_PERMIT", "01234567"),
    ("CN_OFFICER_ID", "京政字第1234567号"),
    ("CN_OFFICER_ID", "苏文字第0123456号"),
    ("CN_DRIVING_LICENCE", "档案320500123456"),
    ("CN_WECHAT_ID", "微信WeChatPay收款"),
    ("CN_WECHAT_ID", "关注公众号suzhou2024"),
    ("CN_WECHAT_ID", "微信支付100元"),
    ("CN_QQ_ID", "QQ群123456789"),
    ("CN_QQ_ID", "123456789@qq.com"),
    ("CN_QQ_ID", "123456789"),
    ("CN_ORGANIZATION_CODE", "123456789"),
    ("CN_ORGANIZATION_CODE", "单号D21437126已办"),
    ("CN_TAX_ID", "320505123456789"),
    ("CN_TAX_ID", "L202401151234567890"),
    ("CN_SOCIAL_SECURITY", "社保缴费基数12345678"),
    ("MEDICAL_RECORD", "门诊人次12345"),
    ("VIN", "1M8GDM9AXKPO42788"),  # an O
    ("VIN", "12345678901234567"),
    ("IMEI", "490154203237519"),
    ("IMEI", "110105491231002"),  # a resident ID of before 1999
    ("IMSI", "460301234567890"),
    ("CREDIT_CARD", "6901234567892"),  # an article number
    ("CREDIT_CARD", "378282246310006"),
    ("IBAN_CODE", "GB82WEST12345698765431"),
    ("PHONE_NUMBER", "400-820-8820"),
    ("PHONE_NUMBER", "+86 138 1234 5678"),
    ("PHONE_NUMBER", "+12.5"),
    ("US_SSN", "000-12-3456"),
    ("US_SSN", "123456789"),
    ("CN_MOBILE", "订单A13812345678"),
    ("CN_MOBILE", "138123456789"),
    ("CN_MOBILE", "0.13812345678"),
    ("CN_MOBILE", "13812345678.25"),
    ("CN_MOBILE", "138****5678"),
    ("CN_MOBILE", "1700000000000"),  # a time stamp in milliseconds
    ("CN_LANDLINE", "20240115"),
    ("CN_BANK_CARD", "1234567812345670"),  # passes Luhn, no such issuer
    ("CN_BANK_CARD", "11010519491231002X"),
    ("CN_USCC", "11010519491231002X"),
    ("EMAIL_ADDRESS", "@163.com"),
    ("CN_PLATE", "苏ABCDEF"),
    ("CN_PLATE", "苏州E12345"),
    ("CN_PASSPORT", "G1234"),
    ("IP_ADDRESS", "12:30:45"),
    ("IP_ADDRESS", "1.2.3.4.5"),
    ("CN_GPS", "12.50,13.75"),
    ("CN_ADDRESS", "9月3号来电"),
]


@pytest.mark.parametrize(("entity_type", "cell", "hit"), FOUND)
def test_found_in_a_cell_by_presidio_and_by_the_column_engine(
    analyzer: AnalyzerEngine, entity_type: str, cell: str, hit: str
) -> None:
    assert (0, entity_type, hit) in by_presidio(analyzer, [cell])
    assert (0, entity_type, hit) in by_column([cell])


@pytest.mark.parametrize(("entity_type", "cell"), NOT_FOUND)
def test_not_taken_for_what_it_is_not(analyzer: AnalyzerEngine, entity_type: str, cell: str) -> None:
    assert entity_type not in {finding[1] for finding in by_presidio(analyzer, [cell])}
    assert entity_type not in {finding[1] for finding in by_column([cell])}


def test_joined_cells_give_what_presidio_gives_cell_by_cell(analyzer: AnalyzerEngine) -> None:
    people = People(17)
    r = people.random
    cells = [cell for _, cell, *_ in (*FOUND, *NOT_FOUND)]
    makers: tuple[Callable[[], str], ...] = (
        people.resident_id,
        lambda: people.resident_id(mistyped=True),
        people.old_resident_id,
        people.mobile,
        people.landline,
        people.bank_card,
        lambda: people.bank_card(mistyped=True),
        people.uscc,
        people.plate,
        people.passport,
        people.email,
        people.address,
        people.company,
        people.remark,
        *(partial(maker, people) for maker in OTHERS),
        lambda: f"{r.randrange(10**18):018d}",
        lambda: f"{r.randrange(10**16):016d}",
        lambda: f"{r.randrange(10**11)}",
    )
    for _ in range(12):
        cells += [make() for make in makers]
        one, other = r.choice(makers)(), r.choice(makers)()
        cells += [
            f"{one}/{other}",
            f"{people.remark()} {one}",
            f"{one}{other}",
            f'{{"a": "{one}", "b": ["{other}"]}}',
            f"{one}\n{other}",
        ]
    assert len(cells) > 250
    cells = list(dict.fromkeys(cells))
    assert by_column(cells) == by_presidio(analyzer, cells)
    assert by_presidio(analyzer, cells[:40], "en") == by_presidio(analyzer, cells[:40], "zh")


def test_a_hit_never_crosses_from_one_cell_to_the_next() -> None:
    assert by_column(["110105194912", "31002X", "138", "12345678"]) == set()


def test_counting_characters_never_rules_out_a_cell_with_a_hit() -> None:
    cells = [cell for _, cell, *_ in FOUND]
    folded = [fold(cell).strip() for cell in cells]
    batch = Cells.from_texts(folded, np.ones(len(folded), dtype=np.int64))
    for kind in COLUMN_RECOGNIZERS:
        recognizer = kind()
        may_hold = recognizer.may_hold(batch.features)
        for text, possible in zip(batch.texts, may_hold, strict=True):
            if any(not recognizer.invalidate_result(m.group()) for e in recognizer.compiled for m in e.finditer(text)):
                assert possible, (recognizer.entity, text)


def test_scores_rise_with_a_valid_checksum(analyzer: AnalyzerEngine) -> None:
    people = People(2)
    (good,) = [hit for hit in analyzer.analyze(people.resident_id(), "zh") if hit.entity_type == "CN_RESIDENT_ID"]
    (bad,) = [
        hit for hit in analyzer.analyze(people.resident_id(mistyped=True), "zh") if hit.entity_type == "CN_RESIDENT_ID"
    ]
    assert good.score == 1.0
    assert 0 < bad.score < 1
