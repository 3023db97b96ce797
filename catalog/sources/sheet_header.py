"""Where the header of a worksheet is, and what its columns are called.

Lives here: the rules for worksheets made for people: titles above the table, headers over two or three rows, merged
cells. Pure functions over text cells. Reading the workbook is in `catalog.sources.spreadsheet`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

TITLE_ROWS = 20
"""A header further down than this is not looked for."""

WIDTH_ROWS = 50
"""Rows whose filled cells tell how wide the table is."""

HEADER_ROWS = 4
"""Levels of a header at most."""

SEPARATOR = "_"

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged range, zero-based, both ends included. The value stands in its upper left cell."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def width(self) -> int:
        return self.right - self.left + 1


@dataclass(frozen=True, slots=True)
class SheetHeader:
    """The raw column names, and the index of the first row of data."""

    names: tuple[str, ...]
    data_row: int


def find_header(rows: Rows, merges: Sequence[Merge]) -> SheetHeader | None:
    """The header of a sheet from its first rows; None when no row has a filled cell.

    `rows` are equally wide, empty cells are "". Rows above the header (title, unit, reporting office, blank) fill only
    part of the table's width: the header is the first row that fills more than half of it, failing that the first with
    anything in it. Numbers may head a column (years do), so what a cell holds is not looked at.
    """
    filled = [sum(map(bool, row)) for row in rows]
    if not any(filled):
        return None
    span = max(filled[:WIDTH_ROWS])
    first = next(index for index, count in enumerate(filled) if count)
    top = next(
        (
            index
            for index in range(first, min(len(rows), first + TITLE_ROWS))
            if _is_header_row(index, rows, merges, span)
        ),
        first,
    )
    bottom = _last_header_row(top, rows, merges)
    names = tuple(_joined_name(column, top, bottom, rows, merges) for column in range(len(rows[0])))
    return SheetHeader(names, bottom + 1)


def _is_header_row(index: int, rows: Rows, merges: Sequence[Merge], span: int) -> bool:
    row = rows[index]
    cells = sum(map(bool, row))
    # A cell merged over several columns heads them all, unless it alone heads the whole table: then it is the title.
    covered = sum(merge.width - 1 for merge in merges if merge.top == index and row[merge.left])
    if cells == 1 and covered:
        return False
    return cells + covered > span / 2 and (cells > 1 or span == 1)


def _last_header_row(top: int, rows: Rows, merges: Sequence[Merge]) -> int:
    """The header goes on as far down as its merged cells reach, and one row below cells merged sideways that have names
    below."""
    bottom = top
    while bottom - top + 1 < HEADER_ROWS:
        reach = max((merge.bottom for merge in merges if top <= merge.top <= bottom), default=bottom)
        if bottom < reach < top + HEADER_ROWS and reach < len(rows):
            bottom = reach
        elif bottom + 1 < len(rows) and _names_children(bottom, rows, merges):
            bottom += 1
        else:
            break
    return bottom


def _names_children(parent: int, rows: Rows, merges: Sequence[Merge]) -> bool:
    """Does the row below fill just what is merged sideways in `parent`, and nothing of the other columns? Data would
    fill those, too."""
    wide = [merge for merge in merges if merge.bottom == parent and merge.width > 1]
    under = {column for merge in wide for column in range(merge.left, merge.right + 1)}
    below = {column for column, value in enumerate(rows[parent + 1]) if value}
    return bool(below) and below <= under and all(rows[parent + 1][merge.left] for merge in wide)


def _joined_name(column: int, top: int, bottom: int, rows: Rows, merges: Sequence[Merge]) -> str:
    levels: list[str] = []
    seen: set[tuple[int, int]] = set()
    for index in range(top, bottom + 1):
        merge = next(
            (m for m in merges if m.top <= index <= m.bottom and m.left <= column <= m.right),
            Merge(index, column, index, column),
        )
        value = rows[merge.top][merge.left]
        # A cell merged downwards is one level, however many rows it spans; a title merged into from above is none.
        if value and merge.top >= top and (merge.top, merge.left) not in seen:
            seen.add((merge.top, merge.left))
            levels.append(value)
    return SEPARATOR.join(levels)
