"""Bringing the findings of a table up to date with a scan: what it proposes, which decisions hold, and which it asks again.

A decision holds in its scope: the field, the type that was found, and the pattern of the values (`privacy.detection.patterns`) that it
was taken on. While a scan says the same it stands; where the scan says something else the finding comes back for review and tells
why; and where a later scan sees again what was decided once, that decision stands again. Not here: deciding (`findings`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from catalog.datasets.models import DataField
from catalog.datasets.services import write_field_verdict
from catalog.ledger.services import record
from privacy.detection.patterns import Aspect, Checksum, Difference, Pattern, differences
from privacy.models import FieldRole, Finding, FindingDecision, FindingState, Scan
from privacy.services.findings import STRICTNESS

_DECIDED: Final = ("state", "entity_type", "role", "reason", "decided_by_id", "decided_at")
_NOBODY_ASKED: Final[Mapping[str, Any]] = {
    "pending_state": "",
    "pending_type": "",
    "pending_role": "",
    "pending_reason": "",
    "pending_by_id": None,
}
_SEEN: Final = (
    *("scan", "likelihood", "score", "counts", "evidence", "other_types", "checksum_proven", "found_type"),
    *("found_role", "pattern", "returned"),
)
_WRITTEN: Final = tuple(name.removesuffix("_id") for name in (*_SEEN, *_DECIDED, *_NOBODY_ASKED))


@dataclass(slots=True)
class _Changes:
    """What a scan does to the findings, gathered so that it is written in few queries."""

    new: list[Finding] = field(default_factory=list)
    changed: list[Finding] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    decisions: list[FindingDecision] = field(default_factory=list)  # those whose pattern is known only now
    returned: list[Finding] = field(default_factory=list)
    restored: list[tuple[Finding, FindingDecision]] = field(default_factory=list)


def update_findings(*, scan: Scan, columns: Sequence[Mapping[str, Any]], thorough: bool) -> frozenset[str]:
    """One finding per registered field in which something is found. Called inside the transaction that ends the scan's job.

    `thorough`: every row was read. A scan that did not read everything only adds: what a thorough one found, or its checksums
    proved, it does not take back. Returns the names of the columns that came back for review.
    """
    fields = {one.name: one for one in DataField.objects.filter(distribution=scan.distribution)}
    locked = Finding.objects.select_for_update(of=("self",)).filter(distribution=scan.distribution)
    findings = {finding.field_id: finding for finding in locked.order_by("pk")}
    decisions: dict[int, list[FindingDecision]] = defaultdict(list)
    for decision in FindingDecision.objects.filter(finding__in=[one.pk for one in findings.values()]).order_by("pk"):
        decisions[decision.finding_id].append(decision)
    changes = _Changes()
    for column in columns:
        if (known := fields.pop(str(column["name"]), None)) is None:
            continue
        finding = findings.get(known.pk)
        seen = _Seen(scan, column, thorough=thorough)
        if finding is not None:
            finding.field = known
            _update(finding, seen, decisions[finding.pk], changes)
        elif seen.is_found:
            changes.new.append(_new_finding(known, seen))
    _write(scan, changes)
    return frozenset(finding.field.name for finding in changes.returned)


def _write(scan: Scan, changes: _Changes) -> None:
    Finding.objects.bulk_create(changes.new)
    if changes.changed:
        Finding.objects.bulk_update(changes.changed, _WRITTEN)
    if changes.gone:
        Finding.objects.filter(pk__in=changes.gone).delete()
    if changes.decisions:
        FindingDecision.objects.bulk_update(changes.decisions, ["pattern"])
    for finding in changes.returned:
        _record(scan, "finding.returned", finding)
    for finding, decision in changes.restored:
        write_field_verdict(field=finding.field, entity_type=decision.entity_type, role=decision.role)
        _record(scan, "finding.restored", finding, decision=decision.pk)


def _record(scan: Scan, action: str, finding: Finding, **details: Any) -> None:
    record(
        actor=scan.requested_by,
        action=action,
        subject=finding,
        organization=scan.distribution.dataset.provider,
        details={
            "field": finding.field_id,
            "entity_type": finding.entity_type,
            "role": finding.role,
            "scan": scan.pk,
            **details,
        },
    )


class _Seen:
    """What a scan says of one column."""

    def __init__(self, scan: Scan, column: Mapping[str, Any], *, thorough: bool) -> None:
        self.scan, self.column, self.thorough = scan, column, thorough
        self.entity_type, self.role = str(column["entity_type"] or ""), FieldRole(column["role"])
        self.pattern = Pattern.of(column)
        self.checksum_proven = bool(column["checksum_proven"])

    @property
    def is_found(self) -> bool:
        """Whether there is anything to decide."""
        return bool(self.entity_type) or self.role != FieldRole.NONE

    def put_on(self, finding: Finding) -> None:
        """The evidence of today, with the version of the rule that found it."""
        finding.scan = self.scan
        finding.likelihood, finding.score = self.column["likelihood"], self.column["score"]
        finding.counts, finding.evidence = self.column["counts"], self.column["evidence"]
        finding.other_types, finding.checksum_proven = self.column["other_types"], self.checksum_proven
        finding.found_type, finding.found_role = self.entity_type, self.role
        version = self.scan.rules.get(self.entity_type) or self.scan.rules_version
        finding.pattern = {**self.pattern.as_dict(), "rule": version}

    def differences_from(self, before: Pattern) -> tuple[Difference, ...]:
        """In what it is another column than `before`."""
        return differences(before, self.pattern, partial=not self.thorough)

    def is_in_scope_of(self, decision: FindingDecision) -> bool:
        """Whether the decision was taken on what is seen now."""
        return bool(decision.pattern) and not self.differences_from(Pattern.from_dict(decision.pattern))


def _new_finding(known: DataField, seen: _Seen) -> Finding:
    finding = Finding(
        distribution=seen.scan.distribution, field=known, entity_type=seen.entity_type, role=seen.role, returned=[]
    )
    seen.put_on(finding)
    return finding


def _update(finding: Finding, seen: _Seen, said: Sequence[FindingDecision], changes: _Changes) -> None:
    decided = [decision for decision in said if not decision.waits]
    if not seen.is_found:
        if seen.thorough and finding.state == FindingState.PROPOSED:
            _settle_unseen(finding, seen, decided, changes)
        return
    if not seen.thorough and STRICTNESS[seen.role] < STRICTNESS[FieldRole(finding.role)]:
        return
    _complete_patterns(finding, said, changes)
    _keep_what_was_read(finding, seen)
    before = _pattern_of(finding)
    by_hand = finding.scan_id is None
    agreed = by_hand and (finding.entity_type, finding.role) == (seen.entity_type, seen.role)
    seen.put_on(finding)
    changes.changed.append(finding)
    if agreed:
        _adopt(finding, decided, changes)
        return
    if finding.pending_state and not any(seen.is_in_scope_of(decision) for decision in said[-1:] if decision.waits):
        _set(finding, _NOBODY_ASKED)  # what waits for a second person was asked of another verdict
    if finding.state == FindingState.PROPOSED:
        _propose_again(finding, seen, decided, changes)
        return
    standing = _standing(finding, seen, decided)
    if standing is None:
        _ask_again(finding, seen, _scope(finding, decided) or before, changes)
    elif any(getattr(finding, name) != getattr(standing, name) for name in _DECIDED):
        _restore(finding, standing, changes)


def _complete_patterns(finding: Finding, said: Iterable[FindingDecision], changes: _Changes) -> None:
    """A decision from before there were patterns was taken on what the last scan saw, as far as that is known."""
    if finding.scan_id is None:
        return
    last = {decision.waits: decision for decision in said}
    for waits, decision in last.items():
        holds = bool(finding.pending_state) if waits else finding.state == decision.state
        if holds and not decision.pattern:
            decision.pattern = finding.pattern or _pattern_of(finding).as_dict()
            changes.decisions.append(decision)


def _keep_what_was_read(finding: Finding, seen: _Seen) -> None:
    """What is seen of the same type by a scan that did not read everything is no new pattern, and does not undo a proof."""
    found = (finding.found_type, finding.found_role)
    if seen.thorough or finding.scan_id is None or found != (seen.entity_type, seen.role):
        return
    before = _pattern_of(finding)
    seen.checksum_proven = seen.checksum_proven or finding.checksum_proven
    seen.pattern = replace(before, checksum=Checksum.PROVEN if seen.checksum_proven else before.checksum)


def _pattern_of(finding: Finding) -> Pattern:
    """The pattern that the finding shows now; of one that was said by hand only what was said."""
    if finding.pattern:
        return Pattern.from_dict(finding.pattern)
    by_hand = finding.scan_id is None
    return Pattern.of(
        {
            "entity_type": finding.entity_type if by_hand else finding.found_type,
            "role": finding.role if by_hand else finding.found_role,
            "counts": finding.counts,
            "evidence": finding.evidence,
            "checksum_proven": finding.checksum_proven,
        }
    )


def _adopt(finding: Finding, decided: Sequence[FindingDecision], changes: _Changes) -> None:
    """The first scan that says what somebody said by hand gives that decision its pattern."""
    if decided and finding.state == decided[-1].state:
        decided[-1].pattern = finding.pattern
        changes.decisions.append(decided[-1])


def _standing(finding: Finding, seen: _Seen, decided: Sequence[FindingDecision]) -> FindingDecision | None:
    """The newest decision that was taken on what is seen now. A part of the table is not enough to go back to another one."""
    in_force = _in_force(finding, decided)
    candidates = reversed(decided) if seen.thorough else filter(None, [in_force])
    return next((decision for decision in candidates if seen.is_in_scope_of(decision)), None)


def _in_force(finding: Finding, decided: Sequence[FindingDecision]) -> FindingDecision | None:
    """The decision whose verdict stands on the field, also while the finding is asked again. It need not be the newest."""
    verdict = (finding.field.entity_type, finding.field.role)
    on_field = (decision for decision in reversed(decided) if (decision.entity_type, decision.role) == verdict)
    return next(on_field, decided[-1] if decided else None)


def _scope(finding: Finding, decided: Sequence[FindingDecision]) -> Pattern | None:
    """What the decision in force was taken on, where that is known."""
    decision = _in_force(finding, decided)
    return Pattern.from_dict(decision.pattern) if decision is not None and decision.pattern else None


def _propose_again(finding: Finding, seen: _Seen, decided: Sequence[FindingDecision], changes: _Changes) -> None:
    """A finding that nobody has decided since it was last proposed."""
    about_the_column = [reason for reason in finding.returned if reason["what"] == Aspect.COLUMN]
    if finding.returned and not about_the_column and seen.thorough and (standing := _standing(finding, seen, decided)):
        _restore(finding, standing, changes)
        return
    if (finding.entity_type, finding.role) != (seen.entity_type, seen.role):
        _set(finding, _NOBODY_ASKED)
    finding.entity_type, finding.role = seen.entity_type, seen.role
    if finding.returned and (scope := _scope(finding, decided)) is not None:
        differs = [difference.as_dict() for difference in seen.differences_from(scope)]
        if differs or seen.thorough:
            finding.returned = about_the_column + differs


def _ask_again(finding: Finding, seen: _Seen, before: Pattern, changes: _Changes) -> None:
    finding.entity_type, finding.role, finding.state = seen.entity_type, seen.role, FindingState.PROPOSED
    finding.decided_by, finding.decided_at = None, None
    finding.returned = [difference.as_dict() for difference in seen.differences_from(before)]
    _set(finding, _NOBODY_ASKED)
    changes.returned.append(finding)


def _restore(finding: Finding, decision: FindingDecision, changes: _Changes) -> None:
    """What is seen now was decided once, and nobody decided otherwise of it."""
    _set(finding, {name: getattr(decision, name) for name in _DECIDED})
    _set(finding, _NOBODY_ASKED)
    finding.returned = []
    changes.restored.append((finding, decision))


def _settle_unseen(finding: Finding, seen: _Seen, decided: Sequence[FindingDecision], changes: _Changes) -> None:
    """An undecided finding of which nothing is there any more. What an officer decided before a scan asked again stands as it did,
    and still stands on the field; what nobody ever decided is gone."""
    decision = _in_force(finding, decided)
    if decision is None:
        changes.gone.append(finding.pk)
        return
    seen.put_on(finding)
    _set(finding, {name: getattr(decision, name) for name in _DECIDED})
    _set(finding, _NOBODY_ASKED)
    finding.returned = []
    changes.changed.append(finding)


def _set(finding: Finding, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(finding, name, value)
