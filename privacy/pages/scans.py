"""Scans: the list, asking for one, watching it, and what came of it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from catalog.jobs.models import ENDED
from catalog.pages.acts import attempt, page_of, say, user_of
from catalog.people.policies import may
from privacy.models import Finding, Scan, ScanMode
from privacy.pages.changes import comparison_in_words
from privacy.pages.forms import ScanFilterForm, ScanForm
from privacy.pages.scan_report import (
    column_lines,
    is_enough,
    rules_that_ran,
    sample_in_words,
    scan_progress_in_words,
    state_in_words,
    text_in_words,
    took_in_words,
    types_not_looked_for,
    what_was_not_read,
)
from privacy.pages.schedules import schedules_of, was_scheduled
from privacy.pages.selection import SCANNING_ROLES, distributions_worked_on
from privacy.services.checkpoints import resumable, resume_scan
from privacy.services.scans import cancel_scan, request_scan

_SCHEDULES_SHOWN = 50


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
    scans = visible_scans(request).defer("columns", "comparison")
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
    schedules = schedules_of(user)
    context = {
        "page": page,
        "form": form,
        # Those that have stopped first.
        "schedules": schedules.order_by("-stopped_because", "next_at")[:_SCHEDULES_SHOWN],
        "schedules_total": schedules.count(),
        "stopped": schedules.exclude(stopped_because="").count(),
        "underway": any(scan.job.state not in ENDED for scan in page),
        "may_scan": distributions_worked_on(user, *SCANNING_ROLES).exists(),
        "never": never[:10],
        "never_total": never.count(),
    }
    return render(request, "privacy/scans.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def scan_request(request: HttpRequest) -> HttpResponse:
    """Ask for a scan of a table. `?distribution=` chooses one beforehand, `?text_minutes=` how long it may read free text."""
    user = user_of(request)
    distributions = distributions_worked_on(user, *SCANNING_ROLES)
    if request.method == "POST":
        form = ScanForm(request.POST, distributions=distributions)
        if form.is_valid():
            if form.was_sent(request):
                return redirect("scans")
            chosen, mode = form.cleaned_data["distribution"], ScanMode(form.cleaned_data["mode"])
            seconds = 60 * minutes if (minutes := form.cleaned_data["text_minutes"]) else None
            scan = attempt(
                request,
                lambda: request_scan(actor=user, distribution=chosen, mode=mode, text_budget_seconds=seconds),
                form=form,
            )
            if scan is not None:
                form.remember(request)
                say(request, _("The scan is queued."))
                return redirect("scan", scan.pk)
    else:
        asked = {name: request.GET.get(name) for name in ("distribution", "text_minutes")}
        form = ScanForm(initial=asked, distributions=distributions)
    return render(request, "privacy/scan_request.html", {"form": form, "any": distributions.exists()})


@require_safe
@login_required
def scan_page(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a scan is; once it has ended, what it says."""
    scan = get_object_or_404(visible_scans(request), pk=pk)
    dataset = scan.distribution.dataset
    lines, enough = column_lines(scan), is_enough(scan)
    unread = what_was_not_read(scan)
    newer = Scan.objects.filter(distribution=scan.distribution, pk__gt=scan.pk).order_by("-pk").first()
    kept = resumable(scan)
    context = {
        "scan": scan,
        "progress": scan_progress_in_words(scan),
        "ended": scan.job.state in ENDED,
        "sentence": state_in_words(scan, enough=enough),
        "enough": enough,
        "comparison": comparison_in_words(scan),
        "unread": unread,
        "sample": sample_in_words(scan),
        "text": text_in_words(scan),
        "rules": rules_that_ran(scan),
        "skipped": types_not_looked_for(scan),
        "lines": lines,
        "found": sum(1 for line in lines if line.verdict.entity_type),
        "waiting": Finding.objects.filter(distribution=scan.distribution).awaiting_review().count(),
        "newer": newer,
        "took": took_in_words(scan.job),
        "scheduled": was_scheduled(scan),
        "may_scan": may(user_of(request), "scan.request", dataset),
        "may_protect": may(user_of(request), "protection.set", dataset),
        "resume_from": kept.rows + 1 if kept else None,
        "may_cancel": scan.job.state not in ENDED and may(user_of(request), "scan.cancel", dataset),
    }
    return render(request, "privacy/scan.html", context)


@require_safe
@login_required
def scan_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The moving part of the scan page. When the scan has ended the whole page is asked for again."""
    scan = get_object_or_404(visible_scans(request).defer("columns", "comparison"), pk=pk)
    context = {
        "scan": scan,
        "progress": scan_progress_in_words(scan),
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
    scan = get_object_or_404(visible_scans(request).defer("columns", "comparison"), pk=pk)
    if (
        request.method == "POST"
        and attempt(request, lambda: cancel_scan(actor=user_of(request), scan=scan)) is not None
    ):
        say(request, _("The scan was asked to stop. What it had read is not kept."))
    return redirect("scan", scan.pk)


@require_http_methods(["GET", "POST"])
@login_required
def scan_resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on where a scan stopped. Without a POST (after a new sign-in) only the scan is shown."""
    scan = get_object_or_404(visible_scans(request).defer("columns", "comparison"), pk=pk)
    if request.method == "POST":
        resuming = attempt(request, lambda: resume_scan(actor=user_of(request), scan=scan))
        if resuming is not None:
            say(request, _("The scan is queued. It goes on where the other one stopped."))
            return redirect("scan", resuming.pk)
    return redirect("scan", scan.pk)


def scan_link(distribution_id: int) -> str:
    """Where a scan of this table is asked for."""
    return f"{reverse('scan-request')}?distribution={distribution_id}"
