"""The work that runs in the background: what was asked for, how far it is, and what became of it.

Each app tells what its kind of job is about (`register_kind`); the page knows no other floor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from catalog.api.serializers.records import error_of, progress_of
from catalog.jobs.models import ENDED, Job, JobState
from catalog.jobs.services import cancel_job
from catalog.pages.acts import attempt, page_of, say, user_of
from catalog.pages.waiting import PATIENCE
from catalog.people.models import Role, User
from catalog.people.policies import holds_anywhere


@dataclass(frozen=True, slots=True)
class Subject:
    """What one job is about, for a reader who may see it, and whether they may stop it."""

    title: str
    url: str = ""
    may_cancel: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of job. `find` names the subjects of jobs by their id; `steps` are the parts of the work in words."""

    label: Any
    find: Callable[[User, list[Job]], Mapping[UUID, Subject]]
    steps: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """A job as the page shows it."""

    job: Job
    label: str
    subject: Subject | None
    progress: Mapping[str, Any]
    step: str
    error: str
    took: timedelta | None


_kinds: dict[str, Kind] = {}


def register_kind(name: str, kind: Kind) -> None:
    """Tell how one kind of job is shown."""
    _kinds[name] = kind


class JobForm(forms.Form):
    """Which jobs to show."""

    scope = forms.ChoiceField(
        label=gettext_lazy("Whose"),
        required=False,
        choices=[("", gettext_lazy("Mine")), ("all", gettext_lazy("Everybody's in my branch"))],
    )
    state = forms.ChoiceField(
        label=gettext_lazy("State"), required=False, choices=[("", gettext_lazy("Any state")), *JobState.choices]
    )


def rows_of(reader: User, jobs: list[Job]) -> list[Row]:
    """The jobs in words: one query or few for each kind, however many jobs."""
    subjects: dict[UUID, Subject] = {}
    for name, kind in _kinds.items():
        if own := [job for job in jobs if job.kind == name]:
            subjects.update(kind.find(reader, own))
    return [_row(job, subjects.get(job.pk)) for job in jobs]


def _row(job: Job, subject: Subject | None) -> Row:
    kind = _kinds.get(job.kind)
    error = error_of(job)
    last = job.ended_at or (timezone.now() if job.started_at else None)
    return Row(
        job=job,
        label=str(kind.label) if kind else job.kind,
        subject=subject,
        progress=progress_of(job),
        step=str(kind.steps.get(job.progress_note, job.progress_note)) if kind else job.progress_note,
        error=error["message"] if error else "",
        took=last - job.started_at if last and job.started_at else None,
    )


@require_safe
@login_required
def jobs(request: HttpRequest) -> HttpResponse:
    """One's own jobs, newest first; for an administrator those of their whole branch."""
    user = user_of(request)
    administers = holds_anywhere(user, Role.ADMINISTRATOR)
    form = JobForm(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    everybody = administers and chosen.get("scope") == "all"
    rows = Job.objects.visible_to(user) if everybody else Job.objects.filter(requested_by=user)
    if chosen.get("state"):
        rows = rows.filter(state=chosen["state"])
    page = page_of(request, rows.select_related("requested_by").order_by("-created_at", "pk"))
    shown = rows_of(user, list(page))
    context = {
        "form": form,
        "page": page,
        "rows": shown,
        "administers": administers,
        "underway": any(row.job.state not in ENDED for row in shown),
        "worker_missing": _worker_missing(),
    }
    return render(request, "jobs/jobs.html", context)


def _worker_missing() -> bool:
    """Whether jobs wait that nobody takes, while nobody works on another either."""
    now = timezone.now()
    waiting = Job.objects.waiting().filter(created_at__lt=now - PATIENCE)
    working = Job.objects.filter(state=JobState.RUNNING, lease_until__gt=now)
    return bool(waiting.exists() and not working.exists())


@require_POST
@login_required
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask a job to stop, through the service of its kind."""
    user = user_of(request)
    job = get_object_or_404(Job.objects.visible_to(user), pk=pk)
    if attempt(request, lambda: cancel_job(actor=user, job=job)) is not None:
        say(request, _("The job was asked to stop."))
    return redirect("jobs")
