"""`manage.py create_administrator`: plant an organisation and its first administrator, from whom every other account comes.

The operator runs it once, on an empty installation. Everybody after that is made by an administrator, who answers for it. The
password is never an argument: arguments stand in the process list and in the shell's history.
"""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from catalog.commands import BadInput, DocumentCommand, Outcome
from catalog.errors import InvalidInput
from catalog.messages import gettext_noop
from catalog.people.models import Membership, OrganizationKind, Role
from catalog.people.services import create_organization, create_user, grant_role

PASSWORD_VARIABLE = "CANGLANG_ADMIN_PASSWORD"  # noqa: S105  a variable's name, not a password


class Command(DocumentCommand):
    help = "Create the first organisation and its administrator. The password is read from standard input."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--organization-name", required=True, help="its name")
        parser.add_argument("--organization-name-en", required=True, help="its English name")
        parser.add_argument("--code", required=True, help="its unified social credit code")
        parser.add_argument("--kind", choices=OrganizationKind.values, default=OrganizationKind.GOVERNMENT.value)
        parser.add_argument("--username", required=True, help="what the administrator signs in with")
        parser.add_argument("--display-name", required=True, help="what the administrator is called")

    def outcome(self, **options: Any) -> Outcome:
        _refuse_a_second()  # before anybody types a password for nothing
        password = _read_password()
        try:
            with transaction.atomic():
                _refuse_a_second()
                organization = create_organization(
                    actor=None,
                    name=options["organization_name"],
                    name_en=options["organization_name_en"],
                    code=options["code"],
                    kind=OrganizationKind(options["kind"]),
                    parent=None,
                )
                user = create_user(
                    actor=None,
                    username=options["username"],
                    password=password,
                    display_name=options["display_name"],
                    organization=organization,
                )
                grant_role(actor=None, user=user, organization=organization, role=Role.ADMINISTRATOR)
        except InvalidInput as error:
            raise _in_one_line(error) from error
        return Outcome(
            {
                "organization": {"id": organization.pk, "name": organization.name, "code": organization.code},
                "user": {"id": user.pk, "username": user.username, "display_name": user.display_name},
                "role": Role.ADMINISTRATOR.value,
            }
        )

    def lines(self, document: Mapping[str, Any]) -> list[str]:
        return [f"{document['user']['username']} administers {document['organization']['name']}"]


def _refuse_a_second() -> None:
    if Membership.objects.active().filter(role=Role.ADMINISTRATOR).exists():
        raise BadInput(
            gettext_noop("There is an administrator already; administrators make the other accounts."),
            code="administrator_exists",
        )


def _read_password() -> str:
    """From the environment, else from standard input: one line of a pipe, or typed twice without an echo."""
    given = os.environ.get(PASSWORD_VARIABLE)
    if given is None and sys.stdin.isatty():
        given = getpass.getpass("Password: ")
        if getpass.getpass("The same again: ") != given:
            raise BadInput(gettext_noop("The two passwords differ."), code="passwords_differ")
    elif given is None:
        given = sys.stdin.readline().rstrip("\r\n")
    if not given:
        raise BadInput(
            gettext_noop("Give the password on standard input, or in %(variable)s."),
            code="password_missing",
            variable=PASSWORD_VARIABLE,
        )
    return given


def _in_one_line(error: InvalidInput) -> InvalidInput | BadInput:
    """What the services mark field by field, as the one line that a command prints."""
    if not error.fields:
        return error
    problems = "; ".join(f"{name}: {' '.join(map(str, messages))}" for name, messages in error.fields.items())
    return BadInput(gettext_noop("This cannot be used: %(problems)s"), code=error.code, problems=problems)
