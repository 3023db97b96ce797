"""How the value of a rule is read: each shape a value of the rule pack can have, checked.

Lives here: the parsers of single values and the frozen types they give. Which rule has which shape, and what a pack is
as a whole, stands in `rules`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from catalog.messages import MessageError, gettext_noop
from privacy.risk import codes


class RulePackInvalid(MessageError):
    """The rule pack cannot be used: `rule` names the row, `problem` says what is wrong with it."""

    code = "rule_pack_invalid"
    message = gettext_noop("The rule pack is not valid: %(rule)s: %(problem)s.")


@dataclass(frozen=True, slots=True)
class Floor:
    """Above `over` (a probability or a number of persons) the level is at least `level`."""

    over: Decimal
    level: int


@dataclass(frozen=True, slots=True)
class ControlThreshold:
    """A level of control is reached with `at_least` controls in place, all of `required` among them."""

    at_least: int
    required: tuple[codes.Control, ...]


@dataclass(frozen=True, slots=True)
class MotiveThreshold:
    """A level of motive is reached with `at_least` factors, or with any one of `any_of`."""

    at_least: int
    any_of: tuple[codes.MotiveFactor, ...]


@dataclass(frozen=True, slots=True)
class DecisionRule:
    """What a grade asks for before the bytes may leave."""

    outcome: codes.Outcome
    sign_offs: tuple[codes.SignOff, ...]
    max_months: int
    min_treatments: int
    watermark: bool


def plain(value: object) -> object:
    """The value as JSON-able data, numbers that are not whole as decimal text."""
    if isinstance(value, Decimal):
        # Without trailing zeros, so that 0.10 and 0.1 are one pack.
        return format(value.normalize(), "f")
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def only_keys(rule_id: str, table: Mapping[str, object], keys: set[str]) -> None:
    """Refuse a table that misses one of `keys` or has another."""
    for key in sorted(keys - table.keys()):
        raise RulePackInvalid(rule=rule_id, problem=f"{key} is missing")
    for key in sorted(table.keys() - keys):
        raise RulePackInvalid(rule=rule_id, problem=f"{key} is not known")


def checked_text(rule_id: str, value: object) -> str:
    """A text that is not blank."""
    if not isinstance(value, str) or not value.strip():
        raise RulePackInvalid(rule=rule_id, problem="expected a text")
    return value


def whole(lowest: int, highest: int | None = None) -> Callable[[str, object], int]:
    """A whole number within the two bounds, both included."""

    def parse(rule_id: str, value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise RulePackInvalid(rule=rule_id, problem="expected a whole number")
        if value < lowest or (highest is not None and value > highest):
            raise RulePackInvalid(rule=rule_id, problem="the value is out of its range")
        return value

    return parse


level_value = whole(1, 4)


def fraction(rule_id: str, value: object) -> Decimal:
    """A probability or a share: above 0, at most 1."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise RulePackInvalid(rule=rule_id, problem="expected a number")
    number = Decimal(value)
    if not number.is_finite() or not 0 < number <= 1:
        raise RulePackInvalid(rule=rule_id, problem="expected a number above 0 and at most 1")
    return number


def checked_table(rule_id: str, value: object, keys: set[str]) -> Mapping[str, object]:
    """A table with exactly these keys."""
    if not isinstance(value, dict):
        raise RulePackInvalid(rule=rule_id, problem="expected a table")
    only_keys(rule_id, value, keys)
    return value


_Code = TypeVar("_Code", bound=StrEnum)


def codes_of(kind: type[_Code]) -> Callable[[str, object], tuple[_Code, ...]]:
    """A list of codes of that enumeration, none twice."""

    def parse(rule_id: str, value: object) -> tuple[_Code, ...]:
        if not isinstance(value, list):
            raise RulePackInvalid(rule=rule_id, problem="expected a list")
        try:
            found = tuple(kind(item) for item in value)
        except ValueError as error:
            raise RulePackInvalid(rule=rule_id, problem="a code in the list is not known") from error
        if len(set(found)) != len(found):
            raise RulePackInvalid(rule=rule_id, problem="a code stands twice")
        return found

    return parse


def insider_row(rule_id: str, value: object) -> Mapping[codes.MotiveLevel, Decimal]:
    """The insider risk at one level of control, by level of motive."""
    table = checked_table(rule_id, value, {str(level) for level in codes.MotiveLevel})
    return MappingProxyType({level: fraction(rule_id, table[level]) for level in codes.MotiveLevel})


def breach_row(rule_id: str, value: object) -> Mapping[codes.ControlLevel, Decimal]:
    """The probability of a breach at the recipient, by level of control."""
    table = checked_table(rule_id, value, {str(level) for level in codes.ControlLevel})
    return MappingProxyType({level: fraction(rule_id, table[level]) for level in codes.ControlLevel})


def control_threshold(rule_id: str, value: object) -> ControlThreshold:
    """What it takes to be at a level of control."""
    table = checked_table(rule_id, value, {"at_least", "required"})
    return ControlThreshold(
        at_least=whole(1, len(codes.Control))(rule_id, table["at_least"]),
        required=codes_of(codes.Control)(rule_id, table["required"]),
    )


def motive_threshold(rule_id: str, value: object) -> MotiveThreshold:
    """What it takes to be at a level of motive."""
    table = checked_table(rule_id, value, {"at_least", "any_of"})
    return MotiveThreshold(
        at_least=whole(1, len(codes.MotiveFactor))(rule_id, table["at_least"]),
        any_of=codes_of(codes.MotiveFactor)(rule_id, table["any_of"]),
    )


def floors(over: Callable[[str, object], int | Decimal]) -> Callable[[str, object], tuple[Floor, ...]]:
    """A list of thresholds and the level each of them gives; `over` reads the threshold."""

    def parse(rule_id: str, value: object) -> tuple[Floor, ...]:
        if not isinstance(value, list) or not value:
            raise RulePackInvalid(rule=rule_id, problem="expected a list")
        tables = [checked_table(rule_id, item, {"over", "level"}) for item in value]
        return tuple(
            Floor(Decimal(over(rule_id, table["over"])), level_value(rule_id, table["level"])) for table in tables
        )

    return parse


def matrix_row(rule_id: str, value: object) -> tuple[codes.RiskGrade, ...]:
    """The grades of one row of the matrix, likelihood rising."""
    if not isinstance(value, list) or len(value) != 4:
        raise RulePackInvalid(rule=rule_id, problem="expected one grade for each of the four likelihoods")
    try:
        return tuple(codes.RiskGrade(item) for item in value)
    except ValueError as error:
        raise RulePackInvalid(rule=rule_id, problem="a grade is not known") from error


def decision(rule_id: str, value: object) -> DecisionRule:
    """What a grade asks for."""
    table = checked_table(rule_id, value, {"outcome", "sign_offs", "max_months", "min_treatments", "watermark"})
    outcome = codes_of(codes.Outcome)(rule_id, [table["outcome"]])[0]
    if outcome is codes.Outcome.BLOCKED:
        raise RulePackInvalid(rule=rule_id, problem="only a gate blocks")
    sign_offs = codes_of(codes.SignOff)(rule_id, table["sign_offs"])
    if outcome is codes.Outcome.RELEASABLE and codes.SignOff.APPROVER not in sign_offs:
        raise RulePackInvalid(rule=rule_id, problem="nothing is released without the approver")
    if not isinstance(table["watermark"], bool):
        raise RulePackInvalid(rule=rule_id, problem="watermark is neither true nor false")
    return DecisionRule(
        outcome=outcome,
        sign_offs=sign_offs,
        max_months=whole(1 if outcome is codes.Outcome.RELEASABLE else 0)(rule_id, table["max_months"]),
        min_treatments=whole(0, len(codes.Treatment))(rule_id, table["min_treatments"]),
        watermark=table["watermark"],
    )
