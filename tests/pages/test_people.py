"""Administration: organisations, roles, accounts, one-time links and invitations, on the pages and over the API alike."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from knox.models import AuthToken
from rest_framework.test import APIClient

from access.models import Project
from access.services.projects import open_project
from catalog.errors import NotPermitted, WrongState
from catalog.people import links
from catalog.people.models import Membership, Organization, OrganizationKind, Role, User
from catalog.people.policies import holds, may
from catalog.people.services import (
    close_account,
    close_organization,
    create_organization,
    create_user,
    end_role,
    grant_role,
    issue_password_link,
    set_password_by_link,
)
from tests.cast import PASSWORD, Cast
from tests.pages.visiting import Visitor, acts_after, last_sequence, text_of
from tests.stages import Stages

pytestmark = pytest.mark.django_db
HOSTILE = [
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "a" * 10_000,
    "🙂🙂",
    "\u202eلأمر",
    "' OR 1=1 --",
    "\0",
    "",
]
NEW = "a new and longer password"


def api(user: User | None) -> APIClient:
    client = APIClient(HTTP_ACCEPT_LANGUAGE="en")
    if user is not None:
        client.force_authenticate(user)
    return client


@pytest.fixture
def cast(world: Stages) -> Cast:
    """The people of the module's world."""
    return world.cast


@pytest.fixture
def hannah(cast: Cast) -> User:
    """Administers the health commission, and nothing above or beside it."""
    hannah = create_user(
        actor=cast.adam, username="hannah", password=PASSWORD, display_name="Hannah", organization=cast.health
    )
    grant_role(actor=cast.adam, user=hannah, organization=cast.health, role=Role.ADMINISTRATOR)
    return hannah


@pytest.fixture
def nora(cast: Cast) -> User:
    """Has an account and no role."""
    return create_user(
        actor=cast.adam, username="nora", password=PASSWORD, display_name="Nora", organization=cast.health
    )


def role_of(user: User, role: Role) -> Membership:
    found: Membership = Membership.objects.active().get(user=user, role=role)
    return found


def link_in(answer: Any) -> str:
    """The path of the one-time link on a page."""
    found = re.search(r'value="http://testserver(/accounts/password/[^"]+)"', answer.content.decode())
    assert found, text_of(answer)
    return found[1]


# --- who may see the pages -------------------------------------------------------------------------------------------------------

LISTS = ["/organizations/", "/accounts/", "/invitations/", "/invitations/new/", "/keys/"]


@pytest.mark.parametrize("path", LISTS)
def test_only_administrators_see_administration(cast: Cast, path: str) -> None:
    assert Visitor(cast.adam).get(path).status_code == 200
    for name in ("stella", "oscar", "amy", "fiona", "audrey", "rita"):
        assert Visitor(getattr(cast, name)).get(path).status_code == 403, name
    assert Visitor().get(path).status_code == 302


def test_a_403_says_in_words_that_a_role_is_missing(cast: Cast) -> None:
    text = text_of(Visitor(cast.stella).get("/organizations/"))
    assert "not yours to do" in text
    assert "My work" in text


def test_a_branch_administrator_sees_the_branch_and_nothing_beside_it(cast: Cast, hannah: User) -> None:
    text = text_of(Visitor(hannah).get("/organizations/"))
    assert "Health Commission" in text
    assert "Water Bureau" not in text
    for place in (cast.water, cast.city, cast.insurer):
        assert Visitor(hannah).get(f"/organizations/{place.pk}/").status_code == 404
    assert Visitor(hannah).get(f"/accounts/{cast.wendy.pk}/").status_code == 404
    assert Visitor(cast.stella).get(f"/organizations/{cast.health.pk}/").status_code == 404
    assert Visitor(cast.stella).get(f"/accounts/{cast.stefan.pk}/").status_code == 404


@pytest.mark.parametrize(
    "path", ["/organizations/999999999999999999/", "/accounts/99999999999999999999999/", "/accounts/x/"]
)
def test_what_is_not_there_is_not_found(cast: Cast, path: str) -> None:
    assert Visitor(cast.adam).get(path).status_code == 404


# --- organisations ----------------------------------------------------------------------------------------------------------------


def test_the_tree_shows_counts_and_can_be_searched(cast: Cast) -> None:
    visitor = Visitor(cast.adam)
    html = visitor.get("/organizations/").content.decode()
    assert "depth-1" in html
    row = re.search(r"Health Commission</a>.*?</tr>", html, re.DOTALL)
    assert row
    assert re.findall(r'<td class="number">\s*(?:<span[^>]*>)?(\d+)', row[0]) == ["6", "1"]
    found = text_of(visitor.get("/organizations/?q=water"))
    assert "Water Bureau" in found
    assert "Health Commission" not in found
    assert "No organisation fits" in text_of(visitor.get("/organizations/?q=zzzz"))


@pytest.mark.parametrize("words", HOSTILE)
def test_no_search_breaks_a_page(cast: Cast, words: str) -> None:
    for path in ("/organizations/", "/accounts/"):
        answer = Visitor(cast.adam).client.get(path, {"q": words, "kind": words, "state": words, "page": words})
        assert answer.status_code == 200
        assert "<script>alert" not in answer.content.decode()


NEW_PLACE = {"name": "中心血站", "name_en": "Blood Centre", "code": "12320500000000009A", "kind": "bureau"}


def test_an_organisation_is_added_as_the_api_does(cast: Cast) -> None:
    visitor, before = Visitor(cast.adam), last_sequence()
    page = visitor.follow(visitor.post(f"/organizations/{cast.health.pk}/new/", once="1", **NEW_PLACE))
    assert "Blood Centre" in text_of(page)
    by_page = acts_after(before)
    before = last_sequence()
    other = {**NEW_PLACE, "name": "急救中心", "name_en": "Ambulance", "code": "12320500000000010A"}
    assert (
        api(cast.adam).post("/api/v1/organizations/", {**other, "parent": cast.health.pk}, format="json").status_code
        == 201
    )
    assert acts_after(before) == by_page == [("organization.created", "organization", {})]


def test_an_organisation_sent_twice_is_added_once(cast: Cast) -> None:
    visitor = Visitor(cast.adam)
    for _ in range(2):
        assert visitor.post(f"/organizations/{cast.health.pk}/new/", once="same", **NEW_PLACE).status_code == 302
    assert Organization.objects.filter(code=NEW_PLACE["code"]).count() == 1


@pytest.mark.parametrize("field", ["name", "name_en", "code", "kind"])
@pytest.mark.parametrize("value", ["", "a" * 10_000, "\0"])
def test_a_wrong_organisation_is_told_at_its_field_and_nothing_is_lost(cast: Cast, field: str, value: str) -> None:
    before = last_sequence()
    answer = Visitor(cast.adam).post(f"/organizations/{cast.health.pk}/new/", once="1", **{**NEW_PLACE, field: value})
    html = answer.content.decode()
    assert answer.status_code == 400
    assert f'id="id_{field}_error"' in html
    kept = "name" if field == "name_en" else "name_en"
    assert f'value="{NEW_PLACE[kept]}"' in html
    assert acts_after(before) == []


def test_a_closed_organisation_counts_no_more_until_it_is_opened_again(cast: Cast) -> None:
    visitor, before = Visitor(cast.adam), last_sequence()
    visitor.follow(visitor.post(f"/organizations/{cast.water.pk}/close/"))
    assert not holds(cast.wendy, Role.FINANCE, cast.water.pk)
    assert "Water Bureau" not in text_of(visitor.get("/organizations/"))
    assert "Water Bureau" in text_of(visitor.get("/organizations/?closed=on"))
    visitor.follow(visitor.post(f"/organizations/{cast.water.pk}/reopen/"))
    assert holds(cast.wendy, Role.FINANCE, cast.water.pk)
    by_page = acts_after(before)
    before = last_sequence()
    for act in ("close", "reopen"):
        assert api(cast.adam).post(f"/api/v1/organizations/{cast.water.pk}/{act}/").status_code == 200
    assert acts_after(before) == by_page
    assert [line[0] for line in by_page] == ["organization.closed", "organization.reopened"]


def test_an_organisation_is_not_closed_above_an_open_one_nor_where_one_holds_a_role(cast: Cast, hannah: User) -> None:
    assert "You hold a role in this organisation" in text_of(
        _posted(cast.adam, f"/organizations/{cast.city.pk}/close/")
    )
    centre = create_organization(
        actor=cast.adam,
        parent=cast.health,
        name=NEW_PLACE["name"],
        name_en=NEW_PLACE["name_en"],
        code=NEW_PLACE["code"],
        kind=OrganizationKind.BUREAU,
    )
    answer = _posted(cast.adam, f"/organizations/{cast.health.pk}/close/")
    assert "Close the organisations below it first" in text_of(answer)
    close_organization(actor=hannah, organization=centre)
    close_organization(actor=cast.adam, organization=cast.health)
    answer = _posted(cast.adam, f"/organizations/{centre.pk}/reopen/")
    assert "Open the organisation above it first" in text_of(answer)
    for name in ("stella", "rita"):
        with pytest.raises(NotPermitted):
            close_organization(actor=getattr(cast, name), organization=cast.water)


def test_nobody_is_given_a_role_in_a_closed_organisation_or_with_a_closed_account(cast: Cast, nora: User) -> None:
    close_organization(actor=cast.adam, organization=cast.water)
    cast.water.refresh_from_db()
    with pytest.raises(WrongState) as refused:
        grant_role(actor=cast.adam, user=nora, organization=cast.water, role=Role.FINANCE)
    assert refused.value.code == "organization_closed"
    nora = close_account(actor=cast.adam, user=nora)
    with pytest.raises(WrongState) as refused:
        grant_role(actor=cast.adam, user=nora, organization=cast.health, role=Role.FINANCE)
    assert refused.value.code == "account_closed"


def _posted(user: User, path: str, /, **values: Any) -> Any:
    visitor = Visitor(user)
    return visitor.follow(visitor.post(path, **values))


# --- roles ------------------------------------------------------------------------------------------------------------------------


def test_a_role_is_given_and_ended_as_the_api_does(cast: Cast, nora: User) -> None:
    before = last_sequence()
    page = _posted(cast.adam, f"/organizations/{cast.health.pk}/", user=nora.pk, role="finance")
    assert "Nora" in text_of(page)
    _posted(cast.adam, f"/roles/{role_of(nora, Role.FINANCE).pk}/end/")
    by_page = acts_after(before)
    before = last_sequence()
    body = {"user": nora.pk, "organization": cast.health.pk, "role": "finance"}
    granted = api(cast.adam).post("/api/v1/memberships/", body, format="json")
    api(cast.adam).post(f"/api/v1/memberships/{granted.json()['id']}/end/")
    assert acts_after(before) == by_page
    assert [line[0] for line in by_page] == ["role.granted", "role.ended"]


def test_a_role_is_given_from_the_persons_page_too(cast: Cast, nora: User) -> None:
    page = _posted(cast.adam, f"/accounts/{nora.pk}/", organization=cast.water.pk, role="approver")
    assert holds(nora, Role.APPROVER, cast.water.pk)
    assert "Water Bureau" in text_of(page)
    page = _posted(cast.adam, f"/roles/{role_of(nora, Role.APPROVER).pk}/end/", **{"from": "account"})
    assert page.request["PATH_INFO"] == f"/accounts/{nora.pk}/"
    assert "Roles that ended" in text_of(page)


def test_nobody_changes_a_role_of_their_own_and_the_page_says_why(cast: Cast) -> None:
    place = f"/organizations/{cast.city.pk}/"
    html = text_of(Visitor(cast.adam).get(place))
    assert "your own" in html
    answer = Visitor(cast.adam).post(place, user=cast.adam.pk, role="approver")
    assert answer.status_code == 400
    assert "Nobody grants themselves a role" in text_of(answer)
    own = Membership.objects.active().get(user=cast.adam, organization=cast.city)
    assert "Nobody ends a role of their own" in text_of(_posted(cast.adam, f"/roles/{own.pk}/end/"))
    assert holds(cast.adam, Role.ADMINISTRATOR, cast.city.pk)


@pytest.mark.parametrize("values", [{}, {"user": "1 or 1", "role": "finance"}, {"user": "9" * 40, "role": "king"}])
def test_a_role_that_cannot_be_is_told(cast: Cast, values: dict[str, str]) -> None:
    before = last_sequence()
    answer = Visitor(cast.adam).post(f"/organizations/{cast.health.pk}/", **values)
    assert answer.status_code == 400
    assert "correct what is marked" in text_of(answer)
    assert acts_after(before) == []


def test_a_role_beside_ones_branch_is_not_there_to_be_ended(cast: Cast, hannah: User) -> None:
    assert Visitor(hannah).post(f"/roles/{role_of(cast.wendy, Role.FINANCE).pk}/end/").status_code == 404
    assert Visitor(cast.stella).post(f"/roles/{role_of(cast.oscar, Role.PRIVACY_OFFICER).pk}/end/").status_code == 404


def test_a_role_that_ended_meanwhile_is_told(cast: Cast) -> None:
    membership = role_of(cast.stella, Role.DATA_STEWARD)
    end_role(actor=cast.adam, membership=membership)
    assert "ended already" in text_of(_posted(cast.adam, f"/roles/{membership.pk}/end/"))


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
    assert "do not have the role" in text_of(_posted(hannah, f"/accounts/{cast.stella.pk}/link/new/"))
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
    _posted(cast.adam, "/invitations/new/", once="2", organization=cast.health.pk, **values)
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


# --- accounts ------------------------------------------------------------------------------------------------------------------------


def test_accounts_are_found_by_name_state_and_role(cast: Cast, nora: User) -> None:
    visitor = Visitor(cast.adam)
    create_user(actor=cast.adam, username="ivy", password=None, display_name="Ivy", organization=cast.health)
    close_account(actor=cast.adam, user=cast.ron)

    def found(query: str) -> set[str]:
        html = visitor.get(f"/accounts/?{query}").content.decode()
        return set(re.findall(r'class="code">(\w+)</td>', html))

    assert found("q=stel") == {"stella"}
    assert found("state=invited") == {"ivy"}
    assert found("state=without_role") == {"nora", "ivy"}
    assert found("state=closed") == {"ron"}
    assert found("role=auditor") == {"audrey"}
    assert "rita" in found("state=active")


def test_an_account_is_closed_and_opened_again_as_the_api_does(cast: Cast) -> None:
    session, before = Visitor(cast.rita), last_sequence()
    AuthToken.objects.create(cast.rita)
    page = _posted(cast.adam, f"/accounts/{cast.rita.pk}/close/")
    assert "Closed" in text_of(page)
    assert session.get("/").status_code == 302
    assert not AuthToken.objects.filter(user=cast.rita).exists()
    assert not holds(User.objects.get(pk=cast.rita.pk), Role.REQUESTER, cast.institute.pk)
    _posted(cast.adam, f"/accounts/{cast.rita.pk}/reopen/")
    assert holds(User.objects.get(pk=cast.rita.pk), Role.REQUESTER, cast.institute.pk)
    by_page = acts_after(before)
    before = last_sequence()
    for act in ("close", "reopen"):
        assert api(cast.adam).post(f"/api/v1/users/{cast.rita.pk}/{act}/").status_code == 200
    assert acts_after(before) == by_page
    assert [line[0] for line in by_page] == ["user.closed", "user.reopened"]


def test_nobody_closes_their_own_account_or_one_twice(cast: Cast) -> None:
    with pytest.raises(NotPermitted) as refused:
        close_account(actor=cast.adam, user=cast.adam)
    assert refused.value.code == "own_account"
    close_account(actor=cast.adam, user=cast.rita)
    assert "closed already" in text_of(_posted(cast.adam, f"/accounts/{cast.rita.pk}/close/"))
    assert "closed; open it again first" in text_of(_posted(cast.adam, f"/accounts/{cast.rita.pk}/link/new/"))
    assert api(cast.stella).post(f"/api/v1/users/{cast.stefan.pk}/close/").status_code == 403
    assert api(cast.stella).post(f"/api/v1/users/{cast.rita.pk}/close/").status_code == 404


def test_the_key_page_shows_no_key(cast: Cast) -> None:
    project = open_project(actor=cast.rita, organization=cast.institute, name="流行病学研究")
    answer = Visitor(cast.adam).get("/keys/")
    assert "流行病学研究" in text_of(answer)
    wrapped = bytes(Project.objects.get(pk=project.pk).key_domain.wrapped_key)
    assert wrapped.hex() not in answer.content.decode()
    with CaptureQueriesContext(connection) as queries:
        Visitor(cast.adam).get("/keys/")
    assert "wrapped_key" not in " ".join(query["sql"] for query in queries)


@pytest.mark.parametrize("path", ["/organizations/", "/accounts/", "/invitations/", "/keys/", "/jobs/?scope=all"])
def test_lists_ask_as_many_questions_for_many_rows_as_for_few(cast: Cast, path: str) -> None:
    visitor = Visitor(cast.adam)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert visitor.get(path).status_code == 200
        return len(queries)

    def add(number: int) -> None:
        person = create_user(
            actor=cast.adam, username=f"p{number}", password=None, display_name="P", organization=cast.health
        )
        grant_role(actor=cast.adam, user=person, organization=cast.health, role=Role.FINANCE)
        create_organization(
            actor=cast.adam,
            parent=cast.health,
            name=f"站{number}",
            name_en=f"Station {number}",
            code=f"1232050000000010{number}A",
            kind=OrganizationKind.BUREAU,
        )
        open_project(actor=cast.rita, organization=cast.institute, name=f"project {number}")

    add(0)
    visitor.get(path)
    few = asked()
    for number in range(1, 6):
        add(number)
    assert asked() == few
    assert few < 25


def test_an_organisation_and_an_account_take_few_questions(
    cast: Cast, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    visitor = Visitor(cast.adam)
    for path in (f"/organizations/{cast.health.pk}/", f"/accounts/{cast.wendy.pk}/"):
        with django_assert_max_num_queries(40):
            assert visitor.get(path).status_code == 200
