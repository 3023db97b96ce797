"""Projects, offers and quotes. Amounts are decimal text."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from access.models import Offer, Project
from access.pricing import Purpose
from catalog.api.resources import VisibleField
from catalog.api.serializers.datasets import DatasetReferenceSerializer
from catalog.api.serializers.people import OrganizationReferenceSerializer, PersonSerializer
from catalog.api.visibility import every_organization
from catalog.datasets.models import Dataset
from catalog.people.models import Organization


class ProjectReferenceSerializer(serializers.ModelSerializer[Project]):
    """A project, as other objects name it."""

    class Meta:
        model = Project
        fields = ("id", "name")
        read_only_fields = fields


class ProjectSerializer(serializers.ModelSerializer[Project]):
    organization = OrganizationReferenceSerializer(read_only=True)
    created_by = PersonSerializer(read_only=True)

    class Meta:
        model = Project
        fields = ("id", "name", "organization", "created_by", "created_at")
        read_only_fields = fields


class ProjectBodySerializer(serializers.Serializer[Any]):
    organization = VisibleField(Organization, every_organization)
    name = serializers.CharField(max_length=120)


class AmountField(serializers.DecimalField):
    """An amount of money: decimal text, at most two decimals."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=14, decimal_places=2, min_value=Decimal(0), **options)


class PermittedRevenueSerializer(serializers.Serializer[Any]):
    """What the operator may earn: cost + profit + tax (发改价格〔2025〕65号)."""

    cost = AmountField()
    profit = AmountField()
    tax = AmountField()


class OfferSerializer(serializers.ModelSerializer[Offer]):
    dataset = DatasetReferenceSerializer(read_only=True)
    amount = AmountField(read_only=True)
    cap = AmountField(read_only=True, allow_null=True)
    permitted_revenue = serializers.SerializerMethodField()
    proposed_by = PersonSerializer(read_only=True)
    priced_by = PersonSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Offer
        fields = (
            "id",
            "dataset",
            "state",
            "amount",
            "currency",
            "cap",
            "permitted_revenue",
            "basis",
            "proposed_by",
            "priced_by",
            "created_at",
        )
        read_only_fields = fields

    @extend_schema_field(PermittedRevenueSerializer(allow_null=True))
    def get_permitted_revenue(self, offer: Offer) -> Any:
        return PermittedRevenueSerializer(offer).data if offer.cost is not None else None


class OfferBodySerializer(serializers.Serializer[Any]):
    dataset = VisibleField(Dataset, Dataset.objects.visible_to)
    amount = AmountField()
    currency = serializers.CharField(max_length=3, default="CNY")


class PriceBodySerializer(serializers.Serializer[Any]):
    """Price ≤ cap ≤ permitted revenue, with the document that sets the cap."""

    amount = AmountField()
    cap = AmountField()
    permitted_revenue = PermittedRevenueSerializer()
    basis = serializers.CharField(max_length=500)


PURPOSES = [(purpose.value, purpose.value) for purpose in Purpose]


class QuoteBodySerializer(serializers.Serializer[Any]):
    dataset = VisibleField(Dataset, Dataset.objects.visible_to)
    purpose = serializers.ChoiceField(choices=PURPOSES)


class QuoteSerializer(serializers.Serializer[Any]):
    purpose = serializers.CharField()
    amount = AmountField()
    currency = serializers.CharField()
    reason = serializers.CharField(allow_null=True, help_text="Why nothing is to be paid; empty where something is.")
    citation = serializers.CharField()
    offer = serializers.IntegerField(allow_null=True, help_text="The offer that the price comes from.")
