"""Direct identifiers left in protected output are found, and nothing else stops a release."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from catalog.sources import FileLocation, open_source
from privacy.detection.residual import ProtectedField, find_residual_direct
from privacy.masking.writer import write_artefact
from tests.detection.people import People

BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def residual(values: Sequence[Any], operator: str = "keep", **arguments: Any) -> list[tuple[str, int]]:
    batch = pa.record_batch([pa.array(values)], names=["c"])
    found = find_residual_direct([ProtectedField("c", operator)], [batch], **arguments)
    return [(one.entity_type, one.rows) for one in found]


def make(maker: Callable[[People], object], rows: int = 300) -> list[object]:
    people = People(51)
    return [maker(people) for _ in range(rows)]


@pytest.mark.parametrize(
    ("entity_type", "maker"),
    [
        ("CN_RESIDENT_ID", People.resident_id),
        ("CN_RESIDENT_ID", lambda p: p.resident_id(mistyped=True)),
        ("CN_RESIDENT_ID", People.old_resident_id),
        ("CN_MOBILE", People.mobile),
        ("CN_MOBILE", lambda p: int(p.mobile())),
        ("CN_MOBILE", lambda p: float(p.mobile())),
        ("CN_MOBILE", lambda p: Decimal(p.mobile()).quantize(Decimal("0.00"))),
        ("CN_RESIDENT_ID", lambda p: float(p.resident_id().replace("X", "0"))),
        ("CN_RESIDENT_ID", lambda p: Decimal(p.resident_id().replace("X", "0")).quantize(Decimal("0.0"))),
        ("CN_RESIDENT_ID", lambda p: float(p.old_resident_id())),
        ("CN_BANK_CARD", People.bank_card),
        ("EMAIL_ADDRESS", People.email),
        ("CN_PLATE", People.plate),
    ],
)
def test_an_identifier_that_was_kept_is_found(entity_type: str, maker: Callable[[People], object]) -> None:
    assert residual(make(maker)) == [(entity_type, 300)]


@pytest.mark.parametrize(
    ("entity_type", "maker"),
    [("CN_MOBILE", People.mobile), ("CN_RESIDENT_ID", lambda p: p.resident_id().replace("X", "0"))],
)
@pytest.mark.parametrize("format_", ["csv", "parquet"])
def test_an_identifier_that_is_kept_as_a_float_is_found_in_what_was_written(
    entity_type: str, maker: Callable[[People], str], format_: str
) -> None:
    """A CSV has floats as text, most of them with an exponent."""
    people, sink = People(57), io.BytesIO()
    batch = pa.record_batch([pa.array([float(maker(people)) for _ in range(300)])], names=["c"])
    write_artefact([batch], sink, format=format_, schema=batch.schema)
    with open_source(FileLocation(f"a.{format_}", lambda: io.BytesIO(sink.getvalue()))) as source:
        found = find_residual_direct({"c": "keep"}, source.table().batches())
    assert [(one.entity_type, one.rows) for one in found] == [(entity_type, 300)]


def test_measures_and_amounts_are_no_identifiers() -> None:
    people = People(58)
    for make_one in (
        lambda: people.random.uniform(0, 1e6),
        lambda: float(people.random.randrange(10**12)),
        lambda: people.random.uniform(0, 1) * 1e18,
        lambda: Decimal(people.random.randrange(10**9)).scaleb(-2),
    ):
        assert residual([make_one() for _ in range(2000)]) == []
    assert residual(["1e5", "2.5E+3", "nan", "3.0", None] * 50) == []


def test_one_number_in_a_remark_is_found() -> None:
    people = People(52)
    texts = [people.remark() for _ in range(1000)]
    assert residual([*texts, f"联系{people.mobile()}"]) == [("CN_MOBILE", 1)]
    assert residual([*texts, f"身份证{people.resident_id()}"]) == [("CN_RESIDENT_ID", 1)]


@pytest.mark.parametrize(
    ("operator", "maker"),
    [
        ("token", lambda p: "".join(p.random.choice(BASE32) for _ in range(16))),
        ("token", lambda p: "".join(p.random.choice(BASE32) for _ in range(26))),
        ("partial_mask", lambda p: p.mobile()[:3] + "****" + p.mobile()[-4:]),
        ("partial_mask", lambda p: p.resident_id()[:6] + "********" + p.resident_id()[-4:]),
        ("partial_mask", lambda p: p.bank_card()[:6] + "*********" + p.bank_card()[-4:]),
        ("partial_mask", lambda p: "***@163.com"),
        ("partial_mask", lambda p: "苏E****" + p.plate()[-1]),
        ("generalise", lambda p: p.resident_id()[:6]),
        ("generalise", lambda p: p.born().isoformat()[:7]),
        ("keep", lambda p: f"320508202401{p.random.randrange(1, 29):02d}{p.random.randrange(10**4):04d}"),
        ("keep", lambda p: f"{p.random.randrange(10**17, 10**18)}"),
        ("keep", lambda p: f"62{p.random.randrange(10**16):016d}"),
        ("keep", lambda p: p.random.randrange(10**11)),
        ("keep", lambda p: f"{p.random.random() * 1e11:.2f}"),
        ("keep", lambda p: 1_700_000_000_000 + p.random.randrange(10**9)),
        ("keep", People.company),
        ("keep", People.uscc),
        ("keep", lambda p: p.random.random()),
        ("ff1", People.mobile),
        ("drop", lambda p: None),
    ],
)
def test_nothing_else_stops_a_release(operator: str, maker: Callable[[People], object]) -> None:
    assert residual(make(maker), operator) == []


def test_a_value_that_slipped_past_its_token_is_found() -> None:
    tokens = make(lambda p: "".join(p.random.choice(BASE32) for _ in range(16)))
    people = People(53)
    assert residual([*tokens, people.resident_id(), people.mobile()], "token") == [
        ("CN_MOBILE", 1),
        ("CN_RESIDENT_ID", 1),
    ]
    assert residual([*tokens, "4111111111111111"], "token") == [("CN_BANK_CARD", 1)]  # sixteen digits are no token


def test_the_types_sought_are_an_argument() -> None:
    assert residual(make(People.uscc), types={"CN_USCC"}) == [("CN_USCC", 300)]
    assert residual(make(People.mobile), types={"CN_USCC"}) == []
    with pytest.raises(ValueError, match="PERSON"):
        residual([""], types={"PERSON"})


def test_findings_are_told_by_column_over_all_batches() -> None:
    people = People(54)
    batches = [
        pa.record_batch([pa.array([people.mobile()] * 5), pa.array([people.email()] * 5)], names=["a", "b"])
        for _ in range(3)
    ]
    found = find_residual_direct({"b": "keep", "a": "keep", "gone": "drop"}, batches)
    assert [(one.column, one.entity_type, one.rows, one.cells) for one in found] == [
        ("b", "EMAIL_ADDRESS", 15, 15),
        ("a", "CN_MOBILE", 15, 15),
    ]
