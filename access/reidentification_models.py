"""A request to turn pseudonyms of a release back into the values they were made of, and what became of it."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from catalog.datasets.models import RightKind, RightsAssignment
from catalog.people.models import Membership, Role, User


class ReidentificationState(models.TextChoices):
    PROPOSED = "proposed", pgettext_lazy("reidentification", "Waits for a second person")
    APPROVED = "approved", pgettext_lazy("reidentification", "Agreed to, not yet shown")
    REFUSED = "refused", pgettext_lazy("reidentification", "Refused")
    SHOWN = "shown", pgettext_lazy("reidentification", "Shown")
    EXPIRED = "expired", pgettext_lazy("reidentification", "Not used in time")


OPEN = (ReidentificationState.PROPOSED, ReidentificationState.APPROVED)


class ReidentificationQuerySet(models.QuerySet["Reidentification"]):
    def visible_to(self, user: User) -> ReidentificationQuerySet:
        """The privacy officers of the organisation that owns the data; everybody else reads the ledger."""
        owned = RightsAssignment.objects.current().filter(
            kind=RightKind.OWNERSHIP,
            holder_id__in=Membership.objects.active()
            .filter(user_id=user.pk, role=Role.PRIVACY_OFFICER)
            .values("organization_id"),
            dataset=models.OuterRef("release__grant__application__distribution__dataset"),
        )
        return self.filter(models.Exists(owned))

    def awaiting_second_person(self, user: User) -> ReidentificationQuerySet:
        """What another officer asked for and `user` can agree to."""
        return self.visible_to(user).filter(state=ReidentificationState.PROPOSED).exclude(asked_by=user)

    def overdue(self) -> ReidentificationQuerySet:
        """Open ones whose time is over."""
        return self.filter(state__in=OPEN, expires_at__lte=timezone.now())


class Reidentification(models.Model):
    """Asked for by one officer, agreed to by another, shown once to the first. What it restores is never stored."""

    release = models.ForeignKey("access.Release", on_delete=models.PROTECT, related_name="reidentifications")
    field = models.CharField(max_length=255)
    reason = models.CharField(max_length=500)
    refusal = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=8, choices=ReidentificationState, default=ReidentificationState.PROPOSED)
    count = models.PositiveIntegerField()
    restored = models.PositiveIntegerField(null=True)
    # Bound into the wrapping of the pseudonyms, which are there only while the request is open.
    binding = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sealed_values = models.BinaryField(default=b"")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    shown_at = models.DateTimeField(null=True)

    objects: ClassVar[ReidentificationQuerySet] = ReidentificationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="reidentification_agreed_by_another",
                condition=Q(state__in=["proposed", "refused", "expired"])
                | ~Q(decided_by=F("asked_by")) & Q(decided_by__isnull=False),
            ),
            models.CheckConstraint(
                name="reidentification_keeps_nothing",
                condition=Q(state__in=["proposed", "approved"]) | Q(sealed_values=b""),
            ),
        ]

    def __str__(self) -> str:
        return f"reidentification {self.pk}"
