"""What an assessment is made from: the facts about the output, the measurement of it, and everything people answered.

Lives here: `AssessmentInput` and its parts, with what makes them contradict themselves. Nothing is scored here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from catalog.messages import MessageError, gettext_noop
from privacy.risk.codes import Control, Gate, MotiveFactor, Question, ReleaseMode, SignOff, Treatment
from privacy.risk.gates import GateAnswer
from privacy.risk.measurement import Measurement
from privacy.risk.questionnaire import Answer, Override, check_answers, check_override

REQUIRED_HASHES = ("artefact", "policy", "scan", "source")


class AssessmentError(MessageError):
    """The inputs of an assessment do not fit together."""

    code = "assessment_error"


class InputHashMissing(AssessmentError):
    """An assessment binds to exact inputs, so each of them has to be named by its hash."""

    code = "input_hash_missing"
    message = gettext_noop("The hash of “%(name)s” is missing.")


class DeclarationContradicted(AssessmentError):
    """Somebody declared that there are no data subjects, and the facts say otherwise."""

    code = "declaration_contradicted"
    message = gettext_noop("The data is declared to hold no data subjects, but “%(fact)s” says otherwise.")


class DeclarationNotAllowed(AssessmentError):
    """That the data holds no data subjects is for the privacy officer to declare, by name and with a reason."""

    code = "declaration_not_allowed"
    message = gettext_noop(
        "Only a privacy officer can declare, by name and with a reason, that there are no data subjects."
    )


class ProbabilityInvalid(AssessmentError):
    """A probability lies between 0 and 1."""

    code = "invalid_probability"
    message = gettext_noop("“%(name)s” must be between 0 and 1.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFacts:
    """What is in the output. None means not known and counts as yes.

    `persons`: how many, where a measurement does not say or is known to say too little. `sensitive`: sensitive personal
    information of PIPL Article 28. `under_14`, `minors` (under 18): about such persons. `important`: 重要数据.
    `merge`: the request joins datasets.
    """

    sensitive: bool | None
    biometric: bool | None
    under_14: bool | None
    minors: bool | None
    important: bool | None
    merge: bool | None
    persons: int | None = None

    def unknown(self) -> tuple[str, ...]:
        """The facts that are not known."""
        return tuple(name for name in _FLAGS if getattr(self, name) is None)

    def about_people(self) -> tuple[str, ...]:
        """The facts that say outright that the data is about people."""
        stated = tuple(name for name in _ABOUT_PEOPLE if getattr(self, name) is True)
        return stated if not self.persons else (*stated, "persons")


_FLAGS = ("sensitive", "biometric", "under_14", "minors", "important", "merge")
_ABOUT_PEOPLE = ("sensitive", "biometric", "under_14", "minors")


@dataclass(frozen=True, slots=True)
class NoDataSubjects:
    """A privacy officer's declaration that the dataset is not about people, so that there is no risk to measure."""

    declared_by: str
    role: SignOff
    on: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentInput:
    """Everything one assessment is made from.

    `hashes` names the exact inputs: at least the artefact, the protection policy, the scan and the source fingerprint.
    `measured` is the measurement of the very output to be released. `inherent` and `inherent_facts` are those of the
    data before treatment, None where it was not measured. `rows_linkable` says whether the output lets the rows of
    one person be tied together, as a released token of the subject does: then persons are alike only if all of their
    rows are. `acquaintance_prevalence` and `breach_probability` (0 to 1) replace what the measurement and the rule
    pack would give.
    """

    assessed_on: date
    release_mode: ReleaseMode
    hashes: Mapping[str, str]
    gates: Mapping[Gate, GateAnswer]
    answers: Mapping[Question, Answer]
    controls: Mapping[Control, bool | None]
    motives: Mapping[MotiveFactor, bool | None]
    facts: DataFacts
    measured: Measurement | NoDataSubjects
    rows_linkable: bool
    inherent: Measurement | None = None
    inherent_facts: DataFacts | None = None
    treatments: frozenset[Treatment] = field(default_factory=frozenset)
    overrides: tuple[Override, ...] = ()
    acquaintance_prevalence: Decimal | None = None
    breach_probability: Decimal | None = None


def check_inputs(inputs: AssessmentInput) -> None:
    """Raise `AssessmentError` or `QuestionnaireError` where the inputs are incomplete or contradict themselves."""
    for name in REQUIRED_HASHES:
        if not inputs.hashes.get(name, "").strip():
            raise InputHashMissing(name=name)
    check_answers(inputs.answers)
    for override in inputs.overrides:
        check_override(override)
    for name in ("acquaintance_prevalence", "breach_probability"):
        value: Decimal | None = getattr(inputs, name)
        if value is not None and not (value.is_finite() and 0 <= value <= 1):
            raise ProbabilityInvalid(name=name)
    if isinstance(inputs.measured, NoDataSubjects):
        _check_declaration(inputs.measured, inputs)


def _check_declaration(declared: NoDataSubjects, inputs: AssessmentInput) -> None:
    if declared.role is not SignOff.PRIVACY_OFFICER or not declared.declared_by.strip() or not declared.reason.strip():
        raise DeclarationNotAllowed
    if inputs.inherent is not None:
        raise DeclarationContradicted(fact="inherent")
    for fact in inputs.facts.about_people():
        raise DeclarationContradicted(fact=fact)
