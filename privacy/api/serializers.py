"""What privacy's API takes and gives. Examples are masked before they are stored; no raw value passes here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import cached_property
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog.api.errors import render_message
from catalog.api.resources import VisibleField
from catalog.api.serializers.datasets import DatasetReferenceSerializer, FieldReferenceSerializer
from catalog.api.serializers.people import PersonSerializer
from catalog.api.serializers.records import JobErrorSerializer, ProgressSerializer, error_of, progress_of
from catalog.api.visibility import visible_distributions, visible_fields
from catalog.datasets.models import DataField, Distribution
from catalog.jobs.models import Job, JobState
from privacy.masking.policy import InvalidPolicy, NullPolicy
from privacy.masking.safety import PolicyWarning
from privacy.models import FieldProtection, FieldRole, Finding, Scan, ScanMode
from privacy.services.warnings import warnings_of


class ReasonOfScanSerializer(serializers.Serializer[Any]):
    """Why a scan is not complete, or what else has to be said of it."""

    code = serializers.CharField()
    column = serializers.CharField(allow_null=True)
    message = serializers.CharField()


class ScannedColumnSerializer(serializers.Serializer[Any]):
    """The verdict on one column. Evidence is masked."""

    name = serializers.CharField()
    entity_type = serializers.CharField(allow_null=True)
    role = serializers.ChoiceField(choices=FieldRole.choices)
    likelihood = serializers.CharField()
    score = serializers.FloatField()
    counts = serializers.DictField(child=serializers.IntegerField())
    evidence = serializers.DictField()
    other_types = serializers.ListField(child=serializers.DictField())
    checksum_proven = serializers.BooleanField()


class ScanSummarySerializer(serializers.ModelSerializer[Scan]):
    """A scan without its columns."""

    state = serializers.ChoiceField(choices=JobState.choices, read_only=True)
    dataset = DatasetReferenceSerializer(source="distribution.dataset", read_only=True)
    requested_by = PersonSerializer(read_only=True)
    progress = serializers.SerializerMethodField()
    reasons = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()

    class Meta:
        model = Scan
        fields: tuple[str, ...] = (
            "id",
            "distribution",
            "dataset",
            "mode",
            "state",
            "progress",
            "rows",
            "reasons",
            "error",
            "rules_version",
            "requested_by",
            "requested_at",
        )
        read_only_fields = fields

    @extend_schema_field(ProgressSerializer)
    def get_progress(self, scan: Scan) -> dict[str, Any]:
        return progress_of(scan.job)

    @extend_schema_field(ReasonOfScanSerializer(many=True))
    def get_reasons(self, scan: Scan) -> list[dict[str, Any]]:
        return [_told(reason) for reason in scan.reasons]

    @extend_schema_field(JobErrorSerializer(allow_null=True))
    def get_error(self, scan: Scan) -> dict[str, str] | None:
        return error_of(scan.job)


def _told(reason: Mapping[str, Any]) -> dict[str, Any]:
    """A stored reason in the reader's language."""
    params = dict(reason.get("params") or {})
    return {
        "code": reason["code"],
        "column": params.get("column"),
        "message": render_message(str(reason["message"]), params),
    }


class ScanSerializer(ScanSummarySerializer):
    """A scan with the verdict on each column."""

    columns = ScannedColumnSerializer(many=True, read_only=True)

    class Meta(ScanSummarySerializer.Meta):
        fields = (*ScanSummarySerializer.Meta.fields, "columns")
        read_only_fields = fields


class ScanBodySerializer(serializers.Serializer[Any]):
    distribution = VisibleField(Distribution, visible_distributions)
    mode = serializers.ChoiceField(choices=ScanMode.choices, default=ScanMode.FULL)


class PendingSerializer(serializers.Serializer[Any]):
    """A decision that waits for a second person to say the same."""

    state = serializers.CharField(source="pending_state")
    entity_type = serializers.CharField(source="pending_type")
    role = serializers.CharField(source="pending_role")
    reason = serializers.CharField(source="pending_reason")
    by = PersonSerializer(source="pending_by")


class FindingSerializer(serializers.ModelSerializer[Finding]):
    field = FieldReferenceSerializer(read_only=True)
    decided_by = PersonSerializer(read_only=True, allow_null=True)
    counts = serializers.DictField(child=serializers.IntegerField(), read_only=True)
    evidence = serializers.DictField(read_only=True)
    other_types = serializers.ListField(child=serializers.DictField(), read_only=True)
    pending = serializers.SerializerMethodField(help_text="The decision that waits for a second person.")

    class Meta:
        model = Finding
        fields = (
            "id",
            "distribution",
            "field",
            "scan",
            "entity_type",
            "role",
            "likelihood",
            "score",
            "counts",
            "evidence",
            "other_types",
            "checksum_proven",
            "found_type",
            "found_role",
            "state",
            "reason",
            "decided_by",
            "decided_at",
            "pending",
        )
        read_only_fields = fields

    @extend_schema_field(PendingSerializer(allow_null=True))
    def get_pending(self, finding: Finding) -> Any:
        return PendingSerializer(finding).data if finding.pending_state else None


class VerdictBodySerializer(serializers.Serializer[Any]):
    """What a field really is."""

    entity_type = serializers.CharField(max_length=40, allow_blank=True)
    role = serializers.ChoiceField(choices=FieldRole.choices)
    reason = serializers.CharField(max_length=500)


class FindingBodySerializer(VerdictBodySerializer):
    field = VisibleField(DataField, visible_fields)


class WarningSerializer(serializers.Serializer[Any]):
    """Something an officer should know of a rule."""

    code = serializers.CharField()
    message = serializers.CharField()


class ProtectionSerializer(serializers.ModelSerializer[FieldProtection]):
    """The rule of one field. A field without a rule is dropped."""

    warnings = serializers.SerializerMethodField(help_text="What an officer should know of this rule.")
    field = FieldReferenceSerializer(read_only=True)
    entity_type = serializers.CharField(source="field.entity_type", read_only=True)
    role = serializers.ChoiceField(source="field.role", choices=FieldRole.choices, read_only=True)
    parameters = serializers.DictField(read_only=True)
    policy_version = serializers.IntegerField(source="policy.version", read_only=True)
    changed_by = PersonSerializer(read_only=True)

    class Meta:
        model = FieldProtection
        fields = (
            "id",
            "distribution",
            "field",
            "entity_type",
            "role",
            "operator",
            "parameters",
            "invalid",
            "null",
            "warnings",
            "policy_version",
            "changed_by",
            "changed_at",
        )
        read_only_fields = fields

    @cached_property
    def _warnings(self) -> dict[int, list[PolicyWarning]]:
        """Of every rule that is shown, asked for once."""
        shown: Any = self.parent.instance if isinstance(self.parent, serializers.ListSerializer) else [self.instance]
        return warnings_of(shown)

    @extend_schema_field(WarningSerializer(many=True))
    def get_warnings(self, protection: FieldProtection) -> list[dict[str, str]]:
        return [
            {"code": warning.code, "message": render_message(warning.message, dict(warning.params))}
            for warning in self._warnings[protection.field_id]
        ]


class ProtectionBodySerializer(serializers.Serializer[Any]):
    operator = serializers.CharField(
        max_length=20, help_text="keep, drop, null, constant, partial_mask, token, generalise …"
    )
    parameters = serializers.DictField(required=False)
    invalid = serializers.ChoiceField(
        choices=["", *InvalidPolicy],
        required=False,
        help_text="A value without the expected form: left empty, tokenised, or protection stops. Left out: as usual for the operator.",
    )
    null = serializers.ChoiceField(
        choices=["", *NullPolicy], required=False, help_text="A missing value: stays missing, or protection stops."
    )


class PreviewBodySerializer(ProtectionBodySerializer):
    field = VisibleField(DataField, visible_fields)


class ProposeBodySerializer(serializers.Serializer[Any]):
    distribution = VisibleField(Distribution, visible_distributions)


class EffectSerializer(serializers.ModelSerializer[Job]):
    """The effect of a table's protection on the risk, as a worker measures it on all rows. The figures are there once it is complete."""

    distribution = serializers.IntegerField(source="arguments.distribution", read_only=True)
    state = serializers.ChoiceField(choices=JobState.choices, read_only=True)
    progress = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    policy_version = serializers.SerializerMethodField(help_text="The version of the rules that was measured.")
    rows = serializers.SerializerMethodField()
    before = serializers.SerializerMethodField(
        help_text="The confirmed quasi-identifiers as they are: k, uniques, classes."
    )
    after = serializers.SerializerMethodField(
        help_text="The same as the rules leave them; empty where nothing is left that could tell people apart."
    )

    class Meta:
        model = Job
        fields = (
            "id",
            "distribution",
            "state",
            "progress",
            "error",
            "policy_version",
            "rows",
            "before",
            "after",
            "created_at",
            "ended_at",
        )
        read_only_fields = fields

    @extend_schema_field(ProgressSerializer)
    def get_progress(self, job: Job) -> dict[str, Any]:
        return progress_of(job)

    @extend_schema_field(JobErrorSerializer(allow_null=True))
    def get_error(self, job: Job) -> dict[str, str] | None:
        return error_of(job)

    def get_policy_version(self, job: Job) -> int | None:
        return (job.result or {}).get("policy_version")

    def get_rows(self, job: Job) -> int | None:
        return (job.result or {}).get("rows")

    def get_before(self, job: Job) -> dict[str, Any] | None:
        return (job.result or {}).get("before")

    def get_after(self, job: Job) -> dict[str, Any] | None:
        return (job.result or {}).get("after")


class SampleSerializer(serializers.Serializer[Any]):
    """One example, masked on both sides."""

    before = serializers.CharField()
    after = serializers.CharField(allow_blank=True)
