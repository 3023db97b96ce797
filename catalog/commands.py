"""What Canglang's commands have in common: one JSON document on standard output, progress on standard error, four exit codes.

0 done · 1 a check failed · 2 bad input, with one clear line · 3 incomplete.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import translation
from tqdm import tqdm

from catalog.errors import translated
from catalog.messages import MessageError, gettext_noop
from catalog.people.models import User
from catalog.sources import FileLocation, file_location


class Exit(IntEnum):
    DONE = 0
    CHECK_FAILED = 1
    BAD_INPUT = 2
    INCOMPLETE = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command came to: the document it prints and its exit code."""

    document: Mapping[str, Any]
    code: Exit = Exit.DONE


class BadInput(MessageError):
    """The command line asks for something that cannot be."""

    code = "bad_input"


class DocumentCommand(BaseCommand):
    """A command that computes one document. Subclasses write `add_options`, `outcome`, and `lines` for people."""

    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=["text", "json"], default="text", help="what to print")
        parser.add_argument("--language", choices=["zh-hans", "en"], default=None, help="language of messages")
        self.add_options(parser)

    def add_options(self, parser: CommandParser) -> None:
        """The command's own arguments."""

    def outcome(self, **options: Any) -> Outcome:
        """Do the work. A `MessageError` is bad input."""
        raise NotImplementedError

    def lines(self, document: Mapping[str, Any]) -> list[str]:
        """The document for a person."""
        return [json.dumps(document, ensure_ascii=False, indent=2)]

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override(options["language"] or translation.get_language()):
            try:
                outcome = self.outcome(**options)
            except MessageError as error:
                if options["format"] == "json":
                    self.stdout.write(
                        json.dumps({"error": {"code": error.code, "message": translated(error)}}, ensure_ascii=False)
                    )
                raise CommandError(" ".join(translated(error).split()), returncode=Exit.BAD_INPUT) from error
            except DatabaseError as error:
                # The driver's text may quote a value; its type says enough to look further.
                message = (
                    f"The database refused ({type(error).__name__}); is it there and migrated (manage.py migrate)?"
                )
                raise CommandError(message, returncode=Exit.BAD_INPUT) from error
            if options["format"] == "json":
                self.stdout.write(json.dumps(outcome.document, ensure_ascii=False, indent=2))
            else:
                for line in self.lines(outcome.document):
                    self.stdout.write(line)
        if outcome.code:
            sys.exit(outcome.code)


def progress_bar(label: str, total: int | None) -> tqdm[Any]:
    """A bar on standard error, counted in rows; silent where that is no terminal and nobody watches."""
    return tqdm(total=total, desc=label, unit=" rows", unit_scale=True, file=sys.stderr, disable=None, leave=False)


def advance(bar: tqdm[Any], done: int, total: int | None = None) -> None:
    """Move a bar to `done`."""
    if total:
        bar.total = total
    bar.update(max(0, done - int(bar.n)))


def acting_user(username: str | None) -> User:
    """The person `--as` names; registered sources are reached only as somebody."""
    if not username:
        raise BadInput(gettext_noop("This names a registered source: say as whom (--as USER)."), code="user_missing")
    user: User | None = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise BadInput(gettext_noop("There is no such user: %(name)s."), code="user_unknown", name=username)
    return user


FILE_ENDINGS = frozenset(
    [".csv", ".tsv", ".txt", ".xlsx", ".parquet", ".jsonl", ".ndjson", ".db", ".sqlite", ".sqlite3"]
)


def local_file(name: str) -> FileLocation | None:
    """The file that SOURCE names; None where it must be the name of a registered source.

    Whatever exists, looks like a path or ends like a table file is a file: then the command is a local tool.
    """
    path = Path(name)
    if path.exists() or "/" in name or path.suffix.lower() in FILE_ENDINGS:
        return file_location(path)
    return None
