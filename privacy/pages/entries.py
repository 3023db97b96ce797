"""Privacy on the frame of every page: its links, its work lists on the first page, and what its entity types are called."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Exists, Min, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.jobs.models import JobState
from catalog.pages.navigation import Waiting, Worklist, register_entry, register_worklists
from catalog.pages.wording import register_entity_types
from catalog.people.models import Role, User
from catalog.templatetags.canglang import titled
from privacy.models import Finding, Scan
from privacy.pages.scans import scan_link
from privacy.pages.selection import distributions_worked_on
from privacy.pages.words import count, entity_label

_SHOWN = 5

register_entity_types(entity_label)
register_entry("scans", gettext_lazy("Scans"), "upc-scan", roles=(Role.PRIVACY_OFFICER, Role.DATA_STEWARD), order=30)
register_entry("review", gettext_lazy("Review"), "clipboard2-check", roles=(Role.PRIVACY_OFFICER,), order=31)
register_entry("protections", gettext_lazy("Protection"), "shield-lock", roles=(Role.PRIVACY_OFFICER,), order=32)
register_entry(
    "rules",
    gettext_lazy("Rules"),
    "book",
    roles=(Role.PRIVACY_OFFICER, Role.APPROVER, Role.AUDITOR, Role.ADMINISTRATOR),
    order=80,
)


def worklists(user: User, roles: frozenset[str]) -> Iterator[Worklist]:
    """What waits for an officer; for a steward what concerns their tables' scans."""
    if Role.PRIVACY_OFFICER in roles:
        yield _second_person(user)
        yield _to_review(user)
    if roles & {Role.PRIVACY_OFFICER, Role.DATA_STEWARD}:
        yield _scans_to_see_to(user)
        yield _never_scanned(user)
    if Role.PRIVACY_OFFICER in roles:
        yield _unprotected(user)


def _second_person(user: User) -> Worklist:
    tables = distributions_worked_on(user, Role.PRIVACY_OFFICER).order_by().values("pk")
    asked = (
        Finding.objects.filter(distribution__in=tables)
        .exclude(pending_state="")
        .exclude(pending_by=user)
        .select_related("field", "distribution__dataset", "pending_by")
        .order_by("pk")
    )
    items = [
        Waiting(
            title=f"{finding.field.name} · {titled(finding.distribution.dataset)}",
            url=reverse("review-card", args=[finding.pk]),
            kind=_("Second person"),
            note=_("%(person)s asked") % {"person": finding.pending_by},
        )
        for finding in asked[:_SHOWN]
    ]
    total = asked.count() if len(items) == _SHOWN else len(items)
    return Worklist(_("A second person is needed"), items, total, url=reverse("review"), order=20)


def _to_review(user: User) -> Worklist:
    tables = distributions_worked_on(user, Role.PRIVACY_OFFICER)
    waiting = list(
        Finding.objects.filter(distribution__in=tables.order_by().values("pk"), pending_state="")
        .awaiting_review()
        .values("distribution")
        .annotate(number=Count("pk"), oldest=Min("scan__job__ended_at"))
        .order_by("oldest", "distribution")
    )
    known = tables.in_bulk([line["distribution"] for line in waiting[:_SHOWN]])
    items = [
        Waiting(
            title=titled(known[line["distribution"]].dataset),
            url=reverse("review-next", args=[line["distribution"]]),
            kind=_("Review"),
            since=line["oldest"],
            note=_("%(number)s findings") % {"number": count(line["number"])},
        )
        for line in waiting[:_SHOWN]
        if line["distribution"] in known
    ]
    total = sum(line["number"] for line in waiting)
    return Worklist(_("Findings to decide"), items, total, url=reverse("review"), order=21)


def _scans_to_see_to(user: User) -> Worklist:
    """The last scan of a table where it failed or did not read everything."""
    tables = distributions_worked_on(user, Role.PRIVACY_OFFICER, Role.DATA_STEWARD).order_by().values("pk")
    last = Scan.objects.filter(distribution=OuterRef("distribution")).order_by("-pk").values("pk")[:1]
    scans = (
        Scan.objects.filter(distribution__in=tables, job__state__in=[JobState.FAILED, JobState.INCOMPLETE])
        .filter(pk=Subquery(last))
        .select_related("job", "distribution__dataset")
        .defer("columns")
    )
    items = [
        Waiting(
            title=f"{titled(scan.distribution.dataset)} · {scan.distribution.table}",
            url=reverse("scan", args=[scan.pk]),
            kind=scan.job.get_state_display(),
            since=scan.job.ended_at,
            note=scan.job.get_state_display(),
        )
        for scan in scans[:_SHOWN]
    ]
    total = scans.count() if len(items) == _SHOWN else len(items)
    return Worklist(_("Scans that did not read everything"), items, total, url=reverse("scans"), order=40)


def _never_scanned(user: User) -> Worklist:
    tables = distributions_worked_on(user, Role.PRIVACY_OFFICER, Role.DATA_STEWARD).filter(
        ~Exists(Scan.objects.filter(distribution=OuterRef("pk")))
    )
    items = [
        Waiting(
            title=titled(table.dataset),
            url=scan_link(table.pk),
            kind=_("Scan"),
            since=table.created_at,
            note=table.table,
        )
        for table in tables[:_SHOWN]
    ]
    total = tables.count() if len(items) == _SHOWN else len(items)
    return Worklist(_("Never scanned"), items, total, url=reverse("scans"), order=41)


def _unprotected(user: User) -> Worklist:
    """Scanned whole and decided, but columns are left without a rule: none of them would leave."""
    undecided = Finding.objects.filter(distribution=OuterRef("pk")).awaiting_review()
    whole = Scan.objects.filter(distribution=OuterRef("pk"), mode="full", job__state=JobState.COMPLETE)
    ended = whole.order_by("-pk").values("job__ended_at")[:1]
    tables = (
        distributions_worked_on(user, Role.PRIVACY_OFFICER)
        .filter(Exists(whole), ~Exists(undecided))
        .annotate(scanned=Subquery(ended), unruled=Count("fields", filter=Q(fields__protection__isnull=True)))
        .filter(unruled__gt=0)
    )
    items = [
        Waiting(
            title=titled(table.dataset),
            url=reverse("protection", args=[table.pk]),
            kind=_("Protection"),
            since=table.scanned,
            note=_("%(number)s columns without a rule") % {"number": table.unruled},
        )
        for table in tables[:_SHOWN]
    ]
    total = tables.count() if len(items) == _SHOWN else len(items)
    return Worklist(_("Protection to set"), items, total, url=reverse("protections"), order=42)


register_worklists(worklists)
