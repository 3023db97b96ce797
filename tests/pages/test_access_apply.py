"""Applying on the pages: the form keeps what was typed, writes what the API writes, and says what is wrong in plain words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from rest_framework.test import APIClient

from access.models import Application, Project
from access.workflow import State
from catalog.datasets.models import Grade
from catalog.datasets.services import suspend_dataset
from catalog.people.models import Role
from catalog.people.services import grant_role
from privacy.models import FieldProtection
from privacy.risk.codes import Control, MotiveFactor
from privacy.risk.questionnaire import QUESTIONS
from tests.access.acts import Acts
from tests.pages.visiting import Visitor, acts_after, last_sequence, text_of
from tests.stages import Stages

FIELDS = ["身份证号", "性别", "出生日期", "区县", "诊断"]
HOSTILE = ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", "🙂🙂", "\u202eلأمر", "' OR 1=1 --", "\0"]


def typed(**changes: Any) -> dict[str, Any]:
    """A whole application as a browser sends it; `changes` replace values, None leaves one out."""
    values: dict[str, Any] = {
        "once": "a1",
        "fields": FIELDS,
        "why": "研究需要",
        "purpose": "public_good",
        "purpose_detail": "研究慢性病在各区县的分布,形成防治建议",
        "duty_citation": "研究所章程第 4 条",
        "legal_basis": "public_interest",
        "legal_citation": "PIPL Art 13(1)(5)",
        "recipient_in_china": "yes",
        "mode": "controlled",
        "format": "csv",
        "months": "6",
        "rests_on": "评估材料第 3 节",
        "controls": [control.value for control in Control],
        **{f"level-{code}": "1" for code in QUESTIONS},
        **{f"motive-{factor}": "no" for factor in MotiveFactor},
        "condition-count": "0",
        **changes,
    }
    return {name: value for name, value in values.items() if value is not None}


def conditions(*rows: Mapping[str, str], join: str = "all") -> dict[str, str]:
    """The rows of the filter as a browser sends them."""
    sent = {"condition-count": str(len(rows)), "condition-join": join}
    for place, row in enumerate(rows):
        sent |= {f"condition-{place}-{name}": value for name, value in row.items()}
    return sent


@pytest.fixture
def rita(world: Stages) -> Visitor:
    return Visitor(world.cast.rita)


@pytest.fixture
def path(world: Stages, rita: Visitor) -> str:
    """Where rita applies for the visits."""
    organization = world.cast.institute.pk
    assert f'value="{organization}"' in rita.get(f"/apply/{world.ready.pk}/").content.decode()
    return f"/apply/{world.ready.pk}/"


@pytest.fixture
def send(world: Stages, rita: Visitor, path: str) -> Callable[..., Any]:
    """Rita sends the form."""
    return lambda **changes: rita.post(path, **typed(organization=world.cast.institute.pk, **changes))


def made() -> Application:
    application: Application = Application.objects.get()
    return application


# --- who may ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "status"),
    [("rita", 200), ("ron", 200), ("ivan", 200), ("stella", 403), ("amy", 403), ("audrey", 403), ("adam", 403)],
)
def test_a_requester_may_apply_and_nobody_else(world: Stages, name: str, status: int) -> None:
    assert Visitor(getattr(world.cast, name)).get(f"/apply/{world.ready.pk}/").status_code == status


def test_whoever_is_not_signed_in_signs_in_first(world: Stages) -> None:
    answer = Visitor().get(f"/apply/{world.ready.pk}/")
    assert (answer.status_code, answer.url) == (302, f"/accounts/sign-in/?next=/apply/{world.ready.pk}/")


@pytest.mark.parametrize("number", ["999999", "0", "123456789012345678", "99999999999999999999"])
def test_a_table_that_is_none_is_not_found(rita: Visitor, number: str) -> None:
    assert rita.get(f"/apply/{number}/").status_code == 404


def test_a_dataset_that_is_suspended_cannot_be_applied_for(world: Stages, rita: Visitor, path: str) -> None:
    suspend_dataset(actor=world.cast.stella, dataset=world.draft, reason="数据有误")
    answer = rita.get(path)
    assert (answer.status_code, answer.url) == (302, f"/catalogue/{world.draft.pk}/")


# --- what the page says --------------------------------------------------------------------------------------------------------


def test_each_field_says_what_one_gets_and_a_dropped_one_cannot_be_ticked(
    world: Stages, rita: Visitor, path: str
) -> None:
    page = rita.get(path)
    text = text_of(page)
    assert "replaced by a token that links only inside your project" in text
    assert "generalised to the decade" in text
    assert "Protection leaves it out of every release." in text
    ticks = page.content.decode().count('name="fields"')
    assert ticks == len(FIELDS)


def test_a_field_without_a_rule_and_core_data_cannot_be_ticked(world: Stages, rita: Visitor, path: str) -> None:
    FieldProtection.objects.filter(field=world.field("性别")).delete()
    world.ready.fields.filter(name="区县").update(grade=Grade.CORE)
    page = rita.get(path)
    assert "No protection is set for it" in text_of(page)
    assert "Core data does not leave its provider." in text_of(page)
    assert page.content.decode().count('name="fields"') == len(FIELDS) - 2


def test_the_page_tells_each_price_who_decides_and_what_comes_next(
    world: Stages, acts: Acts, rita: Visitor, path: str
) -> None:
    assert "no price in force" in text_of(rita.get(path))
    acts.offer("500")
    acts.control_goes_to_big_data()
    text = text_of(rita.get(path))
    assert "¥500.00" in text
    assert "free by law for this purpose" in text
    assert "The approvers of Health Commission, who own the data, and of Big Data Bureau" in text
    part = text_of(rita.get(f"{path}quote/?purpose=industrial"))
    assert "¥500.00" in part
    assert "You pay by bank transfer; finance of Health Commission confirms it." in part
    assert "You pay by bank transfer" not in text_of(rita.get(f"{path}quote/?purpose=public_good"))


def test_the_questions_are_in_the_readers_language(world: Stages, path: str) -> None:
    assert "限制个人自主决定权" in text_of(Visitor(world.cast.rita, "zh-hans").get(path))
    assert "Limits a person's right to decide" in text_of(Visitor(world.cast.rita, "en").get(path))


# --- saving ------------------------------------------------------------------------------------------------------------------


def test_the_form_writes_what_the_api_writes(world: Stages, rita: Visitor, send: Callable[..., Any]) -> None:
    start = last_sequence()
    answer = send(recipients=[world.cast.rita.pk, world.cast.ron.pk])
    application = made()
    assert (answer.status_code, answer.url) == (302, f"/applications/{application.pk}/")
    on_page = acts_after(start)
    assert application.state == State.DRAFT
    assert set(application.recipients.all()) == {world.cast.rita, world.cast.ron}
    assert {row.field.name: row.justification for row in application.requested_fields.all()} == dict.fromkeys(
        FIELDS, "研究需要"
    )
    assert application.questionnaire == {code.value: {"level": 1, "evidence": "评估材料第 3 节"} for code in QUESTIONS}
    assert application.controls == {control.value: True for control in Control}
    assert application.motive == {factor.value: False for factor in MotiveFactor}

    api = APIClient()
    api.force_authenticate(world.cast.rita)
    start = last_sequence()
    written = api.post(
        "/api/v1/applications/",
        {
            "organization": world.cast.institute.pk,
            "distribution": world.ready.pk,
            "fields": [{"name": name, "justification": "研究需要"} for name in FIELDS],
            "recipients": ["rita", "ron"],
            **{
                name: getattr(application, name)
                for name in ("purpose", "purpose_detail", "duty_citation", "legal_basis")
            },
            **{name: getattr(application, name) for name in ("legal_citation", "recipient_in_china", "mode", "format")},
            **{name: getattr(application, name) for name in ("months", "questionnaire", "controls", "motive")},
        },
        format="json",
    )
    assert written.status_code == 201, written.content
    assert [(action, kind) for action, kind, _ in acts_after(start)] == [(action, kind) for action, kind, _ in on_page]
    twin = Application.objects.get(pk=written.json()["id"])
    for name in ("purpose", "months", "mode", "format", "questionnaire", "controls", "motive", "row_filter"):
        assert getattr(twin, name) == getattr(application, name)


def test_a_field_and_an_answer_may_have_a_reason_of_their_own(world: Stages, send: Callable[..., Any]) -> None:
    diagnosis = world.field("诊断").pk
    send(**{f"why-{diagnosis}": "按病种分析", "level-scale_trend": "unknown", "evidence-autonomy": "附件二"})
    application = made()
    reasons = dict(application.requested_fields.values_list("field__name", "justification"))
    assert (reasons["诊断"], reasons["性别"]) == ("按病种分析", "研究需要")
    assert application.questionnaire["autonomy"]["evidence"] == "附件二"
    assert application.questionnaire["scale_trend"] == {"level": "unknown", "evidence": "评估材料第 3 节"}


def test_what_is_not_known_of_the_motives_is_not_written_as_a_no(send: Callable[..., Any]) -> None:
    send(**{"motive-gain": "", "motive-skill": "yes"})
    assert made().motive == {"past_incidents": False, "gain": None, "skill": True, "linkable_data": False}


def test_a_draft_may_leave_the_risk_questions_for_later(send: Callable[..., Any], rita: Visitor) -> None:
    page = rita.follow(send(**{f"level-{code}": None for code in QUESTIONS}, rests_on="", why=""))
    assert made().questionnaire == {}
    assert "The question “Limits a person's right to decide” is not answered." in text_of(page)
    assert "No reason is given for" in text_of(page)


def test_save_and_stay_goes_on_writing(send: Callable[..., Any]) -> None:
    assert send(then="stay").url == f"/applications/{made().pk}/edit/"


def test_the_same_form_sent_twice_makes_one_draft(send: Callable[..., Any]) -> None:
    first, second = send(), send()
    assert first.url == second.url
    assert Application.objects.count() == 1
    send(once="b2")
    assert Application.objects.count() == 2


def test_a_chosen_project_is_used_and_anothers_is_refused(world: Stages, acts: Acts, send: Callable[..., Any]) -> None:
    first = world.application()
    send(project=first.project_id)
    assert Application.objects.latest("pk").project == first.project
    theirs = world.application(actor=world.cast.ivan).project
    count = Application.objects.count()
    assert send(project=theirs.pk, once="b2").status_code == 400
    assert Application.objects.count() == count


def test_who_applies_for_two_organisations_chooses_one(world: Stages, path: str) -> None:
    cast = world.cast
    grant_role(actor=cast.adam, user=cast.rita, organization=cast.insurer, role=Role.REQUESTER)
    rita = Visitor(cast.rita)
    assert "Applying organisation" in text_of(rita.get(path))
    rita.post(path, **typed(organization=cast.insurer.pk))
    assert made().organization == cast.insurer
    assert Project.objects.get(applications=made()).organization == cast.insurer


# --- bad input ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("fields", None, "Ask for at least one field."),
        ("purpose", None, "This field is required."),
        ("purpose_detail", "", "This field is required."),
        ("purpose_detail", "长" * 10_000, "at most 2000 characters"),
        ("legal_basis", "because", "because is not one of the available choices"),
        ("months", "0", "greater than or equal to 1"),
        ("months", "25", "less than or equal to 24"),
        ("months", "9" * 400, "less than or equal to 24"),
        ("months", "many", "Enter a whole number."),
        ("recipient_in_china", None, "This field is required."),
        ("why", "长" * 501, "at most 500 characters"),
        ("recipients", ["999999"], "not one of the available choices"),
        ("level-autonomy", "5", "not one of the available choices"),
        ("mode", "by_post", "not one of the available choices"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    send: Callable[..., Any], name: str, value: Any, said: str
) -> None:
    answer = send(**{"duty_citation": "章程第 44 条", name: value})
    assert answer.status_code == 400
    text = text_of(answer)
    assert "Please correct what is marked; nothing was lost." in text
    assert said in text
    assert 'value="章程第 44 条"' in answer.content.decode()
    assert not Application.objects.exists()


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_texts_are_kept_as_texts_or_refused(send: Callable[..., Any], rita: Visitor, hostile: str) -> None:
    answer = send(purpose_detail=f"为了研究 {hostile}", duty_citation=hostile, why=hostile)
    page = rita.follow(answer) if answer.status_code == 302 else answer
    assert answer.status_code in (302, 400)
    assert "<script>alert" not in page.content.decode()


def test_evidence_without_a_level_asks_for_one(send: Callable[..., Any]) -> None:
    answer = send(**{"level-autonomy": None, "evidence-autonomy": "附件二"})
    assert answer.status_code == 400
    assert "Choose a level, or “not known”." in text_of(answer)


# --- the row filter ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "leaf"),
    [
        ({"field": "区县", "operator": "eq", "value": "姑苏区"}, {"field": "区县", "op": "eq", "value": "姑苏区"}),
        (
            {"field": "区县", "operator": "in", "value": "姑苏区\n吴中区\n"},
            {"field": "区县", "op": "in", "value": ["姑苏区", "吴中区"]},
        ),
        (
            {"field": "出生日期", "operator": "between", "value": "1980-01-01", "second": "1990-12-31"},
            {"field": "出生日期", "op": "between", "value": ["1980-01-01", "1990-12-31"]},
        ),
        ({"field": "性别", "operator": "not_null"}, {"field": "性别", "op": "not_null"}),
    ],
)
def test_a_condition_is_what_the_api_takes(send: Callable[..., Any], row: dict[str, str], leaf: dict[str, Any]) -> None:
    assert send(**conditions(row)).status_code == 302
    assert made().row_filter == {"all": [leaf]}


def test_conditions_are_joined_as_chosen(send: Callable[..., Any]) -> None:
    first, second = ({"field": "区县", "operator": "eq", "value": name} for name in ("姑苏区", "吴中区"))
    send(**conditions(first, second, join="any"))
    tree = made().row_filter
    assert tree is not None
    assert [leaf["value"] for leaf in tree["any"]] == ["姑苏区", "吴中区"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"field": "", "operator": "eq", "value": "x"}, "Choose a field."),
        ({"field": "身份证号", "operator": "eq", "value": "320508"}, "Choose a field."),
        ({"field": "姓名", "operator": "eq", "value": "王"}, "Choose a field."),
        ({"field": "区县", "operator": "eq", "value": " "}, "Type a value"),
        ({"field": "区县", "operator": "eq", "value": "长" * 300}, "a text of at most 200 characters"),
        ({"field": "出生日期", "operator": "lt", "value": "yesterday"}, "cannot be used on"),
        (
            {"field": "出生日期", "operator": "between", "value": "1990-01-01", "second": "1980-01-01"},
            "smaller one first",
        ),
        ({"field": "区县", "operator": "in", "value": "\n".join(str(n) for n in range(1001))}, "At most 1000 values."),
    ],
)
def test_a_wrong_condition_is_told_on_its_row(send: Callable[..., Any], row: dict[str, str], said: str) -> None:
    answer = send(**conditions(row))
    assert answer.status_code == 400
    assert said in text_of(answer)
    assert not Application.objects.exists()


def test_a_condition_on_a_field_one_does_not_ask_for_says_to_tick_it(send: Callable[..., Any]) -> None:
    answer = send(fields=["性别", "区县"], **conditions({"field": "诊断", "operator": "eq", "value": "高血压"}))
    assert "Tick this field above too" in text_of(answer)


def test_direct_identifiers_are_not_offered_and_the_page_says_why(rita: Visitor, path: str) -> None:
    answer = rita.post(path, change="add", **{"condition-count": "0"})
    offered = answer.content.decode().split('id="row-filter"')[1]
    assert '<option value="区县">' in offered
    assert '<option value="身份证号">' not in offered
    assert "whether a row matches would already tell that this person is in the data" in text_of(answer)


def test_adding_and_removing_a_condition_judges_and_saves_nothing(rita: Visitor, path: str) -> None:
    row = {"field": "区县", "operator": "eq", "value": "姑苏区"}
    answer = rita.post(path, change="add", purpose_detail="写到一半", **conditions(row))
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "写到一半" in html
    assert 'name="condition-count" value="2"' in html
    assert "nothing was lost" not in html
    fewer = rita.post(path, change="remove-0", **conditions(row, {**row, "value": "吴中区"})).content.decode()
    assert 'name="condition-count" value="1"' in fewer
    assert 'value="吴中区"' in fewer
    assert not Application.objects.exists()


def test_the_builder_alone_answers_a_choice(rita: Visitor, path: str) -> None:
    row = {"field": "出生日期", "operator": "between", "value": "1980-01-01"}
    answer = rita.post(f"{path}filter/", **conditions(row))
    assert b"<html" not in answer.content
    assert answer.content.decode().count('type="date"') == 2


@pytest.mark.parametrize("wanted", ["add", "remove-99999999999", "remove-x", "clear", "x" * 1000])
def test_a_strange_button_or_count_breaks_nothing(rita: Visitor, path: str, wanted: str) -> None:
    for count in ("1", "-1", "²", "9" * 500):
        answer = rita.post(f"{path}filter/", change=wanted, **{"condition-count": count})
        assert answer.status_code == 200


# --- changing ------------------------------------------------------------------------------------------------------------------


def test_a_draft_is_changed_as_the_api_changes_it(world: Stages, rita: Visitor) -> None:
    application = world.application(row_filter={"any": [{"field": "区县", "op": "eq", "value": "姑苏区"}]})
    path = f"/applications/{application.pk}/edit/"
    page = rita.get(path).content.decode()
    assert 'value="姑苏区"' in page
    assert 'value="any" selected' in page
    start = last_sequence()
    row = {"field": "区县", "operator": "eq", "value": "吴中区"}
    sent = typed(organization=world.cast.institute.pk, version=application.version, months="3", **conditions(row))
    assert rita.post(path, **sent).status_code == 302
    application.refresh_from_db()
    assert (application.months, application.version) == (3, 2)
    assert application.row_filter == {"all": [{"field": "区县", "op": "eq", "value": "吴中区"}]}
    assert [action for action, _kind, _ in acts_after(start)] == ["application.edited"]


def test_two_editors_do_not_write_over_each_other(world: Stages, rita: Visitor) -> None:
    application = world.application()
    path = f"/applications/{application.pk}/edit/"
    sent = typed(organization=world.cast.institute.pk, version=1, purpose_detail="第二个窗口里写的用途说明")
    rita.post(path, **sent)
    answer = rita.post(path, **{**sent, "purpose_detail": "第一个窗口里写的用途说明"})
    assert answer.status_code == 400
    assert "Someone changed this since you read it." in text_of(answer)
    assert "第一个窗口里写的用途说明" in answer.content.decode()
    assert 'name="version" value="2"' in answer.content.decode()


def test_a_deeper_filter_is_kept_as_it_is_or_removed(world: Stages, rita: Visitor) -> None:
    tree = {"all": [{"not": {"field": "区县", "op": "eq", "value": "姑苏区"}}]}
    application = world.application(row_filter=tree)
    path = f"/applications/{application.pk}/edit/"
    assert "deeper than this page can show as rows" in text_of(rita.get(path))
    sent = typed(organization=world.cast.institute.pk, version=1)
    del sent["condition-count"]
    rita.post(path, **sent, **{"condition-keep": "1"})
    application.refresh_from_db()
    assert application.row_filter == tree
    removed = rita.post(path, change="clear", **{"condition-keep": "1"}).content.decode()
    assert "condition-keep" not in removed


def test_only_the_applicant_changes_and_only_a_draft_or_a_returned_one(world: Stages, rita: Visitor) -> None:
    application = world.application()
    path = f"/applications/{application.pk}/edit/"
    assert Visitor(world.cast.ron).get(path).status_code == 403
    assert Visitor(world.cast.ivan).get(path).status_code == 404
    assert Visitor(world.cast.amy).get(path).status_code == 404
    Application.objects.filter(pk=application.pk).update(state=State.DECIDING)
    answer = rita.get(path)
    assert (answer.status_code, answer.url) == (302, f"/applications/{application.pk}/")


# --- queries -------------------------------------------------------------------------------------------------------------------


def test_the_form_takes_the_same_queries_for_any_number_of_fields(
    world: Stages, rita: Visitor, path: str, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(32):
        assert rita.get(path).status_code == 200
    application = world.application()
    with django_assert_max_num_queries(42):
        assert rita.get(f"/applications/{application.pk}/edit/").status_code == 200
