"""Datasets with their distributions, fields, rights, grades and versions."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog.api.resources import VisibleField
from catalog.api.serializers.people import OrganizationReferenceSerializer, PersonSerializer
from catalog.api.serializers.sources import SourceReferenceSerializer
from catalog.api.visibility import every_organization
from catalog.datasets.drift import drift_of
from catalog.datasets.endings import EndingProposal
from catalog.datasets.items import DATA_TYPES, LENGTHS
from catalog.datasets.lineage import DatasetLink, LinkKind
from catalog.datasets.models import (
    AffectedObject,
    DataField,
    Dataset,
    DatasetVersion,
    Distribution,
    Grade,
    GradeProposal,
    Impact,
    RightKind,
    RightsAssignment,
    Source,
    SubjectKind,
)
from catalog.datasets.services import WRITTEN_FIELDS
from catalog.people.models import Organization


class DatasetReferenceSerializer(serializers.ModelSerializer[Dataset]):
    """A dataset, as other objects name it."""

    class Meta:
        model = Dataset
        fields = ("id", "code", "title", "title_en")
        read_only_fields = fields


class FieldReferenceSerializer(serializers.ModelSerializer[DataField]):
    """A field, as other objects name it."""

    class Meta:
        model = DataField
        fields = ("id", "name", "label")
        read_only_fields = fields


class DataFieldSerializer(serializers.ModelSerializer[DataField]):
    """One column (信息项). Type, role and grade come from what privacy confirmed."""

    class Meta:
        model = DataField
        fields = (
            "id",
            "position",
            "name",
            "label",
            "data_type",
            "native_type",
            "nullable",
            "entity_type",
            "role",
            "grade",
            "grade_object",
            "grade_impact",
            "grade_reason",
        )
        read_only_fields = fields


class TypeChangeSerializer(serializers.Serializer[Any]):
    """A column that has another type now."""

    name = serializers.CharField()
    was = serializers.CharField()
    now = serializers.CharField()


class ColumnReadSerializer(serializers.Serializer[Any]):
    """A column as the source has it."""

    name = serializers.CharField()
    data_type = serializers.CharField()
    native_type = serializers.CharField()


class DriftSerializer(serializers.Serializer[Any]):
    """What the source's columns are otherwise than the record's fields. `seen_at` goes with the request that takes it over."""

    seen_at = serializers.DateTimeField()
    added = ColumnReadSerializer(many=True)
    dropped = serializers.ListField(child=serializers.CharField())
    changed = TypeChangeSerializer(many=True)


class DriftBodySerializer(serializers.Serializer[Any]):
    seen_at = serializers.DateTimeField(help_text="That of the drift that was read.")


class DistributionSerializer(serializers.ModelSerializer[Distribution]):
    """A table of a source. Which source and which table is shown to those who work with that source."""

    source = serializers.SerializerMethodField()  # type: ignore[assignment]  # the API's name for it
    table = serializers.SerializerMethodField()
    subject_kind = serializers.ChoiceField(source="dataset.subject_kind", choices=SubjectKind.choices, read_only=True)
    subject_field = FieldReferenceSerializer(read_only=True, allow_null=True)
    fields_ = DataFieldSerializer(many=True, read_only=True)
    drift = serializers.SerializerMethodField(
        help_text="What the source's columns are otherwise; null where nothing is, and for who does not work with that source."
    )

    class Meta:
        model = Distribution
        fields = (
            "id",
            "dataset",
            "format",
            "rows",
            "source",
            "table",
            "subject_kind",
            "subject_field",
            "created_at",
            "drift",
            "fields_",
        )
        read_only_fields = fields

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # A serializer cannot declare a field called `fields`: the name is its own.
        found = super().get_fields()
        found["fields"] = found.pop("fields_")
        return found

    @extend_schema_field(SourceReferenceSerializer(allow_null=True))
    def get_source(self, distribution: Distribution) -> Any:
        return SourceReferenceSerializer(distribution.source).data if self._sees_source(distribution) else None

    def get_table(self, distribution: Distribution) -> str | None:
        return distribution.table if self._sees_source(distribution) else None

    @extend_schema_field(DriftSerializer(allow_null=True))
    def get_drift(self, distribution: Distribution) -> Any:
        found = drift_of(distribution) if self._sees_source(distribution) else None
        if found is None:
            return None
        parts = {"added": found.added, "dropped": found.dropped, "changed": found.changed}
        return DriftSerializer({"seen_at": distribution.drift_seen_at, **parts}).data

    def _sees_source(self, distribution: Distribution) -> bool:
        return distribution.source.organization_id in self.context["view"].working


class RightSerializer(serializers.ModelSerializer[RightsAssignment]):
    holder = OrganizationReferenceSerializer(read_only=True)
    recorded_by = PersonSerializer(read_only=True)

    class Meta:
        model = RightsAssignment
        fields = (
            "id",
            "dataset",
            "kind",
            "holder",
            "basis",
            "scope",
            "valid_from",
            "valid_to",
            "exclusive",
            "transferable",
            "sublicensable",
            "recorded_by",
            "recorded_at",
            "ended_at",
        )
        read_only_fields = fields


class EndingProposalSerializer(serializers.ModelSerializer[EndingProposal]):
    """That a right should end, which waits for its holder or was answered."""

    right = RightSerializer(read_only=True)
    proposed_by = PersonSerializer(read_only=True)
    decided_by = PersonSerializer(read_only=True, allow_null=True)

    class Meta:
        model = EndingProposal
        fields = ("id", "right", "reason", "proposed_by", "proposed_at", "decided_by", "accepted")
        read_only_fields = fields


class VersionReferenceSerializer(serializers.ModelSerializer[DatasetVersion]):
    published_by = PersonSerializer(read_only=True)

    class Meta:
        model = DatasetVersion
        fields = ("number", "published_at", "published_by", "digest")
        read_only_fields = fields


class VersionSerializer(VersionReferenceSerializer):
    """A version with what the record then said."""

    record = serializers.DictField(read_only=True, help_text="What the record said when it was published.")

    class Meta(VersionReferenceSerializer.Meta):
        fields = (*VersionReferenceSerializer.Meta.fields, "record")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]


class DatasetSummarySerializer(serializers.ModelSerializer[Dataset]):
    """A row of the catalogue."""

    provider = OrganizationReferenceSerializer(read_only=True)
    keywords = serializers.ListField(child=serializers.CharField(), read_only=True)
    grade = serializers.ChoiceField(
        source="heaviest_grade",
        choices=Grade.choices,
        read_only=True,
        allow_null=True,
        help_text="Of its gravest field.",
    )
    formats = serializers.SerializerMethodField()

    class Meta:
        model = Dataset
        fields: tuple[str, ...] = (
            "id",
            "code",
            "category",
            "title",
            "title_en",
            "abstract",
            "abstract_en",
            "theme",
            "keywords",
            "provider",
            "share_type",
            "share_mode",
            "price",
            "update_cycle",
            "open_to_public",
            "issued",
            "state",
            "grade",
            "formats",
        )
        read_only_fields = fields

    def get_formats(self, dataset: Dataset) -> list[str]:
        return sorted({distribution.format for distribution in dataset.distributions.all()})


class ItemSerializer(serializers.Serializer[Any]):
    """An information item (信息项), as it is declared before a table is attached."""

    name = serializers.CharField(max_length=LENGTHS["name"])
    field = serializers.CharField(
        max_length=LENGTHS["field"], allow_blank=True, default="", help_text="The column's own name."
    )
    data_type = serializers.ChoiceField(
        choices=[(code, code) for code in sorted(DATA_TYPES)], allow_blank=True, default=""
    )
    length = serializers.CharField(max_length=LENGTHS["length"], allow_blank=True, default="")


class LinkSerializer(serializers.ModelSerializer[DatasetLink]):
    """What a dataset is related to, or was derived from."""

    target = DatasetReferenceSerializer(read_only=True)
    recorded_by = PersonSerializer(read_only=True)

    class Meta:
        model = DatasetLink
        fields = ("id", "kind", "target", "recorded_by", "recorded_at")
        read_only_fields = fields


class LinkBodySerializer(serializers.Serializer[Any]):
    target = VisibleField(Dataset, Dataset.objects.visible_to)
    kind = serializers.ChoiceField(choices=LinkKind.choices)


class DatasetSerializer(DatasetSummarySerializer):
    """The whole record, with its tables, rights and versions."""

    grade = serializers.ChoiceField(
        choices=Grade.choices, read_only=True, allow_null=True, help_text="Of its gravest field."
    )
    created_by = PersonSerializer(read_only=True)
    submitted_by = PersonSerializer(read_only=True, allow_null=True)
    reviewed_by = PersonSerializer(read_only=True, allow_null=True)
    items = ItemSerializer(many=True, read_only=True)
    related = serializers.SerializerMethodField(help_text="Whichever of the two recorded it.")
    derived = serializers.SerializerMethodField(help_text="What was made from it.")
    links = LinkSerializer(source="visible_links", many=True, read_only=True)
    distributions = DistributionSerializer(many=True, read_only=True)
    rights = RightSerializer(source="visible_rights", many=True, read_only=True)
    versions = VersionReferenceSerializer(many=True, read_only=True)

    class Meta(DatasetSummarySerializer.Meta):
        fields = (
            *DatasetSummarySerializer.Meta.fields,
            "share_condition",
            "share_citation",
            "open_condition",
            "subject_kind",
            "revision",
            "created_by",
            "submitted_by",
            "reviewed_by",
            "note",
            "created_at",
            "changed_at",
            "items",
            "related",
            "derived",
            "links",
            "distributions",
            "rights",
            "versions",
        )
        read_only_fields = fields

    @extend_schema_field(DatasetReferenceSerializer(many=True))
    def get_related(self, dataset: Any) -> Any:
        found = [link.target for link in dataset.visible_links if link.kind == LinkKind.RELATED]
        return self._references(
            found + [link.dataset for link in dataset.visible_links_here if link.kind == LinkKind.RELATED]
        )

    @extend_schema_field(DatasetReferenceSerializer(many=True))
    def get_derived(self, dataset: Any) -> Any:
        return self._references(
            [link.dataset for link in dataset.visible_links_here if link.kind == LinkKind.DERIVED_FROM]
        )

    def _references(self, datasets: list[Dataset]) -> Any:
        return DatasetReferenceSerializer(sorted(datasets, key=lambda dataset: dataset.code), many=True).data


class DatasetBodySerializer(serializers.ModelSerializer[Dataset]):
    """A new record; with `source` (and `table`, where the source holds several) the table is attached in the same step."""

    provider = VisibleField(Organization, every_organization)
    keywords = serializers.ListField(child=serializers.CharField(max_length=40), max_length=30, required=False)
    items = ItemSerializer(many=True, required=False)
    source = VisibleField(Source, Source.objects.visible_to, required=False)  # type: ignore[assignment]  # the API's name for it
    table = serializers.CharField(max_length=255, required=False)

    class Meta:
        model = Dataset
        fields: tuple[str, ...] = (*WRITTEN_FIELDS, "provider", "source", "table")
        extra_kwargs = {"code": {"required": False, "allow_blank": True}}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "table" in attrs and "source" not in attrs:
            raise serializers.ValidationError({"source": [self.fields["provider"].error_messages["required"]]})
        return attrs


class DatasetChangeSerializer(serializers.ModelSerializer[Dataset]):
    """The fields to change. `revision` is the one that was read."""

    revision = serializers.IntegerField(min_value=1)
    keywords = serializers.ListField(child=serializers.CharField(max_length=40), max_length=30, required=False)
    items = ItemSerializer(many=True, required=False)

    class Meta:
        model = Dataset
        fields = (*WRITTEN_FIELDS, "revision")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        found = super().get_fields()
        for name, field in found.items():
            field.required = name == "revision"
        return found


class ReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=500)


class OptionalReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=500, allow_blank=True, default="")


class RightBodySerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=RightKind.choices)
    holder = VisibleField(Organization, every_organization)
    basis = serializers.CharField(max_length=500, help_text="The document on which the right rests.")
    scope = serializers.CharField(max_length=500, allow_blank=True, default="")
    valid_from = serializers.DateField()
    valid_to = serializers.DateField(allow_null=True, default=None, help_text="The last day; empty for open-ended.")
    exclusive = serializers.BooleanField(default=True)
    transferable = serializers.BooleanField(default=False)
    sublicensable = serializers.BooleanField(default=False)


class DistributionBodySerializer(serializers.Serializer[Any]):
    source = VisibleField(Source, Source.objects.visible_to)  # type: ignore[assignment]  # the API's name for it
    table = serializers.CharField(
        max_length=255, allow_null=True, default=None, help_text="Where the source holds several."
    )


@extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string"}]})
class FieldOfTableField(serializers.Field[DataField, Any, Any, Any]):
    """A field of the distribution in the context, by its id (a number) or its name (a text)."""

    default_error_messages = {"unknown": _("The table has no such field.")}

    def to_internal_value(self, data: Any) -> DataField:
        fields: list[DataField] = list(self.context["distribution"].fields.all())
        named = [field for field in fields if data == field.name or (data == field.pk and not isinstance(data, bool))]
        if not named:
            self.fail("unknown")
        return named[0]

    def to_representation(self, value: DataField) -> Any:
        return value.pk


class SubjectBodySerializer(serializers.Serializer[Any]):
    """Whom a row is about, and the field that tells one from another: its id or its name."""

    kind = serializers.ChoiceField(choices=SubjectKind.choices)
    field = FieldOfTableField(allow_null=True, default=None)


class FieldBodySerializer(serializers.Serializer[Any]):
    """What is left out stays as it is."""

    label = serializers.CharField(max_length=255, required=False, allow_blank=True)  # type: ignore[assignment]  # the API's name for it
    data_type = serializers.ChoiceField(
        choices=[(code, code) for code in sorted(DATA_TYPES)],
        required=False,
        help_text="C text, N number, Y money, D date, T date and time, L logical, M memo, G general, B double, I integer, F float",
    )


class GradeBodySerializer(serializers.Serializer[Any]):
    grade = serializers.ChoiceField(choices=Grade.choices)
    affected_object = serializers.ChoiceField(choices=AffectedObject.choices, help_text="Who or what is harmed.")
    impact = serializers.ChoiceField(choices=Impact.choices, help_text="The degree of impact.")
    reason = serializers.CharField(max_length=500)


class GradeProposalSerializer(serializers.ModelSerializer[GradeProposal]):
    """A lower grade that waits for a second person, or was decided."""

    field = FieldReferenceSerializer(read_only=True)
    dataset = serializers.IntegerField(source="field.distribution.dataset_id", read_only=True)
    proposed_by = PersonSerializer(read_only=True)
    decided_by = PersonSerializer(read_only=True, allow_null=True)

    class Meta:
        model = GradeProposal
        fields = (
            "id",
            "dataset",
            "field",
            "grade",
            "affected_object",
            "impact",
            "reason",
            "proposed_by",
            "proposed_at",
            "decided_by",
            "accepted",
        )
        read_only_fields = fields


class GradedSerializer(serializers.Serializer[Any]):
    """The field as it now is; and the proposal, where the lower grade waits for a second person."""

    field = DataFieldSerializer()
    proposal = GradeProposalSerializer(allow_null=True)
