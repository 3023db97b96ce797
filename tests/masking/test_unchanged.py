"""The comparison of output that keeps its format with the values it was made of."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pyarrow as pa
import pytest

from privacy.masking.engine import protect_batches
from privacy.masking.keys import DomainKey
from privacy.masking.policy import FieldRule, policy_from_dict
from privacy.masking.unchanged import SourceComparison, odds_of

KEYS = DomainKey(bytes(range(32)))
Column = Sequence[str | None]


def rule(**stated: object) -> FieldRule:
    return policy_from_dict({"fields": {"x": {"operator": "ff1", **stated}}}).fields["x"]


def batches(values: Column, size: int) -> list[pa.RecordBatch]:
    column = pa.array(values, pa.string())
    return [pa.record_batch([column.slice(start, size)], names=["x"]) for start in range(0, max(len(values), 1), size)]


def compared(
    before: Column, after: Column, stated: FieldRule, *, sizes: tuple[int, int] = (70, 110), most_rows: int = 1 << 20
) -> list[tuple[str, int, int, int]]:
    """Source and output are read in batches of different sizes."""
    comparison = SourceComparison({"x": stated}, most_rows=most_rows)
    for batch in batches(before, sizes[0]):
        comparison.remember(batch)
    assert sum(batch.num_rows for batch in comparison.compared(batches(after, sizes[1]))) == len(after)
    return [(item.column, item.values, item.rows, item.compared) for item in comparison.findings()]


def numbers(count: int, length: int, seed: int = 5) -> list[str | None]:
    source = random.Random(seed)
    return ["".join(source.choices("0123456789", k=length)) for _ in range(count)]


def encrypted(values: Column, stated: FieldRule) -> list[str | None]:
    made: list[str | None] = []
    whole = batches(values, 1 << 15)
    policy = policy_from_dict({"fields": {"x": stated.to_dict()}})
    for batch in protect_batches(whole, whole[0].schema, policy, KEYS):
        made += batch.column(0).to_pylist()
    return made


@pytest.mark.parametrize("stated", [rule(), rule(entity_type="CN_MOBILE", keep="-"), rule(alphabet="hex")])
def test_an_encrypted_column_is_let_through(stated: FieldRule) -> None:
    values = [*numbers(500, 11), None, "", "无"]
    assert compared(values, encrypted(values, stated), stated) == []


def test_one_long_value_left_as_it_was_is_found() -> None:
    values = numbers(300, 18)
    after = encrypted(values, rule())
    after[200] = values[200]
    assert compared(values, after, rule()) == [("x", 1, 1, 300)]


def test_another_spelling_of_the_same_value_is_the_same_value() -> None:
    stated = rule(entity_type="CN_MOBILE")
    assert compared(["138-1234-5678", None], ["13812345678", None], stated) == [("x", 1, 1, 1)]
    assert compared([" 138 1234 5678"], ["+86 13812345678"], stated) == [("x", 1, 1, 1)]


def test_a_value_of_another_row_is_no_leak() -> None:
    values = numbers(300, 18)
    assert compared(values, [*values[1:], values[0]], rule()) == []


def test_short_values_that_came_back_by_chance_stop_nothing_but_more_do() -> None:
    values = numbers(200_000, 6)
    after = encrypted(values, rule())
    whole = (1 << 15, 40_000)
    assert compared(values, after, rule(), sizes=whole) == []
    after[:20] = values[:20]
    ((_, found, _, _),) = compared(values, after, rule(), sizes=whole)
    assert found >= 20


def test_memory_is_bounded_and_a_column_left_as_it_was_is_found_all_the_same() -> None:
    values = numbers(5_000, 12)
    ((_, found, _, looked_at),) = compared(values, values, rule(), most_rows=600)
    assert found == looked_at
    assert 300 < looked_at <= 600
    assert compared(values, encrypted(values, rule()), rule(), most_rows=600) == []


def test_other_operators_columns_are_not_compared() -> None:
    kept = policy_from_dict({"fields": {"x": "keep"}}).fields["x"]
    assert compared(["13812345678"], ["13812345678"], kept) == []


def test_the_odds_of_rare_events() -> None:
    assert odds_of(1, 0.0) == 0
    assert odds_of(1, 1e-4) == pytest.approx(1e-4, rel=1e-3)
    assert odds_of(2, 1.0) == pytest.approx(0.26424, rel=1e-4)
    assert odds_of(10, 1000.0) == pytest.approx(1.0)
