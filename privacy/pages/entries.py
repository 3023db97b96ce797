"""Privacy on the frame of every page: its links, its work lists on the first page, and what its entity types are called."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count, Exists, Min, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.jobs.models import JobState
from catalog.pages.navigation import Waiting, Worklist, register_entry, register_worklists
from catalog.pages.wording import register_entity_types
from catalog.people.models import Role, User
from catalog.templatetags.canglang import titled
from privacy.models import Finding, FindingState, Scan, ScanMode
from privacy.pages.scan_report import failure_in_words, is_enough
from privacy.pages.scans import scan_link
from privacy.pages.schedules import stopped_schedules
from privacy.pages.selection import distributions_worked_on
from privacy.pages.words import count, entity_label, told
from privacy.risk.reassessment import months_after
from privacy.risk.rules import shipped_rule_pack
from privacy.services.rules import current_rules

_SHOWN = 5
_DUE_SOON_DAYS = 30

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
        yield stopped_schedules(user)
        yield _scans_to_see_to(user)
        yield _never_scanned(user)
        yield _scans_to_renew(user)
    if Role.PRIVACY_OFFICER in roles:
        yield _unprotected(user)
        yield _asked_colleagues(user)


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
            note=_("Findings: %(number)s") % {"number": count(line["number"])},
        )
        for line in waiting[:_SHOWN]
        if line["distribution"] in known
    ]
    total = sum(line["number"] for line in waiting)
    return Worklist(_("Findings to decide"), items, total, url=reverse("review"), order=21)


def _scans_to_see_to(user: User) -> Worklist:
    """The last scan of a table where it failed or did not read everything that leaves."""
    tables = distributions_worked_on(user, Role.PRIVACY_OFFICER, Role.DATA_STEWARD).order_by().values("pk")
    last = Scan.objects.filter(distribution=OuterRef("distribution")).order_by("-pk").values("pk")[:1]
    scans = (
        Scan.objects.filter(distribution__in=tables, job__state__in=[JobState.FAILED, JobState.INCOMPLETE])
        .filter(pk=Subquery(last))
        .select_related("job", "distribution__dataset")
        .defer("columns", "comparison")
    )
    left = [scan for scan in scans if not is_enough(scan)]
    items = [
        Waiting(
            title=f"{titled(scan.distribution.dataset)} · {scan.distribution.table}",
            url=reverse("scan", args=[scan.pk]),
            kind=scan.job.get_state_display(),
            state=scan.job.state,
            since=scan.job.ended_at,
            note=_why(scan),
        )
        for scan in left[:_SHOWN]
    ]
    return Worklist(_("Scans that did not read everything"), items, len(left), url=reverse("scans"), order=40)


def _why(scan: Scan) -> str:
    """The first reason why a scan did not read everything."""
    if scan.reasons:
        return told(scan.reasons[0]["message"], scan.reasons[0].get("params") or {})
    return failure_in_words(scan.job)


def _scans_to_renew(user: User) -> Worklist:
    """Whole scans that a release cannot stand on any more because the rules are newer, or whose time is over soon.

    House rule: a scan is renewed as often as an assessment.
    """
    tables = distributions_worked_on(user, Role.PRIVACY_OFFICER, Role.DATA_STEWARD).order_by().values("pk")
    months, rules = shipped_rule_pack().limits.reassess_months, current_rules().version
    horizon = timezone.localdate() + timedelta(days=_DUE_SOON_DAYS)
    last = Scan.objects.filter(distribution=OuterRef("distribution")).order_by("-pk").values("pk")[:1]
    scans = (
        Scan.objects.filter(distribution__in=tables, mode=ScanMode.FULL, job__state=JobState.COMPLETE)
        .filter(pk=Subquery(last))
        # A first cut: no month has fewer than 28 days.
        .filter(
            ~Q(rules_version=rules)
            | Q(job__ended_at__lte=timezone.now() - timedelta(days=28 * months - _DUE_SOON_DAYS))
        )
        .select_related("job", "distribution__dataset")
        .defer("columns", "comparison")
        .order_by("job__ended_at")
    )
    due = [(months_after(timezone.localtime(scan.job.ended_at).date(), months), scan) for scan in scans]
    due = [(day, scan) for day, scan in due if day <= horizon or scan.rules_version != rules]
    items = [
        Waiting(
            title=f"{titled(scan.distribution.dataset)} · {scan.distribution.table}",
            url=scan_link(scan.distribution_id),
            kind=_("Scan"),
            since=scan.job.ended_at,
            due=day if day <= horizon else None,
            note=_("made under older rules") if scan.rules_version != rules else "",
        )
        for day, scan in due[:_SHOWN]
    ]
    return Worklist(_("Scans to renew"), items, len(due), url=reverse("scans"), order=43)


def _asked_colleagues(user: User) -> Worklist:
    """What the user said of a finding that check digits prove, and a second person has not said yet."""
    asked = Finding.objects.visible_to(user).filter(pending_by=user).select_related("field", "distribution__dataset")
    items = [
        Waiting(
            title=f"{finding.field.name} · {titled(finding.distribution.dataset)}",
            url=reverse("review-card", args=[finding.pk]),
            kind=_("Second person"),
            note=str(FindingState(finding.pending_state).label),
        )
        for finding in asked.order_by("pk")[:_SHOWN]
    ]
    total = asked.count() if len(items) == _SHOWN else len(items)
    return Worklist(
        _("Findings a second person has to decide"), items, total, url=reverse("review"), order=57, asked=True
    )


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
        .annotate(
            scanned=Subquery(ended),
            unruled=Count("fields", filter=Q(fields__protection__isnull=True, fields__gone_at__isnull=True)),
        )
        .filter(unruled__gt=0)
    )
    items = [
        Waiting(
            title=titled(table.dataset),
            url=reverse("protection", args=[table.pk]),
            kind=_("Protection"),
            since=table.scanned,
            note=_("Columns without a rule: %(number)s") % {"number": table.unruled},
        )
        for table in tables[:_SHOWN]
    ]
    total = tables.count() if len(items) == _SHOWN else len(items)
    return Worklist(_("Protection to set"), items, total, url=reverse("protections"), order=42)


register_worklists(worklists)
