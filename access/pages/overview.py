"""Figures to look at rather than read: applications by state and age, sharing by department, findings by type, risk before and after.

Each counts only what the reader may see, in one query a chart.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from access.models import Application, Assessment, Release
from access.pages import words
from access.workflow import State
from catalog.datasets.models import DataField, Dataset
from catalog.pages.acts import user_of
from catalog.pages.charts import Chart
from catalog.pages.navigation import roles_of
from catalog.pages.wording import entity_type_word
from catalog.people.models import Organization, Role, User
from catalog.templatetags.canglang import named

READERS = frozenset({Role.APPROVER, Role.PRIVACY_OFFICER, Role.AUDITOR})
_OPEN = (
    State.SUBMITTED,
    State.ASSESSING,
    State.DECIDING,
    State.RETURNED,
    State.AWAITING_PAYMENT,
)
_ENDED = (State.GRANTED, State.REJECTED, State.WITHDRAWN, State.REVOKED)
# A release's name and the record it was decided on.
Released = list[tuple[str, dict[str, Any]]]
_MOST_DEPARTMENTS, _MOST_TYPES, _MOST_RELEASES = 10, 10, 10


@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The charts, for those who decide and audit."""
    user = user_of(request)
    if not roles_of(request) & READERS:
        raise PermissionDenied
    released = _released(user)
    charts = [
        chart
        for chart in (
            _applications_by_age(user),
            _applications_by_end(user),
            _sharing_by_department(user),
            _findings_by_type(user),
            _uniques_before_and_after(released),
            _risk_before_and_after(released),
        )
        if chart is not None
    ]
    return render(request, "access/overview.html", {"charts": charts, "figures": _figures(user)})


def _submitted(user: User) -> Any:
    return Application.objects.visible_to(user).exclude(state=State.DRAFT)


def _figures(user: User) -> list[tuple[str, int]]:
    """The totals above the charts."""
    today = timezone.localdate()
    counts = _submitted(user).aggregate(
        all=Count("pk", distinct=True),
        open=Count("pk", filter=Q(state__in=_OPEN), distinct=True),
        force=Count(
            "pk",
            filter=Q(state=State.GRANTED, grant__valid_until__gte=today, grant__right__ended_at=None),
            distinct=True,
        ),
        downloads=Count("grant__release__downloads", distinct=True),
    )
    return [
        (_("Applications"), counts["all"]),
        (_("Under way"), counts["open"]),
        (_("Grants in force"), counts["force"]),
        (_("Downloads"), counts["downloads"]),
    ]


def _applications_by_age(user: User) -> Chart | None:
    """What is open, by state and by how long it has been since it was submitted."""
    now = timezone.now()
    rows = _submitted(user).filter(state__in=_OPEN).values_list("state", "submitted_at")
    ages = (_("up to 1 day"), _("2 to 10 days"), _("more than 10 days"))
    counts = Counter((state, _age(now, submitted)) for state, submitted in rows)
    if not counts:
        return None
    return Chart(
        id="by-age",
        title=_("Open applications by state and age"),
        kind="hbar",
        labels=[words.STATES[state] for state in _OPEN],
        series={name: [counts[state, place] for state in _OPEN] for place, name in enumerate(ages)},
    )


def _age(now: datetime, submitted: datetime | None) -> int:
    days = (now - submitted).days if submitted else 0
    return 0 if days < 1 else 1 if days <= 10 else 2


def _applications_by_end(user: User) -> Chart | None:
    """How applications ended."""
    counts = dict(
        _submitted(user).filter(state__in=_ENDED).order_by().values_list("state").annotate(Count("pk", distinct=True))
    )
    if not counts:
        return None
    return Chart(
        id="by-end",
        title=_("How applications ended"),
        kind="pie",
        labels=[words.STATES[state] for state in _ENDED if state in counts],
        series={_("Applications"): [counts[state] for state in _ENDED if state in counts]},
    )


def _sharing_by_department(user: User) -> Chart | None:
    """Who shares: published datasets and applications granted, by the providing department."""
    datasets = Counter(
        dict(
            Dataset.objects.visible_to(user)
            .published()
            .order_by()
            .values_list("provider")
            .annotate(Count("pk", distinct=True))
        )
    )
    granted = Counter(
        dict(
            _submitted(user)
            .filter(state__in=[State.GRANTED, State.REVOKED])
            .order_by()
            .values_list("distribution__dataset__provider")
            .annotate(Count("pk", distinct=True))
        )
    )
    order = sorted(datasets.keys() | granted.keys(), key=lambda key: (-granted[key], -datasets[key], key))
    if not order:
        return None
    names = Organization.objects.in_bulk(order[:_MOST_DEPARTMENTS])
    shown = [key for key in order[:_MOST_DEPARTMENTS] if key in names]
    return Chart(
        id="by-department",
        title=_("Sharing by department"),
        kind="hbar",
        labels=[named(names[key]) for key in shown],
        series={
            _("Datasets published"): [datasets[key] for key in shown],
            _("Applications granted"): [granted[key] for key in shown],
        },
    )


def _findings_by_type(user: User) -> Chart | None:
    """What kinds of personal information the fields hold, as confirmed."""
    rows = (
        DataField.objects.filter(distribution__dataset__in=Dataset.objects.visible_to(user))
        .exclude(entity_type="")
        .order_by()
        .values_list("entity_type")
        .annotate(count=Count("pk", distinct=True))
        .order_by("-count", "entity_type")[:_MOST_TYPES]
    )
    found = list(rows)
    if not found:
        return None
    return Chart(
        id="by-type",
        title=_("Fields with personal information by type"),
        kind="hbar",
        labels=[entity_type_word(code) for code, _count in found],
        series={_("Fields"): [count for _code, count in found]},
    )


def _released(user: User) -> Released:
    """The latest releases with the record they were decided on."""
    releases = Release.objects.visible_to(user).order_by("-pk")[:_MOST_RELEASES]
    rows = (
        Assessment.objects.filter(artefact__release__in=list(releases.values_list("pk", flat=True)))
        .exclude(record={})
        .order_by("-artefact__release")
        .values_list("artefact__release", "application__distribution__dataset__code", "record")
    )
    return [(f"{_('Release')} {pk} · {code}", record) for pk, code, record in rows]


def _uniques_before_and_after(released: Released) -> Chart | None:
    """The share of persons that stand alone in their class, in what was released and before it was protected."""
    series: dict[str, list[float]] = {_("After protection"): [], _("Before it"): []}
    labels = []
    for label, record in released:
        before, after = record["inputs"].get("inherent") or {}, record["inputs"].get("measured") or {}
        if before.get("applicable") and after.get("applicable"):
            labels.append(label)
            for name, figures in zip(series, (after, before), strict=True):
                series[name].append(round(float(Decimal(figures["unique_share"]) * 100), 2))
    if not labels:
        return None
    return Chart(
        id="uniques",
        title=_("Share of unique persons in what was released, in percent"),
        kind="hbar",
        labels=labels,
        series=series,
    )


def _risk_before_and_after(released: Released) -> Chart | None:
    """R on the bytes that were released, and on the same rows before protection."""
    series: dict[str, list[float]] = {_("After protection"): [], _("Before it"): []}
    labels = []
    for label, record in released:
        before, after = record["result"].get("inherent_risk"), record["result"].get("risk")
        if before and after:
            labels.append(label)
            for name, risk in zip(series, (after, before), strict=True):
                series[name].append(round(float(risk["risk"]), 6))
    if not labels:
        return None
    return Chart(
        id="risk", title=_("Re-identification risk R of what was released"), kind="hbar", labels=labels, series=series
    )
