"""Acts on protection: the rule of each field, a proposal for all of them, and what a rule does to masked samples."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from catalog.datasets.locations import open_source
from catalog.datasets.models import DataField, Distribution
from catalog.errors import Blocked, InvalidInput
from catalog.ledger.services import record
from catalog.messages import MessageError, gettext_noop
from catalog.people.models import User
from catalog.people.policies import require
from privacy.detection.arrow import pc
from privacy.detection.model import FieldRole as DetectedRole
from privacy.masking.columns import decoded
from privacy.masking.engine import preview
from privacy.masking.errors import ParameterInvalid, ParameterMissing
from privacy.masking.keys import DomainKey
from privacy.masking.operators import Operator
from privacy.masking.policy import FieldRule, Policy, rule_from_dict
from privacy.masking.proposals import shipped_proposals
from privacy.models import FieldProtection, FieldRole, Finding, FindingState, ProtectionPolicy
from privacy.risk.codes import ReleaseMode
from privacy.services.mentions import last_scan, undecided_mentions
from privacy.services.protection_history import Author, keep_version
from privacy.services.rule_subjects import settled_parameters, typed_parameters

PREVIEW_ROWS = 8
# The catalogue's types of numbers: number, money, whole, double, float (政务信息资源目录编制指南).
NUMBER_TYPES = frozenset("NYIBF")

LEFT_OUT: Mapping[str, Any] = {"operator": "drop", "parameters": {}}


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
        "parameters": typed_parameters(field, stated.operator, stated.parameters),
        "entity_type": field.entity_type or None,
        "invalid": stated.invalid or None,
        "null": stated.null or None,
    }
    return rule_from_dict(document, field=field.name)


def usual_rule(field: DataField, mode: ReleaseMode = ReleaseMode.CONTROLLED) -> Mapping[str, Any]:
    """The rule that is proposed for a field, from what is confirmed of it and how the data leave: `operator` and `parameters`."""
    rule = shipped_proposals().rule_for(
        entity_type=field.entity_type, role=DetectedRole(field.role), grade=field.grade, mode=mode
    )
    return {"operator": rule.operator.value, "parameters": dict(rule.parameters)}


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
    policy = write_rules(actor, field.distribution, {field: Stated(operator, parameters or {}, invalid, null)})
    record(
        actor=actor,
        action="protection.set",
        subject=field.distribution.dataset,
        organization=field.distribution.dataset.provider,
        details={"field": field.pk, "operator": operator, "policy_version": policy.version},
    )
    protection: FieldProtection
    protection = FieldProtection.ever.select_related("field", "policy", "changed_by").get(field=field)
    return protection


@transaction.atomic
def propose_protections(
    *,
    actor: User,
    distribution: Distribution,
    mode: ReleaseMode | str = ReleaseMode.CONTROLLED,
    replace: bool = False,
) -> list[FieldProtection]:
    """Write a rule for every field that has none yet, from what is confirmed of it and how the data leave; with `replace` also in
    the place of the rules that say otherwise. What was written is returned.
    """
    require(actor, "protection.set", distribution.dataset)
    if mode not in set(ReleaseMode):
        raise InvalidInput(gettext_noop("Say how the data leave: public, controlled or enclave."), code="mode_unknown")
    if Finding.objects.filter(distribution=distribution).awaiting_review().exists():
        raise Blocked(
            gettext_noop("Decide the findings first; the proposal follows from them."), code="findings_undecided"
        )
    rules = _proposed(distribution, ReleaseMode(mode), replace=replace)
    if rules:
        policy = write_rules(actor, distribution, rules)
        record(
            actor=actor,
            action="protection.proposed",
            subject=distribution.dataset,
            organization=distribution.dataset.provider,
            details={
                "distribution": distribution.pk,
                "fields": len(rules),
                "policy_version": policy.version,
                "mode": str(mode),
                "proposals": shipped_proposals().version,
            },
        )
    return list(FieldProtection.objects.filter(field__in=rules).select_related("field", "policy", "changed_by"))


def _proposed(distribution: Distribution, mode: ReleaseMode, *, replace: bool) -> dict[DataField, Stated]:
    """The rules that are to be written: nothing for a field that has the proposed one already."""
    findings = Finding.objects.filter(distribution=distribution).select_related("field")
    mentioning = undecided_mentions(last_scan(distribution), findings)
    standing = {row.field_id: Stated.of(row) for row in FieldProtection.objects.filter(distribution=distribution)}
    rules = {}
    for field in distribution.fields.order_by("position"):
        stated = Stated(**(LEFT_OUT if field.name in mentioning else usual_rule(field, mode)))
        before = standing.get(field.pk)
        if before is None or (replace and before != stated):
            rules[field] = stated
    return rules


def write_rules(
    actor: User, distribution: Distribution, rules: Mapping[DataField, Stated], *, alone: bool = False
) -> ProtectionPolicy:
    """Write the rules of some fields as one version, all or none; `alone`: every other field loses its own.

    For services: whoever calls has asked for the permission and records the act.
    """
    for field, stated in rules.items():
        checked(field, stated)
    policy = next_version(distribution)
    for field, stated in rules.items():
        FieldProtection.ever.update_or_create(
            field=field,
            defaults={
                "distribution": distribution,
                "policy": policy,
                "operator": stated.operator,
                "parameters": settled_parameters(field, stated.operator, stated.parameters),
                "invalid": stated.invalid,
                "null": stated.null,
                "changed_by": actor,
            },
        )
    if alone:
        FieldProtection.objects.filter(distribution=distribution).exclude(field__in=rules).delete()
    keep_version(policy=policy, rules=policy_of(distribution)[0], author=Author(actor, timezone.now()))
    return policy


def next_version(distribution: Distribution) -> ProtectionPolicy:
    """Lock the policy and count it on. What it holds until now is kept first, where no version holds it yet."""
    policy, _ = ProtectionPolicy.objects.get_or_create(distribution=distribution)
    policy = ProtectionPolicy.objects.select_for_update().get(pk=policy.pk)
    last = FieldProtection.objects.filter(policy=policy).select_related("changed_by").order_by("-changed_at").first()
    if policy.version and last and not policy.versions.filter(version=policy.version).exists():
        # Written before versions were kept.
        author = Author(last.changed_by, last.changed_at)
        keep_version(policy=policy, rules=policy_of(distribution)[0], author=author)
    policy.version += 1
    policy.save(update_fields=["version"])
    return policy


def checked(field: DataField, stated: Stated) -> FieldRule:
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
        if rule.operator is Operator.SURROGATE and not rule.entity_type:
            raise ParameterMissing(field=field.name, operator=rule.operator.value, parameter="entity_type")
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
    rule = checked(field, Stated(operator, parameters or {}, invalid, null))
    with closing(open_source(field.distribution.source)) as opened:
        table = opened.table(field.distribution.table)
        batch = next(table.batches([field.name, *rule.beside], batch_rows=256), None)
    if batch is None:
        return []
    # The first row of each of the first different values, so that columns read beside it are of the same rows.
    values = decoded(batch.column(field.name))
    found = values.drop_null().unique()[:PREVIEW_ROWS]
    rows = batch.take(pc.index_in(found, value_set=values))
    pairs = preview(
        rows.column(field.name),
        rule,
        DomainKey.generate(),
        field=field.name,
        companions=tuple(rows.column(name) for name in rule.beside),
    )
    return [Sample(before=str(before), after="" if after is None else str(after)) for before, after in pairs]
