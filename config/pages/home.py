"""The first page of everybody: what waits for them, what is due when, what they asked for, and where to go from here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby, islice
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from catalog.ledger.models import LedgerEntry
from catalog.ledger.reading import LedgerQuery, matching
from catalog.pages.acts import user_of
from catalog.pages.ledger_lines import Line, lines_of
from catalog.pages.navigation import Waiting, Worklist, roles_of, worklists_for
from catalog.people.models import Membership, Role, User

SOON = timedelta(days=3)
# What is due later than this is no business of today's; it stands on its own list.
AHEAD = timedelta(days=45)
DUE_SHOWN = 8
RECENT, LATELY = 6, 12
READ = 40  # lines of the ledger that are looked at for these


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A task of a role and the page where it begins."""

    url_name: str
    label: Any
    icon: str

    @property
    def url(self) -> str:
        return reverse(self.url_name)


@dataclass(frozen=True, slots=True)
class Start:
    """How somebody with a role begins: in a sentence, the first task, and the page of the help."""

    role: Role
    text: Any
    first: Shortcut
    more: tuple[Shortcut, ...]
    help: str


STARTS: Sequence[Start] = (
    Start(
        Role.DATA_STEWARD,
        _(
            "Bring a table into the catalogue: upload a file or name a table of a database, and the steps lead to a published record."
        ),
        Shortcut("register", _("Register a dataset"), "plus-square"),
        (Shortcut("sources", _("Sources"), "hdd-stack"), Shortcut("scans", _("Scans"), "upc-scan")),
        "steward",
    ),
    Start(
        Role.PRIVACY_OFFICER,
        _("Have a table read for personal data, decide on what was found, and say how each field is protected."),
        Shortcut("scan-request", _("Scan a table"), "upc-scan"),
        (
            Shortcut("review", _("Review findings"), "clipboard2-check"),
            Shortcut("protections", _("Set protection"), "shield-lock"),
        ),
        "privacy-officer",
    ),
    Start(
        Role.REQUESTER,
        _("Search for the data you need, and apply for its use on its page. What happens next stands here."),
        Shortcut("catalogue", _("Find data"), "search"),
        (
            Shortcut("applications", _("Applications"), "file-earmark-text"),
            Shortcut("projects", _("Projects"), "folder2"),
            Shortcut("releases", _("Releases to download"), "download"),
        ),
        "requester",
    ),
    Start(
        Role.APPROVER,
        _("Applications for your organisation's data come here as soon as their risk has been measured."),
        Shortcut("applications", _("Applications"), "file-earmark-check"),
        (Shortcut("overview", _("Overview in charts"), "bar-chart"),),
        "approver",
    ),
    Start(
        Role.FINANCE,
        _("Proposed prices and payments to confirm come here."),
        Shortcut("offers", _("Offers and prices"), "cash-coin"),
        (Shortcut("payments", _("Payments"), "receipt"),),
        "finance",
    ),
    Start(
        Role.AUDITOR,
        _("Read who did what in your branch, and verify that nothing in the ledger was changed."),
        Shortcut("ledger", _("Read the ledger"), "journal-text"),
        (
            Shortcut("ledger-verification", _("Verify the ledger"), "patch-check"),
            Shortcut("applications", _("Applications"), "file-earmark-text"),
            Shortcut("overview", _("Overview in charts"), "bar-chart"),
        ),
        "auditor",
    ),
    Start(
        Role.ADMINISTRATOR,
        _("Add the organisations of your branch, and invite the people who will work in them."),
        Shortcut("invite", _("Invite somebody"), "person-plus"),
        (
            Shortcut("organizations", _("Organisations"), "diagram-3"),
            Shortcut("administered-accounts", _("Accounts"), "people"),
            Shortcut("jobs", _("Jobs"), "gear"),
        ),
        "administrator",
    ),
)


@dataclass(frozen=True, slots=True)
class Row:
    """Something that waits, as a line; how near its last day is."""

    item: Waiting
    today: date

    @property
    def days(self) -> int:
        """Until the last day; below nought once it is over."""
        return (self.item.due - self.today).days if self.item.due else 0

    @property
    def days_over(self) -> int:
        return -self.days

    @property
    def nearness(self) -> str:
        """A code for the last day: none, overdue, today, soon or later."""
        if self.item.due is None:
            return "none"
        if self.days <= 0:
            return "overdue" if self.days < 0 else "today"
        return "soon" if self.days <= SOON.days else "later"


@dataclass(frozen=True, slots=True)
class Section:
    """One work list with its lines."""

    worklist: Worklist
    rows: tuple[Row, ...]

    @property
    def more(self) -> int:
        """How many there are beyond those shown."""
        return self.worklist.total - len(self.rows)


def sections_of(worklists: Iterable[Worklist], today: date) -> list[Section]:
    """The lists, line by line."""
    return [Section(worklist, tuple(Row(item, today) for item in worklist.items)) for worklist in worklists]


def dues_of(sections: Iterable[Section]) -> list[Row]:
    """What has its last day in the next weeks, or had it already, the nearest first."""
    dated = (row for section in sections for row in section.rows if row.item.due and row.days <= AHEAD.days)
    return sorted(dated, key=lambda row: row.days)


@dataclass(frozen=True, slots=True)
class Act:
    """A line of the ledger, and how often the same was done to the same object in a row."""

    line: Line
    times: int


def acts_of(lines: Iterable[Line], limit: int) -> list[Act]:
    """The lines with repetitions in one: twelve fields described one after the other are one act."""
    grouped = groupby(
        lines, lambda line: (line.entry.actor_id, line.entry.action, line.entry.object_type, line.entry.object_id)
    )
    acts = (Act(repeated[0], len(repeated)) for repeated in (list(group) for _, group in grouped))
    return list(islice(acts, limit))


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """What waits for this person, and where to go from here."""
    user, held = user_of(request), roles_of(request)
    today = timezone.localdate()
    found = sections_of(worklists_for(user, held), today)
    entries = LedgerEntry.objects.filter(actor=user).select_related("actor", "organization", "counterpart")
    context = {
        "waiting": [section for section in found if not section.worklist.asked],
        "asked": [section for section in found if section.worklist.asked],
        "total": sum(section.worklist.total for section in found if not section.worklist.asked),
        "dues": dues_of(found)[:DUE_SHOWN],
        "starts": [start for start in STARTS if start.role in held],
        "recent": acts_of(lines_of(user, entries.order_by("-sequence")[:READ]), RECENT),
        "lately": _lately(user) if Role.AUDITOR in held else [],
        "places": _places(user),
        "today": today,
    }
    return render(request, "home.html", context)


def _lately(user: User) -> list[Act]:
    """What happened last in an auditor's branch."""
    return acts_of(lines_of(user, matching(user, LedgerQuery())[:READ]), LATELY)


def _places(user: User) -> list[tuple[str, list[Membership]]]:
    """The roles of this person by role: the same role in twelve departments is one line."""
    grouped: dict[str, list[Membership]] = {}
    for membership in user.memberships.active().select_related("organization").order_by("role", "organization__code"):
        grouped.setdefault(membership.get_role_display(), []).append(membership)
    return list(grouped.items())
