"""The ledger's lines and the jobs, as they are shown."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog.api.errors import render_message
from catalog.api.resources import GREATEST_ID
from catalog.api.serializers.people import OrganizationReferenceSerializer, PersonSerializer
from catalog.jobs.models import Job
from catalog.ledger.models import LedgerEntry


class LedgerObjectSerializer(serializers.Serializer[Any]):
    """What an entry is about: a kind of object and its id."""

    type = serializers.CharField(source="object_type")
    id = serializers.CharField(source="object_id")


class LedgerEntrySerializer(serializers.ModelSerializer[LedgerEntry]):
    actor = PersonSerializer(read_only=True, allow_null=True, help_text="Empty where the program itself acted.")
    object = LedgerObjectSerializer(source="*", read_only=True)
    organization = OrganizationReferenceSerializer(read_only=True, allow_null=True)
    counterpart = OrganizationReferenceSerializer(read_only=True, allow_null=True)
    details = serializers.DictField(read_only=True, help_text="Ids, codes and counts; never a value.")

    class Meta:
        model = LedgerEntry
        fields = (
            "sequence",
            "occurred_at",
            "actor",
            "action",
            "object",
            "organization",
            "counterpart",
            "details",
            "previous_hash",
            "entry_hash",
        )
        read_only_fields = fields


class TimelineEntrySerializer(serializers.ModelSerializer[LedgerEntry]):
    """A line of an object's own history."""

    actor = serializers.SerializerMethodField(help_text="The person's name; empty where the program itself acted.")
    details = serializers.DictField(read_only=True)

    class Meta:
        model = LedgerEntry
        fields = ("sequence", "occurred_at", "actor", "action", "details")
        read_only_fields = fields

    def get_actor(self, entry: LedgerEntry) -> str | None:
        return str(entry.actor) if entry.actor else None


class CheckpointBodySerializer(serializers.Serializer[Any]):
    """A place in the chain that was noted earlier: both of it, or nothing."""

    sequence = serializers.IntegerField(min_value=1, max_value=GREATEST_ID, required=False)
    entry_hash = serializers.RegexField(r"^[0-9a-fA-F]{64}$", required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) == 1:
            lacking = "sequence" if "entry_hash" in attrs else "entry_hash"
            raise serializers.ValidationError({lacking: [self.fields[lacking].error_messages["required"]]})
        return {**attrs, "entry_hash": attrs["entry_hash"].lower()} if attrs else attrs


class ProgressSerializer(serializers.Serializer[Any]):
    """How far a job is, in rows unless the note says otherwise."""

    done = serializers.IntegerField()
    total = serializers.IntegerField(allow_null=True, help_text="Empty while nobody knows.")
    note = serializers.CharField(allow_blank=True)
    rows_per_second = serializers.FloatField(allow_null=True)


class JobErrorSerializer(serializers.Serializer[Any]):
    """Why a job ended without a result."""

    code = serializers.CharField()
    message = serializers.CharField()


def progress_of(job: Job) -> dict[str, Any]:
    """The progress of a job, with the speed over all of its running time."""
    rate = None
    last = job.ended_at or job.heartbeat_at
    if job.started_at is not None and last is not None and job.progress_done:
        seconds = (last - job.started_at).total_seconds()
        # A scan that goes on did not read what another had read before it.
        rows = max(0, job.progress_done - int(job.arguments.get("from_row", 0)))
        rate = round(rows / seconds, 1) if seconds > 0 else None
    return {
        "done": job.progress_done,
        "total": job.progress_total,
        "note": job.progress_note,
        "rows_per_second": rate,
    }


def error_of(job: Job) -> dict[str, str] | None:
    """The job's error in the reader's language."""
    if not job.error_code:
        return None
    return {"code": job.error_code, "message": render_message(job.error_message, job.error_params)}


class JobSerializer(serializers.ModelSerializer[Job]):
    requested_by = PersonSerializer(read_only=True, allow_null=True)
    progress = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    result = serializers.DictField(
        read_only=True,
        allow_null=True,
        help_text="What it found, where no other address shows that: the ledger's verification.",
    )

    class Meta:
        model = Job
        fields = (
            "id",
            "kind",
            "state",
            "progress",
            "error",
            "result",
            "attempts",
            "cancel_requested",
            "requested_by",
            "created_at",
            "started_at",
            "ended_at",
        )
        read_only_fields = fields

    @extend_schema_field(ProgressSerializer)
    def get_progress(self, job: Job) -> dict[str, Any]:
        return progress_of(job)

    @extend_schema_field(JobErrorSerializer(allow_null=True))
    def get_error(self, job: Job) -> dict[str, str] | None:
        return error_of(job)
