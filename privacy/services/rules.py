"""The rules that scans run now: the shipped pack with what this deployment looks for besides, and the bureau's own rules that are on.

Lives here: putting them together, the same in every process. Which rules there are is asked of the database each time, in one small question;
they are read and built again only when the answer has changed. Not here: writing and switching them (`privacy.services.own_rules`).
"""

from __future__ import annotations

import time
from typing import Final

from django.db import DatabaseError

from catalog.errors import Blocked
from catalog.messages import gettext_noop
from privacy.detection.own_rules import rule_of
from privacy.detection.rules import EntityRule, RuleSet, load_rules
from privacy.models import OwnRule, OwnRuleState

_KEPT: Final = 4
_WORDS_SECONDS: Final = 2.0

DISPLACED: Final = gettext_noop(
    "%(type)s is a type of the shipped rule pack now, and scans look for it by the shipped rule. Write this rule anew under another type."
)

# What the database says of all own rules: type, version, state and digest of each.
_Stamp = tuple[tuple[str, int, str, str], ...]
_built: dict[tuple[str, _Stamp], RuleSet] = {}
_for_words: list[tuple[float, RuleSet]] = []


def current_rules() -> RuleSet:
    """The rule pack in force. A bureau's own rule that is not on keeps its words and its role, but no scan looks for it.

    Of an own rule and a shipped one of the same type the shipped one is in force: `is_displaced`.
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


def is_displaced(rule: OwnRule) -> bool:
    """Whether the shipped pack has taken the type since the rule was written: no scan runs it, whatever its state is."""
    return rule.entity_type in load_rules().entities


def displaced_rules() -> list[OwnRule]:
    """The own rules that are on, or might be switched on, but that a rule of the shipped pack has taken the place of."""
    return list(OwnRule.objects.filter(entity_type__in=load_rules().entities).order_by("entity_type"))


def rules_with(rule: OwnRule) -> RuleSet:
    """The rule pack in force as it would be with this rule on.

    Raises: Blocked, where a shipped rule has its type.
    """
    if is_displaced(rule):
        raise Blocked(DISPLACED, code="own_rule_displaced", type=rule.entity_type)
    others = [rule_in_force(other) for other in OwnRule.objects.exclude(pk=rule.pk)]
    return _together(load_rules(), [*others, rule_of(rule.document, version=rule.version)])


def rules_without(rule: OwnRule) -> RuleSet:
    """The rule pack in force as it would be without this rule."""
    return _together(load_rules(), [rule_in_force(other) for other in OwnRule.objects.exclude(pk=rule.pk)])


def rule_in_force(rule: OwnRule) -> EntityRule:
    """An own rule as scans take it."""
    return rule_of(rule.document, version=rule.version, on=rule.state == OwnRuleState.ON)


def _together(shipped: RuleSet, own: list[EntityRule]) -> RuleSet:
    """A newer program may ship a type that a bureau has written itself: that must stop no scan and no release."""
    return shipped.with_own(rule for rule in own if rule.entity_type not in shipped.entities)


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
    except DatabaseError:
        return load_rules()
    _for_words[:] = [(now, rules)]
    return rules
