"""Turning pseudonyms of a release back: asking, agreeing as the second officer, and the one showing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from access.models import Release
from access.pages.project_keys import RefusalForm
from access.reidentification_models import Reidentification, ReidentificationState
from access.services.reidentifying import (
    Restored,
    approve_reidentification,
    refuse_reidentification,
    request_reidentification,
    restorable_columns,
    show_reidentification,
)
from catalog.pages.acts import attempt, page_of, say, user_of
from catalog.people.models import User
from catalog.people.policies import may

STATE_KINDS = {
    ReidentificationState.PROPOSED: "proposed",
    ReidentificationState.APPROVED: "active",
    ReidentificationState.REFUSED: "rejected",
    ReidentificationState.SHOWN: "granted",
    ReidentificationState.EXPIRED: "expired",
}


class AskForm(forms.Form):
    """Which column, which pseudonyms, and why."""

    field = forms.ChoiceField(label=gettext_lazy("Column"))
    values = forms.CharField(
        label=gettext_lazy("Pseudonyms"),
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("One a line, as they stand in the release."),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, release: Release, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [column.name for column in restorable_columns(release)]
        self.fields["field"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]


@login_required
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """What was asked about releases of the reader's data."""
    rows = Reidentification.objects.visible_to(user_of(request)).select_related(
        "release__grant__application__distribution__dataset", "asked_by"
    )
    page = page_of(request, rows.order_by("-pk"))
    context = {
        "page": page,
        "rows": [{"item": row, "kind": STATE_KINDS[ReidentificationState(row.state)]} for row in page],
    }
    return render(request, "access/reidentifications.html", context)


@login_required
@sensitive_post_parameters("values")
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask about pseudonyms of one release."""
    user = user_of(request)
    release = get_object_or_404(
        Release.objects.visible_to(user).select_related(
            "artefact", "grant__organization", "grant__application__project__key_domain"
        ),
        pk=pk,
    )
    if not may(user, "reidentification.ask", release):
        raise PermissionDenied
    form = AskForm(request.POST or None, release=release)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        asked = attempt(
            request,
            lambda: request_reidentification(
                actor=user,
                release=release,
                field=data["field"],
                values=data["values"].splitlines(),
                reason=data["reason"],
            ),
            form=form,
        )
        if asked is not None:
            say(request, _("Asked. A second privacy officer has to agree before you see anything."))
            return redirect("reidentification", asked.pk)
    columns = restorable_columns(release)
    context = {
        "release": release,
        "form": form,
        "columns": columns,
        "unproven": [column.name for column in columns if not column.proves],
    }
    return render(request, "access/reidentify.html", context, status=400 if form.errors else 200)


@never_cache
@login_required
@require_safe
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """One request: what was asked, who agreed, and what the reader can do."""
    return _render(request, user_of(request), _found(request, pk))


@never_cache
@login_required
@require_POST
def act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Agree, refuse, or be shown the values: those are in this one answer and nowhere else."""
    user, row = user_of(request), _found(request, pk)
    match act:
        case "approve":
            if attempt(request, lambda: approve_reidentification(actor=user, request=row)) is not None:
                say(request, _("Agreed. Whoever asked can be shown the values once."))
        case "refuse":
            form = RefusalForm(request.POST)
            if not form.is_valid():
                return _render(request, user, row, refusal=form)
            reason = form.cleaned_data["reason"]
            if attempt(request, lambda: refuse_reidentification(actor=user, request=row, reason=reason)) is not None:
                say(request, _("Refused. The pseudonyms are deleted."))
        case "show":
            shown = attempt(request, lambda: show_reidentification(actor=user, request=row))
            if shown is not None:
                return _render(request, user, shown[0], restored=shown[1])
        case _:
            raise Http404
    return redirect("reidentification", row.pk)


def _found(request: HttpRequest, pk: int) -> Reidentification:
    rows = Reidentification.objects.visible_to(user_of(request)).select_related(
        "release__grant__application__distribution__dataset", "release__grant__organization", "asked_by", "decided_by"
    )
    found: Reidentification = get_object_or_404(rows, pk=pk)
    return found


def _render(
    request: HttpRequest,
    user: User,
    row: Reidentification,
    *,
    refusal: RefusalForm | None = None,
    restored: tuple[Restored, ...] = (),
) -> HttpResponse:
    context = {
        "item": row,
        "kind": STATE_KINDS[ReidentificationState(row.state)],
        "release": row.release,
        "may_decide": row.state == ReidentificationState.PROPOSED and may(user, "reidentification.decide", row),
        "may_show": row.state == ReidentificationState.APPROVED and may(user, "reidentification.show", row),
        "refusal": refusal or RefusalForm(),
        "restored": restored,
    }
    return render(request, "access/reidentification.html", context, status=400 if refusal is not None else 200)
