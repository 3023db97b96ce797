"""What a catalogue sheet says of items and of other resources: kept by an import, told by an export."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from rdflib import Graph, URIRef
from rdflib import namespace as terms

from catalog.datasets.lineage import DatasetLink, LinkKind
from catalog.datasets.linking import link_datasets
from catalog.datasets.models import Dataset, RightKind
from catalog.datasets.registration import attach_table, register_upload
from catalog.datasets.rights import record_right
from catalog.datasets.services import publish_dataset, register_dataset, submit_dataset
from catalog.exchange.published import read_published
from catalog.ledger.models import LedgerEntry
from tests.cast import Cast
from tests.catalog.exchanging import export, first_problem, import_as
from tests.catalog.sheets import BASE, BEDS, VISITS, reading_of, with_items, write_sheet
from tests.stages import RECORD, Stages, sealed_upload


def linked() -> list[tuple[str, str, str]]:
    return list(DatasetLink.objects.values_list("dataset__code", "kind", "target__code"))


def another_published(stages: Stages, title: str) -> Dataset:
    """One more published record of the health commission."""
    cast = stages.cast
    dataset = register_dataset(actor=cast.stella, provider=cast.health, values={**RECORD, "title": title})
    source = register_upload(
        actor=cast.stella,
        organization=cast.health,
        name=title,
        upload=sealed_upload("rows.csv", "区县,人次\n姑苏区,7\n".encode()),
    )
    attach_table(actor=cast.stella, dataset=dataset, source=source, table=None)
    record_right(
        actor=cast.stella,
        dataset=dataset,
        kind=RightKind.OWNERSHIP,
        holder=cast.health,
        basis="苏政发〔2025〕1号",
        valid_from=date(2025, 1, 1),
    )
    submit_dataset(actor=cast.stella, dataset=dataset)
    return publish_dataset(actor=cast.stefan, dataset=dataset)


def test_a_row_may_name_one_that_comes_after_it(cast: Cast, tmp_path: Path) -> None:
    sheet = write_sheet(
        tmp_path / "f.xlsx",
        [
            {**VISITS, "related": BEDS["code"], "derived_from": ""},
            {**BEDS, "related": VISITS["code"], "derived_from": VISITS["code"]},
        ],
    )
    document, code = import_as("stella", sheet)
    assert (code, document["kept"]["links"], document["unlinked"]) == (0, 2, [])
    # The relation that both rows name is one link.
    assert linked() == [(VISITS["code"], "related", BEDS["code"]), (BEDS["code"], "derived_from", VISITS["code"])]
    assert LedgerEntry.objects.filter(action="dataset.linked", actor=cast.stella).count() == 2
    lines = LedgerEntry.objects.count()
    document, code = import_as("stella", sheet)
    assert (code, document["counts"]["unchanged"], document["kept"]["links"]) == (0, 2, 0)
    assert LedgerEntry.objects.count() == lines


def test_a_code_that_names_nothing_one_sees_is_told_and_the_rest_is_kept(cast: Cast, tmp_path: Path) -> None:
    hidden = register_dataset(actor=cast.wendy, provider=cast.water, values={**RECORD, "title": "水价"})
    named = "; ".join((BEDS["code"], hidden.code, "999999/00001"))
    document, code = import_as("stella", write_sheet(tmp_path / "f.xlsx", [{**VISITS, "related": named}, BEDS]))
    assert (code, document["committed"], document["kept"]["links"]) == (0, True, 1)
    told = document["unlinked"]
    assert [(one["row"], one["column"], one["code"]) for one in told] == [(2, "关联资源代码", "code_unknown")]
    assert told[0]["message"].endswith("2.")
    assert "999999" not in told[0]["message"]  # what a cell says is not repeated


def test_a_sheet_that_goes_in_a_circle_or_names_itself_is_not_imported(cast: Cast, tmp_path: Path) -> None:
    circle = [{**VISITS, "derived_from": BEDS["code"]}, {**BEDS, "derived_from": VISITS["code"]}]
    document, code = import_as("stella", write_sheet(tmp_path / "f.xlsx", circle))
    assert (code, first_problem(document)) == (1, ("目录", 3, "来源资源代码", "lineage_circle"))
    itself = [{**VISITS, "related": VISITS["code"]}]
    document, code = import_as("stella", write_sheet(tmp_path / "g.xlsx", itself))
    assert (code, first_problem(document)) == (1, ("目录", 2, "关联资源代码", "link_to_itself"))
    assert not Dataset.objects.exists()


def test_an_import_takes_no_link_back_and_links_what_is_published(stages: Stages, tmp_path: Path) -> None:
    assert stages.published
    other = another_published(stages, "门诊月报")
    export(tmp_path, "xlsx")
    link_datasets(actor=stages.cast.stella, dataset=other, target=stages.published, kind=LinkKind.DERIVED_FROM)
    document, code = import_as("stella", tmp_path / "catalogue.xlsx")  # written before there was a link
    assert (code, document["counts"]["unchanged"], len(linked())) == (0, 2, 1)
    row = {
        "title": other.title,
        "code": other.code,
        "provider_code": stages.cast.health.code,
        "abstract": other.abstract,
        "share_type": other.share_type,
        "share_condition": other.share_condition,
        "update_cycle": other.update_cycle,
        "related": stages.published.code,
    }
    document, code = import_as("stella", write_sheet(tmp_path / "f.xlsx", [row]))
    assert (code, document["counts"]["edited"], document["kept"]) == (0, 1, {"items": 0, "links": 1}), document
    other.refresh_from_db()
    assert other.state == "published"


def test_a_dry_run_counts_links_and_leaves_none(cast: Cast, tmp_path: Path) -> None:
    sheet = write_sheet(tmp_path / "f.xlsx", [{**VISITS, "related": BEDS["code"]}, BEDS])
    document, code = import_as("stella", sheet, "--dry-run")
    assert (code, document["kept"]["links"], linked()) == (0, 1, [])


def test_items_are_kept_with_field_type_and_length(cast: Cast, tmp_path: Path) -> None:
    rows = with_items(VISITS, "first")
    for row, (field, length) in zip(rows, (("sfzh", "18"), ("jzrq", ""), ("fy", "10,2")), strict=True):
        row |= {"item_field": field, "item_length": length}
    document, code = import_as("stella", write_sheet(tmp_path / "f.xlsx", rows))
    assert (code, document["kept"]["items"]) == (0, 3)
    assert Dataset.objects.get().items == [
        {"name": "身份证号", "field": "sfzh", "data_type": "C", "length": "18"},
        {"name": "就诊日期", "field": "jzrq", "data_type": "D", "length": ""},
        {"name": "费用", "field": "fy", "data_type": "Y", "length": "10,2"},
    ]
    rows[1]["item_type"] = "C"
    document, code = import_as("stella", write_sheet(tmp_path / "g.xlsx", rows))
    assert (code, document["counts"]["edited"]) == (0, 1)
    assert Dataset.objects.get().items[1]["data_type"] == "C"
    # A sheet without the columns of items leaves them alone.
    document, code = import_as("stella", write_sheet(tmp_path / "h.xlsx", [VISITS]))
    assert (code, document["counts"]["unchanged"], len(Dataset.objects.get().items)) == (0, 1, 3)


def test_a_published_record_takes_no_item_that_its_table_has_not(stages: Stages, tmp_path: Path) -> None:
    assert stages.published
    export(tmp_path, "xlsx")
    assert import_as("stella", tmp_path / "catalogue.xlsx")[0]["counts"]["unchanged"] == 1
    reading = reading_of(tmp_path / "catalogue.xlsx").resources[0]
    shown = {
        "title": stages.published.title,
        "code": stages.published.code,
        "provider_code": stages.cast.health.code,
        "abstract": stages.published.abstract,
        "share_type": stages.published.share_type,
        "share_condition": stages.published.share_condition,
        "update_cycle": stages.published.update_cycle,
    }
    rows = [{**shown, "item_name": name} for name in (*(item.name for item in reading.items), "新增项")]
    document, code = import_as("stella", write_sheet(tmp_path / "f.xlsx", rows))
    assert (code, first_problem(document)) == (1, ("目录", 2, "信息资源代码", "not_a_draft"))


def test_what_is_too_long_for_an_item_is_told_at_its_cell(cast: Cast, tmp_path: Path) -> None:
    rows = with_items(VISITS, "repeated")
    for row in rows:
        row |= {"item_field": "", "item_length": ""}
    rows[1]["item_field"], rows[2]["item_length"] = "f" * 256, "9" * 21
    document, code = import_as("stella", write_sheet(tmp_path / "f.xlsx", rows))
    told = [(one["row"], one["column"], one["code"]) for one in document["problems"]]
    assert (code, told) == (1, [(3, "字段名", "cell_too_long"), (4, "数据长度", "cell_too_long")])


def test_an_export_says_relations_at_both_ends_and_derivations_at_one(stages: Stages, tmp_path: Path) -> None:
    cast, visits = stages.cast, stages.published
    report, draft = (
        another_published(stages, "门诊月报"),
        register_dataset(actor=cast.stella, provider=cast.health, values={**RECORD, "title": "草稿"}),
    )
    for kind, target in ((LinkKind.RELATED, visits), (LinkKind.DERIVED_FROM, visits), (LinkKind.RELATED, draft)):
        link_datasets(actor=cast.stella, dataset=report, target=target, kind=kind)
    told = {one.code: (one.related, one.derived_from) for one in read_published().datasets}
    assert told == {visits.code: ((report.code,), ()), report.code: ((visits.code,), (visits.code,))}
    graph = Graph().parse(data=export(tmp_path, "turtle", "--base", BASE)[1], format="turtle")
    one, other = (URIRef(f"{BASE}dataset/{code}") for code in (visits.code, report.code))
    for triple in (
        (one, terms.DCTERMS.relation, other),
        (other, terms.DCTERMS.relation, one),
        (other, terms.DCTERMS.source, one),
        (other, terms.PROV.wasDerivedFrom, one),
    ):
        assert triple in graph, triple
    assert (one, terms.PROV.wasDerivedFrom, None) not in graph
    assert draft.code not in str(export(tmp_path, "jsonld")[1])
    # The sheet says the same, so that a second catalogue learns of it.
    export(tmp_path, "xlsx")
    resources = {one.values["code"]: one.links for one in reading_of(tmp_path / "catalogue.xlsx").resources}
    assert resources[report.code] == {LinkKind.RELATED: (visits.code,), LinkKind.DERIVED_FROM: (visits.code,)}
    assert import_as("stella", tmp_path / "catalogue.xlsx")[0]["counts"]["unchanged"] == 2
