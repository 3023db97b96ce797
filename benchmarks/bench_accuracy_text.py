"""Reading names in text, measured: precision and recall per type on labelled texts, and characters a second of each reader.

Run it with `python -m benchmarks.bench_accuracy_text [--seed N] [--texts N] [--wrong] [--format json]` from the root of the project.
Another seed makes other texts; `--wrong` lists what was missed and what was taken for something. By default it takes half a minute.
docs/accuracy-text.md says what the texts are. Whole columns: `benchmarks.bench_accuracy`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence

from privacy.detection.analyzer import build_analyzer
from privacy.detection.chinese_text import find_in_chinese
from privacy.detection.english_text import find_in_english
from privacy.detection.mentions import Mention
from tests.detection.labelled_texts import TextMaker
from tests.detection.text_accuracy import GENERATED, Accuracy, compare, corpora, found_in, tables

SPEED_TEXTS = 3_000
READERS: Mapping[str, tuple[str, Callable[[Sequence[str]], list[list[Mention]]]]] = {
    "Chinese": ("zh", find_in_chinese),
    "English": ("en", find_in_english),
}


def characters_per_second(seed: int) -> dict[str, float]:
    """Characters a second of processor time of one core, of each reader, model loaded and rules included."""
    maker = TextMaker(seed)
    speeds = {}
    for name, (language, find) in READERS.items():
        texts = [text.text for text in maker.texts(language, SPEED_TEXTS)]
        find(texts[:64])
        began = time.process_time()
        find(texts)
        speeds[name] = sum(map(len, texts)) / (time.process_time() - began)
    return speeds


def measure(seed: int, generated: int) -> Mapping[str, Accuracy]:
    """The accuracy over every corpus."""
    analyzer = build_analyzer()
    return {
        name: compare(texts, [found_in(analyzer, text.text, language) for text in texts])
        for name, (language, texts) in corpora(seed, generated).items()
    }


def as_document(measures: Mapping[str, Accuracy], speeds: Mapping[str, float]) -> dict[str, object]:
    """The figures as JSON."""
    return {
        "characters_per_second": {name: round(speed) for name, speed in speeds.items()},
        "corpora": {
            name: {
                entity_type: {
                    "labelled": counts.labelled,
                    "found": counts.found,
                    "precision": counts.precision,
                    "recall": counts.recall,
                    "exact_precision": counts.exact_precision,
                    "exact_recall": counts.exact_recall,
                }
                for entity_type, counts in accuracy.counts.items()
                if counts.labelled or counts.found
            }
            for name, accuracy in measures.items()
        },
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--texts", type=int, default=GENERATED, help="generated texts of each language")
    parser.add_argument("--wrong", action="store_true", help="list what was missed and what was wrong")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    options = parser.parse_args()
    measures, speeds = measure(options.seed, options.texts), characters_per_second(options.seed)
    if options.format == "json":
        print(json.dumps(as_document(measures, speeds), indent=2))
        return
    print(tables(measures))
    for name, speed in speeds.items():
        print(f"\n{name}: {speed:,.0f} characters per processor second")
    if options.wrong:
        for name, accuracy in measures.items():
            print(f"\n{name}")
            for label, cases in (("missed", accuracy.missed), ("wrong", accuracy.wrong)):
                for entity_type, case in cases:
                    print(f"  {label} {entity_type}: {case}")


if __name__ == "__main__":
    main()
