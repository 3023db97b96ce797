"""What the worker process runs for privacy: scans, and effects on the risk. Reading and judging happen outside any transaction;
publishing in one."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from typing import Any

from catalog.datasets.drift import ColumnRead
from catalog.datasets.locations import open_source
from catalog.datasets.models import Distribution
from catalog.jobs.models import Job, JobState
from catalog.jobs.registry import register, register_chore
from catalog.jobs.runner import JobRun
from catalog.messages import gettext_noop
from privacy.detection.model import INFORMATIVE_REASONS, ColumnScan, Reason, ScanState, TableScan
from privacy.models import Scan, ScanMode
from privacy.reading import ScanWork
from privacy.services.checkpoints import delete_old_checkpoints, drop_checkpoint, drop_checkpoints
from privacy.services.effects import EFFECT_JOB, cancel_effect
from privacy.services.protections import policy_of
from privacy.services.readiness import Problem
from privacy.services.scans import (
    SCAN_JOB,
    ScanResult,
    cancel_scan_of,
    publish_scan,
    record_scan_ended,
)
from privacy.services.schedules import request_due_scans
from privacy.services.whatif import measure_rows, require_measurable

SOURCE_CHANGED = Problem("source_changed", gettext_noop("The data changed while it was being read."))


def run_scan(run: JobRun) -> None:
    """Read the table, judge its columns, publish the findings."""
    scan = Scan.objects.select_related("distribution__source", "distribution__dataset__provider", "requested_by").get(
        job_id=run.job_id
    )
    with closing(open_source(scan.distribution.source, up_to_damage=scan.mode == ScanMode.FULL)) as source:
        table = source.table(scan.distribution.table)
        run.progress(0, scan.distribution.rows or table.row_estimate, "fingerprint")
        work = ScanWork(run, scan, table)
        done = work.sample() if scan.mode == ScanMode.SAMPLE else work.read()
    found = done.found
    reasons = [*map(_reason, (*done.reasons, *found.reasons))]
    complete = all(reason.code in INFORMATIVE_REASONS for reason in done.reasons) and found.state is ScanState.COMPLETE
    if done.changed:
        reasons.append({"code": SOURCE_CHANGED.code, "message": SOURCE_CHANGED.message, "params": {}})
    state = JobState.COMPLETE if complete and not done.changed else JobState.INCOMPLETE
    result = ScanResult(
        rows=found.rows,
        rules_version=found.rules_version,
        fingerprint=done.fingerprint,
        reasons=reasons,
        columns=[column_as_dict(column) for column in found.columns],
        rules=found.rules,
        reading=reading_as_dict(found),
        schema=[ColumnRead.of(column) for column in table.schema.columns],
    )
    with run.finish(state):
        publish_scan(scan=scan, state=state, result=result)
        if done.to_the_end:
            drop_checkpoints(scan)


def run_effect(run: JobRun) -> None:
    """Measure a table's protection on all its rows."""
    distribution = Distribution.objects.select_related("source", "dataset").get(pk=run.arguments["distribution"])
    require_measurable(distribution)
    run.progress(0, distribution.rows, "measure")
    version = policy_of(distribution)[1]
    effect = measure_rows(distribution, progress=run.progress)
    with run.finish(JobState.COMPLETE) as job:
        job.result = {**effect.as_dict(), "policy_version": version}
        job.save(update_fields=["result"])


def _reason(reason: Reason) -> dict[str, Any]:
    """A reason as JSON: its code, the English msgid, and the names and counts in it."""
    return {"code": reason.code, "message": reason.message, "params": {"column": reason.column, **reason.params}}


def reading_as_dict(found: TableScan) -> dict[str, Any]:
    """How the rows were read as JSON: what reading text for names took, and the sample where it was one."""
    parts = {"text": found.text, "sample": found.sample}
    return {name: asdict(part) for name, part in parts.items() if part is not None}


def column_as_dict(column: ColumnScan) -> dict[str, Any]:
    """A column's verdict as JSON; the command line and the API show the same."""
    return {
        "name": column.name,
        "entity_type": column.entity_type,
        "role": str(column.role),
        "likelihood": str(column.likelihood),
        "score": round(column.score, 4),
        "counts": dict(column.counts),
        "other_types": [asdict(other) for other in column.other_types],
        "evidence": dict(column.evidence),
        "checksum_proven": column.checksum_proven,
    }


def end_scan(job: Job) -> None:
    """A scan that ended without a result: of one that was stopped on purpose nothing is kept."""
    record_scan_ended(job)
    if job.state == JobState.CANCELLED:
        drop_checkpoint(Scan.objects.get(job=job))


register(SCAN_JOB, run=run_scan, ended=end_scan, cancel=cancel_scan_of)
register_chore(delete_old_checkpoints)
register(EFFECT_JOB, run=run_effect, cancel=cancel_effect)
register_chore(request_due_scans)
