"""Invitations: an account with its roles, and the one-time link with which the person sets a password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.password_validation import password_validators_help_texts
from django.db.models import CharField, OuterRef, Subquery
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from catalog.ledger.models import LedgerEntry
from catalog.pages.accounts import INVITED, show_link, with_roles
from catalog.pages.acts import attempt, page_of, say
from catalog.pages.people import only_administrators
from catalog.pages.people_forms import InvitationForm, NewPasswordForm
from catalog.people.links import INVITATION_LIFETIME, user_of_link
from catalog.people.models import Role, User
from catalog.people.services import invite_user, set_password_by_link
from catalog.people.visibility import administered_users


@dataclass(frozen=True, slots=True)
class Invitation:
    """An account that nobody has set a password for, and until when its last link is good."""

    account: User
    issued_at: datetime | None
    expires_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.expires_at is not None and self.expires_at > timezone.now()


@require_safe
@login_required
def invitations(request: HttpRequest) -> HttpResponse:
    """Who was invited and has not set a password."""
    user = only_administrators(request)
    issued = LedgerEntry.objects.filter(
        object_type="user", object_id=Cast(OuterRef("pk"), CharField()), action="user.link_issued"
    ).order_by("-sequence")
    rows = (
        administered_users(user)
        .filter(INVITED, is_active=True)
        .annotate(issued_at=Subquery(issued.values("occurred_at")[:1]))
        .order_by("-date_joined")
    )
    page = page_of(request, with_roles(rows))
    shown = [
        Invitation(one, one.issued_at, one.issued_at + INVITATION_LIFETIME if one.issued_at else None) for one in page
    ]
    return render(request, "people/invitations.html", {"page": page, "invitations": shown})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def invite(request: HttpRequest) -> HttpResponse:
    """Open an account with roles, and get the link to hand over."""
    user = only_administrators(request)
    form = InvitationForm(
        user,
        request.POST if request.method == "POST" else None,
        initial={"organization": request.GET.get("organization")},
    )
    if request.method == "POST":
        if form.was_sent(request):
            say(request, _("This invitation was made already. Make a new link where the first is lost."))
            return redirect("invitations")
        if form.is_valid():
            link = attempt(request, lambda: invite_user(actor=user, **_invited(form)), form=form)
            if link is not None:
                form.remember(request)
                return show_link(request, link)
    return render(request, "people/invite.html", {"form": form}, status=400 if form.errors else 200)


def _invited(form: InvitationForm) -> dict[str, Any]:
    chosen = form.cleaned_data
    return {
        "username": chosen["username"],
        "display_name": chosen["display_name"],
        "organization": chosen["organization"],
        "roles": [Role(role) for role in chosen["roles"]],
    }


@sensitive_post_parameters("password", "again")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def set_password(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Where a one-time link leads: whose account it is, and a password for it. Needs no signing in."""
    person = user_of_link(uid, token)
    if person is None:
        return render(request, "people/link_dead.html", status=410)
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        password = form.cleaned_data["password"]
        done = attempt(request, lambda: set_password_by_link(uid=uid, token=token, password=password), form=form)
        if done is not None:
            say(request, _("The password is set. Sign in with it."))
            return redirect("login")
    context = {
        "form": form,
        "person": person,
        "invited": not person.has_usable_password(),
        "rules": password_validators_help_texts(),
    }
    return render(request, "people/set_password.html", context, status=400 if form.errors else 200)
