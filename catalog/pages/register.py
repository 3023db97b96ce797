"""Registering a dataset, step by step: where the rows are, which table, what it is, whose it is, and off to review.

Every step is kept as it is done: the source and the draft are rows of the database, and whoever comes back goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog import sources
from catalog.datasets.completeness import completeness_of
from catalog.datasets.models import Dataset, DatasetState, Distribution, RightKind, Source
from catalog.datasets.openings import open_hosts
from catalog.datasets.registration import (
    attach_table,
    read_columns,
    read_tables,
    register_database,
    register_file,
    register_upload,
    start_record,
    try_database,
)
from catalog.datasets.roots import list_roots
from catalog.datasets.work import drafts_of
from catalog.errors import translated
from catalog.messages import MessageError
from catalog.pages.acts import attempt, only_if_may, say, user_of
from catalog.pages.dataset import edit_record, with_tables
from catalog.pages.proposing import categories_of, proposals_for
from catalog.pages.rights import right_form, rights_seen, send_right
from catalog.pages.source_forms import AttachForm, DatabaseForm, RootFileForm, SourceForm, UploadForm
from catalog.people.models import Membership, Organization, Role, User
from catalog.people.policies import organizations_with
from catalog.templatetags.canglang import colon

# As many tables as can be looked through; a search narrows the rest.
SHOWN_TABLES = 100
RECENT_DRAFTS = 8
KINDS = ("upload", "file", "database")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the five, and whether it is behind the person or before them."""

    label: Any
    url_name: str
    done: bool
    current: bool


_STEPS = (
    (pgettext_lazy("catalogue", "Source"), "register"),
    (gettext_lazy("Table"), "register-table"),
    (gettext_lazy("Record"), "register-record"),
    (gettext_lazy("Rights"), "register-rights"),
    (gettext_lazy("Check and submit"), "register-check"),
)


def steps(current: int, *, has_draft: bool = False) -> list[Step]:
    """The five steps as the page shows them; `current` counts from 1. With a draft one may go back and forth."""
    return [
        Step(label, name if has_draft and number > 2 else "", number < current, number == current)
        for number, (label, name) in enumerate(_STEPS, 1)
    ]


def _departments(user: User) -> Any:
    """Where the person is a steward; nobody else registers anything."""
    found = Organization.objects.filter(pk__in=organizations_with(user, Role.DATA_STEWARD)).order_by("code")
    if not found:
        raise PermissionDenied
    return found


@require_http_methods(["GET", "POST"])
@login_required
def start(request: HttpRequest) -> HttpResponse:
    """Step 1: bring a source in, choose one that is here, or go on with a draft."""
    departments = _departments(user_of(request))
    kind = request.POST.get("kind") or request.GET.get("kind") or KINDS[0]
    if kind not in KINDS:
        raise Http404
    form = _source_form(request, kind, departments, sent=request.method == "POST")
    if request.method == "POST":
        if form is not None and form.was_sent(request):
            return redirect("sources")
        source = _bring_in(request, form)
        if source is not None and form is not None:
            form.remember(request)
            return redirect("register-table", source.pk)
    return _render_start(request, kind, form)


def _render_start(request: HttpRequest, kind: str, form: SourceForm | None, **more: Any) -> HttpResponse:
    user = user_of(request)
    context = {
        "steps": steps(1),
        "kind": kind,
        "form": form,
        "drafts": drafts_of(user).select_related("provider")[:RECENT_DRAFTS],
        "known": Source.objects.visible_to(user)
        .filter(organization_id__in=organizations_with(user, Role.DATA_STEWARD), retired_at=None)
        .order_by("-created_at")[:RECENT_DRAFTS],
        **more,
    }
    return render(request, "catalog/register/start.html", context)


def _source_form(request: HttpRequest, kind: str, departments: Any, *, sent: bool) -> SourceForm | None:
    """The form of this kind of source; None where the operator has opened no root or host to these departments."""
    data = request.POST if sent else None
    if kind == "upload":
        return UploadForm(data, request.FILES if sent else None, organizations=departments)
    if kind == "file":
        listings = list_roots(actor=user_of(request), organizations=departments)
        return RootFileForm(data, organizations=departments, listings=listings) if listings else None
    hosts = {name: address for department in departments for name, address in open_hosts(department).items()}
    return DatabaseForm(data, organizations=departments, hosts=hosts) if hosts else None


def _bring_in(request: HttpRequest, form: SourceForm | None) -> Source | None:
    """Register what the form describes. What cannot be opened is refused, with the reason on the form."""
    if form is None or not form.is_valid():
        return None
    said, user = form.cleaned_data, user_of(request)
    owner: dict[str, Any] = {"actor": user, "organization": said["organization"], "name": said["name"]}
    act: Callable[[], Source]
    match form:
        case UploadForm():
            act = lambda: register_upload(**owner, upload=said["file"])  # noqa: E731
        case RootFileForm():
            root, path = form.place
            act = lambda: register_file(**owner, root=root, path=path)  # noqa: E731
        case DatabaseForm():
            account = form.account
            act = lambda: register_database(**owner, **account)  # noqa: E731
        case _:
            raise TypeError(type(form))
    return attempt(request, act, form=form)


@require_POST
@login_required
def try_connection(request: HttpRequest) -> HttpResponse:
    """Whether the database answers, without keeping anything: the fragment under the button, or the whole page again."""
    user = user_of(request)
    form = _source_form(request, "database", _departments(user), sent=True)
    if not isinstance(form, DatabaseForm):
        raise Http404
    result: dict[str, Any] = {}
    if form.is_valid():
        try:
            organization = form.cleaned_data["organization"]
            tables = try_database(actor=user, organization=organization, **form.account)
            result = {"answered": True, "tables": tables[:6], "count": len(tables)}
        except MessageError as error:
            result = {"refused": translated(error)}
    else:
        result = {"refused": " ".join(colon(form[name].label) + str(texts[0]) for name, texts in form.errors.items())}
    if request.headers.get("HX-Request"):
        return render(request, "catalog/register/_test.html", result)
    form.errors.clear()
    return _render_start(request, "database", form, **result)


@dataclass(frozen=True, slots=True)
class OfferedTable:
    """A table one may choose, and the dataset it belongs to where it is registered already."""

    name: str
    comment: str
    row_estimate: int | None
    taken_by: Distribution | None


def _own_source(request: HttpRequest, pk: int) -> Source:
    """A source that this person may register from."""
    rows = Source.objects.visible_to(user_of(request)).select_related("organization", "created_by")
    found: Source = get_object_or_404(rows, pk=pk)
    only_if_may(user_of(request), "source.register", found.organization)
    return found


@require_http_methods(["GET", "POST"])
@login_required
def table(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 2: the tables of the source, and the columns of the one that is looked at. Choosing one begins the draft, or adds it to a
    record that is there."""
    source, user = _own_source(request, pk), user_of(request)
    if request.method == "POST":
        wanted = request.POST.get("table", "")[:255]
        if "dataset" in request.POST:
            return _add_to_record(request, source, wanted)
        dataset = attempt(request, lambda: start_record(actor=user, source=source, table=wanted))
        if dataset is not None:
            say(request, _("The draft is begun. What you write from here on is kept at every step."))
            return redirect("register-record", dataset.pk)
        return redirect("register-table", pk)
    words = request.GET.get("q", "").strip()[:100].lower()
    tables: tuple[sources.TableInfo, ...] = ()
    trouble = ""
    try:
        tables = read_tables(actor=user, source=source)
    except MessageError as error:
        trouble = translated(error)
    matching = [found for found in tables if words in found.name.lower() or words in found.comment.lower()]
    taken = {each.table: each for each in source.distributions.select_related("dataset")}
    offered = [
        OfferedTable(found.name, found.comment, found.row_estimate, taken.get(found.name))
        for found in matching[:SHOWN_TABLES]
    ]
    looked_at = request.GET.get("table", "") or (offered[0].name if len(offered) == 1 else "")
    context = {
        "steps": steps(2),
        "source": source,
        "tables": offered,
        "total": len(tables),
        "hidden": len(matching) - len(offered),
        "q": words,
        "trouble": trouble,
        **(_columns(user, source, looked_at, taken) if looked_at and not trouble else {}),
    }
    return render(request, "catalog/register/table.html", context)


def _add_to_record(request: HttpRequest, source: Source, table: str) -> HttpResponse:
    """One dataset may have several tables: add this one to a record of the department that can be edited now."""
    form = AttachForm(request.POST, source=source)
    if not form.is_valid():
        messages.error(request, " ".join(str(text) for text in form.errors["dataset"]))
        return redirect("register-table", source.pk)
    dataset = form.cleaned_data["dataset"]
    if attempt(request, lambda: attach_table(actor=user_of(request), dataset=dataset, source=source, table=table)):
        say(request, _("The table is added to this record."))
        return redirect("dataset", dataset.pk)
    return redirect("register-table", source.pk)


def _columns(user: User, source: Source, name: str, taken: dict[str, Distribution]) -> dict[str, Any]:
    """What the columns of one table are called; never what stands in them."""
    found: dict[str, Any] = {"looked_at": name, "taken_by": taken.get(name)}
    form = AttachForm(source=source)
    if name not in taken and form.fields["dataset"].queryset.exists():  # type: ignore[attr-defined]
        found["attach_form"] = form
    try:
        found["columns"] = read_columns(actor=user, source=source, table=name)
    except MessageError as error:
        found["columns_trouble"] = translated(error)
    return found


@require_safe
@login_required
def columns(request: HttpRequest, pk: int) -> HttpResponse:
    """The columns of one table, as the fragment beside the list."""
    source = _own_source(request, pk)
    taken = {each.table: each for each in source.distributions.select_related("dataset")}
    looked_at = _columns(user_of(request), source, request.GET.get("table", "")[:255], taken)
    return render(request, "catalog/register/_columns.html", {"source": source, **looked_at})


def _draft(request: HttpRequest, pk: int) -> Dataset:
    """A draft that this person may write. One that has been submitted is shown on its own page instead."""
    user = user_of(request)
    rows = with_tables(Dataset.objects.visible_to(user).select_related("provider", "created_by"))
    dataset: Dataset = get_object_or_404(rows, pk=pk)
    only_if_may(user, "dataset.edit", dataset)
    return dataset


@require_http_methods(["GET", "POST"])
@login_required
def record(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 3: the standard record, beside the columns of the table. Put away unfinished, it only has to be not wrong."""
    dataset = _draft(request, pk)
    if dataset.state != DatasetState.DRAFT:
        return redirect("dataset", pk)
    later = "later" in request.POST
    help_given = proposals_for(dataset) if request.method == "GET" else {}
    form, saved = edit_record(request, dataset, unfinished=later or request.method == "GET", proposed=help_given)
    if saved and later:
        say(request, _("The draft is kept. You find it on the first page, under “Drafts to finish”."))
        return redirect("register")
    if saved:
        return redirect("register-rights", pk)
    fields = [field for table in dataset.distributions.all() for field in table.fields.all()]
    context = {
        "steps": steps(3, has_draft=True),
        "dataset": dataset,
        "form": form,
        "fields": fields,
        "proposed": bool(help_given),
        "categories": categories_of(dataset),
    }
    return render(request, "catalog/register/record.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def rights(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 4: whose it is. Ownership with its basis is needed; control is the owner's unless another has it."""
    dataset, user = _draft(request, pk), user_of(request)
    if dataset.state != DatasetState.DRAFT:
        return redirect("dataset", pk)
    current = [right for right in rights_seen(dataset, user) if right.ended_at is None]
    kind = request.POST.get("kind") or request.GET.get("kind") or ""
    if kind not in RightKind.values:
        kind = "" if any(right.kind == RightKind.OWNERSHIP for right in current) else RightKind.OWNERSHIP
    form = right_form(request, dataset, kind) if kind else None
    if request.method == "POST" and form is not None and send_right(request, dataset, form):
        say(request, _("The right is recorded."))
        return redirect("register-rights", pk)
    context = {
        "steps": steps(4, has_draft=True),
        "dataset": dataset,
        "kinds": [(each, [right for right in current if right.kind == each]) for each in RightKind],
        "kind": kind,
        "form": form,
        "has_owner": any(right.kind == RightKind.OWNERSHIP for right in current),
    }
    return render(request, "catalog/register/rights.html", context)


@require_safe
@login_required
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 5: what is filled, what is to be put right, who will review it; then it is submitted (`dataset.submit`)."""
    dataset = _draft(request, pk)
    if dataset.state != DatasetState.DRAFT:
        return redirect("dataset", pk)
    context = {
        "steps": steps(5, has_draft=True),
        "dataset": dataset,
        "tables": dataset.distributions.all(),
        "completeness": completeness_of(dataset),
        "reviewers": _reviewers(dataset, user_of(request)),
    }
    return render(request, "catalog/register/check.html", context)


def _reviewers(dataset: Dataset, submitter: User) -> list[User]:
    """Who may publish it: stewards and approvers of the department that neither wrote nor submit it."""
    held = Membership.objects.active().filter(
        organization_id=dataset.provider_id, role__in=[Role.DATA_STEWARD, Role.APPROVER]
    )
    people = User.objects.filter(memberships__in=held).exclude(pk__in=[dataset.created_by_id, submitter.pk])
    return list(people.distinct().order_by("pk")[:5])
