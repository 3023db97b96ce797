"""SQLite: what its columns really hold, read-only, in place or in memory."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest

from catalog.sources import (
    EmptyTable,
    FileLocation,
    SourceChanged,
    SourceUnreadable,
    TableNotNamed,
    TextInvalid,
    file_location,
    open_source,
)
from catalog.sources import sqlite as sqlite_reader
from catalog.sources.create_table import read_comments
from tests.sources.reading import in_memory, rows_of

PEOPLE = """
CREATE TABLE "人口" ( -- 人口基础信息
  sfzh TEXT PRIMARY KEY NOT NULL, -- 身份证号
  xm VARCHAR(20) /* 姓名 */, age INTEGER -- 年龄
  , income DECIMAL(10,2), mixed, photo BLOB,
  -- 登记日期
  registered DATE,
  score REAL
)
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database with a table, a view of it and another table."""
    path = tmp_path / "city.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(PEOPLE)
        connection.executemany(
            'INSERT INTO "人口" VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
            [
                ("001", "沈怀瑾", 34, 12, 1, b"\x00\xff", "2024-01-02", 1.5),
                ("002", None, None, 12.5, "x", None, "2024-01-03", 2.0),
                ("003", "陆知秋", 2**62, None, 2.5, b"", None, None),
            ],
        )
        connection.execute('CREATE VIEW adults AS SELECT xm AS name, age + 1 AS next FROM "人口" WHERE age IS NOT NULL')
        connection.execute("CREATE TABLE empty (a, b)")
    return path


def test_columns_have_the_types_their_values_have(database: Path) -> None:
    with open_source(file_location(database)) as source:
        table = source.table("人口")
        types = {column.name: str(column.arrow_type) for column in table.schema.columns}
        assert types == {
            "sfzh": "string",
            "xm": "string",
            "age": "int64",
            "income": "double",
            "mixed": "string",
            "photo": "binary",
            "registered": "string",
            "score": "double",
        }
        assert rows_of(table) == [
            ("001", "沈怀瑾", 34, 12.0, "1", b"\x00\xff", "2024-01-02", 1.5),
            ("002", None, None, 12.5, "x", None, "2024-01-03", 2.0),
            ("003", "陆知秋", 2**62, None, "2.5", b"", None, None),
        ]
        assert [column.nullable for column in table.schema.columns[:2]] == [False, True]
        assert table.schema.columns[1].native_type == "VARCHAR(20)"


def test_comments_come_from_the_statement(database: Path) -> None:
    with open_source(file_location(database)) as source:
        comments = {column.name: column.comment for column in source.table("人口").schema.columns}
        assert comments == {
            "sfzh": "身份证号",
            "xm": "姓名",
            "age": "年龄",
            "income": "",
            "mixed": "",
            "photo": "",
            "registered": "登记日期",
            "score": "",
        }
        assert [(table.name, table.comment, table.row_estimate) for table in source.tables()] == [
            ("人口", "人口基础信息", 3),
            ("adults", "", None),
            ("empty", "", 0),
        ]


def test_a_view_is_a_table(database: Path) -> None:
    with open_source(file_location(database)) as source:
        table = source.table("adults")
        assert table.schema.columns[1].arrow_type == pa.int64()
        assert rows_of(table, ["next", "name"]) == [(35, "沈怀瑾"), (2**62 + 1, "陆知秋")]


def test_an_upload_is_read_in_memory_also_in_write_ahead_mode(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("INSERT INTO empty VALUES (1, 2)")
        connection.commit()
    data = database.read_bytes()
    with open_source(in_memory("city.sqlite3", data)) as source:
        assert rows_of(source.table("empty")) == [(1, 2)]
        assert len(rows_of(source.table("人口"), batch_rows=1)) == 3


def test_rows_still_in_the_write_ahead_log_are_read_and_fingerprinted(database: Path) -> None:
    with closing(sqlite3.connect(database)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        with open_source(file_location(database)) as source:
            before = source.table("empty").fingerprint()
        writer.execute("INSERT INTO empty VALUES ('x', 'y')")
        writer.commit()
        with open_source(file_location(database)) as source:
            table = source.table("empty")
            assert rows_of(table) == [("x", "y")]
            assert table.fingerprint() != before
            assert table.fingerprint() == source.table("empty").fingerprint() != source.table("人口").fingerprint()


def test_nothing_can_be_written_or_attached(database: Path) -> None:
    before = database.read_bytes()
    with open_source(file_location(database)) as source:
        for statement in (
            "DELETE FROM empty",
            "ATTACH '/tmp/x' AS x",
            "PRAGMA writable_schema = 1",
            "CREATE TEMP TABLE t (a)",
        ):
            with pytest.raises(SourceUnreadable):
                source.select(statement)  # type: ignore[attr-defined]
    assert database.read_bytes() == before


def test_a_view_cannot_call_what_reads_files(tmp_path: Path) -> None:
    path = tmp_path / "hostile.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE VIEW v AS SELECT load_extension('/tmp/x') AS a")
        connection.execute("CREATE VIEW large AS SELECT zeroblob(900000000) AS a")
    with open_source(file_location(path)) as source:
        for name in ("v", "large"):
            with pytest.raises(SourceUnreadable):
                source.table(name)


def test_hostile_names_are_quoted(tmp_path: Path) -> None:
    path = tmp_path / "hostile.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute('CREATE TABLE "t""; DROP TABLE x; --" ("a""b" TEXT, "c\nd" TEXT, "[e]" INTEGER)')
        connection.execute('INSERT INTO "t""; DROP TABLE x; --" VALUES (1, 2, 3)')
    with open_source(file_location(path)) as source:
        table = source.table('t"; DROP TABLE x; --')
        assert table.schema.names == ('a"b', "c d", "[e]")
        assert rows_of(table, ["[e]", 'a"b', "c d"]) == [(3, "1", "2")]


def test_several_tables_must_be_named_and_none_is_empty(database: Path, tmp_path: Path) -> None:
    with open_source(file_location(database)) as source, pytest.raises(TableNotNamed) as caught:
        source.table()
    assert caught.value.params["tables"] == "人口, adults, empty"
    with closing(sqlite3.connect(tmp_path / "none.db")) as connection:
        connection.execute("PRAGMA user_version = 1")
    with open_source(file_location(tmp_path / "none.db")) as source, pytest.raises(EmptyTable):
        source.table()


def test_text_that_is_not_utf8_is_an_error_without_the_text(tmp_path: Path) -> None:
    path = tmp_path / "gbk.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE t (a TEXT)")
        connection.execute("INSERT INTO t VALUES ('ok'), (CAST(x'CBD5D6DD' AS TEXT))")
    with open_source(file_location(path)) as source, pytest.raises(TextInvalid) as caught:
        rows_of(source.table())
    assert caught.value.__suppress_context__


def test_a_damaged_or_other_file_is_unreadable(database: Path) -> None:
    data = database.read_bytes()
    for damaged in (b"", b"not a database", data[:50], data[:100] + bytes(4000)):
        with pytest.raises(SourceUnreadable), open_source(in_memory("x.db", damaged)) as source:
            rows_of(source.table("人口"))
    broken = database.with_name("broken.db")
    broken.write_bytes(data[:1500])
    with pytest.raises(SourceUnreadable), open_source(file_location(broken)) as source:
        rows_of(source.table("人口"))


def test_a_large_integer_beside_decimals_is_not_rounded(tmp_path: Path) -> None:
    path = tmp_path / "n.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE t (a NUMERIC)")
        connection.executemany("INSERT INTO t VALUES (?)", [(2**60 + 1,), (0.5,)])
    with open_source(file_location(path)) as source:
        assert rows_of(source.table()) == [(str(2**60 + 1),), ("0.5",)]


def test_the_opener_is_enough_and_the_path_is_only_a_help(database: Path) -> None:
    by_path = FileLocation("city.db", lambda: database.open("rb"), database)
    by_opener = FileLocation("city.db", lambda: database.open("rb"))
    with open_source(by_path) as first, open_source(by_opener) as second:
        assert rows_of(first.table("人口")) == rows_of(second.table("人口"))


@pytest.mark.parametrize("link", ["symbolic", "hard", "of a folder"])
def test_another_file_put_in_its_place_before_sqlite_opens_it_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, link: str
) -> None:
    """The path was walked to a file that may be read; then, and only while SQLite opens it, the path leads elsewhere."""
    root, outside = tmp_path / "root" / "city", tmp_path / "outside"
    for folder, content in ((root, "open"), (outside, "secret")):
        folder.mkdir(parents=True)
        with closing(sqlite3.connect(folder / "x.db")) as connection, connection:
            connection.execute("CREATE TABLE t AS SELECT ? AS a", [content])
    connect = sqlite_reader._connect_path

    def swapped(path: Path) -> sqlite3.Connection:
        place = root if link == "of a folder" else root / "x.db"
        aside = place.rename(tmp_path / "aside")
        if link == "hard":
            place.hardlink_to(outside / "x.db")
        else:
            place.symlink_to(outside if link == "of a folder" else outside / "x.db")
        found = connect(path)
        place.unlink()
        aside.rename(place)
        return found

    with open_source(file_location("city/x.db", root=tmp_path / "root")) as source:
        assert rows_of(source.table()) == [("open",)]
    monkeypatch.setattr(sqlite_reader, "_connect_path", swapped)
    with pytest.raises(SourceChanged):
        open_source(file_location("city/x.db", root=tmp_path / "root"))


def test_reading_the_fingerprint_leaves_the_locks_of_the_reading(database: Path) -> None:
    """A handle that is closed takes the locks of the whole process with it: then a writer would write under the reader."""
    with open_source(file_location(database)) as source:
        rows = source.table("人口").batches(batch_rows=1)
        next(rows)
        source.table("人口").fingerprint()
        wait_none = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], timeout=0); c.execute('DELETE FROM empty'); c.commit()"
        written = subprocess.run([sys.executable, "-c", wait_none, database], capture_output=True, check=False)
        assert b"database is locked" in written.stderr


@pytest.mark.parametrize(
    ("statement", "table", "columns"),
    [
        ("CREATE TABLE t (a, b)", "", {}),
        ("CREATE TABLE t -- 表\n(a -- 甲\n, b)", "表", {"a": "甲"}),
        ("CREATE TABLE t (\n  -- 甲\n  -- 的\n  a INT,\n  [b c] TEXT /* 乙 */\n)", "", {"a": "甲 的", "b c": "乙"}),
        ("CREATE TABLE t (a DECIMAL(10, 2), -- 额\n b TEXT DEFAULT '--no, (' /* yes */)", "", {"a": "额", "b": "yes"}),
        ('CREATE TABLE t ("a""b" INT -- 甲\n)', "", {'a"b': "甲"}),
    ],
)
def test_comments_are_found_in_statements(statement: str, table: str, columns: dict[str, str]) -> None:
    found = read_comments(statement)
    assert (found.table, found.columns) == (table, columns)
