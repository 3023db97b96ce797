"""The root of /api/v1/, and the answers of the API that no view gives: an unknown address, a defect, a lock-out.

Outside the API the same three are pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import include, path, re_path
from django.utils.translation import gettext as _
from django.views import defaults
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.errors import NOT_FOUND, Told
from catalog.messages import gettext_noop

API = "/api/"
DEFECT = gettext_noop("Something went wrong on our side. It has been logged.")
LOCKED_OUT = gettext_noop("Too many failed attempts. Signing in is locked for this name and address; try again later.")


def _answer(told: Told) -> JsonResponse:
    return JsonResponse(told.body(), status=told.status, json_dumps_params={"ensure_ascii": False})


def answer_missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    if request.path.startswith(API):
        return _answer(Told(404, "not_found", _(NOT_FOUND)))
    return defaults.page_not_found(request, exception)


def answer_defect(request: HttpRequest) -> HttpResponse:
    """Django's handler500. What happened is in the log, by type and place only."""
    if request.path.startswith(API):
        return _answer(Told(500, "server_error", _(DEFECT)))
    return defaults.server_error(request)


def locked_out(
    request: HttpRequest, _response: HttpResponse | None = None, _credentials: Mapping[str, Any] | None = None
) -> HttpResponse:
    """What django-axes answers once a name and an address have failed too often."""
    if request.path.startswith(API):
        return _answer(Told(429, "locked_out", _(LOCKED_OUT)))
    return render(request, "registration/login.html", {"locked_out": _(LOCKED_OUT)}, status=429)


@extend_schema(exclude=True)
class Nowhere(APIView):
    """Every address that is none. Without it a missing slash would be answered with a redirect that drops the body."""

    permission_classes = (AllowAny,)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        # Whatever the method: the address is what is wrong.
        self.http_method_names = [str(request.method).lower()]
        setattr(self, str(request.method).lower(), self.refuse)
        return super().dispatch(request, *args, **kwargs)

    def refuse(self, _request: Request, *_: Any, **__: Any) -> Response:
        raise NotFound


app_urls = ["catalog.api.urls", "privacy.api.urls", "access.api.urls"]

urlpatterns = [
    *(path("", include(urls)) for urls in app_urls),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(template_name="api_docs.html"), name="api-docs"),
    re_path("", Nowhere.as_view()),
]
