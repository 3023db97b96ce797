"""Writing the protected table: Parquet or CSV, streamed, hashed on the way, and on disk whole or not at all.

Lives here: the writers over any byte sink and the file that appears under its name only when it is complete. What is
written into the sink (plain or sealed) and where is the caller's choice.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from catalog.sealed import ByteSink
from privacy.detection.arrow import pc
from privacy.masking.columns import Texts, Values, as_column, decoded, flags, is_textual
from privacy.masking.errors import ArtefactNotWritten, DiskFull, FormatUnsuitable

ROW_GROUP_ROWS = 131_072
"""Rows of one Parquet row group: what is held in memory, and fixed, so that the bytes do not depend on how rows came
in batches."""

UTF8_BOM = b"\xef\xbb\xbf"

# OWASP "CSV Injection": a spreadsheet takes such a cell for a formula. Full-width forms are read the same way in
# Chinese locales.
_FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"
# A minus sign and a plain number is a number in every spreadsheet and no formula; sources of text columns hold growth
# rates this way.
_NEGATIVE_NUMBER = r"^-\d+(\.\d+)?$"


class ArtefactFormat(StrEnum):
    """The formats an artefact is written in."""

    PARQUET = "parquet"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class WrittenArtefact:
    """What was written: rows, bytes and the SHA-256 (64 hexadecimal digits) of exactly those bytes."""

    format: ArtefactFormat
    rows: int
    bytes: int
    sha256: str


class _HashingSink(io.RawIOBase):
    """Passes bytes on and remembers their number and hash. Closing it leaves the sink behind it open."""

    def __init__(self, sink: ByteSink) -> None:
        super().__init__()
        self._sink = sink
        self._hash = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.size

    def write(self, data: bytes | memoryview, /) -> int:  # type: ignore[override]  # typeshed's Buffer
        view = memoryview(data).cast("B")
        self._hash.update(view)
        try:
            self._sink.write(bytes(view))
        except OSError as error:
            # Named here, where it is certain that writing failed and not the reading of a source further up.
            raise _not_written(error) from None
        self.size += view.nbytes
        return view.nbytes

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


def write_artefact(
    batches: Iterable[pa.RecordBatch],
    sink: ByteSink,
    format: ArtefactFormat | str,
    *,
    schema: pa.Schema | None = None,
    bom: bool = False,
) -> WrittenArtefact:
    """Write `batches` to `sink`, which stays open and unflushed; `bom` puts a byte-order mark before CSV, for
    spreadsheets.

    `schema` may be left out for batches that know theirs (a Protector, a RecordBatchReader). The same rows give the
    same bytes, however they are cut into batches. Raises FormatUnsuitable for a column the format cannot hold, before
    anything is written; DiskFull or ArtefactNotWritten when the sink fails.
    """
    chosen = ArtefactFormat(format)
    announced = schema if schema is not None else getattr(batches, "schema", None)
    if announced is None:
        raise ValueError("a schema is needed for batches that do not announce theirs")
    target = _HashingSink(sink)
    match chosen:
        case ArtefactFormat.PARQUET:
            rows = _write_parquet(batches, announced, target)
        case ArtefactFormat.CSV:
            rows = _write_csv(batches, announced, target, bom=bom)
    return WrittenArtefact(format=chosen, rows=rows, bytes=target.size, sha256=target.hexdigest())


def _not_written(error: OSError) -> ArtefactNotWritten:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull()
    return ArtefactNotWritten(reason=os.strerror(error.errno) if error.errno else type(error).__name__)


def _write_parquet(batches: Iterable[pa.RecordBatch], schema: pa.Schema, target: _HashingSink) -> int:
    rows = 0
    with pq.ParquetWriter(
        pa.PythonFile(target, mode="w"), schema, compression="zstd", version="2.6", write_page_index=False
    ) as writer:
        for table in _row_groups(batches, schema):
            writer.write_table(table, row_group_size=ROW_GROUP_ROWS)
            rows += table.num_rows
    return rows


def _row_groups(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """The same rows in tables of exactly `ROW_GROUP_ROWS`, the last one shorter."""
    held: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        remaining = batch
        while count + remaining.num_rows >= ROW_GROUP_ROWS:
            taken = ROW_GROUP_ROWS - count
            held.append(remaining.slice(0, taken))
            yield pa.Table.from_batches(held, schema=schema).combine_chunks()
            held, count = [], 0
            remaining = remaining.slice(taken)
        if remaining.num_rows:
            held.append(remaining)
            count += remaining.num_rows
    if held:
        yield pa.Table.from_batches(held, schema=schema).combine_chunks()


def _write_csv(batches: Iterable[pa.RecordBatch], schema: pa.Schema, target: _HashingSink, *, bom: bool) -> int:
    texts = pa.schema([pa.field(field.name, _csv_type(field)) for field in schema])
    if bom:
        target.write(UTF8_BOM)
    target.write(_csv_header(schema.names))
    options = pa_csv.WriteOptions(include_header=False, quoting_style="needed")
    rows = 0
    file: Any = pa.PythonFile(target, mode="w")
    with pa_csv.CSVWriter(file, texts, write_options=options) as writer:
        for batch in batches:
            columns = [_csv_column(batch.column(index), texts.field(index).type) for index in range(len(texts))]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=texts))
            rows += batch.num_rows
    return rows


def _csv_type(field: pa.Field[Any]) -> pa.DataType:
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        raise FormatUnsuitable(field=field.name, type=str(kind), format=ArtefactFormat.CSV.value)
    return pa.string() if is_textual(kind) or not _is_plain_number(kind) else kind


def _is_plain_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _csv_column(values: Values, kind: pa.DataType) -> Values:
    plain = decoded(values)
    if is_textual(plain.type):
        return neutralised(plain.cast(pa.string()))
    return plain.cast(kind)


def neutralised(text: Texts) -> Texts:
    """Text as a spreadsheet takes it for text: a leading apostrophe before = + - @, tab, carriage return and line feed.

    A plain negative number such as -12.5 stays as it is. Source: OWASP, "CSV Injection".
    """
    suspect = flags(pc.match_substring_regex(text, _FORMULA))
    if not suspect.any():
        return text
    suspect &= ~flags(pc.match_substring_regex(text, _NEGATIVE_NUMBER))
    return pc.if_else(as_column(suspect), pc.binary_join_element_wise("'", text, ""), text)


def _csv_header(names: list[str]) -> bytes:
    # As pyarrow quotes cells (RFC 4180); its own header cannot be neutralised, and the csv module leaves a lone CR
    # unquoted.
    cells = [str(cell) for cell in neutralised(pa.array(names, type=pa.string())).to_pylist()]
    quoted = ['"' + cell.replace('"', '""') + '"' if set(cell) & set('",\r\n') else cell for cell in cells]
    return (",".join(quoted) + "\n").encode()


@contextmanager
def artefact_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write, readable by its owner alone, that appears under `path` only when the block ends without an
    error.

    It is written under a temporary name in the same folder, flushed to the disk and renamed in one step, so a reader,
    a crash or a full disk never sees half of it; on any error the temporary file is removed and what stood under
    `path` before is untouched. Raises DiskFull or ArtefactNotWritten when the system refuses.
    """
    try:
        # mkstemp makes the file readable by its owner alone.
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent)
    except OSError as error:
        raise _not_written(error) from None
    temporary = Path(name)
    try:
        # Opened again by its path, so that what was written can be read back (`file.name`) before it gets its own name.
        os.close(descriptor)
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _not_written(error) from None
        raise


def _sync_folder(folder: Path) -> None:
    """Make the rename itself last; some file systems cannot, and the file is whole all the same."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
