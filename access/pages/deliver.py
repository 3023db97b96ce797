"""Releases: the list, the page of one with its manifest and terms, and the download."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_safe

from access.api.sending import NoSuchBytes, send_release
from access.models import Grant, Release
from access.pages import words
from access.pages.forms import ActForm
from access.pages.standing import tell_standing
from access.policies import sides_of
from access.workflow import Action, State, allowed_actions
from catalog.datasets.models import DataField
from catalog.errors import DomainError, translated
from catalog.pages.acts import page_of, user_of
from catalog.people.models import User
from catalog.people.policies import may
from privacy.masking.engine import MAY_BE_REAL
from privacy.masking.policy import InvalidPolicy
from privacy.pages.rule_form import INVALID_WORDS

LATEST_DOWNLOADS = 20


@login_required
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The releases this person may see, those in force first."""
    today = timezone.localdate()
    releases = _visible(user_of(request)).annotate(download_count=Count("downloads", distinct=True))
    in_force = request.GET.get("which") != "all"
    if in_force:
        releases = releases.filter(
            grant__revoked_at__isnull=True,
            grant__right__ended_at__isnull=True,
            grant__valid_from__lte=today,
            grant__valid_until__gte=today,
        )
    page = page_of(request, releases.order_by("grant__revoked_at", "-grant__valid_until", "-pk"))
    rows = [{"release": release, "days_left": days_left(release.grant, today)} for release in page]
    return render(request, "access/releases.html", {"page": page, "rows": rows, "in_force": in_force})


@login_required
@require_safe
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """What was released, on which terms, until when; downloading and revoking for whoever may."""
    user = user_of(request)
    release = get_object_or_404(_visible(user).prefetch_related("grant__recipients"), pk=pk)
    grant, today = release.grant, timezone.localdate()
    sides = sides_of(user, grant.application)
    downloads = release.downloads.select_related("user")
    is_there = release.artefact.deleted_at is None
    fields = _fields(release)
    context = {
        "release": release,
        "grant": grant,
        "application": grant.application,
        "dataset": grant.application.distribution.dataset,
        "artefact": release.artefact,
        "columns": _columns(release, fields),
        "standing": tell_standing(grant),
        "filter_lines": words.filter_lines(
            grant.application.row_filter, labels={name: field.label for name, field in fields.items()}, values=False
        ),
        "conditions": list(dict.fromkeys(grant.conditions.splitlines())),
        "days_left": days_left(grant, today),
        "days_passed": (today - grant.valid_from).days,
        "days_in_all": (grant.valid_until - grant.valid_from).days + 1,
        "is_recipient": may(user, "release.download", release),
        "may_restore": may(user, "reidentification.ask", release),
        "may_download": is_there and grant.in_force and may(user, "release.download", release),
        "may_revoke": Action.REVOKE in allowed_actions(State(grant.application.state), sides),
        "act_form": ActForm(),
        "downloads": list(downloads[:LATEST_DOWNLOADS]),
        "download_count": downloads.count(),
    }
    return render(request, "access/release.html", context)


@login_required
@require_GET  # no HEAD: it would be recorded as a download that nobody made
def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The bytes, whole or the part asked for, for a recipient while the grant is in force."""
    user = user_of(request)
    release = get_object_or_404(_visible(user), pk=pk)
    try:
        return send_release(user, release, request)
    except NoSuchBytes as error:
        return HttpResponse(translated(error), status=error.status, headers=error.headers, content_type="text/plain")
    except (DomainError, FileNotFoundError) as error:
        messages.error(request, translated(error) if isinstance(error, DomainError) else str(words.BYTES_GONE))
        return redirect("release", pk)


def _visible(user: User) -> Any:
    return Release.objects.visible_to(user).select_related(
        "artefact", "grant__organization", "grant__right", "grant__application__distribution__dataset__provider"
    )


def days_left(grant: Grant, today: date) -> int | None:
    """How many days the grant has left, the last one counted; None where it is not in force."""
    if not grant.in_force:
        return None
    return (grant.valid_until - today).days + 1


def _fields(release: Release) -> dict[str, DataField]:
    """The table's by name, also those it has no more: they are in what was released."""
    found = DataField.ever.filter(distribution=release.grant.application.distribution_id)
    return {field.name: field for field in found}


def _columns(release: Release, fields: Mapping[str, DataField]) -> list[dict[str, Any]]:
    """The manifest's columns with the catalogue's labels."""
    manifest = release.artefact.manifest
    found = []
    for column in manifest.get("columns", []):
        field = fields.get(column["name"])
        found.append(
            {
                "name": column["name"],
                "label": field.label if field else "",
                "data_type": field.data_type if field else "",
                "entity_type": column.get("entity_type") or "",
                "operator": words.protection(
                    column["operator"], column.get("parameters"), column.get("entity_type") or ""
                ),
                "technique": words.term("treatment", column["technique"]) if column["technique"] != "none" else "",
                "made_up": MAY_BE_REAL in column.get("notes", ()),
                "nulls": column["nulls"],
                "invalid": column["invalid"],
                "instead": INVALID_WORDS[InvalidPolicy(column["invalid_policy"])] if column["invalid"] else "",
            }
        )
    return found
