"""A PostgreSQL table, read and scanned: processor time and memory at a tenth of the rows and at all of them.

Run it with `python -m benchmarks.bench_scan_postgresql [--rows N] [--format json]` from the root of the project. It makes two tables of
twelve text columns on the server at `TEST_POSTGRES_URL` (the local one if that is not set), scans each in a process of its own, all rules
but names in text, and drops them. The processor time is that of the scanning process: reading, decoding and scanning, not what the
server spends. A column holds 100,000 different values, put in another order for every 100,000 rows.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pyarrow as pa
from adbc_driver_postgresql import dbapi

from benchmarks.bench_detection import make_table
from catalog.sources.location import DatabaseKind, DatabaseLocation
from catalog.sources.postgresql import PostgresSource
from privacy.detection.model import ColumnInput
from privacy.detection.scan import scan_table

URL = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/test")
BLOCK_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Scanned:
    """What one scan took. Seconds of processor time and of the clock, megabytes of resident memory at the most."""

    rows: int
    columns: int
    processor_seconds: float
    seconds: float
    peak_megabytes: float
    megabytes_before: float
    types: dict[str, str | None]

    @property
    def cells_per_second(self) -> float:
        """Cells per second of processor time, read and scanned."""
        return self.rows * self.columns / self.processor_seconds


def blocks(rows: int) -> Iterator[pa.Table]:
    """`rows` rows of generated values, a block at a time."""
    some = make_table(min(rows, BLOCK_ROWS)).combine_chunks()
    r = random.Random(11)
    for start in range(0, rows, BLOCK_ROWS):
        size = min(BLOCK_ROWS, rows - start)
        orders = {name: pa.array(r.sample(range(len(some)), size)) for name in some.column_names}
        yield pa.table({name: some.column(name).take(order) for name, order in orders.items()})


def make(table: str, rows: int) -> None:
    """Make the table on the server."""
    with dbapi.connect(URL) as connection, connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {table}")
        for number, block in enumerate(blocks(rows)):
            cursor.adbc_ingest(table, block, mode="append" if number else "create")
            connection.commit()


def drop(table: str) -> None:
    """Drop the table."""
    with dbapi.connect(URL) as connection, connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {table}")
        connection.commit()


def peak_megabytes() -> float:
    """The most memory this process has had resident. `getrusage` would count what its parent had when it was started."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the kernel does not say how much memory is resident")


def scan(table_name: str) -> Scanned:
    """Read and scan the table in this process."""
    url = urlsplit(URL)
    location = DatabaseLocation(
        DatabaseKind.POSTGRESQL,
        url.hostname or "127.0.0.1",
        url.port or 5432,
        url.path.lstrip("/") or "postgres",
        unquote(url.username or "postgres"),
        unquote(url.password or ""),
    )
    before = peak_megabytes()
    began, clock = time.process_time(), time.perf_counter()
    table = PostgresSource(location).table(table_name)
    columns = [ColumnInput(column.name, "", column.arrow_type) for column in table.schema.columns]
    result = scan_table(columns, table.batches(), text_budget_seconds=0)
    return Scanned(
        rows=result.rows,
        columns=len(columns),
        processor_seconds=round(time.process_time() - began, 2),
        seconds=round(time.perf_counter() - clock, 2),
        peak_megabytes=round(peak_megabytes()),
        megabytes_before=round(before),
        types={column.name: column.entity_type for column in result.columns},
    )


def scan_apart(table_name: str) -> Scanned:
    """`scan` in a process of its own, so that its memory is its own."""
    command = [sys.executable, "-m", "benchmarks.bench_scan_postgresql", "--scan", table_name]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Scanned(**json.loads(done.stdout))


def measure(rows: int) -> list[Scanned]:
    """A tenth of the rows, then all of them."""
    scanned = []
    for size in (max(1, rows // 10), rows):
        table = f"bench_scan_{os.getpid()}_{size}"
        try:
            make(table, size)
            scanned.append(scan_apart(table))
        finally:
            drop(table)
    return scanned


def main() -> None:
    """Parse arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the larger table")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--scan", metavar="TABLE", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.scan:
        print(json.dumps(asdict(scan(arguments.scan))))
        return
    few, many = measure(arguments.rows)
    if arguments.format == "json":
        print(json.dumps([asdict(few), asdict(many)]))
        return
    for one in (few, many):
        print(
            f"{one.rows:>12,} rows × {one.columns}  {one.processor_seconds:>8,.1f} s of processor time  {one.seconds:>8,.1f} s"
            f"  {one.cells_per_second:>12,.0f} cells/s  {one.peak_megabytes:>6,.0f} MB (of these {one.megabytes_before:,.0f} before the scan)"
        )
    print(f"memory at all rows to a tenth of them  {many.peak_megabytes / few.peak_megabytes:.2f}")
    print(f"found  {', '.join(f'{name}: {kind}' for name, kind in many.types.items())}")


if __name__ == "__main__":
    main()
