"""Moving an organisation, with all that lies below it, to another place in the tree; and whose roles reach otherwise by it.

Auditors and administrators work for a whole branch (`policies.organizations_below`): their roles are what a move changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from catalog.errors import InvalidInput, NotPermitted
from catalog.ledger.services import record
from catalog.messages import gettext_noop
from catalog.people.models import Membership, Organization, Role, User
from catalog.people.policies import require

REACHING = (Role.AUDITOR, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class Move:
    """What a move changes: how many organisations it takes along, and which roles then reach them that did not, or no longer do."""

    organizations: int
    gains: tuple[Membership, ...]
    loses: tuple[Membership, ...]

    @property
    def key(self) -> str:
        """The same as long as the same people are concerned: whoever confirms a move confirms this one."""
        concerned = (sorted(membership.pk for membership in side) for side in (self.gains, self.loses))
        return f"{self.organizations}:{'/'.join(','.join(map(str, side)) for side in concerned)}"


def foresee_move(*, actor: User, organization: Organization, parent: Organization) -> Move:
    """What the move would change. Raises what `move_organization` raises, and changes nothing."""
    return _checked(actor, organization, parent)


@transaction.atomic
def move_organization(*, actor: User, organization: Organization, parent: Organization) -> Organization:
    """Put an organisation below another. Who does it administers both places; nobody so changes the reach of a role of their own."""
    # The whole tree is held: two moves at once could close a ring. Rows that only point at an organisation are not held up.
    tree = {one.pk: one for one in Organization.objects.select_for_update(no_key=True).order_by("pk")}
    organization, parent = tree[organization.pk], tree[parent.pk]
    _checked(actor, organization, parent)
    left = tree.get(organization.parent_id)
    organization.parent = parent
    organization.save(update_fields=["parent"])
    record(
        actor=actor,
        action="organization.moved",
        subject=organization,
        organization=organization,
        counterpart=left,  # whose auditors read of it too, for the last time
        details={"from": left.pk if left else None, "to": parent.pk},
    )
    return organization


def _checked(actor: User, organization: Organization, parent: Organization) -> Move:
    require(actor, "people.administer", organization.parent or organization)
    require(actor, "people.administer", parent)
    below = set(Organization.objects.descendants(organization, include_self=True).values_list("pk", flat=True))
    if parent.pk in below:
        raise InvalidInput(fields={"parent": [gettext_noop("An organisation cannot lie below itself.")]})
    if parent.pk == organization.parent_id:
        raise InvalidInput(fields={"parent": [gettext_noop("The organisation lies there already.")]})
    if not parent.is_active:
        raise InvalidInput(fields={"parent": [gettext_noop("That organisation is closed.")]})
    gains, loses = _reach(organization, parent)
    if any(membership.user_id == actor.pk for membership in (*gains, *loses)):
        raise NotPermitted(
            gettext_noop("A role of your own would reach further or less far by this; ask another administrator."),
            code="own_role",
        )
    return Move(len(below), gains, loses)


def _reach(organization: Organization, parent: Organization) -> tuple[tuple[Membership, ...], tuple[Membership, ...]]:
    """The roles that begin to reach the organisation, and those that end to. One who reaches it from elsewhere too is in neither."""
    before = set(Organization.objects.ancestors(organization).values_list("pk", flat=True))
    after = set(Organization.objects.ancestors(parent, include_self=True).values_list("pk", flat=True))
    always = _held(before & after | {organization.pk})
    lost, gained = _held(before - after), _held(after - before)
    return _only(gained, always.keys() | lost.keys()), _only(lost, always.keys() | gained.keys())


def _held(organizations: Iterable[int]) -> dict[tuple[int, str], Membership]:
    """The reaching roles held there today, one for each person and role."""
    held = Membership.objects.active().filter(role__in=REACHING, organization_id__in=organizations)
    return {(one.user_id, one.role): one for one in held.select_related("user", "organization").order_by("-pk")}


def _only(held: dict[tuple[int, str], Membership], without: Iterable[tuple[int, str]]) -> tuple[Membership, ...]:
    left = set(without)
    return tuple(membership for person, membership in held.items() if person not in left)
