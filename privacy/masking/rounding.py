"""Numbers made coarser in place: rounded, or cut off at the top and the bottom.

Lives here: rounding to a multiple or to a number of places, and top and bottom coding. A column keeps its type, save
where the ends are given in words: then it becomes text. Ranges such as [20,25) are `generalise`'s.
"""

from __future__ import annotations

import decimal
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa

from privacy.detection.arrow import pc
from privacy.masking.columns import Ints, Values, as_text, is_textual, nulls_where
from privacy.masking.columns import valid_rows as present
from privacy.masking.numbers import (
    Floats,
    holds_numbers,
    is_number_type,
    number_texts,
    plain_type,
    with_numbers,
)
from privacy.masking.operators import Masked
from privacy.masking.parameters import ParameterReader

MOST_PLACES = 12


@dataclass(frozen=True, slots=True)
class Round:
    """To the nearest multiple of `step`; halves go to the even multiple, so that sums do not drift."""

    step: Decimal

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        kind = plain_type(source)
        # A column of whole numbers would pass through a step of 1 or 0.01 untouched.
        if pa.types.is_integer(kind) and (self.step < 2 or self.step != int(self.step)):
            return None
        if pa.types.is_decimal(kind) and not self._fits_scale(kind.scale):
            return None
        return kind if holds_numbers(kind) else None

    def _fits_scale(self, scale: int) -> bool:
        """Whether every multiple can be written with `scale` places, and rounding takes something away."""
        smallest = Decimal(1).scaleb(-scale)
        return self.step > smallest and self.step % smallest == 0

    @property
    def keeps_whole(self) -> bool:
        return self.step == int(self.step)

    def apply(self, values: Values) -> Masked:
        return with_numbers(values, self)

    def integers(self, numbers: Ints, rows: Ints) -> Ints:
        step = int(self.step)
        below, rest = np.divmod(numbers, step)
        up = (rest > step - rest) | ((rest == step - rest) & (below % 2 == 1))
        result: Ints = (below + up) * step
        return result

    def floats(self, numbers: Floats, rows: Ints) -> Floats:
        step = float(self.step)
        multiples = np.rint(numbers / step) * step
        # 3 × 0.1 is 0.30000000000000004: written with the places that the step has.
        return np.round(multiples, self._places)

    def decimal(self, number: Decimal, row: int) -> Decimal:
        multiple = (number / self.step).to_integral_value(decimal.ROUND_HALF_EVEN) * self.step
        return multiple.quantize(Decimal(1).scaleb(-self._places))

    @property
    def _places(self) -> int:
        exponent = self.step.normalize().as_tuple().exponent
        return max(0, -exponent) if isinstance(exponent, int) else 0


def read_round(reader: ParameterReader) -> Round:
    """The rounding of a rule: its `multiple`, or its `digits` after the point (negative: before it)."""
    multiple = reader.number("multiple", positive=True)
    digits = reader.integer("digits", minimum=-18, maximum=MOST_PLACES)
    if multiple is not None and digits is not None:
        raise reader.invalid("digits", "left out where there is a multiple")
    if multiple is not None:
        step = Decimal(str(multiple))
        if not Decimal(1).scaleb(-MOST_PLACES) <= step < 1 << 61:
            raise reader.invalid("multiple", f"a number from 1e-{MOST_PLACES} to 2e18")
        return Round(step=step)
    if digits is None:
        raise reader.missing("multiple")
    return Round(step=Decimal(1).scaleb(-digits))


@dataclass(frozen=True, slots=True)
class Clip:
    """What lies below `low` becomes `low`, what lies above `high` becomes `high`; with `low_text` and `high_text` the ends
    themselves and all beyond are told in those words."""

    low: Decimal | None = None
    high: Decimal | None = None
    low_text: str | None = None
    high_text: str | None = None

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        kind = plain_type(source)
        if not holds_numbers(kind):
            return None
        if self._says_words:
            return pa.string()
        # A bound that the column cannot hold would have to be bent.
        ends = [end for end in (self.low, self.high) if end is not None]
        if pa.types.is_integer(kind) and any(end != int(end) for end in ends):
            return None
        return kind if all(_can_hold(kind, end) for end in ends) else None

    @property
    def _says_words(self) -> bool:
        return self.low_text is not None or self.high_text is not None

    def apply(self, values: Values) -> Masked:
        clipped = with_numbers(values, self)
        if not self._says_words:
            return clipped
        text = as_text(clipped.values)
        for end, words in ((self.low, self.low_text), (self.high, self.high_text)):
            if end is not None and words is not None:
                text = pc.if_else(self._at(clipped.values, end), words, text)
        return Masked(values=nulls_where(text, ~present(clipped.values)), invalid=clipped.invalid)

    def _at(self, values: Values, end: Decimal) -> Values:
        """Where a clipped column is at one of its ends."""
        if pa.types.is_floating(values.type):
            return pc.fill_null(pc.equal(values, float(end)), False)
        encoded = (number_texts(values) if is_textual(values.type) else values).dictionary_encode()
        ends = [one is not None and Decimal(str(one)) == end for one in encoded.dictionary.to_pylist()]
        return pc.fill_null(pa.array(ends, type=pa.bool_()).take(encoded.indices), False)

    @property
    def keeps_whole(self) -> bool:
        return all(end is None or end == int(end) for end in (self.low, self.high))

    def integers(self, numbers: Ints, rows: Ints) -> Ints:
        # The numbers are far smaller than 2⁶², so a bound beyond it says no more.
        low = None if self.low is None else min(max(int(self.low), -(1 << 62)), 1 << 62)
        high = None if self.high is None else min(max(int(self.high), -(1 << 62)), 1 << 62)
        result: Ints = np.clip(numbers, low, high)
        return result

    def floats(self, numbers: Floats, rows: Ints) -> Floats:
        low = None if self.low is None else float(self.low)
        high = None if self.high is None else float(self.high)
        result: Floats = np.clip(numbers, low, high)
        return result

    def decimal(self, number: Decimal, row: int) -> Decimal:
        if self.low is not None and number < self.low:
            return self.low
        return self.high if self.high is not None and number > self.high else number


def _can_hold(kind: pa.DataType, end: Decimal) -> bool:
    if not is_number_type(kind) or pa.types.is_floating(kind):
        return True
    try:
        pa.array([end if pa.types.is_decimal(kind) else int(end)], type=kind)
    except (pa.ArrowInvalid, OverflowError):
        return False
    return True


def read_clip(reader: ParameterReader) -> Clip:
    """The clipping of a rule: `low` and `high`, at least one of them, and the words for what lies there."""
    low, high = reader.number("low"), reader.number("high")
    low_text, high_text = reader.text("low_text"), reader.text("high_text")
    if low is None and high is None:
        raise reader.missing("high")
    if low is not None and high is not None and low >= high:
        raise reader.invalid("high", "above low")
    for end, words, name in ((low, low_text, "low_text"), (high, high_text, "high_text")):
        if words is not None and (end is None or not words.strip()):
            raise reader.invalid(name, "a text, beside its number")
    return Clip(
        low=None if low is None else Decimal(str(low)),
        high=None if high is None else Decimal(str(high)),
        low_text=low_text,
        high_text=high_text,
    )
