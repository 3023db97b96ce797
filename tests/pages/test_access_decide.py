"""Applications on the pages: who sees and does what, that an act is the API's act, and what the page tells of an assessment."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from access.models import Application
from access.workflow import Action, State
from catalog.jobs.models import Job
from catalog.people.models import Role, User
from catalog.people.services import grant_role
from privacy.services.protections import set_protection
from privacy.services.scans import request_scan
from tests.access.acts import Acts, fresh, present_assessment
from tests.pages.visiting import Visitor, acts_after, last_sequence, text_of
from tests.stages import ANSWERS, CONTROLS, Stages, visits_csv

HOSTILE = ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", "🙂🙂", "\u202eلأمر"]


@pytest.fixture(scope="module")
def ready_world(ready_world: Stages) -> Stages:
    """With one application that is assessed, so that not every test waits for an assessment."""
    ready_world.case = ready_world.deciding()  # type: ignore[attr-defined]
    return ready_world


@pytest.fixture
def case(world: Stages) -> Application:
    """Rita's application, assessed at a medium risk: amy and oscar sign."""
    return fresh(world.case)  # type: ignore[attr-defined]


def page_of(user: User, application: Application, language: str = "en") -> Any:
    return Visitor(user, language).get(f"/applications/{application.pk}/")


def do(user: User, application: Application, action: str, **values: Any) -> Any:
    """Press the button of the page as it stands now."""
    values = {"version": fresh(application).version, **values}
    return Visitor(user).post(f"/applications/{application.pk}/{action}/", **values)


def by_api(user: User, application: Application, action: str, **values: Any) -> Any:
    client = APIClient()
    client.force_authenticate(user)
    body = {"version": fresh(application).version, **values}
    return client.post(f"/api/v1/applications/{application.pk}/actions/{action}/", body, format="json")


# --- who sees it -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("rita", 200),
        ("ron", 200),
        ("amy", 200),
        ("oscar", 200),
        ("fiona", 200),
        ("audrey", 200),
        ("ivan", 404),
        ("carl", 404),
        ("stella", 404),
        ("wendy", 404),
        ("adam", 404),
    ],
)
def test_an_application_is_seen_by_its_sides_and_nobody_else(
    world: Stages, case: Application, name: str, status: int
) -> None:
    assert page_of(getattr(world.cast, name), case).status_code == status


def test_a_draft_is_its_own_organisations(world: Stages) -> None:
    draft = world.application()
    assert page_of(world.cast.ron, draft).status_code == 200
    assert page_of(world.cast.amy, draft).status_code == 404


def test_the_lists_hold_what_is_mine_and_what_waits_for_me(world: Stages, case: Application) -> None:
    cast = world.cast
    link = f'href="/applications/{case.pk}/"'
    for name, mine, waiting, every in (
        ("rita", True, False, True),
        ("ron", False, False, True),
        ("amy", False, True, True),
        ("oscar", False, True, True),
        ("fiona", False, False, True),
        ("ivan", False, False, False),
    ):
        visitor = Visitor(getattr(cast, name))
        found = [
            link in visitor.get(f"/applications/?which={which}").content.decode()
            for which in ("mine", "waiting", "all")
        ]
        assert found == [mine, waiting, every], name


def test_the_list_opens_with_what_waits_and_filters(world: Stages, case: Application) -> None:
    amy = Visitor(world.cast.amy)
    assert f"/applications/{case.pk}/" in amy.get("/applications/").content.decode()
    for query, is_there in (
        ("state=deciding", True),
        ("state=granted", False),
        (f"dataset={world.draft.pk}", True),
        ("purpose=public_good", True),
        ("purpose=industrial", False),
        ("state=nonsense&dataset=9999999999999999999999&purpose=x", True),
    ):
        page = amy.get(f"/applications/?which=all&{query}")
        assert page.status_code == 200
        assert (f"/applications/{case.pk}/" in page.content.decode()) is is_there, query
    part = amy.get("/applications/?which=all&state=deciding", hx_request="true")
    assert b"<html" not in part.content
    assert "HX-Request" in part["Vary"]
    again = amy.get("/applications/?which=all", hx_request="true", hx_history_restore_request="true")
    assert b"<html" in again.content


# --- what one may do -------------------------------------------------------------------------------------------------------


def buttons(user: User, application: Application) -> set[str]:
    """The actions the page offers."""
    html = page_of(user, application).content.decode()
    return {action for action in Action if f"/applications/{application.pk}/{action}/" in html}


def test_the_page_offers_exactly_what_the_workflow_allows(world: Stages, case: Application) -> None:
    cast = world.cast
    assert buttons(cast.rita, case) == {Action.WITHDRAW}
    assert buttons(cast.amy, case) == {Action.APPROVE, Action.RETURN, Action.REJECT}
    assert buttons(cast.oscar, case) == {Action.APPROVE, Action.RETURN, Action.REJECT}
    assert buttons(cast.fiona, case) == set()
    assert buttons(cast.audrey, case) == set()
    draft = world.application()
    assert buttons(cast.rita, draft) == {Action.SUBMIT, Action.WITHDRAW}
    assert buttons(cast.ron, draft) == set()


def test_separation_of_duties_is_visible(world: Stages, case: Application) -> None:
    cast = world.cast
    assert "You applied, so you decide nothing on this application." in text_of(page_of(cast.rita, case))
    assert "Waits for a person with the role Approver at Health Commission." in text_of(page_of(cast.audrey, case))
    grant_role(actor=cast.adam, user=cast.amy, organization=cast.health, role=Role.PRIVACY_OFFICER)
    do(cast.amy, case, "approve", conditions="只限本所内部")
    text = text_of(page_of(cast.amy, case))
    assert "nobody signs for two sides" in text
    assert "Signed by Amy" in text
    assert "只限本所内部" in text


def test_a_recipient_who_could_decide_is_told_why_not(world: Stages, acts: Acts) -> None:
    cast = world.cast
    grant_role(actor=cast.adam, user=cast.amy, organization=cast.institute, role=Role.REQUESTER)
    application = world.deciding(recipients=[cast.rita, cast.amy])
    assert "You are named as a recipient, so you decide nothing" in text_of(page_of(cast.amy, application))
    assert buttons(cast.amy, application) == set()


@pytest.mark.parametrize(
    ("name", "action", "values"),
    [
        ("amy", "approve", {"conditions": "只限本所内部"}),
        ("amy", "return", {"reason": "请补充用途"}),
        ("oscar", "reject", {"reason": "与职责无关"}),
        ("rita", "withdraw", {}),
    ],
)
def test_a_button_does_what_the_api_does_and_leaves_the_same_lines(
    world: Stages, case: Application, name: str, action: str, values: dict[str, str]
) -> None:
    twin = world.deciding()
    user, start = getattr(world.cast, name), last_sequence()
    answer = do(user, case, action, **values)
    assert (answer.status_code, answer.url) == (302, f"/applications/{case.pk}/")
    on_page, start = acts_after(start), last_sequence()
    assert by_api(user, twin, action, **values).status_code == 200
    assert fresh(case).state == fresh(twin).state
    assert fresh(case).note == fresh(twin).note
    over_api = acts_after(start)
    assert [(line[0], line[1], line[2].keys()) for line in on_page] == [
        (line[0], line[1], line[2].keys()) for line in over_api
    ]


def test_submitting_from_the_page_starts_the_assessment(world: Stages) -> None:
    application = world.application()
    page = Visitor(world.cast.rita).follow(do(world.cast.rita, application, "submit"))
    assert fresh(application).state == State.SUBMITTED
    assert "The assessment is being made" in text_of(page)
    assert f'hx-get="/applications/{application.pk}/progress/"' in page.content.decode()


def test_progress_is_polled_until_the_assessment_has_ended(world: Stages, acts: Acts) -> None:
    application = acts.reach(State.SUBMITTED)
    rita, path = Visitor(world.cast.rita), f"/applications/{application.pk}/progress/"
    waiting = rita.get(path)
    assert "HX-Refresh" not in waiting
    Job.objects.underway().update(progress_done=120, progress_total=240, progress_note="protect")
    assert "120 of 240 rows · protecting and measuring" in text_of(rita.get(path))
    world.run_jobs()
    assert rita.get(path)["HX-Refresh"] == "true"
    assert Visitor(world.cast.ivan).get(path).status_code == 404


# --- what is refused ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["return", "reject"])
def test_a_reason_is_asked_for_on_its_field_and_conditions_are_kept(
    world: Stages, case: Application, action: str
) -> None:
    answer = do(world.cast.amy, case, action, reason="  ", conditions="先写好的条件")
    assert answer.status_code == 400
    assert "Say why." in text_of(answer)
    assert "先写好的条件" in answer.content.decode()
    assert fresh(case).state == State.DECIDING


def test_a_stale_page_is_told_so_and_what_was_typed_can_be_sent_again(world: Stages, case: Application) -> None:
    answer = do(world.cast.amy, case, "return", version=case.version - 1, reason="请补充用途")
    assert answer.status_code == 400
    assert "Someone changed this since you read it." in text_of(answer)
    assert "请补充用途" in answer.content.decode()
    assert f'name="version" value="{case.version}"' in answer.content.decode()


def test_a_second_press_does_nothing_more(world: Stages, case: Application) -> None:
    version = case.version
    do(world.cast.amy, case, "approve", version=version)
    start = last_sequence()
    answer = do(world.cast.amy, case, "approve", version=version)
    assert answer.status_code == 400
    assert acts_after(start) == []


@pytest.mark.parametrize(
    ("name", "action", "said"),
    [
        ("rita", "approve", "You do not have the role that this needs."),
        ("amy", "withdraw", "You do not have the role that this needs."),
        ("fiona", "confirm_payment", "This cannot be done in the present state (Being decided)."),
        ("rita", "submit", "This cannot be done in the present state (Being decided)."),
    ],
)
def test_what_one_may_not_do_is_refused_in_words(
    world: Stages, case: Application, name: str, action: str, said: str
) -> None:
    start = last_sequence()
    user = getattr(world.cast, name)
    answer = do(user, case, action, reason="x", bank_reference="B1")
    page = answer if answer.status_code == 400 else Visitor(user).follow(answer)
    assert said in text_of(page)
    assert acts_after(start) == []


@pytest.mark.parametrize(("name", "status"), [("ivan", 404), ("wendy", 404), ("stella", 404)])
def test_a_stranger_finds_nothing_to_act_on(world: Stages, case: Application, name: str, status: int) -> None:
    assert do(getattr(world.cast, name), case, "approve").status_code == status


def test_an_action_that_is_none_is_not_found_and_a_link_to_one_leads_to_the_page(
    world: Stages, case: Application
) -> None:
    assert do(world.cast.amy, case, "burn").status_code == 404
    answer = Visitor(world.cast.amy).get(f"/applications/{case.pk}/approve/")
    assert (answer.status_code, answer.url) == (302, f"/applications/{case.pk}/")


@pytest.mark.parametrize(
    "values", [{"version": ""}, {"version": "x"}, {"version": "-1"}, {"reason": "长" * 10_000}, {"paid_on": "31/31/31"}]
)
def test_an_unreadable_form_breaks_nothing(world: Stages, case: Application, values: dict[str, str]) -> None:
    answer = do(world.cast.amy, case, "return", **{"reason": "请补充", **values})
    assert answer.status_code == 400
    assert fresh(case).state == State.DECIDING


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_reason_is_shown_as_text(world: Stages, case: Application, hostile: str) -> None:
    do(world.cast.amy, case, "return", reason=hostile)
    page = page_of(world.cast.rita, case)
    assert "<script>alert" not in page.content.decode()
    assert hostile in text_of(page) or hostile.startswith("<script>")


# --- what the page tells -----------------------------------------------------------------------------------------------------


def test_what_was_returned_says_why_above_everything(world: Stages, case: Application) -> None:
    do(world.cast.amy, case, "return", reason="请去掉诊断字段")
    page = page_of(world.cast.rita, case).content.decode()
    assert page.index("请去掉诊断字段") < page.index('id="assessment"')
    assert f'href="/applications/{case.pk}/edit/"' in page


def test_a_failed_assessment_is_told_in_the_readers_language(world: Stages) -> None:
    application = world.application(row_filter={"all": [{"field": "区县", "op": "eq", "value": "没有这个区"}]})
    do(world.cast.rita, application, "submit")
    world.run_jobs()
    text = text_of(page_of(world.cast.rita, application))
    assert "The assessment could not be made" in text
    assert "Too few match the row filter: it has to leave at least 10 persons." in text


def test_the_assessment_is_told_whole(world: Stages, case: Application) -> None:
    text = text_of(page_of(world.cast.amy, case))
    measured = present_assessment(case).record["inputs"]["measured"]
    for part in (
        "May be released",
        "Risk grade Medium",
        "at most 12 months",
        "a watermark",
        "Within the requester's duty, with citation",
        "Public good; 5 fields, each with its reason",
        "Limits a person's right to decide 1 · Low 评估材料第 3 节",
        f"Smallest class (k) {measured['k_min']}",
        "Impact is High: the answers give Low; not below High because sensitive personal information (PIPL Art 28)",
        "(house rule)",
        "this request",
        "Persons by the size of their class",
        "Recipient’s controls High",
        "Drop sensitive fields",
    ):
        assert part in text, part
    assert case.row_filter is None
    assert "all rows" in text


def test_the_assessment_is_in_chinese_for_a_reader_of_chinese(world: Stages, case: Application) -> None:
    text = text_of(page_of(world.cast.amy, case, "zh-hans"))
    for part in ("可以提供", "在申请单位法定职责范围内", "限制个人自主决定权", "最小等价类人数", "去掉敏感信息项"):
        assert part in text, part


def test_every_chart_has_its_table(world: Stages, case: Application) -> None:
    html = page_of(world.cast.amy, case).content.decode()
    number = present_assessment(case).pk
    assert f'data-source="classes-{number}-data"' in html
    assert f'id="classes-{number}-data" type="application/json"' in html
    assert "≥ 1,000" in html.split('data-chart="bar"')[1].split("</figure>")[0]


def test_an_unknown_answer_and_a_missing_control_are_marked(world: Stages) -> None:
    application = world.deciding(
        questionnaire={**ANSWERS, "participants": {"level": "unknown", "evidence": ""}},
        controls={**CONTROLS, "nda": False},
    )
    text = text_of(page_of(world.cast.amy, application))
    assert "People involved and third parties Not known" in text
    assert "Non-disclosure agreement : no" in text
    assert "Find out what was answered unknown" in text


def test_a_risk_that_forbids_it_leaves_no_button_to_sign(world: Stages) -> None:
    set_protection(actor=world.cast.oscar, field=world.field("出生日期"), operator="keep")
    application = world.deciding()
    page = page_of(world.cast.amy, application)
    assert "Treat and measure again" in text_of(page)
    assert "Cannot be signed as the assessment stands." in text_of(page)
    assert "Approve and sign" not in text_of(page)
    assert "Not met" in text_of(page)


def test_the_values_of_a_filter_are_for_the_applicant_and_those_who_decide(world: Stages) -> None:
    application = world.deciding(row_filter={"all": [{"field": "区县", "op": "eq", "value": "姑苏区"}]})
    for name, sees in (
        ("rita", True),
        ("amy", True),
        ("oscar", True),
        ("audrey", False),
        ("ron", False),
        ("fiona", False),
    ):
        text = text_of(page_of(getattr(world.cast, name), application))
        assert "区县 is" in text
        assert ("姑苏区" in text) is sees, name


def test_the_price_is_told_before_and_frozen_after(world: Stages, acts: Acts) -> None:
    application = world.application(purpose="industrial")
    assert "no price in force" in text_of(page_of(world.cast.rita, application))
    answer = do(world.cast.rita, application, "submit")
    assert "This use is paid, and no price is in force for the dataset yet." in text_of(answer)
    acts.offer("500")
    assert "¥500.00" in text_of(page_of(world.cast.rita, application))
    do(world.cast.rita, application, "submit")
    assert "¥500.00 under the cap of ¥900.00" in text_of(page_of(world.cast.rita, application))


def test_the_history_names_who_did_what_and_what_they_wrote(world: Stages, case: Application) -> None:
    do(world.cast.amy, case, "return", reason="请补充用途")
    text = text_of(page_of(world.cast.rita, case))
    history = text[text.rindex("What happened") :]
    number = f"application {case.pk} for Outpatient visits"
    assert f"Amy returned {number}" in history
    assert "请补充用途" in history
    assert f"The program wrote the protected data of {number} and measured its risk" in history


# --- raising an answer ---------------------------------------------------------------------------------------------------------


def test_raising_an_answer_does_what_the_api_does(world: Stages, case: Application) -> None:
    twin, cast = world.deciding(), world.cast
    values = {"target": "participants", "level": 2, "reason": "外包人员较多"}
    start = last_sequence()
    amy = Visitor(cast.amy)
    page = amy.follow(amy.post(f"/applications/{case.pk}/raise/", version=case.version, **values))
    on_page, start = acts_after(start), last_sequence()
    client = APIClient()
    client.force_authenticate(cast.amy)
    body = {"version": twin.version, **values}
    assert client.post(f"/api/v1/applications/{twin.pk}/raise/", body, format="json").status_code == 200
    assert [(line[0], line[1]) for line in acts_after(start)] == [(line[0], line[1]) for line in on_page]
    text = text_of(page)
    assert "raised to 2 · Medium by Amy on" in text
    assert "外包人员较多" in text
    assert "raised by a decider to Medium" in text


def test_an_answer_is_not_lowered_and_what_was_typed_stays(world: Stages, case: Application) -> None:
    amy = Visitor(world.cast.amy)
    path = f"/applications/{case.pk}/raise/"
    answer = amy.post(path, version=case.version, target="impact", level=2, reason="其实还好")
    assert answer.status_code == 400
    assert "“Impact as a whole” stands at 3 and can only be raised, not set to 2." in text_of(answer)
    assert "其实还好" in answer.content.decode()


@pytest.mark.parametrize(("name", "status"), [("rita", 403), ("fiona", 403), ("audrey", 403), ("ivan", 404)])
def test_only_a_decider_raises(world: Stages, case: Application, name: str, status: int) -> None:
    visitor = Visitor(getattr(world.cast, name))
    values = {"version": case.version, "target": "participants", "level": 2, "reason": "外包"}
    assert visitor.post(f"/applications/{case.pk}/raise/", **values).status_code == status
    assert "Raise an answer" not in text_of(visitor.get(f"/applications/{case.pk}/"))


def test_nothing_is_raised_once_somebody_has_signed(world: Stages, case: Application) -> None:
    do(world.cast.amy, case, "approve")
    oscar = Visitor(world.cast.oscar)
    assert "Raise an answer" not in text_of(page_of(world.cast.oscar, case))
    values = {"version": fresh(case).version, "target": "participants", "level": 2, "reason": "外包"}
    answer = oscar.post(f"/applications/{case.pk}/raise/", **values)
    assert "Someone has signed this assessment" in text_of(answer)


# --- projects, first page, queries -----------------------------------------------------------------------------------------------


def test_a_project_is_opened_as_by_the_api_and_shows_its_applications(world: Stages) -> None:
    rita, start = Visitor(world.cast.rita), last_sequence()
    sent = {"organization": world.cast.institute.pk, "name": "慢病研究", "once": "p1"}
    page = rita.follow(rita.post("/projects/", **sent))
    assert [line[:2] for line in acts_after(start)] == [("project.opened", "project")]
    assert "慢病研究" in text_of(page)
    assert rita.post("/projects/", **sent).url == "/projects/"  # a second press opens none
    again = rita.post("/projects/", **{**sent, "once": "p2"})
    assert "Your organisation has a project of that name." in text_of(again)
    assert 'value="慢病研究"' in again.content.decode()
    application = world.application()
    text = rita.get(f"/projects/{application.project_id}/").content.decode()
    assert f"/applications/{application.pk}/" in text
    assert Visitor(world.cast.ivan).get(f"/projects/{application.project_id}/").status_code == 404
    assert Visitor(world.cast.amy).get("/projects/").status_code == 403


def test_the_first_page_lists_what_waits_and_where_mine_stands(world: Stages, case: Application) -> None:
    cast = world.cast
    link = f"/applications/{case.pk}/"
    assert f"{link}#decide" in Visitor(cast.amy).get("/").content.decode()
    rita = Visitor(cast.rita).get("/")
    assert "My applications and where they stand" in text_of(rita)
    assert link in rita.content.decode()
    do(cast.amy, case, "return", reason="请补充用途")
    rita = Visitor(cast.rita).get("/")
    assert "Returned to me" in text_of(rita)
    assert "请补充用途" in text_of(rita)
    assert (
        link
        not in Visitor(cast.amy).get("/").content.decode().split("<main")[1].split("Recent")[0].split("timeline")[0]
    )


def test_pages_take_a_constant_number_of_queries(
    world: Stages, case: Application, django_assert_max_num_queries: Any
) -> None:
    amy, rita = Visitor(world.cast.amy), Visitor(world.cast.rita)
    with django_assert_max_num_queries(50):
        amy.get(f"/applications/{case.pk}/")
    with django_assert_max_num_queries(50):
        rita.get(f"/applications/{case.pk}/")
    for _ in range(3):
        world.application()
    with django_assert_max_num_queries(30):
        rita.get("/applications/?which=mine")
    with django_assert_max_num_queries(30):
        amy.get("/applications/?which=waiting")


# --- assessments made before -------------------------------------------------------------------------------------------------------


def test_earlier_assessments_are_listed_with_what_they_came_to_and_why_another_was_made(
    world: Stages, case: Application
) -> None:
    assert "earlier assessment" not in text_of(page_of(world.cast.amy, case))
    world.act(world.cast.amy, case, Action.RETURN, reason="请去掉诊断字段")
    world.act(world.cast.rita, case, Action.SUBMIT)
    world.run_jobs()
    set_protection(actor=world.cast.oscar, field=world.field("出生日期"), operator="drop")
    do(world.cast.amy, case, "approve")
    world.run_jobs()
    page = text_of(page_of(world.cast.amy, case)).partition("2 earlier assessments")[2]
    assert "The protection changed" in page
    assert "The application was changed and submitted again 请去掉诊断字段" in page
    first = case.assessments.get(number=1)
    measured = first.record["inputs"]["measured"]
    assert f"Low {measured['k_min']} " in page or f"Medium {measured['k_min']} " in page

    shown = by_reading(world.cast.rita, case)["earlier_assessments"]
    assert [(one["number"], one["superseded_because"]) for one in shown] == [(2, "protection"), (1, "resubmitted")]
    assert (shown[1]["k_min"], shown[1]["risk_grade"]) == (measured["k_min"], first.risk_grade)


def test_an_assessment_that_could_not_be_made_says_why(world: Stages, case: Application) -> None:
    world.act(world.cast.amy, case, Action.RETURN, reason="请补充用途")
    set_protection(actor=world.cast.oscar, field=world.field("性别"), operator="keep", null="fail")
    Acts(world).replace_table(visits_csv(240).replace("男".encode(), b"", 1))
    scan = request_scan(actor=world.cast.oscar, distribution=world.distribution)
    world.run_jobs()
    assert scan.pk
    for _ in range(2):
        world.act(world.cast.rita, case, Action.SUBMIT)
        world.run_jobs()
    page = text_of(page_of(world.cast.rita, case))
    assert "It could not be made Field 性别: 1 values are missing, and its rule does not allow that." in page


def test_whoever_does_not_see_figures_does_not_see_those_of_earlier_assessments(world: Stages) -> None:
    case = world.deciding(row_filter={"field": "区县", "op": "eq", "value": "姑苏区"})
    world.act(world.cast.amy, case, Action.RETURN, reason="请补充用途")
    world.act(world.cast.rita, case, Action.SUBMIT)
    world.run_jobs()
    for user, sees in ((world.cast.rita, False), (world.cast.amy, True)):
        (earlier,) = by_reading(user, case)["earlier_assessments"]
        assert (earlier["k_min"] is not None, bool(earlier["risk_grade"]), bool(earlier["risk"])) == (sees, sees, sees)
        listed = text_of(page_of(user, case)).partition("1 earlier assessment")[2]
        assert ("— — — The application was changed" in listed) is not sees


def by_reading(user: User, application: Application) -> Any:
    client = APIClient()
    client.force_authenticate(user)
    return client.get(f"/api/v1/applications/{application.pk}/").json()
