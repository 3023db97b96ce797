"""A stored assessment as a person reads it: gates, answers, figures before and after, the matrix, the verdict.

Every figure comes from the record that decisions are signed on; nothing is computed anew here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext, ngettext

from access.models import Assessment
from access.pages import words
from access.services.readings import approval_problem, verdict_of
from catalog.errors import translated
from catalog.pages.charts import Chart
from catalog.people.models import User
from catalog.templatetags.canglang import bracketed, colon, listed, thousands
from privacy.pages.words import told_of_nearly_unique
from privacy.risk.codes import Control, MotiveFactor
from privacy.risk.questionnaire import QUESTIONS, UNKNOWN
from privacy.risk.rules import shipped_rule_pack

_LEVELS = (1, 2, 3, 4)
_LEAST = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class GateLine:
    """One gate: what it is called and comes from, whether it is passed, and on what ground."""

    label: str
    source: str
    passed: bool
    evidence: str


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One of the eight answers, with whoever raised it."""

    code: str
    label: str
    level: str
    is_unknown: bool
    evidence: str
    raised: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure before and after protection."""

    label: str
    before: str
    after: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One place of the matrix."""

    grade: str
    label: str
    is_here: bool
    was_here: bool


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One level of impact."""

    label: str
    cells: tuple[Cell, ...]


class Reading:
    """What one assessment says. A template reads its attributes; each is worked out once."""

    def __init__(self, assessment: Assessment, *, names: Mapping[str, str] | None = None) -> None:
        """`names`: user ids as text to names, for who raised an answer."""
        self.assessment = assessment
        self.record: Mapping[str, Any] = assessment.record
        self._names = names or {}

    @property
    def is_made(self) -> bool:
        return bool(self.record)

    def _result(self, name: str) -> Any:
        return self.record.get("result", {}).get(name)

    def _input(self, name: str) -> Any:
        return self.record.get("inputs", {}).get(name)

    # --- verdict -----------------------------------------------------------------------------------------------------------

    @cached_property
    def verdict(self) -> dict[str, Any]:
        return verdict_of(self.assessment)

    @property
    def outcome(self) -> str:
        return str(self.verdict.get("outcome", ""))

    @property
    def outcome_label(self) -> str:
        return words.term("outcome", self.outcome)

    @property
    def is_releasable(self) -> bool:
        return self.outcome == "releasable"

    @property
    def grade(self) -> str:
        return str(self._result("grade") or "")

    @property
    def grade_label(self) -> str:
        return words.term("risk_grade", self.grade)

    @property
    def reasons(self) -> list[str]:
        return [words.term("reason", code) for code in self.verdict.get("reasons", [])]

    @property
    def refusal(self) -> str:
        """Why nobody may approve on it; nothing where somebody may."""
        problem = approval_problem(self.assessment)
        return translated(problem) if problem else ""

    @property
    def asks(self) -> str:
        """What a release asks for besides signatures."""
        found, verdict = [], self.verdict
        if verdict.get("max_months"):
            months = int(verdict["max_months"])
            found.append(ngettext("at most %(count)d month", "at most %(count)d months", months) % {"count": months})
        if verdict.get("min_treatments"):
            least = int(verdict["min_treatments"])
            found.append(
                ngettext("at least %(count)d treatment", "at least %(count)d treatments", least) % {"count": least}
            )
        if verdict.get("watermark"):
            found.append(gettext("a watermark"))
        triggers = listed(words.term("full_assessment", code) for code in verdict.get("full_assessment", []))
        if triggers:
            found.append(gettext("a full assessment (%(why)s)") % {"why": triggers})
        return listed(found)

    @property
    def would_lower(self) -> list[str]:
        return [words.term("measure", code) for code in self.record.get("would_lower", [])]

    @property
    def notes(self) -> list[str]:
        return [words.term("note", code) for code in self._result("notes") or []]

    @property
    def rules_version(self) -> str:
        return str(self.record.get("rules", {}).get("version", ""))

    # --- gates and answers ---------------------------------------------------------------------------------------------------

    @cached_property
    def gates(self) -> list[GateLine]:
        return [
            GateLine(
                words.term("gate", item["gate"]),
                words.term_source("gate", item["gate"]),
                item["passed"],
                words.gate_evidence(item["gate"], item["evidence"]),
            )
            for item in self._result("gates") or []
        ]

    @property
    def failed_gates(self) -> list[GateLine]:
        return [gate for gate in self.gates if not gate.passed]

    @cached_property
    def answers(self) -> list[AnswerLine]:
        given, raised = self._input("answers") or {}, self._input("overrides") or []
        return [
            AnswerLine(
                code.value,
                words.question(code.value),
                _level(code.value, given[code.value]["level"]),
                given[code.value]["level"] == UNKNOWN,
                given[code.value]["evidence"],
                tuple(self._raised(item) for item in raised if item["target"] == code.value),
            )
            for code in QUESTIONS
            if code.value in given
        ]

    @property
    def raised_dimensions(self) -> list[str]:
        raised = self._input("overrides") or []
        return [
            colon(words.question(item["target"])) + self._raised(item)
            for item in raised
            if item["target"] in ("impact", "likelihood")
        ]

    def _raised(self, item: Mapping[str, Any]) -> str:
        return gettext("raised to %(level)s by %(who)s on %(day)s: %(reason)s") % {
            "level": _level(item["target"], item["level"]),
            "who": self._names.get(str(item["by"]), gettext("a decider")),
            "day": item["on"],
            "reason": item["reason"],
        }

    @property
    def controls(self) -> list[tuple[str, bool]]:
        given = self._input("controls") or {}
        return [(words.term("control", code), given.get(code.value) is True) for code in Control]

    @property
    def motives(self) -> list[tuple[str, bool]]:
        """What could tempt or enable; not known counts as there."""
        given = self._input("motives") or {}
        return [(words.term("motive_factor", code), given.get(code.value) is not False) for code in MotiveFactor]

    # --- figures -------------------------------------------------------------------------------------------------------------

    @property
    def measured(self) -> Mapping[str, Any]:
        """The measurement of the output; empty where the dataset is declared to be about nobody."""
        found = self._input("measured") or {}
        return found if found.get("applicable") else {}

    @property
    def counted_by(self) -> str:
        """The columns that make the classes."""
        return listed(self.measured.get("quasi", []))

    @property
    def counted_with_care(self) -> list[str]:
        """What a decider has to know of who and what was counted."""
        measured = self.measured
        found = [
            told_of_nearly_unique(item["name"], item["values"], measured["subjects"])
            for item in measured.get("nearly_unique", [])
        ]
        if repeated := measured.get("repeated_identifiers"):
            found.append(
                gettext(
                    "Persons are counted by “%(subject)s”, which differs from row to row while %(others)s repeats: one person"
                    " may be counted as several, and k be too high."
                )
                % {"subject": measured["subject"], "others": listed(repeated)}
            )
        if unknown := measured.get("null_subject_rows"):
            found.append(
                ngettext(
                    "%(count)s row does not say whom it is about; it is counted as one person.",
                    "%(count)s rows do not say whom they are about; they are counted as one person together.",
                    unknown,
                )
                % {"count": thousands(unknown)}
            )
        return found

    @property
    def risk(self) -> Mapping[str, Any]:
        return self._result("risk") or {}

    @cached_property
    def headline(self) -> list[tuple[str, str]]:
        """The four figures to look at first."""
        measured = self.measured
        if not measured:
            return []
        return [
            (gettext("Persons"), _number(measured["subjects"])),
            (gettext("Smallest class (k)"), _number(measured["k_min"])),
            (gettext("Unique persons"), _number(measured["uniques"]) + bracketed(_percent(measured["unique_share"]))),
            (gettext("Re-identification risk R"), _figure(self.risk.get("risk"))),
        ]

    @property
    def smallest_class(self) -> str:
        """The k that was measured on the output."""
        return _number(self.measured.get("k_min"))

    @property
    def reidentification_risk(self) -> str:
        """R on the output."""
        return _figure(self.risk.get("risk"))

    @property
    def risk_parts(self) -> list[tuple[str, str]]:
        """R = data × environment, and what the environment is made of."""
        risk = self.risk
        if not risk:
            return []
        parts = [
            (gettext("Risk of the data"), _figure(risk["data"])),
            (gettext("Risk of the environment"), _figure(risk["environment"])),
            (gettext("An insider tries it"), _figure(risk["insider"])),
            (gettext("The recipient is breached"), _figure(risk["breach"])),
            (gettext("An acquaintance is recognised"), _figure(risk["acquaintance"]) or gettext("not estimated")),
            (gettext("Recipient’s controls"), words.term("control_level", risk["controls"])),
            (gettext("Motive and ability"), words.term("motive_level", risk["motive"])),
        ]
        return [(label, value) for label, value in parts if value]

    @property
    def criteria(self) -> list[dict[str, Any]]:
        """Each limit of what is acceptable, the figure, and whether it holds."""
        return [
            {
                "label": words.term("criterion", item["criterion"]),
                "limit": f"{'≥' if item['criterion'] in ('k_min', 'l_distinct') else '≤'} {_figure(item['required'])}"
                if item["required"] is not None
                else "",
                "measured": _figure(item["measured"]),
                "state": item["state"],
                "state_label": words.term("criterion_state", item["state"]),
            }
            for item in self._result("acceptance") or []
        ]

    @cached_property
    def figures(self) -> list[Figure]:
        """Before protection and after it, side by side."""
        after, before = self.measured, self._input("inherent") or {}
        if not after:
            return []
        risk_before = self._result("inherent_risk") or {}
        rows = [
            (gettext("Classes"), "classes", _number),
            (gettext("Smallest class (k)"), "k_min", _number),
            (gettext("Unique persons"), "uniques", _number),
            (gettext("Share of unique persons"), "unique_share", _percent),
            (gettext("Greatest risk of one class"), "r_max", _figure),
            (gettext("Average risk"), "r_avg", _figure),
        ]
        found = [Figure(label, show(before.get(name)), show(after.get(name))) for label, name, show in rows]
        found.append(
            Figure(
                gettext("Re-identification risk R"), _figure(risk_before.get("risk")), _figure(self.risk.get("risk"))
            )
        )
        inherent = self._result("inherent")
        found.append(
            Figure(
                gettext("Risk grade"),
                words.term("risk_grade", inherent["grade"]) if inherent else "",
                self.grade_label,
            )
        )
        return found

    @property
    def sensitive(self) -> list[Mapping[str, Any]]:
        return [
            {
                "name": item["name"],
                "l": item["l_distinct"],
                "entropy": _figure(item["l_entropy"]),
                "t": _figure(item["t"]),
            }
            for item in self.measured.get("sensitive", [])
        ]

    @cached_property
    def class_sizes(self) -> Chart | None:
        """How many persons are in classes of which size, after protection and before it."""
        after, before = self.measured.get("class_sizes", []), (self._input("inherent") or {}).get("class_sizes", [])
        if not after:
            return None
        series = {gettext("After protection"): [bucket["persons"] for bucket in after]}
        if len(before) == len(after):
            series[gettext("Before it")] = [bucket["persons"] for bucket in before]
        return Chart(
            id=f"classes-{self.assessment.pk}",
            title=gettext("Persons by the size of their class"),
            kind="bar",
            labels=[_bucket(bucket) for bucket in after],
            series=series,
        )

    # --- matrix --------------------------------------------------------------------------------------------------------------

    @cached_property
    def matrix(self) -> list[MatrixRow]:
        """The four by four of GB/T 39335 D.5, impact downwards from the gravest, with the place of this request."""
        here, before = self._place("residual"), self._place("inherent")
        limits = shipped_rule_pack().limits
        return [
            MatrixRow(
                words.term("impact_level", impact),
                tuple(
                    Cell(
                        grade.value,
                        words.term("risk_grade", grade),
                        (impact, likelihood) == here,
                        (impact, likelihood) == before,
                    )
                    for likelihood, grade in zip(_LEVELS, limits.matrix[impact], strict=True)
                ),
            )
            for impact in reversed(_LEVELS)
        ]

    @property
    def likelihood_labels(self) -> list[str]:
        return [words.term("likelihood_level", level) for level in _LEVELS]

    def _place(self, name: str) -> tuple[int, int] | None:
        score = self._result(name)
        return (score["impact"]["level"], score["likelihood"]["level"]) if score else None

    @property
    def why_here(self) -> list[str]:
        """Why the place is no lower: the answers, the floors, and who raised it."""
        score = self._result("residual")
        if not score:
            return []
        return [
            self._why(gettext("Impact"), "impact_level", score["impact"]),
            self._why(gettext("Likelihood"), "likelihood_level", score["likelihood"]),
        ]

    def _why(self, side: str, group: str, score: Mapping[str, Any]) -> str:
        parts = [gettext("the answers give %(level)s") % {"level": words.term(group, score["answered"])}]
        parts += [
            gettext("not below %(level)s %(why)s (%(source)s)")
            % {
                "level": words.term(group, floor["level"]),
                "why": words.floor(floor["rule_id"]),
                "source": words.rule_source(floor["rule_id"]),
            }
            for floor in score["floors"]
        ]
        if score.get("overridden"):
            parts.append(
                gettext("raised by a decider to %(level)s") % {"level": words.term(group, score["overridden"])}
            )
        return gettext("%(side)s is %(level)s: %(why)s.") % {
            "side": side,
            "level": words.term(group, score["level"]),
            "why": gettext("; ").join(parts),
        }


def names_in(assessment: Assessment) -> dict[str, str]:
    """The names of those who raised an answer, by id. One query, none where nobody did."""
    ids = {str(item.get("by")) for item in assessment.record.get("inputs", {}).get("overrides", [])}
    wanted = [int(key) for key in ids if key.isdigit()]
    return {str(user.pk): str(user) for user in User.objects.filter(pk__in=wanted)} if wanted else {}


def _level(code: str, level: object) -> str:
    if level == UNKNOWN:
        return str(words.UNKNOWN_LEVEL)
    return f"{level} · {words.term(words.question_group(code), level)}"


def _bucket(bucket: Mapping[str, Any]) -> str:
    lowest, highest = bucket["lowest"], bucket["highest"]
    if highest is None:
        return f"≥ {thousands(lowest)}"
    return str(lowest) if lowest == highest else f"{lowest}–{highest}"


def _number(value: object) -> str:
    return "" if value is None else thousands(int(str(value)))


def _decimal(value: object) -> Decimal | None:
    try:
        return None if value is None else Decimal(str(value))
    except InvalidOperation:
        return None


def _figure(value: object) -> str:
    """A risk with at most three digits that count."""
    number = _decimal(value)
    if number is None:
        return ""
    if number == number.to_integral_value():
        return thousands(int(number))
    if abs(number) < _LEAST:
        return f"< {_LEAST}"
    return format(round(number, 2 - number.adjusted()).normalize(), "f")


def _percent(value: object) -> str:
    number = _decimal(value)
    if number is None:
        return ""
    share = number * 100
    places = 0 if share == share.to_integral_value() else 1 if share >= 1 else 2
    return f"{share:.{places}f} %"
