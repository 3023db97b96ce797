"""JSON Lines: one object a line, every column as text.

Lives here: the survey of the fields and the streaming of the records. Numbers keep their digits, booleans are `true`
and `false`, nested values become JSON strings. No type is inferred: Arrow's own reader turns date-like texts into
dates.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import pyarrow as pa

from catalog.sources.encoding import survey_text
from catalog.sources.errors import (
    EmptyTable,
    FieldAppearedLate,
    FieldsTooMany,
    RecordMalformed,
    SourceError,
    SourceLost,
)
from catalog.sources.json_text import Lexical, value_text
from catalog.sources.location import FileLocation
from catalog.sources.naming import clean_name, unique_names
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
from catalog.sources.transcoding import Utf8Stream, content_fingerprint

SURVEYED_RECORDS = 200_000
"""Records whose fields make the columns. A field that first appears later stops the reading: it must not be dropped in
silence."""

MAX_FIELDS = 5_000
"""More than this is a key used as a value, and no table."""

MAX_LINE_BYTES = 64 << 20

_DECODER = json.JSONDecoder(parse_float=Lexical, parse_constant=Lexical)


def _together(records: Iterator[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    """The records by `size`; those before a line that cannot be read are as good as ever."""
    chunk: list[dict[str, Any]] = []
    try:
        for record in records:
            chunk.append(record)
            if len(chunk) == size:
                yield chunk
                chunk = []
    except SourceError:
        if chunk:
            yield chunk
        raise
    if chunk:
        yield chunk


class JsonLinesTable:
    """The one table of a JSON Lines file. Columns stand in the order in which their fields first appear."""

    row_estimate: int | None

    def __init__(self, location: FileLocation, *, surveyed_records: int = SURVEYED_RECORDS) -> None:
        self._location = location
        self._surveyed = surveyed_records
        self._survey = survey_text(location, kind="JSON Lines")
        fields: dict[str, None] = {}
        records = 0
        for _, record in islice(self._records(), surveyed_records):
            records += 1
            if not record.keys() <= fields.keys():
                fields.update(dict.fromkeys(record))
                if len(fields) > MAX_FIELDS:
                    raise FieldsTooMany(name=location.name, limit=MAX_FIELDS)
        if not fields:
            raise EmptyTable(name=location.name)
        self.name = location.stem
        self._fields = tuple(fields)
        self.schema = TableSchema(tuple(text_column(name, "json") for name in unique_names(self._fields)))
        self.row_estimate = records if records < surveyed_records else max(self._survey.lines, records)

    def fingerprint(self) -> str:
        """SHA-256 of the file's bytes."""
        return content_fingerprint(self._survey.sha256)

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
        """See `Table.batches`. Raises RecordMalformed and FieldAppearedLate as well."""
        check_batch_rows(batch_rows, skip_rows)
        return self._batches(self.schema.positions(columns, table=self.name), batch_rows, skip_rows)

    def _batches(self, positions: tuple[int, ...], batch_rows: int, skip_rows: int) -> Iterator[pa.RecordBatch]:
        schema = arrow_schema(self.schema.columns[position] for position in positions)
        fields = [self._fields[position] for position in positions]
        for chunk in _together(self._known_records(skip_rows), built_rows(batch_rows, len(self._fields))):
            arrays = [self._array(chunk, field) for field in fields]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _array(self, records: list[dict[str, Any]], field: str) -> pa.Array[Any]:
        return pa.array([value_text(record.get(field)) or None for record in records], pa.string())

    def _known_records(self, skip: int) -> Iterator[dict[str, Any]]:
        known = frozenset(self._fields)
        for line, record in self._records(skip):
            if not record.keys() <= known:
                late = next(field for field in record if field not in known)
                raise FieldAppearedLate(
                    name=self._location.name, line=line, field=clean_name(late), surveyed=self._surveyed
                )
            yield record
        if self._survey.damage is not None:
            raise self._survey.damage

    def _records(self, skip: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
        """Line number (1-based) and object of every line that is not blank, after the first `skip` of them."""
        with io.BufferedReader(Utf8Stream(self._location, self._survey), 1 << 20) as lines:
            number = 0
            while line := self._line(lines, number):
                number += 1
                if line.isspace():
                    continue
                if skip:  # not looked into: they were delivered before
                    skip -= 1
                    continue
                yield number, self._record(line, number)

    def _line(self, lines: io.BufferedReader[Any], before: int) -> bytes:
        try:
            return lines.readline(MAX_LINE_BYTES)
        except SourceLost:
            raise SourceLost(name=self._location.name, rows=before) from None

    def _record(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            record = _DECODER.decode(line.decode("utf-8"))
            if b"\\u" in line:  # half a surrogate pair is no character and cannot be delivered as one
                json.dumps(record, ensure_ascii=False).encode("utf-8")
        except (ValueError, RecursionError):  # never chained: the message quotes the line
            record = None
        if not isinstance(record, dict):
            raise RecordMalformed(name=self._location.name, line=number)
        return record


class JsonLinesSource(ClosingSource):
    """A JSON Lines file: a source of one table, named after the file."""

    kind = "jsonl"

    def __init__(self, location: FileLocation) -> None:
        self._location = location

    def tables(self) -> tuple[TableInfo, ...]:
        """The one table. The file is not read for it."""
        return (TableInfo(self._location.stem),)

    def table(self, name: str | None = None) -> JsonLinesTable:
        """The table, its encoding and fields found."""
        choose(name, {self._location.stem: None}, source=self._location.name)
        return JsonLinesTable(self._location)
