"""`manage.py rewrap_keys`: put everything that the old wrapping key seals under the present one. Nothing else may run meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext

from catalog.commands import DocumentCommand, Exit, Outcome, advance, progress_bar
from catalog.messages import gettext_noop
from catalog.rewrapping import rewrap_everything, wrong_key

DONE = gettext_noop("Put under the present key: %(changed)d; were there already: %(already)d.")
REFUSED = gettext_noop("Neither key opens %(kind)s %(name)s (%(code)s).")
WHOLE = gettext_noop("Everything is under the present key. Take the old one out of the settings.")


class Command(DocumentCommand):
    help = (
        "Put everything that CANGLANG_KEK_OLD seals under CANGLANG_KEK. Stop the web processes and the workers first."
    )

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="only say whether everything is under the present key; exit 1 if not"
        )

    def outcome(self, **options: Any) -> Outcome:
        if options["check"]:
            wrong = wrong_key()
            document = {"ok": wrong is None, "needed": wrong.params["needed"] if wrong else None}
            return Outcome(document, Exit.CHECK_FAILED if wrong else Exit.DONE)
        with progress_bar("rewrap", None) as bar:
            report = rewrap_everything(progress=lambda done: advance(bar, done))
        document = {
            "changed": dict(report.changed),
            "already": dict(report.already),
            "refused": report.refused,
        }
        return Outcome(document, Exit.INCOMPLETE if report.refused else Exit.DONE)

    def lines(self, document: Mapping[str, Any]) -> list[str]:
        if "ok" in document:
            return ["ok"] if document["ok"] else [f"sealed under another key: {document['needed']}"]
        counts = {name: sum(document[name].values()) for name in ("changed", "already")}
        refused = [gettext(REFUSED) % item for item in document["refused"]]
        return [gettext(DONE) % counts, *(refused or [gettext(WHOLE)])]
