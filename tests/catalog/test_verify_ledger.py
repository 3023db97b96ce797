"""`manage.py verify_ledger`: its document, its exit codes, and the checkpoint it keeps outside the database."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from catalog.ledger import triggers
from catalog.ledger.chain import GENESIS_HASH
from catalog.ledger.models import LedgerEntry, LedgerHead
from tests.catalog.founding import found_city

pytestmark = pytest.mark.django_db


def _verify(*arguments: str) -> tuple[Mapping[str, Any], int]:
    """The JSON document and the exit code."""
    output = io.StringIO()
    code = 0
    try:
        call_command("verify_ledger", "--format", "json", *arguments, stdout=output)
    except SystemExit as ended:
        code = int(str(ended.code))
    return json.loads(output.getvalue()), code


def _tamper() -> None:
    connection.check_constraints()
    triggers.remove(connection)
    LedgerEntry.objects.filter(sequence=2).update(action="nothing.happened")
    triggers.install(connection)


def test_an_intact_ledger_is_ok_and_exits_0() -> None:
    for number in (1, 2, 3):
        found_city(number)
    document, code = _verify()
    head = LedgerHead.objects.get()
    assert code == 0
    assert document == {
        "ok": True,
        "entries": 3,
        "first_bad": None,
        "problem": None,
        "missing_triggers": [],
        "head": {"sequence": 3, "entry_hash": head.entry_hash},
    }


def test_a_changed_entry_is_named_and_exits_1() -> None:
    for number in (1, 2, 3):
        found_city(number)
    _tamper()
    document, code = _verify()
    assert code == 1
    assert (document["ok"], document["first_bad"], document["problem"]) == (False, 2, "content")


def test_a_person_reads_one_line() -> None:
    found_city(1)
    found_city(2)
    output = io.StringIO()
    call_command("verify_ledger", stdout=output)
    assert output.getvalue().startswith("ok: 2 entries, head ")
    _tamper()
    output = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("verify_ledger", stdout=output)
    assert output.getvalue().splitlines() == ["first bad entry: 2 (content)"]


def test_an_unprotected_ledger_exits_1_until_its_triggers_are_repaired() -> None:
    found_city()
    connection.check_constraints()
    triggers.remove(connection)
    document, code = _verify()
    assert code == 1
    assert (document["ok"], document["problem"]) == (False, "triggers")
    assert set(document["missing_triggers"]) == triggers.expected(connection.vendor)
    document, code = _verify("--repair-triggers")
    assert code == 0
    assert document["missing_triggers"] == []


def test_the_checkpoint_is_written_then_checked_and_moved_on(tmp_path: Path) -> None:
    place = tmp_path / "checkpoint.json"
    found_city(1)
    _, code = _verify("--checkpoint", str(place))
    assert code == 0
    first = json.loads(place.read_text())
    assert first["sequence"] == 1
    found_city(2)
    document, code = _verify("--checkpoint", str(place))
    assert code == 0
    assert json.loads(place.read_text()) == document["head"]
    assert document["head"]["sequence"] == 2
    assert [name.name for name in tmp_path.iterdir()] == ["checkpoint.json"]


def test_a_chain_that_no_longer_holds_the_checkpoint_exits_1_and_leaves_the_file(tmp_path: Path) -> None:
    place = tmp_path / "checkpoint.json"
    found_city(1)
    kept = json.dumps({"sequence": 1, "entry_hash": "0" * 64})
    place.write_text(kept)
    document, code = _verify("--checkpoint", str(place))
    assert code == 1
    assert (document["first_bad"], document["problem"]) == (1, "checkpoint")
    assert place.read_text() == kept


def test_a_checkpoint_of_the_empty_ledger_holds(tmp_path: Path) -> None:
    place = tmp_path / "checkpoint.json"
    assert _verify("--checkpoint", str(place))[1] == 0
    assert json.loads(place.read_text()) == {"sequence": 0, "entry_hash": GENESIS_HASH}
    found_city()
    assert _verify("--checkpoint", str(place))[1] == 0


@pytest.mark.parametrize(
    "content", ["", "[]", "null", "{}", '{"sequence": "one", "entry_hash": "x"}', "\x00\xff", '{"sequence": 1}']
)
def test_a_file_that_is_no_checkpoint_is_bad_input(tmp_path: Path, content: str) -> None:
    place = tmp_path / "checkpoint.json"
    place.write_text(content, encoding="latin-1")
    _refused("checkpoint_unreadable", "--checkpoint", str(place))
    assert place.read_text(encoding="latin-1") == content


def test_a_checkpoint_that_cannot_be_written_is_bad_input(tmp_path: Path) -> None:
    _refused("checkpoint_unwritable", "--checkpoint", str(tmp_path / "nowhere" / "checkpoint.json"))


def test_a_folder_is_no_checkpoint(tmp_path: Path) -> None:
    _refused("checkpoint_unreadable", "--checkpoint", str(tmp_path))
    assert os.listdir(tmp_path) == []


def _refused(error_code: str, *arguments: str) -> None:
    """The command says one clear line, exit code 2, and the same as JSON."""
    output = io.StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("verify_ledger", "--format", "json", "--language", "en", *arguments, stdout=output)
    assert refused.value.returncode == 2
    assert len(str(refused.value).splitlines()) == 1
    assert json.loads(output.getvalue()) == {"error": {"code": error_code, "message": str(refused.value)}}
