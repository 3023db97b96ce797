"""What a release still needs, as a checklist: the problems of `privacy.services.readiness`, each with the place where it is solved.

The content's fingerprint is the stored one: reading the source is for whoever stages a release.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.datasets.models import Distribution, SubjectKind
from privacy.pages.scans import scan_link
from privacy.services.readiness import Basis, basis_of

_CHECKS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    (
        "scan",
        _("Every row is scanned"),
        (
            "scan_missing",
            "scan_not_complete",
            "scan_sampled",
            "scan_outdated",
            "source_changed",
            "scan_before_columns",
        ),
    ),
    ("columns", _("The columns are those of the record"), ("columns_changed",)),
    ("findings", _("Every finding is decided"), ("findings_undecided",)),
    ("mentions", _("Fields that mention somebody in some rows are settled"), ("mentions_undecided",)),
    ("subject", _("It is said whom a row is about"), ("subject_missing", "subject_is_serial")),
    ("quasi", _("Quasi-identifiers are confirmed"), ("quasi_missing",)),
    ("rules", _("Fields are protected"), ("protection_missing",)),
    ("clear", _("No identifier leaves as it is"), ("direct_identifier_in_clear",)),
)


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the list. `problem` is empty where it is done."""

    code: str
    title: str
    problem: str
    url: str
    action: str

    @property
    def done(self) -> bool:
        return not self.problem


@dataclass(frozen=True, slots=True)
class Readiness:
    """The list, and whether nothing is missing."""

    checks: tuple[Check, ...]
    version: int

    @property
    def ready(self) -> bool:
        return all(check.done for check in self.checks)

    @property
    def open(self) -> list[Check]:
        """What is still to be done."""
        return [check for check in self.checks if not check.done]


def readiness_of(distribution: Distribution) -> Readiness:
    """The checklist of a table as it stands."""
    basis = basis_of(distribution, fingerprint=distribution.fingerprint)
    about_nobody = distribution.dataset.subject_kind == SubjectKind.NONE
    checks = [
        _check(distribution, basis, code, str(title), codes)
        for code, title, codes in _CHECKS
        if not (code == "quasi" and about_nobody)
    ]
    known = {code for _check_code, _title, codes in _CHECKS for code in codes}
    others = [
        Check(item.code, gettext(item.message), gettext(item.message), reverse("findings", args=[distribution.pk]), "")
        for item in basis.problems
        if item.code not in known
    ]
    return Readiness((*checks, *others), basis.policy_version)


def _check(distribution: Distribution, basis: Basis, code: str, title: str, codes: tuple[str, ...]) -> Check:
    problem = next((item for item in basis.problems if item.code in codes), None)
    if problem is None:
        return Check(code, title, "", "", "")
    pk = distribution.pk
    places = {
        "scan": (scan_link(pk), gettext("Scan it")),
        "scan_not_complete": (reverse("scan", args=[basis.scan_id or 0]), gettext("See why")),
        "columns": (reverse("distribution-columns", args=[pk]), gettext("See what changed")),
        "findings": (reverse("review-next", args=[pk]), gettext("Review them")),
        "mentions": (reverse("findings", args=[pk]), gettext("See the findings")),
        "quasi": (reverse("findings", args=[pk]), gettext("See the findings")),
        "subject": (reverse("protection", args=[pk]) + "#subject", gettext("Say it")),
    }
    rules = (reverse("protection", args=[pk]) + "#rules", gettext("See the rules"))
    url, action = places.get(problem.code) or places.get(code) or rules
    return Check(code, title, gettext(problem.message), url, action)
