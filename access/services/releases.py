"""Downloading: only by the grant's recipients, only while it is in force, each one recorded before the first byte."""

from __future__ import annotations

from typing import BinaryIO

from django.db import transaction

from access.models import Application, Download, Grant, Release
from access.services.artefacts import open_artefact
from catalog.errors import DomainError
from catalog.ledger.services import record
from catalog.messages import gettext_noop
from catalog.people.models import User
from catalog.people.policies import require


class NotInForce(DomainError):
    """The grant was revoked or has expired."""

    status = 403
    code = "grant_not_in_force"
    message = gettext_noop("The grant is not in force: it was revoked or has expired.")


class ArtefactMissing(DomainError):
    """The sealed bytes are not where they were put."""

    status = 409
    code = "artefact_missing"
    message = gettext_noop("The release's bytes are missing from the storage. Tell the operator.")


@transaction.atomic
def download_release(*, actor: User, release: Release, first_byte: int = 0) -> tuple[Download, BinaryIO]:
    """Record a download and open the bytes. `first_byte` is where a resumed download goes on."""
    require(actor, "release.download", release)
    # Locking what a revocation locks: whichever commits first is true for the other.
    Application.objects.select_for_update(of=("self",)).get(pk=release.grant.application_id)
    grant = Grant.objects.select_related("application__distribution__dataset__provider", "right").get(
        pk=release.grant_id
    )
    if not grant.in_force:
        raise NotInForce
    try:
        stream = open_artefact(release.artefact)
    except FileNotFoundError as error:
        raise ArtefactMissing from error
    download = Download.objects.create(release=release, user=actor, first_byte=first_byte)
    record(
        actor=actor,
        action="release.downloaded",
        subject=release,
        organization=grant.application.distribution.dataset.provider,
        counterpart=grant.organization,
        details={"download": download.pk, "first_byte": first_byte, "artefact": release.artefact.sha256},
    )
    return download, stream
