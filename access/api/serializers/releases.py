"""Releases: what was published, to whom, until when."""

from __future__ import annotations

from rest_framework import serializers

from access.models import Release
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
            "downloads",
        )
        read_only_fields = fields


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
