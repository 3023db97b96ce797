"""A table's whole protection over HTTP: its versions, what differs between two, restoring one, and the policy as a file."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.resources import Resource, VisibleField
from catalog.api.serializers.people import PersonSerializer
from catalog.api.visibility import visible_distributions
from catalog.datasets.models import Distribution
from catalog.people.policies import require
from privacy.masking.policy import FieldRule
from privacy.masking.policy_document import RuleChange
from privacy.models import ProtectionVersion
from privacy.services.policy_files import changes_of, import_policy, policy_file, restore_protection_version
from privacy.services.protection_history import versions_of

_GREATEST = (1 << 31) - 1


class VersionedBodySerializer(serializers.Serializer[Any]):
    distribution = VisibleField(Distribution, visible_distributions)
    version = serializers.IntegerField(min_value=1, max_value=_GREATEST)


class TableQuerySerializer(serializers.Serializer[Any]):
    distribution = VisibleField(Distribution, visible_distributions)


class FileQuerySerializer(VersionedBodySerializer):
    version = serializers.IntegerField(min_value=1, max_value=_GREATEST, required=False)


class ChangesQuerySerializer(TableQuerySerializer):
    before = serializers.IntegerField(min_value=1, max_value=_GREATEST)
    after = serializers.IntegerField(min_value=1, max_value=_GREATEST, required=False)


class PolicyBodySerializer(serializers.Serializer[Any]):
    distribution = VisibleField(Distribution, visible_distributions)
    toml = serializers.CharField(
        trim_whitespace=False,
        help_text="A policy file, as GET protections/toml/ gives it and `protect --policy` reads it.",
    )


class ProtectionVersionSerializer(serializers.ModelSerializer[ProtectionVersion]):
    """The rules as one act left them."""

    fields_with_a_rule = serializers.SerializerMethodField()
    changed_by = PersonSerializer(read_only=True)

    class Meta:
        model = ProtectionVersion
        fields = ("version", "digest", "fields_with_a_rule", "document", "changed_by", "changed_at")
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.INT)
    def get_fields_with_a_rule(self, version: ProtectionVersion) -> int:
        return len(version.document["fields"])


class ChangeSerializer(serializers.Serializer[Any]):
    """A field whose rule differs; null where there is no rule for it, so that it is dropped."""

    field = serializers.CharField(read_only=True)
    before = serializers.SerializerMethodField()
    after = serializers.SerializerMethodField()

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_before(self, change: RuleChange) -> dict[str, object] | None:
        return _told(change.before)

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_after(self, change: RuleChange) -> dict[str, object] | None:
        return _told(change.after)


def _told(rule: FieldRule | None) -> dict[str, object] | None:
    return rule.to_dict() if rule else None


class ReplacedSerializer(serializers.Serializer[Any]):
    """The version now, and the fields whose rules have changed; none where the rules said the same already."""

    version = serializers.IntegerField()
    changed = serializers.ListField(child=serializers.CharField())


_TABLE = OpenApiParameter("distribution", OpenApiTypes.INT, required=True, description="The table's id.")


class WholePolicies(Resource):
    """The part of `protections/` that is about a table's whole policy."""

    def _asked(self, kind: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """What the address says, checked; whoever may not read the findings of the table may not read its rules."""
        asked = kind(data=self.request.query_params.dict(), context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        found: dict[str, Any] = asked.validated_data
        require(self.actor, "finding.read", found["distribution"].dataset)
        return found

    @extend_schema(parameters=[_TABLE], responses=ProtectionVersionSerializer(many=True), filters=False)
    @action(detail=False, methods=["get"])
    def versions(self, _request: Request, *_: Any, **__: Any) -> Response:
        """The kept versions of a table's rules, the newest first."""
        distribution = self._asked(TableQuerySerializer)["distribution"]
        return self.page(versions_of(distribution), ProtectionVersionSerializer)

    @extend_schema(
        parameters=[
            _TABLE,
            OpenApiParameter("before", OpenApiTypes.INT, required=True, description="A version."),
            OpenApiParameter("after", OpenApiTypes.INT, description="Another; left out: the rules as they stand."),
        ],
        responses=ChangeSerializer(many=True),
        filters=False,
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def changes(self, _request: Request, *_: Any, **__: Any) -> Response:
        """The fields whose rules differ between two versions, or between one and the rules as they stand."""
        changes = changes_of(actor=self.actor, **self._asked(ChangesQuerySerializer))
        return self.answer(changes, ChangeSerializer, many=True)

    @extend_schema(request=VersionedBodySerializer, responses=ReplacedSerializer, filters=False)
    @action(detail=False, methods=["post"], pagination_class=None)
    def restore(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Write the rules of an earlier version again, as a new one: all of them, or none."""
        replaced = restore_protection_version(actor=self.actor, **self.body(VersionedBodySerializer))
        return self.answer(asdict(replaced), ReplacedSerializer)

    @extend_schema(
        parameters=[
            _TABLE,
            OpenApiParameter("version", OpenApiTypes.INT, description="Left out: the rules as they stand."),
        ],
        responses={200: OpenApiResponse(OpenApiTypes.STR, "A TOML file.")},
        filters=False,
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def toml(self, _request: Request, *_: Any, **__: Any) -> HttpResponse:
        """The rules as a policy file."""
        text = policy_file(actor=self.actor, **self._asked(FileQuerySerializer))
        return HttpResponse(text, content_type="application/toml; charset=utf-8")

    @extend_schema(request=PolicyBodySerializer, responses=ReplacedSerializer, filters=False)
    @toml.mapping.post
    def import_toml(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Take over a policy file in the place of all rules: all of it, or nothing. A field it does not name follows its `default`."""
        body = self.body(PolicyBodySerializer)
        content = body["toml"].encode()
        replaced = import_policy(actor=self.actor, distribution=body["distribution"], content=content)
        return self.answer(asdict(replaced), ReplacedSerializer)
