"""What a workbook's XML says that its cells, once read as floating point, no longer do.

Lives here: the exact digits of numbers too long for a float (an 18-digit ID typed as a number), and the extent of a
sheet, learnt before anything is allocated for it. Reading the cells themselves is `catalog.sources.spreadsheet`'s.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO
from xml.parsers import expat

CHUNK_BYTES = 1 << 20

MAX_WORKBOOK_BYTES = 4 << 30
"""Of all parts, unpacked. A compressed bomb claims far more."""

MAX_WHOLE_BYTES = 256 << 20
"""Of one part that is held in memory as a whole, unpacked. Of `<si/>`, a text of nothing, five bytes become twenty-four."""

_HELD_WHOLE = ("sharedstrings.xml", "styles.xml", "workbook.xml", ".rels")

_RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships id"
_STRICT_RELATIONSHIPS = "http://purl.oclc.org/ooxml/officeDocument/relationships id"

_LONG_NUMBER = re.compile(
    rb"<(?:\w+:)?c\b[^>]*?\sr=[\"']([A-Z]{1,3})(\d{1,7})[\"'][^>]*>"
    rb"(?:<(?:\w+:)?f\b[^>]*/>|<(?:\w+:)?f\b[^>]*>[^<]*</(?:\w+:)?f>)?"
    rb"<(?:\w+:)?v>(-?(?:\d{16,}(?:\.\d*)?|\d\.\d{14,}[eE]\+?\d{1,3}))</"
)
_ANY_LONG_NUMBER = re.compile(rb"v>-?(?:\d{16}|\d\.\d{14})")  # far quicker, and mostly there is none

# What has a value: the tag is not closed in itself, as those of cells that only have a style are.
_FILLED = rb"[\"'](?:[^>]*[^/>])?>"
_WIDE_REFERENCE = re.compile(rb"\sr\s*=\s*[\"']([A-Z]{2,9})\d+" + _FILLED)
_REFERENCE = re.compile(rb"\sr\s*=\s*[\"'][A-Z]{1,9}(\d+)" + _FILLED)
_FAR_ROW = re.compile(rb"\sr\s*=\s*[\"'][A-Z]{0,9}(\d{7,})")
_ROW_OF_BARE_CELLS = re.compile(
    rb"<(?:\w+:)?row\b[^>]*?\sr\s*=\s*[\"'](\d+)[\"'][^>]*>\s*<(?:\w+:)?c\b(?![^>]*\sr\s*=)"
)
_VALUE = re.compile(rb"<(?:\w+:)?(?:v|is)\b[^>]*[^/]?>")

EXCEL_ROWS = 1 << 20


@dataclass(slots=True)
class SheetFacts:
    """`columns` and `rows` bound the extent from above; `long_numbers` maps zero-based (row, column) to the number as
    written."""

    filled: bool = False
    columns: int = 26
    rows: int = EXCEL_ROWS
    long_numbers: dict[tuple[int, int], str] = field(default_factory=dict)

    @property
    def cells(self) -> int:
        return self.rows * self.columns


def unpacked_bytes(archive: zipfile.ZipFile) -> int:
    """What all parts of the workbook claim to take once unpacked."""
    return sum(part.file_size for part in archive.infolist())


def held_whole_bytes(archive: zipfile.ZipFile) -> int:
    """The same of the largest part that is not streamed: the texts that cells share, the formats, the list of sheets."""
    held = (part for part in archive.infolist() if part.filename.lower().endswith(_HELD_WHOLE))
    return max((part.file_size for part in held), default=0)


def sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """The archive's part of each sheet by the sheet's name.

    Raises: KeyError, zipfile.BadZipFile, expat.ExpatError for a damaged workbook.
    """
    book = _workbook_part(archive)
    folder, file = posixpath.split(book)
    targets = {
        attributes["Id"]: _resolve(folder, attributes["Target"])
        for attributes in _elements(archive.read(f"{folder}/_rels/{file}.rels".lstrip("/")), "Relationship")
        if "Id" in attributes and "Target" in attributes
    }
    parts: dict[str, str] = {}
    for attributes in _elements(archive.read(book), "sheet"):
        identifier = attributes.get(_RELATIONSHIPS) or attributes.get(_STRICT_RELATIONSHIPS, "")
        if identifier in targets and "name" in attributes:
            parts[attributes["name"]] = targets[identifier]
    return parts


def read_facts(part: IO[bytes]) -> SheetFacts:
    """Read one sheet's XML through, in bounded memory. `rows` is Excel's limit, or more where the file claims more."""
    facts = SheetFacts()
    for text in _whole_cells(part):
        facts.filled = facts.filled or _VALUE.search(text) is not None
        facts.columns = max(facts.columns, *map(_column_number, set(_WIDE_REFERENCE.findall(text))), 0)
        facts.rows = max(facts.rows, *map(int, _FAR_ROW.findall(text)), 0)
        if _ANY_LONG_NUMBER.search(text) is None:
            continue
        for letters, row, digits in _LONG_NUMBER.findall(text):
            facts.long_numbers[int(row) - 1, _column_number(letters) - 1] = digits.decode("ascii")
    return facts


def last_row(part: IO[bytes]) -> int:
    """The number of the last row with a value (1-based, 0 for none). Slow: only wide sheets are asked for it."""
    last = 0
    for text in _whole_cells(part):
        last = max(last, *map(int, _REFERENCE.findall(text)), *map(int, _ROW_OF_BARE_CELLS.findall(text)), 0)
    return last


def _whole_cells(part: IO[bytes]) -> Iterator[bytes]:
    """The XML in pieces that end just before a cell or row begins, so that none is cut."""
    carry = b""
    while chunk := part.read(CHUNK_BYTES):
        text = carry + chunk
        cut = max(text.rfind(b"<c "), text.rfind(b":c "), text.rfind(b"<row "), 0)
        cut = text.rfind(b"<", 0, cut + 1) if cut else 0
        carry = text[cut:]
        yield text[:cut]
    yield carry


def _column_number(letters: bytes) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _workbook_part(archive: zipfile.ZipFile) -> str:
    for attributes in _elements(archive.read("_rels/.rels"), "Relationship"):
        if attributes.get("Type", "").endswith("/officeDocument"):
            return _resolve("", attributes["Target"])
    return "xl/workbook.xml"


def _resolve(folder: str, target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))


def _elements(document: bytes, name: str) -> list[dict[str, str]]:
    """The attributes of every element of that local name. No entity is ever expanded: a document type ends the
    parsing."""
    found: list[dict[str, str]] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(" ")[2] == name:
            found.append(attributes)

    def refuse(*_: object) -> None:
        raise expat.ExpatError("a document type is not expected here")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(document, True)
    return found
