"""The key domains of a branch: which there are and how much stands under each. Never a key."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from access.models import Project
from catalog.pages.acts import page_of
from catalog.pages.people import only_administrators
from catalog.people.visibility import administered_organizations


@require_safe
@login_required
def keys(request: HttpRequest) -> HttpResponse:
    """One domain for each project: tokens link inside it and nowhere else."""
    user = only_administrators(request)
    projects = (
        Project.objects.filter(organization__in=administered_organizations(user))
        .select_related("organization", "key_domain", "created_by")
        .defer("key_domain__wrapped_key")
        .annotate(
            asked=Count("applications", distinct=True), released=Count("applications__grant__release", distinct=True)
        )
        .order_by("-key_domain__created_at", "-pk")
    )
    return render(request, "people/keys.html", {"page": page_of(request, projects)})
