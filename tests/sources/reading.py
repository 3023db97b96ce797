"""Sources made of bytes in memory, and tables read whole, for the tests of this folder."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from catalog.sources import FileLocation, Table, open_source


def in_memory(name: str, data: bytes, *, encoding: str | None = None) -> FileLocation:
    """A file that exists only behind its opener, as an encrypted upload does."""
    return FileLocation(name, lambda: io.BytesIO(data), encoding=encoding)


def rows_of(table: Table, columns: Sequence[str] | None = None, *, batch_rows: int = 65536) -> list[tuple[Any, ...]]:
    """Every row of the table as Python values, in the order of the columns asked for."""
    rows: list[tuple[Any, ...]] = []
    for batch in table.batches(columns, batch_rows=batch_rows):
        assert 0 < batch.num_rows <= batch_rows
        if columns is not None:
            assert batch.schema.names == list(dict.fromkeys(columns))
        rows += zip(*(column.to_pylist() for column in batch.columns), strict=True)
    return rows


def read(location: FileLocation, table: str | None = None) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Column names and rows of a table of a file."""
    with open_source(location) as source:
        found = source.table(table)
        return found.schema.names, rows_of(found)
