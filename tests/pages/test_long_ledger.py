"""A ledger that is too long to be verified within a request: a worker reads it, and the page shows what came of it."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.db import connection

from catalog.jobs.models import Job, JobState
from catalog.ledger import checking, triggers
from catalog.ledger.checking import VERIFY_JOB
from catalog.ledger.models import LedgerEntry, LedgerHead
from catalog.people.models import User
from tests.pages.visiting import Visitor, last_sequence, text_of
from tests.stages import Stages

pytestmark = pytest.mark.django_db
ADDRESS = "/ledger/verification/"


@pytest.fixture(autouse=True)
def _long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five lines are long here."""
    monkeypatch.setattr(checking, "AT_ONCE", 5)


@pytest.fixture
def audrey(world: Stages) -> Visitor:
    return Visitor(world.cast.audrey)


def jobs_of(user: User) -> list[str]:
    return list(Job.objects.filter(kind=VERIFY_JOB, requested_by=user).values_list("state", flat=True))


def test_a_long_chain_is_read_when_the_auditor_asks_for_it(world: Stages, audrey: Visitor) -> None:
    before = last_sequence()
    page = audrey.get(ADDRESS)
    assert "a worker reads it" in text_of(page)
    assert "Nothing was changed" not in text_of(page)
    assert jobs_of(world.cast.audrey) == []  # looking asks for nothing

    waiting = audrey.follow(audrey.post(ADDRESS))
    assert "Queued" in text_of(waiting)
    assert "every 3s" in waiting.content.decode()
    assert world.run_jobs() == [JobState.COMPLETE]
    done = audrey.get(ADDRESS)
    head = LedgerHead.objects.get(pk=1)
    assert f"All {head.sequence} lines were read" in text_of(done)
    assert head.entry_hash in text_of(done)
    assert "every 3s" not in done.content.decode()
    assert last_sequence() == before


def test_a_second_one_is_refused_while_the_first_is_underway(world: Stages, audrey: Visitor) -> None:
    audrey.post(ADDRESS)
    assert "still waiting or running" in text_of(audrey.follow(audrey.post(ADDRESS)))
    assert jobs_of(world.cast.audrey) == ["queued"]


def test_a_checkpoint_is_compared_by_the_worker(world: Stages, audrey: Visitor) -> None:
    head = LedgerHead.objects.get(pk=1)
    audrey.post(ADDRESS, sequence=head.sequence, entry_hash=f" {head.entry_hash.upper()} ")
    world.run_jobs()
    assert "Your checkpoint stands in the chain" in text_of(audrey.get(ADDRESS))
    audrey.post(ADDRESS, sequence=3, entry_hash=hashlib.sha256(b"another").hexdigest())
    world.run_jobs()
    assert "does not hold the checkpoint" in text_of(audrey.get(ADDRESS))
    wrong = audrey.post(ADDRESS, sequence="x", entry_hash="y")
    assert "correct what is marked" in text_of(wrong)
    assert jobs_of(world.cast.audrey) == ["complete", "complete"]


def test_a_changed_line_is_named_by_the_worker(world: Stages, audrey: Visitor) -> None:
    line = LedgerEntry.objects.order_by("sequence")[3]
    triggers.remove(connection)
    LedgerEntry.objects.filter(pk=line.pk).update(action="role.ended")
    triggers.install(connection)
    audrey.post(ADDRESS)
    world.run_jobs()
    assert f"line {line.pk} does not fit its hash" in text_of(audrey.get(ADDRESS))


def test_one_that_was_stopped_leaves_no_result_and_can_be_asked_for_again(world: Stages, audrey: Visitor) -> None:
    audrey.post(ADDRESS)
    job = Job.objects.get(kind=VERIFY_JOB)
    listed = audrey.get("/jobs/")
    assert "Verification" in text_of(listed)
    assert f"/jobs/{job.pk}/cancel/" in listed.content.decode()
    audrey.post(f"/jobs/{job.pk}/cancel/")
    assert jobs_of(world.cast.audrey) == ["cancelled"]
    page = audrey.get(ADDRESS)
    assert "Nothing was changed" not in text_of(page)
    audrey.post(ADDRESS)
    assert sorted(jobs_of(world.cast.audrey)) == ["cancelled", "queued"]


def test_each_auditor_sees_their_own(world: Stages, audrey: Visitor) -> None:
    audrey.post(ADDRESS)
    world.run_jobs()
    for name in ("stella", "adam", "rita"):
        visitor = Visitor(getattr(world.cast, name))
        assert visitor.get(ADDRESS).status_code == 403
        assert visitor.post(ADDRESS).status_code == 403
    assert jobs_of(world.cast.adam) == []


def test_a_short_chain_is_read_at_once(monkeypatch: Any, world: Stages, audrey: Visitor) -> None:
    monkeypatch.setattr(checking, "AT_ONCE", 10**6)
    assert "Nothing was changed" in text_of(audrey.get(ADDRESS))
    assert not Job.objects.filter(kind=VERIFY_JOB).exists()
