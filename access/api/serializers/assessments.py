"""What an application came to: its assessment, decisions, order, grant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from access.models import Assessment, Decision, Grant, Order, Superseded
from access.services.reassessing import Standing, standing_of
from catalog.api.serializers.people import PersonSerializer
from catalog.api.serializers.records import JobErrorSerializer, ProgressSerializer, error_of, progress_of
from catalog.jobs.models import JobState
from privacy.risk.codes import Reassessment


class GateSerializer(serializers.Serializer[Any]):
    """What must hold before a risk is weighed at all."""

    gate = serializers.CharField()
    passed = serializers.BooleanField()
    evidence = serializers.CharField(allow_blank=True)
    problem = serializers.CharField(allow_blank=True)


# Empty for the one that counts.
SUPERSEDED = ["", *Superseded.values]


class AssessmentSerializer(serializers.ModelSerializer[Assessment]):
    """The latest assessment. `record` is the document that decisions are signed on; the other members are read out of it."""

    state = serializers.ChoiceField(source="job.state", choices=JobState.choices, read_only=True)
    progress = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    superseded_because = serializers.ChoiceField(choices=SUPERSEDED, read_only=True)
    artefact_sha256 = serializers.CharField(source="artefact.sha256", default=None, read_only=True, allow_null=True)
    gates = serializers.SerializerMethodField()
    answers = serializers.SerializerMethodField()
    overrides = serializers.SerializerMethodField(help_text="Answers that somebody raised, with the reason.")
    measured = serializers.SerializerMethodField(help_text="k, uniques and the classes of the very output.")
    risk = serializers.SerializerMethodField(help_text="R = data × environment, and what it is made of.")
    acceptance = serializers.SerializerMethodField(help_text="Each criterion, its limit and the figure.")
    matrix = serializers.SerializerMethodField(help_text="The place in the matrix, with the floors.")
    verdict = serializers.SerializerMethodField(help_text="Outcome, reasons, who signs, for how long at most.")
    would_lower = serializers.SerializerMethodField(help_text="What somebody could do to lower the grade.")
    record = serializers.SerializerMethodField()

    class Meta:
        model = Assessment
        fields = (
            "id",
            "number",
            "state",
            "progress",
            "error",
            "risk_grade",
            "artefact_sha256",
            "gates",
            "answers",
            "overrides",
            "measured",
            "risk",
            "acceptance",
            "matrix",
            "verdict",
            "would_lower",
            "record",
            "record_sha256",
            "created_at",
            "superseded_at",
            "superseded_because",
        )
        read_only_fields = fields

    @extend_schema_field(ProgressSerializer)
    def get_progress(self, assessment: Assessment) -> dict[str, Any]:
        return progress_of(assessment.job)

    @extend_schema_field(JobErrorSerializer(allow_null=True))
    def get_error(self, assessment: Assessment) -> dict[str, str] | None:
        return error_of(assessment.job)

    @extend_schema_field(GateSerializer(many=True))
    def get_gates(self, assessment: Assessment) -> Any:
        return _result(assessment, "gates") or []

    def get_answers(self, assessment: Assessment) -> dict[str, Any]:
        return dict(_input(assessment, "answers") or {})

    def get_overrides(self, assessment: Assessment) -> list[dict[str, Any]]:
        return list(_input(assessment, "overrides") or [])

    def get_measured(self, assessment: Assessment) -> dict[str, Any] | None:
        found: dict[str, Any] | None = _input(assessment, "measured")
        return found

    def get_risk(self, assessment: Assessment) -> dict[str, Any] | None:
        found: dict[str, Any] | None = _result(assessment, "risk")
        return found

    def get_acceptance(self, assessment: Assessment) -> list[dict[str, Any]]:
        return list(_result(assessment, "acceptance") or [])

    def get_matrix(self, assessment: Assessment) -> dict[str, Any] | None:
        found: dict[str, Any] | None = _result(assessment, "residual")
        return found

    def get_verdict(self, assessment: Assessment) -> dict[str, Any] | None:
        found: dict[str, Any] | None = _result(assessment, "verdict")
        return found

    def get_would_lower(self, assessment: Assessment) -> list[str]:
        return list(assessment.record.get("would_lower", []))

    def get_record(self, assessment: Assessment) -> dict[str, Any]:
        """Without what was added to it, so that its digest can be computed again."""
        return {name: part for name, part in assessment.record.items() if name != "would_lower"}


# What stands in an assessment for whoever does not see its figures (`access.policies.hidden_figures`).
NO_FIGURES: Mapping[str, Any] = {
    "risk_grade": "",
    "artefact_sha256": None,
    "measured": None,
    "risk": None,
    "acceptance": [],
    "matrix": None,
    "verdict": None,
    "would_lower": [],
    "record": {},
    "record_sha256": "",
}


def _result(assessment: Assessment, name: str) -> Any:
    return assessment.record.get("result", {}).get(name)


def _input(assessment: Assessment, name: str) -> Any:
    return assessment.record.get("inputs", {}).get(name)


class EarlierAssessmentSerializer(serializers.ModelSerializer[Assessment]):
    """An assessment that counts no more: what it came to, and why another was made."""

    state = serializers.ChoiceField(source="job.state", choices=JobState.choices, read_only=True)
    error = serializers.SerializerMethodField()
    superseded_because = serializers.ChoiceField(choices=SUPERSEDED, read_only=True)
    k_min = serializers.SerializerMethodField(help_text="The smallest class of that output.")
    risk = serializers.SerializerMethodField(help_text="R of that output.")

    class Meta:
        model = Assessment
        fields = (
            "id",
            "number",
            "state",
            "error",
            "risk_grade",
            "k_min",
            "risk",
            "record_sha256",
            "created_at",
            "superseded_at",
            "superseded_because",
        )
        read_only_fields = fields

    @extend_schema_field(JobErrorSerializer(allow_null=True))
    def get_error(self, assessment: Assessment) -> dict[str, str] | None:
        return error_of(assessment.job)

    def get_k_min(self, assessment: Assessment) -> int | None:
        found: int | None = (_input(assessment, "measured") or {}).get("k_min")
        return found

    def get_risk(self, assessment: Assessment) -> str | None:
        found: str | None = (_result(assessment, "risk") or {}).get("risk")
        return found


# The same for an earlier one.
NO_EARLIER_FIGURES: Mapping[str, Any] = {"risk_grade": "", "k_min": None, "risk": None, "record_sha256": ""}


class StandingSerializer(serializers.Serializer[Standing]):
    """Whether the assessment a grant rests on still holds."""

    due = serializers.BooleanField(source="is_due")
    reasons = serializers.ListField(
        child=serializers.ChoiceField(choices=[reason.value for reason in Reassessment]),
        help_text="Why it has to be made again; empty while it holds.",
    )
    due_on = serializers.DateField(help_text="The day by which it has to be made again in any case.")


class DecisionSerializer(serializers.ModelSerializer[Decision]):
    """What one side decided, on which bytes and which record."""

    decided_by = PersonSerializer(read_only=True)

    class Meta:
        model = Decision
        fields = (
            "id",
            "assessment",
            "side",
            "verdict",
            "reason",
            "conditions",
            "artefact_sha256",
            "record_sha256",
            "decided_by",
            "decided_at",
        )
        read_only_fields = fields


class OrderSerializer(serializers.ModelSerializer[Order]):
    confirmed_by = PersonSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Order
        fields = ("id", "amount", "currency", "bank_reference", "paid_on", "confirmed_by", "created_at")
        read_only_fields = fields


class GrantSerializer(serializers.ModelSerializer[Grant]):
    """The usage right given: to an organisation, for named people, from a day to a day."""

    recipients = PersonSerializer(many=True, read_only=True)
    in_force = serializers.BooleanField(read_only=True)
    reassessment = serializers.SerializerMethodField(help_text="Empty for a grant that is not in force.")

    class Meta:
        model = Grant
        fields = (
            "id",
            "valid_from",
            "valid_until",
            "in_force",
            "reassessment",
            "revoked_at",
            "conditions",
            "recipients",
        )
        read_only_fields = fields

    @extend_schema_field(StandingSerializer(allow_null=True))
    def get_reassessment(self, grant: Grant) -> Any:
        standing = standing_of(grant)
        return StandingSerializer(standing).data if standing else None
