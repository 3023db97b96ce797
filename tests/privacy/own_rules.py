"""Own rules for the tests: a city's citizen card, a street of its own, and how one comes to be on."""

from __future__ import annotations

from typing import Any

from catalog.people.models import User
from privacy.models import OwnRule
from privacy.services.own_rules import switch_on, try_on_values, write_own_rule

CARD: dict[str, Any] = {
    "type": "SZ_CITIZEN_CARD",
    "zh": "苏州市民卡号",
    "en": "Suzhou citizen card number",
    "role": "direct",
    "pipl": "general",
    "grade": "general_3",
    "names": {"zh": ["市民卡号"], "pinyin": ["smkh"], "en": ["citizen card"]},
    "expressions": [{"name": "card", "regex": "SZ[0-9]{10}"}],
    "strength": 0.9,
}
STREET: dict[str, Any] = {
    "type": "SZ_STREET",
    "zh": "街巷名",
    "en": "Street",
    "role": "quasi",
    "pipl": "general",
    "grade": "general_2",
    "names": {"zh": ["街巷"]},
    "words": ["平江路", "观前街", "Main Street"],
}
PATHOLOGICAL = r"(a+)+$"


def written(actor: User, document: dict[str, Any] = CARD) -> OwnRule:
    """A rule that was never tried."""
    return write_own_rule(actor=actor, document=document)


def tried(actor: User, document: dict[str, Any] = CARD) -> OwnRule:
    """A rule that was tried on two values."""
    rule = written(actor, document)
    try_on_values(actor=actor, rule=rule, values="SZ0123456789\nnothing")
    return rule


def switched_on(actor: User, document: dict[str, Any] = CARD) -> OwnRule:
    """A rule that scans look for."""
    return switch_on(actor=actor, rule=tried(actor, document))
