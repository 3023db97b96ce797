"""Reading an operator's parameters strictly: the right type, a possible value, and nothing left over.

Lives here: the reader that every operator uses on the mapping of its rule. Which parameters there are is each
operator's own knowledge.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from privacy.masking.errors import ParameterInvalid, ParameterMissing, ParameterUnknown, PresetUnknown
from privacy.masking.operators import Operator

Choice = TypeVar("Choice", bound=StrEnum)


class ParameterReader:
    """Takes one rule's parameters one by one; `finish` refuses those nobody asked for.

    A parameter that is absent, or null in JSON, has its default. Errors name the field, the operator and the
    parameter; never the value, which may be a cell's.
    """

    __slots__ = ("_asked", "_field", "_operator", "_parameters")

    def __init__(self, field: str, operator: Operator, parameters: Mapping[str, object]) -> None:
        self._field = field
        self._operator = operator
        self._parameters = parameters
        self._asked: list[str] = []

    @property
    def parameters(self) -> Mapping[str, object]:
        """What the rule states, to look at; only what is asked for by name counts as read."""
        return self._parameters

    def missing(self, name: str) -> ParameterMissing:
        """The error for a parameter without which the operator cannot work."""
        return ParameterMissing(field=self._field, operator=self._operator.value, parameter=name)

    def invalid(self, name: str, expected: str) -> ParameterInvalid:
        """The error for a parameter that is not what `expected` says."""
        return ParameterInvalid(field=self._field, operator=self._operator.value, parameter=name, expected=expected)

    def _get(self, name: str) -> object:
        self._asked.append(name)
        return self._parameters.get(name)

    def integer(self, name: str, *, minimum: int, maximum: int, default: int | None = None) -> int | None:
        """A whole number from `minimum` to `maximum`."""
        value = self._get(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= maximum:
            raise self.invalid(name, f"a whole number from {minimum} to {maximum}")
        return value

    def number(self, name: str, *, positive: bool = False, default: float | None = None) -> int | float | None:
        """A finite number; an integer stays an integer, so that whole ranges are computed exactly."""
        value = self._get(name)
        if value is None:
            return default
        expected = "a number above 0" if positive else "a number"
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self.invalid(name, expected)
        if positive and value <= 0:
            raise self.invalid(name, expected)
        return value

    def text(self, name: str, *, default: str | None = None) -> str | None:
        """A text."""
        value = self._get(name)
        if value is None:
            return default
        if not isinstance(value, str):
            raise self.invalid(name, "a text")
        return value

    def character(self, name: str, *, default: str) -> str:
        """One printable ASCII character that is neither a letter nor a digit, so that it cannot be taken for part of
        a value."""
        value = self.text(name, default=default)
        if value is None or len(value) != 1 or not "!" <= value <= "~" or value.isalnum():
            raise self.invalid(name, "one ASCII character that is neither a letter, a digit nor a space")
        return value

    def scalar(self, name: str) -> str | int | float | bool:
        """A text, a number or a truth value; required."""
        value = self._get(name)
        if value is None:
            raise self.missing(name)
        if not isinstance(value, str | int | float | bool) or (isinstance(value, float) and not math.isfinite(value)):
            raise self.invalid(name, "a text, a number, true or false")
        if isinstance(value, int) and not isinstance(value, bool) and not -(1 << 63) <= value < 1 << 63:
            raise self.invalid(name, "a number of at most 64 bits")
        return value

    def choice(self, name: str, kind: type[Choice], *, default: Choice | None = None) -> Choice | None:
        """One code of an enumeration."""
        value = self._get(name)
        if value is None:
            return default
        try:
            return kind(value)  # type: ignore[arg-type]  # anything that is no code raises ValueError
        except ValueError:
            codes = ", ".join(member.value for member in kind)
            if name == "preset":
                raise PresetUnknown(field=self._field, preset=str(value), available=codes) from None
            raise self.invalid(name, f"one of: {codes}") from None

    def date(self, name: str) -> datetime.date | None:
        """A date, as TOML has it or as ISO 8601 text."""
        value = self._get(name)
        if value is None:
            return None
        if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
            return value
        try:
            return datetime.date.fromisoformat(value)  # type: ignore[arg-type]  # anything but text raises TypeError
        except (TypeError, ValueError):
            raise self.invalid(name, "a date such as 2026-01-31") from None

    def mapping(self, name: str) -> Mapping[str, str] | None:
        """A table from text to text, not empty."""
        value = self._get(name)
        if value is None:
            return None
        if (
            not isinstance(value, Mapping)
            or not value
            or not all(isinstance(key, str) and isinstance(entry, str) for key, entry in value.items())
        ):
            raise self.invalid(name, "a table from text to text")
        return dict(value)

    def lists(self, name: str) -> Mapping[str, tuple[str, ...]] | None:
        """A table from text to lists of texts, neither it nor any of them empty."""
        value = self._get(name)
        if value is None:
            return None
        expected = "a table from text to lists of texts"
        if not isinstance(value, Mapping) or not value:
            raise self.invalid(name, expected)
        for key, entries in value.items():
            if not isinstance(key, str) or not isinstance(entries, list | tuple) or not entries:
                raise self.invalid(name, expected)
            if not all(isinstance(entry, str) and entry for entry in entries):
                raise self.invalid(name, expected)
        return {key: tuple(entries) for key, entries in value.items()}

    def finish(self) -> None:
        """Refuse the first parameter that was never asked for."""
        for name in self._parameters:
            if name not in self._asked:
                raise ParameterUnknown(
                    field=self._field,
                    operator=self._operator.value,
                    parameter=name,
                    allowed=", ".join(self._asked) or "none",
                )
