"""A policy applied to a table, batch by batch.

Lives here: the engine between sources and writers. It holds one batch at a time, keeps the order of rows, and counts
what it did. It knows nothing of where batches come from or go to.

No error that leaves here quotes a cell: what a lower library says of a value it could not read is replaced by the
field's name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from catalog.messages import MessageError
from privacy.detection.masked import mask_example
from privacy.masking.binding import bound_operator, output_type
from privacy.masking.canonical import canonical_version
from privacy.masking.cmac import ColumnCmac
from privacy.masking.columns import MAX_ROWS, Values, as_column, as_text, decoded, has_text_form, nulls_where, placed
from privacy.masking.errors import (
    KeyMissing,
    NothingLeft,
    NullsRefused,
    OperatorFailed,
    ParameterInvalid,
    SchemaChanged,
    ValuesInvalid,
)
from privacy.masking.keys import KeyRing
from privacy.masking.operators import PROPERTIES, BesideOperator, ColumnOperator, Masked, Operator
from privacy.masking.partial import ENTITY_TYPES, Preset
from privacy.masking.policy import FieldRule, InvalidPolicy, NullPolicy, Policy
from privacy.masking.redact import Redact
from privacy.masking.surrogate_forms import TABLES_VERSION
from privacy.masking.tokens import malformed_token_cmac, malformed_tokens

# Operators that read what a value says, so that blank text is a missing value to them.
# A preset such as 138****5678 leaves seven of eleven characters, and that is what people may see.
_SHOWN_SHARE = 0.65
_READ_VALUES = frozenset(
    {
        Operator.PARTIAL_MASK,
        Operator.TOKEN,
        Operator.FF1,
        Operator.SURROGATE,
        Operator.GENERALISE,
        Operator.ENCRYPT,
        *(Operator.DATE_SHIFT, Operator.ROUND, Operator.NOISE, Operator.CLIP, Operator.DICTIONARY, Operator.REDACT),
    }
)


# A note of the manifest: what stands in the column is made, and may by chance be what a real person or firm has.
MAY_BE_REAL = "may_be_real"
MADE_LIKE_REAL = frozenset({Operator.SURROGATE, Operator.DICTIONARY})


@dataclass(frozen=True, slots=True)
class ColumnReport:
    """What was done to one column: cells in all, of which `nulls` were missing and `invalid` malformed.

    `parameters` are those that may be told (`FieldRule.told_parameters`). `canonical_version` is that of the form tokens were
    taken from; None where no canonical form was used. `found` counts by type what was replaced inside the values.
    """

    name: str
    operator: Operator
    parameters: Mapping[str, object]
    entity_type: str | None
    cells: int
    nulls: int
    invalid: int
    invalid_policy: InvalidPolicy
    null_policy: NullPolicy
    canonical_version: int | None
    found: Mapping[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """For a manifest; JSON's types."""
        properties = PROPERTIES[self.operator]
        return {
            "name": self.name,
            "operator": self.operator.value,
            "parameters": dict(self.parameters),
            "technique": properties.technique.value,
            "reversible": properties.reversible,
            "entity_type": self.entity_type,
            "cells": self.cells,
            "nulls": self.nulls,
            "invalid": self.invalid,
            "invalid_policy": self.invalid_policy.value,
            "null_policy": self.null_policy.value,
            "canonical_version": self.canonical_version,
            # By type, what was replaced inside the values.
            **({"found": dict(sorted(self.found.items()))} if self.operator is Operator.REDACT else {}),
            **({"tables_version": TABLES_VERSION} if self.operator is Operator.SURROGATE else {}),
            **({"notes": [MAY_BE_REAL]} if self.operator in MADE_LIKE_REAL else {}),
        }


@dataclass(frozen=True, slots=True)
class ProtectionReport:
    """What was done to a table so far; complete once the protector is exhausted. Dropped columns have 0 cells: they
    are not read."""

    rows_in: int
    rows_out: int
    columns: tuple[ColumnReport, ...]

    @property
    def operators(self) -> dict[str, int]:
        """How many columns each operator was applied to."""
        return dict(Counter(column.operator.value for column in self.columns))

    @property
    def invalid(self) -> int:
        """Malformed values in all columns."""
        return sum(column.invalid for column in self.columns)

    def to_dict(self) -> dict[str, object]:
        """For a manifest; JSON's types."""
        return {
            "rows_in": self.rows_in,
            "rows_out": self.rows_out,
            "operators": self.operators,
            "invalid": self.invalid,
            "columns": [column.to_dict() for column in self.columns],
        }


class _ColumnProtector:
    """One column's rule at work, and its counts."""

    __slots__ = ("_malformed", "_operator", "cells", "found", "invalid", "name", "nulls", "rule", "source_type")

    def __init__(self, name: str, source_type: pa.DataType, rule: FieldRule, keys: KeyRing | None) -> None:
        self.name = name
        self.rule = rule
        self.source_type = source_type
        self._operator: ColumnOperator | None = None
        self._malformed: ColumnCmac | None = None
        if rule.operator is not Operator.DROP:
            self._operator = bound_operator(rule.operator, rule.parameters, rule.entity_type, keys, field=name)
            if rule.invalid_policy is InvalidPolicy.TOKEN and rule.operator in _READ_VALUES:
                if keys is None:
                    raise KeyMissing(field=name)
                self._malformed = malformed_token_cmac(keys, rule.entity_type)
        self.cells = self.nulls = self.invalid = 0
        self.found: Counter[str] = Counter()

    def outline(self) -> None:
        """From now on show nothing of a text around what was replaced in it: whoever looks may not read it."""
        if isinstance(self._operator, Redact):
            self._operator = replace(self._operator, outline=True)

    def protect(self, values: Values, companions: tuple[Values, ...] = ()) -> Values:
        """The column protected; `companions` are the raw columns that its rule reads beside it (`FieldRule.beside`)."""
        if values.type != self.source_type:
            raise SchemaChanged(field=self.name)
        try:
            return self._protect(values, companions)
        except MessageError:
            raise
        except Exception:
            # pyarrow and numpy quote the value they stumbled over; that message must not travel.
            raise OperatorFailed(field=self.name, operator=self.rule.operator.value) from None

    def _protect(self, values: Values, companions: tuple[Values, ...]) -> Values:
        if self._operator is None:
            raise SchemaChanged(field=self.name)
        if companions and isinstance(self._operator, BesideOperator):
            masked = self._operator.apply_beside(values, companions)
        else:
            masked = self._operator.apply(values)
        invalid = int(masked.invalid.sum())
        missing = masked.values.null_count - invalid if self.rule.operator in _READ_VALUES else values.null_count
        if missing and self.rule.null is NullPolicy.FAIL:
            raise NullsRefused(field=self.name, count=missing)
        self.cells += len(values)
        self.nulls += missing
        self.invalid += invalid
        self.found.update(masked.found)
        return self._settled(values, masked) if invalid else masked.values

    def _settled(self, values: Values, masked: Masked) -> Values:
        """The column with its malformed values treated by the rule's policy."""
        if self.rule.invalid_policy is InvalidPolicy.FAIL:
            raise ValuesInvalid(field=self.name, count=int(masked.invalid.sum()))
        if self._malformed is None:
            return nulls_where(masked.values, masked.invalid)
        bad, good = np.flatnonzero(masked.invalid), np.flatnonzero(~masked.invalid)
        tokens = malformed_tokens(decoded(values).take(as_column(bad)), self._malformed)
        return placed(len(values), [(good, masked.values.take(as_column(good))), (bad, tokens)], masked.values.type)

    def report(self) -> ColumnReport:
        uses_canonical_form = self.rule.operator in _READ_VALUES and self.rule.parameters.get("form") != "exact"
        return ColumnReport(
            name=self.name,
            operator=self.rule.operator,
            parameters=self.rule.told_parameters,
            entity_type=self.rule.entity_type,
            cells=self.cells,
            nulls=self.nulls,
            invalid=self.invalid,
            invalid_policy=self.rule.invalid_policy,
            null_policy=self.rule.null,
            canonical_version=canonical_version(self.rule.entity_type) if uses_canonical_form else None,
            found=dict(self.found),
        )


def _protected_type(rule: FieldRule, source: pa.DataType, *, field: str) -> pa.DataType:
    """The type of a protected column; PolicyError also where the tokens of malformed values do not fit it."""
    kind = output_type(rule.operator, rule.parameters, rule.entity_type, source, field=field)
    if rule.invalid_policy is InvalidPolicy.TOKEN and rule.operator in _READ_VALUES and kind != pa.string():
        expected = f"null or fail: a column of type {kind} has no room for tokens"
        raise ParameterInvalid(field=field, operator=rule.operator.value, parameter="invalid", expected=expected)
    return kind


def protect_schema(schema: pa.Schema, policy: Policy) -> pa.Schema:
    """The schema of the protected table: kept columns in their order, without the source's metadata.

    Metadata is left behind because tools keep values in it (pandas its index, Parquet writers their samples). Raises
    PolicyError: a field that the table lacks, an operator that cannot work on a column's type, or a policy that
    leaves nothing.
    """
    policy.read_columns(schema.names)  # names a column that a rule reads beside its own and the table lacks
    fields = [
        pa.field(name, _protected_type(rule, schema.field(name).type, field=name))
        for name, rule in policy.rules_for(schema.names).items()
        if rule.operator is not Operator.DROP
    ]
    if not fields:
        raise NothingLeft
    return pa.schema(fields)


class Protector:
    """An iterator of protected record batches. `schema` is theirs; `report` says what was done so far.

    It reads one batch when asked for one. Dropped columns need not be in the batches at all, unless another column's rule reads
    them (see `Policy.read_columns`).
    """

    def __init__(
        self, batches: Iterable[pa.RecordBatch], schema: pa.Schema, policy: Policy, keys: KeyRing | None
    ) -> None:
        self.schema = protect_schema(schema, policy)
        self._columns = [
            _ColumnProtector(name, schema.field(name).type, rule, keys)
            for name, rule in policy.rules_for(schema.names).items()
        ]
        self._kept = [column for column in self._columns if column.rule.operator is not Operator.DROP]
        self._rows_in = 0
        self._rows_out = 0
        self._output = self._protected(batches)

    @property
    def report(self) -> ProtectionReport:
        """The counts until now."""
        return ProtectionReport(
            rows_in=self._rows_in,
            rows_out=self._rows_out,
            columns=tuple(column.report() for column in self._columns),
        )

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return self

    def __next__(self) -> pa.RecordBatch:
        return next(self._output)

    def _protected(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            self._rows_in += batch.num_rows
            for start in range(0, batch.num_rows, MAX_ROWS):
                protected = self._protect(batch.slice(start, MAX_ROWS))
                self._rows_out += protected.num_rows
                yield protected

    def _protect(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        arrays = [
            column.protect(
                _column(batch, column.name), tuple(_column(batch, companion) for companion in column.rule.beside)
            )
            for column in self._kept
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)


def _column(batch: pa.RecordBatch, name: str) -> Values:
    index = batch.schema.get_field_index(name)
    if index < 0:
        raise SchemaChanged(field=name)
    return batch.column(index)


def protect_batches(
    batches: Iterable[pa.RecordBatch], schema: pa.Schema, policy: Policy, keys: KeyRing | None
) -> Protector:
    """Protect a table of the given source `schema`; `keys` may be None if no rule needs one.

    PolicyError and KeyMissing are raised here, before a row is read; MaskingError while the result is iterated.
    """
    return Protector(batches, schema, policy, keys)


def preview(
    values: Values,
    rule: FieldRule,
    keys: KeyRing | None,
    *,
    field: str = "preview",
    companions: tuple[Values, ...] = (),
) -> list[tuple[str | None, str | None]]:
    """Pairs of (masked before, after) for some of a column's values, to be shown to people who may not see the values.

    `companions` are the columns that the rule reads beside its own.

    What `keep` would leave is masked too: the page may not show what the release would. A value at which the rule
    would stop has None after.
    """
    if not has_text_form(values.type):
        # There is nothing of nested or binary values that could be shown; the rule is checked all the same.
        if rule.operator is not Operator.DROP:
            output_type(rule.operator, rule.parameters, rule.entity_type, values.type, field=field)
        return [(None, None)] * len(values)
    shown_type = rule.entity_type or _preset_type(rule) or ""
    raw = as_text(values).to_pylist()
    before = [None if text is None else mask_example(shown_type, text) for text in raw]
    if rule.operator is Operator.DROP:
        return [(shown, None) for shown in before]
    if rule.operator is Operator.KEEP:
        return [(shown, shown) for shown in before]
    _protected_type(rule, values.type, field=field)
    invalid = InvalidPolicy.NULL if rule.invalid_policy is InvalidPolicy.FAIL else rule.invalid
    shown_rule = replace(rule, invalid=invalid, null=NullPolicy.KEEP)
    protector = _ColumnProtector(field, values.type, shown_rule, keys)
    protector.outline()
    after = as_text(protector.protect(values, companions)).to_pylist()
    return [
        (shown, masked if masked is None or text is None or not _gives_away(text, masked) else shown)
        for text, shown, masked in zip(raw, before, after, strict=True)
    ]


def _gives_away(raw: str, after: str) -> bool:
    """Whether a rule left more than half of a value's characters where they were: then a preview shows the masked value instead."""
    same = sum(left == right for left, right in zip(raw, after, strict=False))
    return len(raw) > 1 and same > _SHOWN_SHARE * len(raw)


def _preset_type(rule: FieldRule) -> str | None:
    """The entity type that a rule's preset implies."""
    preset = rule.parameters.get("preset")
    return ENTITY_TYPES.get(Preset(preset)) if isinstance(preset, str) and preset in set(Preset) else None
