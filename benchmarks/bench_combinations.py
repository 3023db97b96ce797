"""What counting every combination of 2 to 4 of six columns costs, by person, beside DuckDB doing the same GROUP BYs.

Each figure comes from a process of its own that reads the same made-up Parquet file: processor seconds (DuckDB is given one thread, too), rows a
second, and the greatest resident memory with the interpreter in it. Both must come to the same classes, unique persons and smallest
classes. DuckDB, where it is installed, is asked on the smaller tables only: it takes minutes on the large ones.

    python -m benchmarks.bench_combinations [--rows 1000000,4000000] [--peer-rows 1000000] [--format text|json]
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from privacy.risk.combinations import LONGEST, Combining

# Different values of each column: a birth date, a sex, a district, an occupation, a year, a kind of household.
COLUMNS = {"born": 25_000, "sex": 2, "district": 10, "job": 300, "year": 60, "household": 8}
BATCH_ROWS = 65536


@dataclass(frozen=True, slots=True)
class Figure:
    """One counter on one table. `persons_rows` are the rows of a person on average."""

    what: str
    rows: int
    persons_rows: int
    seconds: float
    peak_mb: float
    combinations: int

    @property
    def rows_a_second(self) -> float:
        return self.rows / self.seconds


def write_table(path: Path, rows: int, persons_rows: int) -> None:
    """Persons with `persons_rows` rows on average, each row with values of its own."""
    draw = np.random.default_rng(7)
    schema = pa.schema([("person", pa.string()), *((name, pa.string()) for name in COLUMNS)])
    with pq.ParquetWriter(path, schema) as writer:
        for start in range(0, rows, 1 << 18):
            count = min(1 << 18, rows - start)
            alone = persons_rows == 1
            person = np.arange(start, start + count) if alone else draw.integers(0, rows // persons_rows, count)
            columns = {name: draw.integers(0, values, count) for name, values in COLUMNS.items()}
            arrays = [pa.array(values).cast(pa.string()) for values in (person, *columns.values())]
            writer.write_table(pa.table(arrays, schema=schema))


def count_here(path: Path) -> dict[str, list[int]]:
    """By the kernel."""
    with Combining(columns=list(COLUMNS), subject="person") as counting:
        for batch in pq.ParquetFile(path).iter_batches(BATCH_ROWS):
            counting.add(batch)
        found = counting.result()
    return {"+".join(one.columns): [one.classes, one.uniques, one.smallest] for one in found.combinations}


def count_by_duckdb(path: Path) -> dict[str, list[int]]:
    """By one query a combination, on the table as DuckDB holds it."""
    duckdb: Any = importlib.import_module("duckdb")
    database = duckdb.connect(config={"threads": 1})
    database.execute("CREATE TABLE rows AS SELECT * FROM read_parquet(?)", [str(path)])
    found = {}
    for length in range(1, LONGEST + 1):
        for columns in combinations(COLUMNS, length):
            query = f"""
                SELECT count(*), count(DISTINCT CASE WHEN size = 1 THEN who END), min(size) FROM (
                    SELECT count(DISTINCT person) AS size, any_value(person) AS who FROM rows GROUP BY {", ".join(columns)}
                )"""
            found["+".join(columns)] = list(database.execute(query).fetchone())
    return found


COUNTERS = {"here": count_here, "duckdb": count_by_duckdb}


def measured(what: str, path: Path) -> tuple[dict[str, list[int]], float, float]:
    """The counts, processor seconds and megabytes of a process of its own."""
    command = [sys.executable, "-m", "benchmarks.bench_combinations", "--count", what, str(path)]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return answer["found"], answer["seconds"], answer["peak_mb"]


def count_and_print(what: str, path: Path) -> None:
    """What the process does that is measured."""
    start = time.process_time()
    found = COUNTERS[what](path)
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"found": found, "seconds": seconds, "peak_mb": peak}))


def figures(rows: list[int], peer_rows: int) -> list[Figure]:
    """Both counters on tables of one row a person, and of three."""
    made = []
    has_peer = importlib.util.find_spec("duckdb") is not None
    with tempfile.TemporaryDirectory() as folder:
        for number in rows:
            for persons_rows in (1, 3):
                path = Path(folder) / f"{number}-{persons_rows}.parquet"
                write_table(path, number, persons_rows)
                ours, seconds, peak = measured("here", path)
                made.append(Figure("here", number, persons_rows, seconds, peak, len(ours)))
                if has_peer and number <= peer_rows:
                    theirs, seconds, peak = measured("duckdb", path)
                    assert theirs == ours, "the two do not come to the same"
                    made.append(Figure("duckdb", number, persons_rows, seconds, peak, len(theirs)))
                path.unlink()
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="1000000,4000000")
    parser.add_argument("--peer-rows", type=int, default=1_000_000)
    parser.add_argument("--format", choices=["text", "json"], default="text")
    parser.add_argument("--count", nargs=2, metavar=("WHAT", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.count:
        count_and_print(options.count[0], Path(options.count[1]))
        return
    made = figures([int(text) for text in options.rows.split(",")], options.peer_rows)
    ours = {(one.rows, one.persons_rows): one for one in made if one.what == "here"}
    if options.format == "json":
        print(json.dumps([{**asdict(one), "rows_a_second": round(one.rows_a_second)} for one in made], indent=2))
        return
    print(f"{'counter':8}{'rows':>12}{'rows/person':>13}{'CPU s':>9}{'rows/s':>12}{'peak MB':>10}{'times ours':>12}")
    for one in made:
        ratio = one.seconds / ours[one.rows, one.persons_rows].seconds
        print(
            f"{one.what:8}{one.rows:>12,}{one.persons_rows:>13}{one.seconds:>9.1f}{one.rows_a_second:>12,.0f}"
            f"{one.peak_mb:>10.0f}{ratio:>12.1f}"
        )


if __name__ == "__main__":
    main()
