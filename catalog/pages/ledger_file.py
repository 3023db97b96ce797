"""The chosen lines of the ledger as a file: one answer for the page and for the API, recorded before its first byte."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from django.http import StreamingHttpResponse
from django.utils import timezone

from catalog.ledger.exporting import ExportForm, as_csv, as_json_lines, begin_export
from catalog.ledger.models import LedgerEntry
from catalog.ledger.reading import LedgerQuery
from catalog.pages.ledger_lines import Line, lines_of
from catalog.people.models import User

CHUNK = 500
CONTENT_TYPES = {ExportForm.CSV: "text/csv; charset=utf-8", ExportForm.JSON_LINES: "application/jsonl"}


def send_lines(actor: User, query: LedgerQuery, form: ExportForm) -> StreamingHttpResponse:
    """The lines that were asked for, oldest first, as they are read. Raises what `begin_export` raises."""
    rows = begin_export(actor=actor, query=query, form=form).iterator(CHUNK)
    body = as_csv(_in_words(actor, rows)) if form == ExportForm.CSV else as_json_lines(rows)
    answer = StreamingHttpResponse(body, content_type=CONTENT_TYPES[form])
    answer["Content-Disposition"] = f'attachment; filename="ledger-{timezone.localdate():%Y%m%d}.{form}"'
    answer["Cache-Control"] = "no-store"
    return answer


def _in_words(reader: User, entries: Iterator[LedgerEntry]) -> Iterator[Line]:
    """Lines with their names, looked up for many at a time."""
    while chunk := list(islice(entries, CHUNK)):
        yield from lines_of(reader, chunk)
