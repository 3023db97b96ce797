"""Finding datasets: what one can narrow the catalogue by, in which order it is shown, and how many fall under each value (facets).

The one place for it: the API's filters and the catalogue page both ask here. Words are matched in `search`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Subquery, Value, When
from django.utils.translation import gettext_lazy as _

from catalog.datasets.models import (
    GRADES_BY_WEIGHT,
    DataField,
    DatasetState,
    Distribution,
    Grade,
    Price,
    ShareType,
    UpdateCycle,
)
from catalog.datasets.search import matching


def with_heaviest_grade(datasets: Any) -> Any:
    """`datasets` with `heaviest_grade`: the gravest grade of their fields (就高从严), or null. One subquery, no join."""
    weight = Case(
        *(When(grade=grade, then=Value(place)) for place, grade in enumerate(GRADES_BY_WEIGHT)),
        output_field=IntegerField(),
    )
    graded = DataField.objects.filter(distribution__dataset=OuterRef("pk")).exclude(grade="")
    return datasets.annotate(heaviest_grade=Subquery(graded.order_by(weight).values("grade")[:1]))


def holding(datasets: Any, entity_type: str) -> Any:
    """`datasets` with a field of this entity type."""
    fields = DataField.objects.filter(distribution__dataset=OuterRef("pk"), entity_type=entity_type)
    return datasets.filter(Exists(fields))


def in_format(datasets: Any, form: str) -> Any:
    """`datasets` with a table in this format."""
    return datasets.filter(Exists(Distribution.objects.filter(dataset=OuterRef("pk"), format=form)))


@dataclass(frozen=True, slots=True)
class Criteria:
    """What the catalogue is narrowed by; what is empty narrows nothing. The names are those of the address."""

    q: str = ""
    provider: int | None = None
    theme: str = ""
    share_type: str = ""
    price: str = ""
    grade: str = ""
    entity_type: str = ""
    format: str = ""
    update_cycle: str = ""
    state: str = ""


def narrowed(datasets: Any, criteria: Criteria, *, without: str = "") -> Any:
    """`datasets` that meet every criterion except the one named `without`. They carry `heaviest_grade`.

    A facet counts without its own criterion: it shows what choosing another of its values would find.
    """
    found = with_heaviest_grade(datasets)
    if criteria.q:
        found = matching(found, criteria.q)
    columns = {
        "provider": "provider_id",
        "theme": "theme",
        "share_type": "share_type",
        "price": "price",
        "grade": "heaviest_grade",
        "update_cycle": "update_cycle",
        "state": "state",
    }
    for name, column in columns.items():
        wanted = getattr(criteria, name)
        if wanted and name != without:
            found = found.filter(**{column: wanted})
    if criteria.entity_type and without != "entity_type":
        found = holding(found, criteria.entity_type)
    if criteria.format and without != "format":
        found = in_format(found, criteria.format)
    return found


class Order(StrEnum):
    """How results are ordered. Relevance needs words to be relevant to."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    TITLE = "title"


def ordered(datasets: Any, order: Order, *, title: str = "title") -> Any:
    """`datasets` in this order; what was narrowed by words is in the order of relevance already."""
    if order == Order.NEWEST:
        return datasets.order_by(F("issued").desc(nulls_last=True), "-pk")
    if order == Order.TITLE:
        return datasets.order_by(title, "title", "code")
    return datasets


FACET_NAMES = ("share_type", "price", "theme", "grade", "provider", "format", "entity_type", "update_cycle")

_FIELD_OF_FACET = {
    "share_type": "share_type",
    "price": "price",
    "theme": "theme",
    "grade": "heaviest_grade",
    "format": "distributions__format",
    "entity_type": "distributions__fields__entity_type",
    "update_cycle": "update_cycle",
    "state": "state",
}
_LABELS: Mapping[str, Mapping[Any, Any]] = {
    "share_type": dict(ShareType.choices),
    "price": dict(Price.choices),
    "grade": {**dict(Grade.choices), None: _("Not graded")},
    "update_cycle": dict(UpdateCycle.choices),
    "state": dict(DatasetState.choices),
}


def count_facet(datasets: Any, name: str) -> list[dict[str, Any]]:
    """How many of `datasets` fall under each value of one facet, the fullest first: `value`, `label`, `count`. One query.

    A provider has its English name too, as `label_en`.
    """
    if name == "provider":
        return _count_providers(datasets)
    column = _FIELD_OF_FACET[name]
    if name == "entity_type":
        datasets = datasets.filter(distributions__fields__gone_at__isnull=True)
    rows = (
        datasets.order_by()
        .values_list(column)
        .annotate(datasets=Count("pk", distinct=True))
        .order_by("-datasets", column)
    )
    labels = _LABELS.get(name, {})
    return [
        {"value": value, "label": str(labels.get(value, value)), "count": count}
        for value, count in rows
        # What says nothing falls under nothing; only "not graded" is a value worth finding.
        if value or name == "grade"
    ]


def facets_of(datasets: Any) -> dict[str, list[dict[str, Any]]]:
    """Every facet of `datasets`: one query each, however many rows."""
    return {name: count_facet(datasets, name) for name in FACET_NAMES}


def _count_providers(datasets: Any) -> list[dict[str, Any]]:
    rows = (
        datasets.order_by()
        .values_list("provider_id", "provider__name", "provider__name_en")
        .annotate(datasets=Count("pk", distinct=True))
        .order_by("-datasets", "provider_id")
    )
    return [{"value": str(pk), "label": name, "label_en": name_en, "count": count} for pk, name, name_en, count in rows]
