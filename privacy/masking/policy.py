"""A protection policy: which operator each field gets, with what parameters.

Lives here: policies as values, their reading from TOML and JSON with every mistake named, and their digest. A policy
knows nothing of a table until it meets one (`Policy.rules_for`); whether it is safe for what a scan found is
`privacy.masking.safety`.

The TOML shape; parameters stand beside `operator`, or in a table `parameters`::

    default = "drop"
    [fields.id_no]
    operator = "token"
    entity_type = "CN_RESIDENT_ID"
    [fields.phone]
    operator = "partial_mask"
    preset = "mobile"
    invalid = "null"          # malformed values: null, token or fail
    null = "keep"             # missing values: keep or fail

The parameters:

- date_shift: `by` (the column of the subject), `by_type` (its entity type, else what a scan finds), `days` (the most a date
  moves; 366).
- round: `multiple`, or `digits` (after the point; negative: before it).
- noise: `scale` with `shape` laplace (the default) or gaussian; `width` for uniform; `low` and `high`, between which results
  stay; `by` and `by_type` as for date_shift, without which equal values get equal noise.
- clip: `low`, `high`; `low_text`, `high_text`: the words for what lies there.
- redact: `style` label (the default), mask or token; `language` of the labels, zh (the default) or en; `types`: codes of entity
  types parted by blanks or commas, else all direct identifiers.
- dictionary: `kind` chinese_name, english_name, company, street; else the entity type's.
- constant: `value` (text, number, true or false).
- partial_mask: `preset` (mobile resident_id name name_ends bank_card email address plate passport landline generic), else the
  entity type's; `mask_char`; for generic `keep_first`, `keep_last` (characters).
- encrypt: `form` canonical (all spellings of a value give one text; left out) or exact (the text as it stands).
- ff1: `alphabet` digits (the default), lower, upper, alphanumeric, hex, or the characters themselves; `keep`: characters
  that stay where they are.
- surrogate: none; the entity type CN_RESIDENT_ID, CN_MOBILE, CN_BANK_CARD or CN_USCC, stated or found by a scan.
- generalise: `to` day, month, quarter, year, decade; range: `width`, `origin`; age_band: `width`, `top`, `on` (the day
  to count to); province, city, district; area: `digits` (6, 4 or 2); prefix: `length`; group: `groups` (a table from
  value to group), `steps`, `other`; town; phone_region (area code, or a mobile number's first three); network: `bits`
  (IPv4, 24), `bits6` (48); grid: `metres`; geohash: `length`, `first` (longitude or latitude); hierarchy: `levels` (a table
  from value to a list of classes, the finest first), `level`, `other`. `to` may be left out where another parameter or the
  entity type implies it.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from privacy.masking.binding import check_parameters
from privacy.masking.dictionary import implied_kind
from privacy.masking.errors import (
    ColumnsAmbiguous,
    ColumnsMissing,
    OperatorUnavailable,
    OperatorUnknown,
    ParameterInvalid,
    PolicyUnreadable,
)
from privacy.masking.generalise import implied_target
from privacy.masking.operators import PROPERTIES, Operator, available_operators
from privacy.masking.partial import implied_preset
from privacy.masking.word_lists import VERSION as WORD_LISTS_VERSION

POLICY_VERSION = 1

Code = TypeVar("Code", bound=StrEnum)

# What may stand in a manifest, which leaves with the data: how coarse, which form, how much stays. Not what a constant says, nor the
# groups somebody drew, which may name people.
_TOLD = (
    *("alphabet", "keep", "form", "to", "width", "origin", "top", "on", "digits", "length", "steps", "preset"),
    *("keep_first", "keep_last"),
    *("multiple", "low", "high", "shape", "scale", "days", "by", "kind"),
    *("style", "language", "types"),
    *("metres", "bits", "bits6", "first", "level"),
)

BY_SUBJECT = frozenset({Operator.DATE_SHIFT, Operator.NOISE})
"""The operators that may go by the person a row is about: parameters `by` and `by_type`."""

_NO_PARAMETERS: Mapping[str, object] = MappingProxyType({})
_POLICY_KEYS = ("version", "default", "fields")
_RULE_KEYS = ("operator", "entity_type", "invalid", "null")
_DEFAULT_FIELD = "default"


class InvalidPolicy(StrEnum):
    """What becomes of a value that does not have the form its operator expects. It never passes through."""

    NULL = "null"
    TOKEN = "token"  # noqa: S105  # a policy's code, not a password
    FAIL = "fail"


class NullPolicy(StrEnum):
    """What becomes of a missing value: it stays missing, or protection stops. (`constant` fills every row, missing or
    not.)"""

    KEEP = "keep"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class FieldRule:
    """One field's protection. `rule_from_dict` makes checked ones; `check_rule` checks one made here.

    Without `invalid`, malformed values are tokenised by the token operator, and null for every other.
    """

    operator: Operator
    parameters: Mapping[str, object] = field(default_factory=lambda: _NO_PARAMETERS)
    entity_type: str | None = None
    invalid: InvalidPolicy | None = None
    null: NullPolicy = NullPolicy.KEEP

    @property
    def invalid_policy(self) -> InvalidPolicy:
        """The policy for malformed values that is in force."""
        if self.invalid is not None:
            return self.invalid
        return InvalidPolicy.TOKEN if self.operator is Operator.TOKEN else InvalidPolicy.NULL

    @property
    def beside(self) -> tuple[str, ...]:
        """The columns that the rule reads beside its own."""
        by = self.parameters.get("by") if self.operator in BY_SUBJECT else None
        return (by,) if isinstance(by, str) else ()

    @property
    def told_parameters(self) -> dict[str, object]:
        """What a manifest says of the parameters, those too that are only implied."""
        implied: dict[str, object] = {}
        if self.operator is Operator.GENERALISE:
            target = implied_target(self.parameters, self.entity_type)
            implied = {"to": target.value} if target else {}
        elif self.operator is Operator.PARTIAL_MASK:
            implied = {"preset": implied_preset(self.parameters, self.entity_type).value}
        elif self.operator is Operator.DICTIONARY:
            kind = implied_kind(self.parameters, self.entity_type)
            implied = {"kind": kind.value if kind else None, "word_lists": WORD_LISTS_VERSION}
        stated = {name: self.parameters[name] for name in _TOLD if self.parameters.get(name) is not None}
        return implied | stated

    def to_dict(self) -> dict[str, object]:
        """The rule in JSON's types, complete: `rule_from_dict` gives an equal one back."""
        return {
            "operator": self.operator.value,
            "parameters": {name: self.parameters[name] for name in sorted(self.parameters)},
            "entity_type": self.entity_type,
            "invalid": self.invalid_policy.value,
            "null": self.null.value,
        }


@dataclass(frozen=True, slots=True)
class Policy:
    """A rule for each named field, and one for all others: `drop` unless the policy says otherwise."""

    fields: Mapping[str, FieldRule] = field(default_factory=lambda: MappingProxyType({}))
    default: FieldRule = field(default_factory=lambda: FieldRule(Operator.DROP))

    def rules_for(self, columns: Iterable[str]) -> dict[str, FieldRule]:
        """The rule of each of a table's columns, in their order.

        Raises ColumnsMissing listing the fields that the table does not have, ColumnsAmbiguous for a name it has twice.
        """
        names = list(columns)
        missing = sorted(set(self.fields) - set(names))
        if missing:
            raise ColumnsMissing(columns=", ".join(missing))
        twice = sorted(name for name, count in Counter(names).items() if count > 1)
        if twice:
            raise ColumnsAmbiguous(columns=", ".join(twice))
        return {name: self.fields.get(name, self.default) for name in names}

    def kept_columns(self, columns: Iterable[str]) -> tuple[str, ...]:
        """The columns that are not dropped."""
        return tuple(name for name, rule in self.rules_for(columns).items() if rule.operator is not Operator.DROP)

    def read_columns(self, columns: Iterable[str]) -> tuple[str, ...]:
        """All that protection needs to read: the kept columns, and those that their rules read beside them.

        Raises ColumnsMissing also for such a column that the table does not have.
        """
        rules = self.rules_for(columns)
        kept = {name: rule for name, rule in rules.items() if rule.operator is not Operator.DROP}
        beside = {companion for rule in kept.values() for companion in rule.beside}
        if missing := sorted(beside - set(rules)):
            raise ColumnsMissing(columns=", ".join(missing))
        return tuple(name for name in rules if name in kept or name in beside)

    def with_entity_types(self, entity_types: Mapping[str, str | None]) -> Policy:
        """This policy with the entity types that a scan found, for the fields that state none.

        A token of a known type is taken from its canonical form, so that all spellings of a value give one token.
        """
        fields = {
            name: rule
            if rule.entity_type or not entity_types.get(name)
            else replace(rule, entity_type=entity_types[name])
            for name, rule in self.fields.items()
        }
        if self.default.operator is not Operator.DROP:
            # A default has one rule for many types: name the columns that have one.
            for name, entity_type in entity_types.items():
                if name not in fields and entity_type and not self.default.entity_type:
                    fields[name] = replace(self.default, entity_type=entity_type)
        typed = {name: _with_subject_type(rule, entity_types) for name, rule in fields.items()}
        return Policy(fields=MappingProxyType(typed), default=self.default)

    def to_dict(self) -> dict[str, object]:
        """The policy in JSON's types: `policy_from_dict` gives an equal one back."""
        return {
            "version": POLICY_VERSION,
            "default": self.default.to_dict(),
            "fields": {name: self.fields[name].to_dict() for name in sorted(self.fields)},
        }

    def digest(self) -> str:
        """SHA-256 of the canonical JSON (sorted keys, no spaces, UTF-8), 64 hexadecimal digits."""
        document = json.dumps(
            self.to_dict(), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
        )
        return hashlib.sha256(document.encode()).hexdigest()


def _with_subject_type(rule: FieldRule, entity_types: Mapping[str, str | None]) -> FieldRule:
    """A rule that goes by the subject, with the entity type of the subject's column: all spellings of a person are one."""
    found = next((entity_types.get(name) for name in rule.beside), None)
    if not found or rule.parameters.get("by_type"):
        return rule
    return replace(rule, parameters=MappingProxyType({**rule.parameters, "by_type": found}))


def policy_from_toml(text: str) -> Policy:
    """Read a policy file; PolicyError names what is wrong in it."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # tomllib's words name a position and a kind of mistake.
        raise PolicyUnreadable(detail=str(error).rstrip(".")) from None
    return policy_from_dict(document)


def policy_from_dict(document: Mapping[str, object]) -> Policy:
    """Read a policy from TOML's or JSON's types; PolicyError names what is wrong in it."""
    for key in document:
        if key not in _POLICY_KEYS:
            raise PolicyUnreadable(detail=f"unknown key “{key}”, allowed: {', '.join(_POLICY_KEYS)}")
    version = document.get("version", POLICY_VERSION)
    if version != POLICY_VERSION or isinstance(version, bool):
        raise PolicyUnreadable(detail=f"“version” must be {POLICY_VERSION}")
    default = rule_from_dict(document.get("default", Operator.DROP.value), field=_DEFAULT_FIELD)
    fields = document.get("fields", {})
    if not isinstance(fields, Mapping) or not all(isinstance(name, str) for name in fields):
        raise PolicyUnreadable(detail="“fields” must be a table of field names")
    return Policy(
        fields=MappingProxyType({name: rule_from_dict(rule, field=name) for name, rule in fields.items()}),
        default=default,
    )


def rule_from_dict(document: object, *, field: str) -> FieldRule:
    """Read one field's rule: a table as in a policy, or an operator's code alone; checked, PolicyError names the
    field."""
    if isinstance(document, str):
        document = {"operator": document}
    if not isinstance(document, Mapping):
        raise PolicyUnreadable(detail=f"the rule of “{field}” must be a table or an operator")
    if "operator" not in document:
        raise PolicyUnreadable(detail=f"the rule of “{field}” has no “operator”")
    operator = _operator(document["operator"], field)
    rule = FieldRule(
        operator=operator,
        parameters=_parameters(document, operator, field),
        entity_type=_entity_type(document, operator, field),
        invalid=_code(document, "invalid", InvalidPolicy, operator, field),
        null=_code(document, "null", NullPolicy, operator, field) or NullPolicy.KEEP,
    )
    check_rule(rule, field=field)
    return rule


def check_rule(rule: FieldRule, *, field: str) -> None:
    """Raise PolicyError if the operator is not available or its parameters are not right."""
    if not PROPERTIES[rule.operator].available:
        raise OperatorUnavailable(field=field, operator=rule.operator.value, available=_available())
    check_parameters(rule.operator, rule.parameters, rule.entity_type, field=field)


def _available() -> str:
    return ", ".join(operator.value for operator in available_operators())


def _operator(code: object, field: str) -> Operator:
    try:
        return Operator(code)  # type: ignore[arg-type]  # anything that is no code raises ValueError
    except ValueError:
        raise OperatorUnknown(field=field, operator=str(code), available=_available()) from None


def _parameters(document: Mapping[str, object], operator: Operator, field: str) -> Mapping[str, object]:
    """Parameters beside the operator and those in `parameters`, in JSON's types."""
    stated = document.get("parameters")
    if stated is None:
        stated = {}
    if not isinstance(stated, Mapping):
        raise ParameterInvalid(field=field, operator=operator.value, parameter="parameters", expected="a table")
    beside = {name: value for name, value in document.items() if name not in (*_RULE_KEYS, "parameters")}
    for name in beside:
        if name in stated:
            raise ParameterInvalid(field=field, operator=operator.value, parameter=name, expected="given once")
    return MappingProxyType(
        {str(name): _plain(value) for name, value in {**stated, **beside}.items() if value is not None}
    )


def _plain(value: object) -> object:
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    return value


def _entity_type(document: Mapping[str, object], operator: Operator, field: str) -> str | None:
    value = document.get("entity_type")
    if value is None or (isinstance(value, str) and value):
        return value
    raise ParameterInvalid(field=field, operator=operator.value, parameter="entity_type", expected="a text")


def _code(document: Mapping[str, object], name: str, kind: type[Code], operator: Operator, field: str) -> Code | None:
    value = document.get(name)
    if value is None:
        return None
    try:
        return kind(value)  # type: ignore[arg-type]  # anything that is no code raises ValueError
    except ValueError:
        expected = f"one of: {', '.join(member.value for member in kind)}"
        raise ParameterInvalid(field=field, operator=operator.value, parameter=name, expected=expected) from None
