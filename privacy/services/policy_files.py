"""A whole policy at once: taken over from a file, or restored from an earlier version. All of it, or nothing.

The file is the one that `manage.py protect --policy` reads (`privacy.masking.policy`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from django.db import transaction

from catalog.datasets.models import DataField, Distribution
from catalog.errors import InvalidInput
from catalog.ledger.services import record
from catalog.messages import MessageError, gettext_noop
from catalog.people.models import User
from catalog.people.policies import require
from privacy.detection.model import FieldRole as DetectedRole
from privacy.masking.operators import Operator
from privacy.masking.policy import FieldRule, NullPolicy, Policy, policy_from_toml
from privacy.masking.policy_document import RuleChange, compare_policies, policy_to_toml
from privacy.masking.safety import check_policy
from privacy.models import FieldRole, Finding, FindingState, ProtectionPolicy
from privacy.services.protection_history import rules_at
from privacy.services.protections import Stated, checked, policy_of, write_rules

Result = TypeVar("Result")

LONGEST_POLICY = 1 << 20
"""Bytes of a policy file that are read: a thousand fields with a hundred groups each stay below."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """What became of the rules: the policy's version now, and the fields whose rules have changed (none: nothing was written)."""

    version: int
    changed: tuple[str, ...]


def policy_file(*, actor: User, distribution: Distribution, version: int | None = None) -> str:
    """The rules as TOML: as they stand, or as a version held them."""
    require(actor, "finding.read", distribution.dataset)
    return policy_to_toml(_rules(distribution, version))


def changes_of(
    *, actor: User, distribution: Distribution, before: int, after: int | None = None
) -> tuple[RuleChange, ...]:
    """What differs between two versions, or between one and the rules as they stand."""
    require(actor, "finding.read", distribution.dataset)
    return compare_policies(rules_at(distribution, before), _rules(distribution, after))


def _rules(distribution: Distribution, version: int | None) -> Policy:
    return policy_of(distribution)[0] if version is None else rules_at(distribution, version)


@transaction.atomic
def import_policy(*, actor: User, distribution: Distribution, content: bytes) -> Replaced:
    """Take over a policy file: it says all there is, so that a field it does not name follows its `default`.

    Raises: InvalidInput naming what is wrong: the file's form, a field that the table does not have, a confirmed direct identifier in
    the clear, a type other than the confirmed one.
    """
    require(actor, "protection.set", distribution.dataset)
    policy = _policy_in(content)
    _require_confirmed_types(distribution, policy)
    return _replace(actor, distribution, policy, action="protection.imported")


@transaction.atomic
def restore_protection_version(*, actor: User, distribution: Distribution, version: int) -> Replaced:
    """Write the rules of an earlier version again, as a new one. Each works on the type that is confirmed today.

    Raises: InvalidInput naming what stands against it: a field that is gone, a direct identifier that would be in the clear.
    """
    require(actor, "protection.set", distribution.dataset)
    return _replace(
        actor, distribution, rules_at(distribution, version), action="protection.restored", restored_version=version
    )


def _policy_in(content: bytes) -> Policy:
    if len(content) > LONGEST_POLICY:
        raise InvalidInput(
            gettext_noop("The policy file has more than %(most)s KB."),
            code="policy_too_large",
            most=LONGEST_POLICY >> 10,
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(gettext_noop("The policy file is not UTF-8."), code="policy_not_utf8") from error
    return _refusing(lambda: policy_from_toml(text.replace("\r\n", "\n")))


def _refusing(read: Callable[[], Result]) -> Result:
    """What a pure core refuses, as the domain says it."""
    try:
        return read()
    except MessageError as error:
        raise InvalidInput.of(error) from error


def _require_confirmed_types(distribution: Distribution, policy: Policy) -> None:
    """A file may leave the type out; one that says another than is confirmed was written for other data."""
    confirmed = dict(distribution.fields.values_list("name", "entity_type"))
    rules = {"default": policy.default, **policy.fields}
    other = [
        name
        for name, rule in rules.items()
        if rule.entity_type and rule.entity_type != confirmed.get(name, rule.entity_type if name != "default" else "")
    ]
    if other:
        raise InvalidInput(
            gettext_noop("The file states another type than is confirmed for: %(columns)s."),
            code="entity_type_differs",
            columns=", ".join(sorted(other)),
        )


def _replace(actor: User, distribution: Distribution, policy: Policy, *, action: str, **details: object) -> Replaced:
    """Write the whole policy in the place of the one that stands; nothing, where they say the same."""
    # Two whole policies at once would mix: the second waits, and compares with what the first has left.
    held, _ = ProtectionPolicy.objects.get_or_create(distribution=distribution)
    held = ProtectionPolicy.objects.select_for_update().get(pk=held.pk)
    fields = {field.name: field for field in distribution.fields.order_by("position")}
    _refusing(lambda: check_policy(policy, _roles(distribution, fields)))
    rules = _stated_rules(policy, fields)
    before, _ = policy_of(distribution)
    if not compare_policies(before, _typed(rules)):
        return Replaced(held.version, ())
    written = write_rules(actor, distribution, rules, alone=True)
    after, _ = policy_of(distribution)
    changed = tuple(change.field for change in compare_policies(before, after))
    record(
        actor=actor,
        action=action,
        subject=distribution.dataset,
        organization=distribution.dataset.provider,
        details={
            "distribution": distribution.pk,
            "policy_version": written.version,
            "fields": len(changed),
            "policy_digest": after.digest(),
            **details,
        },
    )
    return Replaced(written.version, changed)


def _roles(distribution: Distribution, fields: dict[str, DataField]) -> dict[str, DetectedRole]:
    """The confirmed role of every field that the table has."""
    decided = (FindingState.CONFIRMED, FindingState.CORRECTED)
    direct = set(
        Finding.objects.filter(distribution=distribution, role=FieldRole.DIRECT, state__in=decided).values_list(
            "field__name", flat=True
        )
    )
    return {name: DetectedRole.DIRECT if name in direct else DetectedRole.NONE for name in fields}


def _stated_rules(policy: Policy, fields: dict[str, DataField]) -> dict[DataField, Stated]:
    """Every field's rule as rows hold it. A field that is only dropped by default needs none."""
    usual = policy.default.operator is Operator.DROP
    return {
        field: _stated(policy.fields.get(name, policy.default))
        for name, field in fields.items()
        if name in policy.fields or not usual
    }


def _stated(rule: FieldRule) -> Stated:
    return Stated(
        operator=rule.operator.value,
        parameters=dict(rule.parameters),
        invalid=rule.invalid.value if rule.invalid else "",
        null="" if rule.null is NullPolicy.KEEP else rule.null.value,
    )


def _typed(rules: dict[DataField, Stated]) -> Policy:
    """The rules as they would stand."""
    return Policy(fields={field.name: checked(field, stated) for field, stated in rules.items()})
