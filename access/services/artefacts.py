"""The staged bytes of an application: where they are, and deleting them for good."""

from __future__ import annotations

from typing import BinaryIO

from django.db import transaction
from django.utils import timezone

from access.models import Application, Artefact
from catalog.storage import STAGED, delete_sealed, open_sealed


def discard_artefacts(application: Application) -> None:
    """Delete the application's staged bytes once the transaction commits; the rows stay as the record of what was."""
    for artefact in application.artefacts.filter(deleted_at__isnull=True):
        artefact.deleted_at = timezone.now()
        artefact.save(update_fields=["deleted_at"])
        name = artefact.sealed_name
        transaction.on_commit(lambda name=name: delete_sealed(STAGED, name))  # type: ignore[misc]


def open_artefact(artefact: Artefact) -> BinaryIO:
    """The plain bytes as a seekable stream."""
    return open_sealed(STAGED, artefact.sealed_name)
