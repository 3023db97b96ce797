"""From figures and answers to a grade: R, acceptance, the floors that only raise, and the matrix."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.risk.assessment import assess
from privacy.risk.codes import (
    Control,
    Criterion,
    CriterionState,
    Dimension,
    ImpactQuestion,
    MotiveFactor,
    ReleaseMode,
    RiskGrade,
)
from privacy.risk.facts import AssessmentInput
from privacy.risk.questionnaire import Answer, Override, OverrideNotHigher
from tests.risk.examples import ALL_CONTROLS, NO_CONTROLS, NO_MOTIVE, PACK, TODAY, answers, facts, measured, request

MID_CONTROLS = {**ALL_CONTROLS, Control.ENCRYPTION: False}
MID_MOTIVE = {**NO_MOTIVE, MotiveFactor.SKILL: True}
HIGH_MOTIVE = {**NO_MOTIVE, MotiveFactor.PAST_INCIDENTS: True}

INSIDER = {
    ("high", "low"): "0.05",
    ("high", "mid"): "0.1",
    ("high", "high"): "0.2",
    ("mid", "low"): "0.2",
    ("mid", "mid"): "0.3",
    ("mid", "high"): "0.4",
    ("low", "low"): "0.4",
    ("low", "mid"): "0.5",
    ("low", "high"): "0.6",
}


def risk_of(inputs: AssessmentInput) -> Fraction:
    result = assess(inputs, PACK)
    assert result.risk is not None
    return result.risk.risk


def criteria_of(inputs: AssessmentInput) -> dict[Criterion, CriterionState]:
    return {item.criterion: item.state for item in assess(inputs, PACK).acceptance}


@pytest.mark.parametrize(("levels", "insider"), INSIDER.items())
def test_under_control_r_is_the_average_risk_times_the_insider_risk(levels: tuple[str, str], insider: str) -> None:
    controls = {"high": ALL_CONTROLS, "mid": MID_CONTROLS, "low": NO_CONTROLS}[levels[0]]
    motives = {"low": NO_MOTIVE, "mid": MID_MOTIVE, "high": HIGH_MOTIVE}[levels[1]]
    inputs = request(controls=controls, motives=motives, measured=measured(subjects=1000, classes=40))
    assert risk_of(inputs) == Fraction(40, 1000) * Fraction(insider)


def test_in_public_r_is_the_greatest_risk_whatever_the_recipient_promises() -> None:
    inputs = request(release_mode=ReleaseMode.PUBLIC, measured=measured(k_min=8))
    assert risk_of(inputs) == Fraction(1, 8)


def test_the_enclave_is_measured_like_a_controlled_release() -> None:
    assert risk_of(request(release_mode=ReleaseMode.ENCLAVE)) == risk_of(request())


def test_acquaintance_risk_follows_its_formula_where_the_population_is_known() -> None:
    inputs = request(measured=measured(subjects=100, classes=10, population=1_000_000))
    result = assess(inputs, PACK)
    assert result.risk is not None
    assert result.risk.environment.acquaintance is not None
    assert float(result.risk.environment.acquaintance) == pytest.approx(1 - (1 - 0.0001) ** 150)
    assert result.risk.environment.risk == max(Fraction("0.05"), result.risk.environment.acquaintance)


def test_everybody_knows_somebody_in_a_table_of_the_whole_population() -> None:
    inputs = request(measured=measured(subjects=1000, classes=10, population=900))
    assert risk_of(inputs) == Fraction(1, 100)


def test_where_the_population_is_not_known_acquaintance_is_left_open_and_not_called_zero() -> None:
    result = assess(request(), PACK)
    assert result.risk is not None
    assert result.risk.environment.acquaintance is None
    assert "acquaintance_not_estimated" in result.notes


def test_given_probabilities_replace_the_estimates_and_the_greatest_counts() -> None:
    base = measured(subjects=1000, classes=10)
    assert risk_of(request(measured=base, breach_probability=Decimal("0.27"))) == Fraction("0.0027")
    assert risk_of(request(measured=base, breach_probability=Decimal("0.01"))) == Fraction("0.0005")
    assert risk_of(request(measured=base, acquaintance_prevalence=Decimal(1))) == Fraction("0.01")


def test_where_the_rows_of_a_person_can_be_linked_the_linked_classes_count() -> None:
    table = measured(k_min=5, linked_k_min=1, classes=100, linked_classes=5000)
    apart, linked = request(measured=table), request(measured=table, rows_linkable=True)
    assert risk_of(apart) == Fraction(100, 10_000) * Fraction("0.05")
    assert risk_of(linked) == Fraction(5000, 10_000) * Fraction("0.05")
    assert criteria_of(apart)[Criterion.K_MIN] is CriterionState.MET
    assert criteria_of(linked)[Criterion.K_MIN] is CriterionState.NOT_MET


@pytest.mark.parametrize(
    ("mode", "k_min", "state"),
    [
        (ReleaseMode.CONTROLLED, 3, CriterionState.MET),
        (ReleaseMode.CONTROLLED, 2, CriterionState.NOT_MET),
        (ReleaseMode.PUBLIC, 20, CriterionState.MET),
        (ReleaseMode.PUBLIC, 19, CriterionState.NOT_MET),
    ],
)
def test_three_persons_are_enough_under_control_and_twenty_in_public(
    mode: ReleaseMode, k_min: int, state: CriterionState
) -> None:
    assert criteria_of(request(release_mode=mode, measured=measured(k_min=k_min)))[Criterion.K_MIN] is state


def test_a_risk_of_exactly_a_twentieth_is_acceptable_and_a_hair_more_is_not() -> None:
    # 0.05 × 1 must not become 0.05000000000000001 on the way.
    exactly = request(measured=measured(subjects=7000, classes=1750), motives=HIGH_MOTIVE)
    assert risk_of(exactly) == Fraction(1, 20)
    assert criteria_of(exactly)[Criterion.RISK] is CriterionState.MET
    more = request(measured=measured(subjects=7000, classes=1751), motives=HIGH_MOTIVE)
    assert criteria_of(more)[Criterion.RISK] is CriterionState.NOT_MET


def test_under_control_nobody_may_be_more_than_half_certain() -> None:
    assert criteria_of(request(measured=measured(k_min=2)))[Criterion.R_MAX] is CriterionState.MET
    assert criteria_of(request(measured=measured(k_min=1)))[Criterion.R_MAX] is CriterionState.NOT_MET
    assert Criterion.R_MAX not in criteria_of(request(release_mode=ReleaseMode.PUBLIC))


@pytest.mark.parametrize(
    ("diversity", "state"),
    [(1, CriterionState.NOT_MET), (2, CriterionState.MET), (None, CriterionState.NOT_MEASURED)],
)
def test_sensitive_data_needs_two_values_in_each_class_and_says_where_nobody_measured(
    diversity: int | None, state: CriterionState
) -> None:
    inputs = request(facts=facts(sensitive=True), measured=measured(l_distinct=diversity))
    assert criteria_of(inputs)[Criterion.L_DISTINCT] is state
    assert ("l_not_measured" in assess(inputs, PACK).notes) is (diversity is None)
    assert Criterion.L_DISTINCT not in criteria_of(request(measured=measured(l_distinct=diversity)))


@pytest.mark.parametrize(("impact", "likelihood"), list(product(range(1, 5), repeat=2)))
def test_the_grade_is_where_the_highest_answers_meet_in_the_matrix(impact: int, likelihood: int) -> None:
    expected = {
        4: ["medium", "high", "severe", "severe"],
        3: ["medium", "medium", "high", "severe"],
        2: ["low", "medium", "medium", "high"],
        1: ["low", "low", "medium", "medium"],
    }
    given_answers = answers()
    given_answers[ImpactQuestion.REPUTATION] = Answer(impact, "x")
    for question in list(given_answers)[4:5]:
        given_answers[question] = Answer(likelihood, "x")
    assert assess(request(answers=given_answers), PACK).grade == expected[impact][likelihood - 1]


@pytest.mark.parametrize(
    ("classes", "level"), [(2, 1), (200, 1), (201, 2), (1000, 2), (1001, 3), (4000, 3), (4001, 4), (10_000, 4)]
)
def test_the_measured_risk_sets_a_floor_under_the_likelihood(classes: int, level: int) -> None:
    table = measured(subjects=10_000, classes=classes)
    inputs = request(measured=table, breach_probability=Decimal("0.5"), acquaintance_prevalence=Decimal(0))
    assert risk_of(inputs) == Fraction(classes, 20_000)
    # Thresholds 0.01, 0.05 and 0.2 of R are 200, 1000 and 4000 classes here.
    assert assess(inputs, PACK).residual.likelihood.level == level


@pytest.mark.parametrize(("persons", "level"), [(1_000_000, 1), (1_000_001, 2), (10_000_000, 2), (10_000_001, 3)])
def test_many_persons_set_a_floor_under_the_likelihood(persons: int, level: int) -> None:
    counted = request(measured=measured(subjects=persons))
    stated = request(facts=facts(persons=persons))
    assert assess(counted, PACK).residual.likelihood.level == level
    assert assess(stated, PACK).residual.likelihood.level == level


@pytest.mark.parametrize(
    ("fact", "level"), [("sensitive", 3), ("biometric", 4), ("under_14", 4), ("important", 3), ("merge", 1)]
)
@pytest.mark.parametrize("value", [True, None])
def test_what_is_in_the_data_sets_a_floor_under_the_impact_and_not_known_counts_as_yes(
    fact: str, level: int, value: bool | None
) -> None:
    result = assess(request(facts=facts(**{fact: value})), PACK)
    assert result.residual.impact.level == level
    assert ("facts_unknown_counted_as_yes" in result.notes) is (value is None)


some_requests = st.builds(
    lambda impact, likelihood, k, classes, persons, sensitive, minors: request(
        answers=answers(impact, likelihood),
        measured=measured(subjects=persons, classes=min(classes, persons), k_min=k),
        facts=facts(sensitive=sensitive, under_14=minors, minors=minors),
    ),
    st.one_of(st.none(), st.integers(1, 4)),
    st.one_of(st.none(), st.integers(1, 4)),
    st.integers(1, 30),
    st.integers(1, 10_000),
    st.integers(30, 20_000_000),
    st.booleans(),
    st.booleans(),
)


@given(inputs=some_requests)
@settings(max_examples=150, deadline=None)
def test_floors_only_raise(inputs: AssessmentInput) -> None:
    residual = assess(inputs, PACK).residual
    for side, questions in (
        (residual.impact, list(inputs.answers)[:4]),
        (residual.likelihood, list(inputs.answers)[4:]),
    ):
        answered = max(inputs.answers[question].score(PACK.limits) for question in questions)
        assert side.answered == answered
        assert side.level >= answered
        assert all(side.level >= floor.level for floor in side.floors)
        assert side.level == max([answered, *(floor.level for floor in side.floors)])


@given(inputs=some_requests, level=st.integers(1, 4), target=st.sampled_from([*Dimension, *answers()]))
@settings(max_examples=150, deadline=None)
def test_an_override_raises_or_is_refused(inputs: AssessmentInput, level: int, target: Any) -> None:
    before = assess(inputs, PACK).residual
    changed = replace(inputs, overrides=(Override(target, level, "officer-7", "a small village", TODAY),))
    try:
        after = assess(changed, PACK).residual
    except OverrideNotHigher as refusal:
        current = refusal.params["current"]
        assert isinstance(current, int)
        assert level <= current
        return
    assert after.impact.level >= before.impact.level
    assert after.likelihood.level >= before.likelihood.level
    assert after.grade.rank >= before.grade.rank
    assert level in {after.impact.overridden, after.likelihood.overridden}


def test_nobody_lowers_a_floor() -> None:
    inputs = request(facts=facts(biometric=True))
    for level in (1, 2, 3, 4):
        lowering = replace(inputs, overrides=(Override(Dimension.IMPACT, level, "officer-7", "it is fine", TODAY),))
        with pytest.raises(OverrideNotHigher) as refusal:
            assess(lowering, PACK)
        assert refusal.value.code == "override_not_higher"


def test_the_inherent_score_rests_on_the_raw_data() -> None:
    raw = measured(subjects=10_000, classes=9_000, k_min=1)
    result = assess(request(inherent=raw, inherent_facts=facts(sensitive=True), controls=NO_CONTROLS), PACK)
    assert result.inherent is not None
    assert result.inherent_risk is not None
    assert result.inherent_risk.risk == Fraction(9_000, 10_000) * Fraction("0.4")
    assert result.inherent.impact.level == 3
    assert result.inherent.likelihood.level == 4
    assert result.inherent.grade is RiskGrade.SEVERE
    assert result.grade is RiskGrade.LOW


def test_an_override_that_raises_the_residual_score_is_no_error_where_the_inherent_one_is_higher_still() -> None:
    raised = (Override(Dimension.LIKELIHOOD, 2, "officer-7", "a new service", TODAY),)
    result = assess(request(inherent=measured(classes=9_000, k_min=1), controls=NO_CONTROLS, overrides=raised), PACK)
    assert result.inherent is not None
    assert (result.residual.likelihood.level, result.inherent.likelihood.level) == (2, 4)


def test_the_inherent_score_is_none_and_said_so_where_the_raw_data_was_not_measured() -> None:
    result = assess(request(inherent=None), PACK)
    assert result.inherent is None
    assert "inherent_not_measured" in result.notes
