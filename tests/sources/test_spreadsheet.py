"""Workbooks made for people, read as tables."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
import xlsxwriter

from catalog.sources import (
    EmptyTable,
    SheetTooLarge,
    SourceEncrypted,
    SourceUnreadable,
    TableNotNamed,
    TableUnknown,
    open_source,
)
from catalog.sources.sheet_header import Merge, find_header
from tests.sources.reading import in_memory, read, rows_of

Book = Any


def workbook(build: Callable[[Book], object]) -> bytes:
    """An XLSX file as `build` makes it."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        build(book)
    return out.getvalue()


def patched(data: bytes, old: bytes, new: bytes, part: str = "xl/worksheets/sheet1.xml") -> bytes:
    """The workbook with some of a part's XML replaced, as another program would have written it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            if name == part:
                assert old in content
                content = content.replace(old, new)
            after.writestr(name, content)
    return out.getvalue()


def register(book: Book) -> None:
    """What a register of a district office looks like: a title, a line below it, a header in two rows."""
    sheet = book.add_worksheet("登记表")
    date = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.merge_range(0, 0, 0, 5, "某某街道人口登记表")
    sheet.write(1, 0, "填报单位:某某街道办事处")
    sheet.write(1, 5, "2024年")
    sheet.merge_range(2, 0, 3, 0, "姓名")
    sheet.merge_range(2, 1, 2, 2, "住址")
    sheet.write(3, 1, "区")
    sheet.write(3, 2, "街道")
    sheet.merge_range(2, 3, 3, 3, "证件\n号码")
    sheet.merge_range(2, 4, 2, 5, "日期")
    sheet.write(3, 4, "出生")
    sheet.write(3, 5, "登记")
    sheet.write_row(4, 0, ["沈怀瑾", "姑苏区", "平江", "0012"])
    sheet.write_datetime(4, 4, datetime.date(1990, 1, 2), date)
    sheet.write_datetime(4, 5, datetime.date(2024, 3, 4), date)
    sheet.write_row(6, 0, ["陆知秋", "虎丘区", None, 12345])


def test_titles_are_skipped_and_merged_header_cells_joined() -> None:
    names, rows = read(in_memory("register.xlsx", workbook(register)))
    assert names == ("姓名", "住址_区", "住址_街道", "证件号码", "日期_出生", "日期_登记")
    assert rows == [
        ("沈怀瑾", "姑苏区", "平江", "0012", "1990-01-02", "2024-03-04"),
        ("陆知秋", "虎丘区", None, "12345", None, None),
    ]


def test_every_kind_of_cell_is_rendered_without_loss() -> None:
    def build(book: Book) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["整数", "小数", "微小", "是否", "日期", "时间", "时刻", "时长", "错误", "文本"])
        formats = ["yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "hh:mm:ss", "[h]:mm:ss"]
        date, moment, time, span = (book.add_format({"num_format": text}) for text in formats)
        sheet.write_row(1, 0, [20240101, 1234.56, 0.0000001, True])
        sheet.write_datetime(1, 4, datetime.datetime.fromisoformat("2024-02-29T00:00:00"), date)
        sheet.write_datetime(1, 5, datetime.datetime.fromisoformat("2024-02-29T13:45:30"), moment)
        sheet.write_datetime(1, 6, datetime.time(8, 5), time)
        sheet.write_number(1, 7, 1.5, span)
        sheet.write_formula(1, 8, "=NA()", None, "#N/A")
        sheet.write_string(1, 9, " 007 ")

    _, rows = read(in_memory("cells.xlsx", workbook(build)))
    assert rows == [
        (
            "20240101",
            "1234.56",
            "0.0000001",
            "TRUE",
            "2024-02-29",
            "2024-02-29T13:45:30",
            "08:05:00",
            "36:00:00",
            None,
            " 007 ",
        )
    ]


def test_an_id_typed_as_a_number_keeps_every_digit_the_file_has() -> None:
    data = workbook(lambda book: book.add_worksheet().write_column(0, 0, ["证件号", 1, 2]))
    exact = patched(data, b'<c r="A2"><v>1</v>', b'<c r="A2"><v>320500199001011237</v>')
    assert read(in_memory("ids.xlsx", exact))[1] == [("320500199001011237",), ("2",)]
    rounded = patched(data, b'<c r="A2"><v>1</v>', b'<c r="A2"><v>3.2050019900101122E+17</v>')
    assert read(in_memory("ids.xlsx", rounded))[1] == [("320500199001011220",), ("2",)]


def test_a_cell_merged_down_counts_for_each_of_its_rows() -> None:
    def build(book: Book) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["区", "街道"])
        sheet.merge_range(1, 0, 3, 0, "姑苏区")
        sheet.write_column(1, 1, ["平江", "沧浪", "金阊", "浒墅关"])
        sheet.write(4, 0, "虎丘区")

    assert read(in_memory("merged.xlsx", workbook(build)))[1] == [
        ("姑苏区", "平江"),
        ("姑苏区", "沧浪"),
        ("姑苏区", "金阊"),
        ("虎丘区", "浒墅关"),
    ]


def test_a_table_that_does_not_begin_in_the_first_cell_is_found() -> None:
    def build(book: Book) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(4, 3, ["a", "b"])
        sheet.write_row(5, 3, [1, 2])
        sheet.merge_range(6, 3, 6, 4, "x")

    assert read(in_memory("far.xlsx", workbook(build))) == (("a", "b"), [("1", "2"), ("x", "x")])


def test_years_may_head_columns_and_formatted_columns_without_values_are_none() -> None:
    def build(book: Book) -> None:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "各区生产总值")
        sheet.write_row(2, 0, ["地区", 2022, 2023, ""])
        sheet.write_blank(2, 9, None, book.add_format({"bold": True}))
        sheet.write_row(3, 0, ["姑苏区", 1.5, 2])

    assert read(in_memory("gdp.xlsx", workbook(build))) == (("地区", "2022", "2023"), [("姑苏区", "1.5", "2")])


def test_sheets_are_tables_and_several_must_be_named() -> None:
    def build(book: Book) -> None:
        for name in ("人口", "法人"):
            book.add_worksheet(name).write_column(0, 0, ["名称", name])
        book.add_chartsheet("图")

    data = workbook(build)
    with open_source(in_memory("two.xlsx", data)) as source:
        assert [table.name for table in source.tables()] == ["人口", "法人"]
        assert rows_of(source.table("法人")) == [("法人",)]
        with pytest.raises(TableNotNamed) as unnamed:
            source.table()
        assert unnamed.value.params["tables"] == "人口, 法人"
        with pytest.raises(TableUnknown) as unknown:
            source.table("图")
        assert not isinstance(unknown.value, TableNotNamed)
        assert source.table("人口").fingerprint() != source.table("法人").fingerprint()


def test_blank_sheets_beside_the_only_filled_one_do_not_have_to_be_excluded() -> None:
    def build(book: Book) -> None:
        book.add_worksheet("Sheet1")
        book.add_worksheet("数据").write_column(0, 0, ["名称", "x"])

    data = workbook(build)
    assert read(in_memory("blank.xlsx", data)) == (("名称",), [("x",)])
    with pytest.raises(EmptyTable):
        read(in_memory("blank.xlsx", data), "Sheet1")


def test_a_sheet_without_a_cell_is_empty_and_one_with_a_header_has_no_rows() -> None:
    with pytest.raises(EmptyTable):
        read(in_memory("none.xlsx", workbook(lambda book: book.add_worksheet())))
    header = workbook(lambda book: book.add_worksheet().write_row(0, 0, ["a", "b"]))
    assert read(in_memory("header.xlsx", header)) == (("a", "b"), [])


def test_columns_are_projected_and_batches_bounded() -> None:
    def build(book: Book) -> None:
        sheet = book.add_worksheet()
        for row in range(25):
            sheet.write_row(row, 0, ["a", "b"] if row == 0 else [row, -row])

    with open_source(in_memory("a.xlsx", workbook(build))) as source:
        assert rows_of(source.table(), ["b"], batch_rows=10) == [(str(-row),) for row in range(1, 25)]


@pytest.mark.parametrize("size", [0, 3, 200, 4000])
def test_a_damaged_workbook_is_unreadable(size: int) -> None:
    with pytest.raises(SourceUnreadable):
        read(in_memory("damaged.xlsx", workbook(register)[:size]))


def test_a_part_with_a_flipped_byte_is_unreadable() -> None:
    data = bytearray(workbook(register))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        start = archive.getinfo("xl/worksheets/sheet1.xml").header_offset
    data[start + 120] ^= 0xFF
    with pytest.raises(SourceUnreadable):
        read(in_memory("damaged.xlsx", bytes(data)))


def test_a_workbook_with_a_password_says_so_and_an_old_one_is_unreadable() -> None:
    compound = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    directory = "EncryptedPackage".encode("utf-16-le")
    with pytest.raises(SourceEncrypted):
        read(in_memory("locked.xlsx", compound + bytes(2_000_000) + directory + bytes(500)))
    with pytest.raises(SourceUnreadable) as caught:
        read(in_memory("old.xlsx", compound + bytes(2000)))
    assert not isinstance(caught.value, SourceEncrypted)


@pytest.mark.parametrize("cell", [b"XFD1048576", b"A4000000000", b"ZZZZZ9", b"BZ1048576"])
def test_one_stray_cell_cannot_make_us_allocate_the_whole_sheet(cell: bytes) -> None:
    data = patched(workbook(register), b'<c r="D7"><v>12345</v>', b'<c r="' + cell + b'"><v>1</v>')
    with pytest.raises(SheetTooLarge):
        read(in_memory("stray.xlsx", data))


def test_a_formatted_cell_in_the_last_corner_is_no_obstacle_and_neither_is_a_wide_sheet() -> None:
    data = workbook(register)
    corner = patched(data, b'<c r="D7"><v>12345</v></c>', b'<c r="XFD1048576" s="1"/>')
    assert len(read(in_memory("corner.xlsx", corner))[1]) == 2
    wide = workbook(
        lambda book: [sheet.write_row(row, 0, ["x"] * 3000) for sheet in [book.add_worksheet()] for row in (0, 1)]
    )
    assert len(read(in_memory("wide.xlsx", wide))[0]) == 3000


def test_a_document_type_in_the_workbook_is_refused() -> None:
    bomb = b'<!DOCTYPE workbook [<!ENTITY a "aaaaaaaaaa">]><workbook '
    data = patched(workbook(register), b"<workbook ", bomb, "xl/workbook.xml")
    with pytest.raises(SourceUnreadable):
        read(in_memory("bomb.xlsx", data))


def test_a_title_alone_over_the_whole_table_is_not_its_header() -> None:
    rows = [["标题", "", ""], ["甲", "乙", "丙"], ["1", "2", "3"]]
    for merges in ([], [Merge(0, 0, 0, 2)]):
        header = find_header(rows, merges)
        assert header is not None
        assert (header.names, header.data_row) == (("甲", "乙", "丙"), 2)


def test_a_header_of_three_levels_is_joined_level_by_level() -> None:
    rows = [
        ["编号", "住址", "", "", "备注"],
        ["", "户籍地", "", "现住地", ""],
        ["", "省", "市", "", ""],
        ["1", "江苏", "苏州", "昆山", "x"],
    ]
    merges = [Merge(0, 0, 2, 0), Merge(0, 1, 0, 3), Merge(1, 1, 1, 2), Merge(1, 3, 2, 3), Merge(0, 4, 2, 4)]
    header = find_header(rows, merges)
    assert header is not None
    assert header.names == ("编号", "住址_户籍地_省", "住址_户籍地_市", "住址_现住地", "备注")
    assert header.data_row == 3


def test_a_header_cell_merged_over_two_columns_does_not_make_the_first_row_of_data_a_header() -> None:
    header = find_header([["编号", "备注", ""], ["1", "x", "y"], ["2", "z", ""]], [Merge(0, 1, 0, 2)])
    assert header is not None
    assert header.data_row == 1
    assert header.names == ("编号", "备注", "备注")
