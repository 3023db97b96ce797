"""Direct identifiers that are still in protected output.

Lives here: the last look at staged output before its release is offered to anyone. It is quick (pattern types only, no names in text) and
precise: a keyed token, a partial mask or a case number must not stop a release. Not here: fields whose protection keeps the format
(FF1, surrogates); their output looks like the real thing on purpose and is compared with keyed digests of the source instead.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from privacy.detection.arrow import anywhere, decoded, pc
from privacy.detection.cells import Cells, as_strings, chunks_of
from privacy.detection.column import Held, may_be_digits, type_stats
from privacy.detection.matching import match
from privacy.detection.model import FieldRole
from privacy.detection.partials import TypeStats
from privacy.detection.recognizers import ColumnRecognizer
from privacy.detection.rules import RuleSet
from privacy.detection.scan import default_recognizers
from privacy.detection.scoring import beats_luck, span_of

# Direct identifiers that can be told without a doubt. A credit code is one where the subject is an individual business: ask for it.
STRONG_TYPES: Final = frozenset(
    {
        *("CN_RESIDENT_ID", "CN_HMT_RESIDENCE_PERMIT", "CN_PERMANENT_RESIDENCE"),
        *("CN_MOBILE", "CN_BANK_CARD", "EMAIL_ADDRESS", "CN_PLATE"),
    }
)
_BORN_IN: Final = frozenset(
    {"CN_RESIDENT_ID", "CN_HMT_RESIDENCE_PERMIT", "CN_PERMANENT_RESIDENCE"}
)  # a date of birth stands in it
_SURE_STRENGTH: Final = 0.9  # of a bureau's own rule, whose values then tell by themselves
FORMAT_PRESERVING: Final = frozenset({"ff1", "surrogate"})
TOKEN_OPERATOR: Final = "token"  # noqa: S105  # the name of an operator
_SHAPE_OF_TOKENS: Final = r"^[0-9A-Z]*[A-Z][0-9A-Z]*$"
_TOKEN_LENGTH: Final = 16
_RUNNING_NUMBER_SHARE: Final = 0.3
_CASE_NUMBER_SPAN: Final = 12
# A whole number as floats and decimals are written: an identifier that its table holds as a measure.
_WITH_ZEROS: Final = r"^([0-9]+)\.0*$"
_WITH_EXPONENT: Final = r"^[0-9](?:\.[0-9]+)?[eE]\+?[0-9]{1,2}$"
_LONGEST: Final = 2.0**63


@dataclass(frozen=True, slots=True)
class ProtectedField:
    """A field of the output and the operator that made it (a code of the masking package)."""

    name: str
    operator: str


@dataclass(frozen=True, slots=True)
class Residual:
    """An identifier type found in an output column: in how many rows, of how many that hold a value."""

    column: str
    entity_type: str
    rows: int
    cells: int


class ResidualSearch:
    """Looks at output batches one by one; `findings` says what was found in all of them."""

    def __init__(
        self,
        fields: Sequence[ProtectedField],
        *,
        types: Collection[str] = STRONG_TYPES,
        recognizers: Sequence[ColumnRecognizer] | None = None,
    ) -> None:
        self._fields = [field for field in fields if field.operator not in FORMAT_PRESERVING]
        self._recognizers = [r for r in recognizers or default_recognizers() if r.entity in types]
        self._luck = {r.entity: r.luck for r in self._recognizers}
        unknown = set(types) - {r.entity for r in self._recognizers}
        if unknown:
            raise ValueError(f"no recognizer for {sorted(unknown)}")
        self._stats: dict[tuple[str, str], TypeStats] = {}
        self._cells: dict[str, int] = {}
        self._numeric: dict[str, int] = {}

    def feed(self, batch: pa.RecordBatch) -> None:
        """Search one batch of the output. Columns of dates and truth values cannot hold an identifier."""
        for field in self._fields:
            if field.name not in batch.schema.names:
                continue
            array = decoded(batch.column(batch.schema.names.index(field.name)))
            held = Held.by(array.type)
            if held not in (Held.TEXT, Held.INTEGER, Held.MEASURE) or array.null_count == len(array):
                continue
            for chunk in chunks_of(as_strings(array)):
                self._search(field, held, chunk if held is Held.INTEGER else _spelled_out(chunk))

    def _search(self, field: ProtectedField, held: Held, chunk: pa.Array[Any]) -> None:
        cells = Cells.of(_without_tokens(chunk) if field.operator == TOKEN_OPERATOR else chunk)
        self._cells[field.name] = self._cells.get(field.name, 0) + cells.rows
        features = cells.features
        digits_only = features.digits + features.dots >= np.maximum(features.length - 1, 1)
        self._numeric[field.name] = self._numeric.get(field.name, 0) + int(cells.counts[digits_only].sum())
        for recognizer in self._recognizers:
            if held is not Held.TEXT and not may_be_digits(recognizer):
                continue
            hits = match(recognizer, cells)
            if hits is not None:
                key = (field.name, recognizer.entity)
                self._stats[key] = self._stats.get(key, TypeStats()).merge(type_stats(recognizer, cells, hits))

    def findings(self) -> tuple[Residual, ...]:
        """What remains, by column and type, in the order of the columns; empty when nothing does."""
        order = {field.name: position for position, field in enumerate(self._fields)}
        found = [
            Residual(name, entity_type, stats.rows, self._cells[name])
            for (name, entity_type), stats in self._stats.items()
            if self._is_real(name, entity_type, stats)
        ]
        return tuple(sorted(found, key=lambda residual: (order[residual.column], residual.entity_type)))

    def _is_real(self, name: str, entity_type: str, stats: TypeStats) -> bool:
        if not stats.rows:
            return False
        cells = self._cells[name]
        numeric = self._numeric[name] >= 0.5 * cells
        if (luck := self._luck[entity_type]) is not None:
            return _passes(entity_type, stats, cells, luck)
        if entity_type == "CN_MOBILE" and numeric:
            # Among numbers of any meaning some have eleven digits; telephones are many and of many segments.
            return stats.rows >= _RUNNING_NUMBER_SHARE * cells and (stats.rows < 100 or len(stats.heads) > 2)
        return True


def _passes(entity_type: str, stats: TypeStats, cells: int, luck: float) -> bool:
    if stats.valid_rows and 2 * stats.valid_rows >= stats.checked_rows:
        return True
    if beats_luck(stats.valid_rows, stats.checked_rows, luck):
        return True
    if entity_type not in _BORN_IN:
        return False
    first, last = span_of(stats.years)  # mistyped or fifteen digits: told by dates of birth that spread over a lifetime
    return stats.rows >= max(3, _RUNNING_NUMBER_SHARE * cells) and last - first >= _CASE_NUMBER_SPAN


def _spelled_out(chunk: pa.Array[Any]) -> pa.Array[Any]:
    """The cells with 13912345678.0 and 1.3912345678e+10 as 13912345678: a CSV has floats as text.

    From 2⁵³ on a float has lost the last digits of a number; what is left of an ID number still tells birth and place.
    """
    plain = pc.replace_substring_regex(chunk, pattern=_WITH_ZEROS, replacement=r"\1")
    shortened = pc.fill_null(pc.match_substring_regex(plain, pattern=_WITH_EXPONENT), False)
    if not anywhere(shortened):
        return plain
    numbers = pc.if_else(shortened, plain, None).cast(pa.float64())
    whole = pc.fill_null(pc.and_(pc.equal(numbers, pc.floor(numbers)), pc.less(numbers, _LONGEST)), False)
    digits = pc.if_else(whole, numbers, None).cast(pa.int64(), safe=False).cast(pa.string())
    return pc.if_else(whole, digits, plain)


def _without_tokens(chunk: pa.Array[Any]) -> pa.Array[Any]:
    """The values that do not have the shape of a keyed token: 16 capitals and digits, not digits alone."""
    shaped = pc.and_(
        pc.equal(pc.utf8_length(chunk), _TOKEN_LENGTH),
        pc.match_substring_regex(chunk, pattern=_SHAPE_OF_TOKENS),
    )
    return pc.filter(chunk, pc.invert(pc.fill_null(shaped, False)))


def residual_types(rules: RuleSet) -> frozenset[str]:
    """What is looked for in protected output: the strong types, and a bureau's own direct identifiers whose values tell by themselves."""
    own = {
        entity_type
        for entity_type, rule in rules.running.items()
        if rule.own is not None
        and rule.role is FieldRole.DIRECT
        and (rule.own.expressions or rule.own.words)
        and (rule.luck is not None or rule.strength >= _SURE_STRENGTH)
    }
    return STRONG_TYPES | own


def find_residual_direct(
    columns: Sequence[ProtectedField] | Mapping[str, str],
    batches: Iterable[pa.RecordBatch],
    *,
    types: Collection[str] = STRONG_TYPES,
    recognizers: Sequence[ColumnRecognizer] | None = None,
    rules: RuleSet | None = None,
) -> tuple[Residual, ...]:
    """Direct identifiers of `types` still in `batches`; empty when there are none. `rules` say both types and recognizers.

    `columns`: the protected fields, or a mapping of field name to operator. Pattern and checksum types only; ValueError for a type
    without a recognizer.
    """
    fields = [ProtectedField(*item) for item in columns.items()] if isinstance(columns, Mapping) else columns
    if rules is not None:
        types, recognizers = residual_types(rules), default_recognizers(rules)
    search = ResidualSearch(fields, types=types, recognizers=recognizers)
    for batch in batches:
        search.feed(batch)
    return search.findings()
