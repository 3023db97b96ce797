"""Applying, deciding, paying and revoking over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from access.api.filters import waiting_for
from access.models import Application
from access.policies import sides_of
from access.services.deciding import outstanding_sides
from access.workflow import Action, Side, State
from catalog.datasets.models import RightKind
from catalog.datasets.rights import record_right
from catalog.people.models import User
from tests.api.conftest import Api
from tests.cast import Cast
from tests.stages import ANSWERS, CONTROLS, MOTIVE, Stages

BODY: dict[str, Any] = {
    "fields": [
        {"name": "身份证号", "justification": "去重"},
        {"name": "性别", "justification": "分组"},
        {"name": "区县", "justification": "分组"},
        {"name": "诊断", "justification": "研究对象"},
    ],
    "purpose": "public_good",
    "purpose_detail": "研究慢性病在各区县的分布,形成防治建议",
    "duty_citation": "研究所章程第 4 条",
    "legal_basis": "public_interest",
    "legal_citation": "PIPL Art 13(1)(5)",
    "recipient_in_china": True,
    "months": 6,
    "questionnaire": ANSWERS,
    "controls": CONTROLS,
    "motive": MOTIVE,
}


def draft(api: Callable[..., Api], cast: Cast, stages: Stages, **changes: Any) -> dict[str, Any]:
    body = {**BODY, "organization": cast.institute.pk, "distribution": stages.ready.pk, **changes}
    answer = api(cast.rita).post("applications/", body)
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


def act(client: Api, application: int, action: str, **body: Any) -> Any:
    if "version" not in body:
        body["version"] = Application.objects.get(pk=application).version
    return client.post(f"applications/{application}/actions/{action}/", body)


def test_an_application_is_written_submitted_assessed_and_granted(
    api: Callable[..., Api], cast: Cast, stages: Stages, run_jobs: Callable[[], Any]
) -> None:
    rita, amy, oscar = api(cast.rita), api(cast.amy), api(cast.oscar)
    written = draft(api, cast, stages, recipients=["ron"])
    pk = written["id"]
    assert (written["state"], written["allowed_actions"]) == ("draft", ["submit", "withdraw"])
    assert [person["username"] for person in written["recipients"]] == ["ron"]
    assert amy.get(f"applications/{pk}/").status_code == 404  # a draft is nobody's business

    submitted = act(rita, pk, "submit")
    assert submitted.status_code == 200, submitted.content
    assert submitted.json()["quote"]["amount"] == "0.00"
    run_jobs()
    seen = amy.get(f"applications/{pk}/").json()
    assert (seen["state"], seen["sides"]) == ("deciding", ["owner"])
    assert seen["allowed_actions"] == ["return", "reject", "approve"]
    assert "owner" in seen["outstanding"]
    assessment = seen["assessment"]
    assert assessment["state"] == "complete"
    assert {gate["gate"] for gate in assessment["gates"] if not gate["passed"]} == set()
    assert assessment["measured"]["k_min"] >= 3
    assert assessment["verdict"]["outcome"] == "releasable"
    assert assessment["answers"]["autonomy"]["level"] == 1
    assert assessment["matrix"]["grade"] == assessment["risk_grade"]
    assert isinstance(assessment["would_lower"], list)

    stale = act(amy, pk, "approve", version=seen["version"] - 1)
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "stale_version")
    assert act(rita, pk, "approve").status_code == 403
    assert act(api(cast.wendy), pk, "approve").status_code == 404
    assert act(amy, pk, "approve", conditions="只用于本课题").status_code == 200
    if "privacy" in seen["outstanding"]:
        assert act(oscar, pk, "approve").status_code == 200
    granted = rita.get(f"applications/{pk}/").json()
    assert (granted["state"], granted["expired"], granted["outstanding"]) == ("granted", False, [])
    assert granted["decisions"][0]["artefact_sha256"] == assessment["artefact_sha256"]
    assert granted["grant"]["in_force"] is True
    actions = [line["action"] for line in granted["timeline"]]
    assert actions[0] == "application.drafted"
    assert {"application.submit", "application.assessed", "application.approve"} <= set(actions)
    assert {line["actor"] for line in granted["timeline"]} >= {"Rita", "Amy", None}

    release = api(cast.ron).get(f"releases/{granted['release']}/").json()
    assert (release["rows"], release["sha256"]) == (240, assessment["artefact_sha256"])
    assert act(amy, pk, "revoke", reason="用途改变").json()["state"] == "revoked"
    assert rita.get(f"applications/{pk}/").json()["note"] == "用途改变"


def test_an_unknown_action_is_nowhere_and_a_missing_version_is_a_400(
    api: Callable[..., Api], cast: Cast, stages: Stages
) -> None:
    pk = draft(api, cast, stages)["id"]
    assert act(api(cast.rita), pk, "delegate").status_code == 404
    missing = api(cast.rita).post(f"applications/{pk}/actions/submit/", {})
    assert (missing.status_code, set(missing.json()["error"]["fields"])) == (400, {"version"})
    for version in (0, -1, "x", None, True, 1.5):
        assert act(api(cast.rita), pk, "submit", version=version).status_code == 400
    assert act(api(cast.rita), pk, "submit", version=10**40).status_code == 409
    wrong = act(api(cast.rita), pk, "revoke")
    assert wrong.status_code == 403
    assert act(api(cast.rita), pk, "withdraw").status_code == 200
    late = act(api(cast.rita), pk, "submit")
    assert (late.status_code, late.json()["error"]["code"]) == (409, "wrong_state")


def test_a_draft_is_changed_with_the_version_that_was_read(api: Callable[..., Api], cast: Cast, stages: Stages) -> None:
    written = draft(api, cast, stages)
    address = f"applications/{written['id']}/"
    changed = api(cast.rita).patch(
        address, {"version": written["version"], "months": 3, "fields": ["性别", "区县"], "recipients": ["rita", "ron"]}
    )
    assert changed.status_code == 200, changed.content
    body = changed.json()
    assert (body["months"], body["purpose"]) == (3, "public_good")
    assert [field["name"] for field in body["fields"]] == ["性别", "区县"]
    assert {person["username"] for person in body["recipients"]} == {"rita", "ron"}
    stale = api(cast.rita).patch(address, {"version": written["version"], "months": 4})
    assert stale.json()["error"]["code"] == "stale_version"
    assert api(cast.rita).patch(address, {"months": 4}).status_code == 400
    assert api(cast.ron).patch(address, {"version": body["version"], "months": 4}).status_code == 403


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"fields": []}, "fields"),
        ({"fields": ["性别", "性别"]}, "fields"),
        ({"recipients": ["stella"]}, "recipients"),
        ({"recipients": ["nobody at all"]}, "recipients"),
        ({"months": 25}, "months"),
        ({"months": 10**30}, "months"),
        ({"purpose": "curiosity"}, "purpose"),
        ({"legal_basis": "because"}, "legal_basis"),
        ({"questionnaire": {"autonomy": {"level": 5}}}, "questionnaire.autonomy.level"),
        ({"questionnaire": {"autonomy": {"level": 1.0}}}, "questionnaire.autonomy.level"),
        ({"questionnaire": {"mood": {"level": 1}}}, "questionnaire.mood"),
        ({"controls": {"firewall": True}}, "controls.firewall"),
        ({"motive": []}, "motive"),
        ({"distribution": None, "dataset": None}, "distribution"),
        ({"distribution": 4096}, "distribution"),
    ],
)
def test_what_cannot_be_meant_is_told_at_its_field(
    api: Callable[..., Api], cast: Cast, stages: Stages, change: dict[str, Any], field: str
) -> None:
    body = {**BODY, "organization": cast.institute.pk, "distribution": stages.distribution.pk, **change}
    assert stages.published
    answer = api(cast.rita).post("applications/", body)
    assert answer.status_code == 400
    assert field in answer.json()["error"]["fields"]


def test_a_dataset_may_be_named_in_place_of_its_table(api: Callable[..., Api], cast: Cast, stages: Stages) -> None:
    ready = stages.ready
    body = {**BODY, "organization": cast.institute.pk, "dataset": ready.dataset_id}
    made = api(cast.rita).post("applications/", body)
    assert (made.status_code, made.json()["distribution"]) == (201, ready.pk)
    both = api(cast.rita).post("applications/", {**body, "distribution": ready.pk})
    assert both.status_code == 400
    assert api(cast.stella).post("applications/", body).status_code == 403


def test_the_filter_tree_is_shown_to_the_applicant_and_those_who_decide(
    api: Callable[..., Api], cast: Cast, stages: Stages, run_jobs: Callable[[], Any]
) -> None:
    tree = {"all": [{"field": "区县", "op": "eq", "value": "姑苏区"}]}
    pk = draft(api, cast, stages, row_filter=tree, recipients=["ron"])["id"]
    act(api(cast.rita), pk, "submit")
    run_jobs()

    def shown(user: User) -> Any:
        body = api(user).get(f"applications/{pk}/").json()
        assert body["row_filter_description"] == "all(区县 eq)"
        return body["row_filter"]

    assert shown(cast.rita) == shown(cast.amy) == shown(cast.oscar) == tree
    assert shown(cast.audrey) is shown(cast.ron) is shown(cast.fiona) is None
    assert "姑苏区" not in str(api(cast.audrey).get(f"applications/{pk}/").json())
    refused = api(cast.rita).post(
        "applications/",
        {
            **BODY,
            "organization": cast.institute.pk,
            "distribution": stages.ready.pk,
            "row_filter": {"field": "身份证号", "op": "eq", "value": "x"},
        },
    )
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "filter_on_direct_identifier")


def test_an_answer_is_raised_and_never_lowered(api: Callable[..., Api], cast: Cast, stages: Stages) -> None:
    application = stages.deciding()
    amy, address = api(cast.amy), f"applications/{application.pk}/raise/"
    body = {"version": application.version, "target": "impact", "level": 4, "reason": "涉及敏感疾病"}
    assert api(cast.rita).post(address, body).status_code == 403
    assert amy.post(address, {**body, "target": "mood"}).status_code == 400
    raised = amy.post(address, body)
    assert raised.status_code == 200, raised.content
    assert raised.json()["assessment"]["overrides"][0]["reason"] == "涉及敏感疾病"
    assert amy.post(address, body).json()["error"]["code"] == "stale_version"
    lower = amy.post(address, {**body, "version": raised.json()["version"], "level": 1})
    assert (lower.status_code, lower.json()["error"]["code"]) == (400, "override_not_higher")


def test_a_price_is_proposed_set_under_its_cap_quoted_and_paid(
    api: Callable[..., Api], cast: Cast, stages: Stages, run_jobs: Callable[[], Any]
) -> None:
    dataset = stages.ready.dataset_id
    fiona, ivan = api(cast.fiona), api(cast.ivan)
    quote = {"dataset": dataset, "purpose": "industrial"}
    assert ivan.post("offers/quote/", quote).json()["error"]["code"] == "no_offer"
    offer = api(cast.stella).post("offers/", {"dataset": dataset, "amount": "1200.50"})
    assert (offer.status_code, offer.json()["amount"]) == (201, "1200.50")
    address = f"offers/{offer.json()['id']}/price/"
    price = {
        "amount": "1200.50",
        "cap": "1500.00",
        "permitted_revenue": {"cost": "1000.00", "profit": "500.00", "tax": "100.00"},
        "basis": "苏发改〔2025〕8号",
    }
    assert fiona.post(address, {**price, "cap": "1000.00"}).json()["error"]["code"] == "price_above_cap"
    amounts: tuple[Any, ...] = ("-1", "NaN", "Infinity", "1e400", "0.001", True, {}, "1" * 40)
    for amount in amounts:
        assert fiona.post(address, {**price, "amount": amount}).status_code == 400, amount
    assert api(cast.stella).post(address, price).status_code == 403
    priced = fiona.post(address, price).json()
    assert (priced["state"], priced["permitted_revenue"]["tax"]) == ("active", "100.00")
    assert ivan.post("offers/quote/", quote).json()["amount"] == "1200.50"
    free = ivan.post("offers/quote/", {**quote, "purpose": "public_good"}).json()
    assert (free["amount"], free["reason"]) == ("0.00", "free_purpose")

    body = {**BODY, "organization": cast.insurer.pk, "distribution": stages.ready.pk, "purpose": "industrial"}
    pk = ivan.post("applications/", body).json()["id"]
    assert act(ivan, pk, "submit").json()["quote"]["amount"] == "1200.50"
    run_jobs()
    assert act(api(cast.amy), pk, "approve").status_code == 200
    if Application.objects.get(pk=pk).state == State.DECIDING:
        assert act(api(cast.oscar), pk, "approve").status_code == 200
    seen = fiona.get(f"applications/{pk}/").json()
    assert (seen["state"], seen["order"]["amount"], seen["allowed_actions"]) == (
        "awaiting_payment",
        "1200.50",
        ["confirm_payment"],
    )
    assert fiona.get("applications/?waiting_for_me=true").json()["count"] == 1
    assert act(fiona, pk, "confirm_payment").status_code == 400
    paid = act(fiona, pk, "confirm_payment", bank_reference="20260301-77", paid_on="2026-03-01")
    assert (paid.status_code, paid.json()["state"]) == (200, "granted")


def test_what_waits_for_somebody_is_what_the_workflow_says(api: Callable[..., Api], cast: Cast, stages: Stages) -> None:
    record_right(
        actor=cast.stella,
        dataset=stages.draft,
        kind=RightKind.CONTROL,
        holder=cast.big_data,
        basis="数据托管协议",
        valid_from=date(2025, 1, 1),
    )
    stages.deciding()
    stages.application()
    signed = stages.deciding(recipients=[cast.ron])
    stages.act(cast.amy, signed, Action.APPROVE)
    assert waiting_for(cast.carl, Application.objects.visible_to(cast.carl)).count() == 2
    assert waiting_for(cast.ron, Application.objects.visible_to(cast.ron)).count() == 0
    for user in (cast.rita, cast.ron, cast.amy, cast.oscar, cast.carl, cast.fiona, cast.audrey, cast.wendy):
        visible = Application.objects.visible_to(user)
        found = {row.pk for row in waiting_for(user, visible)}
        assert found == {row.pk for row in visible if _waits(user, row)}, user.username
        listed = api(user).get("applications/?waiting_for_me=true").json()["results"]
        assert {row["id"] for row in listed} == found


def _waits(user: User, application: Application) -> bool:
    sides = sides_of(user, application)
    if application.state in (State.DRAFT, State.RETURNED):
        return Side.APPLICANT in sides
    if application.state == State.DECIDING:
        return bool(sides & outstanding_sides(application))
    return application.state == State.AWAITING_PAYMENT and Side.FINANCE in sides


def test_a_project_is_its_organisations_own(api: Callable[..., Api], cast: Cast) -> None:
    body = {"organization": cast.institute.pk, "name": "慢病研究"}
    assert api(cast.ivan).post("projects/", body).status_code == 403
    made = api(cast.rita).post("projects/", body)
    assert made.status_code == 201
    assert api(cast.rita).post("projects/", body).json()["error"]["code"] == "name_taken"
    assert api(cast.ron).get("projects/").json()["count"] == 1
    assert api(cast.ivan).get(f"projects/{made.json()['id']}/").status_code == 404


@pytest.mark.parametrize("path", ["applications/", "releases/", "findings/", "scans/", "protections/", "offers/"])
def test_a_list_of_access_asks_the_database_as_often_for_many_rows_as_for_few(
    api: Callable[..., Api], cast: Cast, stages: Stages, path: str
) -> None:
    for _ in range(2):
        stages.granted()
    user = cast.oscar

    def queries(size: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            answer = api(user).get(f"{path}?page_size={size}")
        assert answer.status_code == 200
        return len(captured)

    assert queries(200) <= queries(1)
