"""Organisations and who does what in them, for the administrators of a branch. Accounts are in `accounts`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.datasets.models import Dataset
from catalog.pages.acts import attempt, page_of, say, user_of
from catalog.pages.people_forms import MemberRoleForm, MoveForm, OrganizationForm, OrganizationSearchForm
from catalog.people.models import Membership, Organization, Role, User
from catalog.people.moving import foresee_move, move_organization
from catalog.people.policies import holds_anywhere
from catalog.people.services import close_organization, create_organization, end_role, grant_role, reopen_organization
from catalog.people.visibility import administered_organizations

PAGE = 100


def only_administrators(request: HttpRequest) -> User:
    """Who asks, if they administer anything; else the page is not theirs (403)."""
    user = user_of(request)
    if not holds_anywhere(user, Role.ADMINISTRATOR):
        raise PermissionDenied
    return user


def _counted(organizations: Any) -> Any:
    """With the number of people, datasets and open organisations directly below."""

    def number(rows: Any, key: str, what: str) -> Any:
        counted = rows.order_by().values(key).annotate(number=Count(what, distinct=True)).values("number")
        return Coalesce(Subquery(counted, output_field=IntegerField()), 0)

    members = Membership.objects.filter(organization=OuterRef("pk"), ended_at__isnull=True, user__is_active=True)
    datasets = Dataset.objects.filter(provider=OuterRef("pk"))
    return organizations.annotate(
        people_count=number(members, "organization", "user"), dataset_count=number(datasets, "provider", "pk")
    )


@require_safe
@login_required
def organizations(request: HttpRequest) -> HttpResponse:
    """The branches this person administers, as a tree; what is searched for, as a list."""
    user = only_administrators(request)
    form = OrganizationSearchForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    rows = administered_organizations(user)
    if not asked.get("closed"):
        rows = rows.filter(is_active=True)
    if words := asked.get("q"):
        rows = rows.filter(Q(name__icontains=words) | Q(name_en__icontains=words) | Q(code__icontains=words))
    if asked.get("kind"):
        rows = rows.filter(kind=asked["kind"])
    rows = _counted(rows.with_tree_fields().select_related("parent"))
    context = {"form": form, "page": page_of(request, rows, PAGE), "searching": bool(words or asked.get("kind"))}
    return render(request, "people/organizations.html", context)


def _administered(request: HttpRequest, pk: int) -> Organization:
    """An organisation of a branch that the reader administers; any other is not found."""
    found: Organization = get_object_or_404(
        administered_organizations(user_of(request)).select_related("parent"), pk=pk
    )
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def organization(request: HttpRequest, pk: int) -> HttpResponse:
    """One organisation: who holds which role, what lies below. Posting gives a role."""
    user = user_of(request)
    place = _administered(request, pk)
    form = MemberRoleForm(user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        granted = attempt(
            request,
            lambda: grant_role(actor=user, user=chosen["user"], organization=place, role=Role(chosen["role"])),
            form=form,
        )
        if granted is not None:
            say(request, _("%(person)s holds the role now.") % {"person": chosen["user"]})
            return redirect("organization", place.pk)
    memberships = place.memberships.select_related("user", "granted_by")
    above = Organization.objects.ancestors(place)
    context = {
        "organization": place,
        "above": above,
        "below": _counted(Organization.objects.filter(parent=place).order_by("code")),
        "members": memberships.filter(ended_at__isnull=True).order_by("role", "user__display_name"),
        "earlier": memberships.filter(ended_at__isnull=False).order_by("-ended_at")[:50],
        "form": form,
        "own_role": Membership.objects.filter(user=user, organization=place, ended_at__isnull=True).exists(),
        "datasets": Dataset.objects.filter(provider=place).count(),
    }
    return render(request, "people/organization.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def organization_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Add an organisation below another."""
    user = user_of(request)
    parent = _administered(request, pk)
    form = OrganizationForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if form.was_sent(request):
            return redirect("organization", parent.pk)
        if form.is_valid():
            values = {name: form.cleaned_data[name] for name in ("name", "name_en", "code", "kind")}
            made = attempt(request, lambda: create_organization(actor=user, parent=parent, **values), form=form)
            if made is not None:
                form.remember(request)
                say(request, _("The organisation was added. Give it people: grant roles here, or invite somebody."))
                return redirect("organization", made.pk)
    context = {"form": form, "parent": parent}
    return render(request, "people/organization_new.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def organization_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move it: first what would change is shown, then that is confirmed. Where it changed meanwhile, it is shown again."""
    user = only_administrators(request)
    place = _administered(request, pk)
    form = MoveForm(user, request.POST if request.method == "POST" else None, organization=place)
    context: dict[str, Any] = {"form": form, "organization": place}
    if request.method == "POST" and form.is_valid():
        parent = form.cleaned_data["parent"]
        move = attempt(request, lambda: foresee_move(actor=user, organization=place, parent=parent), form=form)
        if move is not None and request.POST.get("told") == move.key:
            moved = attempt(
                request, lambda: move_organization(actor=user, organization=place, parent=parent), form=form
            )
            if moved is not None:
                say(request, _("The organisation was moved, with everything below it."))
                return redirect("organization", place.pk)
        context |= {"move": move, "parent": parent}
    return render(request, "people/organization_move.html", context, status=400 if form.errors else 200)


@require_POST
@login_required
def organization_close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close it: the roles in it count no more."""
    return _turn(request, pk, close_organization, _("The organisation is closed; the roles in it count no more."))


@require_POST
@login_required
def organization_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Open it again."""
    return _turn(request, pk, reopen_organization, _("The organisation is open again."))


def _turn(request: HttpRequest, pk: int, act: Callable[..., Organization], done: str) -> HttpResponse:
    place = _administered(request, pk)
    if attempt(request, lambda: act(actor=user_of(request), organization=place)) is not None:
        say(request, done)
    return redirect("organization", place.pk)


@require_POST
@login_required
def role_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a role from this moment."""
    user = user_of(request)
    seen = Membership.objects.filter(organization__in=administered_organizations(user)).select_related("organization")
    membership = get_object_or_404(seen, pk=pk)
    if attempt(request, lambda: end_role(actor=user, membership=membership)) is not None:
        say(request, _("The role has ended. It counts no more from this moment."))
    if request.POST.get("from") == "account":
        return redirect("administered-account", membership.user_id)
    return redirect("organization", membership.organization_id)
