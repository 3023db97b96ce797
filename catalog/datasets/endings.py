"""Ending a right that another organisation holds: the provider's steward proposes it, somebody of the holder agrees or refuses.

Without that the one who provides the data could take it from whoever owns or controls it, and their signatures with it. The acts are in
`rights`.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from catalog.datasets.models import RightKind, RightsAssignment
from catalog.people.models import Role, User
from catalog.people.policies import has_role_in, organizations_with, permit

AGREEING_ROLES = (Role.DATA_STEWARD, Role.APPROVER)

permit("rights.agree", has_role_in("holder", *AGREEING_ROLES))  # of the right


def needs_consent(right: RightsAssignment) -> bool:
    """Whether its holder has a say: it is ownership or control, in force, and another organisation's than the provider.

    An organisation that is closed has nobody left to ask.
    """
    return (
        right.kind in (RightKind.OWNERSHIP, RightKind.CONTROL)
        and right.holder_id != right.dataset.provider_id
        and right.holder.is_active
        and RightsAssignment.objects.current().filter(pk=right.pk).exists()
    )


class EndingQuerySet(models.QuerySet["EndingProposal"]):
    def visible_to(self, user: User) -> EndingQuerySet:
        """Seen by the stewards of the provider, who ask, and by whoever answers for the holder."""
        asking = organizations_with(user, Role.DATA_STEWARD)
        return self.filter(
            Q(right__dataset__provider_id__in=asking)
            | Q(right__holder_id__in=organizations_with(user, *AGREEING_ROLES))
        ).select_related("right__dataset__provider", "right__holder", "right__recorded_by", "proposed_by", "decided_by")

    def awaiting(self, user: User) -> EndingQuerySet:
        """Those that `user` may answer, the longest waiting first."""
        return (
            self.visible_to(user)
            .filter(accepted__isnull=True, right__holder_id__in=organizations_with(user, *AGREEING_ROLES))
            .exclude(proposed_by=user)
            .order_by("pk")
        )


class EndingProposal(models.Model):
    """That a right should end, which one side asks and the other answers."""

    right = models.ForeignKey(RightsAssignment, on_delete=models.PROTECT, related_name="ending_proposals")
    reason = models.CharField(max_length=500)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    accepted = models.BooleanField(null=True)

    objects: ClassVar[Any] = EndingQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["right"], condition=Q(accepted__isnull=True), name="ending_proposal_open_once"
            ),
            models.CheckConstraint(name="right_ended_by_a_second_person", condition=~Q(decided_by=F("proposed_by"))),
        ]

    def __str__(self) -> str:
        return f"end of {self.right_id}"
