"""Reading the ledger, taking lines out and verifying it; reading the jobs, and stopping one."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from django_filters.rest_framework import DjangoFilterBackend  # type: ignore[import-untyped]
from django_filters.utils import translate_validation  # type: ignore[import-untyped]
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.filters import JobFilter, LedgerFileFilter, LedgerFilter
from catalog.api.negotiation import WhateverIsAccepted
from catalog.api.resources import Listing, Resource
from catalog.api.serializers.records import CheckpointBodySerializer, JobSerializer, LedgerEntrySerializer
from catalog.jobs.models import Job
from catalog.jobs.services import cancel_job
from catalog.ledger.checking import request_verification
from catalog.ledger.models import LedgerEntry
from catalog.ledger.verification import Checkpoint
from catalog.pages.ledger_file import send_lines


@extend_schema(tags=["ledger"])
class Ledger(Resource):
    queryset = LedgerEntry.objects.select_related("actor", "organization", "counterpart")
    serializer_class = LedgerEntrySerializer
    filterset_class = LedgerFilter

    def list(self, _request: Any, *_: Any, **__: Any) -> Any:
        """What happened, newest first: auditors see their branch, everybody what they did themselves."""
        return self.page(self.filter_queryset(self.get_queryset()))

    # No HEAD: it would be recorded as lines that nobody took out.
    @extend_schema(
        operation_id="ledger_export",
        responses={(200, "text/csv"): OpenApiTypes.BINARY, (200, "application/jsonl"): OpenApiTypes.BINARY},
        filters=True,
    )
    @action(
        detail=False,
        methods=["get"],
        filterset_class=LedgerFileFilter,
        content_negotiation_class=WhateverIsAccepted,
        pagination_class=None,
        http_method_names=["get", "options"],
    )
    def export(self, request: Request) -> HttpResponseBase:
        """The lines as a file, oldest first: CSV with their sentences, or JSON Lines that verify without this program. An auditor's act,
        recorded before its first byte."""
        asked = DjangoFilterBackend().get_filterset(request, self.get_queryset(), self)
        if not asked.is_valid():
            raise translate_validation(asked.errors)
        return send_lines(self.actor, asked.query, asked.file_form)

    @extend_schema(request=CheckpointBodySerializer, responses={202: JobSerializer}, filters=False)
    @action(detail=False, methods=["post"], pagination_class=None)
    def verify(self, _request: Request) -> Response:
        """Have the whole chain read, and compared with a checkpoint that was noted. An auditor's act; the job's `result` says what it found."""
        body = self.body(CheckpointBodySerializer)
        job = request_verification(actor=self.actor, checkpoint=Checkpoint(**body) if body else None)
        return self.answer(job, JobSerializer, status.HTTP_202_ACCEPTED)


@extend_schema(tags=["jobs"])
class Jobs(Listing):
    queryset = Job.objects.all()
    serializer_class = JobSerializer
    filterset_class = JobFilter
    lookup_value_regex = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"

    def visible(self) -> Any:
        return super().visible().select_related("requested_by").order_by("-created_at", "pk")

    @extend_schema(request=None, responses={202: JobSerializer})
    @action(detail=True, methods=["post"])
    def cancel(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Ask a job to stop. A waiting one ends at once, a running one at its next step."""
        job = cancel_job(actor=self.actor, job=self.get_object())
        return self.answer(job, code=status.HTTP_202_ACCEPTED)
