"""Column names."""

from __future__ import annotations

import sqlite3
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.sources.naming import MAX_NAME_LENGTH, clean_name, quote_identifier, unique_names

INVISIBLE = {"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  姓名 ", "姓名"),
        ("联系\n电话", "联系电话"),
        ("phone\r\n number", "phone number"),
        ("a\x00b\x1b[31m", "ab[31m"),
        ("\ufeffid", "id"),
        ("safe\u202egnp.exe", "safegnp.exe"),
        ("a\u200bb", "ab"),
        (None, ""),
        ("x" * 1000, "x" * MAX_NAME_LENGTH),
        ('"; DROP TABLE t; --', '"; DROP TABLE t; --'),
    ],
)
def test_a_name_is_cleaned_of_what_cannot_be_seen(raw: str | None, clean: str) -> None:
    assert clean_name(raw) == clean


def test_a_repeated_name_never_takes_the_name_of_another_column() -> None:
    assert unique_names(["a", "a", "a_2", "a", ""]) == ("a", "a_3", "a_2", "a_4", "column_5")
    assert unique_names(["column_2", None]) == ("column_2", "column_2_2")


@given(st.lists(st.one_of(st.none(), st.text(max_size=4), st.sampled_from(["a", "a_2", "x" * 200])), max_size=30))
def test_names_are_distinct_visible_and_bounded_whatever_the_header_says(raw: list[str | None]) -> None:
    names = unique_names(raw)
    assert len(names) == len(raw)
    assert len(set(names)) == len(names)
    assert all(
        0 < len(name) <= MAX_NAME_LENGTH and not INVISIBLE.intersection(map(unicodedata.category, name))
        for name in names
    )


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=20))
def test_a_quoted_identifier_is_that_identifier_and_nothing_else(name: str) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE TABLE {quote_identifier(name)} (x)")
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [(name,)]
    connection.close()
