"""`manage.py risk SOURCE --quasi a,b`: how easily a person could be singled out in a table."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from django.core.management.base import CommandParser

from catalog.commands import BadInput, DocumentCommand, Outcome, acting_user, local_file, progress_bar
from catalog.datasets.locations import open_source as open_registered
from catalog.messages import gettext_noop
from catalog.people.policies import require
from catalog.sources import open_source
from privacy.risk.measure import NoQuasiIdentifiers, measure
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
        location = local_file(options["source"])
        if location is not None:
            source, name = open_source(location), options["table"]
        else:
            user = acting_user(options["username"])
            distribution = distribution_named(user, options["source"], options["table"])
            require(user, "protection.preview", distribution.dataset)
            source, name = open_registered(distribution.source), distribution.table
        with closing(source) as opened:
            table = opened.table(name)
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
