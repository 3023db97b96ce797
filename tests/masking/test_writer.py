"""Artefacts: the same bytes for the same rows, no formula for a spreadsheet, and whole or not at all."""

from __future__ import annotations

import csv
import datetime
import decimal
import errno
import hashlib
import io
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.masking.errors import ArtefactNotWritten, DiskFull, FormatUnsuitable
from privacy.masking.writer import ROW_GROUP_ROWS, ArtefactFormat, artefact_file, write_artefact


def batch(**columns: Any) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(columns)


def csv_text(record_batch: pa.RecordBatch, *, bom: bool = False) -> str:
    sink = io.BytesIO()
    write_artefact([record_batch], sink, "csv", schema=record_batch.schema, bom=bom)
    return sink.getvalue().decode()


def csv_rows(record_batch: pa.RecordBatch) -> list[list[str]]:
    return list(csv.reader(io.StringIO(csv_text(record_batch), newline="")))


class FullDisk(io.RawIOBase):
    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        size = memoryview(data).nbytes  # type: ignore[arg-type]
        self.room -= size
        if self.room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return size


@pytest.mark.parametrize("format", ["parquet", "csv"])
def test_rows_bytes_and_hash_are_those_of_what_was_written(format: str) -> None:
    sink = io.BytesIO()
    written = write_artefact([batch(a=[1, 2]), batch(a=[3])], sink, format, schema=pa.schema([("a", pa.int64())]))
    assert written.rows == 3
    assert written.bytes == len(sink.getvalue())
    assert written.sha256 == hashlib.sha256(sink.getvalue()).hexdigest()
    assert written.format is ArtefactFormat(format)
    assert not sink.closed


@pytest.mark.parametrize("format", ["parquet", "csv"])
def test_the_same_rows_give_the_same_bytes_however_they_are_cut(format: str) -> None:
    rows = ROW_GROUP_ROWS + 1000
    whole = batch(n=list(range(rows)), s=[f"v{i % 77}" for i in range(rows)])

    def bytes_of(cuts: list[int]) -> bytes:
        edges = [0, *cuts, rows]
        pieces = [whole.slice(start, stop - start) for start, stop in itertools.pairwise(edges)]
        sink = io.BytesIO()
        write_artefact(pieces, sink, format, schema=whole.schema)
        return sink.getvalue()

    assert (
        bytes_of([]) == bytes_of([1, 5, 65_536, 65_536, ROW_GROUP_ROWS]) == bytes_of(list(range(10_000, rows, 9_999)))
    )


def test_parquet_comes_back_and_has_row_groups_of_one_size() -> None:
    rows = 2 * ROW_GROUP_ROWS + 10
    whole = batch(n=list(range(rows)))
    sink = io.BytesIO()
    write_artefact([whole], sink, "parquet", schema=whole.schema)
    file = pq.ParquetFile(sink)
    sizes = [file.metadata.row_group(index).num_rows for index in range(file.metadata.num_row_groups)]
    assert sizes == [ROW_GROUP_ROWS, ROW_GROUP_ROWS, 10]
    assert file.read().column("n").to_pylist() == list(range(rows))


@pytest.mark.parametrize("format", ["parquet", "csv"])
def test_a_table_without_rows_keeps_its_header(format: str) -> None:
    sink = io.BytesIO()
    fields: list[pa.Field[Any]] = [pa.field("编号", pa.string()), pa.field("b", pa.int64())]
    written = write_artefact([], sink, format, schema=pa.schema(fields))
    assert written.rows == 0
    if format == "csv":
        assert sink.getvalue().decode() == "编号,b\n"
    else:
        assert pq.read_schema(sink).names == ["编号", "b"]


def test_the_schema_may_come_from_the_batches_reader_but_must_come_from_somewhere() -> None:
    one = batch(a=["x"])
    sink = io.BytesIO()
    assert write_artefact(pa.RecordBatchReader.from_batches(one.schema, [one]), sink, "csv").rows == 1
    with pytest.raises(ValueError, match="schema"):
        write_artefact([one], sink, "csv")


@pytest.mark.parametrize("head", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_cell_or_header_that_a_spreadsheet_would_run_gets_an_apostrophe(head: str) -> None:
    formula = f"{head}HYPERLINK(1)"
    rows = csv_rows(batch(**{formula: [formula, "safe", None]}))
    assert rows[0] == ["'" + formula]
    assert rows[1] == ["'" + formula]
    assert rows[2] == ["safe"]


def test_negative_numbers_stay_numbers() -> None:
    rows = csv_rows(
        batch(
            i=[-5],
            f=[-1.5],
            d=pa.array([decimal.Decimal("-2.50")], pa.decimal128(10, 2)),
            text=["-12.5"],
            phone=["+8613800000000"],
            trick=["-1+cmd|' /C calc'!A0"],
        )
    )
    assert rows[1] == ["-5", "-1.5", "-2.50", "-12.5", "'+8613800000000", "'-1+cmd|' /C calc'!A0"]


@given(st.lists(st.text(max_size=12), min_size=1, max_size=20))
def test_no_csv_cell_begins_a_formula_and_nothing_else_is_changed(values: list[str]) -> None:
    rows = csv_rows(batch(id=list(range(len(values))), text=pa.array(values, pa.string())))[1:]
    for row, value in zip(rows, values, strict=True):
        assert row[1] in (value, "'" + value)
        assert row[1] == value or value[0] in "=+-@\t\r\n＝＋－＠"
        assert not row[1] or row[1][0] not in "=+@\t\r\n＝＋－＠"


def test_csv_quotes_what_needs_it_and_tells_null_from_empty() -> None:
    text = csv_text(batch(**{"a,b": ['say "hi"', "two\nlines", "", None], "c": [1, 2, 3, 4]}))
    assert text.startswith('"a,b",c\n"say ""hi""",1\n')
    assert text.endswith('"",3\n,4\n')


def test_csv_writes_dates_times_and_truth_values_readably() -> None:
    rows = csv_rows(
        batch(
            d=[datetime.date(2024, 5, 6)],
            t=pa.array([1714979289], pa.timestamp("s")),
            b=[True],
            k=pa.array(["x"]).dictionary_encode(),
        )
    )
    assert rows[1] == ["2024-05-06", "2024-05-06 07:08:09", "true", "x"]


def test_a_byte_order_mark_stands_first_when_asked_for() -> None:
    assert csv_text(batch(a=["x"]), bom=True).startswith("\ufeffa\n")
    assert not csv_text(batch(a=["x"])).startswith("\ufeff")


@pytest.mark.parametrize("values", [[b"\x00\xff"], [[1, 2]], [{"a": 1}]])
def test_csv_refuses_what_it_cannot_hold_and_names_the_column(values: list[object]) -> None:
    with pytest.raises(FormatUnsuitable) as caught:
        csv_text(batch(fingerprint=values))
    assert caught.value.params["field"] == "fingerprint"


@pytest.mark.parametrize("format", ["parquet", "csv"])
def test_a_full_disk_is_named_as_such(format: str) -> None:
    whole = batch(n=[str(i) for i in range(5000)])
    with pytest.raises(DiskFull):
        write_artefact([whole], FullDisk(room=100), format, schema=whole.schema)


@pytest.mark.parametrize("format", ["parquet", "csv"])
def test_an_error_of_the_source_is_not_taken_for_one_of_the_disk(format: str) -> None:
    def broken() -> Iterator[pa.RecordBatch]:
        yield batch(a=["x"])
        raise FileNotFoundError(errno.ENOENT, "gone")

    with pytest.raises(FileNotFoundError):
        write_artefact(broken(), io.BytesIO(), format, schema=pa.schema([("a", pa.string())]))


def test_a_file_appears_whole_and_alone(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    with artefact_file(target) as file:
        file.write(b"a\n1\n")
        assert not target.exists()
    assert target.read_bytes() == b"a\n1\n"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
    assert target.stat().st_mode & 0o777 == 0o600


def test_a_failed_file_leaves_nothing_and_keeps_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_bytes(b"before")

    def write_half() -> None:
        with artefact_file(target) as file:
            file.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert target.read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_a_folder_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ArtefactNotWritten) as caught, artefact_file(tmp_path / "no" / "out.csv"):
        pass
    assert "No such file" in str(caught.value)


def test_a_name_taken_by_a_folder_leaves_no_temporary_file(tmp_path: Path) -> None:
    (tmp_path / "out.csv").mkdir()
    with pytest.raises(ArtefactNotWritten), artefact_file(tmp_path / "out.csv") as file:
        file.write(b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
