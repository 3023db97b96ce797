"""A policy as a document that people keep, edit and compare: the TOML that `policy_from_toml` reads, and what differs between two.

Lives here: writing and comparing. Reading, with every mistake named, is `privacy.masking.policy`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from privacy.masking.policy import POLICY_VERSION, FieldRule, NullPolicy, Policy

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A field whose rule differs between two policies; None where a policy has none for it, so that its default applies."""

    field: str
    before: FieldRule | None
    after: FieldRule | None


def policy_document(policy: Policy) -> dict[str, object]:
    """The policy in JSON's types, holding what was stated and nothing that is only implied.

    `policy_from_dict` gives an equal policy back.
    """
    return {
        "version": POLICY_VERSION,
        "default": _stated(policy.default),
        "fields": {name: _stated(rule) for name, rule in policy.fields.items()},
    }


def policy_to_toml(policy: Policy) -> str:
    """The policy as TOML, which `policy_from_toml` reads back to an equal one. The fields stand in the policy's order."""
    lines = [f"version = {POLICY_VERSION}"]
    default = _stated(policy.default)
    # A default that says no more than its operator stands as that one word; a table has to come after all plain keys.
    if set(default) == {"operator"}:
        lines.append(f"default = {_value(default['operator'])}")
    else:
        lines.append(f"default = {_value(default)}")
    for name, rule in policy.fields.items():
        # Every field's name is quoted: most are no bare keys, and one style reads better.
        lines += ["", f"[fields.{_text(name)}]"]
        lines += [f"{_key(key)} = {_value(value)}" for key, value in _stated(rule).items()]
    return "\n".join([*lines, ""])


def compare_policies(before: Policy, after: Policy) -> tuple[RuleChange, ...]:
    """The fields whose rules differ, in the order of `after`, then those that only `before` names."""
    names = [*after.fields, *(name for name in before.fields if name not in after.fields)]
    changes = (RuleChange(name, before.fields.get(name), after.fields.get(name)) for name in names)
    return tuple(change for change in changes if not _same(change.before, change.after))


def _same(before: FieldRule | None, after: FieldRule | None) -> bool:
    return before is after or (before is not None and after is not None and before.to_dict() == after.to_dict())


def _stated(rule: FieldRule) -> dict[str, object]:
    """A rule as `rule_from_dict` reads it. Parameters stand in a table of their own: no name of theirs is a rule's key then."""
    found: dict[str, object] = {"operator": rule.operator.value}
    if rule.entity_type:
        found["entity_type"] = rule.entity_type
    if rule.parameters:
        found["parameters"] = dict(rule.parameters)
    if rule.invalid is not None:
        found["invalid"] = rule.invalid.value
    if rule.null is not NullPolicy.KEEP:
        found["null"] = rule.null.value
    return found


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _text(key)


def _text(text: str) -> str:
    """A text as JSON writes it, which TOML reads too but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(str(key))} = {_value(entry)}" for key, entry in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(entry) for entry in value) + "]"
    if isinstance(value, str):
        return _text(value)
    # Numbers, true and false are spelled alike in both.
    return json.dumps(value)
