"""Whether a policy is safe for what a scan found: what is refused, and what the officer is warned of.

Lives here: rules about policies and findings. What a finding's role is, is `privacy.detection`'s to say; measured
risk is `privacy.risk`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from catalog.messages import gettext_noop
from privacy.detection.model import FieldRole
from privacy.masking.errors import DirectIdentifierInClear
from privacy.masking.operators import PROPERTIES, Operator
from privacy.masking.policy import FieldRule, Policy

SMALL_DOMAIN = 1_000_000
"""Below this many possible values, a table of all tokens' frequencies gives the values away (NIST SP 800-38G r1 asks
the same of FF1)."""

_KNOWN_DOMAINS: Mapping[str, int] = {
    "SEX": 4,
    "ETHNICITY": 58,
    "EDUCATION": 20,
    "MARITAL_STATUS": 10,
    "RELIGION": 30,
    "AGE": 150,
    "BIRTH_DATE": 60_000,
    "REGION": 50_000,
    "POSTCODE": 100_000,
    "OCCUPATION": 2_000,
    "DIAGNOSIS": 70_000,
}
"""About how many values a type can have, where that is fewer than a million. Orders of magnitude, house rule."""

_LARGE_DOMAINS = frozenset(
    {
        *("CN_RESIDENT_ID", "CN_MOBILE", "CN_LANDLINE", "CN_BANK_CARD", "CN_USCC", "CN_PASSPORT", "CN_PLATE"),
        *(
            "CN_HMT_RESIDENCE_PERMIT",
            "CN_PERMANENT_RESIDENCE",
            "CN_HM_TRAVEL_PERMIT",
            "CN_EXIT_PERMIT",
            "CN_TW_TRAVEL_PERMIT",
        ),
        *("CN_OFFICER_ID", "CN_DRIVING_LICENCE", "CN_SOCIAL_SECURITY", "MEDICAL_RECORD", "CN_WECHAT_ID", "CN_QQ_ID"),
        *(
            "CN_TAX_ID",
            "CN_ORGANIZATION_CODE",
            "CREDIT_CARD",
            "IBAN_CODE",
            "PHONE_NUMBER",
            "US_SSN",
            "VIN",
            "IMEI",
            "IMSI",
        ),
        *("EMAIL_ADDRESS", "PERSON", "CN_ADDRESS", "IP_ADDRESS", "MAC_ADDRESS", "CN_GPS", "EMPLOYER", "ORGANIZATION"),
    }
)

# A column with as many different values as this share of its rows is taken for a key, however short the table.
_KEY_LIKE = 0.5
_RESIDENT_ID_CHARACTERS = 18


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """What is known of a column's values: `distinct` of `rows` values that are not missing; None where nobody
    counted."""

    entity_type: str | None = None
    distinct: int | None = None
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class PolicyWarning:
    """Something an officer should know before the policy is used. `message` is an English msgid with `%(name)s`
    places."""

    code: str
    column: str
    message: str
    params: Mapping[str, object]

    def __str__(self) -> str:
        return self.message % self.params


_FREQUENCY = gettext_noop(
    "Column %(column)s: it has few different values (%(domain)s), so how often each token occurs tells which value "
    "it stands for."
)
_MAY_BE_REAL = gettext_noop(
    "Column %(column)s: a substitute may by chance be the name of a real person or firm. Tell whoever gets the data that the names are "
    "made up."
)
_NUMBER_MAY_BE_REAL = gettext_noop(
    "Column %(column)s: a surrogate may by chance be the number of a real person or firm. Tell whoever gets the data that the numbers "
    "are made up."
)
_MASK_TOO_THIN = gettext_noop(
    "Column %(column)s: the mask keeps so much of a resident ID that only about %(candidates)d numbers fit what it "
    "shows."
)


def check_policy(policy: Policy, roles: Mapping[str, FieldRole | str]) -> None:
    """Refuse a policy that lets a direct identifier through; `roles` are the confirmed roles by column.

    Raises DirectIdentifierInClear naming the columns, ColumnsMissing for a field that `roles`' table does not have.
    """
    rules = policy.rules_for(roles)
    clear = [name for name, rule in rules.items() if roles[name] == FieldRole.DIRECT and rule.operator is Operator.KEEP]
    if clear:
        raise DirectIdentifierInClear(columns=", ".join(clear))


def policy_warnings(policy: Policy, columns: Mapping[str, ColumnFacts]) -> tuple[PolicyWarning, ...]:
    """What the officer is warned of, in the order of the columns."""
    warnings: list[PolicyWarning] = []
    for name, rule in policy.rules_for(columns).items():
        facts = columns[name]
        domain = _small_domain(rule, facts)
        keyed = PROPERTIES[rule.operator].preserves_uniqueness or rule.operator is Operator.DICTIONARY
        if keyed and rule.operator is not Operator.KEEP and domain is not None:
            warnings.append(PolicyWarning("frequency_attack", name, _FREQUENCY, {"column": name, "domain": domain}))
        if rule.operator is Operator.DICTIONARY:
            warnings.append(PolicyWarning("substitute_may_be_real", name, _MAY_BE_REAL, {"column": name}))
        if rule.operator is Operator.SURROGATE:
            warnings.append(PolicyWarning("surrogate_may_be_real", name, _NUMBER_MAY_BE_REAL, {"column": name}))
        left = _resident_ids_left(rule, facts)
        if left is not None and left < SMALL_DOMAIN:
            warnings.append(PolicyWarning("mask_too_thin", name, _MASK_TOO_THIN, {"column": name, "candidates": left}))
    return tuple(warnings)


def _small_domain(rule: FieldRule, facts: ColumnFacts) -> int | None:
    """How many different values the column can have or has, if that is few enough to count tokens."""
    entity_type = rule.entity_type or facts.entity_type or ""
    if entity_type in _LARGE_DOMAINS:
        return None
    if entity_type in _KNOWN_DOMAINS:
        return min(_KNOWN_DOMAINS[entity_type], facts.distinct or SMALL_DOMAIN)
    if facts.distinct is None or facts.distinct >= SMALL_DOMAIN:
        return None
    if facts.rows is not None and facts.distinct >= _KEY_LIKE * facts.rows:
        return None
    return facts.distinct


# How many area codes, and how many dates of birth, are possible once so many leading characters are known; orders of
# magnitude.
_AREAS_LEFT = (3300, 700, 110, 100, 12, 10, 1)
_DATES_LEFT = (36_500, 36_500, 36_500, 3_650, 365, 180, 30, 10, 1)


def _resident_ids_left(rule: FieldRule, facts: ColumnFacts) -> int | None:
    """About how many resident IDs fit what a free mask leaves of one; None for another rule or type."""
    if rule.operator is not Operator.PARTIAL_MASK or (rule.entity_type or facts.entity_type) != "CN_RESIDENT_ID":
        return None
    first, last = rule.parameters.get("keep_first", 0), rule.parameters.get("keep_last", 0)
    if not isinstance(first, int) or not isinstance(last, int) or first + last >= _RESIDENT_ID_CHARACTERS:
        # So free a mask hides every character.
        return None
    areas = _AREAS_LEFT[min(first, 6)]
    dates = _DATES_LEFT[min(max(first - 6, 0), 8)]
    # Three digits of sequence and a check digit, which says a little of all the others.
    sequence = 1000 / (11 * 10 ** (last - 1) if last else 1)
    return max(1, int(areas * dates * sequence))
