"""Scans that come by themselves, and columns that have changed, over HTTP."""

from __future__ import annotations

from collections.abc import Callable

from catalog.datasets.drift import ColumnRead, note_columns
from catalog.datasets.services import suspend_dataset
from privacy.models import ScanSchedule
from tests.api.conftest import Api
from tests.cast import Cast
from tests.stages import Stages


def test_a_schedule_is_set_read_changed_and_ended(api: Callable[..., Api], cast: Cast, stages: Stages) -> None:
    assert stages.published
    oscar, table = api(cast.oscar), stages.distribution.pk
    body = {"distribution": table, "every": "weekly"}
    assert api(cast.rita).post("scan-schedules/", body).status_code == 403
    wrong = oscar.post("scan-schedules/", {**body, "every": "hourly"})
    assert (wrong.status_code, set(wrong.json()["error"]["fields"])) == (400, {"every"})
    made = oscar.post("scan-schedules/", body)
    assert (made.status_code, made.json()["every"], made.json()["stopped_because"]) == (201, "weekly", "")
    assert made.json()["set_by"]["username"] == "oscar"
    address = f"scan-schedules/{made.json()['id']}/"
    listed = api(cast.stella).get(f"scan-schedules/?distribution={table}&stopped=false").json()["results"]
    assert [row["id"] for row in listed] == [made.json()["id"]]
    assert api(cast.stella).get("scan-schedules/?stopped=true").json()["count"] == 0
    assert api(cast.rita).get(address).status_code == api(cast.wendy).get(address).status_code == 404
    changed = api(cast.stella).patch(address, {"every": "daily"}).json()
    assert (changed["id"], changed["every"], changed["set_by"]["username"]) == (made.json()["id"], "daily", "stella")
    assert changed["next_at"] < made.json()["next_at"]
    assert api(cast.amy).patch(address, {"every": "monthly"}).status_code == 403
    assert oscar.client.delete(f"/api/v1/{address}").status_code == 204
    assert oscar.get(address).status_code == 404
    assert not ScanSchedule.objects.exists()


def test_changed_columns_are_shown_to_the_provider_and_taken_over(
    api: Callable[..., Api], cast: Cast, stages: Stages
) -> None:
    assert stages.published
    stella, address = api(cast.stella), f"distributions/{stages.distribution.pk}/"
    assert stella.get(address).json()["drift"] is None
    columns = [
        ColumnRead(field.name, "C", "date" if field.name == "出生日期" else field.native_type, True, "")
        for field in stages.distribution.fields.exclude(name="诊断")
    ]
    note_columns(distribution=stages.distribution, columns=[*columns, ColumnRead("科室", "C", "text", True, "")])
    drift = stella.get(address).json()["drift"]
    assert [column["name"] for column in drift["added"]] == ["科室"]
    assert drift["dropped"] == ["诊断"]
    assert drift["changed"] == [{"name": "出生日期", "was": "text", "now": "date"}]
    assert api(cast.rita).get(address).json()["drift"] is None
    body = {"seen_at": drift["seen_at"]}
    published = stella.post(f"{address}accept_drift/", body)
    assert (published.status_code, published.json()["error"]["code"]) == (409, "wrong_state")
    suspend_dataset(actor=cast.stella, dataset=stages.draft, reason="列有变化")
    assert stella.post(f"{address}accept_drift/", {}).status_code == 400
    stale = stella.post(f"{address}accept_drift/", {"seen_at": "2020-01-01T00:00:00Z"})
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "stale_version")
    assert api(cast.oscar).post(f"{address}accept_drift/", body).status_code == 403
    taken = stella.post(f"{address}accept_drift/", body).json()
    assert taken["drift"] is None
    names = [field["name"] for field in taken["fields"]]
    assert names[-1] == "科室"
    assert "诊断" not in names
    again = stella.post(f"{address}accept_drift/", body)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "no_drift")
