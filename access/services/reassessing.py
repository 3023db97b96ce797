"""Whether an assessment still holds: what changed since it was made, and which grants have to be assessed again.

The rule is `privacy.risk.reassessment`; here is only where its inputs come from. What a grant stands on is the scan its assessment
names; what is so now is the last whole scan of the same table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from access.models import Application, Assessment, Grant, Superseded
from catalog.jobs.models import JobState
from privacy.masking.policy import Policy
from privacy.models import Scan, ScanMode
from privacy.risk.codes import Reassessment
from privacy.risk.reassessment import AssessmentBasis, months_after, reasons_to_reassess
from privacy.risk.rules import shipped_rule_pack
from privacy.services.protections import policy_of
from privacy.services.readiness import Basis


@dataclass(frozen=True, slots=True)
class Standing:
    """How the assessment of a grant stands today: why it has to be made again, and by which day it has to be in any case."""

    reasons: tuple[Reassessment, ...]
    due_on: date

    @property
    def is_due(self) -> bool:
        return bool(self.reasons)

    def is_due_within(self, days: int) -> bool:
        """Whether its time is over, or will be in so many days."""
        return self.due_on <= timezone.localdate() + timedelta(days=days)


def standing_of(grant: Grant) -> Standing | None:
    """The standing of one grant; None for one that is not in force."""
    return standings_of([grant]).get(grant.pk)


def standings_of(grants: Iterable[Grant]) -> dict[int, Standing]:
    """The standing of each grant that is in force, by its id. Three queries, however many grants.

    New overlaps with other data and incidents ask for an assessment too, but nobody records them yet.
    """
    in_force = [grant for grant in grants if grant.in_force]
    if not in_force:
        return {}
    made = {row["artefact__release__grant"]: row for row in _assessments(in_force)}
    last = _last_whole_scans({grant.application.distribution_id for grant in in_force})
    pairs = {
        grant.pk: (_scan_id(made[grant.pk]), last.get(grant.application.distribution_id))
        for grant in in_force
        if grant.pk in made
    }
    # Where the scan is still the same there is nothing to compare.
    scans = Scan.objects.only("rows", "columns").in_bulk(
        {pk for then, now in pairs.values() if then != now for pk in (then, now) if pk is not None}
    )
    return {pk: _standing(made[pk], scans.get(then), scans.get(now)) for pk, (then, now) in pairs.items()}


def _assessments(grants: list[Grant]) -> Any:
    """What is needed of the records, not the records themselves: they are long."""
    return Assessment.objects.filter(artefact__release__grant__in=grants).values(
        "artefact__release__grant",
        "record__assessed_on",
        "record__rules__sha256",
        "record__inputs__hashes__scan",
    )


def _last_whole_scans(distributions: set[int]) -> dict[int, int]:
    whole = Scan.objects.filter(distribution__in=distributions, mode=ScanMode.FULL, job__state=JobState.COMPLETE)
    newest = whole.filter(distribution=OuterRef("distribution")).order_by("-pk").values("pk")[:1]
    return dict(whole.filter(pk=Subquery(newest)).values_list("distribution_id", "pk"))


def _scan_id(row: dict[str, Any]) -> int | None:
    number = str(row["record__inputs__hashes__scan"]).removeprefix("scan:")
    return int(number) if number.isdigit() else None


def _standing(row: dict[str, Any], then: Scan | None, now: Scan | None) -> Standing:
    pack, assessed_on = shipped_rule_pack(), date.fromisoformat(row["record__assessed_on"])
    before = _basis(then or now, str(row["record__rules__sha256"]))
    after = _basis(now or then, pack.digest)
    reasons = reasons_to_reassess(before, after, assessed_on=assessed_on, today=timezone.localdate(), pack=pack)
    return Standing(reasons, months_after(assessed_on, pack.limits.reassess_months))


def _basis(scan: Scan | None, rules: str) -> AssessmentBasis:
    """A granted application keeps its purpose."""
    names = [str(column["name"]) for column in scan.columns] if scan else []
    return AssessmentBasis(
        schema="\n".join(names), purpose="", rows=(scan.rows or 0) if scan else 0, rules_digest=rules
    )


def what_changed(application: Application, assessment: Assessment, basis: Basis) -> Superseded:
    """What of the ground of an assessment is another one now, the weightiest first."""
    hashes = assessment.inputs.get("hashes", {})
    if hashes.get("source") != basis.fingerprint:
        return Superseded.DATA
    asked = set(application.fields.values_list("name", flat=True))
    rules = policy_of(application.distribution)[0].fields
    if hashes.get("policy") != Policy(fields={name: rule for name, rule in rules.items() if name in asked}).digest():
        return Superseded.PROTECTION
    return Superseded.GROUND if hashes.get("scan") == f"scan:{basis.scan_id}" else Superseded.SCAN
