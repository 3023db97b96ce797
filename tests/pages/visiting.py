"""Visiting the pages as one of the cast, and reading what an act left in the ledger."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.test import Client

from catalog.ledger.models import LedgerEntry
from catalog.people.models import User


class Visitor:
    """A browser without script, signed in as one user (or nobody), reading in one language."""

    def __init__(self, user: User | None = None, language: str = "en") -> None:
        self.client = Client(headers={"accept-language": language})
        if user is not None:
            self.client.force_login(user)

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers=headers or None)

    def post(self, path: str, /, **values: Any) -> Any:
        """Send a form; what is None was not on it."""
        return self.client.post(path, {name: value for name, value in values.items() if value is not None})

    def follow(self, answer: Any) -> Any:
        """Where a redirect leads."""
        assert answer.status_code == 302, answer.content.decode()[:2000]
        return self.get(answer.url)


def text_of(answer: Any) -> str:
    """What a person reads: the page without tags, blanks drawn together."""
    html = re.sub(r"<(script|style).*?</\1>", " ", answer.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def acts_after(sequence: int) -> list[tuple[str, str, dict[str, Any]]]:
    """The lines written since: action, kind of object, details."""
    rows = LedgerEntry.objects.filter(sequence__gt=sequence).order_by("sequence")
    return [(row.action, row.object_type, row.details) for row in rows]


def last_sequence() -> int:
    """The end of the ledger."""
    return LedgerEntry.objects.order_by("-sequence").values_list("sequence", flat=True).first() or 0
