"""What a dataset's page shows of this floor: how to get the data, what it costs, who decides, and whether it is ready."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from access.models import Application, Grant
from access.pages import words
from access.pages.asking import deciders_of, is_withheld, next_steps, prices_of, problems_of
from access.pages.forms import applying_organizations
from access.workflow import State
from catalog.datasets.models import WORKING_ROLES, Dataset, DatasetState
from catalog.pages.acts import user_of
from catalog.people.policies import organizations_with

_OVER = (State.WITHDRAWN, State.REJECTED, State.REVOKED)


@login_required
@require_safe
def dataset_panel(request: HttpRequest, dataset_id: int) -> HttpResponse:
    """A fragment of the dataset's page."""
    user = user_of(request)
    dataset = get_object_or_404(Dataset.objects.visible_to(user).select_related("provider"), pk=dataset_id)
    deciders = deciders_of(dataset)
    working = organizations_with(user, *WORKING_ROLES)
    works_here = bool(
        working & {dataset.provider_id, *(side.pk for side in (deciders.owner, deciders.controller) if side)}
    )
    tables = [_table(distribution) for distribution in dataset.distributions.all()]
    mine = (
        Application.objects.filter(applicant=user, distribution__dataset=dataset)
        .exclude(state__in=_OVER)
        .select_related("grant__release")
        .order_by("-pk")
    )
    context = {
        "dataset": dataset,
        "is_published": dataset.state == DatasetState.PUBLISHED,
        "withheld": is_withheld(dataset),
        "prices": prices_of(dataset),
        "deciders": deciders,
        "next_steps": next_steps(deciders, None),
        "tables": tables,
        "is_ready": any(not table["problems"] for table in tables),
        "may_apply": applying_organizations(user).exists(),
        "works_here": works_here,
        "uses": _uses(dataset) if works_here else None,
        "mine": list(mine[:5]),
        "purposes": words.PURPOSES,
    }
    # Followed as a link, without script, it is a page of its own.
    is_part = "HX-Request" in request.headers
    return render(request, "access/_dataset_panel.html" if is_part else "access/dataset_panel.html", context)


def _uses(dataset: Dataset) -> dict[str, int]:
    """How many grants stand on the dataset today, and how many organisations have one."""
    standing = Grant.objects.in_force().filter(application__distribution__dataset=dataset)
    counted: dict[str, int] = standing.aggregate(grants=Count("pk"), organizations=Count("organization", distinct=True))
    return counted


def _table(distribution: Any) -> dict[str, Any]:
    return {"distribution": distribution, "problems": problems_of(distribution)}
