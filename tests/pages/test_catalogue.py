"""The catalogue and the page of a dataset: what is found, who sees what, and that a button does what the API does."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from catalog.datasets.endings import EndingProposal
from catalog.datasets.grading import propose_initial_grade, set_grade
from catalog.datasets.models import Dataset, DatasetState, Grade, GradeProposal, RightKind, RightsAssignment
from catalog.datasets.rights import record_right
from catalog.datasets.services import edit_dataset, open_draft, register_dataset, retire_dataset, submit_dataset
from catalog.datasets.work import awaiting_review_by
from catalog.errors import InvalidInput
from catalog.ledger.models import LedgerEntry
from catalog.pages.excerpts import excerpt_around, parts_marked
from catalog.people.models import Role, User
from catalog.people.policies import may
from catalog.people.services import grant_role
from tests.cast import Cast
from tests.pages.visiting import Visitor, acts_after, last_sequence, text_of
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


# --- one dataset ----------------------------------------------------------------------------------------------------------


def test_who_sees_a_draft_and_who_a_published_dataset(cast: Cast, stages: Stages) -> None:
    draft = f"/catalogue/{stages.draft.pk}/"
    seen = {
        "stella": 200,
        "oscar": 200,
        "amy": 200,
        "fiona": 200,
        "audrey": 200,
        "rita": 404,
        "wendy": 404,
        "carl": 404,
    }
    for name, status in seen.items():
        assert Visitor(getattr(cast, name)).get(draft).status_code == status, name
    assert Visitor().get(draft).status_code == 302
    assert stages.published
    for name in seen:
        assert Visitor(getattr(cast, name)).get(draft).status_code == 200, name
    assert Visitor(cast.rita).get("/catalogue/999999999999999999/").status_code == 404
    assert Visitor(cast.rita).get("/catalogue/9999999999999999999999/").status_code == 404


def test_the_page_says_what_it_is_and_whose(cast: Cast, stages: Stages) -> None:
    assert stages.published
    text = text_of(Visitor(cast.rita).get(f"/catalogue/{stages.draft.pk}/"))
    for part in (
        "Outpatient visits",
        "Health Commission",
        "身份证号",
        "Conditional sharing",
        "用于公共卫生研究",
        "Version 1",
        "苏政发〔2025〕1号",
    ):
        assert part in text, part
    # The source and the history are for those who work on it.
    assert "visits.csv" not in text
    assert "The whole history" not in text
    assert "The whole history" in text_of(Visitor(cast.oscar).get(f"/catalogue/{stages.draft.pk}/"))


def test_history_is_refused_to_those_who_do_not_work_on_it(cast: Cast, stages: Stages) -> None:
    path = f"/catalogue/{stages.published.pk}/history/"
    assert Visitor(cast.rita).get(path).status_code == 403
    text = text_of(Visitor(cast.stella).get(path))
    assert "Stefan published the record Outpatient visits: version 1" in text
    assert "Stella recorded a right of Health Commission in Outpatient visits: Ownership" in text


def test_a_version_shows_what_the_record_said_then(cast: Cast, stages: Stages) -> None:
    assert stages.published
    page = Visitor(cast.rita).get(f"/catalogue/{stages.draft.pk}/versions/1/")
    assert "门诊就诊记录" in text_of(page)
    assert Visitor(cast.rita).get(f"/catalogue/{stages.draft.pk}/versions/7/").status_code == 404


def test_a_dataset_page_asks_the_database_as_often_for_many_fields_as_for_few(
    cast: Cast, stages: Stages, django_assert_max_num_queries: Any
) -> None:
    assert stages.published
    stella = Visitor(cast.stella)
    with django_assert_max_num_queries(40):
        assert stella.get(f"/catalogue/{stages.draft.pk}/").status_code == 200


def test_buttons_are_those_the_person_can_press(cast: Cast, stages: Stages) -> None:
    path = f"/catalogue/{stages.draft.pk}/"

    def acts(user: User) -> set[str]:
        html = Visitor(user).get(path).content.decode()
        return set(re.findall(rf"{path}(submit|publish|return|suspend|retire|edit|fields)/", html))

    assert acts(cast.stella) == {"edit", "fields", "retire"}
    assert acts(cast.oscar) == set()
    submit_dataset(actor=cast.stella, dataset=stages.draft)
    assert acts(cast.stella) == {"return"}
    assert acts(cast.stefan) == {"publish", "return"}
    assert acts(cast.amy) == {"publish", "return"}
    assert acts(cast.fiona) == set()


# --- a page and the API do the same ---------------------------------------------------------------------------------------


def _api(user: User, path: str, body: Any = None) -> Any:
    client = APIClient()
    client.force_authenticate(user)
    return client.post(f"/api/v1/{path}", body or {}, format="json")


PARITY: list[tuple[str, str, str, dict[str, str]]] = [
    # act, who, the dataset's state before, what is said
    ("submit", "stella", "draft", {}),
    ("return", "amy", "submitted", {"reason": "摘要不清"}),
    ("publish", "amy", "submitted", {}),
    ("suspend", "oscar", "published", {"reason": "来源更正"}),
    ("retire", "stella", "published", {"reason": "合并"}),
]


@pytest.mark.parametrize(("act", "who", "state", "said"), PARITY, ids=[row[0] for row in PARITY])
def test_a_button_leaves_the_same_lines_as_the_api(
    cast: Cast, stages: Stages, act: str, who: str, state: str, said: dict[str, str]
) -> None:
    dataset = stages.draft
    if state == "submitted":
        submit_dataset(actor=cast.stella, dataset=dataset)
    elif state == "published":
        assert stages.published
    user, start = getattr(cast, who), last_sequence()
    with transaction.atomic():
        assert _api(user, f"datasets/{dataset.pk}/{act}/", said).status_code == 200
        by_api = acts_after(start)
        dataset.refresh_from_db()
        after_api = dataset.state
        transaction.set_rollback(True)
    answer = Visitor(user).post(f"/catalogue/{dataset.pk}/{act}/", **said)
    assert answer.status_code == 302
    dataset.refresh_from_db()
    assert dataset.state == after_api
    strip = [(action, kind, {k: v for k, v in details.items() if k != "digest"}) for action, kind, details in by_api]
    assert [(a, k, {x: y for x, y in d.items() if x != "digest"}) for a, k, d in acts_after(start)] == strip


@pytest.mark.parametrize("act", ["submit", "publish", "return", "suspend", "retire", "edit", "fields"])
def test_a_stranger_can_do_nothing(cast: Cast, stages: Stages, act: str) -> None:
    path = f"/catalogue/{stages.draft.pk}/{act}/"
    start = last_sequence()
    assert Visitor(cast.wendy).post(path, reason="x").status_code == 404
    assert (
        Visitor().post(path, reason="x").status_code == 403
    )  # and what was typed is kept, to be sent again after signing in
    fiona = Visitor(cast.fiona)  # sees it, and has no part in this
    answer = fiona.post(path, reason="x")
    assert answer.status_code == 403 or "You do not have the role" in text_of(fiona.follow(answer))
    assert last_sequence() == start


def test_the_author_does_not_publish(cast: Cast, stages: Stages) -> None:
    submit_dataset(actor=cast.stella, dataset=stages.draft)
    stella = Visitor(cast.stella)
    assert "does not review it" in text_of(stella.follow(stella.post(f"/catalogue/{stages.draft.pk}/publish/")))
    stages.draft.refresh_from_db()
    assert stages.draft.state == DatasetState.SUBMITTED


def test_a_return_without_a_reason_is_asked_for_one_and_what_was_typed_is_kept(cast: Cast, stages: Stages) -> None:
    submit_dataset(actor=cast.stella, dataset=stages.draft)
    amy, path = Visitor(cast.amy), f"/catalogue/{stages.draft.pk}/return/"
    answer = amy.post(path, reason="  ")
    assert answer.status_code == 200
    assert "This field is required" in text_of(answer)
    long = "长" * 600
    assert long in amy.post(path, reason=long).content.decode()
    amy.follow(amy.post(path, reason="摘要不清"))
    # The steward finds it with the reason, on the page and among the drafts.
    stella = Visitor(cast.stella)
    assert "Amy returned this record 摘要不清" in text_of(stella.get(f"/catalogue/{stages.draft.pk}/"))


def test_acting_twice_says_that_it_is_done(cast: Cast, stages: Stages) -> None:
    stella, path = Visitor(cast.stella), f"/catalogue/{stages.draft.pk}/submit/"
    stella.post(path)
    answer = stella.follow(stella.post(path))
    assert "This cannot be done in the present state" in text_of(answer)


# --- the record -----------------------------------------------------------------------------------------------------------


def record_of(dataset: Dataset, **changes: Any) -> dict[str, Any]:
    """The record as the form has it."""
    names = (
        "title",
        "title_en",
        "abstract",
        "abstract_en",
        "category",
        "theme",
        "share_type",
        "share_condition",
        "share_mode",
    )
    found = {name: getattr(dataset, name) for name in (*names, "update_cycle", "revision")}
    return {**found, "keywords": "; ".join(dataset.keywords), **changes}


def test_the_record_is_edited(cast: Cast, stages: Stages) -> None:
    dataset, stella = stages.draft, Visitor(cast.stella)
    path = f"/catalogue/{dataset.pk}/edit/"
    assert "门诊就诊记录" in stella.get(path).content.decode()
    start = last_sequence()
    answer = stella.post(path, **record_of(dataset, title="门诊记录", keywords="门诊,挂号", category="104001"))
    assert answer.status_code == 302, text_of(answer)
    dataset.refresh_from_db()
    assert (dataset.title, dataset.keywords) == ("门诊记录", ["门诊", "挂号"])
    assert dataset.code == "104001/00001"  # the code begins with the category until the record is published
    assert [action for action, _kind, _details in acts_after(start)] == ["dataset.edited"]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("title", "", "This field is required"),
        ("title", "长" * 300, "at most 200 characters"),
        ("category", "abc", "Digits"),
        ("share_type", "x", "Select a valid choice"),
        ("share_condition", "", "Conditional sharing names its condition"),
        ("keywords", ";".join(f"词{number}" for number in range(40)), "At most 30 keywords"),
        ("issued", "2026-13-45", "Enter a valid date"),
        ("abstract", "x\0y", "Null characters"),
    ],
)
def test_what_is_wrong_is_said_where_it_is_and_nothing_is_lost(
    cast: Cast, stages: Stages, name: str, value: str, said: str
) -> None:
    dataset, start = stages.draft, last_sequence()
    answer = Visitor(cast.stella).post(
        f"/catalogue/{dataset.pk}/edit/", **record_of(dataset, abstract_en="typed <b>before</b>", **{name: value})
    )
    assert answer.status_code == 200
    assert said in text_of(answer)
    assert "typed &lt;b&gt;before&lt;/b&gt;" in answer.content.decode()
    assert last_sequence() == start


def test_two_editors_do_not_overwrite_each_other_unasked(cast: Cast, stages: Stages) -> None:
    dataset = stages.draft
    path = f"/catalogue/{dataset.pk}/edit/"
    mine = record_of(dataset, title="我的题名")
    Visitor(cast.stefan).post(path, **record_of(dataset, title="他的题名"))
    answer = Visitor(cast.stella).post(path, **mine)
    text = text_of(answer)
    assert "Someone changed this" in text
    assert "differs from what is saved now in: Title" in text
    revision = re.search(r'name="revision" value="(\d+)"', answer.content.decode())
    assert revision
    assert Visitor(cast.stella).post(path, **{**mine, "revision": revision[1]}).status_code == 302
    dataset.refresh_from_db()
    assert dataset.title == "我的题名"


def test_a_published_record_is_not_edited(cast: Cast, stages: Stages) -> None:
    dataset = stages.published
    answer = Visitor(cast.stella).post(f"/catalogue/{dataset.pk}/edit/", **record_of(dataset, title="新"))
    assert "cannot be done in the present state" in text_of(answer)


# --- rights, fields, grades -----------------------------------------------------------------------------------------------


def test_a_right_is_recorded_once_and_ended(cast: Cast, stages: Stages) -> None:
    dataset, stella = stages.draft, Visitor(cast.stella)
    path = f"/catalogue/{dataset.pk}/rights/"
    said = {
        "kind": "control",
        "holder": cast.big_data.pk,
        "basis": "苏数〔2025〕2号",
        "valid_from": "2025-01-01",
        "once": "a1",
    }
    start = last_sequence()
    assert stella.post(path, **said, exclusive="on").status_code == 302
    assert stella.post(path, **said, exclusive="on").status_code == 302  # the double click
    assert [action for action, _kind, _details in acts_after(start)] == ["right.recorded"]
    right = RightsAssignment.objects.get(kind=RightKind.CONTROL)
    assert "Big Data Bureau" in text_of(stella.get(path))
    clash = stella.post(path, **{**said, "once": "a2"}, exclusive="on")
    assert "Another record gives this right to somebody" in text_of(clash)
    assert "苏数〔2025〕2号" in clash.content.decode()
    own = RightsAssignment.objects.get(kind=RightKind.OWNERSHIP)
    assert stella.post(f"/rights/{own.pk}/end/").status_code == 302
    assert acts_after(start)[-1][0] == "right.ended"
    assert Visitor(cast.rita).post(f"/rights/{right.pk}/end/").status_code == 404


def test_who_holds_a_right_answers_on_their_page_before_it_ends(cast: Cast, stages: Stages) -> None:
    visits, stella, carl = stages.draft.pk, Visitor(cast.stella), Visitor(cast.carl)
    right = record_right(
        actor=cast.stella,
        dataset=stages.draft,
        kind=RightKind.CONTROL,
        holder=cast.big_data,
        basis="苏数〔2025〕2号",
        valid_from=date(2025, 1, 1),
    )
    assert f"/rights/{right.pk}/end/" in stella.get(f"/catalogue/{visits}/rights/").content.decode()
    assert "a steward or approver there has to agree" in text_of(stella.get(f"/rights/{right.pk}/end/"))
    assert stella.post(f"/rights/{right.pk}/end/", reason=" ").status_code == 200
    too_long = stella.post(f"/rights/{right.pk}/end/", reason="长" * 501)
    assert "长" * 501 in too_long.content.decode()
    asked = stella.follow(stella.post(f"/rights/{right.pk}/end/", reason="委托协议到期"))
    assert "Until somebody there agrees, the right stands" in text_of(asked)
    assert "委托协议到期" in text_of(asked)
    assert "Agree that it ends" not in text_of(asked)
    proposal = EndingProposal.objects.get()
    assert f"/catalogue/{visits}/rights/#endings" in carl.get("/").content.decode()
    page = text_of(carl.get(f"/catalogue/{visits}/rights/"))
    assert "委托协议到期" in page
    assert "Agree that it ends" in page
    assert carl.post(f"/ending-proposals/{proposal.pk}/shrug/").status_code == 404
    assert Visitor(cast.rita).post(f"/ending-proposals/{proposal.pk}/agree/").status_code == 404
    stella.post(f"/ending-proposals/{proposal.pk}/agree/")
    proposal.refresh_from_db()
    assert proposal.accepted is None
    done = carl.follow(carl.post(f"/ending-proposals/{proposal.pk}/agree/"))
    assert "The right has ended" in text_of(done)
    right.refresh_from_db()
    assert right.ended_at is not None


def test_the_time_line_says_the_same_as_its_table(cast: Cast, stages: Stages) -> None:
    dataset = stages.published
    record_right(
        actor=cast.stella,
        dataset=dataset,
        kind=RightKind.USAGE,
        holder=cast.institute,
        basis="协议",
        valid_from=date(2025, 3, 1),
        valid_to=date(2025, 8, 31),
        exclusive=False,
    )
    page = Visitor(cast.stella).get(f"/catalogue/{dataset.pk}/rights/")
    rows = {row.kind: row.bars for row in page.context["timeline"].rows}
    assert [len(rows[kind]) for kind in ("ownership", "control", "usage")] == [1, 0, 1]
    usage = rows["usage"][0]
    assert (usage.x, usage.current) == (f"{100 * 59 / _span(page):.2f}%", False)
    assert "Institute of Public Health" in text_of(page)
    # Who may use it is no business of a stranger to the dataset.
    assert "Institute of Public Health" not in text_of(Visitor(cast.ivan).get(f"/catalogue/{dataset.pk}/rights/"))


def _span(page: Any) -> int:
    """The days that are drawn: from 2025 to the end of the year after a year from now."""
    return (date((timezone.localdate() + timedelta(days=365)).year + 1, 1, 1) - date(2025, 1, 1)).days


def test_columns_are_named_in_words_and_only_changes_are_written(cast: Cast, stages: Stages) -> None:
    dataset, field = stages.draft, stages.field("诊断")
    fields = list(stages.distribution.fields.all())
    said = {f"field-{each.pk}-label": each.label for each in fields}
    said |= {f"field-{each.pk}-data_type": each.data_type for each in fields}
    start = last_sequence()
    stella, path = Visitor(cast.stella), f"/catalogue/{dataset.pk}/fields/"
    wrong = stella.post(path, **{**said, f"field-{field.pk}-label": "长" * 300})
    assert wrong.status_code == 200
    assert "长" * 300 in wrong.content.decode()
    assert last_sequence() == start
    assert stella.post(path, **{**said, f"field-{field.pk}-label": "临床诊断"}).status_code == 302
    assert [(action, details["field"]) for action, _kind, details in acts_after(start)] == [
        ("field.described", field.pk)
    ]
    assert Visitor(cast.oscar).get(path).status_code == 403


def test_the_way_back_stays_on_this_site(cast: Cast, stages: Stages) -> None:
    page = Visitor(cast.stella).get(f"/catalogue/{stages.draft.pk}/fields/?next=https://elsewhere.example/")
    assert 'name="next" value="https' not in page.content.decode()
    assert page.context["back"] == f"/catalogue/{stages.draft.pk}/"


def test_a_lower_grade_waits_for_a_second_person(cast: Cast, stages: Stages) -> None:
    field = stages.field("诊断")
    propose_initial_grade(field=field, grade="general_4", entity_type="DIAGNOSIS", rules="2026.11.1")
    said = {"grade": "general_2", "affected_object": "individual", "impact": "ordinary", "reason": "已聚合"}
    stella = Visitor(cast.stella)
    ground = "Initial grade of the type “Diagnosis” in rule pack 2026.11.1"
    for path in (f"/fields/{field.pk}/grade/", f"/catalogue/{stages.draft.pk}/"):
        page = unescape(stella.get(path).content.decode())
        assert ground in page
        assert "DIAGNOSIS: " not in page
    page = stella.follow(stella.post(f"/fields/{field.pk}/grade/", **said))
    assert "A lower grade needs a second person" in text_of(page)
    proposal = GradeProposal.objects.get()
    dataset = f"/catalogue/{stages.draft.pk}/"
    assert "Accept the lower grade" not in text_of(stella.get(dataset))
    assert "Accept the lower grade" in text_of(Visitor(cast.oscar).get(dataset))
    refused = stella.follow(stella.post(f"/grade-proposals/{proposal.pk}/accept/"))
    assert "A second person decides this." in text_of(refused)
    start = last_sequence()
    Visitor(cast.oscar).post(f"/grade-proposals/{proposal.pk}/accept/")
    assert [action for action, _kind, _details in acts_after(start)] == ["grade.lowered"]
    assert stages.field("诊断").grade == "general_2"
    assert Visitor(cast.oscar).post(f"/grade-proposals/{proposal.pk}/shrug/").status_code == 404


@pytest.mark.parametrize("missing", ["grade", "affected_object", "impact", "reason"])
def test_a_grade_names_object_impact_and_reason(cast: Cast, stages: Stages, missing: str) -> None:
    said = {
        "grade": "general_2",
        "affected_object": "individual",
        "impact": "ordinary",
        "reason": "写过的理由",
        missing: "",
    }
    answer = Visitor(cast.oscar).post(f"/fields/{stages.field('诊断').pk}/grade/", **said)
    assert answer.status_code == 200
    assert "This field is required" in text_of(answer)
    assert missing == "reason" or "写过的理由" in answer.content.decode()
    assert Visitor(cast.amy).get(f"/fields/{stages.field('诊断').pk}/grade/").status_code == 403


def test_the_officer_says_whom_a_row_is_about(cast: Cast, stages: Stages) -> None:
    path = f"/distributions/{stages.distribution.pk}/subject/"
    assert Visitor(cast.stella).get(path).status_code == 403
    oscar = Visitor(cast.oscar)
    assert "Name the field of this table" in text_of(oscar.post(path, kind="person", field=""))
    start = last_sequence()
    assert oscar.post(path, kind="person", field=stages.field("身份证号").pk).status_code == 302
    assert acts_after(start)[0][0] == "dataset.subject_declared"
    assert oscar.post(path, kind="person", field=10**17).status_code == 200


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


def test_a_draft_may_lack_what_a_registered_record_may_not(cast: Cast) -> None:
    draft = open_draft(actor=cast.stella, provider=cast.health, values={"title": "草稿", "category": "3"})
    assert (draft.state, draft.share_type, draft.code) == ("draft", "", "3/00001")
    with pytest.raises(InvalidInput):
        register_dataset(actor=cast.stella, provider=cast.health, values={"title": "草稿", "category": "3"})
    with pytest.raises(InvalidInput):
        submit_dataset(actor=cast.stella, dataset=draft)


def test_a_grade_of_a_published_dataset_can_be_raised_at_once(cast: Cast, stages: Stages) -> None:
    assert stages.published
    said = {"grade": "important", "affected_object": "economy", "impact": "serious", "reason": "规模"}
    Visitor(cast.oscar).post(f"/fields/{stages.field('诊断').pk}/grade/", **said)
    assert stages.field("诊断").grade == Grade.IMPORTANT
    assert LedgerEntry.objects.filter(action="grade.set").count() == 1


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


def test_set_grade_through_the_service_and_the_page_write_the_same(cast: Cast, stages: Stages) -> None:
    assert stages.draft
    start = last_sequence()
    words = {"affected_object": "individual", "impact": "serious", "reason": "含敏感个人信息"}
    set_grade(actor=cast.oscar, field=stages.field("诊断"), grade=Grade.GENERAL_3, **words)
    by_service = acts_after(start)
    middle = last_sequence()
    Visitor(cast.oscar).post(f"/fields/{stages.field('姓名').pk}/grade/", grade="general_3", **words)
    by_page = acts_after(middle)
    assert [(action, sorted(details)) for action, _kind, details in by_page] == [
        (action, sorted(details)) for action, _kind, details in by_service
    ]
