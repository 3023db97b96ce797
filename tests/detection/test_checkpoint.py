"""Going on in the middle of a table: the same verdict as of one reading, bytes without a cell in them, refused where they are not ours."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.detection.checkpoint import CheckpointUnusable, from_bytes, to_bytes
from privacy.detection.free_text import TextBudget, TextReader
from privacy.detection.model import ColumnInput, TableScan
from privacy.detection.scan import ReadingState, TableReading
from tests.detection.test_scan import inputs, population

VERSIONS = {"CN_RESIDENT_ID": "1", "names": "a model"}
PLACES = ("苏州市姑苏区平江路", "苏州市吴中区木渎镇", "昆山市玉山镇")
JSON = '{"xm": "张伟", "tel": "13812345678"}'


def with_everything(rows: int) -> pa.Table:
    """People, JSON, years, times, binary content, numbers, nulls: something in every part of what is counted."""
    table = population(rows)
    columns: dict[str, pa.Array[Any]] = {
        "doc": pa.array([JSON if i % 2 else None for i in range(rows)]),
        "whole": pa.array([i * 1000 for i in range(rows)]),
        "content": pa.array([b"\xff\xd8\xff\xe0" if i % 3 else "文字".encode() for i in range(rows)], pa.binary()),
        "nothing": pa.nulls(rows, pa.string()),
        "area": pa.array([f"{PLACES[i % 3]}{i}号" for i in range(rows)]),
    }
    for name, column in columns.items():
        table = table.append_column(name, column)
    return table


def read(table: pa.Table, batches: list[pa.RecordBatch], start: ReadingState | None = None) -> TableReading:
    reading = TableReading(inputs(table), text_budget_seconds=None, start=start, clock=lambda: 0.0)
    for batch in batches:
        reading.add(batch)
    return reading


def kept(reading: TableReading) -> ReadingState:
    return from_bytes(to_bytes(reading.state(), versions=VERSIONS), versions=VERSIONS)


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return with_everything(480)


@pytest.fixture(scope="module")
def whole(table: pa.Table) -> TableScan:
    return read(table, table.to_batches(max_chunksize=40)).finish()


@settings(max_examples=8, deadline=None)
@given(breaks=st.sets(st.integers(0, 12), max_size=3))
def test_wherever_it_breaks_off_the_verdict_is_that_of_one_reading(
    table: pa.Table, whole: TableScan, breaks: set[int]
) -> None:
    batches = table.to_batches(max_chunksize=40)
    start, done = None, 0
    for place in sorted(breaks):
        start, done = kept(read(table, batches[done:place], start)), place
    assert read(table, batches[done:], start).finish() == whole


def test_what_text_was_read_is_known_after_the_break(table: pa.Table) -> None:
    """A text that was read before is not read again, and so gives no example of its own."""
    batches = table.to_batches(max_chunksize=40)
    state = kept(read(table, batches[:6]))
    assert len(state.columns["F5"].text.naming) > 0
    assert len(state.columns["F5"].text.nameless) > 0
    again = read(table, batches[:6], state).state()
    assert again.text_characters == state.text_characters


def test_the_time_that_text_took_counts_on() -> None:
    remark = pa.table({"备注": ["联系人张伟,电话联系过两次,约定下周上门"] * 3})
    ticking = iter(np.arange(0, 1000.0, 1.0).tolist())
    first = TableReading(inputs(remark), text_budget_seconds=None, clock=lambda: next(ticking))
    first.add(remark.to_batches()[0])
    assert first.state().text_seconds > 0
    second = TableReading(inputs(remark), text_budget_seconds=0.5, clock=lambda: next(ticking), start=kept(first))
    second.add(pa.table({"备注": ["家属李秀英陪同前来,已经告知注意事项"]}).to_batches()[0])
    assert [reason.code for reason in second.finish().reasons] == ["text_unread"]


def test_the_bytes_hold_no_cell_of_the_table(table: pa.Table) -> None:
    data = to_bytes(read(table, table.to_batches(max_chunksize=40)).state(), versions=VERSIONS).decode("latin-1")
    for name in ("id", "F1", "F2", "F4", "F5"):
        for cell in map(str, table.column(name).to_pylist()):
            assert cell not in data
            assert json.dumps(cell)[1:-1] not in data  # as JSON spells what is not ASCII
    assert "13812345678" not in data  # in the JSON of a cell


def test_what_a_reader_remembers_is_all_kept() -> None:
    """A reader that begins to remember more must keep it too."""
    assert {field.name for field in fields(TextReader)} - {"budget", "find"} == {"_known", "_cells", "_structured"}
    reader = TextReader(TextBudget(None, lambda: 0.0), _known={7: True, 2**64 - 1: False}, _cells=3, _structured=2)
    other = TextReader(TextBudget(None, lambda: 0.0))
    other.resume(reader.state())
    assert (other._known, other._cells, other._structured) == (reader._known, 3, 2)


@pytest.mark.parametrize("end", [0, 5, 30, 200, -1])
def test_bytes_that_were_cut_are_refused(table: pa.Table, end: int) -> None:
    data = to_bytes(read(table, table.to_batches()).state(), versions=VERSIONS)
    with pytest.raises(CheckpointUnusable):
        from_bytes(data[:end], versions=VERSIONS)


def test_bytes_of_other_rules_or_of_another_program_are_refused(
    table: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = to_bytes(read(table, table.to_batches()).state(), versions=VERSIONS)
    with pytest.raises(CheckpointUnusable):
        from_bytes(data, versions={**VERSIONS, "names": "another model"})
    monkeypatch.setattr("privacy.detection.checkpoint.program", lambda: "another")
    with pytest.raises(CheckpointUnusable):
        from_bytes(data, versions=VERSIONS)


def test_an_error_in_one_column_stops_no_other_and_is_told(
    table: pa.Table, whole: TableScan, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, str]] = []
    reading = TableReading(
        inputs(table),
        text_budget_seconds=None,
        clock=lambda: 0.0,
        on_failure=lambda column, error: told.append((column, type(error).__name__)),
    )

    def broken(_array: object) -> None:
        raise ZeroDivisionError("13812345678")

    monkeypatch.setattr(reading._scanner.scanners["F2"], "scan", broken)
    for batch in table.to_batches(max_chunksize=240):
        reading.add(batch)
    found = reading.finish()
    assert found.state == "incomplete"
    (reason,) = (reason for reason in found.reasons if reason.column == "F2")
    assert (reason.code, dict(reason.params)) == ("column_failed", {"rows": 480, "error": "ZeroDivisionError"})
    assert "13812345678" not in str(found)
    assert told == [("F2", "ZeroDivisionError")] * 2
    others = [column for column in whole.columns if column.name != "F2"]
    assert [column.entity_type for column in found.columns if column.name != "F2"] == [c.entity_type for c in others]


def test_whoever_stops_a_scan_in_the_middle_of_a_text_is_no_error_of_the_column() -> None:
    class Stop(Exception):
        pass

    def stop(progress: object) -> None:
        raise Stop

    remark = pa.table({"备注": ["联系人张伟,电话联系过两次,约定下周上门"]})
    reading = TableReading(inputs(remark), text_budget_seconds=None, progress=stop)
    with pytest.raises(Stop):
        reading.add(remark.to_batches()[0])


def test_one_picture_among_texts_leaves_the_texts_read() -> None:
    cells = [b"\xff\xd8\xff\xe0\x00\x10", b"13812345678", b"13912345678", None, b""]
    content = pa.table({"content": pa.array(cells, pa.binary())})
    found = read(content, content.to_batches()).finish().column("content")
    assert found.counts["cells"] == 2
    assert found.counts["blanks"] == 1
    (reason,) = read(content, content.to_batches()).finish().reasons
    assert (reason.code, reason.params["rows"]) == ("binary_unread", 1)


def test_a_very_long_cell_and_one_with_nul_are_read() -> None:
    long = "无关文字" * 800_000 + ",电话13812345678。"
    cells = pa.table({"备注": [long, "张\0伟 13912345678", "\0", "13712345678"]})
    found = TableReading([ColumnInput("备注", "", pa.string())], text_budget_seconds=0.0)
    found.add(cells.to_batches()[0])
    column = found.finish().column("备注")
    mobiles = {column.entity_type: column.counts["matched"]} | {o.entity_type: o.rows for o in column.other_types}
    assert mobiles["CN_MOBILE"] == 3


def test_damaged_cells_are_counted_and_the_others_read() -> None:
    texts = pa.array([b"13812345678", b"\xff\xfe", None, b"13912345678"], pa.binary()).view(pa.string())
    table = pa.table({"手机": texts})
    found = read(table, table.to_batches()).finish()
    counts = found.column("手机").counts
    assert (counts["rows"], counts["nulls"], counts["cells"], counts["matched"]) == (4, 1, 2, 2)
    assert [(reason.code, reason.params["rows"]) for reason in found.reasons] == [("cells_damaged", 1)]
    assert found.state == "incomplete"
