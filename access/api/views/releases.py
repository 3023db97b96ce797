"""Releases, and downloading them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request

from access.api.filters import ReleaseFilter
from access.api.sending import send_release
from access.api.serializers.releases import ReleaseSerializer, ReleaseSummarySerializer
from access.models import Release
from catalog.api.negotiation import WhateverIsAccepted
from catalog.api.resources import Listing


@extend_schema(tags=["releases"])
class Releases(Listing):
    queryset = Release.objects.all()
    serializer_class = ReleaseSummarySerializer
    detail_class = ReleaseSerializer
    filterset_class = ReleaseFilter

    def visible(self) -> Any:
        return (
            Release.objects.visible_to(self.actor)
            .select_related(
                "artefact", "grant__organization", "grant__right", "grant__application__distribution__dataset__provider"
            )
            .prefetch_related("grant__recipients")
            .annotate(download_count=Count("downloads", distinct=True))
            .order_by("-id")
        )

    @extend_schema(
        operation_id="releases_download",
        parameters=[
            OpenApiParameter("Range", OpenApiTypes.STR, OpenApiParameter.HEADER, description="`bytes=1000-`"),
            OpenApiParameter(
                "If-Range", OpenApiTypes.STR, OpenApiParameter.HEADER, description="The ETag of the first part."
            ),
        ],
        responses={
            (200, "application/octet-stream"): OpenApiTypes.BINARY,
            (206, "application/octet-stream"): OpenApiTypes.BINARY,
            416: OpenApiResponse({"$ref": "#/components/schemas/Error"}, description="Past the end."),
        },
        filters=False,
    )
    # No HEAD: it would be recorded as a download that nobody made.
    @action(
        detail=True,
        methods=["get"],
        content_negotiation_class=WhateverIsAccepted,
        pagination_class=None,
        http_method_names=["get", "options"],
    )
    def download(self, request: Request, *_: Any, **__: Any) -> HttpResponseBase:
        """The bytes, for a recipient of the grant while it is in force. Each download is recorded before its first byte."""
        return send_release(self.actor, self.get_object(), request._request)
