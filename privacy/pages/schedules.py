"""How often a table is scanned again by itself: setting and ending it, the list of all, and what has stopped."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from catalog.datasets.models import DatasetState, Distribution
from catalog.ledger.models import LedgerEntry
from catalog.pages.acts import attempt, say, user_of
from catalog.pages.navigation import Waiting, Worklist
from catalog.people.models import User
from catalog.people.policies import may
from catalog.templatetags.canglang import titled
from privacy.models import Scan, ScanInterval, ScanSchedule
from privacy.pages.selection import SCANNING_ROLES, distributions_worked_on
from privacy.services.schedules import AT, STOPPED, end_scan_schedule, set_scan_schedule

_SHOWN = 5


class ScheduleForm(forms.Form):
    """How often."""

    every = forms.ChoiceField(
        label=_("How often"),
        choices=ScanInterval.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose daily, weekly, monthly or quarterly.")},
    )


def schedules_of(user: User) -> Any:
    """The schedules this person may see, with what a line shows of them."""
    return ScanSchedule.objects.visible_to(user).select_related(
        "distribution__dataset__provider", "distribution__source", "set_by"
    )


def why_stopped(schedule: ScanSchedule) -> str:
    """In words; a code without any as it is."""
    return gettext(STOPPED.get(schedule.stopped_because, schedule.stopped_because))


def was_scheduled(scan: Scan) -> bool:
    """Whether a schedule asked for the scan, in the name of whoever set it."""
    asked = LedgerEntry.objects.about(scan).filter(action="scan.requested", details__scheduled=True)
    return bool(asked.exists())


def _table(request: HttpRequest, pk: int) -> Distribution:
    """A table this person scans; also a retired one, as long as a schedule stands on it."""
    user = user_of(request)
    found: Distribution | None = distributions_worked_on(user, *SCANNING_ROLES).filter(pk=pk).first()
    if found is None:
        with_one = Distribution.objects.filter(scan_schedule__in=ScanSchedule.objects.visible_to(user))
        found = get_object_or_404(with_one.select_related("dataset__provider", "source"), pk=pk)
    return found


@require_http_methods(["GET", "POST"])
@login_required
def schedule(request: HttpRequest, pk: int) -> HttpResponse:
    """When a table is scanned again; a POST sets it."""
    user, distribution = user_of(request), _table(request, pk)
    stands = schedules_of(user).filter(distribution=distribution).first()
    form = ScheduleForm(
        request.POST if request.method == "POST" else None,
        initial={"every": stands.every if stands else ScanInterval.MONTHLY},
    )
    if request.method == "POST" and form.is_valid():
        every = form.cleaned_data["every"]
        if attempt(request, lambda: set_scan_schedule(actor=user, distribution=distribution, every=every), form=form):
            say(request, gettext("From now on the table is scanned again by itself."))
            return redirect("scan-schedule", distribution.pk)
    over = distribution.dataset.state == DatasetState.RETIRED or distribution.source.retired_at is not None
    context = {
        "distribution": distribution,
        "schedule": stands,
        "stopped": why_stopped(stands) if stands and stands.stopped_because else "",
        "form": form,
        "may_set": may(user, "scan.request", distribution.dataset),
        "is_over": over,
        "at": AT,
    }
    return render(request, "privacy/schedule.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def schedule_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End it. Without a POST (after a new sign-in) only the schedule is shown."""
    found = get_object_or_404(schedules_of(user_of(request)), pk=pk)
    if request.method == "POST":

        def act() -> bool:
            end_scan_schedule(actor=user_of(request), schedule=found)
            return True

        if attempt(request, act) is not None:
            say(request, gettext("The table is not scanned by itself any more."))
            return redirect("scans")
    return redirect("scan-schedule", found.distribution_id)


def stopped_schedules(user: User) -> Worklist:
    """Schedules that do not run any more, for whoever may set them again or end them."""
    # Approvers see them too, and can do nothing about them.
    stopped = [
        one
        for one in schedules_of(user).exclude(stopped_because="")
        if may(user, "scan.request", one.distribution.dataset)
    ]
    items = [
        Waiting(
            title=f"{titled(one.distribution.dataset)} · {one.distribution.table}",
            url=reverse("scan-schedule", args=[one.distribution_id]),
            kind=gettext("Scan"),
            since=one.next_at,
            note=why_stopped(one),
        )
        for one in stopped[:_SHOWN]
    ]
    return Worklist(
        gettext("Scans by themselves that have stopped"), items, len(stopped), url=reverse("scans"), order=39
    )
