"""A table of visits in a database that a test can alter: a SQLite file under an opened root, or a schema on a PostgreSQL server."""

from __future__ import annotations

import csv
import io
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import psycopg
import pytest

from catalog.datasets.models import Source
from catalog.datasets.registration import register_database, register_file
from tests.cast import Cast
from tests.stages import Stages, visits_csv

POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/test")


class Lake(Protocol):
    """Where the table is."""

    def execute(self, statement: str, *values: Any) -> None: ...

    def register(self, cast: Cast, settings: Any) -> Source: ...


class SqliteLake:
    """A file below a root that the operator has opened."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def execute(self, statement: str, *values: Any) -> None:
        with closing(sqlite3.connect(self.folder / "lake.db")) as lake, lake:
            lake.execute(statement.replace("%s", "?"), values)

    def register(self, cast: Cast, settings: Any) -> Source:
        settings.SOURCE_ROOTS = {"lake": str(self.folder)}
        return register_file(actor=cast.stella, organization=cast.health, name="lake", root="lake", path="lake.db")


class PostgresLake:
    """A schema of its own on a server."""

    def __init__(self, connection: Any, schema: str) -> None:
        self.connection, self.schema = connection, schema

    def execute(self, statement: str, *values: Any) -> None:
        self.connection.execute(statement, values)

    def register(self, cast: Cast, settings: Any) -> Source:
        parts = urlsplit(POSTGRES_URL)
        settings.SOURCE_HOSTS = {"lake": f"postgresql://{parts.hostname}:{parts.port or 5432}{parts.path}"}
        return register_database(
            actor=cast.stella,
            organization=cast.health,
            name="lake",
            host="lake",
            user=parts.username or "",
            password=parts.password or "",
            schema=self.schema,
        )


@contextmanager
def postgres_lake() -> Iterator[PostgresLake]:
    """A schema that is gone when the block ends; a visible skip where no server answers, a failure in CI."""
    schema = f"canglang_lake_{secrets.token_hex(4)}"
    try:
        connection = psycopg.connect(POSTGRES_URL, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL cannot be reached")
        pytest.skip("PostgreSQL cannot be reached")
    with connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        connection.execute(f"SET search_path TO {schema}")
        try:
            yield PostgresLake(connection, schema)
        finally:
            connection.execute(f"DROP SCHEMA {schema} CASCADE")


def fill(lake: Lake, people: int = 240) -> None:
    """Make the table with the made-up visits in it."""
    header, *rows = csv.reader(io.StringIO(visits_csv(people).decode()))
    columns = ", ".join(f'"{name}" varchar(40)' for name in header)
    lake.execute(f"CREATE TABLE visits ({columns})")
    for row in rows:
        lake.execute(f"INSERT INTO visits VALUES ({', '.join(['%s'] * len(row))})", *row)


class LakeVisits(Stages):
    """The cast's visits, in that table instead of an upload."""

    def __init__(self, cast: Cast, run_jobs: Any, lake: Lake, settings: Any) -> None:
        super().__init__(cast, run_jobs)
        self.lake, self.settings = lake, settings

    @cached_property
    def source(self) -> Source:
        fill(self.lake)
        return self.lake.register(self.cast, self.settings)
