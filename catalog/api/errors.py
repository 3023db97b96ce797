"""One shape of error for every answer of the API.

    {"error": {"code": "stale_version", "message": "…", "fields": {}, "params": {}}}

`code` is stable and never translated; `message` and the messages under `fields` are in the request's language. `params` is
there where the message has any. Every exception a view lets out is turned into this by `answer_exception`; what is none of
those named here is a defect, and goes on to Django, which logs it and answers through `config.api.answer_defect`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.utils.translation import gettext
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from catalog.errors import DomainError, InvalidInput, NotPermitted, in_words
from catalog.messages import MessageError, gettext_noop

log = structlog.get_logger("canglang.api")

NOT_FOUND = gettext_noop("There is nothing here, or nothing that you may see.")
DATABASE_AWAY = gettext_noop("The database does not answer at the moment. Try again in a minute.")
BODY_TOO_LARGE = gettext_noop("The request is larger than is accepted.")
BODY_UNUSABLE = gettext_noop("The request cannot be used as it was sent.")

# DRF's words for what the domain has words for already.
_CODES = {"permission_denied": NotPermitted.code, "error": "server_error"}
_PLACEHOLDER = re.compile(r"%\((\w+)\)[#0\- +]*[\d.]*[a-z]")


class WrongCredentials(DomainError):
    """The name and the password do not belong together. Which of the two is wrong is not said."""

    status = 401
    code = "wrong_credentials"
    message = gettext_noop("The user name or the password is not right.")
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": "Token"}


@dataclass(frozen=True, slots=True)
class Told:
    """An error as it is told: HTTP status, stable code, translated text."""

    status: int
    code: str
    message: str
    fields: Mapping[str, list[str]] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """The JSON of the answer."""
        error: dict[str, Any] = {"code": self.code, "message": self.message, "fields": dict(self.fields)}
        if self.params:
            error["params"] = dict(self.params)
        return {"error": error}


def answer_exception(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler. None lets a defect go on to Django."""
    told = tell(error)
    if told is None:
        return None
    if told.status >= status.HTTP_500_INTERNAL_SERVER_ERROR:
        log.error("request failed", code=told.code, view=type(context.get("view")).__name__, exc_info=error)
    set_rollback()
    return Response(told.body(), status=told.status, headers=dict(told.headers))


def tell(error: Exception) -> Told | None:
    """How an exception is told; None for one that nobody foresaw."""
    told: Told | None = None
    if isinstance(error, MessageError):
        told = _tell_message(error)
    elif isinstance(error, Http404 | exceptions.NotFound):
        told = Told(404, "not_found", gettext(NOT_FOUND))
    elif isinstance(error, exceptions.ValidationError):
        told = _tell_fields(_flatten(error.detail))
    elif isinstance(error, ModelValidationError):
        told = _tell_fields(error.message_dict if hasattr(error, "error_dict") else {"": list(error.messages)})
    elif isinstance(error, PermissionDenied):
        told = Told(403, NotPermitted.code, gettext(NotPermitted.message))
    elif isinstance(error, exceptions.APIException):
        told = _tell_api_exception(error)
    elif isinstance(error, RequestDataTooBig | TooManyFieldsSent):
        told = Told(413, "too_large", gettext(BODY_TOO_LARGE))
    elif isinstance(error, SuspiciousOperation):
        told = Told(400, "parse_error", gettext(BODY_UNUSABLE))
    elif isinstance(error, OperationalError | InterfaceError):
        told = Told(503, "database_unavailable", gettext(DATABASE_AWAY), headers={"Retry-After": "60"})
    return told


def render_message(message: str, params: Mapping[str, Any]) -> str:
    """A msgid in the active language with its parameters, for an error that was raised or one that was stored.

    Stored parameters may have become text since: a `%(rows)d` then prints as text instead of failing. A message whose
    parameters were lost is shown without them.
    """
    text = gettext(message) if message else ""
    if not params and not _PLACEHOLDER.search(text):
        return text
    try:
        return text % in_words(params)
    except (TypeError, ValueError, KeyError):
        return _PLACEHOLDER.sub(lambda match: str(params.get(match[1], "…")), text)


def _tell_message(error: MessageError) -> Told:
    answer = error.status if isinstance(error, DomainError) else status.HTTP_400_BAD_REQUEST
    return Told(
        status=answer,
        code=error.code,
        message=render_message(error.message, error.params),
        fields=_translated_fields(error.fields) if isinstance(error, InvalidInput) else {},
        params={name: _plain(value) for name, value in error.params.items()},
        headers=getattr(error, "headers", {}),
    )


def _plain(value: object) -> object:
    """A parameter as JSON has it; an amount as decimal text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _translated_fields(fields: Mapping[str, Any]) -> dict[str, list[str]]:
    """Messages of a service: msgids, or texts that Django has translated already (translating those changes nothing)."""
    found = {}
    for name, messages in fields.items():
        listed = [messages] if isinstance(messages, str) else list(messages)
        found[name] = [gettext(str(message)) for message in listed if str(message)]
    return found


def _tell_fields(found: Mapping[str, list[str]]) -> Told:
    """A refused body. What concerns no single field becomes the message."""
    general = [message for name in ("", "__all__") for message in found.get(name, [])]
    fields = {name: list(messages) for name, messages in found.items() if name not in ("", "__all__")}
    return Told(400, InvalidInput.code, " ".join(general) or gettext(InvalidInput.message), fields)


def _flatten(detail: Any, at: str = "") -> dict[str, list[str]]:
    """DRF's nested details by dotted name: `{"fields.0.name": ["…"]}`; the empty name is the body itself."""
    if isinstance(detail, Mapping):
        pairs = [
            (at if name == api_settings.NON_FIELD_ERRORS_KEY else _join(at, name), part)
            for name, part in detail.items()
        ]
    elif isinstance(detail, list) and any(isinstance(part, Mapping | list) for part in detail):
        pairs = [(_join(at, place), part) for place, part in enumerate(detail)]
    else:
        messages = detail if isinstance(detail, list) else [detail]
        return {at: [str(message) for message in messages]} if messages else {}
    found: dict[str, list[str]] = {}
    for name, part in pairs:
        for place, messages in _flatten(part, name).items():
            found.setdefault(place, []).extend(messages)
    return found


def _join(at: str, name: object) -> str:
    return f"{at}.{name}" if at else str(name)


def _tell_api_exception(error: exceptions.APIException) -> Told:
    code = str(error.default_code)
    headers = {}
    if header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(header)
    params = {}
    wait: float | None = getattr(error, "wait", None)
    if wait is not None:
        seconds = math.ceil(wait)
        headers["Retry-After"], params["seconds"] = str(seconds), seconds
    return Told(error.status_code, _CODES.get(code, code), str(error.detail), params=params, headers=headers)
