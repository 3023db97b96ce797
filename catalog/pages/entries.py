"""What the catalogue adds to the frame: its links, and what waits for stewards and reviewers on the first page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from catalog.datasets.endings import AGREEING_ROLES, EndingProposal
from catalog.datasets.models import Dataset
from catalog.datasets.visibility import GRADING_ROLES, visible_grade_proposals
from catalog.datasets.work import awaiting_review_by, drafts_of, rights_about_to_end, submitted_by
from catalog.jobs.models import Job
from catalog.ledger.checking import VERIFY_JOB
from catalog.pages.drift import drifted
from catalog.pages.jobs import Kind, Subject, register_kind
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
    register_kind(VERIFY_JOB, Kind(_("Verification"), _verifications))


def _verifications(user: User, jobs: list[Job]) -> Mapping[UUID, Subject]:
    """Each auditor's own: the page shows nobody else's."""
    return {
        job.pk: Subject(str(_("Ledger")), reverse("ledger-verification"), may_cancel=True)
        for job in jobs
        if job.requested_by_id == user.pk
    }


def worklists(user: User, roles: frozenset[str]) -> Iterable[Worklist]:
    """Drafts to finish, records to review, lower grades to decide, rights that a provider wants to end."""
    if Role.DATA_STEWARD in roles:
        yield _of_datasets(_("Drafts to finish"), drafts_of(user), "register-check", order=40, note=_why_returned)
        yield _of_datasets(_("My records under review"), submitted_by(user), "dataset", order=56, asked=True)
        yield _of_rights(user)
        yield drifted(user)
    if roles & {Role.DATA_STEWARD, Role.APPROVER}:
        yield _of_datasets(_("Records waiting for review"), awaiting_review_by(user), "dataset", order=20)
    if roles & set(GRADING_ROLES):
        yield _of_grades(user, asked=False)
        yield _of_grades(user, asked=True)
    if roles & set(AGREEING_ROLES):
        yield _of_endings(user)


def _provider(dataset: Dataset) -> str:
    return named(dataset.provider)


def _why_returned(dataset: Dataset) -> str:
    """What the reviewer wrote; of a draft that nobody has seen yet, whose it is."""
    return dataset.note or _provider(dataset)


def _of_datasets(
    heading: Any,
    datasets: Any,
    address: str,
    *,
    order: int,
    note: Callable[[Dataset], str] = _provider,
    asked: bool = False,
) -> Worklist:
    found = list(datasets.select_related("provider")[:SHOWN])
    items = [
        Waiting(
            title=titled(dataset),
            url=reverse(address, args=[dataset.pk]),
            kind=dataset.get_state_display(),
            since=dataset.changed_at,
            note=note(dataset),
        )
        for dataset in found
    ]
    total = len(found) if len(found) < SHOWN else datasets.count()
    return Worklist(heading, items, total, order=order, asked=asked)


def _of_rights(user: User) -> Worklist:
    """Ownership and control of the user's datasets whose last day is near: nobody could decide on an application after it."""
    rights = rights_about_to_end(user)
    found = list(rights[:SHOWN])
    items = [
        Waiting(
            title=titled(right.dataset),
            url=reverse("dataset-rights", args=[right.dataset_id]),
            kind=right.get_kind_display(),
            due=right.valid_to,
            note=f"{right.get_kind_display()} · {named(right.holder)}",
        )
        for right in found
    ]
    total = len(found) if len(found) < SHOWN else rights.count()
    return Worklist(_("Rights about to end"), items, total, order=36)


def _of_grades(user: User, *, asked: bool) -> Worklist:
    """Lower grades somebody else asked for: accepting one takes a second person. Or those the user `asked` for themselves."""
    proposals = visible_grade_proposals(user).filter(accepted__isnull=True).order_by("pk")
    proposals = proposals.filter(proposed_by=user) if asked else proposals.exclude(proposed_by=user)
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
    total = len(found) if len(found) < SHOWN else proposals.count()
    heading = _("Lower grades I asked for") if asked else _("Lower grades for a second person")
    return Worklist(heading, items, total, order=58 if asked else 30, asked=asked)


def _of_endings(user: User) -> Worklist:
    """Ownership or control of one's organisation that the provider of the data wants to end."""
    proposals = EndingProposal.objects.awaiting(user)
    found = list(proposals[:SHOWN])
    items = [
        Waiting(
            title=titled(proposal.right.dataset),
            url=reverse("dataset-rights", args=[proposal.right.dataset_id]) + "#endings",
            kind=proposal.right.get_kind_display(),
            since=proposal.proposed_at,
            note=named(proposal.right.dataset.provider),
        )
        for proposal in found
    ]
    return Worklist(
        _("Rights of yours that are asked to end"),
        items,
        len(found) if len(found) < SHOWN else proposals.count(),
        order=15,
    )
