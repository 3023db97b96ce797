"""What jobs and lines of the ledger are about: the name and the address of each object, among those the reader may see.

Jobs and ledger entries belong to the catalogue, their objects to every floor: only up here can each be given its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from access.models import Application, Assessment, Offer, Project, Release
from access.pages.words import ASSESSING, PROTECTING, QUESTIONS, READING_SOURCE, SIDES, STATES
from access.services.deciding import ASSESS_JOB
from catalog.datasets.models import Dataset, Source
from catalog.jobs.models import Job
from catalog.pages.jobs import Kind, Subject, register_kind
from catalog.pages.ledger_lines import Named, register_objects, register_words
from catalog.people.models import Role, User
from catalog.people.visibility import administered_organizations, administered_users, visible_organizations
from catalog.templatetags.canglang import named, titled
from config.pages import own_rule_subjects
from privacy.masking.operators import PROPERTIES
from privacy.models import Finding, FindingState, Scan, ScanInterval, ScanMode
from privacy.pages.selection import SCANNING_ROLES, distributions_worked_on
from privacy.pages.words import WORK
from privacy.services.combinations import COMBINATIONS_JOB
from privacy.services.effects import EFFECT_JOB
from privacy.services.scans import SCAN_JOB
from privacy.services.schedules import STOPPED


def register() -> None:
    """Called once, when Django has started."""
    register_kind(SCAN_JOB, Kind(_("Scan"), _scans, WORK))
    register_kind(COMBINATIONS_JOB, Kind(_("Combinations of columns"), _combinations, WORK))
    register_kind(EFFECT_JOB, Kind(_("Effect on the risk"), _effects, WORK))
    assessing = {"fingerprint": READING_SOURCE, "protect": PROTECTING, "assess": ASSESSING}
    register_kind(ASSESS_JOB, Kind(_("Assessment"), _assessments, assessing))
    register_words("mode", dict(ScanMode.choices))
    register_words("side", SIDES)
    register_words("operator", {operator.value: _(what.label) for operator, what in PROPERTIES.items()})
    register_words("state", STATES, of="application")
    register_words("target", QUESTIONS, of="application")
    register_words("reason", {"expired": _("Expired"), "right_ended": _("Usage right ended")}, of="application")
    register_words("reason", {code: _(words) for code, words in STOPPED.items()}, of="dataset")
    register_words("every", dict(ScanInterval.choices))
    register_words("to", dict(FindingState.choices), of="finding")
    for kind, find in _OBJECTS.items():
        register_objects(kind, find)
    own_rule_subjects.register()


# --- what jobs are about ------------------------------------------------------------------------------------------------------


def _scans(user: User, jobs: list[Job]) -> Mapping[UUID, Subject]:
    scans = Scan.objects.visible_to(user).filter(job__in=jobs).select_related("distribution__dataset").defer("columns")
    mine = set(distributions_worked_on(user, *SCANNING_ROLES).filter(scans__job__in=jobs).values_list("pk", flat=True))
    return {
        scan.job_id: Subject(
            titled(scan.distribution.dataset), reverse("scan", args=[scan.pk]), scan.distribution_id in mine
        )
        for scan in scans
    }


def _combinations(user: User, jobs: list[Job]) -> Mapping[UUID, Subject]:
    tables = {job.pk: job.arguments["scan"] for job in jobs}
    seen = Scan.objects.visible_to(user).select_related("distribution__dataset").defer("columns")
    scans = seen.in_bulk(set(tables.values()))
    officer = distributions_worked_on(user, Role.PRIVACY_OFFICER).filter(scans__in=scans).values_list("pk", flat=True)
    mine = set(officer)
    return {
        job_id: Subject(
            titled(scans[pk].distribution.dataset),
            reverse("scan-combinations", args=[pk]),
            scans[pk].distribution_id in mine,
        )
        for job_id, pk in tables.items()
        if pk in scans
    }


def _effects(user: User, jobs: list[Job]) -> Mapping[UUID, Subject]:
    tables = {job.pk: job.arguments["distribution"] for job in jobs}
    seen = distributions_worked_on(user).in_bulk(set(tables.values()))
    mine = set(distributions_worked_on(user, Role.PRIVACY_OFFICER).filter(pk__in=seen).values_list("pk", flat=True))
    return {
        job_id: Subject(titled(seen[pk].dataset), reverse("protection", args=[pk]) + "#effect", pk in mine)
        for job_id, pk in tables.items()
        if pk in seen
    }


def _assessments(user: User, jobs: list[Job]) -> Mapping[UUID, Subject]:
    seen = Application.objects.visible_to(user).values("pk")
    found = Assessment.objects.filter(job__in=jobs, application__in=seen).select_related(
        "application__distribution__dataset"
    )
    return {
        one.job_id: Subject(_application_title(one.application), reverse("application", args=[one.application_id]))
        for one in found
    }


# --- what lines of the ledger are about ---------------------------------------------------------------------------------------


def _application_title(application: Application) -> str:
    return gettext("application %(number)s for %(dataset)s") % {
        "number": application.pk,
        "dataset": titled(application.distribution.dataset),
    }


def _organizations(user: User, ids: set[int]) -> Mapping[int, Named]:
    administered = set(administered_organizations(user).filter(pk__in=ids).values_list("pk", flat=True))
    return {
        one.pk: Named(named(one), reverse("organization", args=[one.pk]) if one.pk in administered else "")
        for one in visible_organizations(user).filter(pk__in=ids)
    }


def _users(user: User, ids: set[int]) -> Mapping[int, Named]:
    """Names are no secret among those who read the ledger: every line has its actor's."""
    administered = set(administered_users(user).filter(pk__in=ids).values_list("pk", flat=True))
    return {
        one.pk: Named(str(one), reverse("administered-account", args=[one.pk]) if one.pk in administered else "")
        for one in User.objects.filter(pk__in=ids)
    }


def _datasets(user: User, ids: set[int]) -> Mapping[int, Named]:
    rows = Dataset.objects.visible_to(user).filter(pk__in=ids)
    return {one.pk: Named(titled(one), reverse("dataset", args=[one.pk])) for one in rows}


def _sources(user: User, ids: set[int]) -> Mapping[int, Named]:
    rows = Source.objects.visible_to(user).filter(pk__in=ids)
    return {one.pk: Named(one.name, reverse("source", args=[one.pk])) for one in rows}


def _scan_objects(user: User, ids: set[int]) -> Mapping[int, Named]:
    rows = Scan.objects.visible_to(user).filter(pk__in=ids).select_related("distribution__dataset").defer("columns")
    return {
        one.pk: Named(
            gettext("the scan of %(dataset)s") % {"dataset": titled(one.distribution.dataset)},
            reverse("scan", args=[one.pk]),
        )
        for one in rows
    }


def _findings(user: User, ids: set[int]) -> Mapping[int, Named]:
    # Also of fields whose column is gone: their history stays, and has no page.
    rows = Finding.ever.visible_to(user).filter(pk__in=ids).select_related("field", "distribution__dataset")
    return {
        one.pk: Named(
            gettext("the finding in “%(field)s” of %(dataset)s")
            % {"field": one.field.label or one.field.name, "dataset": titled(one.distribution.dataset)},
            reverse("column", args=[one.distribution_id, one.field_id]) if one.field.gone_at is None else "",
        )
        for one in rows
    }


def _projects(user: User, ids: set[int]) -> Mapping[int, Named]:
    own = set(Project.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))
    keys = set(Project.objects.with_keys_shown_to(user).filter(pk__in=ids).values_list("pk", flat=True))
    rows = Project.objects.filter(pk__in=own | keys)
    return {
        one.pk: Named(one.name, reverse("project" if one.pk in own else "project-key", args=[one.pk])) for one in rows
    }


def _offers(user: User, ids: set[int]) -> Mapping[int, Named]:
    rows = Offer.objects.visible_to(user).filter(pk__in=ids).select_related("dataset")
    return {
        one.pk: Named(
            gettext("the offer for %(dataset)s") % {"dataset": titled(one.dataset)}, reverse("offer", args=[one.pk])
        )
        for one in rows
    }


def _applications(user: User, ids: set[int]) -> Mapping[int, Named]:
    rows = Application.objects.visible_to(user).filter(pk__in=ids).select_related("distribution__dataset")
    return {one.pk: Named(_application_title(one), reverse("application", args=[one.pk])) for one in rows}


def _releases(user: User, ids: set[int]) -> Mapping[int, Named]:
    rows = (
        Release.objects.visible_to(user).filter(pk__in=ids).select_related("grant__application__distribution__dataset")
    )
    return {
        one.pk: Named(
            gettext("the release of %(dataset)s") % {"dataset": titled(one.grant.application.distribution.dataset)},
            reverse("release", args=[one.pk]),
        )
        for one in rows
    }


_OBJECTS = {
    "organization": _organizations,
    "user": _users,
    "dataset": _datasets,
    "source": _sources,
    "scan": _scan_objects,
    "finding": _findings,
    "project": _projects,
    "offer": _offers,
    "application": _applications,
    "release": _releases,
}
