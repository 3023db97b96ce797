"""Detection, measured: the column engine against Presidio cell by cell, with the same recognizers in one process.

Run it with `python -m benchmarks.bench_detection [--rows N] [--sample N] [--format json]` from the root of the project. It prints cells
per second of processor time for each column and for all, the ratio, characters per second of the name reader, and whether both
engines found the same cells on the sample. By default it takes less than a minute.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa
from presidio_analyzer import AnalyzerEngine

from privacy.detection.analyzer import build_analyzer
from privacy.detection.cells import Cells
from privacy.detection.folding import fold
from privacy.detection.matching import matcher_of
from privacy.detection.model import ColumnInput
from privacy.detection.person_names import find_persons
from privacy.detection.scan import TableScanner, default_recognizers, scan_table
from tests.detection.people import DISTRICTS, People

BATCH_ROWS = 65_536


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured. Rates are per second of processor time of one core."""

    rows: int
    columns: int
    engine_cells_per_second: float
    presidio_cells_per_second: float
    ratio: float
    sample_cells: int
    sample_findings: int
    differing_findings: int
    name_characters_per_second: float
    peak_megabytes: float
    column_cells_per_second: dict[str, float]


def make_table(rows: int, seed: int = 7) -> pa.Table:
    """Twelve text columns such as a bureau's table has, every value distinct where people's are."""
    people = People(seed)
    r = people.random
    makers: dict[str, Callable[[], str]] = {
        "sfzh": people.resident_id,
        "xm": people.name,
        "sjh": people.mobile,
        "gddh": people.landline,
        "yhkh": people.bank_card,
        "tyshxydm": people.uscc,
        "dzyx": people.email,
        "cph": people.plate,
        "dz": people.address,
        "qx": lambda: r.choice(DISTRICTS),
        "je": lambda: f"{r.random() * 1e5:.2f}",
        "bz": lambda: f"{people.remark()},单号{r.randrange(10**9)}",
    }
    return pa.table({name: [maker() for _ in range(rows)] for name, maker in makers.items()})


def time_engine(table: pa.Table) -> tuple[float, dict[str, float]]:
    """Cells per second over the table and per column, all rules but names in text."""
    columns = [ColumnInput(field.name, "", field.type) for field in table.schema]
    per_column = {}
    for column in columns:
        scanner = TableScanner([column], text_budget_seconds=0)
        batches = table.select([column.name]).to_batches(max_chunksize=BATCH_ROWS)
        began = time.process_time()
        for batch in batches:
            scanner.scan(batch)
        per_column[column.name] = table.num_rows / (time.process_time() - began)
    began = time.process_time()
    scan_table(columns, table.to_batches(max_chunksize=BATCH_ROWS), text_budget_seconds=0)
    spent = time.process_time() - began
    return table.num_rows * table.num_columns / spent, per_column


def time_presidio(analyzer: AnalyzerEngine, cells: list[str]) -> tuple[float, set[tuple[int, str]]]:
    """Cells per second of `AnalyzerEngine.analyze`, and which types it found in which cell."""
    found = set()
    began = time.process_time()
    for index, cell in enumerate(cells):
        for hit in analyzer.analyze(cell, language="zh"):
            found.add((index, hit.entity_type))
    return len(cells) / (time.process_time() - began), found


def engine_findings(cells: list[str]) -> set[tuple[int, str]]:
    """Which types the column engine's recognizers find in which cell."""
    folded = [fold(cell).strip() for cell in cells]
    joined = Cells.from_texts(folded, np.ones(len(folded), dtype=np.int64))
    matcher = matcher_of(default_recognizers())
    return {
        (int(cell), recognizer.entity)
        for recognizer, hits in zip(matcher.recognizers, matcher.match(joined), strict=True)
        if hits is not None
        for cell in hits.cells[hits.judgement.keep]
    }


def time_names(seconds: float = 4.0) -> float:
    """Characters per second of the name reader on remarks of which every third names somebody."""
    people = People(9)
    texts = [people.remark() + (f",联系人{people.name()}" if i % 3 == 0 else "") for i in range(4000)]
    find_persons(texts[:1])
    read, began = 0, time.process_time()
    for start in range(0, len(texts), 500):
        together = texts[start : start + 500]
        find_persons(together)
        read += sum(len(text) for text in together)
        if time.process_time() - began > seconds:
            break
    return read / (time.process_time() - began)


def measure(rows: int, sample: int) -> Figures:
    """Everything, once. `sample` cells of each column go through Presidio."""
    table = make_table(rows)
    cells = [cell for name in table.column_names for cell in map(str, table.column(name).slice(0, sample).to_pylist())]
    analyzer = build_analyzer(names=False)
    analyzer.analyze("warm", language="zh")
    time_engine(table.slice(0, 1000))
    engine, per_column = time_engine(table)
    presidio, by_presidio = time_presidio(analyzer, cells)
    by_engine = engine_findings(cells)
    return Figures(
        rows=table.num_rows,
        columns=table.num_columns,
        engine_cells_per_second=round(engine),
        presidio_cells_per_second=round(presidio),
        ratio=round(engine / presidio, 1),
        sample_cells=len(cells),
        sample_findings=len(by_presidio),
        differing_findings=len(by_engine ^ by_presidio),
        name_characters_per_second=round(time_names()),
        peak_megabytes=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        column_cells_per_second={name: round(rate) for name, rate in per_column.items()},
    )


def main() -> None:
    """Parse arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the table that the column engine scans")
    parser.add_argument("--sample", type=int, default=300, help="cells per column that Presidio analyses one by one")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    arguments = parser.parse_args()
    figures = measure(arguments.rows, arguments.sample)
    if arguments.format == "json":
        print(json.dumps(asdict(figures)))
        return
    for name, rate in figures.column_cells_per_second.items():
        print(f"{name:>10}  {rate:>12,.0f} cells/s")
    print(
        f"column engine   {figures.engine_cells_per_second:>12,.0f} cells per processor second ({figures.rows:,} rows × {figures.columns})"
    )
    print(
        f"Presidio        {figures.presidio_cells_per_second:>12,.0f} cells per processor second ({figures.sample_cells:,} cells)"
    )
    print(f"ratio           {figures.ratio:>12,.1f}")
    print(
        f"findings        {figures.sample_findings:>12,} of Presidio on the sample, {figures.differing_findings} differ"
    )
    print(f"names in text   {figures.name_characters_per_second:>12,.0f} characters per processor second")
    print(f"peak memory     {figures.peak_megabytes:>12,.0f} MB (the generated table included)")


if __name__ == "__main__":
    main()
