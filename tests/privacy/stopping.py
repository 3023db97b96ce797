"""A table long enough to stop in the middle of, workers that die there, and an upload whose bytes are damaged meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from catalog.datasets.models import Distribution
from catalog.datasets.registration import attach_table, register_upload
from catalog.datasets.services import register_dataset
from catalog.jobs.models import Job, JobState
from catalog.jobs.runner import JobRun, LeaseLost, _run_handler
from catalog.jobs.services import claim, requeue_abandoned
from catalog.storage import UPLOADS, delete_sealed, path_of, sealed_output
from privacy import reading
from privacy.models import Scan
from privacy.services.scans import request_scan
from tests.catalog.working import let_the_lease_run_out
from tests.stages import RECORD, Stages, sealed_upload, visits_csv

ROWS, BATCH = 5000, 250
FILLER = "复诊记录" * 40  # so that the file has many of the pieces in which it is read


def long_table(rows: int = ROWS, *, without: str = "", extra: str = "") -> bytes:
    """Visits as JSON Lines, every tenth with a remark that names somebody. `without` a column, or with one more."""
    header, *visits = visits_csv(rows // 10).decode().splitlines()
    names = header.split(",")
    lines = []
    for number in range(rows):
        cells: dict[str, str] = dict(zip(names, visits[number % len(visits)].split(","), strict=True))
        named = f"家属{cells['姓名']}陪同;第{number}次" if number % 10 == 0 else ""
        cells["备注"] = f"{named}{FILLER}"
        cells.pop(without, None)
        if extra:
            cells[extra] = f"值{number % 7}"
        lines.append(json.dumps(cells, ensure_ascii=False))
    return ("\n".join(lines) + "\n").encode()


@dataclass
class LongTable:
    """The table as a distribution of its own."""

    stages: Stages
    distribution: Distribution

    @classmethod
    def of(cls, stages: Stages) -> LongTable:
        """Registered by stella."""
        cast = stages.cast
        source = register_upload(
            actor=cast.stella, organization=cast.health, name="long", upload=sealed_upload("long.jsonl", long_table())
        )
        dataset = register_dataset(
            actor=cast.stella, provider=cast.health, values={**RECORD, "title": "长表", "title_en": "Long"}
        )
        attach_table(actor=cast.stella, dataset=dataset, source=source, table=None)
        distribution = Distribution.objects.select_related("dataset__provider", "source").get(dataset=dataset)
        return cls(stages, distribution)

    def replace(self, content: bytes) -> None:
        """Somebody delivers another file under the same name."""
        name = self.distribution.source.sealed_name
        delete_sealed(UPLOADS, name)
        with sealed_output(UPLOADS, name) as sink:
            sink.write(content)

    def damage(self) -> Callable[[], None]:
        """Spoil the end of the file on the disk; what is given back repairs it."""
        path = path_of(UPLOADS, self.distribution.source.sealed_name)
        sound = path.read_bytes()
        with path.open("r+b") as file:
            file.seek(len(sound) * 3 // 4)
            file.write(bytes(byte ^ 255 for byte in sound[len(sound) * 3 // 4 :]))

        def repair() -> None:
            with path.open("r+b") as file:
                file.write(sound)

        return repair


class AtRow(JobRun):
    """A worker beside which something happens, once, when it has read so many rows."""

    def __init__(self, job: Job, row: int, meanwhile: Callable[[], object]) -> None:
        super().__init__(job)
        self.row, self.meanwhile, self.seen = row, meanwhile, []  # type: ignore[var-annotated]

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        super().progress(done, total, note)
        self.seen.append((note, done))
        if note == "scan" and self.row and done >= self.row:
            self.row = 0
            self.meanwhile()


def work_on(scan: Scan, *, at_row: int = 0, meanwhile: Callable[[], object] = int) -> tuple[JobState | None, AtRow]:
    """Claim and run a scan's job. How it ended, and the run."""
    job = claim(job_id=scan.job_id, worker="test")
    assert job is not None
    run = AtRow(job, at_row, meanwhile)
    return _run_handler(run, job), run


def killed(scan: Scan, *, at_row: int) -> None:
    """The worker dies at a row as by SIGKILL: its job is left running until the reaper gives it back."""

    def die() -> None:
        raise LeaseLost

    assert work_on(scan, at_row=at_row, meanwhile=die)[0] is None
    let_the_lease_run_out(scan.job_id)
    with suppress(AssertionError):
        assert requeue_abandoned() == 1


def stopped_scan(table: LongTable) -> Scan:
    """A scan of oscar's whose source was damaged while it was read, and is sound again."""
    one = request_scan(actor=table.stages.cast.oscar, distribution=table.distribution)
    repairs: list[Callable[[], None]] = []
    with patch.object(reading, "BATCH_ROWS", BATCH):
        ended, _ = work_on(one, at_row=BATCH, meanwhile=lambda: repairs.append(table.damage()))
    assert ended == JobState.INCOMPLETE
    repairs[0]()
    stopped: Scan = Scan.objects.select_related("job", "distribution__dataset__provider").get(pk=one.pk)
    return stopped


def result_of(scan: Scan) -> dict[str, Any]:
    """What a scan came to, without whose it is and when, and how long reading text took."""
    scan = Scan.objects.select_related("job").get(pk=scan.pk)
    return {"state": scan.state, "rows": scan.rows, "columns": scan.columns, "fingerprint": scan.fingerprint}
