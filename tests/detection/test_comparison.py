"""Patterns of columns and the comparison of two scans: what counts as a change, what is noise, and what a part of a table may say."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.detection.cells import Cells
from privacy.detection.comparison import Change, Comparison, Reading, compare
from privacy.detection.forms import LONGEST, Form, FormStats, forms_of
from privacy.detection.model import ColumnInput
from privacy.detection.patterns import Aspect, Checksum, Pattern, Share, differences, looks_alike
from privacy.detection.scan import scan_table

PHONES = Pattern("CN_MOBILE", "direct", Checksum.NONE, 0.98, {"digits": 0.98}, (11, 11, 11))


def verdict(name: str, entity_type: str | None = None, role: str = "none", **more: Any) -> dict[str, Any]:
    """A column's verdict as a scan stores it."""
    counts = {"rows": 100, "nulls": 0, "blanks": 0, "cells": 100, "matched": 100 if entity_type else 0}
    return {
        "name": name,
        "entity_type": entity_type,
        "role": role,
        "likelihood": "very_likely" if entity_type else "very_unlikely",
        "counts": {**counts, **more.pop("counts", {})},
        "evidence": {"form": {"digits": 1.0}, "length": [11, 11, 11], **more.pop("evidence", {})},
        "other_types": more.pop("other_types", []),
        "checksum_proven": more.pop("checksum_proven", False),
        **more,
    }


def phone(name: str = "phone", **more: Any) -> dict[str, Any]:
    return verdict(name, "CN_MOBILE", "direct", **more)


def compared(before: list[dict[str, Any]], now: list[dict[str, Any]], **parts: Any) -> Comparison:
    return compare(
        Reading(before, 100, parts.get("before_partly", False)),
        Reading(now, parts.get("rows", 100), parts.get("now_partly", False)),
    )


def told(comparison: Comparison) -> dict[str, tuple[Change, list[Aspect]]]:
    return {one.name: (one.change, [found.what for found in one.differences]) for one in comparison.columns}


# --- forms -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("13812345678", Form.DIGITS),
        ("1990-01-31", Form.FIGURES),
        ("-3.5", Form.FIGURES),
        ("Suzhou", Form.LETTERS),
        ("姑苏区", Form.HAN),
        ("姑苏区12号", Form.HAN_MIXED),
        ("ab@example.cn", Form.AT),
        ("苏E·12345", Form.HAN_MIXED),
        ("A-0012", Form.CODE),
        ("Main Street 5", Form.WORDS),
        ("··", Form.OTHER),
    ],
)
def test_a_cell_has_one_form(text: str, form: Form) -> None:
    stats = forms_of(Cells.of(pa.array([text, text, None])))
    assert stats.rows_by_form() == {form: 2}
    assert stats.middle_lengths() == (len(text),) * 3


@given(st.lists(st.text(min_size=1, max_size=300), min_size=1, max_size=30), st.integers(0, 30))
def test_forms_are_counted_alike_however_the_column_is_cut(texts: list[str], cut: int) -> None:
    whole = forms_of(Cells.of(pa.array(texts)))
    parts = FormStats()
    for some in (texts[cut:], texts[:cut]):
        cells = Cells.of(pa.array(some, type=pa.string()))
        parts = parts.merge(forms_of(cells) if len(cells) else FormStats())
    assert parts.rows_by_form() == whole.rows_by_form()
    assert parts.middle_lengths() == whole.middle_lengths()
    assert all(length <= LONGEST for length in whole.middle_lengths() or ())


# --- patterns --------------------------------------------------------------------------------------------------------------------

patterns = st.builds(
    Pattern,
    entity_type=st.sampled_from(["", "CN_MOBILE", "CN_RESIDENT_ID"]),
    role=st.sampled_from(["none", "direct"]),
    checksum=st.sampled_from(Checksum),
    share=st.integers(0, 100).map(lambda share: share / 100),
    form=st.dictionaries(st.sampled_from([str(form) for form in Form]), st.sampled_from([0.2, 0.5, 1.0]), max_size=2),
    length=st.lists(st.integers(1, LONGEST), min_size=3, max_size=3).map(sorted).map(tuple) | st.just(()),
)


@given(patterns)
def test_a_pattern_does_not_differ_from_itself_and_survives_being_stored(pattern: Pattern) -> None:
    assert differences(pattern, pattern) == ()
    assert Pattern.from_dict(pattern.as_dict()) == pattern
    assert Pattern.from_dict({**pattern.as_dict(), "rule": "2"}) == pattern, "the rule's version is no part of it"


@given(patterns, patterns)
def test_part_of_a_table_never_says_more_than_the_whole(before: Pattern, now: Pattern) -> None:
    of_the_whole = differences(before, now)
    assert all(difference in of_the_whole for difference in differences(before, now, partial=True))


@given(patterns, patterns)
def test_looking_alike_goes_both_ways(before: Pattern, now: Pattern) -> None:
    assert looks_alike(before, now) == looks_alike(now, before)


@pytest.mark.parametrize(
    ("now", "aspects"),
    [
        (PHONES, []),
        (replace(PHONES, share=0.93), []),
        (replace(PHONES, share=0.7), [Aspect.SHARE]),
        (replace(PHONES, form={"digits": 0.75, "figures": 0.25}, length=(11, 11, 13)), []),
        (replace(PHONES, form={"figures": 0.9, "digits": 0.1}, length=(13, 13, 13)), [Aspect.FORM]),
        (replace(PHONES, length=(12, 12, 12)), [Aspect.FORM]),
        (replace(PHONES, form={}, length=()), []),
        (replace(PHONES, checksum=Checksum.PROVEN), [Aspect.CHECKSUM]),
        (replace(PHONES, checksum=Checksum.UNVERIFIED), []),
        (replace(PHONES, entity_type="CN_LANDLINE", share=0.1, checksum=Checksum.PROVEN), [Aspect.TYPE]),
        (replace(PHONES, role="quasi"), [Aspect.ROLE]),
    ],
)
def test_what_counts_as_other_values(now: Pattern, aspects: list[Aspect]) -> None:
    assert [difference.what for difference in differences(PHONES, now)] == aspects


def test_a_proof_is_lost_only_where_there_is_enough_to_check() -> None:
    proven = replace(PHONES, checksum=Checksum.PROVEN)
    assert not differences(proven, replace(PHONES, checksum=Checksum.NONE))
    lost = replace(PHONES, checksum=Checksum.UNVERIFIED)
    assert [one.what for one in differences(proven, lost)] == [Aspect.CHECKSUM]
    assert not differences(proven, lost, partial=True)


@pytest.mark.parametrize(
    ("share", "band"), [(1, Share.ALL), (0.95, Share.ALL), (0.6, Share.MOST), (0.1, Share.SOME), (0.01, Share.FEW)]
)
def test_shares_have_a_word_each(share: float, band: Share) -> None:
    assert Share.of(share) is band


def drawn(draw: random.Random, rows: int) -> dict[str, list[str]]:
    """Another draw from the same made-up population."""
    surnames, given_names = "王李张刘陈杨黄赵吴周", "伟芳娜敏静丽强磊军洋华明英"
    return {
        "姓名": [
            draw.choice(surnames) + "".join(draw.choices(given_names, k=draw.choice([1, 2]))) for _ in range(rows)
        ],
        "手机号": [f"13{draw.randrange(10**9):09d}" if draw.random() < 0.9 else "" for _ in range(rows)],
        "出生日期": [
            f"{draw.randrange(1940, 2010)}-{draw.randrange(1, 13):02d}-{draw.randrange(1, 29):02d}" for _ in range(rows)
        ],
        "金额": [f"{draw.lognormvariate(4, 1):.2f}" for _ in range(rows)],
        "备注": ["".join(draw.choices("今天来看病复查取药预约改期", k=draw.randrange(4, 40))) for _ in range(rows)],
        "编号": [f"{draw.choice('AB')}{draw.randrange(10**6):06d}" for _ in range(rows)],
    }


def scanned(table: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    arrow = pa.table(dict(table))
    inputs = [ColumnInput(name, "", pa.string()) for name in table]
    found = scan_table(inputs, arrow.to_batches(), text_budget_seconds=0)
    return [
        verdict(
            column.name,
            column.entity_type,
            str(column.role),
            likelihood=str(column.likelihood),
            counts=dict(column.counts),
            evidence=dict(column.evidence),
            checksum_proven=column.checksum_proven,
        )
        for column in found.columns
    ]


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(300, 600))
def test_two_readings_of_the_same_kind_of_data_do_not_differ(one: int, other: int, rows: int) -> None:
    before, now = scanned(drawn(random.Random(one), rows)), scanned(drawn(random.Random(other), rows))
    for earlier, later in zip(before, now, strict=True):
        assert differences(Pattern.of(earlier), Pattern.of(later)) == (), later["name"]


def test_no_value_is_in_a_pattern() -> None:
    table = drawn(random.Random(1), 300)
    stored = str([Pattern.of(column).as_dict() for column in scanned(table)])
    assert not [value for values in table.values() for value in values if len(value) > 3 and value in stored]


# --- the comparison --------------------------------------------------------------------------------------------------------------


def test_a_scan_compared_with_itself_has_changed_nothing() -> None:
    columns = [phone(), verdict("note"), verdict("id", "CN_RESIDENT_ID", "direct", checksum_proven=True)]
    assert compared(columns, columns).as_dict() == {
        **{"new": 0, "gone": 0, "changed": 0, "unchanged": 3},
        "rows_changed": False,
        "columns": [],
    }


def test_new_and_gone_columns_and_findings_are_told_apart() -> None:
    comparison = compared(
        [phone("a"), phone("b"), verdict("c"), verdict("d")], [verdict("a"), phone("c"), verdict("d"), phone("e")]
    )
    assert told(comparison) == {
        "a": (Change.GONE_FINDING, [Aspect.TYPE, Aspect.ROLE]),
        "c": (Change.NEW_FINDING, [Aspect.TYPE, Aspect.ROLE]),
        "e": (Change.NEW_COLUMN, []),
        "b": (Change.GONE_COLUMN, []),
    }
    counted = comparison.as_dict()
    assert (counted["new"], counted["gone"], counted["changed"], counted["unchanged"]) == (2, 2, 0, 1)


@pytest.mark.parametrize(
    ("now", "aspects"),
    [
        (verdict("phone", "EMAIL_ADDRESS", "direct"), [Aspect.TYPE]),
        (phone(likelihood="likely"), [Aspect.LIKELIHOOD]),
        (phone(evidence={"length": [12, 12, 12]}), [Aspect.FORM]),
        (phone(checksum_proven=True), [Aspect.CHECKSUM]),
        (phone(counts={"matched": 40}), [Aspect.SHARE]),
        (phone(counts={"nulls": 20, "cells": 80, "matched": 80}), [Aspect.EMPTY]),
        (phone(counts={"nulls": 19, "cells": 81, "matched": 81}), None),
        (phone(other_types=[{"entity_type": "PERSON", "rows": 3}]), [Aspect.OTHER_TYPES]),
    ],
)
def test_what_has_changed_of_a_column(now: dict[str, Any], aspects: list[Aspect] | None) -> None:
    assert told(compared([phone()], [now])) == ({} if aspects is None else {"phone": (Change.CHANGED, aspects)})


@pytest.mark.parametrize(("rows", "strongly"), [(100, False), (119, False), (120, True), (80, True), (81, False)])
def test_a_fifth_of_the_rows_is_much(rows: int, strongly: bool) -> None:
    assert compared([phone()], [phone()], rows=rows).rows_changed is strongly


@pytest.mark.parametrize("partly", ["before_partly", "now_partly"])
def test_a_sample_is_not_compared_as_if_it_were_the_table(partly: str) -> None:
    now = [phone(counts={"rows": 10, "cells": 10, "matched": 4}, evidence={"form": {"code": 1.0}})]
    comparison = compared([phone()], now, rows=10, **{partly: True})
    assert (told(comparison), comparison.rows_changed) == ({}, False)


def test_what_a_sample_did_not_see_is_not_called_gone() -> None:
    before, now = [phone(), verdict("note")], [verdict("phone"), phone("note")]
    assert told(compared(before, now, now_partly=True)) == {"note": (Change.NEW_FINDING, [Aspect.TYPE, Aspect.ROLE])}
    assert told(compared(before, now, before_partly=True))["phone"][0] is Change.GONE_FINDING


def test_of_an_incomplete_scan_only_the_columns_that_were_not_read_are_partial() -> None:
    reasons = [
        {"code": "text_unread", "params": {"column": "note", "rows": 5}},
        {"code": "digits_lost", "params": {"column": "phone", "rows": 5}},
    ]
    reading = Reading.of([], 100, reasons, complete=False)
    assert (reading.read_all_of("phone"), reading.read_all_of("note")) == (True, False)
    for about_all in ([{"code": "sampled", "params": {"column": None}}], []):
        assert not Reading.of([], 100, about_all, complete=False).read_all_of("phone")
    assert Reading.of([], 100, reasons, complete=True).read_all_of("note")


columns = st.lists(
    st.builds(
        verdict,
        st.sampled_from("abcdef"),
        st.sampled_from([None, "CN_MOBILE", "PERSON"]),
        st.sampled_from(["none", "direct"]),
    ),
    max_size=6,
    unique_by=lambda column: column["name"],
)


@given(columns, columns)
def test_every_column_is_counted_once_and_swapping_the_scans_swaps_new_and_gone(
    before: list[dict[str, Any]], now: list[dict[str, Any]]
) -> None:
    there, back = compared(before, now).as_dict(), compared(now, before).as_dict()
    names = {column["name"] for column in [*before, *now]}
    assert there["new"] + there["gone"] + there["changed"] + there["unchanged"] == len(names)
    assert (there["new"], there["gone"], there["changed"]) == (back["gone"], back["new"], back["changed"])
