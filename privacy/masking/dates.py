"""Dates in whatever spelling a table has them.

Lives here: reading 20010203, 2001-02-03, 2001/2/3, 2001年2月3日, date and timestamp columns as years, months and
days, and writing coarser forms. A reading is of one calendar day, month (2001-02, 200102) or year (2001, 2001年,
2001-00-00); day-first and month-first spellings are ambiguous and count as malformed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from privacy.detection.arrow import pc
from privacy.masking.columns import (
    Bytes,
    Flags,
    Ints,
    TextColumn,
    Texts,
    Values,
    as_column,
    as_text,
    decoded,
    is_textual,
    text_column,
    text_of_width,
)
from privacy.masking.columns import valid_rows as present

EARLIEST_YEAR = 1800
LATEST_YEAR = 2199

# By the month's number; 0 is the year alone, which has no day.
_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=np.int64)
_SEPARATORS = np.frombuffer(b"-/.", dtype=np.uint8)
_SPELLINGS = (
    r"^\s*(?P<year>\d{4})(?:\s*年?|(?P<month3>\d{2})|(?:"
    r"\s*[-/.年]\s*(?P<month>\d{1,2})(?:\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?|\s*月)?"
    r"|(?P<month2>\d{2})(?P<day2>\d{2})(?:\d{6})?)"
    r"(?:[T\s]*\d{1,2}[:时]\d{1,2}(?:[:分]\d{1,2})?(?:\.\d+)?秒?分?\s*(?:Z|[+-]\d\d:?\d\d)?)?)\s*$"
)


class DateLevel(StrEnum):
    """How much of a date stays."""

    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    DECADE = "decade"


@dataclass(frozen=True, slots=True)
class Dates:
    """n dates: `year`, `month`, `day`; `day` is 0 where only the month is known, `month` too where only the year is.
    Where `known` is False the rest means nothing."""

    year: Ints
    month: Ints
    day: Ints
    known: Flags


def can_hold_dates(kind: pa.DataType) -> bool:
    """Whether a column of this type may hold dates: date, timestamp, text, or whole numbers such as 20010203."""
    if pa.types.is_dictionary(kind):
        return can_hold_dates(kind.value_type)
    return bool(pa.types.is_date(kind) or pa.types.is_timestamp(kind) or is_textual(kind) or pa.types.is_integer(kind))


def read_dates(values: Values) -> Dates:
    """The dates of a column; unknown where a value is null or is no date from 1800 to 2199. Timestamps are read in
    their own zone."""
    values = decoded(values)
    kind = values.type
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        values = pc.local_timestamp(values)
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        # Not a cast to date32, which refuses a timestamp that is not midnight.
        days = pc.floor_temporal(values, unit="day") if pa.types.is_timestamp(kind) else values
        return _of_days(days.cast(pa.date32()))
    return _of_text(as_text(values))


def _of_days(days: Values) -> Dates:
    known = present(days)
    numbers = pc.fill_null(days.cast(pa.int32()), 0).to_numpy(zero_copy_only=False)
    moments = numbers.astype("datetime64[D]")
    months = moments.astype("datetime64[M]")
    month_number = months.astype(np.int64)
    year = month_number // 12 + 1970
    return Dates(
        year=year,
        month=month_number % 12 + 1,
        day=(moments - months.astype("datetime64[D]")).astype(np.int64) + 1,
        known=known & (year >= EARLIEST_YEAR) & (year <= LATEST_YEAR),
    )


def _of_text(text: Texts) -> Dates:
    count = len(text)
    year, month, day = np.zeros((3, count), dtype=np.int64)
    dates = Dates(year, month, day, known=np.zeros(count, dtype=np.bool_))
    column = text_column(text)
    _read_compact(column, dates)
    _read_separated(column, dates)
    others = np.flatnonzero(column.valid & ~dates.known)
    if len(others):
        _read_other(pc.utf8_normalize(text.take(as_column(others)), form="NFKC"), others, dates)
    _drop_impossible(dates)
    return dates


def _read_compact(column: TextColumn, dates: Dates) -> None:
    rows = column.rows_of_length(8)
    _take(column.windows(8, rows), rows, dates, (slice(0, 4), slice(4, 6), slice(6, 8)), separators=())


def _read_separated(column: TextColumn, dates: Dates) -> None:
    rows = column.rows_of_length(10)
    _take(column.windows(10, rows), rows, dates, (slice(0, 4), slice(5, 7), slice(8, 10)), separators=(4, 7))


def _take(
    matrix: Bytes, rows: Ints, dates: Dates, parts: tuple[slice, slice, slice], separators: tuple[int, ...]
) -> None:
    """Note the dates of the rows whose bytes have digits in all three `parts` and one kind of separator between
    them."""
    if not len(rows):
        return
    digits = matrix - np.uint8(ord("0"))
    fits = np.ones(len(rows), dtype=np.bool_)
    for part in parts:
        for position in range(part.start, part.stop):
            fits &= digits[:, position] <= 9
    if separators:
        first = matrix[:, separators[0]]
        fits &= np.isin(first, _SEPARATORS) & (matrix[:, separators[1]] == first)
    rows, digits = rows[fits], digits[fits]
    for target, part in zip((dates.year, dates.month, dates.day), parts, strict=True):
        number = np.zeros(len(rows), dtype=np.int64)
        for position in range(part.start, part.stop):
            number = number * 10 + digits[:, position]
        target[rows] = number
    dates.known[rows] = True


def _read_other(text: Texts, rows: Ints, dates: Dates) -> None:
    parts = pc.extract_regex(text, _SPELLINGS)
    found = present(parts)
    where = rows[found]
    if not len(where):
        return

    def number(*names: str) -> Ints:
        total = np.zeros(len(rows), dtype=np.int64)
        for name in names:
            part = pc.struct_field(parts, name)
            said = pc.if_else(pc.equal(pc.fill_null(part, ""), ""), "0", part)
            total += pc.fill_null(said.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
        return total[found]

    dates.year[where] = number("year")
    dates.month[where] = number("month", "month2", "month3")
    dates.day[where] = number("day", "day2")
    dates.known[where] = True


def _drop_impossible(dates: Dates) -> None:
    year, month = dates.year, dates.month
    possible_month = (month >= 0) & (month <= 12)
    last = _DAYS[np.where(possible_month, month, 0)]
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    last = last + (leap & (month == 2))
    dates.known[:] &= (
        possible_month & (dates.day <= last) & (dates.day >= 0) & (year >= EARLIEST_YEAR) & (year <= LATEST_YEAR)
    )


def has_level(dates: Dates, level: DateLevel) -> Flags:
    """Where a date is known as finely as `level`."""
    if level is DateLevel.DAY:
        return dates.known & (dates.day > 0)
    if level in (DateLevel.MONTH, DateLevel.QUARTER):
        return dates.known & (dates.month > 0)
    return dates.known


def date_text(dates: Dates, level: DateLevel) -> Texts:
    """2001-02-03, 2001-02, 2001-Q1, 2001 or 2000s; null where the date is not known as finely as `level`."""
    known = has_level(dates, level)
    year = np.where(known, dates.year, 0)
    if level is DateLevel.DECADE:
        return text_of_width(_written((year // 10 * 10, 4), "s"), known)
    if level is DateLevel.YEAR:
        return text_of_width(_written((year, 4)), known)
    month = np.where(known, dates.month, 1)
    if level is DateLevel.QUARTER:
        return text_of_width(_written((year, 4), "-Q", ((month + 2) // 3, 1)), known)
    if level is DateLevel.MONTH:
        return text_of_width(_written((year, 4), "-", (month, 2)), known)
    return text_of_width(_written((year, 4), "-", (month, 2), "-", (dates.day, 2)), known)


def _written(*parts: tuple[Ints, int] | str) -> Bytes:
    """Numbers, each with its width in digits, and fixed texts, side by side as ASCII."""
    count = next(len(part[0]) for part in parts if not isinstance(part, str))
    columns: list[npt.NDArray[np.uint8]] = []
    for part in parts:
        if isinstance(part, str):
            columns.extend(np.full(count, ord(char), dtype=np.uint8) for char in part)
        else:
            number, width = part
            columns.extend((number // 10**power % 10 + ord("0")).astype(np.uint8) for power in reversed(range(width)))
    return np.stack(columns, axis=1)


def ages_on(dates: Dates, year: int, month: int, day: int) -> Ints:
    """Completed years from each date of birth to the day given; one known to the month or year counts from its first
    day."""
    before_birthday = (dates.month > month) | ((dates.month == month) & (np.maximum(dates.day, 1) > day))
    return np.asarray(year - dates.year - before_birthday, dtype=np.int64)
