"""Tokens: given for a password, worth nothing after signing out, refused after too many failures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from knox.models import AuthToken

from tests.api.conftest import Api
from tests.cast import PASSWORD, Cast


def sign_in(client: Api, username: str, password: str = PASSWORD) -> Any:
    return client.post("tokens/", {"username": username, "password": password})


def test_a_password_is_given_for_a_token_that_works(api: Callable[..., Api], cast: Cast) -> None:
    answer = sign_in(api(), "rita")
    assert answer.status_code == 201
    body = answer.json()
    assert set(body) == {"token", "expiry", "user"}
    assert body["user"]["username"] == "rita"
    assert [held["role"] for held in body["user"]["memberships"]] == ["requester"]
    assert answer["Cache-Control"] == "no-store"
    me = api().get("me/", Authorization=f"Token {body['token']}")
    assert me.json()["id"] == cast.rita.pk
    assert not AuthToken.objects.filter(digest=body["token"]).exists()


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(api: Callable[..., Api], cast: Cast) -> None:
    wrong, unknown = sign_in(api(), "rita", "not it"), sign_in(api(), "nobody")
    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json())
    assert wrong.status_code == 401
    assert wrong.json()["error"]["code"] == "wrong_credentials"


def test_an_account_that_is_closed_gets_no_token(api: Callable[..., Api], cast: Cast) -> None:
    cast.rita.is_active = False
    cast.rita.save()
    assert sign_in(api(), "rita").status_code == 401


def test_a_token_is_worth_nothing_after_signing_out(api: Callable[..., Api], cast: Cast) -> None:
    header = f"Token {sign_in(api(), 'rita').json()['token']}"
    client = api()
    assert client.client.delete("/api/v1/tokens/current/", headers={"Authorization": header}).status_code == 204
    assert client.get("me/", Authorization=header).status_code == 401


def test_too_many_failures_lock_the_name_out_even_with_the_right_password(
    api: Callable[..., Api], cast: Cast, settings: Any
) -> None:
    settings.AXES_ENABLED, settings.AXES_FAILURE_LIMIT = True, 3
    answers = [sign_in(api(), "rita", "not it").status_code for _ in range(3)]
    assert answers == [401, 401, 429]
    locked = sign_in(api(), "rita")
    assert locked.status_code == 429
    assert locked.json()["error"]["code"] == "locked_out"
    assert sign_in(api(), "ron").status_code == 201


def test_signing_in_is_throttled(api: Callable[..., Api], cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rest_framework.throttling.ScopedRateThrottle.THROTTLE_RATES", {"sign_in": "2/min"})
    assert [sign_in(api(), "rita").status_code for _ in range(3)] == [201, 201, 429]
    answer = sign_in(api(), "rita")
    assert answer.json()["error"]["code"] == "throttled"
    assert int(answer["Retry-After"]) > 0


def test_a_page_session_may_call_the_api_but_not_from_another_site(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.adam)
    assert client.get("/api/v1/me/").json()["username"] == "adam"
    answer = client.post("/api/v1/organizations/", {}, content_type="application/json")
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "not_permitted"
