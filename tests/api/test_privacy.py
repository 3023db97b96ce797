"""Scans, findings and protections over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from catalog.datasets.models import Distribution
from privacy.models import Finding
from tests.api.conftest import Api
from tests.cast import Cast
from tests.stages import Stages


def test_a_scan_is_asked_for_followed_and_read(
    api: Callable[..., Api], cast: Cast, stages: Stages, run_jobs: Callable[[], Any]
) -> None:
    assert stages.published
    oscar, body = api(cast.oscar), {"distribution": stages.distribution.pk, "mode": "full"}
    assert api(cast.rita).post("scans/", body).status_code == 403
    asked = oscar.post("scans/", body)
    assert (asked.status_code, asked.json()["state"]) == (202, "queued")
    twice = oscar.post("scans/", body)
    assert (twice.status_code, twice.json()["error"]["code"]) == (409, "scan_underway")
    address = f"scans/{asked.json()['id']}/"
    assert oscar.get(address).json()["progress"]["done"] == 0
    run_jobs()

    scan = oscar.get(address).json()
    assert (scan["state"], scan["rows"], scan["error"], scan["reasons"]) == ("complete", 240, None, [])
    by_name = {column["name"]: column for column in scan["columns"]}
    assert (by_name["身份证号"]["entity_type"], by_name["身份证号"]["role"]) == ("CN_RESIDENT_ID", "direct")
    assert by_name["身份证号"]["counts"]["rows"] == 240
    listed = oscar.get(f"scans/?distribution={stages.distribution.pk}").json()["results"]
    assert [row["id"] for row in listed] == [scan["id"]]
    assert "columns" not in listed[0]
    assert api(cast.rita).get(address).status_code == 404
    assert api(cast.wendy).get(address).status_code == 404
    jobs = oscar.get("jobs/?kind=scan").json()["results"]
    assert [job["state"] for job in jobs] == ["complete"]
    assert api(cast.stella).get(f"jobs/{jobs[0]['id']}/").status_code == 404


def test_a_waiting_scan_is_cancelled(api: Callable[..., Api], cast: Cast, stages: Stages) -> None:
    asked = api(cast.oscar).post("scans/", {"distribution": stages.distribution.pk})
    address = f"scans/{asked.json()['id']}/cancel/"
    assert api(cast.oscar).post(address).json()["state"] == "cancelled"
    assert api(cast.oscar).post(address).status_code == 409


def test_a_failed_scan_says_why_in_the_language_of_the_reader(
    api: Callable[..., Api], cast: Cast, stages: Stages, run_jobs: Callable[[], Any]
) -> None:
    Distribution.objects.filter(pk=stages.distribution.pk).update(table="gone")
    asked = api(cast.oscar).post("scans/", {"distribution": stages.distribution.pk})
    run_jobs()
    scan = api(cast.oscar).get(f"scans/{asked.json()['id']}/").json()
    assert scan["state"] == "failed"
    assert scan["error"]["code"] == "table_unknown"
    assert "gone" in scan["error"]["message"]
    assert "%(" not in scan["error"]["message"]


def test_findings_are_confirmed_corrected_and_rejected(api: Callable[..., Api], cast: Cast, stages: Stages) -> None:
    assert stages.scan
    oscar, olga = api(cast.oscar), api(cast.olga)
    listed = oscar.get(f"findings/?distribution={stages.distribution.pk}&state=proposed&page_size=50").json()["results"]
    ids = {row["field"]["name"]: row["id"] for row in listed}
    assert api(cast.rita).get("findings/").json()["count"] == 0
    assert api(cast.stella).post(f"findings/{ids['姓名']}/confirm/").status_code == 403
    assert api(cast.wendy).post(f"findings/{ids['姓名']}/confirm/").status_code == 404
    confirmed = oscar.post(f"findings/{ids['姓名']}/confirm/").json()
    assert (confirmed["state"], confirmed["decided_by"]["username"]) == ("confirmed", "oscar")
    assert oscar.post(f"findings/{ids['姓名']}/confirm/").status_code == 409

    wrong = oscar.post(
        f"findings/{ids['性别']}/correct/", {"entity_type": "NOTHING", "role": "quasi", "reason": "核对"}
    )
    assert (wrong.status_code, set(wrong.json()["error"]["fields"])) == (400, {"entity_type"})

    address = f"findings/{ids['身份证号']}/reject/"
    assert oscar.post(address, {"reason": ""}).status_code == 400
    asked = oscar.post(address, {"reason": "测试数据"}).json()
    assert (asked["state"], asked["pending"]["state"], asked["pending"]["by"]["username"]) == (
        "proposed",
        "rejected",
        "oscar",
    )
    same = oscar.post(address, {"reason": "测试数据"})
    assert (same.status_code, same.json()["error"]["code"]) == (403, "second_person_needed")
    waiting = olga.get("findings/?awaiting_review=true&page_size=50").json()["results"]
    assert ids["身份证号"] in {row["id"] for row in waiting}
    agreed = olga.post(address, {"reason": "同意"}).json()
    assert (agreed["state"], agreed["pending"]) == ("rejected", None)


def test_what_the_scanner_missed_is_declared_by_hand(api: Callable[..., Api], cast: Cast, stages: Stages) -> None:
    field = stages.field("区县")
    assert stages.scan
    Finding.objects.filter(field=field).delete()
    body = {"field": field.pk, "entity_type": "REGION", "role": "quasi", "reason": "居住地"}
    declared = api(cast.oscar).post("findings/", body)
    assert (declared.status_code, declared.json()["state"]) == (201, "corrected")
    again = api(cast.oscar).post("findings/", body)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "finding_exists")
    assert api(cast.stella).post("findings/", body).status_code == 403


def test_a_subject_is_declared_by_the_name_of_its_field(api: Callable[..., Api], cast: Cast, stages: Stages) -> None:
    address = f"distributions/{stages.distribution.pk}/subject/"
    oscar = api(cast.oscar)
    assert api(cast.stella).post(address, {"kind": "person", "field": "身份证号"}).status_code == 403
    assert oscar.post(address, {"kind": "person", "field": "nothing"}).status_code == 400
    assert oscar.post(address, {"kind": "person"}).status_code == 400
    named = oscar.post(address, {"kind": "person", "field": "身份证号"}).json()
    assert named["subject_field"]["name"] == "身份证号"
    assert (
        oscar.post(address, {"kind": "person", "field": stages.field("手机号").pk}).json()["subject_field"]["name"]
        == "手机号"
    )


def test_protection_is_proposed_previewed_and_set(api: Callable[..., Api], cast: Cast, stages: Stages) -> None:
    assert stages.scan
    oscar, body = api(cast.oscar), {"distribution": stages.distribution.pk}
    early = oscar.post("protections/propose/", body)
    assert (early.status_code, early.json()["error"]["code"]) == (409, "findings_undecided")
    stages.review()
    proposed = oscar.post("protections/propose/", body)
    assert proposed.status_code == 200
    operators = {row["field"]["name"]: row["operator"] for row in proposed.json()}
    assert (operators["身份证号"], operators["姓名"], operators["性别"]) == ("token", "drop", "keep")

    field = stages.field("身份证号").pk
    kept = oscar.put(f"protections/{field}/", {"operator": "keep"})
    assert (kept.status_code, kept.json()["error"]["code"]) == (400, "direct_identifier_in_clear")
    for operator, parameters in (("no_such", {}), ("generalise", {"to": "nowhere"}), ("ff1", {}), ("keep", {"x": 1})):
        assert (
            oscar.put(
                f"protections/{stages.field('区县').pk}/", {"operator": operator, "parameters": parameters}
            ).status_code
            == 400
        )
    rule = oscar.put(f"protections/{field}/", {"operator": "partial_mask", "parameters": {"preset": "resident_id"}})
    assert rule.status_code == 200, rule.content
    samples = oscar.post("protections/preview/", {"field": field, "operator": "token"}).json()
    assert samples
    assert all("19" not in sample["before"][6:14] for sample in samples)

    listed = oscar.get(f"protections/?distribution={stages.distribution.pk}&page_size=50").json()["results"]
    assert {row["field"]["name"]: row["operator"] for row in listed}["身份证号"] == "partial_mask"
    assert oscar.put("protections/999999/", {"operator": "drop"}).status_code == 404
    assert api(cast.stella).put(f"protections/{field}/", {"operator": "drop"}).status_code == 403
    assert api(cast.rita).get("protections/").json()["count"] == 0
