"""Triggers that refuse to change or delete what the ledger holds, on SQLite and PostgreSQL.

They are installed by a migration. Django rebuilds a SQLite table to alter it and drops its triggers on the way, so a
system check (`catalog.checks`) makes sure at start-up that they are there. A migration that alters the table ends with
`install`.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connection

TABLE = "catalog_ledgerentry"
HEAD = "catalog_ledgerhead"

SQLITE = {
    # INSERT OR REPLACE deletes the row in its way without firing a delete trigger: refuse the insert that meets one.
    "ledger_entry_no_replace": (
        f"BEFORE INSERT ON {TABLE} WHEN EXISTS (SELECT 1 FROM {TABLE} "  # noqa: S608  names are constants of this module
        "WHERE sequence = NEW.sequence OR entry_hash = NEW.entry_hash OR rowid = NEW.rowid) "
        "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
    ),
    "ledger_entry_no_update": f"BEFORE UPDATE ON {TABLE} BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
    "ledger_entry_no_delete": f"BEFORE DELETE ON {TABLE} BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
    "ledger_head_no_delete": f"BEFORE DELETE ON {HEAD} BEGIN SELECT RAISE(ABORT, 'the ledger keeps its head'); END",
    "ledger_head_no_replace": (
        f"BEFORE INSERT ON {HEAD} WHEN EXISTS (SELECT 1 FROM {HEAD}) "  # noqa: S608
        "BEGIN SELECT RAISE(ABORT, 'the ledger keeps its head'); END"
    ),
    "ledger_head_only_forward": (
        f"BEFORE UPDATE ON {HEAD} WHEN NEW.sequence <> OLD.sequence + 1 "
        "BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END"
    ),
}

POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION canglang_ledger_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'catalog_ledgerhead' THEN
        IF NEW.sequence = OLD.sequence + 1 THEN RETURN NEW; END IF;
    END IF;
    RAISE EXCEPTION 'the ledger is append-only';
END $$
"""
POSTGRESQL = {
    "ledger_entry_no_change": f"BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW",
    "ledger_entry_no_truncate": f"BEFORE TRUNCATE ON {TABLE} FOR EACH STATEMENT",
    "ledger_head_no_change": f"BEFORE UPDATE OR DELETE ON {HEAD} FOR EACH ROW",
    "ledger_head_no_truncate": f"BEFORE TRUNCATE ON {HEAD} FOR EACH STATEMENT",
}


def expected(vendor: str) -> frozenset[str]:
    """Names of the triggers a database of that vendor must have."""
    return frozenset({"sqlite": SQLITE, "postgresql": POSTGRESQL}[vendor])


def install(connection: Any) -> None:
    """Create the triggers that are missing."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name, body in SQLITE.items():
                cursor.execute(f"CREATE TRIGGER IF NOT EXISTS {name} {body}")
        else:
            cursor.execute(POSTGRESQL_FUNCTION)
            for name, body in POSTGRESQL.items():
                table = HEAD if HEAD in body else TABLE
                cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
                cursor.execute(f"CREATE TRIGGER {name} {body} EXECUTE FUNCTION canglang_ledger_guard()")


def remove(connection: Any) -> None:
    """Drop the triggers: for the reverse of a migration, and for tests that must empty the tables."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name in SQLITE:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        else:
            for name, body in POSTGRESQL.items():
                cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {HEAD if HEAD in body else TABLE}")


def installed(connection: Any) -> frozenset[str]:
    """Names of the ledger's triggers that are there, on its own tables, and fire."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN (%s, %s)"
        if connection.vendor == "sqlite"
        # O and A fire for everybody; D is switched off, R fires on a replica only.
        else "SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A') AND tgrelid IN (%s::regclass, %s::regclass)"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [TABLE, HEAD])
        return frozenset(row[0] for row in cursor.fetchall()) & expected(connection.vendor)


def require_protected_ledger() -> None:
    """Raise `ImproperlyConfigured` where the ledger's tables are there and can be changed. Called by every process that serves."""
    if TABLE not in connection.introspection.table_names():
        return  # nothing is migrated yet: there is nothing to protect
    missing = expected(connection.vendor) - installed(connection)
    if missing:
        raise ImproperlyConfigured(f"The ledger is not protected: missing triggers {', '.join(sorted(missing))}.")
