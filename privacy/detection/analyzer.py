"""A Presidio `AnalyzerEngine` over our registry that works offline.

Lives here: an NLP engine of blank spaCy pipelines, which tokenise and nothing more, so no model is downloaded; names are read by our own
recognizer. The column engine does not use this; it is for text that comes one at a time and for holding the two against each other.
"""

from __future__ import annotations

from collections.abc import Sequence

import spacy
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import SpacyNlpEngine

from privacy.detection.recognizers import LANGUAGES, registry
from privacy.detection.rules import RuleSet


class BlankNlpEngine(SpacyNlpEngine):
    """Tokenises; recognises nothing by itself."""

    def __init__(self, languages: Sequence[str] = LANGUAGES) -> None:
        super().__init__(models=[{"lang_code": language, "model_name": f"blank:{language}"} for language in languages])
        self._languages = tuple(languages)

    def load(self) -> None:
        """Build the pipelines; nothing is read from disk or network."""
        pipelines = {language: spacy.blank(language) for language in self._languages}
        self.__dict__["nlp"] = pipelines  # Presidio declares it as None


def build_analyzer(
    *, languages: Sequence[str] = LANGUAGES, names: bool = True, rules: RuleSet | None = None
) -> AnalyzerEngine:
    """An analyzer with every recognizer of `privacy.detection.recognizers.registry`: of the shipped rules where none are given."""
    return AnalyzerEngine(
        registry=registry(languages=languages, names=names, rules=rules),
        nlp_engine=BlankNlpEngine(languages),
        supported_languages=list(languages),
    )
