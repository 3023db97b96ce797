"""How one entry is hashed to the one before it. One function, used to write and to verify."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

# The hash before the first entry: SHA-256 of the ledger's name, so that an empty chain has an end too.
GENESIS_HASH = hashlib.sha256(b"canglang ledger v1").hexdigest()


def _canonical(value: Any) -> Any:
    """`value` with whole floats as the integers that PostgreSQL gives back for them (1e16, -0.0): those of their digits."""
    if isinstance(value, float) and value.is_integer():
        return int(Decimal(repr(value)))
    if isinstance(value, Mapping):
        return {name: _canonical(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    return value


def document_of(
    *,
    sequence: int,
    occurred_at: datetime,
    actor_id: int | None,
    action: str,
    object_type: str,
    object_id: str,
    organization_id: int | None,
    counterpart_id: int | None,
    details: Mapping[str, Any],
    previous_hash: str,
) -> dict[str, Any]:
    """The entry as the document that is hashed: times in UTC with microseconds, whole floats as integers."""
    return {
        "sequence": sequence,
        "occurred_at": occurred_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": actor_id,
        "action": action,
        "object_type": object_type,
        "object_id": object_id,
        "organization": organization_id,
        "counterpart": counterpart_id,
        "details": _canonical(details),
        "previous": previous_hash,
    }


def canonical_text(document: Mapping[str, Any]) -> str:
    """Canonical JSON: sorted keys, no spaces, characters as they are."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def hash_entry(**fields: Any) -> str:
    """SHA-256, in hexadecimal, of the canonical JSON in UTF-8 of `document_of(**fields)`."""
    return hashlib.sha256(canonical_text(document_of(**fields)).encode()).hexdigest()
