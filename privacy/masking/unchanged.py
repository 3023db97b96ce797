"""Whether an operator that keeps a value's format left values as they were.

Lives here: the comparison of protected output with its source, for columns whose output looks like the real thing on
purpose (`ff1`, `surrogate`): there is nothing to detect in them. Detection in all other columns is
`privacy.detection.residual`.

What is remembered of the source is a keyed 64-bit digest a row, under a random key of this one comparison: it tells
nothing, and is gone with it. Each output row is compared with its own source row. That it equals some other row's
value proves nothing: a surrogate may by chance be another person's number, and of two columns drawn from one small
domain many values are the same. Even its own value may come back by chance, once in as many times as there are values
of its length; so a column stops a release when it has more different values unchanged than chance explains.

Memory is bounded: up to `MOST_ROWS` rows all are compared, beyond that every second, fourth, eighth … row.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from privacy.detection.arrow import pc
from privacy.masking.canonical import canonical_text
from privacy.masking.cmac import ColumnCmac
from privacy.masking.columns import MAX_ROWS, as_text, decoded, has_text_form, text_column
from privacy.masking.ff1_cipher import LEAST_DOMAIN
from privacy.masking.numerals import NAMED
from privacy.masking.operators import Operator
from privacy.masking.policy import FieldRule
from privacy.masking.surrogate_forms import FORMS

FORMAT_PRESERVING = frozenset({Operator.FF1, Operator.SURROGATE})
MOST_ROWS = 1 << 22
"""Rows remembered of a column: 32 MB of digests."""
BY_CHANCE = 1e-6
"""House rule: what chance brings about less often than this was not chance."""

_KEY_BYTES = 32
_MISSING = np.uint64(0)
_Digests = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A column with values left as they were: how many different ones, in `rows` of the `compared` rows."""

    column: str
    values: int
    rows: int
    compared: int


@dataclass(slots=True)
class _Column:
    entity_type: str | None
    radix: int | None  # of how many characters each one is; None where that is not known
    chance: float = 1 / LEAST_DOMAIN  # of a value to come back, at most
    chunks: list[_Digests] = field(default_factory=list)
    same: list[_Digests] = field(default_factory=list)
    compared: int = 0
    expected: float = 0.0

    @classmethod
    def of(cls, rule: FieldRule) -> _Column:
        """What is known of a rule's column: the odds of an encrypted value follow from its length."""
        if rule.operator is Operator.SURROGATE:
            return cls(
                rule.entity_type,
                None,
                max((1 / form.size for form in FORMS.get(rule.entity_type or "", ())), default=1.0),
            )
        stated = rule.parameters.get("alphabet", "digits")
        plain = rule.operator is Operator.FF1 and isinstance(stated, str) and not rule.parameters.get("keep")
        return cls(rule.entity_type, len(NAMED.get(str(stated), str(stated))) if plain else None)

    def odds(self, values: pa.Array[Any]) -> npt.NDArray[np.float64]:
        """How likely each value is to come back unchanged by chance."""
        made = np.full(len(values), self.chance)
        if self.radix is not None and has_text_form(values.type):
            lengths = pc.fill_null(pc.utf8_length(as_text(values)), 0).to_numpy(zero_copy_only=False)
            np.minimum(made, float(self.radix) ** -lengths.astype(np.float64), out=made)
        return made

    def digests(self) -> _Digests:
        if len(self.chunks) != 1:
            self.chunks = [np.concatenate(self.chunks) if self.chunks else np.zeros(0, dtype=np.uint64)]
        return self.chunks[0]


class SourceComparison:
    """Remembers source rows as they go by (`remember`), then compares output rows, in the same order (`compared`)."""

    def __init__(
        self,
        rules: Mapping[str, FieldRule],
        *,
        most_rows: int = MOST_ROWS,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._columns = {name: _Column.of(rule) for name, rule in rules.items() if rule.operator in FORMAT_PRESERVING}
        self._cmac = ColumnCmac(random_bytes(_KEY_BYTES))
        self._most_rows = most_rows
        self._step = 1
        self._read = 0
        self._kept = 0

    def remember(self, batch: pa.RecordBatch) -> None:
        """Take the next rows of the source, as they are before protection."""
        if not self._columns or not batch.num_rows:
            return
        rows = _every(self._read, batch.num_rows, self._step)
        for name, column in self._columns.items():
            column.chunks.append(self._digests(batch.column(name), column.entity_type)[rows])
        self._read += batch.num_rows
        self._kept += len(rows)
        while self._kept > self._most_rows:
            self._step *= 2
            for column in self._columns.values():
                column.chunks = [column.digests()[::2].copy()]
            self._kept = -(-self._kept // 2)

    def compared(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The output's batches, handed on while they are compared."""
        position = 0
        for batch in batches:
            self._compare(batch, position)
            position += batch.num_rows
            yield batch

    def _compare(self, batch: pa.RecordBatch, position: int) -> None:
        rows = _every(position, batch.num_rows, self._step)
        first = -(-position // self._step)
        for name, column in self._columns.items():
            before = column.digests()[first : first + len(rows)]
            after = self._digests(batch.column(name), column.entity_type)[rows][: len(before)]
            both = (before != _MISSING) & (after != _MISSING)
            column.compared += int(both.sum())
            column.expected += float(column.odds(batch.column(name))[rows][: len(both)][both].sum())
            column.same.append(after[both & (before == after)])

    def findings(self) -> tuple[Unchanged, ...]:
        """The columns with more values unchanged than chance explains, in the order of the rules."""
        found = []
        for name, column in self._columns.items():
            same = np.concatenate(column.same) if column.same else np.zeros(0, dtype=np.uint64)
            values = len(np.unique(same))
            if values and odds_of(values, column.expected) < BY_CHANCE:
                found.append(Unchanged(name, values, len(same), column.compared))
        return tuple(found)

    def _digests(self, values: pa.Array[Any], entity_type: str | None) -> _Digests:
        """A digest of each value in its canonical form, or else of its text; 0 where there is none."""
        made = np.zeros(len(values), dtype=np.uint64)
        if not has_text_form(values.type):
            return made
        for start in range(0, len(values), MAX_ROWS):
            text = pc.utf8_trim_whitespace(as_text(decoded(values.slice(start, MAX_ROWS))))
            spelt = pc.coalesce(canonical_text(entity_type, text), text)
            column = text_column(spelt)
            codes = self._cmac.codes(column)[:, 0] | np.uint64(1)
            made[start : start + len(text)] = np.where(column.lengths > 0, codes, _MISSING)
        return made


def _every(position: int, count: int, step: int) -> npt.NDArray[np.int64]:
    """The places in a batch that begins at row `position` of the rows whose number is a multiple of `step`."""
    return np.arange(-position % step, count, step, dtype=np.int64)


def odds_of(values: int, expected: float) -> float:
    """How likely at least so many of many rare events are, where so many are expected (Poisson)."""
    if expected <= 0:
        return 0.0
    term = math.exp(-expected)
    below = term
    for index in range(1, values):
        term *= expected / index
        below += term
    return max(0.0, 1.0 - below)
