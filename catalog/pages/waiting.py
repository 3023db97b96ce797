"""What a page says of a job that does not move: since when it waits, and why, as far as the rows tell it."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from catalog.jobs.models import Job, JobState
from catalog.templatetags.canglang import thousands

# A worker takes a queued job within a second or two; after this long a page says that none seems to be there.
PATIENCE = timedelta(seconds=20)


def queued_since(job: Job) -> str:
    """Since when a job waits that nobody has taken; nothing for another."""
    if job.state != JobState.QUEUED:
        return ""
    since = timezone.localtime(job.created_at)
    today = since.date() == timezone.localdate()
    return _("in the queue since %(time)s; no worker has taken it yet") % {
        "time": date_format(since, "TIME_FORMAT" if today else "SHORT_DATETIME_FORMAT")
    }


def reason_for_waiting(job: Job) -> str:
    """Why a job does not move and what to do about it; nothing while there is no need to worry."""
    now = timezone.now()
    if job.state == JobState.QUEUED:
        waited = now - job.created_at
        if waited < PATIENCE:
            return ""
        busy = Job.objects.filter(state=JobState.RUNNING, lease_until__gte=now).count()
        if busy:
            ahead = Job.objects.waiting().filter(created_at__lt=job.created_at).count() + busy
            return _("Other work is done first. Jobs before this one: %(number)s.") % {"number": ahead}
        return _(
            "Nobody has taken it for %(time)s: the worker seems to have stopped. It stays in the queue and begins as soon as a worker "
            "runs; tell whoever operates the program."
        ) % {"time": duration(waited.total_seconds())}
    if job.state == JobState.RUNNING and job.lease_until is not None and job.lease_until < now:
        return _("The worker has not been heard of for a while. The work is given to another by itself.")
    return ""


def duration(seconds: float) -> str:
    """A length of time in words."""
    if seconds < 90:
        return _("%(number)s s") % {"number": thousands(max(1, round(seconds)))}
    if seconds < 5400:
        return _("%(number)s min") % {"number": thousands(round(seconds / 60))}
    return _("%(number)s h") % {"number": thousands(round(seconds / 3600, 1))}
