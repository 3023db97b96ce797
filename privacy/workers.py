"""What the worker process runs for privacy: scans, and effects on the risk. Reading and judging happen outside any transaction;
publishing in one."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from typing import Any

from django.conf import settings

from catalog.datasets.locations import open_source
from catalog.datasets.models import Distribution
from catalog.jobs.models import JobState
from catalog.jobs.registry import register
from catalog.jobs.runner import JobRun
from catalog.messages import gettext_noop
from privacy.detection.model import ColumnInput, ColumnScan, Reason, ScanProgress, ScanState
from privacy.detection.model import ScanMode as KernelMode
from privacy.detection.scan import scan_table
from privacy.models import Scan
from privacy.services.effects import EFFECT_JOB, cancel_effect
from privacy.services.protections import policy_of
from privacy.services.readiness import Problem
from privacy.services.scans import SCAN_JOB, ScanResult, cancel_scan_of, publish_scan, record_scan_ended
from privacy.services.whatif import measure_rows, require_measurable

BATCH_ROWS = 16384
SOURCE_CHANGED = Problem("source_changed", gettext_noop("The data changed while it was being read."))


def run_scan(run: JobRun) -> None:
    """Read the table, judge its columns, publish the findings."""
    scan = Scan.objects.select_related("distribution__source", "distribution__dataset__provider", "requested_by").get(
        job_id=run.job_id
    )
    with closing(open_source(scan.distribution.source)) as source:
        table = source.table(scan.distribution.table)
        run.progress(0, scan.distribution.rows or table.row_estimate, "fingerprint")
        before = table.fingerprint()
        # What a steward calls a column says as much as the comment the source has for it.
        labels = dict(scan.distribution.fields.values_list("name", "label"))
        columns = [
            ColumnInput(column.name, labels.get(column.name) or column.comment, column.arrow_type)
            for column in table.schema.columns
        ]

        def advance(progress: ScanProgress) -> None:
            run.progress(progress.rows, progress.row_estimate, "scan")

        found = scan_table(
            columns,
            # Between batches a scan looks whether it must stop: small ones keep cancelling quick.
            table.batches(batch_rows=BATCH_ROWS),
            mode=KernelMode(scan.mode),
            text_budget_seconds=settings.SCAN_TEXT_BUDGET_SECONDS,
            progress=advance,
            row_estimate=run.total,
        )
        run.progress(found.rows, found.rows, "fingerprint")
        after = table.fingerprint()
    reasons = [_reason(reason) for reason in found.reasons]
    state = JobState.COMPLETE if found.state is ScanState.COMPLETE else JobState.INCOMPLETE
    if before != after:
        reasons.append({"code": SOURCE_CHANGED.code, "message": SOURCE_CHANGED.message, "params": {}})
        state = JobState.INCOMPLETE
    result = ScanResult(
        rows=found.rows,
        rules_version=found.rules_version,
        fingerprint=after,
        reasons=reasons,
        columns=[column_as_dict(column) for column in found.columns],
    )
    with run.finish(state):
        publish_scan(scan=scan, state=state, result=result)


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


register(SCAN_JOB, run=run_scan, ended=record_scan_ended, cancel=cancel_scan_of)
register(EFFECT_JOB, run=run_effect, cancel=cancel_effect)
