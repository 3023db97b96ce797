"""The keys of projects: how they stand, what hangs on them, what was asked. Never a key."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from access.key_models import KeyAct, KeyRequest, KeyRequestState
from access.models import Project
from access.services.project_keys import foresee
from catalog.api.serializers.people import OrganizationReferenceSerializer, PersonSerializer


class KeyUseSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    releases = serializers.IntegerField()


class ConsequencesSerializer(serializers.Serializer[Any]):
    """What renewing or destroying the key touches."""

    releases = serializers.IntegerField()
    datasets = serializers.IntegerField()
    recipients = serializers.IntegerField()
    under_way = serializers.IntegerField(help_text="Applications that hold a key change up.")
    keys = KeyUseSerializer(many=True)
    backups = serializers.ListField(child=serializers.CharField(), help_text="Where copies of the keys survive.")


class KeyRequestSerializer(serializers.ModelSerializer[KeyRequest]):
    act = serializers.ChoiceField(choices=KeyAct.choices, read_only=True)
    state = serializers.ChoiceField(choices=KeyRequestState.choices, read_only=True)
    told = ConsequencesSerializer(read_only=True)
    asked_by = PersonSerializer(read_only=True)
    decided_by = PersonSerializer(read_only=True, allow_null=True)

    class Meta:
        model = KeyRequest
        fields = (
            "id",
            "project",
            "act",
            "state",
            "reason",
            "refusal",
            "told",
            "asked_by",
            "asked_at",
            "decided_by",
            "decided_at",
        )
        read_only_fields = fields


class ProjectKeySummarySerializer(serializers.ModelSerializer[Project]):
    """A row of the list."""

    organization = OrganizationReferenceSerializer(read_only=True)
    key_number = serializers.IntegerField(source="key_domain.key_number", read_only=True)
    destroyed_at = serializers.DateTimeField(source="key_domain.destroyed_at", read_only=True, allow_null=True)

    class Meta:
        model = Project
        fields: tuple[str, ...] = ("id", "name", "organization", "key_number", "destroyed_at")
        read_only_fields = fields


class ProjectKeySerializer(ProjectKeySummarySerializer):
    consequences = serializers.SerializerMethodField()
    requests = KeyRequestSerializer(source="key_requests", many=True, read_only=True)

    class Meta(ProjectKeySummarySerializer.Meta):
        fields = (*ProjectKeySummarySerializer.Meta.fields, "consequences", "requests")
        read_only_fields = fields

    @extend_schema_field(ConsequencesSerializer)
    def get_consequences(self, project: Project) -> dict[str, Any]:
        return foresee(project).as_dict()


class KeyReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=500)


class KeyAskSerializer(KeyReasonSerializer):
    act = serializers.ChoiceField(choices=KeyAct.choices)
