"""The rule pack: entity type → role, PIPL category, proposed grade, and the names its columns go by.

Lives here: reading and checking `rules.toml` or a bureau's own pack of the same shape. Not here: how values are matched
(`privacy.detection.recognizers`, `privacy.detection.shapes`) and judged (`privacy.detection.verdict`).
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Final, cast

from catalog.messages import MessageError, gettext_noop
from privacy.detection.checksums import LUCK
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
OWN_MARK: Final = "+own."  # in the version of a rule pack with a bureau's own rules
_ENTITY_KEYS: Final = frozenset(
    [
        "type",
        "zh",
        "en",
        "role",
        "pipl",
        "grade",
        "source",
        "format",
        "format_en",
        "family",
        "strength",
        "names",
        "on",
        "unproven",
        "cells",
    ]
)


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
    NAMED = "named"


@dataclass(frozen=True, slots=True)
class RuleSource:
    """The document behind a rule, as either language cites it, and whether it was read when the rule was written."""

    key: str
    title: str
    title_en: str
    article: str
    article_en: str
    verified: bool


@dataclass(frozen=True, slots=True)
class NameLexicon:
    """Names of columns, lower case: Chinese matched by substring, the others by whole tokens."""

    zh: tuple[str, ...] = ()
    pinyin: tuple[str, ...] = ()
    en: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CellForm:
    """What the cells of a column look like that only its name can tell: digits or any code, and how many characters."""

    digits: bool
    least: int
    most: int
    any_text: bool = False  # or any text of that length


@dataclass(frozen=True, slots=True)
class OwnExpression:
    """One regular expression of a bureau's own type, with Presidio's score. `inside`: a value may stand within a longer code."""

    name: str
    regex: str
    score: float
    inside: bool = False


@dataclass(frozen=True, slots=True)
class OwnValues:
    """What the values of a bureau's own type look like: they match an expression, or the whole cell is one of the words.

    `checksum` names a system of `privacy.detection.check_systems`; lengths count without separators and bind what matches.
    """

    expressions: tuple[OwnExpression, ...]
    checksum: str
    words: tuple[str, ...] = field(hash=False)
    shortest: int
    longest: int
    digest: str


@dataclass(frozen=True, slots=True)
class EntityRule:
    """What one entity type means, and how it is told.

    `format`: the standard or document that its values follow. `strength`: how far matching values alone convince; `unproven`: how far
    they do when their checksum fails. `cells`: what its cells look like where only the column's name tells what they are. A rule
    that is not `on` keeps its words and its role, but no scan looks for it. `luck`: how often a checksum passes by luck, where there is
    one. `version` and `own` are a bureau's own rule's (`privacy.detection.own_rules`).
    """

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
    format: str = ""
    format_en: str = ""  # the same in English, where it differs
    on: bool = True
    unproven: float = 0.0
    cells: CellForm | None = None
    luck: float | None = None
    version: str = ""
    own: OwnValues | None = None

    @property
    def by_luck(self) -> float:
        """The same for arithmetic: what has no checksum passes always."""
        return 1.0 if self.luck is None else self.luck


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A versioned rule pack. `entities` keeps the order of the pack, which breaks ties between equal scores."""

    version: str
    entities: Mapping[str, EntityRule]
    counter: NameLexicon
    remarks: NameLexicon

    @property
    def running(self) -> Mapping[str, EntityRule]:
        """The rules that scans look for, in the order of the pack."""
        return {entity_type: rule for entity_type, rule in self.entities.items() if rule.on}

    def with_types(self, types: Collection[str]) -> RuleSet:
        """This pack with more types on. Its version says so, for a scan under other rules is another scan."""
        unknown = sorted(set(types) - set(self.entities))
        if unknown:
            raise RuleError(detail=f"there is no entity type {unknown[0]}")
        more = sorted(entity_type for entity_type in types if not self.entities[entity_type].on)
        if not more:
            return self
        entities = {key: replace(rule, on=rule.on or key in more) for key, rule in self.entities.items()}
        mark = hashlib.sha256(",".join(more).encode()).hexdigest()[:8]
        return replace(self, version=f"{self.version}+{mark}", entities=entities)

    def with_own(self, own: Iterable[EntityRule]) -> RuleSet:
        """This pack with a bureau's own rules. Its version says which of them run, and in which version of theirs."""
        added = {rule.entity_type: rule for rule in own}
        taken = sorted(set(added) & set(self.entities))
        if taken:
            raise RuleError(detail=f"{taken[0]} is a type of the rule pack already")
        if not added:
            return self
        running = sorted(f"{key} {rule.version}" for key, rule in added.items() if rule.on)
        digest = hashlib.sha256("\n".join(running).encode()).hexdigest()[:8]
        mark = f"+own.{digest}" if running else ""
        return replace(self, version=self.version + mark, entities={**self.entities, **added})

    def role_of(self, entity_type: str | None) -> FieldRole:
        """The role of a type; `none` for no type or one that the pack does not know."""
        rule = self.entities.get(entity_type) if entity_type else None
        return rule.role if rule else FieldRole.NONE


_also: set[str] = set()  # types of the shipped pack that this process looks for besides


def load_rules(text: str | None = None) -> RuleSet:
    """The rule pack in `text` (TOML), or the one that ships. Raises `RuleError` naming what is wrong."""
    return _shipped(frozenset(_also)) if text is None else _parse(text)


def look_also_for(types: Iterable[str]) -> None:
    """Turn types on that the shipped pack has off, for this process, once when it starts. Raises `RuleError` for an unknown one."""
    chosen = set(types)
    _shipped(frozenset(chosen))
    _also.clear()
    _also.update(chosen)


@cache
def _shipped(also: frozenset[str]) -> RuleSet:
    pack = _parse(resources.files(__package__).joinpath("rules.toml").read_text("utf-8"))
    return pack.with_types(also) if also else pack


def _parse(text: str) -> RuleSet:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RuleError(detail=str(error)) from error
    try:
        sources = {
            key: RuleSource(
                key=key,
                title=str(value["title"]),
                title_en=str(value.get("title_en") or value["title"]),
                article=str(value["article"]),
                article_en=str(value.get("article_en") or value["article"]),
                verified=bool(value["verified"]),
            )
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
    unproven = float(cast(float, entry.get("unproven", 0.0)))
    grade, pipl, strength = str(entry["grade"]), str(entry["pipl"]), float(cast(float, entry["strength"]))
    if grade not in GRADES or pipl not in PIPL_CATEGORIES or not 0 <= unproven <= strength <= 1:
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
        format=str(entry.get("format", "")),
        format_en=str(entry.get("format_en", "")),
        on=_truth(entry, "on"),
        unproven=unproven,
        cells=_cell_form(str(entry["type"]), entry.get("cells")),
        luck=LUCK.get(str(entry["type"])),
    )


def _truth(entry: Mapping[str, object], key: str) -> bool:
    value = entry.get(key, True)
    if not isinstance(value, bool):
        raise RuleError(detail=f"{entry['type']}: {key} is true or false")
    return value


def _cell_form(entity_type: str, entry: object) -> CellForm | None:
    if entry is None:
        return None
    if not isinstance(entry, dict) or set(entry) != {"digits", "least", "most"}:
        raise RuleError(detail=f"{entity_type}: cells has digits, least and most")
    form = CellForm(bool(entry["digits"]), int(entry["least"]), int(entry["most"]))
    if not 1 <= form.least <= form.most:
        raise RuleError(detail=f"{entity_type}: cells has at least as many characters as at most")
    return form


def _lexicon(entry: Mapping[str, object]) -> NameLexicon:
    lists = {key: tuple(str(word).lower() for word in cast(list[object], words)) for key, words in entry.items()}
    return NameLexicon(**lists)
