"""Persons and organisations in text, as Presidio recognizers.

Lives here: four recognizers over the two readers, for Chinese and for English text, usable in anybody's `AnalyzerEngine`. Each reads the
texts of its script, whatever language the engine was told, so that one text and a column of them give the same. Not here: the readers
(`privacy.detection.chinese_text`, `privacy.detection.english_text`), names as whole cells (`privacy.detection.name_shapes`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final

from presidio_analyzer import EntityRecognizer, RecognizerResult

from privacy.detection.chinese_text import find_in_chinese
from privacy.detection.english_text import find_in_english
from privacy.detection.folding import fold_with_offsets
from privacy.detection.mentions import ORGANIZATION, PERSON, Mention
from privacy.detection.reading import READERS_VERSION, read_mentions, reads_chinese, reads_english

MODEL_VERSION: Final = READERS_VERSION


def find_persons(texts: Sequence[str]) -> list[list[tuple[int, int]]]:
    """For each folded text the spans of the persons that it names."""
    return [[(m.start, m.end) for m in mentions if m.entity_type == PERSON] for mentions in read_mentions(texts)]


class TextRecognizer(EntityRecognizer):
    """What one reader finds of one entity type. Appellations such as 王先生 name nobody and are left out."""

    entity: ClassVar[str]
    score: ClassVar[float] = 0.85

    def __init__(self, supported_language: str, name: str | None = None) -> None:
        super().__init__(
            supported_entities=[self.entity],
            name=name or type(self).__name__,
            supported_language=supported_language,
            version=MODEL_VERSION,
        )

    def load(self) -> None:
        """Nothing: the model is loaded when the first text is read, and shared."""

    def reads(self, text: str) -> bool:
        """Whether a folded text is one for this reader."""
        raise NotImplementedError

    def find(self, texts: Sequence[str]) -> list[list[Mention]]:
        """What the reader finds in folded texts."""
        raise NotImplementedError

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """What `text` names, positions as given."""
        if entities and self.entity not in entities:
            return []
        folded, offsets = fold_with_offsets(text)
        if not self.reads(folded):
            return []
        (mentions,) = self.find([folded])
        place: Callable[[int], int] = (lambda at: at) if offsets is None else offsets.__getitem__
        return [
            RecognizerResult(self.entity, place(mention.start), place(mention.end), self.score)
            for mention in mentions
            if mention.entity_type == self.entity
        ]


class _ChineseRecognizer(TextRecognizer):
    def __init__(self, supported_language: str = "zh", name: str | None = None) -> None:
        super().__init__(supported_language, name)

    def reads(self, text: str) -> bool:
        return reads_chinese(text)

    def find(self, texts: Sequence[str]) -> list[list[Mention]]:
        return find_in_chinese(texts)


class _EnglishRecognizer(TextRecognizer):
    def __init__(self, supported_language: str = "en", name: str | None = None) -> None:
        super().__init__(supported_language, name)

    def reads(self, text: str) -> bool:
        return reads_english(text)

    def find(self, texts: Sequence[str]) -> list[list[Mention]]:
        return find_in_english(texts)


class ChinesePersonRecognizer(_ChineseRecognizer):
    """Persons in Chinese text."""

    entity = PERSON


class ChineseOrganizationRecognizer(_ChineseRecognizer):
    """Organisations in Chinese text."""

    entity = ORGANIZATION


class EnglishPersonRecognizer(_EnglishRecognizer):
    """Persons in English text."""

    entity = PERSON


class EnglishOrganizationRecognizer(_EnglishRecognizer):
    """Organisations in English text."""

    entity = ORGANIZATION


TEXT_RECOGNIZERS: Final[tuple[type[_ChineseRecognizer] | type[_EnglishRecognizer], ...]] = (
    ChinesePersonRecognizer,
    ChineseOrganizationRecognizer,
    EnglishPersonRecognizer,
    EnglishOrganizationRecognizer,
)
