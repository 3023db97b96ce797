"""Whose a dataset is: recording a right, ending one with its holder's word, and all that were ever recorded."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from catalog.datasets.endings import EndingProposal, needs_consent
from catalog.datasets.lifecycle import allowed_acts
from catalog.datasets.models import WORKING_ROLES, Dataset, RightKind
from catalog.datasets.rights import decide_ending, end_right, record_right
from catalog.datasets.visibility import visible_rights
from catalog.pages.acts import attempt, only_if_may, say, user_of
from catalog.pages.dataset import visible_dataset
from catalog.pages.forms import ReasonForm, RightForm
from catalog.pages.timeline import timeline_of
from catalog.people.models import User
from catalog.people.policies import organizations_with


def rights_seen(dataset: Dataset, user: User) -> list[Any]:
    """The rights over it that this person may see, ended ones included."""
    return list(visible_rights(user, organizations_with(user, *WORKING_ROLES)).filter(dataset=dataset))


@require_http_methods(["GET", "POST"])
@login_required
def rights(request: HttpRequest, pk: int) -> HttpResponse:
    """All rights over a dataset; a steward of its provider records one more."""
    dataset, user = visible_dataset(request, pk), user_of(request)
    acts = allowed_acts(user, dataset)
    form = right_form(request, dataset)
    if request.method == "POST" and send_right(request, dataset, form):
        say(request, _("The right is recorded."))
        return redirect("dataset-rights", pk)
    seen = rights_seen(dataset, user)
    endings = EndingProposal.objects.visible_to(user).filter(right__dataset=dataset, accepted__isnull=True)
    context = {
        "dataset": dataset,
        "acts": acts,
        "rights": seen,
        "timeline": timeline_of(seen, timezone.localdate()),
        "form": form,
        "endings": endings,
        "consent": {right.pk for right in seen if needs_consent(right)},
        "waiting": {proposal.right_id for proposal in endings},
        "answerable": set(EndingProposal.objects.awaiting(user).values_list("pk", flat=True)),
    }
    return render(request, "catalog/rights.html", context)


def right_form(request: HttpRequest, dataset: Dataset, kind: str = RightKind.USAGE) -> RightForm:
    """Bound to what was sent, or begun: the provider holds it, from today."""
    if request.method == "POST":
        return RightForm(request.POST)
    own = kind != RightKind.USAGE
    return RightForm(
        initial={
            "kind": kind,
            "holder": dataset.provider_id if own else None,
            "valid_from": timezone.localdate(),
            "exclusive": own,
        }
    )


def send_right(request: HttpRequest, dataset: Dataset, form: RightForm) -> bool:
    """Record what the form says. A form that was sent twice counts once."""
    if form.was_sent(request):
        return True
    if not form.is_valid():
        return False
    values = {name: value for name, value in form.cleaned_data.items() if name != "once"}
    if attempt(request, lambda: record_right(actor=user_of(request), dataset=dataset, **values), form=form) is None:
        return False
    form.remember(request)
    return True


@require_http_methods(["GET", "POST"])
@login_required
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a right today, or ask its holder to agree that it ends."""
    user = user_of(request)
    right = get_object_or_404(visible_rights(user, organizations_with(user, *WORKING_ROLES)), pk=pk)
    only_if_may(user, "rights.record", right.dataset)
    asked = needs_consent(right)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    form.fields["reason"].required = asked
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        ended = attempt(request, lambda: end_right(actor=user, right=right, reason=reason), form=form)
        if ended is not None:
            asking = _("The holder is asked. Until somebody there agrees, the right stands.")
            say(request, _("The right has ended.") if ended.ended_at else asking)
            return redirect("dataset-rights", right.dataset_id)
    return render(
        request, "catalog/end_right.html", {"dataset": right.dataset, "right": right, "asked": asked, "form": form}
    )


@require_POST
@login_required
def decide(request: HttpRequest, pk: int, verdict: str) -> HttpResponse:
    """Agree that a right of one's organisation ends, or refuse it."""
    if verdict not in ("agree", "refuse"):
        raise Http404
    user = user_of(request)
    proposal = get_object_or_404(EndingProposal.objects.visible_to(user), pk=pk)
    if attempt(request, lambda: decide_ending(actor=user, proposal=proposal, accept=verdict == "agree")):
        say(request, _("The right has ended.") if verdict == "agree" else _("Refused; the right stands."))
    # Whoever held it may see the record no more.
    seen = Dataset.objects.visible_to(user).filter(pk=proposal.right.dataset_id).exists()
    return redirect("dataset-rights", proposal.right.dataset_id) if seen else redirect("home")
