"""Generalisation: values become the classes they lie in.

Lives here: what a rule's parameters mean; numeric ranges, coarser dates, age bands, upper levels of addresses, area
prefixes, prefixes of a code and groups given by the user. Telephone numbers, networks, coordinates and hierarchies are in
`generalise_codes`. A value that does not have the form its class needs is malformed: it comes out null and flagged.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pyarrow as pa

from privacy.detection.arrow import pc
from privacy.masking.addresses import AddressLevel, address_to
from privacy.masking.canonical import canonical_text, malformed_rows
from privacy.masking.columns import (
    Flags,
    Ints,
    Texts,
    Values,
    as_column,
    as_text,
    decoded,
    flags,
    has_text_form,
    is_textual,
    nulls_where,
    text_column,
)
from privacy.masking.columns import valid_rows as present
from privacy.masking.dates import DateLevel, Dates, ages_on, can_hold_dates, date_text, read_dates
from privacy.masking.generalise_codes import (
    MOST_GEOHASH,
    MOST_METRES,
    CoordinateOrder,
    Geohashes,
    Grid,
    Hierarchy,
    Networks,
    PhoneRegions,
)
from privacy.masking.operators import ColumnOperator, Masked, all_valid
from privacy.masking.parameters import ParameterReader

OLDEST_AGE = 150


class Target(StrEnum):
    """What a value is generalised to: the parameter `to`."""

    RANGE = "range"
    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    DECADE = "decade"
    AGE_BAND = "age_band"
    PROVINCE = "province"
    CITY = "city"
    DISTRICT = "district"
    AREA = "area"
    PREFIX = "prefix"
    GROUP = "group"
    TOWN = "town"
    PHONE_REGION = "phone_region"
    NETWORK = "network"
    GRID = "grid"
    GEOHASH = "geohash"
    HIERARCHY = "hierarchy"


# What a rule means that says only this parameter, or nothing at all for this entity type.
_TARGET_OF_PARAMETER = {
    **{"width": Target.RANGE, "digits": Target.AREA, "length": Target.PREFIX, "groups": Target.GROUP},
    **{"metres": Target.GRID, "bits": Target.NETWORK, "levels": Target.HIERARCHY},
}
_TARGET_OF_TYPE = {
    "BIRTH_DATE": Target.YEAR,
    "CN_ADDRESS": Target.DISTRICT,
    "CN_RESIDENT_ID": Target.AREA,
}
_RESIDENT_ID = "CN_RESIDENT_ID"
# What fits 64 bits with room to spare.
_WHOLE_DIGITS = 18
_NUMBER = r"^[+-]?(?:\d{1,18}|\d{1,3}(?:,\d{3}){1,5})(?:\.\d+)?$"


def implied_target(parameters: Mapping[str, object], entity_type: str | None) -> Target | None:
    """What a rule without `to` generalises to: what another parameter means, else what is usual for the type."""
    stated = (target for name, target in _TARGET_OF_PARAMETER.items() if parameters.get(name) is not None)
    return next(stated, None) or _TARGET_OF_TYPE.get(entity_type or "")


def read_generalise(reader: ParameterReader, entity_type: str | None) -> ColumnOperator:
    """The generalisation of a rule: `to` and its parameters; without `to`, the one that is implied."""
    target = reader.choice("to", Target, default=implied_target(reader.parameters, entity_type))
    if target is None:
        raise reader.missing("to")
    return _read_target(target, reader, entity_type)


def _read_target(target: Target, reader: ParameterReader, entity_type: str | None) -> ColumnOperator:  # noqa: PLR0911
    # one for each target
    match target:
        case Target.RANGE:
            width = reader.number("width", positive=True)
            if width is None:
                raise reader.missing("width")
            return Ranges(width=width, origin=reader.number("origin", default=0) or 0)
        case Target.AGE_BAND:
            return AgeBands(
                width=reader.integer("width", minimum=1, maximum=OLDEST_AGE, default=5) or 5,
                top=reader.integer("top", minimum=1, maximum=OLDEST_AGE),
                on=reader.date("on"),
                entity_type=entity_type,
            )
        case Target.PROVINCE | Target.CITY | Target.DISTRICT | Target.TOWN:
            return AddressTo(level=AddressLevel(target.value))
        case Target.AREA:
            digits = reader.integer("digits", minimum=2, maximum=6, default=6) or 6
            if digits % 2:
                raise reader.invalid("digits", "2, 4 or 6")
            return Prefixes(length=digits, entity_type=entity_type, form=r"^\d{6}")
        case Target.PHONE_REGION | Target.NETWORK | Target.GRID | Target.GEOHASH | Target.HIERARCHY:
            return _read_code(target, reader)
        case Target.PREFIX:
            length = reader.integer("length", minimum=1, maximum=64)
            if length is None:
                raise reader.missing("length")
            return Prefixes(length=length, entity_type=entity_type)
        case Target.GROUP:
            groups = reader.mapping("groups")
            if groups is None:
                raise reader.missing("groups")
            steps = reader.integer("steps", minimum=1, maximum=16, default=1) or 1
            return Groups(groups=groups, steps=steps, other=reader.text("other"))
        case _:
            return DatesTo(level=DateLevel(target.value), entity_type=entity_type)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _read_code(target: Target, reader: ParameterReader) -> ColumnOperator:
    """Those of `generalise_codes`."""
    if target is Target.PHONE_REGION:
        return PhoneRegions()
    if target is Target.NETWORK:
        return Networks(
            bits=reader.integer("bits", minimum=8, maximum=30, default=24) or 24,
            bits6=reader.integer("bits6", minimum=16, maximum=120, default=48) or 48,
        )
    if target is Target.GRID:
        metres = reader.number("metres", positive=True)
        if metres is None:
            raise reader.missing("metres")
        if not 1 <= metres <= MOST_METRES:
            raise reader.invalid("metres", f"a number from 1 to {MOST_METRES}")
        return Grid(metres=metres)
    if target is Target.GEOHASH:
        length = reader.integer("length", minimum=1, maximum=MOST_GEOHASH)
        if length is None:
            raise reader.missing("length")
        first = reader.choice("first", CoordinateOrder, default=CoordinateOrder.LONGITUDE)
        return Geohashes(length=length, first=first or CoordinateOrder.LONGITUDE)
    levels = reader.lists("levels")
    if levels is None:
        raise reader.missing("levels")
    deepest = max(len(classes) for classes in levels.values())
    level = reader.integer("level", minimum=1, maximum=deepest, default=1) or 1
    return Hierarchy(levels=levels, level=level, other=reader.text("other"))


@dataclass(frozen=True, slots=True)
class Ranges:
    """Numbers as half-open ranges `[20,30)` of one `width`, counted from `origin`.

    Whole numbers with whole width and origin are placed exactly; others are computed in float64, and a value within
    one part in 10⁹ of a width from a boundary counts as on it, so that 0.3 lies in `[0.3,0.4)`. Text may have
    thousands separators.
    """

    width: int | float
    origin: int | float = 0

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        plain = source.value_type if pa.types.is_dictionary(source) else source
        return pa.string() if _is_number(plain) or is_textual(plain) else None

    def apply(self, values: Values) -> Masked:
        values = decoded(values)
        steps, known = self._steps_of_text(as_text(values)) if is_textual(values.type) else self._steps(values)
        labels = self._labels(steps, known)
        return Masked(values=labels, invalid=malformed_rows(values, labels))

    def _steps_of_text(self, text: Texts) -> tuple[Ints, Flags]:
        if _are_whole_numbers(text):
            return self._steps(text.cast(pa.int64()))
        text = canonical_text(None, text)
        fits = flags(pc.match_substring_regex(text, _NUMBER))
        plain = pc.replace_substring(nulls_where(text, ~fits), pattern=",", replacement="")
        plain = pc.replace_substring_regex(plain, pattern=r"^\+", replacement="")
        # Row by row, so that a decimal point in one row does not cost another row its last digits.
        fraction = flags(pc.match_substring(plain, "."))
        steps, known = self._steps(nulls_where(plain, fraction).cast(pa.int64()))
        if fraction.any():
            fraction_steps, fraction_known = self._steps(nulls_where(plain, ~fraction).cast(pa.float64()))
            steps, known = np.where(fraction, fraction_steps, steps), known | fraction_known
        return steps, known

    def _steps(self, values: Values) -> tuple[Ints, Flags]:
        """How many widths each value lies above the origin, rounded down; and where that is known."""
        known = present(values)
        if pa.types.is_integer(values.type) and isinstance(self.width, int) and isinstance(self.origin, int):
            if pa.types.is_uint64(values.type):
                known &= flags(pc.less(values, 1 << 63))
                values = nulls_where(values, ~known)
            whole = pc.fill_null(values.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
            return (whole - self.origin) // self.width, known
        numbers = pc.fill_null(values.cast(pa.float64()), np.nan).to_numpy(zero_copy_only=False)
        with np.errstate(invalid="ignore", over="ignore"):
            places = (numbers - float(self.origin)) / float(self.width)
            nearest = np.rint(places)
            on_boundary = np.abs(places - nearest) <= 1e-9
            steps = np.where(on_boundary, nearest, np.floor(places))
            known &= np.abs(steps) < float(1 << 53)
        return np.where(known, steps, 0).astype(np.int64), known

    def _labels(self, steps: Ints, known: Flags) -> Texts:
        distinct, places = np.unique(steps, return_inverse=True)
        bounds = [(self._bound(step), self._bound(step + 1)) for step in distinct.tolist()]
        labels = pa.array([f"[{low},{high})" for low, high in bounds], type=pa.string())
        return labels.take(as_column(places, mask=~known))

    def _bound(self, step: int) -> str:
        bound = self.origin + step * self.width
        return str(bound) if isinstance(bound, int) else f"{bound:.12g}"


def _are_whole_numbers(text: Texts) -> bool:
    """Whether every value is up to eighteen ASCII digits: a column that can be read as it stands."""
    column = text_column(text)
    lengths = column.lengths[column.valid]
    if not len(lengths) or not 0 < int(lengths.min()) <= int(lengths.max()) <= _WHOLE_DIGITS:
        return False
    return bool((column.data[: column.size] - np.uint8(ord("0")) <= 9).all())


def _dates_of(values: Values, entity_type: str | None) -> Dates:
    """The dates of a column; of a column of resident IDs, the dates of birth in them."""
    if entity_type == _RESIDENT_ID:
        return read_dates(pc.utf8_slice_codeunits(canonical_text(_RESIDENT_ID, as_text(values)), 6, 14))
    return read_dates(values)


@dataclass(frozen=True, slots=True)
class DatesTo:
    """Dates and timestamps to the day, month, quarter, year or decade; resident IDs by their date of birth."""

    level: DateLevel
    entity_type: str | None = None

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        return pa.string() if can_hold_dates(source) else None

    def apply(self, values: Values) -> Masked:
        result = date_text(_dates_of(values, self.entity_type), self.level)
        return Masked(values=result, invalid=malformed_rows(values, result))


@dataclass(frozen=True, slots=True)
class AgeBands:
    """Ages, or dates of birth on the day `on`, as bands such as 20-24; `top` and above are one band, 90+.

    Whole numbers of at most three digits are ages. A date without `on` is malformed: this code has no clock.
    """

    width: int = 5
    top: int | None = None
    on: datetime.date | None = None
    entity_type: str | None = None

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        return pa.string() if can_hold_dates(source) else None

    def apply(self, values: Values) -> Masked:
        values = decoded(values)
        dates = _dates_of(values, self.entity_type)
        ages = np.full(len(values), -1, dtype=np.int64)
        if self.on is not None:
            ages = np.where(dates.known, ages_on(dates, self.on.year, self.on.month, self.on.day), ages)
        if self.entity_type != _RESIDENT_ID and (is_textual(values.type) or pa.types.is_integer(values.type)):
            text = canonical_text(None, as_text(values))
            stated = flags(pc.match_substring_regex(text, r"^\d{1,3}$"))
            numbers = pc.fill_null(nulls_where(text, ~stated).cast(pa.int64()), -1).to_numpy(zero_copy_only=False)
            ages = np.where(stated, numbers, ages)
        known = (ages >= 0) & (ages <= OLDEST_AGE)
        labels = self._labels(np.where(known, ages, 0), known)
        return Masked(values=labels, invalid=malformed_rows(values, labels))

    def _labels(self, ages: Ints, known: Flags) -> Texts:
        def label(age: int) -> str:
            if self.top is not None and age >= self.top:
                return f"{self.top}+"
            low = age // self.width * self.width
            high = low + self.width - 1 if self.top is None else min(low + self.width, self.top) - 1
            return str(low) if low == high else f"{low}-{high}"

        labels = pa.array([label(age) for age in range(OLDEST_AGE + 1)])
        return labels.take(as_column(ages, mask=~known))


@dataclass(frozen=True, slots=True)
class AddressTo:
    """Addresses to the province, city or district; null where the address does not say that level."""

    level: AddressLevel

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        return pa.string() if is_textual(source) else None

    def apply(self, values: Values) -> Masked:
        divisions = address_to(canonical_text("CN_ADDRESS", as_text(values)), self.level)
        return Masked(values=divisions, invalid=malformed_rows(values, divisions))


@dataclass(frozen=True, slots=True)
class Prefixes:
    """The first `length` characters of the canonical form.

    A value that has no more characters than that would pass through whole, and one that does not match `form` (a
    regular expression) is something else: both are malformed. An area code of six digits may be cut to six from a
    resident ID, to four or two from itself.
    """

    length: int
    entity_type: str | None = None
    form: str | None = None

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        return pa.string() if has_text_form(source) else None

    def apply(self, values: Values) -> Masked:
        canonical = canonical_text(self.entity_type, as_text(values))
        fits = pc.greater(pc.utf8_length(canonical), self.length)
        if self.form is not None:
            fits = pc.and_(fits, pc.match_substring_regex(canonical, self.form))
        cut = pc.utf8_slice_codeunits(nulls_where(canonical, ~flags(fits)), 0, self.length)
        return Masked(values=cut, invalid=malformed_rows(values, cut))


@dataclass(frozen=True, slots=True)
class Groups:
    """A hierarchy given by the user: each value's group, `steps` times over, so that one table can hold several levels.

    Values are compared after NFKC and trimming. What the table does not name becomes `other`, or is malformed without
    it. A value already at the top, as a group that has no group of its own, stays there.
    """

    groups: Mapping[str, str]
    steps: int = 1
    other: str | None = None

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        return pa.string() if has_text_form(source) else None

    def apply(self, values: Values) -> Masked:
        text = canonical_text(None, as_text(values))
        names = pa.array(list(self.groups), type=pa.string())
        tops = pa.array([self._top(name) for name in self.groups], type=pa.string())
        result: Texts = tops.take(pc.index_in(text, value_set=names))
        # A name that only ever stands for a group is at the top already.
        summits = pa.array(sorted(set(self.groups.values()) - set(self.groups)), type=pa.string())
        result = pc.if_else(pc.is_in(text, value_set=summits), text, result)
        malformed = malformed_rows(values, result)
        if self.other is not None:
            return all_valid(pc.if_else(as_column(malformed), self.other, result))
        return Masked(values=result, invalid=malformed)

    def _top(self, name: str) -> str:
        for _ in range(self.steps):
            name = self.groups.get(name, name)
        return name
