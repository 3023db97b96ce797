"""The catalogue in and out by its two commands: the government sheet, DCAT parsed back, and nothing that should not leave."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.core.management import call_command
from rdflib import Graph, Literal, URIRef
from rdflib import namespace as terms
from rdflib.compare import isomorphic

from catalog.datasets.models import Dataset, DatasetState
from catalog.datasets.services import RECORD_FIELDS, edit_dataset, register_dataset
from catalog.exchange import columns
from catalog.exchange.published import read_published
from catalog.ledger.models import LedgerEntry
from tests.cast import Cast
from tests.catalog.exchanging import export, first_problem, import_as, run
from tests.catalog.sheets import (
    AUTHORITY,
    BASE,
    BEDS,
    HEALTH,
    VISITS,
    with_items,
    write_sheet,
    write_template,
)
from tests.stages import RECORD, Stages


def test_a_steward_imports_drafts_through_the_ledger(cast: Cast, tmp_path: Path) -> None:
    lines = LedgerEntry.objects.count()
    document, code = import_as("stella", write_template(tmp_path / "f.xlsx", [VISITS, BEDS]))
    assert code == 0, document
    assert document["counts"] == {"registered": 2, "edited": 0, "unchanged": 0}
    assert document["kept"] == {"items": 6, "links": 0}
    visits = Dataset.objects.get(code="204001/00001")
    assert (visits.state, visits.provider, visits.created_by) == (DatasetState.DRAFT, cast.health, cast.stella)
    assert (visits.share_type, visits.share_mode, visits.update_cycle) == ("conditional", "database", "daily")
    assert (visits.keywords, visits.issued, visits.category) == (["门诊", "就诊"], date(2026, 1, 31), "204001")
    actions = list(LedgerEntry.objects.order_by("sequence").values_list("action", "actor__username"))[lines:]
    assert actions == [("dataset.registered", "stella")] * 2


def test_english_headings_and_codes_are_understood(cast: Cast, tmp_path: Path) -> None:
    row = {
        "Category": "204001",
        "Title": "门诊就诊记录",
        "provider-code": HEALTH,
        "Abstract": "逐条记录。",
        "share_type": "conditional",
        "Share condition": "公共卫生研究",
        "update_cycle": "Real time",
        "open_to_public": "Yes",
    }
    document, code = import_as("stella", write_sheet(tmp_path / "f.xlsx", [row], english=True))
    assert code == 0, document
    dataset = Dataset.objects.get()
    assert (dataset.code, dataset.update_cycle, dataset.open_to_public) == ("204001/00001", "realtime", True)


def test_one_bad_row_and_nothing_at_all_is_imported(cast: Cast, tmp_path: Path) -> None:
    lines = LedgerEntry.objects.count()
    bad = {**BEDS, "share_type": "有条件共享", "share_condition": ""}
    document, code = import_as("stella", write_sheet(tmp_path / "f.xlsx", [VISITS, bad]))
    assert (code, document["ok"], document["committed"]) == (1, False, False)
    assert first_problem(document) == ("目录", 3, "共享条件", "field_invalid")
    assert document["problems"][0]["message"] == "Conditional sharing names its condition."
    assert (Dataset.objects.count(), LedgerEntry.objects.count()) == (0, lines)


def test_every_bad_row_is_reported_at_once(cast: Cast, tmp_path: Path) -> None:
    rows = [
        {**VISITS, "update_cycle": "?"},
        {**BEDS, "share_type": "不予共享"},
        {**BEDS, "code": "204001/3", "title": "长" * 201},
    ]
    document, code = import_as("stella", write_sheet(tmp_path / "f.xlsx", rows))
    assert code == 1
    assert [(one["row"], one["column"]) for one in document["problems"]] == [
        (2, "更新周期"),
        (3, "共享条件"),
        (4, "信息资源名称"),
    ]


def test_a_dry_run_says_what_would_happen_and_leaves_nothing(cast: Cast, tmp_path: Path) -> None:
    lines = LedgerEntry.objects.count()
    path = write_sheet(tmp_path / "f.xlsx", [VISITS, {**BEDS, "code": ""}])
    document, code = import_as("stella", path, "--dry-run")
    assert (code, document["ok"], document["committed"], document["dry_run"]) == (0, True, False, True)
    assert [one["code"] for one in document["datasets"]] == ["204001/00001", "204001/00002"]
    assert (Dataset.objects.count(), LedgerEntry.objects.count()) == (0, lines)


def test_a_draft_is_edited_and_the_same_sheet_twice_changes_nothing_more(cast: Cast, tmp_path: Path) -> None:
    assert import_as("stella", write_sheet(tmp_path / "one.xlsx", [VISITS, BEDS]))[1] == 0
    changed = write_sheet(tmp_path / "two.xlsx", [{**VISITS, "update_cycle": "每周"}, BEDS])
    document, code = import_as("stefan", changed)
    assert (code, document["counts"]) == (0, {"registered": 0, "edited": 1, "unchanged": 1})
    dataset = Dataset.objects.get(code="204001/00001")
    assert (dataset.update_cycle, dataset.revision) == ("weekly", 2)
    lines = LedgerEntry.objects.count()
    document, code = import_as("stefan", changed)
    assert (code, document["counts"]) == (0, {"registered": 0, "edited": 0, "unchanged": 2})
    assert LedgerEntry.objects.count() == lines


def test_a_column_the_sheet_does_not_have_is_left_as_it_is(cast: Cast, tmp_path: Path) -> None:
    dataset = register_dataset(actor=cast.stella, provider=cast.health, values={**RECORD, "code": VISITS["code"]})
    row = {name: value for name, value in VISITS.items() if name not in ("title_en", "keywords", "share_mode")}
    assert import_as("stella", write_sheet(tmp_path / "f.xlsx", [row]))[1] == 0
    dataset.refresh_from_db()
    assert (dataset.theme, dataset.title_en, dataset.category) == ("health", "Outpatient visits", "204001")


def test_a_published_dataset_is_not_changed_by_an_import(stages: Stages, tmp_path: Path) -> None:
    row = {**VISITS, "code": stages.published.code}
    document, code = import_as("stella", write_sheet(tmp_path / "f.xlsx", [row]))
    assert (code, first_problem(document)) == (1, ("目录", 2, "信息资源代码", "not_a_draft"))


def test_another_provider_cannot_take_a_code(cast: Cast, tmp_path: Path) -> None:
    register_dataset(actor=cast.stella, provider=cast.health, values={**RECORD, "code": VISITS["code"]})
    row = {**VISITS, "provider": "水务局", "provider_code": cast.water.code}
    document, code = import_as("wendy", write_sheet(tmp_path / "f.xlsx", [row]))
    assert (code, first_problem(document)) == (1, ("目录", 2, "信息资源代码", "code_taken"))


@pytest.mark.parametrize("user", ["wendy", "oscar", "adam"])
def test_only_a_steward_of_the_provider_imports(cast: Cast, tmp_path: Path, user: str) -> None:
    document, code = import_as(user, write_sheet(tmp_path / "f.xlsx", [VISITS]))
    assert (code, first_problem(document)) == (1, ("目录", 2, "信息资源提供方代码", "not_permitted"))
    assert not Dataset.objects.exists()


@pytest.mark.parametrize(
    ("change", "column", "code"),
    [
        ({"provider_code": "11320500000000099A"}, "信息资源提供方代码", "provider_unknown"),
        ({"provider_code": "", "provider": "无此局"}, "信息资源提供方", "provider_unknown"),
        ({"provider_code": "", "provider": ""}, "信息资源提供方代码", "provider_unknown"),
        ({"provider": "水务局"}, "信息资源提供方", "provider_differs"),
    ],
)
def test_a_provider_that_is_unknown_or_contradicts_its_code_is_a_problem(
    cast: Cast, tmp_path: Path, change: Mapping[str, str], column: str, code: str
) -> None:
    document, _ = import_as("stella", write_sheet(tmp_path / "f.xlsx", [{**VISITS, **change}]))
    assert first_problem(document) == ("目录", 2, column, code)


def test_a_provider_may_be_given_by_its_name_alone(cast: Cast, tmp_path: Path) -> None:
    row = {name: value for name, value in VISITS.items() if name != "provider_code"}
    assert import_as("stella", write_sheet(tmp_path / "f.xlsx", [{**row, "provider": "Health Commission"}]))[1] == 0


def _damaged(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04 but no more")


def _without_headings(path: Path) -> None:
    write_sheet(path, [{"title": "一", "share_type": "二", "姓名": "三"}])


def _without_rows(path: Path) -> None:
    write_sheet(path, [VISITS])
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet().write_row(0, 0, [columns.heading_of(field) for field in VISITS])


def _with_a_heading_twice(path: Path) -> None:
    write_sheet(path, [{**VISITS, "摘要": "又一个"}])


def _nothing(path: Path) -> None:
    """No file at all."""


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (_damaged, "source_unreadable"),
        (_without_headings, "headings_missing"),
        (_without_rows, "no_rows"),
        (_with_a_heading_twice, "heading_repeated"),
        (_nothing, "source_missing"),
    ],
)
def test_a_file_that_is_no_catalogue_is_bad_input(
    cast: Cast, tmp_path: Path, make: Callable[[Path], None], code: str
) -> None:
    make(tmp_path / "f.xlsx")
    document, exit_code = import_as("stella", tmp_path / "f.xlsx")
    assert (exit_code, document["error"]["code"]) == (2, code)


def test_another_format_and_an_unknown_user_are_bad_input(cast: Cast, tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("信息资源名称\n")
    assert import_as("stella", tmp_path / "f.csv")[0]["error"]["code"] == "format_unsupported"
    document, code = import_as("nobody", write_sheet(tmp_path / "f.xlsx", [VISITS]))
    assert (code, document["error"]["code"]) == (2, "user_unknown")


def test_turtle_says_in_dcat_what_is_published(stages: Stages, tmp_path: Path) -> None:
    code = stages.published.code
    document, content = export(tmp_path, "turtle", "--base", BASE)
    assert (document["datasets"], document["format"], len(document["sha256"])) == (1, "turtle", 64)
    graph = Graph().parse(data=content, format="turtle")
    node, bureau = URIRef(f"{BASE}dataset/{code}"), URIRef(f"{BASE}organization/{HEALTH}")
    stages.draft.refresh_from_db()
    for triple in (
        (URIRef(f"{BASE}catalog"), terms.DCAT.dataset, node),
        (URIRef(f"{BASE}catalog"), terms.DCTERMS.publisher, URIRef(f"{BASE}organization/{stages.cast.city.code}")),
        (node, terms.RDF.type, terms.DCAT.Dataset),
        (node, terms.DCTERMS.identifier, Literal(code)),
        (node, terms.DCTERMS.title, Literal("门诊就诊记录", lang="zh")),
        (node, terms.DCTERMS.title, Literal("Outpatient visits", lang="en")),
        (node, terms.DCAT.keyword, Literal("就诊", lang="zh")),
        (node, terms.DCTERMS.publisher, bureau),
        (node, terms.DCTERMS.rightsHolder, bureau),
        (node, terms.DCTERMS.accrualPeriodicity, URIRef(AUTHORITY + "frequency/DAILY")),
        (node, terms.DCTERMS.accessRights, URIRef(AUTHORITY + "access-right/RESTRICTED")),
        (node, terms.DCTERMS.issued, Literal(str(stages.draft.issued), datatype=terms.XSD.date)),
        (node, terms.DCAT.theme, URIRef(f"{BASE}theme/health")),
        (URIRef(f"{BASE}theme/health"), terms.RDF.type, terms.SKOS.Concept),
        (URIRef(f"{BASE}theme/health"), terms.SKOS.prefLabel, Literal("health", lang="en")),
        (bureau, terms.RDF.type, terms.FOAF.Agent),
        (bureau, terms.FOAF.name, Literal("卫生健康委员会", lang="zh")),
        (bureau, terms.DCTERMS.identifier, Literal(HEALTH)),
        (node, terms.DCAT.distribution, URIRef(f"{node}#distribution-1")),
        (URIRef(f"{node}#distribution-1"), terms.DCAT.accessURL, node),
        (node, terms.ODRL2.hasPolicy, URIRef(f"{node}#policy")),
        (URIRef(f"{node}#policy"), terms.ODRL2.permission, URIRef(f"{node}#rule")),
        (URIRef(f"{node}#rule"), terms.DCTERMS.description, Literal("用于公共卫生研究", lang="zh")),
    ):
        assert triple in graph, triple
    assert graph.value(node, terms.DCTERMS.modified).datatype == terms.XSD.dateTime  # type: ignore[union-attr]


def test_json_ld_and_turtle_are_one_graph(stages: Stages, tmp_path: Path) -> None:
    assert stages.published
    turtle = Graph().parse(data=export(tmp_path, "turtle")[1], format="turtle")
    json_ld = Graph().parse(data=export(tmp_path, "jsonld")[1], format="json-ld")
    assert len(turtle) > 30
    assert isomorphic(turtle, json_ld)
    assert (URIRef("urn:canglang:catalog"), terms.RDF.type, terms.DCAT.Catalog) in turtle


@pytest.mark.parametrize("form", ["jsonld", "turtle", "xlsx"])
def test_an_export_tells_nothing_of_sources_and_findings(stages: Stages, tmp_path: Path, form: str) -> None:
    stages.review()
    register_dataset(actor=stages.cast.stella, provider=stages.cast.health, values={**RECORD, "title": "草稿一份"})
    _, content = export(tmp_path, form)
    if form == "xlsx":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = b"".join(map(archive.read, archive.namelist()))
    text = content.decode()
    assert "门诊就诊记录" in text
    for hidden in (
        "visits.csv",
        stages.source.sealed_name,
        "CN_RESIDENT_ID",
        "stella",
        "草稿一份",
        "320508",
        "sha256:",
    ):
        assert hidden not in text


@pytest.mark.parametrize("form", ["jsonld", "turtle", "xlsx"])
def test_the_same_catalogue_gives_the_same_bytes(stages: Stages, tmp_path: Path, form: str) -> None:
    assert stages.published
    (first, one), (second, two) = export(tmp_path, form), export(tmp_path, form)
    assert one == two
    assert first["sha256"] == second["sha256"]


@pytest.mark.parametrize("base", ["", "data", "javascript:x", "https://", "https://a b/", "https://a/?x=", "urn:x"])
def test_a_base_that_is_no_address_is_bad_input(db: None, tmp_path: Path, base: str) -> None:
    output = tmp_path / "f.ttl"
    document, code = run("export_catalog", "--as", "turtle", "--output", str(output), "--base", base)
    assert (code, document["error"]["code"], output.exists()) == (2, "base_invalid", False)


def test_an_exported_sheet_is_imported_as_the_same_record(stages: Stages, tmp_path: Path) -> None:
    awkward = {
        "abstract": '=HYPERLINK("http://x")',
        "keywords": ["水、电"],
        "open_condition": "'-不是公式",
        "issued": date(2025, 5, 1),
    }
    draft = stages.draft
    edit_dataset(actor=stages.cast.stella, dataset=draft, revision=draft.revision, values=awkward)
    code = stages.published.code
    expected = {name: getattr(Dataset.objects.get(code=code), name) for name in RECORD_FIELDS}
    export(tmp_path, "xlsx")
    document, exit_code = import_as("stella", tmp_path / "catalogue.xlsx")
    assert (exit_code, document["counts"]["unchanged"]) == (0, 1), document
    Dataset.objects.filter(code=code).update(code="elsewhere")
    document, exit_code = import_as("stella", tmp_path / "catalogue.xlsx")
    assert (exit_code, document["counts"]["registered"]) == (0, 1), document
    assert document["datasets"][0]["items"] == 7
    imported = Dataset.objects.get(code=code)
    assert {name: getattr(imported, name) for name in RECORD_FIELDS} == expected


def test_an_empty_catalogue_is_exported_too(db: None, tmp_path: Path) -> None:
    for form in ("jsonld", "turtle", "xlsx"):
        assert export(tmp_path, form)[0]["datasets"] == 0


def test_an_output_that_cannot_be_written_leaves_what_was_there(db: None, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "old.ttl").write_text("as it was")
    for output in (folder, folder / "missing" / "f.ttl", folder / "old.ttl" / "f.ttl", Path("/"), folder / ("x" * 250)):
        document, code = run("export_catalog", "--as", "turtle", "--output", str(output))
        assert (code, document["error"]["code"]) == (2, "output_unwritable")
    assert [path.name for path in folder.iterdir()] == ["old.ttl"]
    assert (folder / "old.ttl").read_text() == "as it was"


def test_reading_the_catalogue_takes_the_same_queries_for_more_datasets(
    stages: Stages, django_assert_max_num_queries: Any
) -> None:
    assert stages.published
    with django_assert_max_num_queries(8):
        assert len(read_published().datasets) == 1


def test_people_are_told_each_problem_on_a_line_and_what_was_done(cast: Cast, tmp_path: Path) -> None:
    def said(*arguments: str) -> str:
        out = io.StringIO()
        with contextlib.suppress(SystemExit):
            call_command(*arguments, "--language", "en", stdout=out, stderr=io.StringIO())
        return out.getvalue()

    bad = str(write_sheet(tmp_path / "bad.xlsx", [{**VISITS, "issued": "soon"}]))
    assert said("import_catalog", bad, "--as", "stella") == (
        "sheet 目录, row 2, column 发布日期: This is no date; write it as 2026-01-31.\n"
        "Nothing was imported. Problems: 1, in a sheet of rows: 1.\n"
    )
    good = str(write_sheet(tmp_path / "good.xlsx", with_items(VISITS, "repeated")))
    lines = said("import_catalog", good, "--as", "stella").splitlines()
    assert lines[:2] == ["registered: 204001/00001 门诊就诊记录", "Registered 1, edited 0, left 0 as they were."]
    assert "3 information items" in lines[2]
    assert said("export_catalog", "--as", "turtle", "--output", str(tmp_path / "f.ttl")).startswith("0 datasets → ")
