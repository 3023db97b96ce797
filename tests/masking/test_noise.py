"""Noise: of the size it says, the same for the same, kept by the type, and never averaged away."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.masking.engine import protect_batches
from privacy.masking.errors import ColumnsMissing, KeyMissing, PolicyError
from privacy.masking.keys import DomainKey
from privacy.masking.policy import policy_from_dict

KEYS = DomainKey(bytes(range(32)))
OTHER = DomainKey(bytes(range(1, 33)))
IDS = ["32050819900101123X", "320508 19900101 123x", "11010119800101001X", None, "mistyped"]


def noised(
    values: pa.Array[Any], keys: DomainKey | None = KEYS, ids: list[str | None] | None = None, **rule: Any
) -> Any:
    columns = {"x": values} if ids is None else {"x": values, "id": pa.array(ids, type=pa.string())}
    batch = pa.RecordBatch.from_pydict(columns)
    policy = policy_from_dict({"fields": {"x": {"operator": "noise", **rule}}})
    (out,) = protect_batches([batch], batch.schema, policy, keys)
    return out.column("x")


@pytest.mark.parametrize(
    ("rule", "deviation"),
    [
        ({"scale": 100}, 100 * 2**0.5),
        ({"scale": 100, "shape": "gaussian"}, 100),
        ({"width": 600}, 600 / 12**0.5),
    ],
)
def test_noise_has_the_size_it_says_and_no_direction(rule: dict[str, Any], deviation: float) -> None:
    values = pa.array(np.arange(30_000) * 7)
    moved = noised(values, **rule).to_numpy() - values.to_numpy()
    assert abs(moved.mean()) < 5 * deviation / 30_000**0.5
    assert abs(moved.std() / deviation - 1) < 0.03
    assert len(np.unique(moved)) > 100
    if "width" in rule:
        assert np.abs(moved).max() <= 300


def test_one_number_of_one_person_is_moved_alike_and_another_persons_is_not() -> None:
    values = pa.array([5000] * 5)
    alike, spelt, other, nobody, odd = noised(values, ids=IDS, scale=100, by="id", by_type="CN_RESIDENT_ID").to_pylist()
    assert alike == spelt != other
    assert nobody is None
    assert odd is not None
    again = noised(pa.array(["5000"] * 5), ids=IDS, scale=100, by="id", by_type="CN_RESIDENT_ID").to_pylist()
    assert again[0] == str(alike)


def test_another_key_or_another_size_is_another_chance() -> None:
    values = pa.array([100_000] * 3 + [7] * 3)
    one = noised(values, scale=100).to_numpy()
    assert (noised(values, OTHER, scale=100).to_numpy() != one).any()
    # The same chance at twice the size would give away the value: 2 × first − second.
    assert (2 * one - noised(values, scale=200).to_numpy() != values.to_numpy()).all()
    assert (noised(values, scale=100.0).to_numpy() == one).all()


@pytest.mark.parametrize(
    "kind", [pa.int8(), pa.uint8(), pa.int64(), pa.uint64(), pa.float32(), pa.float64(), pa.decimal128(12, 2)], ids=str
)
def test_a_column_keeps_its_type_and_its_missing_values(kind: pa.DataType) -> None:
    values = pa.array([Decimal(1), Decimal(100), None], type=pa.decimal128(5, 0)).cast(kind)
    result = noised(values, scale=20)
    assert result.type == kind
    assert result.null_count == 1
    assert result.to_pylist()[2] is None


def test_results_stay_within_bounds_and_within_the_type() -> None:
    values = pa.array(list(range(100)), type=pa.uint8())
    assert noised(values, scale=1000).null_count == 0
    result = noised(values.cast(pa.int64()), scale=1000, low=0, high=120).to_pylist()
    assert min(result) == 0
    assert max(result) == 120


def test_text_and_decimals_show_as_many_places_as_before() -> None:
    text = noised(pa.array(["12.50", "1,200", "x", ""]), scale=5).to_pylist()
    assert len(text[0].split(".")[1]) == 2
    assert text[1].lstrip("-").isdigit()
    assert text[2:] == [None, None]
    (number,) = noised(pa.array([Decimal("12.50")]), scale=5).to_pylist()
    assert number.as_tuple().exponent == -2


def test_the_last_digits_of_a_float_do_not_say_what_it_was() -> None:
    assert noised(pa.array([1234.56789]), scale=100).to_pylist()[0] * 10 % 1 == pytest.approx(0, abs=1e-6)


def test_noise_needs_a_key_and_a_column_that_is_there() -> None:
    with pytest.raises(KeyMissing):
        noised(pa.array([1]), None, scale=1)
    with pytest.raises(ColumnsMissing):
        noised(pa.array([1]), scale=1, by="id")


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"scale": 0},
        {"scale": -1},
        {"scale": 1, "width": 1},
        {"shape": "uniform", "scale": 1},
        {"shape": "laplace", "width": 1},
        {"shape": "cauchy", "scale": 1},
        {"scale": 1, "low": 5, "high": 1},
        {"scale": 1e300},
        {"scale": 1, "by": ""},
        {"scale": 1, "by_type": "CN_RESIDENT_ID"},
    ],
)
def test_noise_that_makes_no_sense_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(PolicyError):
        noised(pa.array([1]), **rule)


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1), st.sampled_from(["laplace", "gaussian"]))
def test_any_whole_number_is_moved_by_a_whole_number_near_it(numbers: list[int], shape: str) -> None:
    result = noised(pa.array(numbers, type=pa.int64()), scale=10, shape=shape).to_pylist()
    assert all(abs(one - other) <= 400 for one, other in zip(numbers, result, strict=True))
