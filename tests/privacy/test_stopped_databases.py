"""A database server that ends the connection in the middle of a scan: what was read is kept, and gone on from on another connection."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.datasets.models import Distribution
from catalog.datasets.registration import attach_table, register_database
from catalog.datasets.services import register_dataset
from catalog.jobs.models import JobState
from privacy import reading
from privacy.models import Scan, ScanCheckpoint
from privacy.services.checkpoints import resume_scan
from privacy.services.scans import request_scan
from tests.cast import Cast
from tests.privacy.stopping import result_of, work_on
from tests.sources.conftest import Server, mariadb, postgres  # noqa: F401  fixtures
from tests.stages import RECORD, visits_csv

pytestmark = [pytest.mark.service, pytest.mark.django_db]
PEOPLE, ROWS, BATCH = 600, 30_000, 3000
PAD = 1200  # characters a row: the driver holds 16 MB at a time, and the rest is on the server when it ends the connection


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BATCH_ROWS", BATCH)


def register(server: Server, cast: Cast, settings: Any) -> Distribution:
    """The server's table `visits`, registered by stella."""
    place = server.location
    settings.SOURCE_HOSTS = {"his": f"{place.kind}://{place.host}:{place.port}/{place.database}"}
    source = register_database(
        actor=cast.stella,
        organization=cast.health,
        name="his",
        host="his",
        user=place.user,
        password=place.password,
        schema=place.schema or "",
    )
    dataset = register_dataset(actor=cast.stella, provider=cast.health, values=RECORD)
    return attach_table(actor=cast.stella, dataset=dataset, source=source, table="visits")


def fill(server: Server, key: str) -> None:
    header, *rows = visits_csv(PEOPLE).decode().splitlines()
    names = header.split(",")
    quote = '"' if key == "postgresql" else "`"
    columns = ", ".join(f"{quote}{name}{quote} varchar(60)" for name in names)
    server.execute(f"CREATE TABLE visits (n int PRIMARY KEY, {columns}, pad varchar(2000))")
    for start in range(0, ROWS, PEOPLE):
        values = ", ".join(
            f"({start + n}, {', '.join(repr(cell) for cell in row.split(','))}, repeat('x', {PAD}))"
            for n, row in enumerate(rows)
        )
        server.execute(f"INSERT INTO visits VALUES {values}")


def cut_postgresql(server: Server) -> None:
    """End the connections that read in this test's schema, and no other test's."""
    server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        f" WHERE pid <> pg_backend_pid() AND query LIKE '%{server.location.schema}%visits%'"
    )


def scanned(actor: Any, distribution: Distribution) -> dict[str, Any]:
    one = request_scan(actor=actor, distribution=distribution)
    assert work_on(one)[0] == JobState.COMPLETE
    return result_of(one)


def stopped_by(distribution: Distribution, cast: Cast, cut: Any) -> Scan:
    one = request_scan(actor=cast.oscar, distribution=distribution)
    assert work_on(one, at_row=BATCH, meanwhile=cut)[0] == JobState.INCOMPLETE
    stopped: Scan = Scan.objects.select_related("job", "distribution__dataset__provider").get(pk=one.pk)
    (reason,) = stopped.reasons
    assert (reason["code"], reason["params"]["cause"]["code"]) == ("reading_stopped", "source_lost")
    assert stopped.rows is not None
    assert BATCH <= stopped.rows < ROWS
    return stopped


def goes_on(stopped: Scan, cast: Cast) -> None:
    second = resume_scan(actor=cast.oscar, scan=stopped)
    ended, run = work_on(second)
    assert ended == JobState.COMPLETE
    assert ("resume", stopped.rows) in run.seen
    assert result_of(second) == scanned(cast.stella, stopped.distribution)


def test_postgresql_ends_the_connection(postgres: Server, cast: Cast, settings: Any) -> None:  # noqa: F811
    fill(postgres, "postgresql")
    distribution = register(postgres, cast, settings)

    stopped = stopped_by(distribution, cast, lambda: cut_postgresql(postgres))
    goes_on(stopped, cast)


def test_postgresql_writes_its_rows_anew_between_the_two(postgres: Server, cast: Cast, settings: Any) -> None:  # noqa: F811
    """The same rows, and yet nobody knows which of them were read: it is not gone on with."""
    fill(postgres, "postgresql")
    distribution = register(postgres, cast, settings)

    stopped = stopped_by(distribution, cast, lambda: cut_postgresql(postgres))
    postgres.execute("UPDATE visits SET n = n WHERE n < 10")
    second = resume_scan(actor=cast.oscar, scan=stopped)
    assert work_on(second)[0] == JobState.FAILED
    second.job.refresh_from_db()
    assert second.job.error_code == "table_changed_since"


def test_mysql_ends_the_connection(mariadb: Server, cast: Cast, settings: Any) -> None:  # noqa: F811
    fill(mariadb, "mysql")
    distribution = register(mariadb, cast, settings)

    def cut() -> None:
        with mariadb.connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM information_schema.processlist WHERE info LIKE '%OFFSET%' OR info LIKE '%ORDER BY%'"
            )
            others = [row[0] for row in cursor.fetchall() if row[0] != mariadb.connection.thread_id()]
        for other in others:
            mariadb.execute(f"KILL {other}")

    stopped = stopped_by(distribution, cast, cut)
    goes_on(stopped, cast)


def test_a_view_is_scanned_again_from_the_beginning(postgres: Server, cast: Cast, settings: Any) -> None:  # noqa: F811
    fill(postgres, "postgresql")
    postgres.execute("ALTER TABLE visits RENAME TO kept", "CREATE VIEW visits AS SELECT * FROM kept")
    distribution = register(postgres, cast, settings)

    one = request_scan(actor=cast.oscar, distribution=distribution)
    assert work_on(one, at_row=BATCH, meanwhile=lambda: cut_postgresql(postgres))[0] == JobState.INCOMPLETE
    one.refresh_from_db()
    assert [reason["code"] for reason in one.reasons] == ["reading_stopped", "order_unknown"]
    assert not ScanCheckpoint.objects.exists()
