"""How a table's fields are protected: the rules in words, one rule with its preview, the proposal, the subject, the effect on the risk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from catalog.datasets.models import DataField, Distribution, SubjectKind
from catalog.datasets.services import declare_subject
from catalog.pages.acts import attempt, page_of, say, user_of
from catalog.people.policies import may
from privacy.masking.policy import Policy
from privacy.masking.safety import ColumnFacts, policy_warnings
from privacy.models import FieldProtection, FieldRole, Finding, Scan
from privacy.pages.effect import Told, tell_effect
from privacy.pages.forms import SubjectForm
from privacy.pages.readiness import readiness_of
from privacy.pages.rule_forms import rule_in_words
from privacy.pages.selection import distributions_worked_on
from privacy.pages.words import operator_label, told
from privacy.services.protections import policy_of, propose_protections
from privacy.services.whatif import ROW_LIMIT, measure_effect


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One field with its rule in words and what the officer is warned of."""

    field: DataField
    protection: FieldProtection | None
    warnings: list[str]

    @property
    def operator(self) -> str:
        return operator_label(self.protection.operator) if self.protection else ""

    @property
    def words(self) -> str:
        """The rule with its parameters; nothing where the operator's name says all."""
        if self.protection is None:
            return ""
        words = rule_in_words(self.protection.operator, self.protection.parameters, self.field)
        return "" if words == self.operator else words


@require_safe
@login_required
def protection_list(request: HttpRequest) -> HttpResponse:
    """Every table with how far its protection is."""
    tables = (
        distributions_worked_on(user_of(request))
        .select_related("dataset__provider", "source", "subject_field", "protection")
        .annotate(
            columns=_number_of(DataField.objects.all()),
            ruled=_number_of(FieldProtection.objects.all()),
            undecided=_number_of(Finding.objects.awaiting_review()),
        )
    )
    if words := request.GET.get("q", "").replace("\0", "").strip()[:100]:
        tables = tables.filter(
            Q(dataset__title__icontains=words) | Q(dataset__title_en__icontains=words) | Q(table__icontains=words)
        )
    return render(request, "privacy/protections.html", {"page": page_of(request, tables), "q": words})


def _number_of(rows: Any) -> Any:
    """How many of `rows` a distribution has, each asked for itself: joined together they would multiply."""
    own = rows.filter(distribution=OuterRef("pk")).order_by().values("distribution")
    return Coalesce(Subquery(own.annotate(number=Count("pk")).values("number")), 0)


@require_safe
@login_required
def protection_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The protection of one table."""
    return _show(request, _distribution(request, pk))


def _distribution(request: HttpRequest, pk: int) -> Distribution:
    found: Distribution = get_object_or_404(distributions_worked_on(user_of(request)), pk=pk)
    return found


def _show(
    request: HttpRequest,
    distribution: Distribution,
    *,
    subject_form: SubjectForm | None = None,
    effect: Told | None = None,
) -> HttpResponse:
    user, dataset = user_of(request), distribution.dataset
    fields = list(distribution.fields.select_related("protection").order_by("position"))
    rows = rule_rows(distribution, fields)
    context = {
        "distribution": distribution,
        "rows": rows,
        "missing": sum(1 for row in rows if row.protection is None),
        "readiness": readiness_of(distribution),
        "subject_form": subject_form or _subject_form(distribution),
        "subject_open": subject_form is not None,
        "may_set": may(user, "protection.set", dataset),
        "may_measure": may(user, "protection.preview", dataset),
        "may_declare": may(user, "dataset.declare_subject", dataset),
        "quasi": any(field.role == FieldRole.QUASI for field in fields),
        "about_nobody": dataset.subject_kind == SubjectKind.NONE,
        "effect": effect,
        "row_limit": ROW_LIMIT,
    }
    return render(request, "privacy/protection.html", context)


def _subject_form(distribution: Distribution, data: Any = None) -> SubjectForm:
    declared = distribution.subject_field_id is not None or distribution.dataset.subject_declared_by_id is not None
    initial = {"kind": distribution.dataset.subject_kind if declared else None, "field": distribution.subject_field_id}
    return SubjectForm(data, initial=initial, fields=distribution.fields.order_by("position"))


def rule_rows(distribution: Distribution, fields: list[DataField]) -> list[RuleRow]:
    """Every field with its rule; warnings as `privacy.masking.safety` gives them."""
    policy, _version = policy_of(distribution)
    warned = warnings_of(policy, column_facts(distribution, fields))
    return [RuleRow(field, getattr(field, "protection", None), warned.get(field.name, [])) for field in fields]


def column_facts(distribution: Distribution, fields: list[DataField]) -> dict[str, ColumnFacts]:
    """How many different values each column has, as the last scan that read anything counted them."""
    scan = Scan.objects.filter(distribution=distribution).exclude(columns=[]).only("columns").first()
    counts = {column["name"]: column["counts"] for column in (scan.columns if scan else [])}
    return {
        field.name: ColumnFacts(
            entity_type=field.entity_type or None,
            distinct=counts.get(field.name, {}).get("distinct"),
            rows=counts.get(field.name, {}).get("cells"),
        )
        for field in fields
    }


def warnings_of(policy: Policy, facts: dict[str, ColumnFacts]) -> dict[str, list[str]]:
    """What the officer is warned of, by column, in the reader's language."""
    known = Policy(fields={name: rule for name, rule in policy.fields.items() if name in facts})
    found: dict[str, list[str]] = {}
    for warning in policy_warnings(known, facts):
        found.setdefault(warning.column, []).append(told(warning.message, warning.params))
    return found


View = Callable[[HttpRequest, int], HttpResponse]


def _act(view: View) -> View:
    """An act is a POST. Its address in the browser's bar (after an error, or a new sign-in) leads back to the table."""

    @require_http_methods(["GET", "POST"])
    @login_required
    @wraps(view)
    def act(request: HttpRequest, pk: int) -> HttpResponse:
        return view(request, pk) if request.method == "POST" else redirect("protection", pk)

    return act


@_act
def propose(request: HttpRequest, pk: int) -> HttpResponse:
    """A first rule for every field that has none."""
    distribution = _distribution(request, pk)
    written = attempt(request, lambda: propose_protections(actor=user_of(request), distribution=distribution))
    if written:
        say(request, _("Rules were written for %(number)s fields. Look through them.") % {"number": len(written)})
    elif written is not None:
        say(request, _("Every field has a rule already."))
    return redirect("protection", distribution.pk)


@_act
def subject(request: HttpRequest, pk: int) -> HttpResponse:
    """Say whom a row is about."""
    distribution = _distribution(request, pk)
    form = _subject_form(distribution, request.POST)
    if form.is_valid():
        kind, field = SubjectKind(form.cleaned_data["kind"]), form.cleaned_data["field"]
        done = attempt(
            request,
            lambda: declare_subject(actor=user_of(request), distribution=distribution, kind=kind, field=field),
            # Whoever may not say it sees no form, and is told above the page.
            form=form if may(user_of(request), "dataset.declare_subject", distribution.dataset) else None,
        )
        if done is not None:
            say(request, _("The subject is declared."))
            return redirect("protection", distribution.pk)
    distribution.refresh_from_db()
    return _show(request, distribution, subject_form=form)


@_act
def effect(request: HttpRequest, pk: int) -> HttpResponse:
    """Measure what the protection does to k and to the people who stand alone. Reads; writes nothing."""
    distribution = _distribution(request, pk)
    measured = attempt(request, lambda: measure_effect(actor=user_of(request), distribution=distribution))
    return _show(request, distribution, effect=tell_effect(measured) if measured else None)
