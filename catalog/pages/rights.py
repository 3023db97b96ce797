"""Whose a dataset is: recording a right, ending one, and all that were ever recorded."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from catalog.datasets.lifecycle import allowed_acts
from catalog.datasets.models import WORKING_ROLES, Dataset, RightKind
from catalog.datasets.rights import end_right, record_right
from catalog.datasets.visibility import visible_rights
from catalog.pages.acts import attempt, say, user_of
from catalog.pages.dataset import visible_dataset
from catalog.pages.forms import RightForm
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
    context = {
        "dataset": dataset,
        "acts": acts,
        "rights": seen,
        "timeline": timeline_of(seen, timezone.localdate()),
        "form": form,
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


@require_POST
@login_required
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a right today."""
    user = user_of(request)
    right = get_object_or_404(visible_rights(user, organizations_with(user, *WORKING_ROLES)), pk=pk)
    if attempt(request, lambda: end_right(actor=user, right=right)):
        say(request, _("The right has ended."))
    return redirect("dataset-rights", right.dataset_id)
