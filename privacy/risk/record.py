"""The record of an assessment: everything it was made from and came to, in one spelling, so that it can be hashed and
signed.

Lives here: `record`, whose canonical bytes are the same whenever the inputs are. Signatures are not in it: people
sign its SHA-256, and their signatures stand beside it with the decision. Neither is the PDF.

Figures are decimal text: exact values rounded half to even at nine places, entropy and t (which pass through
logarithms) at six.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from enum import StrEnum
from fractions import Fraction
from typing import TypeVar

from privacy.risk.assessment import AssessmentResult, Verdict
from privacy.risk.canonical_json import canonical_bytes, digest
from privacy.risk.facts import AssessmentInput, DataFacts, NoDataSubjects
from privacy.risk.measurement import Measurement
from privacy.risk.questionnaire import QUESTIONS, UNKNOWN
from privacy.risk.scoring import CriterionResult, DimensionScore, MeasuredRisk, Score

__all__ = ["FORMAT", "canonical_bytes", "digest", "record"]

FORMAT = "canglang.risk-assessment/1"

_Code = TypeVar("_Code", bound=StrEnum)
_WIDE = Context(prec=60, rounding=ROUND_HALF_EVEN)


def record(inputs: AssessmentInput, result: AssessmentResult) -> dict[str, object]:
    """The record as JSON-able data without floats; `canonical_bytes` and `digest` take it."""
    given = _inputs(inputs)
    return {
        "format": FORMAT,
        "assessed_on": inputs.assessed_on.isoformat(),
        "rules": {
            "version": result.rules_version,
            "sha256": result.rules_digest,
            "unverified": list(result.unverified_rules),
        },
        "inputs": given,
        "inputs_sha256": digest(given),
        "result": _result(result),
    }


def _inputs(inputs: AssessmentInput) -> dict[str, object]:
    return {
        "hashes": dict(inputs.hashes),
        "release_mode": inputs.release_mode.value,
        "gates": {
            gate.value: {"passed": answer.passed, "evidence": answer.evidence} for gate, answer in inputs.gates.items()
        },
        "answers": {
            question.value: {
                "level": inputs.answers[question].level or UNKNOWN,
                "evidence": inputs.answers[question].evidence,
            }
            for question in QUESTIONS
        },
        "controls": _flags(inputs.controls),
        "motives": _flags(inputs.motives),
        "facts": _facts(inputs.facts),
        "inherent_facts": _facts(inputs.inherent_facts) if inputs.inherent_facts else None,
        "measured": _declaration(inputs.measured)
        if isinstance(inputs.measured, NoDataSubjects)
        else _measurement(inputs.measured),
        "inherent": _measurement(inputs.inherent) if inputs.inherent else None,
        "rows_linkable": inputs.rows_linkable,
        "treatments": sorted(treatment.value for treatment in inputs.treatments),
        "overrides": [
            {
                "target": override.target.value,
                "level": override.level,
                "by": override.by,
                "reason": override.reason,
                "on": override.on.isoformat(),
            }
            for override in sorted(inputs.overrides, key=lambda item: (item.target, item.level, item.by, item.reason))
        ],
        "acquaintance_prevalence": _given(inputs.acquaintance_prevalence),
        "breach_probability": _given(inputs.breach_probability),
    }


def _flags(flags: Mapping[_Code, bool | None]) -> dict[str, object]:
    return {code.value: value for code, value in flags.items()}


def _facts(facts: DataFacts) -> dict[str, object]:
    return {
        "sensitive": facts.sensitive,
        "biometric": facts.biometric,
        "under_14": facts.under_14,
        "minors": facts.minors,
        "important": facts.important,
        "merge": facts.merge,
        "persons": facts.persons,
    }


def _declaration(declared: NoDataSubjects) -> dict[str, object]:
    return {
        "applicable": False,
        "declared_by": declared.declared_by,
        "role": declared.role.value,
        "on": declared.on.isoformat(),
        "reason": declared.reason,
    }


def _measurement(measured: Measurement) -> dict[str, object]:
    share = Fraction(measured.subjects, measured.population) if measured.population else None
    return {
        "applicable": True,
        "quasi": list(measured.quasi),
        "subject": measured.subject,
        "rows": measured.rows,
        "subjects": measured.subjects,
        "classes": measured.classes,
        "k_min": measured.k_min,
        "uniques": measured.uniques,
        "unique_share": _exact(Fraction(measured.uniques, measured.subjects)),
        "r_max": _exact(measured.greatest_risk()),
        "r_avg": _exact(measured.average_risk()),
        "null_subject_rows": measured.null_subject_rows,
        "subjects_in_several_classes": measured.subjects_in_several_classes,
        "linked_classes": measured.linked_classes,
        "linked_k_min": measured.linked_k_min,
        "linked_uniques": measured.linked_uniques,
        "population": measured.population,
        "population_share": _exact(share),
        "class_sizes": [
            {
                "lowest": bucket.lowest,
                "highest": bucket.highest,
                "classes": bucket.classes,
                "persons": bucket.persons,
            }
            for bucket in measured.class_sizes
        ],
        "sensitive": [
            {
                "name": field.name,
                "l_distinct": field.l_distinct,
                "l_entropy": _approximate(field.l_entropy),
                "t": _approximate(field.t),
            }
            for field in measured.sensitive
        ],
        "nearly_unique": [{"name": field.name, "values": field.values} for field in measured.nearly_unique],
        "repeated_identifiers": list(measured.repeated_identifiers),
        "l_distinct": measured.l_distinct,
        "l_entropy": _approximate(measured.l_entropy),
        "t": _approximate(measured.t),
        "t_distance": "total_variation",
    }


def _result(result: AssessmentResult) -> dict[str, object]:
    return {
        "gates": [
            {"gate": gate.gate.value, "passed": gate.passed, "evidence": gate.evidence, "problem": gate.problem}
            for gate in result.gates
        ],
        "gates_passed": result.gates_passed,
        "risk": _risk(result.risk),
        "inherent_risk": _risk(result.inherent_risk),
        "acceptance": [_criterion(item) for item in result.acceptance],
        "accepted": result.accepted,
        "residual": _score(result.residual),
        "inherent": _score(result.inherent) if result.inherent else None,
        "grade": result.grade.value,
        "verdict": _verdict(result.verdict),
        "notes": [note.value for note in result.notes],
        "overlap": "not_measured",
    }


def _risk(risk: MeasuredRisk | None) -> dict[str, object] | None:
    if risk is None:
        return None
    environment = risk.environment
    return {
        "risk": _exact(risk.risk),
        "data": _exact(risk.data),
        "environment": _exact(environment.risk),
        "insider": _exact(environment.insider),
        "acquaintance": _exact(environment.acquaintance),
        "breach": _exact(environment.breach),
        "controls": environment.controls.value,
        "motive": environment.motive.value,
        "k_min": risk.k_min,
        "r_max": _exact(risk.r_max),
        "persons": risk.persons,
    }


def _criterion(item: CriterionResult) -> dict[str, object]:
    return {
        "criterion": item.criterion.value,
        "state": item.state.value,
        "required": _exact(item.required),
        "measured": _exact(item.measured),
    }


def _score(score: Score) -> dict[str, object]:
    return {
        "impact": _dimension(score.impact),
        "likelihood": _dimension(score.likelihood),
        "grade": score.grade.value,
    }


def _dimension(side: DimensionScore) -> dict[str, object]:
    return {
        "level": side.level,
        "answered": side.answered,
        "floors": [{"rule_id": floor.rule_id, "level": floor.level} for floor in side.floors],
        "overridden": side.overridden,
    }


def _verdict(verdict: Verdict) -> dict[str, object]:
    return {
        "outcome": verdict.outcome.value,
        "reasons": [reason.value for reason in verdict.reasons],
        "sign_offs": [sign_off.value for sign_off in verdict.sign_offs],
        "max_months": verdict.max_months,
        "min_treatments": verdict.min_treatments,
        "watermark": verdict.watermark,
        "full_assessment": [trigger.value for trigger in verdict.full_assessment],
    }


def _exact(value: Fraction | None) -> str | None:
    if value is None:
        return None
    # Rounding on the fraction itself: a division in decimals first would round twice.
    return _text(round(value, 9))


def _approximate(value: float | None) -> str | None:
    return None if value is None else _text(round(Fraction(value), 6))


def _given(value: Decimal | None) -> str | None:
    return None if value is None else _text(round(Fraction(value), 9))


def _text(value: Fraction) -> str:
    number = _WIDE.divide(Decimal(value.numerator), Decimal(value.denominator))
    return format(number.normalize(_WIDE), "f")
