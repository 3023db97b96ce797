"""`manage.py protect SOURCE OUT --policy P.toml`: write a protected copy of a table.

A file is protected in place, as a local tool. From a registered source nothing leaves without a grant: then the release that the
grant published is written to OUT, as its recipient, and recorded like any download.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.core.management.base import CommandParser

from access.models import Release
from access.services.releases import download_release
from catalog.commands import BadInput, DocumentCommand, Exit, Outcome, acting_user, advance, local_file, progress_bar
from catalog.messages import gettext_noop
from catalog.sources import FileLocation, Table, file_location, open_source
from privacy.detection.model import ColumnInput, FieldRole, Likelihood, ScanState, TableScan
from privacy.detection.residual import find_residual_direct
from privacy.detection.rules import RuleSet
from privacy.detection.scan import scan_table
from privacy.masking.engine import protect_batches
from privacy.masking.errors import NothingLeft
from privacy.masking.policy import Policy, policy_from_toml
from privacy.masking.safety import check_policy
from privacy.masking.unchanged import SourceComparison
from privacy.masking.writer import artefact_file, write_artefact
from privacy.services.domains import local_key
from privacy.services.own_rules import rules_with_file

FORMATS = {".csv": "csv", ".parquet": "parquet"}
SURE = (Likelihood.LIKELY, Likelihood.VERY_LIKELY)


class Command(DocumentCommand):
    help = "Write a protected copy of a table."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("source", help="a file, or the name of a registered source (with --as and a grant)")
        parser.add_argument("out", help="the file to write: .csv or .parquet")
        parser.add_argument("--policy", default=None, help="the policy file (TOML); for a file it is required")
        parser.add_argument(
            "--domain", default=None, help="name of the key domain; without one a throw-away key is used"
        )
        parser.add_argument("--table", default=None, help="the table, where the source has several")
        parser.add_argument(
            "--rules",
            default=None,
            metavar="FILE",
            help="own rules (TOML) to look for besides, in the table and in the output (files); without it only shipped rules count",
        )
        parser.add_argument("--as", dest="username", default=None, help="the recipient (registered sources)")

    def outcome(self, **options: Any) -> Outcome:
        location = local_file(options["source"])
        if location is None and options["rules"] is not None:
            raise BadInput(
                gettext_noop("A release was searched by the rules that are on: --rules is for files."), code="rules"
            )
        if location is None:
            return _write_release(options)
        if not options["policy"]:
            raise BadInput(gettext_noop("Name the policy file (--policy)."), code="policy_missing")
        return _protect_file(location, options)

    def lines(self, document: Mapping[str, Any]) -> list[str]:
        if "incomplete" in document:
            columns = ", ".join(sorted({reason["column"] or "the table" for reason in document["incomplete"]}))
            return [f"nothing was written: not everything was read ({columns})"]
        if "residuals" in document:
            return [
                "nothing was written: direct identifiers would still be in the output: "
                + ", ".join(f"{item['column']} ({item['entity_type']})" for item in document["residuals"])
            ]
        return [f"{document['rows']} rows, {len(document['columns'])} columns, SHA-256 {document['sha256']}"]


def _protect_file(location: FileLocation, options: Mapping[str, Any]) -> Outcome:
    """Scan, protect, read back, and only then let the file appear under its name."""
    out = Path(options["out"])
    form = FORMATS.get(out.suffix.lower())
    if form is None:
        raise BadInput(gettext_noop("The output must end in .csv or .parquet."), code="format_unknown")
    if location.path is not None and out.exists() and out.samefile(location.path):
        raise BadInput(gettext_noop("The output would overwrite the source."), code="same_file")
    if not out.parent.is_dir():
        raise BadInput(gettext_noop("The folder of the output is not there."), code="no_folder")
    policy = policy_from_toml(_policy_text(Path(options["policy"])))
    keys, rules = local_key(options["domain"]), rules_with_file(options["rules"])
    with closing(open_source(location)) as source:
        table = source.table(options["table"])
        kept = policy.kept_columns(table.schema.names)  # a name that is not there is told before the table is read
        if not kept:
            raise NothingLeft
        read = policy.read_columns(table.schema.names)  # some rules go by a column that does not leave itself
        scan = _scan(table, read, rules)
        if scan.state is not ScanState.COMPLETE:
            reasons = [{"code": reason.code, "column": reason.column} for reason in scan.reasons]
            return Outcome({"source": location.name, "incomplete": reasons}, Exit.INCOMPLETE)
        sure = [column for column in scan.columns if column.likelihood in SURE]
        roles = dict.fromkeys(table.schema.names, FieldRole.NONE) | {column.name: column.role for column in sure}
        check_policy(policy, roles)
        policy = policy.with_entity_types({column.name: column.entity_type for column in sure})
        schema = pa.schema([field for field in table.schema.arrow if field.name in read])
        applied = Policy(fields={name: policy.rules_for(table.schema.names)[name] for name in kept})
        comparison = SourceComparison(applied.fields)
        protector = protect_batches(_reading(table, read, comparison), schema, applied, keys)
        try:
            with artefact_file(out) as sink:
                written = write_artefact(protector, sink, form)
                sink.flush()
                if residuals := _residuals(Path(str(sink.name)), form, applied, comparison, rules):
                    raise _Residual(residuals)
        except _Residual as stopped:
            return Outcome({"source": location.name, "residuals": stopped.found}, Exit.CHECK_FAILED)
    report = protector.report
    return Outcome(
        {
            "source": location.name,
            "table": table.name,
            "rows": written.rows,
            "columns": [column.to_dict() for column in report.columns],
            "operators": {name: rule.operator.value for name, rule in policy.rules_for(table.schema.names).items()},
            "sha256": written.sha256,
            "bytes": written.bytes,
            "format": form,
            "policy_sha256": policy.digest(),
            "key_domain": options["domain"],
            "key_fingerprint": keys.fingerprint(),
            "rows_in": report.rows_in,
            "rows_out": report.rows_out,
        }
    )


class _Residual(Exception):
    """Leaves the writing block, so that no file appears."""

    def __init__(self, found: list[dict[str, Any]]) -> None:
        self.found = found
        super().__init__()


def _policy_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            gettext_noop("The policy %(name)s cannot be read."), code="policy_unreadable", name=path.name
        ) from error


def _scan(table: Table, kept: tuple[str, ...], rules: RuleSet) -> TableScan:
    """What is in the columns that would leave: for canonical forms, and so that no direct identifier is kept by mistake."""
    columns = [column for column in table.schema.columns if column.name in kept]
    with progress_bar("scan", table.row_estimate) as bar:
        return scan_table(
            [ColumnInput(column.name, column.comment, column.arrow_type) for column in columns],
            table.batches(kept),
            rules=rules,
            text_budget_seconds=settings.SCAN_TEXT_BUDGET_SECONDS,
            progress=lambda at: advance(bar, at.rows),
            row_estimate=table.row_estimate,
        )


def _reading(table: Table, columns: tuple[str, ...], comparison: SourceComparison) -> Iterator[pa.RecordBatch]:
    with progress_bar("protect", table.row_estimate) as bar:
        for batch in table.batches(columns):
            bar.update(batch.num_rows)
            comparison.remember(batch)
            yield batch


def _residuals(
    path: Path, form: str, policy: Policy, comparison: SourceComparison, rules: RuleSet
) -> list[dict[str, Any]]:
    """Direct identifiers in what was just written, read back from the disk, and values left as they were where the format stays."""
    location = file_location(path)
    named = FileLocation(name=f"output.{form}", open=location.open)
    with closing(open_source(named)) as source:
        table = source.table()
        found = find_residual_direct(
            {name: rule.operator.value for name, rule in policy.fields.items()},
            comparison.compared(table.batches()),
            rules=rules,
        )
    unchanged = [
        {"column": item.column, "entity_type": policy.fields[item.column].entity_type or "unchanged", "rows": item.rows}
        for item in comparison.findings()
    ]
    return [
        *({"column": item.column, "entity_type": item.entity_type, "rows": item.rows} for item in found),
        *unchanged,
    ]


def _write_release(options: Mapping[str, Any]) -> Outcome:
    """Copy the release of a grant to OUT, as one of its recipients."""
    user = acting_user(options["username"])
    releases = Release.objects.visible_to(user).filter(
        grant__application__distribution__source__name=options["source"], grant__recipients=user
    )
    if options["table"]:
        releases = releases.filter(grant__application__distribution__table=options["table"])
    release = releases.select_related("artefact", "grant__application").order_by("-id").first()
    if release is None:
        raise BadInput(
            gettext_noop("You hold no grant for %(name)s. Apply for its use first."),
            code="no_grant",
            name=options["source"],
        )
    _, stream = download_release(actor=user, release=release)
    with stream, artefact_file(Path(options["out"])) as sink:
        shutil.copyfileobj(stream, sink, 1 << 20)
    return Outcome({"source": options["source"], "release": release.pk, **release.artefact.manifest}, Exit.DONE)
