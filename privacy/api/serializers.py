"""What privacy's API takes and gives. Examples are masked before they are stored; no raw value passes here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import cached_property
from drf_spectacular.types import OpenApiTypes
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
from privacy.api.combinations import CombinationsSerializer, combinations_of
from privacy.detection.comparison import Change
from privacy.detection.forms import Form
from privacy.detection.patterns import Aspect, Checksum
from privacy.masking.policy import InvalidPolicy, NullPolicy
from privacy.masking.safety import PolicyWarning
from privacy.models import FieldProtection, FieldRole, Finding, Scan, ScanInterval, ScanMode, ScanSchedule
from privacy.risk.codes import ReleaseMode
from privacy.services.checkpoints import resumable
from privacy.services.scans import LONGEST_TEXT_BUDGET
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


class TextSpentSerializer(serializers.Serializer[Any]):
    """What reading names in free text took."""

    seconds = serializers.FloatField()
    budget_seconds = serializers.FloatField(allow_null=True)
    characters = serializers.IntegerField()


class SampleTakenSerializer(serializers.Serializer[Any]):
    """The rows that quick mode judged."""

    seed = serializers.IntegerField(help_text="Draws the same rows of the same content again.")
    drawn = serializers.ChoiceField(
        choices=["all", "rows", "blocks"],
        help_text="all: the table has no more rows. rows: single rows at random. blocks: rows of blocks at random.",
    )
    rows = serializers.IntegerField()
    population = serializers.IntegerField(allow_null=True)
    exact = serializers.BooleanField(help_text="Whether the population was counted and not estimated.")
    blocks = serializers.IntegerField()


class ReadingSerializer(serializers.Serializer[Any]):
    """How the rows were read."""

    text = TextSpentSerializer(required=False)
    sample = SampleTakenSerializer(required=False)


class DifferenceSerializer(serializers.Serializer[Any]):
    """In what a column is not as it was."""

    what = serializers.ChoiceField(choices=[str(aspect) for aspect in Aspect])
    before = serializers.JSONField(
        allow_null=True, help_text="A code, a share, codes of types, or form and length of the values."
    )
    now = serializers.JSONField(allow_null=True)


class ColumnChangeSerializer(serializers.Serializer[Any]):
    """A column that is new, gone, or not as it was."""

    name = serializers.CharField()
    change = serializers.ChoiceField(choices=[str(change) for change in Change])
    before_type = serializers.CharField(allow_blank=True)
    now_type = serializers.CharField(allow_blank=True)
    differences = DifferenceSerializer(many=True)
    returned = serializers.BooleanField(help_text="Whether its finding came back for review by this scan.")


class ComparedScanSerializer(serializers.Serializer[Any]):
    """The scan before. Of a sample, and of columns it did not read wholly, less can be said."""

    scan = serializers.IntegerField()
    at = serializers.DateTimeField()
    mode = serializers.ChoiceField(choices=ScanMode.choices)
    state = serializers.ChoiceField(choices=JobState.choices)
    rows = serializers.IntegerField()
    rules_version = serializers.CharField()


class ComparisonSerializer(serializers.Serializer[Any]):
    """What is new, gone and changed since the scan before."""

    new = serializers.IntegerField()
    gone = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    rows_changed = serializers.BooleanField(help_text="By a fifth or more.")
    columns = ColumnChangeSerializer(many=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"with": ComparedScanSerializer(), **super().get_fields()}


class ScanSerializer(ScanSummarySerializer):
    """A scan with the verdict on each column."""

    columns = ScannedColumnSerializer(many=True, read_only=True)
    rules = serializers.DictField(
        child=serializers.CharField(),
        read_only=True,
        help_text="Entity type → version of its rule; in lower case what else ran: names, engine, presidio.",
    )
    reading = ReadingSerializer(read_only=True)
    kept_rows = serializers.SerializerMethodField(
        help_text="Rows after which `resume/` goes on; null where the scan cannot be gone on with."
    )
    comparison = serializers.SerializerMethodField(help_text="With the scan before; null for the first of a table.")
    combinations = serializers.SerializerMethodField(
        help_text="Of its quasi-identifiers; null where none were counted."
    )

    class Meta(ScanSummarySerializer.Meta):
        fields = (
            *ScanSummarySerializer.Meta.fields,
            "resumes",
            "kept_rows",
            "rules",
            "reading",
            "comparison",
            "columns",
            "combinations",
        )
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.INT64)
    def get_kept_rows(self, scan: Scan) -> int | None:
        kept = resumable(scan)
        return kept.rows if kept else None

    @extend_schema_field(CombinationsSerializer(allow_null=True))
    def get_combinations(self, scan: Scan) -> Any:
        found = combinations_of(scan)
        return CombinationsSerializer(found, context=self.context).data if found else None

    @extend_schema_field(ComparisonSerializer(allow_null=True))
    def get_comparison(self, scan: Scan) -> Any:
        return ComparisonSerializer(scan.comparison).data if scan.comparison else None


class ScanBodySerializer(serializers.Serializer[Any]):
    distribution = VisibleField(Distribution, visible_distributions)
    mode = serializers.ChoiceField(choices=ScanMode.choices, default=ScanMode.FULL)
    text_budget_seconds = serializers.IntegerField(
        min_value=1,
        max_value=LONGEST_TEXT_BUDGET,
        required=False,
        help_text="Seconds for reading names in free text. Left out: what the operator has set.",
    )


class ScheduleSerializer(serializers.ModelSerializer[ScanSchedule]):
    """When a table is scanned again by itself."""

    dataset = DatasetReferenceSerializer(source="distribution.dataset", read_only=True)
    set_by = PersonSerializer(read_only=True)
    stopped_because = serializers.CharField(
        read_only=True, help_text="Why it does not run any more; empty where it does."
    )

    class Meta:
        model = ScanSchedule
        fields = ("id", "distribution", "dataset", "every", "next_at", "set_by", "set_at", "stopped_because")
        read_only_fields = fields


class ScheduleChangeSerializer(serializers.Serializer[Any]):
    every = serializers.ChoiceField(choices=ScanInterval.choices)


class ScheduleBodySerializer(ScheduleChangeSerializer):
    distribution = VisibleField(Distribution, visible_distributions)


class PendingSerializer(serializers.Serializer[Any]):
    """A decision that waits for a second person to say the same."""

    state = serializers.CharField(source="pending_state")
    entity_type = serializers.CharField(source="pending_type")
    role = serializers.CharField(source="pending_role")
    reason = serializers.CharField(source="pending_reason")
    by = PersonSerializer(source="pending_by")


class PatternSerializer(serializers.Serializer[Any]):
    """How the values look. A decision holds for this type, role and look, and for nothing else."""

    type = serializers.CharField(allow_blank=True)
    role = serializers.ChoiceField(choices=FieldRole.choices)
    checksum = serializers.ChoiceField(choices=[str(standing) for standing in Checksum])
    share = serializers.FloatField(help_text="Of the values that are of the type.")
    form = serializers.DictField(
        child=serializers.FloatField(), help_text="Shares: " + ", ".join(Form) + ". Empty: not known."
    )
    length = serializers.ListField(
        child=serializers.IntegerField(), help_text="A tenth, half and nine tenths of the values are no longer."
    )
    rule = serializers.CharField(help_text="The version of the rule that found it. Another version asks nobody again.")


class FindingSerializer(serializers.ModelSerializer[Finding]):
    field = FieldReferenceSerializer(read_only=True)
    decided_by = PersonSerializer(read_only=True, allow_null=True)
    counts = serializers.DictField(child=serializers.IntegerField(), read_only=True)
    evidence = serializers.DictField(read_only=True)
    other_types = serializers.ListField(child=serializers.DictField(), read_only=True)
    pending = serializers.SerializerMethodField(help_text="The decision that waits for a second person.")
    pattern = serializers.SerializerMethodField()
    returned = DifferenceSerializer(
        many=True, read_only=True, help_text="Why it came back for review after it was decided; empty where it did not."
    )

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
            "pattern",
            "returned",
        )
        read_only_fields = fields

    @extend_schema_field(PatternSerializer(allow_null=True))
    def get_pattern(self, finding: Finding) -> Any:
        return PatternSerializer(finding.pattern).data if finding.pattern else None

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
        max_length=20, help_text="keep, drop, null, constant, partial_mask, token, encrypt, generalise …"
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


class ProposalBodySerializer(ProposeBodySerializer):
    mode = serializers.ChoiceField(
        choices=[mode.value for mode in ReleaseMode],
        required=False,
        help_text="How the data leave; left out: controlled.",
    )
    replace = serializers.BooleanField(
        required=False,
        help_text="Write over the rules that say otherwise, too; left out: fields that have a rule keep it.",
    )


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
