"""The effect of a protection on the risk, told: figures before and after, the sizes of the classes, and what would be accepted."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from catalog.pages.charts import Chart
from privacy.pages.words import count, percent, told_of_nearly_unique
from privacy.risk.measurement import ClassSizeBucket, Measurement
from privacy.risk.rules import shipped_rule_pack
from privacy.services.whatif import Effect


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the comparison. `better` is None where neither is."""

    title: str
    before: str
    after: str
    better: bool | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """An effect as the page shows it."""

    figures: list[Figure]
    chart: Chart
    rows: int
    subjects: int
    sampled: bool
    subject: str | None
    before_quasi: tuple[str, ...]
    after_quasi: tuple[str, ...]
    accepted_k: int
    enough: bool | None
    warned: list[str]


def tell_effect(effect: Effect) -> Told:
    """The two measurements side by side."""
    before, after = effect.before, effect.after
    limits = shipped_rule_pack().limits
    return Told(
        figures=_figures(before, after),
        chart=_class_sizes(before, after),
        rows=effect.rows,
        subjects=before.subjects,
        sampled=effect.sampled,
        subject=effect.subject,
        before_quasi=before.quasi,
        after_quasi=after.quasi if after else (),
        accepted_k=limits.accept_k_controlled,
        enough=None if after is None else after.k_min >= limits.accept_k_controlled,
        warned=[told_of_nearly_unique(item.name, item.values, after.subjects) for item in after.nearly_unique]
        if after
        else [],
    )


def _figures(before: Measurement, after: Measurement | None) -> list[Figure]:
    def shown(name: str, kind: str = "count") -> tuple[str, str, float, float | None]:
        first = getattr(before, name)
        then = getattr(after, name) if after else None
        form = percent if kind == "share" else count
        return form(first), "–" if then is None else form(then), first, then

    def line(title: str, name: str, *, more_is_better: bool, kind: str = "count") -> Figure:
        first, then, old, new = shown(name, kind)
        better = None if new is None or new == old else (new > old) is more_is_better
        return Figure(title, first, then, better)

    figures = [
        line(_("Smallest class (k)"), "k_min", more_is_better=True),
        line(_("People who stand alone"), "uniques", more_is_better=False),
        line(_("Share of people who stand alone"), "unique_share", more_is_better=False, kind="share"),
        line(_("Classes"), "classes", more_is_better=False),
        line(_("Average risk of being recognised"), "r_avg", more_is_better=False, kind="share"),
    ]
    if before.l_distinct is not None and after is not None and after.l_distinct is not None:
        figures.append(
            line(_("Different sensitive values in a class, at least (l)"), "l_distinct", more_is_better=True)
        )
    return figures


def _class_sizes(before: Measurement, after: Measurement | None) -> Chart:
    # The first series has the quiet colour: that is the protected one.
    series = {_("Protected"): [bucket.persons for bucket in after.class_sizes]} if after is not None else {}
    series[_("As it is")] = [bucket.persons for bucket in before.class_sizes]
    return Chart(
        id="class-sizes",
        title=_("People by the size of their class; whoever is in several counts in each"),
        kind="bar",
        labels=[_bucket(bucket) for bucket in before.class_sizes],
        series=series,
    )


def _bucket(bucket: ClassSizeBucket) -> str:
    if bucket.highest is None:
        return f"≥ {count(bucket.lowest)}"
    if bucket.lowest == bucket.highest:
        return count(bucket.lowest)
    return f"{count(bucket.lowest)}–{count(bucket.highest)}"
