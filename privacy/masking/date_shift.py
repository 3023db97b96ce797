"""Date shift: all dates of one person move by the same number of days, which only the key knows.

Lives here: the shift and its inverse. The number of days follows from the subject's canonical form under the domain's
key, is never 0, and is the same in every column and table of the domain that is shifted by as many days at most; so
what lies between two dates of a person stays as it was, and seasons blur.

A column keeps its type. Text keeps its separators and its time of day; month and day are written with two digits
each, or a date without leading zeros would tell in which month it was. Days are added to the moment itself: where
clocks change in summer a local time may differ by that hour.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from privacy.detection.arrow import pc
from privacy.masking.canonical import malformed_rows
from privacy.masking.cmac import ColumnCmac
from privacy.masking.columns import Flags, Ints, Texts, Values, as_column, as_text, decoded, nulls_where
from privacy.masking.columns import valid_rows as present
from privacy.masking.dates import (
    EARLIEST_YEAR,
    LATEST_YEAR,
    DateLevel,
    Dates,
    can_hold_dates,
    date_text,
    has_level,
    read_dates,
)
from privacy.masking.keys import KeyRing
from privacy.masking.noise import read_subject
from privacy.masking.numbers import plain_type
from privacy.masking.operators import Masked
from privacy.masking.parameters import ParameterReader
from privacy.masking.pseudorandom import below, keyed_codes, row_codes, subject_texts

SHIFT_ALGORITHM = "date-shift-aes-256-cmac"
MOST_DAYS = 3660
USUAL_DAYS = 366

_FIRST = np.datetime64(f"{EARLIEST_YEAR}-01-01", "D").astype(np.int64)
_LAST = np.datetime64(f"{LATEST_YEAR}-12-31", "D").astype(np.int64)
_SECONDS = 86_400
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}

# The parts of a date as text, after NFKC; what stands between and behind them stays.
_PARTS = (
    r"^(?P<before>\s*)\d{4}(?:(?P<first>\s*[-/.年]\s*)\d{1,2}(?P<second>\s*[-/.月]\s*)\d{1,2}(?P<after>\D.*)?"
    r"|\d{4}(?P<compact>\d{6}|\D.*)?)$"
)


@dataclass(frozen=True, slots=True)
class DateShift:
    """Shift by at most `days`; `by` names the column of the subject, `by_type` its entity type."""

    by: str
    days: int = USUAL_DAYS
    by_type: str | None = None
    cmac: ColumnCmac | None = None

    @property
    def beside(self) -> tuple[str, ...]:
        """The column that has to be handed in with the values."""
        return (self.by,)

    def with_key(self, keys: KeyRing, entity_type: str | None) -> DateShift:
        """The same with its key. The most days are part of it: two shifts made of one chance would tell more than either."""
        return replace(self, cmac=keyed_codes(keys, f"{SHIFT_ALGORITHM}-{self.days}", self.by_type))

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        return plain_type(source) if can_hold_dates(source) else None

    def apply(self, values: Values) -> Masked:
        raise ValueError("dates are shifted by the column of their subjects")

    def apply_beside(self, values: Values, companions: tuple[Values, ...]) -> Masked:
        """Shift a column. A row without a subject is malformed, as is a date outside 1800 to 2199, before or after."""
        return self._moved(values, companions[0], 1)

    def restore_beside(self, values: Values, companions: tuple[Values, ...]) -> Masked:
        """The dates as they were (text: with two digits for month and day), given the same subjects and key."""
        return self._moved(values, companions[0], -1)

    def _moved(self, values: Values, companion: Values, direction: int) -> Masked:
        values = decoded(values)
        subjects = subject_texts(companion, self.by_type)
        dates = read_dates(values)
        known = has_level(dates, DateLevel.DAY) & present(subjects)
        days = _day_numbers(dates, known)
        shift = direction * self._shifts(subjects)
        moved = days + shift
        known &= (moved >= _FIRST) & (moved <= _LAST)
        if pa.types.is_timestamp(values.type) or pa.types.is_date(values.type):
            result = _temporal(values, shift, known)
        else:
            result = _written(as_text(values), moved, known)
            result = result.cast(values.type) if pa.types.is_integer(values.type) else result
        return Masked(values=result, invalid=malformed_rows(values, result))

    def _shifts(self, subjects: Texts) -> Ints:
        """Days from −`days` to `days`, never 0, for each subject."""
        if self.cmac is None:
            raise ValueError("a date shift needs a key")
        drawn = below(row_codes(self.cmac, subjects)[:, 0], 2 * self.days) - self.days
        return drawn + (drawn >= 0)


def _day_numbers(dates: Dates, known: Flags) -> Ints:
    """Days since 1970; 0 where the day is not known."""
    year, month, day = (np.where(known, part, 1) for part in (dates.year, dates.month, dates.day))
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    numbers: Ints = months.astype("datetime64[D]").astype(np.int64) + day - 1
    return np.where(known, numbers, 0)


def _temporal(values: Values, shift: Ints, known: Flags) -> Values:
    kind = values.type
    # Arrow counts a date of 32 bits in days, one of 64 bits in milliseconds, and casts each to its own width only.
    held: pa.DataType = pa.int32() if pa.types.is_date32(kind) else pa.int64()
    step = 1 if pa.types.is_date32(kind) else _SECONDS * _PER_SECOND[getattr(kind, "unit", "ms")]
    numbers = pc.fill_null(values.cast(held), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    return as_column(numbers + np.where(known, shift * step, 0), mask=~known).cast(held).cast(kind)


def _written(text: Texts, moved: Ints, known: Flags) -> Texts:
    """The moved days in each text's own spelling."""
    days = np.where(known, moved, 0).astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    number = months.astype(np.int64)
    dates = Dates(
        year=number // 12 + 1970,
        month=number % 12 + 1,
        day=(days - months.astype("datetime64[D]")).astype(np.int64) + 1,
        known=known,
    )
    iso = date_text(dates, DateLevel.DAY)
    parts = pc.extract_regex(pc.utf8_normalize(text, form="NFKC"), _PARTS)
    found = present(parts)

    def part(name: str) -> Texts:
        return pc.fill_null(pc.struct_field(parts, name), "")

    year, month, day = (pc.utf8_slice_codeunits(iso, start, stop) for start, stop in ((0, 4), (5, 7), (8, 10)))
    written = pc.binary_join_element_wise(
        *(part("before"), year, part("first"), month, part("second"), day, part("after"), part("compact")), ""
    )
    return nulls_where(written, ~(known & found))


def read_date_shift(reader: ParameterReader) -> DateShift:
    """The shift of a rule: `by`, the column of the subject, and `days`, the most it moves a date."""
    days = reader.integer("days", minimum=1, maximum=MOST_DAYS, default=USUAL_DAYS) or USUAL_DAYS
    by, by_type = read_subject(reader)
    if by is None:
        raise reader.missing("by")
    return DateShift(by=by, days=days, by_type=by_type)
