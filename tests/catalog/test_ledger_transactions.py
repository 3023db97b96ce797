"""The ledger under real transactions: an act and its line stand or fall together, and lines never cross."""

from __future__ import annotations

import threading

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from catalog.ledger.models import LedgerEntry, LedgerHead
from catalog.ledger.services import record
from catalog.ledger.verification import verify
from catalog.people.models import Organization
from tests.catalog.founding import found_city

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_line_is_written_only_inside_the_transaction_of_its_act() -> None:
    city = found_city()
    with pytest.raises(RuntimeError):
        record(actor=None, action="organization.created", subject=city)
    assert LedgerEntry.objects.count() == 1


def test_an_act_whose_line_cannot_be_written_does_not_happen() -> None:
    """Somebody has put a row where the next line belongs: the line is refused, and the act with it."""
    found_city(1)
    LedgerEntry.objects.create(
        sequence=2, occurred_at=timezone.now(), action="forged", object_type="", object_id="", entry_hash="forged"
    )
    with pytest.raises(DatabaseError):
        found_city(2)
    assert Organization.objects.count() == 1
    assert LedgerHead.objects.get().sequence == 1


def test_acts_at_the_same_time_leave_one_unbroken_chain() -> None:
    together, failures = threading.Barrier(4), []

    def act(number: int) -> None:
        try:
            together.wait(10)
            for turn in range(5):
                found_city(10 * number + turn)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(number,)) for number in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    found = verify()
    assert (found.ok, found.entries) == (True, 20)
