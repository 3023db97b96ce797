"""Acts on the three rights. No right without a basis; no two exclusive holders of one right over one period."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from catalog.datasets.models import Dataset, RightKind, RightsAssignment
from catalog.datasets.services import lock_dataset
from catalog.errors import Blocked, InvalidInput, WrongState
from catalog.ledger.services import record
from catalog.messages import gettext_noop
from catalog.people.models import Organization, User
from catalog.people.policies import require


def record_right(
    *,
    actor: User,
    dataset: Dataset,
    kind: RightKind,
    holder: Organization,
    basis: str,
    scope: str = "",
    valid_from: date,
    valid_to: date | None = None,
    exclusive: bool = True,
    transferable: bool = False,
    sublicensable: bool = False,
) -> RightsAssignment:
    """Record that `holder` has a right from a day on, on the ground of `basis`. A steward of the provider does this."""
    require(actor, "rights.record", dataset)
    if kind == RightKind.USAGE and holder.pk != dataset.provider_id and exclusive:
        raise InvalidInput(fields={"exclusive": [gettext_noop("A usage right given to another is not exclusive.")]})
    return write_right(
        actor=actor,
        dataset=dataset,
        kind=kind,
        holder=holder,
        basis=basis,
        scope=scope,
        valid_from=valid_from,
        valid_to=valid_to,
        exclusive=exclusive,
        transferable=transferable,
        sublicensable=sublicensable,
    )


@transaction.atomic
def write_right(
    *,
    actor: User | None,
    dataset: Dataset,
    kind: RightKind,
    holder: Organization,
    basis: str,
    scope: str,
    valid_from: date,
    valid_to: date | None,
    exclusive: bool,
    transferable: bool,
    sublicensable: bool,
) -> RightsAssignment:
    """Write the record itself. Called by `record_right`, and by access when an approved application creates a usage right."""
    dataset = lock_dataset(dataset)
    right = RightsAssignment(
        dataset=dataset,
        kind=kind,
        holder=holder,
        basis=basis.strip(),
        scope=scope,
        valid_from=valid_from,
        valid_to=valid_to,
        exclusive=exclusive,
        transferable=transferable,
        sublicensable=sublicensable,
        recorded_by=actor,
    )
    try:
        right.full_clean(exclude=["recorded_by"], validate_constraints=False)
    except ValidationError as error:
        raise InvalidInput(fields=error.message_dict) from error
    if valid_to is not None and valid_to < valid_from:
        raise InvalidInput(fields={"valid_to": [gettext_noop("The end is before the beginning.")]})
    if exclusive:
        overlapping = RightsAssignment.objects.filter(
            Q(valid_to__isnull=True) | Q(valid_to__gte=valid_from),
            dataset=dataset,
            kind=kind,
            exclusive=True,
            ended_at__isnull=True,
        )
        if valid_to is not None:
            overlapping = overlapping.filter(valid_from__lte=valid_to)
        if overlapping.exists():
            raise Blocked(
                gettext_noop("Another holder has this right exclusively in that period. End that record first."),
                code="rights_overlap",
            )
    right.save()
    record(
        actor=actor,
        action="right.recorded",
        subject=dataset,
        organization=dataset.provider,
        counterpart=holder,
        details={"right": right.pk, "kind": kind, "holder": holder.pk},
    )
    return right


def end_right(*, actor: User, right: RightsAssignment) -> RightsAssignment:
    """End a right today, as a steward of the provider."""
    require(actor, "rights.record", right.dataset)
    return close_right(actor=actor, right=right)


@transaction.atomic
def close_right(*, actor: User | None, right: RightsAssignment) -> RightsAssignment:
    """Write the end. Called by `end_right`, and by access when a grant is revoked."""
    right = RightsAssignment.objects.select_for_update().get(pk=right.pk)
    if right.ended_at is not None:
        raise WrongState(gettext_noop("This right has ended already."), code="right_ended")
    right.ended_at = timezone.now()
    right.save(update_fields=["ended_at"])
    record(
        actor=actor,
        action="right.ended",
        subject=right.dataset,
        organization=right.dataset.provider,
        counterpart=right.holder,
        details={"right": right.pk, "kind": right.kind},
    )
    return right
