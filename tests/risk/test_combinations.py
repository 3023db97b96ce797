"""Combinations of columns: every figure against a plain count of the same rows, and against the risk measurement of the same columns."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations
from statistics import median_low
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.risk.combination_entries import Bounds
from privacy.risk.combination_rows import Partial, Plan, merge, partial_of
from privacy.risk.combinations import TOO_MANY, CombinationsFound, Combining, TooFewColumns
from privacy.risk.hashing import ColumnTypeUnsupported
from privacy.risk.measure import ColumnAmbiguous, ColumnUnknown, NoRows, measure

COLUMNS = ("district", "age", "sex", "job", "floor")
Row = tuple[str | None, str | None, int | None, str | None, int | None, str | None]
# So small that every row is spilled, every bucket is sliced, and few persons are not large.
TINY = Bounds(held_bytes=1, at_once=3, in_memory=1)
SMALL = Bounds(held_bytes=8 * 6 * 12, at_once=4, in_memory=64)
KEY = bytes(range(32))

rows_of_people = st.lists(
    st.tuples(
        st.sampled_from(["p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", None]),
        st.sampled_from(["姑苏", "虎丘", "", None]),
        st.sampled_from([30, 40, 50, None]),
        st.sampled_from(["男", "女"]),
        st.sampled_from([1, 2, 3, 4, 5]),
        st.sampled_from(["a", "b", None]),
    ),
    min_size=1,
    max_size=40,
)
bounds = st.sampled_from([TINY, SMALL, Bounds()])


def table_of(rows: Sequence[Row]) -> pa.RecordBatch:
    columns = list(zip(*rows, strict=True))
    kinds = [pa.string(), pa.string(), pa.int64(), pa.string(), pa.int64(), pa.string()]
    arrays = [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, names=["person", *COLUMNS])


def batches_of(rows: Sequence[Row], size: int) -> Iterator[pa.RecordBatch]:
    for start in range(0, len(rows), size):
        yield table_of(rows[start : start + size])


def found_in(
    rows: Sequence[Row], *, subject: str | None = "person", size: int = 7, held: Bounds | None = None, **options: Any
) -> CombinationsFound:
    with Combining(columns=COLUMNS, subject=subject, bounds=held) as counting:
        for batch in batches_of(rows, size):
            counting.add(batch)
        return counting.result(**options)


def counted_by_hand(rows: Sequence[Row], *, by_person: bool) -> dict[tuple[str, ...], Any]:
    """What the definitions say, counted slowly: classes, unique persons, the smallest and the median class, the share, whether minimal."""
    found: dict[tuple[str, ...], Any] = {}
    persons = len({row[0] for row in rows}) if by_person else len(rows)
    many: list[set[str]] = []
    for length in range(1, 5):
        for chosen in combinations(range(len(COLUMNS)), length):
            classes: dict[Any, set[Any]] = defaultdict(set)
            for number, (person, *cells) in enumerate(rows):
                classes[tuple(cells[place] for place in chosen)].add(person if by_person else number)
            uniques = len({who for members in classes.values() if len(members) == 1 for who in members})
            sizes = [len(members) for members in classes.values()]
            names = tuple(COLUMNS[place] for place in chosen)
            too_many = Fraction(uniques, persons) > TOO_MANY
            minimal = too_many and not any(fewer < set(names) for fewer in many)
            if too_many:
                many.append(set(names))
            found[names] = (len(classes), uniques, min(sizes), median_low(sizes), uniques / persons, minimal)
    return found


def as_counted(found: CombinationsFound) -> dict[tuple[str, ...], Any]:
    return {
        one.columns: (one.classes, one.uniques, one.smallest, one.median, one.unique_share, one.minimal)
        for one in found.combinations
    }


# --- the figures --------------------------------------------------------------------------------------------------------------


@given(rows=rows_of_people, size=st.integers(1, 40), held=bounds)
@settings(max_examples=150, deadline=None)
def test_every_combination_is_what_counting_by_hand_gives(rows: list[Row], size: int, held: Bounds) -> None:
    found = found_in(rows, size=size, held=held)
    assert as_counted(found) == counted_by_hand(rows, by_person=True)
    assert (found.rows, found.persons) == (len(rows), len({row[0] for row in rows}))
    assert found.null_subject_rows == sum(row[0] is None for row in rows)


@given(rows=rows_of_people, size=st.integers(1, 40), held=bounds)
@settings(max_examples=80, deadline=None)
def test_without_a_subject_every_row_is_a_person(rows: list[Row], size: int, held: Bounds) -> None:
    found = found_in(rows, subject=None, size=size, held=held)
    assert as_counted(found) == counted_by_hand(rows, by_person=False)
    assert (found.persons, found.null_subject_rows) == (len(rows), 0)


@given(rows=rows_of_people, subject=st.sampled_from(["person", None]))
@settings(max_examples=40, deadline=None)
def test_the_risk_measurement_says_the_same_of_each_combination(rows: list[Row], subject: str | None) -> None:
    for one in found_in(rows, subject=subject, held=SMALL).combinations:
        measured = measure([table_of(rows)], quasi=one.columns, subject=subject)
        assert (one.classes, one.uniques, one.smallest) == (measured.classes, measured.uniques, measured.k_min)
        assert one.unique_share == measured.unique_share


def test_a_larger_table_is_counted_alike_in_memory_and_through_the_file() -> None:
    draw = np.random.default_rng(5)
    rows = 6000
    people = draw.integers(0, 2500, rows)
    people[draw.random(rows) < 0.1] = 0  # somebody with very many rows
    values = {"a": 2, "b": 9, "c": 40, "d": 700, "e": 3, "f": 12}
    columns = {name: pa.array(draw.integers(0, most, rows)) for name, most in values.items()}
    table = pa.table({"who": pa.array(people, mask=draw.random(rows) < 0.2), **columns})

    def found(held: Bounds) -> CombinationsFound:
        with Combining(columns=list(columns), subject="who", bounds=held) as counting:
            for batch in table.to_batches(max_chunksize=500):
                counting.add(batch)
            return counting.result()

    in_memory = found(Bounds())
    assert in_memory == found(Bounds(held_bytes=8 * 7 * 400, at_once=1500, in_memory=1))
    assert in_memory == found(Bounds(held_bytes=8 * 7 * 90, at_once=4000, in_memory=1))
    assert len(in_memory.combinations) == 6 + 15 + 20 + 15
    for one in in_memory.combinations[::7]:
        measured = measure(table.to_batches(), quasi=one.columns, subject="who")
        assert (one.classes, one.uniques, one.smallest) == (measured.classes, measured.uniques, measured.k_min)


# --- parts ------------------------------------------------------------------------------------------------------------------------


def content(part: Partial) -> tuple[Any, ...]:
    return part.rows, part.null_subject_rows, part.cells.tolist(), part.last.tolist()


@pytest.mark.parametrize("subject", ["person", None])
@given(first=rows_of_people, second=rows_of_people, third=rows_of_people)
@settings(max_examples=60, deadline=None)
def test_merging_parts_is_associative_and_does_not_depend_on_the_order(
    subject: str | None, first: list[Row], second: list[Row], third: list[Row]
) -> None:
    named = subject is not None
    a, b, c = (partial_of(table_of(rows), Plan(COLUMNS, subject, KEY)) for rows in (first, second, third))
    left = merge([merge([a, b], named=named), c], named=named)
    right = merge([a, merge([b, c], named=named)], named=named)
    assert content(left) == content(right) == content(merge([c, a, b], named=named))
    whole = partial_of(table_of([*first, *second, *third]), Plan(COLUMNS, subject, KEY))
    assert content(left) == content(whole)


@given(first=rows_of_people, second=rows_of_people)
@settings(max_examples=30, deadline=None)
def test_parts_that_were_read_elsewhere_are_put_together(first: list[Row], second: list[Row]) -> None:
    with Combining(columns=COLUMNS, subject="person", key=KEY, bounds=SMALL) as counting:
        for rows in (second, first):
            counting.add_part(partial_of(table_of(rows), counting.plan))
        assert counting.result() == found_in([*first, *second])


def test_a_part_holds_no_value_and_says_nothing_without_the_key() -> None:
    rows: list[Row] = [("p1", "姑苏", 30, "男", 1, "a"), ("p1", "姑苏", 30, "男", 1, "a")]
    ours, theirs = (partial_of(table_of(rows), Plan(COLUMNS, "person", key)) for key in (KEY, KEY[::-1]))
    assert ours.cells.shape == (5, 1), "the same row of the same person once"
    assert not set(ours.cells.ravel()) & set(theirs.cells.ravel())
    same = pa.RecordBatch.from_arrays([pa.array(["x"]), pa.array(["x"])], names=["a", "b"])
    part = partial_of(same, Plan(("a", "b"), None, KEY))
    assert part.cells[0, 0] != part.cells[1, 0], "a value in one column is not to be recognised in another"


# --- what comes first ---------------------------------------------------------------------------------------------------------


def street(rows: int) -> list[Row]:
    """Sex and floor tell nobody apart; the age and the district together everybody."""
    return [(f"p{n}", f"d{n // 10}", n % 10, "男女"[n % 2], n % 5, "x") for n in range(rows)]


def test_the_smallest_combinations_that_single_out_come_first_and_what_they_imply_is_not_among_them() -> None:
    found = found_in(street(200))
    first = found.combinations[0]
    assert (first.columns, first.unique_share, first.minimal) == (("district", "age"), 1.0, True)
    assert [one.columns for one in found.combinations if one.minimal] == [
        ("district", "age"),
        ("district", "sex", "job"),
    ] or all({"district", "age"} - set(one.columns) for one in found.combinations[1:] if one.minimal)
    shares = [one.unique_share for one in found.combinations if not one.minimal]
    assert shares == sorted(shares, reverse=True)


def test_a_column_that_singles_out_alone_is_minimal_alone() -> None:
    rows: list[Row] = [(f"p{n}", f"d{n}", 30, "男", 1, "a") for n in range(30)]
    minimal = [one for one in found_in(rows).combinations if one.minimal]
    assert [one.columns for one in minimal] == [("district",)]


def test_of_many_columns_those_with_most_values_are_combined_and_the_others_named() -> None:
    found = found_in(street(200), at_most=3)
    assert found.columns == ("district", "age", "job")
    assert found.left_out == ("sex", "floor")
    combined = {one.columns for one in found.combinations if len(one.columns) > 1}
    assert combined == {("district", "age"), ("district", "job"), ("age", "job"), ("district", "age", "job")}
    assert {one.columns for one in found.combinations if len(one.columns) == 1} == {(name,) for name in COLUMNS}


def test_whoever_watches_is_told_how_far_it_is_and_may_stop_it() -> None:
    seen: list[tuple[int, int]] = []
    found = found_in(street(30), advance=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(found.combinations), len(found.combinations))

    def stop(done: int, _total: int) -> None:
        if done > 7:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        found_in(street(30), held=TINY, advance=stop)


def test_a_result_is_kept_as_json_and_read_again() -> None:
    found = found_in(street(40))
    kept = json.dumps(found.as_dict())
    assert CombinationsFound.from_dict(json.loads(kept)) == found
    assert "p12" not in kept
    assert "d3" not in kept


# --- what cannot be counted ---------------------------------------------------------------------------------------------------


def test_one_column_is_no_combination() -> None:
    with pytest.raises(TooFewColumns):
        Combining(columns=["age", "age"], subject=None)


def test_nothing_is_said_of_a_table_without_rows() -> None:
    with Combining(columns=COLUMNS, subject=None) as counting, pytest.raises(NoRows):
        counting.result()


def test_a_column_that_is_not_there_is_named() -> None:
    batch = table_of([("p1", "姑苏", 30, "男", 1, "a")])
    with Combining(columns=["age", "street"], subject=None) as counting, pytest.raises(ColumnUnknown) as missing:
        counting.add(batch)
    assert missing.value.params == {"column": "street"}
    twice = pa.RecordBatch.from_arrays([batch.column(2), batch.column(2), batch.column(1)], names=["age", "age", "x"])
    with Combining(columns=["age", "x"], subject=None) as counting, pytest.raises(ColumnAmbiguous):
        counting.add(twice)
    lists = pa.RecordBatch.from_arrays([pa.array([[1]]), pa.array([1])], names=["age", "x"])
    with Combining(columns=["age", "x"], subject=None) as counting, pytest.raises(ColumnTypeUnsupported):
        counting.add(lists)
