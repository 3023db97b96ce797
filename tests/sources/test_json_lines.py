"""JSON Lines, every column as text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.sources import (
    EmptyTable,
    FieldAppearedLate,
    FieldsTooMany,
    RecordMalformed,
    SourceUnreadable,
    open_source,
)
from catalog.sources.json_lines import JsonLinesTable
from tests.sources.reading import in_memory, read, rows_of


def test_values_are_text_with_every_digit() -> None:
    text = (
        '{"id": 320500199001011237, "amount": 1234567890123456.780, "tiny": 1e-7, "flag": true, "none": null, "date": "2024-01-01"}\n'
        "\n"
        '{"amount": 1, "名": "沈怀瑾", "deep": {"a": [1.10, "x", null, false], "b": {}}}\n'
    )
    names, rows = read(in_memory("t.jsonl", text.encode()))
    assert names == ("id", "amount", "tiny", "flag", "none", "date", "名", "deep")
    assert rows == [
        ("320500199001011237", "1234567890123456.780", "1e-7", "true", None, "2024-01-01", None, None),
        (None, "1", None, None, None, None, "沈怀瑾", '{"a":[1.10,"x",null,false],"b":{}}'),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings_are_told_as_for_any_text(encoding: str) -> None:
    text = '{"姓名": "沈怀瑾", "住址": "苏州市"}\n{"姓名": "陆知秋"}'
    rows = [("沈怀瑾", "苏州市"), ("陆知秋", None)]
    assert read(in_memory("t.ndjson", text.encode(encoding))) == (("姓名", "住址"), rows)


def test_a_field_that_appears_late_still_becomes_a_column() -> None:
    data = b'{"a": 1}\n' * 5000 + b'{"a": 2, "late": "x"}\n'
    names, rows = read(in_memory("t.jsonl", data))
    assert names == ("a", "late")
    assert rows[-1] == ("2", "x")


def test_a_field_behind_the_surveyed_records_stops_the_reading_by_name() -> None:
    data = b'{"a": 1}\n' * 20 + b'{"a": 2, "late": "secret"}\n'
    table = JsonLinesTable(in_memory("t.jsonl", data), surveyed_records=10)
    assert table.schema.names == ("a",)
    with pytest.raises(FieldAppearedLate) as caught:
        rows_of(table)
    assert caught.value.params == {"name": "t.jsonl", "line": 21, "field": "late", "surveyed": 10}
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[1]",
        b'"x"',
        b"1",
        b"{} {}",
        b'{"a": \\ud800}',
        b'{"a": "\\ud83d"}',
        b"[" * 100_000,
        b'{"a": 1' + b"0" * 5000 + b"}",
    ],
)
def test_a_line_that_is_not_one_object_is_named_by_its_number(line: bytes) -> None:
    with pytest.raises(RecordMalformed) as caught:
        read(in_memory("t.jsonl", b'{"a": 1}\n\n' + line + b"\n"))
    assert caught.value.params == {"name": "t.jsonl", "line": 3}
    assert caught.value.__context__ is None


def test_a_pair_of_surrogates_is_a_character() -> None:
    assert read(in_memory("t.jsonl", b'{"a": "\\ud842\\udfb7"}'))[1] == [("𠮷",)]


def test_keys_used_as_values_are_no_table() -> None:
    data = b"".join(b'{"k%d": 1}\n' % number for number in range(6000))
    with pytest.raises(FieldsTooMany):
        read(in_memory("t.jsonl", data))


@pytest.mark.parametrize("data", [b"", b"\n \n", b"{}\n{}\n"])
def test_a_file_without_a_field_is_empty(data: bytes) -> None:
    with pytest.raises(EmptyTable):
        read(in_memory("t.jsonl", data))


def test_a_workbook_under_the_name_of_text_is_unreadable() -> None:
    with pytest.raises(SourceUnreadable):
        read(in_memory("t.jsonl", b"PK\x03\x04" + bytes(100)))


def test_columns_are_projected_and_batches_bounded() -> None:
    data = b"".join(b'{"a": %d, "b": "x"}\n' % number for number in range(100))
    with open_source(in_memory("t.jsonl", data)) as source:
        table = source.table()
        assert rows_of(table, ["b", "a"], batch_rows=9)[:2] == [("x", "0"), ("x", "1")]
        assert table.row_estimate == 100


LEAF = st.one_of(st.none(), st.booleans(), st.integers(), st.text(st.characters(exclude_categories=["Cs"]), max_size=8))
NESTED = st.recursive(
    LEAF,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.lists(NESTED, max_size=3),
            st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=3), NESTED, max_size=3),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_nested_values_read_back_as_what_they_were(values: list[object]) -> None:
    data = "".join(json.dumps({"v": value}) + "\n" for value in values).encode()
    assert [json.loads(row[0]) for row in read(in_memory("t.jsonl", data))[1]] == values
