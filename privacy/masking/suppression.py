"""Operators that show everything or nothing: keep, null, constant.

Leaving a column out (`drop`) needs no operator: the engine does not read it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from privacy.masking.columns import Values, as_column, as_text, decoded, has_text_form
from privacy.masking.operators import Masked, all_valid
from privacy.masking.parameters import ParameterReader


def _plain_type(source: pa.DataType) -> pa.DataType:
    return source.value_type if pa.types.is_dictionary(source) else source


def _repeated(one: Values, count: int) -> Values:
    """A column of one row as one of so many."""
    return one.take(as_column(np.zeros(count, dtype=np.int64)))


@dataclass(frozen=True, slots=True)
class Keep:
    """The column as it is; only a dictionary encoding is undone, for it may carry values that no row uses."""

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        return _plain_type(source)

    def apply(self, values: Values) -> Masked:
        return all_valid(decoded(values))


@dataclass(frozen=True, slots=True)
class Null:
    """A column of nulls with the type it had: readers find the column where they expect it."""

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        return _plain_type(source)

    def apply(self, values: Values) -> Masked:
        one: Values = pa.array([None], type=_plain_type(values.type))
        return all_valid(_repeated(one, len(values)))


@dataclass(frozen=True, slots=True)
class Constant:
    """One value in every row, the missing ones too: which values were missing is not told either.

    The column keeps its type, and the value is read as one of it: a number for a column of numbers, `2026-01-31` for one of
    dates. A column that has no text form (bytes, lists) becomes one of text.
    """

    value: str | int | float | bool

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        one = self._one(source)
        return None if one is None else one.type

    def apply(self, values: Values) -> Masked:
        one = self._one(values.type)
        if one is None:
            raise ValueError(f"the constant is no {values.type}")
        return all_valid(_repeated(one, len(values)))

    def _one(self, source: pa.DataType) -> Values | None:
        """The value as a column of one row; None where it is none of the column's type."""
        kind = _plain_type(source)
        text = as_text(pa.array([self.value]))
        try:
            return text.cast(kind if has_text_form(kind) and not pa.types.is_null(kind) else pa.string())
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return None


def read_constant(reader: ParameterReader) -> Constant:
    """The constant of a rule: its parameter `value`."""
    return Constant(value=reader.scalar("value"))
