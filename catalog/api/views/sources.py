"""Sources: uploads, files under a root, databases on a host; and the tables in them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.filters import SourceFilter
from catalog.api.parsers import JSONParser
from catalog.api.resources import Listing
from catalog.api.serializers.sources import (
    PlacedSourceBodySerializer,
    SourceSerializer,
    TableSerializer,
    UploadBodySerializer,
)
from catalog.datasets.models import Source, SourceKind
from catalog.datasets.registration import (
    read_tables,
    register_database,
    register_file,
    register_upload,
    retire_source,
)
from catalog.uploads import SealedUpload


@extend_schema(tags=["sources"])
class Sources(Listing):
    queryset = Source.objects.select_related("organization", "created_by")
    serializer_class = SourceSerializer
    filterset_class = SourceFilter
    parser_classes = (JSONParser, MultiPartParser)

    @extend_schema(
        request={"application/json": PlacedSourceBodySerializer, "multipart/form-data": UploadBodySerializer},
        responses={201: SourceSerializer},
    )
    def create(self, request: Request) -> Response:
        """Register a source: an uploaded file (multipart), or a file or database that the operator lets us reach (JSON)."""
        is_upload = str(request.content_type).startswith("multipart/")
        source = self._keep_upload() if is_upload else self._register_placed()
        return self.answer(source, code=status.HTTP_201_CREATED)

    def _keep_upload(self) -> Source:
        body = self.body(UploadBodySerializer)
        upload = cast(SealedUpload, body.pop("file"))
        return register_upload(actor=self.actor, upload=upload, **body)

    def _register_placed(self) -> Source:
        body = self.body(PlacedSourceBodySerializer)
        kind = body.pop("kind")
        names = ("root", "path") if kind == SourceKind.FILE else ("host", "user", "password", "schema")
        values = {name: body[name] for name in ("organization", "name", *names) if name in body}
        if kind == SourceKind.FILE:
            return register_file(actor=self.actor, **values)
        return register_database(actor=self.actor, **values)

    @extend_schema(responses=TableSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def tables(self, _request: Request, *_: Any, **__: Any) -> Response:
        """The tables that can be attached to a dataset."""
        tables = read_tables(actor=self.actor, source=self.get_object())
        return Response([asdict(table) for table in tables])

    @extend_schema(request=None, responses=SourceSerializer)
    @action(detail=True, methods=["post"])
    def retire(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Close a source for good. Its upload and its account are destroyed; nothing is read of it any more."""
        return self.answer(retire_source(actor=self.actor, source=self.get_object()))
