"""Moving an organisation on its page and in the API: told first, confirmed then."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.people.models import Organization, Role
from catalog.people.services import close_organization, create_user, grant_role
from tests.api.conftest import Api
from tests.cast import PASSWORD, Cast
from tests.pages.visiting import Visitor, acts_after, last_sequence, text_of

pytestmark = pytest.mark.django_db


def parent_of(organization: Organization) -> int | None:
    found: Organization = Organization.objects.get(pk=organization.pk)
    return found.parent_id


@pytest.fixture
def walter(cast: Cast) -> Any:
    """Audits the water bureau."""
    user = create_user(
        actor=cast.adam, username="walter", password=PASSWORD, display_name="Walter", organization=cast.water
    )
    grant_role(actor=cast.adam, user=user, organization=cast.water, role=Role.AUDITOR)
    return user


def test_an_administrator_is_told_whose_roles_change_before_confirming(cast: Cast, walter: Any) -> None:
    adam, address, before = Visitor(cast.adam), f"/organizations/{cast.big_data.pk}/move/", last_sequence()
    assert address in adam.get(f"/organizations/{cast.big_data.pk}/").content.decode()
    assert "It lies below Canglang City now" in text_of(adam.get(address))

    told = adam.post(address, parent=cast.water.pk)
    assert told.status_code == 200
    assert "Walter Auditor Water Bureau reaches it" in text_of(told)
    assert "Big Data Bureau goes below Water Bureau: 1 organisation in all." in text_of(told)
    assert parent_of(cast.big_data) == cast.city.pk
    assert last_sequence() == before

    done = adam.follow(adam.post(address, parent=cast.water.pk, told=told.context["move"].key))
    assert "The organisation was moved" in text_of(done)
    assert parent_of(cast.big_data) == cast.water.pk
    assert [act for act, _kind, _details in acts_after(before)] == ["organization.moved"]


def test_what_changed_since_it_was_told_is_told_again(cast: Cast, walter: Any) -> None:
    adam, address = Visitor(cast.adam), f"/organizations/{cast.big_data.pk}/move/"
    told = adam.post(address, parent=cast.water.pk).context["move"].key
    grant_role(actor=cast.adam, user=walter, organization=cast.water, role=Role.ADMINISTRATOR)
    again = adam.post(address, parent=cast.water.pk, told=told)
    assert again.status_code == 200
    assert "Walter Administrator Water Bureau reaches it" in text_of(again)
    assert parent_of(cast.big_data) == cast.city.pk


def test_a_move_that_concerns_nobody_says_so(cast: Cast) -> None:
    told = Visitor(cast.adam).post(f"/organizations/{cast.big_data.pk}/move/", parent=cast.health.pk)
    assert "Nobody’s role reaches further or less far by it." in text_of(told)


def test_only_places_that_are_possible_are_offered(cast: Cast) -> None:
    close_organization(actor=cast.adam, organization=cast.water)
    adam, address = Visitor(cast.adam), f"/organizations/{cast.health.pk}/move/"
    offered = set(adam.get(address).context["form"].fields["parent"].queryset)
    assert offered == {cast.big_data, cast.institute, cast.insurer}
    for parent in (cast.health.pk, cast.water.pk, cast.city.pk, 10**12, "x", None):
        refused = adam.post(address, parent=parent)
        assert refused.status_code == 400
        assert "correct what is marked" in text_of(refused)
    assert parent_of(cast.health) == cast.city.pk


def test_nobody_else_gets_there(cast: Cast, walter: Any) -> None:
    address = f"/organizations/{cast.health.pk}/move/"
    for user in (cast.stella, cast.audrey, walter):
        assert Visitor(user).get(address).status_code == 403
        assert Visitor(user).post(address, parent=cast.water.pk).status_code == 403
    grant_role(actor=cast.adam, user=walter, organization=cast.water, role=Role.ADMINISTRATOR)
    assert Visitor(walter).get(address).status_code == 404


def test_who_administers_the_place_itself_but_not_the_one_above_it_is_refused_in_words(cast: Cast, walter: Any) -> None:
    grant_role(actor=cast.adam, user=walter, organization=cast.water, role=Role.ADMINISTRATOR)
    grant_role(actor=cast.adam, user=walter, organization=cast.health, role=Role.ADMINISTRATOR)
    refused = Visitor(walter).post(f"/organizations/{cast.health.pk}/move/", parent=cast.water.pk)
    assert "do not have the role" in text_of(refused)
    assert parent_of(cast.health) == cast.city.pk


def test_the_api_tells_and_moves(cast: Cast, walter: Any) -> None:
    adam, address = Api(cast.adam), f"organizations/{cast.big_data.pk}/move/"
    foreseen = adam.get(f"{address}?parent={cast.water.pk}").json()
    assert (foreseen["organizations"], foreseen["loses"]) == (1, [])
    assert [(one["user"]["username"], one["role"], one["organization"]["id"]) for one in foreseen["gains"]] == [
        ("walter", "auditor", cast.water.pk)
    ]
    assert parent_of(cast.big_data) == cast.city.pk
    moved = adam.post(address, {"parent": cast.water.pk})
    assert (moved.status_code, moved.json()["parent"]["id"]) == (200, cast.water.pk)
    ring = adam.post(f"organizations/{cast.water.pk}/move/", {"parent": cast.big_data.pk})
    assert (ring.status_code, set(ring.json()["error"]["fields"])) == (400, {"parent"})
    assert adam.get(address).status_code == 400
    assert adam.post(address).status_code == 400
    assert Api(cast.stella).post(address, {"parent": cast.health.pk}).status_code == 403
    assert Api(cast.stella).get(f"{address}?parent={cast.health.pk}").status_code == 403
