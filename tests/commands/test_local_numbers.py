"""`protect` on a file with numbers and dates: each operator from a TOML policy, and a column that is read but does not leave."""

from __future__ import annotations

import csv
import datetime
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

ROWS = 60
POLICY = """
[fields.admitted]
operator = "date_shift"
by = "person"
days = 30
[fields.discharged]
operator = "date_shift"
by = "person"
days = 30
[fields.income]
operator = "round"
multiple = 1000
[fields.age]
operator = "clip"
high = 85
high_text = "≥ 85"
[fields.visits]
operator = "noise"
scale = 2
low = 0
by = "person"
[fields.clinic]
operator = "dictionary"
kind = "company"
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    first = datetime.date(2024, 1, 10)
    lines = ["person,admitted,discharged,income,age,visits,clinic"]
    for number in range(ROWS):
        admitted = first + datetime.timedelta(days=number)
        left = admitted + datetime.timedelta(days=number % 9)
        lines.append(
            f"p{number % 20:03d},{admitted},{left:%Y/%m/%d},{4321 + 10 * number},{30 + number},{number % 7},clinic {number % 4}"
        )
    path = tmp_path / "stays.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def protect(table: Path, policy: str) -> tuple[int, Any, list[dict[str, str]]]:
    path, out, written = table.with_name("p.toml"), table.with_name("out.csv"), StringIO()
    path.write_text(policy, encoding="utf-8")
    code = 0
    try:
        call_command("protect", str(table), str(out), "--policy", str(path), "--format", "json", stdout=written)
    except CommandError as error:
        code = error.returncode
    except SystemExit as stopped:
        code = int(stopped.code or 0)
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines())) if out.exists() else []
    return code, json.loads(written.getvalue() or "null"), rows


def test_every_operator_on_numbers_and_dates_works_from_a_policy_file(table: Path) -> None:
    code, manifest, rows = protect(table, POLICY)
    assert code == 0, manifest
    assert list(rows[0]) == ["admitted", "discharged", "income", "age", "visits", "clinic"]
    raw = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    shifts: dict[str, set[int]] = {}
    for before, after in zip(raw, rows, strict=True):
        days = [
            datetime.date.fromisoformat(one.replace("/", "-"))
            for one in (before["admitted"], after["admitted"], before["discharged"], after["discharged"])
        ]
        shifts.setdefault(before["person"], set()).update({(days[1] - days[0]).days, (days[3] - days[2]).days})
        assert int(after["income"]) % 1000 == 0
        assert after["age"] == (before["age"] if int(before["age"]) < 85 else "≥ 85")
        assert int(after["visits"]) >= 0
    assert all(len(found) == 1 and 1 <= abs(next(iter(found))) <= 30 for found in shifts.values())
    assert len({row["clinic"] for row in rows}) == 4
    columns = {column["name"]: column for column in manifest["columns"] if column["operator"] != "drop"}
    assert columns["clinic"]["parameters"] == {"kind": "company", "word_lists": 1}
    assert columns["admitted"]["parameters"] == {"days": 30, "by": "person"}
    assert columns["age"]["parameters"] == {"high": 85}
    assert {name: column["technique"] for name, column in columns.items()} == {
        "admitted": "randomisation",
        "discharged": "randomisation",
        "income": "generalisation",
        "age": "generalisation",
        "visits": "randomisation",
        "clinic": "pseudonymisation",
    }


def test_a_column_to_go_by_that_is_not_there_stops_before_anything_is_written(table: Path) -> None:
    code, answer, rows = protect(table, POLICY.replace('"person"', '"nobody"'))
    assert (code, answer["error"]["code"], rows) == (2, "columns_missing", [])
