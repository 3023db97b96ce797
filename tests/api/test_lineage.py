"""Links between datasets and declared items over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.datasets.lineage import DatasetLink, LinkKind
from catalog.datasets.linking import link_datasets
from catalog.datasets.models import Dataset
from catalog.datasets.services import register_dataset, retire_dataset
from catalog.people.models import User
from tests.api.conftest import Api
from tests.cast import Cast
from tests.stages import RECORD, Stages


def a_draft(cast: Cast, title: str, actor: User | None = None) -> Dataset:
    provider = cast.water if actor == cast.wendy else cast.health
    return register_dataset(actor=actor or cast.stella, provider=provider, values={**RECORD, "title": title})


def told(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_a_link_is_recorded_shown_and_taken_back(api: Callable[..., Api], cast: Cast, stages: Stages) -> None:
    visits, report = stages.published, a_draft(cast, "门诊月报")
    stella, address = api(cast.stella), f"datasets/{report.pk}/"
    made = stella.post(f"{address}links/", {"target": visits.pk, "kind": "derived_from"})
    assert made.status_code == 201, made.content
    link = made.json()
    assert (link["kind"], link["target"]["code"], link["recorded_by"]["username"]) == (
        "derived_from",
        visits.code,
        "stella",
    )
    shown = stella.get(address).json()
    assert (shown["links"], shown["related"], shown["derived"]) == ([link], [], [])
    origin = stella.get(f"datasets/{visits.pk}/").json()
    assert (origin["links"], [one["code"] for one in origin["derived"]]) == ([], [report.code])
    # The report is a draft: nobody else learns that there is one.
    assert api(cast.rita).get(f"datasets/{visits.pk}/").json()["derived"] == []

    elsewhere = f"datasets/{visits.pk}/links/{link['id']}/"
    assert stella.client.delete(f"/api/v1/{elsewhere}").status_code == 404
    assert stella.client.delete(f"/api/v1/{address}links/{link['id']}/").status_code == 204
    assert told(stella.client.delete(f"/api/v1/{address}links/{link['id']}/")) == (404, "not_found")
    assert stella.get(address).json()["links"] == []


def test_a_relation_is_shown_at_both_ends(api: Callable[..., Api], cast: Cast) -> None:
    one, other = a_draft(cast, "甲"), a_draft(cast, "乙")
    stella = api(cast.stella)
    assert stella.post(f"datasets/{one.pk}/links/", {"target": other.pk, "kind": "related"}).status_code == 201
    for dataset, named in ((one, other), (other, one)):
        assert [each["id"] for each in stella.get(f"datasets/{dataset.pk}/").json()["related"]] == [named.pk]


def test_what_cannot_be_linked_is_told_apart(api: Callable[..., Api], cast: Cast, stages: Stages) -> None:
    visits, report = stages.published, a_draft(cast, "门诊月报")
    foreign = a_draft(cast, "水价", cast.wendy)
    stella, links = api(cast.stella), f"datasets/{report.pk}/links/"
    body = {"target": visits.pk, "kind": "derived_from"}
    assert told(stella.post(links, {**body, "kind": "copied"})) == (400, "invalid")
    assert set(stella.post(links, {}).json()["error"]["fields"]) == {"target", "kind"}
    assert set(stella.post(links, {**body, "target": foreign.pk}).json()["error"]["fields"]) == {"target"}
    assert told(stella.post(links, {**body, "target": report.pk})) == (400, "link_to_itself")
    assert stella.post(links, body).status_code == 201
    assert told(stella.post(links, body)) == (409, "linked_already")
    back = {"target": report.pk, "kind": "derived_from"}
    assert told(stella.post(f"datasets/{visits.pk}/links/", back)) == (409, "lineage_circle")
    retire_dataset(actor=cast.stella, dataset=report, reason="合并")
    assert told(stella.post(links, {**body, "kind": "related"})) == (409, "wrong_state")
    link = DatasetLink.objects.get().pk
    assert told(stella.client.delete(f"/api/v1/{links}{link}/")) == (409, "wrong_state")


def test_who_may_not_link_is_refused_and_who_sees_nothing_finds_nothing(
    api: Callable[..., Api], cast: Cast, stages: Stages
) -> None:
    visits, report = stages.published, a_draft(cast, "门诊月报")
    link = link_datasets(actor=cast.stella, dataset=report, target=visits, kind=LinkKind.RELATED)
    body = {"target": visits.pk, "kind": "derived_from"}
    for person, status in ((cast.oscar, 403), (cast.amy, 403), (cast.rita, 404), (cast.wendy, 404)):
        client = api(person)
        assert client.post(f"datasets/{report.pk}/links/", body).status_code == status
        assert client.client.delete(f"/api/v1/datasets/{report.pk}/links/{link.pk}/").status_code == status
    assert api().post(f"datasets/{report.pk}/links/", body).status_code == 401
    for number in ("999999999999999999", "9" * 30, "x"):
        answer = api(cast.stella).client.delete(f"/api/v1/datasets/{report.pk}/links/{number}/")
        assert answer.status_code == 404
    assert DatasetLink.objects.count() == 1


def test_a_dataset_asks_the_database_as_often_for_many_links_as_for_few(
    api: Callable[..., Api], cast: Cast, stages: Stages
) -> None:
    visits = stages.published

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert api(cast.stella).get(f"datasets/{visits.pk}/").status_code == 200
        return len(captured)

    for kind in LinkKind:
        link_datasets(actor=cast.stella, dataset=visits, target=a_draft(cast, f"一{kind}"), kind=kind)
        link_datasets(actor=cast.stella, dataset=a_draft(cast, f"二{kind}"), target=visits, kind=kind)
    few = queries()
    for number in range(5):
        for kind in LinkKind:
            link_datasets(actor=cast.stella, dataset=visits, target=a_draft(cast, f"{kind}{number}"), kind=kind)
            link_datasets(actor=cast.stella, dataset=a_draft(cast, f"{kind}又{number}"), target=visits, kind=kind)
    assert queries() == few


def test_items_are_declared_with_the_record(api: Callable[..., Api], cast: Cast) -> None:
    stella = api(cast.stella)
    items = [{"name": "姓名", "field": "xm", "data_type": "C", "length": "50"}, {"name": "费用"}]
    made = stella.post("datasets/", {**RECORD, "provider": cast.health.pk, "items": items})
    assert made.status_code == 201, made.content
    dataset = made.json()
    assert dataset["items"] == [items[0], {"name": "费用", "field": "", "data_type": "", "length": ""}]
    address, change = f"datasets/{dataset['id']}/", {"revision": dataset["revision"]}
    for wrong in ([{"name": ""}], [{"name": "费用", "data_type": "Q"}], [{"name": "费用"}, {"name": "费用"}], "费用"):
        answer = stella.patch(address, {**change, "items": wrong})
        assert answer.status_code == 400
        assert {name.partition(".")[0] for name in answer.json()["error"]["fields"]} == {"items"}
    assert stella.patch(address, {**change, "items": items[1:]}).json()["items"] == dataset["items"][1:]
