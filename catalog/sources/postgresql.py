"""PostgreSQL: tables and views streamed through ADBC, in a session that can only read.

Lives here: the catalogue queries, and which expression and Arrow type each column is read by. Types that Arrow has no
exact counterpart for are read as the server's own text. Every statement quotes its identifiers; nothing a caller says
becomes SQL.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

import adbc_driver_manager
import pyarrow as pa
import pyarrow.compute as pc
from adbc_driver_postgresql import dbapi

from catalog.sources.errors import (
    CertificateUnverified,
    ConnectionFailed,
    EmptyTable,
    LoginRefused,
    SourceChanged,
    SourceError,
    SourceForbidden,
    SourceLost,
    TextInvalid,
    TlsUnavailable,
)
from catalog.sources.location import DatabaseLocation, Tls
from catalog.sources.naming import quote_identifier, unique_names
from catalog.sources.sampling import BLOCK_COLUMN, MANY_ROWS, Drawing, share_of
from catalog.sources.table import (
    DEFAULT_BATCH_ROWS,
    ClosingSource,
    Column,
    TableInfo,
    TableSchema,
    arrow_schema,
    check_batch_rows,
    choose,
    data_type_code,
    slices,
    without_first,
)

DEFAULT_SCHEMA = "public"
CONNECT_SECONDS = 10

_SETTINGS = {
    "default_transaction_read_only": "on",
    # The fingerprint hashes rows as text: what the text looks like must not depend on the server's configuration.
    "TimeZone": "UTC",
    "DateStyle": "ISO,YMD",
    "IntervalStyle": "iso_8601",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "client_encoding": "UTF8",
}

# The server's own "FATAL" tells a refused login from a server that is not there; libpq reports both alike.
_FATAL = re.compile("FATAL|致命错误")

_TABLES = """
SELECT c.relname::text, coalesce(obj_description(c.oid, 'pg_class'), ''), c.reltuples::float8
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND has_any_column_privilege(c.oid, 'SELECT')
ORDER BY c.relname
"""

# A domain is read as the type below it, through however many domains.
_COLUMNS = """
WITH RECURSIVE base AS (
  SELECT a.attnum, a.atttypid AS type, a.atttypmod AS modifier, t.typtype, t.typbasetype, t.typtypmod
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT b.attnum, b.typbasetype, b.typtypmod, t.typtype, t.typbasetype, t.typtypmod
  FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.typbasetype WHERE b.typtype = 'd'
)
SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), format_type(b.type, b.modifier),
  coalesce(col_description(c.oid, a.attnum), ''), a.attnotnull
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
JOIN base b ON b.attnum = a.attnum AND b.typtype <> 'd'
WHERE n.nspname = $1 AND c.relname = $2 AND has_column_privilege(c.oid, a.attnum, 'SELECT')
ORDER BY a.attnum
"""

# TABLESAMPLE works on stored rows, and not on those of a foreign partition. The page of a row is told to who may read the whole table.
_DRAWABLE = """
SELECT has_table_privilege(c.oid, 'SELECT')
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'm')
  AND NOT EXISTS (SELECT FROM pg_partition_tree(c.oid) t JOIN pg_class k ON k.oid = t.relid WHERE k.relkind = 'f')
  AND NOT EXISTS (SELECT FROM pg_inherits i JOIN pg_class k ON k.oid = i.inhrelid WHERE i.inhparent = c.oid AND k.relkind = 'f')
"""
# Which partition, and which page of it.
_PAGE = "tableoid::bigint * 4294967296 + (ctid::text::point)[0]::bigint"


# Reading some columns only, we may not see the places of the rows.
_HEAP = """
SELECT 1 FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_am a ON a.oid = c.relam
WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'm') AND a.amname = 'heap'
  AND NOT c.relhassubclass AND NOT c.relrowsecurity AND has_table_privilege(c.oid, 'SELECT')
"""

# One process from the first page to the last: not joining another's reading in the middle, not by an index, not in parallel.
_IN_ORDER = {
    "synchronize_seqscans": "off",
    "max_parallel_workers_per_gather": "0",
    "enable_indexscan": "off",
    "enable_indexonlyscan": "off",
    "enable_bitmapscan": "off",
}


@dataclass(frozen=True, slots=True)
class _Reading:
    """How a column is read: the expression (`{}` is the quoted column) and the Arrow type it is delivered in."""

    expression: str
    arrow_type: pa.DataType


# "infinity" stands for no end at all, and Arrow has no such date: it is read as no value.
_FINITE = "CASE WHEN isfinite({}) THEN {} END"

_READINGS = {
    "boolean": _Reading("{}", pa.bool_()),
    "smallint": _Reading("{}", pa.int16()),
    "integer": _Reading("{}", pa.int32()),
    "bigint": _Reading("{}", pa.int64()),
    "oid": _Reading("{}::int8", pa.int64()),
    "real": _Reading("{}", pa.float32()),
    "double precision": _Reading("{}", pa.float64()),
    "text": _Reading("{}", pa.string()),
    "character varying": _Reading("{}", pa.string()),
    "bytea": _Reading("{}", pa.binary()),
    "date": _Reading(_FINITE, pa.date32()),
    "timestamp without time zone": _Reading(_FINITE, pa.timestamp("us")),
    "timestamp with time zone": _Reading(_FINITE, pa.timestamp("us", tz="UTC")),
    # Cast to text, an address would get the length of its network ("/32") as well.
    "inet": _Reading("CASE WHEN {} IS NOT NULL THEN format('%s', {}) END", pa.string()),
    "money": _Reading("{}::numeric(24, 4)", pa.decimal128(24, 4)),
}

_AS_TEXT = _Reading("{}::text", pa.string())
_MODIFIER = re.compile(r"\((\d+)(?:,(-?\d+))?\)")


def _reading(type_name: str) -> _Reading:
    """The reading of a type as `format_type` writes it: `numeric(10,2)`, `character(18)`, `timestamp(3) without time
    zone`."""
    modifier = _MODIFIER.search(type_name)
    plain = _MODIFIER.sub("", type_name)
    if plain == "numeric" and modifier is not None:
        precision, scale = int(modifier[1]), int(modifier[2] or 0)
        if precision <= 76 and 0 <= scale <= precision:
            exact = pa.decimal128(precision, scale) if precision <= 38 else pa.decimal256(precision, scale)
            return _Reading("NULLIF({}, 'NaN')", exact)
    return _READINGS.get(plain, _AS_TEXT)


class PostgresTable:
    """A table, view, materialised view or foreign table."""

    row_estimate: int | None

    def __init__(self, source: PostgresSource, info: TableInfo) -> None:
        self._source = source
        self.name = info.name
        self.row_estimate = info.row_estimate
        declared = source.select(_COLUMNS, source.schema_name, info.name)
        if not declared:
            raise EmptyTable(name=info.name)
        self._raw_names = tuple(row[0] for row in declared)
        self._readings = tuple(_reading(row[2]) for row in declared)
        self.schema = TableSchema(
            tuple(
                Column(
                    name,
                    reading.arrow_type,
                    native_type,
                    comment,
                    nullable=not not_null,
                    data_type=data_type_code(reading.arrow_type, base_type),
                )
                for name, reading, (_, native_type, base_type, comment, not_null) in zip(
                    unique_names(self._raw_names), self._readings, declared, strict=True
                )
            )
        )

    @cached_property
    def _is_heap(self) -> bool:
        """Whether the rows lie in pages of one file and all of them are ours to see."""
        return bool(self._source.select(_HEAP, self._source.schema_name, self.name))

    @property
    def _qualified(self) -> str:
        return f"{quote_identifier(self._source.schema_name)}.{quote_identifier(self.name)}"

    def fingerprint(self) -> str:
        """Over the columns and, by the server, the number of rows and the sum of their 64-bit hashes, whatever their
        order."""
        columns = ", ".join(map(quote_identifier, self._raw_names))
        ((count, total),) = self._source.select(
            f"SELECT count(*)::text, coalesce(sum(hashtextextended(ROW({columns})::text, 0)::numeric), 0)::text "  # noqa: S608
            f"FROM {self._qualified}"
        )
        declared = "\x00".join(f"{column.name}\x01{column.native_type}" for column in self.schema.columns)
        text = "\x02".join(("postgresql", self._qualified, declared, count, total))
        return "sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest()

    def row_order(self) -> str | None:
        """Over the place and the age of every row's present version: a row that is written anew gets another of both, even with the
        same values. Only a plain table has places; for a view, a partitioned or a foreign table this is None."""
        if not self._is_heap:
            return None
        ((count, total),) = self._source.select(
            "SELECT count(*)::text, coalesce(sum(hashtextextended(ctid::text || xmin::text, 0)::numeric), 0)::text "  # noqa: S608
            f"FROM {self._qualified}"
        )
        ((node,),) = self._source.select("SELECT pg_relation_filenode($1::regclass)::text", self._qualified)
        text = "\x02".join((str(node), count, total))
        return "heap:" + hashlib.sha256(text.encode("ascii")).hexdigest()

    def batches(
        self,
        columns: Sequence[str] | None = None,
        *,
        batch_rows: int = DEFAULT_BATCH_ROWS,
        skip_rows: int = 0,
        raw_text: bool = False,
    ) -> Iterator[pa.RecordBatch]:
        """See `Table.batches`. One statement, so one moment of the table; a connection of its own. Rows that are skipped are
        fetched and thrown away: the server cuts its batches by their bytes from the first row on."""
        check_batch_rows(batch_rows, skip_rows)
        positions = self.schema.positions(columns, table=self.name)
        return without_first(self._batches(positions, batch_rows, raw=raw_text), skip_rows)

    def draw(self, rows: int, *, seed: int, batch_rows: int) -> Drawing | None:
        """See `DrawnTable.draw`: single rows of a table that the server reads in seconds, of a larger one whole pages."""
        share = share_of(rows, self.row_estimate)
        answer = self._source.select(_DRAWABLE, self._source.schema_name, self.name) if share else []
        if not answer or share is None:
            return None
        blocks = bool(answer[0][0]) and (self.row_estimate or 0) > MANY_ROWS
        method = "SYSTEM" if blocks else "BERNOULLI"
        drawn = f" TABLESAMPLE {method} ({100 * share:.9f}) REPEATABLE ({seed:d})"
        batches = self._batches(self.schema.positions(None, table=self.name), batch_rows, drawn, page=blocks, raw=True)
        return Drawing(batches, passed_over=True, blocks=blocks, population=self.row_estimate)

    def _batches(
        self, positions: tuple[int, ...], batch_rows: int, drawn: str = "", *, page: bool = False, raw: bool = False
    ) -> Iterator[pa.RecordBatch]:
        schema = arrow_schema(self.schema.columns[position] for position in positions)
        wanted = ", ".join(f"{self._expression(position)} AS c{place}" for place, position in enumerate(positions))
        if page:
            schema, wanted = schema.append(pa.field(BLOCK_COLUMN, pa.int64())), f"{wanted}, {_PAGE}"
        rows = [0]
        with self._source.session(self.name, rows=rows, in_order=self._is_heap) as cursor:
            cursor.execute(f"SELECT {wanted} FROM {self._qualified}{drawn}")  # noqa: S608 - quoted identifiers
            for batch in cursor.fetch_record_batch():
                plain = pa.RecordBatch.from_arrays(
                    [self._array(column, field.type) for column, field in zip(batch.columns, schema, strict=True)],
                    schema=schema,
                )
                if not raw:
                    self._check_text(plain, rows[0])
                yield from slices(plain, batch_rows)
                rows[0] += plain.num_rows

    def _expression(self, position: int) -> str:
        return self._readings[position].expression.replace("{}", quote_identifier(self._raw_names[position]))

    def _array(self, array: pa.Array[Any], arrow_type: pa.DataType) -> pa.Array[Any]:
        storage = array.storage if isinstance(array, pa.ExtensionArray) else array
        try:
            return storage if storage.type == arrow_type else pc.cast(storage, arrow_type)
        except pa.ArrowException:  # the column got another type since its schema was read
            raise SourceChanged(name=self.name) from None

    def _check_text(self, batch: pa.RecordBatch, rows: int) -> None:
        """A database in SQL_ASCII hands out whatever bytes were once put in."""
        try:
            batch.validate(full=True)
        except pa.ArrowInvalid:
            raise TextInvalid(name=self.name, rows=rows) from None


class PostgresSource(ClosingSource):
    """One schema of a database. Nothing is held open between two readings."""

    kind = "postgresql"

    def __init__(self, location: DatabaseLocation) -> None:
        self._location = location
        self.schema_name = location.schema or DEFAULT_SCHEMA
        self._infos = {
            name: TableInfo(name, comment, int(estimate) if estimate >= 0 else None)
            for name, comment, estimate in self.select(_TABLES, self.schema_name)
        }

    def tables(self) -> tuple[TableInfo, ...]:
        """What of the schema we may read, by name; a partitioned table once, as a whole."""
        return tuple(self._infos.values())

    def table(self, name: str | None = None) -> PostgresTable:
        """The table of that name; only the columns we may read."""
        info = choose(name, self._infos, source=f"{self._location.database}.{self.schema_name}")
        return PostgresTable(self, info)

    def select(self, statement: str, *parameters: str) -> list[tuple[Any, ...]]:
        """All rows of a small answer."""
        with self.session(self._location.database) as cursor:
            cursor.execute(statement, parameters or None)
            return list(cursor.fetchall())

    @contextmanager
    def session(self, name: str, *, rows: Sequence[int] = (0,), in_order: bool = False) -> Iterator[dbapi.Cursor]:
        """A cursor on a connection of its own, and errors by their names; `rows[0]` is how many were delivered. `in_order`: a plain
        table is read from its first page to its last.

        Raises: ConnectionFailed, LoginRefused, SourceForbidden, SourceChanged, SourceLost.
        """
        try:
            connection = dbapi.connect(_uri(self._location, _SETTINGS | (_IN_ORDER if in_order else {})))
        except adbc_driver_manager.Error as error:
            location = self._location
            kind = _refusal(str(error), location.tls)
            raise kind(host=location.host, port=location.port, database=location.database) from None
        try:
            with connection, connection.cursor() as cursor:
                yield cursor
        except SourceError:
            raise
        except (adbc_driver_manager.Error, pa.ArrowException, OSError) as error:
            # Never chained: the server quotes values in some of its messages.
            raise _named(getattr(error, "sqlstate", None) or "", name, rows[0]) from None


def _refusal(message: str, tls: Tls | None) -> type[ConnectionFailed]:
    """What a connection failed of. libpq has no codes for it, only its own untranslated words."""
    if _FATAL.search(message):
        return LoginRefused
    if tls is not None and "certificate" in message:
        return CertificateUnverified
    return TlsUnavailable if tls is not None and "SSL" in message else ConnectionFailed


def _named(sqlstate: str, name: str, rows: int) -> SourceError:
    if sqlstate == "42501":
        return SourceForbidden(name=name)
    if sqlstate.startswith("42"):  # the table or one of its columns went away
        return SourceChanged(name=name)
    return SourceLost(name=name, rows=rows)


def _uri(location: DatabaseLocation, settings: Mapping[str, str]) -> str:
    host = f"[{location.host}]" if ":" in location.host else quote(location.host, safe="")
    user, password, database = (quote(part, safe="") for part in (location.user, location.password, location.database))
    login = f"{user}:{password}" if location.password else user
    options = quote(" ".join(f"-c {setting}={value}" for setting, value in settings.items()), safe="")
    return (
        f"postgresql://{login}@{host}:{location.port}/{database}"
        f"?connect_timeout={CONNECT_SECONDS}&application_name=canglang&options={options}{_tls_options(location.tls)}"
    )


def _tls_options(tls: Tls | None) -> str:
    if tls is None:
        return ""
    if not tls.verified:
        return "&sslmode=require"
    # "system" is libpq's word for the authorities that the machine trusts.
    return f"&sslmode=verify-full&sslrootcert={quote(str(tls.authorities or 'system'), safe='')}"
