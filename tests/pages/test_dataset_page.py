"""The page of a dataset and its record: who sees what, and that a button does what the API does."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from catalog.datasets.models import Dataset, DatasetState
from catalog.datasets.services import open_draft, register_dataset, submit_dataset
from catalog.errors import InvalidInput
from catalog.people.models import User
from tests.cast import Cast
from tests.pages.visiting import Visitor, acts_after, last_sequence, text_of
from tests.stages import Stages

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


def test_a_draft_may_lack_what_a_registered_record_may_not(cast: Cast) -> None:
    draft = open_draft(actor=cast.stella, provider=cast.health, values={"title": "草稿", "category": "3"})
    assert (draft.state, draft.share_type, draft.code) == ("draft", "", "3/00001")
    with pytest.raises(InvalidInput):
        register_dataset(actor=cast.stella, provider=cast.health, values={"title": "草稿", "category": "3"})
    with pytest.raises(InvalidInput):
        submit_dataset(actor=cast.stella, dataset=draft)
