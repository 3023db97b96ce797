"""Reviewing what the scans found: the queue over all tables, the findings of one, and declaring by hand what a scan cannot see."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Min, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from catalog.datasets.models import DataField, Distribution
from catalog.pages.acts import attempt, page_of, say, user_of
from catalog.pages.charts import Chart
from catalog.pages.wording import entity_type_word
from catalog.people.models import User
from catalog.people.policies import may
from privacy.models import FieldRole, Finding, FindingState
from privacy.pages.forms import DeclareForm
from privacy.pages.heat import heat_map
from privacy.pages.selection import distributions_worked_on
from privacy.pages.words import LIKELIHOODS
from privacy.services.findings import declare_finding
from privacy.services.mentions import last_scan

_MOST_TYPES = 12


@require_safe
@login_required
def queue(request: HttpRequest) -> HttpResponse:
    """What waits for a decision, table by table, the oldest first; then the tables in which all is decided."""
    user = user_of(request)
    awaiting = Finding.objects.visible_to(user).awaiting_review()
    came_back = request.GET.get("which") == "came_back"
    chosen = Finding.objects.visible_to(user).came_back() if came_back else awaiting
    counts = list(
        chosen.values("distribution")
        .annotate(
            waiting=Count("pk"),
            second=Count("pk", filter=~Q(pending_state="")),
            mine=Count("pk", filter=Q(pending_by=user)),
            direct=Count("pk", filter=Q(role=FieldRole.DIRECT)),
            returned=Count("pk", filter=~Q(returned=[])),
            oldest=Min("scan__requested_at"),
        )
        .order_by("oldest", "distribution")
    )
    tables = distributions_worked_on(user)
    known = tables.in_bulk([line["distribution"] for line in counts])
    waiting = [{**line, "table": known[line["distribution"]]} for line in counts if line["distribution"] in known]
    decided = (
        tables.filter(findings__isnull=False)
        .exclude(pk__in=awaiting.order_by().values("distribution"))
        .annotate(total=Count("findings"))
    )
    context = {
        "waiting": waiting,
        "number": sum(line["waiting"] for line in waiting),
        "mine": sum(line["mine"] for line in waiting),
        "came_back": came_back,
        "returned": Finding.objects.visible_to(user).came_back().count(),
        "page": page_of(request, decided),
        "chart": _findings_by_type(user),
    }
    return render(request, "privacy/review.html", context)


def _findings_by_type(user: User) -> Chart | None:
    """What is in all the tables together; None while there is nothing."""
    by_type = (
        Finding.objects.visible_to(user)
        .exclude(Q(state=FindingState.REJECTED) | Q(entity_type=""))
        .values_list("entity_type")
        .annotate(number=Count("pk"))
        .order_by("-number", "entity_type")[:_MOST_TYPES]
    )
    if not by_type:
        return None
    return Chart(
        id="findings-by-type",
        title=_("Columns by what is in them"),
        kind="hbar",
        labels=[entity_type_word(code) for code, _number in by_type],
        series={_("Columns"): [number for _code, number in by_type]},
    )


@require_safe
@login_required
def table_findings(request: HttpRequest, pk: int) -> HttpResponse:
    """The heat map of one table: every column, how likely it is what, and what was decided."""
    user = user_of(request)
    distribution = get_object_or_404(distributions_worked_on(user), pk=pk)
    scan = last_scan(distribution)
    rows = heat_map(distribution.fields.select_related("finding__field").order_by("position"), scan)
    undecided = [row for row in rows if row.waits]
    context = {
        "distribution": distribution,
        "rows": rows,
        "likelihoods": LIKELIHOODS,
        "undecided": len(undecided),
        "first": undecided[0].finding if undecided else None,
        "found": sum(1 for row in rows if row.finding),
        "mentioning": sum(1 for row in rows if row.mentions),
        "scan": scan,
        "may_decide": may(user, "finding.decide", distribution.dataset),
        "next_table": None if undecided else _next_table(user, distribution),
    }
    return render(request, "privacy/findings.html", context)


def _next_table(user: User, distribution: Distribution) -> Distribution | None:
    """Another table in which something waits for this person, the oldest first."""
    waiting = Finding.objects.visible_to(user).awaiting_review().exclude(distribution=distribution)
    # NULL is nobody: `exclude(pending_by=user)` alone would be right, said so that it is plain.
    waiting = waiting.filter(Q(pending_by__isnull=True) | ~Q(pending_by=user))
    first = waiting.order_by("scan__requested_at", "pk").values_list("distribution", flat=True).first()
    found: Distribution | None = distributions_worked_on(user).filter(pk=first).first() if first else None
    return found


@require_http_methods(["GET", "POST"])
@login_required
def declare(request: HttpRequest, pk: int) -> HttpResponse:
    """Say by hand what a column is in which the scanner found nothing. `?field=` chooses one beforehand."""
    user = user_of(request)
    distribution = get_object_or_404(distributions_worked_on(user), pk=pk)
    fields = DataField.objects.filter(distribution=distribution, finding__isnull=True).order_by("position")
    fields = fields.select_related("distribution__dataset__provider")
    may_decide = may(user, "finding.decide", distribution.dataset)
    if request.method == "POST":
        form = DeclareForm(request.POST, fields=fields)
        if form.is_valid():
            said = form.cleaned_data
            shown = form if may_decide else None
            declared = attempt(request, lambda: declare_finding(actor=user, **said), form=shown)
            if declared is not None:
                say(request, _("%(column)s: declared.") % {"column": declared.field.name})
                return redirect("findings", distribution.pk)
    else:
        form = DeclareForm(initial={"field": request.GET.get("field")}, fields=fields)
    context = {
        "form": form,
        "distribution": distribution,
        "may_decide": may_decide,
    }
    return render(request, "privacy/declare.html", context)
