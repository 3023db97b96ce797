"""A table whose source has other columns than the record: what changed, and taking it over."""

from __future__ import annotations

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from catalog.datasets.drift import Drift, accept_drift, drift_of, drifted_tables
from catalog.datasets.lifecycle import allowed_acts
from catalog.datasets.models import DataField, Distribution
from catalog.datasets.visibility import visible_distributions
from catalog.pages.acts import attempt, only_if_may, say, user_of
from catalog.pages.navigation import Waiting, Worklist
from catalog.people.models import User
from catalog.templatetags.canglang import thousands, titled

_SHOWN = 5


class AcceptForm(forms.Form):
    """Which reading of the columns the steward saw."""

    # As text: a browser's form has no time with microseconds.
    seen_at = forms.DateTimeField(widget=forms.HiddenInput)


@require_http_methods(["GET", "POST"])
@login_required
def columns(request: HttpRequest, pk: int) -> HttpResponse:
    """What the source has otherwise; a POST takes it over into the record."""
    user = user_of(request)
    distribution: Distribution = get_object_or_404(visible_distributions(user), pk=pk)
    dataset = distribution.dataset
    only_if_may(user, "dataset.read_history", dataset)
    if request.method == "POST":
        form = AcceptForm(request.POST)
        seen_at = form.cleaned_data["seen_at"] if form.is_valid() else None
        done = attempt(request, lambda: accept_drift(actor=user, distribution=distribution, seen_at=seen_at))
        if done is None:
            return redirect("distribution-columns", distribution.pk)
        say(
            request,
            gettext(
                "The record has the columns of the source. Describe what is new and have the table scanned before anything is released."
            ),
        )
        return redirect(reverse("dataset", args=[dataset.pk]) + "#fields")
    found = drift_of(distribution)
    context = {
        "dataset": dataset,
        "distribution": distribution,
        "drift": found,
        "dropped": _labelled(distribution, found.dropped if found else ()),
        "back": _that_were_there(distribution, found),
        "seen_at": distribution.drift_seen_at.isoformat() if distribution.drift_seen_at else "",
        "acts": allowed_acts(user, dataset),
    }
    return render(request, "catalog/drift.html", context)


def _labelled(distribution: Distribution, names: tuple[str, ...]) -> list[DataField]:
    return list(distribution.fields.filter(name__in=names).order_by("position"))


def _that_were_there(distribution: Distribution, drift: Drift | None) -> set[str]:
    """The names of new columns that the table has had before."""
    names = [column.name for column in drift.added] if drift else []
    gone = DataField.ever.filter(distribution=distribution, gone_at__isnull=False, name__in=names)
    return set(gone.values_list("name", flat=True))


def drifted(user: User) -> Worklist:
    """Tables whose columns a steward has to look at."""
    tables = drifted_tables(user)
    found = list(tables[:_SHOWN])
    items = [
        Waiting(
            title=f"{titled(table.dataset)} · {table.table}",
            url=reverse("distribution-columns", args=[table.pk]),
            kind=gettext("Columns"),
            since=table.drift_seen_at,
            note=_in_figures(drift_of(table)),
        )
        for table in found
    ]
    total = len(found) if len(found) < _SHOWN else tables.count()
    return Worklist(gettext("Tables whose columns have changed"), items, total, order=34)


def _in_figures(drift: Drift | None) -> str:
    if drift is None:
        return ""
    figures = {name: thousands(number) for name, number in drift.counts().items()}
    return gettext("new: %(added)s · gone: %(dropped)s · of another type: %(changed)s") % figures
