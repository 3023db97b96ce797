"""Acts on people: organisations, accounts, roles, passwords. Each checks, changes and records in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

import axes.utils
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from knox.models import AuthToken

from catalog.errors import Blocked, InvalidInput, NotPermitted, WrongState
from catalog.ledger.models import LedgerEntry
from catalog.ledger.services import record
from catalog.messages import gettext_noop
from catalog.people.links import PasswordLink, lifetime_of, make_link, user_of_link
from catalog.people.models import Membership, Organization, OrganizationKind, Role, User
from catalog.people.policies import require


@transaction.atomic
def create_organization(
    *, actor: User | None, name: str, name_en: str, code: str, kind: OrganizationKind, parent: Organization | None
) -> Organization:
    """Add an organisation under `parent`. Only the operator's command line (no actor) may plant a root."""
    if actor is not None:
        if parent is None:
            raise NotPermitted
        require(actor, "people.administer", parent)
    organization = Organization(name=name, name_en=name_en, code=code, kind=kind, parent=parent)
    try:
        organization.full_clean()
    except ValidationError as error:
        raise InvalidInput(fields=error.message_dict) from error
    organization.save()
    record(actor=actor, action="organization.created", subject=organization, organization=organization)
    return organization


@transaction.atomic
def close_organization(*, actor: User, organization: Organization) -> Organization:
    """Close an organisation: the roles in it count no more. What it holds and what it did stay where they are.

    Refused while organisations below it are open, and to who holds a role in it: nobody ends a role of their own.
    """
    require(actor, "people.administer", organization)
    organization = Organization.objects.select_for_update().get(pk=organization.pk)
    if not organization.is_active:
        raise WrongState(gettext_noop("This organisation is closed already."), code="organization_closed")
    if Membership.objects.filter(user=actor, organization=organization, ended_at__isnull=True).exists():
        raise NotPermitted(
            gettext_noop("You hold a role in this organisation; ask an administrator from above it."), code="own_role"
        )
    if Organization.objects.filter(parent=organization, is_active=True).exists():
        raise Blocked(gettext_noop("Close the organisations below it first."), code="organizations_below")
    organization.is_active = False
    organization.save(update_fields=["is_active"])
    record(actor=actor, action="organization.closed", subject=organization, organization=organization)
    return organization


@transaction.atomic
def reopen_organization(*, actor: User, organization: Organization) -> Organization:
    """Open a closed organisation again; the roles that were not ended count again."""
    require(actor, "people.administer", organization)
    organization = Organization.objects.select_for_update().get(pk=organization.pk)
    if organization.is_active:
        raise WrongState(gettext_noop("This organisation is open."), code="organization_open")
    if organization.parent_id is not None and not Organization.objects.get(pk=organization.parent_id).is_active:
        raise Blocked(gettext_noop("Open the organisation above it first."), code="organization_above")
    organization.is_active = True
    organization.save(update_fields=["is_active"])
    record(actor=actor, action="organization.reopened", subject=organization, organization=organization)
    return organization


@transaction.atomic
def create_user(
    *, actor: User | None, username: str, password: str | None, display_name: str, organization: Organization
) -> User:
    """Open an account. It holds no role until one is granted; without a password nobody can sign in until a link set one."""
    if actor is not None:
        require(actor, "people.administer", organization)
    user = User(username=username, display_name=display_name)
    try:
        user.full_clean(exclude=["password"])
        if password is not None:
            validate_password(password, user)
    except ValidationError as error:
        fields = error.message_dict if hasattr(error, "error_dict") else {"password": told(error)}
        raise InvalidInput(fields=fields) from error
    user.set_password(password)  # None makes an unusable one
    user.save()
    record(actor=actor, action="user.created", subject=user, organization=organization)
    return user


@transaction.atomic
def invite_user(
    *, actor: User, username: str, display_name: str, organization: Organization, roles: Sequence[Role]
) -> PasswordLink:
    """Open an account with its roles, and make the link with which the person sets a password."""
    user = create_user(
        actor=actor, username=username, password=None, display_name=display_name, organization=organization
    )
    for role in roles:
        grant_role(actor=actor, user=user, organization=organization, role=role)
    return issue_password_link(actor=actor, user=user)


@transaction.atomic
def issue_password_link(*, actor: User, user: User) -> PasswordLink:
    """Make a one-time link for an account that was invited or whose password is forgotten.

    It is returned and kept nowhere: whoever asked shows it once and hands it over. An older invitation is void from now on.
    """
    require(actor, "people.administer_account", user)
    if actor == user:
        raise NotPermitted(
            gettext_noop(
                "Your own password is changed on your account page; if you forgot it, ask another administrator."
            ),
            code="own_password",
        )
    user = User.objects.select_for_update().get(pk=user.pk)
    if not user.is_active:
        raise WrongState(gettext_noop("This account is closed; open it again first."), code="account_closed")
    if not user.has_usable_password():
        user.set_unusable_password()  # another one: the token of an older link covers what stood there
        user.save(update_fields=["password"])
    hours = int(lifetime_of(user).total_seconds() // 3600)
    record(
        actor=actor,
        action="user.link_issued",
        subject=user,
        organization=_organization_of(user),
        details={"hours": hours, "invited": not user.has_usable_password()},
    )
    return make_link(user)


@transaction.atomic
def set_password_by_link(*, uid: str, token: str, password: str) -> User:
    """Set the password of the account that a link was made for. The link is worth nothing afterwards.

    Whoever is signed in with the old password is signed out, and a lock-out of the name ends.
    """
    found = user_of_link(uid, token)
    user: User | None = User.objects.select_for_update().filter(pk=found.pk).first() if found else None
    if user is None or user_of_link(uid, token) is None:
        raise WrongState(
            gettext_noop(
                "This link does not work: it was used, is too old, or was not copied whole. "
                "Ask your administrator for a new one."
            ),
            code="link_invalid",
        )
    _write_password(user, password)
    axes.utils.reset(username=user.username)
    record(actor=user, action="user.password_set", subject=user, organization=_organization_of(user))
    return user


@transaction.atomic
def change_password(*, actor: User, password: str) -> User:
    """Change one's own password; the caller has asked for the old one. Other sessions and every API token end."""
    user: User = User.objects.select_for_update().get(pk=actor.pk)
    _write_password(user, password)
    record(actor=actor, action="user.password_changed", subject=user, organization=_organization_of(user))
    return user


def told(error: ValidationError) -> list[str]:
    """What the password validators say, in the active language; Django has one of them in English only."""
    words = gettext_noop("The password is too short: at least %(min_length)s characters.")
    return [
        gettext(words) % part.params if part.code == "password_too_short" and part.params else " ".join(part.messages)
        for part in error.error_list
    ]


def _write_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(fields={"password": told(error)}) from error
    user.set_password(password)  # the hash is part of every session: the others end here
    user.save(update_fields=["password"])
    AuthToken.objects.filter(user=user).delete()


@transaction.atomic
def rename_user(*, actor: User, display_name: str) -> User:
    """Change the name under which one is shown."""
    user: User = User.objects.select_for_update().get(pk=actor.pk)
    user.display_name = display_name.strip()
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as error:
        raise InvalidInput(fields=error.message_dict) from error
    user.save(update_fields=["display_name"])
    record(actor=actor, action="user.renamed", subject=user, organization=_organization_of(user))
    return user


@transaction.atomic
def close_account(*, actor: User, user: User) -> User:
    """Close the account of somebody who left: no signing in, no token, no role that counts. The roles stay in the history."""
    require(actor, "people.administer_account", user)
    if actor == user:
        raise NotPermitted(
            gettext_noop("Nobody closes their own account; ask another administrator."), code="own_account"
        )
    user = User.objects.select_for_update().get(pk=user.pk)
    if not user.is_active:
        raise WrongState(gettext_noop("This account is closed already."), code="account_closed")
    user.is_active = False
    user.save(update_fields=["is_active"])
    AuthToken.objects.filter(user=user).delete()
    record(actor=actor, action="user.closed", subject=user, organization=_organization_of(user))
    return user


@transaction.atomic
def reopen_account(*, actor: User, user: User) -> User:
    """Open a closed account again, with the roles that were not ended."""
    require(actor, "people.administer_account", user)
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_active:
        raise WrongState(gettext_noop("This account is open."), code="account_open")
    user.is_active = True
    user.save(update_fields=["is_active"])
    record(actor=actor, action="user.reopened", subject=user, organization=_organization_of(user))
    return user


def _organization_of(user: User) -> Organization | None:
    """Under which organisation a line about an account stands: where they hold a role, else where the account was opened."""
    held = Membership.objects.filter(user=user, ended_at__isnull=True).select_related("organization").first()
    if held is not None:
        return held.organization
    opened = LedgerEntry.objects.about(user).filter(action="user.created").select_related("organization").first()
    return opened.organization if opened else None


@transaction.atomic
def grant_role(*, actor: User | None, user: User, organization: Organization, role: Role) -> Membership:
    """Give `user` a role. Nobody gives one to themselves.

    Without an actor (the operator's command line) only the first administrator of an organisation can be made, so that
    every other role has a person who answers for it.
    """
    if actor is None:
        existing = Membership.objects.active().filter(organization=organization, role=Role.ADMINISTRATOR)
        if role != Role.ADMINISTRATOR or existing.exists():
            raise NotPermitted(
                gettext_noop("The command line makes only the first administrator of an organisation."),
                code="first_administrator_only",
            )
    else:
        require(actor, "people.administer", organization)
        if actor == user:
            raise NotPermitted(
                gettext_noop("Nobody grants themselves a role; ask another administrator."), code="own_role"
            )
    if not organization.is_active:
        raise WrongState(gettext_noop("This organisation is closed already."), code="organization_closed")
    if not user.is_active:
        raise WrongState(gettext_noop("This account is closed; open it again first."), code="account_closed")
    membership, created = Membership.objects.get_or_create(
        user=user, organization=organization, role=role, ended_at=None, defaults={"granted_by": actor}
    )
    if not created:
        raise WrongState(gettext_noop("This person holds that role already."), code="role_held")
    record(
        actor=actor,
        action="role.granted",
        subject=membership,
        organization=organization,
        details={"user": user.pk, "role": role},
    )
    return membership


@transaction.atomic
def end_role(*, actor: User, membership: Membership) -> Membership:
    """End a role from this moment. Nobody ends one of their own: the last administrator must not lock a branch."""
    require(actor, "people.administer", membership.organization)
    if actor == membership.user:
        raise NotPermitted(gettext_noop("Nobody ends a role of their own; ask another administrator."), code="own_role")
    membership = Membership.objects.select_for_update().get(pk=membership.pk)
    if membership.ended_at is not None:
        raise WrongState(gettext_noop("This role has ended already."), code="role_ended")
    membership.ended_at = timezone.now()
    membership.save(update_fields=["ended_at"])
    record(
        actor=actor,
        action="role.ended",
        subject=membership,
        organization=membership.organization,
        details={"user": membership.user_id, "role": membership.role},
    )
    return membership
