"""What the last scan saw in a few cells of a field, too few to say that the field is of that kind: a name in one remark of a thousand.

It makes no finding, for a model that reads a hundred thousand texts is wrong in some; but it is no clean field either. Until an
officer has said what the field is (confirming, correcting, rejecting or declaring), it is not released readable.
"""

from __future__ import annotations

from collections.abc import Iterable

from catalog.datasets.models import Distribution
from catalog.jobs.models import JobState
from privacy.detection.model import FieldRole
from privacy.detection.rules import RuleSet
from privacy.models import Finding, Scan
from privacy.services.rules import current_rules


def last_scan(distribution: Distribution) -> Scan | None:
    """The scan that counts: the newest that ended by itself, whatever it came to."""
    ended = [JobState.COMPLETE, JobState.INCOMPLETE, JobState.FAILED]
    scans = Scan.objects.filter(distribution=distribution, job__state__in=ended).select_related("job")
    found: Scan | None = scans.order_by("-id").first()
    return found


def undecided_mentions(
    scan: Scan | None, findings: Iterable[Finding], *, rules: RuleSet | None = None
) -> frozenset[str]:
    """Names of the columns in which `scan` saw something personal, and of which no finding says anything.

    `rules`: the pack in force, where the caller has asked for it already.
    """
    settled = {finding.field.name for finding in findings}
    columns = scan.columns if scan is not None else []
    entities = (rules or current_rules()).entities

    def personal(entity_type: str) -> bool:
        """An organisation that a text names tells nothing about anybody; a type that the pack does not know may."""
        rule = entities.get(entity_type)
        return rule is None or rule.pipl != "not_personal" or rule.role is FieldRole.DIRECT

    return frozenset(
        column["name"]
        for column in columns
        if column["name"] not in settled and any(personal(other["entity_type"]) for other in column["other_types"])
    )
