"""The keys of projects: how each stands, what hangs on it, and what two privacy officers agree to do with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from access.key_models import KeyAct, KeyRequest, KeyRequestState
from access.models import Project
from access.services.project_keys import ask_key_act, confirm_key_act, foresee, refuse_key_act, withdraw_key_act
from catalog.pages.acts import attempt, page_of, say, user_of
from catalog.people.models import User
from catalog.people.policies import may

# What the badge of a request is coloured as.
STATE_KINDS = {
    KeyRequestState.PROPOSED: "proposed",
    KeyRequestState.CONFIRMED: "active",
    KeyRequestState.REFUSED: "rejected",
    KeyRequestState.WITHDRAWN: "withdrawn",
}


class KeyRequestForm(forms.Form):
    """What is to be done with the key, and why."""

    act = forms.ChoiceField(
        label=gettext_lazy("What is to be done"),
        widget=forms.RadioSelect,
        choices=[
            (KeyAct.RENEW, pgettext_lazy("key", "Renew: what is released from now on links with nothing before it")),
            (KeyAct.DESTROY, pgettext_lazy("key", "Destroy: nothing that was made with it can be restored any more")),
        ],
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class RefusalForm(forms.Form):
    """Why the key stays as it is."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


@login_required
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The projects of whose keys the reader sees how they stand; what waits for a decision first."""
    user = user_of(request)
    waiting = Count("key_requests", filter=Q(key_requests__state=KeyRequestState.PROPOSED), distinct=True)
    projects = (
        Project.objects.with_keys_shown_to(user)
        .select_related("organization", "key_domain")
        .defer("key_domain__wrapped_key")
        .annotate(released=Count("applications__grant__release", distinct=True), waiting=waiting)
        .order_by("-waiting", "-pk")
    )
    return render(request, "access/project_keys.html", {"page": page_of(request, projects)})


@login_required
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """One project's key: what was released under it, what breaks, and for officers of the data a request to renew or destroy it."""
    user = user_of(request)
    project = get_object_or_404(
        Project.objects.with_keys_shown_to(user).select_related("organization", "key_domain"), pk=pk
    )
    form = KeyRequestForm(request.POST or None)
    if request.method == "POST":
        if not may(user, "key.ask", project):
            raise PermissionDenied
        if form.is_valid():
            act, reason = KeyAct(form.cleaned_data["act"]), form.cleaned_data["reason"]
            asked = attempt(
                request, lambda: ask_key_act(actor=user, project=project, act=act, reason=reason), form=form
            )
            if asked is not None:
                say(request, _("Asked. Nothing happens until a second privacy officer confirms it."))
                return redirect("project-key", project.pk)
    return _render(request, user, project, form)


@login_required
@require_POST
def act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Confirm, refuse or take back what was asked."""
    user = user_of(request)
    asked = get_object_or_404(
        KeyRequest.objects.visible_to(user).select_related("project__organization", "project__key_domain"), pk=pk
    )
    form = RefusalForm(request.POST) if act == "refuse" else None
    if form is not None and not form.is_valid():
        return _render(request, user, asked.project, None, refusal=form)
    service: Callable[[], KeyRequest]
    match act:
        case "confirm":
            service, done = lambda: confirm_key_act(actor=user, request=asked), _("Done. It cannot be taken back.")
        case "refuse":
            assert form is not None
            reason = form.cleaned_data["reason"]
            service, done = (
                lambda: refuse_key_act(actor=user, request=asked, reason=reason),
                _("Refused. The key stays as it is."),
            )
        case "withdraw":
            service, done = lambda: withdraw_key_act(actor=user, request=asked), _("Taken back.")
        case _:
            raise Http404
    if attempt(request, service) is not None:
        say(request, done)
    return redirect("project-key", asked.project_id)


def _render(
    request: HttpRequest,
    user: User,
    project: Project,
    form: KeyRequestForm | None,
    *,
    refusal: RefusalForm | None = None,
) -> HttpResponse:
    requests = list(project.key_requests.select_related("asked_by", "decided_by"))
    pending = next((item for item in requests if item.state == KeyRequestState.PROPOSED), None)
    destroyed = project.key_domain.destroyed_at is not None
    bound = form is not None and form.is_bound
    context: dict[str, Any] = {
        "project": project,
        "foreseen": foresee(project),
        "requests": [{"item": item, "kind": STATE_KINDS[KeyRequestState(item.state)]} for item in requests],
        "pending": pending,
        "may_ask": not destroyed and pending is None and may(user, "key.ask", project),
        "may_decide": pending is not None and may(user, "key.decide", pending),
        "may_withdraw": pending is not None and may(user, "key.withdraw", pending),
        "form": form or KeyRequestForm(),
        "refusal": refusal or RefusalForm(auto_id="id_refuse_%s"),
    }
    status = 400 if (bound and form is not None and form.errors) or refusal is not None else 200
    return render(request, "access/project_key.html", context, status=status)
