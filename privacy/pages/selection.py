"""Which distributions a page of privacy may show: those of the datasets that the reader works on."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q

from catalog.datasets.models import DatasetState, Distribution, RightKind, RightsAssignment
from catalog.people.models import Role, User
from catalog.people.policies import organizations_with
from privacy.models import READING_ROLES

# Who asks for scans.
SCANNING_ROLES = (Role.PRIVACY_OFFICER, Role.DATA_STEWARD)


def distributions_worked_on(user: User, *roles: Role) -> Any:
    """Distributions of datasets whose provider, owner or controller `user` holds one of `roles` with (any reading role)."""
    working = organizations_with(user, *(roles or READING_ROLES))
    holders = RightsAssignment.objects.current().filter(
        dataset=OuterRef("dataset"),
        kind__in=[RightKind.OWNERSHIP, RightKind.CONTROL],
        holder_id__in=working,
    )
    return (
        Distribution.objects.filter(Q(dataset__provider_id__in=working) | Exists(holders))
        .exclude(dataset__state=DatasetState.RETIRED)
        .select_related("dataset__provider", "source", "subject_field")
        .order_by("dataset__code", "pk")
    )
