"""PostgreSQL: exact types, comments, a session that only reads, a server that goes away."""

from __future__ import annotations

import datetime
from dataclasses import replace
from decimal import Decimal

import pyarrow as pa
import pytest

from catalog.sources import (
    ColumnUnknown,
    ConnectionFailed,
    DatabaseLocation,
    LoginRefused,
    SourceChanged,
    SourceError,
    SourceForbidden,
    SourceLost,
    TableUnknown,
    open_source,
)
from catalog.sources.postgresql import PostgresSource
from tests.sources.conftest import Server
from tests.sources.reading import rows_of

pytestmark = pytest.mark.service


def endless(text: str) -> str:
    """A view of a thousand million rows that the server makes one by one."""
    return f"CREATE VIEW endless AS SELECT generate_series(1, 1000000000) AS g, repeat('{text}', 100) AS pad"


def test_every_type_is_exact_or_the_servers_own_text(postgres: Server) -> None:
    postgres.execute(
        "CREATE TYPE sex AS ENUM ('男', '女')",
        "CREATE DOMAIN amount AS numeric(12,2)",
        "CREATE DOMAIN fee AS amount",
        """CREATE TABLE t (
          small smallint, whole integer, big bigint, flag boolean, r real, d double precision,
          exact numeric(30,10), free numeric, fee fee, price money, born date, seen timestamp, at timestamptz,
          clock time, span interval, body bytea, code char(6), word varchar(10), long text,
          who sex, key uuid, doc jsonb, list int[], host inet, bits bit(3))""",
        """INSERT INTO t VALUES (
          -1, 2, 9223372036854775807, true, 1.5, 0.1,
          12345678901234567890.0123456789, 1e-20, 7.10, 12.34, '1990-01-02', '2024-01-02 03:04:05.678901',
          '2024-01-02 03:04:05+08', '08:05', '1 day 2 hours', '\\x00ff', 'ab', '苏州', '长',
          '女', '6f1d2c3e-0000-4000-8000-000000000001', '{"a": [1, 2]}', '{1,2}', '10.0.0.1', B'101')""",
        "INSERT INTO t (exact, free, born, seen, at) VALUES ('NaN', 'NaN', 'infinity', 'infinity', '-infinity')",
    )
    with open_source(postgres.location) as source:
        table = source.table()
        types = {column.name: (str(column.arrow_type), column.data_type) for column in table.schema.columns}
        assert types["exact"] == ("decimal128(30, 10)", "N")
        assert types["fee"] == ("decimal128(12, 2)", "N")
        assert types["free"] == ("string", "N")
        assert types["price"] == ("decimal128(24, 4)", "Y")
        assert types["at"] == ("timestamp[us, tz=UTC]", "T")
        assert types["clock"] == ("string", "T")
        assert types["who"] == ("string", "C")
        native = {column.name: column.native_type for column in table.schema.columns}
        assert native["code"] == "character(6)"
        assert native["fee"].endswith("fee")
        first, second = rows_of(table)
        assert first == (
            -1, 2, 9223372036854775807, True, 1.5, 0.1,
            Decimal("12345678901234567890.0123456789"), "0.00000000000000000001", Decimal("7.10"), Decimal("12.3400"),
            datetime.date(1990, 1, 2), datetime.datetime.fromisoformat("2024-01-02T03:04:05.678901"),
            datetime.datetime(2024, 1, 1, 19, 4, 5, tzinfo=datetime.UTC),
            "08:05:00", "P1DT2H", b"\x00\xff", "ab", "苏州", "长",
            "女", "6f1d2c3e-0000-4000-8000-000000000001", '{"a": [1, 2]}', "{1,2}", "10.0.0.1", "101",
        )  # fmt: skip
        assert [value for value in second if value is not None] == ["NaN"]
        (batch,) = table.batches(["price", "born"])
        assert batch.schema.types == [pa.decimal128(24, 4), pa.date32()]


def test_tables_and_views_are_listed_with_their_comments(postgres: Server) -> None:
    postgres.execute(
        "CREATE TABLE people (id text NOT NULL, name text)",
        "COMMENT ON TABLE people IS '人口基础信息'",
        "COMMENT ON COLUMN people.id IS '身份证号'",
        "INSERT INTO people SELECT g, 'x' FROM generate_series(1, 500) g",
        "ANALYZE people",
        "CREATE VIEW names AS SELECT name FROM people",
        "CREATE MATERIALIZED VIEW kept AS SELECT id FROM people",
        "CREATE TABLE parts (n int) PARTITION BY RANGE (n)",
        "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10)",
        "INSERT INTO parts VALUES (1)",
    )
    with open_source(postgres.location) as source:
        assert [(table.name, table.comment) for table in source.tables()] == [
            ("kept", ""),
            ("names", ""),
            ("parts", ""),
            ("people", "人口基础信息"),
        ]
        assert source.tables()[3].row_estimate == 500
        people = source.table("people")
        assert people.schema.columns[0].comment == "身份证号"
        assert [column.nullable for column in people.schema.columns] == [False, True]
        assert len(rows_of(source.table("kept"), batch_rows=100)) == 500
        assert rows_of(source.table("parts")) == [(1,)]
        with pytest.raises(TableUnknown):
            source.table("pg_class")
        with pytest.raises(ColumnUnknown):
            people.batches(["ctid"])


def test_the_session_can_only_read(postgres: Server) -> None:
    postgres.execute(
        "CREATE TABLE t (a int)",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'INSERT INTO t VALUES (1) RETURNING a'",
    )
    postgres.execute("CREATE VIEW v AS SELECT f() AS a")
    with open_source(postgres.location) as source:
        with pytest.raises(SourceError):
            source.select("CREATE TABLE x (a int)")  # type: ignore[attr-defined]
        with pytest.raises(SourceError):
            rows_of(source.table("v"))
    assert postgres.value("SELECT count(*) FROM t") == 0


def test_hostile_names_are_quoted(postgres: Server) -> None:
    postgres.execute('CREATE TABLE "t""; DROP TABLE x; --" ("a""b{}" int, "c\nd" text, "%s" numeric(4,1))')
    postgres.execute("""INSERT INTO "t""; DROP TABLE x; --" VALUES (1, 'x', 2.5)""")
    with open_source(postgres.location) as source:
        table = source.table('t"; DROP TABLE x; --')
        assert table.schema.names == ('a"b{}', "c d", "%s")
        assert rows_of(table, ["%s", 'a"b{}', "c d"]) == [(Decimal("2.5"), 1, "x")]
        assert table.fingerprint().startswith("sha256:")


def test_the_fingerprint_is_of_the_content_and_not_of_its_order(postgres: Server) -> None:
    postgres.execute("CREATE TABLE t (a int, b text)", "INSERT INTO t VALUES (1, 'x'), (2, 'y')")
    with open_source(postgres.location) as source:
        table = source.table()
        first = table.fingerprint()
        postgres.execute("TRUNCATE t", "INSERT INTO t VALUES (2, 'y'), (1, 'x')")
        assert table.fingerprint() == first
        postgres.execute("UPDATE t SET b = 'z' WHERE a = 1")
        assert table.fingerprint() != first
        postgres.execute("UPDATE t SET b = 'x' WHERE a = 1", "ALTER TABLE t ADD c int")
        assert source.table().fingerprint() != first


def test_only_columns_we_may_read_are_there(postgres: Server) -> None:
    schema = postgres.location.schema
    role = f"{schema}_reader"
    postgres.execute(
        "CREATE TABLE t (a int, secret text)",
        "CREATE TABLE hidden (a int)",
        "INSERT INTO t VALUES (1, 'x')",
        f"CREATE ROLE {role} LOGIN",
        f"GRANT USAGE ON SCHEMA {schema} TO {role}",
        f"GRANT SELECT (a) ON t TO {role}",
    )
    try:
        with open_source(replace(postgres.location, user=role)) as source:
            assert [table.name for table in source.tables()] == ["t"]
            table = source.table()
            assert table.schema.names == ("a",)
            assert rows_of(table) == [(1,)]
            assert table.fingerprint().startswith("sha256:")
            postgres.execute(f"REVOKE SELECT (a) ON t FROM {role}")
            with pytest.raises(SourceForbidden):
                rows_of(table)
    finally:
        postgres.execute(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_rows_are_streamed_and_can_be_given_up(postgres: Server) -> None:
    postgres.execute(endless("x"))
    with open_source(postgres.location) as source:
        before = pa.total_allocated_bytes()
        batches = source.table().batches(batch_rows=1000)
        assert [next(batches).num_rows for _ in range(5)] == [1000] * 5
        assert pa.total_allocated_bytes() - before < 150 << 20
        batches.close()  # type: ignore[attr-defined]


def test_a_server_that_goes_away_in_the_middle_is_named(postgres: Server) -> None:
    postgres.execute(endless("secret"))
    with open_source(postgres.location) as source:
        batches = source.table().batches()
        next(batches)
        ended = postgres.value(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'canglang' "
            f"AND query LIKE '%{postgres.location.schema}%'"
        )
        assert ended == 1
        with pytest.raises(SourceLost) as caught:
            for _ in batches:
                pass
    assert caught.value.params["rows"] > 0  # type: ignore[operator]
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_an_error_of_the_data_does_not_quote_it(postgres: Server) -> None:
    postgres.execute("CREATE VIEW v AS SELECT ('secret' || g)::int AS a FROM generate_series(1, 3) g")
    with open_source(postgres.location) as source, pytest.raises(SourceError) as caught:
        rows_of(source.table())
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_table_dropped_after_its_schema_was_read_is_named(postgres: Server) -> None:
    postgres.execute("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)")
    with open_source(postgres.location) as source:
        table = source.table()
        postgres.execute("ALTER TABLE t ALTER a TYPE text USING 'x'")
        with pytest.raises(SourceChanged):
            rows_of(table)
        postgres.execute("DROP TABLE t")
        with pytest.raises(SourceChanged):
            rows_of(table)


def test_a_table_without_rows_yields_nothing(postgres: Server) -> None:
    postgres.execute("CREATE TABLE t (a int)")
    with open_source(postgres.location) as source:
        assert rows_of(source.table()) == []


def test_a_refused_login_is_told_from_a_server_that_is_not_there(postgres: Server) -> None:
    for location in (
        replace(postgres.location, user="nobody-of-that-name"),
        replace(postgres.location, database="none"),
    ):
        with pytest.raises(LoginRefused) as refused:
            open_source(location)
        assert refused.value.__suppress_context__
    with pytest.raises(ConnectionFailed) as failed:
        open_source(replace(postgres.location, port=1, password="s3cret"))
    assert not isinstance(failed.value, LoginRefused)
    assert failed.value.params == {"host": postgres.location.host, "port": 1, "database": postgres.location.database}
    assert "s3cret" not in f"{failed.value} {failed.value.params} {failed.value!r}"


def test_a_password_with_every_sign_in_it_reaches_the_server_whole(postgres: Server) -> None:
    role, password = f"{postgres.location.schema}_u", "p@:/?#[]&=%20 汉'\\"
    postgres.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{password.replace(chr(39), chr(39) * 2)}'")
    try:
        location: DatabaseLocation = replace(postgres.location, user=role, password=password)
        with PostgresSource(location) as source:
            assert source.select("SELECT current_user::text") == [(role,)]
    finally:
        postgres.execute(f"DROP ROLE {role}")
