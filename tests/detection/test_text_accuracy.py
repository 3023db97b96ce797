"""How well texts are read does not get worse unnoticed, and docs/accuracy-text.md says how well that is."""

from __future__ import annotations

import re

import pytest

from tests.detection.labelled_texts import LabelledText, TextMaker, read_marks
from tests.detection.text_accuracy import BEGIN, END, PAGE, compare, measured, tables, with_tables
from tests.detection.written_texts import CHINESE, ENGLISH

# Precision and recall, overlapping: a little under what is measured, for another processor rounds another way.
FLOORS = {
    ("Chinese, generated", "PERSON"): (0.98, 0.97),
    ("Chinese, by hand", "PERSON"): (0.95, 0.78),
    ("English, generated", "PERSON"): (0.97, 0.97),
    ("English, by hand", "PERSON"): (0.90, 0.90),
    ("Chinese, generated", "ORGANIZATION"): (0.96, 0.95),
    ("Chinese, by hand", "ORGANIZATION"): (0.85, 0.85),
    ("English, generated", "ORGANIZATION"): (0.95, 0.95),
    ("English, by hand", "ORGANIZATION"): (0.65, 0.60),
    ("Chinese, generated", "CN_ADDRESS"): (0.97, 0.97),
    ("Chinese, generated", "BIRTH_DATE"): (0.97, 0.97),
    ("Chinese, generated", "CN_MOBILE"): (1.0, 1.0),
    ("Chinese, generated", "CN_RESIDENT_ID"): (1.0, 1.0),
    ("English, generated", "EMAIL_ADDRESS"): (1.0, 1.0),
}
_SHARE = re.compile(r"[01]\.[0-9]{2}")
_COUNT = re.compile(r"(?<=\| )[0-9]+(?= \|)")


@pytest.mark.parametrize(("corpus", "entity_type"), FLOORS)
def test_precision_and_recall_keep_their_floors(corpus: str, entity_type: str) -> None:
    counts = measured()[corpus].counts[entity_type]
    precision, recall = FLOORS[corpus, entity_type]
    assert (counts.precision or 0.0) >= precision
    assert (counts.recall or 0.0) >= recall


def test_the_page_has_the_tables_of_what_is_measured() -> None:
    page = PAGE.read_text("utf-8")
    said, now = page.split(BEGIN)[1].split(END)[0].strip(), tables(measured())

    def form(text: str) -> str:
        return _COUNT.sub("n", _SHARE.sub("x", text)).split("### What was taken")[0]

    assert form(said) == form(now)
    shares = list(zip(_SHARE.findall(said), _SHARE.findall(now), strict=True))
    assert max(abs(float(one) - float(other)) for one, other in shares) <= 0.03
    assert with_tables(page, measured()).split(BEGIN)[0] == page.split(BEGIN)[0]


def test_marks_are_read_and_taken_off() -> None:
    text = read_marks("Seen by [[P Dr Vance|Vance]] at [[O Acme Ltd]].", "x")
    assert text == LabelledText("Seen by Dr Vance at Acme Ltd.", "x", ((11, 16, "PERSON"), (20, 28, "ORGANIZATION")))


def test_there_are_enough_texts_by_hand_and_generated_ones_repeat() -> None:
    assert len(CHINESE) + len(ENGLISH) >= 150
    assert TextMaker(3).texts("zh", 20) == TextMaker(3).texts("zh", 20)


def test_what_is_missed_and_what_is_taken_for_something_is_counted() -> None:
    text = LabelledText("王小明在苏州", "x", ((0, 3, "PERSON"),))
    assert compare([text], [[(0, 2, "PERSON")]]).counts["PERSON"].exact == 0
    assert compare([text], [[(0, 2, "PERSON")]]).counts["PERSON"].recall == 1.0
    assert compare([text], [[(0, 3, "ORGANIZATION")]]).confusion == {("PERSON", "ORGANIZATION"): 1}
    assert compare([text], [[(4, 6, "PERSON")]]).confusion == {("PERSON", "nothing"): 1, ("nothing", "PERSON"): 1}
