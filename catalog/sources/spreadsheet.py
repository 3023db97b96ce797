"""Excel workbooks: each worksheet a table, every cell as text.

Lives here: cells rendered without loss (integers without `.0`, long numbers digit by digit, dates in ISO 8601) and
streamed as batches. Which rows are the header is `catalog.sources.sheet_header`'s; what only the XML knows,
`catalog.sources.sheet_xml`'s. A sheet is held in memory by the reader below us; `SheetTooLarge` keeps that bounded.
"""

from __future__ import annotations

import datetime
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import IO, BinaryIO, TypeVar
from xml.parsers import expat

import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum

from catalog.sources.errors import EmptyTable, SheetTooLarge, SourceEncrypted, SourceLost, SourceUnreadable
from catalog.sources.location import FileLocation, open_stream
from catalog.sources.naming import unique_names
from catalog.sources.sheet_header import TITLE_ROWS, WIDTH_ROWS, Merge, SheetHeader, find_header
from catalog.sources.sheet_xml import (
    CHUNK_BYTES,
    EXCEL_ROWS,
    MAX_WHOLE_BYTES,
    MAX_WORKBOOK_BYTES,
    SheetFacts,
    held_whole_bytes,
    last_row,
    read_facts,
    sheet_parts,
    unpacked_bytes,
)
from catalog.sources.table import (
    DEFAULT_BATCH_ROWS,
    FILE_ORDER,
    ClosingSource,
    TableInfo,
    TableSchema,
    arrow_schema,
    built_rows,
    check_batch_rows,
    choose,
    text_column,
)
from catalog.sources.transcoding import content_fingerprint, file_digest

Cell = int | float | str | bool | datetime.time | datetime.date | datetime.datetime | datetime.timedelta

FORMAT = "XLSX"

MAX_CELLS = 60_000_000
"""Cells a sheet may span, about 2 GB once read: a full sheet of 57 columns. One stray cell in the last corner spans 17
thousand million."""

EXACT_FLOAT = 10**15
"""From here on a float of a spreadsheet may have lost digits that the XML still has."""


COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")

DAMAGE = (zipfile.BadZipFile, zlib.error, expat.ExpatError, KeyError, ValueError, RuntimeError, EOFError, struct.error)
"""What the ZIP and XML readers raise over damaged bytes (RuntimeError: an encrypted part; NotImplementedError is
one)."""

Found = TypeVar("Found")


def cell_text(value: Cell) -> str:
    """A cell as text; "" for an empty one or an error value.

    Integers have no decimal point, decimals no exponent; dates, times and durations are ISO 8601 or H:MM:SS.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        # The shortest digits that are this float; its binary value would show more.
        return number_text(Decimal(repr(value)))
    if isinstance(value, datetime.timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    if isinstance(value, datetime.date | datetime.time):  # a datetime is a date
        return value.isoformat()
    return str(value).upper()  # TRUE and FALSE, as Excel shows them; integers


def _filled_width(row: Sequence[Cell]) -> int:
    return next((position for position in range(len(row), 0, -1) if row[position - 1] != ""), 0)


def number_text(number: Decimal) -> str:
    """`number` without an exponent, and without a decimal point where it is whole."""
    text = format(number, "f")
    return text.rstrip("0").removesuffix(".") if "." in text else text


class SheetTable:
    """One worksheet, loaded."""

    row_estimate: int | None

    def __init__(self, location: FileLocation, sheet: CalamineSheet, facts: SheetFacts) -> None:
        self._location = location
        self._sheet = sheet
        self._facts = facts
        self.name = sheet.name
        self._top, self._left = sheet.start or (0, 0)
        self._merges = tuple(self._clipped_merges())
        header = self._find_header()
        if header is None:
            raise EmptyTable(name=self.name)
        self._data_row = header.data_row
        self._raw_names = header.names
        self.schema = TableSchema(tuple(text_column(name) for name in unique_names(header.names)))
        self.row_estimate = max(sheet.height - header.data_row, 0)

    def _clipped_merges(self) -> Iterator[Merge]:
        """The merged ranges in positions of the rows we get, which begin where the sheet's first value is, and no
        further than they."""
        for (top, left), (bottom, right) in self._sheet.merged_cell_ranges or ():
            merge = Merge(
                top - self._top,
                left - self._left,
                min(bottom - self._top, self._sheet.height - 1),
                min(right - self._left, self._sheet.width - 1),
            )
            if 0 <= merge.top <= merge.bottom and 0 <= merge.left <= merge.right:
                yield merge

    def _rows(self) -> Iterator[list[Cell]]:
        """The rows from the first one with a value on; the reader begins at the first column with a value, but at the
        first row."""
        return islice(self._sheet.iter_rows(), self._top, None)

    def _find_header(self) -> SheetHeader | None:
        rows = list(islice(self._rows(), TITLE_ROWS + WIDTH_ROWS))
        texts = [[cell_text(cell).strip() for cell in row] for row in rows]
        header = find_header(texts, [merge for merge in self._merges if merge.top < len(rows)])
        if header is None or not header.names or header.names[-1]:
            return header
        # Columns on the right without a name and without a value are only formatted.
        used = _filled_width(header.names)
        for row in self._rows():
            used = max(used, _filled_width(row))
            if used == len(header.names):
                break
        return SheetHeader(header.names[:used], header.data_row)

    def fingerprint(self) -> str:
        """SHA-256 over the file's bytes and the sheet's name."""
        return content_fingerprint(file_digest(self._location), self.name)

    def row_order(self) -> str:
        """Rows come as they stand in the file."""
        return FILE_ORDER

    def batches(
        self,
        columns: Sequence[str] | None = None,
        *,
        batch_rows: int = DEFAULT_BATCH_ROWS,
        skip_rows: int = 0,
        raw_text: bool = False,
    ) -> Iterator[pa.RecordBatch]:
        """See `Table.batches`. Rows with nothing in them are left out; a cell merged over rows counts for each of
        them."""
        check_batch_rows(batch_rows, skip_rows)
        return self._batches(self.schema.positions(columns, table=self.name), batch_rows, skip_rows)

    def _batches(self, positions: tuple[int, ...], batch_rows: int, skip_rows: int) -> Iterator[pa.RecordBatch]:
        schema = arrow_schema(self.schema.columns[position] for position in positions)
        rows = islice(self._data_rows(), skip_rows, None)
        while chunk := list(islice(rows, built_rows(batch_rows, len(positions)))):
            arrays = [pa.array([row[position] or None for row in chunk], pa.string()) for position in positions]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _data_rows(self) -> Iterator[list[str]]:
        begins: dict[int, list[Merge]] = {}
        for merge in self._merges:
            if merge.top >= self._data_row:
                begins.setdefault(merge.top, []).append(merge)
        active: list[tuple[Merge, str]] = []
        for index, cells in enumerate(islice(self._rows(), self._data_row, None), start=self._data_row):
            row = [self._text(cell, index, column) for column, cell in enumerate(cells)]
            filled = any(row)
            active = [(merge, value) for merge, value in active if merge.bottom >= index]
            active += [(merge, row[merge.left]) for merge in begins.get(index, ())]
            for merge, value in active:
                row[merge.left : merge.right + 1] = [value] * merge.width
            if filled:
                yield row

    def _text(self, cell: Cell, row: int, column: int) -> str:
        if isinstance(cell, float) and abs(cell) >= EXACT_FLOAT:
            exact = self._facts.long_numbers.get((row + self._top, column + self._left))
            if exact is not None:
                return number_text(Decimal(exact))
        return cell_text(cell)


def _encrypted(stream: BinaryIO) -> bool:
    """Is this a workbook with a password: wrapped in a compound file, in a stream of that name [MS-OFFCRYPTO 2.3.4.4]?"""
    stream.seek(0)
    seen = stream.read(CHUNK_BYTES)
    if not seen.startswith(COMPOUND_FILE):
        return False
    while ENCRYPTED_STREAM not in seen:
        more = stream.read(CHUNK_BYTES)
        if not more:
            return False
        seen = seen[-len(ENCRYPTED_STREAM) :] + more
    return True


class SpreadsheetSource(ClosingSource):
    """A workbook. Chart and macro sheets are no tables; hidden worksheets are, since what they hold leaves with the
    file."""

    kind = "xlsx"

    def __init__(self, location: FileLocation) -> None:
        self._location = location
        self._workbook, self._parts = self._open()

    def _open(self) -> tuple[CalamineWorkbook, dict[str, str]]:
        unreadable = SourceUnreadable(name=self._location.name, format=FORMAT)
        with open_stream(self._location) as stream:
            try:
                if not zipfile.is_zipfile(stream):
                    raise SourceEncrypted(name=self._location.name, format=FORMAT) if _encrypted(stream) else unreadable
                with zipfile.ZipFile(stream) as archive:
                    if unpacked_bytes(archive) > MAX_WORKBOOK_BYTES or held_whole_bytes(archive) > MAX_WHOLE_BYTES:
                        raise unreadable
                    parts = sheet_parts(archive)
                stream.seek(0)
                return CalamineWorkbook.from_object(stream), parts
            except (CalamineError, *DAMAGE):
                raise unreadable from None
            except OSError:
                raise SourceLost(name=self._location.name, rows=0) from None

    def tables(self) -> tuple[TableInfo, ...]:
        """The worksheets in the workbook's order."""
        return tuple(TableInfo(name) for name in self._sheets())

    def _sheets(self) -> dict[str, None]:
        return {
            sheet.name: None
            for sheet in self._workbook.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.name in self._parts
        }

    def table(self, name: str | None = None) -> SheetTable:
        """The worksheet of that name; without a name the only one that has a cell in it.

        Raises: SheetTooLarge, EmptyTable, TableUnknown, TableNotNamed, SourceUnreadable.
        """
        sheets = self._sheets()
        if name is None and len(sheets) > 1:
            # New workbooks used to come with two blank sheets, and many still have them.
            sheets = {sheet: None for sheet in sheets if self._facts(sheet).filled} or dict.fromkeys(list(sheets)[:1])
        choose(name, sheets, source=self._location.name)
        wanted = name if name is not None else next(iter(sheets))
        facts = self._facts(wanted)
        if facts.cells > MAX_CELLS and facts.rows <= EXCEL_ROWS:
            facts.rows = self._read_part(wanted, last_row)
        if facts.cells > MAX_CELLS:
            raise SheetTooLarge(name=self._location.name, limit=MAX_CELLS)
        try:
            sheet = self._workbook.get_sheet_by_name(wanted)
        except CalamineError:
            raise SourceUnreadable(name=self._location.name, format=FORMAT) from None
        return SheetTable(self._location, sheet, facts)

    def _facts(self, sheet: str) -> SheetFacts:
        return self._read_part(sheet, read_facts)

    def _read_part(self, sheet: str, read: Callable[[IO[bytes]], Found]) -> Found:
        try:
            with (
                open_stream(self._location) as stream,
                zipfile.ZipFile(stream) as archive,
                archive.open(self._parts[sheet]) as part,
            ):
                return read(part)
        except DAMAGE:
            raise SourceUnreadable(name=self._location.name, format=FORMAT) from None
        except OSError:
            raise SourceLost(name=self._location.name, rows=0) from None

    def close(self) -> None:
        """Let go of the workbook."""
        self._workbook.close()
