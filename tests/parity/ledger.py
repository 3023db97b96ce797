"""The commands on the ledger itself."""

from __future__ import annotations

from typing import Any

from catalog.ledger.checking import request_verification
from catalog.ledger.models import LedgerEntry
from tests.parity.command import Command, Scene, api, nowhere, page


def _noted_place(_scene: Scene) -> dict[str, Any]:
    return {"sequence": 1, "entry_hash": LedgerEntry.objects.get(sequence=1).entry_hash}


COMMANDS = [
    *(
        Command(
            f"take lines out as {form}",
            who="audrey",
            page=page("ledger-export", {"action": "dataset", "format": form}, at=nowhere),
            api=api("GET", "api-ledger-export", {"action": "dataset", "format": form}, at=nowhere),
            lines=("ledger.exported",),
            stage="draft",
        )
        for form in ("csv", "jsonl")
    ),
    # Verifying only reads: there is a job, and no line.
    Command(
        "have a long chain verified",
        who="audrey",
        page=page("ledger-verification", _noted_place, at=nowhere),
        api=api("POST", "api-ledger-verify", _noted_place, at=nowhere),
        lines=(),
        stage="draft",
    ),
    Command(
        "stop a verification",
        who="audrey",
        start=lambda scene: request_verification(actor=scene.cast.audrey),
        page=page("job-cancel"),
        api=api("POST", "api-job-cancel"),
        lines=(),
        stage="draft",
    ),
]
