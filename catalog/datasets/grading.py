"""Acts on grades (GB/T 43697-2024). Raising is one person's act; lowering needs a second."""

from __future__ import annotations

from django.db import transaction

from catalog.datasets.models import GRADES_BY_WEIGHT, AffectedObject, DataField, Grade, GradeProposal, Impact
from catalog.errors import Blocked, InvalidInput, NotPermitted, WrongState
from catalog.ledger.services import record
from catalog.messages import gettext_noop
from catalog.people.models import User
from catalog.people.policies import require
from catalog.reasons import reason_problems


def is_lower(grade: str, than: str) -> bool:
    """Whether `grade` weighs less than `than`; any grade is no lower than none."""
    return bool(than) and GRADES_BY_WEIGHT.index(grade) > GRADES_BY_WEIGHT.index(than)


def _write(field: DataField, *, grade: str, affected_object: str, impact: str, reason: str) -> None:
    field.grade, field.grade_object, field.grade_impact, field.grade_reason = grade, affected_object, impact, reason
    field.save(update_fields=["grade", "grade_object", "grade_impact", "grade_reason"])
    # A lower grade that was asked for before was asked from another grade: it is answered by this one.
    field.grade_proposals.filter(accepted__isnull=True).update(accepted=False)


def propose_initial_grade(*, field: DataField, grade: str, entity_type: str, rules: str) -> None:
    """Called by privacy, inside its act: raise a field to the grade that the rule pack of version `rules` gives its entity type;
    never lower it."""
    if not field.grade or is_lower(field.grade, grade):
        _write(field, grade=grade, affected_object="individual", impact="", reason=f"{entity_type}: {rules}")


def initial_ground(field: DataField) -> tuple[str, str] | None:
    """Entity type and version of the rule pack that gave a field its grade; None where a person did, who always says an impact."""
    entity_type, colon, rules = field.grade_reason.partition(": ")
    return (entity_type, rules) if colon and not field.grade_impact else None


@transaction.atomic
def set_grade(
    *, actor: User, field: DataField, grade: Grade, affected_object: str, impact: str, reason: str
) -> GradeProposal | None:
    """Grade a field, recording the object affected, the degree of impact and the reason.

    A lower grade than the present one only becomes a proposal, which is returned; a second person decides it.
    """
    dataset = field.distribution.dataset
    require(actor, "grade.set", dataset)
    field = DataField.objects.select_for_update().get(pk=field.pk)
    if problems := _problems(affected_object, impact, reason):
        raise InvalidInput(fields=problems)
    if not is_lower(grade, field.grade):
        _write(field, grade=grade, affected_object=affected_object, impact=impact, reason=reason)
        record(
            actor=actor,
            action="grade.set",
            subject=dataset,
            organization=dataset.provider,
            details={"field": field.pk, "grade": grade},
        )
        return None
    if field.grade_proposals.filter(accepted__isnull=True).exists():
        raise Blocked(gettext_noop("A lower grade is waiting for a second person already."), code="proposal_open")
    proposal = GradeProposal.objects.create(
        field=field, grade=grade, affected_object=affected_object, impact=impact, reason=reason, proposed_by=actor
    )
    record(
        actor=actor,
        action="grade.lowering_proposed",
        subject=dataset,
        organization=dataset.provider,
        details={"field": field.pk, "from": field.grade, "to": grade},
    )
    return proposal


def _problems(affected_object: str, impact: str, reason: str) -> dict[str, list[str]]:
    problems = {}
    if affected_object not in AffectedObject.values:
        problems["affected_object"] = [gettext_noop("Choose who or what is harmed.")]
    if impact not in Impact.values:
        problems["impact"] = [gettext_noop("Choose how badly.")]
    if wrong := reason_problems(reason):
        problems["reason"] = wrong
    return problems


@transaction.atomic
def decide_grade(*, actor: User, proposal: GradeProposal, accept: bool) -> GradeProposal:
    """Accept or refuse a lower grade, as someone other than who proposed it."""
    dataset = proposal.field.distribution.dataset
    require(actor, "grade.set", dataset)
    proposal = GradeProposal.objects.select_for_update().select_related("field").get(pk=proposal.pk)
    if proposal.accepted is not None:
        raise WrongState(gettext_noop("This proposal is decided already."), code="proposal_decided")
    if proposal.proposed_by_id == actor.pk:
        raise NotPermitted(gettext_noop("A second person decides this."), code="second_person_needed")
    proposal.accepted, proposal.decided_by = accept, actor
    proposal.save(update_fields=["accepted", "decided_by"])
    if accept:
        _write(
            proposal.field,
            grade=proposal.grade,
            affected_object=proposal.affected_object,
            impact=proposal.impact,
            reason=proposal.reason,
        )
    record(
        actor=actor,
        action="grade.lowered" if accept else "grade.lowering_refused",
        subject=dataset,
        organization=dataset.provider,
        details={"field": proposal.field_id, "grade": proposal.grade},
    )
    return proposal
