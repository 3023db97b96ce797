"""Delimited text read as text: delimiters, quoting, bad rows, streaming."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.sources import (
    CellUnclosed,
    ColumnUnknown,
    EmptyTable,
    FileLocation,
    RowMalformed,
    SourceChanged,
    SourceLost,
    TableUnknown,
    open_source,
)
from catalog.sources.delimited import find_layout
from tests.sources.reading import in_memory, read, rows_of


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_every_usual_delimiter_is_found(delimiter: str) -> None:
    text = "编号,姓名,备注\n1,沈怀瑾,无\n2,陆知秋,有\n".replace(",", delimiter)
    names, rows = read(in_memory("people.txt", text.encode("gb18030")))
    assert names == ("编号", "姓名", "备注")
    assert rows == [("1", "沈怀瑾", "无"), ("2", "陆知秋", "有")]


def test_no_type_is_guessed() -> None:
    text = b"code,id,flag,date,amount\n0012,320500199001010012,TRUE,2024-01-01,1e5\n"
    with open_source(in_memory("codes.csv", text)) as source:
        table = source.table()
        assert {column.arrow_type for column in table.schema.columns} == {pa.string()}
        assert {column.data_type for column in table.schema.columns} == {"C"}
        assert rows_of(table) == [("0012", "320500199001010012", "TRUE", "2024-01-01", "1e5")]


def test_an_empty_cell_is_null_quoted_or_not_and_spaces_are_kept() -> None:
    assert read(in_memory("a.csv", b'a,b,c\n,"", x \n'))[1] == [(None, None, " x ")]


def test_quoted_line_ends_delimiters_and_marks_belong_to_the_cell() -> None:
    text = 'a,"b\nc"\n"x\r\ny, z","say ""hi"""\n5" pipe,o"k\n'
    names, rows = read(in_memory("a.csv", text.encode()))
    assert names == ("a", "b c")
    assert rows == [("x\r\ny, z", 'say "hi"'), ('5" pipe', 'o"k')]


def test_mac_and_windows_line_ends_and_a_missing_last_one_are_read() -> None:
    for end in ("\r", "\n", "\r\n"):
        assert read(in_memory("a.csv", end.join(["a,b", "1,2", "3,4"]).encode()))[1] == [("1", "2"), ("3", "4")]


def test_a_single_column_with_commas_in_it_stays_one_column() -> None:
    assert read(in_memory("a.csv", "地址\n苏州市,姑苏区\n昆山市\n".encode()))[1] == [("苏州市,姑苏区",), ("昆山市",)]


def test_the_separator_line_of_a_spreadsheet_is_obeyed() -> None:
    assert read(in_memory("a.csv", b"sep=;\r\na,x;b\r\n1;2\r\n")) == (("a,x", "b"), [("1", "2")])


def test_a_tab_wins_in_a_tsv_file() -> None:
    assert read(in_memory("a.tsv", b"a,b\tc,d\n1,2\t3,4\n")) == (("a,b", "c,d"), [("1,2", "3,4")])


def test_hostile_and_doubled_names_become_distinct_and_blank_ones_are_numbered() -> None:
    header = 'id,id,,"; DROP TABLE x;--",a\x00\u202eb,id_2\n1,2,3,4,5,6\n'
    names, rows = read(in_memory("a.csv", header.encode()))
    assert names == ("id", "id_3", "column_3", "; DROP TABLE x;--", "ab", "id_2")
    assert rows == [("1", "2", "3", "4", "5", "6")]


def test_columns_are_projected_in_the_order_asked_for() -> None:
    with open_source(in_memory("a.csv", b"a,b,a\n1,2,3\n")) as source:
        table = source.table()
        assert rows_of(table, ["a_2", "a", "a_2"]) == [("3", "1")]
        with pytest.raises(ColumnUnknown) as caught:
            table.batches(["nope"])
        assert caught.value.params == {"table": "a", "column": "nope"}
        with pytest.raises(ValueError, match="at least one"):
            table.batches([])


def test_batches_hold_no_more_rows_than_asked_for() -> None:
    data = b"a\n" + b"".join(b"%d\n" % number for number in range(1000))
    with open_source(in_memory("a.csv", data)) as source:
        table = source.table()
        assert [row[0] for row in rows_of(table, batch_rows=7)] == [str(number) for number in range(1000)]
        assert table.row_estimate == 1000
        with pytest.raises(ValueError, match="batch_rows"):
            table.batches(batch_rows=0)


def test_a_header_without_rows_is_a_table_without_rows() -> None:
    for data in (b"a,b", b"a,b\n", b"\n\na,b\r\n"):
        names, rows = read(in_memory("a.csv", data))
        assert (names, rows) == (("a", "b"), [])


@pytest.mark.parametrize("data", [b"", b"\n\r\n", b"\xef\xbb\xbf", "\ufeff".encode("utf-16-le"), b"  \n"])
def test_a_file_without_a_header_is_empty(data: bytes) -> None:
    with pytest.raises(EmptyTable):
        read(in_memory("a.csv", data))


@pytest.mark.parametrize(("row", "found"), [(b"1,2,3\n", 3), (b"1\n", 1)])
def test_a_row_of_another_width_is_named_by_its_number_and_not_by_its_value(row: bytes, found: int) -> None:
    good = b'1,"2\n2"\n' * 300_000
    with pytest.raises(RowMalformed) as caught:
        read(in_memory("wide.csv", b"a,b\n" + good + row + good))
    assert caught.value.params == {"name": "wide.csv", "row": 300_002, "expected": 2, "found": found}
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_quotation_that_is_never_closed_is_an_error_and_does_not_swallow_rows() -> None:
    with pytest.raises(CellUnclosed) as caught:
        read(in_memory("open.csv", b"a,b\n1,2\n" + b'3,"4\n' + b"5,6\n" * 10))
    assert caught.value.params["row"] == 2
    with pytest.raises(CellUnclosed):
        read(in_memory("open.csv", b"a,b\n1,2\n" + b'3,"4\n' + b"5,6\n" * 2_000_000))
    with pytest.raises(CellUnclosed):
        read(in_memory("open.csv", b'"a,b\n1,2\n'))


def test_another_table_name_is_unknown() -> None:
    with open_source(in_memory("population.csv", b"a\n1\n")) as source:
        assert [table.name for table in source.tables()] == ["population"]
        assert source.table("population").name == "population"
        with pytest.raises(TableUnknown) as caught:
            source.table("other")
        assert caught.value.params == {"table": "other", "tables": "population"}


def test_the_fingerprint_is_that_of_the_bytes() -> None:
    def fingerprint(data: bytes, name: str = "a.csv") -> str:
        with open_source(in_memory(name, data)) as source:
            return source.table().fingerprint()

    same = fingerprint(b"a\n1\n")
    assert same.startswith("sha256:")
    assert len(same) == 71
    assert fingerprint(b"a\n1\n", "b.csv") == same
    assert fingerprint(b"a\n2\n") != same


def test_a_file_that_changes_between_survey_and_reading_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + "1,2\n" * 10)
    with open_source(FileLocation("a.csv", lambda: path.open("rb"))) as source:
        table = source.table()
        path.write_text("a,b\n1,2\n")
        with pytest.raises(SourceChanged):
            rows_of(table)


class _Failing(io.BytesIO):
    """A disk that stops in the middle, at the second reading of the file."""

    openings = 0

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        _Failing.openings += 1
        self._fails = _Failing.openings > 3

    def read(self, size: int | None = -1, /) -> bytes:
        if self._fails and self.tell() > 1_000_000:
            raise OSError(5, "Input/output error")
        return super().read(size)


def test_a_disk_that_stops_in_the_middle_is_an_error() -> None:
    data = b"a,b\n" + b"1,2\n" * 2_000_000
    _Failing.openings = 0
    with open_source(FileLocation("a.csv", lambda: _Failing(data))) as source:
        table = source.table()  # head, survey, header
        with pytest.raises(SourceLost) as caught:
            rows_of(table)
        assert caught.value.params["rows"] >= 0  # type: ignore[operator]


def test_reading_can_be_given_up_in_the_middle() -> None:
    opened: list[io.BytesIO] = []

    def opener() -> io.BytesIO:
        opened.append(io.BytesIO(b"a,b\n" + b"1,2\n" * 3_000_000))
        return opened[-1]

    with open_source(FileLocation("a.csv", opener)) as source:
        batches = source.table().batches(batch_rows=10)
        next(batches)
        batches.close()  # type: ignore[attr-defined]
    assert all(stream.closed for stream in opened)


def test_rows_are_streamed_and_the_file_is_not_held_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    line = ("x" * 98 + ",y\n").encode()
    with path.open("wb") as file:
        file.write(b"a,b\n")
        for _ in range(100):
            file.write(line * 10_000)
    with open_source(FileLocation("big.csv", lambda: path.open("rb"))) as source:
        table = source.table()
        before = pa.total_allocated_bytes()
        most = rows = 0
        for batch in table.batches():
            rows += batch.num_rows
            most = max(most, pa.total_allocated_bytes() - before)
    assert rows == 1_000_000
    assert most < 60 << 20


def test_the_layout_of_a_header_with_every_trick_is_found() -> None:
    layout = find_layout('\r\n"a;""b"";\n";c;"d"\r\n1;2;3\n')
    assert layout is not None
    assert (layout.delimiter, layout.header) == (";", ('a;"b";\n', "c", "d"))
    assert layout.preamble.endswith('"d"\r\n')


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=15),
    delimiter=st.sampled_from(",\t;|"),
    encoding=st.sampled_from(["utf-8-sig", "utf-16"]),
)
def test_what_was_written_is_what_is_read(rows: list[tuple[str, str, str]], delimiter: str, encoding: str) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(["甲", "乙", "丙"])
    writer.writerows(rows)
    names, found = read(in_memory("any.csv", out.getvalue().encode(encoding)))
    assert names == ("甲", "乙", "丙")
    assert found == [tuple(cell or None for cell in row) for row in rows]
