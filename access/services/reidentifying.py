"""Turning pseudonyms back: an officer of the owner asks, a second one agrees, the first is shown the values once.

Only what was made to come back does: format-preserving encryption, well-formed surrogates and reversible encryption, under
the key that the release was made with. A token is one-way, and no list of tokens is kept either. The pseudonyms that are asked
about lie encrypted until the request is over; what they restore to is computed when it is shown, and stored nowhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import pyarrow as pa
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from access.models import Release
from access.reidentification_models import Reidentification, ReidentificationState
from catalog.errors import Blocked, InvalidInput, WrongState
from catalog.ledger.services import record
from catalog.messages import gettext_noop
from catalog.people.models import User
from catalog.people.policies import require
from catalog.reasons import stated_reason
from catalog.rewrapping import SealedColumn, register_sealed_column
from catalog.wrapping import wrapping_key
from privacy.masking.binding import bound_operator
from privacy.masking.canonical import canonical_version
from privacy.masking.keys import DomainKey
from privacy.masking.operators import PROPERTIES, Operator, ReversibleOperator
from privacy.services.domains import lock_domain, open_domain

RESTORABLE = frozenset({Operator.FF1, Operator.SURROGATE, Operator.ENCRYPT})
_LONGEST_VALUE = 2000


def _context(row: Reidentification) -> bytes:
    return b"canglang pseudonyms to restore\x00" + str(row.binding).encode()


register_sealed_column(SealedColumn("pseudonyms", Reidentification.objects.all, "sealed_values", _context))


@dataclass(frozen=True, slots=True)
class Restored:
    """A pseudonym and what it was made of; None where it cannot have been made in this column of this release."""

    pseudonym: str
    value: str | None


@dataclass(frozen=True, slots=True)
class RestorableColumn:
    """A column of a release that comes back, as its manifest describes it. `proves`: whether what does not belong to the release
    is told from what does (format-preserving encryption turns any value of the form into another)."""

    name: str
    operator: Operator
    parameters: dict[str, object]
    entity_type: str | None
    canonical_version: int | None

    @property
    def proves(self) -> bool:
        return self.operator is Operator.ENCRYPT

    def bound(self, keys: DomainKey) -> ReversibleOperator:
        """The operator as it was when the release was made."""
        if self.canonical_version not in (None, canonical_version(self.entity_type)):
            raise Blocked(
                gettext_noop(
                    "This release was made under an earlier canonical form, which this version does not read."
                ),
                code="canonical_form_changed",
            )
        made = bound_operator(self.operator, self.parameters, self.entity_type, keys, field=self.name)
        return cast(ReversibleOperator, made)


def restorable_columns(release: Release) -> tuple[RestorableColumn, ...]:
    """The columns of a release that can be turned back, in their order."""
    found = []
    for column in release.artefact.manifest.get("columns", []):
        operator = Operator(column["operator"])
        if operator in RESTORABLE and PROPERTIES[operator].available:
            found.append(
                RestorableColumn(
                    name=column["name"],
                    operator=operator,
                    parameters=dict(column["parameters"]),
                    entity_type=column["entity_type"],
                    canonical_version=column["canonical_version"],
                )
            )
    return tuple(found)


@transaction.atomic
def request_reidentification(
    *, actor: User, release: Release, field: str, values: Sequence[str], reason: str
) -> Reidentification:
    """Ask that pseudonyms of one column of a release are turned back. A second officer has to agree."""
    require(actor, "reidentification.ask", release)
    column = _column(release, field)
    reason = stated_reason(reason)
    given = _given(values)
    # A key that is gone, or a form that is no more, is said now and not after somebody has agreed.
    column.bound(_keys(release))
    row = Reidentification(
        release=release,
        field=column.name,
        reason=reason,
        count=len(given),
        asked_by=actor,
        expires_at=timezone.now() + timedelta(hours=settings.REIDENTIFY_HOURS),
    )
    row.sealed_values = wrapping_key().wrap(json.dumps(given).encode(), context=_context(row))
    row.save()
    _record(actor, "reidentification.asked", row, operator=column.operator.value)
    return row


@transaction.atomic
def approve_reidentification(*, actor: User, request: Reidentification) -> Reidentification:
    """Agree, as the second person. The values are shown to whoever asked, once."""
    require(actor, "reidentification.decide", request)
    row = _locked(request, ReidentificationState.PROPOSED)
    _decide(row, actor, ReidentificationState.APPROVED)
    _record(actor, "reidentification.approved", row)
    return row


@transaction.atomic
def refuse_reidentification(*, actor: User, request: Reidentification, reason: str) -> Reidentification:
    """Refuse, as the second person. The pseudonyms are deleted."""
    require(actor, "reidentification.decide", request)
    row = _locked(request, ReidentificationState.PROPOSED)
    row.refusal = stated_reason(reason)
    row.sealed_values = b""
    _decide(row, actor, ReidentificationState.REFUSED)
    _record(actor, "reidentification.refused", row)
    return row


@transaction.atomic
def show_reidentification(*, actor: User, request: Reidentification) -> tuple[Reidentification, tuple[Restored, ...]]:
    """Restore and hand over, once, to whoever asked. What is handed over is stored nowhere, and the pseudonyms are deleted."""
    require(actor, "reidentification.show", request)
    row = _locked(request, ReidentificationState.APPROVED)
    release = Release.objects.select_related("artefact", "grant__application__project").get(pk=row.release_id)
    require(actor, "reidentification.ask", release)  # still an officer of the owner
    # Held to the end: a key that is destroyed meanwhile is not used any more afterwards.
    lock_domain(release.grant.application.project.key_domain_id)
    column = _column(release, row.field)
    given: list[str] = json.loads(wrapping_key().unwrap(bytes(row.sealed_values), context=_context(row)))
    made = column.bound(_keys(release)).restore(pa.array(given, type=pa.string())).values.to_pylist()
    restored = tuple(
        Restored(one, None if value is None else str(value)) for one, value in zip(given, made, strict=True)
    )
    row.restored = sum(item.value is not None for item in restored)
    row.state, row.shown_at, row.sealed_values = ReidentificationState.SHOWN, timezone.now(), b""
    row.save(update_fields=["restored", "state", "shown_at", "sealed_values"])
    _record(actor, "reidentification.shown", row, found=row.restored)
    return row, restored


def expire_reidentifications() -> int:
    """Delete the pseudonyms of requests whose time is over. Run by the relay now and then; returns how many there were."""
    overdue = list(Reidentification.objects.overdue().values_list("pk", flat=True))
    for pk in overdue:
        with transaction.atomic():
            row = Reidentification.objects.select_for_update().overdue().filter(pk=pk).first()
            if row is None:
                continue
            row.state, row.sealed_values = ReidentificationState.EXPIRED, b""
            row.save(update_fields=["state", "sealed_values"])
            _record(None, "reidentification.expired", row)
    return len(overdue)


def _column(release: Release, field: str) -> RestorableColumn:
    for column in restorable_columns(release):
        if column.name == field:
            return column
    operators = {item["name"]: item["operator"] for item in release.artefact.manifest.get("columns", [])}
    message = gettext_noop("This release has no such column.")
    if field in operators:
        message = gettext_noop("Nothing brings this column's values back: what was done to them is one-way.")
    if operators.get(field) == Operator.TOKEN:
        message = gettext_noop("A token is one-way: no key brings the value back, and no list of tokens is kept.")
    raise InvalidInput(fields={"field": [message]}, code="not_restorable")


def _keys(release: Release) -> DomainKey:
    fingerprint = release.artefact.manifest["key_fingerprint"]
    return open_domain(release.grant.application.project.key_domain, fingerprint=fingerprint)


def _given(values: Iterable[str]) -> list[str]:
    given = list(dict.fromkeys(text for value in values if (text := value.strip())))
    most = settings.REIDENTIFY_MAX_VALUES
    if not given or len(given) > most:
        raise InvalidInput(
            gettext_noop("Give between 1 and %(most)d pseudonyms, one a line."), code="too_many_values", most=most
        )
    if any(len(value) > _LONGEST_VALUE for value in given):
        raise InvalidInput(fields={"values": [gettext_noop("A pseudonym is not that long.")]})
    return given


def _locked(request: Reidentification, state: ReidentificationState) -> Reidentification:
    row: Reidentification = Reidentification.objects.select_for_update().get(pk=request.pk)
    if row.state != state:
        raise WrongState(state=ReidentificationState(row.state))
    if row.expires_at <= timezone.now():
        raise WrongState(state=ReidentificationState.EXPIRED)
    return row


def _decide(row: Reidentification, actor: User, state: ReidentificationState) -> None:
    row.state, row.decided_by, row.decided_at = state, actor, timezone.now()
    row.save(update_fields=["state", "decided_by", "decided_at", "refusal", "sealed_values"])


def _record(actor: User | None, action: str, row: Reidentification, **details: Any) -> None:
    grant = row.release.grant
    record(
        actor=actor,
        action=action,
        subject=row.release,
        organization=grant.application.distribution.dataset.owner,
        counterpart=grant.organization,
        details={"pseudonyms": row.count, **details},
    )
