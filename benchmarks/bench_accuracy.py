"""Detection, counted: verdicts on labelled columns, by entity type and by role, on a tuned and a held-out half.

Run it with `python -m benchmarks.bench_accuracy [--half tuned|held_out] [--format json] [--errors]` from the root of the project. It prints per
type how many columns hold it, precision, recall and F1, the same over all, how often the role is right, and the verdicts that were
wrong. The tables are made up (`tests.detection.labelled`) and the same each time.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from privacy.detection.model import ColumnInput, FieldRole
from privacy.detection.rules import load_rules
from privacy.detection.scan import scan_table
from tests.detection.labelled.concept import NONE
from tests.detection.labelled.tables import HALVES, LabelledColumn, LabelledTable, labelled_tables


@dataclass(frozen=True, slots=True)
class Judged:
    """One column, and what the scan said of it. `counted` is the label it is counted under."""

    table: LabelledTable
    column: LabelledColumn
    verdict: str
    score: float

    @property
    def is_right(self) -> bool:
        """Whether the verdict is one of those that are right."""
        return self.verdict in self.column.right

    @property
    def counted(self) -> str:
        """The label it counts for: where several verdicts are right and one of them was given, that one."""
        return self.verdict if self.is_right else self.column.label

    @property
    def is_open(self) -> bool:
        """Whether the label is a type that nobody could tell under such a header, and nothing was claimed."""
        return self.column.label != NONE and self.is_right and self.verdict == NONE


@dataclass(frozen=True, slots=True)
class Figures:
    """Columns that hold a type, and how many verdicts of it were right, missed and wrong."""

    right: int = 0
    missed: int = 0
    wrong: int = 0

    @property
    def support(self) -> int:
        return self.right + self.missed

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.support if self.support else 1.0

    @property
    def f1(self) -> float:
        return 2 * self.right / (2 * self.right + self.missed + self.wrong) if self.right else 0.0


@dataclass(frozen=True, slots=True)
class Accuracy:
    """What came of a half."""

    half: str
    tables: int
    columns: int
    open_columns: int
    by_type: Mapping[str, Figures]
    confusion: Mapping[str, Mapping[str, int]]
    none_right: int
    none_columns: int
    roles: Mapping[str, tuple[int, int]]  # role → right, all

    @property
    def micro(self) -> Figures:
        """All types together; `none` is not one."""
        figures = self.by_type.values()
        return Figures(sum(f.right for f in figures), sum(f.missed for f in figures), sum(f.wrong for f in figures))

    @property
    def macro(self) -> tuple[float, float, float]:
        """Precision, recall and F1, each type counting the same; of types that some column holds."""
        held = [figures for figures in self.by_type.values() if figures.support]
        return (
            sum(f.precision for f in held) / len(held),
            sum(f.recall for f in held) / len(held),
            sum(f.f1 for f in held) / len(held),
        )

    @property
    def role_rate(self) -> float:
        """Share of columns whose role is right."""
        return sum(right for right, _ in self.roles.values()) / sum(every for _, every in self.roles.values())


def judge(table: LabelledTable) -> list[Judged]:
    """The verdicts on the columns of a table."""
    columns = [ColumnInput(field.name, "", field.type) for field in table.batch.schema]
    scan = scan_table(columns, [table.batch], text_budget_seconds=None)
    return [
        Judged(table, column, found.entity_type or NONE, found.score)
        for column, found in zip(table.columns, scan.columns, strict=True)
    ]


@cache
def judged_half(half: str) -> tuple[Judged, ...]:
    """All columns of a half."""
    return tuple(judged for table in labelled_tables(half) for judged in judge(table))


def count(half: str, every: Iterable[Judged]) -> Accuracy:
    """The figures of a half."""
    judged = list(every)
    rules = load_rules()
    right, missed, wrong = Counter[str](), Counter[str](), Counter[str]()
    confusion: dict[str, Counter[str]] = {}
    roles: dict[str, list[int]] = {role.value: [0, 0] for role in FieldRole}
    for one in judged:
        if one.is_open:
            continue
        confusion.setdefault(one.counted, Counter())[one.verdict] += 1
        if one.is_right:
            right[one.counted] += 1
        else:
            missed[one.counted] += 1
            wrong[one.verdict] += 1
        role = rules.role_of(None if one.counted == NONE else one.counted)
        told = rules.role_of(None if one.verdict == NONE else one.verdict)
        roles[role.value][1] += 1
        roles[role.value][0] += role is told
    types = sorted({*right, *missed, *wrong} - {NONE})
    return Accuracy(
        half=half,
        tables=len({(one.table.name, one.table.style) for one in judged}),
        columns=len(judged),
        open_columns=sum(one.is_open for one in judged),
        by_type={kind: Figures(right[kind], missed[kind], wrong[kind]) for kind in types},
        confusion={kind: dict(told.most_common()) for kind, told in sorted(confusion.items())},
        none_right=right[NONE],
        none_columns=right[NONE] + missed[NONE],
        roles={role: (rights, all_) for role, (rights, all_) in roles.items() if all_},
    )


def measure(half: str) -> Accuracy:
    """Everything of a half."""
    return count(half, judged_half(half))


def lines_of(accuracy: Accuracy) -> list[str]:
    """The figures as text."""
    lines = [
        f"{accuracy.half}: {accuracy.tables} tables, {accuracy.columns} columns, {accuracy.open_columns} of them left open"
    ]
    lines.append(f"{'type':<26}{'columns':>8}{'precision':>11}{'recall':>8}{'F1':>8}   other verdicts")
    for kind, figures in accuracy.by_type.items():
        others = ", ".join(f"{v} {n}" for v, n in accuracy.confusion.get(kind, {}).items() if v != kind)
        lines.append(
            f"{kind:<26}{figures.support:>8}{figures.precision:>11.3f}{figures.recall:>8.3f}{figures.f1:>8.3f}   {others}"
        )
    others = ", ".join(f"{v} {n}" for v, n in accuracy.confusion.get(NONE, {}).items() if v != NONE)
    lines.append(
        f"{NONE:<26}{accuracy.none_columns:>8}{'':>11}{accuracy.none_right / max(1, accuracy.none_columns):>8.3f}{'':>8}   {others}"
    )
    micro = accuracy.micro
    lines.append(
        f"{'all types, micro':<26}{micro.support:>8}{micro.precision:>11.3f}{micro.recall:>8.3f}{micro.f1:>8.3f}"
    )
    lines.append(
        f"{'all types, macro':<26}{'':>8}{accuracy.macro[0]:>11.3f}{accuracy.macro[1]:>8.3f}{accuracy.macro[2]:>8.3f}"
    )
    lines += [
        f"role {role:<21}{every:>8}{'':>11}{right / every:>8.3f}" for role, (right, every) in accuracy.roles.items()
    ]
    lines.append(f"{'role, all':<26}{'':>8}{'':>11}{accuracy.role_rate:>8.3f}")
    return lines


def errors_of(judged: Sequence[Judged]) -> list[str]:
    """Wrong verdicts, one a line: concept, label, verdict, header."""
    return [
        f"{one.column.concept:<16}{one.column.label:<22}{one.verdict:<22}{one.score:5.2f}  {one.table.name}/{one.table.style}: {one.column.name}"
        for one in sorted(judged, key=lambda one: (one.column.label, one.column.concept, one.verdict))
        if not one.is_right
    ]


def main() -> None:
    """Parse arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=HALVES, help="only this half")
    parser.add_argument("--errors", action="store_true", help="list the wrong verdicts of the tuned half")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    arguments = parser.parse_args()
    began = time.process_time()
    measured = [measure(half) for half in ((arguments.half,) if arguments.half else HALVES)]
    if arguments.format == "json":
        document = {
            accuracy.half: {
                "columns": accuracy.columns,
                "micro": [accuracy.micro.precision, accuracy.micro.recall, accuracy.micro.f1],
                "macro": list(accuracy.macro),
                "role": accuracy.role_rate,
                "types": {k: [f.support, f.precision, f.recall, f.f1] for k, f in accuracy.by_type.items()},
            }
            for accuracy in measured
        }
        print(json.dumps(document))
        return
    for accuracy in measured:
        print("\n".join([*lines_of(accuracy), ""]))
    if arguments.errors:
        print("\n".join(errors_of(judged_half("tuned"))))
    print(f"{time.process_time() - began:.0f} seconds of processor time")


if __name__ == "__main__":
    main()
