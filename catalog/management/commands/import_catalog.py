"""`manage.py import_catalog F.xlsx --as USER`: records of a catalogue sheet become draft datasets, all of them or none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext

from catalog.commands import DocumentCommand, Exit, Outcome, acting_user, progress_bar
from catalog.errors import translated
from catalog.exchange.importing import ImportResult, count_acts, import_resources
from catalog.exchange.reading import Problem, Reading, read_resources
from catalog.exchange.sheet import read_workbook
from catalog.messages import gettext_noop
from catalog.sources import file_location


class Command(DocumentCommand):
    help = "Import a catalogue sheet (政务信息资源目录) as draft datasets."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="F.xlsx")
        parser.add_argument("--as", dest="user", metavar="USER", required=True, help="the data steward who imports")
        parser.add_argument("--dry-run", action="store_true", help="check everything and say what would happen")

    def outcome(self, **options: Any) -> Outcome:
        actor = acting_user(options["user"])
        path = Path(options["file"])
        reading = read_resources(read_workbook(file_location(path)))
        with progress_bar("import", len(reading.resources)) as bar:
            result = import_resources(actor=actor, reading=reading, dry_run=options["dry_run"], progress=bar.update)
        document = _document(reading, result, file=path.name, dry_run=options["dry_run"])
        return Outcome(document, Exit.CHECK_FAILED if result.problems else Exit.DONE)

    def lines(self, document: Mapping[str, Any]) -> list[str]:
        where = gettext(gettext_noop("sheet %(sheet)s, row %(row)d, column %(column)s: %(message)s"))
        lines = [where % problem for problem in document["problems"]]
        if document["problems"]:
            heading = gettext_noop("Nothing was imported. Problems: %(problems)d, in a sheet of rows: %(rows)d.")
            return [*lines, gettext(heading) % {"problems": len(lines), "rows": document["rows"]}]
        lines = ["{act}: {code} {title}".format(**one) for one in document["datasets"]]
        if document["dry_run"]:
            heading = gettext_noop(
                "Dry run, nothing was changed. Would register %(registered)d, edit %(edited)d, leave %(unchanged)d."
            )
        else:
            heading = gettext_noop("Registered %(registered)d, edited %(edited)d, left %(unchanged)d as they were.")
        lines.append(gettext(heading) % document["counts"])
        if any(document["kept"].values()):
            kept = gettext_noop("With them: %(items)d information items, %(links)d links to other datasets.")
            lines.append(gettext(kept) % document["kept"])
        return [*lines, *(where % one for one in document["unlinked"])]


def _document(reading: Reading, result: ImportResult, *, file: str, dry_run: bool) -> dict[str, Any]:
    return {
        "ok": not result.problems,
        "dry_run": dry_run,
        "committed": result.committed,
        "file": file,
        "sheets": list(reading.sheets),
        "rows": reading.rows,
        "counts": count_acts(result),
        "datasets": [
            {
                "sheet": one.resource.sheet,
                "row": one.resource.row,
                "code": one.code,
                "title": one.resource.values["title"],
                "act": one.act.value,
                "items": len(one.resource.items),
                "links": one.links,
            }
            for one in result.datasets
        ],
        "kept": {
            "items": sum(one.items for one in result.datasets),
            "links": sum(one.links for one in result.datasets),
        },
        "unlinked": [_told(problem) for problem in result.unlinked],
        "ignored": list(reading.ignored),
        "problems": [_told(problem) for problem in result.problems],
    }


def _told(problem: Problem) -> dict[str, Any]:
    return {
        "sheet": problem.sheet,
        "row": problem.row,
        "column": problem.column,
        "code": problem.error.code,
        "message": translated(problem.error),
    }
