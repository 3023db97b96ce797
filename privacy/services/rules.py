"""The rules that scans run now: the shipped pack with what this deployment looks for besides, and the bureau's own rules that are on.

Lives here: putting them together, the same in every process. Which rules there are is asked of the database each time, in one small question;
they are read and built again only when the answer has changed. Not here: writing and switching them (`privacy.services.own_rules`).
"""

from __future__ import annotations

import time
from typing import Final

from django.db import DatabaseError

from catalog.errors import Blocked
from privacy.detection.own_rules import rule_of
from privacy.detection.rules import EntityRule, RuleError, RuleSet, load_rules
from privacy.models import OwnRule, OwnRuleState

_KEPT: Final = 4
_WORDS_SECONDS: Final = 2.0

# What the database says of all own rules: type, version, state and digest of each.
_Stamp = tuple[tuple[str, int, str, str], ...]
_built: dict[tuple[str, _Stamp], RuleSet] = {}
_for_words: list[tuple[float, RuleSet]] = []


def current_rules() -> RuleSet:
    """The rule pack in force. A bureau's own rule that is not on keeps its words and its role, but no scan looks for it.

    Raises: Blocked, where an own rule cannot stand beside the shipped pack any more.
    """
    shipped = load_rules()
    rules = OwnRule.objects.order_by("entity_type")
    stamp: _Stamp = tuple(rules.values_list("entity_type", "version", "state", "digest"))
    if not stamp:
        return shipped
    found = _built.get((shipped.version, stamp))
    if found is None:
        read = list(rules)
        found = _together(shipped, [rule_in_force(rule) for rule in read])
        if len(_built) >= _KEPT:
            _built.clear()
        # Under what was read, which may be newer than what was asked.
        _built[shipped.version, tuple((r.entity_type, r.version, r.state, r.digest) for r in read)] = found
    return found


def rules_with(rule: OwnRule) -> RuleSet:
    """The rule pack in force as it would be with this rule on."""
    others = [rule_in_force(other) for other in OwnRule.objects.exclude(pk=rule.pk)]
    return _together(load_rules(), [*others, rule_of(rule.document, version=rule.version)])


def rules_without(rule: OwnRule) -> RuleSet:
    """The rule pack in force as it would be without this rule."""
    return _together(load_rules(), [rule_in_force(other) for other in OwnRule.objects.exclude(pk=rule.pk)])


def rule_in_force(rule: OwnRule) -> EntityRule:
    """An own rule as scans take it."""
    return rule_of(rule.document, version=rule.version, on=rule.state == OwnRuleState.ON)


def _together(shipped: RuleSet, own: list[EntityRule]) -> RuleSet:
    try:
        return shipped.with_own(own)
    except RuleError as error:
        raise Blocked(error.message, code=error.code, **error.params) from error


# ---- for words --------------------------------------------------------------------------------------------------


def known_rule(entity_type: str) -> EntityRule | None:
    """What a type means, for pages that name many of them: the database is asked every two seconds at most, and for own types only."""
    rule = load_rules().entities.get(entity_type)
    return rule if rule is not None or not entity_type else _lately().entities.get(entity_type)


def forget_words() -> None:
    """Ask again at once: an own rule was written."""
    _for_words.clear()


def _lately() -> RuleSet:
    now = time.monotonic()
    if _for_words and now - _for_words[0][0] < _WORDS_SECONDS:
        return _for_words[0][1]
    try:
        rules = current_rules()
    except (Blocked, DatabaseError):
        return load_rules()
    _for_words[:] = [(now, rules)]
    return rules
