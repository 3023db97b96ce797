"""The rule that is proposed for a confirmed finding, by grade, type, role and the way the data leave.

Lives here: reading `proposals.toml`, which is data, and choosing from it. Whoever sets protection edits what is proposed; writing it
is `privacy.services.protections`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from privacy.detection.model import FieldRole
from privacy.detection.rules import GRADES
from privacy.masking.errors import PolicyError
from privacy.masking.operators import PROPERTIES, Operator, Technique, available_operators
from privacy.masking.policy import FieldRule, rule_from_dict
from privacy.risk.codes import ReleaseMode

SHIPPED = Path(__file__).with_name("proposals.toml")

PSEUDONYMOUS = frozenset(
    operator
    for operator, properties in PROPERTIES.items()
    if properties.technique in (Technique.PSEUDONYMISATION, Technique.CRYPTOGRAPHIC)
)
"""The operators after which a value still stands for the same person wherever it occurs."""

_SECTIONS = ("version", "sources", "grade", "type", "role")


class ProposalsInvalid(ValueError):
    """The pack cannot be used: which entry of it, and why. A mistake of whoever wrote the pack, told when it is read."""


@dataclass(frozen=True, slots=True)
class ProposalSource:
    """The document that a proposal follows, and whether it was read when the pack was written."""

    title: str
    title_en: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one entry proposes: for each way the data leave, rules in the order they are preferred."""

    source: str
    rules: Mapping[ReleaseMode, tuple[FieldRule, ...]]


@dataclass(frozen=True, slots=True)
class Proposals:
    """The pack."""

    version: str
    sources: Mapping[str, ProposalSource]
    grades: Mapping[str, Proposal]
    types: Mapping[str, Proposal]
    roles: Mapping[FieldRole, Proposal]

    def rule_for(self, *, entity_type: str, role: FieldRole, grade: str, mode: ReleaseMode) -> FieldRule:
        """The rule of a field: what its grade alone decides, else what fits its type, else what fits its role; at the last it is
        left out.

        What holds nothing personal is judged by its grade alone: its type is then no person's.
        """
        entries = [self.grades.get(grade)]
        if role is not FieldRole.NONE:
            entries.append(self.types.get(entity_type))
        entries.append(self.roles[role])
        candidates = (rule for entry in entries if entry is not None for rule in entry.rules.get(mode, ()))
        return next((rule for rule in candidates if _is_allowed(rule.operator, role, mode)), FieldRule(Operator.DROP))


def _is_allowed(operator: Operator, role: FieldRole, mode: ReleaseMode) -> bool:
    if operator not in available_operators():
        return False
    if role is not FieldRole.DIRECT:
        return True
    return operator is not Operator.KEEP and not (mode is ReleaseMode.PUBLIC and operator in PSEUDONYMOUS)


@cache
def shipped_proposals() -> Proposals:
    """The pack that comes with the program."""
    return read_proposals(SHIPPED.read_text(encoding="utf-8"))


def read_proposals(text: str) -> Proposals:
    """Read a pack; ProposalsInvalid names what is wrong with it."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProposalsInvalid(str(error)) from None
    _only(document, _SECTIONS, "the pack")
    version = document.get("version")
    if not isinstance(version, str) or not version:
        raise ProposalsInvalid("version: a text is missing")
    sources = {key: _source(key, entry) for key, entry in _table(document, "sources").items()}
    pack = Proposals(
        version=version,
        sources=MappingProxyType(sources),
        grades=_entries(document, "grade", sources, typed=False),
        types=_entries(document, "type", sources, typed=True),
        roles=MappingProxyType(
            {_role(name): entry for name, entry in _entries(document, "role", sources, typed=False).items()}
        ),
    )
    if unknown := set(pack.grades) - set(GRADES):
        raise ProposalsInvalid(f"grade: there is no {sorted(unknown)[0]}")
    for role in FieldRole:
        if role not in pack.roles or set(pack.roles[role].rules) != set(ReleaseMode):
            raise ProposalsInvalid(f"role.{role.value}: a proposal for every way of leaving is missing")
    return pack


def _table(document: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = document.get(name, {})
    if not isinstance(found, Mapping):
        raise ProposalsInvalid(f"{name}: must be a table")
    return found


def _only(document: Mapping[str, object], allowed: Iterable[str], place: str) -> None:
    if unknown := set(document) - set(allowed):
        raise ProposalsInvalid(f"{place}: unknown key {sorted(unknown)[0]}")


def _source(key: str, entry: object) -> ProposalSource:
    place = f"sources.{key}"
    if not isinstance(entry, Mapping):
        raise ProposalsInvalid(f"{place}: must be a table")
    _only(entry, ("title", "title_en", "verified"), place)
    title, title_en, verified = entry.get("title"), entry.get("title_en"), entry.get("verified")
    if not isinstance(title, str) or not isinstance(title_en, str) or not isinstance(verified, bool):
        raise ProposalsInvalid(f"{place}: title, title_en and verified are needed")
    return ProposalSource(title, title_en, verified)


def _role(name: str) -> FieldRole:
    if name not in set(FieldRole):
        raise ProposalsInvalid(f"role: there is no {name}")
    return FieldRole(name)


def _entries(
    document: Mapping[str, object], section: str, sources: Mapping[str, ProposalSource], *, typed: bool
) -> Mapping[str, Proposal]:
    return MappingProxyType(
        {
            name: _proposal(f"{section}.{name}", entry, sources, entity_type=name if typed else None)
            for name, entry in _table(document, section).items()
        }
    )


def _proposal(place: str, entry: object, sources: Mapping[str, ProposalSource], *, entity_type: str | None) -> Proposal:
    if not isinstance(entry, Mapping):
        raise ProposalsInvalid(f"{place}: must be a table")
    _only(entry, ("source", *ReleaseMode), place)
    source = entry.get("source")
    if source not in sources:
        raise ProposalsInvalid(f"{place}: its source is not among the sources")
    rules = {
        mode: _rules(f"{place}.{mode.value}", entry[mode.value], entity_type)
        for mode in ReleaseMode
        if mode.value in entry
    }
    return Proposal(source=str(source), rules=MappingProxyType(rules))


def _rules(place: str, stated: object, entity_type: str | None) -> tuple[FieldRule, ...]:
    listed = stated if isinstance(stated, list) else [stated]
    if not listed:
        raise ProposalsInvalid(f"{place}: no rule")
    return tuple(rule for each in listed if (rule := _rule(place, each, entity_type)) is not None)


def _rule(place: str, stated: object, entity_type: str | None) -> FieldRule | None:
    """A rule as it is written, checked; None for an operator that this version cannot apply."""
    document = {"operator": stated} if isinstance(stated, str) else stated
    if not isinstance(document, Mapping) or document.get("operator") not in set(Operator):
        raise ProposalsInvalid(f"{place}: no operator")
    if not PROPERTIES[Operator(document["operator"])].available:
        return None
    try:
        return rule_from_dict({**document, "entity_type": entity_type}, field=place)
    except PolicyError as error:
        raise ProposalsInvalid(str(error)) from None
