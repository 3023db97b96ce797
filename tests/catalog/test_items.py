"""Declared information items: kept on the record, lent to the columns of the table that comes, and missed where there is none."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.datasets.completeness import completeness_of
from catalog.datasets.items import MAX_ITEMS, item_of, missing_items
from catalog.datasets.models import DataField, Dataset
from catalog.datasets.registration import attach_table, register_upload
from catalog.datasets.search import matching
from catalog.datasets.services import edit_dataset, register_dataset
from catalog.errors import InvalidInput
from tests.cast import Cast
from tests.stages import RECORD, Stages, sealed_upload

pytestmark = pytest.mark.django_db

CARDS = [
    item_of(name="持卡人姓名", field="XM", data_type="C", length="50"),
    item_of(name="办卡日期", field="bkrq", data_type="D"),
    item_of(name="卡号", data_type="C", length="20"),
    item_of(name="注销日期", field="zxrq", data_type="D"),
]


@pytest.fixture
def declared(cast: Cast) -> Dataset:
    return register_dataset(actor=cast.stella, provider=cast.health, values={**RECORD, "items": CARDS})


def attach(cast: Cast, dataset: Dataset, header: str) -> dict[str, DataField]:
    """A table with these columns; its fields by name."""
    content = f"{header}\n{','.join('1' for _ in header.split(','))}\n".encode()
    source = register_upload(
        actor=cast.stella, organization=cast.health, name="cards", upload=sealed_upload("cards.csv", content)
    )
    distribution = attach_table(actor=cast.stella, dataset=dataset, source=source, table=None)
    return {field.name: field for field in distribution.fields.all()}


def test_a_table_that_is_attached_takes_what_was_declared(cast: Cast, declared: Dataset) -> None:
    fields = attach(cast, declared, "xm,bkrq,卡号,备注")
    said = {name: (field.label, field.data_type) for name, field in fields.items()}
    # A name is compared without its case; a column that is called as the item gains nothing by saying it twice.
    assert said == {"xm": ("持卡人姓名", "C"), "bkrq": ("办卡日期", "D"), "卡号": ("", "C"), "备注": ("", "C")}


def test_what_is_declared_and_not_in_the_table_is_told_and_stops_nothing(cast: Cast, declared: Dataset) -> None:
    assert "items" not in {point.code for point in completeness_of(declared).points}
    attach(cast, declared, "xm,bkrq,卡号")
    point = next(point for point in completeness_of(declared).points if point.code == "items")
    assert (point.done, point.needed) == (False, False)
    assert "注销日期" in point.text
    assert "卡号" not in point.text


def test_nothing_is_said_of_items_where_none_are_declared(stages: Stages) -> None:
    assert "items" not in {point.code for point in completeness_of(stages.draft).points}


def test_items_declared_after_the_table_lend_their_names_too_and_take_none_away(cast: Cast, stages: Stages) -> None:
    named = stages.field("诊断")
    DataField.objects.filter(pk=named.pk).update(label="临床诊断")
    items = [
        item_of(name="疾病", field="诊断"),
        item_of(name="居住区", field="区县"),
        item_of(name="生日", field="出生日期", data_type="D"),
    ]
    edit_dataset(actor=cast.stella, dataset=stages.draft, revision=stages.draft.revision, values={"items": items})
    said = {name: stages.field(name) for name in ("诊断", "区县", "出生日期")}
    assert [said[name].label for name in said] == ["临床诊断", "居住区", "生日"]
    assert said["出生日期"].data_type == "D"


def test_an_item_is_found_by_the_label_of_its_column(stages: Stages) -> None:
    field = stages.field("诊断")
    field.label = "临床诊断"
    assert missing_items([item_of(name="临床诊断"), item_of(name="费用")], [field]) == ["费用"]


def test_a_draft_is_found_by_what_it_declares_until_a_table_says_what_there_is(cast: Cast, declared: Dataset) -> None:
    assert declared in matching(Dataset.objects.all(), "注销日期")
    attach(cast, declared, "xm,bkrq")
    assert declared not in matching(Dataset.objects.all(), "注销日期")
    assert declared in matching(Dataset.objects.all(), "办卡日期")


@pytest.mark.parametrize(
    "items",
    [
        "姓名",
        ["姓名"],
        [{"name": "姓名"}],
        [item_of(name=" ")],
        [item_of(name="长" * 256)],
        [item_of(name="姓名", length="9" * 21)],
        [item_of(name="姓名", data_type="Q")],
        [{**item_of(name="姓名"), "field": None}],
        [item_of(name="姓名"), item_of(name="姓名", field="xm")],
        [item_of(name=f"项{number}") for number in range(MAX_ITEMS + 1)],
    ],
)
def test_what_is_no_list_of_items_is_refused(cast: Cast, items: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        register_dataset(actor=cast.stella, provider=cast.health, values={**RECORD, "items": items})
    assert set(refused.value.fields) == {"items"}
