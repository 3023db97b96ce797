"""What could be done about an assessment that does not let the data out."""

from __future__ import annotations

from typing import Any

import pytest

from privacy.risk.assessment import assess
from privacy.risk.codes import Measure, ReleaseMode
from privacy.risk.lowering import what_would_lower
from tests.risk.examples import NO_CONTROLS, NOBODY, PACK, answers, facts, measured, request


def measures(**changes: Any) -> tuple[Measure, ...]:
    inputs = request(**changes)
    return what_would_lower(inputs, assess(inputs, PACK), PACK)


def test_nothing_is_offered_where_nothing_is_in_the_way() -> None:
    assert measures() == ()


def test_coarser_quasi_identifiers_are_offered_where_somebody_stands_alone() -> None:
    assert measures(measured=measured(k_min=1)) == (Measure.GENERALISE_QUASI_IDENTIFIERS,)


def test_better_controls_are_offered_where_the_environment_is_what_makes_the_risk() -> None:
    offered = measures(measured=measured(classes=2000, k_min=4), controls=NO_CONTROLS)
    assert Measure.IMPROVE_RECIPIENT_CONTROLS in offered


def test_control_is_offered_where_the_data_is_too_fine_for_the_public() -> None:
    offered = measures(release_mode=ReleaseMode.PUBLIC, measured=measured(k_min=5))
    assert Measure.RELEASE_UNDER_CONTROL in offered
    assert Measure.IMPROVE_RECIPIENT_CONTROLS not in offered


def test_dropping_sensitive_fields_is_offered_where_they_make_the_impact() -> None:
    assert Measure.DROP_SENSITIVE_FIELDS in measures(facts=facts(sensitive=True), answers=answers(1, 3))


def test_leaving_minors_out_is_offered_where_they_make_the_impact() -> None:
    assert measures(facts=facts(under_14=True, minors=True), answers=answers(1, 2)) == (Measure.EXCLUDE_MINORS,)


def test_fewer_persons_are_offered_where_their_number_makes_the_likelihood() -> None:
    assert Measure.REDUCE_PERSONS in measures(measured=measured(subjects=11_000_000), answers=answers(3, 1))


def test_answers_are_asked_for_where_unknown_ones_make_the_grade() -> None:
    assert measures(answers=answers(None, 1)) == (Measure.ANSWER_UNKNOWNS,)


def test_a_treatment_is_offered_where_it_is_what_is_missing() -> None:
    offered = measures(answers=answers(2, 2), treatments=frozenset())
    assert offered[0] is Measure.APPLY_TREATMENT


def test_measures_that_help_only_together_are_offered_together() -> None:
    offered = measures(facts=facts(sensitive=True, under_14=True, minors=True), answers=answers(1, 2))
    assert offered == (Measure.EXCLUDE_MINORS,)
    both = measures(facts=facts(biometric=True, under_14=True, minors=True), answers=answers(1, 2))
    assert both == (Measure.DROP_SENSITIVE_FIELDS, Measure.EXCLUDE_MINORS)


def test_where_only_answers_make_the_grade_no_measure_on_the_data_is_promised() -> None:
    assert measures(answers=answers(4, 4)) == ()
    assert measures(answers=answers(4, 4), measured=NOBODY, inherent=None) == ()


@pytest.mark.parametrize("k_min", [1, 2])
def test_a_table_of_too_few_persons_is_not_helped_by_coarser_values(k_min: int) -> None:
    assert measures(measured=measured(subjects=2, classes=2 // k_min, k_min=k_min)) == ()
