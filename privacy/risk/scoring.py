"""The measured part, the floors and the matrix: from figures and answers to a risk grade.

Lives here: R = data × environment (GB/T 37964), what makes a measurement acceptable, the floors that only raise, and
the matrix of GB/T 39335 table D.5. Everything is exact arithmetic on fractions, so that a limit is met or missed and
never "about".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

from privacy.risk.codes import (
    ControlLevel,
    Criterion,
    CriterionState,
    Dimension,
    ImpactQuestion,
    LikelihoodQuestion,
    MotiveLevel,
    Question,
    ReleaseMode,
    RiskGrade,
)
from privacy.risk.facts import AssessmentInput, DataFacts, NoDataSubjects
from privacy.risk.measurement import Measurement
from privacy.risk.questionnaire import OverrideNotHigher, control_level, motive_level
from privacy.risk.rules import Limits

_QUESTIONS: Mapping[Dimension, tuple[Question, ...]] = MappingProxyType(
    {Dimension.IMPACT: tuple(ImpactQuestion), Dimension.LIKELIHOOD: tuple(LikelihoodQuestion)}
)


@dataclass(frozen=True, slots=True)
class EnvironmentRisk:
    """How likely somebody tries, 0 to 1. `acquaintance` is None where the population is not known.

    In public all that is 1 and nothing else is asked: `insider`, `acquaintance` and `breach` are None.
    """

    risk: Fraction
    controls: ControlLevel
    motive: MotiveLevel
    insider: Fraction | None = None
    acquaintance: Fraction | None = None
    breach: Fraction | None = None


@dataclass(frozen=True, slots=True)
class MeasuredRisk:
    """R = data × environment of one measurement, with what it was made of."""

    risk: Fraction
    data: Fraction
    environment: EnvironmentRisk
    k_min: int
    r_max: Fraction
    persons: int


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """One criterion of acceptance: `required` is the limit, `measured` the figure (None if there is none)."""

    criterion: Criterion
    state: CriterionState
    required: Fraction
    measured: Fraction | None


@dataclass(frozen=True, slots=True)
class FloorResult:
    """A floor that applies: the rule that set it and the level it sets."""

    rule_id: str
    level: int


@dataclass(frozen=True, slots=True)
class DimensionScore:
    """One side of the matrix, 1 to 4: the highest of the answers, the floors and the overrides."""

    level: int
    answered: int
    floors: tuple[FloorResult, ...]
    overridden: int | None


@dataclass(frozen=True, slots=True)
class Score:
    """A place in the matrix."""

    impact: DimensionScore
    likelihood: DimensionScore
    grade: RiskGrade


def environment_risk(inputs: AssessmentInput, measured: Measurement, limits: Limits) -> EnvironmentRisk:
    """How likely it is that somebody tries to re-identify a person, given where the data goes (GB/T 37964).

    Under control it is the greatest of three: insider (by controls and motive); acquaintance, 1 - (1 - p)^m with p
    the share of the population in the data and m the people one person knows; and a breach at the recipient.
    """
    controls, motive = control_level(inputs.controls, limits), motive_level(inputs.motives, limits)
    if inputs.release_mode is ReleaseMode.PUBLIC:
        return EnvironmentRisk(Fraction(limits.environment_public), controls, motive)
    insider = Fraction(limits.insider[controls][motive])
    acquaintance = _acquaintance(inputs, measured, limits)
    given = inputs.breach_probability
    breach = Fraction(limits.breach[controls] if given is None else given)
    return EnvironmentRisk(
        risk=max(insider, breach, acquaintance or Fraction(0)),
        controls=controls,
        motive=motive,
        insider=insider,
        acquaintance=acquaintance,
        breach=breach,
    )


def _acquaintance(inputs: AssessmentInput, measured: Measurement, limits: Limits) -> Fraction | None:
    if inputs.acquaintance_prevalence is not None:
        prevalence = Fraction(inputs.acquaintance_prevalence)
    elif measured.population is not None:
        # Rounded to six places: the power below would else run to thousands of digits.
        prevalence = min(Fraction(1), round(Fraction(measured.subjects, measured.population), 6))
    else:
        return None
    # A power of a fraction is a fraction again only where the exponent is whole, which the type of it does not say.
    return 1 - Fraction((1 - prevalence) ** limits.people_known)


def measured_risk(inputs: AssessmentInput, measured: Measurement, limits: Limits) -> MeasuredRisk:
    """R of a measurement: public R_max × 1, else R_avg × environment."""
    environment = environment_risk(inputs, measured, limits)
    r_max = measured.greatest_risk(linked=inputs.rows_linkable)
    is_public = inputs.release_mode is ReleaseMode.PUBLIC
    data = r_max if is_public else measured.average_risk(linked=inputs.rows_linkable)
    return MeasuredRisk(
        risk=data * environment.risk,
        data=data,
        environment=environment,
        k_min=measured.smallest_class(linked=inputs.rows_linkable),
        r_max=r_max,
        persons=measured.subjects,
    )


def acceptance(inputs: AssessmentInput, risk: MeasuredRisk | None, limits: Limits) -> tuple[CriterionResult, ...]:
    """Each criterion and whether it holds; `risk` None means there are no data subjects and none applies."""
    is_public = inputs.release_mode is ReleaseMode.PUBLIC
    k = limits.accept_k_public if is_public else limits.accept_k_controlled
    results = [
        _at_most(Criterion.RISK, limits.accept_risk, risk.risk if risk else None),
        _at_least(Criterion.K_MIN, k, risk.k_min if risk else None),
    ]
    if not is_public:
        results.append(_at_most(Criterion.R_MAX, limits.accept_r_max, risk.r_max if risk else None))
    # Not known whether there is sensitive data counts as yes, as everywhere.
    if risk is not None and inputs.facts.sensitive is not False and isinstance(inputs.measured, Measurement):
        diversity = inputs.measured.l_distinct
        if diversity is None:
            required = Fraction(limits.accept_l)
            results.append(CriterionResult(Criterion.L_DISTINCT, CriterionState.NOT_MEASURED, required, None))
        else:
            results.append(_at_least(Criterion.L_DISTINCT, limits.accept_l, diversity))
    return tuple(results)


def _at_most(criterion: Criterion, limit: Decimal, measured: Fraction | None) -> CriterionResult:
    required = Fraction(limit)
    return CriterionResult(
        criterion, _state(measured, measured is not None and measured <= required), required, measured
    )


def _at_least(criterion: Criterion, limit: int, measured: int | None) -> CriterionResult:
    figure = None if measured is None else Fraction(measured)
    return CriterionResult(criterion, _state(figure, figure is not None and figure >= limit), Fraction(limit), figure)


def _state(measured: Fraction | None, holds: bool) -> CriterionState:
    if measured is None:
        return CriterionState.NOT_APPLICABLE
    return CriterionState.MET if holds else CriterionState.NOT_MET


def likelihood_floors(risk: MeasuredRisk | None, persons: int, limits: Limits) -> tuple[FloorResult, ...]:
    """The floors that the measured risk and the number of persons set."""
    floors = []
    if risk is not None:
        levels = [floor.level for floor in limits.floors_risk if risk.risk > Fraction(floor.over)]
        floors += [FloorResult("floor.likelihood.risk", max(levels))] if levels else []
    levels = [floor.level for floor in limits.floors_persons if persons > floor.over]
    floors += [FloorResult("floor.likelihood.persons", max(levels))] if levels else []
    return tuple(floors)


def impact_floors(facts: DataFacts, limits: Limits, *, has_subjects: bool) -> tuple[FloorResult, ...]:
    """The floors that what is in the data sets. What is not known counts as yes, unless there are no data subjects."""
    found = [
        ("floor.impact.sensitive", limits.floor_sensitive, has_subjects and facts.sensitive is not False),
        ("floor.impact.biometric", limits.floor_biometric, has_subjects and facts.biometric is not False),
        ("floor.impact.under_14", limits.floor_under_14, has_subjects and facts.under_14 is not False),
        ("floor.impact.important", limits.floor_important, facts.important is not False),
    ]
    return tuple(FloorResult(rule_id, level) for rule_id, level, applies in found if applies)


def score(inputs: AssessmentInput, risk: MeasuredRisk | None, facts: DataFacts, limits: Limits) -> Score:
    """The place in the matrix."""
    has_subjects = not isinstance(inputs.measured, NoDataSubjects)
    impact = _dimension(inputs, Dimension.IMPACT, impact_floors(facts, limits, has_subjects=has_subjects), limits)
    likelihood = _dimension(
        inputs, Dimension.LIKELIHOOD, likelihood_floors(risk, persons_of(risk, facts), limits), limits
    )
    return Score(impact, likelihood, limits.matrix[impact.level][likelihood.level - 1])


def persons_of(risk: MeasuredRisk | None, facts: DataFacts) -> int:
    """How many persons: the greater of what was measured and what was stated."""
    return max(risk.persons if risk else 0, facts.persons or 0)


def _dimension(
    inputs: AssessmentInput, dimension: Dimension, floors: tuple[FloorResult, ...], limits: Limits
) -> DimensionScore:
    questions = _QUESTIONS[dimension]
    answered = max(inputs.answers[question].score(limits) for question in questions)
    overridden = max(
        (override.level for override in inputs.overrides if override.target in (*questions, dimension)), default=None
    )
    level = max([answered, overridden or 0, *(floor.level for floor in floors)])
    return DimensionScore(level, answered, floors, overridden)


def refuse_lowering(inputs: AssessmentInput, scored: Score, limits: Limits) -> None:
    """Raise `OverrideNotHigher` where an override does not raise the answer, or what answers and floors give."""
    for override in inputs.overrides:
        if isinstance(override.target, Dimension):
            side = scored.impact if override.target is Dimension.IMPACT else scored.likelihood
            current = max([side.answered, *(floor.level for floor in side.floors)])
        else:
            current = inputs.answers[override.target].score(limits)
        if override.level <= current:
            raise OverrideNotHigher(question=override.target.value, current=current, level=override.level)
