"""Reading the chain from its beginning and saying whether anything in it was changed."""

from __future__ import annotations

from dataclasses import dataclass

from catalog.ledger.chain import GENESIS_HASH, hash_entry
from catalog.ledger.models import LedgerEntry, LedgerHead


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


def verify(checkpoint: Checkpoint | None = None) -> Verification:  # noqa: PLR0911  one for each way a chain can be broken
    """Walk the whole chain in order, in bounded memory."""
    head = LedgerHead.objects.get(pk=1)
    previous, expected, checkpoint_seen = GENESIS_HASH, 1, checkpoint is None or checkpoint.sequence == 0

    def bad(sequence: int, problem: str) -> Verification:
        return Verification(False, expected - 1, sequence, problem, Checkpoint(expected - 1, previous))

    # Entries after the head belong to acts that began while this reads.
    for entry in LedgerEntry.objects.filter(sequence__lte=head.sequence).order_by("sequence").iterator(2000):
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
        previous, expected = entry.entry_hash, expected + 1
    if (expected - 1, previous) != (head.sequence, head.entry_hash):
        return bad(expected, "head")
    if not checkpoint_seen:
        return bad(expected, "checkpoint")
    return Verification(True, expected - 1, None, None, Checkpoint(expected - 1, previous))
