"""The row that is the truth about a piece of work: who asked, who holds it, how far it is, how it ended."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from catalog.people.models import Membership, Role, User
from catalog.people.policies import organizations_below


class JobState(models.TextChoices):
    """The job and scan states of the design."""

    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    COMPLETE = "complete", _("Complete")
    INCOMPLETE = "incomplete", _("Incomplete")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Failed")


ENDED = (JobState.COMPLETE, JobState.INCOMPLETE, JobState.CANCELLED, JobState.FAILED)


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user: User) -> JobQuerySet:
        """Everybody sees what they asked for; administrators also what the people of their branch asked for."""
        held = Membership.objects.filter(
            user=OuterRef("requested_by"), organization_id__in=organizations_below(user, Role.ADMINISTRATOR)
        )
        return self.filter(Q(requested_by_id=user.pk) | Q(Exists(held)))

    def waiting(self) -> JobQuerySet:
        return self.filter(state=JobState.QUEUED)

    def underway(self) -> JobQuerySet:
        return self.filter(state__in=[JobState.QUEUED, JobState.RUNNING])


class Job(models.Model):
    """One unit of background work. `kind` names its handler, `arguments` hold ids only.

    A worker that claims it gets a new `fence`; every later write of that worker must show the same number, so one that
    lost its lease (paused, cut off, thought dead) can no longer change anything.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=JobState, default=JobState.QUEUED)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    worker = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    cancel_requested = models.BooleanField(default=False)
    progress_done = models.BigIntegerField(default=0)
    progress_total = models.BigIntegerField(null=True)
    progress_note = models.CharField(max_length=200, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.CharField(max_length=300, blank=True)
    error_params = models.JSONField(default=dict)
    # What it found, where no row of its own keeps that: ids, codes and counts.
    result = models.JSONField(null=True)

    objects: ClassVar[Any] = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            # The relay and the reaper look twice a second for what waits and what died.
            models.Index(fields=["state", "lease_until"], name="job_to_run"),
        ]
        constraints = [
            models.CheckConstraint(
                name="job_running_has_a_lease",
                condition=~Q(state=JobState.RUNNING) | Q(lease_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
