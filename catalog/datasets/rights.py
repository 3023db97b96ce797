"""Acts on the three rights. No right without a basis; no two exclusive holders of one right over one period; and nobody loses
ownership or control without a word of their own."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from catalog.datasets.endings import EndingProposal, needs_consent
from catalog.datasets.models import Dataset, RightKind, RightsAssignment
from catalog.datasets.services import lock_dataset
from catalog.errors import Blocked, InvalidInput, NotPermitted, WrongState
from catalog.ledger.services import record
from catalog.messages import gettext_noop
from catalog.people.models import Organization, User
from catalog.people.policies import require
from catalog.reasons import stated_reason


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
        # Beside one exclusive user others may use it; but an owner recorded over another, however that one is, would displace it.
        own = Q(exclusive=True) if kind == RightKind.USAGE else Q()
        overlapping = RightsAssignment.objects.filter(
            own,
            Q(valid_to__isnull=True) | Q(valid_to__gte=valid_from),
            dataset=dataset,
            kind=kind,
            ended_at__isnull=True,
        )
        if valid_to is not None:
            overlapping = overlapping.filter(valid_from__lte=valid_to)
        if overlapping.exists():
            raise Blocked(
                gettext_noop("Another record gives this right to somebody in that period. End that record first."),
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


@transaction.atomic
def end_right(*, actor: User, right: RightsAssignment, reason: str = "") -> RightsAssignment:
    """End a right today, as a steward of the provider.

    Ownership or control that another organisation holds stands until somebody there agrees: then this is a proposal, with its
    reason, and the right comes back as it was (`ended_at` is None).
    """
    require(actor, "rights.record", right.dataset)
    right = RightsAssignment.objects.select_for_update().get(pk=right.pk)
    if not needs_consent(right):
        return close_right(actor=actor, right=right)
    reason = stated_reason(reason)
    if right.ending_proposals.filter(accepted__isnull=True).exists():
        raise Blocked(gettext_noop("The holder has been asked already."), code="proposal_open")
    proposal = EndingProposal.objects.create(right=right, reason=reason, proposed_by=actor)
    _record(actor, "right.ending_proposed", right, proposal=proposal.pk)
    return right


@transaction.atomic
def decide_ending(*, actor: User, proposal: EndingProposal, accept: bool) -> EndingProposal:
    """Agree that a right ends, or refuse it, as somebody of its holder and other than who asked."""
    require(actor, "rights.agree", proposal.right)
    proposal = EndingProposal.objects.select_for_update(of=("self",)).select_related("right").get(pk=proposal.pk)
    if proposal.accepted is not None:
        raise WrongState(gettext_noop("This proposal is decided already."), code="proposal_decided")
    if proposal.proposed_by_id == actor.pk:
        raise NotPermitted(gettext_noop("A second person decides this."), code="second_person_needed")
    proposal.accepted, proposal.decided_by = accept, actor
    proposal.save(update_fields=["accepted", "decided_by"])
    told = {"proposal": proposal.pk, "first_person": proposal.proposed_by_id}
    if accept:
        proposal.right = close_right(actor=actor, right=proposal.right, **told)
    else:
        _record(actor, "right.ending_refused", proposal.right, **told)
    return proposal


@transaction.atomic
def close_right(*, actor: User | None, right: RightsAssignment, **told: int) -> RightsAssignment:
    """Write the end. Called when nobody has to agree or somebody did, and by access when a grant is revoked."""
    right = RightsAssignment.objects.select_for_update().get(pk=right.pk)
    if right.ended_at is not None:
        raise WrongState(gettext_noop("This right has ended already."), code="right_ended")
    right.ended_at = timezone.now()
    right.save(update_fields=["ended_at"])
    _record(actor, "right.ended", right, **told)
    return right


def _record(actor: User | None, action: str, right: RightsAssignment, **told: int) -> None:
    record(
        actor=actor,
        action=action,
        subject=right.dataset,
        organization=right.dataset.provider,
        counterpart=right.holder,
        details={"right": right.pk, "kind": right.kind, **told},
    )
