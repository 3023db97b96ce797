"""Reading the ledger and the jobs."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema

from catalog.api.filters import JobFilter, LedgerFilter
from catalog.api.resources import Listing, Resource
from catalog.api.serializers.records import JobSerializer, LedgerEntrySerializer
from catalog.jobs.models import Job
from catalog.ledger.models import LedgerEntry


@extend_schema(tags=["ledger"])
class Ledger(Resource):
    queryset = LedgerEntry.objects.select_related("actor", "organization", "counterpart")
    serializer_class = LedgerEntrySerializer
    filterset_class = LedgerFilter

    def list(self, _request: Any, *_: Any, **__: Any) -> Any:
        """What happened, newest first: auditors see their branch, everybody what they did themselves."""
        return self.page(self.filter_queryset(self.get_queryset()))


@extend_schema(tags=["jobs"])
class Jobs(Listing):
    queryset = Job.objects.all()
    serializer_class = JobSerializer
    filterset_class = JobFilter
    lookup_value_regex = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"

    def visible(self) -> Any:
        return Job.objects.filter(requested_by=self.actor).order_by("-created_at", "pk")
