"""The engine: the policy's columns in, counted; nothing else out, in errors neither."""

from __future__ import annotations

import datetime
import decimal
import itertools
import traceback
from collections.abc import Iterator

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.masking.engine import Protector, preview, protect_batches, protect_schema
from privacy.masking.errors import (
    ColumnsMissing,
    KeyMissing,
    NothingLeft,
    NullsRefused,
    OperatorFailed,
    ParameterInvalid,
    SchemaChanged,
    TypeUnsuitable,
    ValuesInvalid,
)
from privacy.masking.keys import DomainKey
from privacy.masking.operators import Operator
from privacy.masking.policy import FieldRule, Policy, policy_from_dict, rule_from_dict

KEYS = DomainKey(bytes(range(32)))

TABLE = pa.RecordBatch.from_pydict(
    {
        "id_no": ["32050819900101123X", "320508 19900101 123x", "mistyped", None],
        "name": ["张三", "王小明", "", "李四"],
        "phone": ["13812345678", "138", "无", None],
        "birth": pa.array([datetime.date(1990, 1, 1)] * 3 + [None]),
        "income": [12_000, 8_500, -1, None],
        "remark": ["甲", "乙", "丙", "丁"],
        "sex": pa.array(["男", "女", "男", None]).dictionary_encode(),
    }
)
POLICY = policy_from_dict(
    {
        "fields": {
            "id_no": {"operator": "token", "entity_type": "CN_RESIDENT_ID"},
            "name": {"operator": "partial_mask", "preset": "name"},
            "phone": {"operator": "partial_mask", "preset": "mobile"},
            "birth": {"operator": "generalise", "to": "year"},
            "income": {"operator": "generalise", "width": 5000},
            "sex": {"operator": "keep"},
        }
    }
)


def protect(policy: Policy, *batches: pa.RecordBatch) -> pa.Table:
    protector = protect_batches(batches or (TABLE,), TABLE.schema, policy, KEYS)
    return pa.Table.from_batches(list(protector), schema=protector.schema)


def only(field: str, rule: dict[str, object]) -> Policy:
    return policy_from_dict({"fields": {field: rule}})


def test_a_policy_is_carried_out_column_by_column() -> None:
    table = protect(POLICY)
    assert table.column_names == ["id_no", "name", "phone", "birth", "income", "sex"]
    first, second, third, missing = table.column("id_no").to_pylist()
    assert first == second != third
    assert missing is None
    assert table.column("name").to_pylist() == ["张*", "王**", None, "李*"]
    assert table.column("phone").to_pylist() == ["138****5678", None, None, None]
    assert table.column("birth").to_pylist() == ["1990", "1990", "1990", None]
    assert table.column("income").to_pylist() == ["[10000,15000)", "[5000,10000)", "[-5000,0)", None]
    assert table.column("sex").to_pylist() == ["男", "女", "男", None]


def test_the_report_counts_what_was_done() -> None:
    protector = protect_batches([TABLE, TABLE], TABLE.schema, POLICY, KEYS)
    assert protector.report.rows_in == 0
    list(protector)
    report = protector.report
    assert (report.rows_in, report.rows_out) == (8, 8)
    assert report.operators == {"token": 1, "partial_mask": 2, "generalise": 2, "drop": 1, "keep": 1}
    counts = {column.name: (column.cells, column.nulls, column.invalid) for column in report.columns}
    assert counts == {
        "id_no": (8, 2, 2),
        "name": (8, 2, 0),
        "phone": (8, 4, 2),
        "birth": (8, 2, 0),
        "income": (8, 2, 0),
        "remark": (0, 0, 0),
        "sex": (8, 2, 0),
    }
    assert report.invalid == 4
    document = report.to_dict()
    assert document["rows_out"] == 8
    columns = document["columns"]
    assert isinstance(columns, list)
    assert columns[0]["technique"] == "pseudonymisation"
    assert columns[0]["canonical_version"] == 1


def test_a_protected_schema_is_known_before_a_row_is_read() -> None:
    schema = protect_schema(TABLE.schema, POLICY)
    assert schema.names == ["id_no", "name", "phone", "birth", "income", "sex"]
    assert all(kind == pa.string() for kind in schema.types)
    assert schema == protect_batches([], TABLE.schema, POLICY, KEYS).schema


def test_metadata_of_the_source_is_left_behind() -> None:
    schema = pa.schema(
        [pa.field("a", pa.string(), metadata={"sample": "13812345678"})], metadata={"pandas": "13812345678"}
    )
    protected = protect_schema(schema, policy_from_dict({"default": "keep"}))
    assert "13812345678" not in protected.to_string(show_field_metadata=True, show_schema_metadata=True)
    assert protected == pa.schema({"a": pa.string()})


def test_a_dictionary_is_not_passed_on_with_values_no_row_uses() -> None:
    kept = TABLE.column("sex").slice(0, 1)
    batch = pa.RecordBatch.from_arrays([kept], names=["sex"])
    (out,) = protect_batches([batch], batch.schema, policy_from_dict({"default": "keep"}), None)
    assert out.column(0).type == pa.string()
    assert out.column(0).to_pylist() == ["男"]


def test_null_and_constant_leave_nothing_of_a_column() -> None:
    table = protect(policy_from_dict({"fields": {"birth": "null", "income": {"operator": "constant", "value": 0}}}))
    assert table.column("birth").type == pa.date32()
    assert table.column("birth").null_count == 4
    assert table.column("income").to_pylist() == [0, 0, 0, 0]
    words = protect(only("name", {"operator": "constant", "value": "已隐去"}))
    assert words.column("name").to_pylist() == ["已隐去"] * 4


@pytest.mark.parametrize(
    ("kind", "value", "written"),
    [
        (pa.int32(), 7, 7),
        (pa.float64(), 7, 7.0),
        (pa.decimal128(10, 2), 0.5, decimal.Decimal("0.50")),
        (pa.bool_(), False, False),
        (pa.date32(), "2026-01-31", datetime.date(2026, 1, 31)),
        (pa.timestamp("us", "UTC"), "2026-01-31 08:00Z", datetime.datetime(2026, 1, 31, 8, tzinfo=datetime.UTC)),
        (pa.string(), 0, "0"),
        (pa.dictionary(pa.int32(), pa.string()), "x", "x"),
        (pa.binary(), "x", "x"),
    ],
    ids=str,
)
def test_a_constant_is_of_the_columns_type(kind: pa.DataType, value: object, written: object) -> None:
    batch = pa.RecordBatch.from_arrays([pa.array([None, None], type=kind)], names=["a"])
    policy = only("a", {"operator": "constant", "value": value})
    protector = protect_batches([batch], batch.schema, policy, None)
    (out,) = protector
    assert out.schema == protector.schema
    assert out.column("a").to_pylist() == [written, written]


@pytest.mark.parametrize(
    ("kind", "value"),
    [(pa.int64(), "已隐去"), (pa.int64(), 0.5), (pa.float64(), True), (pa.date32(), "yesterday")],
    ids=str,
)
def test_a_constant_that_is_none_of_the_columns_type_is_refused_before_a_row_is_read(
    kind: pa.DataType, value: object
) -> None:
    with pytest.raises(ParameterInvalid) as refused:
        protect_schema(pa.schema({"income": kind}), only("income", {"operator": "constant", "value": value}))
    assert "income" in str(refused.value)
    assert str(value) not in str(refused.value)


def test_a_report_says_how_coarse_a_rule_is_and_nothing_that_may_be_personal() -> None:
    rules = {
        "birth": {"operator": "generalise", "to": "decade"},
        "income": {"operator": "generalise", "width": 5000},
        "phone": {"operator": "partial_mask", "entity_type": "CN_MOBILE", "invalid": "token"},
        "name": {"operator": "constant", "value": "王小明"},
        "sex": {"operator": "generalise", "to": "group", "groups": {"男": "王小明的哥哥"}, "other": "其他"},
        "remark": {"operator": "keep", "null": "fail"},
    }
    protector = protect_batches([TABLE], TABLE.schema, policy_from_dict({"fields": rules}), KEYS)
    list(protector)
    told = {column.name: column.to_dict() for column in protector.report.columns}
    assert {name: column["parameters"] for name, column in told.items()} == {
        "id_no": {},
        "birth": {"to": "decade"},
        "income": {"to": "range", "width": 5000},
        "phone": {"preset": "mobile"},
        "name": {},
        "sex": {"to": "group"},
        "remark": {},
    }
    assert (told["phone"]["invalid_policy"], told["phone"]["invalid"]) == ("token", 1)
    assert told["remark"]["null_policy"] == "fail"
    assert "王小明" not in str(told)


def test_dropped_columns_need_not_be_read() -> None:
    names = POLICY.kept_columns(TABLE.schema.names)
    assert "remark" not in names
    assert protect(POLICY, TABLE.select(list(reversed(names)))).equals(protect(POLICY))


@given(st.lists(st.integers(0, 4), max_size=4))
def test_the_cut_into_batches_does_not_change_the_rows(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), 4]
    pieces = [TABLE.slice(start, stop - start) for start, stop in itertools.pairwise(edges)]
    assert protect(POLICY, *pieces).equals(protect(POLICY))


def test_a_large_batch_is_protected_in_pieces_of_bounded_size() -> None:
    rows = 150_000
    batch = pa.RecordBatch.from_pydict({"n": list(range(rows))})
    pieces = list(protect_batches([batch], batch.schema, policy_from_dict({"default": "token"}), KEYS))
    assert sum(piece.num_rows for piece in pieces) == rows
    assert max(piece.num_rows for piece in pieces) <= 65_536
    assert len({token for piece in pieces for token in piece.column(0).to_pylist()}) == rows


def test_only_one_batch_is_asked_for_at_a_time() -> None:
    asked: list[int] = []

    def batches() -> Iterator[pa.RecordBatch]:
        for number in range(3):
            asked.append(number)
            yield TABLE

    protector = Protector(batches(), TABLE.schema, POLICY, KEYS)
    next(protector)
    assert asked == [0]


def test_malformed_values_follow_the_rules_policy() -> None:
    rule: dict[str, object] = {"operator": "partial_mask", "preset": "mobile"}
    assert protect(only("phone", rule)).column("phone").to_pylist()[1] is None
    token = protect(only("phone", {**rule, "invalid": "token"})).column("phone").to_pylist()
    assert token[0] == "138****5678"
    assert len(str(token[1])) == 16
    assert token[2:] == [None, None]
    assert protect(only("id_no", {"operator": "token", "entity_type": "CN_RESIDENT_ID", "invalid": "null"})).column(
        "id_no"
    ).to_pylist()[2:] == [None, None]
    with pytest.raises(ValuesInvalid) as caught:
        protect(only("phone", {**rule, "invalid": "fail"}))
    assert caught.value.params == {"field": "phone", "count": 1}


def test_missing_values_stop_protection_where_the_rule_says_so() -> None:
    with pytest.raises(NullsRefused) as caught:
        protect(only("name", {"operator": "partial_mask", "preset": "name", "null": "fail"}))
    assert caught.value.params == {"field": "name", "count": 1}
    with pytest.raises(NullsRefused):
        protect(only("sex", {"operator": "keep", "null": "fail"}))


def test_a_policy_that_does_not_fit_the_table_is_refused_before_a_row_is_read() -> None:
    with pytest.raises(ColumnsMissing):
        protect_batches([], TABLE.schema, only("fax", {"operator": "keep"}), KEYS)
    with pytest.raises(NothingLeft):
        protect_batches([], TABLE.schema, Policy(), KEYS)
    with pytest.raises(TypeUnsuitable) as caught:
        protect_batches([], TABLE.schema, only("birth", {"operator": "generalise", "width": 5}), KEYS)
    assert caught.value.params["type"] == "date32[day]"


@pytest.mark.parametrize(
    "rule",
    [
        {"operator": "token"},
        {"operator": "partial_mask", "preset": "mobile", "invalid": "token"},
    ],
)
def test_a_rule_that_needs_a_key_says_so(rule: dict[str, object]) -> None:
    with pytest.raises(KeyMissing) as caught:
        protect_batches([], TABLE.schema, only("phone", rule), None)
    assert caught.value.params == {"field": "phone"}


def test_a_table_that_changes_while_it_is_read_stops_protection() -> None:
    other = pa.RecordBatch.from_pydict({"phone": [13812345678]})
    with pytest.raises(SchemaChanged):
        protect(only("phone", {"operator": "token"}), other)
    with pytest.raises(SchemaChanged):
        protect(only("phone", {"operator": "token"}), TABLE.select(["name"]))


def test_an_operator_that_breaks_names_its_field_and_quotes_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "32050819900101123X"

    def broken(*args: object, **kwargs: object) -> None:
        raise pa.ArrowInvalid(f"Failed to parse string: '{secret}'")

    monkeypatch.setattr("privacy.masking.tokens.canonical_text", broken)
    with pytest.raises(OperatorFailed) as caught:
        protect(only("id_no", {"operator": "token"}))
    assert caught.value.params == {"field": "id_no", "operator": "token"}
    assert secret not in "".join(traceback.format_exception(caught.value))


def test_no_raw_value_is_in_a_protected_table() -> None:
    protected = str(protect(POLICY).to_pylist())
    for value in ("32050819900101123X", "张三", "王小明", "13812345678", "12000", "mistyped"):
        assert value not in protected


def test_a_preview_never_shows_a_value() -> None:
    values = pa.array(["13812345678", "138", None])
    pairs = preview(values, rule_from_dict({"operator": "partial_mask", "preset": "mobile"}, field="phone"), None)
    assert pairs[0][1] == "138****5678"
    assert pairs[1][1] is None
    assert pairs[2] == (None, None)
    for before, _ in pairs:
        assert before not in ("13812345678", "138")
    for operator in (Operator.KEEP, Operator.DROP):
        for before, after in preview(values, FieldRule(operator), None):
            assert before not in ("13812345678", "138")
            assert after not in ("13812345678", "138")


def test_a_preview_shows_what_the_rule_makes() -> None:
    rule = rule_from_dict({"operator": "token", "entity_type": "CN_MOBILE", "invalid": "fail"}, field="phone")
    pairs = preview(pa.array(["13812345678", "12"]), rule, KEYS)
    expected = protect_batches(
        [TABLE], TABLE.schema, only("phone", {"operator": "token", "entity_type": "CN_MOBILE"}), KEYS
    )
    assert pairs[0][1] == next(expected).column(0)[0].as_py()
    assert pairs[1][1] is None
    years = preview(TABLE.column("birth"), rule_from_dict({"operator": "generalise", "to": "year"}, field="b"), None)
    assert [after for _, after in years] == ["1990", "1990", "1990", None]
    assert all(before is None or "01-01" not in before for before, _ in years)
    with pytest.raises(TypeUnsuitable):
        preview(pa.array([b"x"]), rule, KEYS)


def test_a_preview_of_a_rule_that_leaves_the_value_nearly_whole_shows_it_masked() -> None:
    thin = rule_from_dict({"operator": "partial_mask", "keep_first": 17, "entity_type": "CN_RESIDENT_ID"}, field="id")
    value = "320508197003071230"
    ((before, after),) = preview(pa.array([value]), thin, None)
    assert after == before
    assert after is not None
    assert value[:17] not in after
    exact = rule_from_dict({"operator": "generalise", "to": "day", "entity_type": "BIRTH_DATE"}, field="born")
    ((_, day),) = preview(pa.array(["1970-03-07"]), exact, None)
    assert day != "1970-03-07"
