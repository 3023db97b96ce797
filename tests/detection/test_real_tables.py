"""What real tables hold: several values in a cell, JSON, dates in every notation, lost digits, marks and widths of all kinds."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from privacy.detection.model import ColumnInput, ColumnScan, Likelihood, TableScan
from privacy.detection.scan import scan_table
from tests.detection import numbers
from tests.detection.people import People

ROWS = 200
FULL_WIDTH = {point: point + 0xFEE0 for point in range(0x21, 0x7F)}


def scan_one(values: Sequence[Any] | pa.Array[Any], name: str = "F07") -> TableScan:
    array = values if isinstance(values, pa.Array) else pa.array(values)
    batch = pa.record_batch([array], names=[name])
    return scan_table([ColumnInput(name, "", array.type)], [batch], text_budget_seconds=None)


def scan(values: Sequence[Any] | pa.Array[Any], name: str = "F07") -> ColumnScan:
    return scan_one(values, name).columns[0]


def rows_of(found: ColumnScan) -> dict[str, int]:
    """Rows per type, the column's own among them."""
    return {str(found.entity_type): found.counts["matched"]} | {o.entity_type: o.rows for o in found.other_types}


# ---- several in one cell ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("between", [",", ";", "、", "/", " ", "|", "\n", "，", "＋"])
def test_several_identifiers_in_one_cell_are_all_counted(between: str) -> None:
    people = People(41)
    values = [between.join((people.mobile(), people.resident_id(), people.email())) for _ in range(ROWS)]
    assert rows_of(scan(values)) == {"CN_RESIDENT_ID": ROWS, "CN_MOBILE": ROWS, "EMAIL_ADDRESS": ROWS}


def test_two_of_a_kind_in_one_cell_count_as_one_row() -> None:
    people = People(42)
    found = scan([f"{people.mobile()},{people.mobile()},{people.mobile()}" for _ in range(ROWS)])
    assert (found.entity_type, found.counts["matched"]) == ("CN_MOBILE", ROWS)


def test_a_name_with_its_number_in_one_cell_is_a_name_and_a_number() -> None:
    people = People(43)
    found = scan([f"{people.name()} {people.mobile()}" for _ in range(ROWS)], "联系人及电话")
    assert {"PERSON", "CN_MOBILE"} <= set(rows_of(found))


# ---- JSON -------------------------------------------------------------------------------------------------------


def documents(make: Callable[[People, int], object]) -> list[str]:
    people = People(44)
    return [json.dumps(make(people, number), ensure_ascii=False) for number in range(ROWS)]


def test_keys_of_json_say_what_columns_names_say() -> None:
    found = scan(
        documents(
            lambda p, i: {"xm": p.name(), "phone": p.mobile(), "nl": p.random.randrange(90), "xb": "男", "seq": i}
        )
    )
    assert found.entity_type == "PERSON"
    assert rows_of(found) == {"PERSON": ROWS, "CN_MOBILE": ROWS, "AGE": ROWS, "SEX": ROWS}


def test_a_number_that_only_its_key_tells_is_found_in_json() -> None:
    found = scan(documents(lambda p, i: {"qq": int(numbers.qq(p)), "住院号": numbers.digits(p, 8), "n": i}))
    assert {"CN_QQ_ID", "MEDICAL_RECORD"} <= set(rows_of(found))


def test_json_is_read_through_lists_and_objects_in_it() -> None:
    found = scan(
        documents(
            lambda p, i: {"family": [{"name": p.name()}, {"name": p.name()}], "at": {"home": {"address": p.address()}}}
        )
    )
    assert rows_of(found) == {"PERSON": ROWS, "CN_ADDRESS": ROWS}


def test_a_diagnosis_in_json_is_a_finding_though_it_names_nobody() -> None:
    found = scan(documents(lambda p, i: {"诊断": p.random.choice(["高血压", "慢性胃炎", "白内障"]), "v": i}))
    assert found.entity_type == "DIAGNOSIS"


def test_json_of_measurements_is_no_finding() -> None:
    found = scan(documents(lambda p, i: {"temp": p.random.random(), "ok": True, "unit": "kPa", "id": i}))
    assert (found.entity_type, found.other_types) == (None, ())


def test_what_only_begins_like_json_is_text() -> None:
    people = People(45)
    found = scan([f"{{{people.mobile()}" for _ in range(ROWS)])
    assert found.entity_type == "CN_MOBILE"
    deep = '{"a":' * 100_000 + "1" + "}" * 100_000
    assert scan([deep, people.mobile()]).counts["cells"] == 2


def test_the_cut_into_batches_does_not_show_in_json() -> None:
    values = pa.array(documents(lambda p, i: {f"k{i % 90}": p.mobile(), "xm": p.name()}))
    column = [ColumnInput("F", "", pa.string())]

    def scanned(rows: int) -> TableScan:
        batches = pa.table({"F": values}).to_batches(max_chunksize=rows)
        return scan_table(column, batches, text_budget_seconds=None)

    assert scanned(ROWS) == scanned(17)


# ---- dates ------------------------------------------------------------------------------------------------------

NOTATIONS: list[Callable[[date], object]] = [
    lambda day: day,
    date.isoformat,
    lambda day: f"{day:%Y/%m/%d}",
    lambda day: f"{day.year}/{day.month}/{day.day}",
    lambda day: f"{day:%Y.%m.%d}",
    lambda day: f"{day:%Y%m%d}",
    lambda day: int(f"{day:%Y%m%d}"),
    lambda day: f"{day.year}年{day.month}月{day.day}日",
    lambda day: f"{day:%d/%m/%Y}",
    lambda day: f"{day:%m-%d-%Y}",
    lambda day: f"{day:%d %b %Y}",
    lambda day: f"{day:%B} {day.day}, {day.year}",
    lambda day: f"{day:%d-%b-%Y}".upper(),
    lambda day: f"{day:%Y-%m-%d} 00:00:00",
    lambda day: f"{day:%Y-%m-%d}T00:00:00",
    lambda day: f"{day:%Y%m%d}".translate(FULL_WIDTH),
]


@pytest.mark.parametrize("written", NOTATIONS, ids=[str(write(date(1985, 3, 4))) for write in NOTATIONS])
def test_a_date_of_birth_is_read_in_every_notation(written: Callable[[date], object]) -> None:
    people = People(46)
    found = scan([written(people.born()) for _ in range(ROWS)], "出生日期")
    assert found.entity_type == "BIRTH_DATE"
    assert found.likelihood in (Likelihood.LIKELY, Likelihood.VERY_LIKELY)


def test_notations_mixed_in_one_column_are_all_read() -> None:
    people = People(47)
    texts = [write for write in NOTATIONS if isinstance(write(date(1985, 3, 4)), str)]
    found = scan([people.random.choice(texts)(people.born()) for _ in range(ROWS)], "csrq")
    assert (found.entity_type, found.counts["matched"]) == ("BIRTH_DATE", ROWS)


# ---- lost digits ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["3.20501E+17", "3.20501e+17", "3.20501E17", "3.2050119900101E+17", "3E+17"])
def test_an_id_in_scientific_notation_is_a_lost_id_and_said_so(text: str) -> None:
    table = scan_one([text] * ROWS, "sfzh")
    assert table.columns[0].entity_type == "CN_RESIDENT_ID"
    assert "digits_lost" in table.columns[0].evidence["notes"]
    assert [(reason.code, reason.params["rows"]) for reason in table.reasons] == [("digits_lost", ROWS)]
    assert table.state == "complete"


def test_a_number_that_is_only_written_so_has_lost_nothing() -> None:
    people = People(53)
    numbers_as_floats = [f"{number[0]}.{number[1:]}E+10" for number in (people.mobile() for _ in range(ROWS))]
    assert scan_one(numbers_as_floats, "sjh").reasons == ()


def test_a_lost_id_is_told_by_its_province_where_the_name_says_nothing() -> None:
    people = People(48)
    values = [f"{float(people.resident_id()[:17] + '0'):.5E}" for _ in range(ROWS)]
    assert scan(values).entity_type == "CN_RESIDENT_ID"
    assert scan([f"{people.random.uniform(8.4e17, 9e17):.5E}" for _ in range(ROWS)]).entity_type is None


def test_ids_held_as_floats_are_lost_ids() -> None:
    people = People(49)
    found = scan([float(people.resident_id()[:17] + "0") for _ in range(ROWS)])
    assert found.entity_type == "CN_RESIDENT_ID"
    assert "digits_lost" in found.evidence["notes"]
    measured = scan([people.random.uniform(1e17, 9e17) // 1 for _ in range(ROWS)])
    assert measured.entity_type is None


# ---- characters -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entity_type", "maker"),
    [
        ("CN_RESIDENT_ID", People.resident_id),
        ("CN_MOBILE", People.mobile),
        ("CN_USCC", People.uscc),
        ("VIN", numbers.vin),
        ("EMAIL_ADDRESS", People.email),
        ("IBAN_CODE", numbers.iban),
        ("CN_HM_TRAVEL_PERMIT", numbers.home_return_permit),
        ("CN_OFFICER_ID", numbers.officer_certificate),
    ],
)
def test_full_width_letters_and_digits_are_read(entity_type: str, maker: Callable[[People], str]) -> None:
    people = People(50)
    assert scan([maker(people).translate(FULL_WIDTH) for _ in range(ROWS)]).entity_type == entity_type


@pytest.mark.parametrize("mark", ["\0", "\ufeff", "\u200b", "\u00ad", "\t", "\r\n", "\u3000"])
def test_marks_around_a_number_do_not_hide_it(mark: str) -> None:
    people = People(51)
    found = scan([f"{mark}{people.mobile()}{mark}" for _ in range(ROWS)])
    assert (found.entity_type, found.counts["matched"]) == ("CN_MOBILE", ROWS)


def test_cells_of_a_million_characters_are_read_to_their_end_and_quickly() -> None:
    people = People(52)
    r = random.Random(5)
    filler = "".join(r.choice("abcdefghijklmnopqrstuvwxyz0123456789 .,-@:/") for _ in range(1_000_000))
    cells = [
        filler + " " + people.mobile(),
        "0" * 1_000_000 + " " + people.resident_id(),
        "x" * 1_000_000,
        "好" * 300_000,
    ]
    began = time.process_time()
    found = scan(cells)
    assert time.process_time() - began < 60
    assert found.counts["cells"] == 4
    assert {"CN_RESIDENT_ID", "CN_MOBILE"} <= set(rows_of(found))
