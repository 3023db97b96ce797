"""Which organisations, people and roles a user may see. Pages and API ask the same functions."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q

from catalog.people.models import Membership, Organization, Role, User
from catalog.people.policies import holds_anywhere, organizations_below, organizations_with


def every_organization(_user: User) -> Any:
    """Which organisations there are is no secret among those who are signed in."""
    return Organization.objects.filter(is_active=True)


def visible_organizations(user: User) -> Any:
    """Every open organisation, and for administrators the closed ones of their branch: they are there to be opened again."""
    return Organization.objects.filter(Q(is_active=True) | Q(pk__in=organizations_below(user, Role.ADMINISTRATOR)))


def administered_organizations(user: User) -> Any:
    """The branches that `user` administers, closed organisations included."""
    return Organization.objects.filter(pk__in=organizations_below(user, Role.ADMINISTRATOR))


def organizations_known_to(user: User) -> set[int]:
    """Ids of the organisations whose people `user` knows: their own, and those they administer."""
    return organizations_with(user) | organizations_below(user, Role.ADMINISTRATOR)


def visible_memberships(user: User) -> Any:
    """Roles held in the organisations whose people `user` knows, ended ones included, and their own."""
    return Membership.objects.filter(Q(user=user) | Q(organization_id__in=organizations_known_to(user)))


def visible_users(user: User) -> Any:
    """Colleagues, and for administrators also accounts that hold no role yet: they are there to be given one."""
    active = Membership.objects.active().filter(user=OuterRef("pk"))
    seen = Q(pk=user.pk) | Q(Exists(active.filter(organization_id__in=organizations_known_to(user))))
    if holds_anywhere(user, Role.ADMINISTRATOR):
        seen |= Q(~Exists(active))
    return User.objects.filter(seen, is_active=True)


def administered_users(user: User) -> Any:
    """Accounts that an administrator looks after: whoever holds or held a role in their branch, and whoever holds none.

    Closed accounts are among them. An account with roles elsewhere too is seen, but only who administers all of them may act on it.
    """
    branch = organizations_below(user, Role.ADMINISTRATOR)
    if not branch:
        return User.objects.none()
    memberships = Membership.objects.filter(user=OuterRef("pk"))
    held = memberships.filter(ended_at__isnull=True)
    return User.objects.filter(Q(Exists(memberships.filter(organization_id__in=branch))) | Q(~Exists(held)))
