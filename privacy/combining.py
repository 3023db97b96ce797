"""What the worker process runs to count combinations of quasi-identifiers. Reading happens outside any transaction; publishing in one."""

from __future__ import annotations

from contextlib import closing

from catalog.datasets.locations import open_source
from catalog.jobs.models import JobState
from catalog.jobs.registry import register
from catalog.jobs.runner import JobRun
from privacy.models import Combinations
from privacy.services.combinations import (
    COMBINATIONS_JOB,
    SourceChanged,
    cancel_combinations_of,
    count_table,
    publish_combinations,
    record_combinations_ended,
    require_countable,
)


def run_combinations(run: JobRun) -> None:
    """Count the combinations of a table, if it is still what was scanned."""
    combinations = Combinations.objects.select_related(
        "job__requested_by",
        "scan__job",
        "scan__distribution__source",
        "scan__distribution__dataset__provider",
        "scan__distribution__subject_field",
    ).get(job_id=run.job_id)
    scan = combinations.scan
    counted = require_countable(scan)

    def read(rows: int) -> None:
        run.progress(rows, scan.rows, "measure")

    def advance(_done: int, _total: int) -> None:
        run.progress(run.done, run.done, "combinations")

    with closing(open_source(scan.distribution.source)) as source:
        table = source.table(scan.distribution.table)
        run.progress(0, scan.rows, "fingerprint")
        if table.fingerprint() != scan.fingerprint:
            raise SourceChanged
        found = count_table(table, columns=counted.columns, subject=counted.subject, read=read, advance=advance)
        run.progress(found.rows, found.rows, "fingerprint")
        if table.fingerprint() != scan.fingerprint:
            raise SourceChanged
    with run.finish(JobState.COMPLETE):
        publish_combinations(combinations=combinations, found=found, counted=counted)


register(COMBINATIONS_JOB, run=run_combinations, ended=record_combinations_ended, cancel=cancel_combinations_of)
