"""Privacy's own words: what entity types, operators, targets and categories are called, and a stored message as it is told.

States, roles and likelihoods have their words in `catalog.pages.wording`; why the scanner thinks what it thinks is told in `evidence`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from catalog.api.errors import render_message
from catalog.templatetags.canglang import listed, thousands
from privacy.detection.model import Likelihood
from privacy.detection.rules import EntityRule, Family
from privacy.masking.operators import PROPERTIES, Operator, Technique
from privacy.services.rules import current_rules, known_rule

LIKELIHOODS = tuple(step.value for step in Likelihood)

# What an operator does, to somebody who has to choose one.
OPERATORS: Mapping[Operator, Any] = {
    Operator.KEEP: _("The value leaves as it is."),
    Operator.DROP: _("The column does not leave at all."),
    Operator.NULL: _("The column stays, every cell of it empty."),
    Operator.CONSTANT: _("Every cell holds the same value, of the column’s own type."),
    Operator.PARTIAL_MASK: _("A part that people recognise stays, the rest becomes stars."),
    Operator.TOKEN: _(
        "A code that is the same for the same value within one project, and tells nothing without its key. Tables can "
        "be joined by it. It is a pseudonym, not anonymous data."
    ),
    Operator.SURROGATE: _(
        "A made-up number that could be real: area, date of birth and check digit are right. Who holds the project’s key can turn it "
        "back. It may by chance be a real person’s number."
    ),
    Operator.FF1: _(
        "Another value of the same length and the same characters, the same for the same value within one project. Who holds the "
        "project’s key can turn it back. It is a pseudonym, not anonymous data."
    ),
    Operator.ENCRYPT: _(
        "A text that only who holds the project’s key turns back into the value. It is the same for the same value within one "
        "project. It is a pseudonym, not anonymous data."
    ),
    Operator.GENERALISE: _(
        "A coarser value: the decade for the date, the district for the address, a range for the number."
    ),
    Operator.ROUND: _("The nearest multiple: 12,345 becomes 12,300. The column stays one of numbers."),
    Operator.CLIP: _("Very small and very large numbers become the end of a range, which hides those who stand out."),
    Operator.NOISE: _(
        "The number, moved a little by chance under the project’s key. Sums and means stay about right; single figures do not."
    ),
    Operator.DATE_SHIFT: _(
        "All dates of one person move by the same number of days, which only the project’s key tells. What lies between two of "
        "them stays right."
    ),
    Operator.REDACT: _(
        "In free text, names, numbers and addresses that the scanner finds are replaced; the rest stays. What nobody finds stays too, so "
        "read some of it before you release it."
    ),
    Operator.DICTIONARY: _(
        "Another name from a made-up list, the same for the same name within one project. Two names may get the same one."
    ),
}

TECHNIQUES: Mapping[Technique, Any] = {
    Technique.NONE: _("No treatment"),
    Technique.STATISTICAL: _("Statistical"),
    Technique.CRYPTOGRAPHIC: _("Cryptographic"),
    Technique.SUPPRESSION: _("Suppression"),
    Technique.PSEUDONYMISATION: _("Pseudonymisation"),
    Technique.GENERALISATION: _("Generalisation"),
    Technique.RANDOMISATION: _("Randomisation"),
    Technique.SYNTHETIC_DATA: _("Synthetic data"),
}

# 个人信息保护法 Art 28.
PIPL_CATEGORIES: Mapping[str, Any] = {
    "general": _("Personal information"),
    "not_personal": _("Not personal"),
    "sensitive_biometric": _("Sensitive: biometric"),
    "sensitive_religious_belief": _("Sensitive: religious belief"),
    "sensitive_specific_identity": _("Sensitive: specific identity"),
    "sensitive_medical_health": _("Sensitive: medical and health"),
    "sensitive_financial_account": _("Sensitive: financial account"),
    "sensitive_whereabouts": _("Sensitive: whereabouts"),
    "sensitive_minor": _("Sensitive: persons under 14"),
}

# How a scan tells a type.
FAMILIES: Mapping[Family, Any] = {
    Family.CHECKSUM: _("Form and check digits"),
    Family.PATTERN: _("Form of the value"),
    Family.LEXICON: _("List of words"),
    Family.SHAPE: _("Build of the value"),
    Family.DATE: _("Spread of the dates"),
    Family.NUMERIC: _("Column name and numbers"),
    Family.NAMED: _("Column name, or a label in the text"),
}

# What each role means to somebody who has to choose one (GB/T 37964).
ROLES: Mapping[str, Any] = {
    "direct": _("says who it is by itself"),
    "quasi": _("says who it is together with others"),
    "sensitive": _("hurts the person when it becomes known"),
    "none": _("nothing personal"),
}

# What a scan's worker is at.
WORK: Mapping[str, Any] = {
    "fingerprint": _("comparing the content with what was read"),
    "scan": _("reading rows"),
    "text": _("reading names in free text"),
    "draw": _("drawing rows at random"),
    "judge": _("judging the rows that were drawn"),
    "resume": _("going to the row where reading stopped"),
    "measure": _("reading and measuring rows"),
    "combinations": _("counting combinations"),
}


def in_chinese() -> bool:
    """Whether the reader reads Chinese."""
    return (get_language() or "zh").startswith("zh")


def label_of_rule(rule: EntityRule) -> str:
    """An entity type's name in the reader's language."""
    return rule.label_zh if in_chinese() else rule.label_en


def citation(source: str, source_en: str, article: str, article_en: str) -> str:
    """A document and the place in it, as the reader's language cites them: 《…》第二十八条 · GB/T 39335-2020 附录 D · PIPL, Art. 13."""
    if in_chinese():
        return source + ("" if source.endswith("》") else " ") + article if article else source
    return listed(part for part in (source_en or source, article_en or article) if part)


def entity_label(code: str) -> str | None:
    """The same by code; None where the rule pack knows no such type."""
    rule = known_rule(code)
    return label_of_rule(rule) if rule else None


def entity_choices() -> list[tuple[str, str]]:
    """Every type of the rule pack with its code, so that both can be searched for."""
    return [(code, f"{label_of_rule(rule)} · {code}") for code, rule in current_rules().entities.items()]


def operator_label(code: str) -> str:
    """What an operator is called."""
    try:
        return gettext(PROPERTIES[Operator(code)].label)
    except ValueError:
        return code


def count(number: float) -> str:
    """A count with its groups parted, as `{{ count|rows }}` shows it."""
    return str(thousands(number))


def percent(share: float) -> str:
    """A share as per cent to one place, never rounded up to all or down to none."""
    if 0 < share < 0.001:
        return "<" + number_format("0.1", use_l10n=True) + "%"
    return number_format(f"{math.floor(share * 1000 + 1e-6) / 10:g}", use_l10n=True) + "%"


def bounds(low: float, high: float) -> tuple[str, str]:
    """The ends of an interval as per cent to two figures, rounded outwards."""
    return _fine_percent(low, math.floor), _fine_percent(high, math.ceil)


def interval_in_words(interval: Mapping[str, Any]) -> str:
    """An interval as a table shows it: 0–0.015% of all rows."""
    low, high = bounds(interval["low"], interval["high"])
    if low == high:
        return gettext("%(share)s of all rows") % {"share": low}
    return gettext("%(low)s to %(high)s of all rows") % {"low": low, "high": high}


def _fine_percent(share: float, rounded: Callable[[float], int]) -> str:
    if share in (0, 1):
        return f"{share:.0%}"
    # Figures after the point that two telling ones need: of what is near all, those of what is missing.
    places = max(0, 1 - math.floor(math.log10(100 * min(share, 1 - share))))
    figure = rounded(share * 10 ** (places + 2) + (-1e-6 if rounded is math.ceil else 1e-6)) / 10**places
    return (
        number_format(f"{figure:.{places}f}".rstrip("0").rstrip(".") if places else f"{figure:.0f}", use_l10n=True)
        + "%"
    )


def told(message: str, params: Mapping[str, Any]) -> str:
    """A stored message in the reader's language, its counts grouped."""
    shown = {
        name: count(value) if isinstance(value, int) and not isinstance(value, bool) else value
        for name, value in params.items()
    }
    return render_message(message, shown)


def told_of_nearly_unique(name: str, values: int, persons: int) -> str:
    """Why a field without a role is among the quasi-identifiers."""
    return gettext(
        "“%(field)s” is no confirmed quasi-identifier, but its %(values)s different values among %(persons)s persons tell most of"
        " them apart, so it is counted as one. Leave it out or make it coarser."
    ) % {"field": name, "values": thousands(values), "persons": thousands(persons)}
