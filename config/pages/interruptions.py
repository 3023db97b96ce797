"""What a page says when something came between: the session ended, the form was too old, the request too large.

Nothing that somebody typed is lost by it: the page keeps it and offers to send it again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.shortcuts import render, resolve_url
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext

from catalog.api.errors import BODY_TOO_LARGE, BODY_UNUSABLE, Told
from config.api import API

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
STOP_POLLING = 286  # what htmx takes as "do not ask again"
_TOKEN = "csrfmiddlewaretoken"  # noqa: S105  a field's name
_READABLE = 20  # shorter values are choices and numbers; longer ones somebody wrote


@dataclass(frozen=True, slots=True)
class Kept:
    """What was sent, to be sent again from a page. Without `values` only going back brings it back."""

    values: tuple[tuple[str, str], ...] | None

    @property
    def texts(self) -> list[str]:
        """What somebody wrote, to be seen and copied."""
        return [value for _, value in self.values or () if len(value) > _READABLE]


def kept_of(request: HttpRequest) -> Kept:
    """The fields of a refused request. Files cannot be sent again by a page, and passwords are not written into one."""
    try:
        # Nobody who is signed out has a file taken from them, so whether there was one cannot be told: only that there could be.
        if request.content_type == "multipart/form-data" or any("password" in name for name in request.POST):
            return Kept(None)
        sent = ((name, value) for name, values in request.POST.lists() for value in values)
        return Kept(tuple((name, str(value)) for name, value in sent if name != _TOKEN))
    except (SuspiciousOperation, UnreadablePostError):
        return Kept(None)


class KeepWhatWasTyped:
    """Middleware: somebody who is signed out and sends a form is not just led away to sign in.

    Every page that needs a reader answers the signed-out with a redirect to the sign-in page; for a page that is read that is right.
    For a form it would throw away what was typed, and for a part of a page htmx would put the sign-in page into the middle of it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not _leads_to_sign_in(response):
            return response
        if request.headers.get("HX-Request"):
            return _tell(request, "registration/_signed_out.html")
        if request.method not in SAFE:
            return render(request, "registration/signed_out.html", _context(request, kept_of(request)), status=403)
        return response


def _leads_to_sign_in(response: HttpResponse) -> bool:
    """Whether this is `login_required` speaking: a redirect that remembers where to come back to."""
    if response.status_code != 302:
        return False
    target = urlsplit(response["Location"])
    return target.path == resolve_url(settings.LOGIN_URL) and REDIRECT_FIELD_NAME in parse_qs(target.query)


def _context(request: HttpRequest, kept: Kept) -> dict[str, object]:
    back = urlencode({REDIRECT_FIELD_NAME: reverse("signed-in")})
    return {"kept": kept, "address": request.get_full_path(), "sign_in": f"{resolve_url(settings.LOGIN_URL)}?{back}"}


# The message goes above the page that is open, whatever part of a page the element that asked would have taken and put where,
# and the address in the browser's bar stays that page's.
_ABOVE_THE_PAGE = {
    "HX-Retarget": "#messages",
    "HX-Reswap": "innerHTML show:top",
    "HX-Reselect": "unset",
    "HX-Push-Url": "false",
}


def _tell(request: HttpRequest, template: str) -> HttpResponse:
    """For htmx: a message; everything on the page stays as it is, with what was typed."""
    text = render_to_string(template, _context(request, Kept(None)), request=request)
    status = STOP_POLLING if request.method in SAFE else 200
    return HttpResponse(text, status=status, headers=_ABOVE_THE_PAGE)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Set as CSRF_FAILURE_VIEW. Most often the form was opened before signing in, or long ago.

    What came from our own page is offered to be sent again; what another site sent is not repeated.
    """
    if request.headers.get("HX-Request"):
        return _tell(request, "registration/_too_old.html")
    kept = kept_of(request) if _is_from_here(request) else Kept(None)
    context = {**_context(request, kept), "no_cookie": reason == REASON_NO_CSRF_COOKIE}
    return render(request, "registration/too_old.html", context, status=403)


def _is_from_here(request: HttpRequest) -> bool:
    """Whether the browser says that a page of this very site sent the form."""
    origin = request.headers.get("Origin")
    if origin is None:
        return request.headers.get("Sec-Fetch-Site") == "same-origin"
    return origin == f"{request.scheme}://{request.get_host()}"


def unusable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400: a request that cannot be read. Says so without asking the database who is there."""
    too_large = isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent)
    status = 413 if too_large else 400
    if request.path.startswith(API):
        told = (
            Told(413, "too_large", gettext(BODY_TOO_LARGE))
            if too_large
            else Told(400, "parse_error", gettext(BODY_UNUSABLE))
        )
        return JsonResponse(told.body(), status=status, json_dumps_params={"ensure_ascii": False})
    megabytes = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024**2
    return HttpResponse(render_to_string("400.html", {"too_large": too_large, "megabytes": megabytes}), status=status)
