"""The forms of the catalogue without a database: sheets read row by row, and written; RDF written and parsed back."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from rdflib import Graph, Literal, URIRef
from rdflib import namespace as terms

from catalog.datasets.models import ShareMode, ShareType, UpdateCycle
from catalog.datasets.services import RECORD_FIELDS
from catalog.exchange import cells, columns, workbook
from catalog.exchange.dcat import FREQUENCIES, Serialization, catalogue_graph, serialise
from catalog.exchange.published import PublishedItem, PublishedTable
from catalog.exchange.reading import read_resources
from catalog.exchange.sheet import read_workbook
from catalog.exchange.workbook import catalogue_workbook
from catalog.sources import FileLocation
from tests.catalog.sheets import (
    AUTHORITY,
    BASE,
    BEDS,
    VISITS,
    a_catalogue,
    a_dataset,
    read_back,
    reading_of,
    with_items,
    write_sheet,
    write_template,
)


@pytest.mark.parametrize("layout", ["repeated", "first_row_only"])
def test_rows_of_one_resource_are_gathered_with_their_items(tmp_path: Path, layout: str) -> None:
    path = write_sheet(tmp_path / "f.xlsx", with_items(VISITS, layout) + with_items(BEDS, layout))
    reading = reading_of(path)
    assert reading.problems == ()
    assert [(one.values["title"], one.row) for one in reading.resources] == [("门诊就诊记录", 2), ("床位统计", 5)]
    assert [(item.name, item.data_type) for item in reading.resources[1].items] == [
        ("身份证号", "C"),
        ("就诊日期", "D"),
        ("费用", "Y"),
    ]


def test_the_form_of_the_guide_is_read_with_merged_cells_and_headings_over_two_rows(tmp_path: Path) -> None:
    reading = reading_of(write_template(tmp_path / "f.xlsx", [VISITS, BEDS]))
    assert reading.problems == ()
    assert [(one.row, len(one.items)) for one in reading.resources] == [(6, 3), (9, 3)]
    assert reading.resources[0].values["share_condition"] == "用于公共卫生研究"
    assert reading.resources[0].values["issued"] == date(2026, 1, 31)


def test_rows_without_a_code_belong_together_by_title_and_provider(tmp_path: Path) -> None:
    rows = [{**row, "code": ""} for row in with_items(VISITS, "repeated") + with_items(BEDS, "repeated")]
    reading = reading_of(write_sheet(tmp_path / "f.xlsx", rows))
    assert reading.problems == ()
    assert [len(one.items) for one in reading.resources] == [3, 3]


def test_a_row_that_contradicts_its_resource_is_a_problem_of_that_cell(tmp_path: Path) -> None:
    rows = with_items(VISITS, "repeated")
    rows[2]["update_cycle"] = "每年"
    (problem,) = reading_of(write_sheet(tmp_path / "f.xlsx", rows)).problems
    assert (problem.row, problem.column, problem.error.code) == (4, "更新周期", "row_differs")


def test_category_columns_of_the_guide_become_one_code(tmp_path: Path) -> None:
    parts = {"category_class": "2", "category_item": "4", "category_subject": "1"}
    row = {name: value for name, value in VISITS.items() if name not in ("category", "code")} | parts
    (resource,) = reading_of(write_sheet(tmp_path / "f.xlsx", [row])).resources
    assert resource.values["category"] == "204001"


def test_the_ground_of_withholding_is_found_among_the_conditions(tmp_path: Path) -> None:
    row = {**VISITS, "share_type": "不予共享", "share_condition": "《统计法》第二十五条"}
    (resource,) = reading_of(write_sheet(tmp_path / "f.xlsx", [row])).resources
    assert (resource.values["share_citation"], resource.values["share_condition"]) == ("《统计法》第二十五条", "")


@pytest.mark.parametrize(
    ("change", "column", "code"),
    [
        ({"title": ""}, "信息资源名称", "cell_empty"),
        ({"share_type": ""}, "共享类型", "cell_empty"),
        ({"share_type": "看情况"}, "共享类型", "choice_unknown"),
        ({"update_cycle": "每半年"}, "更新周期", "choice_unknown"),
        ({"share_mode": "飞鸽"}, "共享方式", "choice_unknown"),
        ({"open_to_public": "也许"}, "是否向社会开放", "choice_unknown"),
        ({"issued": "2026-02-30"}, "发布日期", "date_invalid"),
        ({"abstract": "一\x01二"}, "信息资源摘要", "control_characters"),
        ({"category": "", "code": ""}, "信息资源分类", "category_missing"),
        ({"item_name": "费用", "item_type": "人民币"}, "数据类型", "data_type_unknown"),
        ({"item_name": "", "item_type": "C"}, "信息项名称", "cell_empty"),
    ],
)
def test_a_bad_cell_is_named_by_row_and_heading(
    tmp_path: Path, change: Mapping[str, str], column: str, code: str
) -> None:
    rows = [{**BEDS, "item_name": "", "item_type": ""}, {**VISITS, **change}]
    (problem,) = reading_of(write_sheet(tmp_path / "f.xlsx", rows)).problems
    assert (problem.sheet, problem.row, problem.column, problem.error.code) == ("目录", 3, column, code)
    assert not any(value and value in str(problem.error) for value in change.values() if len(value) > 1)


def test_an_item_named_twice_and_a_code_used_twice_are_problems(tmp_path: Path) -> None:
    rows: list[dict[str, str]] = [*with_items(VISITS, "repeated"), dict(BEDS), dict(VISITS)]
    rows[2]["item_name"] = "身份证号"
    problems = reading_of(write_sheet(tmp_path / "f.xlsx", rows)).problems
    assert [(one.row, one.error.code) for one in problems] == [(4, "item_repeated"), (6, "code_repeated")]


def test_blank_rows_do_not_shift_the_row_numbers(tmp_path: Path) -> None:
    empty = dict.fromkeys(VISITS, "")
    path = write_sheet(tmp_path / "f.xlsx", [VISITS, empty, empty, {**BEDS, "update_cycle": "?"}])
    (problem,) = reading_of(path).problems
    assert problem.row == 5


def test_hidden_sheets_and_other_tables_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "f.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name, code in (("目录", "204001/00001"), ("藏", "204001/00002")):
            sheet = book.add_worksheet(name)
            row = {**VISITS, "code": code}
            sheet.write_row(0, 0, [columns.heading_of(field) for field in row])
            sheet.write_row(1, 0, list(row.values()))
        sheet.hide()
        book.add_worksheet("说明").write_row(0, 0, ["填表说明", "版本"])
        book.add_worksheet("空白")
    reading = reading_of(path)
    assert [one.values["code"] for one in reading.resources] == ["204001/00001"]
    assert (reading.sheets, reading.ignored) == (("目录",), ("说明",))


def test_every_code_has_a_word_of_the_guide() -> None:
    assert set(columns.SHARE_TYPES) == set(ShareType.values)
    assert set(columns.SHARE_MODES) == set(ShareMode.values)
    assert set(columns.UPDATE_CYCLES) == set(UpdateCycle.values) == set(FREQUENCIES)
    assert set(RECORD_FIELDS) <= set(columns.BY_FIELD)


@given(st.text())
def test_a_sheltered_cell_is_no_formula_and_says_the_same(text: str) -> None:
    cell = cells.sheltered(text)
    assert cell[:1] not in {"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"}
    assert cells.unsheltered(cell) == text


@given(st.lists(st.text("水电费,，、 ab", min_size=1, max_size=8).map(str.strip).filter(bool), unique=True))
def test_a_list_comes_back_from_its_cell(words: list[str]) -> None:
    assert cells.parse_list(cells.list_cell(words)) == words


@pytest.mark.parametrize("serialization", Serialization)
def test_the_order_in_which_triples_come_does_not_show(serialization: Serialization) -> None:
    graph = catalogue_graph(a_catalogue(a_dataset(), a_dataset(code="204001/00002", share_type="withheld")))
    shuffled = Graph(bind_namespaces="none")
    for prefix, namespace in graph.namespaces():
        shuffled.bind(prefix, namespace)
    triples = sorted(graph)
    random.Random(5).shuffle(triples)
    for triple in triples:
        shuffled.add(triple)
    assert serialise(shuffled, serialization) == serialise(graph, serialization)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"share_type": "unconditional"}, "RESTRICTED"),
        ({"share_type": "unconditional", "open_to_public": True}, "PUBLIC"),
        ({"open_to_public": True, "open_condition": "实名登记"}, "RESTRICTED"),
        ({"share_type": "withheld", "share_citation": "《统计法》第二十五条"}, "NON_PUBLIC"),
    ],
)
def test_access_rights_follow_the_share_type(changes: dict[str, Any], expected: str) -> None:
    graph = catalogue_graph(a_catalogue(a_dataset(**changes)), BASE)
    node = URIRef(f"{BASE}dataset/204001/00001")
    assert graph.value(node, terms.DCTERMS.accessRights) == URIRef(f"{AUTHORITY}access-right/{expected}")


def test_what_is_withheld_is_prohibited_with_its_ground() -> None:
    dataset = a_dataset(share_type="withheld", share_condition="", share_citation="《统计法》第二十五条")
    graph = catalogue_graph(a_catalogue(dataset))
    node = URIRef("urn:canglang:dataset:204001/00001")
    rule = graph.value(URIRef(f"{node}#policy"), terms.ODRL2.prohibition)
    assert (rule, terms.DCTERMS.description, Literal("《统计法》第二十五条", lang="zh")) in graph
    assert (None, terms.ODRL2.permission, None) not in graph


@pytest.mark.parametrize("serialization", Serialization)
def test_awkward_text_survives_rdf(serialization: Serialization) -> None:
    title, code = 'a "quoted" \\ back\r\nline\t<tag> 𠮷 {}', "2 04/0#0?1<>"
    content = serialise(catalogue_graph(a_catalogue(a_dataset(title=title, code=code))), serialization)
    parsed = Graph().parse(data=content, format={"jsonld": "json-ld", "turtle": "turtle"}[serialization])
    node = URIRef("urn:canglang:dataset:2%2004/0%230%3F1%3C%3E")
    assert Literal(title, lang="zh") in set(parsed.objects(node, terms.DCTERMS.title))


def test_a_base_needs_no_slash_at_its_end() -> None:
    with_slash, without = (
        serialise(catalogue_graph(a_catalogue(a_dataset()), base), Serialization.TURTLE) for base in (BASE, BASE[:-1])
    )
    assert with_slash == without


@pytest.mark.parametrize(
    ("condition", "citation"), [("", "《统计法》第二十五条"), ("仅限内部", "《统计法》第二十五条")]
)
def test_a_withheld_record_comes_back_whole(tmp_path: Path, condition: str, citation: str) -> None:
    dataset = a_dataset(share_type="withheld", share_condition=condition, share_citation=citation)
    (resource,) = read_back(catalogue_workbook(a_catalogue(dataset)), tmp_path).resources
    assert (resource.values["share_condition"], resource.values["share_citation"]) == (condition, citation)


def test_no_cell_of_the_sheet_can_become_a_formula() -> None:
    hostile = "=cmd|' /C calc'!A0"
    items = (PublishedItem("@SUM(A1)", "+1", "C"), PublishedItem("b", "-2", "C"))
    dataset = a_dataset(title=hostile, abstract="\t=1", keywords=("=1",), tables=(PublishedTable("csv", items),))
    content = catalogue_workbook(a_catalogue(dataset))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    texts = [
        str(cell)
        for row in CalamineWorkbook.from_object(io.BytesIO(content)).get_sheet_by_index(0).to_python()
        for cell in row
    ]
    assert f"'{hostile}" in texts
    assert not [text for text in texts if text[:1] in "=+-@\t\r" and text]


def test_items_of_one_label_stay_apart_in_the_sheet(tmp_path: Path) -> None:
    items = tuple(PublishedItem(name, "备注", "C") for name in ("bz1", "bz2"))
    reading = read_back(catalogue_workbook(a_catalogue(a_dataset(tables=(PublishedTable("csv", items),)))), tmp_path)
    assert reading.problems == ()
    assert [item.name for item in reading.resources[0].items] == ["备注(bz1)", "备注(bz2)"]


def test_a_catalogue_longer_than_a_sheet_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MAX_ROWS", 3)
    with pytest.raises(workbook.CatalogueTooLong):
        catalogue_workbook(a_catalogue(a_dataset()))


def test_a_location_need_not_be_a_file_on_disk() -> None:
    content = catalogue_workbook(a_catalogue(a_dataset()))
    sheets = read_workbook(FileLocation("f.xlsx", lambda: io.BytesIO(content)))
    assert len(read_resources(sheets).resources[0].items) == 2
