"""How well texts are read: precision and recall of each type, exact and overlapping, and what was taken for what.

Lives here: comparing what an analyzer finds with what a text is labelled with, and the tables of docs/accuracy-text.md.
`python -m tests.detection.text_accuracy` writes them anew. Not here: whole columns (docs/accuracy.md).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from presidio_analyzer import AnalyzerEngine

from privacy.detection.analyzer import build_analyzer
from tests.detection.labelled_texts import LabelledText, TextMaker, read_marks
from tests.detection.written_texts import CHINESE, CODES, ENGLISH

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "accuracy-text.md"
BEGIN, END = "<!-- begin of the tables -->", "<!-- end of the tables -->"
GENERATED: Final = 400  # texts of each language
TYPES: Final = tuple(CODES.values())
NOTHING: Final = "nothing"

Span = tuple[int, int, str]


@dataclass(slots=True)
class Counts:
    """Of one type: labelled, found, found with the same ends, and found overlapping (each side by itself)."""

    labelled: int = 0
    found: int = 0
    exact: int = 0
    labelled_met: int = 0
    found_met: int = 0

    @property
    def precision(self) -> float | None:
        return self.found_met / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        return self.labelled_met / self.labelled if self.labelled else None

    @property
    def exact_precision(self) -> float | None:
        return self.exact / self.found if self.found else None

    @property
    def exact_recall(self) -> float | None:
        return self.exact / self.labelled if self.labelled else None


@dataclass(slots=True)
class Accuracy:
    """Counts per type, and the confusion: (what it is, what it was taken for) → how often."""

    texts: int = 0
    counts: dict[str, Counts] = field(default_factory=lambda: {entity_type: Counts() for entity_type in TYPES})
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)
    missed: list[tuple[str, str]] = field(default_factory=list)  # (type, text with the part)
    wrong: list[tuple[str, str]] = field(default_factory=list)


def found_in(analyzer: AnalyzerEngine, text: str, language: str) -> list[Span]:
    """What an analyzer finds in a text, of the types that texts are labelled with."""
    hits = analyzer.analyze(text, language, entities=list(TYPES))
    return [(hit.start, hit.end, hit.entity_type) for hit in hits]


def compare(texts: Iterable[LabelledText], found: Iterable[Sequence[Span]]) -> Accuracy:
    """The accuracy of what was found in some texts."""
    result = Accuracy()
    for text, spans in zip(texts, found, strict=True):
        result.texts += 1
        _compare_one(result, text, spans)
    return result


def _meet(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _compare_one(result: Accuracy, text: LabelledText, spans: Sequence[Span]) -> None:
    for label in text.spans:
        counts = result.counts[label[2]]
        counts.labelled += 1
        same = [span for span in spans if span[2] == label[2] and _meet(span, label)]
        counts.labelled_met += bool(same)
        counts.exact += label in same
        others = [span[2] for span in spans if span[2] != label[2] and _meet(span, label)]
        taken = label[2] if same else others[0] if others else NOTHING
        result.confusion[label[2], taken] += 1
        if not same:
            result.missed.append((label[2], f"{text.text[label[0] : label[1]]} | {text.text}"))
    for span in spans:
        counts = result.counts[span[2]]
        counts.found += 1
        met = any(label[2] == span[2] and _meet(span, label) for label in text.spans)
        counts.found_met += met
        if not met:
            result.wrong.append((span[2], f"{text.text[span[0] : span[1]]} | {text.text}"))
            if not any(_meet(span, label) for label in text.spans):
                result.confusion[NOTHING, span[2]] += 1


def corpora(seed: int = 11, generated: int = GENERATED) -> Mapping[str, tuple[str, Sequence[LabelledText]]]:
    """What is measured: name → language and texts."""
    maker = TextMaker(seed)
    return {
        "Chinese, generated": ("zh", maker.texts("zh", generated)),
        "Chinese, by hand": ("zh", [read_marks(line, "written") for line in CHINESE]),
        "English, generated": ("en", maker.texts("en", generated)),
        "English, by hand": ("en", [read_marks(line, "written") for line in ENGLISH]),
    }


@cache
def measured() -> Mapping[str, Accuracy]:
    """The accuracy over every corpus."""
    analyzer = build_analyzer()
    return {
        name: compare(texts, [found_in(analyzer, text.text, language) for text in texts])
        for name, (language, texts) in corpora().items()
    }


def _figure(share: float | None) -> str:
    return "" if share is None else f"{share:.2f}"


def tables(measures: Mapping[str, Accuracy]) -> str:
    """The tables of the page: per corpus the types, then the confusion."""
    lines: list[str] = []
    for name, accuracy in measures.items():
        lines += [f"### {name}: {accuracy.texts} texts", ""]
        lines += ["| Type | labelled | found | precision | recall | exact precision | exact recall |", "|" + "---|" * 7]
        for entity_type, counts in accuracy.counts.items():
            if counts.labelled or counts.found:
                shares = (counts.precision, counts.recall, counts.exact_precision, counts.exact_recall)
                cells = [f"`{entity_type}`", str(counts.labelled), str(counts.found), *map(_figure, shares)]
                lines.append("| " + " | ".join(cells) + " |")
        lines.append("")
    lines += ["### What was taken for what, all texts together", ""]
    together: Counter[tuple[str, str]] = Counter()
    for accuracy in measures.values():
        together.update(accuracy.confusion)
    columns = [*TYPES, NOTHING]
    lines += ["| is \\ taken for | " + " | ".join(f"`{c}`" for c in columns) + " |", "|" + "---|" * (len(columns) + 1)]
    for row in columns:
        figures = [str(together[row, column]) if together[row, column] else "" for column in columns]
        lines.append(f"| `{row}` | " + " | ".join(figures) + " |")
    return "\n".join(lines)


def with_tables(page: str, measures: Mapping[str, Accuracy]) -> str:
    """The page with its tables as measured."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n\n{tables(measures)}\n\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text("utf-8"), measured()), "utf-8")
