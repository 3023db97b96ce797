"""One finding on a page: as a card of the review, or as the page of its column with its history and protection."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalog.datasets.models import DataField
from catalog.ledger.models import LedgerEntry, object_type_of
from catalog.pages.acts import user_of
from catalog.pages.ledger_lines import Line, lines_of
from catalog.people.models import User
from catalog.people.policies import may
from privacy.models import FieldProtection, FieldRole, Finding, Scan, ScanMode
from privacy.pages.changes import reasons_of_return
from privacy.pages.evidence import Verdict
from privacy.pages.forms import RejectForm, VerdictForm
from privacy.pages.heat import heat_map
from privacy.pages.rule_forms import protection_in_words
from privacy.pages.selection import distributions_worked_on
from privacy.pages.words import operator_label
from privacy.services.mentions import last_scan

_HISTORY = 50
_ABOUT_A_FIELD = ("protection.set", "grade.set", "grade.lowering_proposed", "grade.lowered", "grade.lowering_refused")


def visible_findings(request: HttpRequest) -> Any:
    """The findings this person may see, with what a card shows of them."""
    return Finding.objects.visible_to(user_of(request)).select_related(
        "field", "distribution__dataset__provider", "decided_by", "pending_by", "scan__job"
    )


@require_safe
@login_required
def card(request: HttpRequest, pk: int) -> HttpResponse:
    """One finding with its evidence and what can be done about it."""
    return show_card(request, get_object_or_404(visible_findings(request), pk=pk))


@require_safe
@login_required
def next_card(request: HttpRequest, pk: int) -> HttpResponse:
    """The first finding of a table that waits for this person; `?which=came_back`: that came back."""
    distribution = get_object_or_404(distributions_worked_on(user_of(request)), pk=pk)
    waiting = waiting_for(user_of(request), distribution.pk)
    if request.GET.get("which") == "came_back":
        waiting = waiting.came_back()
    found = waiting.first()
    return redirect("review-card", found.pk) if found else redirect("findings", distribution.pk)


def waiting_for(user: User, distribution_id: int) -> Any:
    """The findings of a table that this person can decide, in the order of its columns."""
    waiting = Finding.objects.filter(distribution=distribution_id).awaiting_review()
    return waiting.filter(Q(pending_by__isnull=True) | ~Q(pending_by=user)).order_by("field__position")


def show_card(request: HttpRequest, finding: Finding, **bound: forms.Form) -> HttpResponse:
    """The card; `bound` is a form that was sent and not accepted."""
    fields = finding.distribution.fields.select_related("finding__pending_by").order_by("position")
    rows = heat_map(fields)
    waiting = [row.finding for row in rows if row.waits and row.finding]
    before = [row.finding for row in rows if row.waits and row.field.position < finding.field.position]
    after = [row.finding for row in rows if row.waits and row.field.position > finding.field.position]
    context = {
        **_about(user_of(request), finding, bound),
        "rows": rows,
        "place": next((place for place, item in enumerate(waiting, 1) if item.pk == finding.pk), None),
        "total": len(waiting),
        "previous": next(reversed(before or after), None),
        "next": next(iter(after or before), None),
    }
    answer = render(request, "privacy/card.html", context)
    # A form that was not accepted is shown at its act's address; the browser's bar keeps the card's.
    answer["HX-Push-Url"] = reverse("review-card", args=[finding.pk])
    return answer


def _about(user: User, finding: Finding, bound: dict[str, forms.Form]) -> dict[str, Any]:
    """What card and column page share: the verdict, the evidence, the forms."""
    return {
        "finding": finding,
        "returned": reasons_of_return(finding),
        "last_decision": finding.decisions.filter(waits=False).select_related("decided_by").last()
        if finding.returned
        else None,
        "field": finding.field,
        "distribution": finding.distribution,
        "verdict": Verdict.of_finding(finding),
        "unseen_in": _unseen_in(finding),
        "reject_form": bound.get("reject_form") or RejectForm(),
        "verdict_form": bound.get("verdict_form") or VerdictForm.about(finding),
        "open_form": next(iter(bound), ""),
        "may_decide": may(user, "finding.decide", finding.distribution.dataset),
        "asked_myself": finding.pending_state != "" and finding.pending_by_id == user.pk,
        "differs": finding.scan_id is not None
        and (finding.found_type, finding.found_role) != (finding.entity_type, finding.role),
    }


def _unseen_in(finding: Finding) -> Scan | None:
    """The last scan, where it read every row and saw nothing more of what was decided: what is shown is an earlier scan's."""
    scan = last_scan(finding.distribution)
    if scan is None or finding.scan_id is None or scan.pk <= finding.scan_id or scan.mode != ScanMode.FULL:
        return None
    column = next((column for column in scan.columns if column["name"] == finding.field.name), None)
    return scan if column is not None and not column["entity_type"] and column["role"] == FieldRole.NONE else None


def _last_verdict(field: DataField) -> Verdict | None:
    """What the last scan read in a column of which nothing is said."""
    scan = last_scan(field.distribution)
    columns = scan.columns if scan is not None else []
    return next((Verdict.of_column(column) for column in columns if column["name"] == field.name), None)


@require_safe
@login_required
def column(request: HttpRequest, pk: int, field: int) -> HttpResponse:
    """Everything known of one column."""
    distribution = get_object_or_404(distributions_worked_on(user_of(request)), pk=pk)
    found = get_object_or_404(distribution.fields, pk=field)
    finding = visible_findings(request).filter(field=found).first()
    return show_column(request, found, finding)


def _history(user: User, field: DataField, finding: Finding | None) -> list[tuple[Line, str]]:
    """What was decided about a column, the oldest first, each with the reason its author gave.

    Reasons are no part of the ledger; they stand with the decisions, for whoever works on the data.
    """
    dataset = field.distribution.dataset
    entries = LedgerEntry.objects.filter(
        Q(
            object_type=object_type_of(dataset),
            object_id=str(dataset.pk),
            action__in=_ABOUT_A_FIELD,
            details__field=field.pk,
        )
        | (Q(object_type=object_type_of(finding), object_id=str(finding.pk)) if finding else Q(pk__in=[]))
    )
    reasons = dict(finding.decisions.values_list("pk", "reason")) if finding else {}
    rows = entries.select_related("actor", "organization", "counterpart").order_by("sequence")[:_HISTORY]
    return [(line, reasons.get(line.entry.details.get("decision"), "")) for line in lines_of(user, rows)]


def show_column(request: HttpRequest, field: DataField, finding: Finding | None, **bound: forms.Form) -> HttpResponse:
    """The page of a column; `bound` is a form that was sent and not accepted."""
    user, distribution = user_of(request), field.distribution
    protection = FieldProtection.objects.filter(field=field).select_related("changed_by").first()
    fields = list(distribution.fields.order_by("position").values_list("pk", flat=True))
    place = fields.index(field.pk)
    context = {
        **(_about(user, finding, bound) if finding else {"verdict": _last_verdict(field)}),
        "field": field,
        "distribution": distribution,
        "protection": protection,
        "rule": protection_in_words(protection, field) if protection else "",
        "operator": operator_label(protection.operator) if protection else "",
        "history": _history(user, field, finding),
        "may_decide": may(user, "finding.decide", distribution.dataset),
        "may_protect": may(user, "protection.set", distribution.dataset),
        "previous": fields[place - 1] if place else None,
        "next": fields[place + 1] if place + 1 < len(fields) else None,
    }
    return render(request, "privacy/column.html", context)
