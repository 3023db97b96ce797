"""What waits for a person on the first page, as far as this app knows: theirs, returned, to decide, to pay, about to end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from access.api.filters import waiting_for
from access.key_models import KeyRequest
from access.models import Application, Grant, Offer, OfferState
from access.pages import words
from access.pages.standing import reasons_in_words
from access.reidentification_models import Reidentification, ReidentificationState
from access.services.reassessing import Standing, standings_of
from access.workflow import State
from catalog.datasets.models import RightKind, RightsAssignment
from catalog.pages.navigation import Waiting, Worklist
from catalog.people.models import Role, User
from catalog.people.policies import organizations_with
from catalog.templatetags.canglang import listed, money, named, titled

SHOWN = 5
ENDS_SOON_DAYS = 30
_ON_THE_WAY = (State.SUBMITTED, State.ASSESSING, State.DECIDING)
_DECIDERS = frozenset({Role.APPROVER, Role.PRIVACY_OFFICER})


def find(user: User, roles: frozenset[str]) -> Iterable[Worklist]:
    """The lists of this app that concern the roles `user` holds."""
    if roles & _DECIDERS:
        yield from _to_decide(user)
    if Role.PRIVACY_OFFICER in roles:
        yield from _keys(user)
        yield from _to_restore(user)
    if Role.FINANCE in roles:
        yield from _to_confirm(user)
        yield from _to_price(user)
    if Role.APPROVER in roles:
        yield from _to_reassess(user)
    if Role.DATA_STEWARD in roles:
        yield from _proposed(user)
    if Role.REQUESTER in roles:
        yield from _returned(user)
        yield from _to_pay(user)
        yield from _drafts(user)
        yield from _under_way(user)
    yield from _ending(user)


def _rows(applications: Any) -> tuple[list[Application], int]:
    """The first few, and how many there are; the second query only where the first is not all."""
    rows = list(
        applications.select_related("organization", "applicant", "distribution__dataset__provider", "order")[
            : SHOWN + 1
        ]
    )
    total = len(rows) if len(rows) <= SHOWN else applications.count()
    return rows[:SHOWN], total


def _list(
    applications: Any,
    *,
    heading: str,
    query: str,
    order: int,
    note: Any,
    anchor: str = "",
    asked: bool = False,
) -> Iterator[Worklist]:
    rows, total = _rows(applications)
    items = [
        Waiting(
            title=" · ".join([titled(row.distribution.dataset), gettext("application %(id)s") % {"id": row.pk}]),
            url=reverse("application", args=[row.pk]) + anchor,
            kind=words.STATES[State(row.state)],
            state=row.state,
            since=row.submitted_at or row.created_at,
            note=note(row),
        )
        for row in rows
    ]
    if total:
        yield Worklist(heading, items, total, url=f"{reverse('applications')}?{query}", order=order, asked=asked)


def _purpose(row: Application) -> str:
    return str(words.PURPOSES.get(row.purpose, row.purpose))


def _asker(row: Application) -> str:
    return f"{named(row.organization)} · {_purpose(row)}"


def _to_decide(user: User) -> Iterator[Worklist]:
    waiting = waiting_for(user, Application.objects.visible_to(user)).filter(state=State.DECIDING)
    yield from _list(
        waiting.order_by("submitted_at"),
        heading=gettext("To decide"),
        query="which=waiting",
        order=10,
        note=_asker,
        anchor="#decide",
    )


def _to_confirm(user: User) -> Iterator[Worklist]:
    waiting = waiting_for(user, Application.objects.visible_to(user)).filter(state=State.AWAITING_PAYMENT)
    rows, total = _rows(waiting.order_by("submitted_at"))
    items = [
        Waiting(
            title=f"{money(row.order.amount)} · {named(row.organization)}",
            url=reverse("payments"),
            kind=words.STATES[State.AWAITING_PAYMENT],
            state=State.AWAITING_PAYMENT.value,
            since=row.submitted_at,
            note=titled(row.distribution.dataset),
        )
        for row in rows
    ]
    if total:
        yield Worklist(gettext("Payments to confirm"), items, total, url=reverse("payments"), order=10)


def _to_price(user: User) -> Iterator[Worklist]:
    """Proposed prices that finance has to put in force."""
    proposed = (
        Offer.objects.filter(state=OfferState.PROPOSED, dataset__provider_id__in=organizations_with(user, Role.FINANCE))
        .exclude(proposed_by=user)
        .select_related("dataset")
        .order_by("created_at")
    )
    offers = list(proposed[: SHOWN + 1])
    items = [
        Waiting(
            title=f"{titled(offer.dataset)} · {money(offer.amount)}",
            url=reverse("offer", args=[offer.pk]),
            kind=offer.get_state_display(),
            state=offer.state,
            since=offer.created_at,
        )
        for offer in offers[:SHOWN]
    ]
    if offers:
        total = len(offers) if len(offers) <= SHOWN else proposed.count()
        url = f"{reverse('offers')}?state={OfferState.PROPOSED}"
        yield Worklist(gettext("Prices to put in force"), items, total, url=url, order=15)


def _keys(user: User) -> Iterator[Worklist]:
    """Keys that another officer asks to renew or to destroy."""
    asked = list(KeyRequest.objects.awaiting_second_person(user).select_related("project").order_by("asked_at"))
    items = [
        Waiting(
            title=item.project.name,
            url=reverse("project-key", args=[item.project_id]),
            kind=item.get_act_display(),
            since=item.asked_at,
        )
        for item in asked[:SHOWN]
    ]
    if asked:
        yield Worklist(gettext("Keys to decide on"), items, len(asked), url=reverse("project-keys"), order=12)


def _to_restore(user: User) -> Iterator[Worklist]:
    """Pseudonyms that another officer asks to turn back, and those that this one may now be shown."""
    rows = Reidentification.objects.visible_to(user).filter(expires_at__gt=timezone.now())
    waiting = rows.filter(
        Q(state=ReidentificationState.PROPOSED) & ~Q(asked_by=user)
        | Q(state=ReidentificationState.APPROVED, asked_by=user)
    ).select_related("release__grant__application__distribution__dataset")
    found = list(waiting.order_by("expires_at"))
    items = [
        Waiting(
            title=titled(row.release.grant.application.distribution.dataset),
            url=reverse("reidentification", args=[row.pk]),
            kind=row.get_state_display(),
            since=row.asked_at,
            due=timezone.localdate(row.expires_at),
        )
        for row in found[:SHOWN]
    ]
    if found:
        yield Worklist(gettext("Values to restore"), items, len(found), url=reverse("reidentifications"), order=13)


def _to_reassess(user: User) -> Iterator[Worklist]:
    """Grants of the user's organisations' data whose assessment holds no more, or not much longer."""
    held = RightsAssignment.objects.current().filter(
        kind__in=[RightKind.OWNERSHIP, RightKind.CONTROL], holder_id__in=organizations_with(user, Role.APPROVER)
    )
    grants = (
        Grant.objects.in_force()
        .filter(application__distribution__dataset__in=held.values("dataset"))
        .select_related("release", "right", "organization", "application__distribution__dataset")
    )
    found = [
        (standing, grant)
        for standing, grant in _with_standing(grants)
        # What ends before its time is over is not assessed for the few days between.
        if standing.is_due or (standing.is_due_within(ENDS_SOON_DAYS) and grant.valid_until > standing.due_on)
    ]
    items = [
        Waiting(
            title=f"{titled(grant.application.distribution.dataset)} · {named(grant.organization)}",
            url=reverse("release", args=[grant.release.pk]),
            kind=gettext("Re-assessment"),
            due=standing.due_on if standing.is_due_within(ENDS_SOON_DAYS) else None,
            note=listed(reasons_in_words(standing)),
        )
        for standing, grant in found[:SHOWN]
    ]
    yield Worklist(gettext("Due for re-assessment"), items, len(found), url=reverse("releases"), order=25)


def _with_standing(grants: Iterable[Grant]) -> list[tuple[Standing, Grant]]:
    """The grants with their standing, the one whose time is over first at the top."""
    rows = {grant.pk: grant for grant in grants}
    standings = standings_of(rows.values())
    return sorted(((standings[pk], rows[pk]) for pk in standings), key=lambda pair: (pair[0].due_on, pair[1].pk))


def _proposed(user: User) -> Iterator[Worklist]:
    """Prices the user proposed and finance has not put in force."""
    proposed = Offer.objects.filter(state=OfferState.PROPOSED, proposed_by=user).select_related("dataset")
    offers = list(proposed.order_by("created_at"))
    items = [
        Waiting(
            title=f"{titled(offer.dataset)} · {money(offer.amount)}",
            url=reverse("offer", args=[offer.pk]),
            kind=offer.get_state_display(),
            state=offer.state,
            since=offer.created_at,
        )
        for offer in offers[:SHOWN]
    ]
    url = f"{reverse('offers')}?state={OfferState.PROPOSED}"
    yield Worklist(gettext("Prices I proposed"), items, len(offers), url=url, order=55, asked=True)


def _to_pay(user: User) -> Iterator[Worklist]:
    """Granted as soon as they are paid."""
    unpaid = Application.objects.filter(applicant=user, state=State.AWAITING_PAYMENT)
    rows, total = _rows(unpaid.order_by("submitted_at"))
    items = [
        Waiting(
            title=f"{money(row.order.amount)} · {titled(row.distribution.dataset)}",
            url=reverse("application", args=[row.pk]),
            kind=words.STATES[State.AWAITING_PAYMENT],
            state=row.state,
            since=row.submitted_at,
            note=gettext("by bank transfer; finance of %(provider)s confirms it")
            % {"provider": named(row.distribution.dataset.provider)},
        )
        for row in rows
    ]
    if total:
        url = f"{reverse('applications')}?which=mine&state={State.AWAITING_PAYMENT}"
        yield Worklist(gettext("To pay"), items, total, url=url, order=12)


def _returned(user: User) -> Iterator[Worklist]:
    yield from _list(
        Application.objects.filter(applicant=user, state=State.RETURNED).order_by("-pk"),
        heading=gettext("Returned to me"),
        query="which=mine&state=returned",
        order=10,
        note=words.note_of,
    )


def _drafts(user: User) -> Iterator[Worklist]:
    yield from _list(
        Application.objects.filter(applicant=user, state=State.DRAFT).order_by("-pk"),
        heading=gettext("My drafts"),
        query="which=mine&state=draft",
        order=40,
        note=_purpose,
    )


def _under_way(user: User) -> Iterator[Worklist]:
    yield from _list(
        Application.objects.filter(applicant=user, state__in=_ON_THE_WAY).order_by("-pk"),
        heading=gettext("My applications and where they stand"),
        query="which=mine",
        order=30,
        note=_purpose,
        asked=True,
    )


def _ending(user: User) -> Iterator[Worklist]:
    """What the user may download or has asked for, with its last day."""
    today = timezone.localdate()
    grants = (
        Grant.objects.in_force()
        .filter(
            Q(recipients=user) | Q(application__applicant=user),
            valid_until__lte=today + timedelta(days=ENDS_SOON_DAYS),
        )
        .distinct()
        .select_related("release", "application__distribution__dataset")
        .order_by("valid_until")
    )
    found = list(grants[: SHOWN + 1])
    items = [
        Waiting(
            title=titled(grant.application.distribution.dataset),
            url=reverse("release", args=[grant.release.pk]),
            kind=words.STATES[State.GRANTED],
            state=State.GRANTED.value,
            due=grant.valid_until,
        )
        for grant in found[:SHOWN]
    ]
    if found:
        total = len(found) if len(found) <= SHOWN else grants.count()
        yield Worklist(gettext("Releases about to end"), items, total, url=reverse("releases"), order=35, asked=True)
