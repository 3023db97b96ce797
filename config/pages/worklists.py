"""Work lists of the first page that no single floor makes: an administrator's, what one was granted, and what runs for one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models import Application, Grant
from access.pages.words import STATES, note_of
from access.pages.worklists import ENDS_SOON_DAYS
from access.workflow import State
from catalog.jobs.models import Job
from catalog.ledger.models import LedgerEntry
from catalog.pages.accounts import INVITED
from catalog.pages.jobs import rows_of
from catalog.pages.navigation import Waiting, Worklist
from catalog.people.links import INVITATION_LIFETIME
from catalog.people.models import Membership, Organization, Role, User
from catalog.people.visibility import administered_users
from catalog.templatetags.canglang import named, titled

SHOWN = 5
# A refusal is news for this long.
NEWS = timedelta(days=30)


def find(user: User, roles: frozenset[str]) -> Iterable[Worklist]:
    """The lists that concern the roles `user` holds."""
    if Role.ADMINISTRATOR in roles:
        yield _run_out(user)
        yield _without_role(user)
        yield _without_administrator(user)
    if Role.REQUESTER in roles:
        yield _refused(user)
        yield _granted(user)
    yield from _running(user)


def _listed(heading: Any, rows: Any, item: Any, url: str, order: int, *, asked: bool = False) -> Worklist:
    found = list(rows[: SHOWN + 1])
    total = len(found) if len(found) <= SHOWN else rows.count()
    return Worklist(heading, [item(row) for row in found[:SHOWN]], total, url=url, order=order, asked=asked)


def _run_out(user: User) -> Worklist:
    """Whoever was invited and whose last link is too old by now."""
    latest = LedgerEntry.objects.filter(
        action="user.link_issued", occurred_at__gt=timezone.now() - INVITATION_LIFETIME, object_type="user"
    )
    fresh = [int(number) for number in latest.values_list("object_id", flat=True)]
    rows = administered_users(user).filter(INVITED, is_active=True).exclude(pk__in=fresh).order_by("date_joined")
    return _listed(
        _("Invitations that ran out"),
        rows,
        lambda row: Waiting(
            title=str(row),
            url=reverse("administered-account", args=[row.pk]),
            kind=_("Invitation"),
            since=row.date_joined,
            note=row.username,
        ),
        reverse("invitations"),
        10,
    )


def _without_role(user: User) -> Worklist:
    held = Membership.objects.filter(user=OuterRef("pk"), ended_at__isnull=True)
    rows = administered_users(user).filter(~Exists(held), is_active=True).order_by("date_joined")
    return _listed(
        _("Accounts without a role"),
        rows,
        lambda row: Waiting(
            title=str(row),
            url=reverse("administered-account", args=[row.pk]),
            kind=_("Account"),
            since=row.date_joined,
            note=row.username,
        ),
        reverse("administered-accounts") + "?state=without_role",
        20,
    )


def _without_administrator(user: User) -> Worklist:
    """Branches that only this person administers: nobody could reset their password or change their roles."""
    others = Membership.objects.active().filter(organization=OuterRef("pk"), role=Role.ADMINISTRATOR).exclude(user=user)
    own = Membership.objects.active().filter(user=user, role=Role.ADMINISTRATOR).values("organization")
    rows = Organization.objects.filter(pk__in=own, parent__isnull=True).filter(~Exists(others)).order_by("code")
    return _listed(
        _("Branches with no second administrator"),
        rows,
        lambda row: Waiting(
            title=named(row),
            url=reverse("organization", args=[row.pk]),
            kind=_("Administrator"),
        ),
        "",
        60,
    )


# --- what one asked for -------------------------------------------------------------------------------------------------------


def _refused(user: User) -> Worklist:
    """What was rejected or revoked lately, and why."""
    ended = (
        Application.objects.filter(
            applicant=user,
            state__in=[State.REJECTED, State.REVOKED],
            decisions__decided_at__gt=timezone.now() - NEWS,
        )
        .select_related("distribution__dataset")
        .distinct()
        .order_by("-pk")
    )
    return _listed(
        _("Refused or revoked lately"),
        ended,
        lambda row: Waiting(
            title=titled(row.distribution.dataset),
            url=reverse("application", args=[row.pk]),
            kind=row.get_state_display(),
            state=row.state,
            note=note_of(row),
        ),
        reverse("applications") + "?which=mine",
        70,
        asked=True,
    )


def _granted(user: User) -> Worklist:
    """What may be downloaded for a good while yet; what ends soon is on another list."""
    today = timezone.localdate()
    grants = (
        Grant.objects.filter(
            recipients=user,
            revoked_at__isnull=True,
            right__ended_at__isnull=True,
            valid_from__lte=today,
            valid_until__gt=today + timedelta(days=ENDS_SOON_DAYS),
        )
        .select_related("release", "application__distribution__dataset", "application__project")
        .order_by("valid_until")
    )
    return _listed(
        _("Granted: ready to download"),
        grants,
        lambda row: Waiting(
            title=titled(row.application.distribution.dataset),
            url=reverse("release", args=[row.release.pk]),
            kind=STATES[State.GRANTED],
            state=State.GRANTED.value,
            due=row.valid_until,
            note=row.application.project.name,
        ),
        reverse("releases"),
        75,
        asked=True,
    )


def _running(user: User) -> Iterator[Worklist]:
    """Scans and assessments that a worker has not finished."""
    jobs = list(Job.objects.underway().filter(requested_by=user).order_by("created_at")[: SHOWN + 1])
    if not jobs:
        return
    items = [
        Waiting(
            title=f"{row.label} · {row.subject.title}" if row.subject else row.label,
            url=row.subject.url if row.subject and row.subject.url else reverse("jobs"),
            kind=row.job.get_state_display(),
            state=row.job.state,
            since=row.job.created_at,
            note=row.step,
        )
        for row in rows_of(user, jobs[:SHOWN])
    ]
    total = len(jobs) if len(jobs) <= SHOWN else Job.objects.underway().filter(requested_by=user).count()
    yield Worklist(_("Running for me"), items, total, url=reverse("jobs"), order=65, asked=True)
