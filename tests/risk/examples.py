"""The request that the tests of the risk assessment start from: a harmless one that the rules let through."""

from __future__ import annotations

from datetime import date
from typing import Any

from privacy.risk.codes import (
    Control,
    Gate,
    ImpactQuestion,
    MotiveFactor,
    Question,
    ReleaseMode,
    SignOff,
    Treatment,
)
from privacy.risk.facts import AssessmentInput, DataFacts, NoDataSubjects
from privacy.risk.gates import GateAnswer
from privacy.risk.measurement import Measurement, SensitiveMeasurement
from privacy.risk.questionnaire import QUESTIONS, Answer
from privacy.risk.rules import shipped_rule_pack

PACK = shipped_rule_pack()
TODAY = date(2026, 11, 2)

ALL_GATES = {gate: GateAnswer(passed=True, evidence=f"evidence for {gate}") for gate in Gate}
ALL_CONTROLS: dict[Control, bool | None] = dict.fromkeys(Control, True)
NO_CONTROLS: dict[Control, bool | None] = dict.fromkeys(Control, False)
NO_MOTIVE: dict[MotiveFactor, bool | None] = dict.fromkeys(MotiveFactor, False)
HASHES = {name: f"sha256:{name}" for name in ("artefact", "policy", "scan", "source")}
HARMLESS = DataFacts(sensitive=False, biometric=False, under_14=False, minors=False, important=False, merge=False)
NOBODY = NoDataSubjects("officer-7", SignOff.PRIVACY_OFFICER, TODAY, "road sections and their lengths only")


def facts(**changes: Any) -> DataFacts:
    """Facts of harmless data, but for the changes."""
    known = dict.fromkeys(("sensitive", "biometric", "under_14", "minors", "important", "merge"), False)
    return DataFacts(**{**known, **changes})


def answers(impact: int | None = 1, likelihood: int | None = 1) -> dict[Question, Answer]:
    """All eight answers, those of a dimension alike."""
    return {
        question: Answer(impact if isinstance(question, ImpactQuestion) else likelihood, "see the file")
        for question in QUESTIONS
    }


def measured(
    *, subjects: int = 10_000, classes: int = 100, k_min: int = 50, l_distinct: int | None = None, **changes: Any
) -> Measurement:
    """A measurement with these figures; where persons are in one class each, linking changes nothing."""
    figures: dict[str, Any] = {
        "quasi": ("birth_year", "district"),
        "subject": "person_token",
        "rows": subjects,
        "subjects": subjects,
        "classes": classes,
        "k_min": k_min,
        "uniques": classes if k_min == 1 else 0,
        "class_sizes": (),
        "linked_classes": classes,
        "linked_k_min": k_min,
        "linked_uniques": 0,
    }
    if l_distinct is not None:
        figures["sensitive"] = (SensitiveMeasurement("diagnosis", l_distinct, float(l_distinct), 0.1),)
    return Measurement(**{**figures, **changes})


def request(**changes: Any) -> AssessmentInput:
    """A controlled release of a harmless, well protected table to a well controlled recipient, but for the changes."""
    given: dict[str, Any] = {
        "assessed_on": TODAY,
        "release_mode": ReleaseMode.CONTROLLED,
        "hashes": HASHES,
        "gates": ALL_GATES,
        "answers": answers(),
        "controls": ALL_CONTROLS,
        "motives": NO_MOTIVE,
        "facts": HARMLESS,
        "measured": measured(),
        "rows_linkable": False,
        "inherent": measured(classes=9_000, k_min=1),
        "treatments": frozenset({Treatment.GENERALISATION}),
    }
    return AssessmentInput(**{**given, **changes})
