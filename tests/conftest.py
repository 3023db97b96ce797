"""Fixtures every test may use: the cast, its dataset at each stage, and the door through which tests empty the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import TransactionTestCase

from catalog.jobs.models import Job, JobState
from catalog.jobs.runner import run_job
from catalog.ledger import triggers
from catalog.ledger.chain import GENESIS_HASH
from catalog.ledger.models import LedgerHead
from tests.cast import Cast, make_cast
from tests.stages import Stages


@pytest.fixture(autouse=True, scope="session")
def _ledger_door() -> Iterator[None]:
    """Let the flush after a transactional test empty the ledger, then close the door and plant a new head."""
    original = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def teardown(self: Any) -> None:
        triggers.remove(connection)
        try:
            original(self)
            LedgerHead.objects.get_or_create(id=1, defaults={"sequence": 0, "entry_hash": GENESIS_HASH})
            if connection.vendor == "sqlite":
                with connection.cursor() as cursor:
                    cursor.execute("DELETE FROM catalog_dataset_fts")
        finally:
            triggers.install(connection)

    TransactionTestCase._fixture_teardown = teardown  # type: ignore[attr-defined]
    yield
    TransactionTestCase._fixture_teardown = original  # type: ignore[attr-defined]


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def run_jobs(db: None) -> Callable[[], list[JobState | None]]:
    """Run everything that is queued, in this process, as a worker would; returns how each ended."""

    def run() -> list[JobState | None]:
        ended = []
        while (job := Job.objects.waiting().order_by("created_at").first()) is not None:
            ended.append(run_job(job_id=job.pk, worker="test", heartbeat=False))
        return ended

    return run


@pytest.fixture
def stages(cast: Cast, run_jobs: Callable[[], list[JobState | None]]) -> Stages:
    """The cast's visits table, brought as far as a test needs it."""
    return Stages(cast, run_jobs)
