"""Chinese search: two-character words are found inside longer ones, the best first, and no query breaks it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.datasets import search
from catalog.datasets.models import Dataset
from catalog.datasets.registration import attach_table
from catalog.datasets.services import describe_field, edit_dataset, register_dataset
from tests.cast import Cast
from tests.stages import RECORD, Stages

pytestmark = pytest.mark.django_db
QUIET: dict[str, Any] = {"keywords": [], "abstract": "全市数据", "title_en": "", "theme": ""}


def _register(cast: Cast, title: str, **changes: Any) -> Dataset:
    return register_dataset(
        actor=cast.stella, provider=cast.health, values={**RECORD, **QUIET, "title": title, **changes}
    )


def _titles(query: str) -> list[str]:
    return [dataset.title for dataset in search.matching(Dataset.objects.all(), query)]


def test_text_becomes_overlapping_pairs_and_whole_words() -> None:
    assert search.tokens("苏州市GDP 2025年,水") == ["苏州", "州市", "gdp", "2025", "年", "水"]
    assert search.tokens("ＡＢＣ①㈠") == ["abc1", "一"]  # as NFKC folds them
    assert search.tokens("'\"*()-:\x00\ud800") == []


@pytest.mark.parametrize("query", ["用水", "企业", "业用", "用水量", "企业用水", "企业 水量", "水量 企业", "统计表"])
def test_a_word_of_two_characters_is_found_anywhere_in_a_title(cast: Cast, query: str) -> None:
    _register(cast, "企业用水量统计表")
    _register(cast, "人口基本信息")
    assert _titles(query) == ["企业用水量统计表"]


@pytest.mark.parametrize("query", ["水企", "量用", "用电", "企业 用电", "企水", "用统"])
def test_characters_that_do_not_stand_together_are_not_found(cast: Cast, query: str) -> None:
    _register(cast, "企业用水量统计表")
    assert _titles(query) == []


def test_a_single_character_finds_what_begins_with_it(cast: Cast) -> None:
    _register(cast, "水质监测")
    _register(cast, "人口信息")
    assert _titles("水") == ["水质监测"]


@pytest.mark.parametrize("query", ["outpatient", "OUTPATIENT", "outpat", "Outpatient visits", "visits", "ｖｉｓｉｔｓ"])
def test_english_words_are_found_whole_begun_and_in_any_case(cast: Cast, query: str) -> None:
    _register(cast, "门诊记录", title_en="Outpatient visits")
    _register(cast, "住院记录", title_en="Inpatient stays")
    assert _titles(query) == ["门诊记录"]


def test_everything_a_record_says_is_found(stages: Stages, cast: Cast) -> None:
    describe_field(actor=cast.stella, field=stages.field("区县"), label="所属行政区划", data_type="C")
    for query in ("门诊就诊", "逐条记录", "就诊", "health", "卫生健康", "Commission", "手机号", "行政区划", "3/05/01"):
        assert _titles(query) == ["门诊就诊记录"], query


def test_an_edit_is_found_at_once_and_what_it_replaced_no_more(cast: Cast) -> None:
    dataset = _register(cast, "企业用水量")
    edit_dataset(actor=cast.stella, dataset=dataset, revision=1, values={"title": "企业用电量"})
    assert _titles("用电") == ["企业用电量"]
    assert _titles("用水") == []


def test_the_fields_of_an_attached_table_are_found(stages: Stages, cast: Cast) -> None:
    dataset = _register(cast, "就医")
    assert _titles("身份证") == []
    attach_table(actor=cast.stella, dataset=dataset, source=stages.source, table=None)
    assert _titles("身份证") == ["就医"]


def test_what_says_it_most_comes_first(cast: Cast) -> None:
    _register(
        cast, "交通与环境年报", abstract="全市交通、环境、教育、卫生、文化、体育各方面的年度汇总,其中一章谈到用水情况。"
    )
    _register(cast, "用水", abstract="用水")
    assert _titles("用水") == ["用水", "交通与环境年报"]


def test_search_stays_inside_what_it_is_given(cast: Cast) -> None:
    _register(cast, "企业用水量")
    assert list(search.matching(Dataset.objects.visible_to(cast.rita), "用水")) == []
    assert search.matching(Dataset.objects.visible_to(cast.stella), "用水").count() == 1


@pytest.mark.parametrize(
    "query", ["", "   ", "'", '"', "*", "'; DROP TABLE catalog_dataset; --", "、。!?", "\x00", "😀"]
)
def test_a_query_without_a_word_in_the_catalogue_finds_nothing(cast: Cast, query: str) -> None:
    _register(cast, "企业用水量")
    assert _titles(query) == []


@pytest.mark.parametrize(
    "query",
    [
        '"用水',
        "用水'",
        "用水*",
        "(用水",
        "用水)",
        "用水:*",
        "-用水",
        "^用水",
        "NEAR(用水)",
        "用水 AND",
        "OR 用水",
        "NOT 用水",
        "body:用水",
        "用水 & | ! <->",
        "用水\x00量",
        "用水\\",
        "%用水%",
        "{用水}",
        "用水 1e999 -1 0x1f 3.14 1.2.3.4 a@b.c http://x.y/z",
        "用水 ﷽ \ufdfa \u0130",
        "用水" * 5000,
        "a" * 10_000,
        "1" * 10_000,
        "用水 " * 3000,
        "用 " * 3000,
        "9" * 400 + "e9",
    ],
)
def test_a_hostile_query_is_no_error(cast: Cast, query: str) -> None:
    _register(cast, "企业用水量", title_en="Water 1e5 v1.2 a-b " + "long" * 30)
    assert set(_titles(query)) <= {"企业用水量"}


def test_whatever_is_asked_is_answered(cast: Cast) -> None:
    _register(cast, "企业用水量 Water use")

    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(
        st.text(max_size=40)
        | st.text("用水量企业water'\"*()<->&|!:\\ \x00-+^~", max_size=30)
        | st.from_regex(r"[a-z0-9.@/:+-]{1,20}", fullmatch=True)
    )
    def answered(query: str) -> None:
        assert set(_titles(query)) <= {"企业用水量 Water use"}

    answered()


def test_a_title_is_found_by_every_part_of_itself(cast: Cast) -> None:
    title = "2025年度全市企业用水用电ABC统计"
    _register(cast, title)
    for length in (2, 3, 4):
        for place in range(len(title) - length):
            part = title[place : place + length]
            if all("\u4e00" <= character <= "\u9fff" for character in part):
                assert _titles(part) == [title], part


def test_a_very_long_word_of_a_record_does_not_hinder_its_registration(cast: Cast) -> None:
    _register(cast, "企业用水量", abstract="x" * 3900)
    assert _titles("用水") == ["企业用水量"]
    assert _titles("x" * 3900) in ([], ["企业用水量"])
