"""Grades of fields: raising is one person's act, lowering needs a second, and a dataset takes the highest."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from catalog.datasets.grading import decide_grade, initial_ground, propose_initial_grade, set_grade
from catalog.datasets.models import DataField, Dataset, Grade, GradeProposal
from catalog.errors import Blocked, InvalidInput, NotPermitted, WrongState
from catalog.people.models import User
from tests.cast import Cast
from tests.stages import Stages
from tests.world import last_line

pytestmark = pytest.mark.django_db


def _set(actor: User, field: DataField, grade: Grade, **changes: str) -> GradeProposal | None:
    words = {"affected_object": "individual", "impact": "serious", "reason": "含敏感个人信息", **changes}
    return set_grade(actor=actor, field=field, grade=grade, **words)


def _proposal(stages: Stages, cast: Cast) -> GradeProposal:
    """Stella asks to lower a field from general_4 to general_2."""
    _set(cast.stella, stages.field("诊断"), Grade.GENERAL_4)
    proposal = _set(cast.stella, stages.field("诊断"), Grade.GENERAL_2)
    assert proposal is not None
    return proposal


def _dataset_grade(stages: Stages) -> str | None:
    return Dataset.objects.get(pk=stages.draft.pk).grade


def test_one_person_grades_a_field_and_raises_it(stages: Stages, cast: Cast) -> None:
    assert _set(cast.stella, stages.field("诊断"), Grade.GENERAL_2) is None
    assert _set(cast.oscar, stages.field("诊断"), Grade.GENERAL_4, impact="ordinary") is None
    field = stages.field("诊断")
    assert (field.grade, field.grade_object, field.grade_impact) == ("general_4", "individual", "ordinary")
    line = last_line(stages.draft)
    assert (line.action, line.details) == ("grade.set", {"field": field.pk, "grade": "general_4"})


@pytest.mark.parametrize("name", ["amy", "fiona", "carl", "wendy", "rita", "adam"])
def test_others_grade_nothing(stages: Stages, cast: Cast, name: str) -> None:
    with pytest.raises(NotPermitted):
        _set(getattr(cast, name), stages.field("诊断"), Grade.GENERAL_2)
    assert stages.field("诊断").grade == ""


@pytest.mark.parametrize(
    "wrong",
    [
        {"affected_object": "  "},
        {"affected_object": "neighbours"},
        {"impact": ""},
        {"impact": "grave"},
        {"reason": " "},
    ],
)
def test_a_grade_names_the_object_the_impact_and_the_reason(stages: Stages, cast: Cast, wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        _set(cast.stella, stages.field("诊断"), Grade.GENERAL_2, **wrong)
    assert refused.value.fields.keys() == wrong.keys()
    assert stages.field("诊断").grade == ""


def test_a_lower_grade_waits_for_a_second_person(stages: Stages, cast: Cast) -> None:
    proposal = _proposal(stages, cast)
    assert stages.field("诊断").grade == "general_4"
    decide_grade(actor=cast.oscar, proposal=proposal, accept=True)
    assert stages.field("诊断").grade == "general_2"
    line = last_line(stages.draft)
    assert (line.action, line.actor_id) == ("grade.lowered", cast.oscar.pk)


def test_nobody_accepts_their_own_lower_grade(stages: Stages, cast: Cast) -> None:
    proposal = _proposal(stages, cast)
    with pytest.raises(NotPermitted) as refused:
        decide_grade(actor=cast.stella, proposal=proposal, accept=True)
    assert refused.value.code == "second_person_needed"
    with pytest.raises(NotPermitted):
        decide_grade(actor=cast.wendy, proposal=proposal, accept=True)
    assert stages.field("诊断").grade == "general_4"


def test_the_database_too_wants_a_second_person(stages: Stages, cast: Cast) -> None:
    proposal = _proposal(stages, cast)
    with pytest.raises(IntegrityError, match="grade_lowered_by_a_second_person"), transaction.atomic():
        GradeProposal.objects.filter(pk=proposal.pk).update(decided_by=cast.stella, accepted=True)


def test_a_refused_lower_grade_changes_nothing_and_may_be_asked_for_again(stages: Stages, cast: Cast) -> None:
    proposal = _proposal(stages, cast)
    decide_grade(actor=cast.stefan, proposal=proposal, accept=False)
    assert stages.field("诊断").grade == "general_4"
    with pytest.raises(WrongState):
        decide_grade(actor=cast.oscar, proposal=proposal, accept=True)
    assert _set(cast.stella, stages.field("诊断"), Grade.GENERAL_3) is not None


def test_one_lower_grade_waits_at_a_time(stages: Stages, cast: Cast) -> None:
    _proposal(stages, cast)
    with pytest.raises(Blocked) as refused:
        _set(cast.oscar, stages.field("诊断"), Grade.GENERAL_1)
    assert refused.value.code == "proposal_open"


def test_a_field_raised_meanwhile_is_not_lowered_by_what_was_asked_before(stages: Stages, cast: Cast) -> None:
    """The second person would decide about a step that nobody asked for."""
    proposal = _proposal(stages, cast)
    _set(cast.oscar, stages.field("诊断"), Grade.IMPORTANT)
    with pytest.raises(WrongState):
        decide_grade(actor=cast.olga, proposal=proposal, accept=True)
    assert stages.field("诊断").grade == "important"
    assert _set(cast.stella, stages.field("诊断"), Grade.GENERAL_4) is not None


def test_a_dataset_takes_the_highest_grade_of_its_fields(stages: Stages, cast: Cast) -> None:
    assert _dataset_grade(stages) is None
    _set(cast.stella, stages.field("区县"), Grade.GENERAL_1)
    assert _dataset_grade(stages) == "general_1"
    _set(cast.stella, stages.field("诊断"), Grade.GENERAL_3)
    assert _dataset_grade(stages) == "general_3"
    _set(cast.stella, stages.field("姓名"), Grade.IMPORTANT)
    assert _dataset_grade(stages) == "important"


def test_what_the_rule_pack_proposes_raises_a_grade_and_never_lowers_it(stages: Stages, cast: Cast) -> None:
    propose_initial_grade(field=stages.field("诊断"), grade="general_3", entity_type="DIAGNOSIS", rules="1")
    assert stages.field("诊断").grade == "general_3"
    propose_initial_grade(field=stages.field("诊断"), grade="general_4", entity_type="DIAGNOSIS", rules="2")
    assert stages.field("诊断").grade == "general_4"
    propose_initial_grade(field=stages.field("诊断"), grade="general_1", entity_type="DIAGNOSIS", rules="3")
    field = stages.field("诊断")
    assert (field.grade, initial_ground(field)) == ("general_4", ("DIAGNOSIS", "2"))
    _set(cast.stella, field, Grade.IMPORTANT)
    assert initial_ground(stages.field("诊断")) is None, "a person's own words"
