"""Persons and organisations in Chinese and English text: what is one, what only looks so, and that one text and a column give the same."""

from __future__ import annotations

import numpy as np
import pytest
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry

from privacy.detection.analyzer import BlankNlpEngine, build_analyzer
from privacy.detection.cells import Cells
from privacy.detection.english_names import read_cell
from privacy.detection.free_text import TextBudget, TextReader
from privacy.detection.person_names import TEXT_RECOGNIZERS, EnglishPersonRecognizer
from privacy.detection.reading import chinese_cells, english_cells, read_mentions
from tests.detection.labelled_texts import TextMaker, read_marks
from tests.detection.written_texts import CHINESE, ENGLISH

PERSONS = {
    "因帕金森病复诊,家属李梅陪同": ["李梅"],
    "考虑阿尔茨海默病,克罗恩病待排,请张伟主任会诊": ["张伟"],
    "欧阳娜娜称在王老吉专柜购买的凉茶有异物": ["欧阳娜娜"],
    "张裕葡萄酒、李宁运动鞋、老干妈辣酱": [],
    "请王先生、李女士、赵某某到庭,小李和老张不来": [],
    "外籍人员约翰·史密斯与玛丽·安·布朗办理居留许可": ["约翰·史密斯", "玛丽·安·布朗"],
    "阿依古丽·买买提,女,维吾尔族": ["阿依古丽·买买提"],
    "患者卓玛央宗由山本一郎陪同": ["卓玛央宗", "山本一郎"],
    "参会人员:张三、李四、王五": ["张三", "李四", "王五"],
    "客户John Carter来电,请Zhang Meiling回复": ["John Carter", "Zhang Meiling"],
    "经办人:乐平 复核人:石银": ["乐平", "石银"],
    "同意丰年同志退休": ["丰年"],
    "家住中山路128号,毗邻苏虹中路": [],
    "Please call John Smith tomorrow.": ["John Smith"],
    "Dear Mr. Patel, thank you. Regards, Sarah Connor": ["Patel", "Sarah Connor"],
    "Known Parkinson's disease and Bell's palsy, suspected Crohn's.": [],
    "The Calvin Klein shirt and the Johnson & Johnson voucher": [],
    "JOHN SMITH CALLED ABOUT HIS REFUND.": ["JOHN SMITH"],
    "this is john smith, i want to cancel": ["john smith"],
    "Smith, John - overdue since May": ["Smith, John"],
    "Applicant: WANG XIAOMING; Spouse: LIU FANG": ["WANG XIAOMING", "LIU FANG"],
    "She lives on Martin Luther King Boulevard near Victoria Park": [],
    "Please mark the order as shipped, it will be there in April": [],
    "Customer Mary-Jane Watson and her husband David O'Brien": ["Mary-Jane Watson", "David O'Brien"],
}
ORGANISATIONS = {
    "原告苏州恒力纺织有限公司,委托代理人江苏益友律师事务所刘波律师": ["苏州恒力纺织有限公司", "江苏益友律师事务所"],
    "已转虎丘区市场监督管理局处理": ["虎丘区市场监督管理局"],
    "发到邮箱user12@example.com,维吾尔族": [],
    "Spoke with her from Acme Technologies Ltd. about Wells Fargo": ["Acme Technologies Ltd.", "Wells Fargo"],
    "Turn right on Lincoln Avenue, MRN 4431, Spouse: none": [],
}
NAMES = (
    "John Smith",
    "SMITH, JOHN",
    "O'Brien",
    "Mary-Jane Watson",
    "Zhang Wei",
    "Xiaoming Wang",
    "Chan Tai Man",
    "J. Smith",
    "José García",
    "Mr. Patel",
)
NOT_NAMES = (
    "Jackson Street",
    "San Jose",
    "King Size Bed",
    "Price List",
    "Red Shirt",
    "Credit Card",
    "Green Tea",
    "New York",
)


@pytest.mark.parametrize(("text", "names"), PERSONS.items())
def test_persons_are_told_from_what_is_called_like_one(text: str, names: list[str]) -> None:
    (mentions,) = read_mentions([text])
    assert [text[m.start : m.end] for m in mentions if m.entity_type == "PERSON"] == names


@pytest.mark.parametrize(("text", "names"), ORGANISATIONS.items())
def test_organisations_are_told_from_codes_and_places(text: str, names: list[str]) -> None:
    (mentions,) = read_mentions([text])
    assert [text[m.start : m.end] for m in mentions if m.entity_type == "ORGANIZATION"] == names


@pytest.mark.parametrize("cell", NAMES)
def test_a_cell_that_is_an_english_name(cell: str) -> None:
    assert read_cell(cell) is True


@pytest.mark.parametrize("cell", NOT_NAMES)
def test_a_cell_that_is_shaped_like_an_english_name_and_is_none(cell: str) -> None:
    assert not read_cell(cell)


def corpus() -> list[str]:
    maker = TextMaker(29)
    made = [text.text for language in ("zh", "en") for text in maker.texts(language, 60)]
    return [*made, *(read_marks(line, "").text for line in (*CHINESE, *ENGLISH))]


def test_one_text_and_a_column_of_texts_give_the_same() -> None:
    texts = list(dict.fromkeys(corpus()))
    cells = Cells.from_texts(texts, np.ones(len(texts), dtype=np.int64))
    reader = TextReader(TextBudget(None, lambda: 0.0))
    nothing = np.zeros(len(cells), dtype=np.bool_)
    _, named = reader.read(cells, nothing, nothing)
    read = chinese_cells(cells.features) | english_cells(cells.features)
    analyzer = build_analyzer()
    for at, text in enumerate(cells.texts):
        if not read[at]:
            continue  # of two words the column decides whether they are a name
        found = {hit.entity_type for hit in analyzer.analyze(text, "en", entities=["PERSON", "ORGANIZATION"])}
        assert found == {
            entity_type
            for entity_type, cells_of in (("PERSON", named.persons), ("ORGANIZATION", named.organisations))
            if cells_of[at]
        }


def test_texts_read_together_give_what_each_gives_alone() -> None:
    texts = corpus()
    assert read_mentions(texts) == [read_mentions([text])[0] for text in texts]


@pytest.mark.parametrize("kind", TEXT_RECOGNIZERS)
def test_each_recognizer_serves_in_anybodys_analyzer(kind: type[EnglishPersonRecognizer]) -> None:
    registry = RecognizerRegistry(recognizers=[kind(supported_language="en")], supported_languages=["en"])
    analyzer = AnalyzerEngine(registry=registry, nlp_engine=BlankNlpEngine(["en"]), supported_languages=["en"])
    texts = ("王小明在苏州恒力纺织有限公司上班", "Mary Watson works for Acme Technologies Ltd")
    found = [analyzer.analyze(text, "en") for text in texts]
    mine = [kind().reads(text) for text in texts]
    assert [[hit.entity_type for hit in hits] for hits in found] == [[kind.entity] if own else [] for own in mine]
    assert sum(mine) == 1


def test_positions_are_those_of_the_text_that_was_given() -> None:
    text = "联系人:王小明 ,电话13812345678"
    (hit,) = build_analyzer().analyze(text, "zh", entities=["PERSON"])
    assert text[hit.start : hit.end] == "王小明"
