"""Writing the ledger. The only writer is `record`, called as the last step of every service's transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from catalog.ledger.chain import hash_entry
from catalog.ledger.models import LedgerEntry, LedgerHead, object_type_of
from catalog.people.models import Organization, User


def record(
    *,
    actor: User | None,
    action: str,
    subject: models.Model,
    organization: Organization | None = None,
    counterpart: Organization | None = None,
    details: Mapping[str, Any] | None = None,
) -> LedgerEntry:
    """Append one entry in the caller's transaction; if it cannot be written, the act does not happen.

    `organization` is whose data the act concerns, `counterpart` the other side (the requester's). `details` takes ids,
    codes and counts only. The head row is locked here, last, so that every transaction takes its locks in one order.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("The ledger is written inside the transaction of the act.")
    head = LedgerHead.objects.select_for_update().get(pk=1)
    fields: dict[str, Any] = {
        "sequence": head.sequence + 1,
        "occurred_at": timezone.now(),
        "actor_id": actor.pk if actor else None,
        "action": action,
        "object_type": object_type_of(subject),
        "object_id": str(subject.pk),
        "organization_id": organization.pk if organization else None,
        "counterpart_id": counterpart.pk if counterpart else None,
        # As the database will give it back: names are strings, tuples are lists. What is no JSON undoes the act.
        "details": json.loads(json.dumps(details or {}, allow_nan=False)),
        "previous_hash": head.entry_hash,
    }
    entry: LedgerEntry = LedgerEntry.objects.create(**fields, entry_hash=hash_entry(**fields))
    head.sequence, head.entry_hash = entry.sequence, entry.entry_hash
    head.save(update_fields=["sequence", "entry_hash"])
    return entry
