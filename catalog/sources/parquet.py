"""Parquet files, streamed row group by row group in their own types.

Lives here: what a Parquet type becomes in the catalogue. Text is always pa.string(); nested values become JSON strings,
so that what is inside them is scanned like any text and not passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from catalog.sources.errors import EmptyTable, SourceError, SourceLost, SourceUnreadable, TextInvalid
from catalog.sources.json_text import value_text
from catalog.sources.location import FileLocation, open_stream
from catalog.sources.naming import unique_names
from catalog.sources.sampling import FEW_BLOCKS, MANY_ROWS, Drawing, with_block
from catalog.sources.table import (
    DEFAULT_BATCH_ROWS,
    FILE_ORDER,
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
from catalog.sources.transcoding import content_fingerprint, file_digest

FORMAT = "Parquet"

READ_BUFFER_BYTES = 1 << 20
"""Column chunks are read through a buffer of this size instead of whole: row groups can be as large as the file."""

_SPARK_SCHEMA = b"org.apache.spark.sql.parquet.row.metadata"


def plain_type(arrow_type: pa.DataType) -> pa.DataType:
    """The type a column is delivered in: text as string, dictionaries by their values, nested types as (JSON)
    string."""
    if isinstance(arrow_type, pa.BaseExtensionType):
        return pa.string() if arrow_type.extension_name == "arrow.uuid" else plain_type(arrow_type.storage_type)
    if pa.types.is_dictionary(arrow_type):
        return plain_type(arrow_type.value_type)
    if pa.types.is_large_string(arrow_type) or pa.types.is_string_view(arrow_type) or pa.types.is_null(arrow_type):
        return pa.string()
    if (
        pa.types.is_large_binary(arrow_type)
        or pa.types.is_binary_view(arrow_type)
        or pa.types.is_fixed_size_binary(arrow_type)
    ):
        return pa.binary()
    return pa.string() if pa.types.is_nested(arrow_type) else arrow_type


def plain_array(array: pa.Array[Any], target: pa.DataType) -> pa.Array[Any]:
    """`array` in its `plain_type`."""
    if isinstance(array, pa.ExtensionArray):
        if array.type.extension_name == "arrow.uuid":
            values = (scalar.as_py() for scalar in array)
            return pa.array([None if value is None else str(value) for value in values], pa.string())
        return plain_array(array.storage, target)
    if pa.types.is_nested(array.type):
        return pa.array([None if value is None else value_text(value) for value in array.to_pylist()], pa.string())
    return array if array.type == target else pc.cast(array, target)


class ParquetTable:
    """The one table of a Parquet file."""

    row_estimate: int | None

    def __init__(self, location: FileLocation) -> None:
        self._location = location
        self.name = location.stem
        with self._reading(), open_stream(location) as stream:
            file = pq.ParquetFile(stream)
            fields = list(file.schema_arrow)
            self._metadata = file.schema_arrow.metadata or {}
            self.row_estimate, self._row_groups = file.metadata.num_rows, file.metadata.num_row_groups
        if not fields:
            raise EmptyTable(name=location.name)
        self._raw_names = tuple(field.name for field in fields)
        comments = _spark_comments(self._metadata)
        names = unique_names(self._raw_names)
        self.schema = TableSchema(
            tuple(_column(name, field, comments.get(field.name, "")) for name, field in zip(names, fields, strict=True))
        )

    @contextmanager
    def _reading(self, *, rows: Sequence[int] = (0,)) -> Iterator[None]:
        """Name what goes wrong in Arrow; a file that stops answering is told apart from a damaged one."""
        try:
            yield
        except SourceError:
            raise
        except (
            pa.ArrowException,
            ValueError,
            OverflowError,
        ):  # also dates that Python does not have, inside nested values
            raise SourceUnreadable(name=self._location.name, format=FORMAT) from None
        except OSError as error:
            # Arrow reports damaged pages as OSError without a number, the system reports with one.
            if error.errno is None:
                raise SourceUnreadable(name=self._location.name, format=FORMAT) from None
            raise SourceLost(name=self._location.name, rows=rows[0]) from None

    def fingerprint(self) -> str:
        """SHA-256 of the file's bytes."""
        return content_fingerprint(file_digest(self._location))

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
        """See `Table.batches`. Only the column chunks of `columns` are read; row groups that are skipped whole are not."""
        check_batch_rows(batch_rows, skip_rows)
        return self._batches(
            self.schema.positions(columns, table=self.name), batch_rows, skip_rows=skip_rows, raw=raw_text
        )

    def draw(self, rows: int, *, seed: int, batch_rows: int) -> Drawing | None:
        """See `DrawnTable.draw`: row groups of a large file at random."""
        if self._row_groups <= FEW_BLOCKS or (self.row_estimate or 0) <= MANY_ROWS:
            return None
        chosen = np.random.default_rng(seed).choice(self._row_groups, FEW_BLOCKS, replace=False)
        every = self.schema.positions(None, table=self.name)
        batches = (
            with_block(batch, group)
            for group in sorted(chosen.tolist())
            for batch in self._batches(every, batch_rows, groups=[group], raw=True)
        )
        return Drawing(batches, passed_over=True, blocks=True, population=self.row_estimate)

    def _batches(
        self,
        positions: tuple[int, ...],
        batch_rows: int,
        groups: list[int] | None = None,
        *,
        skip_rows: int = 0,
        raw: bool = False,
    ) -> Iterator[pa.RecordBatch]:
        schema = arrow_schema(self.schema.columns[position] for position in positions)
        rows = [0]
        with self._reading(rows=rows), open_stream(self._location) as stream:
            file = pq.ParquetFile(stream, buffer_size=READ_BUFFER_BYTES)
            raw_names = list(dict.fromkeys(self._raw_names[position] for position in positions))
            for stretch, size in _stretches(file.metadata, batch_rows) if groups is None else [(groups, 0)]:
                if groups is None and rows[0] + size <= skip_rows:
                    rows[0] += size
                    continue
                skipped = max(0, skip_rows - rows[0])
                rows[0] += skipped
                found = file.iter_batches(batch_size=batch_rows, row_groups=stretch, columns=raw_names)
                for batch in without_first(found, skipped):
                    plain = pa.RecordBatch.from_arrays(
                        [self._plain(batch, position) for position in positions], schema=schema
                    )
                    if not raw:
                        self._check_text(plain, rows[0])
                    yield from slices(plain, batch_rows)
                    rows[0] += batch.num_rows

    def _plain(self, batch: pa.RecordBatch, position: int) -> pa.Array[Any]:
        return plain_array(batch.column(self._place(batch, position)), self.schema.columns[position].arrow_type)

    def _check_text(self, batch: pa.RecordBatch, rows: int) -> None:
        """Parquet promises UTF-8, but neither every writer nor Arrow's reader looks whether it is."""
        try:
            batch.validate(full=True)
        except pa.ArrowInvalid:
            raise TextInvalid(name=self.name, rows=rows) from None

    def _place(self, batch: pa.RecordBatch, position: int) -> int:
        """Where the column stands in what Arrow delivered for its name; with a name that occurs twice it delivers
        both."""
        name = self._raw_names[position]
        nth = self._raw_names[:position].count(name)
        return [place for place, other in enumerate(batch.schema.names) if other == name][nth]


def _stretches(metadata: pq.FileMetaData, rows: int) -> Iterator[tuple[list[int], int]]:
    """Row groups that are read in one, with the number of their rows: so many that a batch is full, where there are enough.

    A batch never reaches over the end of a stretch: where reading begins in the middle, the batches after it are cut as ever.
    """
    groups: list[int] = []
    size = 0
    for group in range(metadata.num_row_groups):
        groups.append(group)
        size += metadata.row_group(group).num_rows
        if size >= rows:
            yield groups, size
            groups, size = [], 0
    if size:
        yield groups, size


def _column(name: str, field: pa.Field[Any], spark_comment: str) -> Column:
    metadata: Mapping[bytes, bytes] = field.metadata or {}
    comment = metadata.get(b"comment", metadata.get(b"description", b"")).decode("utf-8", errors="replace")
    arrow_type = plain_type(field.type)
    return Column(
        name, arrow_type, str(field.type), comment or spark_comment, field.nullable, data_type_code(arrow_type)
    )


def _spark_comments(metadata: Mapping[bytes, bytes]) -> dict[str, str]:
    """Column comments as Spark and Hive leave them in the file."""
    try:
        document: Any = json.loads(metadata.get(_SPARK_SCHEMA, b"{}"))
        fields = document.get("fields", [])
        return {field["name"]: str(field["metadata"]["comment"]) for field in fields if "comment" in field["metadata"]}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


class ParquetSource(ClosingSource):
    """A Parquet file: a source of one table, named after the file."""

    kind = "parquet"

    def __init__(self, location: FileLocation) -> None:
        self._location = location

    def tables(self) -> tuple[TableInfo, ...]:
        """The one table with its exact number of rows."""
        table = ParquetTable(self._location)
        return (TableInfo(table.name, row_estimate=table.row_estimate),)

    def table(self, name: str | None = None) -> ParquetTable:
        """The table, its footer read."""
        choose(name, {self._location.stem: None}, source=self._location.name)
        return ParquetTable(self._location)
