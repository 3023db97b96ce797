"""Row filters: a structured tree that says which rows of a dataset an application asks for.

Lives here: reading and checking such a tree, its canonical form, and what of it may stand in a ledger. Running it on
record batches is `compile_filter`, at the end. Pure: no models; the granted fields and their roles are arguments.

    {"all": [{"field": "district", "op": "in", "value": ["姑苏区", "虎丘区"]},
             {"not": {"field": "birth_date", "op": "lt", "value": "1950-01-01"}}]}

A filter answers the question whether some row has some value. On a direct identifier that is a membership oracle ("is
this ID number in the register?"), so direct identifiers are refused, and there is no operator on parts of a text,
which would let one be spelt out letter by letter. A null matches nothing but `is_null`, not even inside a `not`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import reduce
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from access.filter_values import Comparison, InvalidValue, Operand, comparison_for, prepare_column, read_operand
from catalog.messages import MessageError, gettext_noop

MAX_DEPTH = 6
MAX_LEAVES = 50
MAX_VALUES = 1000


class FilterError(MessageError):
    """A row filter cannot be used."""

    code = "filter_error"


class FilterMalformed(FilterError):
    """The tree is not made of `all`, `any`, `not` and leaves."""

    code = "filter_malformed"
    message = gettext_noop("The row filter is not well formed: %(problem)s.")


class FilterTooLarge(FilterError):
    """The tree is deeper or longer than is allowed."""

    code = "filter_too_large"
    message = gettext_noop("The row filter is too large: %(what)s may be at most %(limit)s.")


class FilterFieldUnknown(FilterError):
    """A field of the filter is not one of the granted ones."""

    code = "unknown_field"
    message = gettext_noop("The field “%(field)s” is not among the fields applied for.")


class FilterOnDirectIdentifier(FilterError):
    """A filter on a direct identifier would tell who is in the data."""

    code = "filter_on_direct_identifier"
    message = gettext_noop("Rows cannot be filtered on “%(field)s”, which identifies persons directly.")


class FilterOperatorUnknown(FilterError):
    """There is no such operator."""

    code = "unknown_operator"
    message = gettext_noop("The filter on “%(field)s” uses an operator that does not exist.")


class FilterOperatorUnsuitable(FilterError):
    """The type of the field does not allow the operator."""

    code = "unsuitable_operator"
    message = gettext_noop("“%(operator)s” cannot be used on “%(field)s”.")


class FilterValueInvalid(FilterError):
    """The value does not fit the field or the operator. The value itself is never repeated."""

    code = "invalid_filter_value"
    message = gettext_noop("The value for “%(field)s” must be %(expected)s.")


class Operator(StrEnum):
    """What a leaf can ask of a field."""

    EQ = "eq"
    NE = "ne"
    IN = "in"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"
    BETWEEN = "between"
    IS_NULL = "is_null"
    NOT_NULL = "not_null"


_WITHOUT_VALUE = frozenset({Operator.IS_NULL, Operator.NOT_NULL})
_ORDERING = frozenset({Operator.LT, Operator.LE, Operator.GT, Operator.GE, Operator.BETWEEN})


@dataclass(frozen=True, slots=True)
class FilterField:
    """A granted field: its name, its type in the record batches, and whether it identifies persons directly."""

    name: str
    arrow_type: pa.DataType
    is_direct_identifier: bool


@dataclass(frozen=True, slots=True)
class Leaf:
    """One condition. The values are kept out of the repr: they must not reach a log."""

    name: str
    operator: Operator
    comparison: Comparison
    operands: tuple[Operand, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Group:
    """`all` or `any` of the parts."""

    kind: str
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """The part does not hold."""

    part: Node


Node = Leaf | Group | Negation


@dataclass(frozen=True, slots=True)
class RowFilter:
    """A checked row filter."""

    root: Node

    def fields(self) -> frozenset[str]:
        """The names of the fields it looks at."""
        return frozenset(leaf.name for leaf in _leaves(self.root))

    def canonical(self) -> dict[str, object]:
        """The tree in its one spelling: parts sorted and each once, values as text. It holds the values."""
        return _canonical(self.root)

    def digest(self, *, key: bytes | None = None) -> str:
        """The hash of the canonical form. For a ledger give a key: without one, guesses can be tried against it."""
        content = _spelling(self.canonical()).encode("utf-8")
        if key is None:
            return "sha256:" + hashlib.sha256(content).hexdigest()
        return "hmac-sha256:" + hmac.new(key, content, hashlib.sha256).hexdigest()

    def describe(self) -> str:
        """Fields and operators, no values: what may stand in a ledger or a log."""
        return _describe(self.root)


def parse_filter(tree: object, fields: Sequence[FilterField]) -> RowFilter:
    """Read a filter tree, as JSON gives it, over the granted `fields`. Raises a `FilterError`."""
    reader = _Reader({item.name: item for item in fields})
    return RowFilter(reader.node(tree, depth=1))


class _Reader:
    """Reads one tree, counting its leaves."""

    def __init__(self, fields: Mapping[str, FilterField]) -> None:
        self._fields = fields
        self._leaves = 0

    def node(self, tree: object, *, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise FilterTooLarge(what="depth", limit=MAX_DEPTH)
        if not isinstance(tree, Mapping):
            raise FilterMalformed(problem="a condition is not an object")
        keys = set(tree)
        for kind in ("all", "any"):
            if keys == {kind}:
                return self._group(kind, tree[kind], depth=depth)
        if keys == {"not"}:
            return Negation(self.node(tree["not"], depth=depth + 1))
        if {"field", "op"} <= keys <= {"field", "op", "value"}:
            return self._leaf(tree)
        raise FilterMalformed(problem='a condition has neither "all", "any", "not" nor "field" and "op" alone')

    def _group(self, kind: str, parts: object, *, depth: int) -> Group:
        if not isinstance(parts, list) or not parts:
            raise FilterMalformed(problem=f'"{kind}" needs a list with at least one condition')
        if len(parts) > MAX_LEAVES:
            raise FilterTooLarge(what="conditions", limit=MAX_LEAVES)
        return Group(kind, tuple(self.node(part, depth=depth + 1) for part in parts))

    def _leaf(self, tree: Mapping[str, object]) -> Leaf:
        self._leaves += 1
        if self._leaves > MAX_LEAVES:
            raise FilterTooLarge(what="conditions", limit=MAX_LEAVES)
        known = self._field(tree["field"])
        try:
            operator = Operator(cast("str", tree["op"]))
        except ValueError as error:
            raise FilterOperatorUnknown(field=known.name) from error
        if operator in _WITHOUT_VALUE:
            if "value" in tree:
                raise FilterValueInvalid(field=known.name, expected="left out")
            return Leaf(known.name, operator, Comparison.NONE, ())
        if "value" not in tree:
            raise FilterValueInvalid(field=known.name, expected="given")
        given = _given_values(known.name, operator, tree["value"])
        ordering = operator in _ORDERING
        comparison = comparison_for(known.arrow_type, given[0], ordering=ordering)
        if comparison is None:
            raise FilterOperatorUnsuitable(field=known.name, operator=operator.value)
        try:
            operands = tuple(read_operand(value, comparison, known.arrow_type) for value in given)
        except InvalidValue as error:
            # Without the cause: its message may repeat the value.
            raise FilterValueInvalid(field=known.name, expected=error.expected) from None
        if operator is Operator.BETWEEN and operands[0].order_key > operands[1].order_key:
            raise FilterValueInvalid(field=known.name, expected="two values, the smaller one first")
        return Leaf(known.name, operator, comparison, operands)

    def _field(self, name: object) -> FilterField:
        if not isinstance(name, str):
            raise FilterMalformed(problem="a field is not named by a text")
        known = self._fields.get(name)
        if known is None:
            raise FilterFieldUnknown(field=name[:100])
        if known.is_direct_identifier:
            raise FilterOnDirectIdentifier(field=name)
        return known


def _given_values(name: str, operator: Operator, value: object) -> list[object]:
    if operator is Operator.BETWEEN:
        if not isinstance(value, list) or len(value) != 2:
            raise FilterValueInvalid(field=name, expected="a list of two values")
        return value
    if operator is Operator.IN:
        if not isinstance(value, list) or not value:
            raise FilterValueInvalid(field=name, expected="a list with at least one value")
        if len(value) > MAX_VALUES:
            raise FilterTooLarge(what="values", limit=MAX_VALUES)
        return value
    return [value]


def _leaves(node: Node) -> Iterator[Leaf]:
    if isinstance(node, Leaf):
        yield node
    elif isinstance(node, Negation):
        yield from _leaves(node.part)
    else:
        for part in node.parts:
            yield from _leaves(part)


def _canonical(node: Node) -> dict[str, object]:
    if isinstance(node, Negation):
        return {"not": _canonical(node.part)}
    if isinstance(node, Group):
        parts = {_spelling(part): part for part in map(_canonical, node.parts)}
        return {node.kind: [parts[spelling] for spelling in sorted(parts)]}
    leaf: dict[str, object] = {"field": node.name, "op": node.operator.value}
    texts = [operand.text for operand in node.operands]
    if node.operator is Operator.IN:
        texts = sorted(set(texts))
    if texts:
        leaf["as"] = node.comparison.value
        leaf["value"] = texts
    return leaf


def _spelling(tree: Mapping[str, object]) -> str:
    return json.dumps(tree, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _describe(node: Node) -> str:
    if isinstance(node, Leaf):
        return f"{node.name} {node.operator.value}"
    if isinstance(node, Negation):
        return f"not({_describe(node.part)})"
    return f"{node.kind}({', '.join(_describe(part) for part in node.parts)})"


# --- running it
# -----------------------------------------------------------------------------------------------------------

_Mask = Any


def compile_filter(row_filter: RowFilter) -> Callable[[pa.RecordBatch], pa.RecordBatch]:
    """A function that keeps the rows of a batch that match, in their order and with all of their columns.

    The function raises `FilterFieldUnknown` where a batch lacks a field of the filter.
    """

    def keep(batch: pa.RecordBatch) -> pa.RecordBatch:
        # A null mask is a row about which the answer is not known: it is dropped.
        return batch.filter(_mask(row_filter.root, batch), null_selection_behavior="drop")

    return keep


def _mask(node: Node, batch: pa.RecordBatch) -> _Mask:
    if isinstance(node, Leaf):
        return _leaf_mask(node, batch)
    if isinstance(node, Negation):
        return pc.invert(_mask(node.part, batch))
    join = pc.and_kleene if node.kind == "all" else pc.or_kleene
    return reduce(join, (_mask(part, batch) for part in node.parts))


def _leaf_mask(leaf: Leaf, batch: pa.RecordBatch) -> _Mask:
    if len(batch.schema.get_all_field_indices(leaf.name)) != 1:
        raise FilterFieldUnknown(field=leaf.name)
    column = prepare_column(batch.column(leaf.name), leaf.comparison)
    if leaf.operator is Operator.IS_NULL:
        return pc.is_null(column)
    if leaf.operator is Operator.NOT_NULL:
        return pc.is_valid(column)
    values = [operand.scalar for operand in leaf.operands]
    if leaf.operator is Operator.BETWEEN:
        return pc.and_kleene(pc.greater_equal(column, values[0]), pc.less_equal(column, values[1]))
    if leaf.operator is Operator.IN:
        return _is_in(column, values)
    return _COMPARE[leaf.operator](column, values[0])


def _is_in(column: _Mask, values: Sequence[Any]) -> _Mask:
    try:
        wanted = pa.array([value.cast(column.type).as_py() for value in values], type=column.type)
    except pa.ArrowInvalid:
        # A value the column's type cannot hold, 0.5 among whole decimals: one by one, in a type that holds both.
        return reduce(pc.or_kleene, (pc.equal(column, value) for value in values))
    # is_in calls a null false, and `not` would then make it true.
    return pc.if_else(pc.is_valid(column), pc.is_in(column, value_set=wanted), pa.scalar(None, pa.bool_()))


_COMPARE: Mapping[Operator, Callable[..., _Mask]] = {
    Operator.EQ: pc.equal,
    Operator.NE: pc.not_equal,
    Operator.LT: pc.less,
    Operator.LE: pc.less_equal,
    Operator.GT: pc.greater,
    Operator.GE: pc.greater_equal,
}
