"""The measurement of whole files does what it measures: the same rows out, protected, and a figure of memory."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from benchmarks.bench_masking import TABLE_POLICY
from benchmarks.bench_masking_table import in_a_process, work, write_table


def test_protecting_is_measured_on_every_row_and_seven_columns(tmp_path: Path) -> None:
    source, target = tmp_path / "table.parquet", tmp_path / "out.parquet"
    write_table(source, 1200)
    figures = work("protect", source, target)
    before, after = pq.read_table(source), pq.read_table(target)
    assert (figures["rows"], after.num_rows) == (1200, 1200)
    changed = {name for name in before.column_names if before[name].to_pylist() != after[name].to_pylist()}
    assert changed == set(TABLE_POLICY["fields"])  # type: ignore[call-overload]  # a table of fields


@pytest.mark.parametrize("what", ["copy", "protect"])
def test_each_figure_is_taken_in_a_process_of_its_own(tmp_path: Path, what: str) -> None:
    source = tmp_path / "table.parquet"
    write_table(source, 500)
    figures = in_a_process(what, source)
    assert figures["rows"] == 500
    assert 20 < figures["megabytes"] < 600
    assert [path.name for path in tmp_path.iterdir()] == ["table.parquet"]
