"""The first administrator: made once, on the operator's command line, and never from a password that others can read."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.core.management.base import CommandError

from catalog.ledger.models import LedgerEntry
from catalog.people.models import Membership, Organization, OrganizationKind, Role, User
from catalog.people.services import create_organization, create_user, grant_role
from config.management.commands import create_administrator
from config.management.commands.create_administrator import PASSWORD_VARIABLE
from tests.cast import Cast

GOOD_PASSWORD = "willow bridge lantern 42"
ARGUMENTS = {
    "organization_name": "沧浪市人民政府",
    "organization_name_en": "Canglang City",
    "code": "11320500000000001A",
    "username": "zhou",
    "display_name": "周管理",
}


@pytest.fixture(autouse=True)
def _no_password_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)


def run(monkeypatch: pytest.MonkeyPatch, *, typed: str = "", **arguments: Any) -> str:
    """Run the command with `typed` on its standard input; what it printed."""
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    printed = io.StringIO()
    call_command("create_administrator", stdout=printed, **{**ARGUMENTS, **arguments})
    return printed.getvalue()


def refusal(monkeypatch: pytest.MonkeyPatch, *, typed: str = "", **arguments: Any) -> str:
    """Run the command, which must end with exit code 2; its one line."""
    with pytest.raises(CommandError) as caught:
        run(monkeypatch, typed=typed, language="en", **arguments)
    assert caught.value.returncode == 2
    assert "\n" not in str(caught.value)
    return str(caught.value)


class Terminal(io.StringIO):
    """Standard input where a person sits."""

    def isatty(self) -> bool:
        return True


@pytest.mark.django_db
def test_the_first_administrator_can_sign_in_and_run_the_organisation(monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, typed=f"{GOOD_PASSWORD}\n")

    zhou = authenticate(None, username="zhou", password=GOOD_PASSWORD)
    assert isinstance(zhou, User)
    assert not zhou.is_superuser
    assert not zhou.is_staff
    city = Organization.objects.get()
    bureau = create_organization(
        actor=zhou,
        name="水务局",
        name_en="Water Bureau",
        code="11320500000000002A",
        kind=OrganizationKind.BUREAU,
        parent=city,
    )
    wang = create_user(actor=zhou, username="wang", password=GOOD_PASSWORD, display_name="王", organization=bureau)
    assert grant_role(actor=zhou, user=wang, organization=bureau, role=Role.DATA_STEWARD).granted_by == zhou


@pytest.mark.django_db
def test_the_ledger_says_that_nobody_but_the_operator_did_it(monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, typed=GOOD_PASSWORD)

    lines = LedgerEntry.objects.order_by("sequence")
    assert [line.action for line in lines] == ["organization.created", "user.created", "role.granted"]
    assert {line.actor_id for line in lines} == {None}


@pytest.mark.django_db
def test_the_password_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, GOOD_PASSWORD)

    run(monkeypatch, typed="something else\n")

    assert authenticate(None, username="zhou", password=GOOD_PASSWORD) is not None


@pytest.mark.django_db
def test_at_a_terminal_the_password_is_asked_for_twice_without_an_echo(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([GOOD_PASSWORD, GOOD_PASSWORD])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(answers))
    monkeypatch.setattr("sys.stdin", Terminal())

    call_command("create_administrator", stdout=io.StringIO(), **ARGUMENTS)

    assert authenticate(None, username="zhou", password=GOOD_PASSWORD) is not None
    assert next(answers, None) is None


@pytest.mark.django_db
def test_a_slip_in_the_second_typing_makes_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([GOOD_PASSWORD, f"{GOOD_PASSWORD}!"])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(answers))
    monkeypatch.setattr("sys.stdin", Terminal())

    with pytest.raises(CommandError) as caught:
        call_command("create_administrator", stdout=io.StringIO(), **ARGUMENTS)

    assert caught.value.returncode == 2
    assert not User.objects.exists()


def test_no_argument_takes_a_password() -> None:
    parser = create_administrator.Command().create_parser("manage.py", "create_administrator")
    assert not [action.dest for action in parser._actions if "pass" in action.dest]


@pytest.mark.django_db
def test_the_printed_document_names_the_account_and_not_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = run(monkeypatch, typed=GOOD_PASSWORD, format="json")

    document = json.loads(printed)
    assert document["user"]["username"] == "zhou"
    assert document["organization"]["code"] == "11320500000000001A"
    assert document["role"] == "administrator"
    assert GOOD_PASSWORD not in printed


@pytest.mark.django_db
def test_a_second_administrator_is_refused(monkeypatch: pytest.MonkeyPatch, cast: Cast) -> None:
    before = LedgerEntry.objects.count()

    said = refusal(monkeypatch, typed=GOOD_PASSWORD, code="11320500000000009A", organization_name="别的市")

    assert "administrator already" in said
    assert not User.objects.filter(username="zhou").exists()
    assert Membership.objects.filter(role=Role.ADMINISTRATOR, user=cast.adam).exists()
    assert LedgerEntry.objects.count() == before


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["", "\n"])
def test_without_a_password_nothing_is_made(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    assert PASSWORD_VARIABLE in refusal(monkeypatch, typed=typed)
    assert not Organization.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("named", "arguments", "typed"),
    [
        ("password", {}, "short"),
        ("username", {"username": "two words"}, GOOD_PASSWORD),
        ("code", {"code": "1" * 30}, GOOD_PASSWORD),
        ("name_en", {"organization_name_en": ""}, GOOD_PASSWORD),
    ],
)
def test_what_cannot_be_used_is_named_and_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, named: str, arguments: dict[str, str], typed: str
) -> None:
    assert f"{named}: " in refusal(monkeypatch, typed=typed, **arguments)

    assert not Organization.objects.exists()
    assert not User.objects.exists()
    assert not LedgerEntry.objects.exists()
