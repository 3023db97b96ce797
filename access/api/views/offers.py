"""Projects and offers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.filters import OfferFilter, ProjectFilter
from access.api.serializers.offers import (
    OfferBodySerializer,
    OfferSerializer,
    PriceBodySerializer,
    ProjectBodySerializer,
    ProjectSerializer,
    QuoteBodySerializer,
    QuoteSerializer,
)
from access.models import Offer, Project
from access.pricing import PermittedRevenue
from access.services.offers import price_offer, propose_offer, quote_for
from access.services.projects import open_project
from catalog.api.resources import Listing


@extend_schema(tags=["projects"])
class Projects(Listing):
    queryset = Project.objects.select_related("organization", "created_by")
    serializer_class = ProjectSerializer
    filterset_class = ProjectFilter

    @extend_schema(request=ProjectBodySerializer, responses={201: ProjectSerializer})
    def create(self, _request: Request) -> Response:
        """Open a project. The same identifier links across its releases, and nowhere else."""
        project = open_project(actor=self.actor, **self.body(ProjectBodySerializer))
        return self.answer(project, code=status.HTTP_201_CREATED)


@extend_schema(tags=["offers"])
class Offers(Listing):
    queryset = Offer.objects.select_related("dataset__provider", "proposed_by", "priced_by")
    serializer_class = OfferSerializer
    filterset_class = OfferFilter

    @extend_schema(request=OfferBodySerializer, responses={201: OfferSerializer})
    def create(self, _request: Request) -> Response:
        """Propose a price for industrial use. It counts once finance has set it under the cap."""
        offer = propose_offer(actor=self.actor, **self.body(OfferBodySerializer))
        return self.answer(offer, code=status.HTTP_201_CREATED)

    @extend_schema(request=PriceBodySerializer, responses=OfferSerializer)
    @action(detail=True, methods=["post"])
    def price(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Put a proposed price in force under the government's cap; it replaces the one before."""
        body = self.body(PriceBodySerializer)
        revenue = PermittedRevenue(**body.pop("permitted_revenue"))
        offer = price_offer(actor=self.actor, offer=self.get_object(), permitted_revenue=revenue, **body)
        return self.answer(offer)

    @extend_schema(request=QuoteBodySerializer, responses=QuoteSerializer, filters=False)
    @action(detail=False, methods=["post"], pagination_class=None)
    def quote(self, _request: Request, *_: Any, **__: Any) -> Response:
        """What a use of a dataset costs today. The purpose and the offer decide, not who asks."""
        quote, offer = quote_for(**self.body(QuoteBodySerializer))
        answer = {
            "purpose": quote.purpose,
            "amount": quote.amount,
            "currency": quote.currency,
            "reason": quote.reason,
            "citation": quote.citation,
            "offer": offer.pk if offer and not quote.purpose.is_free else None,
        }
        return self.answer(answer, QuoteSerializer)
