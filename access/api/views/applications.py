"""Applications: writing them, and every action of the workflow."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.filters import ApplicationFilter
from access.api.serializers.applications import (
    ActionBodySerializer,
    ApplicationBodySerializer,
    ApplicationChangeSerializer,
    ApplicationSerializer,
    ApplicationSummarySerializer,
    RaiseBodySerializer,
)
from access.models import Application
from access.services.applications import edit_application, write_application
from access.services.assessing import raise_answer
from access.services.deciding import perform
from access.workflow import Action
from catalog.api.resources import Listing

_ACTION = OpenApiParameter("action", OpenApiTypes.STR, OpenApiParameter.PATH, enum=[str(name) for name in Action])


@extend_schema(tags=["applications"])
class Applications(Listing):
    queryset = Application.objects.all()
    serializer_class = ApplicationSummarySerializer
    detail_class = ApplicationSerializer
    filterset_class = ApplicationFilter
    application: Application | None = None

    def visible(self) -> Any:
        return (
            Application.objects.visible_to(self.actor)
            .select_related("organization", "applicant", "project", "distribution__dataset__provider", "grant__release")
            .order_by("-id")
        )

    def get_object(self) -> Application:
        application: Application = super().get_object()
        self.application = application
        return application

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "application": self.application}

    def whole(self, application: Application, code: int = status.HTTP_200_OK) -> Response:
        """The application read again, with everything that belongs to it."""
        rows = Application.objects.select_related(
            "organization", "applicant", "project", "distribution__dataset__provider", "grant__release", "order"
        ).prefetch_related("requested_fields__field", "recipients", "decisions__decided_by", "grant__recipients")
        return self.answer(rows.get(pk=application.pk), ApplicationSerializer, code)

    def retrieve(self, _request: Any, *_: Any, **__: Any) -> Response:
        """One application with its assessment, decisions and timeline, and what the reader may do with it now."""
        return self.whole(self.get_object())

    @extend_schema(request=ApplicationBodySerializer, responses={201: ApplicationSerializer})
    def create(self, _request: Request) -> Response:
        """Write a draft. It is submitted by the action of that name."""
        application = write_application(actor=self.actor, **self.body(ApplicationBodySerializer))
        return self.whole(application, status.HTTP_201_CREATED)

    @extend_schema(request=ApplicationChangeSerializer, responses=ApplicationSerializer)
    def partial_update(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Change a draft or a returned application."""
        application = self.get_object()
        body = self.body(ApplicationChangeSerializer)
        return self.whole(edit_application(actor=self.actor, application=application, **body))

    @extend_schema(parameters=[_ACTION], request=ActionBodySerializer, responses=ApplicationSerializer)
    @action(detail=True, methods=["post"], url_path=r"actions/(?P<action>[^/.]+)", url_name="act")
    def act(self, _request: Request, *_: Any, **kwargs: Any) -> Response:
        """Do one action of the workflow: 403 on a side that never does it, 409 on a stale version or in a wrong state."""
        application = self.get_object()
        if kwargs["action"] not in set(Action):
            raise Http404
        body = self.body(ActionBodySerializer)
        done = perform(actor=self.actor, application=application, action=Action(kwargs["action"]), **body)
        return self.whole(done)

    @extend_schema(request=RaiseBodySerializer, responses=ApplicationSerializer, operation_id="applications_raise")
    @action(detail=True, methods=["post"], url_path="raise", url_name="raise")
    def raise_(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Raise an answer of the assessment, with a reason. Nobody lowers one."""
        application = self.get_object()
        return self.whole(raise_answer(actor=self.actor, application=application, **self.body(RaiseBodySerializer)))
