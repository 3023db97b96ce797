"""What the rules say about releasing, and the inputs that no assessment is made from."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from privacy.risk.assessment import AssessmentResult, assess
from privacy.risk.codes import CriterionState, FullAssessment, Gate, Outcome, Reason, RiskGrade, SignOff
from privacy.risk.facts import (
    DeclarationContradicted,
    DeclarationNotAllowed,
    InputHashMissing,
    ProbabilityInvalid,
)
from privacy.risk.gates import GateAnswer
from privacy.risk.questionnaire import Answer, AnswerMissing, EvidenceMissing
from tests.risk.examples import ALL_GATES, HASHES, NOBODY, PACK, answers, facts, measured, request


def result_of(**changes: Any) -> AssessmentResult:
    return assess(request(**changes), PACK)


def test_a_low_risk_needs_the_owners_approver_and_lasts_two_years() -> None:
    result = result_of()
    assert (result.grade, result.accepted, result.gates_passed) == (RiskGrade.LOW, True, True)
    assert result.verdict.outcome is Outcome.RELEASABLE
    assert result.verdict.sign_offs == (SignOff.APPROVER,)
    assert (result.verdict.max_months, result.verdict.watermark, result.verdict.full_assessment) == (24, False, ())


def test_a_medium_risk_needs_the_privacy_officer_a_treatment_and_a_watermark() -> None:
    result = result_of(answers=answers(2, 2))
    assert result.grade is RiskGrade.MEDIUM
    assert result.verdict.outcome is Outcome.RELEASABLE
    assert result.verdict.sign_offs == (SignOff.APPROVER, SignOff.PRIVACY_OFFICER)
    assert (result.verdict.max_months, result.verdict.watermark) == (12, True)
    untreated = result_of(answers=answers(2, 2), treatments=frozenset())
    assert untreated.verdict.outcome is Outcome.TREAT
    assert untreated.verdict.reasons == (Reason.TREATMENT_MISSING,)
    assert untreated.verdict.sign_offs == ()


def test_a_high_risk_cannot_be_released_as_it_is() -> None:
    result = result_of(answers=answers(3, 3))
    assert result.grade is RiskGrade.HIGH
    assert result.verdict.outcome is Outcome.TREAT
    assert (result.verdict.sign_offs, result.verdict.max_months) == ((), 0)
    assert Reason.GRADE_HIGH in result.verdict.reasons


def test_a_severe_risk_is_refused() -> None:
    result = result_of(answers=answers(4, 4))
    assert result.grade is RiskGrade.SEVERE
    assert result.verdict.outcome is Outcome.REFUSED
    assert result.verdict.sign_offs == ()


def test_a_measurement_that_is_not_acceptable_blocks_even_a_low_grade() -> None:
    result = result_of(measured=measured(k_min=2))
    assert (result.grade, result.accepted) == (RiskGrade.LOW, False)
    assert (result.verdict.outcome, result.verdict.reasons) == (Outcome.TREAT, (Reason.NOT_ACCEPTED,))


def test_l_that_nobody_measured_is_reported_and_does_not_block() -> None:
    result = result_of(facts=facts(sensitive=True))
    assert CriterionState.NOT_MEASURED in {item.state for item in result.acceptance}
    assert result.accepted is True
    assert result.verdict.outcome is Outcome.RELEASABLE


@pytest.mark.parametrize("gate", Gate)
def test_any_failed_gate_blocks_whatever_the_grade_is(gate: Gate) -> None:
    failed = {**ALL_GATES, gate: GateAnswer(passed=False, evidence="no")}
    result = result_of(gates=failed)
    assert not result.gates_passed
    assert (result.verdict.outcome, result.verdict.reasons) == (Outcome.BLOCKED, (Reason.GATE_FAILED,))
    assert result.verdict.sign_offs == ()


@pytest.mark.parametrize(
    ("changes", "trigger"),
    [
        ({"facts": facts(minors=True)}, FullAssessment.MINORS),
        ({"facts": facts(merge=True)}, FullAssessment.MERGE),
        ({"facts": facts(merge=None)}, FullAssessment.MERGE),
        ({"facts": facts(persons=500_001)}, FullAssessment.PERSONS),
        ({"measured": measured(subjects=500_001)}, FullAssessment.PERSONS),
    ],
)
def test_some_requests_need_a_full_assessment_even_at_low_risk(changes: Any, trigger: FullAssessment) -> None:
    result = result_of(**changes)
    assert result.grade is RiskGrade.LOW
    assert result.verdict.full_assessment == (trigger,)
    assert SignOff.PRIVACY_OFFICER in result.verdict.sign_offs


def test_important_data_needs_a_full_assessment_and_half_a_million_persons_do_not_yet() -> None:
    assert FullAssessment.IMPORTANT in result_of(facts=facts(important=True)).verdict.full_assessment
    assert result_of(measured=measured(subjects=500_000)).verdict.full_assessment == ()


def test_data_without_data_subjects_has_no_measured_risk_rather_than_a_risk_of_zero() -> None:
    result = result_of(measured=NOBODY, inherent=None)
    assert result.risk is None
    assert result.accepted is None
    assert {item.state for item in result.acceptance} == {CriterionState.NOT_APPLICABLE}
    assert "no_data_subjects_declared" in result.notes
    assert result.verdict.outcome is Outcome.RELEASABLE


def test_what_is_not_known_about_people_does_not_count_where_there_are_none_but_important_data_does() -> None:
    unknown = facts(sensitive=None, biometric=None, under_14=None, minors=None)
    result = result_of(measured=NOBODY, inherent=None, facts=unknown, treatments=frozenset())
    assert result.residual.impact.floors == ()
    assert result.verdict.full_assessment == ()
    important = result_of(measured=NOBODY, inherent=None, facts=facts(important=True), treatments=frozenset())
    assert important.residual.impact.level == 3
    assert (important.grade, important.verdict.outcome) == (RiskGrade.MEDIUM, Outcome.RELEASABLE)


@pytest.mark.parametrize(
    "fact", [{"sensitive": True}, {"biometric": True}, {"under_14": True}, {"minors": True}, {"persons": 3}]
)
def test_a_declaration_that_the_facts_contradict_is_refused(fact: dict[str, Any]) -> None:
    with pytest.raises(DeclarationContradicted) as refusal:
        result_of(measured=NOBODY, inherent=None, facts=facts(**fact))
    assert refusal.value.code == "declaration_contradicted"


def test_a_declaration_stands_against_a_measurement_of_persons_in_the_raw_data() -> None:
    with pytest.raises(DeclarationContradicted):
        result_of(measured=NOBODY)


@pytest.mark.parametrize("change", [{"role": SignOff.APPROVER}, {"declared_by": " "}, {"reason": ""}])
def test_only_a_named_privacy_officer_with_a_reason_can_declare_that_there_are_no_data_subjects(
    change: dict[str, Any],
) -> None:
    with pytest.raises(DeclarationNotAllowed):
        result_of(measured=replace(NOBODY, **change), inherent=None)


@pytest.mark.parametrize("name", ["artefact", "policy", "scan", "source"])
def test_an_assessment_binds_to_its_inputs_by_their_hashes(name: str) -> None:
    with pytest.raises(InputHashMissing, match=name):
        result_of(hashes={**HASHES, name: ""})


def test_answers_are_checked_again_where_the_assessment_is_made() -> None:
    incomplete = answers()
    question = next(iter(incomplete))
    with pytest.raises(EvidenceMissing):
        result_of(answers={**incomplete, question: Answer(1, "")})
    del incomplete[question]
    with pytest.raises(AnswerMissing):
        result_of(answers=incomplete)


@pytest.mark.parametrize("value", ["-0.1", "1.1", "NaN", "Infinity"])
def test_a_probability_lies_between_nought_and_one(value: str) -> None:
    with pytest.raises(ProbabilityInvalid):
        result_of(breach_probability=Decimal(value))


def test_the_notes_say_what_the_reader_has_to_know() -> None:
    table = measured(null_subject_rows=3, subjects_in_several_classes=2)
    notes = set(result_of(measured=table).notes)
    assert {"null_subjects_counted_as_one", "subjects_in_several_classes"} <= notes
    assert {"overlap_not_measured", "unverified_rules"} <= notes
    assert "rules_not_yet_in_effect" not in notes
    assert "rules_not_yet_in_effect" in result_of(assessed_on=date(2019, 1, 1)).notes


def test_the_same_inputs_give_the_same_result() -> None:
    assert result_of() == result_of()
