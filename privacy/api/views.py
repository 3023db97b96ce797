"""Privacy's views: fetch from what is visible, validate, call one service, render."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.resources import ID_PATTERN, Listing
from catalog.api.serializers.datasets import ReasonSerializer
from catalog.api.visibility import visible_fields
from catalog.datasets.models import DataField
from catalog.people.policies import require
from privacy.api.combinations import CombinationsOfScan
from privacy.api.filters import FindingFilter, ProtectionFilter, ScanFilter, ScheduleFilter
from privacy.api.policies import WholePolicies
from privacy.api.serializers import (
    EffectSerializer,
    FindingBodySerializer,
    FindingSerializer,
    PreviewBodySerializer,
    ProposalBodySerializer,
    ProposeBodySerializer,
    ProtectionBodySerializer,
    ProtectionSerializer,
    SampleSerializer,
    ScanBodySerializer,
    ScanSerializer,
    ScanSummarySerializer,
    ScheduleBodySerializer,
    ScheduleChangeSerializer,
    ScheduleSerializer,
    VerdictBodySerializer,
)
from privacy.models import FieldProtection, Finding, Scan, ScanSchedule
from privacy.services.checkpoints import resume_scan
from privacy.services.effects import effects_of, request_effect
from privacy.services.findings import confirm_finding, correct_finding, declare_finding, reject_finding
from privacy.services.protections import preview_protection, propose_protections, set_protection
from privacy.services.scans import cancel_scan, request_scan
from privacy.services.schedules import end_scan_schedule, set_scan_schedule


@extend_schema(tags=["scans"])
class Scans(CombinationsOfScan, Listing):
    queryset = Scan.objects.select_related("job", "requested_by", "distribution__dataset__provider")
    serializer_class = ScanSummarySerializer
    detail_class = ScanSerializer
    filterset_class = ScanFilter

    def visible(self) -> Any:
        rows = super().visible()
        return rows.defer("columns", "comparison") if self.action == "list" else rows

    @extend_schema(request=ScanBodySerializer, responses={202: ScanSerializer})
    def create(self, _request: Request) -> Response:
        """Ask for a scan. It is queued; its address tells how far it is."""
        scan = request_scan(actor=self.actor, **self.body(ScanBodySerializer))
        return self.answer(scan, code=status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses={202: ScanSerializer})
    @action(detail=True, methods=["post"])
    def cancel(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Ask a scan to stop. A waiting one ends at once, a running one at its next step."""
        scan = cancel_scan(actor=self.actor, scan=self.get_object())
        return self.answer(scan, code=status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses={202: ScanSerializer})
    @action(detail=True, methods=["post"])
    def resume(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Go on where a scan stopped, in a new scan. A table that has changed since ends that one with the reason."""
        scan = resume_scan(actor=self.actor, scan=self.get_object())
        return self.answer(scan, code=status.HTTP_202_ACCEPTED)


@extend_schema(tags=["scan-schedules"])
class ScanSchedules(Listing):
    queryset = ScanSchedule.objects.select_related("set_by", "distribution__dataset__provider")
    serializer_class = ScheduleSerializer
    filterset_class = ScheduleFilter

    @extend_schema(request=ScheduleBodySerializer, responses={201: ScheduleSerializer})
    def create(self, _request: Request) -> Response:
        """Have a table scanned again by itself, in your name. One that stands already is replaced."""
        schedule = set_scan_schedule(actor=self.actor, **self.body(ScheduleBodySerializer))
        return self.answer(schedule, code=status.HTTP_201_CREATED)

    @extend_schema(request=ScheduleChangeSerializer, responses=ScheduleSerializer)
    def partial_update(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Change how often, from now on in your name. One that had stopped goes on."""
        distribution = self.get_object().distribution
        body = self.body(ScheduleChangeSerializer)
        return self.answer(set_scan_schedule(actor=self.actor, distribution=distribution, **body))

    @extend_schema(request=None, responses={204: None})
    def destroy(self, _request: Request, *_: Any, **__: Any) -> Response:
        """End it. A scan that has begun goes on."""
        end_scan_schedule(actor=self.actor, schedule=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["findings"])
class Findings(Listing):
    queryset = Finding.objects.select_related("field", "distribution__dataset__provider", "decided_by", "pending_by")
    serializer_class = FindingSerializer
    filterset_class = FindingFilter

    @extend_schema(request=FindingBodySerializer, responses={201: FindingSerializer})
    def create(self, _request: Request) -> Response:
        """Declare by hand what a field is in which the scanner found nothing."""
        finding = declare_finding(actor=self.actor, **self.body(FindingBodySerializer))
        return self.answer(finding, code=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=FindingSerializer)
    @action(detail=True, methods=["post"])
    def confirm(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Agree with the scanner."""
        return self.answer(confirm_finding(actor=self.actor, finding=self.get_object()))

    @extend_schema(request=VerdictBodySerializer, responses=FindingSerializer)
    @action(detail=True, methods=["post"])
    def correct(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Say what the field really is. What a checksum proves waits for a second person (`pending`)."""
        body = self.body(VerdictBodySerializer)
        return self.answer(correct_finding(actor=self.actor, finding=self.get_object(), **body))

    @extend_schema(request=ReasonSerializer, responses=FindingSerializer)
    @action(detail=True, methods=["post"])
    def reject(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Say that the field holds nothing personal. What a checksum proves waits for a second person (`pending`)."""
        body = self.body(ReasonSerializer)
        return self.answer(reject_finding(actor=self.actor, finding=self.get_object(), **body))


@extend_schema(tags=["protections"])
class Protections(WholePolicies):
    queryset = FieldProtection.objects.select_related("field", "policy", "changed_by")
    serializer_class = ProtectionSerializer
    filterset_class = ProtectionFilter
    lookup_url_kwarg = "field"
    lookup_value_regex = ID_PATTERN

    def list(self, _request: Any, *_: Any, **__: Any) -> Response:
        """The rules of a table's fields. A field that has none is dropped."""
        return self.page(self.filter_queryset(self.get_queryset()))

    @extend_schema(
        parameters=[OpenApiParameter("field", OpenApiTypes.INT, OpenApiParameter.PATH, description="The field's id.")],
        request=ProtectionBodySerializer,
        responses=ProtectionSerializer,
    )
    def update(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Set the rule of one field. `keep` on a confirmed direct identifier is refused."""
        chosen = visible_fields(self.actor).filter(pk=int(self.kwargs["field"])).first()
        if not isinstance(chosen, DataField):
            raise Http404
        body = self.body(ProtectionBodySerializer)
        return self.answer(set_protection(actor=self.actor, field=chosen, **body))

    @extend_schema(request=ProposalBodySerializer, responses=ProtectionSerializer(many=True), filters=False)
    @action(detail=False, methods=["post"], pagination_class=None)
    def propose(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Write a first rule for every field that has none, from what is confirmed of it and how the data leave.

        The answer lists what was written.
        """
        written = propose_protections(actor=self.actor, **self.body(ProposalBodySerializer))
        return self.answer(written, many=True)

    @extend_schema(
        parameters=[OpenApiParameter("distribution", OpenApiTypes.INT, required=True, description="The table's id.")],
        responses=EffectSerializer,
        filters=False,
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def effect(self, request: Request, *_: Any, **__: Any) -> Response:
        """The last measurement of all rows of a table. 404 where nobody has asked for one."""
        asked = ProposeBodySerializer(data=request.query_params.dict(), context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        distribution = asked.validated_data["distribution"]
        require(self.actor, "finding.read", distribution.dataset)
        found = effects_of(distribution).first()
        if found is None:
            raise Http404
        return self.answer(found, EffectSerializer)

    @extend_schema(request=ProposeBodySerializer, responses={202: EffectSerializer}, filters=False)
    @effect.mapping.post
    def measure_effect(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Measure on all rows what the rules do to k and to the people who stand alone. It is queued; ask again for the figures."""
        job = request_effect(actor=self.actor, **self.body(ProposeBodySerializer))
        return self.answer(job, EffectSerializer, code=status.HTTP_202_ACCEPTED)

    @extend_schema(request=PreviewBodySerializer, responses=SampleSerializer(many=True), filters=False)
    @action(detail=False, methods=["post"], pagination_class=None)
    def preview(self, _request: Request, *_: Any, **__: Any) -> Response:
        """What a rule would do to the first values of a field, masked on both sides."""
        samples = preview_protection(actor=self.actor, **self.body(PreviewBodySerializer))
        return Response([asdict(sample) for sample in samples])
