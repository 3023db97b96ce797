"""Acts on findings: confirm, correct, reject, declare by hand. What a checksum proves, one person cannot wave away."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from catalog.datasets.grading import propose_initial_grade
from catalog.datasets.models import DataField
from catalog.datasets.services import write_field_verdict
from catalog.errors import InvalidInput, NotPermitted, WrongState
from catalog.ledger.services import record
from catalog.messages import gettext_noop
from catalog.people.models import User
from catalog.people.policies import require
from catalog.reasons import reason_problems, stated_reason
from privacy.models import FieldRole, Finding, FindingDecision, FindingState
from privacy.services.rules import current_rules

# How strictly a role is protected; going down this list is a downgrade.
STRICTNESS = {FieldRole.DIRECT: 3, FieldRole.SENSITIVE: 2, FieldRole.QUASI: 1, FieldRole.NONE: 0}


@transaction.atomic
def confirm_finding(*, actor: User, finding: Finding) -> Finding:
    """Agree with the scanner."""
    finding = _lock(actor, finding)
    if finding.state != FindingState.PROPOSED:
        raise WrongState(state=FindingState(finding.state))
    return _decide(finding, actor, FindingState.CONFIRMED, finding.entity_type, finding.role, "")


@transaction.atomic
def correct_finding(*, actor: User, finding: Finding, entity_type: str, role: str, reason: str) -> Finding:
    """Say what the field really is. Also changes an earlier decision."""
    finding = _lock(actor, finding)
    _check_verdict(entity_type, role, reason)
    return _decide_or_wait(finding, actor, FindingState.CORRECTED, entity_type, role, reason)


@transaction.atomic
def reject_finding(*, actor: User, finding: Finding, reason: str) -> Finding:
    """Say that the field holds nothing personal. Also changes an earlier decision."""
    finding = _lock(actor, finding)
    stated_reason(reason)
    return _decide_or_wait(finding, actor, FindingState.REJECTED, "", FieldRole.NONE, reason)


@transaction.atomic
def declare_finding(*, actor: User, field: DataField, entity_type: str, role: str, reason: str) -> Finding:
    """Say of a field the scanner found nothing in what it is: a quasi-identifier nobody but people know, for example."""
    require(actor, "finding.decide", field.distribution.dataset)
    _check_verdict(entity_type, role, reason)
    if Finding.objects.filter(field=field).exists():
        raise WrongState(gettext_noop("This field has a finding; correct that one."), code="finding_exists")
    finding = Finding.objects.create(
        distribution=field.distribution, field=field, entity_type=entity_type, role=role, state=FindingState.PROPOSED
    )
    return _decide(finding, actor, FindingState.CORRECTED, entity_type, role, reason)


def _lock(actor: User, finding: Finding) -> Finding:
    require(actor, "finding.decide", finding.distribution.dataset)
    locked: Finding = (
        Finding.objects.select_for_update(of=("self",))
        .select_related("field", "distribution__dataset__provider")
        .get(pk=finding.pk)
    )
    return locked


def _check_verdict(entity_type: str, role: str, reason: str) -> None:
    problems = {"reason": wrong} if (wrong := reason_problems(reason)) else {}
    if role not in FieldRole.values:
        problems["role"] = [gettext_noop("Choose direct, quasi, sensitive or none.")]
    if entity_type and entity_type not in current_rules().entities:
        problems["entity_type"] = [gettext_noop("The rule pack knows no such entity type.")]
    if problems:
        raise InvalidInput(fields=problems)


def is_downgrade(finding: Finding, role: str) -> bool:
    """Whether `role` is protected less strictly than what the scanner found."""
    return STRICTNESS[FieldRole(role)] < STRICTNESS[FieldRole(finding.found_role or finding.role)]


def _decide_or_wait(
    finding: Finding, actor: User, state: FindingState, entity_type: str, role: str, reason: str
) -> Finding:
    """Decide, unless the checksum proves otherwise: then the first person's word waits for a second person's same word."""
    if finding.pending_state:
        asked = (finding.pending_state, finding.pending_type, finding.pending_role)
        if asked == (state, entity_type, role):
            if finding.pending_by_id == actor.pk:
                raise NotPermitted(
                    gettext_noop("You asked for this; a second privacy officer decides it."),
                    code="second_person_needed",
                )
            return _decide(finding, actor, state, entity_type, role, reason, first=finding.pending_by_id)
    if not (finding.checksum_proven and is_downgrade(finding, role)):
        return _decide(finding, actor, state, entity_type, role, reason)
    finding.pending_state, finding.pending_type, finding.pending_role = state, entity_type, role
    finding.pending_reason, finding.pending_by = reason, actor
    finding.save(update_fields=["pending_state", "pending_type", "pending_role", "pending_reason", "pending_by"])
    decision = FindingDecision.objects.create(
        finding=finding,
        state=state,
        entity_type=entity_type,
        role=role,
        reason=reason,
        waits=True,
        pattern=finding.pattern,
        decided_by=actor,
        decided_at=timezone.now(),
    )
    record(
        actor=actor,
        action="finding.second_person_asked",
        subject=finding,
        organization=finding.distribution.dataset.provider,
        details={
            "field": finding.field_id,
            "to": state,
            "entity_type": entity_type,
            "role": role,
            "decision": decision.pk,
        },
    )
    return finding


def _decide(
    finding: Finding,
    actor: User,
    state: FindingState,
    entity_type: str,
    role: str,
    reason: str,
    first: int | None = None,
) -> Finding:
    """Write the decision, put the verdict on the field, and grade the field as the rule pack proposes."""
    finding.state, finding.entity_type, finding.role, finding.reason = state, entity_type, role, reason
    finding.decided_by, finding.decided_at = actor, timezone.now()
    finding.pending_state = finding.pending_type = finding.pending_role = finding.pending_reason = ""
    finding.pending_by, finding.returned = None, []
    finding.save()
    decision = FindingDecision.objects.create(
        finding=finding,
        state=state,
        entity_type=entity_type,
        role=role,
        reason=reason,
        pattern=finding.pattern,
        decided_by=actor,
        decided_at=finding.decided_at,
    )
    write_field_verdict(field=finding.field, entity_type=entity_type, role=role)
    pack = current_rules()
    if (rule := pack.entities.get(entity_type)) is not None:
        propose_initial_grade(field=finding.field, grade=rule.grade, entity_type=entity_type, rules=pack.version)
    record(
        actor=actor,
        action=f"finding.{state}",
        subject=finding,
        organization=finding.distribution.dataset.provider,
        details={
            "field": finding.field_id,
            "entity_type": entity_type,
            "role": role,
            "first_person": first,
            "decision": decision.pk,
        },
    )
    return finding
