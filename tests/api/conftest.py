"""Calling the API as one of the cast."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from catalog.people.models import User


class Api:
    """A client that speaks JSON, as one user or as nobody."""

    def __init__(self, user: User | None = None, language: str = "en") -> None:
        # A defect answers 500, as it does outside of tests: what is tested is the answer.
        self.client = APIClient(raise_request_exception=False, HTTP_ACCEPT_LANGUAGE=language)
        if user is not None:
            self.client.force_authenticate(user)

    def get(self, path: str, **headers: Any) -> Any:
        return self.client.get(f"/api/v1/{path}", headers=headers or None)

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        return self.client.post(f"/api/v1/{path}", body or {}, format=options.pop("format", "json"), **options)

    def put(self, path: str, body: Any) -> Any:
        return self.client.put(f"/api/v1/{path}", body, format="json")

    def patch(self, path: str, body: Any) -> Any:
        return self.client.patch(f"/api/v1/{path}", body, format="json")


@pytest.fixture
def api() -> Callable[..., Api]:
    """`api(cast.rita)` calls as rita; `api()` as nobody."""
    cache.clear()  # the throttle counts there
    return Api
