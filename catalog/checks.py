"""Start-up checks: what must be true of the database before the program serves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections

from catalog.ledger import triggers
from catalog.rewrapping import require_right_key


@register(Tags.database)
def check_ledger_triggers(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """The ledger's tables, once migrated, must refuse updates and deletes."""
    problems: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        if connection.vendor not in {"sqlite", "postgresql"}:
            problems.append(Error("The catalogue runs on SQLite or PostgreSQL only.", id="catalog.E002"))
            continue
        try:
            if triggers.TABLE not in connection.introspection.table_names():
                continue
            missing = triggers.expected(connection.vendor) - triggers.installed(connection)
        except DatabaseError:
            continue  # an unreachable database is reported by whoever needs it, with its own words
        problems += _wrong_key()
        if missing:
            problems.append(
                Error(
                    f"The ledger is not protected: missing triggers {', '.join(sorted(missing))}.",
                    hint="Run `manage.py verify_ledger --repair-triggers`, then verify the chain.",
                    id="catalog.E001",
                )
            )
    return problems


def _wrong_key() -> list[CheckMessage]:
    """Everything sealed must be under the wrapping key that is configured."""
    try:
        require_right_key()
    except ImproperlyConfigured as error:
        return [Error(str(error), id="catalog.E003")]
    return []
