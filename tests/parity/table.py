"""The table of all commands, and what stands outside it with the reason."""

from __future__ import annotations

from collections.abc import Mapping

from tests.parity import access, catalogue, ledger, people, privacy
from tests.parity.command import Command

COMMANDS: list[Command] = [
    *people.COMMANDS,
    *catalogue.COMMANDS,
    *privacy.COMMANDS,
    *access.COMMANDS,
    *ledger.COMMANDS,
]

# Lines that no person's request leaves.
BY_THE_PROGRAM: Mapping[str, str] = {
    "scan.finished": "a worker publishes what it has read",
    "scan.failed": "a worker could not read",
    "application.assessed": "a worker has written the artefact and measured it",
    "application.assessment_failed": "a worker could not",
    "artefact.deleted": "the relay, once a grant is over",
}

# Forms of pages that are no command of the API.
PAGES_ALONE: Mapping[str, str] = {
    "login": "begins a browser's session; a program gets a token",
    "logout": "ends a browser's session; a program gives its token back",
    "set_language": "this browser's choice; a program says Accept-Language with every request",
    "register-test": "reads: whether a database answers; nothing is kept",
    "rule-preview": "reads: masked samples; the API has protections/preview/",
    "apply-filter": "reads: the rows of the form itself",
}

# Requests of the API that are no form of a page.
API_ALONE: Mapping[tuple[str, str], str] = {
    ("POST", "sign-in"): "a token; a browser has a session",
    ("DELETE", "sign-out"): "the same",
    ("POST", "api-dataset-list"): "a whole record at once; a page begins one with its table and then writes it",
    ("POST", "api-user-list"): "an account with a password, for installing; a page only invites",
    ("POST", "api-offer-quote"): "reads: what a use costs; the form of an application shows it",
    ("POST", "api-protection-preview"): "reads: masked samples",
}
