"""The rule pack: every limit of an assessment as a row with its source, read from `rulepack.toml` and checked.

Lives here: the loader and the frozen values it gives. No rule is applied here, and no limit is written in code: a pack
that misses a row, names one nobody knows, or holds a value out of its range is refused whole.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from privacy.risk import codes
from privacy.risk.canonical_json import digest
from privacy.risk.rule_values import (
    ControlThreshold,
    DecisionRule,
    Floor,
    MotiveThreshold,
    RulePackInvalid,
    breach_row,
    checked_table,
    checked_text,
    codes_of,
    control_threshold,
    decision,
    floors,
    fraction,
    insider_row,
    level_value,
    matrix_row,
    motive_threshold,
    only_keys,
    plain,
    whole,
)

HOUSE_RULE = "house rule"
SHIPPED_PACK = Path(__file__).with_name("rulepack.toml")


@dataclass(frozen=True, slots=True)
class Rule:
    """One limit and where it comes from. `value` is JSON-able: numbers that are not whole are decimal text.

    `article` is the place in the source, as it is cited in either language; a house rule has none.
    """

    rule_id: str
    source: str
    value: object
    effective_from: date
    verified: bool
    article: str = ""
    article_en: str = ""

    @property
    def is_house_rule(self) -> bool:
        """Whether the value is this project's decision and not the law's."""
        return self.source == HOUSE_RULE

    def as_dict(self) -> dict[str, object]:
        """The row as JSON-able data."""
        return {
            "rule_id": self.rule_id,
            "source": self.source,
            "article": self.article,
            "article_en": self.article_en,
            "value": self.value,
            "effective_from": self.effective_from.isoformat(),
            "verified": self.verified,
        }


@dataclass(frozen=True, slots=True)
class Term:
    """What a code is called, and for questions and gates where they come from."""

    group: str
    code: str
    zh: str
    en: str
    hint_zh: str = ""
    hint_en: str = ""
    source: str = ""
    source_en: str = ""
    article: str = ""
    article_en: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """The values of the pack by name, in the types the assessment works with."""

    environment_public: Decimal
    insider: Mapping[codes.ControlLevel, Mapping[codes.MotiveLevel, Decimal]]
    people_known: int
    breach: Mapping[codes.ControlLevel, Decimal]
    controls_high: ControlThreshold
    controls_mid: ControlThreshold
    motive_high: MotiveThreshold
    motive_mid: MotiveThreshold
    accept_r_max: Decimal
    accept_risk: Decimal
    accept_k_controlled: int
    accept_k_public: int
    accept_l: int
    aggregate_min_cell: int
    floors_risk: tuple[Floor, ...]
    floors_persons: tuple[Floor, ...]
    floor_sensitive: int
    floor_biometric: int
    floor_under_14: int
    floor_important: int
    unknown_answer: int
    matrix: Mapping[int, tuple[codes.RiskGrade, ...]]
    decisions: Mapping[codes.RiskGrade, DecisionRule]
    full_assessment_persons: int
    full_assessment_triggers: tuple[codes.FullAssessment, ...]
    full_assessment_sign_offs: tuple[codes.SignOff, ...]
    reassess_rows_change: Decimal
    reassess_months: int


@dataclass(frozen=True, slots=True)
class RulePack:
    """A checked rule pack.

    `digest` is the SHA-256 of the content (not of comments or layout): two packs with one digest decide alike.
    """

    version: str
    digest: str
    rules: Mapping[str, Rule]
    limits: Limits
    terms: Mapping[tuple[str, str], Term]

    def rule(self, rule_id: str) -> Rule:
        """The row of that id. KeyError if there is none."""
        return self.rules[rule_id]

    def unverified(self) -> tuple[Rule, ...]:
        """The rows whose source nobody has read."""
        return tuple(rule for rule in self.rules.values() if not rule.verified)

    def not_in_effect(self, on: date) -> tuple[Rule, ...]:
        """The rows that come into effect after `on`."""
        return tuple(rule for rule in self.rules.values() if rule.effective_from > on)

    def term(self, group: str, code: str) -> Term:
        """What `code` of `group` (see the `[terms.…]` tables) is called. KeyError if there is none."""
        return self.terms[group, str(code)]

    def group(self, group: str) -> tuple[Term, ...]:
        """The terms of one group, in the order of the pack."""
        return tuple(term for (name, _code), term in self.terms.items() if name == group)


@cache
def shipped_rule_pack() -> RulePack:
    """The pack that comes with the program."""
    return load_rule_pack(SHIPPED_PACK.read_text(encoding="utf-8"))


def load_rule_pack(text: str) -> RulePack:
    """Read and check a rule pack. Raises `RulePackInvalid` on anything missing, unknown or out of range."""
    try:
        # Decimal, not float: 0.1 × 0.5 must be 0.05 and not a hair beside it.
        document = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise RulePackInvalid(rule="rulepack.toml", problem=str(error)) from error
    only_keys("rulepack.toml", document, {"version", "rules", "terms"})
    version = checked_text("version", document["version"])
    rows = document["rules"]
    if not isinstance(rows, list):
        raise RulePackInvalid(rule="rules", problem="expected a list of rows")
    values: dict[str, Any] = {}
    rules: dict[str, Rule] = {}
    for row in rows:
        rule, parsed = _read_rule(row)
        if rule.rule_id in rules:
            raise RulePackInvalid(rule=rule.rule_id, problem="the row stands twice")
        rules[rule.rule_id], values[rule.rule_id] = rule, parsed
    missing = sorted(_PARSERS.keys() - rules.keys())
    if missing:
        raise RulePackInvalid(rule=missing[0], problem="the row is missing")
    terms = _read_terms(document["terms"])
    content = {
        "version": version,
        "rules": [rules[rule_id].as_dict() for rule_id in sorted(rules)],
        "terms": [[getattr(term, field.name) for field in fields(Term)] for _key, term in sorted(terms.items())],
    }
    return RulePack(
        version=version,
        digest=digest(content),
        rules=MappingProxyType(rules),
        limits=_limits(values),
        terms=MappingProxyType(terms),
    )


def _limits(values: Mapping[str, Any]) -> Limits:
    levels = tuple(codes.ControlLevel)
    limits = Limits(
        environment_public=values["environment.public"],
        insider=MappingProxyType({level: values[f"environment.insider.{level}"] for level in levels}),
        people_known=values["environment.acquaintance.people_known"],
        breach=values["environment.breach"],
        controls_high=values["controls.high"],
        controls_mid=values["controls.mid"],
        motive_high=values["motive.high"],
        motive_mid=values["motive.mid"],
        accept_r_max=values["accept.r_max.controlled"],
        accept_risk=values["accept.risk"],
        accept_k_controlled=values["accept.k.controlled"],
        accept_k_public=values["accept.k.public"],
        accept_l=values["accept.l.sensitive"],
        aggregate_min_cell=values["aggregate.min_cell"],
        floors_risk=values["floor.likelihood.risk"],
        floors_persons=values["floor.likelihood.persons"],
        floor_sensitive=values["floor.impact.sensitive"],
        floor_biometric=values["floor.impact.biometric"],
        floor_under_14=values["floor.impact.under_14"],
        floor_important=values["floor.impact.important"],
        unknown_answer=values["answer.unknown"],
        matrix=MappingProxyType({level: values[f"matrix.impact.{level}"] for level in range(1, 5)}),
        decisions=MappingProxyType({grade: values[f"decision.{grade}"] for grade in codes.RiskGrade}),
        full_assessment_persons=values["full_assessment.persons"],
        full_assessment_triggers=values["full_assessment.triggers"],
        full_assessment_sign_offs=values["full_assessment.sign_offs"],
        reassess_rows_change=values["reassess.rows_change"],
        reassess_months=values["reassess.months"],
    )
    _check_together(limits)
    return limits


def _check_together(limits: Limits) -> None:
    """What no row can show alone: a pack in which more danger gives less risk is a typing mistake."""
    for rule_id, thresholds in (
        ("floor.likelihood.risk", limits.floors_risk),
        ("floor.likelihood.persons", limits.floors_persons),
    ):
        ordered = sorted(thresholds, key=lambda floor: floor.over)
        if [floor.level for floor in ordered] != sorted({floor.level for floor in thresholds}):
            raise RulePackInvalid(rule=rule_id, problem="a higher threshold must give a higher level")
    ranks = [[grade.rank for grade in limits.matrix[level]] for level in range(1, 5)]
    if any(row != sorted(row) for row in ranks) or any(
        list(column) != sorted(column) for column in zip(*ranks, strict=True)
    ):
        raise RulePackInvalid(
            rule="matrix.impact", problem="more impact or more likelihood must not give a lower grade"
        )
    for level, row in limits.insider.items():
        if list(row.values()) != sorted(row.values()):
            raise RulePackInvalid(rule=f"environment.insider.{level}", problem="more motive must not give a lower risk")
    for grade in (codes.RiskGrade.HIGH, codes.RiskGrade.SEVERE):
        if limits.decisions[grade].outcome is codes.Outcome.RELEASABLE:
            raise RulePackInvalid(rule=f"decision.{grade}", problem="a high or severe risk cannot be released as it is")


# --- one row ----------------------------------------------------------------------------------------------------------


def _read_rule(row: object) -> tuple[Rule, Any]:
    if not isinstance(row, dict):
        raise RulePackInvalid(rule="rules", problem="expected a table")
    rule_id = checked_text("rule_id", row.get("rule_id"))
    place = set() if row.get("source") == HOUSE_RULE else {"article", "article_en"}
    only_keys(rule_id, row, {"rule_id", "source", "value", "effective_from", "verified"} | place)
    parser = _PARSERS.get(rule_id)
    if parser is None:
        raise RulePackInvalid(rule=rule_id, problem="no such rule is known")
    effective_from, verified = row["effective_from"], row["verified"]
    if type(effective_from) is not date:
        raise RulePackInvalid(rule=rule_id, problem="effective_from is not a date")
    if not isinstance(verified, bool):
        raise RulePackInvalid(rule=rule_id, problem="verified is neither true nor false")
    parsed = parser(rule_id, row["value"])
    rule = Rule(
        rule_id=rule_id,
        source=checked_text(rule_id, row["source"]),
        value=plain(row["value"]),
        effective_from=effective_from,
        verified=verified,
        **{key: checked_text(rule_id, row[key]) for key in place},
    )
    return rule, parsed


_PARSERS: Mapping[str, Callable[[str, object], Any]] = MappingProxyType(
    {
        "environment.public": fraction,
        "environment.insider.high": insider_row,
        "environment.insider.mid": insider_row,
        "environment.insider.low": insider_row,
        "environment.acquaintance.people_known": whole(1),
        "environment.breach": breach_row,
        "controls.high": control_threshold,
        "controls.mid": control_threshold,
        "motive.high": motive_threshold,
        "motive.mid": motive_threshold,
        "accept.r_max.controlled": fraction,
        "accept.risk": fraction,
        "accept.k.controlled": whole(2),
        "accept.k.public": whole(2),
        "accept.l.sensitive": whole(1),
        "aggregate.min_cell": whole(1),
        "floor.likelihood.risk": floors(fraction),
        "floor.likelihood.persons": floors(whole(0)),
        "floor.impact.sensitive": level_value,
        "floor.impact.biometric": level_value,
        "floor.impact.under_14": level_value,
        "floor.impact.important": level_value,
        "answer.unknown": level_value,
        "matrix.impact.4": matrix_row,
        "matrix.impact.3": matrix_row,
        "matrix.impact.2": matrix_row,
        "matrix.impact.1": matrix_row,
        "decision.low": decision,
        "decision.medium": decision,
        "decision.high": decision,
        "decision.severe": decision,
        "full_assessment.persons": whole(0),
        "full_assessment.triggers": codes_of(codes.FullAssessment),
        "full_assessment.sign_offs": codes_of(codes.SignOff),
        "reassess.rows_change": fraction,
        "reassess.months": whole(1),
    }
)


# --- the names of the codes -------------------------------------------------------------------------------------------

_LEVELS = ("1", "2", "3", "4")
_TERM_GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "gate": tuple(codes.Gate),
        "impact_question": tuple(codes.ImpactQuestion),
        "likelihood_question": tuple(codes.LikelihoodQuestion),
        "impact_level": _LEVELS,
        "likelihood_level": _LEVELS,
        "control": tuple(codes.Control),
        "motive_factor": tuple(codes.MotiveFactor),
        "control_level": tuple(codes.ControlLevel),
        "motive_level": tuple(codes.MotiveLevel),
        "release_mode": tuple(codes.ReleaseMode),
        "risk_grade": tuple(codes.RiskGrade),
        "outcome": tuple(codes.Outcome),
        "reason": tuple(codes.Reason),
        "criterion": tuple(codes.Criterion),
        "criterion_state": tuple(codes.CriterionState),
        "sign_off": tuple(codes.SignOff),
        "treatment": tuple(codes.Treatment),
        "full_assessment": tuple(codes.FullAssessment),
        "measure": tuple(codes.Measure),
        "note": tuple(codes.Note),
        "reassessment": tuple(codes.Reassessment),
    }
)


def _read_terms(tables: object) -> dict[tuple[str, str], Term]:
    groups = checked_table("terms", tables, set(_TERM_GROUPS))
    terms: dict[tuple[str, str], Term] = {}
    for group, table in groups.items():
        where = f"terms.{group}"
        for code, entry in checked_table(where, table, {str(code) for code in _TERM_GROUPS[group]}).items():
            if not isinstance(entry, dict):
                raise RulePackInvalid(rule=f"{where}.{code}", problem="expected a table")
            optional = {"hint_zh", "hint_en", "source", "source_en", "article", "article_en"} & entry.keys()
            only_keys(f"{where}.{code}", entry, {"zh", "en"} | optional)
            texts = {
                key: checked_text(f"{where}.{code}", text) for key, text in cast("dict[str, object]", entry).items()
            }
            terms[group, code] = Term(group=group, code=code, **texts)
    return terms
