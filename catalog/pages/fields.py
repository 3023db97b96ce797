"""What is said of a table's columns: their names in words, their grades, and whom a row is about."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from catalog.datasets.grading import decide_grade, set_grade
from catalog.datasets.models import DataField, Dataset, Grade, GradeProposal
from catalog.datasets.services import declare_subject, describe_field
from catalog.datasets.visibility import visible_distributions, visible_fields, visible_grade_proposals
from catalog.pages.acts import attempt, only_if_may, say, user_of
from catalog.pages.dataset import with_tables
from catalog.pages.forms import DescribeForm, GradeForm, SubjectForm, describe_forms
from catalog.people.models import User


@require_http_methods(["GET", "POST"])
@login_required
def describe(request: HttpRequest, pk: int) -> HttpResponse:
    """Name the columns in words, all on one page; only what was changed is written."""
    user = user_of(request)
    rows = Dataset.objects.visible_to(user).select_related("provider")
    dataset = get_object_or_404(with_tables(rows), pk=pk)
    only_if_may(user, "dataset.edit", dataset)
    tables = dataset.distributions.all()
    forms = describe_forms(tables, request.POST if request.method == "POST" else None)
    back = _way_back(request, dataset)
    if request.method == "POST" and all([form.is_valid() for form in forms]):  # noqa: C419  every form says what is wrong
        changed = [form for form in forms if form.has_changed()]
        if attempt(request, lambda: _describe_all(user, changed)) is not None:
            said = ngettext("%(count)d column is described.", "%(count)d columns are described.", len(changed))
            say(request, said % {"count": len(changed)})
            return redirect(back)
    by_field = {form.field.pk: form for form in forms}
    tables_of_forms = [(table, [by_field[field.pk] for field in table.fields.all()]) for table in tables]
    wrong = any(form.errors for form in forms)
    context = {"dataset": dataset, "tables": tables_of_forms, "back": back, "wrong": wrong}
    return render(request, "catalog/describe.html", context)


@transaction.atomic
def _describe_all(actor: User, forms: list[DescribeForm]) -> list[DataField]:
    """Each column is an act of its own in the ledger; they happen together or not at all."""
    return [describe_field(actor=actor, field=form.field, **form.cleaned_data) for form in forms]


def _way_back(request: HttpRequest, dataset: Dataset) -> str:
    """Where the person came from within the wizard, else the dataset's page."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return reverse("dataset", args=[dataset.pk])


@require_http_methods(["GET", "POST"])
@login_required
def grade(request: HttpRequest, pk: int) -> HttpResponse:
    """Grade one field. A lower grade than now becomes a proposal for a second person."""
    user = user_of(request)
    field = get_object_or_404(visible_fields(user), pk=pk)
    dataset = field.distribution.dataset
    only_if_may(user, "grade.set", dataset)
    initial = {"grade": field.grade, "affected_object": field.grade_object, "impact": field.grade_impact}
    form = GradeForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        values = {**form.cleaned_data, "grade": Grade(form.cleaned_data["grade"])}
        said = attempt(request, lambda: _said_of(set_grade(actor=user, field=field, **values)), form=form)
        if said is not None:
            say(request, said)
            return redirect(reverse("dataset", args=[dataset.pk]) + "#fields")
    waiting = field.grade_proposals.filter(accepted__isnull=True).select_related("proposed_by").first()
    return render(request, "catalog/grade.html", {"dataset": dataset, "field": field, "form": form, "waiting": waiting})


def _said_of(proposal: GradeProposal | None) -> str:
    if proposal is None:
        return _("The field is graded.")
    return _("A lower grade needs a second person. Your proposal waits for one; until then the grade stays.")


@require_POST
@login_required
def decide(request: HttpRequest, pk: int, verdict: str) -> HttpResponse:
    """Accept or refuse a lower grade that somebody else asked for."""
    if verdict not in ("accept", "refuse"):
        raise Http404
    user = user_of(request)
    proposal = get_object_or_404(visible_grade_proposals(user), pk=pk)
    if attempt(request, lambda: decide_grade(actor=user, proposal=proposal, accept=verdict == "accept")):
        say(request, _("The lower grade counts now.") if verdict == "accept" else _("Refused; the grade stays."))
    return redirect(reverse("dataset", args=[proposal.field.distribution.dataset_id]) + "#grades")


@require_http_methods(["GET", "POST"])
@login_required
def subject(request: HttpRequest, pk: int) -> HttpResponse:
    """Say whom a row is about. Risk counts these, so this is the privacy officer's to say."""
    user = user_of(request)
    distribution = get_object_or_404(visible_distributions(user), pk=pk)
    dataset = distribution.dataset
    only_if_may(user, "dataset.declare_subject", dataset)
    initial = {"kind": dataset.subject_kind, "field": distribution.subject_field_id}
    form = SubjectForm(request.POST or None, initial=initial, distribution=distribution)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        if attempt(request, lambda: declare_subject(actor=user, distribution=distribution, **values), form=form):
            say(request, _("Said whom a row is about."))
            return redirect("dataset", dataset.pk)
    return render(request, "catalog/subject.html", {"dataset": dataset, "distribution": distribution, "form": form})
