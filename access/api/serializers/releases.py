"""Releases: what was published, to whom, until when."""

from __future__ import annotations

from typing import Any

from django.utils.functional import cached_property
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from access.api.serializers.assessments import StandingSerializer
from access.models import Release
from access.services.reassessing import Standing, standings_of
from catalog.api.serializers.datasets import DatasetReferenceSerializer
from catalog.api.serializers.people import OrganizationReferenceSerializer, PersonSerializer


class ReleaseSummarySerializer(serializers.ModelSerializer[Release]):
    """A row of the list."""

    application = serializers.IntegerField(source="grant.application_id", read_only=True)
    dataset = DatasetReferenceSerializer(source="grant.application.distribution.dataset", read_only=True)
    organization = OrganizationReferenceSerializer(source="grant.organization", read_only=True)
    format = serializers.CharField(source="artefact.format", read_only=True)
    rows = serializers.IntegerField(source="artefact.rows", read_only=True)
    size = serializers.IntegerField(source="artefact.size", read_only=True, help_text="Bytes.")
    sha256 = serializers.CharField(source="artefact.sha256", read_only=True)
    valid_from = serializers.DateField(source="grant.valid_from", read_only=True)
    valid_until = serializers.DateField(source="grant.valid_until", read_only=True)
    in_force = serializers.BooleanField(source="grant.in_force", read_only=True)
    reassessment = serializers.SerializerMethodField(
        help_text="Whether the assessment still holds; empty for a grant that is not in force."
    )
    downloads = serializers.IntegerField(source="download_count", read_only=True)

    class Meta:
        model = Release
        fields: tuple[str, ...] = (
            "id",
            "application",
            "dataset",
            "organization",
            "format",
            "rows",
            "size",
            "sha256",
            "released_at",
            "valid_from",
            "valid_until",
            "in_force",
            "reassessment",
            "downloads",
        )
        read_only_fields = fields

    @cached_property
    def _standings(self) -> dict[int, Standing]:
        """Of every release that is shown, asked for once."""
        shown: Any = self.parent.instance if isinstance(self.parent, serializers.ListSerializer) else [self.instance]
        return standings_of(release.grant for release in shown)

    @extend_schema_field(StandingSerializer(allow_null=True))
    def get_reassessment(self, release: Release) -> Any:
        standing = self._standings.get(release.grant_id)
        return StandingSerializer(standing).data if standing else None


class ReleaseSerializer(ReleaseSummarySerializer):
    """A release with its recipients and its manifest."""

    conditions = serializers.CharField(source="grant.conditions", read_only=True)
    recipients = PersonSerializer(source="grant.recipients", many=True, read_only=True)
    manifest = serializers.DictField(
        source="artefact.manifest", read_only=True, help_text="Columns and operators; no key."
    )

    class Meta(ReleaseSummarySerializer.Meta):
        fields = (*ReleaseSummarySerializer.Meta.fields, "conditions", "recipients", "manifest")
        read_only_fields = fields
