"""Which parts of a dataset a user may see, where no model's `visible_to` answers it. Pages and API ask the same."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q

from catalog.datasets.models import DataField, Dataset, Distribution, GradeProposal, RightKind, RightsAssignment
from catalog.people.models import Role, User
from catalog.people.policies import organizations_with

GRADING_ROLES = (Role.DATA_STEWARD, Role.PRIVACY_OFFICER)


def visible_distributions(user: User) -> Any:
    """The distributions of the datasets that `user` may see."""
    return Distribution.objects.filter(dataset__in=Dataset.objects.visible_to(user)).select_related(
        "dataset__provider", "source", "subject_field"
    )


def visible_fields(user: User) -> Any:
    """Their fields."""
    return DataField.objects.filter(distribution__dataset__in=Dataset.objects.visible_to(user)).select_related(
        "distribution__dataset__provider", "distribution__source"
    )


def visible_rights(user: User, working: set[int]) -> Any:
    """Ownership and control of every dataset that is seen; who may use it is shown to the user and to those who work on it."""
    return RightsAssignment.objects.filter(
        Q(kind__in=[RightKind.OWNERSHIP, RightKind.CONTROL])
        | Q(holder_id__in=organizations_with(user))
        | Q(dataset__provider_id__in=working),
        dataset__in=Dataset.objects.visible_to(user),
    ).select_related("holder", "recorded_by", "dataset__provider")


def visible_grade_proposals(user: User) -> Any:
    """Lower grades asked for on data that `user` helps to grade."""
    working = organizations_with(user, *GRADING_ROLES)
    holders = RightsAssignment.objects.current().filter(
        dataset=OuterRef("field__distribution__dataset"),
        kind__in=[RightKind.OWNERSHIP, RightKind.CONTROL],
        holder_id__in=working,
    )
    return GradeProposal.objects.filter(
        Q(field__distribution__dataset__provider_id__in=working) | Exists(holders), field__gone_at__isnull=True
    ).select_related("field__distribution__dataset__provider", "proposed_by", "decided_by")
