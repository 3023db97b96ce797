"""What waits for a person: drafts to finish, records to review. Each is the list form of a permission in `policies`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import BigIntegerField, CharField, Exists, OuterRef, Subquery, Value
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from catalog.datasets.models import Dataset, DatasetState, RightKind, RightsAssignment
from catalog.datasets.policies import WRITTEN
from catalog.ledger.models import LedgerEntry
from catalog.people.models import Role, User
from catalog.people.policies import organizations_with

ENDS_SOON = timedelta(days=30)


def drafts_of(user: User) -> Any:
    """Drafts that `user` may finish, the one changed last first."""
    own = organizations_with(user, Role.DATA_STEWARD)
    return Dataset.objects.filter(state=DatasetState.DRAFT, provider_id__in=own).order_by("-changed_at")


def submitted_by(user: User) -> Any:
    """Records that `user` submitted and nobody has reviewed yet."""
    return Dataset.objects.filter(state=DatasetState.SUBMITTED, submitted_by=user).order_by("changed_at")


def rights_about_to_end(user: User) -> Any:
    """Ownership and control over what `user` registers, with a last day within the next weeks, the nearest first."""
    return (
        RightsAssignment.objects.current()
        .filter(
            kind__in=[RightKind.OWNERSHIP, RightKind.CONTROL],
            valid_to__lte=timezone.localdate() + ENDS_SOON,
            dataset__provider_id__in=organizations_with(user, Role.DATA_STEWARD),
        )
        .exclude(dataset__state=DatasetState.RETIRED)
        .select_related("dataset", "holder")
        .order_by("valid_to", "pk")
    )


def awaiting_review_by(user: User) -> Any:
    """Submitted records that `user` may publish, the longest waiting first: none that they opened, submitted, or wrote in
    since it was last published."""
    own = organizations_with(user, Role.DATA_STEWARD, Role.APPROVER)
    history = LedgerEntry.objects.filter(object_type="dataset", object_id=Cast(OuterRef("pk"), CharField()))
    published = history.filter(action="dataset.published").order_by("-sequence").values("sequence")[:1]
    written = LedgerEntry.objects.filter(
        WRITTEN,
        object_type="dataset",
        object_id=Cast(OuterRef("pk"), CharField()),
        actor_id=user.pk,
        sequence__gt=OuterRef("last_published"),
    )
    return (
        Dataset.objects.filter(state=DatasetState.SUBMITTED, provider_id__in=own)
        .exclude(created_by=user)
        .exclude(submitted_by=user)
        .annotate(last_published=Coalesce(Subquery(published), Value(0), output_field=BigIntegerField()))
        .exclude(Exists(written))
        .order_by("changed_at")
    )
