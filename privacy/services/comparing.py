"""What a scan says that the scan before did not: kept with the scan, for pages, API and command alike."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from catalog.jobs.models import JobState
from privacy.detection.comparison import Reading, compare
from privacy.models import Scan, ScanMode


def scan_before(scan: Scan) -> Scan | None:
    """The last scan of the table that read something: every row, or as many as it could. A sample only where there is nothing else."""
    read = Scan.objects.filter(
        distribution=scan.distribution_id,
        pk__lt=scan.pk,
        rows__isnull=False,
        job__state__in=[JobState.COMPLETE, JobState.INCOMPLETE],
    ).select_related("job")
    newest = read.order_by("-pk")
    found: Scan | None = newest.filter(mode=ScanMode.FULL).first() or newest.first()
    return found


def _reading(scan: Scan, state: JobState) -> Reading:
    return Reading.of(scan.columns, scan.rows or 0, scan.reasons, complete=state == JobState.COMPLETE)


def compare_with_last(*, scan: Scan, state: JobState, returned: Collection[str]) -> dict[str, Any]:
    """The comparison of a scan that ends in `state` with the scan before; empty for the first of a table.

    `returned` are the columns whose finding came back for review by it.
    """
    last = scan_before(scan)
    if last is None:
        return {}
    comparison = compare(_reading(last, JobState(last.state)), _reading(scan, state)).as_dict()
    for column in comparison["columns"]:
        column["returned"] = column["name"] in returned
    return {
        "with": {
            "scan": last.pk,
            "at": (last.job.ended_at or last.requested_at).isoformat(),
            "mode": last.mode,
            "state": last.state,
            "rows": last.rows,
            "rules_version": last.rules_version,
        },
        **comparison,
    }
