"""MySQL and MariaDB: exact types, comments, a transaction that only reads, a server that goes away."""

from __future__ import annotations

import datetime
import time
from dataclasses import replace
from decimal import Decimal

import pyarrow as pa
import pytest

from catalog.sources import (
    ConnectionFailed,
    LoginRefused,
    SourceChanged,
    SourceError,
    SourceLost,
    TableNotNamed,
    TableUnknown,
    open_source,
)
from catalog.sources.mysql import MysqlSource
from tests.sources.conftest import Server
from tests.sources.reading import rows_of

pytestmark = pytest.mark.service

DIGITS = "(SELECT 0 n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7)"


def endless(columns: str, powers: int = 8) -> str:
    """A view of 8 to the `powers` rows."""
    return f"CREATE VIEW endless AS SELECT {columns} FROM " + ", ".join(f"digits d{power}" for power in range(powers))


def test_every_type_is_exact(mariadb: Server) -> None:
    mariadb.execute(
        """CREATE TABLE t (
          tiny TINYINT UNSIGNED, small SMALLINT, medium MEDIUMINT, whole INT, big BIGINT UNSIGNED, exact DECIMAL(40,10),
          price DECIMAL(10,2), f FLOAT, d DOUBLE, born DATE, seen DATETIME(6), at TIMESTAMP NULL, clock TIME, y YEAR,
          code CHAR(6), word VARCHAR(20), body TEXT, pick ENUM('男','女'), tags SET('a','b'), doc JSON,
          bin VARBINARY(4), photo BLOB, bits BIT(9), place POINT)""",
        "SET time_zone = '+08:00'",
        """INSERT INTO t VALUES (
          255, -2, 3, -4, 18446744073709551615, 123456789012345678901234567890.0123456789,
          12.30, 1.5, 0.1, '1990-01-02', '2024-01-02 03:04:05.678901', '2024-01-02 03:04:05', '-30:05:00', 2024,
          'ab', '苏州', '𠮷', '女', 'a,b', '{"a": 1}',
          x'00ff', x'CBD5', b'100000001', ST_GeomFromText('POINT(120 31)'))""",
        "SET SESSION sql_mode = ''",
        "INSERT INTO t (born, seen) VALUES ('0000-00-00', '2020-02-00 01:02:03')",
    )
    with open_source(mariadb.location) as source:
        table = source.table()
        types = {column.name: (str(column.arrow_type), column.data_type) for column in table.schema.columns}
        assert types["tiny"] == ("uint8", "I")
        assert types["exact"] == ("decimal256(40, 10)", "N")
        assert types["price"] == ("decimal128(10, 2)", "N")
        assert types["seen"] == ("timestamp[us]", "T")
        assert types["at"] == ("timestamp[us, tz=UTC]", "T")
        assert types["clock"] == ("string", "T")
        assert types["photo"] == ("binary", "G")
        assert types["born"] == ("date32[day]", "D")
        first, second = rows_of(table)
        assert first == (
            255, -2, 3, -4, 18446744073709551615, Decimal("123456789012345678901234567890.0123456789"),
            Decimal("12.30"), 1.5, 0.1, datetime.date(1990, 1, 2), datetime.datetime.fromisoformat("2024-01-02T03:04:05.678901"),
            datetime.datetime(2024, 1, 1, 19, 4, 5, tzinfo=datetime.UTC), "-30:05:00", 2024,
            "ab", "苏州", "𠮷", "女", "a,b", '{"a": 1}',
            b"\x00\xff", b"\xcb\xd5", 257, "POINT(120 31)",
        )  # fmt: skip
        assert set(second) == {None}
        (batch,) = table.batches(["price", "word"])
        assert batch.schema.types == [pa.decimal128(10, 2), pa.string()]


def test_tables_and_views_are_listed_with_their_comments(mariadb: Server) -> None:
    mariadb.execute(
        "CREATE TABLE people (id VARCHAR(18) NOT NULL COMMENT '身份证号', name TEXT) COMMENT '人口基础信息'",
        "INSERT INTO people VALUES ('1', 'x'), ('2', 'y')",
        "CREATE VIEW names AS SELECT name FROM people",
    )
    with open_source(mariadb.location) as source:
        assert [(table.name, table.comment) for table in source.tables()] == [("names", ""), ("people", "人口基础信息")]
        people = source.table("people")
        assert people.schema.columns[0].comment == "身份证号"
        assert people.schema.columns[0].native_type == "varchar(18)"
        assert [column.nullable for column in people.schema.columns] == [False, True]
        assert rows_of(source.table("names")) == [("x",), ("y",)]
        with pytest.raises(TableNotNamed) as unnamed:
            source.table()
        assert unnamed.value.params["tables"] == "names, people"
        with pytest.raises(TableUnknown):
            source.table("user")


def test_the_session_can_only_read(mariadb: Server) -> None:
    mariadb.execute("CREATE TABLE t (a INT)")
    with MysqlSource(mariadb.location) as source:
        for statement in ("INSERT INTO t VALUES (1)", "CREATE TABLE x (a INT)", "DROP TABLE t"):
            with pytest.raises(SourceError):
                source.select(statement)
    assert mariadb.value("SELECT COUNT(*) FROM t") == 0


def test_hostile_names_are_quoted(mariadb: Server) -> None:
    mariadb.execute("CREATE TABLE `t``; DROP TABLE x; -- %s` (`a``b{}` INT, `c\nd` TEXT, `%s` DECIMAL(4,1))")
    mariadb.connection.cursor().execute("INSERT INTO `t``; DROP TABLE x; -- %s` VALUES (1, 'x', 2.5)")
    with open_source(mariadb.location) as source:
        table = source.table("t`; DROP TABLE x; -- %s")
        assert table.schema.names == ("a`b{}", "c d", "%s")
        assert rows_of(table, ["%s", "a`b{}", "c d"]) == [(Decimal("2.5"), 1, "x")]
        assert table.fingerprint().startswith("sha256:")


def test_the_fingerprint_changes_with_the_content_of_tables_and_views(mariadb: Server) -> None:
    mariadb.execute("CREATE TABLE t (a INT, b TEXT)", "INSERT INTO t VALUES (1, 'x'), (2, NULL)")
    mariadb.execute("CREATE VIEW v AS SELECT b, a FROM t")
    with open_source(mariadb.location) as source:
        tables = [source.table("t"), source.table("v")]
        first = [table.fingerprint() for table in tables]
        assert [table.fingerprint() for table in tables] == first
        mariadb.execute("UPDATE t SET b = '' WHERE a = 2")
        assert all(table.fingerprint() != before for table, before in zip(tables, first, strict=True))
        mariadb.execute("UPDATE t SET b = NULL WHERE a = 2")
        assert [table.fingerprint() for table in tables] == first


def test_rows_are_streamed_and_can_be_given_up_at_once(mariadb: Server) -> None:
    mariadb.execute(f"CREATE VIEW digits AS SELECT n FROM {DIGITS} x", endless("d0.n, REPEAT('x', 200) AS pad"))
    with open_source(mariadb.location) as source:
        batches = source.table("endless").batches(batch_rows=1000)
        assert [next(batches).num_rows for _ in range(3)] == [1000] * 3
        started = time.monotonic()
        batches.close()  # type: ignore[attr-defined]
        assert time.monotonic() - started < 2


def test_a_server_that_goes_away_in_the_middle_is_named(mariadb: Server) -> None:
    mariadb.execute(f"CREATE VIEW digits AS SELECT n FROM {DIGITS} x", endless("d0.n, REPEAT('secret', 40) AS pad"))
    with open_source(mariadb.location) as source:
        batches = source.table("endless").batches(batch_rows=500)
        next(batches)
        with mariadb.connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM information_schema.PROCESSLIST WHERE db = %s AND id <> CONNECTION_ID()",
                (mariadb.location.database,),
            )
            ((process,),) = cursor.fetchall()
            cursor.execute(f"KILL {process}")
        with pytest.raises(SourceLost) as caught:
            for _ in batches:
                pass
    assert caught.value.params["rows"] >= 500  # type: ignore[operator]
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_table_changed_after_its_schema_was_read_is_named(mariadb: Server) -> None:
    mariadb.execute("CREATE TABLE t (a INT)", "INSERT INTO t VALUES (1)")
    with open_source(mariadb.location) as source:
        table = source.table()
        mariadb.execute("ALTER TABLE t MODIFY a TEXT", "UPDATE t SET a = 'secret'")
        with pytest.raises(SourceChanged):
            rows_of(table)
        mariadb.execute("DROP TABLE t")
        with pytest.raises(SourceChanged):
            rows_of(table)


def test_a_table_without_rows_yields_nothing(mariadb: Server) -> None:
    mariadb.execute("CREATE TABLE t (a INT)")
    with open_source(mariadb.location) as source:
        assert rows_of(source.table()) == []


def test_a_refused_login_is_told_from_a_server_that_is_not_there(mariadb: Server) -> None:
    for location in (
        replace(mariadb.location, user="nobody", password="s3cret"),
        replace(mariadb.location, database="none_of_that_name"),
    ):
        with pytest.raises(LoginRefused) as refused:
            open_source(location)
        assert refused.value.__suppress_context__
        assert "s3cret" not in f"{refused.value} {refused.value.params}"
    with pytest.raises(ConnectionFailed) as failed:
        open_source(replace(mariadb.location, port=1))
    assert not isinstance(failed.value, LoginRefused)
