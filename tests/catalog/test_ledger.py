"""The ledger: one line for each act, in the act's own transaction, that nothing changes afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from catalog.ledger import triggers
from catalog.ledger.chain import GENESIS_HASH, hash_entry
from catalog.ledger.models import LedgerEntry, LedgerHead
from catalog.ledger.services import record
from catalog.ledger.verification import Checkpoint, verify
from catalog.people.models import Organization
from tests.catalog.founding import found_city

ENTRY, HEAD = triggers.TABLE, triggers.HEAD
COLUMNS = (
    "sequence, occurred_at, actor_id, action, object_type, object_id, organization_id, counterpart_id, details, "
    "previous_hash, entry_hash"
)
pytestmark = pytest.mark.django_db
on_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no TRUNCATE")
on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="only SQLite has INSERT OR REPLACE")


def _run(statement: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


@contextmanager
def _without_triggers() -> Iterator[None]:
    """What somebody with the database's owner account could do."""
    connection.check_constraints()  # PostgreSQL changes no trigger of a table with deferred checks outstanding
    triggers.remove(connection)
    yield
    connection.check_constraints()
    triggers.install(connection)


# --- writing --------------------------------------------------------------------------------------------------------------


def test_an_empty_ledger_verifies() -> None:
    found = verify()
    assert (found.ok, found.entries, found.head) == (True, 0, Checkpoint(0, GENESIS_HASH))


def test_each_act_is_one_line_chained_to_the_line_before() -> None:
    first, second = found_city(1), found_city(2)
    lines = list(LedgerEntry.objects.order_by("sequence"))
    assert [(line.sequence, line.action, line.object_id) for line in lines] == [
        (1, "organization.created", str(first.pk)),
        (2, "organization.created", str(second.pk)),
    ]
    assert [line.previous_hash for line in lines] == [GENESIS_HASH, lines[0].entry_hash]
    assert LedgerHead.objects.get().entry_hash == lines[1].entry_hash
    assert verify().ok


def test_a_value_that_is_no_json_undoes_the_act() -> None:
    def weigh_a_new_city() -> None:
        record(actor=None, action="organization.weighed", subject=found_city(), details={"weight": object()})

    with pytest.raises(TypeError), transaction.atomic():
        weigh_a_new_city()
    assert not Organization.objects.exists()
    assert not LedgerEntry.objects.exists()


def test_an_act_that_is_undone_leaves_no_line() -> None:
    with transaction.atomic():
        found_city()
        transaction.set_rollback(True)
    assert not LedgerEntry.objects.exists()
    assert LedgerHead.objects.get().sequence == 0


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["b", "a", "中"]), inner, max_size=3),
    max_leaves=6,
)


def test_whatever_the_details_hold_verifies_after_this_database_has_kept_it() -> None:
    city = found_city()

    @given(details=st.dictionaries(st.sampled_from(["count", "级别", "z"]), json_values, max_size=3))
    def every_line_verifies(details: dict[str, Any]) -> None:
        with transaction.atomic():
            record(actor=None, action="organization.noted", subject=city, details=details)
        line = LedgerEntry.objects.latest("sequence")
        names = "sequence occurred_at actor_id action object_type object_id organization_id counterpart_id details"
        read = {name: getattr(line, name) for name in names.split()}
        assert hash_entry(**read, previous_hash=line.previous_hash) == line.entry_hash

    every_line_verifies()


def test_details_keyed_by_number_verify() -> None:
    city = found_city()
    record(actor=None, action="organization.noted", subject=city, details={10: "b", 9: "a"})  # type: ignore[dict-item]
    assert verify().ok


def test_every_part_of_an_entry_is_in_its_hash() -> None:
    entry: dict[str, Any] = {
        "sequence": 1,
        "occurred_at": datetime(2026, 1, 1, tzinfo=UTC),
        "actor_id": 1,
        "action": "a",
        "object_type": "dataset",
        "object_id": "1",
        "organization_id": 1,
        "counterpart_id": 1,
        "details": {"n": 1},
        "previous_hash": GENESIS_HASH,
    }
    others: dict[str, Any] = {
        "sequence": 2,
        "occurred_at": datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
        "actor_id": None,
        "action": "b",
        "object_type": "scan",
        "object_id": "2",
        "organization_id": None,
        "counterpart_id": 2,
        "details": {"n": "1"},
        "previous_hash": "0" * 64,
    }
    hashes = {hash_entry(**{**entry, name: other}) for name, other in others.items()} | {hash_entry(**entry)}
    assert len(hashes) == len(entry) + 1


# --- triggers -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE {ENTRY} SET action = 'nothing.happened' WHERE sequence = 1",
        f"DELETE FROM {ENTRY} WHERE sequence = 1",
        f"DELETE FROM {ENTRY}",
        f"DELETE FROM {HEAD}",
        f"UPDATE {HEAD} SET sequence = 0",
        f"UPDATE {HEAD} SET sequence = sequence + 7",
        f"UPDATE {HEAD} SET entry_hash = 'forged'",
        pytest.param(f"TRUNCATE {ENTRY}", marks=on_postgresql),
        pytest.param(f"TRUNCATE {HEAD}", marks=on_postgresql),
        pytest.param(
            f"INSERT INTO {ENTRY} ({COLUMNS}) SELECT {COLUMNS} FROM {ENTRY} WHERE sequence = 1 "
            "ON CONFLICT (sequence) DO UPDATE SET action = 'nothing.happened'",
            id="upsert",
        ),
        pytest.param(
            f"INSERT OR REPLACE INTO {ENTRY} ({COLUMNS}) SELECT sequence, occurred_at, actor_id, 'nothing.happened', "
            "object_type, object_id, organization_id, counterpart_id, details, previous_hash, entry_hash "
            f"FROM {ENTRY} WHERE sequence = 1",
            marks=on_sqlite,
            id="replace by number",
        ),
        pytest.param(
            f"REPLACE INTO {ENTRY} ({COLUMNS}) SELECT 99, occurred_at, actor_id, 'nothing.happened', object_type, object_id, "
            "organization_id, counterpart_id, details, previous_hash, entry_hash "
            f"FROM {ENTRY} WHERE sequence = 1",
            marks=on_sqlite,
            id="replace by hash",
        ),
        pytest.param(
            f"REPLACE INTO {ENTRY} (rowid, {COLUMNS}) SELECT rowid, 99, occurred_at, actor_id, 'nothing.happened', "
            "object_type, object_id, organization_id, counterpart_id, details, previous_hash, 'forged' "
            f"FROM {ENTRY} WHERE sequence = 1",
            marks=on_sqlite,
            id="replace by row",
        ),
        pytest.param(
            f"REPLACE INTO {HEAD} (id, sequence, entry_hash) VALUES (1, 0, 'forged')",
            marks=on_sqlite,
            id="replace the head",
        ),
    ],
)
def test_the_database_refuses_to_change_what_was_written(statement: str) -> None:
    found_city()
    connection.check_constraints()  # PostgreSQL truncates no table with deferred checks outstanding
    with pytest.raises(DatabaseError, match="the ledger"), transaction.atomic():
        _run(statement)
    assert LedgerEntry.objects.get().action == "organization.created"
    assert verify().ok


def test_the_orm_too_changes_nothing() -> None:
    found_city()
    line = LedgerEntry.objects.get()
    line.action = "nothing.happened"
    with pytest.raises(DatabaseError), transaction.atomic():
        line.save()
    with pytest.raises(DatabaseError), transaction.atomic():
        line.delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        LedgerEntry.objects.update(action="nothing.happened")
    assert verify().ok


def test_the_start_up_check_is_content_with_a_protected_ledger() -> None:
    assert checks.run_checks(tags=[checks.Tags.database], databases=["default"]) == []


def test_the_start_up_check_names_every_missing_trigger() -> None:
    triggers.remove(connection)
    (error,) = checks.run_checks(tags=[checks.Tags.database], databases=["default"])
    assert error.id == "catalog.E001"
    assert all(name in error.msg for name in triggers.expected(connection.vendor))


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite switches no trigger off")
@pytest.mark.parametrize("switch", ["DISABLE TRIGGER", "ENABLE REPLICA TRIGGER"])
def test_a_trigger_that_is_switched_off_counts_as_missing(switch: str) -> None:
    _run(f"ALTER TABLE {ENTRY} {switch} ledger_entry_no_change")
    assert "ledger_entry_no_change" not in triggers.installed(connection)


def test_no_process_serves_with_an_unprotected_ledger() -> None:
    triggers.require_protected_ledger()
    triggers.remove(connection)
    with pytest.raises(ImproperlyConfigured, match="not protected"):
        triggers.require_protected_ledger()


def test_triggers_are_installed_again_without_harm() -> None:
    triggers.install(connection)
    assert triggers.installed(connection) == triggers.expected(connection.vendor)


# --- verifying ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "action = 'nothing.happened'",
        "actor_id = NULL, object_id = '4711'",
        "details = '{\"n\": 2}'",
        "organization_id = NULL",
    ],
)
def test_verify_finds_a_changed_entry(change: str) -> None:
    for number in (1, 2, 3):
        found_city(number)
    with _without_triggers():
        _run(f"UPDATE {ENTRY} SET {change} WHERE sequence = 2")
    found = verify()
    assert (found.ok, found.first_bad, found.problem) == (False, 2, "content")
    assert found.entries == 1


def test_verify_finds_a_removed_entry() -> None:
    for number in (1, 2, 3):
        found_city(number)
    with _without_triggers():
        _run(f"DELETE FROM {ENTRY} WHERE sequence = 2")
    found = verify()
    assert (found.ok, found.first_bad, found.problem) == (False, 2, "gap")


def test_verify_finds_that_the_last_entry_was_removed() -> None:
    for number in (1, 2, 3):
        found_city(number)
    with _without_triggers():
        _run(f"DELETE FROM {ENTRY} WHERE sequence = 3")
    found = verify()
    assert (found.ok, found.first_bad, found.problem) == (False, 3, "head")


@pytest.mark.parametrize("change", ["sequence = 2", "sequence = 4", "entry_hash = 'forged'"])
def test_verify_finds_a_forged_head(change: str) -> None:
    for number in (1, 2, 3):
        found_city(number)
    with _without_triggers():
        _run(f"UPDATE {HEAD} SET {change}")
    found = verify()
    assert (found.ok, found.problem) == (False, "head")


def test_verify_finds_an_entry_whose_hash_was_made_to_fit() -> None:
    """The entry is consistent with itself, but the next one still points to what it was."""
    for number in (1, 2, 3):
        found_city(number)
    line = LedgerEntry.objects.get(sequence=2)
    with _without_triggers():
        _rewrite(line, action="nothing.happened", previous_hash=line.previous_hash)
    found = verify()
    assert (found.ok, found.first_bad, found.problem) == (False, 3, "link")


def _rewrite(line: LedgerEntry, *, action: str, previous_hash: str) -> str:
    """Forge one entry with a hash that fits."""
    line.action, line.previous_hash = action, previous_hash
    names = "sequence occurred_at actor_id action object_type object_id organization_id counterpart_id details"
    line.entry_hash = hash_entry(
        **{name: getattr(line, name) for name in names.split()}, previous_hash=line.previous_hash
    )
    line.save()
    return str(line.entry_hash)


def test_a_chain_rewritten_whole_verifies_by_itself_but_not_against_a_checkpoint() -> None:
    for number in (1, 2):
        found_city(number)
    checkpoint = verify().head
    found_city(3)
    assert verify(checkpoint).ok
    with _without_triggers():
        previous = GENESIS_HASH
        for line in LedgerEntry.objects.order_by("sequence"):
            previous = _rewrite(line, action="nothing.happened", previous_hash=previous)
        LedgerHead.objects.update(entry_hash=previous)
    assert verify().ok
    found = verify(checkpoint)
    assert (found.ok, found.first_bad, found.problem) == (False, 2, "checkpoint")


def test_a_chain_cut_back_before_the_checkpoint_is_found() -> None:
    for number in (1, 2, 3):
        found_city(number)
    checkpoint = verify().head
    with _without_triggers():
        _run(f"DELETE FROM {ENTRY} WHERE sequence = 3")
        last = LedgerEntry.objects.get(sequence=2)
        LedgerHead.objects.update(sequence=2, entry_hash=last.entry_hash)
    assert verify().ok
    found = verify(checkpoint)
    assert (found.ok, found.problem) == (False, "checkpoint")
