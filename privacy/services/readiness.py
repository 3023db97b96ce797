"""Whether a distribution may be released from, and on what ground.

`basis_of` gathers everything a release stands on (scan, decisions, protection, subject, grades, content) in one digest. An artefact
keeps the digest it was made under; where today's differs, the artefact is void.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from dataclasses import dataclass

from catalog.datasets.locations import open_source
from catalog.datasets.models import Distribution, SubjectKind
from catalog.messages import gettext_noop
from privacy.detection.mentions import PERSON
from privacy.detection.rules import RuleSet
from privacy.masking.operators import Operator
from privacy.masking.policy import FieldRule, Policy
from privacy.masking.redact import looked_for
from privacy.models import FieldProtection, FieldRole, Finding, Scan, ScanMode
from privacy.risk.rules import shipped_rule_pack
from privacy.services.mentions import last_scan, undecided_mentions
from privacy.services.protections import policy_of
from privacy.services.rules import current_rules
from privacy.services.subjects import is_serial
from privacy.services.unread import read_enough


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that stands in the way of a release: a stable code and a translatable sentence."""

    code: str
    message: str


NO_SCAN = Problem("scan_missing", gettext_noop("The table has not been scanned."))
SCAN_NOT_COMPLETE = Problem("scan_not_complete", gettext_noop("The last scan did not read everything."))
SCAN_SAMPLED = Problem("scan_sampled", gettext_noop("The last scan read only a sample."))
SCAN_OUTDATED = Problem("scan_outdated", gettext_noop("The last scan was made under older rules."))
SOURCE_CHANGED = Problem("source_changed", gettext_noop("The data has changed since the last scan."))
COLUMNS_CHANGED = Problem(
    "columns_changed", gettext_noop("The source has other columns than the record; its steward takes them over first.")
)
SCAN_BEFORE_COLUMNS = Problem(
    "scan_before_columns", gettext_noop("The last scan is older than the columns of the record.")
)
UNDECIDED = Problem("findings_undecided", gettext_noop("Some findings have not been decided."))
MENTIONS_UNDECIDED = Problem(
    "mentions_undecided",
    gettext_noop("A field that stays readable mentions persons in some rows; say what it is, or leave it out."),
)
NO_SUBJECT = Problem("subject_missing", gettext_noop("Nobody has said whom a row is about."))
SUBJECT_IS_SERIAL = Problem(
    "subject_is_serial",
    gettext_noop(
        "The subject differs from row to row while a direct identifier repeats: one person would be counted as several."
    ),
)
NO_QUASI = Problem("quasi_missing", gettext_noop("No quasi-identifier is confirmed, so the risk cannot be measured."))
NOTHING_RELEASED = Problem(
    "protection_missing", gettext_noop("No field has a protection rule, so nothing would be released.")
)
DIRECT_IN_CLEAR = Problem(
    "direct_identifier_in_clear",
    gettext_noop("A field that identifies people directly is protected by keeping it as it is."),
)

# Operators after which nothing of a value can be read.
UNREADABLE = frozenset(
    {Operator.DROP, Operator.NULL, Operator.CONSTANT, Operator.TOKEN, Operator.ENCRYPT, Operator.DICTIONARY}
)


@dataclass(frozen=True, slots=True)
class Basis:
    """What a release from this distribution stands on today."""

    digest: str
    scan_id: int | None
    fingerprint: str
    policy_version: int
    problems: tuple[Problem, ...]


def current_fingerprint(distribution: Distribution) -> str:
    """The content's fingerprint now, read from the source. Raises the source's own errors."""
    with closing(open_source(distribution.source)) as opened:
        return opened.table(distribution.table).fingerprint()


def basis_of(distribution: Distribution, *, fingerprint: str) -> Basis:
    """Gather the basis. `fingerprint` is the content's now (`current_fingerprint`): reading it can take a while."""
    scan = last_scan(distribution)
    findings = list(Finding.objects.filter(distribution=distribution).select_related("field").order_by("field_id"))
    policy, version = policy_of(distribution)
    owner, controller = distribution.dataset.owner, distribution.dataset.controller
    rules = current_rules()
    document = {
        "scan": scan.pk if scan else None,
        "fingerprint": fingerprint,
        "findings": [[f.field_id, f.entity_type, f.role, f.state, f.pending_state] for f in findings],
        "policy": policy.digest(),
        # Other rules may find, forbid or weigh something else on the same bytes.
        "rules": [rules.version, shipped_rule_pack().digest],
        "subject": [distribution.dataset.subject_kind, distribution.subject_field_id],
        # What the gates were judged by: data turned 不予共享 or 核心 since then is not what was assessed.
        "sharing": distribution.dataset.share_type,
        # Whose approvers sign: a signature given for one owner is not the next owner's.
        "holders": [owner.pk if owner else None, controller.pk if controller else None],
        "grades": [list(pair) for pair in distribution.fields.order_by("pk").values_list("pk", "grade")],
    }
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    return Basis(
        digest=digest,
        scan_id=scan.pk if scan else None,
        fingerprint=fingerprint,
        policy_version=version,
        problems=tuple(_problems(distribution, scan, findings, fingerprint, policy, rules)),
    )


def _problems(
    distribution: Distribution,
    scan: Scan | None,
    findings: list[Finding],
    fingerprint: str,
    policy: Policy,
    rules: RuleSet,
) -> list[Problem]:
    found: list[Problem] = []
    if scan is None:
        found.append(NO_SCAN)
    elif scan.mode != ScanMode.FULL:
        found.append(SCAN_SAMPLED)
    elif not read_enough(scan, policy):
        found.append(SCAN_NOT_COMPLETE)
    elif scan.fingerprint != fingerprint:
        found.append(SOURCE_CHANGED)
    elif scan.rules_version != rules.version:
        found.append(SCAN_OUTDATED)
    elif distribution.columns_changed_at is not None and scan.requested_at < distribution.columns_changed_at:
        found.append(SCAN_BEFORE_COLUMNS)
    if distribution.drift_seen_at is not None:
        found.append(COLUMNS_CHANGED)
    if any(finding.state == "proposed" or finding.pending_state for finding in findings):
        found.append(UNDECIDED)
    found += _subject_problems(distribution, findings)
    if not policy.fields:
        found.append(NOTHING_RELEASED)
    readable = {name for name, rule in policy.fields.items() if not _names_nobody(rule)}
    if undecided_mentions(scan, findings, rules=rules) & readable:
        found.append(MENTIONS_UNDECIDED)
    # Refused when the rule is set; but the field may have been taken for something else then.
    if FieldProtection.objects.filter(
        field__distribution=distribution, operator=Operator.KEEP, field__role=FieldRole.DIRECT
    ).exists():
        found.append(DIRECT_IN_CLEAR)
    return found


def _names_nobody(rule: FieldRule) -> bool:
    """Whether nothing can be read of a value, or every person that is mentioned in it is replaced."""
    if rule.operator is Operator.REDACT:
        return PERSON in looked_for(rule.parameters)
    return rule.operator in UNREADABLE


def _subject_problems(distribution: Distribution, findings: list[Finding]) -> list[Problem]:
    """Whom the rows are about, and by what they could be told apart."""
    if distribution.dataset.subject_kind == SubjectKind.NONE:
        undeclared = distribution.dataset.subject_declared_by_id is None
        return [NO_SUBJECT] if undeclared or any(f.role == FieldRole.DIRECT for f in findings) else []
    found = []
    if (subject := distribution.subject_field) is None:
        found.append(NO_SUBJECT)
    elif is_serial(subject, distribution.dataset.subject_kind):
        found.append(SUBJECT_IS_SERIAL)
    if not any(finding.role == FieldRole.QUASI for finding in findings):
        found.append(NO_QUASI)
    return found
