"""The figures of docs/accuracy.md, counted anew. `python -m tests.detection.accuracy_page` writes them."""

from __future__ import annotations

from pathlib import Path

from benchmarks.bench_accuracy import Accuracy, measure
from tests.detection.labelled.concept import NONE
from tests.detection.labelled.tables import HALVES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "accuracy.md"
BEGIN, END = "<!-- begin of the figures -->", "<!-- end of the figures -->"
TITLES = {"tuned": "The tuned half", "held_out": "The held-out half"}


def percent(rate: float) -> str:
    """A share to a tenth of a per cent."""
    return f"{100 * rate:.1f} %"


def summary(every: list[Accuracy]) -> list[str]:
    """Both halves side by side."""
    names = (
        "Tables",
        "Columns",
        "left open",
        "Precision",
        "Recall",
        "F1",
        "Precision by type",
        "Recall by type",
        "F1 by type",
        "Role right",
    )
    lines = ["| Half | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    for accuracy in every:
        micro = accuracy.micro
        cells = [str(accuracy.tables), str(accuracy.columns), str(accuracy.open_columns)]
        cells += [
            percent(rate) for rate in (micro.precision, micro.recall, micro.f1, *accuracy.macro, accuracy.role_rate)
        ]
        lines.append(f"| {TITLES[accuracy.half].removeprefix('The ').capitalize()} | " + " | ".join(cells) + " |")
    return lines


def table(accuracy: Accuracy) -> list[str]:
    """One half: a line a type, with the verdicts that its columns got besides."""
    lines = [
        "| Type | Columns | Precision | Recall | F1 | Other verdicts on its columns |",
        "|---|---|---|---|---|---|",
    ]
    for kind, figures in accuracy.by_type.items():
        rates = " | ".join(percent(rate) for rate in (figures.precision, figures.recall, figures.f1))
        lines.append(f"| `{kind}` | {figures.support} | {rates} | {others(accuracy, kind)} |")
    rate = accuracy.none_right / max(1, accuracy.none_columns)
    lines.append(f"| none | {accuracy.none_columns} | | {percent(rate)} | | {others(accuracy, NONE)} |")
    lines += ["", "| Role | Columns | Right |", "|---|---|---|"]
    lines += [f"| `{role}` | {every} | {percent(right / every)} |" for role, (right, every) in accuracy.roles.items()]
    return lines


def others(accuracy: Accuracy, kind: str) -> str:
    """The wrong verdicts on columns of a type, with how many got them."""
    told = accuracy.confusion.get(kind, {})
    return ", ".join(f"{'none' if v == NONE else f'`{v}`'} {n}" for v, n in told.items() if v != kind)


def figures() -> str:
    """Everything between the marks of the page."""
    every = [measure(half) for half in HALVES]
    lines = summary(every)
    for accuracy in every:
        lines += ["", f"### {TITLES[accuracy.half]}", "", *table(accuracy)]
    return "\n".join(lines)


def with_figures(page: str, text: str) -> str:
    """The page with these figures."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(with_figures(PAGE.read_text("utf-8"), figures()), "utf-8")
