"""Building labelled tables: a schema, a style of headers and a seed make one, always the same.

Lives here: spelling headers, dirtying columns, choosing rows, and putting tables together. What a table consists of stands in the
schemas of the two halves.
"""

from __future__ import annotations

import random
import re
import tomllib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from tests.detection.labelled.concept import NONE, Concept
from tests.detection.labelled.concepts_en import EN
from tests.detection.labelled.concepts_zh import ZH
from tests.detection.labelled.values import Values
from tests.detection.labelled.words import en, zh

HALVES: Final = ("tuned", "held_out")
OPAQUE: Final = "opaque"
ZH_STYLES: Final = ("zh", "py", "en", OPAQUE)
EN_STYLES: Final = ("snake", "camel", "title", OPAQUE)
PUBLIC_STYLES: Final = ("given", OPAQUE)
_SCHEMAS: Final = Path(__file__).with_name("schemas.toml")
_OPAQUE_NAMES: Final = (("F{:02d}", "col_{}", "字段{}"), ("V{}", "c{:03d}", "column{}", "X{}", "attr_{}"))
_ROWS: Final = (60, 120, 200, 320)
_FULL_WIDTH: Final = {point: point + 0xFEE0 for point in range(0x30, 0x3A)}


@dataclass(frozen=True, slots=True)
class LabelledColumn:
    """A column of a labelled table: what it holds, and which verdicts are right."""

    name: str
    concept: str
    label: str
    right: frozenset[str]


@dataclass(frozen=True, slots=True)
class LabelledTable:
    """A table of which is known what its columns hold."""

    name: str
    half: str
    language: str
    style: str
    columns: tuple[LabelledColumn, ...]
    batch: pa.RecordBatch


@cache
def schemas() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Half → group → name of a table → the concepts of its columns."""
    document: Mapping[str, Mapping[str, Mapping[str, str]]] = tomllib.loads(_SCHEMAS.read_text("utf-8"))
    return document


def labelled_tables(half: str) -> Iterator[LabelledTable]:
    """All tables of a half, in a fixed order."""
    groups: Sequence[tuple[str, Sequence[str], Mapping[str, str], Mapping[str, Concept]]] = (
        ("zh", ZH_STYLES, schemas()[half]["zh"], ZH),
        ("en", EN_STYLES, schemas()[half]["en"], EN),
        ("en", PUBLIC_STYLES, schemas()[half]["public"], EN),
    )
    for language, styles, tables, concepts in groups:
        for name, schema in tables.items():
            for style in styles:
                yield _table(name, half, language, style, schema, concepts)


def _table(
    name: str, half: str, language: str, style: str, schema: str, concepts: Mapping[str, Concept]
) -> LabelledTable:
    number = HALVES.index(half)
    seed = f"{half}/{name}/{style}"
    r = random.Random(seed)  # test data
    size = r.choice(_ROWS)
    typed = r.random() < 0.3
    opaque = r.choice(_OPAQUE_NAMES[number])
    columns: list[LabelledColumn] = []
    arrays: list[pa.Array[Any]] = []
    for place, entry in enumerate(schema.split()):
        key, _, given = entry.partition("=")
        concept = concepts[key]
        header = _header(concept, given.replace("+", " "), style, number, opaque, place + 1, r)
        header = header if header not in {column.name for column in columns} else f"{header}{place}"
        values = _values(concept, f"{seed}/{place}", number, size)
        right = {concept.label, *concept.also} | ({NONE} if concept.by_name and style == OPAQUE else set())
        columns.append(LabelledColumn(header, key, concept.label, frozenset(right)))
        arrays.append(_array(_dirty(values, language, number, r), typed=typed))
    batch = pa.RecordBatch.from_arrays(arrays, names=[column.name for column in columns])
    return LabelledTable(name, half, language, style, tuple(columns), batch)


def _values(concept: Concept, seed: str, half: int, size: int) -> list[object]:
    source = Values(seed, half)
    values = []
    for row in range(size):
        source.row = row
        values.append(concept.make(source))
    return values


def _header(concept: Concept, given: str, style: str, half: int, opaque: str, place: int, r: random.Random) -> str:
    if style == OPAQUE:
        return opaque.format(place)
    if style == "given" and given:
        return given
    if style in ("zh", "py"):
        return r.choice(concept.spellings(style, half))
    words = r.choice(concept.spellings("en", half))
    parts = re.split(r"[ _]", words)
    if style in ("en", "snake", "given"):
        return "_".join(parts)
    if style == "camel":
        return parts[0] + "".join(part.capitalize() for part in parts[1:])
    return " ".join(part.capitalize() for part in parts)


def _dirty(values: list[object], language: str, half: int, r: random.Random) -> list[object]:
    """The values as a source holds them: most columns clean, others half empty, with placeholders, with junk or marks around."""
    words = zh if language == "zh" else en
    kind = r.random()
    if kind < 0.5:
        return values
    share = r.choice((0.08, 0.5))
    blanks, junk = words("placeholders")[half], words("junk")[half]

    def spoil(value: object) -> object:
        if kind < 0.65:
            return None if r.random() < share else value
        if kind < 0.77:
            return r.choice(blanks) if r.random() < 0.15 else value
        if kind < 0.87:
            return r.choice(junk) if r.random() < 0.03 else value
        if isinstance(value, str):
            full_width = kind < 0.93 and language == "zh"
            marked = value.translate(_FULL_WIDTH) if full_width else f" {value} "
            return marked if r.random() < 0.2 and kind < 0.97 else value
        return float(value) if isinstance(value, int) and kind >= 0.97 else value

    return [spoil(value) for value in values]


def _array(values: list[object], *, typed: bool) -> pa.Array[Any]:
    """As a database holds it where that is possible, else as text."""
    held = {type(value) for value in values if value is not None}
    if typed and len(held) == 1 and held <= {int, float, date, datetime}:
        return pa.array(values)
    if typed and held == {int, float}:
        return pa.array(values, type=pa.float64())
    return pa.array([None if value is None else str(value) for value in values], type=pa.string())


def crc_of(tables: Sequence[LabelledTable]) -> int:
    """A figure that changes when any cell, header or label does."""
    crc = 0
    for table in tables:
        text = repr(
            (
                table.name,
                table.style,
                [(c.name, c.label, sorted(c.right)) for c in table.columns],
                table.batch.to_pydict(),
            )
        )
        crc = zlib.crc32(text.encode(), crc)
    return crc
