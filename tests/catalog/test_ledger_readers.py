"""Who reads the ledger: auditors what happened in their branch, everybody what they did themselves."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.db.models import ProtectedError

from catalog.datasets.services import register_dataset
from catalog.ledger.models import LedgerEntry
from catalog.ledger.services import record
from catalog.people.models import Membership, Role
from catalog.people.services import grant_role
from tests.cast import Cast
from tests.stages import RECORD

pytestmark = pytest.mark.django_db


def test_an_auditor_reads_the_acts_of_the_branch_and_others_only_their_own(cast: Cast) -> None:
    dataset = register_dataset(actor=cast.stella, provider=cast.health, values=RECORD)
    line = LedgerEntry.objects.about(dataset).get()
    assert line in LedgerEntry.objects.visible_to(cast.audrey)
    assert line in LedgerEntry.objects.visible_to(cast.stella)
    for stranger in (cast.stefan, cast.adam, cast.rita, cast.wendy):
        assert line not in LedgerEntry.objects.visible_to(stranger)


def test_an_auditor_of_the_other_side_reads_the_acts_that_concern_it(cast: Cast) -> None:
    dataset = register_dataset(actor=cast.stella, provider=cast.health, values=RECORD)
    grant_role(actor=cast.adam, user=cast.ivan, organization=cast.insurer, role=Role.AUDITOR)
    assert not LedgerEntry.objects.visible_to(cast.ivan).filter(object_type="dataset").exists()
    with transaction.atomic():
        record(
            actor=cast.stella,
            action="right.recorded",
            subject=dataset,
            organization=cast.health,
            counterpart=cast.insurer,
        )
    assert LedgerEntry.objects.visible_to(cast.ivan).filter(action="right.recorded").count() == 1


def test_the_ledger_keeps_what_it_speaks_of(cast: Cast) -> None:
    """Nobody deletes the person or the organisation an entry names: the line would lose its meaning."""
    Membership.objects.all().delete()
    for named in (cast.adam, cast.health):
        with pytest.raises(ProtectedError):
            named.delete()
