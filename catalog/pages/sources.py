"""The sources of a department: what they are, what tables they hold, and which datasets stand on them."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from catalog.datasets.models import DatasetState, Source, SourceKind
from catalog.datasets.registration import read_tables, retire_source
from catalog.errors import translated
from catalog.messages import MessageError
from catalog.pages.acts import attempt, page_of, say, user_of
from catalog.people.policies import may


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """Every source this person works with, the newest first."""
    rows = Source.objects.visible_to(user_of(request)).select_related("organization", "created_by")
    rows = rows.annotate(datasets=Count("distributions__dataset", distinct=True)).order_by("-created_at")
    words, kind = request.GET.get("q", "").replace("\0", "").strip()[:80], request.GET.get("kind", "")
    if words:
        rows = rows.filter(name__icontains=words)
    if kind in SourceKind.values:
        rows = rows.filter(kind=kind)
    context = {"page": page_of(request, rows), "q": words, "kind": kind, "kinds": SourceKind.choices}
    return render(request, "catalog/sources.html", context)


@require_safe
@login_required
def source(request: HttpRequest, pk: int) -> HttpResponse:
    """One source: what it is, and the datasets on it. Its tables are asked for by the page itself: it may be slow, or away."""
    user = user_of(request)
    rows = Source.objects.visible_to(user).select_related("organization", "created_by")
    found = get_object_or_404(rows, pk=pk)
    distributions = found.distributions.select_related("dataset__provider").order_by("table")
    context = {
        "source": found,
        "distributions": distributions,
        "may_read": found.retired_at is None and may(user, "source.read", found),
        "may_retire": found.retired_at is None and may(user, "source.retire", found),
        "in_use": any(table.dataset.state != DatasetState.RETIRED for table in distributions),
    }
    return render(request, "catalog/source.html", context)


@require_POST
@login_required
def retire(request: HttpRequest, pk: int) -> HttpResponse:
    """Close it for good."""
    user = user_of(request)
    found = get_object_or_404(Source.objects.visible_to(user).select_related("organization"), pk=pk)
    if attempt(request, lambda: retire_source(actor=user, source=found)) is not None:
        say(request, _("The source is retired. Nothing is read of it any more."))
    return redirect("source", found.pk)


@require_safe
@login_required
def tables(request: HttpRequest, pk: int) -> HttpResponse:
    """The tables that the source holds now, as a fragment."""
    user = user_of(request)
    found = get_object_or_404(Source.objects.visible_to(user).select_related("organization"), pk=pk)
    context = {"source": found, "may_register": may(user, "source.register", found.organization)}
    try:
        listed = read_tables(actor=user, source=found)
        taken = {each.table: each for each in found.distributions.select_related("dataset")}
        context |= {"tables": [(table, taken.get(table.name)) for table in listed[:200]], "total": len(listed)}
    except MessageError as error:
        context["trouble"] = translated(error)
    return render(request, "catalog/_source_tables.html", context)
