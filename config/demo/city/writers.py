"""Tables to files: the formats of the demo city, each written whole or not at all.

Lives here: one function per format. A file is written under a temporary name beside its place and moved there when it
is complete. The same rows give the same bytes, for text files on any machine, for the others with the same versions of
the libraries.
"""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from config.demo.city.manifest import CityTable, DataType

ROW_GROUP_ROWS = 50_000
_CREATED = datetime(2025, 7, 1, tzinfo=UTC)
_FIGURES = (DataType.NUMBER, DataType.MONEY, DataType.INTEGER, DataType.DOUBLE, DataType.FLOAT)


@contextmanager
def _whole_file(path: Path) -> Iterator[Path]:
    """A temporary path that becomes `path` when the block ends well and is removed when it does not."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_csv(path: Path, table: CityTable, rows: pa.Table) -> None:
    """Delimited text in the table's own encoding. UTF-8 ends lines the way Unix does, the others the way Windows
    does."""
    delimiter, encoding = table.delimiter or ",", table.encoding or "utf-8"
    ending = "\n" if encoding == "utf-8" else "\r\n"
    # Written out, because "utf-16" alone would take the byte order of the machine.
    mark, encoding = ("\ufeff", "utf-16-le") if encoding == "utf-16" else ("", encoding)
    with _whole_file(path) as part, part.open("w", encoding=encoding, newline="") as stream:
        stream.write(mark)
        writer = csv.writer(stream, delimiter=delimiter, lineterminator=ending)
        writer.writerow(rows.column_names)
        writer.writerows(_python_rows(rows))


def write_parquet(path: Path, rows: pa.Table) -> None:
    """Parquet in row groups of ROW_GROUP_ROWS; field metadata carries the comments."""
    with _whole_file(path) as part:
        pq.write_table(rows, part, row_group_size=ROW_GROUP_ROWS, compression="zstd")


def write_json_lines(path: Path, rows: pa.Table) -> None:
    """One JSON object a line, UTF-8, with every name in every line."""
    names = rows.column_names
    with _whole_file(path) as part, part.open("w", encoding="utf-8", newline="\n") as stream:
        for values in _python_rows(rows):
            stream.write(json.dumps(dict(zip(names, values, strict=True)), ensure_ascii=False) + "\n")


def write_sheet(path: Path, table: CityTable, rows: pa.Table, title: str) -> None:
    """A workbook of one sheet: the title merged over all columns, each group over its columns, other headings
    downwards."""
    with _whole_file(path) as part:
        book = xlsxwriter.Workbook(part, {"constant_memory": False, "strings_to_numbers": False})
        book.set_properties({"created": _CREATED.replace(tzinfo=None), "title": title})
        heading = book.add_format({"bold": True, "align": "center", "valign": "vcenter", "border": 1})
        sheet = book.add_worksheet(table.table_name)
        sheet.merge_range(0, 0, 0, len(table.columns) - 1, title, heading)
        for group, first, last in _groups(table):
            sheet.merge_range(1, first, 1, last, group, heading)
        for place, column in enumerate(table.columns):
            if column.group is None:
                sheet.merge_range(1, place, 2, place, column.name, heading)
            else:
                sheet.write_string(2, place, column.name.removeprefix(f"{column.group}_"), heading)
        sheet.freeze_panes(3, 2)
        for place, column in enumerate(table.columns):
            figures = column.data_type in _FIGURES
            for row, value in enumerate(rows.column(column.name).to_pylist(), start=3):
                if value is None:
                    continue
                number = _as_number(value) if figures else None
                if number is None:
                    sheet.write_string(row, place, value)
                else:
                    sheet.write_number(row, place, number)
        book.close()


def write_database(path: Path, tables: Sequence[tuple[CityTable, pa.Table]], views: Sequence[str]) -> None:
    """An SQLite file with the tables, each column's comment beside it in the table's own SQL, then the views."""
    with _whole_file(path) as part, closing(sqlite3.connect(part)) as connection, connection:
        for table, rows in tables:
            connection.execute(_create_statement(table, rows))
            marks = ", ".join("?" * len(table.columns))
            connection.executemany(f'INSERT INTO "{table.table_name}" VALUES ({marks})', _python_rows(rows))  # noqa: S608
        for view in views:
            connection.execute(view)


def _create_statement(table: CityTable, rows: pa.Table) -> str:
    lines = []
    for column in table.columns:
        kind = rows.schema.field(column.name).type
        native = "INTEGER" if pa.types.is_integer(kind) else "REAL" if pa.types.is_floating(kind) else "TEXT"
        key = " PRIMARY KEY" if column is table.columns[0] else ""
        comma = "" if column is table.columns[-1] else ","
        lines.append(f'    "{column.name}" {native}{key}{comma} -- {column.label}')
    return f'CREATE TABLE "{table.table_name}" ( -- {table.title_zh}\n' + "\n".join(lines) + "\n)"


def _python_rows(rows: pa.Table) -> Iterator[tuple[Any, ...]]:
    return zip(*(column.to_pylist() for column in rows.columns), strict=True)


def _groups(table: CityTable) -> Iterator[tuple[str, int, int]]:
    """Each merged heading with its first and last column."""
    place = 0
    for group, columns in groupby(table.columns, key=lambda column: column.group):
        width = len(list(columns))
        if group is not None:
            yield group, place, place + width - 1
        place += width


def _as_number(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None
