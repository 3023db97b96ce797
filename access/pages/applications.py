"""The list of applications, the page of one, and every action on it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from access.api.filters import waiting_for
from access.models import STATE_CHOICES, Application
from access.pages import words
from access.pages.application_page import application_context, pages_of, progress_context
from access.pages.forms import ActForm, ListForm, RaiseForm
from access.services.assessing import raise_answer
from access.services.deciding import perform
from access.workflow import Action, State
from catalog.datasets.models import Dataset
from catalog.pages.acts import attempt, page_of, say, user_of
from catalog.people.models import User
from catalog.people.policies import may

MINE, WAITING, ALL = "mine", "waiting", "all"
_ACTS = ("POST", "GET")


@login_required
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Mine, those that wait for me, or all I may see; the first of the three that has something in it."""
    user = user_of(request)
    visible = Application.objects.visible_to(user)
    mine, waiting = visible.filter(applicant=user), waiting_for(user, visible)
    counts = {MINE: mine.count(), WAITING: waiting.count()}
    which = request.GET.get("which", "")
    if which not in (MINE, WAITING, ALL):
        which = WAITING if counts[WAITING] else MINE if counts[MINE] else ALL
    rows = {MINE: mine, WAITING: waiting, ALL: visible}[which]
    form = ListForm(
        request.GET,
        states=STATE_CHOICES,
        datasets=Dataset.objects.filter(distributions__applications__in=visible).distinct(),
    )
    chosen = form.chosen()
    for name, path in (("state", "state"), ("dataset", "distribution__dataset"), ("purpose", "purpose")):
        if name in chosen:
            rows = rows.filter(**{path: chosen[name]})
    rows = rows.select_related(
        "organization", "applicant", "distribution__dataset__provider", "project", "grant__release"
    ).order_by("-submitted_at", "-pk")
    context = {
        "page": page_of(request, rows),
        "which": which,
        "counts": counts,
        "form": form,
        "purposes": words.PURPOSES,
        "today": timezone.localdate(),
        "is_filtered": bool(chosen),
    }
    typed = request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request")
    response = render(request, "access/_applications.html" if typed else "access/applications.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@login_required
@require_safe
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """One application with its assessment, who decides, and what the reader may do now."""
    return _show(request, _found(user_of(request), pk))


@login_required
@require_safe
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the assessment is. When it has ended, the page is asked for again."""
    application = _found(user_of(request), pk)
    if application.state not in (State.SUBMITTED, State.ASSESSING):
        answer = HttpResponse()
        answer["HX-Refresh"] = "true"
        return answer
    return render(request, "access/_progress.html", progress_context(application))


@login_required
@require_http_methods(_ACTS)
def act(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Do one action of the workflow. What is refused is told on the page, with what was typed."""
    user = user_of(request)
    application = _found(user, pk)
    if action not in set(Action):
        raise Http404
    if request.method != "POST":  # somebody who had to sign in again in between
        return redirect("application", pk)
    form = ActForm(request.POST)
    if form.is_valid():
        done = attempt(
            request,
            lambda: words.spoken(
                lambda: perform(actor=user, application=application, action=Action(action), **form.details())
            ),
            form=form,
        )
        if done is not None:
            say(request, str(words.DONE[Action(action)]))
            return redirect("application", pk)
    return _show(request, _found(user, pk), act_form=form, tried=action, status=400)


@login_required
@require_http_methods(_ACTS)
def raise_(request: HttpRequest, pk: int) -> HttpResponse:
    """Raise an answer of the assessment, with a reason."""
    user = user_of(request)
    application = _found(user, pk)
    if request.method != "POST":
        return redirect("application", pk)
    if not may(user, "assessment.raise", application):
        raise PermissionDenied
    form = RaiseForm(request.POST)
    if form.is_valid():
        done = attempt(
            request,
            lambda: words.spoken(lambda: raise_answer(actor=user, application=application, **form.cleaned_data)),
            form=form,
        )
        if done is not None:
            say(request, _("Raised. The assessment was worked out again."))
            return redirect("application", pk)
    return _show(request, _found(user, pk), raise_form=form, status=400)


def _found(user: User, pk: int) -> Application:
    found: Application = get_object_or_404(pages_of(Application.objects.visible_to(user)), pk=pk)
    return found


def _show(request: HttpRequest, application: Application, *, status: int = 200, **forms: Any) -> HttpResponse:
    context = application_context(application, user_of(request), **forms)
    return render(request, "access/application.html", context, status=status)
