"""`manage.py scan SOURCE`: what in a table is personal. A file is scanned in place; a registered source through the services."""

from __future__ import annotations

import math
import secrets
import time
from argparse import ArgumentTypeError
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from catalog.api.errors import render_message
from catalog.commands import BadInput, DocumentCommand, Exit, Outcome, acting_user, advance, local_file, progress_bar
from catalog.datasets.models import Distribution
from catalog.jobs.models import ENDED, JobState
from catalog.jobs.runner import run_job
from catalog.messages import gettext_noop
from catalog.sources import FileLocation, SourceError, Table, open_source
from privacy.detection.model import ColumnInput, Reason, SamplePlan, ScanMode, ScanProgress, ScanState, TableScan
from privacy.detection.sampling import scan_sample
from privacy.detection.scan import TableReading
from privacy.models import Scan
from privacy.services.checkpoints import last_resumable, resume_scan
from privacy.services.own_rules import rules_with_file
from privacy.services.scans import request_scan
from privacy.services.selection import distribution_named
from privacy.workers import column_as_dict, reading_as_dict


def sample_seed(text: str) -> int:
    """A number that a sample can be drawn by, as argparse wants to be told."""
    if not text.isascii() or not text.isdigit() or int(text) >= 2**31:
        raise ArgumentTypeError("a whole number below 2147483648")
    return int(text)


class Command(DocumentCommand):
    help = "Scan a table for personal information."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("source", help="a file, or the name of a registered source (with --as)")
        parser.add_argument("--table", default=None, help="the table, where the source has several")
        parser.add_argument("--mode", choices=["full", "sample"], default="full")
        parser.add_argument("--as", dest="username", default=None, help="the user who asks (registered sources)")
        parser.add_argument("--seed", type=sample_seed, default=None, help="draw the rows of a sample by this number")
        parser.add_argument(
            "--rules", default=None, metavar="FILE", help="own rules (TOML) to look for besides (files)"
        )
        parser.add_argument("--text-budget", type=float, default=None, help="seconds for reading free text")

        parser.add_argument(
            "--resume", action="store_true", help="go on where the last scan of the table stopped (registered sources)"
        )

    def outcome(self, **options: Any) -> Outcome:
        location = local_file(options["source"])
        if location is not None and options["resume"]:
            raise BadInput(gettext_noop("Only a scan of a registered source can be gone on with."), code="resume")
        if location is not None:
            return _scan_file(location, options)
        user = acting_user(options["username"])
        distribution = distribution_named(user, options["source"], options["table"])
        if options["seed"] is not None:
            raise BadInput(
                gettext_noop("Only of a file the rows of a sample can be drawn again by a seed."), code="seed"
            )
        if options["rules"] is not None:
            raise BadInput(
                gettext_noop("A registered source is scanned by the rules that are on: import the file instead."),
                code="rules",
            )
        budget = None if options["text_budget"] is None else math.ceil(options["text_budget"])
        if options["resume"]:
            return _scan_registered(distribution, resume_scan(actor=user, scan=last_resumable(distribution)))
        scan = request_scan(actor=user, distribution=distribution, mode=options["mode"], text_budget_seconds=budget)
        return _scan_registered(distribution, scan)

    def lines(self, document: Mapping[str, Any]) -> list[str]:
        lines = [f"{document['source']} · {document['table']} · {document['rows']} rows · {document['state']}"]
        for column in document["columns"]:
            name = column["name"] if column["name"].isprintable() else repr(column["name"])
            lines.append(
                f"  {name:<24} {column['entity_type'] or '-':<20} {column['role']:<10} {column['likelihood']:<13}"
                f" {column['counts'].get('matched', 0)}/{column['counts'].get('rows', 0)}"
                + (f"  {bound['low']:.4%} to {bound['high']:.4%} of all rows" if (bound := _interval(column)) else "")
            )
        lines += [f"  ! {reason['text']}" for reason in document["reasons"]]
        return [*lines, *_since(document.get("comparison"))]


def _since(comparison: Mapping[str, Any] | None) -> list[str]:
    """What is new, gone and changed since the scan before, a line a column."""
    if not comparison:
        return []
    before = comparison["with"]
    counts = ", ".join(f"{comparison[name]} {name}" for name in ("new", "gone", "changed"))
    lines = [f"since scan {before['scan']} ({before['mode']}, {before['at'][:10]}): {counts}"]
    for column in comparison["columns"]:
        name = column["name"] if column["name"].isprintable() else repr(column["name"])
        differences = ", ".join(difference["what"] for difference in column["differences"])
        back = " · back for review" if column["returned"] else ""
        lines.append(f"  ~ {name:<22} {column['change']:<13} {differences or '-'}{back}")
    return lines


def _interval(column: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """In a sample: between which shares of all rows the truth lies."""
    found: Mapping[str, Any] | None = column["evidence"].get("interval")
    return found


def _scan_file(location: FileLocation, options: Mapping[str, Any]) -> Outcome:
    """Scan a file where it lies; nothing is recorded anywhere."""
    budget = options["text_budget"] if options["text_budget"] is not None else settings.SCAN_TEXT_BUDGET_SECONDS
    rules = rules_with_file(options["rules"])
    whole = options["mode"] == ScanMode.SAMPLE  # of a part no rows can be drawn at random
    with closing(open_source(replace(location, up_to_damage=not whole))) as source:
        table = source.table(options["table"])
        with progress_bar("scan", table.row_estimate) as bar:

            def watch(progress: ScanProgress) -> None:
                advance(bar, progress.rows)

            columns = [ColumnInput(column.name, column.comment, column.arrow_type) for column in table.schema.columns]
            if options["mode"] == ScanMode.SAMPLE:
                seed = secrets.randbits(31) if options["seed"] is None else options["seed"]
                found = scan_sample(
                    columns,
                    table,
                    plan=SamplePlan(seed),
                    rules=rules,
                    text_budget_seconds=budget,
                    progress=watch,
                    row_estimate=table.row_estimate,
                )
            else:
                found = _read_every_row(
                    TableReading(
                        columns,
                        rules=rules,
                        text_budget_seconds=budget,
                        progress=watch,
                        row_estimate=table.row_estimate,
                    ),
                    table,
                )
    document = {
        "source": location.name,
        "table": table.name,
        "mode": options["mode"],
        "state": str(found.state),
        "rows": found.rows,
        "rules_version": found.rules_version,
        "rules": dict(found.rules),
        "reading": reading_as_dict(found),
        "reasons": [
            {
                "code": reason.code,
                "column": reason.column,
                "params": dict(reason.params),
                "text": render_message(reason.message, {"column": reason.column, **reason.params}),
            }
            for reason in found.reasons
        ],
        "columns": [column_as_dict(column) for column in found.columns],
    }
    return Outcome(document, Exit.DONE if found.state is ScanState.COMPLETE else Exit.INCOMPLETE)


def _read_every_row(reading: TableReading, table: Table) -> TableScan:
    """The verdict on all rows or, of a file that cannot be read to its end, on those before."""
    try:
        for batch in table.batches(raw_text=True):
            reading.add(batch)
    except SourceError as error:
        if not reading.rows:
            raise
        found = reading.finish()
        stopped = Reason.of_stop(reading.rows, error)
        return replace(found, state=ScanState.INCOMPLETE, reasons=(stopped, *found.reasons))
    return reading.finish()


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
        "rules": scan.rules,
        "reading": scan.reading,
        "reasons": [{**reason, "text": render_message(reason["message"], reason["params"])} for reason in scan.reasons],
        "error": {"code": scan.job.error_code} if scan.job.error_code else None,
        "comparison": scan.comparison or None,
        "columns": scan.columns,
    }
    codes = {JobState.COMPLETE: Exit.DONE, JobState.FAILED: Exit.BAD_INPUT}
    return Outcome(document, codes.get(JobState(scan.state), Exit.INCOMPLETE))
