"""SQLite databases: tables and views, read-only, in the types their values really have.

Lives here: opening a database in place (or in memory, where it is an encrypted upload), and the types of columns that
may hold anything. A declared type promises nothing in SQLite; a column of mixed values is delivered as text. Comments
come from `catalog.sources.create_table`.
"""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import pyarrow as pa

from catalog.sources.create_table import read_comments
from catalog.sources.errors import EmptyTable, SourceChanged, SourceLost, SourceUnreadable, TextInvalid
from catalog.sources.location import FileLocation, open_stream
from catalog.sources.naming import quote_identifier, unique_names
from catalog.sources.sampling import CHOOSING, Drawing, chosen, share_of
from catalog.sources.table import (
    DEFAULT_BATCH_ROWS,
    ClosingSource,
    Column,
    TableInfo,
    TableSchema,
    arrow_schema,
    built_rows,
    check_batch_rows,
    choose,
    data_type_code,
)
from catalog.sources.transcoding import content_fingerprint, stream_digest

FORMAT = "SQLite"

MAX_VALUE_BYTES = 256 << 20
"""A longer value stops the reading. A view can compute one of any length."""

_MAGIC = b"SQLite format 3\x00"
_JOURNAL_VERSIONS = slice(18, 20)  # bytes of the header: 1 rollback journal, 2 write-ahead log

_EXACT_IN_DOUBLE = 2**53
_ROW_NUMBERS = ("rowid", "_rowid_", "oid")  # names of the row number, unless a column is called so
_VIRTUAL = re.compile(r"\s*create\s+virtual", re.IGNORECASE)
_COLUMNS_ASKED = 300  # five results each: SQLite returns at most 2000 columns

_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
_PRAGMAS = {"table_xinfo"}

SqlValue = int | float | str | bytes | None


@dataclass(frozen=True, slots=True)
class _Declared:
    """A column as its table declares it."""

    name: str
    type: str
    nullable: bool

    @property
    def holds_text(self) -> bool:
        """TEXT affinity: SQLite turns numbers into text on writing, so the declaration can be relied on."""
        upper = self.type.upper()
        return "INT" not in upper and any(word in upper for word in ("CHAR", "CLOB", "TEXT"))


class SqliteTable:
    """A table or view."""

    row_estimate: int | None

    def __init__(self, source: SqliteSource, info: TableInfo, statement: str, *, is_view: bool) -> None:
        self._source = source
        self.name = info.name
        self.row_estimate = info.row_estimate
        self._quoted = quote_identifier(info.name)
        declared = self._declared()
        if not declared:
            raise EmptyTable(name=info.name)
        # A virtual table may number its rows as it likes.
        numbered = not (is_view or _VIRTUAL.match(statement))
        self._row_number = self._name_of_row_number(declared) if numbered else None
        comments = {} if is_view else read_comments(statement).columns
        # A view only passes types on: what it computes it declares as nothing.
        asked = [column for column in declared if is_view or not column.holds_text]
        types = self._value_types(asked)
        self._raw_names = tuple(column.name for column in declared)
        self.schema = TableSchema(
            tuple(
                _column(name, column, types.get(column.name, pa.string()), comments.get(column.name, ""))
                for name, column in zip(unique_names(self._raw_names), declared, strict=True)
            )
        )

    def _declared(self) -> list[_Declared]:
        # hidden: 0 ordinary, 1 hidden column of a virtual table, 2 and 3 generated
        return [
            _Declared(name, declared, not not_null)
            for _, name, declared, not_null, _, _, hidden in self._source.select(f"PRAGMA table_xinfo({self._quoted})")
            if hidden != 1
        ]

    def _name_of_row_number(self, declared: Sequence[_Declared]) -> str | None:
        """What the row number is called here; None where rows have none, or columns have taken all its names."""
        taken = {column.name.lower() for column in declared}
        name = next((name for name in _ROW_NUMBERS if name not in taken), None)
        if name is None:
            return None
        try:
            self._source.select(f"SELECT {name} FROM {self._quoted} LIMIT 0")  # noqa: S608 - quoted identifiers
        except SourceUnreadable:  # WITHOUT ROWID
            return None
        return name

    def _value_types(self, columns: Sequence[_Declared]) -> dict[str, pa.DataType]:
        """One reading of the table tells what each of these columns holds."""
        types: dict[str, pa.DataType] = {}
        for start in range(0, len(columns), _COLUMNS_ASKED):
            part = columns[start : start + _COLUMNS_ASKED]
            wanted = ", ".join(_type_question(quote_identifier(column.name)) for column in part)
            (answer,) = self._source.select(f"SELECT {wanted} FROM {self._quoted}")  # noqa: S608 - quoted identifiers
            for index, column in enumerate(part):
                types[column.name] = _value_type(*answer[5 * index : 5 * index + 5])
        return types

    def fingerprint(self) -> str:
        """SHA-256 over the file's bytes, those of its write-ahead log, and the table's name."""
        return content_fingerprint(self._source.digest(), self.name)

    def row_order(self) -> str | None:
        """By row number; a view, or a table that numbers no rows, has no order of its own."""
        return "rowid" if self._row_number else None

    def batches(
        self,
        columns: Sequence[str] | None = None,
        *,
        batch_rows: int = DEFAULT_BATCH_ROWS,
        skip_rows: int = 0,
        raw_text: bool = False,
    ) -> Iterator[pa.RecordBatch]:
        """See `Table.batches`. By row number, where there is one."""
        check_batch_rows(batch_rows, skip_rows)
        return self._batches(
            self.schema.positions(columns, table=self.name), batch_rows, skip_rows=skip_rows, raw=raw_text
        )

    def draw(self, rows: int, *, seed: int, batch_rows: int) -> Drawing | None:
        """See `DrawnTable.draw`: SQLite leaves rows out by their numbers, so that no value of theirs is built."""
        share, taken = share_of(rows, self.row_estimate), {name.lower() for name in self._raw_names}
        number = next((name for name in ("rowid", "_rowid_", "oid") if name not in taken), None)
        if share is None or number is None:
            return None
        every = self.schema.positions(None, table=self.name)
        drawn = f" WHERE {CHOOSING}({number}, {seed:d}, {share:.12f})"
        return Drawing(
            self._batches(every, batch_rows, drawn, raw=True), passed_over=True, population=self.row_estimate
        )

    def _batches(
        self,
        positions: tuple[int, ...],
        batch_rows: int,
        drawn: str = "",
        *,
        skip_rows: int = 0,
        raw: bool = False,
    ) -> Iterator[pa.RecordBatch]:
        schema = arrow_schema(self.schema.columns[position] for position in positions)
        wanted = ", ".join(quote_identifier(self._raw_names[position]) for position in positions)
        order = f" ORDER BY {self._row_number}" if self._row_number else ""
        skipped = f" LIMIT -1 OFFSET {skip_rows:d}" if skip_rows else ""
        delivered = [skip_rows]
        with self._source.reading(self.name, rows=delivered, raw=raw) as connection:
            cursor = connection.execute(
                f"SELECT {wanted} FROM {self._quoted}{drawn}{order}{skipped}"  # noqa: S608 - quoted identifiers
            )
            cursor.arraysize = built_rows(batch_rows, len(positions))
            while rows := self._fetch(cursor, delivered[0]):
                delivered[0] += len(rows)
                arrays = [
                    self._array(values, field.type, raw=raw)
                    for values, field in zip(zip(*rows, strict=True), schema, strict=True)
                ]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _fetch(self, cursor: sqlite3.Cursor, delivered: int) -> list[tuple[SqlValue, ...]]:
        try:
            return cursor.fetchmany()
        except sqlite3.OperationalError as error:
            # The library quotes the text it could not decode.
            if "decode" in str(error):
                raise TextInvalid(name=self.name, rows=delivered) from None
            raise

    def _array(self, values: tuple[SqlValue, ...], arrow_type: pa.DataType, *, raw: bool = False) -> pa.Array[Any]:
        if pa.types.is_string(arrow_type):
            if raw and bytes in set(map(type, values)):
                return pa.array([_as_bytes(value) for value in values], pa.binary()).view(pa.string())
            return pa.array([_as_text(value) for value in values], arrow_type)
        try:
            return pa.array(values, arrow_type)
        except (pa.ArrowException, TypeError, OverflowError):
            # Not what the reading of the types saw: somebody wrote to the table since.
            raise SourceChanged(name=self.name) from None


def _type_question(column: str) -> str:
    integer = f"CASE WHEN typeof({column}) = 'integer' THEN {column} END"
    kinds = ", ".join(f"max(typeof({column}) = '{kind}')" for kind in ("real", "text", "blob"))
    return f"min({integer}), max({integer}), {kinds}"


def _value_type(
    least: int | None, greatest: int | None, real: int | None, text: int | None, blob: int | None
) -> pa.DataType:
    integers = least is not None
    kinds = integers + bool(real) + bool(text) + bool(blob)
    if kinds == 1:
        if integers:
            return pa.int64()
        return pa.float64() if real else pa.string() if text else pa.binary()
    if (
        least is not None
        and greatest is not None
        and real
        and kinds == 2
        and -_EXACT_IN_DOUBLE <= least <= greatest <= _EXACT_IN_DOUBLE
    ):
        return pa.float64()  # NUMERIC columns store 12.0 as the integer 12
    return pa.string()


def _as_text(value: SqlValue) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return value.hex()
    return str(value)


def _as_bytes(value: SqlValue) -> bytes | None:
    if value is None or isinstance(value, bytes):
        return value
    return str(value).encode("utf-8")


def _text_or_bytes(value: bytes) -> str | bytes:
    """What SQLite calls text, as text where it is."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value


def _column(name: str, declared: _Declared, arrow_type: pa.DataType, comment: str) -> Column:
    code = data_type_code(arrow_type, declared.type)
    return Column(name, arrow_type, declared.type or str(arrow_type), comment, declared.nullable, code)


class SqliteSource(ClosingSource):
    """A database file; tables and views, without SQLite's own."""

    kind = "sqlite"

    def __init__(self, location: FileLocation) -> None:
        self._location = location
        with ExitStack() as opened:
            # Open for as long as the database is: closing any handle on the file would drop the locks that SQLite holds.
            self._stream = opened.enter_context(open_stream(location))
            if self._stream.read(len(_MAGIC)) != _MAGIC:
                raise SourceUnreadable(name=location.name, format=FORMAT)
            try:
                self._connection = opened.enter_context(closing(self._connect()))
                _restrict(self._connection)
                self._entries = self._list()
            except (sqlite3.Error, UnicodeDecodeError):  # a name, too, may have been damaged
                raise SourceUnreadable(name=location.name, format=FORMAT) from None
            self._opened = opened.pop_all()

    def _connect(self) -> sqlite3.Connection:
        if self._location.path is None:
            return _connect_memory(self._stream, self._location.name)
        return _connect_same(self._location.path, self._stream, self._location.name)

    def _list(self) -> dict[str, tuple[str, str]]:
        rows = self._connection.execute(
            "SELECT name, type, coalesce(sql, '') FROM sqlite_master "
            "WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid"
        ).fetchall()
        return {name: (kind, statement) for name, kind, statement in rows}

    def tables(self) -> tuple[TableInfo, ...]:
        """Tables and views in the order they were made."""
        return tuple(self._info(name) for name in self._entries)

    def _info(self, name: str) -> TableInfo:
        kind, statement = self._entries[name]
        if kind == "view":
            return TableInfo(name)
        try:
            # The last row number is there at once; a count reads the table.
            (estimate,) = self._connection.execute(
                f"SELECT max(rowid) FROM {quote_identifier(name)}"  # noqa: S608 - a quoted identifier
            ).fetchone()
        except sqlite3.Error:  # WITHOUT ROWID, or a virtual table
            estimate = None
        else:
            # A column of that name stands in front of the row number.
            estimate = (estimate or 0) if isinstance(estimate, int | None) else None
        return TableInfo(name, read_comments(statement).table, estimate)

    def table(self, name: str | None = None) -> SqliteTable:
        """The table or view of that name, its columns' types found by reading it."""
        kind, statement = choose(name, self._entries, source=self._location.name)
        wanted = name if name is not None else next(iter(self._entries))
        return SqliteTable(self, self._info(wanted), statement, is_view=kind == "view")

    def select(self, statement: str) -> list[tuple[Any, ...]]:
        """All rows of a small answer. Raises: SourceUnreadable."""
        with self.reading(self._location.name) as connection:
            return connection.execute(statement).fetchall()

    @contextmanager
    def reading(self, name: str, *, rows: Sequence[int] = (0,), raw: bool = False) -> Iterator[sqlite3.Connection]:
        """The connection, its errors named. `name` of the table or of the file; `rows[0]` those delivered so far. `raw`: text that
        is none comes as bytes."""
        before = self._connection.text_factory
        try:
            if raw:
                self._connection.text_factory = _text_or_bytes
            yield self._connection
        except UnicodeDecodeError:
            raise SourceUnreadable(name=name, format=FORMAT) from None
        except sqlite3.Error as error:
            # The lower byte of an extended code is the code itself.
            if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_IOERR):
                raise SourceLost(name=name, rows=rows[0]) from None
            raise SourceUnreadable(name=name, format=FORMAT) from None
        finally:
            self._connection.text_factory = before

    def digest(self) -> str:
        """SHA-256 of the file and, where there is one, of its write-ahead log."""
        self._stream.seek(0)
        digest = stream_digest(self._stream, name=self._location.name)
        log = _log_path(self._location.path)
        if log is None:
            return digest
        combined = hashlib.sha256(digest.encode("ascii"))
        try:
            with os.fdopen(os.open(log, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as stream:
                combined.update(hashlib.file_digest(stream, "sha256").digest())
        except FileNotFoundError:  # a checkpoint took it away just now
            return digest
        except OSError:
            raise SourceLost(name=self._location.name, rows=0) from None
        return combined.hexdigest()

    def close(self) -> None:
        """Close the database."""
        self._opened.close()


def _log_path(path: Path | None) -> Path | None:
    """The write-ahead log beside the file, when it has something in it."""
    if path is None:
        return None
    log = path.with_name(path.name + "-wal")
    try:
        return log if log.stat().st_size else None
    except OSError:
        return None


_CONNECTING = threading.Lock()


def _connect_same(path: Path, stream: BinaryIO, name: str) -> sqlite3.Connection:
    """Open the database that `stream` has open, and no other.

    SQLite takes a path and follows it by itself; between our walk and its own somebody may put a link or another file
    there. So it is seen afterwards which file it holds: a new descriptor must be of the very file that was walked to.
    Raises: SourceChanged.
    """
    with _CONNECTING:
        before = _descriptors_of(stream)
        connection = _connect_path(path)
        same = _descriptors_of(stream) - before
    if not same:
        connection.close()
        raise SourceChanged(name=name)
    return connection


def _descriptors_of(stream: BinaryIO) -> set[int]:
    """This process's descriptors of the file that `stream` reads. Looked at, never opened: a close would drop locks."""
    wanted, found = os.fstat(stream.fileno()), set()
    for number in map(int, os.listdir("/dev/fd")):
        try:
            if os.path.samestat(os.fstat(number), wanted):
                found.add(number)
        except OSError:  # closed since, as the one the folder was listed by
            continue
    return found


def _connect_path(path: Path) -> sqlite3.Connection:
    uri = f"file:{quote(str(path.absolute()))}?mode=ro"
    connection = sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        # A database in write-ahead mode wants a file of its own beside it, which a read-only folder refuses. Without a
        # log to read, nothing is missed by not looking for one.
        if _log_path(path) is not None:
            raise
        connection = sqlite3.connect(f"{uri}&immutable=1", uri=True, check_same_thread=False, isolation_level=None)
    return connection


def _connect_memory(stream: BinaryIO, name: str) -> sqlite3.Connection:
    try:
        stream.seek(0)
        data = bytearray(stream.read())
    except OSError:
        raise SourceLost(name=name, rows=0) from None
    # There is no write-ahead log in memory; without this the database would not open.
    data[_JOURNAL_VERSIONS] = b"\x01\x01"
    connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    connection.deserialize(bytes(data))
    return connection


def _restrict(connection: sqlite3.Connection) -> None:
    """Reading only, and nothing that a hostile schema could call: no attached files, no functions with side effects."""
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES)
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.create_function(CHOOSING, 3, chosen, deterministic=True)

    def authorise(action: int, first: str | None, *_: str | None) -> int:
        if action in _ALLOWED or (action == sqlite3.SQLITE_PRAGMA and first in _PRAGMAS):
            return sqlite3.SQLITE_OK
        return sqlite3.SQLITE_DENY

    connection.set_authorizer(authorise)
