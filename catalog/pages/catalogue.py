"""The catalogue: search as one types, narrowed by facets, each row readable by itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from catalog.datasets.browsing import Criteria, Order, count_facet, narrowed, ordered
from catalog.datasets.models import Dataset, DatasetState
from catalog.pages.acts import page_of, user_of
from catalog.pages.forms import ORDERS, CriteriaForm
from catalog.pages.navigation import roles_of
from catalog.pages.wording import FORMATS, code_word, entity_type_word, theme_word
from catalog.people.models import Organization, Role

HEADINGS = {
    "provider": _("Department"),
    "theme": _("Theme"),
    "share_type": _("Share type"),
    "price": _("Price"),
    "grade": _("Grade"),
    "entity_type": _("Personal data in it"),
    "format": _("Format"),
    "update_cycle": _("Update cycle"),
    "state": _("State"),
}
# As many values of a facet as are shown at once; the rest fold out.
SHOWN_VALUES = 6


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet, where choosing it leads (or taking it back, where it is chosen), and how much it would find."""

    label: str
    count: int
    url: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    name: str
    heading: Any
    values: list[FacetValue]

    @property
    def first(self) -> list[FacetValue]:
        """What is shown at once: the fullest, and whatever is chosen."""
        return self.values[:SHOWN_VALUES] + [value for value in self.values[SHOWN_VALUES:] if value.chosen]

    @property
    def rest(self) -> list[FacetValue]:
        return [value for value in self.values[SHOWN_VALUES:] if not value.chosen]

    @property
    def chosen(self) -> FacetValue | None:
        return next((value for value in self.values if value.chosen), None)


@require_safe
@login_required
def browse(request: HttpRequest) -> HttpResponse:
    """The datasets this person may see, narrowed as the address says. A search as one types gets the results alone."""
    form = CriteriaForm(request.GET)
    criteria, order = form.criteria, form.order
    # What was retired is out of the catalogue; whoever worked on it finds it by its state.
    seen = Dataset.objects.visible_to(user_of(request))
    if not criteria.state:
        seen = seen.exclude(state=DatasetState.RETIRED)
    facets = [_facet(name, seen, criteria, order) for name in HEADINGS]
    title = "title_en" if (get_language() or "").startswith("en") else "title"
    found = ordered(narrowed(seen, criteria), order, title=title)
    page = page_of(request, found.select_related("provider").prefetch_related("distributions"))
    context = {
        "criteria": criteria,
        "asked_order": order if order != usual_order(criteria) else "",
        "orders": ORDERS[1:],
        # A facet of one value that everything has narrows nothing.
        "facets": [facet for facet in facets if len(facet.values) > 1 or facet.chosen],
        "kept": [(name, value) for name in HEADINGS if (value := getattr(criteria, name))],
        "chosen": [(facet.heading, value) for facet in facets if (value := facet.chosen)],
        "page": page,
        "without_words": _address(replace(criteria, q=""), order) if criteria.q else "",
        "may_register": Role.DATA_STEWARD in roles_of(request),
    }
    typed = request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request")
    response = render(request, "catalog/_found.html" if typed else "catalog/catalogue.html", context)
    # One address, two answers: no cache may give one for the other.
    patch_vary_headers(response, ["HX-Request"])
    if typed and not request.headers.get("HX-Boosted"):
        # A link that was followed is a step one can go back from; a letter that was typed is none.
        response["HX-Replace-Url"] = _address(criteria, order, page.number)
    return response


def usual_order(criteria: Criteria) -> Order:
    """The order nobody has to ask for."""
    return Order.RELEVANCE if criteria.q else Order.NEWEST


def _address(criteria: Criteria, order: Order, page: int = 1) -> str:
    """The catalogue so narrowed, without what says nothing."""
    said = {name: getattr(criteria, name) for name in Criteria.__dataclass_fields__}
    said |= {"sort": order.value if order != usual_order(criteria) else "", "page": page if page > 1 else ""}
    query = urlencode({name: value for name, value in said.items() if value})
    return reverse("catalogue") + (f"?{query}" if query else "")


def _facet(name: str, seen: Any, criteria: Criteria, order: Order) -> Facet:
    """The values of one facet among what the other criteria find."""
    present = str(getattr(criteria, name) or "")
    nothing: Any = None if name == "provider" else ""
    values = []
    for row in count_facet(narrowed(seen, criteria, without=name), name):
        if row["value"] is None:  # nothing to ask for
            continue
        value = str(row["value"])
        chosen = value == present
        wanted: Any = int(value) if name == "provider" else value
        url = _address(replace(criteria, **{name: nothing if chosen else wanted}), order)
        values.append(FacetValue(_label(name, row), row["count"], url, chosen))
    if present and not any(value.chosen for value in values):
        # Nothing has it; it must still be seen, and taken back.
        url = _address(replace(criteria, **{name: nothing}), order)
        values.append(FacetValue(_label(name, _row_of(name, present)), 0, url, True))
    return Facet(name, HEADINGS[name], values)


def _row_of(name: str, value: str) -> dict[str, Any]:
    """What `count_facet` would say of a value that nothing has."""
    if name == "provider":
        provider = Organization.objects.filter(pk=value).first()
        return {"value": value, "label": getattr(provider, "name", value), "label_en": getattr(provider, "name_en", "")}
    return {"value": value, "label": value}


def _label(name: str, row: dict[str, Any]) -> str:
    if name == "provider":
        english = (get_language() or "").startswith("en")
        return str((english and row.get("label_en")) or row["label"])
    if name == "theme":
        return theme_word(row["value"])
    if name == "entity_type":
        return entity_type_word(row["value"])
    if name == "format":
        return FORMATS.get(row["value"], row["value"])
    if name == "state":
        return str(dict(DatasetState.choices).get(row["value"], row["value"]))
    return code_word(row["value"])
