"""Scanning a table: Arrow batches in, one verdict per column out.

Lives here: `scan_table` for one stream of batches, and the three steps it is made of for engines that cut a table in parts:
`TableScanner.scan` (batch → partials), `merge_tables` (associative), `finish_table` (partials → verdicts). Not here: where batches
come from, and what is stored of the result.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Final

import pyarrow as pa

from privacy.detection.column import ColumnScanner
from privacy.detection.column_names import read_names
from privacy.detection.free_text import TextBudget, TextReader
from privacy.detection.model import (
    INFORMATIVE_REASONS,
    ColumnInput,
    Reason,
    SamplePlan,
    ScanMode,
    ScanProgress,
    ScanState,
    TableScan,
)
from privacy.detection.partials import ColumnPartial
from privacy.detection.recognizers import COLUMN_RECOGNIZERS, ColumnRecognizer
from privacy.detection.rules import Family, RuleError, RuleSet, load_rules
from privacy.detection.verdict import conclude, judge_column

Clock = Callable[[], float]
_DEFAULT_SAMPLE: Final = SamplePlan()


def default_recognizers(rules: RuleSet | None = None) -> tuple[ColumnRecognizer, ...]:
    """One instance of every recognizer that a rule pack runs; they hold no state between scans.

    Raises `RuleError` for a rule that cannot run: one by checksum or pattern that no recognizer looks for.
    """
    running = (rules or load_rules()).running
    known = {kind.entity for kind in COLUMN_RECOGNIZERS}
    for entity_type, rule in running.items():
        if rule.family in (Family.CHECKSUM, Family.PATTERN) and entity_type not in known:
            raise RuleError(detail=f"no recognizer looks for {entity_type}")
    return _recognizers(frozenset(running))


@cache
def _recognizers(types: frozenset[str]) -> tuple[ColumnRecognizer, ...]:
    return tuple(kind() for kind in COLUMN_RECOGNIZERS if kind.entity in types)


@dataclass(frozen=True, slots=True)
class TablePartial:
    """What has been counted of a table: rows, a partial per column, columns that a batch did not have."""

    rows: int = 0
    columns: Mapping[str, ColumnPartial] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()


def merge_tables(left: TablePartial, right: TablePartial) -> TablePartial:
    """Both together; associative and commutative."""
    columns = {
        name: left.columns.get(name, ColumnPartial()).merge(right.columns.get(name, ColumnPartial()))
        for name in [*left.columns, *(name for name in right.columns if name not in left.columns)]
    }
    return TablePartial(left.rows + right.rows, columns, left.missing | right.missing)


class TableScanner:
    """Scans batches of one table under one text budget (`text_budget_seconds`, None: unlimited)."""

    def __init__(
        self,
        columns: Sequence[ColumnInput],
        *,
        text_budget_seconds: float | None,
        recognizers: Sequence[ColumnRecognizer] | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        self.columns = tuple(columns)
        self.budget = TextBudget(text_budget_seconds, clock)
        chosen = default_recognizers() if recognizers is None else tuple(recognizers)
        self.scanners = {
            column.name: ColumnScanner(column.arrow_type, chosen, TextReader(self.budget)) for column in self.columns
        }

    def scan(self, batch: pa.RecordBatch) -> TablePartial:
        """The counts of one batch."""
        present = batch.schema.names  # a name may stand twice: the first counts
        partials = {
            name: scanner.scan(batch.column(present.index(name)))
            for name, scanner in self.scanners.items()
            if name in present
        }
        return TablePartial(batch.num_rows, partials, frozenset(name for name in self.scanners if name not in present))


def finish_table(scanner: TableScanner, partial: TablePartial, *, mode: ScanMode, rules: RuleSet) -> TableScan:
    """The verdict on everything that was counted."""
    sampled = mode is ScanMode.SAMPLE
    judged = []
    for column in scanner.columns:
        held = scanner.scanners[column.name]
        names = read_names(column.name, column.comment, rules)
        counted = partial.columns.get(column.name, ColumnPartial())
        judged.append(judge_column(column, held.held, held.tried, counted, names, rules))
    scans, reasons = conclude(judged, rules, sampled=sampled)
    missing = tuple(Reason("column_missing", name) for name in sorted(partial.missing))
    sample = (Reason("sampled", None, {"rows": partial.rows}),) if sampled else ()
    every = (*sample, *missing, *reasons)
    incomplete = any(reason.code not in INFORMATIVE_REASONS for reason in every)
    return TableScan(
        state=ScanState.INCOMPLETE if incomplete else ScanState.COMPLETE,
        rows=partial.rows,
        reasons=every,
        columns=scans,
        rules_version=rules.version,
        sampled=sampled,
    )


def scan_table(
    columns: Sequence[ColumnInput],
    batches: Iterable[pa.RecordBatch],
    *,
    mode: ScanMode = ScanMode.FULL,
    rules: RuleSet | None = None,
    text_budget_seconds: float | None,
    progress: Callable[[ScanProgress], None] | None = None,
    row_estimate: int | None = None,
    sample: SamplePlan = _DEFAULT_SAMPLE,
    recognizers: Sequence[ColumnRecognizer] | None = None,
    clock: Clock = time.monotonic,
) -> TableScan:
    """Scan a table given as record batches.

    `columns` are the fields to judge, by name; batches may have more. `progress` is called after each batch and may raise to
    cancel: what it raises is not caught, nor is what reading a batch raises. `text_budget_seconds` bounds the time spent on
    reading names in free text (None: unlimited); text left unread makes the scan incomplete. `sample` says which batches
    `ScanMode.SAMPLE` reads; a sampled scan is always incomplete.
    """
    pack = rules or load_rules()
    chosen_recognizers = default_recognizers(pack) if recognizers is None else recognizers
    scanner = TableScanner(
        columns, text_budget_seconds=text_budget_seconds, recognizers=chosen_recognizers, clock=clock
    )
    chosen = batches
    if mode is ScanMode.SAMPLE:
        chosen = islice(batches, 0, sample.max_batches * sample.every, sample.every)
    partial = TablePartial()
    for number, batch in enumerate(chosen, start=1):
        partial = merge_tables(partial, scanner.scan(batch))
        if progress is not None:
            progress(ScanProgress(partial.rows, row_estimate, number, scanner.budget.spent))
    return finish_table(scanner, partial, mode=mode, rules=pack)
