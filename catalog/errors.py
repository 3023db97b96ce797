"""The named exceptions of the domain, and how each is told over HTTP.

Services raise these; the API (`catalog.api.errors`) and the pages turn them into an answer. One class, one meaning, one status.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Choices
from django.utils.translation import gettext

from catalog.messages import MessageError, gettext_noop


class DomainError(MessageError):
    """Something the program refuses, with a reason. `status` is what HTTP says."""

    status = 400


class NotPermitted(DomainError):
    """The actor can see the object but may not do this to it."""

    status = 403
    code = "not_permitted"
    message = gettext_noop("You do not have the role that this needs.")


class WrongState(DomainError):
    """The act is right but not now."""

    status = 409
    code = "wrong_state"
    message = gettext_noop("This cannot be done in the present state (%(state)s).")


class StaleVersion(DomainError):
    """Somebody changed the object since the caller read it."""

    status = 409
    code = "stale_version"
    message = gettext_noop("Someone changed this since you read it. Read it again, then repeat your change.")


class Blocked(DomainError):
    """A rule stands in the way until something else is done."""

    status = 409
    code = "blocked"
    message = gettext_noop("Something else has to be done first.")


class InvalidInput(DomainError):
    """What was sent cannot be accepted. `fields` maps a field's name to its messages."""

    code = "invalid"
    message = gettext_noop("Please correct what is marked.")

    def __init__(self, message: str | None = None, *, fields: Mapping[str, Any] | None = None, **params: Any) -> None:
        super().__init__(message, **params)
        self.fields: Mapping[str, Any] = fields or {}

    @classmethod
    def of(cls, error: MessageError) -> InvalidInput:
        """What a pure core refuses, as the domain says it to whoever sent it."""
        refused = cls(error.message)
        refused.code, refused.params = error.code, error.params
        return refused


def translated(error: MessageError) -> str:
    """The error's text in the active language."""
    text = gettext(error.message)
    return text % in_words(error.params) if error.params else text


# Parameters that are several names in one text, as pure code and stored errors have them.
_NAMES = frozenset({"allowed", "available", "columns", "missing", "names", "supported", "tables"})


def in_words(params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters as a person reads them: a member of choices, such as a state, by its label, and names with the comma of the
    reader's language. The codes stay in `params`."""
    return {name: _in_words(name, value) for name, value in params.items()}


def _in_words(name: str, value: Any) -> Any:
    if isinstance(value, Mapping) and "message" in value:  # what an error was caused by, as it was stored
        text, params = gettext(str(value["message"])), value.get("params")
        return text % in_words(params) if params else text
    if isinstance(value, Choices):
        return value.label
    return value.replace(", ", gettext(", ")) if name in _NAMES and isinstance(value, str) else value
