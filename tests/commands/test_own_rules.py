"""`own_rules` on files, and `scan --rules`: the document, the exit code, and that a bad file changes nothing."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from privacy.detection.own_rules import as_file, checked
from privacy.models import OwnRule
from tests.cast import Cast
from tests.privacy.own_rules import CARD, PATHOLOGICAL, STREET


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.toml"
    path.write_text(as_file([checked(CARD), checked(STREET)]), "utf-8")
    return path


def run(*arguments: str) -> Any:
    out = StringIO()
    call_command(*arguments, "--format", "json", stdout=out)
    return json.loads(out.getvalue())


def test_a_file_is_imported_and_exported_again(cast: Cast, rules: Path, tmp_path: Path) -> None:
    said = run("own_rules", "import", str(rules), "--as", "adam")
    assert said == {"written": ["SZ_CITIZEN_CARD", "SZ_STREET"], "changed": [], "unchanged": []}
    out = tmp_path / "out.toml"
    assert run("own_rules", "export", str(out), "--as", "oscar")["rules"] == 2
    assert out.read_text("utf-8") == rules.read_text("utf-8")
    assert run("own_rules", "export", "--as", "adam")["toml"] == rules.read_text("utf-8")


def test_a_bad_file_ends_with_two_one_line_and_nothing_changed(cast: Cast, rules: Path) -> None:
    rules.write_text(rules.read_text("utf-8").replace("SZ[0-9]{10}", PATHOLOGICAL), "utf-8")
    with pytest.raises(CommandError) as ended:
        call_command("own_rules", "import", str(rules), "--as", "adam", "--language", "en")
    assert ended.value.returncode == 2
    assert "Rule 1 (SZ_CITIZEN_CARD), expressions.1.regex" in str(ended.value)
    assert "\n" not in str(ended.value)
    assert not OwnRule.objects.exists()


@pytest.mark.parametrize("who", ["stella", "oscar"])
def test_only_an_administrator_imports(cast: Cast, rules: Path, who: str) -> None:
    with pytest.raises(CommandError) as ended:
        call_command("own_rules", "import", str(rules), "--as", who)
    assert ended.value.returncode == 2
    assert not OwnRule.objects.exists()


def test_import_asks_for_a_file(cast: Cast) -> None:
    with pytest.raises(CommandError):
        call_command("own_rules", "import", "--as", "adam")
    with pytest.raises(CommandError):
        call_command("own_rules", "import", "/nowhere/rules.toml", "--as", "adam")


def test_a_file_is_scanned_with_own_rules_and_without_a_database(rules: Path, tmp_path: Path) -> None:
    table = tmp_path / "cards.csv"
    table.write_text("no,a\n" + "\n".join(f"SZ{number:010d},平江路" for number in range(60)) + "\n", "utf-8")
    columns = {column["name"]: column for column in run("scan", str(table), "--rules", str(rules))["columns"]}
    assert (columns["no"]["entity_type"], columns["no"]["role"]) == ("SZ_CITIZEN_CARD", "direct")
    plain = {column["name"]: column for column in run("scan", str(table))["columns"]}
    assert plain["no"]["entity_type"] != "SZ_CITIZEN_CARD"


def test_a_scan_with_a_bad_file_of_rules_is_refused(tmp_path: Path) -> None:
    table, rules = tmp_path / "cards.csv", tmp_path / "rules.toml"
    table.write_text("a\n1\n", "utf-8")
    rules.write_text("[[entity", "utf-8")
    with pytest.raises(CommandError, match="TOML") as ended:
        call_command("scan", str(table), "--rules", str(rules), "--language", "en")
    assert ended.value.returncode == 2


def test_protecting_a_file_looks_for_own_rules_in_the_output_where_a_file_names_them(
    rules: Path, tmp_path: Path
) -> None:
    """The card stands within longer codes, where a column of them looks like nothing."""
    table, policy, out = tmp_path / "t.csv", tmp_path / "p.toml", tmp_path / "out.csv"
    table.write_text("ref,amount\n" + "".join(f"SZ{n:010d},{n}\n" for n in range(200)), "utf-8")
    policy.write_text(
        'default = "drop"\n[fields.ref]\noperator = "keep"\n[fields.amount]\noperator = "keep"\n', "utf-8"
    )
    arguments = ("protect", str(table), str(out), "--policy", str(policy))
    assert run(*arguments)["rows"] == 200
    out.unlink()
    with pytest.raises(CommandError) as ended:
        call_command(*arguments, "--rules", str(rules), "--language", "en")
    assert ended.value.returncode == 2
    assert not out.exists()


def test_an_own_number_that_is_left_in_the_output_stops_it_where_a_file_names_its_rule(
    rules: Path, tmp_path: Path
) -> None:
    table, policy, out = tmp_path / "t.csv", tmp_path / "p.toml", tmp_path / "out.csv"
    notes = (f"办理 SZ{n:010d} 换卡,窗口排队等候叫号,材料齐全,已经办结归档" for n in range(200))
    table.write_text("no,note\n" + "".join(f'{n},"{note}"\n' for n, note in enumerate(notes)), "utf-8")
    policy.write_text(
        'default = "drop"\n[fields.note]\noperator = "partial_mask"\nkeep_first = 20\nkeep_last = 0\n', "utf-8"
    )
    arguments = ("protect", str(table), str(out), "--policy", str(policy), "--format", "json")
    call_command(*arguments, stdout=StringIO())
    assert "SZ0000000020" in out.read_text("utf-8"), "without the file nobody looks for it"
    out.unlink()
    said = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command(*arguments, "--rules", str(rules), stdout=said)
    assert ended.value.code == 1
    assert json.loads(said.getvalue())["residuals"][0]["entity_type"] == "SZ_CITIZEN_CARD"
    assert not out.exists()


def test_rules_of_a_file_are_refused_for_a_release(cast: Cast, rules: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError) as ended:
        call_command("protect", "visits", str(tmp_path / "out.csv"), "--as", "rita", "--rules", str(rules))
    assert ended.value.returncode == 2
    assert "--rules" in str(ended.value)
