"""What the frame of every page shows: where this person can go, and what waits for them.

Apps register their entries and their work lists when Django starts, so that the catalogue's frame needs to know no higher floor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from catalog.people.models import Membership, Role, User


@dataclass(frozen=True, slots=True)
class Entry:
    """One link of the main navigation. Without roles everybody has it. `icon` is a name of the icon font."""

    url_name: str
    label: Any
    icon: str
    roles: frozenset[Role]
    order: int

    @property
    def url(self) -> str:
        return reverse(self.url_name)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits for this person: what, where to do it, of which kind in a word, since when, until when, and how much.

    `state` is a code where the kind is the state it is in, for the colour beside the word.
    """

    title: str
    url: str
    kind: Any
    state: str = ""
    since: datetime | None = None
    due: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Worklist:
    """A list on the home page: its heading, its items (the first few) and how many there are in all."""

    heading: Any
    items: list[Waiting]
    total: int
    url: str = ""
    order: int = 50
    # Not what waits for this person, but what they asked for and where it stands.
    asked: bool = False


_entries: list[Entry] = []
_worklists: list[Callable[[User, frozenset[str]], Iterable[Worklist]]] = []


def register_entry(url_name: str, label: Any, icon: str, *, roles: Iterable[Role] = (), order: int = 50) -> None:
    """Add a link to the main navigation."""
    _entries.append(Entry(url_name, label, icon, frozenset(roles), order))


def register_worklists(find: Callable[[User, frozenset[str]], Iterable[Worklist]]) -> None:
    """Add work lists to the home page. `find` gets the user and the roles they hold anywhere."""
    _worklists.append(find)


def roles_of(request: HttpRequest) -> frozenset[str]:
    """The roles the reader holds anywhere today; asked once a request."""
    known: frozenset[str] | None = getattr(request, "_roles", None)
    if known is None:
        known = frozenset()
        if request.user.is_authenticated:
            held = Membership.objects.active().filter(user=request.user)
            known = frozenset(held.values_list("role", flat=True).distinct())
        request._roles = known  # type: ignore[attr-defined]
    return known


def worklists_for(user: User, roles: frozenset[str]) -> list[Worklist]:
    """Every list that has something in it, in the order registered."""
    found = [worklist for find in _worklists for worklist in find(user, roles) if worklist.total]
    return sorted(found, key=lambda worklist: worklist.order)


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context of every page."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    held = roles_of(request)
    entries = [
        entry for entry in sorted(_entries, key=lambda entry: entry.order) if not entry.roles or entry.roles & held
    ]
    return {"navigation": entries, "held_roles": held}
