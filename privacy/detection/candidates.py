"""One type that a column may be, and the arithmetic by which evidence becomes its score.

Lives here: `Candidate` and the curves that all families of types share. Not here: what counts as evidence for a type
(`privacy.detection.scoring`, `privacy.detection.scoring_shapes`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from privacy.detection.column_names import NameEvidence
from privacy.detection.partials import ColumnPartial
from privacy.detection.rules import EntityRule

SAYS_SO: Final = 0.8  # a name score from here on is the column's own word
HINTS: Final = 0.45  # one from here on at least hints
BY_NAME: Final = "by_name"  # note of a candidate whose values are only not against it
NAMED_WORDS: Final = "named_words"  # note of one whose cells are words of which nobody knows more than the name says
_INITIALS: Final = 4  # letters: shorter pinyin are initials, which many words share


@dataclass(frozen=True, slots=True)
class Candidate:
    """One type that a column may be, with the rows behind it."""

    entity_type: str
    score: float
    matched: int
    checked: int = 0
    valid: int = 0
    proven: bool = False
    notes: tuple[str, ...] = ()
    luck: float | None = None

    @property
    def checksum_rate(self) -> float | None:
        """Share of checkable values that pass; None when nothing was checkable."""
        return self.valid / self.checked if self.checked else None

    @property
    def lift(self) -> float | None:
        """How many times more often the checksum passes than by luck."""
        rate = self.checksum_rate
        return None if rate is None or self.luck is None else rate / self.luck


def ramp(value: float, start: float, full: float) -> float:
    """0 up to `start`, 1 from `full` on, straight between."""
    return min(1.0, max(0.0, (value - start) / (full - start)))


def joined(value: float, name: float, weight: float = 0.6) -> float:
    """Values and name as two witnesses."""
    return min(0.99, max(0.0, value + (1 - value) * weight * name))


def share_of(rows: int, partial: ColumnPartial) -> float:
    """Rows as a share of the cells."""
    return min(1.0, rows / partial.cells)


def mixed(share: float) -> float:
    """How far a share of matching cells convinces. A tenth of a column may be telephones, and they are telephones."""
    return min(1.0, (share / 0.7) ** 0.35) if share > 0 else 0.0


def says_in_words(names: NameEvidence, rule: EntityRule) -> bool:
    """Whether the column says the type, and by more than initials: zdmc is 诊断名称 as well as 站点名称."""
    if names.score(rule.entity_type) < SAYS_SO:
        return False
    word = names.words.get(rule.entity_type, "")
    initials = len(word) <= _INITIALS and word in rule.names.pinyin and word not in rule.names.en
    return not initials or names.comment.get(rule.entity_type, 0.0) >= SAYS_SO
