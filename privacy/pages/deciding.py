"""The acts on a finding: confirm, correct, reject, and the second person's word.

Each is a POST that leads to the next finding; with htmx the next page is fetched and only its card exchanged. `then=column` leads back
to the column's own page.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from catalog.pages.acts import attempt, say, user_of
from catalog.people.policies import may
from privacy.models import Finding, FindingState
from privacy.pages.cards import show_card, show_column, visible_findings, waiting_for
from privacy.pages.forms import RejectForm, VerdictForm
from privacy.services.findings import confirm_finding, correct_finding, reject_finding

View = Callable[[HttpRequest, int], HttpResponse]


def _act(view: View) -> View:
    """An act is a POST. Its address in the browser's bar (after an error, or a new sign-in) leads back to the card."""

    @require_http_methods(["GET", "POST"])
    @login_required
    @wraps(view)
    def act(request: HttpRequest, pk: int) -> HttpResponse:
        return view(request, pk) if request.method == "POST" else redirect("review-card", pk)

    return act


@_act
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """The scanner is right."""
    finding = get_object_or_404(visible_findings(request), pk=pk)
    if attempt(request, lambda: confirm_finding(actor=user_of(request), finding=finding)) is not None:
        say(request, _("%(column)s: confirmed.") % {"column": finding.field.name})
    return _go_on(request, finding)


@_act
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """It is something else."""
    finding = get_object_or_404(visible_findings(request), pk=pk)
    form = VerdictForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        decided = attempt(request, lambda: correct_finding(actor=user_of(request), finding=finding, **said), form=form)
        if decided is not None:
            return _told(request, decided, _("%(column)s: corrected."))
    return _shown_again(request, finding, verdict_form=form)


@_act
def reject(request: HttpRequest, pk: int) -> HttpResponse:
    """It is nothing personal."""
    finding = get_object_or_404(visible_findings(request), pk=pk)
    form = RejectForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        decided = attempt(
            request,
            lambda: reject_finding(actor=user_of(request), finding=finding, **said),
            form=_shown(request, finding, form),
        )
        if decided is not None:
            return _told(request, decided, _("%(column)s: rejected."))
    return _shown_again(request, finding, reject_form=form)


@_act
def agree(request: HttpRequest, pk: int) -> HttpResponse:
    """The second person says the same as the first."""
    finding = get_object_or_404(visible_findings(request), pk=pk)
    actor = user_of(request)

    def act() -> Finding:
        if finding.pending_state == FindingState.REJECTED:
            return reject_finding(actor=actor, finding=finding, reason=finding.pending_reason)
        return correct_finding(
            actor=actor,
            finding=finding,
            entity_type=finding.pending_type,
            role=finding.pending_role,
            reason=finding.pending_reason,
        )

    if not finding.pending_state:
        say(request, _("Nobody waits for a second person here any more."))
    elif attempt(request, act) is not None:
        say(request, _("%(column)s: decided by two.") % {"column": finding.field.name})
    return _go_on(request, finding)


@_act
def keep(request: HttpRequest, pk: int) -> HttpResponse:
    """What one person asked for is not done: the finding is decided as it stands."""
    finding = get_object_or_404(visible_findings(request), pk=pk)
    actor = user_of(request)

    def act() -> Finding:
        if finding.state == FindingState.PROPOSED:
            return confirm_finding(actor=actor, finding=finding)
        return correct_finding(
            actor=actor,
            finding=finding,
            entity_type=finding.entity_type,
            role=finding.role,
            reason=finding.reason or _("It stays as it was decided."),
        )

    decided = attempt(request, act)
    return _go_on(request, finding) if decided is None else _told(request, decided, _("%(column)s: stays as it is."))


def _shown(request: HttpRequest, finding: Finding, form: forms.Form) -> forms.Form | None:
    """The form, where the page has it: whoever may not decide sees none, and is told above the page."""
    return form if may(user_of(request), "finding.decide", finding.distribution.dataset) else None


def _told(request: HttpRequest, finding: Finding, text: str) -> HttpResponse:
    if finding.pending_state:
        text = _("%(column)s: check digits prove it, so a second privacy officer has to say the same.")
    say(request, text % {"column": finding.field.name})
    return _go_on(request, finding)


def _shown_again(request: HttpRequest, finding: Finding, **bound: forms.Form) -> HttpResponse:
    """The page the form was sent from, with what was typed."""
    if request.POST.get("then") == "column":
        return show_column(request, finding.field, finding, **bound)
    return show_card(request, finding, **bound)


def _go_on(request: HttpRequest, finding: Finding) -> HttpResponse:
    """The next finding that waits for this person; after the last one the findings of the table."""
    if request.POST.get("then") == "column":
        return redirect("column", finding.distribution_id, finding.field_id)
    waiting = waiting_for(user_of(request), finding.distribution_id).exclude(pk=finding.pk)
    following = waiting.filter(field__position__gt=finding.field.position).first() or waiting.first()
    if following is not None:
        return redirect("review-card", following.pk)
    return redirect("findings", finding.distribution_id)
