"""Choosing lines of the ledger: by object, act, person, organisation and time, among those a reader may see."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from catalog.ledger.models import LedgerEntry
from catalog.people.models import User


@dataclass(frozen=True, slots=True)
class LedgerQuery:
    """What a reader asks for; what is empty asks for nothing. `actor` is a part of a name, `person` an id; a day is the whole day in
    the installation's time zone, a moment is itself."""

    object_type: str = ""
    object_id: str = ""
    action: str = ""
    actor: str = ""
    person: int | None = None
    organization: int | None = None
    since: date | None = None
    until: date | None = None

    def asked(self) -> dict[str, Any]:
        """What was asked for, as the ledger keeps it of an export: codes, ids and days. A name that was typed is not repeated."""
        given = {name: value for name, value in asdict(self).items() if value}
        if "actor" in given:
            given["actor"] = True
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in given.items()}


def _start_of(day: date) -> datetime:
    if isinstance(day, datetime):
        return day
    return timezone.make_aware(datetime.combine(day, time.min))


def matching(reader: User, query: LedgerQuery) -> Any:
    """The lines that `reader` may see and asked for, newest first."""
    seen = LedgerEntry.objects.visible_to(reader).select_related("actor", "organization", "counterpart")
    return narrowed(seen, query).order_by("-sequence")


def narrowed(entries: Any, query: LedgerQuery) -> Any:
    """Those of `entries` that were asked for."""
    if query.object_type:
        entries = entries.filter(object_type=query.object_type)
    if query.object_id:
        entries = entries.filter(object_id=query.object_id)
    if query.action:
        # A group of acts by its prefix, or one act.
        entries = (
            entries.filter(action=query.action)
            if "." in query.action
            else entries.filter(action__startswith=f"{query.action}.")
        )
    if query.actor:
        people = User.objects.filter(Q(username__icontains=query.actor) | Q(display_name__icontains=query.actor))
        entries = entries.filter(actor__in=people)
    if query.person:
        entries = entries.filter(actor_id=query.person)
    if query.organization:
        entries = entries.filter(Q(organization_id=query.organization) | Q(counterpart_id=query.organization))
    if query.since:
        entries = entries.filter(occurred_at__gte=_start_of(query.since))
    if isinstance(query.until, datetime):
        entries = entries.filter(occurred_at__lte=query.until)
    elif query.until:
        entries = entries.filter(occurred_at__lt=_start_of(query.until + timedelta(days=1)))
    return entries
