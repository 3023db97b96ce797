"""Accounts for the administrators of a branch: who has one, in which state, with which roles; one-time links; closing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.pages.acts import attempt, page_of, say, user_of
from catalog.pages.people import only_administrators
from catalog.pages.people_forms import AccountRoleForm, AccountSearchForm
from catalog.people.links import PasswordLink
from catalog.people.models import Membership, Role, User
from catalog.people.policies import may, organizations_below
from catalog.people.services import close_account, grant_role, issue_password_link, reopen_account
from catalog.people.visibility import administered_users, visible_memberships

_LINK = "password_link"
INVITED = Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)


def state_of(account: User) -> str:
    """The state of an account as a code: closed, invited, without_role or active."""
    if not account.is_active:
        return "closed"
    if not account.has_usable_password():
        return "invited"
    return "active" if account.held else "without_role"  # type: ignore[attr-defined]  # prefetched by `with_roles`


def with_roles(accounts: Any) -> Any:
    """With the roles that were not ended, in `held`: one query more, however many accounts."""
    held = (
        Membership.objects.filter(ended_at__isnull=True).select_related("organization").order_by("organization__code")
    )
    return accounts.prefetch_related(Prefetch("memberships", queryset=held, to_attr="held"))


@require_safe
@login_required
def accounts(request: HttpRequest) -> HttpResponse:
    """The accounts of the branch, by name."""
    user = only_administrators(request)
    form = AccountSearchForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    rows = administered_users(user)
    held = Membership.objects.filter(user=OuterRef("pk"), ended_at__isnull=True)
    if words := asked.get("q"):
        rows = rows.filter(Q(username__icontains=words) | Q(display_name__icontains=words))
    if asked.get("role"):
        rows = rows.filter(Exists(held.filter(role=asked["role"])))
    narrowed = {
        "closed": Q(is_active=False),
        "invited": Q(INVITED, is_active=True),
        "without_role": Q(~Exists(held), is_active=True),
        "active": Q(Exists(held), ~INVITED, is_active=True),
    }
    if asked.get("state"):
        rows = rows.filter(narrowed[asked["state"]])
    page = page_of(request, with_roles(rows.order_by("display_name", "username")))
    for account in page:
        account.state = state_of(account)
    return render(request, "people/accounts.html", {"form": form, "page": page})


def _administered(request: HttpRequest, pk: int) -> User:
    """An account of a branch that the reader administers; any other is not found."""
    found: User = get_object_or_404(with_roles(administered_users(user_of(request))), pk=pk)
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def account(request: HttpRequest, pk: int) -> HttpResponse:
    """One account: its state and its roles. Posting gives a role."""
    user = user_of(request)
    person = _administered(request, pk)
    form = AccountRoleForm(user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        granted = attempt(
            request,
            lambda: grant_role(actor=user, user=person, organization=chosen["organization"], role=Role(chosen["role"])),
            form=form,
        )
        if granted is not None:
            say(request, _("%(person)s holds the role now.") % {"person": person})
            return redirect("administered-account", person.pk)
    roles = visible_memberships(user).filter(user=person).select_related("organization", "granted_by")
    known = roles.filter(ended_at__isnull=True)
    context = {
        "person": person,
        "state": state_of(person),
        "roles": known.order_by("organization__code", "role"),
        "elsewhere": len(person.held) - known.count(),  # type: ignore[attr-defined]
        "earlier": roles.filter(ended_at__isnull=False).order_by("-ended_at")[:50],
        "branch": organizations_below(user, Role.ADMINISTRATOR),
        "form": form,
        "oneself": person == user,
        "may_administer": may(user, "people.administer_account", person),
    }
    return render(request, "people/account.html", context, status=400 if form.errors else 200)


@require_POST
@login_required
def link_issue(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a one-time link; the next page shows it, once."""
    person = _administered(request, pk)
    made = attempt(request, lambda: issue_password_link(actor=user_of(request), user=person))
    if made is None:
        return redirect("administered-account", person.pk)
    return show_link(request, made)


def show_link(request: HttpRequest, link: PasswordLink) -> HttpResponse:
    """Keep a link in the session until its page has shown it, and go there."""
    request.session[_LINK] = {
        "user": link.user.pk,
        "uid": link.uid,
        "token": link.token,
        "expires_at": link.expires_at.isoformat(),
    }
    return redirect("password-link", link.user.pk)


@never_cache
@require_safe
@login_required
def link_shown(request: HttpRequest, pk: int) -> HttpResponse:
    """The link, the first time; afterwards only how to make another."""
    person = _administered(request, pk)
    kept = request.session.get(_LINK)
    link = None
    if kept and kept["user"] == person.pk:
        del request.session[_LINK]
        link = {
            "url": request.build_absolute_uri(reverse("set-password", args=[kept["uid"], kept["token"]])),
            "expires_at": parse_datetime(kept["expires_at"]),
        }
    context = {"person": person, "link": link, "invited": not person.has_usable_password(), "now": timezone.now()}
    return render(request, "people/link.html", context)


@require_POST
@login_required
def account_close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close the account of somebody who left."""
    return _turn(request, pk, close_account, _("The account is closed. Nobody can sign in with it."))


@require_POST
@login_required
def account_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Open it again."""
    return _turn(request, pk, reopen_account, _("The account is open again."))


def _turn(request: HttpRequest, pk: int, act: Callable[..., User], done: str) -> HttpResponse:
    person = _administered(request, pk)
    if attempt(request, lambda: act(actor=user_of(request), user=person)) is not None:
        say(request, done)
    return redirect("administered-account", person.pk)
