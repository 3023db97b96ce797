"""One world for a test module: the cast and its table are brought to a stage once, and every test works on a copy of it.

The world lives in a transaction around the module, a test in a savepoint of its own. Sealed files know no savepoints: the module
has a data folder of its own, and `kept_files` puts back what a test did there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.test import override_settings

from catalog.jobs.models import Job, JobState
from catalog.jobs.runner import run_job
from catalog.ledger.models import LedgerEntry
from catalog.storage import CHECKPOINTS, STAGED, UPLOADS, folder
from tests.cast import make_cast
from tests.stages import Stages


def run_queued_jobs() -> list[JobState | None]:
    """Run everything that is queued, in this process, as a worker would; returns how each ended."""
    ended = []
    while (job := Job.objects.waiting().order_by("created_at").first()) is not None:
        ended.append(run_job(job_id=job.pk, worker="test", heartbeat=False))
    return ended


@contextmanager
def shared_world(blocker: Any, data_dir: Path) -> Iterator[Stages]:
    """A world that is gone when the block ends. `blocker` is pytest-django's."""
    with override_settings(DATA_DIR=data_dir), blocker.unblock(), transaction.atomic():
        yield Stages(make_cast(), run_queued_jobs)
        transaction.set_rollback(True)


@contextmanager
def kept_files() -> Iterator[None]:
    """Put the sealed files back as they were."""
    before = _sealed_files()
    yield
    for path, content in _sealed_files().items():
        if path not in before:
            path.unlink()
        elif content != before[path]:
            path.write_bytes(before[path])
    for path, content in before.items():
        if not path.exists():
            path.write_bytes(content)


def last_line(subject: Model) -> LedgerEntry:
    """The newest line of the ledger about one object."""
    line = LedgerEntry.objects.about(subject).last()
    assert line is not None
    return line


def _sealed_files() -> dict[Path, bytes]:
    return {path: path.read_bytes() for area in (STAGED, UPLOADS, CHECKPOINTS) for path in folder(area).iterdir()}
