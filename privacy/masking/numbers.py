"""Columns of numbers, whatever holds them: worked on in their own type and given back in it.

Lives here: reading whole numbers, floats, decimals and numbers written as text, and writing the results so that a
column keeps its type. What is done to a number is the operators' business (`rounding`, `noise`).
"""

from __future__ import annotations

import decimal
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from privacy.detection.arrow import pc
from privacy.masking.canonical import canonical_text, malformed_rows
from privacy.masking.columns import (
    Flags,
    Ints,
    Texts,
    Values,
    as_column,
    decoded,
    flags,
    is_textual,
    nulls_where,
    placed,
)
from privacy.masking.columns import valid_rows as present
from privacy.masking.operators import Masked

Floats = npt.NDArray[np.float64]

NUMBER = r"^[+-]?(?:\d{1,18}|\d{1,3}(?:,\d{3}){1,5})(?:\.\d+)?$"
"""A number as text: at most 18 digits before the point, groups of three allowed."""

# Whole numbers up to here are worked on as 64-bit integers with room for what is added; larger ones as decimals.
_ROOMY = 1 << 61
# Decimals are exact: more digits than any Arrow type holds.
EXACT = decimal.Context(prec=80, rounding=decimal.ROUND_HALF_EVEN)
_PLAIN_WHOLE = r"^-?(?:0|[1-9]\d{0,17})$"


class NumberFunction(Protocol):
    """What an operator does to numbers. `rows` (n) says in which row of the column each of them stands."""

    @property
    def keeps_whole(self) -> bool:
        """Whether a whole number always becomes a whole number; else those in text are worked on as decimals."""
        ...

    def integers(self, numbers: Ints, rows: Ints) -> Ints:
        """Whole numbers below 2⁶¹ in size to whole numbers."""
        ...

    def floats(self, numbers: Floats, rows: Ints) -> Floats:
        """Finite floats to floats."""
        ...

    def decimal(self, number: decimal.Decimal, row: int) -> decimal.Decimal:
        """One exact number to another, in the context `EXACT`, with as many places after the point as it should show."""
        ...


def holds_numbers(kind: pa.DataType) -> bool:
    """Whether a column of this type can hold numbers: whole ones, floats, decimals or text."""
    kind = plain_type(kind)
    return is_textual(kind) or is_number_type(kind)


def is_number_type(kind: pa.DataType) -> bool:
    """Whether a column of this type holds nothing but numbers."""
    kind = plain_type(kind)
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def plain_type(kind: pa.DataType) -> pa.DataType:
    """The type behind a dictionary; text of any kind as `pa.string()`."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.string() if is_textual(kind) else kind


def with_numbers(values: Values, function: NumberFunction, *, saturate: bool = False) -> Masked:
    """Apply a function to every number of a column, keeping the column's type (text: `pa.string()`).

    What is no finite number is malformed. So is a result that the type cannot hold, unless `saturate` puts the nearest one that
    it can in its place.
    """
    values = decoded(values)
    kind = values.type
    if is_textual(kind):
        result: Values = _with_text(values.cast(pa.string()), function)
    elif pa.types.is_integer(kind):
        result = _with_integers(values, function, saturate)
    elif pa.types.is_floating(kind):
        result = _with_floats(values, function)
    else:
        result = _with_decimals(values, function, saturate)
    return Masked(values=result, invalid=malformed_rows(values, result))


def number_texts(values: Values) -> Texts:
    """Numbers written as text, without signs of plus and without groups; null where a text is no number."""
    text = canonical_text(None, values)
    plain = pc.replace_substring(
        nulls_where(text, ~flags(pc.match_substring_regex(text, NUMBER))), pattern=",", replacement=""
    )
    return pc.replace_substring_regex(plain, pattern=r"^\+", replacement="")


def _with_text(values: Texts, function: NumberFunction) -> Texts:
    text = number_texts(values)
    whole = flags(pc.match_substring_regex(text, _PLAIN_WHOLE)) & function.keeps_whole
    quick, slow = np.flatnonzero(whole), np.flatnonzero(~whole & present(text))
    parts: list[tuple[Ints, Values]] = []
    if len(quick):
        numbers = text.take(as_column(quick)).cast(pa.int64()).to_numpy(zero_copy_only=False)
        parts.append((quick, as_column(function.integers(numbers, quick)).cast(pa.string())))
    if len(slow):
        said = text.take(as_column(slow)).to_pylist()
        found = [
            _exactly(function, decimal.Decimal(str(one)), row) for one, row in zip(said, slow.tolist(), strict=True)
        ]
        parts.append((slow, pa.array([f"{one:f}" for one in found], type=pa.string())))
    return placed(len(text), parts, pa.string())


def _exactly(function: NumberFunction, number: decimal.Decimal, row: int) -> decimal.Decimal:
    with decimal.localcontext(EXACT):
        result = function.decimal(number, row)
        return result if result else abs(result)  # no −0


def _with_integers(values: Values, function: NumberFunction, saturate: bool) -> Values:
    kind = values.type
    known = present(values)
    inside = known
    if pa.types.is_int64(kind) or pa.types.is_uint64(kind):
        inside = known & flags(pc.less(values, pa.scalar(_ROOMY, type=kind)))
    if pa.types.is_int64(kind):
        inside &= flags(pc.greater(values, -_ROOMY))
    quick, slow = np.flatnonzero(inside), np.flatnonzero(known & ~inside)
    lowest, highest = _bounds(kind)
    fits = _saturated if saturate else _null_outside
    parts: list[tuple[Ints, Values]] = []
    if len(quick):
        numbers = values.take(as_column(quick)).cast(pa.int64()).to_numpy(zero_copy_only=False)
        found = function.integers(numbers, quick)
        # A 64-bit result is inside int64 by itself; what is too much for it would not have come back.
        low, high = max(lowest, -(1 << 63)), min(highest, (1 << 63) - 1)
        outside = (found < low) | (found > high)
        mask = None if saturate or not outside.any() else outside
        parts.append((quick, pa.array(np.clip(found, low, high), mask=mask).cast(kind)))
    if len(slow):
        said = values.take(as_column(slow)).to_pylist()
        exact = [
            int(_exactly(function, decimal.Decimal(str(one)), row))
            for one, row in zip(said, slow.tolist(), strict=True)
        ]
        parts.append((slow, pa.array([fits(one, lowest, highest) for one in exact], type=kind)))
    return placed(len(values), parts, kind)


def _bounds(kind: pa.DataType) -> tuple[int, int]:
    width = kind.bit_width
    return (-(1 << (width - 1)), (1 << (width - 1)) - 1) if pa.types.is_signed_integer(kind) else (0, (1 << width) - 1)


def _saturated(number: Any, lowest: Any, highest: Any) -> Any:
    return min(max(number, lowest), highest)


def _null_outside(number: Any, lowest: Any, highest: Any) -> Any:
    return number if lowest <= number <= highest else None


def _with_floats(values: Values, function: NumberFunction) -> Values:
    numbers = pc.fill_null(values.cast(pa.float64()), np.nan).to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(np.isfinite(numbers))
    result: Floats = np.full(len(numbers), np.nan)
    with np.errstate(over="ignore"):
        # + 0.0: no −0
        result[rows] = function.floats(numbers[rows], rows) + 0.0
        outside: Flags = ~np.isfinite(result.astype(values.type.to_pandas_dtype()))
    return as_column(result, mask=outside).cast(values.type)


def _with_decimals(values: Values, function: NumberFunction, saturate: bool) -> Values:
    kind = values.type
    step = decimal.Decimal(1).scaleb(-kind.scale)
    highest = (10**kind.precision - 1) * step if kind.precision < EXACT.prec else decimal.Decimal("Infinity")
    fits: Callable[[Any, Any, Any], Any] = _saturated if saturate else _null_outside
    results: list[decimal.Decimal | None] = []
    with decimal.localcontext(EXACT):
        for row, number in enumerate(values.to_pylist()):
            if number is None:
                results.append(None)
                continue
            result = function.decimal(number, row).quantize(step)
            results.append(fits(result, -highest, highest))
    column: Values = pa.array(results, type=kind)
    return column
