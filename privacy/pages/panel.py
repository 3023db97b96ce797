"""Privacy's part of a dataset's page, asked for by the catalogue's page as a fragment.

Whoever works on the data sees how far scan, review and protection are; everybody else only whether it was scanned and whether there is
anything personal in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from catalog.datasets.models import Dataset, Distribution, SubjectKind
from catalog.jobs.models import JobState
from catalog.pages.acts import user_of
from catalog.people.policies import may
from privacy.models import FieldRole, Finding, FindingState, Scan, ScanSchedule
from privacy.pages.readiness import Readiness, readiness_of


@dataclass(frozen=True, slots=True)
class TableState:
    """One table of the dataset, as whoever works on it sees it."""

    distribution: Distribution
    scan: Scan | None
    roles: list[tuple[str, int]]
    found: int
    undecided: int
    readiness: Readiness
    schedule: ScanSchedule | None


@require_safe
@login_required
def dataset_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """The fragment."""
    user = user_of(request)
    dataset = get_object_or_404(Dataset.objects.visible_to(user), pk=pk)
    if may(user, "finding.read", dataset):
        distributions = dataset.distributions.select_related("dataset", "source", "subject_field")
        fragment, context = (
            "privacy/_panel.html",
            {
                "tables": [_state_of(distribution) for distribution in distributions],
                "may_scan": may(user, "scan.request", dataset),
                "may_decide": may(user, "finding.decide", dataset),
            },
        )
    else:
        fragment, context = "privacy/_panel_public.html", _in_public(dataset)
    context |= {"dataset": dataset, "fragment": fragment}
    # Followed as a link, without script, it is a page of its own.
    return render(request, fragment if "HX-Request" in request.headers else "privacy/panel.html", context)


def _state_of(distribution: Distribution) -> TableState:
    findings = Finding.objects.filter(distribution=distribution)
    standing = findings.exclude(state=FindingState.REJECTED).exclude(role=FieldRole.NONE)
    counts = dict(standing.values_list("role").annotate(number=Count("pk")).order_by())
    return TableState(
        distribution=distribution,
        scan=Scan.objects.filter(distribution=distribution)
        .select_related("job")
        .defer("columns", "comparison")
        .first(),
        roles=[(role, counts[role]) for role in FieldRole.values if role in counts],
        found=sum(counts.values()),
        undecided=findings.awaiting_review().count(),
        readiness=readiness_of(distribution),
        schedule=ScanSchedule.objects.filter(distribution=distribution).first(),
    )


def _in_public(dataset: Dataset) -> dict[str, Any]:
    """What may be said to everybody: the day of the last whole scan, and yes or no."""
    ended: datetime | None = Scan.objects.filter(
        distribution__dataset=dataset, job__state__in=[JobState.COMPLETE, JobState.INCOMPLETE]
    ).aggregate(last=Max("job__ended_at"))["last"]
    findings = Finding.objects.filter(distribution__dataset=dataset).exclude(
        Q(state=FindingState.REJECTED) | Q(role=FieldRole.NONE)
    )
    undecided = findings.awaiting_review().exists()
    if ended is None:
        words = _("It has not been scanned yet, so nobody can say whether there is personal data in it.")
    elif findings.exists() and dataset.subject_kind != SubjectKind.NONE:
        words = _("There is personal data in it. What leaves is protected first.")
    elif findings.exists():
        words = _("Its rows are about nobody; some fields may still tell something of people together with other data.")
    else:
        words = _("No personal data was found in it.")
    return {"ended": ended, "words": words, "undecided": undecided}
