"""Acts on protection: the rule of each field, a proposal for all of them, and what a rule does to masked samples."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from django.db import transaction

from catalog.datasets.locations import open_source
from catalog.datasets.models import DataField, Distribution
from catalog.errors import Blocked, InvalidInput
from catalog.ledger.services import record
from catalog.messages import MessageError, gettext_noop
from catalog.people.models import User
from catalog.people.policies import require
from privacy.masking.engine import preview
from privacy.masking.keys import DomainKey
from privacy.masking.policy import FieldRule, Policy, rule_from_dict
from privacy.models import FieldProtection, FieldRole, Finding, FindingState, ProtectionPolicy
from privacy.services.mentions import last_scan, undecided_mentions

PREVIEW_ROWS = 8

# What is proposed for a confirmed finding; the officer edits it. A type not named here falls to its role's line.
PROPOSED_BY_TYPE: Mapping[str, Mapping[str, Any]] = {
    "BIRTH_DATE": {"operator": "generalise", "parameters": {"to": "decade"}},
    "CN_ADDRESS": {"operator": "generalise", "parameters": {"to": "district"}},
    "AGE": {"operator": "generalise", "parameters": {"width": 10}},
}
PROPOSED_BY_ROLE: Mapping[str, Mapping[str, Any]] = {
    FieldRole.DIRECT: {"operator": "token", "parameters": {}},
    FieldRole.QUASI: {"operator": "keep", "parameters": {}},
    FieldRole.SENSITIVE: {"operator": "keep", "parameters": {}},
    FieldRole.NONE: {"operator": "keep", "parameters": {}},
}
LEFT_OUT: Mapping[str, Any] = {"operator": "drop", "parameters": {}}
# Direct identifiers nobody can link usefully by: they are dropped rather than tokenised.
DROPPED_TYPES = frozenset({"PERSON", "EMAIL_ADDRESS"})


def policy_of(distribution: Distribution) -> tuple[Policy, int]:
    """The distribution's protection as the masking package's policy, and its version. Unnamed fields are dropped."""
    rows = FieldProtection.objects.filter(distribution=distribution).select_related("field", "policy")
    version = ProtectionPolicy.objects.filter(distribution=distribution).values_list("version", flat=True).first() or 0
    return Policy(fields={row.field.name: _rule(row.field, row.operator, row.parameters) for row in rows}), version


def _rule(field: DataField, operator: str, parameters: Mapping[str, Any]) -> FieldRule:
    """Parse what a person or a row says. The entity type comes from the confirmed finding, not from the request."""
    return rule_from_dict(
        {"operator": operator, "parameters": dict(parameters), "entity_type": field.entity_type or None},
        field=field.name,
    )


def usual_rule(field: DataField) -> Mapping[str, Any]:
    """The rule that is proposed for a field, from what is confirmed of it: `operator` and `parameters`."""
    if field.role == FieldRole.DIRECT and field.entity_type in DROPPED_TYPES:
        return LEFT_OUT
    return PROPOSED_BY_TYPE.get(field.entity_type) or PROPOSED_BY_ROLE[FieldRole(field.role)]


@transaction.atomic
def set_protection(
    *, actor: User, field: DataField, operator: str, parameters: Mapping[str, Any] | None = None
) -> FieldProtection:
    """Set the rule of one field. `keep` on a confirmed direct identifier is refused."""
    require(actor, "protection.set", field.distribution.dataset)
    protection = _write(actor, field, operator, dict(parameters or {}))
    record(
        actor=actor,
        action="protection.set",
        subject=field.distribution.dataset,
        organization=field.distribution.dataset.provider,
        details={"field": field.pk, "operator": operator, "policy_version": protection.policy.version},
    )
    return protection


@transaction.atomic
def propose_protections(*, actor: User, distribution: Distribution) -> list[FieldProtection]:
    """Write a first rule for every field that has none yet, from what is confirmed of it."""
    require(actor, "protection.set", distribution.dataset)
    if Finding.objects.filter(distribution=distribution).awaiting_review().exists():
        raise Blocked(
            gettext_noop("Decide the findings first; the proposal follows from them."), code="findings_undecided"
        )
    written = []
    findings = Finding.objects.filter(distribution=distribution).select_related("field")
    mentioning = undecided_mentions(last_scan(distribution), findings)
    for field in distribution.fields.filter(protection__isnull=True).order_by("position"):
        proposal = LEFT_OUT if field.name in mentioning else usual_rule(field)
        written.append(_write(actor, field, proposal["operator"], dict(proposal["parameters"])))
    if written:
        record(
            actor=actor,
            action="protection.proposed",
            subject=distribution.dataset,
            organization=distribution.dataset.provider,
            details={"distribution": distribution.pk, "fields": len(written)},
        )
    return written


def _write(actor: User, field: DataField, operator: str, parameters: dict[str, Any]) -> FieldProtection:
    rule = _checked(field, operator, parameters)
    policy, _ = ProtectionPolicy.objects.get_or_create(distribution=field.distribution)
    policy = ProtectionPolicy.objects.select_for_update().get(pk=policy.pk)
    policy.version += 1
    policy.save(update_fields=["version"])
    protection, _ = FieldProtection.objects.update_or_create(
        field=field,
        defaults={
            "distribution": field.distribution,
            "policy": policy,
            "operator": rule.operator.value,
            "parameters": parameters,
            "changed_by": actor,
        },
    )
    return protection


def _checked(field: DataField, operator: str, parameters: Mapping[str, Any]) -> FieldRule:
    """The rule, parsed; or `InvalidInput` saying what is wrong with it."""
    finding = Finding.objects.filter(field=field).first()
    direct = (
        finding is not None
        and finding.role == FieldRole.DIRECT
        and finding.state
        in (
            FindingState.CONFIRMED,
            FindingState.CORRECTED,
        )
    )
    if direct and operator == "keep":
        raise InvalidInput(
            gettext_noop("A confirmed direct identifier cannot be kept in the clear."),
            code="direct_identifier_in_clear",
        )
    try:
        return _rule(field, operator, parameters)
    except MessageError as error:
        raise InvalidInput.of(error) from error


@dataclass(frozen=True, slots=True)
class Sample:
    """One masked example of what a rule does."""

    before: str
    after: str


def preview_protection(
    *, actor: User, field: DataField, operator: str, parameters: Mapping[str, Any] | None = None
) -> list[Sample]:
    """What a rule would do to the first values of a field. Both sides masked; tokens under a throw-away key."""
    require(actor, "protection.preview", field.distribution.dataset)
    rule = _checked(field, operator, parameters or {})
    with closing(open_source(field.distribution.source)) as opened:
        table = opened.table(field.distribution.table)
        batch = next(table.batches([field.name], batch_rows=256), None)
    if batch is None:
        return []
    values = batch.column(0).drop_null().unique()[:PREVIEW_ROWS]
    pairs = preview(values if isinstance(values, pa.Array) else pa.array(values), rule, DomainKey.generate())
    return [Sample(before=str(before), after="" if after is None else str(after)) for before, after in pairs]
