"""How a table's fields are protected: the rules in words, one rule with its preview, the proposal, the subject, the effect on the risk."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from catalog.datasets.models import DataField, Distribution, SubjectKind
from catalog.datasets.services import declare_subject
from catalog.jobs.models import ENDED
from catalog.pages.acts import attempt, page_of, say, user_of
from catalog.people.policies import may
from privacy.masking.safety import PolicyWarning
from privacy.models import FieldProtection, FieldRole, Finding, ProtectionPolicy
from privacy.pages.effect import Told, tell_effect
from privacy.pages.forms import SubjectForm
from privacy.pages.readiness import readiness_of
from privacy.pages.rule_forms import protection_in_words
from privacy.pages.scan_report import failure_in_words, progress_in_words
from privacy.pages.selection import distributions_worked_on
from privacy.pages.words import operator_label, told
from privacy.risk.codes import ReleaseMode
from privacy.services.effects import effects_of, request_effect
from privacy.services.protections import propose_protections
from privacy.services.warnings import warnings_of
from privacy.services.whatif import ROW_LIMIT, Effect, measure_effect


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
        words = protection_in_words(self.protection, self.field)
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
    rows = rule_rows(fields)
    last = effects_of(distribution).defer("result").first()
    underway = last if last is not None and last.state not in ENDED else None
    kept = None if effect else _kept_effect(distribution)
    shown = effect or (kept.told if kept else None)
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
        "effect": shown,
        "kept": kept,
        "underway": underway,
        "progress": progress_in_words(underway) if underway else None,
        "failure": failure_in_words(last) if last else "",
        # Whether there are more rows than are read at once.
        "is_large": bool(shown and shown.sampled) or (distribution.rows or ROW_LIMIT + 1) > ROW_LIMIT,
        "row_limit": ROW_LIMIT,
        "modes": [mode.value for mode in ReleaseMode],
        "usual_mode": ReleaseMode.CONTROLLED.value,
    }
    return render(request, "privacy/protection.html", context)


@dataclass(frozen=True, slots=True)
class KeptEffect:
    """The effect as a worker measured it last, on all rows."""

    told: Told
    measured_at: datetime | None
    version: int
    is_current: bool


def _kept_effect(distribution: Distribution) -> KeptEffect | None:
    if (found := effects_of(distribution).filter(result__isnull=False).first()) is None:
        return None
    try:
        told = tell_effect(Effect.from_dict(found.result))
    except (KeyError, TypeError):
        return None  # kept by another version of the program, whose figures were others
    version = ProtectionPolicy.objects.filter(distribution=distribution).values_list("version", flat=True).first()
    measured_under = found.result["policy_version"]
    return KeptEffect(told, found.ended_at, measured_under, measured_under == version)


def _subject_form(distribution: Distribution, data: Any = None) -> SubjectForm:
    declared = distribution.subject_field_id is not None or distribution.dataset.subject_declared_by_id is not None
    initial = {"kind": distribution.dataset.subject_kind if declared else None, "field": distribution.subject_field_id}
    return SubjectForm(data, initial=initial, fields=distribution.fields.order_by("position"))


def rule_rows(fields: list[DataField]) -> list[RuleRow]:
    """Every field with its rule and what has to be said of it."""
    rules = [field.protection for field in fields if hasattr(field, "protection")]
    warned = warnings_of(rules)
    return [
        RuleRow(field, getattr(field, "protection", None), warnings_in_words(warned.get(field.pk, [])))
        for field in fields
    ]


def warnings_in_words(warnings: Iterable[PolicyWarning]) -> list[str]:
    """What the officer is warned of, in the reader's language."""
    return [told(warning.message, warning.params) for warning in warnings]


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
    """A rule for every field that has none, by how the data leave; with `replace=on` for the others too."""
    distribution = _distribution(request, pk)
    written = attempt(
        request,
        lambda: propose_protections(
            actor=user_of(request),
            distribution=distribution,
            mode=request.POST.get("mode") or ReleaseMode.CONTROLLED,
            replace=request.POST.get("replace") == "on",
        ),
    )
    if written:
        words = ngettext(
            "A rule was written for %(number)s field. Look through it.",
            "Rules were written for %(number)s fields. Look through them.",
            len(written),
        )
        say(request, words % {"number": len(written)})
    elif written is not None:
        say(request, _("Every field has its rule already; nothing was changed."))
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
    """Measure what the protection does to k and to the people who stand alone: now, or (`rows=all`) by a worker on all rows."""
    distribution = _distribution(request, pk)
    if request.POST.get("rows") == "all":
        if attempt(request, lambda: request_effect(actor=user_of(request), distribution=distribution)) is not None:
            say(request, _("All rows are being measured. You may leave this page; it goes on by itself."))
        return redirect(reverse("protection", args=[distribution.pk]) + "#effect")
    measured = attempt(request, lambda: measure_effect(actor=user_of(request), distribution=distribution))
    return _show(request, distribution, effect=tell_effect(measured) if measured else None)


@require_safe
@login_required
def effect_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the measurement of all rows is. When it has ended the page is asked for again."""
    distribution = _distribution(request, pk)
    last = effects_of(distribution).defer("result").first()
    if last is None or last.state in ENDED:
        answer = HttpResponse()
        answer["HX-Refresh"] = "true"
        return answer
    context = {"distribution": distribution, "progress": progress_in_words(last)}
    return render(request, "privacy/_effect_progress.html", context)
