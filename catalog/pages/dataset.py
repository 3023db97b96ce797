"""A dataset: its page, its record, and its life from draft to retired."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.datasets.completeness import completeness_of
from catalog.datasets.lifecycle import allowed_acts
from catalog.datasets.models import WORKING_ROLES, DataField, Dataset, DatasetState, Distribution
from catalog.datasets.services import (
    edit_dataset,
    publish_dataset,
    retire_dataset,
    return_dataset,
    submit_dataset,
    suspend_dataset,
)
from catalog.datasets.visibility import visible_grade_proposals, visible_rights
from catalog.pages.acts import attempt, only_if_may, page_of, say, user_of
from catalog.pages.forms import ReasonForm, RecordForm, record_initial
from catalog.pages.history import RECORD_WORDS, entries_about, lines_of
from catalog.pages.lineage import lineage_of
from catalog.pages.timeline import timeline_of
from catalog.pages.wording import code_word, theme_word
from catalog.people.models import User
from catalog.people.policies import organizations_with
from catalog.templatetags.canglang import listed

RECENT = 6
ALIKE = 5


def visible_dataset(request: HttpRequest, pk: int) -> Dataset:
    """The dataset, if the reader may see it; else there is nothing here."""
    rows = Dataset.objects.visible_to(user_of(request)).select_related(
        "provider", "created_by", "submitted_by", "reviewed_by", "subject_declared_by"
    )
    found: Dataset = get_object_or_404(rows, pk=pk)
    return found


def with_tables(rows: Any) -> Any:
    """Datasets with their tables and the fields of these, in order: two queries more, however many there are."""
    tables = Distribution.objects.select_related("source", "subject_field").prefetch_related(
        Prefetch("fields", queryset=DataField.objects.order_by("position"))
    )
    return rows.prefetch_related(Prefetch("distributions", queryset=tables))


@require_safe
@login_required
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """What it is, what is in it, whose it is, how to get it, and what was done to it."""
    user = user_of(request)
    rows = Dataset.objects.visible_to(user).select_related(
        "provider", "created_by", "submitted_by", "reviewed_by", "subject_declared_by"
    )
    dataset = get_object_or_404(with_tables(rows).prefetch_related("versions__published_by"), pk=pk)
    acts = allowed_acts(user, dataset)
    working = organizations_with(user, *WORKING_ROLES)
    rights = list(visible_rights(user, working).filter(dataset=dataset))
    context = {
        "dataset": dataset,
        "acts": acts,
        "tables": dataset.distributions.all(),
        "working": working,
        "rights": rights,
        "timeline": timeline_of(rights, timezone.localdate()),
        "versions": dataset.versions.all(),
        "lineage": lineage_of(dataset, user, working),
        "alike": _alike(dataset, user),
        "proposals": _proposals(dataset, user),
        "reason_form": ReasonForm(auto_id="reason_%s"),
        "history": lines_of(user, entries_about(dataset)[:RECENT], dataset) if "dataset.read_history" in acts else [],
    }
    if "dataset.submit" in acts:
        context["completeness"] = completeness_of(dataset)
    if dataset.note and "dataset.read_history" in acts:
        context["told"] = _last_told(dataset, user)
    return render(request, "catalog/dataset.html", context)


def _alike(dataset: Dataset, user: User) -> Any:
    """A few others on the same theme."""
    if not dataset.theme:
        return []
    others = Dataset.objects.visible_to(user).published().filter(theme=dataset.theme).exclude(pk=dataset.pk)
    return others.select_related("provider").order_by("title")[:ALIKE]


def _proposals(dataset: Dataset, user: User) -> Any:
    """Lower grades that wait for a second person."""
    return visible_grade_proposals(user).filter(field__distribution__dataset=dataset, accepted__isnull=True)


def _last_told(dataset: Dataset, user: User) -> Any:
    """Who gave `dataset.note` as the reason: for those who work on it."""
    told = entries_about(dataset).filter(action__in=["dataset.returned", "dataset.suspended", "dataset.retired"])
    entry = told.first()
    return lines_of(user, [entry], dataset)[0] if entry else None


@require_safe
@login_required
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """Every act on it, for those who work on it."""
    dataset = visible_dataset(request, pk)
    only_if_may(user_of(request), "dataset.read_history", dataset)
    page = page_of(request, entries_about(dataset))
    return render(
        request,
        "catalog/history.html",
        {"dataset": dataset, "page": page, "history": lines_of(user_of(request), page.object_list, dataset)},
    )


@require_safe
@login_required
def version(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """What the record said when it was published, and what had changed since the version before."""
    dataset = visible_dataset(request, pk)
    found = get_object_or_404(dataset.versions.select_related("published_by"), number=number)
    before = dataset.versions.filter(number=number - 1).first()
    said = [
        (
            word,
            _shown(name, found.record.get(name)),
            # A version made before the record had a field says as much of it as one where it is empty.
            before is not None and (before.record.get(name) or None) != (found.record.get(name) or None),
        )
        for name, word in RECORD_WORDS.items()
    ]
    return render(
        request,
        "catalog/version.html",
        {"dataset": dataset, "version": found, "said": said, "before": before},
    )


def _shown(name: str, value: Any) -> Any:
    """A value of the stored record as it reads."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if name == "theme":
        return theme_word(value or "")
    if name in ("share_type", "share_mode", "update_cycle"):
        return code_word(value) if value else ""
    if name == "items":
        return listed(item["name"] for item in value or [])
    return listed(value) if isinstance(value, list) else value


@require_http_methods(["GET", "POST"])
@login_required
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the record of a draft or suspended dataset."""
    dataset = visible_dataset(request, pk)
    only_if_may(user_of(request), "dataset.edit", dataset)
    form, saved = edit_record(request, dataset, unfinished=dataset.state == DatasetState.DRAFT)
    if saved:
        say(request, _("The record is saved."))
        return redirect("dataset", pk)
    return render(request, "catalog/edit.html", {"dataset": dataset, "form": form})


def edit_record(
    request: HttpRequest, dataset: Dataset, *, unfinished: bool, proposed: Mapping[str, str] | None = None
) -> tuple[RecordForm, bool]:
    """The record's form, and whether what was sent is saved. Shared by the page above and the wizard, which proposes a beginning."""
    if request.method != "POST":
        return RecordForm(initial={**record_initial(dataset), **(proposed or {})}, unfinished=unfinished), False
    form = RecordForm(request.POST, initial=record_initial(dataset), unfinished=unfinished)
    if not form.is_valid():
        return form, False
    values, revision = form.values, form.cleaned_data["revision"]
    saved = attempt(
        request,
        lambda: edit_dataset(actor=user_of(request), dataset=dataset, revision=revision, values=values),
        form=form,
    )
    if saved is None and revision != dataset.revision:
        _offer_again(form, dataset)
    return form, saved is not None


def _offer_again(form: RecordForm, dataset: Dataset) -> None:
    """Somebody saved in between: say where the two differ, and let this one be saved over it once that was read."""
    differing = [str(RECORD_WORDS[name]) for name, value in form.values.items() if getattr(dataset, name) != value]
    form.data = {**cast(QueryDict, form.data).dict(), "revision": str(dataset.revision)}
    if differing:
        form.add_error(
            None,
            _("What you typed differs from what is saved now in: %(fields)s. Saving again keeps yours.")
            % {"fields": listed(differing)},
        )


@require_POST
@login_required
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand it to a reviewer."""
    dataset = visible_dataset(request, pk)
    if attempt(request, lambda: submit_dataset(actor=user_of(request), dataset=dataset)):
        say(request, _("Submitted. Somebody else of your department reviews it."))
        return redirect("dataset", pk)
    back = "dataset.edit" in allowed_acts(user_of(request), dataset) and dataset.state == DatasetState.DRAFT
    return redirect("register-check" if back else "dataset", pk)


@require_POST
@login_required
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Publish it, as somebody who did not write it."""
    dataset = visible_dataset(request, pk)
    if attempt(request, lambda: publish_dataset(actor=user_of(request), dataset=dataset)):
        say(request, _("Published. Everybody who is signed in can find it now."))
    return redirect("dataset", pk)


# Acts that ask why. The service, the permission, the words of the page, and what is said afterwards.
_REASONED = {
    "return": (return_dataset, "dataset.return", True),
    "suspend": (suspend_dataset, "dataset.suspend", False),
    "retire": (retire_dataset, "dataset.retire", False),
}


@require_http_methods(["GET", "POST"])
@login_required
def reasoned_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Return, suspend or retire it, with the reason. The dataset's page has the same form; this one keeps what was typed."""
    if act not in _REASONED:
        raise Http404
    service, permission, reason_needed = _REASONED[act]
    dataset = visible_dataset(request, pk)
    only_if_may(user_of(request), permission, dataset)
    form = ReasonForm(request.POST or None)
    form.fields["reason"].required = reason_needed
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        if attempt(request, lambda: service(actor=user_of(request), dataset=dataset, reason=reason), form=form):
            say(request, _DONE[act]())
            return redirect("dataset", pk)
    return render(request, "catalog/reason.html", {"dataset": dataset, "form": form, "act": act})


_DONE = {
    "return": lambda: _("Returned. Its steward finds it among the drafts, with your reason."),
    "suspend": lambda: _("Suspended. No new application can be made for it."),
    "retire": lambda: _("Retired. Its history stays."),
}
