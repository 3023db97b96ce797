"""`manage.py risk SOURCE --quasi a,b`: how easily a person could be singled out in a table; with `--combinations`, by which columns together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from django.core.management.base import CommandParser

from catalog.commands import BadInput, DocumentCommand, Outcome, acting_user, advance, local_file, progress_bar
from catalog.datasets.locations import open_source as open_registered
from catalog.datasets.models import DataField
from catalog.messages import gettext_noop
from catalog.people.policies import require
from catalog.sources import Table, open_source
from privacy.risk.combinations import CombinationsFound
from privacy.risk.measure import NoQuasiIdentifiers, measure
from privacy.services.combinations import count_table
from privacy.services.selection import distribution_named


class Command(DocumentCommand):
    help = "Measure the re-identification risk of a table."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("source", help="a file, or the name of a registered source (with --as)")
        parser.add_argument("--table", default=None, help="the table, where the source has several")
        parser.add_argument("--quasi", required=True, help="quasi-identifiers, separated by commas")
        parser.add_argument("--subject", default=None, help="the field that tells one person from another")
        parser.add_argument("--sensitive", default="", help="sensitive attributes, separated by commas")
        parser.add_argument("--population", type=int, default=None, help="how many persons the table is a part of")
        parser.add_argument(
            "--combinations", action="store_true", help="count every combination of 2 to 4 of the quasi-identifiers"
        )
        parser.add_argument("--as", dest="username", default=None, help="the user who asks (registered sources)")

    def outcome(self, **options: Any) -> Outcome:
        quasi, sensitive = _names(options["quasi"]), _names(options["sensitive"])
        if not quasi:
            raise NoQuasiIdentifiers
        subject = options["subject"] or None
        if subject in quasi:
            raise BadInput(
                gettext_noop("The subject must not be one of the quasi-identifiers."), code="subject_is_quasi"
            )
        if options["combinations"] and (sensitive or options["population"] is not None):
            raise BadInput(
                gettext_noop("--combinations counts persons only: leave --sensitive and --population away."),
                code="options_conflict",
            )
        person: DataField | str | None = subject
        location = local_file(options["source"])
        if location is not None:
            source, name = open_source(location), options["table"]
        else:
            user = acting_user(options["username"])
            distribution = distribution_named(user, options["source"], options["table"])
            require(user, "protection.preview", distribution.dataset)
            source, name = open_registered(distribution.source), distribution.table
            person = distribution.fields.filter(name=subject).first() or subject
        with closing(source) as opened:
            table = opened.table(name)
            if options["combinations"]:
                found = _combinations(table, list(dict.fromkeys(quasi)), person)
                return Outcome({"source": options["source"], "table": table.name, **found.as_dict()})
            read = list(dict.fromkeys([*quasi, *sensitive, *([subject] if subject else [])]))
            with progress_bar("risk", table.row_estimate) as bar:

                def batches() -> Any:
                    for batch in table.batches(read):
                        bar.update(batch.num_rows)
                        yield batch

                measured = measure(
                    batches(), quasi=quasi, subject=subject, sensitive=sensitive, population=options["population"]
                )
        return Outcome({"source": options["source"], "table": table.name, **measured.as_dict()})

    def lines(self, document: Mapping[str, Any]) -> list[str]:
        if "combinations" in document:
            return _table_of(document)
        shown = [
            "rows",
            "subjects",
            "classes",
            "k_min",
            "uniques",
            "unique_share",
            "l_distinct",
            "l_entropy",
            "t",
            "r_max",
            "r_avg",
        ]
        return [f"{name:<14} {'not measured' if document[name] is None else document[name]}" for name in shown]


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _combinations(table: Table, quasi: Sequence[str], subject: DataField | str | None) -> CombinationsFound:
    with progress_bar("risk", table.row_estimate) as bar:
        return count_table(
            table,
            columns=quasi,
            subject=subject,
            read=lambda rows: advance(bar, rows),
            advance=lambda _done, _total: None,
        )


def _table_of(document: Mapping[str, Any]) -> list[str]:
    """One combination a line, what singles out most on top; a star marks the smallest that are too much."""
    lines = [f"persons {document['persons']}, rows {document['rows']}, not combined: {document['left_out'] or 'none'}"]
    lines.append(f"{'':2}{'singled out':>12}{'persons':>12}{'smallest':>10}{'median':>8}{'classes':>12}  columns")
    for one in document["combinations"]:
        lines.append(
            f"{'*' if one['minimal'] else '':2}{one['unique_share']:>12.2%}{one['uniques']:>12}{one['smallest']:>10}"
            f"{one['median']:>8}{one['classes']:>12}  {' + '.join(one['columns'])}"
        )
    return lines
