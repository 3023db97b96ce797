"""What tests of the administration do: call the API, post a form and follow it, find a one-time link on a page."""

from __future__ import annotations

import re
from typing import Any

from rest_framework.test import APIClient

from catalog.people.models import Membership, Role, User
from tests.pages.visiting import Visitor, text_of

NEW = "a new and longer password"


def api(user: User | None) -> APIClient:
    client = APIClient(HTTP_ACCEPT_LANGUAGE="en")
    if user is not None:
        client.force_authenticate(user)
    return client


def role_of(user: User, role: Role) -> Membership:
    found: Membership = Membership.objects.active().get(user=user, role=role)
    return found


def link_in(answer: Any) -> str:
    """The path of the one-time link on a page."""
    found = re.search(r'value="http://testserver(/accounts/password/[^"]+)"', answer.content.decode())
    assert found, text_of(answer)
    return found[1]


def posted(user: User, path: str, /, **values: Any) -> Any:
    visitor = Visitor(user)
    return visitor.follow(visitor.post(path, **values))
