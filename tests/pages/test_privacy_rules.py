"""The rule packs on pages: every type and every limit with its source; what nobody has read says so."""

from __future__ import annotations

import pytest

from privacy.detection.rules import load_rules
from privacy.pages.rules import TITLES
from privacy.risk.rules import shipped_rule_pack
from tests.cast import Cast
from tests.pages.visiting import Visitor, text_of


def test_every_entity_type_is_shown_with_its_source(cast: Cast) -> None:
    page = text_of(Visitor(cast.rita).get("/rules/"))
    for rule in load_rules().entities.values():
        assert rule.entity_type in page
        assert rule.label_en in page
        assert rule.label_zh in page
    assert "unverified" in page
    assert "House rule" in page
    assert "Sensitive: medical and health" in page
    assert "right by luck: 9%" in page or "right by luck: 9.0%" in page
    assert "GB 16735-2019" in page
    assert page.count("not looked for") == len(load_rules().entities) - len(load_rules().running)


def test_what_values_follow_is_named_in_the_language_of_the_reader(cast: Cast) -> None:
    for rule in load_rules().entities.values():
        assert (rule.format_en or rule.format).isascii(), rule.entity_type
    english, chinese = Visitor(cast.rita), Visitor(cast.rita, "zh-hans")
    assert "Numbering plan of the telecommunications networks" in text_of(english.get("/rules/"))
    assert "电信网编号计划" not in text_of(english.get("/rules/"))
    assert "电信网编号计划" in text_of(chinese.get("/rules/"))


@pytest.mark.parametrize(
    ("query", "there", "not_there"),
    [
        ("q=sfzh", "CN_RESIDENT_ID", "CN_PLATE"),
        ("q=诊断", "DIAGNOSIS", "CN_RESIDENT_ID"),
        ("q=第二十八条", "RELIGION", "CN_MOBILE"),
        ("role=sensitive", "INCOME", "CN_RESIDENT_ID"),
        ("q=gb 16735", "VIN", "CN_PLATE"),
        ("q=住院号", "MEDICAL_RECORD", "DIAGNOSIS"),
        ("q=SFZH&role=direct", "CN_RESIDENT_ID", "SEX"),
    ],
)
def test_types_are_searched(query: str, there: str, not_there: str, cast: Cast) -> None:
    page = text_of(Visitor(cast.oscar).get(f"/rules/?{query}"))
    assert there in page
    assert not_there not in page


def test_every_limit_is_shown_with_its_source_and_its_value_in_words(cast: Cast) -> None:
    page = text_of(Visitor(cast.audrey).get("/rules/risk/"))
    chinese = text_of(Visitor(cast.audrey, language="zh-hans").get("/rules/risk/"))
    pack = shipped_rule_pack()
    for rule in pack.rules.values():
        assert rule.rule_id in page
        assert rule.article_en in page
        assert rule.article in chinese
    assert page.count("unverified") == len(pack.unverified()) + 1, "each such row, and the filter"
    assert "at least: 8" in page
    assert "Non-disclosure agreement" in page
    assert "above 10,000,000: not below “High”" in page
    assert set(TITLES) == set(pack.rules), "each rule has a title, and no title is left over"
    assert "至少：8" in chinese
    assert "保密协议 · 不得再转移" in chinese
    assert "超过 10,000,000 的：不低于“高”" in chinese


def test_a_document_is_cited_as_the_language_of_the_reader_does(cast: Cast) -> None:
    english, chinese = (Visitor(cast.rita, language=code).get("/rules/") for code in ("en", "zh-hans"))
    assert "Personal Information Protection Law, Art. 28" in text_of(english)
    assert "《中华人民共和国个人信息保护法》第二十八条" in text_of(chinese)
    assert "GB/T 37964-2019《信息安全技术 个人信息去标识化指南》附录 A" in text_of(chinese)


def test_limits_are_searched(cast: Cast) -> None:
    oscar = Visitor(cast.oscar)
    assert "environment.breach" in text_of(oscar.get("/rules/risk/?unverified=1"))
    assert "accept.k.public" not in text_of(oscar.get("/rules/risk/?unverified=1"))
    found = text_of(oscar.get("/rules/risk/?q=accept.k"))
    assert "accept.k.public" in found
    assert "matrix.impact.4" not in found


@pytest.mark.parametrize("path", ["/rules/", "/rules/risk/"])
@pytest.mark.parametrize("words", ["<script>alert(1)</script>", "%00", "🙂", "a" * 10_000, "' OR 1=1 --"])
def test_whatever_is_looked_for_is_text(path: str, words: str, cast: Cast) -> None:
    answer = Visitor(cast.oscar).get(f"{path}?q={words}")
    assert answer.status_code == 200
    assert "<script>alert" not in answer.content.decode()
    assert "No " in text_of(answer)
