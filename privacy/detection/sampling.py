"""Quick mode: some rows of a table drawn at random, judged, and what they say of all rows.

Lives here: keeping rows at random while a table passes by, `scan_sample`, and an interval for each type of each column. What a source leaves out
by itself is `catalog.sources.sampling`'s, the arithmetic of intervals `privacy.detection.intervals`'s. Reading a table is cheap and judging
it is not, so most tables are read whole and few of their rows judged: rows drawn one by one say far more than as many of a few blocks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from catalog.sources import Table
from catalog.sources.sampling import Drawing, draw
from privacy.detection.cells import IntArray
from privacy.detection.column_names import read_names
from privacy.detection.intervals import design_effect, interval_of
from privacy.detection.model import (
    ColumnInput,
    ColumnScan,
    Reason,
    SamplePlan,
    SampleTaken,
    ScanMode,
    ScanProgress,
    TableScan,
)
from privacy.detection.partials import ColumnPartial
from privacy.detection.recognizers import ColumnRecognizer
from privacy.detection.rules import RuleSet, load_rules
from privacy.detection.scan import (
    Clock,
    TablePartial,
    TableScanner,
    default_recognizers,
    finish_table,
    merge_tables,
)
from privacy.detection.verdict import judge_column

GROUPS: Final = 40  # random groups of blocks between which a share is compared
_BATCH_ROWS: Final = 16_384
_MOST_BYTES: Final = 256 << 20  # that kept rows may take: of a table of long texts fewer are kept
_LEAST_ROWS: Final = 1_000
_LEFT_OUT: Final = frozenset(
    {"text_unread", "binary_unread", "column_failed", "cells_damaged"}
)  # rows that were drawn and yet not read
_BY_NAMES: Final = frozenset(
    {"PERSON", ""}
)  # what reading more may find: names in text, and anything where nothing was found

Keys = npt.NDArray[np.float64]


class RowKeeper:
    """Keeps `rows` of all rows that come by, each as likely as any other.

    Every row gets a random key and those of the least keys stay: a simple random sample without replacement, of a table of any length
    (C. T. Fan, M. E. Muller and I. Rezucha, JASA 57, 1962, method 4). The keys depend on the seed and a row's place alone, not on the batches.
    """

    def __init__(self, rows: int, seed: int) -> None:
        self.rows, self.seen = rows, 0
        self._random = np.random.default_rng(seed)
        self._kept: list[pa.RecordBatch] = []
        self._keys: list[Keys] = []
        self._places: list[IntArray] = []
        self._limit, self._bytes = 1.0, 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Keep what is drawn of a batch."""
        keys = self._random.random(batch.num_rows)
        places = np.flatnonzero(keys < self._limit)
        if len(places):
            # Taken and not sliced: a slice would keep the whole batch in memory.
            self._kept.append(batch if len(places) == batch.num_rows else batch.take(places))
            self._bytes += self._kept[-1].nbytes
            self._keys.append(keys[places])
            self._places.append(places + self.seen)
        self.seen += batch.num_rows
        if sum(map(len, self._keys)) > 2 * self.rows or self._bytes > 2 * _MOST_BYTES:
            self._prune()

    def _prune(self) -> None:
        table, keys, places = self._together()
        while self.rows > _LEAST_ROWS and table.nbytes * self.rows > _MOST_BYTES * max(1, len(keys)):
            self.rows //= 2
        if len(keys) > self.rows:
            least = np.sort(np.argpartition(keys, self.rows)[: self.rows])
            self._limit = float(keys[least].max())
            table, keys, places = table.take(least), keys[least], places[least]
        self._kept, self._keys, self._places, self._bytes = [table], [keys], [places], table.nbytes

    def _together(self) -> tuple[pa.RecordBatch, Keys, IntArray]:
        if len(self._kept) > 1:
            self._kept = [pa.Table.from_batches(self._kept).combine_chunks().to_batches()[0]]
        return self._kept[0], np.concatenate(self._keys), np.concatenate(self._places)

    def sample(self) -> pa.RecordBatch | None:
        """The rows that stayed, in the order of the table; None where there was none."""
        if not self._kept:
            return None
        self._prune()
        return self._kept[0]


def scan_sample(
    columns: Sequence[ColumnInput],
    table: Table,
    *,
    plan: SamplePlan,
    rules: RuleSet | None = None,
    text_budget_seconds: float | None,
    progress: Callable[[ScanProgress], None] | None = None,
    row_estimate: int | None = None,
    recognizers: Sequence[ColumnRecognizer] | None = None,
    clock: Clock = time.monotonic,
    on_failure: Callable[[str, Exception], None] | None = None,
) -> TableScan:
    """Judge rows of `table` drawn at random.

    The result is incomplete whatever it says. The evidence of each column has an `interval` for the share of rows of its type, or for the
    rows that may hold something although none was seen; `other_intervals` are those of the other types. Arguments as those of `scan_table`.
    """
    pack = rules or load_rules()
    chosen = default_recognizers(pack) if recognizers is None else recognizers
    scanner = TableScanner(
        columns, text_budget_seconds=text_budget_seconds, recognizers=chosen, clock=clock, on_failure=on_failure
    )
    budget, kept, number = scanner.budget, 0, 0

    def tell(phase: str, rows: int, total: int | None) -> None:
        if progress is not None:
            progress(ScanProgress(rows, total, number, budget.spent, budget.characters, phase))

    drawing = draw(table, plan.rows, seed=plan.seed, batch_rows=_BATCH_ROWS)
    keeper = RowKeeper(plan.rows, plan.seed)
    for batch in drawing.batches:
        number += 1
        keeper.add(batch)
        tell("draw", keeper.seen, None if drawing.passed_over else row_estimate)
    sample = keeper.sample()
    total, partials = 0 if sample is None else sample.num_rows, []
    budget.watch = lambda: tell("text", kept, total)
    for group in _groups(sample, drawing, plan.seed):
        partial = TablePartial()
        for start in range(0, group.num_rows, _BATCH_ROWS):
            piece = group.slice(start, _BATCH_ROWS)
            partial, kept = merge_tables(partial, scanner.scan(piece)), kept + piece.num_rows
            tell("judge", kept, total)
        partials.append(partial)
    merged = TablePartial()
    for partial in partials:
        merged = merge_tables(merged, partial)
    found = finish_table(scanner, merged, mode=ScanMode.SAMPLE, rules=pack)
    taken = _taken(drawing, keeper, sample, plan)
    unread = {reason.column for reason in found.reasons if reason.code in _LEFT_OUT}
    groups = partials if taken.drawn == "blocks" else []
    judged = tuple(
        _with_intervals(column, scanner, merged, groups, pack, taken, unread=column.name in unread)
        for column in found.columns
    )
    return replace(found, columns=judged, sample=taken, reasons=_told(found.reasons, taken))


def _groups(sample: pa.RecordBatch | None, drawing: Drawing, seed: int) -> Iterator[pa.RecordBatch]:
    """The sample as one, or rows of blocks in random groups of whole blocks."""
    if sample is None:
        return
    if not drawing.blocks:
        yield sample
        return
    blocks, index = np.unique(_blocks_of(sample), return_inverse=True)
    group_of_block = np.random.default_rng(seed).permutation(len(blocks)) % min(GROUPS, len(blocks))
    groups = group_of_block[index]
    for group in range(int(groups.max()) + 1):
        yield sample.take(np.flatnonzero(groups == group))


def _blocks_of(sample: pa.RecordBatch) -> IntArray:
    """Of which block each row is: a source says so behind its own columns."""
    return np.asarray(sample.column(sample.num_columns - 1).to_numpy(), dtype=np.int64)


def _taken(drawing: Drawing, keeper: RowKeeper, sample: pa.RecordBatch | None, plan: SamplePlan) -> SampleTaken:
    rows = 0 if sample is None else sample.num_rows
    exact = not drawing.passed_over
    drawn, blocks = "rows", 0
    if exact and rows == keeper.seen:
        drawn = "all"
    elif drawing.blocks:
        drawn, blocks = "blocks", 0 if sample is None else len(np.unique(_blocks_of(sample)))
    # An estimate may be old: there are at least the rows that came by.
    population = keeper.seen if exact else drawing.population and max(drawing.population, keeper.seen)
    return SampleTaken(plan.seed, drawn, rows, population, exact, blocks)


def _told(reasons: tuple[Reason, ...], taken: SampleTaken) -> tuple[Reason, ...]:
    """The reason that says it is a sample says of how many rows."""
    known = {} if taken.population is None else {"population": taken.population}
    return tuple(
        replace(reason, params={**reason.params, **known}) if reason.code == "sampled" else reason for reason in reasons
    )


def _with_intervals(
    column: ColumnScan,
    scanner: TableScanner,
    merged: TablePartial,
    groups: Sequence[TablePartial],
    rules: RuleSet,
    taken: SampleTaken,
    *,
    unread: bool,
) -> ColumnScan:
    """The column with an interval for each type. None where rows of it were left `unread`: those were not left out at random."""
    partial = merged.columns.get(column.name, ColumnPartial())
    population = taken.population if taken.exact else None

    def interval(entity_type: str, hits: int) -> Mapping[str, float | int | None] | None:
        if not partial.rows or (unread and entity_type in _BY_NAMES):
            return None
        per_group = [_hits_in(group, column, scanner, rules, entity_type) for group in groups] if hits else []
        return interval_of(
            min(hits, partial.rows),
            partial.rows,
            population=population,
            effect=design_effect(per_group),
            blocks=taken.blocks,
            groups=len(per_group),
        ).as_dict() | {"population": taken.population}

    own = interval(column.entity_type or "", column.counts["matched"] if column.entity_type else 0)
    others = {other.entity_type: interval(other.entity_type, other.rows) for other in column.other_types}
    evidence: dict[str, Any] = {**column.evidence, "interval": own, "other_intervals": others}
    return replace(column, evidence=evidence)


def _hits_in(
    group: TablePartial, column: ColumnScan, scanner: TableScanner, rules: RuleSet, entity_type: str
) -> tuple[int, int]:
    """Rows of a type in one group of blocks, and all rows of it."""
    partial = group.columns.get(column.name, ColumnPartial())
    declared = next(one for one in scanner.columns if one.name == column.name)
    held = scanner.scanners[column.name]
    names = read_names(declared.name, declared.comment, rules)
    judged = judge_column(declared, held.held, held.tried, partial, names, rules)
    found: Mapping[str, int] = {mention.entity_type: mention.rows for mention in judged.mentions}
    matched = {candidate.entity_type: candidate.matched for candidate in judged.candidates}
    return min(max(found.get(entity_type, 0), matched.get(entity_type, 0)), partial.rows), partial.rows
