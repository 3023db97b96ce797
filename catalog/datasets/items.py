"""Information items (信息项): what a record says its columns are before a table says it.

A catalogue sheet declares them, often long before anybody attaches a table. They stand on the record as
`{"name", "field", "data_type", "length"}`, all of it text: the name in words, the column's own name, a letter of
`DATA_TYPES`, and the length as it was written; all but the name may be empty. Once a table is attached its columns are
what counts; the items then lend them their names, and what is declared and not there is told in `completeness`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from catalog.datasets.models import DataField, Dataset
from catalog.messages import gettext_noop

# C 字符 N 数值 Y 货币 D 日期 T 日期时间 L 逻辑 M 备注 G 通用 B 双精度 I 整型 F 浮点 (standards §1)
DATA_TYPES = frozenset("CNYDTLMGBIF")
MAX_ITEMS = 2000
LENGTHS: Mapping[str, int] = {"name": 255, "field": 255, "data_type": 1, "length": 20}
"""The members of an item, and how long each may be."""

Item = Mapping[str, str]


def item_of(*, name: str, field: str = "", data_type: str = "", length: str = "") -> dict[str, str]:
    """One item as the record keeps it."""
    return {"name": name, "field": field, "data_type": data_type, "length": length}


def items_problem(items: Any) -> str | None:
    """What is wrong with declared items, as a msgid; None where nothing is."""
    if not isinstance(items, list) or len(items) > MAX_ITEMS or not all(map(_is_item, items)):
        return gettext_noop("At most 2,000 items, each with a name and a data type of the catalogue's list.")
    if len({item["name"] for item in items}) < len(items):
        return gettext_noop("Each item is declared once.")
    return None


def _is_item(item: Any) -> bool:
    return (
        isinstance(item, dict)
        and item.keys() == LENGTHS.keys()
        and all(isinstance(text, str) and len(text) <= LENGTHS[name] for name, text in item.items())
        and bool(item["name"].strip())
        and (not item["data_type"] or item["data_type"] in DATA_TYPES)
    )


def missing_items(items: Iterable[Item], fields: Iterable[DataField]) -> list[str]:
    """The names of the items that none of the columns is."""
    items = list(items)
    found = {item["name"] for _field, item in _matched(items, fields)}
    return [item["name"] for item in items if item["name"] not in found]


def describe_by_items(dataset: Dataset) -> None:
    """Write into the columns what the table leaves unsaid and an item says: the name in words, and the type of what is only text.

    A column keeps the label it has. Part of the act that attaches the table or changes the items.
    """
    changed = []
    for field, item in _matched(dataset.items, DataField.objects.filter(distribution__dataset=dataset)):
        label = item["name"] if not field.label and _plain(item["name"]) != _plain(field.name) else field.label
        # Text is what a reader says of a column whose format has no types; the declaration knows better.
        data_type = item["data_type"] or field.data_type if field.data_type == "C" else field.data_type
        if (label, data_type) != (field.label, field.data_type):
            field.label, field.data_type = label, data_type
            changed.append(field)
    DataField.objects.bulk_update(changed, ["label", "data_type"])


def _matched(items: Iterable[Item], fields: Iterable[DataField]) -> Iterator[tuple[DataField, Item]]:
    """Each column with the item that declares it: by the column's own name, else by its name in words."""
    by_field: dict[str, Item] = {}
    by_name: dict[str, Item] = {}
    for item in items:
        by_name.setdefault(_plain(item["name"]), item)
        if item["field"]:
            by_field.setdefault(_plain(item["field"]), item)
    for field in fields:
        name, label = _plain(field.name), _plain(field.label)
        found = by_field.get(name) or by_name.get(name) or by_name.get(label)
        if found is not None:
            yield field, found


def _plain(name: str) -> str:
    """A name as it is compared: half width, lower case, without blanks around it."""
    return unicodedata.normalize("NFKC", name).strip().casefold()
