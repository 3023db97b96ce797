"""Turning pseudonyms of a release back, by two privacy officers of the owner."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.serializers.reidentifications import (
    RefusalBodySerializer,
    ReidentificationBodySerializer,
    ReidentificationSerializer,
    ShownSerializer,
)
from access.reidentification_models import Reidentification
from access.services.reidentifying import (
    approve_reidentification,
    refuse_reidentification,
    request_reidentification,
    show_reidentification,
)
from catalog.api.resources import Listing


@extend_schema(tags=["reidentifications"])
class Reidentifications(Listing):
    queryset = Reidentification.objects.select_related("asked_by", "decided_by")
    serializer_class = ReidentificationSerializer

    @extend_schema(request=ReidentificationBodySerializer, responses={201: ReidentificationSerializer})
    def create(self, _request: Request) -> Response:
        """Ask that pseudonyms of one column of a release are turned back. A second officer has to agree."""
        asked = request_reidentification(actor=self.actor, **self.body(ReidentificationBodySerializer))
        return self.answer(asked, code=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=ReidentificationSerializer)
    @action(detail=True, methods=["post"])
    def approve(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Agree, as the second person. Whoever asked is shown the values, not who agreed."""
        return self.answer(approve_reidentification(actor=self.actor, request=self.get_object()))

    @extend_schema(request=RefusalBodySerializer, responses=ReidentificationSerializer)
    @action(detail=True, methods=["post"])
    def refuse(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Refuse, as the second person. The pseudonyms are deleted."""
        body = self.body(RefusalBodySerializer)
        return self.answer(refuse_reidentification(actor=self.actor, request=self.get_object(), **body))

    @extend_schema(request=None, responses=ShownSerializer)
    @action(detail=True, methods=["post"])
    def show(self, _request: Request, *_: Any, **__: Any) -> Response:
        """The values, once, for whoever asked. They are stored nowhere."""
        row, restored = show_reidentification(actor=self.actor, request=self.get_object())
        answer = self.answer({"request": row, "values": restored}, ShownSerializer)
        answer["Cache-Control"] = "no-store"
        return answer
