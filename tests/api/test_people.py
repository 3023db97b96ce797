"""Organisations, users and roles over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from knox.models import AuthToken

from catalog.people.models import User
from tests.api.conftest import Api
from tests.cast import PASSWORD, Cast


def names(answer: object) -> set[str]:
    return {row.get("username") or row["name_en"] for row in answer.json()["results"]}  # type: ignore[attr-defined]


def test_the_tree_of_organisations_can_be_walked(api: Callable[..., Api], cast: Cast) -> None:
    below = api(cast.rita).get(f"organizations/?under={cast.city.pk}&kind=bureau")
    assert names(below) == {"Health Commission", "Big Data Bureau", "Water Bureau"}
    health = api(cast.rita).get(f"organizations/{cast.health.pk}/").json()
    assert health["parent"]["id"] == cast.city.pk
    assert api(cast.rita).get(f"organizations/{cast.city.pk}/").json()["children"] == 4
    assert api(cast.rita).get("organizations/?under=4096").json()["count"] == 0


def test_an_administrator_adds_an_organisation_and_a_steward_does_not(api: Callable[..., Api], cast: Cast) -> None:
    body = {
        "name": "姑苏区人民政府",
        "name_en": "Gusu District",
        "code": "11320500000000009A",
        "kind": "district",
        "parent": cast.city.pk,
    }
    assert api(cast.stella).post("organizations/", body).status_code == 403
    added = api(cast.adam).post("organizations/", body)
    assert added.status_code == 201
    assert added.json()["parent"]["name_en"] == "Canglang City"
    again = api(cast.adam).post("organizations/", body)
    assert again.status_code == 400
    assert set(again.json()["error"]["fields"]) == {"name", "code"}


def test_one_sees_colleagues_and_no_strangers(api: Callable[..., Api], cast: Cast) -> None:
    assert names(api(cast.rita).get("users/")) == {"rita", "ron"}
    assert api(cast.rita).get(f"users/{cast.stella.pk}/").status_code == 404
    assert {"stella", "rita", "audrey", "ivan"} <= names(api(cast.adam).get("users/?page_size=50"))


def test_an_account_is_opened_and_then_given_a_role(api: Callable[..., Api], cast: Cast) -> None:
    admin = api(cast.adam)
    opened = admin.post(
        "users/",
        {
            "username": "nora",
            "password": "another long password",
            "display_name": "Nora",
            "organization": cast.health.pk,
        },
    )
    assert opened.status_code == 201
    assert "password" not in opened.json()
    nora = opened.json()["id"]
    granted = admin.post("memberships/", {"user": nora, "organization": cast.health.pk, "role": "approver"})
    assert granted.status_code == 201
    ended = admin.post(f"memberships/{granted.json()['id']}/end/")
    assert ended.json()["ended_at"]
    assert admin.post(f"memberships/{granted.json()['id']}/end/").status_code == 409


def test_nobody_grants_themselves_a_role(api: Callable[..., Api], cast: Cast) -> None:
    answer = api(cast.adam).post(
        "memberships/", {"user": cast.adam.pk, "organization": cast.health.pk, "role": "data_steward"}
    )
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "own_role"


def test_a_weak_password_is_told_at_its_field(api: Callable[..., Api], cast: Cast) -> None:
    answer = api(cast.adam).post("users/", {"username": "nora", "password": "short", "organization": cast.health.pk})
    assert answer.status_code == 400
    assert answer.json()["error"]["fields"]["password"]


def test_a_user_named_in_a_body_has_to_be_visible(api: Callable[..., Api], cast: Cast) -> None:
    users: tuple[Any, ...] = (cast.stella.pk, 10**30, -1, 0, True, "1; drop", 1.5, None, [], {})
    for user in users:
        body = {"user": user, "organization": cast.institute.pk, "role": "requester"}
        answer = api(cast.rita).post("memberships/", body)
        assert answer.status_code == 400, user
        assert "user" in answer.json()["error"]["fields"]


def test_an_invitation_is_all_or_nothing_and_its_link_works_once(api: Callable[..., Api], cast: Cast) -> None:
    body = {"username": "nora", "display_name": "Nora", "organization": cast.health.pk, "roles": ["approver"]}
    refused = api(cast.adam).post("invitations/", {**body, "roles": ["approver", "approver"]})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "role_held")
    assert not User.objects.filter(username="nora").exists()
    assert set(api(cast.adam).post("invitations/", {"roles": ["king"]}).json()["error"]["fields"]) == {
        "username",
        "display_name",
        "organization",
        "roles.0",
    }
    made = api(cast.adam).post("invitations/", body)
    assert made.status_code == 201
    assert made["Cache-Control"] == "no-store"
    link = made.json()
    assert link["user"]["username"] == "nora"
    said = {"uid": link["uid"], "token": link["token"], "password": "another long password"}
    assert api().post("accounts/set-password/", said).status_code == 204
    assert api().post("accounts/set-password/", said).status_code == 409


def test_who_changes_the_password_names_the_present_one(api: Callable[..., Api], cast: Cast) -> None:
    rita = api(cast.rita)
    wrong = rita.post("me/password/", {"current": "not it", "password": "another long password"})
    assert wrong.status_code == 400
    assert wrong.json()["error"]["fields"] == {"current": ["This is not your present password."]}
    weak = rita.post("me/password/", {"current": PASSWORD, "password": "short"})
    assert set(weak.json()["error"]["fields"]) == {"password"}
    AuthToken.objects.create(cast.rita)
    assert rita.post("me/password/", {"current": PASSWORD, "password": "another long password"}).status_code == 204
    assert not AuthToken.objects.filter(user=cast.rita).exists()
    assert User.objects.get(pk=cast.rita.pk).check_password("another long password")
    assert api().post("me/password/", {}).status_code == 401


def test_one_changes_ones_own_name(api: Callable[..., Api], cast: Cast) -> None:
    assert api(cast.rita).patch("me/", {"display_name": " 周丽塔 "}).json()["display_name"] == "周丽塔"
    assert api(cast.rita).patch("me/", {"display_name": "塔" * 61}).status_code == 400
    assert api(cast.rita).patch("me/", {}).status_code == 400
