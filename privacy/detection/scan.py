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
from typing import Any

import pyarrow as pa

from privacy.detection.column import ColumnScanner, ColumnState, Held
from privacy.detection.column_names import read_names
from privacy.detection.free_text import TextBudget, TextReader
from privacy.detection.model import (
    INFORMATIVE_REASONS,
    ColumnInput,
    Reason,
    ScanMode,
    ScanProgress,
    ScanState,
    TableScan,
    TextSpent,
)
from privacy.detection.partials import ColumnPartial
from privacy.detection.recognizers import COLUMN_RECOGNIZERS, ColumnRecognizer, rule_versions
from privacy.detection.recognizers.own import own_recognizer
from privacy.detection.rules import Family, RuleError, RuleSet, load_rules
from privacy.detection.verdict import conclude, judge_column

Clock = Callable[[], float]


def default_recognizers(rules: RuleSet | None = None) -> tuple[ColumnRecognizer, ...]:
    """One instance of every recognizer that a rule pack runs; they hold no state between scans.

    Raises `RuleError` for a rule that cannot run: one by checksum or pattern that no recognizer looks for.
    """
    running = (rules or load_rules()).running
    known = {kind.entity for kind in COLUMN_RECOGNIZERS}
    for entity_type, rule in running.items():
        if rule.own is None and rule.family in (Family.CHECKSUM, Family.PATTERN) and entity_type not in known:
            raise RuleError(detail=f"no recognizer looks for {entity_type}")
    own = (own_recognizer(rule) for rule in running.values() if rule.own is not None)
    return _recognizers(frozenset(running)) + tuple(recognizer for recognizer in own if recognizer is not None)


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
    """Scans batches of one table under one text budget (`text_budget_seconds`, None: unlimited). `on_failure` is told which column
    could not be examined, and of what: the error may quote a cell."""

    def __init__(
        self,
        columns: Sequence[ColumnInput],
        *,
        text_budget_seconds: float | None,
        recognizers: Sequence[ColumnRecognizer] | None = None,
        clock: Clock = time.monotonic,
        on_failure: Callable[[str, Exception], None] | None = None,
    ) -> None:
        self.columns = tuple(columns)
        self.budget = TextBudget(text_budget_seconds, clock)
        chosen = default_recognizers() if recognizers is None else tuple(recognizers)
        self.recognizers = chosen
        self.on_failure = on_failure
        self.scanners = {
            column.name: ColumnScanner(column.arrow_type, chosen, TextReader(self.budget)) for column in self.columns
        }

    def scan(self, batch: pa.RecordBatch) -> TablePartial:
        """The counts of one batch. A column that cannot be examined is counted so, and stops no other."""
        present = batch.schema.names  # a name may stand twice: the first counts
        arrays = {name: batch.column(present.index(name)) for name in self.scanners if name in present}
        # Text is read under one budget: the shortest columns first, so that the longest waits for the others and not they for it.
        ordered = sorted(arrays, key=lambda name: arrays[name].nbytes if self.scanners[name].held is Held.TEXT else 0)
        partials: dict[str, ColumnPartial] = {}
        for waiting, name in zip(range(len(ordered) - 1, -1, -1), ordered, strict=True):
            self.budget.serve(name, waiting=waiting)
            partials[name] = self._scan_column(name, self.scanners[name], arrays[name])
        return TablePartial(batch.num_rows, partials, frozenset(name for name in self.scanners if name not in present))

    def _scan_column(self, name: str, scanner: ColumnScanner, array: pa.Array[Any]) -> ColumnPartial:
        try:
            return scanner.scan(array)
        except Exception as error:
            if error is self.budget.stopped_by:
                raise
            if self.on_failure is not None:
                self.on_failure(name, error)
            return ColumnPartial(rows=len(array), failures={type(error).__name__: len(array)})


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
        rules=rule_versions(rules, scanner.recognizers),
        text=TextSpent(round(scanner.budget.spent, 1), scanner.budget.seconds, scanner.budget.characters),
    )


def scan_table(
    columns: Sequence[ColumnInput],
    batches: Iterable[pa.RecordBatch],
    *,
    rules: RuleSet | None = None,
    text_budget_seconds: float | None,
    progress: Callable[[ScanProgress], None] | None = None,
    row_estimate: int | None = None,
    recognizers: Sequence[ColumnRecognizer] | None = None,
    clock: Clock = time.monotonic,
) -> TableScan:
    """Scan a table given as record batches.

    `columns` are the fields to judge, by name; batches may have more. `progress` is called after each batch and may raise to
    cancel: what it raises is not caught, nor is what reading a batch raises. `text_budget_seconds` bounds the time spent on
    reading names in free text (None: unlimited); text left unread makes the scan incomplete. Every batch is read: quick mode is
    `privacy.detection.sampling`.
    """
    reading = TableReading(
        columns,
        rules=rules,
        text_budget_seconds=text_budget_seconds,
        progress=progress,
        row_estimate=row_estimate,
        recognizers=recognizers,
        clock=clock,
    )
    for batch in batches:
        reading.add(batch)
    return reading.finish()


@dataclass(frozen=True, slots=True)
class ReadingState:
    """How far a table has been read: all that another process needs to go on (`privacy.detection.checkpoint` writes it)."""

    partial: TablePartial
    batches: int
    text_seconds: float
    text_characters: int
    columns: Mapping[str, ColumnState]


class TableReading:
    """A table that is being scanned, batch by batch. Arguments as those of `scan_table`.

    `start` is what a reading that ended in the middle had come to: the batches given are then those after it. Scanning them gives the
    result of one reading.
    """

    def __init__(
        self,
        columns: Sequence[ColumnInput],
        *,
        rules: RuleSet | None = None,
        text_budget_seconds: float | None,
        progress: Callable[[ScanProgress], None] | None = None,
        row_estimate: int | None = None,
        recognizers: Sequence[ColumnRecognizer] | None = None,
        clock: Clock = time.monotonic,
        on_failure: Callable[[str, Exception], None] | None = None,
        start: ReadingState | None = None,
    ) -> None:
        self._rules = rules or load_rules()
        self._scanner = TableScanner(
            columns,
            text_budget_seconds=text_budget_seconds,
            recognizers=default_recognizers(self._rules) if recognizers is None else recognizers,
            clock=clock,
            on_failure=on_failure,
        )
        self._progress, self._row_estimate = progress, row_estimate
        self._partial, self._batches = TablePartial(), 0
        self._budget = self._scanner.budget
        if start is not None:
            self._partial, self._batches = start.partial, start.batches
            self._budget.spent, self._budget.characters = start.text_seconds, start.text_characters
            for name, column in start.columns.items():
                self._scanner.scanners[name].resume(column)
        self._budget.watch = lambda: self._tell("text")

    @property
    def rows(self) -> int:
        """Rows counted so far."""
        return self._partial.rows

    def add(self, batch: pa.RecordBatch) -> None:
        """Count one batch. What `progress` raises is not caught."""
        self._batches += 1
        self._partial = merge_tables(self._partial, self._scanner.scan(batch))
        self._tell("scan")

    def _tell(self, phase: str) -> None:
        if self._progress is not None:
            budget = self._budget
            self._progress(
                ScanProgress(self.rows, self._row_estimate, self._batches, budget.spent, budget.characters, phase)
            )

    def state(self) -> ReadingState:
        """How far it is."""
        columns = {name: scanner.state() for name, scanner in self._scanner.scanners.items()}
        return ReadingState(self._partial, self._batches, self._budget.spent, self._budget.characters, columns)

    def finish(self) -> TableScan:
        """The verdict on what was counted."""
        return finish_table(self._scanner, self._partial, mode=ScanMode.FULL, rules=self._rules)
