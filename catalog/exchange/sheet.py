"""A workbook as rows that know their number: what is needed to say which row of a sheet is wrong.

Lives here: headings over two rows, cells merged down or across, row numbers as Excel shows them. The reader of
`catalog.sources` is asked first, for its guards against damaged, encrypted and oversized files; it leaves out blank
rows, so its batches cannot say where a row stood. What the columns mean is `reading`'s.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from catalog.sources import FileLocation, open_source
from catalog.sources.errors import EmptyTable, FormatUnsupported, SheetTooLarge
from catalog.sources.location import open_stream
from catalog.sources.sheet_header import TITLE_ROWS, WIDTH_ROWS, Merge, find_header
from catalog.sources.spreadsheet import cell_text

MAX_CELLS = 5_000_000
"""Of a sheet: a catalogue of a hundred thousand information items takes half of it."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row: its number in the sheet (1-based) and a text for each heading."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One worksheet below its headings. Levels of a heading are joined by `_`."""

    name: str
    headings: tuple[str, ...]
    rows: tuple[SheetRow, ...]


def read_workbook(location: FileLocation) -> tuple[Sheet, ...]:
    """The visible worksheets that have any cell. Hidden ones stay out: nobody would see what was imported.

    Raises: FormatUnsupported, SheetTooLarge, and what `catalog.sources` raises for files that cannot be read.
    """
    if location.extension != "xlsx":
        raise FormatUnsupported(name=location.name, supported="xlsx")
    # Read once: what was looked into is what is then imported.
    with open_stream(location) as stream:
        content = stream.read()
    held = FileLocation(location.name, lambda: io.BytesIO(content))
    sheets: list[Sheet] = []
    with open_source(held) as source, CalamineWorkbook.from_object(io.BytesIO(content)) as workbook:
        for about in workbook.sheets_metadata:
            if about.typ != SheetTypeEnum.WorkSheet or about.visible != SheetVisibleEnum.Visible:
                continue
            try:
                source.table(about.name)
            except EmptyTable:
                continue
            sheet = workbook.get_sheet_by_name(about.name)
            if sheet.height * sheet.width > MAX_CELLS:
                raise SheetTooLarge(name=location.name, limit=MAX_CELLS)
            sheets.extend(_read_sheet(sheet))
    return tuple(sheets)


def _read_sheet(sheet: CalamineSheet) -> Iterator[Sheet]:
    """The sheet, or nothing where no heading is found."""
    top, left = sheet.start or (0, 0)
    # The rows we get begin at the sheet's first column with a value, but at its first row.
    grid = [[cell_text(cell).strip() for cell in row] for row in islice(sheet.iter_rows(), top, None)]
    merges = [
        Merge(up - top, start - left, min(down - top, len(grid) - 1), min(end - left, sheet.width - 1))
        for (up, start), (down, end) in sheet.merged_cell_ranges or ()
        if up >= top and start >= left and up - top < len(grid)
    ]
    first_rows = grid[: TITLE_ROWS + WIDTH_ROWS]
    header = find_header(first_rows, [merge for merge in merges if merge.top < len(first_rows)])
    if header is None:
        return
    filled = [any(row) for row in grid]
    for merge in merges:
        value = grid[merge.top][merge.left]
        for row in range(merge.top, merge.bottom + 1):
            grid[row][merge.left : merge.right + 1] = [value] * merge.width
    yield Sheet(
        sheet.name,
        header.names,
        tuple(
            SheetRow(top + index + 1, tuple(grid[index]))
            for index in range(header.data_row, len(grid))
            if filled[index]
        ),
    )
