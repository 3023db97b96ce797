"""The table of all commands, and what stands outside it with the reason."""

from __future__ import annotations

from collections.abc import Mapping

from tests.parity import access, catalogue, keys, ledger, own_rules, people, privacy, restoring
from tests.parity.command import Command

COMMANDS: list[Command] = [
    *people.COMMANDS,
    *catalogue.COMMANDS,
    *privacy.COMMANDS,
    *own_rules.COMMANDS,
    *access.COMMANDS,
    *keys.COMMANDS,
    *restoring.COMMANDS,
    *ledger.COMMANDS,
]

# Lines that no person's request leaves.
BY_THE_PROGRAM: Mapping[str, str] = {
    "distribution.drift_seen": "a worker has read other columns than the record's",
    "distribution.drift_over": "a worker has read the record's columns again",
    "scan.schedule_stopped": "the relay, where whoever set it may not scan the table any more",
    "scan.finished": "a worker publishes what it has read",
    "scan.failed": "a worker could not read",
    "combinations.counted": "a worker has counted",
    "combinations.failed": "a worker could not count",
    "finding.returned": "a worker has seen something else than was decided",
    "finding.restored": "a worker has seen again what was decided once",
    "application.assessed": "a worker has written the artefact and measured it",
    "application.assessment_failed": "a worker could not",
    "artefact.deleted": "the relay, once a grant is over",
    "reidentification.expired": "the relay, once its time is over",
    "key.rewrapped": "whoever runs the installation, at its command line, with both wrapping keys",
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
