"""MySQL and MariaDB: tables and views through a server-side cursor, in a transaction that can only read.

Lives here: the catalogue queries, and how a column becomes Arrow. The driver hands over every value as the server's
text and Arrow parses it, which is exact for decimals and several times quicker than Python objects. Identifiers are
always quoted.
"""

from __future__ import annotations

import hashlib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc
import pymysql
from pymysql.connections import Connection
from pymysql.converters import encoders
from pymysql.cursors import SSCursor

from catalog.sources.errors import (
    CertificateUnverified,
    ConnectionFailed,
    EmptyTable,
    LoginRefused,
    SourceChanged,
    SourceError,
    SourceForbidden,
    SourceLost,
    TlsUnavailable,
)
from catalog.sources.location import DatabaseLocation, Tls
from catalog.sources.naming import quote_identifier, unique_names
from catalog.sources.sampling import Drawing, share_of
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

CONNECT_SECONDS = 10

READER_SECONDS = 6 * 3600
"""How long the server waits for us to take the next rows. Its default of a minute is less than a slow batch of a scan
takes."""

_SESSION = (
    "SET SESSION TRANSACTION READ ONLY",
    "SET SESSION time_zone = '+00:00'",
    f"SET SESSION net_write_timeout = {READER_SECONDS}",
    "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
)

_LOGIN_REFUSED = {1044, 1045, 1049, 1130, 1698}
_TLS_UNAVAILABLE = 2026
_FORBIDDEN = {1142, 1143, 1227}
_CHANGED = {1054, 1146, 1356, 1412}

_TABLES = """
SELECT TABLE_NAME, IF(TABLE_TYPE LIKE '%%VIEW', '', TABLE_COMMENT), TABLE_ROWS, TABLE_TYPE
FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s ORDER BY TABLE_NAME
"""
_COLUMNS = """
SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, COLUMN_COMMENT, IS_NULLABLE, NUMERIC_PRECISION, NUMERIC_SCALE
FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s ORDER BY ORDINAL_POSITION
"""

_KEY = """
SELECT s.COLUMN_NAME, COALESCE(c.COLLATION_NAME, '') FROM information_schema.STATISTICS s
JOIN information_schema.TABLES t ON t.TABLE_SCHEMA = s.TABLE_SCHEMA AND t.TABLE_NAME = s.TABLE_NAME
JOIN information_schema.COLUMNS c
  ON c.TABLE_SCHEMA = s.TABLE_SCHEMA AND c.TABLE_NAME = s.TABLE_NAME AND c.COLUMN_NAME = s.COLUMN_NAME
WHERE s.TABLE_SCHEMA = %s AND s.TABLE_NAME = %s AND s.INDEX_NAME = 'PRIMARY' AND t.ENGINE = 'InnoDB'
ORDER BY s.SEQ_IN_INDEX
"""
_NO_LIMIT = 2**64 - 1  # an offset is not said without a limit


@dataclass(frozen=True, slots=True)
class _Reading:
    """How a column is read: the expression (`{}` is the quoted column) and the Arrow type its text is parsed into."""

    expression: str
    arrow_type: pa.DataType


_INTEGERS = {
    "tinyint": (pa.int8(), pa.uint8()),
    "smallint": (pa.int16(), pa.uint16()),
    "mediumint": (pa.int32(), pa.uint32()),
    "int": (pa.int32(), pa.uint32()),
    "bigint": (pa.int64(), pa.uint64()),
}
_READINGS = {
    "float": _Reading("{}", pa.float64()),
    "double": _Reading("{}", pa.float64()),
    "year": _Reading("{}", pa.int16()),
    "bit": _Reading("{} + 0", pa.uint64()),
    "date": _Reading("{}", pa.date32()),
    "datetime": _Reading("{}", pa.timestamp("us")),
    "timestamp": _Reading("{}", pa.timestamp("us", tz="UTC")),
    **dict.fromkeys(("char", "varchar", "tinytext", "text", "mediumtext", "longtext"), _Reading("{}", pa.string())),
    **dict.fromkeys(("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"), _Reading("{}", pa.binary())),
    **dict.fromkeys(
        (
            "geometry",
            "point",
            "linestring",
            "polygon",
            "multipoint",
            "multilinestring",
            "multipolygon",
            "geomcollection",
        ),
        _Reading("ST_AsText({})", pa.string()),
    ),
}
_AS_TEXT = _Reading("CAST({} AS CHAR)", pa.string())

# 0000-00-00 and 2020-02-00: no date, and MySQL's way of saying so.
_ZERO_DATE = re.compile(r"^0000|-00")


def _reading(data_type: str, column_type: str, precision: int | None, scale: int | None) -> _Reading:
    if data_type in _INTEGERS:
        signed, unsigned = _INTEGERS[data_type]
        return _Reading("{}", unsigned if "unsigned" in column_type else signed)
    if data_type == "decimal" and precision is not None:
        wide = precision > 38
        exact = pa.decimal256(precision, scale or 0) if wide else pa.decimal128(precision, scale or 0)
        return _Reading("{}", exact)
    return _READINGS.get(data_type, _AS_TEXT)


class _StreamingCursor(SSCursor):
    """A server-side cursor that can be dropped in the middle: the driver's own reads all remaining rows first."""

    _result: Any

    def close(self) -> None:
        if self._result is not None:
            self._result.unbuffered_active = False  # else its own finaliser reads the rest
        self._result = None
        self.connection = None  # type: ignore[assignment]

    __del__ = close


class MysqlTable:
    """A table or view."""

    row_estimate: int | None

    def __init__(self, source: MysqlSource, info: TableInfo, *, is_view: bool) -> None:
        self._source = source
        self._is_view = is_view
        self.name = info.name
        self.row_estimate = info.row_estimate
        declared = source.select(_COLUMNS, source.database, info.name)
        if not declared:
            raise EmptyTable(name=info.name)
        self._raw_names = tuple(row[0] for row in declared)
        self._readings = tuple(
            _reading(data_type, column_type, _number(precision), _number(scale))
            for _, data_type, column_type, _, _, precision, scale in declared
        )
        self.schema = TableSchema(
            tuple(
                Column(
                    name,
                    reading.arrow_type,
                    row[2],
                    row[3],
                    nullable=row[4] == "YES",
                    data_type=data_type_code(reading.arrow_type, "" if row[1] in {"timestamp", "datetime"} else row[1]),
                )
                for name, reading, row in zip(unique_names(self._raw_names), self._readings, declared, strict=True)
            )
        )

    @cached_property
    def _key(self) -> tuple[tuple[str, str], ...]:
        """The columns of the primary key of an InnoDB table with their collations."""
        if self._is_view:
            return ()
        return tuple((row[0], row[1]) for row in self._source.select(_KEY, self._source.database, self.name))

    @property
    def _qualified(self) -> str:
        return f"{quote_identifier(self._source.database, '`')}.{quote_identifier(self.name, '`')}"

    def fingerprint(self) -> str:
        """Over the columns and the server's checksum of the table; of a view, over its rows' hashes, whatever their
        order."""
        if self._is_view:
            columns = ", ".join(f"QUOTE({quote_identifier(name, '`')})" for name in self._raw_names)
            # 60 bits of each row's MD5: the sum of whole numbers is exact as a decimal.
            ((content,),) = self._source.select(
                "SELECT CONCAT(COUNT(*), ':', COALESCE(SUM(CAST(CONV(LEFT(MD5(CONCAT_WS(',', "  # noqa: S608
                f"{columns})), 15), 16, 10) AS UNSIGNED)), 0)) FROM {self._qualified}"
            )
        else:
            ((_, content),) = self._source.select(f"CHECKSUM TABLE {self._qualified}")
        declared = "\x00".join(f"{column.name}\x01{column.native_type}" for column in self.schema.columns)
        text = "\x02".join(("mysql", self._qualified, declared, str(content)))
        return "sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest()

    def row_order(self) -> str | None:
        """By the primary key, in which InnoDB keeps its rows; None without one."""
        if not self._key:
            return None
        text = "\x02".join(f"{name}\x01{collation}" for name, collation in self._key)
        return "key:" + hashlib.sha256(text.encode("utf-8")).hexdigest()

    def batches(
        self,
        columns: Sequence[str] | None = None,
        *,
        batch_rows: int = DEFAULT_BATCH_ROWS,
        skip_rows: int = 0,
        raw_text: bool = False,
    ) -> Iterator[pa.RecordBatch]:
        """See `Table.batches`. One statement in a snapshot; a connection of its own. By the primary key, where there is one."""
        check_batch_rows(batch_rows, skip_rows)
        return self._batches(self.schema.positions(columns, table=self.name), batch_rows, skip_rows=skip_rows)

    def draw(self, rows: int, *, seed: int, batch_rows: int) -> Drawing | None:
        """See `DrawnTable.draw`: the server leaves rows out, by random numbers that one seed gives again."""
        share = share_of(rows, self.row_estimate)
        if share is None:
            return None
        every = self.schema.positions(None, table=self.name)
        drawn = f" WHERE RAND({seed:d}) < {share:.12f}"
        return Drawing(self._batches(every, batch_rows, drawn), passed_over=True, population=self.row_estimate)

    def _batches(
        self, positions: tuple[int, ...], batch_rows: int, drawn: str = "", *, skip_rows: int = 0
    ) -> Iterator[pa.RecordBatch]:
        schema = arrow_schema(self.schema.columns[position] for position in positions)
        wanted = ", ".join(
            self._readings[position].expression.replace("{}", quote_identifier(self._raw_names[position], "`"))
            for position in positions
        )
        rows = [skip_rows]
        key = ", ".join(quote_identifier(name, "`") for name, _ in self._key)
        # Named, or the server might take a shorter index that has the columns, and sort.
        hint, order = (" FORCE INDEX (PRIMARY)", f" ORDER BY {key}") if key else ("", "")
        skipped = f" LIMIT {_NO_LIMIT} OFFSET {skip_rows:d}" if skip_rows else ""
        with self._source.session(self.name, rows=rows) as connection, connection.cursor(_StreamingCursor) as cursor:
            # `escape_args` is off without arguments, so a percent sign in a column's name is no placeholder.
            cursor.execute(f"SELECT {wanted} FROM {self._qualified}{hint}{drawn}{order}{skipped}")  # noqa: S608 - quoted identifiers
            while chunk := cursor.fetchmany(built_rows(batch_rows, len(positions))):
                rows[0] += len(chunk)
                arrays = [
                    self._array(values, field.type)
                    for values, field in zip(zip(*chunk, strict=True), schema, strict=True)
                ]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _array(self, values: Sequence[str | bytes | None], arrow_type: pa.DataType) -> pa.Array[Any]:
        if pa.types.is_string(arrow_type):
            return pa.array([v.decode("utf-8") if isinstance(v, bytes) else v for v in values], arrow_type)
        if pa.types.is_binary(arrow_type):
            return pa.array(values, arrow_type)
        try:
            if pa.types.is_temporal(arrow_type):
                dates = [None if v is None or _ZERO_DATE.search(str(v)) else v for v in values]
                return pc.cast(pc.cast(pa.array(dates, pa.string()), _without_zone(arrow_type)), arrow_type)
            return pc.cast(pa.array(values, pa.string()), arrow_type)
        except (pa.ArrowException, TypeError):  # the column got another type since its schema was read
            raise SourceChanged(name=self.name) from None


def _without_zone(arrow_type: pa.DataType) -> pa.DataType:
    # The session is in UTC and its texts carry no offset.
    return pa.timestamp("us") if pa.types.is_timestamp(arrow_type) else arrow_type


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


class MysqlSource(ClosingSource):
    """One database of a server. Nothing is held open between two readings."""

    kind = "mysql"

    def __init__(self, location: DatabaseLocation) -> None:
        self._location = location
        self.database = location.database
        self._infos: dict[str, tuple[TableInfo, bool]] = {}
        for name, comment, estimate, kind in self.select(_TABLES, self.database):
            is_view = kind.endswith("VIEW")
            self._infos[name] = TableInfo(name, comment, None if is_view else _number(estimate)), is_view

    def tables(self) -> tuple[TableInfo, ...]:
        """What of the database we may see, by name."""
        return tuple(info for info, _ in self._infos.values())

    def table(self, name: str | None = None) -> MysqlTable:
        """The table or view of that name."""
        info, is_view = choose(name, self._infos, source=self.database)
        return MysqlTable(self, info, is_view=is_view)

    def select(self, statement: str, *parameters: str) -> list[tuple[Any, ...]]:
        """All rows of a small answer, every value as text."""
        with self.session(self.database) as connection:
            cursor = connection.cursor()
            cursor.execute(statement, parameters or None)
            return list(cursor.fetchall())

    @contextmanager
    def session(self, name: str, *, rows: Sequence[int] = (0,)) -> Iterator[Connection[Any]]:
        """A connection in a read-only transaction, and errors by their names; `rows[0]` is how many were delivered.

        Raises: ConnectionFailed, LoginRefused, SourceForbidden, SourceChanged, SourceLost.
        """
        connection = self._connect()
        try:
            with connection.cursor() as cursor:
                for statement in _SESSION:
                    cursor.execute(statement)
            yield connection
        except SourceError:
            raise
        except (pymysql.MySQLError, OSError, UnicodeDecodeError) as error:
            # Never chained: the server quotes values in some of its messages.
            raise _named(error, name, rows[0]) from None
        finally:
            if connection.open:
                connection.close()

    def _connect(self) -> Connection[Any]:
        location = self._location
        try:
            return pymysql.connect(
                host=location.host,
                port=location.port,
                user=location.user,
                password=location.password,
                database=location.database,
                charset="utf8mb4",
                connect_timeout=CONNECT_SECONDS,
                program_name="canglang",
                conv=cast("Any", encoders),  # and no decoders
                ssl=_tls_context(location.tls) if location.tls else None,
            )
        except (pymysql.MySQLError, OSError) as error:
            kind = _refusal(error)
            raise kind(host=location.host, port=location.port, database=location.database) from None


class _AuthoritiesUnreadable(OSError):
    """The file that the operator names holds no certificates, or is not there."""


def _tls_context(tls: Tls) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=tls.authorities)
    except OSError as error:
        raise _AuthoritiesUnreadable from error
    # The authority that a MySQL server makes for itself lacks what the strict reading asks for.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if not tls.verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _refusal(error: Exception) -> type[ConnectionFailed]:
    """What a connection failed of; the driver wraps what the TLS library raised."""
    if _code(error) in _LOGIN_REFUSED:
        return LoginRefused
    cause = getattr(error, "original_exception", error)
    if isinstance(cause, ssl.SSLCertVerificationError | _AuthoritiesUnreadable):
        return CertificateUnverified
    return TlsUnavailable if _code(error) == _TLS_UNAVAILABLE or isinstance(cause, ssl.SSLError) else ConnectionFailed


def _code(error: Exception) -> int:
    return error.args[0] if error.args and isinstance(error.args[0], int) else 0


def _named(error: Exception, name: str, rows: int) -> SourceError:
    code = _code(error)
    if code in _FORBIDDEN:
        return SourceForbidden(name=name)
    if code in _CHANGED:
        return SourceChanged(name=name)
    return SourceLost(name=name, rows=rows)
