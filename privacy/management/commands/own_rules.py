"""`manage.py own_rules import FILE --as USER` and `export --as USER`: a bureau's own rules as a TOML file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext

from catalog.commands import BadInput, DocumentCommand, Outcome, acting_user
from catalog.messages import gettext_noop
from catalog.sources import file_location
from privacy.models import OwnRule
from privacy.services.own_rules import LONGEST_FILE, export_own_rules, import_own_rules

DONE = gettext_noop("Written: %(written)d, changed: %(changed)d, as they were: %(unchanged)d.")
TO_DO = gettext_noop("What was written or changed runs once it is tried and switched on.")


class Command(DocumentCommand):
    help = "Import or export the rules that this deployment has written itself."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["import", "export"])
        parser.add_argument("file", metavar="FILE", nargs="?", help="the TOML file to import, or to export into")
        parser.add_argument("--as", dest="user", metavar="USER", required=True, help="the administrator who does it")

    def outcome(self, **options: Any) -> Outcome:
        actor = acting_user(options["user"])
        if options["act"] == "export":
            return _export(export_own_rules(actor=actor), options["file"])
        if options["file"] is None:
            raise BadInput(gettext_noop("Say which file to import."), code="file_missing")
        with file_location(Path(options["file"])).open() as file:
            imported = import_own_rules(actor=actor, content=file.read(LONGEST_FILE + 1))
        return Outcome(
            {
                "written": list(imported.written),
                "changed": list(imported.changed),
                "unchanged": list(imported.unchanged),
            }
        )

    def lines(self, document: Mapping[str, Any]) -> list[str]:
        if "toml" in document:
            return [document["toml"]]
        if "file" in document:
            return [document["file"]]
        lines = [gettext(DONE) % {act: len(types) for act, types in document.items()}]
        return [*lines, gettext(TO_DO)] if document["written"] or document["changed"] else lines


def _export(toml: str, name: str | None) -> Outcome:
    rules = OwnRule.objects.count()
    if name is None:
        return Outcome({"rules": rules, "toml": toml})
    try:
        Path(name).write_text(toml, encoding="utf-8")
    except OSError as error:
        raise BadInput(
            gettext_noop("The file cannot be written (%(reason)s)."), code="file", reason=error.strerror
        ) from error
    return Outcome({"rules": rules, "file": name})
