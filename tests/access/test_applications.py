"""Writing an application, and what keeps it from being submitted."""

from __future__ import annotations

from typing import Any

import pytest

from access.models import Application, Project
from access.services.applications import edit_application
from access.services.projects import open_project
from access.workflow import Action, State
from catalog.datasets.services import declare_subject, suspend_dataset
from catalog.errors import Blocked, DomainError, InvalidInput, NotPermitted, StaleVersion, WrongState
from catalog.jobs.models import Job
from catalog.people.models import User
from privacy.models import FieldProtection, Finding, ScanMode
from privacy.services.findings import correct_finding, reject_finding
from privacy.services.scans import request_scan
from tests.access.acts import Acts, fresh
from tests.access.tables import visits_csv
from tests.cast import Cast
from tests.stages import ANSWERS, CONTROLS, MOTIVE, Stages


def edit(actor: User, application: Application, **changes: Any) -> Application:
    arguments: dict[str, Any] = {"version": application.version, "fields": None, "recipients": None, "values": {}}
    return edit_application(actor=actor, application=application, **{**arguments, **changes})


# --- writing -----------------------------------------------------------------------------------------------------------------


def test_a_requester_writes_a_draft_for_their_organisation(stages: Stages, cast: Cast) -> None:
    application = stages.application()
    assert (application.state, application.version, application.applicant) == (State.DRAFT, 1, cast.rita)
    assert application.organization == cast.institute
    assert list(application.recipients.all()) == [cast.rita]
    assert [row.field.name for row in application.requested_fields.all()] == [
        "身份证号",
        "性别",
        "出生日期",
        "区县",
        "诊断",
    ]


@pytest.mark.parametrize("name", ["amy", "stella", "audrey", "adam", "wendy", "ivan"])
def test_whoever_is_no_requester_of_the_organisation_writes_none_for_it(stages: Stages, cast: Cast, name: str) -> None:
    with pytest.raises(NotPermitted):
        stages.application(actor=getattr(cast, name), organization=cast.institute)


def test_a_draft_takes_a_published_dataset(stages: Stages, cast: Cast) -> None:
    suspend_dataset(actor=cast.stella, dataset=stages.draft, reason="数据有误")
    stages.ready.refresh_from_db()
    with pytest.raises(WrongState) as refused:
        stages.application()
    assert refused.value.code == "dataset_not_published"


def test_recipients_are_members_of_the_organisation_that_applies(stages: Stages, cast: Cast) -> None:
    assert set(stages.application(recipients=[cast.rita, cast.ron]).recipients.all()) == {cast.rita, cast.ron}
    with pytest.raises(InvalidInput) as refused:
        stages.application(recipients=[cast.rita, cast.ivan])
    assert "recipients" in refused.value.fields


def test_fields_of_another_table_are_refused(stages: Stages) -> None:
    with pytest.raises(InvalidInput) as refused:
        stages.application(fields={"区县": "比较", "工资": "比较"})
    assert (refused.value.code, refused.value.params) == ("unknown_field", {"names": "工资"})
    with pytest.raises(InvalidInput):
        edit(stages.cast.rita, stages.application(), fields={})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("months", 0),
        ("months", 25),
        ("legal_basis", "because"),
        ("mode", "by_post"),
        ("format", "docx"),
        ("duty_citation", ""),
        ("legal_citation", ""),
        ("purpose_detail", "长" * 2001),
        ("recipient_in_china", None),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(stages: Stages, cast: Cast, name: str, value: object) -> None:
    changes: dict[str, Any] = {name: value}
    with pytest.raises(InvalidInput) as refused:
        stages.application(**changes)
    assert list(refused.value.fields) == [name]
    draft = stages.application()
    with pytest.raises(InvalidInput):
        edit(cast.rita, draft, values={name: value})


def test_a_project_is_opened_where_none_is_named_and_used_where_one_is(stages: Stages, cast: Cast) -> None:
    first = stages.application()
    assert first.project.organization == cast.institute
    assert stages.application(project=first.project).project == first.project
    assert stages.application().project != first.project


def test_the_project_of_another_organisation_is_refused(stages: Stages, cast: Cast) -> None:
    theirs = open_project(actor=cast.ivan, organization=cast.insurer, name="理赔研究")
    with pytest.raises(InvalidInput) as refused:
        stages.application(project=theirs)
    assert "project" in refused.value.fields


def test_a_project_belongs_to_its_organisation(cast: Cast) -> None:
    project = open_project(actor=cast.rita, organization=cast.institute, name="慢病研究")
    assert project in Project.objects.visible_to(cast.ron)
    for stranger in (cast.ivan, cast.amy, cast.wendy, cast.adam):
        assert project not in Project.objects.visible_to(stranger)
        with pytest.raises(NotPermitted):
            open_project(actor=stranger, organization=cast.institute, name="另一项目")
    for name in ("", "  ", "长" * 121, "慢病研究"):
        with pytest.raises(InvalidInput):
            open_project(actor=cast.ron, organization=cast.institute, name=name)


# --- editing -----------------------------------------------------------------------------------------------------------------


def test_the_applicant_edits_a_draft(stages: Stages, cast: Cast) -> None:
    draft = stages.application()
    edited = edit(
        cast.rita, draft, fields={"区县": "比较", "性别": "比较"}, recipients=[cast.ron], values={"months": 9}
    )
    assert (edited.version, edited.months, list(edited.recipients.all())) == (2, 9, [cast.ron])
    assert [row.field.name for row in edited.requested_fields.all()] == ["性别", "区县"]


def test_nobody_else_edits_it(stages: Stages, cast: Cast) -> None:
    draft = stages.application(recipients=[cast.rita, cast.ron])
    for person in (cast.ron, cast.ivan, cast.amy, cast.oscar, cast.adam, cast.wendy):
        with pytest.raises(NotPermitted):
            edit(person, draft, values={"months": 9})


def test_an_edit_of_a_stale_version_is_refused(stages: Stages, cast: Cast) -> None:
    draft = stages.application()
    edit(cast.rita, draft, values={"months": 9})
    with pytest.raises(StaleVersion):
        edit(cast.rita, draft, values={"months": 3})
    assert fresh(draft).months == 9


@pytest.mark.parametrize("state", [state for state in State if state not in (State.DRAFT, State.RETURNED)])
def test_what_was_submitted_is_not_edited(stages: Stages, cast: Cast, state: State) -> None:
    draft = stages.application()
    Application.objects.filter(pk=draft.pk).update(state=state)
    with pytest.raises(WrongState):
        edit(cast.rita, fresh(draft), values={"months": 9})


def test_a_returned_application_is_edited_and_submitted_again(acts: Acts, cast: Cast) -> None:
    returned = acts.reach(State.RETURNED)
    edited = edit(cast.rita, returned, values={"purpose_detail": "研究慢性病在各区县的分布,只比较年龄段"})
    assert acts.stages.act(cast.rita, edited, Action.SUBMIT).state == State.SUBMITTED


def test_an_edit_that_is_refused_changes_nothing(stages: Stages, cast: Cast) -> None:
    draft = stages.application()
    with pytest.raises(InvalidInput):
        edit(cast.rita, draft, values={"months": 9, "row_filter": {"field": "身份证号", "op": "is_null"}})
    draft = fresh(draft)
    assert (draft.version, draft.months, draft.row_filter) == (1, 6, None)


def test_taking_away_a_field_that_the_filter_uses_is_refused(stages: Stages, cast: Cast) -> None:
    draft = stages.application(row_filter={"field": "区县", "op": "eq", "value": "姑苏区"})
    with pytest.raises(InvalidInput) as refused:
        edit(cast.rita, draft, fields={"性别": "比较"})
    assert refused.value.code == "unknown_field"
    assert fresh(draft).requested_fields.count() == 5


# --- submitting ----------------------------------------------------------------------------------------------------------------


def refuse_to_submit(stages: Stages, application: Application) -> DomainError:
    """Submitting is refused and leaves everything as it was."""
    jobs = Job.objects.count()
    with pytest.raises(DomainError) as refused:
        stages.act(stages.cast.rita, application, Action.SUBMIT)
    assert (fresh(application).state, fresh(application).version) == (State.DRAFT, application.version)
    assert fresh(application).quote is None
    assert Job.objects.count() == jobs
    return refused.value


def test_submitting_queues_one_assessment_and_freezes_the_quote(stages: Stages, cast: Cast) -> None:
    application = stages.act(cast.rita, stages.application(), Action.SUBMIT)
    assert application.assessments.get().job.state == "queued"
    assert application.quote is not None
    assert (application.quote["amount"], application.quote["reason"]) == ("0.00", "free_purpose")
    assert application.submitted_at is not None


def undecided(stages: Stages, acts: Acts) -> None:
    Finding.objects.filter(field=stages.field("区县")).update(state="proposed")


def waiting_for_a_second_person(stages: Stages, acts: Acts) -> None:
    reject_finding(actor=stages.cast.oscar, finding=stages.field("身份证号").finding, reason="测试数据")


def without_a_quasi_identifier(stages: Stages, acts: Acts) -> None:
    for name in ("性别", "出生日期", "区县"):
        correct_finding(
            actor=stages.cast.oscar, finding=stages.field(name).finding, entity_type="", role="none", reason="已核对"
        )


def without_a_subject(stages: Stages, acts: Acts) -> None:
    stages.distribution.__class__.objects.update(subject_field=None)


def without_protection(stages: Stages, acts: Acts) -> None:
    FieldProtection.objects.all().delete()


def scanned_by_sample_only(stages: Stages, acts: Acts) -> None:
    request_scan(actor=stages.cast.oscar, distribution=stages.distribution, mode=ScanMode.SAMPLE)
    stages.run_jobs()


def changed_since_the_scan(stages: Stages, acts: Acts) -> None:
    acts.replace_table(visits_csv(30))


def a_direct_identifier_that_was_kept_before_it_was_known(stages: Stages, acts: Acts) -> None:
    finding = stages.field("区县").finding
    correct_finding(actor=stages.cast.oscar, finding=finding, entity_type="CN_ADDRESS", role="direct", reason="已核对")


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (undecided, "findings_undecided"),
        (waiting_for_a_second_person, "findings_undecided"),
        (without_a_quasi_identifier, "quasi_missing"),
        (without_a_subject, "subject_missing"),
        (without_protection, "protection_missing"),
        (scanned_by_sample_only, "scan_sampled"),
        (changed_since_the_scan, "source_changed"),
        (a_direct_identifier_that_was_kept_before_it_was_known, "direct_identifier_in_clear"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_nothing_is_submitted_from_data_that_is_not_ready(stages: Stages, acts: Acts, make: Any, code: str) -> None:
    application = stages.application()
    make(stages, acts)
    error = refuse_to_submit(stages, application)
    assert isinstance(error, Blocked)
    assert (error.status, error.code) == (409, code)


def test_nothing_is_submitted_to_a_dataset_that_was_suspended(stages: Stages, cast: Cast) -> None:
    application = stages.application()
    suspend_dataset(actor=cast.stella, dataset=stages.draft, reason="数据有误")
    assert refuse_to_submit(stages, application).code == "dataset_not_published"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"questionnaire": {}}, "answer_missing"),
        ({"questionnaire": {**ANSWERS, "autonomy": {"level": 5, "evidence": "见附件"}}}, "answer_invalid"),
        ({"questionnaire": {**ANSWERS, "autonomy": {"level": 1, "evidence": " "}}}, "evidence_missing"),
        ({"questionnaire": {**ANSWERS, "luck": {"level": 1, "evidence": "见附件"}}}, "unknown_question"),
        ({"controls": {**CONTROLS, "luck": True}}, "unknown_question"),
        ({"motive": {**MOTIVE, "gain": "no"}}, "answer_invalid"),
        ({"purpose": "curiosity"}, "invalid"),
        ({"purpose": "industrial"}, "no_offer"),
    ],
)
def test_answers_that_cannot_be_used_are_refused_before_a_job_is_spent_on_them(
    stages: Stages, values: dict[str, Any], code: str
) -> None:
    assert refuse_to_submit(stages, stages.application(**values)).code == code


def test_a_dataset_about_nobody_needs_no_quasi_identifier_but_an_officers_word(stages: Stages, cast: Cast) -> None:
    application = stages.application()
    with pytest.raises(Blocked) as refused:
        declare_subject(actor=cast.oscar, distribution=stages.distribution, kind="none", field=None)  # type: ignore[arg-type]
    assert refused.value.code == "subjects_present"
    assert stages.act(cast.rita, application, Action.SUBMIT).state == State.SUBMITTED
