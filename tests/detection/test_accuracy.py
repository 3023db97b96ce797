"""Verdicts on labelled tables: that they stay as good as they are, and that docs/accuracy.md says how good that is."""

from __future__ import annotations

import pytest

from benchmarks.bench_accuracy import Judged, count, measure
from privacy.detection.rules import load_rules
from tests.detection.accuracy_page import BEGIN, END, PAGE, figures, with_figures
from tests.detection.labelled.concept import NONE
from tests.detection.labelled.tables import HALVES, OPAQUE, crc_of, labelled_tables, schemas
from tests.detection.labelled.words import all_words


@pytest.mark.parametrize("half", HALVES)
def test_verdicts_on_labelled_tables_stay_right(half: str) -> None:
    accuracy = measure(half)
    precision, recall, f1 = accuracy.macro
    assert (accuracy.micro.precision, accuracy.micro.recall) >= (0.98, 0.96)
    assert accuracy.micro.recall >= 0.96
    assert min(precision, recall, f1) >= 0.96
    assert accuracy.role_rate >= 0.97
    assert accuracy.none_right >= 0.99 * accuracy.none_columns


def test_the_page_of_accuracy_tells_the_figures_that_are_counted() -> None:
    page = PAGE.read_text("utf-8")
    assert page.split(BEGIN)[1].split(END)[0].strip() == figures()
    assert with_figures(page, figures()) == page


@pytest.mark.parametrize("half", HALVES)
def test_labelled_tables_are_many_and_always_the_same(half: str) -> None:
    tables = list(labelled_tables(half))
    assert crc_of(tables) == crc_of(list(labelled_tables(half)))
    for language in ("zh", "en"):
        assert sum(table.language == language for table in tables) >= 50
    columns = [column for table in tables for column in table.columns]
    assert len(columns) >= 1500
    assert 0.3 <= sum(column.label == NONE for column in columns) / len(columns) <= 0.7
    assert {kind for column in columns for kind in column.right} <= {*load_rules().entities, NONE}
    opaque = [c.name for table in tables if table.style == OPAQUE for c in table.columns]
    assert len(opaque) >= 300


def test_the_halves_share_no_table_and_hardly_a_word() -> None:
    tuned, held_out = ({k: v for group in schemas()[half].values() for k, v in group.items()} for half in HALVES)
    assert not set(tuned) & set(held_out)
    assert not set(tuned.values()) & set(held_out.values())
    lists = [words for language in all_words().values() for words in language.values()]
    assert len(lists) >= 60
    shared = sum(len(set(left) & set(right)) for left, right in lists)
    assert shared <= 0.03 * sum(len(left) + len(right) for left, right in lists)


def test_a_wrong_verdict_is_missed_under_its_label_and_wrong_under_the_type_told() -> None:
    table = next(iter(labelled_tables("tuned")))
    person = next(column for column in table.columns if column.label == "PERSON")
    nothing = next(column for column in table.columns if column.label == NONE)
    accuracy = count(
        "tuned",
        [
            Judged(table, person, "PERSON", 0.9),
            Judged(table, person, "REGION", 0.9),
            Judged(table, nothing, "PERSON", 0.9),
            Judged(table, nothing, NONE, 0.0),
        ],
    )
    assert (accuracy.by_type["PERSON"].precision, accuracy.by_type["PERSON"].recall) == (0.5, 0.5)
    assert (accuracy.by_type["REGION"].support, accuracy.by_type["REGION"].precision) == (0, 0.0)
    assert accuracy.confusion["PERSON"] == {"PERSON": 1, "REGION": 1}
    assert (accuracy.none_right, accuracy.none_columns) == (1, 2)
    assert accuracy.role_rate == 0.5
