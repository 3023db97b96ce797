"""`scan`, `protect` and `risk` on files: the document, the exit code, and that nothing is written where something is wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from privacy.detection.checksums import resident_id_checksum
from privacy.masking.ff1_cipher import Ff1
from tests.stages import visits_csv

ROOT = Path(__file__).resolve().parent.parent.parent
POLICY = """
default = "drop"
[fields."身份证号"]
operator = "token"
[fields."手机号"]
operator = "partial_mask"
preset = "mobile"
[fields."性别"]
operator = "keep"
[fields."出生日期"]
operator = "generalise"
to = "decade"
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "visits.csv"
    path.write_bytes(visits_csv().decode().encode("gb18030"))
    return path


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.toml"
    path.write_text(POLICY, encoding="utf-8")
    return path


def run(*arguments: object) -> tuple[int, Any, str]:
    """Exit code, the JSON document, and what would go to standard error."""
    written, code, refusal = StringIO(), 0, ""
    try:
        call_command(*map(str, arguments), "--format", "json", stdout=written)
    except CommandError as error:
        code, refusal = error.returncode, str(error)
    except SystemExit as stopped:
        code = int(stopped.code or 0)
    return code, json.loads(written.getvalue() or "null"), refusal


def test_a_process_of_its_own_prints_one_document_and_exits_with_its_code(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    command = [sys.executable, str(ROOT / "manage.py"), "scan", str(tmp_path / "empty.csv"), "--format", "json"]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    answer = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert json.loads(answer.stdout)["error"]["code"] == "empty_table"
    assert len(answer.stderr.strip().splitlines()) == 1


def test_a_scan_says_what_each_column_holds_without_showing_it(table: Path) -> None:
    code, document, _ = run("scan", table)
    columns = {column["name"]: column for column in document["columns"]}
    assert code == 0
    assert (document["state"], document["rows"]) == ("complete", 240)
    assert (columns["身份证号"]["entity_type"], columns["身份证号"]["role"]) == ("CN_RESIDENT_ID", "direct")
    assert (columns["手机号"]["entity_type"], columns["出生日期"]["role"]) == ("CN_MOBILE", "quasi")
    assert columns["诊断"]["role"] == "sensitive"
    assert set(columns["姓名"]) >= {"name", "entity_type", "role", "likelihood", "counts", "evidence"}
    raw = [cell for line in visits_csv().decode().splitlines()[1:] for cell in line.split(",")[:3]]
    text = json.dumps(document, ensure_ascii=False)
    assert not [value for value in raw if value in text]


def test_a_file_with_a_broken_encoding_half_way_is_scanned_up_to_there_and_protected_not_at_all(
    table: Path, policy: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.csv"
    broken.write_bytes(table.read_bytes() + b"\xff,1\n" + table.read_bytes().split(b"\n", 1)[1])
    code, document, _ = run("scan", broken)
    assert (code, document["state"], document["rows"]) == (3, "incomplete", 240)
    (reason,) = [reason for reason in document["reasons"] if reason["code"] == "reading_stopped"]
    assert "242" in reason["text"], "the line is named"
    assert {column["entity_type"] for column in document["columns"]} >= {"CN_RESIDENT_ID", "CN_MOBILE"}
    assert run("protect", broken, tmp_path / "out.csv", "--policy", policy)[0] == 2
    assert not (tmp_path / "out.csv").exists()


def test_a_sample_is_never_called_complete(table: Path) -> None:
    code, document, _ = run("scan", table, "--mode", "sample")
    assert (code, document["state"]) == (3, "incomplete")
    assert document["reading"]["sample"]["drawn"] == "all", "there are no more rows, and yet it is a sample"


def test_a_sample_is_drawn_again_by_its_seed_and_says_how_far_it_can_be_relied_on(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("n,phone\n" + "".join(f"{n},{13_800_000_000 + 7919 * n}\n" for n in range(60_000)), "utf-8")
    code, document, _ = run("scan", path, "--mode", "sample", "--seed", 7)
    assert (code, document["rows"]) == (3, 20_000)
    sample = document["reading"]["sample"]
    assert (sample["seed"], sample["drawn"], sample["population"]) == (7, "rows", 60_000)
    column = document["columns"][0]
    assert column["evidence"]["interval"]["high"] < 0.001
    assert document["rules"]["CN_MOBILE"].startswith(document["rules_version"])
    again = run("scan", path, "--mode", "sample", "--seed", 7)[1]
    assert again["columns"] == document["columns"]
    drawn = run("scan", path, "--mode", "sample")[1]["reading"]["sample"]["seed"]
    assert run("scan", path, "--mode", "sample", "--seed", drawn)[1]["reading"]["sample"]["seed"] == drawn
    written = StringIO()
    with pytest.raises(SystemExit):
        call_command("scan", str(path), "--mode", "sample", "--seed", "7", "--language", "en", stdout=written)
    assert "0.0000% to 0.0150% of all rows" in written.getvalue()


@pytest.mark.parametrize("seed", ["-1", "2147483648", "x", "1.5", "٣"])
def test_a_seed_is_a_whole_number(table: Path, seed: str) -> None:
    with pytest.raises(CommandError, match="2147483648"):
        call_command("scan", str(table), "--mode", "sample", f"--seed={seed}")


def test_protecting_writes_a_file_and_says_what_was_done(table: Path, policy: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    code, manifest, _ = run("protect", table, out, "--policy", policy, "--domain", "city")
    assert code == 0
    assert (manifest["rows"], manifest["operators"]["身份证号"], manifest["operators"]["姓名"]) == (
        240,
        "token",
        "drop",
    )
    text = out.read_text(encoding="utf-8")
    assert text.splitlines()[0] == "身份证号,手机号,性别,出生日期"
    assert "138****" in text
    assert "1970s" in text or "1980s" in text
    again = tmp_path / "again.csv"
    assert run("protect", table, again, "--policy", policy, "--domain", "city")[1]["sha256"] == manifest["sha256"]
    other = tmp_path / "other.csv"
    assert run("protect", table, other, "--policy", policy, "--domain", "else")[1]["sha256"] != manifest["sha256"]


def test_a_surrogate_gets_its_type_from_the_scan(table: Path, tmp_path: Path) -> None:
    policy, out = tmp_path / "surrogate.toml", tmp_path / "out.csv"
    policy.write_text('[fields."身份证号"]\noperator = "surrogate"\n', encoding="utf-8")
    code, manifest, _ = run("protect", table, out, "--policy", policy, "--domain", "city")
    (column,) = [item for item in manifest["columns"] if item["operator"] == "surrogate"]
    assert (code, column["entity_type"], column["invalid"]) == (0, "CN_RESIDENT_ID", 0)
    made = out.read_text(encoding="utf-8").splitlines()[1:]
    assert all(resident_id_checksum(line.strip('"')) for line in made)
    untyped = '[fields."性别"]\noperator = "surrogate"\n'
    policy.write_text(untyped, encoding="utf-8")
    assert run("protect", table, tmp_path / "no.csv", "--policy", policy)[0] == 2
    assert not (tmp_path / "no.csv").exists()


def test_a_format_is_kept_and_the_values_are_not(table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy, out = tmp_path / "ff1.toml", tmp_path / "out.csv"
    policy.write_text('[fields."手机号"]\noperator = "ff1"\nalphabet = "digits"\n', encoding="utf-8")
    code, manifest, _ = run("protect", table, out, "--policy", policy, "--domain", "city")
    assert (code, manifest["operators"]["手机号"]) == (0, "ff1")
    (column,) = [item for item in manifest["columns"] if item["operator"] == "ff1"]
    assert (column["cells"], column["invalid"], column["parameters"]) == (240, 0, {"alphabet": "digits"})
    made = out.read_text(encoding="utf-8").splitlines()[1:]
    assert all(re.fullmatch('"?[0-9]{11}"?', line) for line in made)
    monkeypatch.setattr(Ff1, "encrypt", lambda _cipher, left, right, _length: (left, right))
    again = tmp_path / "again.csv"
    code, document, _ = run("protect", table, again, "--policy", policy, "--domain", "city")
    assert (code, [item["column"] for item in document["residuals"]]) == (1, ["手机号"])
    assert not again.exists()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('[fields."没有"]\noperator = "token"\n', "columns_missing"),
        ('[fields."性别"]\noperator = "scramble"\n', "operator_unknown"),
        ('[fields."性别"]\noperator = "redact"\ntypes = "SURNAME"\n', "parameter_invalid"),
        ('[fields."手机号"]\noperator = "partial_mask"\npreset = "shoe"\n', "preset_unknown"),
        ('default = "keep"\n', "direct_identifier_in_clear"),
        ("not toml at all", "policy_unreadable"),
        ('default = "drop"\n', "nothing_left"),
    ],
)
def test_a_policy_that_cannot_be_used_writes_nothing(table: Path, tmp_path: Path, text: str, code: str) -> None:
    path, out = tmp_path / "bad.toml", tmp_path / "out.csv"
    path.write_text(text, encoding="utf-8")
    exit_code, document, standard_error = run("protect", table, out, "--policy", path)
    assert (exit_code, document["error"]["code"]) == (2, code)
    assert len(standard_error.strip().splitlines()) == 1
    assert sorted(item.name for item in tmp_path.iterdir()) == ["bad.toml", "visits.csv"]


@pytest.mark.parametrize("form", ["canonical", "exact"])
def test_an_encrypted_column_holds_sealed_texts_alone(table: Path, tmp_path: Path, form: str) -> None:
    path, out = tmp_path / "sealed.toml", tmp_path / "out.csv"
    path.write_text(f'[fields."身份证号"]\noperator = "encrypt"\nform = "{form}"\n', encoding="utf-8")
    code, manifest, _ = run("protect", table, out, "--policy", path, "--domain", "city")
    assert (code, manifest["operators"]["身份证号"]) == (0, "encrypt")
    written = out.read_text(encoding="utf-8").splitlines()[1:]
    assert len(written) == 240
    assert all(line.strip('"').startswith("siv1") for line in written if line.strip('"'))
    assert any(line.strip('"') for line in written)


def test_names_in_a_remark_that_is_kept_are_found_and_stop_it(tmp_path: Path) -> None:
    table, path = tmp_path / "remarks.csv", tmp_path / "keep.toml"
    lines = [f"{n},已电话联系患者家属李建国核实第{n}次就诊情况" for n in range(200)]
    table.write_text("\n".join(["序号,备注", *lines]) + "\n", encoding="utf-8")
    path.write_text('default = "keep"\n', encoding="utf-8")
    exit_code, document, _ = run("protect", table, tmp_path / "out.csv", "--policy", path)
    assert (exit_code, document["error"]["code"]) == (2, "direct_identifier_in_clear")
    assert not (tmp_path / "out.csv").exists()


def test_risk_counts_people_and_gives_the_figures_of_the_design(table: Path) -> None:
    code, document, _ = run("risk", table, "--quasi", "性别,区县", "--subject", "身份证号", "--sensitive", "诊断")
    assert code == 0
    names = ["rows", "subjects", "classes", "k_min", "uniques", "l_distinct", "l_entropy", "t", "r_max", "r_avg"]
    assert all(name in document for name in names)
    assert (document["rows"], document["subjects"], document["classes"], document["k_min"]) == (240, 240, 4, 60)
    assert document["r_max"] == pytest.approx(1 / 60)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("risk", "{table}", "--quasi", ""), "no_quasi_identifiers"),
        (("risk", "{table}", "--quasi", "没有"), None),
        (("scan", "nowhere.csv"), "source_missing"),
        (("scan", "registered-name"), "user_missing"),
        (("protect", "{table}", "{folder}/out.csv"), "policy_missing"),
        (("protect", "{table}", "{folder}/out.doc", "--policy", "{folder}/p.toml"), "format_unknown"),
    ],
)
def test_bad_input_is_one_clear_line_and_exit_code_two(
    table: Path, tmp_path: Path, arguments: tuple[str, ...], code: str | None
) -> None:
    (tmp_path / "p.toml").write_text(POLICY, encoding="utf-8")
    filled = [argument.format(table=table, folder=tmp_path) for argument in arguments]
    exit_code, document, standard_error = run(*filled)
    assert exit_code == 2
    assert code is None or document["error"]["code"] == code
    assert len(standard_error.strip().splitlines()) == 1


def test_messages_come_in_chinese_when_asked_for(table: Path) -> None:
    _, document, _ = run("risk", table, "--quasi", "", "--language", "zh-hans")
    assert any("\u4e00" <= letter <= "\u9fff" for letter in document["error"]["message"])


def test_free_text_is_redacted_by_the_command(tmp_path: Path) -> None:
    remarks = ["经查,王敏华反映情况属实", "致电13800138000未接", "等待补件", "材料齐全予以受理"] * 30
    source, out, policy = tmp_path / "remarks.csv", tmp_path / "out.csv", tmp_path / "policy.toml"
    source.write_text("\n".join(["备注", *(f'"{remark}"' for remark in remarks)]), encoding="utf-8")
    policy.write_text('[fields."备注"]\noperator = "redact"\nstyle = "mask"\n', encoding="utf-8")
    code, document, refusal = run("protect", source, out, "--policy", policy)
    assert (code, refusal) == (0, "")
    assert document["columns"][0]["found"] == {"CN_MOBILE": 30, "PERSON": 30}
    written = out.read_text(encoding="utf-8-sig")
    assert "致电****未接" in written
    assert not {"王敏华", "13800138000"} & set(written.replace('"', "").split())
    assert "王敏华" not in written
