"""The combinations of a scan over HTTP: what they are shown as, and the requests that read them and ask for a count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.resources import Resource
from catalog.api.serializers.records import JobErrorSerializer, ProgressSerializer, error_of, progress_of
from catalog.jobs.models import JobState
from privacy.models import Combinations
from privacy.risk.combinations import LONGEST
from privacy.services.combinations import request_combinations


class CombinationSerializer(serializers.Serializer[Any]):
    """Some columns, and how far they single out."""

    columns = serializers.ListField(child=serializers.CharField())
    classes = serializers.IntegerField()
    uniques = serializers.IntegerField(help_text="Persons alone in a class.")
    unique_share = serializers.FloatField(help_text="Of all persons, 0 to 1.")
    smallest = serializers.IntegerField(help_text="Persons in the smallest class.")
    median = serializers.IntegerField(help_text="Half of the classes have at most so many persons.")
    minimal = serializers.BooleanField(
        help_text="Singles out more than the threshold, and no fewer of these columns do."
    )


# What is not there before the first count is complete.
_IF_COUNTED: Mapping[str, Any] = {"read_only": True, "default": None, "allow_null": True}


class CombinationsSerializer(serializers.ModelSerializer[Combinations]):
    """How far quasi-identifiers together single persons out. The figures are there once a count is complete, and stay while another runs."""

    state = serializers.ChoiceField(source="job.state", choices=JobState.choices, read_only=True)
    progress = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    counted_at = serializers.DateTimeField(source="result.counted_at", **_IF_COUNTED)
    columns = serializers.ListField(
        child=serializers.CharField(), source="result.columns", help_text="Those that were combined.", **_IF_COUNTED
    )
    left_out = serializers.ListField(
        child=serializers.CharField(),
        source="result.left_out",
        help_text="Counted by themselves only: the others have more different values.",
        **_IF_COUNTED,
    )
    proposed = serializers.ListField(
        child=serializers.CharField(),
        source="result.proposed",
        help_text="Those that nobody had confirmed as quasi-identifiers.",
        **_IF_COUNTED,
    )
    subject = serializers.CharField(
        source="result.subject", help_text="Whom a row is about; null: every row is a person.", **_IF_COUNTED
    )
    rows = serializers.IntegerField(source="result.rows", **_IF_COUNTED)
    null_subject_rows = serializers.IntegerField(
        source="result.null_subject_rows", help_text="Rows that name nobody: one person together.", **_IF_COUNTED
    )
    persons = serializers.IntegerField(source="result.persons", **_IF_COUNTED)
    threshold = serializers.FloatField(
        source="result.threshold", help_text="The share of unique persons above which it is too much.", **_IF_COUNTED
    )
    combinations = serializers.SerializerMethodField(
        help_text="The minimal ones first, the shortest before the others; then by what singles out most. Single columns too."
    )

    class Meta:
        model = Combinations
        fields = (
            "scan",
            "job",
            "state",
            "progress",
            "error",
            "counted_at",
            "columns",
            "left_out",
            "proposed",
            "subject",
            "rows",
            "null_subject_rows",
            "persons",
            "threshold",
            "combinations",
        )
        read_only_fields = fields

    @extend_schema_field(ProgressSerializer)
    def get_progress(self, found: Combinations) -> dict[str, Any]:
        return progress_of(found.job)

    @extend_schema_field(JobErrorSerializer(allow_null=True))
    def get_error(self, found: Combinations) -> dict[str, str] | None:
        return error_of(found.job)

    @extend_schema_field(CombinationSerializer(many=True))
    def get_combinations(self, found: Combinations) -> Any:
        length = self.context.get("length")
        rows = found.result.get("combinations", [])
        return [row for row in rows if length is None or len(row["columns"]) == length]


class LengthSerializer(serializers.Serializer[Any]):
    """Of how many columns."""

    columns = serializers.IntegerField(min_value=1, max_value=LONGEST, required=False)


def combinations_of(scan: Any) -> Combinations | None:
    """What a scan has of them."""
    found: Combinations | None = Combinations.objects.filter(scan=scan).select_related("job").first()
    return found


class CombinationsOfScan(Resource):
    """The requests below the address of a scan."""

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "columns",
                OpenApiTypes.INT,
                description="Only combinations of so many columns, 1 to 4.",
                enum=[1, 2, 3, 4],
            )
        ],
        responses=CombinationsSerializer,
        filters=False,
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def combinations(self, request: Request, *_: Any, **__: Any) -> Response:
        """How far 2 to 4 quasi-identifiers together single persons out. 404 where nothing was ever counted."""
        found = combinations_of(self.get_object())
        asked = LengthSerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        if found is None:
            raise Http404
        context = {**self.get_serializer_context(), "length": asked.validated_data.get("columns")}
        return Response(CombinationsSerializer(found, context=context).data)

    @extend_schema(request=None, responses={202: CombinationsSerializer}, filters=False)
    @combinations.mapping.post
    def count_combinations(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Count them, by person and on all rows. After a complete scan of every row it is done once by itself."""
        found = request_combinations(actor=self.actor, scan=self.get_object())
        return self.answer(found, CombinationsSerializer, code=status.HTTP_202_ACCEPTED)
