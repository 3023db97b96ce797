"""How a scan's worker reads the table: all of it, from where an earlier reading stopped, or a sample; and what it keeps on the way.

Lives here: the running of the kernel (`privacy.detection`) over a registered table. What becomes of the result is the worker's
(`privacy.workers`).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import structlog
from django.conf import settings
from django.db import OperationalError

from catalog.jobs.crashes import describe
from catalog.jobs.runner import JobRun, LeaseLost
from catalog.messages import MessageError
from catalog.sealed import SealError
from catalog.sources import SourceError, Table
from privacy.detection.model import ColumnInput, Reason, SamplePlan, ScanProgress, TableScan, TextSpent
from privacy.detection.recognizers import rule_versions
from privacy.detection.sampling import scan_sample
from privacy.detection.scan import ReadingState, TableReading, default_recognizers
from privacy.models import Scan
from privacy.services.checkpoints import Ground, keep_checkpoint, state_to_go_on_from
from privacy.services.rules import current_rules
from privacy.services.scans import note_reading

# Between batches a scan looks whether it must stop: small ones keep cancelling quick.
BATCH_ROWS = 16384
# What a source dies of on the way; the second of an upload that was damaged on the disk.
_STOPS = (SourceError, SealError)
log = structlog.get_logger("canglang.scan")


@dataclass(frozen=True, slots=True)
class Done:
    """What reading came to. `to_the_end`: no row is left that a later scan could go on with; `changed`: not what it was at the beginning."""

    found: TableScan
    fingerprint: str
    reasons: tuple[Reason, ...] = ()
    to_the_end: bool = True
    changed: bool = False


class ScanWork:
    """One scan of one open table."""

    def __init__(self, run: JobRun, scan: Scan, table: Table) -> None:
        self._run, self._scan, self._table = run, scan, table
        self._rules = current_rules()
        self._recognizers = default_recognizers(self._rules)
        self._budget = float(run.arguments.get("text_budget_seconds") or settings.SCAN_TEXT_BUDGET_SECONDS)
        self._notes = ReadingNotes(scan, self._budget)
        self._failed: set[str] = set()
        # What a steward calls a column says as much as the comment the source has for it.
        self._labels: Mapping[str, str] = dict(scan.distribution.fields.values_list("name", "label"))
        self._columns = [
            ColumnInput(column.name, self._labels.get(column.name) or column.comment, column.arrow_type)
            for column in table.schema.columns
        ]

    def sample(self) -> Done:
        """Judge some rows. Nothing is released on a sample: that the content stays the same need not be proved by reading all of it, twice."""
        found = scan_sample(
            self._columns,
            self._table,
            plan=SamplePlan(secrets.randbits(31)),
            rules=self._rules,
            text_budget_seconds=self._budget,
            progress=self._advance,
            row_estimate=self._run.total,
            recognizers=self._recognizers,
            on_failure=self._tell_failure,
        )
        return Done(found, "", self._differences(), to_the_end=False)

    def read(self) -> Done:
        """Judge every row, from where an earlier reading stopped. A source that dies on the way leaves what was read of it."""
        table = self._table
        before, order = table.fingerprint(), table.row_order()
        versions = rule_versions(self._rules, self._recognizers)
        ground = None if order is None else Ground(before, order, self._rules.version, versions)
        reading = self._begin(state_to_go_on_from(self._scan, ground))
        keeper = Keeper(self._scan, self._run, ground)
        try:
            for batch in table.batches(batch_rows=BATCH_ROWS, skip_rows=reading.rows, raw_text=True):
                reading.add(batch)
                keeper.look(reading)
        except _STOPS as error:
            if not reading.rows:
                raise
            keeper.keep(reading)
            return self._stopped(reading, before, error, may_go_on=ground is not None)
        self._run.progress(reading.rows, reading.rows, "fingerprint")
        try:
            after = table.fingerprint()
        except _STOPS as error:
            return self._stopped(reading, before, error, may_go_on=True)
        return Done(reading.finish(), after, self._differences(), changed=before != after)

    def _begin(self, start: ReadingState | None) -> TableReading:
        reading = TableReading(
            self._columns,
            rules=self._rules,
            text_budget_seconds=self._budget,
            progress=self._advance,
            row_estimate=self._run.total,
            recognizers=self._recognizers,
            on_failure=self._tell_failure,
            start=start,
        )
        if start is not None:
            log.info("scan goes on", scan=self._scan.pk, rows=reading.rows)
            self._run.progress(reading.rows, None, "resume")
        return reading

    def _stopped(self, reading: TableReading, fingerprint: str, error: MessageError, *, may_go_on: bool) -> Done:
        log.warning("source stopped", scan=self._scan.pk, rows=reading.rows, code=error.code)
        reasons = (Reason.of_stop(reading.rows, error), *(() if may_go_on else (Reason("order_unknown"),)))
        return Done(reading.finish(), fingerprint, (*reasons, *self._differences()), to_the_end=False)

    def _differences(self) -> tuple[Reason, ...]:
        """Columns of the record that the source has not, and the other way round."""
        read = [column.name for column in self._columns]
        missing = (Reason("column_missing", name) for name in self._labels if name not in read)
        new = (Reason("column_unregistered", name) for name in read if name not in self._labels)
        return (*missing, *new)

    def _advance(self, progress: ScanProgress) -> None:
        self._run.progress(progress.rows, progress.row_estimate, progress.phase)
        self._notes.note(progress)

    def _tell_failure(self, column: str, error: Exception) -> None:
        """For the operator, once a column, and without what the error says: it may quote a cell."""
        if column not in self._failed:
            self._failed.add(column)
            log.error("column not examined", scan=self._scan.pk, column=column, **describe(error))


class Keeper:
    """Keeps how far a reading is, every so many seconds; seldomer where keeping itself takes long."""

    _SHARE = 20  # of the time at most one part in so many

    def __init__(self, scan: Scan, run: JobRun, ground: Ground | None) -> None:
        self._scan, self._run, self._ground = scan, run, ground
        self._next = time.monotonic() + settings.SCAN_CHECKPOINT_SECONDS

    def look(self, reading: TableReading) -> None:
        """Keep it, if it is time."""
        if time.monotonic() >= self._next:
            self.keep(reading)

    def keep(self, reading: TableReading) -> None:
        """Keep it now. A disk or a database that refuses costs the scan nothing but this."""
        if self._ground is None:
            return
        began = time.monotonic()
        try:
            kept = keep_checkpoint(
                scan=self._scan,
                job_id=self._run.job_id,
                fence=self._run.fence,
                ground=self._ground,
                state=reading.state(),
            )
        except (OSError, OperationalError) as error:
            log.warning("checkpoint not kept", scan=self._scan.pk, error=type(error).__name__)
            kept = True
        if not kept:
            raise LeaseLost
        now = time.monotonic()
        self._next = now + max(settings.SCAN_CHECKPOINT_SECONDS, self._SHARE * (now - began))


class ReadingNotes:
    """Tells whoever watches a scan what reading text for names has taken so far, every few seconds."""

    EVERY = 3.0

    def __init__(self, scan: Scan, budget: float) -> None:
        self._scan, self._budget, self._told = scan, budget, time.monotonic()

    def note(self, progress: ScanProgress) -> None:
        """Told only once some text was read."""
        if not progress.text_characters or time.monotonic() - self._told < self.EVERY:
            return
        self._told = time.monotonic()
        spent = TextSpent(round(progress.text_seconds, 1), self._budget, progress.text_characters)
        note_reading(scan=self._scan, reading={"text": asdict(spent)})
