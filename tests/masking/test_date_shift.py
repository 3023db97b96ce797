"""Date shift: a person's dates move together, never not at all, and come back with the key."""

from __future__ import annotations

import datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.masking.date_shift import DateShift
from privacy.masking.engine import preview, protect_batches
from privacy.masking.errors import ColumnsMissing, KeyMissing, ParameterMissing, PolicyError, TypeUnsuitable
from privacy.masking.keys import DomainKey
from privacy.masking.policy import policy_from_dict, rule_from_dict

KEYS = DomainKey(bytes(range(32)))
DAY = datetime.timedelta(days=1)
RULE = {"operator": "date_shift", "by": "id", "by_type": "CN_RESIDENT_ID", "days": 30}


def shifted(values: pa.Array[Any], ids: Any, keys: DomainKey | None = KEYS, **rule: Any) -> Any:
    return table({"id": pa.array(ids, type=pa.string()), "at": values}, keys, at={**RULE, **rule})[0].column("at")


def table(
    columns: dict[str, Any], keys: DomainKey | None = KEYS, **rules: Any
) -> tuple[pa.RecordBatch, dict[str, Any]]:
    batch = pa.RecordBatch.from_pydict(columns)
    protector = protect_batches([batch], batch.schema, policy_from_dict({"fields": rules}), keys)
    (out,) = protector
    return out, {column.name: column for column in protector.report.columns}


def test_what_lies_between_two_dates_of_a_person_stays_whoever_spells_them() -> None:
    ids = ["32050819900101123X", "320508 19900101 123x", "11010119800101001X"]
    days = [datetime.date(2020, 1, 31), datetime.date(2020, 3, 1), datetime.date(2020, 1, 31)]
    first, second, other = shifted(pa.array(days), ids).to_pylist()
    assert second - first == days[1] - days[0]
    assert first != days[0]
    out, _ = table(
        {"id": ids, "in": pa.array(days), "out": [f"{day:%Y/%m/%d} 08:30" for day in days]},
        KEYS,
        **{"id": {"operator": "drop"}, "in": RULE, "out": RULE},
    )
    assert out.schema.names == ["in", "out"]
    assert out.column("out").to_pylist() == [f"{day:%Y/%m/%d} 08:30" for day in out.column("in").to_pylist()]
    assert out.column("in").to_pylist()[0] == first
    assert other - days[2] != first - days[0]  # under this key


def test_every_shift_up_to_the_most_is_drawn_and_none_of_no_days() -> None:
    ids = [f"person {number}" for number in range(3000)]
    day = datetime.date(2020, 6, 15)
    moved = {(one - day).days for one in shifted(pa.array([day] * 3000), ids, days=5, by_type=None).to_pylist()}
    assert moved == {-5, -4, -3, -2, -1, 1, 2, 3, 4, 5}


@pytest.mark.parametrize(
    "kind",
    [
        pa.date32(),
        pa.date64(),
        *(pa.timestamp(unit) for unit in ("s", "ms", "us", "ns")),
        pa.timestamp("us", "Asia/Shanghai"),
    ],
    ids=str,
)
def test_a_column_keeps_its_type_and_its_time_of_day(kind: pa.DataType) -> None:
    midnight = pa.types.is_date(kind)
    moments = pa.array(["2020-02-29 00:00" if midnight else "2020-02-29 16:00", "1969-12-31", None])
    values: Any = moments.cast(pa.timestamp("s")).cast(kind)
    result = shifted(values, ["a", "a", "a"])
    assert result.type == kind
    before, after = values.to_pylist(), result.to_pylist()
    assert after[0] - before[0] == after[1] - before[1] != datetime.timedelta(0)
    assert (after[0] - before[0]) % DAY == datetime.timedelta(0)
    assert after[2] is None


def test_text_keeps_its_separators_and_always_has_two_digits() -> None:
    spellings = [
        "2020-3-5",
        "2020/03/05",
        "20200305",
        "2020年3月5日",
        "2020.3.5 7:05",
        "２０２０-03-05",
        "20200305123000",
    ]
    result = shifted(pa.array(spellings), ["a"] * 7).to_pylist()
    year, month, day = result[0].split("-")
    assert result == [
        f"{year}-{month}-{day}",
        f"{year}/{month}/{day}",
        f"{year}{month}{day}",
        f"{year}年{month}月{day}日",
        f"{year}.{month}.{day} 7:05",
        f"{year}-{month}-{day}",
        f"{year}{month}{day}123000",
    ]
    assert shifted(pa.array([20200305]), ["a"]).to_pylist() == [int(year + month + day)]


def test_what_cannot_be_shifted_is_flagged_and_what_is_missing_is_not() -> None:
    out, reports = table(
        {
            "id": ["a", None, "", "无", "a", "a", "a", "a", "a"],
            "at": [
                "2020-01-01",
                "2020-01-01",
                "2020-01-01",
                "2020-01-01",
                "2020-01",
                "yesterday",
                "",
                None,
                "2199-12-31",
            ],
        },
        at={**RULE, "days": 1},
    )
    # The last moves by one day, in or out of the years that are read.
    assert out.column("at").to_pylist()[1:8] == [None] * 7
    assert out.column("at")[0].is_valid
    assert (reports["at"].nulls, reports["at"].invalid - (out.column("at")[8].as_py() is None)) == (2, 5)


def test_a_malformed_identifier_is_a_person_as_it_is_spelt() -> None:
    result = shifted(pa.array([datetime.date(2020, 1, 1)] * 3), ["X-1", " X-1 ", "X-2"]).to_pylist()
    assert result[0] == result[1] is not None


@given(st.lists(st.dates(datetime.date(1811, 1, 1), datetime.date(2188, 12, 31)), min_size=1), st.integers(1, 3660))
def test_whoever_has_the_key_and_the_subjects_restores_the_dates(days: list[datetime.date], most: int) -> None:
    shift = DateShift(by="id", days=most).with_key(KEYS, None)
    ids = pa.array([f"p{number % 3}" for number in range(len(days))])
    for values in (pa.array(days, type=pa.date32()), pa.array([day.isoformat() for day in days])):
        masked = shift.apply_beside(values, (ids,))
        assert not masked.invalid.any()
        assert all(one != other for one, other in zip(values.to_pylist(), masked.values.to_pylist(), strict=True))
        assert shift.restore_beside(masked.values, (ids,)).values.to_pylist() == values.to_pylist()


def test_another_key_and_another_most_are_other_shifts() -> None:
    ids = [f"person {number}" for number in range(50)]
    values = pa.array([datetime.date(2020, 1, 1)] * 50)
    one = shifted(values, ids).to_pylist()
    assert shifted(values, ids, DomainKey(bytes(range(1, 33)))).to_pylist() != one
    near = [(day - datetime.date(2020, 1, 1)).days for day in shifted(values, ids, days=31).to_pylist()]
    assert sum((a - datetime.date(2020, 1, 1)).days == b for a, b in zip(one, near, strict=True)) < 10


def test_a_shift_needs_a_key_a_column_and_dates() -> None:
    values = pa.array([datetime.date(2020, 1, 1)])
    with pytest.raises(KeyMissing):
        shifted(values, ["a"], None)
    with pytest.raises(ParameterMissing):
        rule_from_dict({"operator": "date_shift"}, field="at")
    for rule in ({"days": 0}, {"days": 4000}, {"by": 5}, {"by": ""}, {"width": 3}):
        with pytest.raises(PolicyError):
            shifted(values, ["a"], **rule)
    with pytest.raises(ColumnsMissing, match="nobody"):
        shifted(values, ["a"], by="nobody")
    with pytest.raises(TypeUnsuitable):
        shifted(pa.array([1.5]), ["a"])


def test_the_column_beside_is_read_where_it_does_not_leave() -> None:
    policy = policy_from_dict({"fields": {"at": RULE}})
    assert policy.kept_columns(["name", "id", "at"]) == ("at",)
    assert policy.read_columns(["name", "id", "at"]) == ("id", "at")
    typed = policy_from_dict({"fields": {"at": {"operator": "date_shift", "by": "id"}}})
    assert typed.with_entity_types({"id": "CN_RESIDENT_ID"}).fields["at"].parameters["by_type"] == "CN_RESIDENT_ID"
    told = policy.fields["at"].told_parameters
    assert told == {"days": 30, "by": "id"}


def test_a_preview_reads_the_same_rows_of_the_column_beside() -> None:
    rule = rule_from_dict(RULE, field="at")
    pairs = preview(pa.array(["1980-01-02", "1999-09-09"]), rule, KEYS, companions=(pa.array(["a", None]),))
    assert pairs[0][1] is not None
    assert pairs[1][1] is None
