"""Recognizers made of rules that a bureau writes (`privacy.detection.own_rules`).

Lives here: how such a rule becomes a recognizer that a column scan runs and anybody's `AnalyzerEngine` too. Words are cells of their own: a
text that mentions a street is not one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, ClassVar, Final

import numpy as np
import pyarrow as pa
from presidio_analyzer import EntityRecognizer, Pattern, RecognizerResult

from privacy.detection.arrow import pc
from privacy.detection.bounded import FLAGS, fewest_digits, shortest
from privacy.detection.cells import Features
from privacy.detection.check_systems import CHECK_SYSTEMS, CheckSystem
from privacy.detection.checksums import BoolArray, lengths_of
from privacy.detection.folding import fold, fold_with_offsets
from privacy.detection.recognizers.base import NOT_CODE_AFTER, ColumnRecognizer, Expression, Judgement, each
from privacy.detection.rules import EntityRule, OwnExpression
from privacy.detection.syntax import Expression as Tree
from privacy.detection.values import compact

CODE: Final = "[0-9A-Za-z]"
_NEVER: Final = r"(?!)"
_KEPT: Final = 64


class OwnRecognizer(ColumnRecognizer):
    """A bureau's own type."""

    own = True
    check: ClassVar[CheckSystem | None]
    values: ClassVar[frozenset[str]]  # the words without separators: they stand whatever their length
    lengths: ClassVar[tuple[int, int]]
    least: ClassVar[int]  # characters of a hit

    def __init__(self, supported_language: str = "zh", **kwargs: Any) -> None:
        words = [] if self.listed is None else self.listed.to_pylist()
        super().__init__(supported_language, **({"deny_list": words} if words else {}), **kwargs)

    def _deny_list_to_regex(self, deny_list: list[str]) -> Pattern:
        """Nothing to search for: fifty thousand alternatives are looked up, not tried one after the other."""
        return Pattern("deny_list", _NEVER, self.deny_list_score)

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: Any = None, regex_flags: int | None = None
    ) -> list[RecognizerResult]:
        results = super().analyze(text, entities, nlp_artifacts, regex_flags)
        folded, offsets = fold_with_offsets(text)
        word = fold(text).strip()
        if not word or self.listed is None or not pc.is_in(_lower([word]), value_set=self.listed)[0].as_py():
            return results
        start = folded.find(word)
        end = start + len(word)
        if offsets is not None:
            start, end = offsets[start], offsets[end]
        results.append(RecognizerResult(self.entity, start, end, self.deny_list_score))
        unique: list[RecognizerResult] = EntityRecognizer.remove_duplicates(results)
        return unique

    def checksum(self, value: str) -> bool:
        return self.check is not None and self.check.one(value)

    def stands(self, value: str) -> bool:
        least, most = self.lengths
        return least <= len(value) <= most or value in self.values

    def may_hold(self, features: Features) -> BoolArray:
        may: BoolArray = features.length >= self.least
        return may

    def judge(self, values: Sequence[str]) -> Judgement:
        least, most = self.lengths
        lengths = lengths_of(values)
        fits = (lengths >= least) & (lengths <= most)
        listed = each(self.values.__contains__, values) if self.values else np.zeros(len(values), dtype=np.bool_)
        never = np.zeros(len(values), dtype=np.bool_)
        if self.check is None:
            return Judgement(fits | listed, never, never)
        try:
            valid = self.check.many(values)
        except UnicodeEncodeError:  # a value beyond ASCII among them
            valid = each(self.checksum, values)
        return Judgement(fits | listed, fits & ~listed, valid & fits & ~listed)


def regex_of(expression: OwnExpression) -> str:
    """The expression that is run: alone among letters and digits, unless a value may stand within a longer code."""
    if expression.inside:
        return expression.regex
    return f"(?<!{CODE})(?:{expression.regex}){NOT_CODE_AFTER}"


@lru_cache(maxsize=_KEPT)
def own_recognizer(rule: EntityRule, language: str = "zh") -> ColumnRecognizer | None:
    """The recognizer of a bureau's own rule; None for one that only names columns. Raises `RuleError` for one that cannot run."""
    own = rule.own
    if own is None or not (own.expressions or own.words):
        return None
    trees = [Tree(re.compile(regex_of(expression), FLAGS)) for expression in own.expressions]
    words = sorted(set(_lower([fold(word).strip() for word in own.words]).to_pylist()))
    check = CHECK_SYSTEMS[own.checksum] if own.checksum else None
    members = {
        "__doc__": f"{rule.label_en} ({rule.entity_type}), a rule of this deployment.",
        "__module__": __name__,
        "entity": rule.entity_type,
        "luck": None if check is None else check.luck,
        "rule_version": rule.version,
        "context_words": (*rule.names.zh, *rule.names.pinyin, *rule.names.en),
        "expressions": tuple(
            Expression(expression.name, regex_of(expression), expression.score, fewest_digits(tree.body))
            for expression, tree in zip(own.expressions, trees, strict=True)
        ),
        "check": check,
        "listed": pa.array(words, type=pa.string()) if words else None,
        "values": frozenset(compact(word) for word in words),
        "lengths": (own.shortest, own.longest),
        "least": min((shortest(tree.body) for tree in trees), default=1),
    }
    kind = type(f"Own{rule.entity_type.title().replace('_', '')}Recognizer", (OwnRecognizer,), members)
    recognizer: ColumnRecognizer = kind(supported_language=language)
    return recognizer


def _lower(texts: Sequence[str]) -> Any:
    return pc.utf8_lower(pa.array(texts, type=pa.string()))
