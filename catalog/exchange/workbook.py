"""The published catalogue as the sheet an import reads: headings of the guide, a resource merged down along its items.

Pure: records to bytes, the same records to the same bytes.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import groupby

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from catalog.datasets.models import ShareType
from catalog.exchange import columns
from catalog.exchange.cells import list_cell, sheltered
from catalog.exchange.published import PublishedCatalogue, PublishedDataset, PublishedItem
from catalog.messages import MessageError, gettext_noop

SHEET_NAME = "政务信息资源目录"
HEADER_ROWS = 2
MAX_ROWS = 1 << 20
"""Excel's."""

# A workbook says when it was made; a constant keeps the bytes the same.
_MADE = datetime(2017, 6, 30, tzinfo=UTC).replace(tzinfo=None)
_FORMATS: Mapping[str, str] = {
    "csv": "电子表格: csv",
    "tsv": "电子表格: tsv",
    "xlsx": "电子表格: xlsx",
    "parquet": "电子表格: parquet",
    "jsonl": "自描述格式: jsonl",
}
_DATABASE = "数据库"
_WIDE = {"title": 28, "title_en": 28, "abstract": 44, "abstract_en": 44, "share_condition": 32, "item_name": 20}


class CatalogueTooLong(MessageError):
    """More information items than a sheet has rows."""

    code = "catalogue_too_long"
    message = gettext_noop("The catalogue has %(rows)d rows; a sheet holds %(limit)d.")


def catalogue_workbook(catalogue: PublishedCatalogue) -> bytes:
    """The workbook's bytes. Every cell is text, and none can be taken for a formula. Raises CatalogueTooLong."""
    length = HEADER_ROWS + sum(len(_items(dataset)) for dataset in catalogue.datasets)
    if length > MAX_ROWS:
        raise CatalogueTooLong(rows=length, limit=MAX_ROWS)
    sink = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(sink, options) as book:
        book.set_properties({"title": SHEET_NAME, "created": _MADE})
        head = book.add_format({"bold": True, "align": "center", "valign": "vcenter", "border": 1, "text_wrap": True})
        body = book.add_format({"valign": "top", "border": 1, "text_wrap": True, "num_format": "@"})
        sheet = book.add_worksheet(SHEET_NAME)
        sheet.freeze_panes(HEADER_ROWS, 0)
        _write_head(sheet, head)
        row = HEADER_ROWS
        for dataset in catalogue.datasets:
            row = _write_dataset(sheet, row, dataset, body)
    return sink.getvalue()


def _write_head(sheet: Worksheet, form: Format) -> None:
    place = 0
    for group, members in groupby(columns.EXPORTED, key=lambda column: column.group):
        first = place
        for column in members:
            sheet.set_column(place, place, _WIDE.get(column.field, 14))
            if group:
                sheet.write_string(1, place, column.heading, form)
            else:
                sheet.merge_range(0, place, 1, place, column.heading, form)
            place += 1
        if group:
            sheet.merge_range(0, first, 0, place - 1, group, form)


def _write_dataset(sheet: Worksheet, row: int, dataset: PublishedDataset, form: Format) -> int:
    """Write one resource from `row` on; returns the row below it."""
    items, record = _items(dataset), _record_cells(dataset)
    last = row + len(items) - 1
    for place, column in enumerate(columns.EXPORTED):
        if column.item:
            for offset, item in enumerate(items):
                sheet.write_string(row + offset, place, sheltered(item[column.field]), form)
            continue
        cell = sheltered(record[column.field])
        if last > row:
            sheet.merge_range(row, place, last, place, "", form)
        sheet.write_string(row, place, cell, form)
    return last + 1


def _items(dataset: PublishedDataset) -> list[dict[str, str]]:
    """The item cells of each row; a resource without any item takes one row all the same."""
    items = {item.name: item for table in dataset.tables for item in table.items}
    labels = Counter(map(_label, items.values()))
    rows = [
        {
            # A sheet names each item of a resource once.
            "item_name": _label(item) if labels[_label(item)] == 1 else f"{_label(item)}({item.name})",
            "item_field": item.name,
            "item_type": item.data_type,
        }
        for item in items.values()
    ]
    return rows or [dict.fromkeys(columns.ITEM_FIELDS, "")]


def _label(item: PublishedItem) -> str:
    return item.label.strip() or item.name


def _record_cells(dataset: PublishedDataset) -> dict[str, str]:
    withheld_by_condition = dataset.share_type == ShareType.WITHHELD and not dataset.share_condition
    return {
        "category": dataset.category,
        "title": dataset.title,
        "title_en": dataset.title_en,
        "code": dataset.code,
        "provider": dataset.provider.name,
        "provider_code": dataset.provider.code,
        "abstract": dataset.abstract,
        "abstract_en": dataset.abstract_en,
        "theme": dataset.theme,
        "keywords": list_cell(dataset.keywords),
        "format": "; ".join(_formats(dataset)),
        "share_type": columns.SHARE_TYPES[dataset.share_type][0],
        # Where the guide has it, and where other readers of the sheet look for it.
        "share_condition": dataset.share_citation if withheld_by_condition else dataset.share_condition,
        "share_citation": "" if withheld_by_condition else dataset.share_citation,
        "share_mode": columns.SHARE_MODES[dataset.share_mode][0],
        "open_to_public": columns.YES_NO["yes" if dataset.open_to_public else "no"][0],
        "open_condition": dataset.open_condition,
        "update_cycle": columns.UPDATE_CYCLES[dataset.update_cycle][0],
        "issued": dataset.issued.isoformat() if dataset.issued else "",
        "related": list_cell(dataset.related),
        "derived_from": list_cell(dataset.derived_from),
    }


def _formats(dataset: PublishedDataset) -> Iterator[str]:
    """Each format once. Of a database only that it is one: its make is the operator's affair."""
    yield from dict.fromkeys(_FORMATS.get(table.format, _DATABASE) for table in dataset.tables)
