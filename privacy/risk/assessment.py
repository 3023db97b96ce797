"""One risk assessment of a sharing request: gates, score, acceptance, and what the rules say about releasing.

Lives here: `assess`, which puts the parts together, and its result. People decide on top of it: the outcome
`releasable` names the signatures that are still needed, every other outcome says why these bytes cannot leave as they
are.
"""

from __future__ import annotations

from dataclasses import dataclass

from privacy.risk.codes import (
    CriterionState,
    FullAssessment,
    Note,
    Outcome,
    Reason,
    ReleaseMode,
    RiskGrade,
    SignOff,
)
from privacy.risk.facts import AssessmentInput, NoDataSubjects, check_inputs
from privacy.risk.gates import GateResult, evaluate_gates
from privacy.risk.measurement import Measurement
from privacy.risk.rules import Limits, RulePack
from privacy.risk.scoring import (
    CriterionResult,
    MeasuredRisk,
    Score,
    acceptance,
    measured_risk,
    persons_of,
    refuse_lowering,
    score,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say about releasing these bytes.

    `sign_offs` are still to be given; `max_months` is the longest period; `watermark` must be put in.
    `full_assessment` names what asks for a full assessment whatever the grade is. With an outcome other than
    `releasable` nobody can sign.
    """

    outcome: Outcome
    reasons: tuple[Reason, ...]
    sign_offs: tuple[SignOff, ...]
    max_months: int
    min_treatments: int
    watermark: bool
    full_assessment: tuple[FullAssessment, ...]


@dataclass(frozen=True, slots=True)
class AssessmentResult:
    """What an assessment came to.

    `risk` and `inherent_risk` are the measured R with and before treatment; `risk` is None where there are no data
    subjects and measuring does not apply (never a risk of 0), `inherent_risk` and `inherent` also where it was not
    measured. `accepted` is None where acceptance does not apply.
    """

    gates: tuple[GateResult, ...]
    risk: MeasuredRisk | None
    inherent_risk: MeasuredRisk | None
    acceptance: tuple[CriterionResult, ...]
    accepted: bool | None
    residual: Score
    inherent: Score | None
    verdict: Verdict
    notes: tuple[Note, ...]
    unverified_rules: tuple[str, ...]
    rules_version: str
    rules_digest: str

    @property
    def grade(self) -> RiskGrade:
        """The residual grade: that of the output as it would leave."""
        return self.residual.grade

    @property
    def gates_passed(self) -> bool:
        """Whether every gate is passed."""
        return all(gate.passed for gate in self.gates)


def assess(inputs: AssessmentInput, pack: RulePack) -> AssessmentResult:
    """Assess a request by the rules of `pack`. The same inputs and pack give the same result.

    Raises `AssessmentError` or `QuestionnaireError` where the inputs are incomplete, contradict themselves, or an
    override would lower something.
    """
    check_inputs(inputs)
    limits = pack.limits
    risk = measured_risk(inputs, inputs.measured, limits) if isinstance(inputs.measured, Measurement) else None
    inherent_risk = measured_risk(inputs, inputs.inherent, limits) if inputs.inherent else None
    residual = score(inputs, risk, inputs.facts, limits)
    refuse_lowering(inputs, residual, limits)
    inherent = score(inputs, inherent_risk, inputs.inherent_facts or inputs.facts, limits) if inherent_risk else None
    gates = evaluate_gates(inputs.gates)
    criteria = acceptance(inputs, risk, limits)
    accepted = None if risk is None else all(item.state is not CriterionState.NOT_MET for item in criteria)
    return AssessmentResult(
        gates=gates,
        risk=risk,
        inherent_risk=inherent_risk,
        acceptance=criteria,
        accepted=accepted,
        residual=residual,
        inherent=inherent,
        verdict=_verdict(
            inputs=inputs,
            gates=gates,
            residual=residual,
            accepted=accepted,
            persons=persons_of(risk, inputs.facts),
            limits=limits,
        ),
        notes=_notes(inputs, risk, criteria, pack),
        unverified_rules=tuple(sorted(rule.rule_id for rule in pack.unverified())),
        rules_version=pack.version,
        rules_digest=pack.digest,
    )


def _verdict(
    *,
    inputs: AssessmentInput,
    gates: tuple[GateResult, ...],
    residual: Score,
    accepted: bool | None,
    persons: int,
    limits: Limits,
) -> Verdict:
    rule = limits.decisions[residual.grade]
    reasons: list[tuple[Reason, Outcome]] = []
    if not all(gate.passed for gate in gates):
        reasons.append((Reason.GATE_FAILED, Outcome.BLOCKED))
    if rule.outcome is Outcome.REFUSED:
        reasons.append((Reason.GRADE_SEVERE, Outcome.REFUSED))
    if rule.outcome is Outcome.TREAT:
        reasons.append((Reason.GRADE_HIGH, Outcome.TREAT))
    if accepted is False:
        reasons.append((Reason.NOT_ACCEPTED, Outcome.TREAT))
    # Nothing to treat where there is nobody to protect.
    about_people = not isinstance(inputs.measured, NoDataSubjects)
    if about_people and len(inputs.treatments) < rule.min_treatments:
        reasons.append((Reason.TREATMENT_MISSING, Outcome.TREAT))
    full = _full_assessment(inputs, persons, limits)
    outcome = reasons[0][1] if reasons else Outcome.RELEASABLE
    sign_offs = () if reasons else rule.sign_offs
    if full and not reasons:
        sign_offs = tuple(dict.fromkeys((*sign_offs, *limits.full_assessment_sign_offs)))
    return Verdict(
        outcome=outcome,
        reasons=tuple(reason for reason, _outcome in reasons),
        sign_offs=sign_offs,
        max_months=0 if reasons else rule.max_months,
        min_treatments=rule.min_treatments if about_people else 0,
        watermark=rule.watermark,
        full_assessment=full,
    )


def _full_assessment(inputs: AssessmentInput, persons: int, limits: Limits) -> tuple[FullAssessment, ...]:
    facts = inputs.facts
    about_people = not isinstance(inputs.measured, NoDataSubjects)
    holds = {
        FullAssessment.IMPORTANT: facts.important is not False,
        FullAssessment.PERSONS: persons > limits.full_assessment_persons,
        FullAssessment.MINORS: about_people and (facts.minors is not False or facts.under_14 is not False),
        FullAssessment.MERGE: facts.merge is not False,
    }
    return tuple(trigger for trigger in limits.full_assessment_triggers if holds[trigger])


def _notes(
    inputs: AssessmentInput, risk: MeasuredRisk | None, criteria: tuple[CriterionResult, ...], pack: RulePack
) -> tuple[Note, ...]:
    measured = inputs.measured
    about_people = isinstance(measured, Measurement)
    states = {item.state for item in criteria}
    holds = {
        Note.INHERENT_NOT_MEASURED: about_people and inputs.inherent is None,
        Note.L_NOT_MEASURED: CriterionState.NOT_MEASURED in states,
        Note.OVERLAP_NOT_MEASURED: about_people,
        Note.ACQUAINTANCE_NOT_ESTIMATED: risk is not None
        and inputs.release_mode is not ReleaseMode.PUBLIC
        and risk.environment.acquaintance is None,
        Note.NULL_SUBJECTS_COUNTED_AS_ONE: isinstance(measured, Measurement) and measured.null_subject_rows > 0,
        Note.SUBJECTS_IN_SEVERAL_CLASSES: isinstance(measured, Measurement)
        and measured.subjects_in_several_classes > 0,
        Note.NEARLY_UNIQUE_FIELDS_COUNTED: isinstance(measured, Measurement) and bool(measured.nearly_unique),
        Note.SUBJECT_FINER_THAN_IDENTIFIER: isinstance(measured, Measurement) and bool(measured.repeated_identifiers),
        Note.NO_DATA_SUBJECTS_DECLARED: not about_people,
        Note.UNVERIFIED_RULES: bool(pack.unverified()),
        Note.RULES_NOT_YET_IN_EFFECT: bool(pack.not_in_effect(inputs.assessed_on)),
        Note.FACTS_UNKNOWN_COUNTED_AS_YES: bool(inputs.facts.unknown()),
    }
    return tuple(note for note in Note if holds[note])
