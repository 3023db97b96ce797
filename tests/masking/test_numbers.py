"""Rounding and clipping: every type of number keeps its type, exactly, and nothing malformed passes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.masking.engine import protect_batches
from privacy.masking.errors import ParameterInvalid, ParameterMissing, PolicyError, TypeUnsuitable
from privacy.masking.policy import policy_from_dict

WHOLE = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]


def masked(values: pa.Array[Any], **rule: object) -> pa.Array[Any]:
    """A column under one rule that needs no key."""
    return reported(values, **rule)[0]


def reported(values: pa.Array[Any], **rule: object) -> tuple[pa.Array[Any], int, int]:
    batch = pa.RecordBatch.from_arrays([values], names=["x"])
    protector = protect_batches([batch], batch.schema, policy_from_dict({"fields": {"x": rule}}), None)
    (out,) = protector
    (column,) = protector.report.columns
    return out.column(0), column.nulls, column.invalid


def rounded(values: pa.Array[Any], **parameters: object) -> list[Any]:
    return masked(values, operator="round", **parameters).to_pylist()


def clipped(values: pa.Array[Any], **parameters: object) -> list[Any]:
    return masked(values, operator="clip", **parameters).to_pylist()


@pytest.mark.parametrize("kind", WHOLE, ids=str)
def test_whole_numbers_of_every_width_stay_what_they_are(kind: pa.DataType) -> None:
    values = pa.array([0, 4, 5, 6, 14, 15, 16, 99, None], type=kind)
    result = masked(values, operator="round", multiple=10)
    assert result.type == kind
    assert result.to_pylist() == [0, 0, 0, 10, 10, 20, 20, 100, None]
    result = masked(values, operator="clip", low=5, high=15)
    assert result.type == kind
    assert result.to_pylist() == [5, 5, 5, 6, 14, 15, 15, 15, None]


def test_the_largest_numbers_are_rounded_exactly_or_flagged() -> None:
    values = pa.array([2**63 - 1, -(2**63), 2**62 + 3])
    result, nulls, invalid = reported(values, operator="round", multiple=10)
    assert result.to_pylist() == [None, None, (2**62 + 3) // 10 * 10 + 10]
    assert (nulls, invalid) == (0, 2)
    assert rounded(pa.array([2**64 - 6], type=pa.uint64()), multiple=10) == [2**64 - 6 - (2**64 - 6) % 10]
    assert clipped(pa.array([2**64 - 1, 7], type=pa.uint64()), low=10) == [2**64 - 1, 10]


def test_text_is_rounded_as_it_reads() -> None:
    values = pa.array(["1,234", "+15", " 25 ", "-7", "1e3", "12元", "", "无", None, "12.50", "１６", "007"])
    result, nulls, invalid = reported(values, operator="round", multiple=10)
    assert result.to_pylist() == ["1230", "20", "20", "-10", None, None, None, None, None, "10", "20", "10"]
    assert (nulls, invalid) == (3, 2)


def test_digits_count_from_the_point_in_both_directions() -> None:
    assert rounded(pa.array(["12.345", "12.355", "12", "-0.001"]), digits=2) == ["12.34", "12.36", "12.00", "0.00"]
    assert rounded(pa.array([1249, 1250, 1350]), digits=-2) == [1200, 1200, 1400]
    assert rounded(pa.array([0.30000000000000004, 2.675]), digits=1) == [0.3, 2.7]
    assert rounded(pa.array([Decimal("12.345"), Decimal("-0.004")]), digits=2) == [Decimal("12.34"), Decimal("0.00")]
    assert rounded(pa.array(["7", "9"]), multiple=2.5) == ["7.5", "10.0"]


def test_what_would_round_nothing_away_is_refused() -> None:
    for values, parameters in (
        (pa.array([1]), {"multiple": 1}),
        (pa.array([1]), {"digits": 0}),
        (pa.array([1]), {"multiple": 2.5}),
        (pa.array([Decimal("1.25")]), {"digits": 2}),
        (pa.array([True]), {"multiple": 5}),
    ):
        with pytest.raises(TypeUnsuitable):
            rounded(values, **parameters)
    with pytest.raises(ParameterMissing):
        rounded(pa.array([1]))
    with pytest.raises(ParameterInvalid):
        rounded(pa.array([1]), multiple=10, digits=-1)


def test_what_is_no_number_is_flagged() -> None:
    result, nulls, invalid = reported(pa.array([1.2, float("nan"), float("inf"), None]), operator="round", multiple=0.5)
    assert result.to_pylist() == [1.0, None, None, None]
    assert (nulls, invalid) == (2, 1)  # not a number is how frames write a missing one


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1), st.integers(2, 10**6))
def test_a_rounded_whole_number_is_the_nearest_multiple(numbers: list[int], step: int) -> None:
    for number, result in zip(numbers, rounded(pa.array(numbers, type=pa.int64()), multiple=step), strict=True):
        if result is None:
            assert not -(2**63) <= round(Decimal(number) / step) * step < 2**63
        else:
            assert result % step == 0
            assert abs(result - number) * 2 <= step


@given(st.lists(st.decimals(-(10**9), 10**9, places=4), min_size=1), st.sampled_from([0.01, 0.5, 5, 100]))
def test_text_decimals_and_floats_round_alike_and_in_order(numbers: list[Decimal], step: float) -> None:
    numbers.sort()
    text = rounded(pa.array([f"{number:f}" for number in numbers], type=pa.string()), multiple=step)
    exact = rounded(pa.array(numbers, type=pa.decimal128(20, 4)), multiple=step)
    assert [Decimal(one) for one in text] == exact == sorted(exact)
    floats = rounded(pa.array([float(number) for number in numbers], type=pa.float64()), multiple=step)
    assert all(abs(Decimal(one) - two) <= Decimal(str(step)) for one, two in zip(floats, exact, strict=True))
    assert rounded(pa.array(text, type=pa.string()), multiple=step) == text


def test_the_ends_can_be_told_in_words() -> None:
    rule = {"low": 18, "high": 85, "low_text": "≤ 18", "high_text": "≥ 85"}
    expected = ["≤ 18", "≤ 18", "19", "84", "≥ 85", "≥ 85", None]
    assert clipped(pa.array([3, 18, 19, 84, 85, 101, None]), **rule) == expected
    assert clipped(pa.array(["3", "18.0", "19", "84", "85", "101", ""]), **rule) == expected
    assert clipped(pa.array([3.5, 18.0, 19.0, 84.0, 85.0, 101.0, None]), **rule) == expected
    assert clipped(pa.array([200, 3]), high=90, high_text="90+") == ["90+", "3"]
    assert clipped(pa.array(["95", "89"]), high=89.5) == ["89.5", "89"]


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"low": 5, "high": 5},
        {"low": 9, "high": 5},
        {"high": 5, "low_text": "little"},
        {"high": 5, "high_text": " "},
        {"high": "5"},
        {"high": float("inf")},
    ],
)
def test_a_clip_that_makes_no_sense_is_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(PolicyError):
        clipped(pa.array([1]), **parameters)


def test_a_bound_that_the_column_cannot_hold_is_refused() -> None:
    for values, bound in (
        (pa.array([1], type=pa.int8()), 300),
        (pa.array([1]), 2.5),
        (pa.array([Decimal("1.2")]), 2.55),
    ):
        with pytest.raises(TypeUnsuitable):
            clipped(values, high=bound)


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1), st.integers(-1000, 0), st.integers(1, 1000))
def test_clipped_numbers_lie_between_the_ends_and_those_inside_stay(numbers: list[int], low: int, high: int) -> None:
    expected = [min(max(number, low), high) for number in numbers]
    assert clipped(pa.array(numbers, type=pa.int64()), low=low, high=high) == expected


def test_tokens_of_malformed_values_need_a_column_of_text() -> None:
    with pytest.raises(ParameterInvalid, match="no room for tokens"):
        rounded(pa.array([1]), multiple=10, invalid="token")
