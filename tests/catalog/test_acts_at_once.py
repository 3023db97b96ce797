"""Two acts at the same moment, under real transactions: neither may undo what the other has made sure of."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from catalog.datasets.models import Distribution, Source
from catalog.datasets.registration import attach_table, register_upload, retire_source
from catalog.datasets.services import register_dataset
from catalog.messages import MessageError
from catalog.people.models import Organization
from catalog.people.moving import move_organization
from tests.cast import Cast, make_cast
from tests.stages import RECORD, sealed_upload, visits_csv

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Do them together; the codes of what was refused, and the names of what failed."""
    together, refused = threading.Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        try:
            together.wait(10)
            act()
        except MessageError as error:
            refused.append(error.code)
        except Exception as error:
            refused.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return refused


def test_two_moves_at_once_close_no_ring(cast: Cast) -> None:
    refused = at_once(
        lambda: move_organization(actor=cast.adam, organization=cast.health, parent=cast.water),
        lambda: move_organization(actor=cast.adam, organization=cast.water, parent=cast.health),
    )
    assert refused == ["invalid"]
    parents = dict(Organization.objects.filter(pk__in=[cast.health.pk, cast.water.pk]).values_list("pk", "parent_id"))
    assert sorted(parents.values()) in ([cast.city.pk, cast.health.pk], [cast.city.pk, cast.water.pk])


def test_a_table_is_not_attached_to_a_source_that_is_being_retired(cast: Cast) -> None:
    source = register_upload(
        actor=cast.stella,
        organization=cast.health,
        name="visits",
        upload=sealed_upload("visits.csv", visits_csv(5)),
    )
    dataset = register_dataset(actor=cast.stella, provider=cast.health, values=RECORD)
    refused = at_once(
        lambda: attach_table(actor=cast.stella, dataset=dataset, source=source, table=None),
        lambda: retire_source(actor=cast.stella, source=source),
    )
    retired = Source.objects.get(pk=source.pk).retired_at is not None
    assert retired != Distribution.objects.exists()
    # The file may go while it is being read: then the reader says so in its own words.
    expected = {"source_retired", "source_missing", "source_lost"} if retired else {"source_in_use"}
    assert len(refused) == 1
    assert set(refused) <= expected
