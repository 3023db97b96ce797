"""What every recognizer of a column scan is built from.

Lives here: `ColumnRecognizer` (a Presidio `PatternRecognizer` with a vectorised judgement), its expressions and what a judgement says,
and the look-arounds that expressions share. Not here: any one type of entity (the modules beside this one).

Expressions use ASCII look-arounds: with Unicode `\\b` an address in 联系zhang@163.com谢谢 is missed. The look-behind stands after the
first character, so that the engine can jump to candidates instead of testing every position. A failed checksum does not drop
a hit: real columns are full of mistyped numbers, and a column of them is still a column of numbers of persons.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from presidio_analyzer import Pattern, PatternRecognizer, RecognizerResult

from privacy.detection.cells import Features
from privacy.detection.checksums import BoolArray
from privacy.detection.folding import fold_with_offsets
from privacy.detection.rules import RuleError
from privacy.detection.values import compact

LANGUAGES: Final = ("zh", "en")
FLAGS: Final = re.DOTALL | re.MULTILINE  # no IGNORECASE: under it [A-Z] also means ſ and K
NOT_CODE_BEFORE: Final = r"(?<![0-9A-Za-z].)"  # stands after the first character of the value
NOT_FRACTION: Final = r"(?<![0-9]\..)"
NOT_CODE_AFTER: Final = r"(?![0-9A-Za-z])"
NOT_DECIMAL: Final = (
    r"(?!\.[0-9]*[1-9])"  # 13812345678.0 is a number that went through a float; 13812345678.25 is an amount
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Per hit: whether it stands, whether its checksum counts and holds, and the year of birth in it (0: none).

    `checked` must not depend on the checksum, or its rate would say nothing: a card kept only because Luhn holds always passes.
    """

    keep: BoolArray
    checked: BoolArray
    valid: BoolArray
    years: npt.NDArray[np.int64] | None = None


@dataclass(frozen=True, slots=True)
class Expression:
    """One regular expression, its Presidio score, and the fewest digits that a match contains."""

    name: str
    regex: str
    score: float
    min_digits: int = 0


class ColumnRecognizer(PatternRecognizer):
    """A Presidio recognizer that a column scan can run too.

    Subclasses set `entity`, `expressions` and `context_words` and override what they judge by. `analyze` folds its text first
    (full-width digits, invisible characters) and reports positions in the text that was given.
    """

    entity: ClassVar[str]
    expressions: ClassVar[tuple[Expression, ...]]
    context_words: ClassVar[tuple[str, ...]] = ()
    luck: ClassVar[float | None] = None
    compacts: ClassVar[bool] = True  # judged without separators
    own: ClassVar[bool] = False  # written by the bureau that runs this
    listed: ClassVar[pa.Array[Any] | None] = None  # words, in lower case: a cell that is one of them is a hit
    rule_version: ClassVar[str] = "1"

    def __init__(self, supported_language: str = "zh", **kwargs: Any) -> None:
        """Raises: RuleError, naming the expression that cannot be run."""
        self.compiled = tuple(_compiled(self.entity, expression) for expression in self.expressions)
        super().__init__(
            supported_entity=self.entity,
            supported_language=supported_language,
            patterns=[Pattern(e.name, e.regex, e.score) for e in self.expressions],
            context=list(self.context_words),
            global_regex_flags=FLAGS,
            version=self.rule_version,
            **kwargs,
        )

    # -- Presidio ---------------------------------------------------------------------------------------------------

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: Any = None, regex_flags: int | None = None
    ) -> list[RecognizerResult]:
        """Presidio's entry: hits of this type in `text`, positions as given."""
        folded, offsets = fold_with_offsets(text)
        results: list[RecognizerResult] = super().analyze(folded, entities, nlp_artifacts, regex_flags)
        for result in results:
            start, end = self.extend(folded, result.start, result.end)
            result.start, result.end = (start, end) if offsets is None else (offsets[start], offsets[end])
        return results

    def validate_result(self, pattern_text: str) -> bool | None:
        """True when the checksum holds; None otherwise, which keeps the expression's own score."""
        return True if self.luck is not None and self.checksum(self.value_of(pattern_text)) else None

    def invalidate_result(self, pattern_text: str) -> bool:
        """Whether a hit does not stand."""
        return not self.stands(self.value_of(pattern_text))

    def value_of(self, hit: str) -> str:
        """The text that a hit is judged by."""
        return compact(hit) if self.compacts else hit

    def checksum(self, value: str) -> bool:
        """Whether the checksum of a value holds."""
        return False

    def stands(self, value: str) -> bool:
        """Whether a value is a hit at all."""
        return True

    # -- columns ----------------------------------------------------------------------------------------------------

    def may_hold(self, features: Features) -> BoolArray:
        """Cells that a hit is possible in; the others are not searched. Never rules out a cell with a hit."""
        raise NotImplementedError

    def judge(self, values: Sequence[str]) -> Judgement:
        """`stands` and `checksum` over the values of many hits."""
        always = type(self).stands is ColumnRecognizer.stands
        keep = np.ones(len(values), dtype=np.bool_) if always else each(self.stands, values)
        never = np.zeros(len(values), dtype=np.bool_)
        return Judgement(keep, never, never)

    def extend(self, text: str, start: int, end: int) -> tuple[int, int]:
        """The hit's full extent, where the expression only anchors it."""
        return start, end


def _compiled(entity: str, expression: Expression) -> re.Pattern[str]:
    try:
        return re.compile(expression.regex, FLAGS)
    except re.error as error:
        raise RuleError(detail=f"{entity}, “{expression.name}”: {error}") from None


def each(test: Callable[[str], bool], values: Sequence[str]) -> BoolArray:
    """A test of one value over the values of many hits."""
    return np.fromiter((test(value) for value in values), dtype=np.bool_, count=len(values))
