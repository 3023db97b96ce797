"""Who may do what to sources, datasets, rights and grades."""

from __future__ import annotations

from django.db.models import Max, Q

from catalog.datasets.models import WORKING_ROLES, Dataset, RightKind
from catalog.ledger.models import LedgerEntry
from catalog.people.models import Role, User
from catalog.people.policies import has_role_in, holds, permit, predicate

# Acts that write what a reviewer will read.
AUTHORING = ("dataset.edited", "distribution.attached", "distribution.drift_accepted", "field.described")
# Whose the data is stands in the record as well; who may use it is written by decisions.
WRITING_RIGHTS = ("right.recorded", "right.ending_proposed", "right.ended")
# Lines of the ledger by which somebody became an author (`work.awaiting_review_by` lists by the same).
WRITTEN = Q(action__in=AUTHORING) | Q(
    action__in=WRITING_RIGHTS, details__kind__in=[RightKind.OWNERSHIP, RightKind.CONTROL]
)


@predicate
def is_not_its_author(user: User, dataset: Dataset) -> bool:
    """The reviewer neither opened nor submitted the record, nor wrote anything of it since it was last published."""
    if user.pk in (dataset.created_by_id, dataset.submitted_by_id):
        return False
    history = LedgerEntry.objects.about(dataset)
    published = history.filter(action="dataset.published").aggregate(last=Max("sequence"))["last"] or 0
    return not history.filter(WRITTEN, sequence__gt=published, actor_id=user.pk).exists()


def works_for_a_holder(*roles: Role) -> object:
    """The user holds one of `roles` with the provider, the owner or the controller."""

    def test(user: User, dataset: Dataset) -> bool:
        sides = {dataset.provider_id} | set(
            dataset.rights.current()
            .filter(kind__in=[RightKind.OWNERSHIP, RightKind.CONTROL])
            .values_list("holder_id", flat=True)
        )
        return any(holds(user, role, side) for side in sides for role in roles)

    return predicate(test)


is_steward_here = has_role_in("", Role.DATA_STEWARD)
is_steward_of_provider = has_role_in("provider", Role.DATA_STEWARD)
is_reviewer = has_role_in("provider", Role.DATA_STEWARD, Role.APPROVER)

permit("source.register", is_steward_here)  # of the organisation
permit("source.retire", has_role_in("organization", Role.DATA_STEWARD))
permit("source.read", has_role_in("organization", Role.DATA_STEWARD, Role.PRIVACY_OFFICER))
permit("dataset.register", is_steward_here)  # of the organisation
permit("dataset.edit", is_steward_of_provider)
permit("dataset.submit", is_steward_of_provider)
permit("dataset.publish", is_reviewer & is_not_its_author)
permit("dataset.return", is_reviewer)
permit("dataset.suspend", has_role_in("provider", Role.DATA_STEWARD, Role.PRIVACY_OFFICER))
permit("dataset.retire", is_steward_of_provider)
permit("dataset.link", is_steward_of_provider)
permit("dataset.read_history", works_for_a_holder(*WORKING_ROLES))
permit("rights.record", is_steward_of_provider)
permit("dataset.declare_subject", works_for_a_holder(Role.PRIVACY_OFFICER))
permit("grade.set", works_for_a_holder(Role.DATA_STEWARD, Role.PRIVACY_OFFICER))
