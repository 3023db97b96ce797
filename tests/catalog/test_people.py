"""Who may give which role to whom, and who sees which people."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog.api.visibility import visible_memberships, visible_users
from catalog.errors import InvalidInput, NotPermitted, WrongState
from catalog.ledger.models import LedgerEntry
from catalog.people.models import Membership, Organization, OrganizationKind, Role, User
from catalog.people.policies import (
    administers,
    holds,
    holds_anywhere,
    may,
    organizations_below,
    organizations_with,
    permit,
    require,
)
from catalog.people.services import create_organization, create_user, end_role, grant_role
from tests.cast import PASSWORD, Cast
from tests.world import last_line

pytestmark = pytest.mark.django_db


def _membership(user: User, role: Role) -> Membership:
    found: Membership = Membership.objects.active().get(user=user, role=role)
    return found


def _newcomer(cast: Cast, organization: Organization, username: str = "nora") -> User:
    return create_user(
        actor=cast.adam, username=username, password=PASSWORD, display_name=username.title(), organization=organization
    )


def _branch_administrator(cast: Cast) -> User:
    """Hannah administers the health commission, and nothing above or beside it."""
    hannah = _newcomer(cast, cast.health, "hannah")
    grant_role(actor=cast.adam, user=hannah, organization=cast.health, role=Role.ADMINISTRATOR)
    return hannah


def _organization(actor: User | None, parent: Organization | None, **changes: str) -> Organization:
    values = {"name": "中心血站", "name_en": "Blood Centre", "code": "12320500000000009A", **changes}
    return create_organization(actor=actor, kind=OrganizationKind.BUREAU, parent=parent, **values)


# --- granting a role ------------------------------------------------------------------------------------------------------


def test_an_administrator_grants_a_role_and_the_ledger_says_so(cast: Cast) -> None:
    nora = _newcomer(cast, cast.health)
    membership = grant_role(actor=cast.adam, user=nora, organization=cast.health, role=Role.FINANCE)
    assert holds(nora, Role.FINANCE, cast.health.pk)
    assert membership.granted_by == cast.adam
    line = LedgerEntry.objects.about(membership).get()
    assert (line.action, line.actor_id, line.organization_id) == ("role.granted", cast.adam.pk, cast.health.pk)
    assert line.details == {"user": nora.pk, "role": "finance"}


@pytest.mark.parametrize("name", ["stella", "oscar", "amy", "fiona", "audrey", "rita", "wendy"])
def test_no_working_role_grants_a_role(cast: Cast, name: str) -> None:
    nora = _newcomer(cast, cast.health)
    with pytest.raises(NotPermitted):
        grant_role(actor=getattr(cast, name), user=nora, organization=cast.health, role=Role.REQUESTER)
    assert not holds_anywhere(nora, Role.REQUESTER)


def test_nobody_grants_themselves_a_role(cast: Cast) -> None:
    with pytest.raises(NotPermitted) as refused:
        grant_role(actor=cast.adam, user=cast.adam, organization=cast.health, role=Role.APPROVER)
    assert refused.value.code == "own_role"
    assert not holds(cast.adam, Role.APPROVER, cast.health.pk)


def test_the_database_too_refuses_a_role_granted_to_oneself(cast: Cast) -> None:
    with pytest.raises(IntegrityError, match="membership_not_granted_to_oneself"), transaction.atomic():
        Membership.objects.create(user=cast.adam, organization=cast.health, role=Role.APPROVER, granted_by=cast.adam)


def test_an_administrator_of_a_branch_grants_below_but_neither_beside_nor_above(cast: Cast) -> None:
    hannah = _branch_administrator(cast)
    centre = _organization(hannah, cast.health)
    nora = _newcomer(cast, cast.health)
    grant_role(actor=hannah, user=nora, organization=centre, role=Role.DATA_STEWARD)
    assert holds(nora, Role.DATA_STEWARD, centre.pk)
    for elsewhere in (cast.water, cast.city, cast.insurer):
        with pytest.raises(NotPermitted):
            grant_role(actor=hannah, user=nora, organization=elsewhere, role=Role.DATA_STEWARD)


def test_a_working_role_does_not_reach_below_the_organisation_it_was_granted_in(cast: Cast) -> None:
    centre = _organization(cast.adam, cast.health)
    assert holds(cast.stella, Role.DATA_STEWARD, cast.health.pk)
    assert not holds(cast.stella, Role.DATA_STEWARD, centre.pk)


def test_auditors_and_administrators_work_for_the_whole_branch(cast: Cast) -> None:
    below_the_city = {org.pk for org in (cast.city, cast.health, cast.big_data, cast.water, cast.institute)}
    assert organizations_below(cast.audrey, Role.AUDITOR) == below_the_city
    assert cast.insurer.pk in organizations_below(cast.adam, Role.ADMINISTRATOR)


def test_a_role_is_held_once(cast: Cast) -> None:
    with pytest.raises(WrongState) as refused:
        grant_role(actor=cast.adam, user=cast.stella, organization=cast.health, role=Role.DATA_STEWARD)
    assert refused.value.code == "role_held"


def test_the_first_administrator_is_made_on_the_command_line_and_only_the_first(cast: Cast) -> None:
    nora = _newcomer(cast, cast.health)
    grant_role(actor=None, user=nora, organization=cast.health, role=Role.ADMINISTRATOR)
    assert administers(nora, cast.health)
    with pytest.raises(NotPermitted) as refused:
        grant_role(actor=None, user=cast.stella, organization=cast.health, role=Role.ADMINISTRATOR)
    assert refused.value.code == "first_administrator_only"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_the_command_line_makes_nothing_but_administrators(cast: Cast, role: Role) -> None:
    nora = _newcomer(cast, cast.health)
    with pytest.raises(NotPermitted):
        grant_role(actor=None, user=nora, organization=cast.health, role=role)


# --- ending a role --------------------------------------------------------------------------------------------------------


def test_an_ended_role_counts_no_more_and_may_be_granted_again(cast: Cast) -> None:
    ended = end_role(actor=cast.adam, membership=_membership(cast.stella, Role.DATA_STEWARD))
    assert not holds(cast.stella, Role.DATA_STEWARD, cast.health.pk)
    assert last_line(ended).action == "role.ended"
    grant_role(actor=cast.adam, user=cast.stella, organization=cast.health, role=Role.DATA_STEWARD)
    assert holds(cast.stella, Role.DATA_STEWARD, cast.health.pk)


def test_a_role_ends_once(cast: Cast) -> None:
    membership = _membership(cast.stella, Role.DATA_STEWARD)
    end_role(actor=cast.adam, membership=membership)
    with pytest.raises(WrongState) as refused:
        end_role(actor=cast.adam, membership=membership)
    assert refused.value.code == "role_ended"


def test_nobody_ends_a_role_of_their_own(cast: Cast) -> None:
    own = Membership.objects.active().get(user=cast.adam, organization=cast.city)
    with pytest.raises(NotPermitted) as refused:
        end_role(actor=cast.adam, membership=own)
    assert refused.value.code == "own_role"
    assert administers(cast.adam, cast.city)


def test_only_an_administrator_above_ends_a_role(cast: Cast) -> None:
    membership = _membership(cast.wendy, Role.FINANCE)
    for stranger in (cast.stella, cast.audrey, _branch_administrator(cast)):
        with pytest.raises(NotPermitted):
            end_role(actor=stranger, membership=membership)
    assert holds(cast.wendy, Role.FINANCE, cast.water.pk)


# --- what counts ----------------------------------------------------------------------------------------------------------


def test_a_superuser_has_no_right_in_the_domain(cast: Cast) -> None:
    root = User.objects.create_superuser("root", password=PASSWORD)
    assert not may(root, "people.administer", cast.city)
    assert not may(root, "dataset.register", cast.health)
    assert organizations_with(root) == set()
    with pytest.raises(NotPermitted):
        grant_role(actor=root, user=cast.rita, organization=cast.institute, role=Role.FINANCE)
    with pytest.raises(NotPermitted):
        _organization(root, cast.city)


def test_an_administrator_holds_no_right_over_data(cast: Cast) -> None:
    for permission in ("dataset.register", "source.register"):
        assert not may(cast.adam, permission, cast.health)


def test_the_roles_of_someone_who_left_count_no_more(cast: Cast) -> None:
    cast.stella.is_active = False
    cast.stella.save(update_fields=["is_active"])
    assert not holds(cast.stella, Role.DATA_STEWARD, cast.health.pk)
    assert not may(cast.stella, "dataset.register", cast.health)
    assert organizations_with(User.objects.get(pk=cast.stella.pk)) == set()


def test_roles_in_a_closed_organisation_count_no_more(cast: Cast) -> None:
    cast.health.is_active = False
    cast.health.save(update_fields=["is_active"])
    assert not holds(cast.stella, Role.DATA_STEWARD, cast.health.pk)


def test_a_permission_nobody_defined_is_a_programming_error(cast: Cast) -> None:
    with pytest.raises(LookupError):
        require(cast.adam, "people.levitate", cast.city)


def test_a_permission_is_defined_once() -> None:
    with pytest.raises(KeyError):
        permit("people.administer", None)


# --- organisations and accounts -------------------------------------------------------------------------------------------


def test_an_administrator_adds_an_organisation_below_their_own_but_plants_no_root(cast: Cast) -> None:
    centre = _organization(cast.adam, cast.health)
    assert centre.parent == cast.health
    assert LedgerEntry.objects.about(centre).get().action == "organization.created"
    with pytest.raises(NotPermitted):
        _organization(cast.adam, None, name="另一座城", code="11320600000000001A")


def test_others_add_no_organisation(cast: Cast) -> None:
    for actor in (cast.stella, cast.wendy, _branch_administrator(cast)):
        with pytest.raises(NotPermitted):
            _organization(actor, cast.city)


def test_an_organisation_is_named_once(cast: Cast) -> None:
    with pytest.raises(InvalidInput) as refused:
        _organization(cast.adam, cast.city, name=cast.health.name)
    assert set(refused.value.fields) == {"name"}


def test_an_administrator_opens_accounts_in_their_branch_only(cast: Cast) -> None:
    hannah = _branch_administrator(cast)
    nora = create_user(actor=hannah, username="nora", password=PASSWORD, display_name="Nora", organization=cast.health)
    assert nora.check_password(PASSWORD)
    assert organizations_with(nora) == set()
    for actor, place in ((hannah, cast.water), (cast.stella, cast.health)):
        with pytest.raises(NotPermitted):
            create_user(actor=actor, username="nick", password=PASSWORD, display_name="", organization=place)


@pytest.mark.parametrize(
    ("username", "password", "field"),
    [
        ("nora", "short", "password"),
        ("nora", "passwordpassword" * 0 + "password1234", "password"),
        ("stella", PASSWORD, "username"),
    ],
)
def test_a_weak_password_or_a_taken_name_opens_no_account(cast: Cast, username: str, password: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        create_user(actor=cast.adam, username=username, password=password, display_name="", organization=cast.health)
    assert field in refused.value.fields


def test_the_ledger_holds_no_name_and_no_password_of_a_new_account(cast: Cast) -> None:
    nora = _newcomer(cast, cast.health)
    line = LedgerEntry.objects.about(nora).get()
    assert line.details == {}


# --- who sees whom --------------------------------------------------------------------------------------------------------


def test_colleagues_see_each_other_and_strangers_do_not(cast: Cast) -> None:
    assert set(visible_users(cast.stella)) == {cast.stella, cast.stefan, cast.oscar, cast.olga, cast.amy, cast.fiona}
    assert set(visible_users(cast.wendy)) == {cast.wendy}
    assert not visible_memberships(cast.wendy).filter(organization=cast.health).exists()


def test_an_administrator_sees_the_branch_and_accounts_without_a_role(cast: Cast) -> None:
    hannah = _branch_administrator(cast)
    nora = _newcomer(cast, cast.health)
    seen = set(visible_users(hannah))
    assert {nora, cast.stella} <= seen
    assert cast.wendy not in seen


def test_someone_without_a_role_sees_only_themselves(cast: Cast) -> None:
    nora = _newcomer(cast, cast.health)
    assert set(visible_users(nora)) == {nora}
    assert not visible_memberships(nora).exists()


def test_a_role_that_ended_stays_in_its_holders_history(cast: Cast) -> None:
    ended = end_role(actor=cast.adam, membership=_membership(cast.stella, Role.DATA_STEWARD))
    assert ended.ended_at is not None
    assert ended.ended_at <= timezone.now()
    assert ended in visible_memberships(cast.stella)
