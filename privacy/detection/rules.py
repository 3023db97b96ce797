"""The rule pack: entity type → role, PIPL category, proposed grade, and the names its columns go by.

Lives here: reading and checking `rules.toml` or a bureau's own pack of the same shape. Not here: how values are matched
(`privacy.detection.recognizers`, `privacy.detection.shapes`) and judged (`privacy.detection.verdict`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Final, cast

from catalog.messages import MessageError, gettext_noop
from privacy.detection.model import FieldRole

GRADES: Final = ("core", "important", "general_4", "general_3", "general_2", "general_1")
PIPL_CATEGORIES: Final = (
    "general",
    "not_personal",
    "sensitive_biometric",
    "sensitive_religious_belief",
    "sensitive_specific_identity",
    "sensitive_medical_health",
    "sensitive_financial_account",
    "sensitive_whereabouts",
    "sensitive_minor",
)
_ENTITY_KEYS: Final = frozenset(["type", "zh", "en", "role", "pipl", "grade", "source", "family", "strength", "names"])


class RuleError(MessageError):
    """A rule pack that cannot be used."""

    code = "rule_pack_invalid"
    message = gettext_noop("The rule pack cannot be used: %(detail)s.")


class Family(StrEnum):
    """How the column engine judges a type."""

    CHECKSUM = "checksum"
    PATTERN = "pattern"
    LEXICON = "lexicon"
    SHAPE = "shape"
    DATE = "date"
    NUMERIC = "numeric"


@dataclass(frozen=True, slots=True)
class RuleSource:
    """The document behind a rule, and whether it was read when the rule was written."""

    key: str
    title: str
    article: str
    verified: bool


@dataclass(frozen=True, slots=True)
class NameLexicon:
    """Names of columns, lower case: Chinese matched by substring, the others by whole tokens."""

    zh: tuple[str, ...] = ()
    pinyin: tuple[str, ...] = ()
    en: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EntityRule:
    """What one entity type means."""

    entity_type: str
    label_zh: str
    label_en: str
    role: FieldRole
    pipl: str
    grade: str
    source: RuleSource
    family: Family
    strength: float
    names: NameLexicon


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A versioned rule pack. `entities` keeps the order of the pack, which breaks ties between equal scores."""

    version: str
    entities: Mapping[str, EntityRule]
    counter: NameLexicon
    remarks: NameLexicon

    def role_of(self, entity_type: str | None) -> FieldRole:
        """The role of a type; `none` for no type or one that the pack does not know."""
        rule = self.entities.get(entity_type) if entity_type else None
        return rule.role if rule else FieldRole.NONE


def load_rules(text: str | None = None) -> RuleSet:
    """The rule pack in `text` (TOML), or the one that ships. Raises `RuleError` naming what is wrong."""
    return _shipped() if text is None else _parse(text)


@cache
def _shipped() -> RuleSet:
    return _parse(resources.files(__package__).joinpath("rules.toml").read_text("utf-8"))


def _parse(text: str) -> RuleSet:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RuleError(detail=str(error)) from error
    try:
        sources = {
            key: RuleSource(key, str(value["title"]), str(value["article"]), bool(value["verified"]))
            for key, value in document["sources"].items()
        }
        entities = [_entity(entry, sources) for entry in document["entity"]]
        counter, remarks = _lexicon(document["counter"]), _lexicon(document["remarks"])
        version = str(document["version"])
    except (KeyError, TypeError, AttributeError) as error:
        raise RuleError(detail=f"missing or malformed {error}") from error
    except ValueError as error:
        raise RuleError(detail=str(error)) from error
    if len({entity.entity_type for entity in entities}) != len(entities):
        raise RuleError(detail="an entity type stands twice")
    return RuleSet(version, {entity.entity_type: entity for entity in entities}, counter, remarks)


def _entity(entry: Mapping[str, object], sources: Mapping[str, RuleSource]) -> EntityRule:
    unknown = set(entry) - _ENTITY_KEYS
    if unknown:
        raise RuleError(detail=f"unknown key {sorted(unknown)[0]}")
    grade, pipl, strength = str(entry["grade"]), str(entry["pipl"]), float(cast(float, entry["strength"]))
    if grade not in GRADES or pipl not in PIPL_CATEGORIES or not 0 <= strength <= 1:
        raise RuleError(detail=f"{entry['type']}: unknown grade, PIPL category or strength")
    return EntityRule(
        entity_type=str(entry["type"]),
        label_zh=str(entry["zh"]),
        label_en=str(entry["en"]),
        role=FieldRole(str(entry["role"])),
        pipl=pipl,
        grade=grade,
        source=sources[str(entry["source"])],
        family=Family(str(entry["family"])),
        strength=strength,
        names=_lexicon(cast(Mapping[str, object], entry["names"])),
    )


def _lexicon(entry: Mapping[str, object]) -> NameLexicon:
    lists = {key: tuple(str(word).lower() for word in cast(list[object], words)) for key, words in entry.items()}
    return NameLexicon(**lists)
