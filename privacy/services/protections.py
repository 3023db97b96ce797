"""Acts on protection: the rule of each field, a proposal for all of them, and what a rule does to masked samples."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
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
from privacy.masking.errors import ParameterInvalid
from privacy.masking.keys import DomainKey
from privacy.masking.operators import Operator
from privacy.masking.policy import FieldRule, Policy, rule_from_dict
from privacy.models import FieldProtection, FieldRole, Finding, FindingState, ProtectionPolicy
from privacy.services.mentions import last_scan, undecided_mentions

PREVIEW_ROWS = 8
# The catalogue's types of numbers: number, money, whole, double, float (政务信息资源目录编制指南).
NUMBER_TYPES = frozenset("NYIBF")

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
DROPPED_TYPES = frozenset({"PERSON", "EMAIL_ADDRESS", "CN_WECHAT_ID", "CN_QQ_ID", "BIOMETRIC"})


def policy_of(distribution: Distribution) -> tuple[Policy, int]:
    """The distribution's protection as the masking package's policy, and its version. Unnamed fields are dropped."""
    rows = FieldProtection.objects.filter(distribution=distribution).select_related("field", "policy")
    version = ProtectionPolicy.objects.filter(distribution=distribution).values_list("version", flat=True).first() or 0
    return Policy(fields={row.field.name: parsed(row.field, Stated.of(row)) for row in rows}), version


@dataclass(frozen=True, slots=True)
class Stated:
    """A rule as a person states it. `invalid` and `null` say what becomes of malformed and of missing values; empty: as usual."""

    operator: str
    parameters: Mapping[str, Any]
    invalid: str = ""
    null: str = ""

    @classmethod
    def of(cls, protection: FieldProtection) -> Stated:
        """What a row says."""
        return cls(protection.operator, protection.parameters, protection.invalid, protection.null)


def parsed(field: DataField, stated: Stated) -> FieldRule:
    """Parse what a person or a row says. The entity type comes from the confirmed finding, not from the request."""
    document = {
        "operator": stated.operator,
        "parameters": dict(stated.parameters),
        "entity_type": field.entity_type or None,
        "invalid": stated.invalid or None,
        "null": stated.null or None,
    }
    return rule_from_dict(document, field=field.name)


def usual_rule(field: DataField) -> Mapping[str, Any]:
    """The rule that is proposed for a field, from what is confirmed of it: `operator` and `parameters`."""
    if field.role == FieldRole.DIRECT and field.entity_type in DROPPED_TYPES:
        return LEFT_OUT
    return PROPOSED_BY_TYPE.get(field.entity_type) or PROPOSED_BY_ROLE[FieldRole(field.role)]


@transaction.atomic
def set_protection(
    *,
    actor: User,
    field: DataField,
    operator: str,
    parameters: Mapping[str, Any] | None = None,
    invalid: str = "",
    null: str = "",
) -> FieldProtection:
    """Set the rule of one field. `keep` on a confirmed direct identifier is refused."""
    require(actor, "protection.set", field.distribution.dataset)
    protection = _write(actor, field, Stated(operator, parameters or {}, invalid, null))
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
        written.append(_write(actor, field, Stated(**proposal)))
    if written:
        record(
            actor=actor,
            action="protection.proposed",
            subject=distribution.dataset,
            organization=distribution.dataset.provider,
            details={"distribution": distribution.pk, "fields": len(written)},
        )
    return written


def _write(actor: User, field: DataField, stated: Stated) -> FieldProtection:
    rule = _checked(field, stated)
    policy, _ = ProtectionPolicy.objects.get_or_create(distribution=field.distribution)
    policy = ProtectionPolicy.objects.select_for_update().get(pk=policy.pk)
    policy.version += 1
    policy.save(update_fields=["version"])
    protection: FieldProtection
    protection, _ = FieldProtection.objects.update_or_create(
        field=field,
        defaults={
            "distribution": field.distribution,
            "policy": policy,
            "operator": rule.operator.value,
            "parameters": dict(stated.parameters),
            "invalid": stated.invalid,
            "null": stated.null,
            "changed_by": actor,
        },
    )
    return protection


def _checked(field: DataField, stated: Stated) -> FieldRule:
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
    if direct and stated.operator == "keep":
        raise InvalidInput(
            gettext_noop("A confirmed direct identifier cannot be kept in the clear."),
            code="direct_identifier_in_clear",
        )
    try:
        rule = parsed(field, stated)
        _check_constant(field, rule)
    except MessageError as error:
        raise InvalidInput.of(error) from error
    return rule


def _check_constant(field: DataField, rule: FieldRule) -> None:
    """A column of numbers takes a number, as the catalogue types it. The engine asks the column itself, but only once it is read."""
    if rule.operator is not Operator.CONSTANT:
        return
    value = rule.parameters["value"]
    fits, expected = True, ""
    if field.data_type in NUMBER_TYPES:
        fits, expected = isinstance(value, int | float) and not isinstance(value, bool), "a number"
    elif field.data_type == "L":
        fits, expected = isinstance(value, bool), "true or false"
    elif field.data_type == "D":
        fits, expected = _is_day(value), "a date such as 2026-01-31"
    if not fits:
        raise ParameterInvalid(field=field.name, operator=rule.operator.value, parameter="value", expected=expected)


def _is_day(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Sample:
    """One masked example of what a rule does."""

    before: str
    after: str


def preview_protection(
    *,
    actor: User,
    field: DataField,
    operator: str,
    parameters: Mapping[str, Any] | None = None,
    invalid: str = "",
    null: str = "",
) -> list[Sample]:
    """What a rule would do to the first values of a field. Both sides masked; tokens under a throw-away key."""
    require(actor, "protection.preview", field.distribution.dataset)
    rule = _checked(field, Stated(operator, parameters or {}, invalid, null))
    with closing(open_source(field.distribution.source)) as opened:
        table = opened.table(field.distribution.table)
        batch = next(table.batches([field.name], batch_rows=256), None)
    if batch is None:
        return []
    values = batch.column(0).drop_null().unique()[:PREVIEW_ROWS]
    pairs = preview(
        values if isinstance(values, pa.Array) else pa.array(values), rule, DomainKey.generate(), field=field.name
    )
    return [Sample(before=str(before), after="" if after is None else str(after)) for before, after in pairs]
