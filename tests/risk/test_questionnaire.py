"""What people answer: gates, questions with evidence, controls, motives and overrides."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.risk.codes import Control, ControlLevel, Dimension, Gate, ImpactQuestion, MotiveFactor, MotiveLevel
from privacy.risk.gates import GateAnswer, evaluate_gates
from privacy.risk.questionnaire import (
    QUESTIONS,
    Answer,
    AnswerInvalid,
    AnswerMissing,
    CodeUnknown,
    EvidenceMissing,
    OverrideIncomplete,
    control_level,
    motive_level,
    read_answers,
    read_controls,
    read_gates,
    read_motives,
    read_overrides,
)
from tests.risk.examples import ALL_CONTROLS, ALL_GATES, NO_MOTIVE, PACK, TODAY

LIMITS = PACK.limits


def form(**changes: Any) -> dict[str, Any]:
    """A filled questionnaire as a form or an API body gives it."""
    return {question.value: {"level": 2, "evidence": "annex 3"} for question in QUESTIONS} | changes


@pytest.mark.parametrize("gate", Gate)
def test_a_gate_fails_when_it_is_not_met_not_answered_or_without_evidence(gate: Gate) -> None:
    unmet = {**ALL_GATES, gate: GateAnswer(passed=False, evidence="the duty is another department's")}
    silent = {**ALL_GATES, gate: GateAnswer(passed=True, evidence="  ")}
    missing = {other: answer for other, answer in ALL_GATES.items() if other is not gate}
    for answers, problem in ((unmet, "not_met"), (silent, "no_evidence"), (missing, "not_answered")):
        results = {result.gate: result for result in evaluate_gates(answers)}
        assert (results[gate].passed, results[gate].problem) == (False, problem)
        assert all(result.passed for other, result in results.items() if other is not gate)


def test_all_gates_pass_with_their_evidence() -> None:
    results = evaluate_gates(ALL_GATES)
    assert [result.gate for result in results] == list(Gate)
    assert all(result.passed and result.evidence for result in results)


def test_the_questionnaire_is_read_and_unknown_counts_as_the_highest() -> None:
    answers = read_answers(form(autonomy={"level": "unknown"}))
    assert answers[ImpactQuestion.AUTONOMY] == Answer(None)
    assert answers[ImpactQuestion.AUTONOMY].score(LIMITS) == 4
    assert answers[ImpactQuestion.REPUTATION] == Answer(2, "annex 3")


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_of_the_eight_questions_must_be_answered_with_evidence(question: Any) -> None:
    incomplete = form()
    del incomplete[question.value]
    with pytest.raises(AnswerMissing, match=question.value):
        read_answers(incomplete)
    with pytest.raises(EvidenceMissing, match=question.value):
        read_answers(form(**{question.value: {"level": 1, "evidence": " "}}))


@pytest.mark.parametrize(
    "entry",
    [
        {"level": 0, "evidence": "x"},
        {"level": 5, "evidence": "x"},
        {"level": True, "evidence": "x"},
        {"level": 2.0, "evidence": "x"},
        {"level": "2", "evidence": "x"},
        {"level": None, "evidence": "x"},
        {"level": 2, "evidence": 7},
        {"evidence": "x"},
        2,
    ],
)
def test_an_answer_that_is_none_of_the_five_is_refused(entry: Any) -> None:
    with pytest.raises(AnswerInvalid) as refusal:
        read_answers(form(autonomy=entry))
    assert refusal.value.code == "answer_invalid"


def test_an_answer_to_a_question_nobody_asked_is_refused() -> None:
    with pytest.raises(CodeUnknown, match="mood"):
        read_answers(form(mood={"level": 1, "evidence": "x"}))
    for read in (read_controls, read_motives):
        with pytest.raises(CodeUnknown, match="mood"):
            read({"mood": True})


@pytest.mark.parametrize("value", ["yes", 1, []])
def test_a_control_is_yes_no_or_not_known(value: Any) -> None:
    assert read_controls({"nda": None, "encryption": True}) == {Control.NDA: None, Control.ENCRYPTION: True}
    with pytest.raises(AnswerInvalid):
        read_controls({"nda": value})


def test_gates_are_read_from_plain_data() -> None:
    assert read_gates({"not_core": {"passed": True, "evidence": " general_3 "}}) == {
        Gate.NOT_CORE: GateAnswer(passed=True, evidence="general_3")
    }
    for entry in ({"passed": "yes"}, {"evidence": "x"}, True, {"passed": True, "evidence": 1}):
        with pytest.raises(AnswerInvalid):
            read_gates({"not_core": entry})


def test_overrides_are_read_with_who_and_why() -> None:
    (override,) = read_overrides(
        [{"target": "impact", "level": 3, "reason": "a village of 40 people"}], by="officer-7", on=TODAY
    )
    assert (override.target, override.level, override.by) == (Dimension.IMPACT, 3, "officer-7")
    for reason in ("", None):
        with pytest.raises(OverrideIncomplete):
            read_overrides([{"target": "impact", "level": 3, "reason": reason}], by="officer-7", on=TODAY)
    with pytest.raises(OverrideIncomplete):
        read_overrides([{"target": "impact", "level": 3, "reason": "why"}], by=" ", on=TODAY)
    with pytest.raises(CodeUnknown):
        read_overrides([{"target": "mood", "level": 3, "reason": "why"}], by="officer-7", on=TODAY)
    with pytest.raises(AnswerInvalid):
        read_overrides([{"target": "impact", "level": 5, "reason": "why"}], by="officer-7", on=TODAY)


def test_controls_are_high_only_with_the_ones_that_cannot_be_missing() -> None:
    assert control_level(ALL_CONTROLS, LIMITS) is ControlLevel.HIGH
    assert control_level({**ALL_CONTROLS, Control.TRAINING: False}, LIMITS) is ControlLevel.HIGH
    assert control_level({**ALL_CONTROLS, Control.ENCRYPTION: False}, LIMITS) is ControlLevel.MID
    assert control_level({**ALL_CONTROLS, Control.NDA: False}, LIMITS) is ControlLevel.LOW
    assert control_level({}, LIMITS) is ControlLevel.LOW


def test_a_control_that_is_not_known_is_not_there() -> None:
    assert control_level({**ALL_CONTROLS, Control.ENCRYPTION: None}, LIMITS) is ControlLevel.MID


def test_motive_grows_with_its_factors_and_a_past_incident_is_enough() -> None:
    assert motive_level(NO_MOTIVE, LIMITS) is MotiveLevel.LOW
    assert motive_level({**NO_MOTIVE, MotiveFactor.SKILL: True}, LIMITS) is MotiveLevel.MID
    assert motive_level({**NO_MOTIVE, MotiveFactor.PAST_INCIDENTS: True}, LIMITS) is MotiveLevel.HIGH
    three = {MotiveFactor.GAIN: True, MotiveFactor.SKILL: True, MotiveFactor.LINKABLE_DATA: True}
    assert motive_level({**NO_MOTIVE, **three}, LIMITS) is MotiveLevel.HIGH


def test_a_motive_that_is_not_known_is_there() -> None:
    assert motive_level({**NO_MOTIVE, MotiveFactor.GAIN: None}, LIMITS) is MotiveLevel.MID
    assert motive_level({}, LIMITS) is MotiveLevel.HIGH


@given(controls=st.dictionaries(st.sampled_from(list(Control)), st.booleans()), extra=st.sampled_from(list(Control)))
def test_one_more_control_never_lowers_the_level(controls: dict[Control, bool], extra: Control) -> None:
    order = [ControlLevel.LOW, ControlLevel.MID, ControlLevel.HIGH]
    before, after = control_level(controls, LIMITS), control_level({**controls, extra: True}, LIMITS)
    assert order.index(after) >= order.index(before)
