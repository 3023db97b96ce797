"""The demo city's files read back, and its numbers checked one at a time, with none of the code that wrote them."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
import unicodedata
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from python_calamine import CalamineWorkbook

from config.demo.city import CityManifest, CityTable, FileFormat

Row = dict[str, Any]


@dataclass
class SmallCity:
    """A written city: `rows(key)` reads a table as dictionaries, empty text as None."""

    folder: Path
    manifest: CityManifest
    _read: dict[str, list[Row]] = field(default_factory=dict)

    def path(self, key: str) -> Path:
        return self.folder / self.manifest.table(key).file_name

    def rows(self, key: str) -> list[Row]:
        if key not in self._read:
            self._read[key] = read_rows(self.folder, self.manifest.table(key))
        return self._read[key]

    def values(self, key: str, column: str) -> list[Any]:
        """The values of a column that are not null."""
        return [row[column] for row in self.rows(key) if row[column] is not None]


def read_rows(folder: Path, table: CityTable) -> list[Row]:
    """The rows of a table's file, by the format it declares."""
    path = folder / table.file_name
    match table.file_format:
        case FileFormat.CSV:
            with path.open(encoding=table.encoding, newline="") as stream:
                reader = csv.DictReader(stream, delimiter=table.delimiter or ",", strict=True)
                return [{name: value or None for name, value in row.items()} for row in reader]
        case FileFormat.JSON_LINES:
            return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        case FileFormat.PARQUET:
            return pq.read_table(path).to_pylist()
        case FileFormat.SQLITE:
            with closing(sqlite3.connect(path)) as connection:
                cursor = connection.execute(f'SELECT * FROM "{table.table_name}"')
                names = [item[0] for item in cursor.description]
                return [dict(zip(names, row, strict=True)) for row in cursor]
        case FileFormat.XLSX:
            sheet = CalamineWorkbook.from_path(path).get_sheet_by_name(str(table.table_name))
            body = sheet.to_python(skip_empty_area=False)[table.header_rows :]
            return [
                dict(zip(table.column_names, (None if value == "" else value for value in row), strict=True))
                for row in body
            ]


def one_form(value: str) -> str:
    """A number without the ways people write it: full-width digits, separators, small letters."""
    return re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", value)).upper()


def resident_id_is_valid(value: str) -> bool:
    """GB 11643, digit by digit: the weights are powers of two modulo 11."""
    if not re.fullmatch(r"\d{17}[\dX]", value):
        return False
    total = sum(pow(2, 17 - place, 11) * int(digit) for place, digit in enumerate(value[:17]))
    return (total + (10 if value[17] == "X" else int(value[17]))) % 11 == 1


def credit_code_is_valid(value: str) -> bool:
    """GB 32100 over 18 characters and GB 11714 over the nine of the organisation code within."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    if len(value) != 18 or any(character not in alphabet for character in value):
        return False
    total = sum(pow(3, place, 31) * alphabet.index(character) for place, character in enumerate(value[:17]))
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    inner = sum(weight * int(character, 36) for weight, character in zip(weights, value[8:16], strict=True))
    expected = "0123456789X"[-inner % 11]
    return bool((total + alphabet.index(value[17])) % 31 == 0 and value[16] == expected)


def luhn_is_valid(value: str) -> bool:
    """ISO/IEC 7812-1."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(value))]
    return sum(digit - 9 if digit > 9 else digit for digit in doubled) % 10 == 0


def vin_is_valid(value: str) -> bool:
    """GB 16735: the ninth place checks the rest."""
    values = dict(
        zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, *range(2, 10)), strict=True)
    )
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    total = sum(
        weight * (int(character) if character.isdigit() else values[character])
        for weight, character in zip(weights, value, strict=True)
    )
    return len(value) == 17 and value[8] == "0123456789X"[total % 11]
