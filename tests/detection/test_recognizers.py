"""Recognizers: what they find in a cell, alone, in an AnalyzerEngine, and over joined cells."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from presidio_analyzer import AnalyzerEngine

from privacy.detection.analyzer import build_analyzer
from privacy.detection.cells import Cells
from privacy.detection.folding import fold
from privacy.detection.matching import match
from privacy.detection.recognizers import COLUMN_RECOGNIZERS
from privacy.detection.scan import default_recognizers
from tests.detection.people import People

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
    for recognizer in default_recognizers():
        hits = match(recognizer, cells)
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
    ("CN_ADDRESS", "住苏州市姑苏区人民路100号2幢301室,有异议", "住苏州市姑苏区人民路100号2幢301室"),
]
NOT_FOUND = [
    ("CN_RESIDENT_ID", "202401151234567890"),  # an order number: no such province
    ("CN_RESIDENT_ID", "A11010519491231002X"),
    ("CN_RESIDENT_ID", "110105194912310021234"),
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
