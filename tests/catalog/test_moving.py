"""Moving an organisation in the tree: who may, what is refused, and whose roles reach otherwise by it."""

from __future__ import annotations

import pytest

from catalog.errors import InvalidInput, NotPermitted
from catalog.ledger.models import LedgerEntry
from catalog.messages import MessageError
from catalog.people.models import Organization, OrganizationKind, Role, User
from catalog.people.moving import foresee_move, move_organization
from catalog.people.policies import administers, organizations_below
from catalog.people.services import create_organization, create_user, grant_role
from tests.cast import PASSWORD, Cast
from tests.world import last_line

pytestmark = pytest.mark.django_db


def person(cast: Cast, name: str, *held: tuple[Organization, Role]) -> User:
    """Somebody new with these roles."""
    user = create_user(
        actor=cast.adam, username=name, password=PASSWORD, display_name=name.title(), organization=cast.health
    )
    for organization, role in held:
        grant_role(actor=cast.adam, user=user, organization=organization, role=role)
    return user


def centre_below(cast: Cast, parent: Organization) -> Organization:
    return create_organization(
        actor=cast.adam,
        name="中心血站",
        name_en="Blood Centre",
        code="12320500000000009A",
        kind=OrganizationKind.RESEARCH,
        parent=parent,
    )


def where(organization: Organization) -> int | None:
    found: Organization = Organization.objects.get(pk=organization.pk)
    return found.parent_id


def test_an_administrator_of_both_places_moves_a_branch(cast: Cast) -> None:
    centre = centre_below(cast, cast.health)
    moved = move_organization(actor=cast.adam, organization=cast.health, parent=cast.big_data)
    assert (moved.parent_id, where(cast.health)) == (cast.big_data.pk, cast.big_data.pk)
    assert where(centre) == cast.health.pk
    line = last_line(moved)
    assert (line.action, line.actor_id, line.counterpart_id) == ("organization.moved", cast.adam.pk, cast.city.pk)
    assert line.details == {"from": cast.city.pk, "to": cast.big_data.pk}


def test_the_roles_of_auditors_and_administrators_follow_the_tree(cast: Cast) -> None:
    hannah = person(cast, "hannah", (cast.health, Role.ADMINISTRATOR))
    walter = person(cast, "walter", (cast.water, Role.AUDITOR))
    centre = centre_below(cast, cast.health)
    foreseen = foresee_move(actor=cast.adam, organization=centre, parent=cast.water)
    assert foreseen.organizations == 1
    assert [(one.user, one.role) for one in foreseen.gains] == [(walter, Role.AUDITOR)]
    assert [(one.user, one.role) for one in foreseen.loses] == [(hannah, Role.ADMINISTRATOR)]
    assert where(centre) == cast.health.pk
    assert administers(hannah, centre)

    move_organization(actor=cast.adam, organization=centre, parent=cast.water)
    assert not administers(hannah, Organization.objects.get(pk=centre.pk))
    assert centre.pk in organizations_below(walter, Role.AUDITOR)
    assert cast.health.pk not in organizations_below(walter, Role.AUDITOR)


def test_who_reaches_it_from_elsewhere_too_is_not_named(cast: Cast) -> None:
    centre = centre_below(cast, cast.health)
    both = person(cast, "bo", (cast.health, Role.AUDITOR), (cast.water, Role.AUDITOR))
    itself = person(cast, "ida", (cast.health, Role.ADMINISTRATOR), (centre, Role.ADMINISTRATOR))
    foreseen = foresee_move(actor=cast.adam, organization=centre, parent=cast.water)
    concerned = {one.user for one in (*foreseen.gains, *foreseen.loses)}
    assert not concerned & {both, itself, cast.audrey, cast.adam}


def test_what_was_told_is_no_longer_what_would_happen_once_somebody_else_is_concerned(cast: Cast) -> None:
    centre = centre_below(cast, cast.health)
    told = foresee_move(actor=cast.adam, organization=centre, parent=cast.water).key
    assert foresee_move(actor=cast.adam, organization=centre, parent=cast.water).key == told
    person(cast, "walter", (cast.water, Role.AUDITOR))
    assert foresee_move(actor=cast.adam, organization=centre, parent=cast.water).key != told


def test_the_auditors_of_the_place_it_left_read_that_it_left(cast: Cast) -> None:
    walter = person(cast, "walter", (cast.health, Role.AUDITOR))
    centre = centre_below(cast, cast.health)
    move_organization(actor=cast.adam, organization=centre, parent=cast.water)
    seen = LedgerEntry.objects.visible_to(walter).filter(object_type="organization", object_id=str(centre.pk))
    assert [line.action for line in seen] == ["organization.moved"]


def test_a_ring_is_refused(cast: Cast) -> None:
    centre = centre_below(cast, cast.health)
    for parent in (cast.health, centre):
        with pytest.raises(InvalidInput) as refused:
            move_organization(actor=cast.adam, organization=cast.health, parent=parent)
        assert set(refused.value.fields) == {"parent"}
    assert where(cast.health) == cast.city.pk


def test_a_place_where_it_lies_already_or_that_is_closed_is_refused(cast: Cast) -> None:
    cast.water.is_active = False
    cast.water.save(update_fields=["is_active"])
    for parent in (cast.city, cast.water):
        with pytest.raises(InvalidInput) as refused:
            move_organization(actor=cast.adam, organization=cast.health, parent=parent)
        assert set(refused.value.fields) == {"parent"}


@pytest.mark.parametrize("name", ["stella", "amy", "audrey", "rita", "wendy"])
def test_no_working_role_moves_anything(cast: Cast, name: str) -> None:
    with pytest.raises(NotPermitted):
        move_organization(actor=getattr(cast, name), organization=cast.health, parent=cast.water)


def test_who_administers_only_one_of_the_places_moves_nothing(cast: Cast) -> None:
    """Neither out of a branch that is not theirs, nor into one."""
    centre = centre_below(cast, cast.health)
    hannah = person(cast, "hannah", (cast.health, Role.ADMINISTRATOR))
    walter = person(cast, "walter", (cast.water, Role.ADMINISTRATOR), (centre, Role.ADMINISTRATOR))
    for actor in (hannah, walter):
        with pytest.raises(NotPermitted):
            move_organization(actor=actor, organization=centre, parent=cast.water)
    with pytest.raises(NotPermitted):
        move_organization(actor=hannah, organization=cast.health, parent=centre)
    assert where(centre) == cast.health.pk


def test_a_root_is_moved_by_who_administers_it_and_the_new_place(cast: Cast) -> None:
    moved = move_organization(actor=cast.adam, organization=cast.insurer, parent=cast.city)
    line = last_line(moved)
    assert (moved.parent_id, line.counterpart_id, line.details) == (
        cast.city.pk,
        None,
        {"from": None, "to": cast.city.pk},
    )


def test_nobody_makes_a_role_of_their_own_reach_further_or_less_far(cast: Cast) -> None:
    centre = centre_below(cast, cast.health)
    nora = person(cast, "nora", (cast.city, Role.ADMINISTRATOR), (cast.water, Role.AUDITOR))
    for organization, parent in ((centre, cast.water), (centre_of_water(cast), cast.health)):
        with pytest.raises(MessageError) as refused:
            move_organization(actor=nora, organization=organization, parent=parent)
        assert refused.value.code == "own_role"
    move_organization(actor=cast.adam, organization=centre, parent=cast.water)
    assert centre.pk in organizations_below(nora, Role.AUDITOR)


def centre_of_water(cast: Cast) -> Organization:
    return create_organization(
        actor=cast.adam,
        name="水文站",
        name_en="Gauging Station",
        code="12320500000000010A",
        kind=OrganizationKind.RESEARCH,
        parent=cast.water,
    )
