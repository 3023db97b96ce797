"""The keys of projects, and what two privacy officers agree to do with one."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.serializers.project_keys import (
    KeyAskSerializer,
    KeyReasonSerializer,
    KeyRequestSerializer,
    ProjectKeySerializer,
    ProjectKeySummarySerializer,
)
from access.key_models import KeyAct, KeyRequest
from access.models import Project
from access.services.project_keys import ask_key_act, confirm_key_act, refuse_key_act, withdraw_key_act
from catalog.api.resources import Listing


@extend_schema(tags=["keys"])
class ProjectKeys(Listing):
    queryset = Project.objects.all()
    serializer_class = ProjectKeySummarySerializer
    detail_class = ProjectKeySerializer

    def visible(self) -> Any:
        return (
            Project.objects.with_keys_shown_to(self.actor)
            .select_related("organization", "key_domain")
            .prefetch_related("key_requests__asked_by", "key_requests__decided_by")
            .order_by("-pk")
        )

    @extend_schema(request=KeyAskSerializer, responses={201: KeyRequestSerializer})
    @action(detail=True, methods=["post"])
    def ask(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Ask that the key is renewed or destroyed. Nothing happens until a second privacy officer confirms."""
        body = self.body(KeyAskSerializer)
        asked = ask_key_act(actor=self.actor, project=self.get_object(), act=KeyAct(body["act"]), reason=body["reason"])
        return self.answer(asked, KeyRequestSerializer, code=status.HTTP_201_CREATED)


@extend_schema(tags=["keys"])
class KeyRequests(Listing):
    queryset = KeyRequest.objects.select_related("project", "asked_by", "decided_by")
    serializer_class = KeyRequestSerializer

    @extend_schema(request=None, responses=KeyRequestSerializer)
    @action(detail=True, methods=["post"])
    def confirm(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Do what was asked, as the second person. It cannot be taken back."""
        return self.answer(confirm_key_act(actor=self.actor, request=self.get_object()))

    @extend_schema(request=KeyReasonSerializer, responses=KeyRequestSerializer)
    @action(detail=True, methods=["post"])
    def refuse(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Leave the key as it is, as the second person."""
        body = self.body(KeyReasonSerializer)
        return self.answer(refuse_key_act(actor=self.actor, request=self.get_object(), **body))

    @extend_schema(request=None, responses=KeyRequestSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Take back what one has asked."""
        return self.answer(withdraw_key_act(actor=self.actor, request=self.get_object()))
