"""Own rules over HTTP: the same document as in a file, the same service as the pages."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.filtering import ChoiceFilter, CodeFilter, FilterSet
from catalog.api.resources import Listing, VisibleField
from catalog.api.serializers.people import PersonSerializer
from catalog.api.serializers.records import JobErrorSerializer, ProgressSerializer, error_of, progress_of
from catalog.api.visibility import visible_distributions
from catalog.datasets.models import Distribution
from catalog.jobs.models import JobState
from privacy.detection.check_systems import CHECK_SYSTEMS
from privacy.detection.own_rules import MOST_EXPRESSIONS, NAME_KINDS
from privacy.detection.rules import GRADES, PIPL_CATEGORIES
from privacy.models import FieldRole, OwnRule, OwnRuleState, OwnRuleTrial
from privacy.services.own_rule_trials import try_on_table
from privacy.services.own_rules import (
    export_own_rules,
    import_own_rules,
    switch_off,
    switch_on,
    try_on_values,
    write_own_rule,
)
from privacy.services.rules import is_displaced


class ExpressionSerializer(serializers.Serializer[Any]):
    """A regular expression that runs in linear time. `inside`: a value may stand within a longer code."""

    name = serializers.CharField(required=False)
    regex = serializers.CharField()
    score = serializers.FloatField(required=False)
    inside = serializers.BooleanField(required=False)


class OwnRuleDocumentSerializer(serializers.Serializer[Any]):
    """What a rule says, as in a file of own rules. What is wrong with it the service tells, by field."""

    type = serializers.CharField(help_text="Capital letters, digits, underscores; no type of the shipped pack.")
    zh = serializers.CharField()
    en = serializers.CharField()
    role = serializers.ChoiceField(choices=FieldRole.choices)
    pipl = serializers.ChoiceField(choices=[(code, code) for code in PIPL_CATEGORIES])
    grade = serializers.ChoiceField(choices=[(code, code) for code in GRADES])
    strength = serializers.FloatField(required=False)
    unproven = serializers.FloatField(required=False)
    format = serializers.CharField(required=False, allow_blank=True)
    source = serializers.DictField(  # type: ignore[assignment]  # a field of the document; the base has an attribute so called
        required=False, help_text="title, title_en, article, article_en"
    )
    names = serializers.DictField(
        required=False, child=serializers.ListField(child=serializers.CharField()), help_text=", ".join(NAME_KINDS)
    )
    expressions = ExpressionSerializer(many=True, required=False, help_text=f"{MOST_EXPRESSIONS} at most")
    checksum = serializers.ChoiceField(choices=["", *CHECK_SYSTEMS], required=False)
    words = serializers.ListField(child=serializers.CharField(), required=False, help_text="Whole cells.")
    shortest = serializers.IntegerField(required=False)
    longest = serializers.IntegerField(required=False)


class OwnRuleSummarySerializer(serializers.ModelSerializer[OwnRule]):
    """A rule without what it says."""

    tried = serializers.BooleanField(source="is_tried", read_only=True, help_text="Whether this version was tried.")
    displaced = serializers.SerializerMethodField(
        help_text="Whether a shipped rule has its type: no scan runs it then."
    )
    changed_by = PersonSerializer(read_only=True)

    def get_displaced(self, rule: OwnRule) -> bool:
        return is_displaced(rule)

    class Meta:
        model = OwnRule
        fields: tuple[str, ...] = (
            "id",
            "entity_type",
            "state",
            "version",
            "digest",
            "tried",
            "displaced",
            "changed_by",
            "changed_at",
        )
        read_only_fields = fields


class OwnRuleSerializer(OwnRuleSummarySerializer):
    """A rule with its document, and the counts of the last trial."""

    document = OwnRuleDocumentSerializer(read_only=True)
    trial = serializers.DictField(read_only=True)

    class Meta(OwnRuleSummarySerializer.Meta):
        fields = (*OwnRuleSummarySerializer.Meta.fields, "trial", "document")
        read_only_fields = fields


class OwnRuleBodySerializer(serializers.Serializer[Any]):
    document = serializers.JSONField(help_text="What the rule says: see OwnRuleDocument.")
    version = serializers.IntegerField(required=False, help_text="The version that was read: another is a 409.")

    def validate_document(self, document: Any) -> dict[str, Any]:
        if not isinstance(document, dict):
            raise serializers.ValidationError(code="invalid")
        return document


class OwnRuleVersionSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField(required=False, help_text="The version that was read: another is a 409.")


class TryValuesBodySerializer(serializers.Serializer[Any]):
    values = serializers.CharField(help_text="One a line. Nothing of them is kept.", trim_whitespace=False)
    column = serializers.CharField(required=False, allow_blank=True, max_length=100, default="")


class TriedValueSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    found = serializers.BooleanField()
    whole = serializers.BooleanField(help_text="Whether the value is nothing else.")
    checksum = serializers.BooleanField(allow_null=True, help_text="Whether it holds; null where there is none.")
    example = serializers.CharField(help_text="What was found, masked.")


class ValuesTrialSerializer(serializers.Serializer[Any]):
    """What the rule makes of each value, and what a column of them would be taken for."""

    values = TriedValueSerializer(many=True)
    entity_type = serializers.CharField(allow_null=True)
    likelihood = serializers.CharField()
    score = serializers.FloatField()


class TryTableBodySerializer(serializers.Serializer[Any]):
    distribution = VisibleField(Distribution, visible_distributions)


class OwnRuleTrialSerializer(serializers.ModelSerializer[OwnRuleTrial]):
    """A rule tried on a sample of a table: what scans would find with it that they do not find now. Examples are masked."""

    state = serializers.ChoiceField(choices=JobState.choices, source="job.state", read_only=True)
    progress = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    result = serializers.DictField(read_only=True)
    requested_by = PersonSerializer(read_only=True)

    class Meta:
        model = OwnRuleTrial
        fields = (
            "id",
            "rule",
            "version",
            "distribution",
            "state",
            "progress",
            "error",
            "result",
            "requested_by",
            "requested_at",
        )
        read_only_fields = fields

    @extend_schema_field(ProgressSerializer)
    def get_progress(self, trial: OwnRuleTrial) -> dict[str, Any]:
        return progress_of(trial.job)

    @extend_schema_field(JobErrorSerializer(allow_null=True))
    def get_error(self, trial: OwnRuleTrial) -> dict[str, str] | None:
        return error_of(trial.job)


class FileBodySerializer(serializers.Serializer[Any]):
    toml = serializers.CharField(trim_whitespace=False, help_text="A file of rules, as the export gives it.")


class ImportedSerializer(serializers.Serializer[Any]):
    """What came of a file, by type."""

    written = serializers.ListField(child=serializers.CharField())
    changed = serializers.ListField(child=serializers.CharField())
    unchanged = serializers.ListField(child=serializers.CharField())


class OwnRuleFilter(FilterSet):  # type: ignore[misc]  # the library is untyped
    q = CodeFilter(field_name="entity_type", lookup_expr="icontains")
    state = ChoiceFilter(choices=OwnRuleState.choices)


@extend_schema(tags=["own rules"])
class OwnRules(Listing):
    queryset = OwnRule.objects.select_related("changed_by")
    serializer_class = OwnRuleSummarySerializer
    detail_class = OwnRuleSerializer
    filterset_class = OwnRuleFilter

    def visible(self) -> Any:
        rows = super().visible()
        return rows.defer("document") if self.action == "list" else rows

    @extend_schema(request=OwnRuleBodySerializer, responses={201: OwnRuleSerializer})
    def create(self, _request: Request) -> Response:
        """Write a rule. It runs once it was tried and switched on."""
        body = self.body(OwnRuleBodySerializer)
        rule = write_own_rule(actor=self.actor, document=body["document"])
        return self.answer(rule, code=status.HTTP_201_CREATED)

    @extend_schema(request=OwnRuleBodySerializer, responses=OwnRuleSerializer)
    def update(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Write a new version of a rule. It runs once it was tried and switched on; until then none does."""
        rule = write_own_rule(actor=self.actor, rule=self.get_object(), **self.body(OwnRuleBodySerializer))
        return self.answer(rule)

    @extend_schema(request=TryValuesBodySerializer, responses=ValuesTrialSerializer)
    @action(detail=True, methods=["post"], url_path="try")
    def try_values(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Try a rule on values. They are looked at in memory; counts are all that is kept."""
        trial = try_on_values(actor=self.actor, rule=self.get_object(), **self.body(TryValuesBodySerializer))
        return self.answer(asdict(trial), ValuesTrialSerializer)

    @extend_schema(request=TryTableBodySerializer, responses={202: OwnRuleTrialSerializer})
    @action(detail=True, methods=["post"], url_path="try-table")
    def try_table(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Try a rule on a sample of a table. It is queued; `trials` tells how far it is."""
        trial = try_on_table(actor=self.actor, rule=self.get_object(), **self.body(TryTableBodySerializer))
        return self.answer(trial, OwnRuleTrialSerializer, status.HTTP_202_ACCEPTED)

    @extend_schema(responses=OwnRuleTrialSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"])
    def trials(self, _request: Request, *_: Any, **__: Any) -> Response:
        """The trials of a rule on tables whose findings the user reads, the newest first."""
        trials = self.get_object().trials.visible_to(self.actor).select_related("job", "requested_by")
        return self.page(trials, OwnRuleTrialSerializer)

    @extend_schema(request=OwnRuleVersionSerializer, responses=OwnRuleSerializer)
    @action(detail=True, methods=["post"])
    def on(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Have scans look for it. Only a version that was tried is switched on."""
        rule = switch_on(actor=self.actor, rule=self.get_object(), **self.body(OwnRuleVersionSerializer))
        return self.answer(rule)

    @extend_schema(request=OwnRuleVersionSerializer, responses=OwnRuleSerializer)
    @action(detail=True, methods=["post"])
    def off(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Have no scan look for it."""
        rule = switch_off(actor=self.actor, rule=self.get_object(), **self.body(OwnRuleVersionSerializer))
        return self.answer(rule)

    @extend_schema(responses={200: OpenApiResponse(OpenApiTypes.STR, "A TOML file.")}, filters=False)
    @action(detail=False, methods=["get"], pagination_class=None)
    def file(self, _request: Request, *_: Any, **__: Any) -> HttpResponse:
        """All own rules as a file."""
        return HttpResponse(export_own_rules(actor=self.actor), content_type="application/toml; charset=utf-8")

    @extend_schema(request=FileBodySerializer, responses=ImportedSerializer, filters=False)
    @file.mapping.post
    def import_file(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Take over the rules of a file, all of them or none."""
        toml = self.body(FileBodySerializer)["toml"]
        return self.answer(asdict(import_own_rules(actor=self.actor, content=toml.encode())), ImportedSerializer)
