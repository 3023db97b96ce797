"""What could be done to lower the grade of an assessment or to make the data releasable.

Lives here: trying each measure on the inputs as if it had worked as well as it can, and assessing again. A code in
the answer is a hint where to start and no promise: the output has to be treated and measured anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import combinations
from types import MappingProxyType

from privacy.risk.assessment import AssessmentResult, assess
from privacy.risk.codes import Control, Measure, Outcome, Reason, ReleaseMode, Treatment
from privacy.risk.facts import AssessmentInput, DataFacts
from privacy.risk.measurement import Measurement, SensitiveMeasurement
from privacy.risk.questionnaire import Answer
from privacy.risk.rules import Limits, RulePack

_MOST_TOGETHER = 3
_OUTCOMES = (Outcome.RELEASABLE, Outcome.TREAT, Outcome.REFUSED)

_Attempt = Callable[[AssessmentInput, Limits], AssessmentInput]


def what_would_lower(inputs: AssessmentInput, result: AssessmentResult, pack: RulePack) -> tuple[Measure, ...]:
    """The measures that lower the grade or take a reason out of the way of the release, in the order of `Measure`.

    Those that work alone; where none does, those that work two together, or else three; empty where nothing does.
    Gates are left out of it: no measure on the data passes them.
    """
    before = _standing(result)
    possible = [measure for measure in Measure if _ATTEMPTS[measure](inputs, pack.limits) != inputs]
    for together in range(1, _MOST_TOGETHER + 1):
        helpful: set[Measure] = set()
        for chosen in combinations(possible, together):
            attempt = inputs
            for measure in chosen:
                attempt = _ATTEMPTS[measure](attempt, pack.limits)
            if _standing(assess(attempt, pack)) < before:
                helpful.update(chosen)
        if helpful:
            return tuple(measure for measure in Measure if measure in helpful)
    return ()


def _standing(result: AssessmentResult) -> tuple[int, int, int]:
    """How bad it stands: the outcome but for the gates, the grade, and how many reasons there are against it."""
    reasons = [reason for reason in result.verdict.reasons if reason is not Reason.GATE_FAILED]
    worst = Outcome.REFUSED if Reason.GRADE_SEVERE in reasons else Outcome.TREAT
    return _OUTCOMES.index(worst if reasons else Outcome.RELEASABLE), result.grade.rank, len(reasons)


def _facts(inputs: AssessmentInput, facts: DataFacts) -> AssessmentInput:
    return inputs if facts == inputs.facts else replace(inputs, facts=facts)


def _apply_treatment(inputs: AssessmentInput, _limits: Limits) -> AssessmentInput:
    if inputs.treatments or not isinstance(inputs.measured, Measurement):
        return inputs
    return replace(inputs, treatments=frozenset({Treatment.GENERALISATION}))


def _generalise(inputs: AssessmentInput, limits: Limits) -> AssessmentInput:
    """The best that coarser quasi-identifiers can do: everybody in one class."""
    measured = inputs.measured
    if not isinstance(measured, Measurement) or (measured.classes == 1 and measured.linked_classes == 1):
        return inputs
    one_class = replace(
        measured,
        classes=1,
        k_min=measured.subjects,
        linked_classes=1,
        linked_k_min=measured.subjects,
        uniques=int(measured.subjects == 1),
        linked_uniques=int(measured.subjects == 1),
        sensitive=tuple(_at_least_diverse(field, limits.accept_l) for field in measured.sensitive),
    )
    return replace(inputs, measured=one_class, treatments=inputs.treatments | {Treatment.GENERALISATION})


def _at_least_diverse(field: SensitiveMeasurement, diversity: int) -> SensitiveMeasurement:
    return field if field.l_distinct is None else replace(field, l_distinct=max(field.l_distinct, diversity))


def _drop_sensitive(inputs: AssessmentInput, _limits: Limits) -> AssessmentInput:
    if not isinstance(inputs.measured, Measurement):
        return inputs
    dropped = _facts(inputs, replace(inputs.facts, sensitive=False, biometric=False))
    return inputs if dropped is inputs else replace(dropped, measured=replace(inputs.measured, sensitive=()))


def _exclude_minors(inputs: AssessmentInput, _limits: Limits) -> AssessmentInput:
    if not isinstance(inputs.measured, Measurement):
        return inputs
    return _facts(inputs, replace(inputs.facts, under_14=False, minors=False))


def _reduce_persons(inputs: AssessmentInput, limits: Limits) -> AssessmentInput:
    """Fewer persons than any floor names, in classes as large as they are now."""
    measured = inputs.measured
    fewest = int(min(floor.over for floor in limits.floors_persons))
    if not isinstance(measured, Measurement) or max(measured.subjects, inputs.facts.persons or 0) <= fewest:
        return inputs
    # The average risk is kept, for leaving persons out does not make classes larger.
    classes = max(1, measured.classes * fewest // max(measured.subjects, fewest))
    linked = max(1, measured.linked_classes * fewest // max(measured.subjects, fewest))
    fewer = replace(measured, subjects=min(measured.subjects, fewest), classes=classes, linked_classes=linked)
    return replace(_facts(inputs, replace(inputs.facts, persons=None)), measured=fewer)


def _improve_controls(inputs: AssessmentInput, _limits: Limits) -> AssessmentInput:
    if inputs.release_mode is ReleaseMode.PUBLIC or all(inputs.controls.get(control) for control in Control):
        return inputs
    return replace(inputs, controls=MappingProxyType(dict.fromkeys(Control, True)))


def _under_control(inputs: AssessmentInput, _limits: Limits) -> AssessmentInput:
    if inputs.release_mode is not ReleaseMode.PUBLIC:
        return inputs
    return replace(inputs, release_mode=ReleaseMode.CONTROLLED)


def _answer_unknowns(inputs: AssessmentInput, _limits: Limits) -> AssessmentInput:
    if all(answer.level is not None for answer in inputs.answers.values()):
        return inputs
    answers = {
        question: Answer(1, "as if it were found out") if answer.level is None else answer
        for question, answer in inputs.answers.items()
    }
    return replace(inputs, answers=MappingProxyType(answers))


_ATTEMPTS: Mapping[Measure, _Attempt] = MappingProxyType(
    {
        Measure.APPLY_TREATMENT: _apply_treatment,
        Measure.GENERALISE_QUASI_IDENTIFIERS: _generalise,
        Measure.DROP_SENSITIVE_FIELDS: _drop_sensitive,
        Measure.EXCLUDE_MINORS: _exclude_minors,
        Measure.REDUCE_PERSONS: _reduce_persons,
        Measure.IMPROVE_RECIPIENT_CONTROLS: _improve_controls,
        Measure.RELEASE_UNDER_CONTROL: _under_control,
        Measure.ANSWER_UNKNOWNS: _answer_unknowns,
    }
)
