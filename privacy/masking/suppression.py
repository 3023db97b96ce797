"""Operators that show everything or nothing: keep, null, constant.

Leaving a column out (`drop`) needs no operator: the engine does not read it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from privacy.masking.columns import Values, as_column, decoded
from privacy.masking.operators import Masked, all_valid
from privacy.masking.parameters import ParameterReader


def _plain_type(source: pa.DataType) -> pa.DataType:
    return source.value_type if pa.types.is_dictionary(source) else source


def _repeated(value: str | int | float | bool | None, kind: pa.DataType, count: int) -> Values:
    one: Values = pa.array([value], type=kind)
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
        return all_valid(_repeated(None, _plain_type(values.type), len(values)))


@dataclass(frozen=True, slots=True)
class Constant:
    """One value in every row, the missing ones too: which values were missing is not told either."""

    value: str | int | float | bool

    def output_type(self, source: pa.DataType) -> pa.DataType | None:  # any column can be replaced
        return self._type()

    def apply(self, values: Values) -> Masked:
        return all_valid(_repeated(self.value, self._type(), len(values)))

    def _type(self) -> pa.DataType:
        match self.value:
            case bool():
                return pa.bool_()
            case int():
                return pa.int64()
            case float():
                return pa.float64()
            case _:
                return pa.string()


def read_constant(reader: ParameterReader) -> Constant:
    """The constant of a rule: its parameter `value`."""
    return Constant(value=reader.scalar("value"))
