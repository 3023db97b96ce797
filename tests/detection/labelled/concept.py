"""What a column of a labelled table is about: what it truly holds, how its values are made, and how its header is spelt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.detection.labelled.values import Values

Make = Callable[[Values], object]
NONE = "none"


@dataclass(frozen=True, slots=True)
class Concept:
    """`label` is the entity type that the column holds, `NONE` for none. `also` are verdicts that are as right.

    `by_name`: values alone cannot tell it, so that under an opaque header a verdict of nothing is right as well.
    """

    label: str
    make: Make
    headers: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=dict)
    also: frozenset[str] = frozenset()
    by_name: bool = False

    def spellings(self, style: str, half: int) -> tuple[str, ...]:
        """Headers of a style in a half."""
        return self.headers[style][half]


def _sides(words: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    left, _, right = words.partition("|")
    tuned = tuple(word.strip() for word in left.split(";") if word.strip())
    held_out = tuple(word.strip() for word in right.split(";") if word.strip())
    return tuned, held_out or tuned


def concept(
    label: str, make: Make, *, zh: str = "", py: str = "", en: str = "", also: str = "", by_name: bool = False
) -> Concept:
    """A concept; headers of the tuned half stand left of the bar, of the held-out half right of it, alternatives between semicolons."""
    headers = {style: _sides(words) for style, words in (("zh", zh), ("py", py), ("en", en)) if words}
    return Concept(label, make, headers, frozenset(also.split()), by_name)
