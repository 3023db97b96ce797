"""Parquet, in its own types."""

from __future__ import annotations

import datetime
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalog.sources import FileLocation, SourceUnreadable, TextInvalid, file_location, open_source
from tests.sources.reading import in_memory, read, rows_of


def parquet(table: pa.Table, **options: Any) -> bytes:
    """The table as a Parquet file."""
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


def test_types_are_kept_and_all_text_is_string() -> None:
    table = pa.table(
        {
            "id": pa.array([2**62], pa.int64()),
            "amount": pa.array([Decimal("12345678901234567890.12")], pa.decimal128(30, 2)),
            "born": pa.array([datetime.date(1990, 1, 2)], pa.date32()),
            "seen": pa.array([datetime.datetime.fromisoformat("2024-01-02T03:04:05")], pa.timestamp("us")),
            "text": pa.array(["苏州"], pa.large_string()),
            "label": pa.array(["甲"]).dictionary_encode(),
            "blob": pa.array([b"\x00\x01"], pa.large_binary()),
            "flag": pa.array([True]),
            "none": pa.nulls(1),
        }
    )
    with open_source(in_memory("t.parquet", parquet(table))) as source:
        assert source.tables()[0].row_estimate == 1
        found = source.table()
        kinds = {column.name: (str(column.arrow_type), column.data_type) for column in found.schema.columns}
        assert kinds == {
            "id": ("int64", "I"),
            "amount": ("decimal128(30, 2)", "N"),
            "born": ("date32[day]", "D"),
            "seen": ("timestamp[us]", "T"),
            "text": ("string", "C"),
            "label": ("string", "C"),
            "blob": ("binary", "G"),
            "flag": ("bool", "L"),
            "none": ("string", "C"),
        }
        (batch,) = found.batches()
        assert batch.schema == found.schema.arrow
        assert list(batch.to_pylist()[0].values())[:2] == [2**62, Decimal("12345678901234567890.12")]


def test_nested_values_become_json_so_that_they_are_scanned() -> None:
    table = pa.table(
        {
            "person": [{"姓名": "沈怀瑾", "tags": ["a", None], "n": 1.5, "born": datetime.date(1990, 1, 2)}, None],
            "ids": [[Decimal("1.10"), None], []],
        }
    )
    assert read(in_memory("t.parquet", parquet(table)))[1] == [
        ('{"姓名":"沈怀瑾","tags":["a",null],"n":1.5,"born":"1990-01-02"}', "[1.10,null]"),
        (None, "[]"),
    ]


def test_columns_are_projected_also_where_names_repeat_or_hold_dots() -> None:
    table = pa.table([[1], [2], [3], [{"b": 4}]], names=["x", "a.b", "x", "a"])
    with open_source(in_memory("t.parquet", parquet(table))) as source:
        found = source.table()
        assert found.schema.names == ("x", "a.b", "x_2", "a")
        assert rows_of(found) == [(1, 2, 3, '{"b":4}')]
        assert rows_of(found, ["x_2"]) == [(3,)]
        assert rows_of(found, ["a", "a.b", "x"]) == [('{"b":4}', 2, 1)]


def test_only_the_columns_asked_for_are_read(tmp_path: Path) -> None:
    path = tmp_path / "wide.parquet"
    numbers = pa.array(range(200_000))
    pq.write_table(pa.table({"small": pa.array([0] * 200_000), "large": numbers}), path, compression="none")
    taken = 0

    class Counting(io.FileIO):
        def readinto(self, buffer: object, /) -> int:
            nonlocal taken
            count = super().readinto(buffer) or 0  # type: ignore[arg-type]
            taken += count
            return count

        def read(self, size: int | None = -1, /) -> bytes:
            nonlocal taken
            data = super().read(-1 if size is None else size) or b""
            taken += len(data)
            return data

    with open_source(FileLocation("wide.parquet", lambda: Counting(path))) as source:
        assert len(rows_of(source.table(), ["small"])) == 200_000
    assert 0 < taken < path.stat().st_size / 2


def test_row_groups_are_streamed_in_bounded_batches(tmp_path: Path) -> None:
    path = tmp_path / "big.parquet"
    with pq.ParquetWriter(path, pa.schema([("a", pa.string())])) as writer:
        for group in range(20):
            writer.write_table(pa.table({"a": [f"{group:02}-{row:06}" + "x" * 90 for row in range(20_000)]}))
    with open_source(file_location(path)) as source:
        table = source.table()
        before, most, rows = pa.total_allocated_bytes(), 0, 0
        for batch in table.batches(batch_rows=5000):
            assert batch.num_rows <= 5000
            rows += batch.num_rows
            most = max(most, pa.total_allocated_bytes() - before)
    assert rows == table.row_estimate == 400_000
    assert most < 30 << 20


def test_comments_of_fields_are_imported() -> None:
    described = pa.field("sfzh", pa.string(), metadata={"comment": "身份证号"})
    assert_comment = parquet(pa.table([["1"]], schema=pa.schema([described])))
    spark = {"type": "struct", "fields": [{"name": "xm", "type": "string", "metadata": {"comment": "姓名"}}]}
    by_spark = pa.schema(
        [("xm", pa.string())], metadata={"org.apache.spark.sql.parquet.row.metadata": json.dumps(spark)}
    )
    for data, comment in ((assert_comment, "身份证号"), (parquet(pa.table([["1"]], schema=by_spark)), "姓名")):
        with open_source(in_memory("t.parquet", data)) as source:
            assert source.table().schema.columns[0].comment == comment


def test_a_table_without_rows_yields_nothing() -> None:
    assert read(in_memory("t.parquet", parquet(pa.table({"a": pa.array([], pa.string())})))) == (("a",), [])


@pytest.mark.parametrize("size", [0, 4, 100, -1])
def test_a_damaged_file_is_unreadable(size: int) -> None:
    data = parquet(pa.table({"a": ["x" * 1000]}))
    with pytest.raises(SourceUnreadable):
        read(in_memory("t.parquet", data[:size]))


def test_a_damaged_page_is_an_error_in_the_middle_without_a_value_in_it() -> None:
    data = bytearray(
        parquet(pa.table({"a": [f"secret-{n}" for n in range(1000)]}), use_dictionary=False, compression="zstd")
    )
    data[40:400] = bytes(360)
    with open_source(in_memory("t.parquet", bytes(data))) as source:
        table = source.table()
        with pytest.raises(SourceUnreadable) as caught:
            rows_of(table)
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_text_that_is_not_utf8_is_an_error() -> None:
    broken = pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xcb\xd5"], pa.binary()).buffers())
    with pytest.raises(TextInvalid):
        read(in_memory("t.parquet", parquet(pa.table({"a": broken}))))
