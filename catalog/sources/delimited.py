"""Delimited text: CSV, TSV and their relatives, every column as text.

Lives here: finding the delimiter and the header, and streaming the rows through Arrow's CSV reader. No type is ever
guessed: a guess drops the leading zero of a code and rounds an 18-digit number. Encodings are
`catalog.sources.encoding`'s business.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.csv as pa_csv

from catalog.sources.encoding import TextSurvey, survey_text
from catalog.sources.errors import CellUnclosed, EmptyTable, RowMalformed, SourceError, SourceLost, SourceUnreadable
from catalog.sources.location import FileLocation
from catalog.sources.naming import unique_names
from catalog.sources.table import (
    DEFAULT_BATCH_ROWS,
    FILE_ORDER,
    ClosingSource,
    TableInfo,
    TableSchema,
    arrow_schema,
    check_batch_rows,
    choose,
    slices,
    text_column,
    without_first,
)
from catalog.sources.transcoding import HEAD_CHARACTERS, Utf8Stream, content_fingerprint, read_head

DELIMITERS = ",\t;|"
UNUSED_DELIMITER = "\x1f"
"""Splits nothing: for a file of one column whose cells hold every usual delimiter."""

BLOCK_BYTES = 4 << 20
"""What Arrow parses at a time; also the longest row."""

SAMPLE_ROWS = 200

# A last record of our own, behind the file's last one. A quotation mark that is never closed swallows it, and so shows
# itself: Arrow itself would deliver the rest of the file as one cell without a word.
_END = "\x03end of file\x03"

_SEPARATOR_LINE = re.compile(r"sep=(.)\r?(\n|\Z)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Layout:
    """How a delimited file is laid out: its delimiter, its raw header names, and the text up to the first row of
    data."""

    delimiter: str
    header: tuple[str, ...]
    preamble: str


def find_layout(head: str, *, prefer: str = "") -> Layout | None:
    """The layout told from the first HEAD_CHARACTERS of a file; None when there is no header, or no end of it.

    Excel's `sep=;` line is obeyed; blank lines before the header are skipped. `prefer` wins wherever it fits.
    """
    start = len(head) - len(head.lstrip("\r\n"))
    named = _SEPARATOR_LINE.match(head, start)
    if named:
        start = named.end()
    sample = head[start:]
    if not sample.strip():
        return None
    whole = len(head) < HEAD_CHARACTERS
    delimiter = named.group(1) if named else _delimiter(sample, whole=whole, prefer=prefer)
    end = _record_end(sample, delimiter)
    if end is None or (end == len(sample) and not whole):
        return None
    header = next(csv.reader(io.StringIO(sample[:end], newline=""), delimiter=delimiter))
    return Layout(delimiter, tuple(header), head[: start + end])


def _delimiter(sample: str, *, whole: bool, prefer: str) -> str:
    """The delimiter under which the rows agree with the header, in as many columns as possible."""
    best, best_score = DELIMITERS[0], (0.0, 0)
    alone = ""
    for delimiter in [*DELIMITERS, UNUSED_DELIMITER]:
        widths = _widths(sample, delimiter, whole=whole)
        width = widths[0]
        agreement = sum(1 for other in widths if other == width) / len(widths)
        if width > 1 and (score := (float(agreement >= 0.9) or agreement, width)) > best_score:
            best, best_score = delimiter, score
        if delimiter == prefer and width > 1 and agreement >= 0.9:
            return prefer
        if width == 1 and agreement == 1 and not alone:
            alone = delimiter
    return best if best_score[1] else alone or best


def _widths(sample: str, delimiter: str, *, whole: bool) -> list[int]:
    """The number of cells of the header and of the first rows that are not blank."""
    widths: list[int] = []
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    for record in reader:
        if record:
            widths.append(len(record))
        if len(widths) > SAMPLE_ROWS:
            return widths
    # The last record of a cut sample is cut, too.
    return widths if whole or len(widths) < 2 else widths[:-1]


def _record_end(text: str, delimiter: str) -> int | None:
    """Where the first record ends, its line end included; None when the quotation is never closed."""
    stop = re.compile(rf"[\r\n{re.escape(delimiter)}]")
    position = 0
    while position < len(text):
        if text[position] == '"':
            position = _quotation_end(text, position)
            if position < 0:
                return None
        found = stop.search(text, position)
        if found is None:
            return len(text)
        position = found.end()
        if found.group() == "\r" and text[position : position + 1] == "\n":
            return position + 1
        if found.group() != delimiter:
            return position
    return len(text)


def _quotation_end(text: str, opening: int) -> int:
    """Just behind the mark that closes the one at `opening`; -1 when there is none. A doubled mark is a character."""
    position = opening + 1
    while (found := text.find('"', position)) >= 0:
        if text[found + 1 : found + 2] != '"':
            return found + 1
        position = found + 2
    return -1


class DelimitedTable:
    """The one table of a delimited file."""

    row_estimate: int | None

    def __init__(self, location: FileLocation) -> None:
        self._location = location
        self._survey: TextSurvey = survey_text(location, kind="CSV")
        head = read_head(location, self._survey)
        layout = find_layout(head, prefer="\t" if location.extension == "tsv" else "")
        if layout is None:
            if head.strip():
                raise CellUnclosed(name=location.name, row=0, megabytes=BLOCK_BYTES >> 20)
            raise EmptyTable(name=location.name)
        self._layout = layout
        self.name = location.stem
        self.schema = TableSchema(tuple(text_column(name) for name in unique_names(layout.header)))
        self.row_estimate = max(self._survey.lines - 1, 0)

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
        """See `Table.batches`. Raises RowMalformed, CellUnclosed, SourceChanged, SourceLost as well."""
        check_batch_rows(batch_rows, skip_rows)
        return without_first(self._batches(self.schema.positions(columns, table=self.name), batch_rows), skip_rows)

    def _batches(self, positions: tuple[int, ...], batch_rows: int) -> Iterator[pa.RecordBatch]:
        schema = arrow_schema(self.schema.columns[position] for position in positions)
        damage = self._survey.damage
        try:
            for block in self._without_end(self._blocks(positions)):
                batch = pa.RecordBatch.from_arrays(block.columns, schema=schema)
                yield from slices(batch, batch_rows)
        except (RowMalformed, CellUnclosed) as error:
            # A cell that goes over the damaged line is cut off with it.
            raise (damage or error) from None
        if damage is not None:
            raise damage

    def _without_end(self, blocks: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The blocks without our own last record; raises CellUnclosed when that is not what comes last."""
        held: pa.RecordBatch | None = None
        rows = 1  # the header
        try:
            for block in blocks:
                if block.num_rows == 0:
                    continue
                if held is not None:
                    yield held
                    rows += held.num_rows
                held = block
        except SourceError:
            # What was read before something was wrong is as good as ever.
            if held is not None:
                yield held
            raise
        if held is None or held.column(0)[-1].as_py() != _END:
            raise CellUnclosed(
                name=self._location.name, row=rows + (held.num_rows - 1 if held else 0), megabytes=BLOCK_BYTES >> 20
            )
        yield held.slice(0, held.num_rows - 1)

    def _blocks(self, positions: tuple[int, ...]) -> Iterator[pa.RecordBatch]:
        malformed: list[tuple[int, int]] = []

        def refuse(row: pa_csv.InvalidRow) -> Literal["error"]:
            malformed.append((row.expected_columns, row.actual_columns))
            return "error"

        width = len(self.schema.columns)
        # Positions for names: Arrow cannot tell two columns of one name apart.
        names = [str(position) for position in range(width)]
        rows = 1
        stream = _DataStream(self._location, self._survey, self._layout, width)
        try:
            reader = pa_csv.open_csv(
                stream,  # type: ignore[arg-type]
                pa_csv.ReadOptions(block_size=BLOCK_BYTES, column_names=names),
                pa_csv.ParseOptions(
                    delimiter=self._layout.delimiter, newlines_in_values=True, invalid_row_handler=refuse
                ),
                pa_csv.ConvertOptions(
                    column_types={name: pa.string() for name in names},
                    include_columns=[str(position) for position in positions],
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                ),
            )
            with reader:
                for block in reader:
                    yield block
                    rows += block.num_rows
        except SourceLost:
            raise SourceLost(name=self._location.name, rows=rows - 1) from None
        except SourceError:
            raise
        except pa.ArrowException as error:
            # Never chained: Arrow quotes the row in its message.
            raise self._explain(str(error), malformed, rows) from None
        finally:
            stream.close()

    def _explain(self, message: str, malformed: list[tuple[int, int]], rows: int) -> SourceError:
        name = self._location.name
        if malformed:
            expected, found = malformed[0]
            row = self._malformed_row(expected)
            if row is not None:
                return RowMalformed(name=name, row=row, expected=expected, found=found)
            return RowMalformed(name=name, row=rows + 1, expected=expected, found=found)
        if "straddl" in message or "out of sync" in message:
            return CellUnclosed(name=name, row=rows, megabytes=BLOCK_BYTES >> 20)
        return SourceUnreadable(name=name, format="CSV")

    def _malformed_row(self, expected: int) -> int | None:
        """The number of the first row that is not `expected` cells wide. Arrow does not say which; only a failure pays
        for this."""
        with Utf8Stream(self._location, self._survey) as raw:
            text = io.TextIOWrapper(io.BufferedReader(raw), encoding="utf-8", newline="")
            text.read(len(self._layout.preamble))
            row = 1
            try:
                for record in csv.reader(text, delimiter=self._layout.delimiter):
                    row += bool(record)
                    if record and len(record) != expected:
                        return row
            except csv.Error:  # a field too long for the csv module, which Arrow could read
                return None
        return None


class _DataStream(io.BufferedIOBase):
    """The records after the header, and our own record after the last one."""

    def __init__(self, location: FileLocation, survey: TextSurvey, layout: Layout, width: int) -> None:
        super().__init__()
        self._text = io.BufferedReader(Utf8Stream(location, survey), 1 << 20)
        self._text.read(len(layout.preamble.encode("utf-8")))
        self._tail = ("\n" + layout.delimiter.join([_END] * width) + "\n").encode("utf-8")
        self._position = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """The next `size` bytes; the end record follows the file's own bytes at once."""
        data = self._text.read(size)
        if not data and self._tail:
            data, self._tail = self._tail, b""
        self._position += len(data)
        return data

    def tell(self) -> int:
        """Bytes delivered."""
        return self._position

    def close(self) -> None:
        """Close the file below as well."""
        if not self.closed:
            self._text.close()
        super().close()


class DelimitedSource(ClosingSource):
    """A delimited file: a source of one table, named after the file."""

    kind = "csv"

    def __init__(self, location: FileLocation) -> None:
        self._location = location

    def tables(self) -> tuple[TableInfo, ...]:
        """The one table. The file is not read for it."""
        return (TableInfo(self._location.stem),)

    def table(self, name: str | None = None) -> DelimitedTable:
        """The table, its encoding and header found."""
        choose(name, {self._location.stem: None}, source=self._location.name)
        return DelimitedTable(self._location)
