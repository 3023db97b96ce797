"""Lines of the ledger as a file: CSV for people, JSON Lines for programs that verify the chain again.

Taking lines out is an act like any other: it is recorded before the first byte is sent.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any, Protocol

from django.db import transaction

from catalog.ledger.chain import canonical_text, document_of
from catalog.ledger.models import LedgerEntry, LedgerHead
from catalog.ledger.reading import LedgerQuery, matching
from catalog.ledger.services import record
from catalog.people.models import Membership, Role, User
from catalog.people.policies import require


class ExportForm(StrEnum):
    """The forms a file of ledger lines can have."""

    CSV = "csv"
    JSON_LINES = "jsonl"


class ReadableLine(Protocol):
    """A line with its sentence, as the page shows it."""

    @property
    def entry(self) -> LedgerEntry: ...

    @property
    def text(self) -> str: ...


COLUMNS = (
    "sequence",
    "occurred_at",
    "actor",
    "actor_name",
    "action",
    "sentence",
    "object_type",
    "object_id",
    "organization",
    "counterpart",
    "details",
    "previous_hash",
    "entry_hash",
)
# A spreadsheet takes a cell that begins like this for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@transaction.atomic
def begin_export(*, actor: User, query: LedgerQuery, form: ExportForm) -> Any:
    """Record that the lines are taken out, and return them, oldest first.

    They end where the ledger ended at that moment: the line of the export itself is not among them.
    """
    require(actor, "ledger.audit")
    head = LedgerHead.objects.get(pk=1)
    entries = matching(actor, query).filter(sequence__lte=head.sequence).order_by("sequence")
    audited = Membership.objects.active().filter(user=actor, role=Role.AUDITOR).select_related("organization").first()
    record(
        actor=actor,
        action="ledger.exported",
        subject=head,
        organization=audited.organization if audited else None,
        details={
            "format": form.value,
            "lines": entries.count(),
            "through": head.sequence,
            "filters": query.asked(),
        },
    )
    return entries


def as_csv(lines: Iterable[ReadableLine]) -> Iterator[bytes]:
    """Rows in UTF-8 with a mark at the start, without which spreadsheets garble Chinese."""
    yield codecs.BOM_UTF8 + _row(COLUMNS)
    for line in lines:
        entry = line.entry
        yield _row(
            (
                entry.sequence,
                entry.occurred_at.isoformat(),
                entry.actor.username if entry.actor else "",
                str(entry.actor) if entry.actor else "",
                entry.action,
                line.text,
                entry.object_type,
                entry.object_id,
                entry.organization.name if entry.organization else "",
                entry.counterpart.name if entry.counterpart else "",
                json.dumps(entry.details, ensure_ascii=False, sort_keys=True),
                entry.previous_hash,
                entry.entry_hash,
            )
        )


def _row(values: Iterable[object]) -> bytes:
    cells = [f"'{text}" if (text := str(value)).startswith(_FORMULA) else text for value in values]
    sink = io.StringIO()
    csv.writer(sink).writerow(cells)
    return sink.getvalue().encode()


def as_json_lines(entries: Iterable[LedgerEntry]) -> Iterator[bytes]:
    """Each entry as the very document its hash is made of, beside the hash.

    `sha256(canonical JSON of "entry")` is "entry_hash", and each "previous" is the hash of the entry before it.
    """
    for entry in entries:
        document = document_of(
            sequence=entry.sequence,
            occurred_at=entry.occurred_at,
            actor_id=entry.actor_id,
            action=entry.action,
            object_type=entry.object_type,
            object_id=entry.object_id,
            organization_id=entry.organization_id,
            counterpart_id=entry.counterpart_id,
            details=entry.details,
            previous_hash=entry.previous_hash,
        )
        yield f'{{"entry":{canonical_text(document)},"entry_hash":"{entry.entry_hash}"}}\n'.encode()
