"""Scans: the list, asking for one, watching it, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from catalog.api.serializers.records import progress_of
from catalog.datasets.models import DataField
from catalog.jobs.models import ENDED, Job, JobState
from catalog.pages.acts import attempt, page_of, say, user_of
from catalog.pages.waiting import duration, queued_since, reason_for_waiting
from catalog.people.models import Role
from catalog.people.policies import may
from privacy.models import Finding, Scan, ScanMode
from privacy.pages.evidence import Verdict
from privacy.pages.forms import ScanFilterForm, ScanForm
from privacy.pages.selection import distributions_worked_on
from privacy.pages.words import WORK, count, told
from privacy.services.scans import cancel_scan, request_scan

SCANNING_ROLES = (Role.PRIVACY_OFFICER, Role.DATA_STEWARD)


def visible_scans(request: HttpRequest) -> Any:
    """The scans this person may see, with what a page shows of them."""
    return Scan.objects.visible_to(user_of(request)).select_related(
        "job", "requested_by", "distribution__dataset__provider", "distribution__source"
    )


@require_safe
@login_required
def scan_list(request: HttpRequest) -> HttpResponse:
    """Every scan, the newest first, and the tables nobody has scanned."""
    user = user_of(request)
    form = ScanFilterForm(request.GET)
    scans = visible_scans(request).defer("columns")
    if form.is_valid():
        if words := form.cleaned_data["q"]:
            scans = scans.filter(
                Q(distribution__dataset__title__icontains=words)
                | Q(distribution__dataset__title_en__icontains=words)
                | Q(distribution__table__icontains=words)
            )
        if state := form.cleaned_data["state"]:
            scans = scans.filter(job__state=state)
    page = page_of(request, scans)
    never = distributions_worked_on(user, *SCANNING_ROLES).filter(
        ~Exists(Scan.objects.filter(distribution=OuterRef("pk")))
    )
    context = {
        "page": page,
        "form": form,
        "underway": any(scan.job.state not in ENDED for scan in page),
        "may_scan": distributions_worked_on(user, *SCANNING_ROLES).exists(),
        "never": never[:10],
        "never_total": never.count(),
    }
    return render(request, "privacy/scans.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def scan_request(request: HttpRequest) -> HttpResponse:
    """Ask for a scan of a table. `?distribution=` chooses one beforehand."""
    user = user_of(request)
    distributions = distributions_worked_on(user, *SCANNING_ROLES)
    if request.method == "POST":
        form = ScanForm(request.POST, distributions=distributions)
        if form.is_valid():
            if form.was_sent(request):
                return redirect("scans")
            chosen, mode = form.cleaned_data["distribution"], ScanMode(form.cleaned_data["mode"])
            scan = attempt(request, lambda: request_scan(actor=user, distribution=chosen, mode=mode), form=form)
            if scan is not None:
                form.remember(request)
                say(request, _("The scan is queued."))
                return redirect("scan", scan.pk)
    else:
        form = ScanForm(initial={"distribution": request.GET.get("distribution")}, distributions=distributions)
    return render(request, "privacy/scan_request.html", {"form": form, "any": distributions.exists()})


@require_safe
@login_required
def scan_page(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a scan is; once it has ended, what it says."""
    scan = get_object_or_404(visible_scans(request), pk=pk)
    dataset = scan.distribution.dataset
    lines = column_lines(scan)
    newer = Scan.objects.filter(distribution=scan.distribution, pk__gt=scan.pk).order_by("-pk").first()
    context = {
        "scan": scan,
        "progress": progress_in_words(scan.job),
        "ended": scan.job.state in ENDED,
        "sentence": state_in_words(scan),
        "reasons": [told(reason["message"], reason.get("params") or {}) for reason in scan.reasons],
        "lines": lines,
        "found": sum(1 for line in lines if line.verdict.entity_type),
        "waiting": Finding.objects.filter(distribution=scan.distribution).awaiting_review().count(),
        "newer": newer,
        "took": _took(scan.job),
        "may_scan": may(user_of(request), "scan.request", dataset),
        "may_cancel": scan.job.state not in ENDED and may(user_of(request), "scan.cancel", dataset),
    }
    return render(request, "privacy/scan.html", context)


@require_safe
@login_required
def scan_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The moving part of the scan page. When the scan has ended the whole page is asked for again."""
    scan = get_object_or_404(visible_scans(request).defer("columns"), pk=pk)
    context = {
        "scan": scan,
        "progress": progress_in_words(scan.job),
        "may_cancel": may(user_of(request), "scan.cancel", scan.distribution.dataset),
    }
    answer = render(request, "privacy/_scan_progress.html", context)
    if scan.job.state in ENDED:
        answer["HX-Refresh"] = "true"
    return answer


@require_http_methods(["GET", "POST"])
@login_required
def scan_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a scan to stop. Without a POST (after a new sign-in) only the scan is shown."""
    scan = get_object_or_404(visible_scans(request).defer("columns"), pk=pk)
    if (
        request.method == "POST"
        and attempt(request, lambda: cancel_scan(actor=user_of(request), scan=scan)) is not None
    ):
        say(request, _("The scan was asked to stop. What it had read is not kept."))
    return redirect("scan", scan.pk)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is, in words. `hint` is what to do where it does not move."""

    done: int
    total: int | None
    words: str
    hint: str = ""


def progress_in_words(job: Job) -> Progress:
    """What the worker is at, how fast, how long it may still take; and where nobody works, that."""
    figures = progress_of(job)
    done, total, rate = figures["done"], figures["total"], figures["rows_per_second"]
    parts = [str(WORK.get(figures["note"], "")) if job.state == JobState.RUNNING else queued_since(job)]
    if rate and job.state == JobState.RUNNING:
        parts.append(_("%(rate)s rows a second") % {"rate": count(round(rate))})
        if total and total > done:
            parts.append(_("about %(time)s left") % {"time": duration((total - done) / rate)})
    if job.cancel_requested and job.state not in ENDED:
        parts.append(_("stopping"))
    return Progress(done=done, total=total, words=" · ".join(filter(None, parts)), hint=reason_for_waiting(job))


def _took(job: Job) -> str:
    """How long the reading took, and how fast it was."""
    if job.started_at is None or job.ended_at is None:
        return ""
    took, rate = duration((job.ended_at - job.started_at).total_seconds()), progress_of(job)["rows_per_second"]
    return f"{took} · {_('%(rate)s rows a second') % {'rate': count(round(rate))}}" if rate else took


def state_in_words(scan: Scan) -> str:
    """What a scan that has ended says of itself."""
    match scan.job.state:
        case JobState.COMPLETE:
            return _(
                "Every row was read. What was found is a proposal until a privacy officer decides it; no finding is no "
                "promise that there is nothing."
            )
        case JobState.INCOMPLETE if scan.mode == ScanMode.SAMPLE:
            return _("Only a sample was read. Nothing can be released on it; scan every row for that.")
        case JobState.INCOMPLETE:
            return _(
                "Not everything was read, for the reasons below. Nothing can be released until a scan is complete."
            )
        case JobState.CANCELLED:
            return _("The scan was stopped. What it had read is not kept.")
        case JobState.FAILED:
            return failure_in_words(scan.job) or _("The scan failed.")
    return ""


def failure_in_words(job: Job) -> str:
    """Why a job failed; nothing for one that did not, or that gave no reason."""
    return told(job.error_message, job.error_params) if job.state == JobState.FAILED and job.error_message else ""


@dataclass(frozen=True, slots=True)
class Line:
    """One column of a scan's result. `field` is None where the column is not registered any more."""

    verdict: Verdict
    field: DataField | None
    reasons: list[str]


def column_lines(scan: Scan) -> list[Line]:
    """The verdict of each column with what else must be said of it."""
    if not scan.columns:
        return []
    fields = {field.name: field for field in scan.distribution.fields.all()}
    by_column: dict[str, list[str]] = {}
    for reason in scan.reasons:
        params = reason.get("params") or {}
        if column := params.get("column"):
            by_column.setdefault(str(column), []).append(told(reason["message"], params))
    return [
        Line(Verdict.of_column(column), fields.get(str(column["name"])), by_column.get(str(column["name"]), []))
        for column in scan.columns
    ]


def scan_link(distribution_id: int) -> str:
    """Where a scan of this table is asked for."""
    return f"{reverse('scan-request')}?distribution={distribution_id}"
