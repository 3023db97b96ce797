"""Requests to turn pseudonyms back. Pseudonyms go in and values come out once; a request never shows either."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from access.models import Release
from access.reidentification_models import Reidentification, ReidentificationState
from catalog.api.resources import VisibleField
from catalog.api.serializers.people import PersonSerializer


class ReidentificationSerializer(serializers.ModelSerializer[Reidentification]):
    state = serializers.ChoiceField(choices=ReidentificationState.choices, read_only=True)
    asked_by = PersonSerializer(read_only=True)
    decided_by = PersonSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Reidentification
        fields = (
            "id",
            "release",
            "field",
            "count",
            "restored",
            "reason",
            "refusal",
            "state",
            "asked_by",
            "asked_at",
            "expires_at",
            "decided_by",
            "decided_at",
            "shown_at",
        )
        read_only_fields = fields


class ReidentificationBodySerializer(serializers.Serializer[Any]):
    release = VisibleField(Release, Release.objects.visible_to)
    field = serializers.CharField(max_length=255)
    values = serializers.ListField(child=serializers.CharField(max_length=2000))
    reason = serializers.CharField(max_length=500)


class RefusalBodySerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=500)


class RestoredSerializer(serializers.Serializer[Any]):
    pseudonym = serializers.CharField()
    value = serializers.CharField(allow_null=True)


class ShownSerializer(serializers.Serializer[Any]):
    """The one showing."""

    request = ReidentificationSerializer()
    values = RestoredSerializer(many=True)
