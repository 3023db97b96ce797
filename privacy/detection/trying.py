"""Trying a rule before it is switched on: what it makes of some values, and what a table would be found to hold with it.

Lives here: the same matching and the same verdict that scans use, run on a sample, before and after. Values stay in memory; what leaves is
counts, and examples that are masked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from privacy.detection.cells import Cells
from privacy.detection.folding import fold
from privacy.detection.masked import mask_example
from privacy.detection.matching import match
from privacy.detection.model import ColumnInput, ColumnScan, Likelihood, TableScan
from privacy.detection.recognizers.own import own_recognizer
from privacy.detection.rules import EntityRule, RuleSet
from privacy.detection.scan import scan_table

NAMELESS: Final = "_"  # says nothing of what is in it
TEXT_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class TriedValue:
    """What a rule makes of one value, by its number: nothing, a part of it (`whole` is False), or all of it.

    `checksum`: whether it holds, None where the value has none. `example` is the part that was found, masked.
    """

    number: int
    found: bool
    whole: bool
    checksum: bool | None
    example: str


@dataclass(frozen=True, slots=True)
class Trial:
    """A rule tried on values: each of them, and what a column of them would be taken for (None: for nothing)."""

    values: tuple[TriedValue, ...]
    entity_type: str | None
    likelihood: Likelihood
    score: float

    @property
    def counts(self) -> Mapping[str, int]:
        """How many values there were, were found, have a checksum, and pass it."""
        return {
            "values": len(self.values),
            "found": sum(value.found for value in self.values),
            "checked": sum(value.checksum is not None for value in self.values),
            "valid": sum(value.checksum is True for value in self.values),
        }


def try_values(rule: EntityRule, values: Sequence[str], rules: RuleSet, *, column: str = "") -> Trial:
    """What `rule` makes of `values`, and `rules`, which it is one of, of a column of them called `column`."""
    tried = tuple(_tried(rule, number, value) for number, value in enumerate(values, start=1))
    named = column or NAMELESS
    batch = pa.record_batch({named: pa.array(values, type=pa.string())})
    inputs = [ColumnInput(named, "", pa.string())]
    scan = scan_table(inputs, [batch], rules=rules, text_budget_seconds=TEXT_SECONDS)
    verdict = scan.columns[0]
    return Trial(tried, verdict.entity_type, verdict.likelihood, verdict.score)


def _tried(rule: EntityRule, number: int, value: str) -> TriedValue:
    recognizer = own_recognizer(rule)
    cells = Cells.from_texts([fold(value.replace("\0", " ")).strip()], np.ones(1, dtype=np.int64))
    hits = match(recognizer, cells) if recognizer is not None else None
    if hits is None or not hits.judgement.keep.any():
        return TriedValue(number, found=False, whole=False, checksum=None, example="")
    kept = np.flatnonzero(hits.judgement.keep)
    checked = hits.judgement.checked[kept]
    holds = bool(hits.judgement.valid[kept][checked].any()) if checked.any() else None
    example = mask_example(rule.entity_type, hits.text(cells, int(kept[0])))
    return TriedValue(number, found=True, whole=len(hits.whole_cells) > 0, checksum=holds, example=example)


@dataclass(frozen=True, slots=True)
class ChangedColumn:
    """A column of which a scan says something else with a rule than without it. `rows` hold the rule's type."""

    name: str
    before: str | None
    after: str | None
    likelihood: Likelihood
    rows: int
    cells: int
    examples: tuple[str, ...]


def compare(entity_type: str, before: TableScan, after: TableScan) -> tuple[ChangedColumn, ...]:
    """The columns that hold a type, or are taken for something else, by a scan with its rule and one without it."""
    without = {column.name: column for column in before.columns}
    return tuple(
        _changed(entity_type, without[column.name], column)
        for column in after.columns
        if column.entity_type != without[column.name].entity_type or _rows_of(entity_type, column)
    )


def _changed(entity_type: str, before: ColumnScan, after: ColumnScan) -> ChangedColumn:
    return ChangedColumn(
        name=after.name,
        before=before.entity_type,
        after=after.entity_type,
        likelihood=after.likelihood,
        rows=_rows_of(entity_type, after),
        cells=int(after.counts.get("cells", 0)),
        examples=tuple(after.evidence.get("examples", ())) if after.entity_type == entity_type else (),
    )


def _rows_of(entity_type: str, column: ColumnScan) -> int:
    if column.entity_type == entity_type:
        return int(column.counts.get("matched", 0))
    return next((other.rows for other in column.other_types if other.entity_type == entity_type), 0)
