"""`manage.py export_catalog --as jsonld|turtle|xlsx --output F`: what is published, for other catalogues to harvest.

No user is named: what is published is seen by everybody, and nothing else leaves here.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext

from catalog.commands import DocumentCommand, Outcome
from catalog.exchange.dcat import DEFAULT_BASE
from catalog.exchange.exporting import ExportFormat, export_published
from catalog.messages import gettext_noop


class Command(DocumentCommand):
    help = "Export the published catalogue as DCAT (JSON-LD, Turtle) or as the government sheet (XLSX)."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--as", dest="export_format", choices=[one.value for one in ExportFormat], required=True)
        parser.add_argument("--output", metavar="F", required=True, help="the file to write or replace")
        parser.add_argument(
            "--base", metavar="URI", default=DEFAULT_BASE, help="what the addresses of an RDF export begin with"
        )

    def outcome(self, **options: Any) -> Outcome:
        export_format = ExportFormat(options["export_format"])
        export = export_published(export_format=export_format, output=Path(options["output"]), base=options["base"])
        return Outcome(
            {
                "datasets": export.datasets,
                "output": options["output"],
                "format": export_format.value,
                "sha256": export.sha256,
            }
        )

    def lines(self, document: Mapping[str, Any]) -> list[str]:
        return [gettext(gettext_noop("%(datasets)d datasets → %(output)s (SHA-256 %(sha256)s)")) % document]
