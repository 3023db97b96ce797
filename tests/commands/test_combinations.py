"""`manage.py risk --combinations`: the document, the lines for people, and what is refused."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.commands.test_local_tools import run
from tests.stages import Stages, visits_csv

QUASI = "性别,出生日期,区县,诊断"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "visits.csv"
    path.write_bytes(visits_csv())
    return path


def test_every_combination_of_the_columns_is_counted_by_person(table: Path) -> None:
    code, document, _ = run("risk", table, "--quasi", QUASI, "--subject", "身份证号", "--combinations")
    assert (code, document["rows"], document["persons"], document["subject"]) == (0, 240, 240, "身份证号")
    assert len(document["combinations"]) == 4 + 6 + 4 + 1
    _, measured, _ = run("risk", table, "--quasi", QUASI, "--subject", "身份证号")
    longest = next(one for one in document["combinations"] if len(one["columns"]) == 4)
    assert (longest["classes"], longest["uniques"], longest["smallest"]) == (
        measured["classes"],
        measured["uniques"],
        measured["k_min"],
    )


def test_people_get_a_line_for_each_with_the_smallest_that_are_too_much_on_top(table: Path) -> None:
    written = StringIO()
    call_command("risk", str(table), "--quasi", QUASI, "--combinations", stdout=written)
    lines = written.getvalue().splitlines()
    assert lines[0] == "persons 240, rows 240, not combined: none"
    assert len(lines) == 2 + 15
    starred = [line.startswith("*") for line in lines[2:]]
    assert starred == sorted(starred, reverse=True)
    assert any(starred)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--quasi", "性别"), "too_few_columns"),
        (("--quasi", "性别,性别"), "too_few_columns"),
        (("--quasi", "性别,区县", "--sensitive", "诊断"), "options_conflict"),
        (("--quasi", "性别,区县", "--population", "9"), "options_conflict"),
        (("--quasi", "性别,区县", "--subject", "区县"), "subject_is_quasi"),
        (("--quasi", "性别,没有"), None),
    ],
)
def test_what_cannot_be_counted_is_refused_in_one_line(table: Path, options: tuple[str, ...], code: str | None) -> None:
    exit_code, document, refusal = run("risk", table, *options, "--combinations")
    assert exit_code == 2
    assert refusal
    assert "\n" not in refusal
    if code:
        assert document["error"]["code"] == code


def test_a_registered_table_is_counted_as_somebody_who_may(stages: Stages) -> None:
    assert stages.ready
    asked = ("risk", "visits", "--quasi", "性别,出生日期", "--subject", "身份证号", "--combinations")
    code, document, _ = run(*asked, "--as", "oscar")
    assert (code, document["persons"]) == (0, 240)
    with pytest.raises(CommandError):
        call_command(*asked, "--as", "stella")
    assert run(*asked)[0] == 2
