"""Reading a table from a row in the middle: the very batches that were still to come, for every kind of source that has an order."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from catalog.sources import (
    FileLocation,
    SourceChanged,
    SourceError,
    SourceUnreadable,
    Table,
    TextInvalid,
    file_location,
    open_source,
)
from catalog.sources.table import FILE_ORDER
from tests.sources.conftest import Server
from tests.sources.reading import in_memory

ROWS = 500
BATCH = 64
OPENED = 5  # times before the text file changes
NAMES = ["编号", "姓名"]
DATA = [(f"{n:05d}", f"张{chr(0x4E00 + n)}") for n in range(ROWS)]


def csv_file() -> FileLocation:
    return in_memory("t.csv", "\n".join([",".join(NAMES), *(",".join(row) for row in DATA)]).encode("gb18030"))


def json_file() -> FileLocation:
    lines = [json.dumps(dict(zip(NAMES, row, strict=True)), ensure_ascii=False) for row in DATA]
    return in_memory("t.jsonl", "\n\n".join(lines).encode())


def workbook() -> FileLocation:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([NAMES, *DATA]):
            sheet.write_row(number, 0, row)
    return in_memory("t.xlsx", stream.getvalue())


def parquet(group: int, data: list[tuple[str, str]] = DATA) -> FileLocation:
    stream = io.BytesIO()
    columns = dict(zip(NAMES, zip(*data, strict=True), strict=True))
    pq.write_table(pa.table({name: list(column) for name, column in columns.items()}), stream, row_group_size=group)
    return in_memory("t.parquet", stream.getvalue())


def database(folder: Path, *statements: str) -> FileLocation:
    path = folder / "t.db"
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.executemany("INSERT INTO t VALUES (?, ?)", DATA)
    connection.close()
    return file_location(path)


FILES: dict[str, Callable[[], FileLocation]] = {
    "csv": csv_file,
    "jsonl": json_file,
    "xlsx": workbook,
    "parquet of large groups": lambda: parquet(150),
    "parquet of small groups": lambda: parquet(7),
    "parquet of one group": lambda: parquet(ROWS),
}


def goes_on(table: Table) -> None:
    """From every border of a batch, the rest is what the whole reading has after it."""
    whole = list(table.batches(batch_rows=BATCH))
    assert sum(batch.num_rows for batch in whole) == ROWS
    done = 0
    for place in range(len(whole) + 1):
        rest = list(table.batches(batch_rows=BATCH, skip_rows=done))
        assert rest == whole[place:]
        done += whole[place].num_rows if place < len(whole) else 0
    assert list(table.batches([NAMES[1]], batch_rows=BATCH, skip_rows=ROWS + 7)) == []
    with pytest.raises(ValueError, match="skip_rows"):
        table.batches(skip_rows=-1)


@pytest.mark.parametrize("kind", FILES)
def test_a_file_is_gone_on_with_from_any_batch(kind: str) -> None:
    with open_source(FILES[kind]()) as source:
        table = source.table()
        assert table.row_order() == FILE_ORDER
        goes_on(table)


def test_a_sqlite_table_is_gone_on_with_by_row_number(tmp_path: Path) -> None:
    statements = ('CREATE TABLE t ("编号" TEXT, "姓名" TEXT)', 'CREATE INDEX i ON t ("姓名", "编号")')
    with open_source(database(tmp_path, *statements)) as source:
        table = source.table()
        assert table.row_order() == "rowid"
        goes_on(table)
        # A shorter index has the column; rows come by number all the same.
        (first, *_) = table.batches([NAMES[1]], batch_rows=BATCH, skip_rows=BATCH)
        assert first.column(0)[0].as_py() == DATA[BATCH][1]


@pytest.mark.parametrize(
    ("statement", "order"),
    [
        ('CREATE TABLE t (rowid TEXT, "姓名" TEXT)', "rowid"),
        ('CREATE TABLE t ("编号" TEXT PRIMARY KEY, "姓名" TEXT) WITHOUT ROWID', None),
        ('CREATE TABLE t (rowid INTEGER PRIMARY KEY, "姓名" TEXT) WITHOUT ROWID', None),
    ],
)
def test_a_sqlite_table_has_an_order_where_it_numbers_its_rows(
    tmp_path: Path, statement: str, order: str | None
) -> None:
    with open_source(database(tmp_path, statement, "CREATE VIEW v AS SELECT * FROM t ORDER BY random()")) as source:
        assert source.table("t").row_order() == order
        assert source.table("v").row_order() is None
        assert sum(batch.num_rows for batch in source.table("v").batches(skip_rows=0)) == ROWS


def test_row_groups_that_are_skipped_are_not_read() -> None:
    """Their bytes may be damaged; those of others are found damaged when their turn comes."""
    sound = parquet(100)
    data = bytearray(sound.open().read())
    metadata = pq.ParquetFile(io.BytesIO(data)).metadata
    begins = metadata.row_group(1).column(1).data_page_offset
    data[begins : begins + 40] = b"\xff" * 40
    with open_source(in_memory("t.parquet", bytes(data))) as source:
        table = source.table()
        batches = table.batches(batch_rows=100)
        assert next(batches).num_rows == 100
        with pytest.raises(SourceUnreadable):
            next(batches)
        assert sum(batch.num_rows for batch in table.batches(batch_rows=100, skip_rows=200)) == 300


def test_a_text_file_whose_bytes_change_while_it_is_read_is_found_out() -> None:
    """Of the same length and in the same encoding: only the digest tells."""
    before = csv_file().open().read()
    after = before.replace(b"00499", b"99499")
    assert len(before) == len(after)
    # Surveyed and told apart, its head read, and all of it once.
    turns = iter([before] * OPENED)
    with open_source(FileLocation("t.csv", lambda: io.BytesIO(next(turns, after)))) as source:
        table = source.table()
        assert table.fingerprint()
        assert sum(batch.num_rows for batch in table.batches()) == ROWS
        with pytest.raises(SourceChanged):
            list(table.batches())


# --- servers -----------------------------------------------------------------------------------------------------------------------


def fill_postgres(server: Server, *statements: str) -> None:
    server.execute(*statements)
    values = ", ".join(f"('{number}', '{name}')" for number, name in DATA)
    server.execute(f'INSERT INTO t ("编号", "姓名") VALUES {values}')


def order_of(server: Server, name: str = "t") -> str | None:
    with open_source(server.location) as source:
        return source.table(name).row_order()


@pytest.mark.service
def test_a_postgresql_table_is_gone_on_with_in_the_order_of_its_pages(postgres: Server) -> None:
    fill_postgres(
        postgres, 'CREATE TABLE t ("编号" text PRIMARY KEY, "姓名" text)', "ALTER TABLE t SET (fillfactor = 10)"
    )
    with open_source(postgres.location) as source:
        table = source.table()
        assert table.row_order() is not None
        assert table.row_order() == table.row_order()
        goes_on(table)


@pytest.mark.service
@pytest.mark.parametrize(
    "change",
    [
        'UPDATE t SET "姓名" = "姓名" WHERE "编号" = \'00003\'',
        "VACUUM FULL t",
        "CLUSTER t USING t_pkey",
        "WITH gone AS (DELETE FROM t WHERE \"编号\" < '00010' RETURNING *) INSERT INTO t SELECT * FROM gone",
    ],
)
def test_rows_that_were_written_anew_have_another_order_though_their_values_are_the_same(
    postgres: Server, change: str
) -> None:
    fill_postgres(postgres, 'CREATE TABLE t ("编号" text PRIMARY KEY, "姓名" text)')
    with open_source(postgres.location) as source:
        fingerprint, before = source.table().fingerprint(), source.table().row_order()
        postgres.execute(change)
        assert source.table().fingerprint() == fingerprint
        assert source.table().row_order() not in (before, None)


@pytest.mark.service
def test_what_postgresql_makes_up_or_puts_together_has_no_order(postgres: Server) -> None:
    fill_postgres(postgres, 'CREATE TABLE t ("编号" text, "姓名" text)')
    postgres.execute(
        "CREATE VIEW v AS SELECT * FROM t",
        "CREATE MATERIALIZED VIEW m AS SELECT * FROM t",
        "CREATE TABLE p (n int) PARTITION BY RANGE (n)",
        "CREATE TABLE base (n int)",
        "CREATE TABLE child () INHERITS (base)",
        "CREATE TABLE guarded (n int)",
        "ALTER TABLE guarded ENABLE ROW LEVEL SECURITY",
    )
    assert [order_of(postgres, name) for name in ("v", "p", "base", "guarded")] == [None] * 4
    assert order_of(postgres, "m") is not None


@pytest.mark.service
def test_a_mysql_table_is_gone_on_with_by_its_primary_key(mariadb: Server) -> None:
    mariadb.execute("CREATE TABLE t (`编号` varchar(10) PRIMARY KEY, `姓名` varchar(10), KEY (`姓名`)) ENGINE = InnoDB")
    values = ", ".join(f"('{number}', '{name}')" for number, name in reversed(DATA))
    mariadb.execute(f"INSERT INTO t VALUES {values}")
    with open_source(mariadb.location) as source:
        table = source.table()
        assert table.row_order() is not None
        goes_on(table)
        (first, *_) = table.batches([NAMES[1]], batch_rows=BATCH, skip_rows=BATCH)
        assert first.column(0)[0].as_py() == DATA[BATCH][1]


@pytest.mark.service
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE t (`编号` varchar(10), `姓名` varchar(10)) ENGINE = InnoDB",
        "CREATE TABLE t (`编号` varchar(10) PRIMARY KEY, `姓名` varchar(10)) ENGINE = MyISAM",
        "CREATE VIEW t AS SELECT 1 AS `编号`",
    ],
)
def test_a_mysql_table_without_a_primary_key_has_no_order(mariadb: Server, statement: str) -> None:
    mariadb.execute(statement)
    assert order_of(mariadb) is None


@pytest.mark.service
def test_another_primary_key_is_another_order(mariadb: Server) -> None:
    mariadb.execute("CREATE TABLE t (a int NOT NULL, b int NOT NULL, PRIMARY KEY (a, b)) ENGINE = InnoDB")
    before = order_of(mariadb)
    mariadb.execute("ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (b, a)")
    assert order_of(mariadb) not in (before, None)


def test_a_source_error_in_the_middle_is_still_told() -> None:
    torn = "a,b\n" + "1,2\n" * 700_000 + "1,2,3\n"
    with open_source(in_memory("t.csv", torn.encode())) as source, pytest.raises(SourceError):
        list(source.table().batches(batch_rows=65536, skip_rows=65536))


# --- cells that are no text ------------------------------------------------------------------------------------------------------


DAMAGED = b"\xd5\xc5\xff\xfe"


def cells_of(table: Table, **options: bool) -> list[bytes | None]:
    (batch,) = table.batches(["a"], **options)
    cells: list[bytes | None] = batch.column(0).view(pa.binary()).to_pylist()
    return cells


def damaged_parquet() -> FileLocation:
    stream = io.BytesIO()
    texts = pa.array([b"one", DAMAGED, None, "张".encode()], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"a": texts}), stream)
    return in_memory("t.parquet", stream.getvalue())


def damaged_sqlite(folder: Path) -> FileLocation:
    path = folder / "t.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (a TEXT)")
        connection.executemany(
            "INSERT INTO t VALUES (CAST(? AS TEXT))", [(b"one",), (DAMAGED,), (None,), ("张".encode(),)]
        )
    connection.close()
    return file_location(path)


@pytest.mark.parametrize("kind", ["parquet", "sqlite"])
def test_a_damaged_cell_stops_the_reading_unless_the_bytes_are_asked_for(kind: str, tmp_path: Path) -> None:
    location = damaged_parquet() if kind == "parquet" else damaged_sqlite(tmp_path)
    with open_source(location) as source:
        table = source.table()
        with pytest.raises(TextInvalid):
            cells_of(table)
        assert cells_of(table, raw_text=True) == [b"one", DAMAGED, None, "张".encode()]
        with pytest.raises(TextInvalid):
            cells_of(table)
