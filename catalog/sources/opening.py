"""Opening a source of whatever kind.

Lives here: which reader reads which format. The readers know nothing of each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from catalog.sources.delimited import DelimitedSource
from catalog.sources.errors import FormatUnsupported
from catalog.sources.json_lines import JsonLinesSource
from catalog.sources.location import DatabaseKind, DatabaseLocation, FileLocation
from catalog.sources.mysql import MysqlSource
from catalog.sources.parquet import ParquetSource
from catalog.sources.postgresql import PostgresSource
from catalog.sources.spreadsheet import SpreadsheetSource
from catalog.sources.sqlite import SqliteSource
from catalog.sources.table import Source

FILE_READERS: Mapping[str, Callable[[FileLocation], Source]] = MappingProxyType(
    {
        "csv": DelimitedSource,
        "tsv": DelimitedSource,
        "txt": DelimitedSource,
        "xlsx": SpreadsheetSource,
        "parquet": ParquetSource,
        "jsonl": JsonLinesSource,
        "ndjson": JsonLinesSource,
        "db": SqliteSource,
        "sqlite": SqliteSource,
        "sqlite3": SqliteSource,
    }
)
"""The reader of each file extension."""

SERVER_READERS: Mapping[DatabaseKind, Callable[[DatabaseLocation], Source]] = MappingProxyType(
    {DatabaseKind.POSTGRESQL: PostgresSource, DatabaseKind.MYSQL: MysqlSource}
)


def open_source(location: FileLocation | DatabaseLocation) -> Source:
    """Open a source; use it as a context manager.

    Raises: FormatUnsupported, and the SourceError of what is wrong with it. Text files are looked into only when a
    table is asked for.
    """
    if isinstance(location, DatabaseLocation):
        return SERVER_READERS[location.kind](location)
    reader = FILE_READERS.get(location.extension)
    if reader is None:
        raise FormatUnsupported(name=location.name, supported=", ".join(FILE_READERS))
    return reader(location)
