"""The catalogue: what words and facets find, and what waits for whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.datasets.models import Dataset, RightKind
from catalog.datasets.rights import record_right
from catalog.datasets.services import edit_dataset, register_dataset, retire_dataset, submit_dataset
from catalog.datasets.work import awaiting_review_by
from catalog.pages.excerpts import excerpt_around, parts_marked
from catalog.people.models import Role, User
from catalog.people.policies import may
from catalog.people.services import grant_role
from tests.cast import Cast
from tests.pages.visiting import Visitor, text_of
from tests.stages import RECORD, Stages

HOSTILE = [
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "a" * 10_000,
    "🙂🙂",
    "\u202eلأمر",
    "' OR 1=1 --",
    '"*" AND',
    "\0",
]


def titles(answer: Any) -> list[str]:
    assert answer.status_code == 200
    return [
        text.strip() for text in re.findall(r'class="result".*?<a [^>]*>(.*?)</a>', answer.content.decode(), re.DOTALL)
    ]


@pytest.fixture
def hospitals(cast: Cast) -> Dataset:
    """A second record of the health commission, a draft."""
    values = {
        **RECORD,
        "title": "医院名录",
        "title_en": "Hospitals",
        "abstract": "机构清单",
        "keywords": [],
        "theme": "places",
    }
    return register_dataset(actor=cast.stella, provider=cast.health, values=values)


# --- finding --------------------------------------------------------------------------------------------------------------


def test_words_find_datasets_and_are_marked(cast: Cast, stages: Stages, hospitals: Dataset) -> None:
    assert stages.published
    stella = Visitor(cast.stella, "zh-hans")
    assert titles(stella.get("/catalogue/?q=门诊")) == ["<mark>门诊</mark>就诊记录"]
    assert titles(stella.get("/catalogue/?q=名录")) == ["医院<mark>名录</mark>"]
    assert titles(Visitor(cast.rita).get("/catalogue/?q=名录")) == []


def test_a_search_as_one_types_gets_the_results_alone(cast: Cast, stages: Stages) -> None:
    assert stages.published
    rita = Visitor(cast.rita)
    whole, part = rita.get("/catalogue/?q=门诊"), rita.get("/catalogue/?q=门诊", hx_request="true")
    assert b"<html" in whole.content
    assert b"<html" not in part.content
    assert part.content.strip() in whole.content
    assert part["HX-Replace-Url"] == "/catalogue/?q=%E9%97%A8%E8%AF%8A"
    assert "HX-Request" in part["Vary"]
    followed = rita.get("/catalogue/?q=门诊", hx_request="true", hx_boosted="true")
    assert "HX-Replace-Url" not in followed  # a link is a step one can go back from
    assert b"<html" in rita.get("/catalogue/", hx_request="true", hx_history_restore_request="true").content


def test_a_facet_counts_what_choosing_it_would_find(cast: Cast, stages: Stages, hospitals: Dataset) -> None:
    assert stages.published
    stella = Visitor(cast.stella)
    page = stella.get("/catalogue/?theme=health")
    facets = {facet.name: facet for facet in page.context["facets"]}
    themes = {value.label: (value.count, value.chosen) for value in facets["theme"].values}
    assert themes == {"Health": (1, True), "places": (1, False)}
    for value in facets["theme"].values:
        if not value.chosen:
            assert len(titles(stella.get(value.url))) == value.count
    assert "provider" not in facets  # everything has it: it narrows nothing
    back = next(value for value in facets["theme"].values if value.chosen)
    assert back.url == "/catalogue/"


@pytest.mark.parametrize(
    "narrowed",
    ["state=published", "format=csv", "entity_type=CN_RESIDENT_ID", "share_type=conditional", "theme=health"],
)
def test_every_facet_narrows(cast: Cast, stages: Stages, hospitals: Dataset, narrowed: str) -> None:
    stages.review()
    page = Visitor(cast.stella).get(f"/catalogue/?{narrowed}&q=就诊")
    assert titles(page) == ["Outpatient visits"]


def test_a_value_that_nothing_has_can_be_taken_back(cast: Cast, stages: Stages) -> None:
    assert stages.published
    page = Visitor(cast.rita).get(f"/catalogue/?provider={cast.water.pk}&q=门诊")
    assert titles(page) == []
    assert "Water Bureau" in text_of(page)
    assert "Search without “Water Bureau”" in text_of(page)


@pytest.mark.parametrize("query", HOSTILE)
def test_whatever_is_typed_is_searched_for_or_shown_as_text(cast: Cast, query: str) -> None:
    answer = Visitor(cast.rita).client.get("/catalogue/", {"q": query, "theme": query, "page": query, "sort": query})
    assert answer.status_code == 200
    assert b"<script>alert" not in answer.content


@pytest.mark.parametrize(
    "narrowed", ["provider=999999999999999999999", "provider=-1", "grade=none", "share_type=x", "state=1"]
)
def test_a_value_that_cannot_be_one_narrows_nothing(cast: Cast, stages: Stages, narrowed: str) -> None:
    assert stages.published
    assert len(titles(Visitor(cast.rita).get(f"/catalogue/?{narrowed}"))) == 1


def test_the_title_orders_in_the_readers_language(cast: Cast, hospitals: Dataset, stages: Stages) -> None:
    assert stages.draft
    assert titles(Visitor(cast.stella).get("/catalogue/?sort=title")) == ["Hospitals", "Outpatient visits"]
    assert len(titles(Visitor(cast.stella, "zh-hans").get("/catalogue/?sort=title"))) == 2


def test_what_is_retired_is_out_of_the_catalogue_and_found_by_its_state(cast: Cast, hospitals: Dataset) -> None:
    retire_dataset(actor=cast.stella, dataset=hospitals, reason="合并")
    stella = Visitor(cast.stella)
    assert titles(stella.get("/catalogue/")) == []
    assert titles(stella.get("/catalogue/?state=retired")) == ["Hospitals"]


def test_the_catalogue_asks_the_database_as_often_for_many_as_for_few(cast: Cast, stages: Stages) -> None:
    assert stages.published

    stella = Visitor(cast.stella)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert stella.get("/catalogue/").status_code == 200
        return len(captured)

    few = queries()
    assert few <= 20
    for number in range(6):
        register_dataset(actor=cast.stella, provider=cast.health, values={**RECORD, "title": f"记录{number}"})
    assert queries() <= few


def test_an_empty_catalogue_says_how_it_fills(cast: Cast) -> None:
    assert "The catalogue is empty." in text_of(Visitor(cast.rita).get("/catalogue/"))
    assert b'href="/register/"' in Visitor(cast.stella).get("/catalogue/").content


def test_an_excerpt_holds_the_word_looked_for() -> None:
    text = "前" * 300 + "门诊" + "后" * 300
    assert "门诊" in excerpt_around(text, "门诊")
    assert excerpt_around(text, "门诊").startswith("…")
    assert excerpt_around("short", "x") == "short"
    assert list(parts_marked("aBc", "b")) == [("a", False), ("B", True), ("c", False)]
    assert list(parts_marked("a.b", ".")) == [("a", False), (".", True), ("b", False)]


# --- what waits -----------------------------------------------------------------------------------------------------------


def test_the_first_page_names_drafts_and_reviews(cast: Cast, stages: Stages) -> None:
    assert stages.draft

    def lists(user: User) -> str:
        return text_of(Visitor(user).get("/"))

    assert "Drafts to finish" in lists(cast.stella)
    assert "Drafts to finish" not in lists(cast.wendy)
    submit_dataset(actor=cast.stella, dataset=stages.draft)
    assert "Records waiting for review" in lists(cast.stefan)
    assert "Records waiting for review" in lists(cast.amy)
    assert "Records waiting for review" not in lists(cast.stella)


def test_the_list_of_reviews_is_the_permission_to_publish(cast: Cast, stages: Stages) -> None:
    """Whoever wrote in it, or said whose it is, does not review it, though another opened and submitted it."""
    dataset = stages.draft
    edit_dataset(actor=cast.stefan, dataset=dataset, revision=dataset.revision, values={"title": "改过的题名"})
    grant_role(actor=cast.adam, user=cast.olga, organization=cast.health, role=Role.DATA_STEWARD)
    record_right(
        actor=cast.olga,
        dataset=dataset,
        kind=RightKind.CONTROL,
        holder=cast.big_data,
        basis="协议",
        valid_from=date(2025, 1, 1),
    )
    dataset.refresh_from_db()
    submit_dataset(actor=cast.stella, dataset=dataset)
    dataset.refresh_from_db()
    for user in (cast.stella, cast.stefan, cast.amy, cast.wendy, cast.oscar, cast.olga):
        assert (dataset in awaiting_review_by(user)) == may(user, "dataset.publish", dataset), user
    assert dataset in awaiting_review_by(cast.amy)


PAGES: list[Callable[[Stages], str]] = [
    lambda stages: "/catalogue/",
    lambda stages: f"/catalogue/{stages.draft.pk}/",
    lambda stages: f"/catalogue/{stages.draft.pk}/edit/",
    lambda stages: f"/catalogue/{stages.draft.pk}/fields/",
    lambda stages: f"/catalogue/{stages.draft.pk}/rights/",
    lambda stages: f"/catalogue/{stages.draft.pk}/history/",
    lambda stages: f"/catalogue/{stages.draft.pk}/retire/",
    lambda stages: f"/fields/{stages.field('诊断').pk}/grade/",
    lambda stages: "/register/",
    lambda stages: f"/register/source/{stages.source.pk}/",
    lambda stages: f"/register/{stages.draft.pk}/record/",
    lambda stages: f"/register/{stages.draft.pk}/rights/",
    lambda stages: f"/register/{stages.draft.pk}/check/",
    lambda stages: "/sources/",
    lambda stages: f"/sources/{stages.source.pk}/",
]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_is_whole_in_both_languages_and_has_no_inline_style_or_script(
    cast: Cast, stages: Stages, language: str
) -> None:
    assert stages.draft
    stella = Visitor(cast.stella, language)
    for address in PAGES:
        answer = stella.get(address(stages))
        html = answer.content.decode()
        assert answer.status_code == 200, address(stages)
        assert html.count("<h1") == 1, address(stages)
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=\"|<script>", html), address(stages)
        assert re.search(r"<title>\s*[^<]+ · ", html), address(stages)
