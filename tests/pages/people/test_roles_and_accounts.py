"""Roles and accounts, on the pages and over the API alike."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from knox.models import AuthToken

from access.models import Project
from access.services.projects import open_project
from catalog.errors import NotPermitted
from catalog.people.models import Membership, OrganizationKind, Role, User
from catalog.people.policies import holds
from catalog.people.services import (
    close_account,
    create_organization,
    create_user,
    end_role,
    grant_role,
)
from tests.cast import Cast
from tests.pages.people.administering import api, posted, role_of
from tests.pages.visiting import Visitor, acts_after, last_sequence, text_of

pytestmark = pytest.mark.django_db

# --- roles ------------------------------------------------------------------------------------------------------------------------


def test_a_role_is_given_and_ended_as_the_api_does(cast: Cast, nora: User) -> None:
    before = last_sequence()
    page = posted(cast.adam, f"/organizations/{cast.health.pk}/", user=nora.pk, role="finance")
    assert "Nora" in text_of(page)
    posted(cast.adam, f"/roles/{role_of(nora, Role.FINANCE).pk}/end/")
    by_page = acts_after(before)
    before = last_sequence()
    body = {"user": nora.pk, "organization": cast.health.pk, "role": "finance"}
    granted = api(cast.adam).post("/api/v1/memberships/", body, format="json")
    api(cast.adam).post(f"/api/v1/memberships/{granted.json()['id']}/end/")
    assert acts_after(before) == by_page
    assert [line[0] for line in by_page] == ["role.granted", "role.ended"]


def test_a_role_is_given_from_the_persons_page_too(cast: Cast, nora: User) -> None:
    page = posted(cast.adam, f"/accounts/{nora.pk}/", organization=cast.water.pk, role="approver")
    assert holds(nora, Role.APPROVER, cast.water.pk)
    assert "Water Bureau" in text_of(page)
    page = posted(cast.adam, f"/roles/{role_of(nora, Role.APPROVER).pk}/end/", **{"from": "account"})
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
    assert "Nobody ends a role of their own" in text_of(posted(cast.adam, f"/roles/{own.pk}/end/"))
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
    assert "ended already" in text_of(posted(cast.adam, f"/roles/{membership.pk}/end/"))


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
    page = posted(cast.adam, f"/accounts/{cast.rita.pk}/close/")
    assert "Closed" in text_of(page)
    assert session.get("/").status_code == 302
    assert not AuthToken.objects.filter(user=cast.rita).exists()
    assert not holds(User.objects.get(pk=cast.rita.pk), Role.REQUESTER, cast.institute.pk)
    posted(cast.adam, f"/accounts/{cast.rita.pk}/reopen/")
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
    assert "closed already" in text_of(posted(cast.adam, f"/accounts/{cast.rita.pk}/close/"))
    assert "closed; open it again first" in text_of(posted(cast.adam, f"/accounts/{cast.rita.pk}/link/new/"))
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
