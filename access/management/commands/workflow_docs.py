"""`manage.py workflow_docs`: write `docs/application-permissions.md` from the table, or check that it is up to date."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from access.workflow import as_markdown
from catalog.commands import DocumentCommand, Exit, Outcome


class Command(DocumentCommand):
    help = "Write the document of the application workflow."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="change nothing; fail where the document is out of date"
        )

    def outcome(self, **options: Any) -> Outcome:
        path = settings.BASE_DIR / "docs" / "application-permissions.md"
        text = as_markdown()
        if options["check"]:
            same = path.exists() and path.read_text(encoding="utf-8") == text
            return Outcome({"up_to_date": same}, Exit.DONE if same else Exit.CHECK_FAILED)
        path.write_text(text, encoding="utf-8")
        return Outcome({"up_to_date": True})

    def lines(self, document: Mapping[str, Any]) -> list[str]:
        return ["up to date" if document["up_to_date"] else "out of date: run `manage.py workflow_docs`"]
