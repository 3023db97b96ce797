"""Who stands on which side of an application, and the permissions around it. What a side may do is `access.workflow`."""

from __future__ import annotations

from collections.abc import Iterable

from access.key_models import KeyRequest
from access.models import Application, Assessment, Decision, Offer, Order, Project, Release
from access.reidentification_models import Reidentification
from access.workflow import DECIDERS, Side, State
from catalog.people.models import Role, User
from catalog.people.policies import has_role_in, holds, organizations_with, permit, predicate


def sides_of(user: User, application: Application) -> frozenset[Side]:
    """The sides `user` stands on. Nobody stands on two: who asks or receives, or asks for the same organisation, does not decide;
    who signed for one side, or confirmed the payment for finance, does not act for another."""
    if user.pk == application.applicant_id:
        member = holds(user, Role.REQUESTER, application.organization_id)
        return frozenset({Side.APPLICANT}) if member else frozenset()
    if application.recipients.filter(pk=user.pk).exists():
        return frozenset()
    if holds(user, Role.REQUESTER, application.organization_id):
        return frozenset()
    dataset = application.distribution.dataset
    owner, controller = dataset.owner, dataset.controller
    owner_id, controller_id = owner.pk if owner else None, controller.pk if controller else None
    sides: set[Side] = set()
    if holds(user, Role.APPROVER, owner_id):
        sides.add(Side.OWNER)
    if controller_id != owner_id and holds(user, Role.APPROVER, controller_id):
        sides.add(Side.CONTROLLER)
    if holds(user, Role.PRIVACY_OFFICER, owner_id):
        sides.add(Side.PRIVACY)
    if holds(user, Role.FINANCE, owner_id):
        sides.add(Side.FINANCE)
    signed = signed_side(user, application)
    if signed is not None:
        sides &= {signed}
    return frozenset(sides)


# From here on somebody has decided.
_DECIDED = frozenset({State.AWAITING_PAYMENT, State.GRANTED, State.REVOKED})


def hidden_figures(user: User, application: Application, assessments: Iterable[Assessment]) -> frozenset[int]:
    """Ids of those of the application's assessments that `user` is not shown the figures of: rows, persons, classes, and the verdict
    that follows from them.

    A row filter makes each count the answer to a question about the rows that match, down to one neighbour's diagnosis. So the side
    that asks does not see them until somebody has decided on that very assessment; what was asked before, and perhaps without a
    filter since, stays hidden. Those who decide see them from the start.
    """
    decided = State(application.state) in _DECIDED
    hidden = frozenset(
        item.pk for item in assessments if item.filtered and not (decided and item.superseded_at is None)
    )
    if not hidden or sides_of(user, application) & DECIDERS:
        return frozenset()
    asks = (
        user.pk == application.applicant_id
        or user.memberships.active().filter(organization_id=application.organization_id).exists()
        or application.recipients.filter(pk=user.pk).exists()
    )
    return hidden if asks else frozenset()


def signed_side(user: User, application: Application) -> Side | None:
    """The side `user` has signed for: an approval on the application's present assessment, or that it was paid."""
    side = (
        Decision.objects.filter(
            application=application, decided_by=user, verdict="approve", assessment__superseded_at__isnull=True
        )
        .values_list("side", flat=True)
        .first()
    )
    if side:
        return Side(side)
    return Side.FINANCE if Order.objects.filter(application=application, confirmed_by=user).exists() else None


def required_sides(application: Application, *, privacy_signs: bool) -> frozenset[Side]:
    """Whose signatures an approval needs: the owner, the controller where that is another, and privacy where the risk asks."""
    dataset = application.distribution.dataset
    owner, controller = dataset.owner, dataset.controller
    required = {Side.OWNER}
    if owner is not None and controller is not None and controller.pk != owner.pk:
        required.add(Side.CONTROLLER)
    if privacy_signs:
        required.add(Side.PRIVACY)
    return frozenset(required)


@predicate
def is_on_a_deciding_side(user: User, application: Application) -> bool:
    return bool(sides_of(user, application) & DECIDERS)


@predicate
def is_its_applicant(user: User, application: Application) -> bool:
    return Side.APPLICANT in sides_of(user, application)


@predicate
def is_a_recipient(user: User, release: Release) -> bool:
    """A named recipient, still a member of the organisation the grant was given to."""
    grant = release.grant
    return (
        grant.recipients.filter(pk=user.pk).exists()
        and user.memberships.active().filter(organization_id=grant.organization_id).exists()
    )


@predicate
def is_steward_of_the_provider(user: User, offer: Offer) -> bool:
    return holds(user, Role.DATA_STEWARD, offer.dataset.provider_id)


@predicate
def is_finance_of_the_provider(user: User, offer: Offer) -> bool:
    return holds(user, Role.FINANCE, offer.dataset.provider_id) and offer.proposed_by_id != user.pk


@predicate
def is_officer_of_its_data(user: User, project: Project) -> bool:
    """A privacy officer of an organisation whose data was asked for in the project."""
    officer = organizations_with(user, Role.PRIVACY_OFFICER)
    return Application.objects.filter(
        project=project, submitted_at__isnull=False, distribution__dataset__provider_id__in=officer
    ).exists()


@predicate
def is_the_second_officer(user: User, request: KeyRequest) -> bool:
    return request.asked_by_id != user.pk and bool(is_officer_of_its_data(user, request.project))


@predicate
def asked_for_it(user: User, request: KeyRequest) -> bool:
    return request.asked_by_id == user.pk


permit("project.open", has_role_in("", Role.REQUESTER))  # of the organisation
permit("application.write", has_role_in("", Role.REQUESTER))  # of the organisation
permit("application.edit", is_its_applicant)
permit("assessment.raise", is_on_a_deciding_side)
permit("release.download", is_a_recipient)


@predicate
def is_officer_of_the_owner(user: User, release: Release) -> bool:
    """On the owner's privacy side of what was released, and on no side that received it."""
    return Side.PRIVACY in sides_of(user, release.grant.application)


@predicate
def is_another_officer_of_the_owner(user: User, request: Reidentification) -> bool:
    return request.asked_by_id != user.pk and bool(is_officer_of_the_owner(user, request.release))


@predicate
def asked_to_restore(user: User, request: Reidentification) -> bool:
    return request.asked_by_id == user.pk


permit("reidentification.ask", is_officer_of_the_owner)  # of the release
permit("reidentification.decide", is_another_officer_of_the_owner)
permit("reidentification.show", asked_to_restore)
permit("key.ask", is_officer_of_its_data)  # of the project
permit("key.decide", is_the_second_officer)
permit("key.withdraw", asked_for_it)
permit("offer.propose", has_role_in("provider", Role.DATA_STEWARD))  # of the dataset
permit("offer.price", is_finance_of_the_provider)
