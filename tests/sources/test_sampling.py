"""Drawing rows where the source can leave rows out: servers by themselves, databases by row number, files by row group."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from catalog.sources import file_location, open_source
from catalog.sources.sampling import BLOCK_COLUMN, Drawing, draw
from tests.sources.conftest import Server

SERIES = "CREATE TABLE t AS SELECT g AS n, 'item ' || g AS v FROM generate_series(1, 40000) AS g"


def numbers(drawing: Drawing) -> list[int]:
    return [int(value) for batch in drawing.batches for value in batch.column(0).to_numpy()]


def spread(drawn: list[int], rows: int, expected: int) -> bool:
    """About as many as expected, each once, and from every tenth of the table."""
    tenths = {10 * (number - 1) // rows for number in drawn}
    return abs(len(drawn) - expected) < 0.3 * expected and len(set(drawn)) == len(drawn) and tenths == set(range(10))


@pytest.mark.service
def test_postgresql_draws_single_rows_by_a_seed(postgres: Server) -> None:
    postgres.execute(SERIES, "ANALYZE t")
    with open_source(postgres.location) as source:
        table = source.table()
        first, again, other = (draw(table, 2000, seed=seed) for seed in (7, 7, 8))
        assert (first.passed_over, first.blocks, first.population) == (True, False, 40_000)
        drawn = numbers(first)
        assert spread(drawn, 40_000, 2000)
        assert drawn == numbers(again)
        assert drawn != numbers(other)


@pytest.mark.service
def test_postgresql_draws_pages_of_a_large_table(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog.sources.postgresql.MANY_ROWS", 10_000)
    postgres.execute(SERIES, "ANALYZE t")
    with open_source(postgres.location) as source:
        table = source.table()
        drawing = draw(table, 4000, seed=3)
        assert drawing.blocks
        drawn = pa.Table.from_batches(list(drawing.batches))
        assert drawn.column_names == ["n", "v", BLOCK_COLUMN]
        assert numbers(draw(table, 4000, seed=3)) == drawn.column("n").to_pylist()
    pages = drawn.group_by(BLOCK_COLUMN).aggregate([("n", "count"), ("n", "min"), ("n", "max")])
    assert 10 < pages.num_rows < 80
    assert all(
        high - low + 1 == count
        for low, high, count in zip(
            *(pages.column(name).to_numpy() for name in ("n_min", "n_max", "n_count")), strict=True
        )
    ), "the rows of one page stand together"


@pytest.mark.service
def test_pages_of_two_partitions_are_told_apart(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog.sources.postgresql.MANY_ROWS", 1_000)
    postgres.execute(
        "CREATE TABLE t (n integer, v text) PARTITION BY RANGE (n)",
        "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (1) TO (20001)",
        "CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (20001) TO (40001)",
        "INSERT INTO t SELECT g, 'item ' || g FROM generate_series(1, 40000) AS g",
        "ANALYZE t",
    )
    with open_source(postgres.location) as source:
        drawing = draw(source.table("t"), 8000, seed=3)
        assert drawing.blocks
        drawn = pa.Table.from_batches(list(drawing.batches))
    ends = drawn.group_by(BLOCK_COLUMN).aggregate([("n", "min"), ("n", "max")])
    both = zip(ends.column("n_min").to_numpy(), ends.column("n_max").to_numpy(), strict=True)
    assert all((low <= 20_000) == (high <= 20_000) for low, high in both)


@pytest.mark.service
def test_what_postgresql_cannot_leave_rows_out_of_is_read_whole(postgres: Server) -> None:
    postgres.execute(SERIES, "CREATE VIEW w AS SELECT * FROM t")
    with open_source(postgres.location) as source:
        for name in ("w", "t"):  # a view, and a table that was never analysed
            drawing = draw(source.table(name), 100, seed=1)
            assert not drawing.passed_over
            assert len(numbers(drawing)) == 40_000


@pytest.mark.service
def test_who_may_read_some_columns_only_gets_single_rows(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page that a row stands on is told to those alone who may read the whole table."""
    monkeypatch.setattr("catalog.sources.postgresql.MANY_ROWS", 1_000)
    schema = postgres.location.schema
    postgres.execute(
        SERIES,
        "ANALYZE t",
        f"CREATE ROLE {schema} LOGIN",
        f"GRANT USAGE ON SCHEMA {schema} TO {schema}",
        f"GRANT SELECT (n) ON t TO {schema}",
    )
    try:
        with open_source(replace(postgres.location, user=str(schema), password="")) as source:
            drawing = draw(source.table(), 2000, seed=1)
            assert not drawing.blocks
            assert spread(numbers(drawing), 40_000, 2000)
    finally:
        postgres.execute(f"DROP OWNED BY {schema}", f"DROP ROLE {schema}")


@pytest.mark.service
def test_mariadb_draws_single_rows_by_a_seed(mariadb: Server) -> None:
    mariadb.execute(
        "CREATE TABLE t (n INT, v VARCHAR(20))",
        "INSERT INTO t SELECT seq, CONCAT('item ', seq) FROM seq_1_to_40000",
        "ANALYZE TABLE t",
    )
    with open_source(mariadb.location) as source:
        table = source.table()
        first, again, other = (draw(table, 2000, seed=seed) for seed in (7, 7, 8))
        assert first.passed_over
        drawn = numbers(first)
        assert spread(drawn, 40_000, 2000)
        assert drawn == numbers(again)
        assert drawn != numbers(other)


def sqlite_file(folder: Path, *statements: str) -> Path:
    path = folder / "t.db"
    database = sqlite3.connect(path)
    series = "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 40000) SELECT n, 'item ' || n AS v FROM s"
    for statement in statements:
        database.execute(statement.replace("SERIES", series))
    database.commit()
    database.close()
    return path


def test_sqlite_draws_single_rows_by_their_number(tmp_path: Path) -> None:
    path = sqlite_file(tmp_path, "CREATE TABLE t AS SERIES")
    with open_source(file_location(path)) as source:
        first, again, other = (draw(source.table(), 2000, seed=seed) for seed in (7, 7, 8))
        assert first.passed_over
        drawn = numbers(first)
        assert spread(drawn, 40_000, 2000)
        assert drawn == numbers(again)
        assert drawn != numbers(other)


def test_a_column_that_is_called_like_the_row_number_is_not_taken_for_it(tmp_path: Path) -> None:
    path = sqlite_file(tmp_path, "CREATE TABLE t AS SELECT n, n AS rowid, 'y' AS _rowid_ FROM (SERIES)")
    with open_source(file_location(path)) as source:
        drawing = draw(source.table(), 2000, seed=7)
        assert drawing.passed_over
        assert spread(numbers(drawing), 40_000, 2000)


def test_a_column_of_text_in_front_of_the_row_number_leaves_the_number_of_rows_unknown(tmp_path: Path) -> None:
    path = sqlite_file(tmp_path, "CREATE TABLE t AS SELECT n, 'x' AS rowid FROM (SERIES)")
    with open_source(file_location(path)) as source:
        assert source.table().row_estimate is None
        drawing = draw(source.table(), 100, seed=7)
        assert not drawing.passed_over


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE t (n INTEGER PRIMARY KEY, v TEXT) WITHOUT ROWID",
        "CREATE VIEW t AS SELECT n, v FROM held",
    ],
)
def test_what_has_no_row_numbers_is_read_whole(tmp_path: Path, statement: str) -> None:
    path = sqlite_file(tmp_path, "CREATE TABLE held AS SERIES", statement)
    if "VIEW" not in statement:
        with sqlite3.connect(path) as database:
            database.execute("INSERT INTO t SELECT n, v FROM held")
    with open_source(file_location(path)) as source:
        drawing = draw(source.table("t"), 100, seed=1)
        assert not drawing.passed_over
        assert len(numbers(drawing)) == 40_000


def test_a_small_table_is_not_thinned_out(tmp_path: Path) -> None:
    path = sqlite_file(tmp_path, "CREATE TABLE t AS SERIES")
    with open_source(file_location(path)) as source:
        drawing = draw(source.table(), 20_000, seed=1)
        assert not drawing.passed_over
