"""What becomes of the decisions on a field when its column is another one: one that changed its type, or came back after it was gone.

What an officer said was said of other values. The finding asks again; the verdict on the field stands until it is answered.
"""

from __future__ import annotations

from catalog.datasets.drift import DRIFT_FOLLOWERS
from catalog.datasets.models import Distribution
from privacy.detection.patterns import Aspect, Difference
from privacy.models import Finding, FindingState

# Why it came back, as `privacy.detection.patterns` says it of the values.
BY_THE_COLUMN = Difference(Aspect.COLUMN, None, None).as_dict()


def ask_again(distribution: Distribution, names: frozenset[str]) -> None:
    """Called by the catalogue, inside its act: have the findings of these columns decided anew."""
    findings = Finding.ever.select_for_update(of=("self",)).filter(distribution=distribution, field__name__in=names)
    for finding in findings.order_by("pk"):
        if finding.state != FindingState.PROPOSED or finding.returned:
            finding.returned = [BY_THE_COLUMN, *(reason for reason in finding.returned if reason != BY_THE_COLUMN)]
        finding.state, finding.decided_by, finding.decided_at = FindingState.PROPOSED, None, None
        # What waits for a second person was asked of the column as it was.
        finding.pending_state = finding.pending_type = finding.pending_role = finding.pending_reason = ""
        finding.pending_by = None
        finding.save(
            update_fields=[
                "state",
                "decided_by",
                "decided_at",
                "pending_state",
                "pending_type",
                "pending_role",
                "pending_reason",
                "pending_by",
                "returned",
            ]
        )


DRIFT_FOLLOWERS.append(ask_again)
