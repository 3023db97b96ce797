"""One-time links and invitations, on the pages and over the API alike."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from knox.models import AuthToken

from catalog.errors import NotPermitted, WrongState
from catalog.people import links
from catalog.people.models import Role, User
from catalog.people.policies import may
from catalog.people.services import (
    close_account,
    create_user,
    grant_role,
    issue_password_link,
    set_password_by_link,
)
from tests.cast import Cast
from tests.pages.people.administering import NEW, api, link_in, posted
from tests.pages.visiting import Visitor, acts_after, last_sequence, text_of

pytestmark = pytest.mark.django_db

# --- one-time links -----------------------------------------------------------------------------------------------------------------


def test_a_link_is_shown_once_and_sets_the_password_once(cast: Cast) -> None:
    old_session = Visitor(cast.rita)
    AuthToken.objects.create(cast.rita)
    before = last_sequence()
    visitor = Visitor(cast.adam)
    shown = visitor.follow(visitor.post(f"/accounts/{cast.rita.pk}/link/new/"))
    path = link_in(shown)
    assert "no-store" in shown["Cache-Control"]
    again = visitor.get(f"/accounts/{cast.rita.pk}/link/")
    assert path not in again.content.decode()
    assert "shown only once" in text_of(again)
    page = Visitor().get(path)
    assert "rita" in text_of(page)
    stranger = Visitor()
    assert "password is set" in text_of(stranger.follow(stranger.post(path, password=NEW, again=NEW)))
    cast.rita.refresh_from_db()
    assert cast.rita.check_password(NEW)
    assert old_session.get("/").status_code == 302
    assert not AuthToken.objects.filter(user=cast.rita).exists()
    assert Visitor().get(path).status_code == 410
    lines = acts_after(before)
    assert [line[0] for line in lines] == ["user.link_issued", "user.password_set"]
    assert lines[0][2] == {"hours": 24, "invited": False}
    assert path.rsplit("/", 2)[1] not in str(lines)


def test_the_api_makes_and_uses_links_as_the_pages_do(cast: Cast) -> None:
    before = last_sequence()
    made = api(cast.adam).post(f"/api/v1/users/{cast.rita.pk}/password-link/")
    assert made.status_code == 201
    assert made["Cache-Control"] == "no-store"
    body = made.json()
    assert body["url"].endswith(f"/accounts/password/{body['uid']}/{body['token']}/")
    weak = {"uid": body["uid"], "token": body["token"], "password": "short"}
    refused = api(None).post("/api/v1/accounts/set-password/", weak, format="json")
    assert refused.status_code == 400
    assert refused.json()["error"]["fields"]["password"]
    used = {**weak, "password": NEW}
    assert api(None).post("/api/v1/accounts/set-password/", used, format="json").status_code == 204
    again = api(None).post("/api/v1/accounts/set-password/", used, format="json")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "link_invalid")
    assert [line[0] for line in acts_after(before)] == ["user.link_issued", "user.password_set"]


def test_only_who_administers_all_of_somebodys_organisations_may_take_over_their_password(
    cast: Cast, hannah: User
) -> None:
    assert may(hannah, "people.administer_account", cast.stella)
    grant_role(actor=cast.adam, user=cast.stella, organization=cast.water, role=Role.APPROVER)
    assert not may(hannah, "people.administer_account", cast.stella)
    page = Visitor(hannah).get(f"/accounts/{cast.stella.pk}/")
    assert "only an administrator of both" in text_of(page)
    assert "1 role in another branch" in text_of(page)
    assert "do not have the role" in text_of(posted(hannah, f"/accounts/{cast.stella.pk}/link/new/"))
    assert api(hannah).post(f"/api/v1/users/{cast.stella.pk}/password-link/").status_code == 403
    assert may(cast.adam, "people.administer_account", cast.stella)


@pytest.mark.parametrize("name", ["stella", "audrey", "rita", "amy"])
def test_no_working_role_makes_a_link_for_anybody(cast: Cast, nora: User, name: str) -> None:
    actor = getattr(cast, name)
    for person in (nora, cast.stefan, cast.ron):
        with pytest.raises(NotPermitted):
            issue_password_link(actor=actor, user=person)
        assert Visitor(actor).post(f"/accounts/{person.pk}/link/new/").status_code == 404


def test_nobody_makes_a_link_for_themselves(cast: Cast) -> None:
    with pytest.raises(NotPermitted) as refused:
        issue_password_link(actor=cast.adam, user=cast.adam)
    assert refused.value.code == "own_password"
    assert "This is you" in text_of(Visitor(cast.adam).get(f"/accounts/{cast.adam.pk}/"))


def test_an_invitation_lives_a_week_and_a_reset_a_day(cast: Cast, nora: User, monkeypatch: pytest.MonkeyPatch) -> None:
    invited = create_user(actor=cast.adam, username="ivy", password=None, display_name="Ivy", organization=cast.health)
    week, day = (issue_password_link(actor=cast.adam, user=user) for user in (invited, nora))
    now = datetime.now()  # noqa: DTZ005  as Django's generator counts

    def later(**passed: int) -> None:
        monkeypatch.setattr(links.LinkTokens, "_now", lambda _self: now + timedelta(**passed))

    later(hours=23)
    assert links.user_of_link(day.uid, day.token) == nora
    later(hours=25)
    assert links.user_of_link(day.uid, day.token) is None
    later(days=6)
    assert links.user_of_link(week.uid, week.token) == invited
    later(days=8)
    assert links.user_of_link(week.uid, week.token) is None


def test_a_new_invitation_link_makes_the_one_before_void(cast: Cast) -> None:
    ivy = create_user(actor=cast.adam, username="ivy", password=None, display_name="Ivy", organization=cast.health)
    first = issue_password_link(actor=cast.adam, user=ivy)
    second = issue_password_link(actor=cast.adam, user=ivy)
    assert links.user_of_link(first.uid, first.token) is None
    assert links.user_of_link(second.uid, second.token) == ivy
    assert first.token not in repr(first)


@pytest.mark.parametrize(
    ("uid", "token"),
    [
        ("a", "b"),
        ("MQ", "x-y"),
        ("MQ", "c" * 500),
        ("%00", "%00"),
        ("OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "1-2"),
        ("LTE", "1-2"),
    ],
)
def test_a_link_that_is_none_says_so_and_nothing_breaks(cast: Cast, uid: str, token: str) -> None:
    answer = Visitor().get(f"/accounts/password/{uid}/{token}/")
    assert answer.status_code in (404, 410)
    with pytest.raises(WrongState) as refused:
        set_password_by_link(uid=uid, token=token, password=NEW)
    assert refused.value.code == "link_invalid"


def test_a_link_of_a_closed_account_is_dead(cast: Cast) -> None:
    link = issue_password_link(actor=cast.adam, user=cast.rita)
    close_account(actor=cast.adam, user=cast.rita)
    assert Visitor().get(f"/accounts/password/{link.uid}/{link.token}/").status_code == 410


@pytest.mark.parametrize(
    ("password", "again", "told"),
    [
        ("short", "short", "too short"),
        (NEW, NEW + "!", "differ"),
        ("", "", "required"),
        ("rita rita rita", "rita rita rita", ""),
    ],
)
def test_a_weak_password_is_told_in_the_validators_words_and_the_link_stays_good(
    cast: Cast, password: str, again: str, told: str
) -> None:
    link = issue_password_link(actor=cast.adam, user=cast.rita)
    path = f"/accounts/password/{link.uid}/{link.token}/"
    answer = Visitor().post(path, password=password, again=again)
    if told:
        assert answer.status_code == 400
        assert told in text_of(answer)
        assert Visitor().get(path).status_code == 200


# --- invitations -----------------------------------------------------------------------------------------------------------------

INVITED = {"display_name": "Ivy", "username": "ivy", "roles": ["finance", "approver"]}


def test_an_invitation_opens_the_account_with_its_roles_and_gives_a_link(cast: Cast) -> None:
    visitor, before = Visitor(cast.adam), last_sequence()
    shown = visitor.follow(visitor.post("/invitations/new/", once="1", organization=cast.health.pk, **INVITED))
    path = link_in(shown)
    assert "ivy" in text_of(visitor.get("/invitations/"))
    ivy = User.objects.get(username="ivy")
    assert not ivy.has_usable_password()
    assert Visitor().post("/accounts/sign-in/", username="ivy", password="").status_code == 200
    stranger = Visitor()
    stranger.follow(stranger.post(path, password=NEW, again=NEW))
    assert stranger.post("/accounts/sign-in/", username="ivy", password=NEW).status_code == 302
    assert "Health Commission" in text_of(stranger.get("/account/"))
    assert "ivy" not in text_of(visitor.get("/invitations/"))
    by_page = [line[0] for line in acts_after(before)]
    assert by_page == ["user.created", "role.granted", "role.granted", "user.link_issued", "user.password_set"]


def test_the_api_can_invite_in_its_own_steps_with_the_same_lines(cast: Cast) -> None:
    client, before = api(cast.adam), last_sequence()
    opened = client.post(
        "/api/v1/users/", {"username": "ivy", "display_name": "Ivy", "organization": cast.health.pk}, format="json"
    )
    assert opened.status_code == 201
    user = opened.json()["id"]
    for role in INVITED["roles"]:
        body = {"user": user, "organization": cast.health.pk, "role": role}
        assert client.post("/api/v1/memberships/", body, format="json").status_code == 201
    assert client.post(f"/api/v1/users/{user}/password-link/").status_code == 201
    by_api = acts_after(before)
    before = last_sequence()
    values = {**INVITED, "username": "ida", "display_name": "Ida"}
    posted(cast.adam, "/invitations/new/", once="2", organization=cast.health.pk, **values)
    by_page = acts_after(before)
    assert [line[0] for line in by_page] == [line[0] for line in by_api]
    assert by_page[-1][2] == by_api[-1][2] == {"hours": 168, "invited": True}


def test_an_invitation_sent_twice_opens_one_account(cast: Cast) -> None:
    visitor = Visitor(cast.adam)
    values = {"once": "same", "organization": cast.health.pk, **INVITED}
    visitor.post("/invitations/new/", **values)
    assert "made already" in text_of(visitor.follow(visitor.post("/invitations/new/", **values)))
    assert User.objects.filter(username="ivy").count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "rita"),
        ("username", "not a name"),
        ("username", ""),
        ("username", "i" * 10_000),
        ("username", "<script>alert(1)</script>"),
        ("display_name", ""),
        ("display_name", "I" * 10_000),
        ("organization", ""),
        ("organization", "999999"),
        ("roles", ["king"]),
    ],
)
def test_a_wrong_invitation_opens_nothing_and_keeps_what_was_typed(cast: Cast, field: str, value: Any) -> None:
    before = last_sequence()
    values = {"once": "1", "organization": cast.health.pk, **INVITED, field: value}
    answer = Visitor(cast.adam).post("/invitations/new/", **values)
    html = answer.content.decode()
    assert answer.status_code == 400
    assert f'id="id_{field}_error"' in html
    assert "<script>alert" not in html
    if field != "display_name":
        assert 'value="Ivy"' in html
    assert acts_after(before) == []


def test_nobody_invites_into_a_branch_that_is_not_theirs(cast: Cast, hannah: User) -> None:
    values = {"once": "1", "organization": cast.water.pk, **INVITED}
    assert Visitor(hannah).post("/invitations/new/", **values).status_code == 400
    assert not User.objects.filter(username="ivy").exists()
