"""Reading a stored assessment: what its rules say about signing, as the services and the API need it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from access.models import Assessment
from catalog.errors import Blocked, DomainError
from catalog.messages import gettext_noop
from privacy.risk.codes import Outcome, SignOff


@dataclass(frozen=True, slots=True)
class DecisionRule:
    """What the assessment asks of a decision."""

    releasable: bool
    privacy_signs: bool
    max_months: int


def verdict_of(assessment: Assessment) -> dict[str, Any]:
    """The verdict in the assessment's record; empty while there is none."""
    return dict(assessment.record.get("result", {}).get("verdict", {}))


def decision_rule_of(assessment: Assessment) -> DecisionRule:
    """Who signs and for how long at most. An assessment without a record is releasable by nobody."""
    verdict = verdict_of(assessment)
    return DecisionRule(
        releasable=verdict.get("outcome") == Outcome.RELEASABLE,
        privacy_signs=SignOff.PRIVACY_OFFICER in verdict.get("sign_offs", []),
        max_months=int(verdict.get("max_months", 0)),
    )


_REFUSALS = {
    Outcome.BLOCKED: gettext_noop("A gate of the assessment has failed, so the release is blocked."),
    Outcome.REFUSED: gettext_noop("The risk is severe; the rules refuse the release."),
    Outcome.TREAT: gettext_noop("The risk is too high as it is: treat the data further and have it assessed again."),
}


def approval_problem(assessment: Assessment) -> DomainError | None:
    """Why nobody may approve on this assessment, or None."""
    outcome = verdict_of(assessment).get("outcome")
    if outcome == Outcome.RELEASABLE:
        return None
    if outcome is None:
        return Blocked(gettext_noop("There is no finished assessment to decide on."), code="not_assessed")
    return Blocked(_REFUSALS[Outcome(outcome)], code=f"risk_{outcome}")
