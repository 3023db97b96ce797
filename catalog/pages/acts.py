"""How a page acts: call one service, and tell the person in plain words what came of it, keeping what they typed."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, TypeVar, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext

from catalog.errors import DomainError, InvalidInput, translated
from catalog.messages import MessageError
from catalog.people.models import User
from catalog.people.policies import may

Result = TypeVar("Result")
PAGE_SIZE = 25
_SENT = "sent_forms"
_REMEMBERED = 50


def user_of(request: HttpRequest) -> User:
    """Who asks; the view is behind `login_required`."""
    return cast(User, request.user)


def attempt(request: HttpRequest, act: Callable[[], Result], *, form: forms.Form | None = None) -> Result | None:
    """Call a service. What it refuses is said on the form, or above the page; then the result is None.

    Field errors go to the form's fields of that name, everything else to the top of the form.
    """
    try:
        return act()
    except MessageError as error:
        if form is None:
            messages.error(request, translated(error))
        else:
            _tell_form(form, error)
    return None


def _tell_form(form: forms.Form, error: MessageError) -> None:
    fields = error.fields if isinstance(error, InvalidInput) else {}
    for name, found in fields.items():
        texts = [gettext(str(text)) for text in ([found] if isinstance(found, str) else found)]
        form.add_error(name if name in form.fields else None, texts)
    if not fields:
        form.add_error(None, translated(error))


def only_if_may(user: User, permission: str, subject: object) -> None:
    """For a page that only shows a form: whoever could not send it is not shown it. The service asks again."""
    if not may(user, permission, subject):
        raise PermissionDenied


def say(request: HttpRequest, text: str) -> None:
    """Tell the person that it is done."""
    messages.success(request, text)


def page_of(request: HttpRequest, rows: QuerySet[Any] | list[Any], size: int = PAGE_SIZE) -> Page[Any]:
    """The page of `rows` that the address asks for; a page that is none is the nearest there is."""
    return Paginator(rows, size).get_page(request.GET.get("page"))


class OnceForm(forms.Form):
    """A form that creates something: sent twice (a double click, the back button), it acts once.

    The hidden `once` is remembered in the session when the act succeeded; `was_sent` tells a repeat.
    """

    once = forms.CharField(widget=forms.HiddenInput, required=False, max_length=32)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["once"].initial = secrets.token_hex(16)

    def was_sent(self, request: HttpRequest) -> bool:
        """Whether this very form has succeeded before."""
        once = self.data.get("once", "")
        return bool(once) and once in request.session.get(_SENT, [])

    def remember(self, request: HttpRequest) -> None:
        """Note that it succeeded."""
        sent = [*request.session.get(_SENT, []), self.data.get("once", "")]
        request.session[_SENT] = sent[-_REMEMBERED:]


__all__ = ["DomainError", "OnceForm", "attempt", "only_if_may", "page_of", "say", "user_of"]
