"""What people answer: eight questions with evidence, the recipient's controls, its motives, and overrides.

Lives here: the answers as checked values, read from plain data such as a form or an API body gives, and the levels of
control and motive that follow from them. How answers, floors and the matrix make a grade stands in `scoring`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from catalog.messages import MessageError, gettext_noop
from privacy.risk.codes import (
    Control,
    ControlLevel,
    Dimension,
    Gate,
    ImpactQuestion,
    LikelihoodQuestion,
    MotiveFactor,
    MotiveLevel,
    Question,
)
from privacy.risk.gates import GateAnswer
from privacy.risk.rules import Limits

UNKNOWN = "unknown"
QUESTIONS: tuple[Question, ...] = (*ImpactQuestion, *LikelihoodQuestion)


class QuestionnaireError(MessageError):
    """An answer cannot be used; `question` names it."""

    code = "questionnaire_error"


class CodeUnknown(QuestionnaireError):
    """An answer is given to a question nobody asked."""

    code = "unknown_question"
    message = gettext_noop("There is no question “%(question)s”.")


class AnswerMissing(QuestionnaireError):
    """One of the eight questions is not answered."""

    code = "answer_missing"
    message = gettext_noop("The question “%(question)s” is not answered.")


class AnswerInvalid(QuestionnaireError):
    """An answer is not one of those that can be given."""

    code = "answer_invalid"
    message = gettext_noop("The answer to “%(question)s” must be %(expected)s.")


class EvidenceMissing(QuestionnaireError):
    """An answer from 1 to 4 needs its evidence."""

    code = "evidence_missing"
    message = gettext_noop("The answer to “%(question)s” needs its evidence.")


class OverrideNotHigher(QuestionnaireError):
    """An override may only raise what the answers and the floors already give."""

    code = "override_not_higher"
    message = gettext_noop("“%(question)s” stands at %(current)s and can only be raised, not set to %(level)s.")


class OverrideIncomplete(QuestionnaireError):
    """An override without a name or a reason is none."""

    code = "override_incomplete"
    message = gettext_noop("An override of “%(question)s” needs who made it and why.")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer from 1 to 4 with its evidence, or None for unknown, which counts as the highest."""

    level: int | None
    evidence: str = ""

    def score(self, limits: Limits) -> int:
        """The level that counts, 1 to 4."""
        return limits.unknown_answer if self.level is None else self.level


@dataclass(frozen=True, slots=True)
class Override:
    """A person, identified by `by`, raises one question or a whole dimension to `level`, for a reason."""

    target: Question | Dimension
    level: int
    by: str
    reason: str
    on: date


def check_answers(answers: Mapping[Question, Answer]) -> None:
    """All eight questions answered from 1 to 4 with evidence, or unknown. Raises a `QuestionnaireError`."""
    for question in QUESTIONS:
        answer = answers.get(question)
        if answer is None:
            raise AnswerMissing(question=question.value)
        if answer.level is not None and not _is_level(answer.level):
            raise AnswerInvalid(question=question.value, expected="1, 2, 3, 4 / unknown")
        if answer.level is not None and not answer.evidence.strip():
            raise EvidenceMissing(question=question.value)


def check_override(override: Override) -> None:
    """A level from 1 to 4, a name and a reason. Raises a `QuestionnaireError`."""
    if not _is_level(override.level):
        raise AnswerInvalid(question=override.target.value, expected="1, 2, 3, 4")
    if not override.by.strip() or not override.reason.strip():
        raise OverrideIncomplete(question=override.target.value)


def control_level(controls: Mapping[Control, bool | None], limits: Limits) -> ControlLevel:
    """The level of the recipient's controls; one that is not known is not there."""
    present = {control for control in Control if controls.get(control) is True}
    for level, threshold in ((ControlLevel.HIGH, limits.controls_high), (ControlLevel.MID, limits.controls_mid)):
        if len(present) >= threshold.at_least and present.issuperset(threshold.required):
            return level
    return ControlLevel.LOW


def motive_level(motives: Mapping[MotiveFactor, bool | None], limits: Limits) -> MotiveLevel:
    """The level of motive and ability; a factor that is not known is there."""
    present = {factor for factor in MotiveFactor if motives.get(factor) is not False}
    for level, threshold in ((MotiveLevel.HIGH, limits.motive_high), (MotiveLevel.MID, limits.motive_mid)):
        if len(present) >= threshold.at_least or not present.isdisjoint(threshold.any_of):
            return level
    return MotiveLevel.LOW


# --- from plain data
# ----------------------------------------------------------------------------------------------------


def read_answers(data: Mapping[str, object]) -> Mapping[Question, Answer]:
    """Answers from `{question: {"level": 1–4 or "unknown", "evidence": text}}`, all eight of them, checked.

    Raises a `QuestionnaireError`.
    """
    known: dict[str, Question] = {question.value: question for question in QUESTIONS}
    answers: dict[Question, Answer] = {}
    for name, entry in data.items():
        if name not in known:
            raise CodeUnknown(question=name)
        if not isinstance(entry, Mapping):
            raise AnswerInvalid(question=name, expected='{"level": …, "evidence": …}')
        level, evidence = entry.get("level"), entry.get("evidence", "")
        if level != UNKNOWN and not _is_level(level):
            raise AnswerInvalid(question=name, expected="1, 2, 3, 4 / unknown")
        if not isinstance(evidence, str):
            raise AnswerInvalid(question=name, expected='{"level": …, "evidence": …}')
        answers[known[name]] = Answer(level if isinstance(level, int) else None, evidence.strip())
    check_answers(answers)
    return MappingProxyType(answers)


def read_controls(data: Mapping[str, object]) -> Mapping[Control, bool | None]:
    """Controls from `{control: true, false or null}`; null is not known. Raises a `QuestionnaireError`."""
    return _read_flags(Control, data)


def read_motives(data: Mapping[str, object]) -> Mapping[MotiveFactor, bool | None]:
    """Motive factors from `{factor: true, false or null}`; null is not known. Raises a `QuestionnaireError`."""
    return _read_flags(MotiveFactor, data)


def read_gates(data: Mapping[str, object]) -> Mapping[Gate, GateAnswer]:
    """Gates from `{gate: {"passed": true or false, "evidence": text}}`. Raises a `QuestionnaireError`."""
    answers: dict[Gate, GateAnswer] = {}
    for name, entry in data.items():
        gate = _code(Gate, name)
        passed = entry.get("passed") if isinstance(entry, Mapping) else None
        evidence = entry.get("evidence", "") if isinstance(entry, Mapping) else None
        if not isinstance(passed, bool) or not isinstance(evidence, str):
            raise AnswerInvalid(question=name, expected='{"passed": true/false, "evidence": …}')
        answers[gate] = GateAnswer(passed, evidence.strip())
    return MappingProxyType(answers)


def read_overrides(data: Sequence[Mapping[str, object]], *, by: str, on: date) -> tuple[Override, ...]:
    """Overrides of one person from `[{"target": question or dimension, "level": 1–4, "reason": text}]`."""
    targets: dict[str, Question | Dimension] = {code.value: code for code in (*QUESTIONS, *Dimension)}
    overrides = []
    for entry in data:
        name, level, reason = str(entry.get("target")), entry.get("level"), entry.get("reason")
        if name not in targets:
            raise CodeUnknown(question=name)
        if not isinstance(level, int) or not _is_level(level):
            raise AnswerInvalid(question=name, expected="1, 2, 3, 4")
        override = Override(targets[name], level, by, reason.strip() if isinstance(reason, str) else "", on)
        check_override(override)
        overrides.append(override)
    return tuple(overrides)


_Code = TypeVar("_Code", bound=StrEnum)


def _read_flags(kind: type[_Code], data: Mapping[str, object]) -> Mapping[_Code, bool | None]:
    flags: dict[_Code, bool | None] = {}
    for name, value in data.items():
        code = _code(kind, name)
        if value is not None and not isinstance(value, bool):
            raise AnswerInvalid(question=name, expected="true, false / null")
        flags[code] = value
    return MappingProxyType(flags)


def _code(kind: type[_Code], name: str) -> _Code:
    try:
        return kind(name)
    except ValueError as error:
        raise CodeUnknown(question=name) from error


def _is_level(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 4
