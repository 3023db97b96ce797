"""What protecting a whole Parquet file costs: time beside copying it, and memory at two sizes.

Every figure is taken in a process of its own, so that one run does not warm another and the memory is its alone. The
file repeats a stretch of made-up rows; each row group is read, protected and written by itself, so a longer stretch
would change nothing. Prints processor seconds (user and system), nanoseconds a row, the ratio to copying the same file
through the same reader and writer, and the highest resident memory.

    python -m benchmarks.bench_masking_table [--rows 5000000] [--memory-rows 1000000 10000000] [--format text|json]

`--memory-rows 0` leaves the memory out. Ten million rows need about a gigabyte of temporary disk.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.bench_masking import KEYS, TABLE_POLICY, generated
from catalog.sources import file_location, open_source
from catalog.sources.table import arrow_schema
from privacy.masking import policy_from_dict, protect_batches, write_artefact

STRETCH_ROWS = 250_000
RUNS = 3


def write_table(path: Path, rows: int) -> None:
    """A Parquet file of so many rows, in row groups of `STRETCH_ROWS`."""
    stretch = pa.table(generated(min(rows, STRETCH_ROWS)))
    with pq.ParquetWriter(path, stretch.schema) as writer:
        for start in range(0, rows, STRETCH_ROWS):
            writer.write_table(stretch.slice(0, rows - start))


def work(what: str, source: Path, target: Path) -> dict[str, float]:
    """Copy or protect a file in this process, and what that took."""
    start = time.process_time()
    with closing(open_source(file_location(source))) as opened:
        table = opened.table()
        rows = table.row_estimate or 0
        schema = arrow_schema(table.schema.columns)
        batches: Iterable[pa.RecordBatch] = table.batches()
        if what == "protect":
            batches = protect_batches(batches, schema, policy_from_dict(TABLE_POLICY), KEYS)
        with target.open("wb") as sink:
            written = write_artefact(batches, sink, "parquet", schema=schema if what == "copy" else None)
    seconds = time.process_time() - start
    if written.rows != rows:
        raise RuntimeError(f"{written.rows} rows written of {rows}")
    return {"rows": rows, "seconds": seconds, "nanoseconds": seconds / rows * 1e9, "megabytes": peak_megabytes()}


def peak_megabytes() -> float:
    """The most this process held in memory; as Linux counts it for this program alone, else as the system has it."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20) if sys.platform == "darwin" else peak / 1024


def in_a_process(what: str, source: Path) -> dict[str, Any]:
    """`work` in a process of its own."""
    target = source.with_suffix(f".{what}")
    command = [sys.executable, "-m", "benchmarks.bench_masking_table", "--work", what, str(source), str(target)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # this very module
    target.unlink()
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measured(rows: int, memory_rows: list[int], folder: Path) -> dict[str, Any]:
    """All figures. Copying and protecting take turns, so that what else the machine does falls on both."""
    source = folder / "table.parquet"
    figures: dict[str, Any] = {"rows": rows}
    if rows:
        write_table(source, rows)
        pairs = [(in_a_process("copy", source), in_a_process("protect", source)) for _ in range(RUNS)]
        figures["copy"] = [copied["nanoseconds"] for copied, _ in pairs]
        figures["protect"] = [protected["nanoseconds"] for _, protected in pairs]
        figures["ratio"] = statistics.median(protected["seconds"] / copied["seconds"] for copied, protected in pairs)
    figures["megabytes"] = {}
    for count in memory_rows:
        write_table(source, count)
        figures["megabytes"][count] = {what: in_a_process(what, source)["megabytes"] for what in ("copy", "protect")}
    return figures


def show(figures: dict[str, Any]) -> None:
    """The figures as lines, with what is aimed at."""
    if "ratio" in figures:
        copied, protected = (statistics.median(figures[what]) for what in ("copy", "protect"))
        print(f"Parquet to Parquet, {figures['rows']:,} rows of 8 columns, 7 of them protected")
        print(f"  copying    {copied:9.1f} ns a row   (median of {RUNS})")
        print(f"  protecting {protected:9.1f} ns a row   ratio {figures['ratio']:.2f}   aim: at most 2")
    for rows, megabytes in figures["megabytes"].items():
        held = f"copying {megabytes['copy']:.0f} MB, protecting {megabytes['protect']:.0f} MB"
        print(f"  most memory held, {rows:>12,} rows: {held}   aim: at most 600 MB")
    held_at = [megabytes["protect"] for megabytes in figures["megabytes"].values()]
    if len(held_at) > 1:
        print(f"  the larger table to the smaller: {held_at[-1] / held_at[0]:.2f}   aim: at most 1.10")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--memory-rows", type=int, nargs="*", default=[1_000_000, 10_000_000])
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--work", nargs=3, metavar=("WHAT", "SOURCE", "TARGET"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        what, source, target = options.work
        print(json.dumps(work(what, Path(source), Path(target))))
        return
    with tempfile.TemporaryDirectory() as folder:
        figures = measured(options.rows, [rows for rows in options.memory_rows if rows], Path(folder))
    if options.format == "json":
        print(json.dumps(figures, indent=2))
    else:
        show(figures)


if __name__ == "__main__":
    main()
