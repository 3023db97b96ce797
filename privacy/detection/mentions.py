"""What a reader of names says of a text.

Lives here: the one word that all readers of text share. Not here: the readers (`privacy.detection.chinese_text`,
`privacy.detection.english_text`), and which of them reads what (`privacy.detection.reading`).
"""

from __future__ import annotations

from typing import Final, NamedTuple

PERSON: Final = "PERSON"
ORGANIZATION: Final = "ORGANIZATION"


class Mention(NamedTuple):
    """Somebody or some organisation that a text names, from one position to another."""

    start: int
    end: int
    entity_type: str


def without_overlaps(mentions: list[Mention]) -> list[Mention]:
    """In the order of the text; of two that overlap the longer one, a person before an organisation."""
    kept: list[Mention] = []
    for mention in sorted(mentions, key=lambda m: (m.start - m.end, m.entity_type != PERSON, m.start)):
        if all(mention.end <= other.start or other.end <= mention.start for other in kept):
            kept.append(mention)
    return sorted(kept)
