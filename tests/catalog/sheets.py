"""Catalogue sheets and published records that the tests of the exchange write and read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from catalog.exchange import columns
from catalog.exchange.published import Agent, PublishedCatalogue, PublishedDataset, PublishedItem, PublishedTable
from catalog.exchange.reading import Reading, read_resources
from catalog.exchange.sheet import read_workbook
from catalog.sources import file_location

HEALTH = "11320500000000002A"
BASE = "https://data.example/catalogue/"
AUTHORITY = "http://publications.europa.eu/resource/authority/"

# One resource of the sheet, by our names; tests write it under Chinese or English headings.
VISITS: Mapping[str, str] = {
    "category": "204001",
    "title": "门诊就诊记录",
    "title_en": "Outpatient visits",
    "code": "204001/00001",
    "provider": "卫生健康委员会",
    "provider_code": HEALTH,
    "abstract": "全市医疗机构门诊就诊的逐条记录。",
    "keywords": "门诊;就诊",
    "share_type": "有条件共享",
    "share_condition": "用于公共卫生研究",
    "share_mode": "数据库",
    "open_to_public": "否",
    "update_cycle": "每日",
    "issued": "2026年1月31日",
}
BEDS: Mapping[str, str] = {
    **VISITS,
    "title": "床位统计",
    "title_en": "Beds",
    "code": "204001/00002",
    "abstract": "各医院床位数。",
    "share_type": "无条件共享",
    "share_condition": "",
    "issued": "",
}
ITEMS = (("身份证号", "C"), ("就诊日期", "日期型D"), ("费用", "货币型"))


def write_sheet(path: Path, rows: Sequence[Mapping[str, str]], *, name: str = "目录", english: bool = False) -> Path:
    """A plain sheet: one row of headings, then the rows."""
    fields = list(dict.fromkeys(field for row in rows for field in row))
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, [field if english else columns.heading_of(field) for field in fields])
        for number, row in enumerate(rows, start=1):
            sheet.write_row(number, 0, [row.get(field, "") for field in fields])
    return path


def with_items(record: Mapping[str, str], layout: str) -> list[dict[str, str]]:
    """The rows of one resource: its cells repeated, or only in the first row."""
    rows = []
    for number, (name, data_type) in enumerate(ITEMS):
        shown = record if layout == "repeated" or number == 0 else dict.fromkeys(record, "")
        rows.append({**shown, "item_name": name, "item_type": data_type})
    return rows


def write_template(path: Path, records: Sequence[Mapping[str, str]]) -> Path:
    """The guide's own form: a title, headings over two rows, each resource merged down along its items; from B3 on."""
    top, left = 2, 1
    plain_fields = [field for field in records[0] if not columns.BY_FIELD[field].group]
    grouped = [field for field in records[0] if columns.BY_FIELD[field].group]
    fields = [*plain_fields, "item_name", "item_type", *grouped]
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("目录")
        sheet.merge_range(top, left, top, left + len(fields) - 1, "沧浪市政务信息资源目录")
        places = {field: left + place for place, field in enumerate(fields)}
        for field in plain_fields:
            sheet.merge_range(top + 1, places[field], top + 2, places[field], f"{columns.heading_of(field)}(必填)")
        for group in ("信息项信息", "共享属性", "开放属性"):
            inside = [places[field] for field in fields if columns.BY_FIELD[field].group == group]
            if len(inside) > 1:
                sheet.merge_range(top + 1, inside[0], top + 1, inside[-1], group)
            else:
                sheet.write(top + 1, inside[0], group)
        for field in fields[len(plain_fields) :]:
            sheet.write(top + 2, places[field], columns.heading_of(field))
        row = top + 3
        for record in records:
            for field, value in record.items():
                sheet.merge_range(row, places[field], row + len(ITEMS) - 1, places[field], value)
            for offset, (name, data_type) in enumerate(ITEMS):
                sheet.write(row + offset, places["item_name"], name)
                sheet.write(row + offset, places["item_type"], data_type)
            row += len(ITEMS)
    return path


def reading_of(path: Path) -> Reading:
    return read_resources(read_workbook(file_location(path)))


def a_dataset(**changes: Any) -> PublishedDataset:
    bureau = Agent(HEALTH, "卫生健康委员会", "Health Commission")
    return replace(
        PublishedDataset(
            code="204001/00001",
            category="204001",
            title="门诊就诊记录",
            title_en="Outpatient visits",
            abstract="逐条记录。",
            abstract_en="",
            theme="health",
            keywords=("门诊", "visits"),
            provider=bureau,
            owner=bureau,
            share_type="conditional",
            share_condition="用于公共卫生研究",
            share_citation="",
            share_mode="file",
            open_to_public=False,
            open_condition="",
            update_cycle="daily",
            issued=date(2026, 1, 31),
            modified=datetime(2026, 2, 1, 8, 30, tzinfo=UTC),
            version=2,
            tables=(PublishedTable("csv", (PublishedItem("sfzh", "身份证号", "C"), PublishedItem("fee", "", "Y"))),),
            related=(),
        ),
        **changes,
    )


def a_catalogue(*datasets: PublishedDataset) -> PublishedCatalogue:
    return PublishedCatalogue(Agent("11320500000000001A", "沧浪市人民政府", "Canglang City"), datasets)


def read_back(content: bytes, tmp_path: Path) -> Reading:
    path = tmp_path / "back.xlsx"
    path.write_bytes(content)
    return reading_of(path)
