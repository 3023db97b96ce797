"""What is said of a table's fields: whom a row is about, and how grave each field is."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.filters import GradeProposalFilter
from catalog.api.resources import Listing, Resource
from catalog.api.serializers.datasets import (
    DataFieldSerializer,
    DistributionSerializer,
    DriftBodySerializer,
    FieldBodySerializer,
    GradeBodySerializer,
    GradedSerializer,
    GradeProposalSerializer,
    SubjectBodySerializer,
)
from catalog.api.visibility import visible_distributions, visible_fields, visible_grade_proposals
from catalog.datasets.drift import accept_drift
from catalog.datasets.grading import decide_grade, set_grade
from catalog.datasets.models import DataField, Distribution, GradeProposal
from catalog.datasets.services import declare_subject, describe_field


@extend_schema(tags=["distributions"])
class Distributions(Resource):
    queryset = Distribution.objects.all()
    serializer_class = DistributionSerializer

    def visible(self) -> Any:
        return visible_distributions(self.actor).prefetch_related("fields")

    @extend_schema(responses=DistributionSerializer)
    def retrieve(self, _request: Request, *_: Any, **__: Any) -> Response:
        """A table with its fields."""
        return self.answer(self.get_object())

    @extend_schema(request=SubjectBodySerializer, responses=DistributionSerializer)
    @action(detail=True, methods=["post"])
    def subject(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Say whom a row is about, and which field tells one from another."""
        self.distribution = self.get_object()
        body = self.body(SubjectBodySerializer)
        declare_subject(actor=self.actor, distribution=self.distribution, **body)
        return self.answer(self.visible().get(pk=self.distribution.pk))

    @extend_schema(request=DriftBodySerializer, responses=DistributionSerializer)
    @action(detail=True, methods=["post"])
    def accept_drift(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Take the source's columns over into the record, which must be a draft or suspended. New ones become fields, gone ones leave."""
        body = self.body(DriftBodySerializer)
        accepted = accept_drift(actor=self.actor, distribution=self.get_object(), **body)
        return self.answer(self.visible().get(pk=accepted.pk))

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "distribution": getattr(self, "distribution", None)}


@extend_schema(tags=["fields"])
class Fields(Resource):
    queryset = DataField.objects.all()
    serializer_class = GradedSerializer

    def visible(self) -> Any:
        return visible_fields(self.actor)

    @extend_schema(request=FieldBodySerializer, responses=DataFieldSerializer)
    def partial_update(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Say what a column is called and what type the catalogue gives it. The scanner reads the name as evidence."""
        field = self.get_object()
        body = {"label": field.label, "data_type": field.data_type, **self.body(FieldBodySerializer)}
        return self.answer(describe_field(actor=self.actor, field=field, **body), DataFieldSerializer)

    @extend_schema(request=GradeBodySerializer, responses={200: GradedSerializer, 202: GradedSerializer})
    @action(detail=True, methods=["post"])
    def grade(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Grade a field. A lower grade waits for a second person: the answer is 202 and holds the proposal."""
        field = self.get_object()
        proposal = set_grade(actor=self.actor, field=field, **self.body(GradeBodySerializer))
        field.refresh_from_db()
        code = status.HTTP_200_OK if proposal is None else status.HTTP_202_ACCEPTED
        return self.answer({"field": field, "proposal": proposal}, code=code)


@extend_schema(tags=["grade-proposals"])
class GradeProposals(Listing):
    queryset = GradeProposal.objects.all()
    serializer_class = GradeProposalSerializer
    filterset_class = GradeProposalFilter

    def visible(self) -> Any:
        return visible_grade_proposals(self.actor).order_by("-id")

    @extend_schema(request=None, responses=GradeProposalSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Accept a lower grade, as someone other than who asked for it."""
        return self.answer(decide_grade(actor=self.actor, proposal=self.get_object(), accept=True))

    @extend_schema(request=None, responses=GradeProposalSerializer)
    @action(detail=True, methods=["post"])
    def refuse(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Refuse it."""
        return self.answer(decide_grade(actor=self.actor, proposal=self.get_object(), accept=False))
