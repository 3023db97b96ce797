"""Sources, datasets, rights, grades and history over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.datasets.models import Dataset, Source
from catalog.datasets.services import register_dataset
from catalog.storage import UPLOADS, folder
from tests.api.conftest import Api
from tests.cast import Cast
from tests.stages import RECORD, Stages, visits_csv


def upload(client: Api, cast: Cast, name: str = "visits", content: bytes | None = None) -> Any:
    file = SimpleUploadedFile("visits.csv", visits_csv(30) if content is None else content, "text/csv")
    body = {"organization": cast.health.pk, "name": name, "file": file}
    return client.post("sources/", body, format="multipart")


def test_an_upload_is_sealed_and_its_tables_can_be_read(api: Callable[..., Api], cast: Cast) -> None:
    steward = api(cast.stella)
    answer = upload(steward, cast)
    assert answer.status_code == 201, answer.content
    source = answer.json()
    assert (source["kind"], source["file_name"], source["size"]) == ("upload", "visits.csv", len(visits_csv(30)))
    assert "sealed_name" not in source
    tables = steward.get(f"sources/{source['id']}/tables/").json()
    assert [table["name"] for table in tables] == ["visits"]
    sealed = folder(UPLOADS) / f"{Source.objects.get(pk=source['id']).sealed_name}.sealed"
    assert "姑苏区".encode() not in sealed.read_bytes()


def test_a_refused_upload_leaves_nothing_behind(api: Callable[..., Api], cast: Cast, settings: Any) -> None:
    before = set(folder(UPLOADS).iterdir())
    assert upload(api(cast.rita), cast).status_code == 403
    assert upload(api(cast.stella), cast, content=b"").status_code == 400
    assert upload(api(cast.stella), cast, name="x" * 81).status_code == 400
    settings.UPLOAD_MAX_BYTES = 10
    too_large = upload(api(cast.stella), cast)
    assert (too_large.status_code, too_large.json()["error"]["code"]) == (400, "file_too_large")
    assert set(folder(UPLOADS).iterdir()) == before


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"kind": "file"}, {"root", "path"}),
        ({"kind": "database", "host": "registry"}, {"user", "password"}),
        ({"kind": "upload"}, {"kind"}),
    ],
)
def test_a_source_says_what_it_lacks(
    api: Callable[..., Api], cast: Cast, body: dict[str, Any], fields: set[str]
) -> None:
    answer = api(cast.stella).post("sources/", {"organization": cast.health.pk, "name": "s", **body})
    assert answer.status_code == 400
    assert set(answer.json()["error"]["fields"]) == fields


def test_a_path_out_of_its_root_is_refused(api: Callable[..., Api], cast: Cast, settings: Any, tmp_path: Any) -> None:
    settings.SOURCE_ROOTS = {"exchange": str(tmp_path)}
    (tmp_path / "visits.csv").write_bytes(visits_csv(5))
    body = {"organization": cast.health.pk, "name": "exchange visits", "kind": "file", "root": "exchange"}
    for path in ("../../etc/passwd", "/etc/passwd", "visits.csv/.."):
        assert api(cast.stella).post("sources/", {**body, "path": path}).status_code == 400
    unknown = api(cast.stella).post("sources/", {**body, "root": "nowhere", "path": "visits.csv"})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (400, "unknown_root")
    assert api(cast.stella).post("sources/", {**body, "path": "visits.csv"}).status_code == 201


def test_requesters_never_see_a_source(api: Callable[..., Api], cast: Cast, stages: Stages) -> None:
    assert stages.published
    assert api(cast.rita).get("sources/").json()["count"] == 0
    assert api(cast.rita).get(f"sources/{stages.source.pk}/").status_code == 404
    table = api(cast.rita).get(f"datasets/{stages.published.pk}/").json()["distributions"][0]
    assert (table["source"], table["table"]) == (None, None)
    table = api(cast.stella).get(f"datasets/{stages.published.pk}/").json()["distributions"][0]
    assert (table["source"]["name"], table["table"]) == ("visits", "visits")


def test_a_dataset_is_registered_with_its_table_and_published_by_another(api: Callable[..., Api], cast: Cast) -> None:
    stella, stefan, rita = api(cast.stella), api(cast.stefan), api(cast.rita)
    source = upload(stella, cast).json()["id"]
    made = stella.post("datasets/", {**RECORD, "provider": cast.health.pk, "source": source})
    assert made.status_code == 201, made.content
    dataset = made.json()
    assert (dataset["state"], dataset["code"], dataset["rights"]) == ("draft", "3/05/01/00001", [])
    assert [field["name"] for field in dataset["distributions"][0]["fields"]][:2] == ["身份证号", "姓名"]
    address = f"datasets/{dataset['id']}/"
    assert rita.get(address).status_code == 404

    blocked = stella.post(f"{address}submit/")
    assert (blocked.status_code, blocked.json()["error"]["code"]) == (409, "no_owner")
    right = {"kind": "ownership", "holder": cast.health.pk, "basis": "苏政发〔2025〕1号", "valid_from": "2025-01-01"}
    assert stella.post(f"{address}rights/", right).status_code == 201
    assert stella.post(f"{address}rights/", right).json()["error"]["code"] == "rights_overlap"
    assert stella.post(f"{address}submit/").json()["state"] == "submitted"
    assert stella.post(f"{address}publish/").status_code == 403
    returned = stefan.post(f"{address}return/", {"reason": "补充摘要"})
    assert returned.json()["state"] == "draft"

    revision = returned.json()["revision"]
    changed = stella.patch(address, {"revision": revision, "abstract": "逐条记录,每日更新。"})
    assert changed.json()["abstract"] == "逐条记录,每日更新。"
    stale = stella.patch(address, {"revision": revision, "abstract": "别的"})
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "stale_version")
    assert stella.patch(address, {"abstract": "没有版本"}).json()["error"]["fields"] == {
        "revision": ["This field is required."]
    }

    assert stella.post(f"{address}submit/").status_code == 200
    published = stefan.post(f"{address}publish/")
    assert published.json()["versions"][0]["number"] == 1
    seen = rita.get(address).json()
    assert (seen["state"], seen["rights"][0]["holder"]["id"]) == ("published", cast.health.pk)
    assert rita.get(f"{address}versions/").json()["results"][0]["record"]["title"] == RECORD["title"]
    assert rita.post(f"{address}suspend/").status_code == 403
    assert stella.post(f"{address}suspend/", {"reason": "更正"}).json()["state"] == "suspended"
    assert stella.post(f"{address}retire/").json()["state"] == "retired"

    history = stella.get(f"{address}history/").json()["results"]
    assert [entry["action"] for entry in history][:2] == ["dataset.registered", "distribution.attached"]
    assert history[-1]["action"] == "dataset.retired"


def test_a_table_that_cannot_be_attached_leaves_no_dataset(api: Callable[..., Api], cast: Cast) -> None:
    source = upload(api(cast.stella), cast).json()["id"]
    answer = api(cast.stella).post(
        "datasets/", {**RECORD, "provider": cast.health.pk, "source": source, "table": "elsewhere"}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "table_unknown")
    assert not Dataset.objects.exists()


def test_history_is_for_those_who_work_on_it(api: Callable[..., Api], cast: Cast, stages: Stages) -> None:
    address = f"datasets/{stages.published.pk}/history/"
    assert api(cast.amy).get(address).status_code == 200
    assert api(cast.rita).get(address).status_code == 403
    assert api(cast.audrey).get(f"ledger/?object=dataset:{stages.published.pk}").json()["count"] > 0
    assert api(cast.rita).get(f"ledger/?object=dataset:{stages.published.pk}").json()["count"] == 0
    assert api(cast.audrey).get("ledger/?object=dataset").status_code == 400


def test_a_lower_grade_waits_for_a_second_person(api: Callable[..., Api], cast: Cast, stages: Stages) -> None:
    field = stages.field("诊断").pk
    body = {"affected_object": "individual", "impact": "serious", "reason": "诊断涉及健康"}
    raised = api(cast.stella).post(f"fields/{field}/grade/", {"grade": "general_4", **body})
    assert (raised.status_code, raised.json()["field"]["grade"]) == (200, "general_4")
    lowered = api(cast.stella).post(f"fields/{field}/grade/", {"grade": "general_2", **body})
    assert (lowered.status_code, lowered.json()["field"]["grade"]) == (202, "general_4")
    proposal = lowered.json()["proposal"]["id"]
    assert api(cast.stella).post(f"grade-proposals/{proposal}/accept/").status_code == 403
    assert api(cast.wendy).post(f"grade-proposals/{proposal}/accept/").status_code == 404
    waiting = api(cast.oscar).get("grade-proposals/?open=true").json()["results"]
    assert [row["id"] for row in waiting] == [proposal]
    assert api(cast.oscar).post(f"grade-proposals/{proposal}/accept/").json()["accepted"] is True
    assert stages.field("诊断").grade == "general_2"


def test_what_another_organisation_holds_ends_when_it_agrees(
    api: Callable[..., Api], cast: Cast, stages: Stages
) -> None:
    stella, carl = api(cast.stella), api(cast.carl)
    said = {"kind": "control", "basis": "苏数〔2025〕2号", "valid_from": "2025-01-01"}
    right = stella.post(f"datasets/{stages.draft.pk}/rights/", {**said, "holder": cast.big_data.pk}).json()["id"]
    assert stella.post(f"rights/{right}/end/").json()["error"]["fields"].keys() == {"reason"}
    asked = stella.post(f"rights/{right}/end/", {"reason": "协议到期"})
    assert (asked.status_code, asked.json()["accepted"], asked.json()["right"]["ended_at"]) == (202, None, None)
    again = stella.post(f"rights/{right}/end/", {"reason": "协议到期"})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "proposal_open")
    address = f"ending-proposals/{asked.json()['id']}/"
    assert stella.post(f"{address}agree/").status_code == 403
    assert api(cast.wendy).post(f"{address}agree/").status_code == 404
    assert [row["id"] for row in carl.get("ending-proposals/?open=true").json()["results"]] == [asked.json()["id"]]
    assert carl.post(f"{address}refuse/").json()["accepted"] is False
    assert carl.post(f"{address}agree/").json()["error"]["code"] == "proposal_decided"
    asked = stella.post(f"rights/{right}/end/", {"reason": "再次协商"})
    agreed = carl.post(f"ending-proposals/{asked.json()['id']}/agree/").json()
    assert (agreed["accepted"], agreed["right"]["ended_at"] is not None) == (True, True)
    own = stages.draft.rights.get(kind="ownership").pk
    ended = stella.post(f"rights/{own}/end/")
    assert (ended.status_code, ended.json()["ended_at"] is not None) == (200, True)


def test_a_column_is_described(api: Callable[..., Api], cast: Cast, stages: Stages) -> None:
    field = stages.field("诊断").pk
    answer = api(cast.stella).patch(f"fields/{field}/", {"label": "临床诊断"})
    assert (answer.status_code, answer.json()["label"]) == (200, "临床诊断")
    assert api(cast.stella).patch(f"fields/{field}/", {"data_type": "Q"}).status_code == 400
    assert api(cast.wendy).patch(f"fields/{field}/", {"label": "别的"}).status_code == 404


def test_search_filters_and_facets_agree(api: Callable[..., Api], cast: Cast, stages: Stages) -> None:
    stages.review()
    register_dataset(
        actor=cast.stella,
        provider=cast.health,
        values={**RECORD, "title": "医院名录", "abstract": "机构清单", "keywords": [], "theme": "places"},
    )
    stella, rita = api(cast.stella), api(cast.rita)

    def found(client: Api, query: str) -> list[str]:
        answer = client.get(f"datasets/?{query}")
        assert answer.status_code == 200, answer.content
        return [row["title"] for row in answer.json()["results"]]

    assert found(stella, "q=门诊") == ["门诊就诊记录"]
    assert found(stella, "q=名录") == ["医院名录"]
    assert found(rita, "q=名录") == []
    assert found(stella, "theme=places") == ["医院名录"]
    assert found(stella, "state=published") == ["门诊就诊记录"]
    assert found(stella, "format=csv") == ["门诊就诊记录"]
    assert found(stella, "entity_type=CN_RESIDENT_ID") == ["门诊就诊记录"]
    assert found(stella, f"provider={cast.water.pk}") == []
    assert found(stella, "open_to_public=true") == []
    grade = stella.get("datasets/?q=门诊").json()["results"][0]["grade"]
    assert grade
    for code in ("core", "important", "general_4", "general_3", "general_2", "general_1"):
        assert bool(found(stella, f"grade={code}")) == (code == grade)

    facets = stella.get("datasets/").json()["facets"]
    assert {item["value"]: item["count"] for item in facets["theme"]} == {"health": 1, "places": 1}
    assert {item["value"]: item["count"] for item in facets["grade"]} == {grade: 1, None: 1}
    assert [(item["value"], item["label"], item["count"]) for item in facets["provider"]] == [
        (str(cast.health.pk), cast.health.name, 2)
    ]
    assert {item["value"]: item["count"] for item in facets["format"]} == {"csv": 1}
    narrowed = stella.get("datasets/?q=门诊").json()["facets"]
    assert {item["value"]: item["count"] for item in narrowed["theme"]} == {"health": 1}


@pytest.mark.parametrize("path", ["datasets/", "users/", "organizations/", "memberships/", "ledger/", "sources/"])
def test_a_list_asks_the_database_as_often_for_many_rows_as_for_few(
    api: Callable[..., Api], cast: Cast, stages: Stages, path: str
) -> None:
    assert stages.draft
    user = cast.adam if path in ("users/", "memberships/", "organizations/") else cast.stella

    def queries(size: int) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            answer = api(user).get(f"{path}?page_size={size}")
        assert answer.status_code == 200
        return len(captured)

    for number in range(4):
        register_dataset(actor=cast.stella, provider=cast.health, values={**RECORD, "title": f"记录{number}"})
    assert queries(200) <= queries(1)
