"""Datasets: searching them, their record and its life, their rights, tables, versions and history."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.filters import DatasetFilter, EndingProposalFilter
from catalog.api.pagination import Pages
from catalog.api.resources import ID_PATTERN, Listing, Resource
from catalog.api.serializers.datasets import (
    DatasetBodySerializer,
    DatasetChangeSerializer,
    DatasetSerializer,
    DatasetSummarySerializer,
    DistributionBodySerializer,
    DistributionSerializer,
    EndingProposalSerializer,
    LinkBodySerializer,
    LinkSerializer,
    OptionalReasonSerializer,
    ReasonSerializer,
    RightBodySerializer,
    RightSerializer,
    VersionSerializer,
)
from catalog.api.serializers.records import LedgerEntrySerializer
from catalog.datasets.browsing import FACET_NAMES, facets_of, with_heaviest_grade
from catalog.datasets.endings import EndingProposal
from catalog.datasets.lineage import DatasetLink
from catalog.datasets.linking import link_datasets, unlink_datasets
from catalog.datasets.models import DataField, Dataset, Distribution, RightsAssignment
from catalog.datasets.registration import attach_table, start_record
from catalog.datasets.rights import decide_ending, end_right, record_right
from catalog.datasets.services import (
    edit_dataset,
    publish_dataset,
    register_dataset,
    retire_dataset,
    return_dataset,
    submit_dataset,
    suspend_dataset,
)
from catalog.datasets.visibility import visible_rights
from catalog.ledger.models import LedgerEntry
from catalog.people.policies import require

_LINK = OpenApiParameter("link", OpenApiTypes.INT, OpenApiParameter.PATH, description="The link's id.")
FACETS = {
    "type": "object",
    "description": "How many of all the datasets found fall under each value.",
    "required": list(FACET_NAMES),
    "properties": {
        name: {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["value", "label", "count"],
                "properties": {
                    "value": {"type": ["string", "null"]},
                    "label": {"type": "string"},
                    "count": {"type": "integer"},
                },
            },
        }
        for name in FACET_NAMES
    },
}


class PagesWithFacets(Pages):
    """A page of the catalogue, with how many of all the datasets found fall under each value."""

    facets: dict[str, Any]

    def get_paginated_response(self, data: Any) -> Response:
        answer = super().get_paginated_response(data)
        answer.data = {**answer.data, "facets": self.facets}
        return answer

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        described = super().get_paginated_response_schema(schema)
        described["properties"]["facets"] = FACETS
        described["required"] = [*described.get("required", []), "facets"]
        return described


@extend_schema(tags=["datasets"])
class Datasets(Listing):
    queryset = Dataset.objects.all()
    serializer_class = DatasetSummarySerializer
    detail_class = DatasetSerializer
    filterset_class = DatasetFilter
    pagination_class = PagesWithFacets

    def visible(self) -> Any:
        rows = Dataset.objects.visible_to(self.actor).select_related(
            "provider", "created_by", "submitted_by", "reviewed_by"
        )
        if self.action == "list":
            return with_heaviest_grade(rows).prefetch_related("distributions")
        return rows

    def get_object(self) -> Dataset:
        dataset: Dataset = super().get_object()
        return dataset

    def whole(self, dataset: Dataset, code: int = status.HTTP_200_OK) -> Response:
        """The dataset with everything that belongs to it, read again."""
        tables = Distribution.objects.select_related("source", "subject_field", "dataset").prefetch_related(
            Prefetch("fields", queryset=DataField.objects.order_by("position"))
        )
        rights = visible_rights(self.actor, self.working).filter(ended_at__isnull=True)
        links = DatasetLink.objects.visible_to(self.actor)
        rows = Dataset.objects.select_related("provider", "created_by", "submitted_by", "reviewed_by").prefetch_related(
            Prefetch("distributions", queryset=tables),
            Prefetch("rights", queryset=rights, to_attr="visible_rights"),
            "versions__published_by",
            Prefetch("links", queryset=links.select_related("target", "recorded_by"), to_attr="visible_links"),
            Prefetch("links_here", queryset=links.select_related("dataset"), to_attr="visible_links_here"),
        )
        return self.answer(rows.get(pk=dataset.pk), DatasetSerializer, code)

    def list(self, _request: Any, *_: Any, **__: Any) -> Response:
        """Search the catalogue. `facets` counts all the datasets found, not only those of the page."""
        found = self.filter_queryset(self.get_queryset())
        assert isinstance(self.paginator, PagesWithFacets)
        self.paginator.facets = facets_of(found)
        return self.page(found)

    def retrieve(self, _request: Any, *_: Any, **__: Any) -> Response:
        """One dataset with its tables, fields, rights and versions."""
        return self.whole(self.get_object())

    @extend_schema(request=DatasetBodySerializer, responses={201: DatasetSerializer})
    def create(self, _request: Request) -> Response:
        """Open a draft; with `source` its table is attached in the same transaction. Rights are recorded apart."""
        values = self.body(DatasetBodySerializer)
        provider, source, table = values.pop("provider"), values.pop("source", None), values.pop("table", None)
        with transaction.atomic():
            dataset = register_dataset(actor=self.actor, provider=provider, values=values)
            if source is not None:
                attach_table(actor=self.actor, dataset=dataset, source=source, table=table)
        return self.whole(dataset, status.HTTP_201_CREATED)

    @extend_schema(request=DistributionBodySerializer, responses={201: DatasetSerializer}, filters=False)
    @action(detail=False, methods=["post"], pagination_class=None)
    def begin(self, _request: Request) -> Response:
        """Begin the record of a table with what can be told from it. The rest is written step by step before it is submitted."""
        return self.whole(
            start_record(actor=self.actor, **self.body(DistributionBodySerializer)), status.HTTP_201_CREATED
        )

    @extend_schema(request=DatasetChangeSerializer, responses=DatasetSerializer)
    def partial_update(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Change the record of a draft or suspended dataset."""
        dataset = self.get_object()
        values = self.body(DatasetChangeSerializer, instance=dataset)
        revision = values.pop("revision")
        return self.whole(edit_dataset(actor=self.actor, dataset=dataset, revision=revision, values=values))

    @extend_schema(request=None, responses=DatasetSerializer)
    @action(detail=True, methods=["post"])
    def submit(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Hand the draft to a reviewer."""
        return self.whole(submit_dataset(actor=self.actor, dataset=self.get_object()))

    @extend_schema(request=ReasonSerializer, responses=DatasetSerializer, operation_id="datasets_return")
    @action(detail=True, methods=["post"], url_path="return", url_name="return")
    def give_back(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Give a submitted record back to its steward."""
        return self.whole(return_dataset(actor=self.actor, dataset=self.get_object(), **self.body(ReasonSerializer)))

    @extend_schema(request=None, responses=DatasetSerializer)
    @action(detail=True, methods=["post"])
    def publish(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Publish a submitted record as a new version. The reviewer is not its author."""
        return self.whole(publish_dataset(actor=self.actor, dataset=self.get_object()))

    @extend_schema(request=OptionalReasonSerializer, responses=DatasetSerializer)
    @action(detail=True, methods=["post"])
    def suspend(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Stop new applications for it."""
        body = self.body(OptionalReasonSerializer)
        return self.whole(suspend_dataset(actor=self.actor, dataset=self.get_object(), **body))

    @extend_schema(request=OptionalReasonSerializer, responses=DatasetSerializer)
    @action(detail=True, methods=["post"])
    def retire(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Take it out of the catalogue for good."""
        body = self.body(OptionalReasonSerializer)
        return self.whole(retire_dataset(actor=self.actor, dataset=self.get_object(), **body))

    @extend_schema(
        methods=["GET"], responses=RightSerializer(many=True), filters=False, operation_id="datasets_rights_list"
    )
    @extend_schema(
        methods=["POST"],
        request=RightBodySerializer,
        responses={201: RightSerializer},
        filters=False,
        operation_id="datasets_rights_create",
    )
    @action(detail=True, methods=["get", "post"], pagination_class=Pages)
    def rights(self, request: Request, *_: Any, **__: Any) -> Response:
        """The rights over a dataset, ended ones included; a POST records one more. Ownership, control and usage are dated."""
        dataset = self.get_object()
        if request.method == "POST":
            right = record_right(actor=self.actor, dataset=dataset, **self.body(RightBodySerializer))
            return self.answer(right, RightSerializer, status.HTTP_201_CREATED)
        return self.page(visible_rights(self.actor, self.working).filter(dataset=dataset), RightSerializer)

    @extend_schema(request=LinkBodySerializer, responses={201: LinkSerializer}, operation_id="datasets_links_create")
    @action(detail=True, methods=["post"])
    def links(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Link the dataset to another: what it is related to, or was derived from."""
        link = link_datasets(actor=self.actor, dataset=self.get_object(), **self.body(LinkBodySerializer))
        return self.answer(link, LinkSerializer, status.HTTP_201_CREATED)

    @extend_schema(
        request=None, responses={204: None}, parameters=[_LINK], filters=False, operation_id="datasets_links_destroy"
    )
    @action(detail=True, methods=["delete"], url_path=f"links/(?P<link>{ID_PATTERN})", url_name="link")
    def unlink(self, _request: Request, link: str, *_: Any, **__: Any) -> Response:
        """Take a link of the dataset back."""
        links = DatasetLink.objects.visible_to(self.actor).filter(dataset=self.get_object())
        found = get_object_or_404(links.select_related("dataset__provider", "target__provider"), pk=link)
        unlink_datasets(actor=self.actor, link=found)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=DistributionBodySerializer, responses={201: DistributionSerializer})
    @action(detail=True, methods=["post"])
    def distributions(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Attach a table of a source, importing the names, types and comments of its columns."""
        dataset = self.get_object()
        distribution = attach_table(actor=self.actor, dataset=dataset, **self.body(DistributionBodySerializer))
        return self.answer(distribution, DistributionSerializer, status.HTTP_201_CREATED)

    @extend_schema(responses=VersionSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=Pages)
    def versions(self, _request: Request, *_: Any, **__: Any) -> Response:
        """What the record said each time it was published."""
        return self.page(self.get_object().versions.select_related("published_by"), VersionSerializer)

    @extend_schema(responses=LedgerEntrySerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=Pages)
    def history(self, _request: Request, *_: Any, **__: Any) -> Response:
        """The ledger's lines about this dataset, oldest first, for those who work on it."""
        dataset = self.get_object()
        require(self.actor, "dataset.read_history", dataset)
        entries = LedgerEntry.objects.about(dataset).select_related("actor", "organization", "counterpart")
        return self.page(entries, LedgerEntrySerializer)


@extend_schema(tags=["rights"])
class Rights(Resource):
    queryset = RightsAssignment.objects.all()
    serializer_class = RightSerializer

    def visible(self) -> Any:
        return visible_rights(self.actor, self.working)

    @extend_schema(request=OptionalReasonSerializer, responses={200: RightSerializer, 202: EndingProposalSerializer})
    @action(detail=True, methods=["post"])
    def end(self, _request: Request, *_: Any, **__: Any) -> Response:
        """End a right today. Ownership or control that another organisation holds waits, with the reason, until it agrees (202)."""
        right = end_right(actor=self.actor, right=self.get_object(), **self.body(OptionalReasonSerializer))
        if right.ended_at is not None:
            return self.answer(right)
        waiting = EndingProposal.objects.visible_to(self.actor).get(right=right, accepted__isnull=True)
        return self.answer(waiting, EndingProposalSerializer, status.HTTP_202_ACCEPTED)


@extend_schema(tags=["ending-proposals"])
class EndingProposals(Listing):
    queryset = EndingProposal.objects.order_by("-id")
    serializer_class = EndingProposalSerializer
    filterset_class = EndingProposalFilter

    @extend_schema(request=None, responses=EndingProposalSerializer)
    @action(detail=True, methods=["post"])
    def agree(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Agree that the right ends today, as a steward or approver of its holder and other than who asked."""
        return self.answer(decide_ending(actor=self.actor, proposal=self.get_object(), accept=True))

    @extend_schema(request=None, responses=EndingProposalSerializer)
    @action(detail=True, methods=["post"])
    def refuse(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Refuse it: the right stands."""
        return self.answer(decide_ending(actor=self.actor, proposal=self.get_object(), accept=False))
