"""Errors that carry a message a person can read in their own language.

Lives here: the base class of every error whose text reaches a user, and the marker that lets the translation tools find that
text. Pure: no Django. The translation itself happens where the error meets the user (`catalog.errors`).
"""

from __future__ import annotations

from collections.abc import Mapping


def gettext_noop(message: str) -> str:
    """Mark `message` for translation and return it unchanged."""
    return message


class MessageError(Exception):
    """An error with a stable `code`, a translatable `message` and its `params`.

    `message` is an English msgid with `%(name)s` placeholders. Parameters are names and counts, never a cell's value:
    they end up in logs, API answers and pages.
    """

    code: str = "error"
    message: str = gettext_noop("Something went wrong.")

    def __init__(self, message: str | None = None, *, code: str | None = None, **params: object) -> None:
        if message is not None:
            self.message = message
        if code is not None:
            self.code = code
        self.params: Mapping[str, object] = params
        super().__init__(self.code)

    def __str__(self) -> str:
        return self.message % self.params if self.params else self.message
