"""Sources and what is in them. Credentials go in and never come out."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from catalog.api.resources import VisibleField
from catalog.api.serializers.people import OrganizationReferenceSerializer, PersonSerializer
from catalog.api.visibility import every_organization
from catalog.datasets.models import Source, SourceKind
from catalog.people.models import Organization

PLACED_KINDS = [(kind.value, kind.label) for kind in (SourceKind.FILE, SourceKind.DATABASE)]


class SourceReferenceSerializer(serializers.ModelSerializer[Source]):
    """A source, as a distribution names it to those who may see it."""

    class Meta:
        model = Source
        fields = ("id", "name", "kind")
        read_only_fields = fields


class SourceSerializer(serializers.ModelSerializer[Source]):
    organization = OrganizationReferenceSerializer(read_only=True)
    created_by = PersonSerializer(read_only=True)

    class Meta:
        model = Source
        fields = (
            "id",
            "name",
            "organization",
            "kind",
            "file_name",
            "size",
            "root",
            "path",
            "host",
            "schema",
            "created_by",
            "created_at",
            "retired_at",
        )
        read_only_fields = fields


class _NamedSourceSerializer(serializers.Serializer[Any]):
    organization = VisibleField(Organization, every_organization)
    name = serializers.CharField(
        max_length=80, allow_blank=True, default="", help_text="Left out, it is made of the file or host."
    )


class UploadBodySerializer(_NamedSourceSerializer):
    """`multipart/form-data`."""

    file = serializers.FileField(help_text="CSV, TSV, XLSX, Parquet, JSON Lines or SQLite.")


class PlacedSourceBodySerializer(_NamedSourceSerializer):
    """A file below a root, or a database on a host, that the operator has configured."""

    kind = serializers.ChoiceField(choices=PLACED_KINDS)
    root = serializers.CharField(  # type: ignore[assignment]  # the API's name for it
        max_length=60, required=False, help_text="file: the operator's name of the folder"
    )
    path = serializers.CharField(max_length=500, required=False, help_text="file: the path below it")
    host = serializers.CharField(max_length=60, required=False, help_text="database: the operator's name of the server")
    user = serializers.CharField(max_length=200, required=False, help_text="database: the account to read with")
    password = serializers.CharField(
        max_length=200, required=False, allow_blank=True, trim_whitespace=False, write_only=True, help_text="sealed"
    )
    schema = serializers.CharField(max_length=63, required=False, allow_blank=True, help_text="database: PostgreSQL's")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        needed = ("root", "path") if attrs["kind"] == SourceKind.FILE else ("host", "user", "password")
        missing = [name for name in needed if name not in attrs]
        if missing:
            required = self.fields["name"].error_messages["required"]
            raise serializers.ValidationError({name: [required] for name in missing})
        return attrs


class TableSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    comment = serializers.CharField(allow_blank=True)
    row_estimate = serializers.IntegerField(allow_null=True)
