"""A source and its tables, as every reader of this package presents them.

Lives here: the values and protocols the rest of the program works with, and the few rules all readers share
(projection, batch size, the catalogue's data type codes). What a format looks like inside is in the reader's own
module.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self, TypeVar

import pyarrow as pa

from catalog.sources.errors import ColumnUnknown, EmptyTable, TableNotNamed, TableUnknown

DEFAULT_BATCH_ROWS = 65536

FILE_ORDER = "file"
"""The `row_order` of a file: its content, which the fingerprint tells, is in one order."""

BUILT_CELLS = 4_000_000
"""Cells that may wait as Python objects, some 300 MB."""

NAMES_SHOWN = 20
"""How many table names an error lists before it stops."""


@dataclass(frozen=True, slots=True)
class TableInfo:
    """A table as a source lists it. `row_estimate` is None where finding out would mean reading the table."""

    name: str
    comment: str = ""
    row_estimate: int | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `data_type` is a code of GB/T 21063: C N Y D T L M G B I F (see `data_type_code`)."""

    name: str
    arrow_type: pa.DataType
    native_type: str
    comment: str
    nullable: bool
    data_type: str


@dataclass(frozen=True, slots=True)
class TableSchema:
    """The columns of a table in their order; their names are distinct."""

    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def arrow(self) -> pa.Schema:
        """The schema of every batch of the whole table."""
        return arrow_schema(self.columns)

    def positions(self, names: Sequence[str] | None, *, table: str) -> tuple[int, ...]:
        """Where the named columns stand, in the order named, a repeated name once; all of them for None.

        Raises: ColumnUnknown; ValueError when no column is named, since a batch without columns cannot carry its rows.
        """
        if names is None:
            return tuple(range(len(self.columns)))
        if not names:
            raise ValueError("name at least one column")
        known = {column.name: position for position, column in enumerate(self.columns)}
        for name in names:
            if name not in known:
                raise ColumnUnknown(table=table, column=name)
        return tuple(known[name] for name in dict.fromkeys(names))


class Table(Protocol):
    """One table. `schema` is known; rows are read each time `batches` is called."""

    @property
    def name(self) -> str: ...

    @property
    def schema(self) -> TableSchema: ...

    @property
    def row_estimate(self) -> int | None:
        """For a progress bar only."""
        ...

    def batches(
        self,
        columns: Sequence[str] | None = None,
        *,
        batch_rows: int = DEFAULT_BATCH_ROWS,
        skip_rows: int = 0,
        raw_text: bool = False,
    ) -> Iterator[pa.RecordBatch]:
        """The rows, streamed, at most `batch_rows` at a time and never an empty batch; only `columns`, in that order.

        Text is pa.string(), an empty cell of a text format is null. Closing the iterator early lets go of the source.
        `skip_rows` leaves out the first rows: where as many were delivered in whole batches before, of the same columns and
        with the same `batch_rows`, the batches are those that were still to come (see `row_order`).
        `raw_text`: a cell of text that is not valid in its encoding does not stop the reading (TextInvalid), it is delivered as the
        bytes it is, and whoever asks for that looks before reading it. Text files are looked through before their first row.
        Raises: SourceError subclasses, also in the middle of the rows.
        """
        ...

    def fingerprint(self) -> str:
        """`sha256:…`, the same as long as the content is the same. Reads the whole source where it must."""
        ...

    def row_order(self) -> str | None:
        """What decides the order of the rows beside their content, in at most 80 characters; None where no order lasts.

        While it and the fingerprint are the same, rows come in the same order, and a reading can be gone on with in the middle. Reads the
        whole source where it must.
        """
        ...


class Source(Protocol):
    """An open source; a context manager. Closing it ends what it holds open."""

    @property
    def kind(self) -> str: ...

    def tables(self) -> tuple[TableInfo, ...]: ...

    def table(self, name: str | None = None) -> Table:
        """The table of that name, or the only one there is.

        Raises: TableUnknown, TableNotNamed, EmptyTable, and whatever is wrong with its header or encoding.
        """
        ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class ClosingSource:
    """The context manager part of a source."""

    def close(self) -> None:
        """Nothing is held open unless a reader says so."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def arrow_schema(columns: Iterable[Column]) -> pa.Schema:
    """The Arrow schema of these columns."""
    return pa.schema([pa.field(column.name, column.arrow_type) for column in columns])


def text_column(name: str, native_type: str = "text", *, comment: str = "") -> Column:
    """A column of a text format: characters, possibly empty."""
    return Column(name, pa.string(), native_type, comment, nullable=True, data_type="C")


def slices(batch: pa.RecordBatch, batch_rows: int) -> Iterator[pa.RecordBatch]:
    """`batch` in pieces of at most `batch_rows`; nothing for an empty one."""
    for offset in range(0, batch.num_rows, batch_rows):
        yield batch.slice(offset, batch_rows)


def without_first(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """`batches` without their first `rows`."""
    for batch in batches:
        if rows < batch.num_rows:
            yield batch.slice(rows) if rows else batch
        rows = max(0, rows - batch.num_rows)


def check_batch_rows(batch_rows: int, skip_rows: int = 0) -> None:
    """Raises: ValueError when a batch could hold no row, or less than no row is to be skipped."""
    if batch_rows < 1:
        raise ValueError("batch_rows must be at least 1")
    if skip_rows < 0:
        raise ValueError("skip_rows must not be negative")


def built_rows(batch_rows: int, columns: int) -> int:
    """Rows per batch for readers that build batches cell by cell in Python: fewer where a table is very wide."""
    return max(1, min(batch_rows, BUILT_CELLS // max(columns, 1)))


Named = TypeVar("Named")


def choose(name: str | None, tables: dict[str, Named], *, source: str) -> Named:
    """The table asked for, or the only one.

    Raises: TableUnknown, TableNotNamed, EmptyTable (there is none at all).
    """
    if name is None and not tables:
        raise EmptyTable(name=source)
    shown = ", ".join(list(tables)[:NAMES_SHOWN]) + (" …" if len(tables) > NAMES_SHOWN else "")
    if name is None:
        if len(tables) == 1:
            return next(iter(tables.values()))
        raise TableNotNamed(name=source, tables=shown)
    if name not in tables:
        raise TableUnknown(table=name, tables=shown)
    return tables[name]


_LONG_TEXT = frozenset({"clob", "mediumtext", "longtext", "ntext"})


def data_type_code(arrow_type: pa.DataType, native_type: str = "") -> str:
    """The catalogue's code of a type: C 字符 N 数值 Y 货币 D 日期 T 日期时间 L 逻辑 M 备注 G 通用 B 双精度 I 整型 F
    浮点.

    Source: 政务信息资源目录编制指南(试行), data types of an information item.
    """
    native = native_type.lower().split("(")[0].strip()
    if native == "money":
        return "Y"
    if native.startswith(("time", "interval")):
        return "T"
    checks = (
        (pa.types.is_boolean, "L"),
        (pa.types.is_integer, "I"),
        (pa.types.is_float64, "B"),
        (pa.types.is_floating, "F"),
        (pa.types.is_decimal, "N"),
        (pa.types.is_date, "D"),
        (pa.types.is_temporal, "T"),
    )
    for matches, code in checks:
        if matches(arrow_type):
            return code
    if pa.types.is_string(arrow_type):
        if native in {"numeric", "decimal"}:
            return "N"
        return "M" if native in _LONG_TEXT else "C"
    return "G"
