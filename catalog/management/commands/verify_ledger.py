"""`manage.py verify_ledger`: read the chain from its beginning; say ok, or the first entry that is not what it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.db import connection

from catalog.commands import BadInput, DocumentCommand, Exit, Outcome
from catalog.ledger import triggers
from catalog.ledger.verification import Checkpoint, examine
from catalog.messages import gettext_noop


class Command(DocumentCommand):
    help = "Verify the ledger's chain."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--checkpoint",
            metavar="F",
            default=None,
            help="a file that keeps a place in the chain outside the database: checked where it exists, then moved on",
        )
        parser.add_argument(
            "--repair-triggers",
            action="store_true",
            help="install the triggers that refuse changes, where they are missing",
        )

    def outcome(self, **options: Any) -> Outcome:
        if options["repair_triggers"]:
            triggers.install(connection)
        path = Path(options["checkpoint"]) if options["checkpoint"] else None
        document = examine(_read_checkpoint(path) if path else None)
        if document["ok"] and path:
            _write_checkpoint(path, document["head"])
        return Outcome(document, Exit.DONE if document["ok"] else Exit.CHECK_FAILED)

    def lines(self, document: Mapping[str, Any]) -> list[str]:
        if document["ok"]:
            return [f"ok: {document['entries']} entries, head {document['head']['entry_hash'][:16]}"]
        if document["missing_triggers"]:
            return [f"the ledger is not protected: missing {', '.join(document['missing_triggers'])}"]
        return [f"first bad entry: {document['first_bad']} ({document['problem']})"]


def _read_checkpoint(path: Path) -> Checkpoint | None:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return Checkpoint(int(document["sequence"]), str(document["entry_hash"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise BadInput(
            gettext_noop("%(name)s is no checkpoint."), code="checkpoint_unreadable", name=path.name
        ) from error


def _write_checkpoint(path: Path, head: Mapping[str, Any]) -> None:
    try:
        partial = path.with_name(path.name + ".part")
        partial.write_text(json.dumps(head) + "\n", encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise BadInput(
            gettext_noop("%(name)s cannot be written."), code="checkpoint_unwritable", name=path.name
        ) from error
