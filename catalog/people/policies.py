"""The one place that answers "may this user do this".

Every app adds its permissions to the one rule set with `permit`; services ask with `require`, workflow tables and pages
with `may`. Predicates look at memberships only: a superuser has no right in the domain. What a user may *see* is
the `visible_to` method of each model's queryset.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import rules.permissions
import rules.predicates

from catalog.errors import NotPermitted
from catalog.people.models import Membership, Organization, Role, User

Predicate = Any  # the library is untyped
predicates: Any = rules.predicates
permissions: Any = rules.permissions


def holds(user: User, role: Role, organization_id: int | None) -> bool:
    """Whether `user` holds `role` in that very organisation today."""
    if organization_id is None or not user.is_active:
        return False
    return bool(Membership.objects.active().filter(user=user, role=role, organization_id=organization_id).exists())


def holds_anywhere(user: User, role: Role) -> bool:
    """Whether `user` holds `role` in any organisation today."""
    return bool(user.is_active and Membership.objects.active().filter(user=user, role=role).exists())


def organizations_with(user: User, *roles: Role) -> set[int]:
    """Ids of the organisations in which `user` holds one of `roles` (any role where none is named)."""
    held = Membership.objects.active().filter(user_id=user.pk)
    if roles:
        held = held.filter(role__in=roles)
    return set(held.values_list("organization_id", flat=True))


def organizations_below(user: User, role: Role) -> set[int]:
    """Ids of the organisations in which `user` holds `role`, and of all below them in the tree.

    Auditors and administrators work for a whole branch; every other role counts only where it was granted.
    """
    found: set[int] = set()
    waiting = list(organizations_with(user, role))
    if not waiting:
        return found
    # The whole tree in one query, and walked here: two questions, however many branches somebody works for.
    children: dict[int | None, list[int]] = {}
    for number, parent in Organization.objects.order_by().values_list("pk", "parent_id"):
        children.setdefault(parent, []).append(number)
    while waiting:
        number = waiting.pop()
        if number not in found:
            found.add(number)
            waiting.extend(children.get(number, ()))
    return found


def predicate(function: Callable[[User, Any], bool]) -> Predicate:
    """Make a function of (user, object) usable with `&`, `|` and `~`."""
    return predicates.predicate(function)


def permit(permission: str, test: Predicate) -> None:
    """Add one permission. A name stands once."""
    permissions.add_perm(permission, test)


def may(user: User, permission: str, subject: object = None) -> bool:
    """Whether `user` may do `permission` to `subject`. An unknown permission is a programming error and raises."""
    if not permissions.perm_exists(permission):
        raise LookupError(permission)
    return bool(user.is_authenticated and user.is_active and permissions.has_perm(permission, user, subject))


def require(actor: User, permission: str, subject: object = None) -> None:
    """Raise `NotPermitted` unless `actor` may do `permission` to `subject`."""
    if not may(actor, permission, subject):
        raise NotPermitted


def has_role_in(attribute: str, *held: Role) -> Predicate:
    """A predicate: the user holds one of `held` in the organisation at `attribute` of the object ("" = the object itself)."""

    def test(user: User, subject: Any) -> bool:
        organization_id = getattr(subject, f"{attribute}_id") if attribute else subject.pk
        return any(holds(user, role, organization_id) for role in held)

    test.__name__ = f"has_{'_or_'.join(held)}_in_{attribute or 'it'}"
    return predicate(test)


def administers(user: User, organization: Organization) -> bool:
    """Whether `user` is an administrator of the organisation or of one above it."""
    above: Iterable[int] = Organization.objects.ancestors(organization, include_self=True).values_list("pk", flat=True)
    return bool(
        Membership.objects.active().filter(user=user, role=Role.ADMINISTRATOR, organization_id__in=above).exists()
    )


def administers_account(user: User, account: User) -> bool:
    """Whether `user` administers every organisation in which the account holds a role.

    One is not enough: who sets a password can sign in with it, and would gain what the person may do elsewhere. An account without
    a role can do nothing; any administrator may look after it.
    """
    held = set(Membership.objects.filter(user=account, ended_at__isnull=True).values_list("organization_id", flat=True))
    administered = organizations_below(user, Role.ADMINISTRATOR)
    return bool(administered) and held <= administered


def audits(user: User, _subject: Any) -> bool:
    """Whether `user` is an auditor anywhere: then they verify the chain and take out lines of their branch."""
    return holds_anywhere(user, Role.AUDITOR)


permit("people.administer", predicate(administers))
permit("people.administer_account", predicate(administers_account))
permit("ledger.audit", predicate(audits))
