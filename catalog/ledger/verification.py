"""Reading the chain from its beginning and saying whether anything in it was changed, and whether the database still refuses changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection

from catalog.ledger import triggers
from catalog.ledger.chain import GENESIS_HASH, hash_entry
from catalog.ledger.models import LedgerEntry, LedgerHead

_CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A place in the chain kept outside the database: rewriting the whole chain cannot rewrite this."""

    sequence: int
    entry_hash: str


@dataclass(frozen=True, slots=True)
class Verification:
    """`ok`, or the first bad entry and what is wrong with it.

    `problem` is one of: `gap`, `link` (does not point to the one before), `content` (hash does not match), `head` (the
    chain ends elsewhere than its head says), `checkpoint` (the chain no longer holds the checkpoint).
    """

    ok: bool
    entries: int
    first_bad: int | None
    problem: str | None
    head: Checkpoint


def examine(
    checkpoint: Checkpoint | None = None, *, progress: Callable[[int, int], None] = lambda _done, _total: None
) -> dict[str, Any]:
    """The chain and its guards, as one JSON document: what the page, the command and the job of a long chain all show."""
    result = verify(checkpoint, progress=progress)
    missing = sorted(triggers.expected(connection.vendor) - triggers.installed(connection))
    return {
        "ok": result.ok and not missing,
        "entries": result.entries,
        "first_bad": result.first_bad,
        "problem": result.problem or ("triggers" if missing else None),
        "missing_triggers": missing,
        "head": {"sequence": result.head.sequence, "entry_hash": result.head.entry_hash},
    }


def verify(  # noqa: PLR0911  one for each way a chain can be broken
    checkpoint: Checkpoint | None = None, *, progress: Callable[[int, int], None] = lambda _done, _total: None
) -> Verification:
    """Walk the whole chain in order, in bounded memory. `progress` is told now and then how many entries are read, of how many."""
    head = LedgerHead.objects.get(pk=1)
    previous, expected, checkpoint_seen = GENESIS_HASH, 1, checkpoint is None or checkpoint.sequence == 0

    def bad(sequence: int, problem: str) -> Verification:
        return Verification(False, expected - 1, sequence, problem, Checkpoint(expected - 1, previous))

    # Entries after the head belong to acts that began while this reads.
    for entry in LedgerEntry.objects.filter(sequence__lte=head.sequence).order_by("sequence").iterator(_CHUNK):
        if entry.sequence != expected:
            return bad(expected, "gap")
        if entry.previous_hash != previous:
            return bad(entry.sequence, "link")
        content = hash_entry(
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
        if content != entry.entry_hash:
            return bad(entry.sequence, "content")
        if checkpoint is not None and entry.sequence == checkpoint.sequence:
            if entry.entry_hash != checkpoint.entry_hash:
                return bad(entry.sequence, "checkpoint")
            checkpoint_seen = True
        if expected % _CHUNK == 0:
            progress(expected, head.sequence)
        previous, expected = entry.entry_hash, expected + 1
    if (expected - 1, previous) != (head.sequence, head.entry_hash):
        return bad(expected, "head")
    if not checkpoint_seen:
        return bad(expected, "checkpoint")
    return Verification(True, expected - 1, None, None, Checkpoint(expected - 1, previous))
