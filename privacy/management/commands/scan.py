"""`manage.py scan SOURCE`: what in a table is personal. A file is scanned in place; a registered source through the services."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from catalog.commands import DocumentCommand, Exit, Outcome, acting_user, advance, local_file, progress_bar
from catalog.datasets.models import Distribution
from catalog.jobs.models import ENDED, JobState
from catalog.jobs.runner import run_job
from catalog.sources import FileLocation, open_source
from privacy.detection.model import ColumnInput, ScanMode, ScanProgress, ScanState
from privacy.detection.scan import scan_table
from privacy.models import Scan
from privacy.services.scans import request_scan
from privacy.services.selection import distribution_named
from privacy.workers import column_as_dict


class Command(DocumentCommand):
    help = "Scan a table for personal information."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("source", help="a file, or the name of a registered source (with --as)")
        parser.add_argument("--table", default=None, help="the table, where the source has several")
        parser.add_argument("--mode", choices=["full", "sample"], default="full")
        parser.add_argument("--as", dest="username", default=None, help="the user who asks (registered sources)")
        parser.add_argument("--text-budget", type=float, default=None, help="seconds for reading free text")

    def outcome(self, **options: Any) -> Outcome:
        location = local_file(options["source"])
        if location is not None:
            return _scan_file(location, options)
        user = acting_user(options["username"])
        distribution = distribution_named(user, options["source"], options["table"])
        return _scan_registered(distribution, request_scan(actor=user, distribution=distribution, mode=options["mode"]))

    def lines(self, document: Mapping[str, Any]) -> list[str]:
        lines = [f"{document['source']} · {document['table']} · {document['rows']} rows · {document['state']}"]
        for column in document["columns"]:
            name = column["name"] if column["name"].isprintable() else repr(column["name"])
            lines.append(
                f"  {name:<24} {column['entity_type'] or '-':<20} {column['role']:<10} {column['likelihood']:<13}"
                f" {column['counts'].get('matched', 0)}/{column['counts'].get('rows', 0)}"
            )
        lines += [f"  ! {reason['text']}" for reason in document["reasons"]]
        return lines


def _scan_file(location: FileLocation, options: Mapping[str, Any]) -> Outcome:
    """Scan a file where it lies; nothing is recorded anywhere."""
    budget = options["text_budget"] if options["text_budget"] is not None else settings.SCAN_TEXT_BUDGET_SECONDS
    with closing(open_source(location)) as source:
        table = source.table(options["table"])
        with progress_bar("scan", table.row_estimate) as bar:

            def watch(progress: ScanProgress) -> None:
                advance(bar, progress.rows)

            found = scan_table(
                [ColumnInput(column.name, column.comment, column.arrow_type) for column in table.schema.columns],
                table.batches(),
                mode=ScanMode(options["mode"]),
                text_budget_seconds=budget,
                progress=watch,
                row_estimate=table.row_estimate,
            )
    document = {
        "source": location.name,
        "table": table.name,
        "mode": options["mode"],
        "state": str(found.state),
        "rows": found.rows,
        "rules_version": found.rules_version,
        "reasons": [
            {"code": reason.code, "column": reason.column, "params": dict(reason.params), "text": str(reason)}
            for reason in found.reasons
        ],
        "columns": [column_as_dict(column) for column in found.columns],
    }
    return Outcome(document, Exit.DONE if found.state is ScanState.COMPLETE else Exit.INCOMPLETE)


def _scan_registered(distribution: Distribution, scan: Scan) -> Outcome:
    """Run the queued scan here, unless a worker was quicker; then wait for it."""
    run_job(job_id=scan.job_id, worker="manage.py scan")
    scan.job.refresh_from_db()
    with progress_bar("scan", distribution.rows) as bar:
        while scan.job.state not in ENDED:
            time.sleep(0.5)
            scan.job.refresh_from_db()
            advance(bar, scan.job.progress_done)
    scan.refresh_from_db()
    document = {
        "source": distribution.source.name,
        "table": distribution.table,
        "mode": scan.mode,
        "scan": scan.pk,
        "state": scan.state,
        "rows": scan.rows or 0,
        "rules_version": scan.rules_version,
        "reasons": [
            {**reason, "text": reason["message"] % reason["params"] if reason["params"] else reason["message"]}
            for reason in scan.reasons
        ],
        "error": {"code": scan.job.error_code} if scan.job.error_code else None,
        "columns": scan.columns,
    }
    codes = {JobState.COMPLETE: Exit.DONE, JobState.FAILED: Exit.BAD_INPUT}
    return Outcome(document, codes.get(JobState(scan.state), Exit.INCOMPLETE))
