"""Rules that a bureau writes itself: how one is spelt, what is refused in one and why, and the file that holds some.

Lives here: a rule as a document, which pages, the API and files write alike; reading it into the rule that scans run; the file, in TOML as
the shipped rule pack is. Not here: whether an expression is fit to run (`privacy.detection.bounded`), the recognizer that is made of
a rule (`privacy.detection.recognizers.own`), and who may write one (`privacy.services.own_rules`).
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from catalog.messages import MessageError, gettext_noop
from privacy.detection.bounded import LONGEST_EXPRESSION, UnboundedExpression, read_bounded
from privacy.detection.cells import PLACEHOLDERS
from privacy.detection.check_systems import CHECK_SYSTEMS
from privacy.detection.check_systems import LONGEST as LONGEST_CHECKED
from privacy.detection.folding import fold
from privacy.detection.made_up import require_quick
from privacy.detection.model import FieldRole
from privacy.detection.recognizers.own import CODE, regex_of
from privacy.detection.rules import (
    GRADES,
    PIPL_CATEGORIES,
    CellForm,
    EntityRule,
    Family,
    NameLexicon,
    OwnExpression,
    OwnValues,
    RuleSource,
    load_rules,
)

MOST_EXPRESSIONS: Final = 5
MOST_WORDS: Final = 50_000
LONGEST_WORD: Final = 64
MOST_NAMES: Final = 100
LONGEST_NAME: Final = 40
LONGEST_LABEL: Final = 60
LONGEST_TEXT: Final = 200
LONGEST_VALUE: Final = 500
MOST_RULES: Final = 200  # in a file
USUAL_LONGEST: Final = 64
USUAL_STRENGTH: Final = 0.85
USUAL_UNPROVEN: Final = 0.3
USUAL_SCORE: Final = 0.6
USUAL_SOURCE: Final = {"title": "本单位规则", "title_en": "Rule of this organisation", "article": "", "article_en": ""}
NAME_KINDS: Final = ("zh", "pinyin", "en", "weak")

Document = Mapping[str, Any]
_TYPE: Final = re.compile(r"[A-Z][A-Z0-9_]{1,39}")
_KEYS: Final = frozenset(
    (
        *("type", "zh", "en", "role", "pipl", "grade", "source", "format", "strength", "unproven", "names"),
        *("expressions", "checksum", "words", "shortest", "longest"),
    )
)
_EXPRESSION_KEYS: Final = frozenset(("name", "regex", "score", "inside"))
_FILE_KEYS: Final = frozenset(("entity", "sources", "version"))

UNKNOWN_KEY: Final = gettext_noop("There is nothing called %(name)s here.")
NOT_A_TEXT: Final = gettext_noop("Write a text of at most %(most)s characters.")
MISSING: Final = gettext_noop("This is missing.")
NOT_A_TYPE: Final = gettext_noop("Write capital letters, digits and underscores, a letter first, 2 to 40 of them.")
TAKEN: Final = gettext_noop("%(name)s is a type of the shipped rule pack: choose another name.")
NOT_ONE_OF: Final = gettext_noop("Choose one of these: %(allowed)s.")
NOT_A_SHARE: Final = gettext_noop("Write a number from 0 to 1.")
NOT_A_SCORE: Final = gettext_noop("Write a number above 0 and up to 1.")
TOO_UNPROVEN: Final = gettext_noop("What fails its checksum cannot convince more than what passes.")
NOT_A_LIST: Final = gettext_noop("Write a list of texts.")
TOO_MANY: Final = gettext_noop("There are %(number)s; at most %(most)s are allowed.")
LONG_ENTRY: Final = gettext_noop("Entry %(number)s has more than %(most)s characters, or some that cannot be seen.")
BLANK_ENTRY: Final = gettext_noop("Entry %(number)s stands for no value: scans leave such cells out.")
NOT_A_LENGTH: Final = gettext_noop("Write a whole number from 1 to %(most)s.")
LENGTHS_CROSSED: Final = gettext_noop("The longest value cannot be shorter than the shortest.")
NOT_A_TRUTH: Final = gettext_noop("Write true or false.")
NO_EXPRESSION: Final = gettext_noop("A checksum needs an expression: words have none.")
LONG_CHECKED: Final = gettext_noop("Values with a checksum have at most %(most)s characters.")
NOTHING_TO_TELL_BY: Final = gettext_noop(
    "Give at least an expression, words or names of columns: nothing tells this type yet."
)
NOT_A_SOURCE: Final = gettext_noop("Write title and article of the document, or leave the source out.")
NAMES_TWICE: Final = gettext_noop("Two expressions have the same name.")
NEVER_VERIFIED: Final = gettext_noop("A rule of your own is shown as unverified: leave this out.")
NOT_TOML: Final = gettext_noop("The file is no TOML: something is wrong in line %(line)s, column %(column)s.")
NOT_TOML_AT_END: Final = gettext_noop("The file is no TOML: it ends too early.")
NO_RULES: Final = gettext_noop("The file holds no rule: each begins with [[entity]].")
NOT_A_RULE: Final = gettext_noop("This rule is no table of names and values.")
TWICE: Final = gettext_noop("%(name)s stands twice in the file.")
NO_SUCH_SOURCE: Final = gettext_noop("The file has no [sources.%(name)s].")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field of a rule, such as `expressions.2.regex`."""

    field: str
    error: MessageError


class OwnRuleError(MessageError):
    """A rule that cannot be used. `problems` says where, for `entity_type`, the `number`th rule of its file."""

    code = "own_rule_invalid"
    message = gettext_noop("The rule cannot be used.")

    def __init__(self, problems: Sequence[Problem], *, entity_type: str = "", number: int = 0) -> None:
        super().__init__()
        self.problems = tuple(problems)
        self.entity_type, self.number = entity_type, number

    def __str__(self) -> str:
        where = f"{self.entity_type or self.number or ''} "
        return "; ".join(f"{where}{problem.field}: {problem.error}".strip() for problem in self.problems)


# ---- one rule ---------------------------------------------------------------------------------------------------


def normal_form(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The document of a rule as it is kept: every field there, words and names each once. Expressions are read, and not yet tried.

    Raises: OwnRuleError, with everything that is wrong.
    """
    reader = _Reader(entry)
    document: dict[str, Any] = {
        "type": reader.code(),
        "zh": reader.text("zh", LONGEST_LABEL, needed=True),
        "en": reader.text("en", LONGEST_LABEL, needed=True),
        "role": reader.one_of("role", [role.value for role in FieldRole]),
        "pipl": reader.one_of("pipl", PIPL_CATEGORIES),
        "grade": reader.one_of("grade", GRADES),
        "source": reader.source(),
        "format": reader.text("format", LONGEST_TEXT),
        "names": reader.names(),
        "expressions": reader.expressions(),
        "checksum": reader.checksum(),
        "words": reader.texts("words", MOST_WORDS, LONGEST_WORD, _is_word),
        "shortest": reader.length("shortest", 1),
        "longest": reader.length("longest", USUAL_LONGEST),
        "strength": reader.share("strength", USUAL_STRENGTH),
        "unproven": reader.share("unproven", USUAL_UNPROVEN if entry.get("checksum") else 0.0),
    }
    reader.unknown(entry, _KEYS, "")
    _together(document, reader)
    if reader.problems:
        raise OwnRuleError(reader.problems, entity_type=document["type"])
    return document


def checked(entry: Mapping[str, Any]) -> dict[str, Any]:
    """`normal_form`, its expressions tried on made-up texts in a process of their own, each for a second at most.

    Raises: OwnRuleError.
    """
    document = normal_form(entry)
    problems = []
    for at, expression in enumerate(_expressions_of(document), start=1):
        try:
            require_quick(read_bounded(regex_of(expression), guard="" if expression.inside else CODE))
        except UnboundedExpression as error:
            problems.append(Problem(f"expressions.{at}.regex", error))
    if problems:
        raise OwnRuleError(problems, entity_type=str(document["type"]))
    return document


def digest_of(document: Document) -> str:
    """What stands for a document where the document itself must not: SHA-256 of it, in hexadecimal."""
    return hashlib.sha256(json.dumps(document, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def rule_of(document: Document, *, version: int = 0, on: bool = True) -> EntityRule:
    """The rule of a document in its normal form. `version` counts how often it was changed (0: it comes from a file)."""
    digest = digest_of(document)
    expressions, words = _expressions_of(document), tuple(document["words"])
    checksum, shortest, longest = str(document["checksum"]), int(document["shortest"]), int(document["longest"])
    told_by_name = not (expressions or words)
    return EntityRule(
        entity_type=str(document["type"]),
        label_zh=str(document["zh"]),
        label_en=str(document["en"]),
        role=FieldRole(str(document["role"])),
        pipl=str(document["pipl"]),
        grade=str(document["grade"]),
        source=RuleSource(key="own", verified=False, **document["source"]),
        family=_family(document),
        strength=float(document["strength"]),
        # A rule that scans do not look for must not change what they make of the names of columns either.
        names=NameLexicon(**{kind: tuple(document["names"][kind]) for kind in NAME_KINDS}) if on else NameLexicon(),
        format=str(document["format"]),
        on=on,
        unproven=float(document["unproven"]),
        cells=CellForm(digits=False, least=shortest, most=longest, any_text=True) if told_by_name else None,
        luck=CHECK_SYSTEMS[checksum].luck if checksum else None,
        version=f"own.{version}-{digest[:8]}",
        own=OwnValues(expressions, checksum, words, shortest, longest, digest),
    )


def _family(document: Document) -> Family:
    if document["checksum"]:
        return Family.CHECKSUM
    if document["expressions"]:
        return Family.PATTERN
    return Family.LEXICON if document["words"] else Family.NAMED


def _expressions_of(document: Document) -> tuple[OwnExpression, ...]:
    return tuple(OwnExpression(**expression) for expression in document["expressions"])


def _together(document: Mapping[str, Any], reader: _Reader) -> None:
    """What fields say about one another."""
    if document["checksum"]:
        if not document["expressions"]:
            reader.refuse("checksum", NO_EXPRESSION)
        if document["longest"] > LONGEST_CHECKED:
            reader.refuse("longest", LONG_CHECKED, most=LONGEST_CHECKED)
    if document["longest"] < document["shortest"]:
        reader.refuse("longest", LENGTHS_CROSSED)
    if document["unproven"] > document["strength"]:
        reader.refuse("unproven", TOO_UNPROVEN)
    told = document["expressions"] or document["words"] or any(document["names"].values())
    if not told and not reader.problems:
        reader.refuse("expressions", NOTHING_TO_TELL_BY)


def _shown(key: object) -> str:
    """A name that somebody wrote, fit for a message."""
    return str(key)[:LONGEST_NAME].encode("utf-8", "replace").decode()


def _is_plain(text: str) -> bool:
    """No control characters and no halves of characters: not every database keeps them."""
    return not any(unicodedata.category(char) in ("Cc", "Cs") for char in text)


def _is_word(word: str) -> bool:
    return fold(word).strip() not in PLACEHOLDERS


class _Reader:
    """Reads the fields of a rule and keeps what is wrong with them."""

    def __init__(self, entry: Mapping[str, Any]) -> None:
        self.entry = entry
        self.problems: list[Problem] = []

    def refuse(self, where: str, message: str, **params: object) -> None:
        self.problems.append(Problem(where, MessageError(message, code="own_rule_invalid", **params)))

    def unknown(self, entry: Mapping[str, Any], known: Iterable[str], where: str) -> None:
        for key in sorted(_shown(key) for key in entry if key not in set(known)):
            self.refuse(f"{where}{key}", UNKNOWN_KEY, name=key)

    def text(
        self, key: str, most: int, *, needed: bool = False, of: Mapping[str, Any] | None = None, where: str = ""
    ) -> str:
        value = (self.entry if of is None else of).get(key, "")
        if not isinstance(value, str) or len(value) > most or not _is_plain(value):
            self.refuse(where + key, NOT_A_TEXT, most=most)
            return ""
        if needed and not value.strip():
            self.refuse(where + key, MISSING)
        return value.strip()

    def code(self) -> str:
        value = self.entry.get("type", "")
        if not isinstance(value, str) or not _TYPE.fullmatch(value):
            self.refuse("type", NOT_A_TYPE)
            return ""
        if value in load_rules().entities:
            self.refuse("type", TAKEN, name=value)
        return value

    def one_of(self, key: str, allowed: Sequence[str]) -> str:
        value = self.entry.get(key)
        if value not in allowed:
            self.refuse(key, NOT_ONE_OF, allowed=", ".join(allowed))
            return allowed[0]
        return str(value)

    def share(self, key: str, usual: float) -> float:
        value = self.entry.get(key, usual)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            self.refuse(key, NOT_A_SHARE)
            return usual
        return float(value)

    def length(self, key: str, usual: int) -> int:
        value = self.entry.get(key, usual)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LONGEST_VALUE:
            self.refuse(key, NOT_A_LENGTH, most=LONGEST_VALUE)
            return usual
        return value

    def texts(
        self,
        key: str,
        most: int,
        longest: int,
        fits: Callable[[str], bool] = bool,
        *,
        of: Mapping[str, Any] | None = None,
        where: str = "",
    ) -> list[str]:
        value = (self.entry if of is None else of).get(key, [])
        if isinstance(value, str):  # one a line
            value = value.splitlines()
        if not isinstance(value, list | tuple) or not all(isinstance(word, str) for word in value):
            self.refuse(where + key, NOT_A_LIST)
            return []
        words = [word.strip() for word in value]
        for at, word in enumerate(words, start=1):
            if len(word) > longest or not _is_plain(word):
                self.refuse(where + key, LONG_ENTRY, number=at, most=longest)
                return []
            if word and not fits(word):
                self.refuse(where + key, BLANK_ENTRY, number=at)
                return []
        unique = list(dict.fromkeys(filter(None, words)))
        if len(unique) > most:
            self.refuse(where + key, TOO_MANY, number=len(unique), most=most)
            return []
        return unique

    def source(self) -> dict[str, str]:
        value = self.entry.get("source") or {}
        if not isinstance(value, Mapping):
            self.refuse("source", NOT_A_SOURCE)
            return dict(USUAL_SOURCE)
        self.unknown(value, (*USUAL_SOURCE, "verified"), "source.")
        if value.get("verified", False) is not False:
            self.refuse("source.verified", NEVER_VERIFIED)
        found = {key: self.text(key, LONGEST_TEXT, of=value, where="source.") for key in USUAL_SOURCE}
        if not any(found.values()):
            return dict(USUAL_SOURCE)
        found["title_en"] = found["title_en"] or found["title"]
        found["title"] = found["title"] or found["title_en"]
        found["article_en"] = found["article_en"] or found["article"]
        return found

    def names(self) -> dict[str, list[str]]:
        value = self.entry.get("names") or {}
        if not isinstance(value, Mapping):
            self.refuse("names", NOT_A_LIST)
            return {kind: [] for kind in NAME_KINDS}
        self.unknown(value, NAME_KINDS, "names.")
        lists = {kind: self.texts(kind, MOST_NAMES, LONGEST_NAME, of=value, where="names.") for kind in NAME_KINDS}
        return {kind: [name.lower() for name in names] for kind, names in lists.items()}

    def checksum(self) -> str:
        value = self.entry.get("checksum") or ""
        if value and (not isinstance(value, str) or value not in CHECK_SYSTEMS):
            self.refuse("checksum", NOT_ONE_OF, allowed=", ".join(CHECK_SYSTEMS))
            return ""
        return str(value)

    def expressions(self) -> list[dict[str, Any]]:
        value = self.entry.get("expressions") or []
        if not isinstance(value, list | tuple) or not all(isinstance(one, Mapping) for one in value):
            self.refuse("expressions", NOT_A_LIST)
            return []
        if len(value) > MOST_EXPRESSIONS:
            self.refuse("expressions", TOO_MANY, number=len(value), most=MOST_EXPRESSIONS)
            return []
        found = [self._expression(one, f"expressions.{at}.", at) for at, one in enumerate(value, start=1)]
        if len({one["name"] for one in found}) < len(found):
            self.refuse("expressions", NAMES_TWICE)
        return found

    def _expression(self, entry: Mapping[str, Any], where: str, at: int) -> dict[str, Any]:
        self.unknown(entry, _EXPRESSION_KEYS, where)
        score, inside, regex = entry.get("score", USUAL_SCORE), entry.get("inside", False), entry.get("regex")
        if isinstance(score, bool) or not isinstance(score, int | float) or not 0 < score <= 1:
            self.refuse(where + "score", NOT_A_SCORE)
            score = USUAL_SCORE
        if not isinstance(inside, bool):
            self.refuse(where + "inside", NOT_A_TRUTH)
            inside = False
        name = self.text("name", LONGEST_NAME, of=entry, where=where) or f"{at}"
        document = {"name": name, "regex": regex, "score": float(score), "inside": inside}
        if not isinstance(regex, str) or not regex or not _is_plain(regex):
            self.refuse(where + "regex", NOT_A_TEXT if regex else MISSING, most=LONGEST_EXPRESSION)
            return document
        try:
            read_bounded(regex, guard="" if inside else CODE)
        except UnboundedExpression as error:
            self.problems.append(Problem(where + "regex", error))
        return document


# ---- a file -----------------------------------------------------------------------------------------------------


def read_file(text: str) -> list[dict[str, Any]]:
    """The rules of a TOML file as they stand in it, sources filled in. They are checked by whoever takes them.

    Raises: OwnRuleError.
    """

    def refuse(message: str, where: str = "", *, number: int = 0, **params: object) -> OwnRuleError:
        return OwnRuleError([Problem(where, MessageError(message, code="own_rule_invalid", **params))], number=number)

    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+), column (\d+)", str(error))
        raise (refuse(NOT_TOML, line=place[1], column=place[2]) if place else refuse(NOT_TOML_AT_END)) from None
    except RecursionError:
        raise refuse(NOT_TOML_AT_END) from None
    for key in document:
        if key not in _FILE_KEYS:
            raise refuse(UNKNOWN_KEY, _shown(key), name=_shown(key))
    entries, sources = document.get("entity", []), document.get("sources", {})
    if not isinstance(entries, list) or not entries or not isinstance(sources, Mapping):
        raise refuse(NO_RULES, "entity")
    if len(entries) > MOST_RULES:
        raise refuse(TOO_MANY, "entity", number=len(entries), most=MOST_RULES)
    rules: list[dict[str, Any]] = []
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict):
            raise refuse(NOT_A_RULE, "entity", number=number)
        source = entry.get("source")
        if isinstance(source, str):
            if source not in sources:
                raise refuse(NO_SUCH_SOURCE, "source", number=number, name=source[:LONGEST_NAME])
            source = sources[source]
        if any(entry.get("type") == rule.get("type") for rule in rules):
            raise refuse(TWICE, "type", number=number, name=str(entry.get("type"))[:LONGEST_NAME])
        rules.append({**entry, "source": source} if source else dict(entry))
    return rules


def rules_in(text: str) -> list[EntityRule]:
    """The rules of a file, checked and tried, for a scan that knows no others of a bureau's. Raises: OwnRuleError."""
    rules = []
    for number, entry in enumerate(read_file(text), start=1):
        try:
            rules.append(rule_of(checked(entry)))
        except OwnRuleError as error:
            raise OwnRuleError(error.problems, entity_type=error.entity_type, number=number) from None
    return rules


def as_file(documents: Iterable[Document]) -> str:
    """Documents as a TOML file that `read_file` reads back."""
    return "\n".join(_as_toml(document) for document in documents)


def _as_toml(document: Document) -> str:
    lines = ["[[entity]]"]
    for key in (
        "type",
        "zh",
        "en",
        "role",
        "pipl",
        "grade",
        "format",
        "strength",
        "unproven",
        "checksum",
        "shortest",
        "longest",
    ):
        lines.append(f"{key} = {_value(document[key])}")
    lines.append(f"source = {_table(document['source'])}")
    lines.append(f"names = {_table(document['names'])}")
    if document["words"]:
        lines += ["words = [", *(f"  {_value(word)}," for word in document["words"]), "]"]
    for expression in document["expressions"]:
        lines += ["", "[[entity.expressions]]", *(f"{key} = {_value(value)}" for key, value in expression.items())]
    return "\n".join([*lines, ""])


def _table(values: Mapping[str, Any]) -> str:
    return "{ " + ", ".join(f"{key} = {_value(value)}" for key, value in values.items()) + " }"


def _value(value: object) -> str:
    """Texts as JSON writes them, which TOML reads too but for one character; the rest is the same in both."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
