"""The filters of access's lists, and which applications wait for the reader."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q
from drf_spectacular.utils import extend_schema_field

from access.models import STATE_CHOICES, Application, Assessment, Decision, OfferState
from access.pricing import Purpose
from access.workflow import Side, State
from catalog.api.filtering import BooleanFilter, ChoiceFilter, FilterSet, IdFilter
from catalog.datasets.models import RightKind, RightsAssignment
from catalog.people.models import Role, User
from catalog.people.policies import organizations_with
from privacy.risk.codes import SignOff


class ProjectFilter(FilterSet):  # type: ignore[misc]  # the library is untyped
    organization = IdFilter(field_name="organization_id")


class OfferFilter(FilterSet):  # type: ignore[misc]
    dataset = IdFilter(field_name="dataset_id")
    state = ChoiceFilter(choices=OfferState.choices)


class ApplicationFilter(FilterSet):  # type: ignore[misc]
    state = ChoiceFilter(choices=STATE_CHOICES)
    dataset = IdFilter(field_name="distribution__dataset_id")
    organization = IdFilter(field_name="organization_id")
    project = IdFilter(field_name="project_id")
    purpose = ChoiceFilter(choices=[(purpose.value, purpose.value) for purpose in Purpose])
    mine = BooleanFilter(method="by_me", label="Those that the reader has made.")
    waiting_for_me = BooleanFilter(method="on_my_desk", label="Those on which the reader is the one to act.")

    @extend_schema_field(bool)
    def by_me(self, applications: Any, _name: str, wanted: bool) -> Any:
        return applications.filter(applicant=self.request.user) if wanted else applications

    @extend_schema_field(bool)
    def on_my_desk(self, applications: Any, _name: str, wanted: bool) -> Any:
        return waiting_for(self.request.user, applications) if wanted else applications


class ReleaseFilter(FilterSet):  # type: ignore[misc]
    application = IdFilter(field_name="grant__application_id")
    dataset = IdFilter(field_name="grant__application__distribution__dataset_id")
    organization = IdFilter(field_name="grant__organization_id")


def waiting_for(user: User, applications: Any) -> Any:
    """The applications on which `user` is the one to act: a draft to submit, a side to sign for, a payment to confirm.

    The same as asking `sides_of` and `outstanding_sides` of each, as one query.
    """
    approving = organizations_with(user, Role.APPROVER)
    owned, controlled = _held(RightKind.OWNERSHIP, approving), _held(RightKind.CONTROL, approving)
    has_controller = Exists(_rights(RightKind.CONTROL))
    mine = Q(
        state__in=[State.DRAFT, State.RETURNED],
        applicant=user,
        organization_id__in=organizations_with(user, Role.REQUESTER),
    )
    owner = owned & ~_signed(Side.OWNER)
    controller = has_controller & controlled & ~owned & ~_signed(Side.CONTROLLER)
    privacy = (
        _held(RightKind.OWNERSHIP, organizations_with(user, Role.PRIVACY_OFFICER))
        & Exists(
            Assessment.objects.filter(
                application=OuterRef("pk"),
                superseded_at__isnull=True,
                record__result__verdict__sign_offs__icontains=SignOff.PRIVACY_OFFICER.value,
            )
        )
        & ~_signed(Side.PRIVACY)
    )
    has_signed = _signatures().filter(decided_by=user)
    deciding = Q(state=State.DECIDING) & ~Exists(has_signed) & Q(owner | controller | privacy)
    paying = Q(state=State.AWAITING_PAYMENT) & Q(_held(RightKind.OWNERSHIP, organizations_with(user, Role.FINANCE)))
    receives = Application.recipients.through.objects.filter(application_id=OuterRef("pk"), user_id=user.pk)
    asks = Q(applicant=user) | Q(organization_id__in=organizations_with(user, Role.REQUESTER))
    others = Q(deciding | paying) & ~asks & ~Exists(receives)
    return applications.filter(mine | others)


def _rights(kind: RightKind) -> Any:
    return RightsAssignment.objects.current().filter(dataset=OuterRef("distribution__dataset"), kind=kind)


def _held(kind: RightKind, organizations: set[int]) -> Q:
    return Q(Exists(_rights(kind).filter(holder_id__in=organizations)))


def _signatures() -> Any:
    return Decision.objects.filter(
        application=OuterRef("pk"), verdict="approve", assessment__superseded_at__isnull=True
    )


def _signed(side: Side) -> Q:
    return Q(Exists(_signatures().filter(side=side)))
