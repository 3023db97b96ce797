"""What the catalogue says of the price: written by the acts on offers, narrowed by on the page and in the API."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps

from access.services.offers import propose_offer
from catalog.datasets.models import Dataset, Price
from catalog.datasets.services import register_dataset
from tests.access.acts import Acts
from tests.api.conftest import Api
from tests.cast import Cast
from tests.pages.visiting import Visitor, text_of
from tests.stages import RECORD, Stages

UNKNOWN = "free-of-charge"


@pytest.fixture
def api() -> Callable[..., Api]:
    return Api


def price_of(stages: Stages) -> str:
    return str(Dataset.objects.get(pk=stages.draft.pk).price)


def test_a_dataset_has_no_price_until_one_is_in_force(stages: Stages, cast: Cast, acts: Acts) -> None:
    assert price_of(stages) == Price.UNPRICED
    propose_offer(actor=cast.stella, dataset=stages.draft, amount=Decimal(500))
    assert price_of(stages) == Price.UNPRICED
    acts.offer("500")
    assert price_of(stages) == Price.PAID


def test_the_price_that_replaces_another_is_the_one_that_is_told(stages: Stages, acts: Acts) -> None:
    acts.offer("500")
    acts.offer("0")
    assert price_of(stages) == Price.FREE
    acts.offer("12.50")
    assert price_of(stages) == Price.PAID


def test_a_price_changes_neither_the_revision_nor_the_record(stages: Stages, acts: Acts) -> None:
    before = Dataset.objects.get(pk=stages.draft.pk)
    acts.offer("500")
    after = Dataset.objects.get(pk=stages.draft.pk)
    assert (after.revision, after.changed_at) == (before.revision, before.changed_at)


def test_what_was_in_force_before_is_filled_in(stages: Stages, cast: Cast, acts: Acts) -> None:
    other = register_dataset(actor=cast.stella, provider=cast.health, values={**RECORD, "title": "另一个"})
    acts.offer("500")
    Dataset.objects.update(price=Price.UNPRICED)  # as the column is added
    fill = import_module("access.migrations.0003_dataset_price").fill
    fill(apps, None)
    assert price_of(stages) == Price.PAID
    assert Dataset.objects.get(pk=other.pk).price == Price.UNPRICED
    acts.offer("0")
    Dataset.objects.update(price=Price.UNPRICED)
    fill(apps, None)
    assert price_of(stages) == Price.FREE


def test_the_api_narrows_by_price_and_counts_it(
    api: Callable[..., Api], stages: Stages, cast: Cast, acts: Acts
) -> None:
    register_dataset(actor=cast.stella, provider=cast.health, values={**RECORD, "title": "另一个"})
    acts.offer("500")
    stella = api(cast.stella)

    def found(query: str) -> list[tuple[str, str]]:
        return [(row["title"], row["price"]) for row in stella.get(f"datasets/?{query}").json()["results"]]

    assert found("price=paid") == [("门诊就诊记录", "paid")]
    assert found("price=unpriced") == [("另一个", "unpriced")]
    assert found("price=free") == []
    assert set(stella.get(f"datasets/?price={UNKNOWN}").json()["error"]["fields"]) == {"price"}
    facets = stella.get("datasets/").json()["facets"]["price"]
    assert {row["value"]: row["count"] for row in facets} == {"paid": 1, "unpriced": 1}
    assert stella.get(f"datasets/{stages.draft.pk}/").json()["price"] == "paid"


def test_the_page_narrows_by_price_and_a_result_says_it_where_there_is_one(
    stages: Stages, cast: Cast, acts: Acts
) -> None:
    register_dataset(actor=cast.stella, provider=cast.health, values={**RECORD, "title": "另一个"})
    acts.offer("500")
    stella = Visitor(cast.stella)
    page = stella.get("/catalogue/")
    facet = next(facet for facet in page.context["facets"] if facet.name == "price")
    assert {value.label: value.count for value in facet.values} == {
        "Industrial use is paid": 1,
        "No price yet": 1,
    }
    for value in facet.values:
        narrowed = stella.get(value.url)
        assert len(_results(narrowed)) == 1
        assert value.label in text_of(narrowed)
    assert "No price yet" not in _results(stella.get("/catalogue/?price=unpriced"))[0]
    assert "产业发展用途收费" in _results(Visitor(cast.rita, "zh-hans").get("/catalogue/?price=paid"))[0]
    assert len(_results(stella.get(f"/catalogue/?price={UNKNOWN}"))) == 2


def _results(answer: Any) -> list[str]:
    return re.findall(r'<article class="result".*?</article>', answer.content.decode(), re.DOTALL)
