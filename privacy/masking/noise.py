"""Noise: numbers moved a little, by chance that only the key knows.

Lives here: Laplace, Gaussian and uniform noise. What is added follows from the value and its subject under the
domain's key, so one value of one subject gets the same noise in every release of the domain, and nobody gains by asking
again and averaging. The shape and size of the noise are part of the key: the same chance at two sizes would give the
value away.

It is **not** differential privacy: the noise is not fresh, nobody keeps a budget, and equal values of one subject (without a subject:
all equal values) stay equal. It hides single figures and leaves means roughly as they were; extreme values stay extreme, which is
what `clip` is for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

import numpy as np
import pyarrow as pa

from privacy.masking.cmac import ColumnCmac
from privacy.masking.columns import Ints, Texts, Values, as_text, decoded, is_textual, nulls_where
from privacy.masking.columns import valid_rows as present
from privacy.masking.keys import KeyRing
from privacy.masking.numbers import Floats, holds_numbers, number_texts, plain_type, with_numbers
from privacy.masking.operators import Masked
from privacy.masking.parameters import ParameterReader
from privacy.masking.pseudorandom import Words, joined, keyed_codes, row_codes, subject_texts, uniform

NOISE_ALGORITHM = "noise-aes-256-cmac"
LARGEST_SCALE = 1e15
SMALLEST_SCALE = 1e-6


class NoiseShape(StrEnum):
    """How the noise is distributed: the parameter `shape`."""

    LAPLACE = "laplace"
    GAUSSIAN = "gaussian"
    UNIFORM = "uniform"


@dataclass(frozen=True, slots=True)
class NoiseSettings:
    """What a rule says. `size` is Laplace's scale b, Gauss's standard deviation, or half the width of the uniform noise.
    Results stay between `low` and `high`. `by` names the column of the subject, `by_type` its entity type."""

    shape: NoiseShape
    size: float
    low: float | None = None
    high: float | None = None
    by: str | None = None
    by_type: str | None = None

    @property
    def places(self) -> int:
        """Places after the point that a result shows: to about a thousandth of the size, or a float's last digits would say what
        it was before."""
        return max(0, 3 - math.floor(math.log10(self.size)))


@dataclass(frozen=True, slots=True)
class Noise:
    """The settings and, once there is one, the key."""

    settings: NoiseSettings
    cmac: ColumnCmac | None = None

    @property
    def beside(self) -> tuple[str, ...]:
        """The column that has to be handed in with the values."""
        return (self.settings.by,) if self.settings.by is not None else ()

    def with_key(self, keys: KeyRing, entity_type: str | None) -> Noise:
        """The same with its key. What the numbers are called has no part in it: one number of one person gets one noise."""
        algorithm = f"{NOISE_ALGORITHM}-{self.settings.shape.value}-{self.settings.size!r}"
        return replace(self, cmac=keyed_codes(keys, algorithm, self.settings.by_type))

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        kind = plain_type(source)
        return kind if holds_numbers(kind) else None

    def apply(self, values: Values) -> Masked:
        return self._noised(values, None)

    def apply_beside(self, values: Values, companions: tuple[Values, ...]) -> Masked:
        """With the subjects' column. A row without a subject is malformed: its noise would be everybody's."""
        subjects = subject_texts(companions[0], self.settings.by_type)
        masked = self._noised(values, subjects)
        lost = present(masked.values) & ~present(subjects)
        return Masked(values=nulls_where(masked.values, lost), invalid=masked.invalid | lost)

    def _noised(self, values: Values, subjects: Texts | None) -> Masked:
        if self.cmac is None:
            raise ValueError("noise needs a key")
        values = decoded(values)
        text = as_text(values)
        spelt = number_texts(text) if is_textual(values.type) else text
        words = row_codes(self.cmac, spelt if subjects is None else joined(spelt, subjects))
        return with_numbers(values, _Added(self.settings, self._chance(words)), saturate=True)

    def _chance(self, words: Words) -> Floats:
        """The noise of each row, of size 1."""
        first = uniform(words[:, 0])
        if self.settings.shape is NoiseShape.UNIFORM:
            return 2 * first - 1
        if self.settings.shape is NoiseShape.GAUSSIAN:
            second = uniform(words[:, 1])
            normal: Floats = np.sqrt(-2 * np.log(first)) * np.cos(2 * np.pi * second)  # Box and Muller
            return normal
        away = first - 0.5
        laplace: Floats = -np.sign(away) * np.log(1 - 2 * np.abs(away))
        return laplace


@dataclass(frozen=True, slots=True)
class _Added:
    """Noise of size 1 for each row, made to the settings' size and added."""

    settings: NoiseSettings
    chance: Floats

    @property
    def keeps_whole(self) -> bool:
        return True

    def integers(self, numbers: Ints, rows: Ints) -> Ints:
        # Numbers below 2⁶¹ and noise below 40 × 10¹⁵ stay inside 64 bits.
        result = numbers + np.rint(self.chance[rows] * self.settings.size).astype(np.int64)
        low, high = self._whole_bounds()
        return np.clip(result, low, high)

    def _whole_bounds(self) -> tuple[int, int]:
        low, high = self.settings.low, self.settings.high
        limit = 1 << 62
        return (
            -limit if low is None else max(-limit, min(limit, math.ceil(low))),
            limit if high is None else max(-limit, min(limit, math.floor(high))),
        )

    def floats(self, numbers: Floats, rows: Ints) -> Floats:
        result = np.round(numbers + self.chance[rows] * self.settings.size, self.settings.places)
        if self.settings.low is None and self.settings.high is None:
            return result
        bounded: Floats = np.clip(result, self.settings.low, self.settings.high)
        return bounded

    def decimal(self, number: Decimal, row: int) -> Decimal:
        exponent = number.as_tuple().exponent
        shown = Decimal(1).scaleb(exponent if isinstance(exponent, int) and exponent < 0 else 0)
        result = (number + Decimal(float(self.chance[row] * self.settings.size))).quantize(shown)
        if self.settings.low is not None:
            result = max(result, Decimal(str(self.settings.low)))
        return result if self.settings.high is None else min(result, Decimal(str(self.settings.high)))


def read_noise(reader: ParameterReader) -> Noise:
    """The noise of a rule: `shape`, its `scale` (uniform: `width`, from end to end), `low`, `high`, `by`."""
    shape = reader.choice("shape", NoiseShape)
    scale, width = reader.number("scale", positive=True), reader.number("width", positive=True)
    if shape is None:
        shape = NoiseShape.UNIFORM if width is not None else NoiseShape.LAPLACE
    stated, other = ("width", "scale") if shape is NoiseShape.UNIFORM else ("scale", "width")
    size = width if shape is NoiseShape.UNIFORM else scale
    if size is None:
        raise reader.missing(stated)
    if (scale if shape is NoiseShape.UNIFORM else width) is not None:
        raise reader.invalid(other, f"left out for {shape.value} noise")
    if not SMALLEST_SCALE <= size <= LARGEST_SCALE:
        raise reader.invalid(stated, f"a number from {SMALLEST_SCALE:g} to {LARGEST_SCALE:g}")
    low, high = reader.number("low"), reader.number("high")
    if low is not None and high is not None and low >= high:
        raise reader.invalid("high", "above low")
    by, by_type = read_subject(reader)
    half = size / 2 if shape is NoiseShape.UNIFORM else size
    return Noise(NoiseSettings(shape=shape, size=float(half), low=low, high=high, by=by, by_type=by_type))


def read_subject(reader: ParameterReader) -> tuple[str | None, str | None]:
    """The column that says whose a row is (`by`), and its entity type (`by_type`)."""
    by, by_type = reader.text("by"), reader.text("by_type")
    if by is not None and not by:
        raise reader.invalid("by", "the name of a column")
    if by is None and by_type is not None:
        raise reader.invalid("by_type", "beside by")
    return by, by_type
