"""The values of a row filter: how a JSON value and a column come to be compared.

Lives here: which comparison a column's type and a value allow, reading the value, and bringing a column to the same
type. The tree around it is `access.filters`. Pure.

A column of text is compared as text for equality. An ordering on text would put "9" after "10", so it is refused
unless the value says what is meant: a number compares the cells that are numbers, an ISO date those that are dates,
and a cell that is neither matches nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc

MAX_TEXT = 200

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# 20 digits before and 9 after the point fit a decimal128(38, 9) with room to spare.
_NUMBER_TYPE = pa.decimal128(38, 9)
_NUMBER_CELL = r"^[+-]?[0-9]{1,20}(\.[0-9]{1,9})?$"
_LARGEST = Decimal(10) ** 20
_DATE_CELL = r"^(?P<y>[0-9]{4})[-/.]?(?P<m>0[1-9]|1[0-2])[-/.]?(?P<d>0[1-9]|[12][0-9]|3[01])(?:[ T].*)?$"


class Comparison(StrEnum):
    """As what a column and a value are compared."""

    NONE = "none"
    TEXT = "text"
    TEXT_AS_NUMBER = "text_as_number"
    TEXT_AS_DATE = "text_as_date"
    WHOLE = "whole"
    DECIMAL = "decimal"
    FLOAT = "float"
    TRUTH = "truth"
    DATE = "date"
    TIME = "time"


class InvalidValue(Exception):
    """The value cannot be read; `expected` says what would do. Carries no value."""

    def __init__(self, expected: str) -> None:
        self.expected = expected
        super().__init__(expected)


@dataclass(frozen=True, slots=True)
class Operand:
    """A value ready to be compared. Nothing of it is in the repr: it must not reach a log."""

    text: str = field(repr=False)
    order_key: Any = field(repr=False)
    scalar: Any = field(repr=False)


def comparison_for(kind: pa.DataType, value: object, *, ordering: bool) -> Comparison | None:
    """How a column of type `kind` is compared with `value`; None where it cannot be."""
    if isinstance(kind, pa.DictionaryType):
        kind = kind.value_type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _text_comparison(value, ordering=ordering)
    if pa.types.is_boolean(kind):
        return None if ordering else Comparison.TRUTH
    if isinstance(kind, _DECIMAL_TYPES) and _wide(kind) is None:
        return None
    for is_kind, comparison in _BY_TYPE:
        if is_kind(kind):
            return comparison
    return None


_BY_TYPE = (
    (pa.types.is_integer, Comparison.WHOLE),
    (pa.types.is_decimal, Comparison.DECIMAL),
    (pa.types.is_floating, Comparison.FLOAT),
    (pa.types.is_date, Comparison.DATE),
    (pa.types.is_timestamp, Comparison.TIME),
)


_DECIMAL_TYPES = (pa.Decimal128Type, pa.Decimal256Type)


def _wide(kind: Any) -> pa.DataType | None:
    """The type in which a decimal column and a value with 9 decimals can both be held; None where there is none."""
    scale = max(kind.scale, _NUMBER_TYPE.scale)
    return pa.decimal256(76, scale) if max(kind.precision - kind.scale, 20) + scale <= 76 else None


def _text_comparison(value: object, *, ordering: bool) -> Comparison | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Comparison.TEXT_AS_NUMBER
    if not ordering:
        return Comparison.TEXT
    return Comparison.TEXT_AS_DATE if isinstance(value, str) and _ISO_DATE.fullmatch(value) else None


def read_operand(value: object, comparison: Comparison, kind: pa.DataType) -> Operand:
    """`value`, as JSON gives it, for a column of type `kind`. Raises `InvalidValue`."""
    if isinstance(kind, pa.DictionaryType):
        kind = kind.value_type
    return _READERS[comparison](value, kind)


def _text(value: object, kind: pa.DataType) -> Operand:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise InvalidValue(f"a text of at most {MAX_TEXT} characters")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidValue("a text") from None
    return Operand(value, value, pa.scalar(value, kind))


def _truth(value: object, _kind: pa.DataType) -> Operand:
    if not isinstance(value, bool):
        raise InvalidValue("true or false")
    return Operand("true" if value else "false", value, pa.scalar(value))


def _whole(value: object, kind: pa.DataType) -> Operand:
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidValue("a whole number")
    try:
        scalar = pa.scalar(value, kind)
    except (pa.ArrowInvalid, OverflowError):
        raise InvalidValue("a whole number within the range of the field") from None
    return Operand(str(value), value, scalar)


def _decimal(value: object, kind: pa.DataType) -> Operand:
    expected = "a number with at most 20 digits before and 9 after the point"
    # Decimal text too: it is how a number that no float holds is written in JSON. Not for a column of text, where the
    # quotes are what tells a text from a number.
    spellings = int | float | str if isinstance(kind, _DECIMAL_TYPES) else int | float
    if isinstance(value, bool) or not isinstance(value, spellings):
        raise InvalidValue(expected)
    if isinstance(value, str) and not re.fullmatch(_NUMBER_CELL, value, re.ASCII):
        raise InvalidValue(expected)
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidValue(expected)
    # By way of its shortest spelling: 0.1 is meant as a tenth and not as the float nearest to it.
    number = Decimal(value if isinstance(value, int) else str(value))
    if abs(number) >= _LARGEST or number != number.quantize(Decimal("1e-9")):
        raise InvalidValue(expected)
    number = abs(number) if number == 0 else number
    return Operand(
        format(number.normalize(), "f"),
        number,
        pa.scalar(number, _wide(kind) if isinstance(kind, _DECIMAL_TYPES) else _NUMBER_TYPE),
    )


def _float(value: object, kind: pa.DataType) -> Operand:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidValue("a number")
    try:
        number = float(value) or 0.0
    except OverflowError:
        raise InvalidValue("a number") from None
    # In the width of the column: a tenth in 32 bits is not the tenth of 64.
    scalar = pa.scalar(number, pa.float64() if pa.types.is_float64(kind) else pa.float32())
    if not math.isfinite(scalar.as_py()):
        raise InvalidValue("a number within the range of the field")
    return Operand(repr(number), number, scalar)


def _date(value: object, kind: pa.DataType) -> Operand:
    if not isinstance(value, str) or not _ISO_DATE.fullmatch(value):
        raise InvalidValue("a date such as 2026-01-31")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise InvalidValue("a date such as 2026-01-31") from None
    return Operand(value, day, pa.scalar(day, kind if pa.types.is_date(kind) else pa.date32()))


def _time(value: object, kind: pa.DataType) -> Operand:
    zone = cast("pa.TimestampType[Any, Any]", kind).tz
    zoned = zone is not None
    expected = "a time such as 2026-01-31T08:00:00+08:00" if zoned else "a time such as 2026-01-31T08:00:00"
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise InvalidValue(expected)
    try:
        moment = datetime.fromisoformat(value)
        moment = moment.astimezone(UTC) if zoned and moment.tzinfo is not None else moment
    except (ValueError, OverflowError):
        raise InvalidValue(expected) from None
    if (moment.tzinfo is not None) != zoned:
        raise InvalidValue(expected)
    return Operand(moment.isoformat(), moment, pa.scalar(moment, pa.timestamp("us", tz=zone)))


_READERS: Mapping[Comparison, Callable[[object, pa.DataType], Operand]] = {
    Comparison.TEXT: _text,
    Comparison.TEXT_AS_NUMBER: _decimal,
    Comparison.TEXT_AS_DATE: _date,
    Comparison.WHOLE: _whole,
    Comparison.DECIMAL: _decimal,
    Comparison.FLOAT: _float,
    Comparison.TRUTH: _truth,
    Comparison.DATE: _date,
    Comparison.TIME: _time,
}


def prepare_column(column: pa.Array[Any], comparison: Comparison) -> pa.Array[Any]:
    """The column in the type it is compared in; a cell that cannot be read as that is null."""
    if isinstance(column, pa.DictionaryArray):
        column = cast("pa.Array[Any]", column.dictionary_decode())
    if comparison is Comparison.TEXT_AS_NUMBER:
        text = _tidy(column)
        is_number = pc.match_substring_regex(text, _NUMBER_CELL)
        return cast("pa.Array[Any]", pc.cast(pc.if_else(is_number, text, pa.scalar(None, text.type)), _NUMBER_TYPE))
    if comparison is Comparison.TEXT_AS_DATE:
        return _dates(_tidy(column))
    if comparison is Comparison.DECIMAL:
        return cast("pa.Array[Any]", pc.cast(column, _wide(column.type)))
    if pa.types.is_float16(column.type):
        return cast("pa.Array[Any]", pc.cast(column, pa.float32()))
    return column


def _tidy(column: pa.Array[Any]) -> Any:
    # Full-width digits and blanks around a value are how real tables are typed.
    return pc.utf8_trim_whitespace(pc.utf8_normalize(column, form="NFKC"))  # type: ignore[attr-defined]  # not in stubs


def _dates(text: Any) -> pa.Array[Any]:
    parts = pc.extract_regex(text, _DATE_CELL)
    pieces = [pc.struct_field(parts, name) for name in ("y", "m", "d")]
    joined = pc.binary_join_element_wise(*pieces, pa.scalar("-", text.type))
    days = pc.cast(pc.strptime(joined, format="%Y-%m-%d", unit="s", error_is_null=True), pa.date32())
    # strptime takes the 31st of any month and runs on into the next one.
    same_day = pc.equal(pc.day(days), pc.cast(pieces[2], pa.int64()))
    return cast("pa.Array[Any]", pc.if_else(same_day, days, pa.scalar(None, pa.date32())))
