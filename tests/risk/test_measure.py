"""Measuring a table: k, uniques, l, t and the risks, against a plain Python count of the same rows."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.risk.hashing import ColumnTypeUnsupported
from privacy.risk.measure import (
    ColumnAmbiguous,
    ColumnUnknown,
    Measuring,
    NoQuasiIdentifiers,
    NoRows,
    PopulationInvalid,
    measure,
)
from privacy.risk.measurement import Measurement, conclude
from privacy.risk.partial import Partial, Plan, merge, partial_of

Row = tuple[str | None, str | None, int | None, str | None]

TYPES: dict[str, pa.DataType] = {
    "person": pa.string(),
    "district": pa.string(),
    "age": pa.int64(),
    "illness": pa.string(),
}

rows_of_people = st.lists(
    st.tuples(
        st.sampled_from(["p1", "p2", "p3", "p4", "p5", "p6", None]),
        st.sampled_from(["姑苏", "虎丘", "", None]),
        st.sampled_from([30, 40, None]),
        st.sampled_from(["a", "b", "c", None]),
    ),
    min_size=1,
    max_size=30,
)


def table_of(rows: Sequence[Row]) -> pa.RecordBatch:
    columns = list(zip(*rows, strict=True)) if rows else [(), (), (), ()]
    arrays = [pa.array(column, kind) for column, kind in zip(columns, TYPES.values(), strict=True)]
    return pa.RecordBatch.from_arrays(arrays, names=list(TYPES))


def batches_of(rows: Sequence[Row], size: int) -> Iterator[pa.RecordBatch]:
    for start in range(0, len(rows), size):
        yield table_of(rows[start : start + size])


def counted_by_hand(rows: Sequence[Row], *, by_person: bool = True) -> dict[str, Any]:
    """What the definitions say, counted slowly."""
    classes: dict[Any, set[Any]] = defaultdict(set)
    values: dict[Any, set[Any]] = defaultdict(set)
    for number, (person, district, age, illness) in enumerate(rows):
        who = (person or "nobody") if by_person else ("row", number)
        classes[district, age].add(who)
        values[district, age].add((who, illness))
    people = set().union(*classes.values())
    sizes = {quasi: len(members) for quasi, members in classes.items()}
    overall = Counter(illness for pairs in values.values() for _who, illness in pairs)
    diversities, entropies, distances = [], [], []
    for quasi, pairs in values.items():
        held = Counter(illness for _who, illness in pairs)
        total, everything = sum(held.values()), sum(overall.values())
        distances.append(sum(abs(held[value] / total - overall[value] / everything) for value in overall) / 2)
        known = {value: count for value, count in held.items() if value is not None}
        if not known:
            continue
        homogeneous = max(known.values()) == sizes[quasi]
        diversity = 1 if homogeneous else min(len(known), sizes[quasi])
        shares = [count / sum(known.values()) for count in known.values()]
        diversities.append(diversity)
        entropies.append(min(diversity, math.exp(-sum(share * math.log(share) for share in shares))))
    sets: dict[Any, set[Any]] = defaultdict(set)
    for quasi, members in classes.items():
        for who in members:
            sets[(who, quasi) if who == "nobody" else who].add(quasi)
    linked = Counter(frozenset(found) for found in sets.values())
    return {
        "rows": len(rows),
        "subjects": len(people),
        "classes": len(classes),
        "k_min": min(sizes.values()),
        "uniques": len({who for members in classes.values() if len(members) == 1 for who in members}),
        "null_subject_rows": sum(person is None for person, *_rest in rows) if by_person else 0,
        "subjects_in_several_classes": sum(len(found) > 1 for found in sets.values()),
        "linked_classes": len(linked),
        "linked_k_min": min(linked.values()),
        "linked_uniques": sum(count == 1 for count in linked.values()),
        "l_distinct": min(diversities, default=None),
        "l_entropy": pytest.approx(min(entropies)) if entropies else None,
        "t": pytest.approx(max(distances), abs=1e-9),
        "r_max": 1 / min(sizes.values()),
        "r_avg": min(1.0, len(classes) / len(people)),
    }


def figures(result: Measurement) -> dict[str, Any]:
    return {name: getattr(result, name) for name in counted_by_hand([("p", "d", 1, "i")])}


@given(rows=rows_of_people, size=st.integers(1, 10))
@settings(max_examples=150, deadline=None)
def test_every_figure_is_what_counting_by_hand_gives(rows: list[Row], size: int) -> None:
    result = measure(batches_of(rows, size), quasi=["district", "age"], subject="person", sensitive=["illness"])
    assert figures(result) == counted_by_hand(rows)


@given(rows=rows_of_people, size=st.integers(1, 10))
@settings(max_examples=60, deadline=None)
def test_without_a_subject_every_row_is_a_person(rows: list[Row], size: int) -> None:
    result = measure(batches_of(rows, size), quasi=["district", "age"], subject=None, sensitive=["illness"])
    assert figures(result) == counted_by_hand(rows, by_person=False)


PLAN = Plan(quasi=("district", "age"), subject="person", sensitive=("illness",))


def as_sets(part: Partial) -> list[Any]:
    """The content of a part, in no order."""
    tables = [part.counts, part.pairs]
    for column in part.sensitive:
        tables += [column.counts, column.triples]
    contents = [sorted(tuple(row.values()) for row in table.to_pylist()) for table in tables]
    return [part.rows, part.null_subject_rows, *contents]


@given(first=rows_of_people, second=rows_of_people, third=rows_of_people)
@settings(max_examples=60, deadline=None)
def test_merging_parts_is_associative_and_does_not_depend_on_the_order(
    first: list[Row], second: list[Row], third: list[Row]
) -> None:
    a, b, c = (partial_of(table_of(rows), PLAN) for rows in (first, second, third))
    left = merge([merge([a, b]), c])
    right = merge([a, merge([b, c])])
    assert as_sets(left) == as_sets(right) == as_sets(merge([c, a, b]))
    assert conclude(left, PLAN) == conclude(right, PLAN) == conclude(merge([c, b, a]), PLAN)


@given(rows=rows_of_people, size=st.integers(1, 30))
@settings(max_examples=40, deadline=None)
def test_the_result_is_exactly_the_same_however_the_table_is_cut(rows: list[Row], size: int) -> None:
    asked: dict[str, Any] = {"quasi": ["district", "age"], "subject": "person", "sensitive": ["illness"]}
    assert measure(batches_of(rows, size), **asked) == measure([table_of(rows)], **asked)


def test_ten_rows_of_one_person_are_one_person_and_not_ten() -> None:
    rows: list[Row] = [("p1", "姑苏", 30, "a")] * 10
    result = measure([table_of(rows)], quasi=["district", "age"], subject="person")
    assert (result.rows, result.subjects, result.k_min, result.r_max) == (10, 1, 1, 1.0)
    assert measure([table_of(rows)], quasi=["district", "age"], subject=None).k_min == 10


def test_a_person_in_several_classes_is_never_counted_as_safer_than_in_one() -> None:
    rows: list[Row] = [
        ("p1", "姑苏", 30, None),
        ("p1", "虎丘", 30, None),
        ("p2", "姑苏", 30, None),
        ("p3", "姑苏", 30, None),
    ]
    result = measure([table_of(rows)], quasi=["district"], subject="person")
    assert (result.subjects, result.classes, result.k_min, result.uniques) == (3, 2, 1, 1)
    assert result.subjects_in_several_classes == 1
    # The mean over persons of their own greatest risk would be (1 + 1/3 + 1/3) / 3.
    assert result.average_risk() == Fraction(2, 3) >= Fraction(5, 9)
    assert (result.linked_classes, result.linked_k_min, result.linked_uniques) == (2, 1, 1)


def test_the_average_risk_never_exceeds_certainty() -> None:
    rows: list[Row] = [("p1", "姑苏", 30, None), ("p1", "虎丘", 30, None), ("p1", None, 30, None)]
    result = measure([table_of(rows)], quasi=["district"], subject="person")
    assert (result.classes, result.subjects, result.r_avg) == (3, 1, 1.0)


def test_linking_the_rows_of_persons_can_single_out_somebody_whom_the_classes_hide() -> None:
    rows: list[Row] = [(person, "姑苏", 30, None) for person in ("p1", "p2", "p3")]
    rows += [(person, "虎丘", 30, None) for person in ("p1", "p4", "p5")]
    result = measure([table_of(rows)], quasi=["district"], subject="person")
    assert (result.k_min, result.uniques) == (3, 0)
    assert (result.linked_k_min, result.linked_uniques) == (1, 1)


def test_an_empty_cell_is_a_value_of_its_own_and_not_the_empty_text() -> None:
    rows: list[Row] = [("p1", None, 30, None), ("p2", "", 30, None), ("p3", None, 30, None)]
    result = measure([table_of(rows)], quasi=["district"], subject="person")
    assert (result.classes, result.k_min) == (2, 1)


def test_rows_without_a_subject_add_at_most_one_person_to_a_class_and_are_reported() -> None:
    rows: list[Row] = [(None, "姑苏", 30, None)] * 40 + [("p1", "姑苏", 30, None), ("p2", "虎丘", 30, None)]
    result = measure([table_of(rows)], quasi=["age"], subject="person")
    assert (result.subjects, result.k_min, result.null_subject_rows) == (3, 3, 40)
    result = measure([table_of(rows)], quasi=["district"], subject="person")
    assert (result.subjects, result.classes, result.k_min, result.uniques) == (3, 2, 1, 1)


def test_a_table_in_which_no_row_has_its_subject_is_about_one_person() -> None:
    rows: list[Row] = [(None, "姑苏", 30, None)] * 40
    result = measure([table_of(rows)], quasi=["district"], subject="person")
    assert (result.subjects, result.k_min, result.r_max) == (1, 1, 1.0)


def test_a_class_whose_members_all_share_a_value_hides_nothing_however_many_others_they_have() -> None:
    rows: list[Row] = [
        ("p1", "姑苏", 30, "a"),
        ("p2", "姑苏", 30, "a"),
        ("p1", "姑苏", 30, "b"),
        ("p2", "姑苏", 30, "c"),
    ]
    result = measure([table_of(rows)], quasi=["district"], subject="person", sensitive=["illness"])
    assert (result.l_distinct, result.l_entropy) == (1, 1.0)


def test_one_person_with_three_illnesses_is_not_three_people() -> None:
    rows: list[Row] = [("p1", "姑苏", 30, "a"), ("p1", "姑苏", 30, "b"), ("p1", "姑苏", 30, "c")]
    result = measure([table_of(rows)], quasi=["district"], subject="person", sensitive=["illness"])
    assert result.l_distinct == 1


def test_an_empty_sensitive_cell_hides_nobody() -> None:
    rows: list[Row] = [("p1", "姑苏", 30, "a"), ("p2", "姑苏", 30, None), ("p3", "姑苏", 30, None)]
    result = measure([table_of(rows)], quasi=["district"], subject="person", sensitive=["illness"])
    assert result.l_distinct == 1


def test_l_and_t_are_not_measured_where_no_sensitive_field_is_named() -> None:
    result = measure([table_of([("p1", "姑苏", 30, "a")])], quasi=["district"], subject="person")
    assert (result.l_distinct, result.l_entropy, result.t) == (None, None, None)


def test_a_sensitive_column_without_any_value_has_no_diversity() -> None:
    rows: list[Row] = [("p1", "姑苏", 30, None), ("p2", "姑苏", 30, None)]
    result = measure([table_of(rows)], quasi=["district"], subject="person", sensitive=["illness"])
    assert (result.l_distinct, result.l_entropy, result.t) == (None, None, 0.0)


def test_several_sensitive_fields_are_told_apart_and_the_worst_counts() -> None:
    rows: list[Row] = [("p1", "姑苏", 30, "a"), ("p2", "姑苏", 30, "b")]
    result = measure([table_of(rows)], quasi=["district"], subject="person", sensitive=["illness", "age"])
    assert [(field.name, field.l_distinct) for field in result.sensitive] == [("illness", 2), ("age", 1)]
    assert result.l_distinct == 1


def test_the_histogram_counts_every_class_and_every_place_once() -> None:
    rows: list[Row] = [(f"p{n}", f"d{n % 7}" if n < 60 else "rest", 30, None) for n in range(1100)]
    result = measure([table_of(rows)], quasi=["district"], subject="person")
    assert sum(bucket.classes for bucket in result.class_sizes) == result.classes == 8
    assert sum(bucket.persons for bucket in result.class_sizes) == result.subjects == 1100
    assert {(b.lowest, b.highest): b.classes for b in result.class_sizes if b.classes} == {(5, 9): 7, (1000, None): 1}


def test_the_population_share_is_persons_over_population() -> None:
    batch = table_of([("p1", "姑苏", 30, None), ("p2", "姑苏", 30, None)])
    result = measure([batch], quasi=["district"], subject="person", population=8)
    assert (result.population, result.population_share) == (8, 0.25)
    assert measure([batch], quasi=["district"], subject="person").population_share is None


def test_no_quasi_identifier_is_refused_and_never_a_risk_of_zero() -> None:
    with pytest.raises(NoQuasiIdentifiers) as refusal:
        measure([table_of([("p1", "姑苏", 30, None)])], quasi=[], subject="person")
    assert refusal.value.code == "no_quasi_identifiers"


@pytest.mark.parametrize("batches", [[], [table_of([])]])
def test_a_table_without_rows_is_refused(batches: list[pa.RecordBatch]) -> None:
    with pytest.raises(NoRows) as refusal:
        measure(batches, quasi=["district"], subject=None)
    assert refusal.value.code == "no_rows"


@pytest.mark.parametrize(
    "asked",
    [
        {"quasi": ["street"], "subject": None},
        {"quasi": ["district"], "subject": "street"},
        {"quasi": ["district"], "subject": None, "sensitive": ["street"]},
    ],
)
def test_an_unknown_column_is_named(asked: dict[str, Any]) -> None:
    with pytest.raises(ColumnUnknown, match="street") as refusal:
        measure([table_of([("p1", "姑苏", 30, None)])], **asked)
    assert refusal.value.code == "unknown_column"


def test_an_unknown_column_is_noticed_even_where_there_are_no_rows() -> None:
    with pytest.raises(ColumnUnknown):
        measure([table_of([])], quasi=["street"], subject=None)


def test_a_column_that_is_there_twice_is_refused() -> None:
    batch = pa.RecordBatch.from_arrays([pa.array([1]), pa.array([2])], names=["age", "age"])
    with pytest.raises(ColumnAmbiguous):
        measure([batch], quasi=["age"], subject=None)


def test_a_column_of_lists_is_refused_by_name() -> None:
    batch = pa.record_batch({"tags": pa.array([["a"], ["b"]])})
    with pytest.raises(ColumnTypeUnsupported, match="tags"):
        measure([batch], quasi=["tags"], subject=None)


def test_a_population_of_nobody_is_refused() -> None:
    with pytest.raises(PopulationInvalid):
        measure([table_of([("p1", "姑苏", 30, None)])], quasi=["district"], subject=None, population=0)


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1, 2, 1, None]),
        pa.array([1.5, 2.5, 1.5, None]),
        pa.array([1.5, 2.5, 1.5, None], pa.float16()),
        pa.array([True, False, True, None]),
        pa.array([Decimal("1.10"), Decimal("2.20"), Decimal("1.10"), None]),
        pa.array([date(2000, 1, 1), date(2000, 1, 2), date(2000, 1, 1), None]),
        pa.array([datetime(2000, 1, 1), datetime(2000, 1, 2), datetime(2000, 1, 1), None]),  # noqa: DTZ001
        pa.array([0, 1, 0, None], pa.timestamp("us", tz="Asia/Shanghai")),
        pa.array([0, 1, 0, None], pa.time32("s")),
        pa.array([0, 1, 0, None], pa.duration("ms")),
        pa.array([b"a", b"b", b"a", None]),
        pa.array([b"a", b"b", b"a", None], pa.binary(1)),
        pa.array(["a", "b", "a", None], pa.large_string()),
        pa.array(["a", "b", "a", None], pa.string_view()),
        pa.array(["a", "b", "a", None]).dictionary_encode(),
        pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 3]), pa.array(["a", "b", "a", None])),
    ],
    ids=lambda column: str(column.type),
)
def test_columns_of_every_flat_type_are_counted(column: pa.Array[Any]) -> None:
    batch = pa.record_batch({"value": column, "person": column})
    by_row = measure([batch], quasi=["value"], subject=None)
    assert (by_row.classes, by_row.k_min, by_row.uniques) == (3, 1, 2)
    by_person = measure([batch], quasi=["value"], subject="person")
    assert (by_person.subjects, by_person.null_subject_rows) == (3, 1)


def test_a_column_of_nothing_but_nulls_is_one_class() -> None:
    batch = pa.record_batch({"value": pa.nulls(5)})
    assert measure([batch], quasi=["value"], subject=None).k_min == 5


def test_the_same_quasi_identifier_named_twice_counts_once() -> None:
    batch = table_of([("p1", "姑苏", 30, None)])
    assert measure([batch], quasi=["age", "age"], subject=None).quasi == ("age",)


def test_values_do_not_run_together_across_columns() -> None:
    batch = pa.record_batch({"a": ["1", "11"], "b": ["11", "1"]})
    assert measure([batch], quasi=["a", "b"], subject=None).classes == 2


def test_the_key_of_the_hashes_changes_nothing_in_the_result() -> None:
    rows: list[Row] = [(f"p{n % 40}", f"d{n % 5}", n % 3, f"i{n % 4}") for n in range(200)]
    asked: dict[str, Any] = {"quasi": ["district", "age"], "subject": "person", "sensitive": ["illness"]}
    plain, keyed = measure([table_of(rows)], **asked), measure([table_of(rows)], **asked, key=b"k" * 32)
    assert plain.l_entropy == pytest.approx(keyed.l_entropy)
    assert plain.t == pytest.approx(keyed.t)
    assert {**plain.as_dict(), "sensitive": 0, "l_entropy": 0, "t": 0} == {
        **keyed.as_dict(),
        "sensitive": 0,
        "l_entropy": 0,
        "t": 0,
    }


def test_many_batches_are_merged_on_the_way_with_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[Row] = [(f"p{n % 97}", f"d{n % 11}", n % 3, f"i{n % 4}") for n in range(2000)]
    asked: dict[str, Any] = {"quasi": ["district", "age"], "subject": "person", "sensitive": ["illness"]}
    at_once = measure([table_of(rows)], **asked)
    monkeypatch.setattr("privacy.risk.measure._MERGE_AT", 10)
    assert measure(batches_of(rows, 13), **asked) == at_once


def test_measuring_while_the_batches_are_written_elsewhere_gives_the_same_result() -> None:
    rows: list[Row] = [(f"p{n % 97}", f"d{n % 11}", n % 3, f"i{n % 4}") for n in range(500)]
    asked: dict[str, Any] = {"quasi": ["district"], "subject": "person", "sensitive": ["illness"], "population": 1000}
    measuring = Measuring(**asked)
    with pytest.raises(NoRows):
        measuring.result()
    for batch in batches_of(rows, 50):
        measuring.add(batch)
    assert measuring.result() == measure([table_of(rows)], **asked)
    with pytest.raises(NoQuasiIdentifiers):
        Measuring(quasi=[], subject=None)


def test_a_measurement_survives_being_stored() -> None:
    rows: list[Row] = [(f"p{n % 7}", f"d{n % 3}", n % 2, "a" if n % 2 else None) for n in range(50)]
    result = measure(
        [table_of(rows)], quasi=["district", "age"], subject="person", sensitive=["illness"], population=100
    )
    assert Measurement.from_dict(result.as_dict()) == result


def test_a_part_holds_no_cell_of_the_table() -> None:
    rows: list[Row] = [("person-of-interest", "secret-district", 30, "secret-illness")]
    part = partial_of(table_of(rows), PLAN)
    assert "person-of-interest" not in repr(part)
    assert all(kind == pa.uint64() for kind in part.pairs.schema.types)
    keyed = partial_of(table_of(rows), Plan(PLAN.quasi, PLAN.subject, PLAN.sensitive, b"another key"))
    assert keyed.pairs != part.pairs
