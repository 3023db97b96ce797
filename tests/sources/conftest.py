"""The servers the source tests read from: a scratch schema and a scratch database, made and dropped around each test."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import unquote, urlsplit

import psycopg
import pymysql
import pytest

from catalog.sources import DatabaseKind, DatabaseLocation

POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/test")
MYSQL_URL = os.environ.get("TEST_MYSQL_URL", "mysql://root@127.0.0.1:3306/test")


@dataclass(frozen=True, slots=True)
class Server:
    """A place to make tables in (`execute`, as an administrator) and the location that the code under test gets."""

    connection: Any
    location: DatabaseLocation

    def execute(self, *statements: str) -> None:
        with self.connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def value(self, statement: str) -> Any:
        with self.connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone()[0]


def _missing(service: str) -> NoReturn:
    message = f"{service} cannot be reached"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def _location(
    kind: DatabaseKind, url: str, *, database: str | None = None, schema: str | None = None
) -> DatabaseLocation:
    parts = urlsplit(url)
    return DatabaseLocation(
        kind=kind,
        host=parts.hostname or "127.0.0.1",
        port=parts.port or {DatabaseKind.POSTGRESQL: 5432, DatabaseKind.MYSQL: 3306}[kind],
        database=database or parts.path.lstrip("/"),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        schema=schema,
    )


@pytest.fixture
def postgres() -> Iterator[Server]:
    """A schema of our own in PostgreSQL."""
    schema = f"sources_{secrets.token_hex(4)}"
    location = _location(DatabaseKind.POSTGRESQL, POSTGRES_URL, schema=schema)
    try:
        connection = psycopg.connect(POSTGRES_URL, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError:
        _missing("PostgreSQL")
    with connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        connection.execute(f"SET search_path TO {schema}")
        try:
            yield Server(connection, location)
        finally:
            connection.execute(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture
def mariadb() -> Iterator[Server]:
    """A database of our own in MariaDB or MySQL."""
    database = f"sources_{secrets.token_hex(4)}"
    location = _location(DatabaseKind.MYSQL, MYSQL_URL, database=database)
    try:
        connection = pymysql.connect(
            host=location.host,
            port=location.port,
            user=location.user,
            password=location.password,
            charset="utf8mb4",
            autocommit=True,
            connect_timeout=5,
        )
    except pymysql.OperationalError:
        _missing("MariaDB")
    with connection:
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {database} CHARACTER SET utf8mb4")
            cursor.execute(f"USE {database}")
        try:
            yield Server(connection, location)
        finally:
            with connection.cursor() as cursor:
                cursor.execute(f"DROP DATABASE {database}")
