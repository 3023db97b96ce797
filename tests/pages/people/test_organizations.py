"""Organisations: who sees them, how they are added, searched and closed, on the pages and over the API alike."""

from __future__ import annotations

import re

import pytest

from catalog.errors import NotPermitted, WrongState
from catalog.people.models import Organization, OrganizationKind, Role, User
from catalog.people.policies import holds
from catalog.people.services import (
    close_account,
    close_organization,
    create_organization,
    grant_role,
)
from tests.cast import Cast
from tests.pages.people.administering import api, posted
from tests.pages.visiting import Visitor, acts_after, last_sequence, text_of

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
    assert "You hold a role in this organisation" in text_of(posted(cast.adam, f"/organizations/{cast.city.pk}/close/"))
    centre = create_organization(
        actor=cast.adam,
        parent=cast.health,
        name=NEW_PLACE["name"],
        name_en=NEW_PLACE["name_en"],
        code=NEW_PLACE["code"],
        kind=OrganizationKind.BUREAU,
    )
    answer = posted(cast.adam, f"/organizations/{cast.health.pk}/close/")
    assert "Close the organisations below it first" in text_of(answer)
    close_organization(actor=hannah, organization=centre)
    close_organization(actor=cast.adam, organization=cast.health)
    answer = posted(cast.adam, f"/organizations/{centre.pk}/reopen/")
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
