"""What the catalogue adds to the frame: its links, and what waits for stewards and reviewers on the first page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from catalog.datasets.visibility import GRADING_ROLES, visible_grade_proposals
from catalog.datasets.work import awaiting_review_by, drafts_of
from catalog.pages.navigation import Waiting, Worklist, register_entry, register_worklists
from catalog.pages.wording import code_word
from catalog.people.models import Role, User
from catalog.templatetags.canglang import named, titled

SHOWN = 5


def register() -> None:
    """Called once, when Django has started."""
    register_entry("catalogue", _("Catalogue"), "search", order=10)
    register_entry("register", _("Register"), "plus-square", roles=[Role.DATA_STEWARD], order=20)
    register_entry("sources", _("Sources"), "hdd-stack", roles=[Role.DATA_STEWARD, Role.PRIVACY_OFFICER], order=25)
    register_worklists(worklists)


def worklists(user: User, roles: frozenset[str]) -> Iterable[Worklist]:
    """Drafts to finish, records to review, lower grades to decide."""
    if Role.DATA_STEWARD in roles:
        yield _of_datasets(_("Drafts to finish"), drafts_of(user), "register-check", order=40)
    if roles & {Role.DATA_STEWARD, Role.APPROVER}:
        yield _of_datasets(_("Records waiting for review"), awaiting_review_by(user), "dataset", order=20)
    if roles & set(GRADING_ROLES):
        yield _of_grades(user)


def _of_datasets(heading: Any, datasets: Any, address: str, *, order: int) -> Worklist:
    found = list(datasets.select_related("provider")[:SHOWN])
    items = [
        Waiting(
            title=titled(dataset),
            url=reverse(address, args=[dataset.pk]),
            kind=dataset.get_state_display(),
            since=dataset.changed_at,
            note=named(dataset.provider),
        )
        for dataset in found
    ]
    total = len(found) if len(found) < SHOWN else datasets.count()
    return Worklist(heading, items, total, order=order)


def _of_grades(user: User) -> Worklist:
    """Lower grades somebody else asked for: accepting one takes a second person."""
    proposals = visible_grade_proposals(user).filter(accepted__isnull=True).exclude(proposed_by=user).order_by("pk")
    found = list(proposals[:SHOWN])
    items = [
        Waiting(
            title=f"{titled(proposal.field.distribution.dataset)} · {proposal.field.label or proposal.field.name}",
            url=reverse("dataset", args=[proposal.field.distribution.dataset_id]) + "#grades",
            kind=_("Lower grade"),
            since=proposal.proposed_at,
            note=f"{code_word(proposal.field.grade)} → {code_word(proposal.grade)}",
        )
        for proposal in found
    ]
    return Worklist(
        _("Lower grades for a second person"), items, len(found) if len(found) < SHOWN else proposals.count(), order=30
    )
