"""The row-filter builder: rows of a form and the tree that `access.filters` reads, each from the other.

A person writes a flat list of conditions joined by "all" or "any". A deeper tree, written over the API, is kept as it is or removed.
Every condition is read by `parse_filter`; here is only how a typed text becomes the JSON value it expects.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from access.filters import MAX_LEAVES, MAX_VALUES, FilterField, Operator, parse_filter
from access.pages import words
from access.services.applications import ARROW_TYPES
from catalog.datasets.models import DataField
from catalog.messages import MessageError, gettext_noop
from privacy.models import FieldRole

ALL, ANY = "all", "any"
_PREFIX = "condition"
_WITHOUT_VALUE = frozenset({Operator.IS_NULL, Operator.NOT_NULL})
_ORDERING = frozenset({Operator.LT, Operator.LE, Operator.GT, Operator.GE, Operator.BETWEEN})
_NUMBERS, _DATES = frozenset("INYBF"), frozenset("D")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_LONGEST = 20_000  # characters of one typed value or list: a thousand values of ordinary length

# What `access.filter_values` says a value must be, for the translation.
_EXPECTED = (
    gettext_noop("given"),
    gettext_noop("left out"),
    gettext_noop("true or false"),
    gettext_noop("a text"),
    gettext_noop("a text of at most 200 characters"),
    gettext_noop("a number"),
    gettext_noop("a number within the range of the field"),
    gettext_noop("a number with at most 20 digits before and 9 after the point"),
    gettext_noop("a whole number"),
    gettext_noop("a whole number within the range of the field"),
    gettext_noop("a date such as 2026-01-31"),
    gettext_noop("a time such as 2026-01-31T08:00:00"),
    gettext_noop("a time such as 2026-01-31T08:00:00+08:00"),
    gettext_noop("a list of two values"),
    gettext_noop("a list with at least one value"),
    gettext_noop("two values, the smaller one first"),
)


@dataclass(slots=True)
class Condition:
    """One row of the builder, as typed."""

    place: int
    field: str = ""
    operator: str = Operator.EQ.value
    value: str = ""
    second: str = ""
    error: str = ""
    known: DataField | None = None

    @property
    def name(self) -> str:
        """The prefix of its inputs."""
        return f"{_PREFIX}-{self.place}"

    @property
    def needs_value(self) -> bool:
        return self.operator not in _WITHOUT_VALUE

    @property
    def is_list(self) -> bool:
        return self.operator == Operator.IN

    @property
    def is_range(self) -> bool:
        return self.operator == Operator.BETWEEN

    @property
    def input(self) -> str:
        """What kind of input takes the value: date, datetime-local, number, truth or text."""
        if self.known is None or self.is_list:
            return "text"
        code = self.known.data_type
        if code in _DATES or (self.known.entity_type == "BIRTH_DATE" and self.operator in _ORDERING):
            return "date"
        if code == "T":
            return "datetime-local"
        if code == "L":
            return "truth"
        return "number" if code in _NUMBERS else "text"

    @property
    def operators(self) -> list[tuple[str, Any]]:
        """The operators that suit the field; all of them while none is chosen."""
        suited = [
            item for item in Operator if self.known is None or self.known.data_type != "L" or item not in _ORDERING
        ]
        return [(item.value, words.FILTER_OPERATORS[item.value]) for item in suited]


@dataclass(slots=True)
class Builder:
    """The builder as it stands: its rows, how they are joined, and the fields that may be chosen."""

    offered: list[DataField]
    refused: list[DataField]
    rows: list[Condition] = field(default_factory=list)
    join: str = ALL
    # A tree that is not a flat list: shown in words, kept or removed.
    kept: Mapping[str, Any] | None = None
    kept_lines: list[tuple[int, str]] = field(default_factory=list)
    is_open: bool = True

    @property
    def is_full(self) -> bool:
        return len(self.rows) >= MAX_LEAVES

    @property
    def is_wrong(self) -> bool:
        return any(row.error for row in self.rows)

    def read(self, asked: Iterable[str]) -> Mapping[str, Any] | None:
        """The tree, or None where nothing is filtered. What cannot be read is told on its row; then ask `is_wrong`."""
        if self.kept is not None:
            return self.kept
        chosen, leaves = set(asked), []
        for row in self.rows:
            if not row.field and not row.value.strip():
                continue
            leaf = _leaf(row, chosen)
            if leaf is not None:
                leaves.append(leaf)
        return {self.join: leaves} if leaves else None


def blank(fields: Iterable[DataField]) -> Builder:
    """No filter yet. Direct identifiers are not offered: an equality on one would tell who is in the data."""
    listed = list(fields)
    return Builder(
        offered=[item for item in listed if item.role != FieldRole.DIRECT],
        refused=[item for item in listed if item.role == FieldRole.DIRECT],
    )


def from_tree(tree: Mapping[str, Any] | None, fields: Iterable[DataField]) -> Builder:
    """The builder of a stored filter."""
    builder = blank(fields)
    if tree is None:
        return builder
    kind = next((name for name in (ALL, ANY) if set(tree) == {name}), None)
    leaves = list(tree[kind]) if kind else [tree]
    if not all(isinstance(leaf, Mapping) and "field" in leaf for leaf in leaves):
        labels = {item.name: item.label or item.name for item in builder.offered}
        builder.kept, builder.kept_lines = tree, words.filter_lines(tree, labels=labels, values=True)
        return builder
    builder.join = kind or ALL
    for leaf in leaves:
        _add(builder, str(leaf["field"]), str(leaf.get("op", "")), *_typed_again(leaf.get("value")))
    return builder


def from_data(data: Mapping[str, Any], fields: Iterable[DataField], stored: Mapping[str, Any] | None = None) -> Builder:
    """The builder as it was sent. `stored` is the filter that "keep" means."""
    if data.get(f"{_PREFIX}-keep") and data.get("change") != "clear":
        kept = from_tree(stored, fields)
        if kept.kept is not None:
            return kept
    builder = blank(fields)
    builder.join = ANY if data.get(f"{_PREFIX}-join") == ANY else ALL
    for place in range(min(_whole(data.get(f"{_PREFIX}-count")), MAX_LEAVES)):
        name = f"{_PREFIX}-{place}"
        if f"{name}-field" in data:
            values = (str(data.get(f"{name}-{part}", ""))[:_LONGEST] for part in ("value", "second"))
            _add(builder, str(data[f"{name}-field"])[:255], str(data.get(f"{name}-operator", ""))[:20], *values)
    return builder


def change(builder: Builder, wanted: str) -> Builder:
    """Do what a button of the builder says: add, remove-N; anything else leaves it as it is."""
    if wanted == "add" and not builder.is_full:
        _add(builder, "", Operator.EQ.value, "", "")
    elif wanted.startswith("remove-"):
        gone = _whole(wanted.removeprefix("remove-"))
        builder.rows = [row for row in builder.rows if row.place != gone]
        for place, row in enumerate(builder.rows):
            row.place = place
    return builder


def _add(builder: Builder, name: str, operator: str, value: str, second: str) -> None:
    known = next((item for item in builder.offered if item.name == name), None)
    known_operator = operator if operator in set(Operator) else Operator.EQ.value
    builder.rows.append(Condition(len(builder.rows), name, known_operator, value, second, known=known))


def _whole(text: object) -> int:
    return int(str(text)) if str(text).isascii() and str(text).isdigit() and len(str(text)) < 6 else 0


def _typed_again(value: Any) -> tuple[str, str]:
    if isinstance(value, list):
        texts = [_text_of(item) for item in value]
        return ("\n".join(texts), "") if len(texts) != 2 else (texts[0], texts[1])
    return (_text_of(value), "")


def _text_of(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


# --- one condition ---------------------------------------------------------------------------------------------------------


def _leaf(row: Condition, asked: set[str]) -> dict[str, Any] | None:
    if row.known is None:
        row.error = gettext("Choose a field.")
        return None
    if row.known.name not in asked:
        row.error = gettext("Tick this field above too: rows are chosen by fields that you ask for.")
        return None
    leaf: dict[str, Any] = {"field": row.known.name, "op": row.operator}
    if row.needs_value:
        typed = _values(row)
        if not typed or any(text == "" for text in typed):
            row.error = gettext("Type a value, or choose “is empty”.")
            return None
        if len(typed) > MAX_VALUES:
            row.error = gettext("At most %(count)d values.") % {"count": MAX_VALUES}
            return None
        read = [_typed(text, row) for text in typed]
        leaf["value"] = read if row.is_list or row.is_range else read[0]
    try:
        parse_filter(leaf, [_filter_field(row.known)])
    except MessageError as error:
        row.error = _words(error, row.known)
        return None
    return leaf


def _values(row: Condition) -> list[str]:
    if row.is_range:
        return [row.value.strip(), row.second.strip()]
    if row.is_list:
        return [line.strip() for line in row.value.splitlines() if line.strip()]
    return [row.value.strip()]


def _typed(text: str, row: Condition) -> Any:
    """The JSON value a text means, by the field's type; a text column is ordered by number or date, whichever is typed."""
    assert row.known is not None
    code = row.known.data_type
    if code == "L":
        return {"true": True, "false": False}.get(text, text)
    if code in _NUMBERS:
        return _number(text)
    if code not in "DT" and row.operator in _ORDERING and not _ISO_DATE.fullmatch(text):
        return _number(text)
    return text


def _number(text: str) -> Any:
    """A number as JSON has one; what is none stays text, for the filter to refuse."""
    plain = text.replace(",", "").replace(",", "")
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return text
    if not number.is_finite() or abs(number.adjusted()) > 40:
        return text
    return int(number) if number == number.to_integral_value() and "." not in plain else float(number)


def _filter_field(known: DataField) -> FilterField:
    return FilterField(
        name=known.name,
        arrow_type=ARROW_TYPES.get(known.data_type, pa.string()),
        is_direct_identifier=known.role == FieldRole.DIRECT,
    )


def _words(error: MessageError, known: DataField) -> str:
    params = {**error.params, "field": known.label or known.name}
    if "expected" in params:
        params["expected"] = gettext(str(params["expected"]))
    if "operator" in params:
        params["operator"] = words.FILTER_OPERATORS.get(str(params["operator"]), params["operator"])
    return gettext(error.message) % params


JOINS = ((ALL, _("all of the conditions hold")), (ANY, _("at least one of them holds")))
