"""The key of a project: what renewing or destroying it breaks, and the two persons who agree that it is done.

A privacy officer whose organisation's data was asked for in the project asks; another one confirms or refuses. Whoever asked
may take it back. What happens to the key itself is `privacy.services.domains`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from access.key_models import KeyAct, KeyRequest, KeyRequestState
from access.models import Application, Project, Release
from access.workflow import State
from catalog.errors import Blocked, WrongState
from catalog.ledger.services import record
from catalog.messages import gettext_noop
from catalog.people.models import Organization, User
from catalog.people.policies import require
from catalog.reasons import stated_reason
from privacy.models import KeyDomain
from privacy.services.domains import destroy_keys, lock_domain, renew_key, require_usable

# From here on an application has, or is about to have, bytes made under the key it was submitted with.
UNDER_WAY = (State.SUBMITTED, State.ASSESSING, State.DECIDING, State.AWAITING_PAYMENT)


@dataclass(frozen=True, slots=True)
class KeyUse:
    """How much was released under one of the keys that a project has had."""

    number: int
    releases: int


@dataclass(frozen=True, slots=True)
class Consequences:
    """What hangs on a project's key: the releases made so far, to how many recipients, and where copies of the key survive."""

    releases: int
    datasets: int
    recipients: int
    under_way: int
    keys: tuple[KeyUse, ...]
    backups: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """As JSON, to be kept with what was asked."""
        return {**asdict(self), "keys": [asdict(use) for use in self.keys], "backups": list(self.backups)}


def foresee(project: Project) -> Consequences:
    """What renewing or destroying the project's key would touch, as it stands now. Opens no key."""
    releases = list(
        Release.objects.filter(grant__application__project=project).values_list(
            "artefact__manifest__key_fingerprint", "grant__application__distribution__dataset_id"
        )
    )
    domain = KeyDomain.objects.get(pk=project.key_domain_id)
    former = dict(domain.former_keys.values_list("fingerprint", "number"))
    made = Counter(former.get(fingerprint, domain.key_number) for fingerprint, _ in releases)
    recipients = User.objects.filter(grants__application__project=project, grants__release__isnull=False).distinct()
    return Consequences(
        releases=len(releases),
        datasets=len({dataset for _, dataset in releases}),
        recipients=recipients.count(),
        under_way=_under_way(project),
        keys=tuple(KeyUse(number, made[number]) for number in sorted({*former.values(), domain.key_number})),
        backups=tuple(settings.BACKUPS),
    )


def _under_way(project: Project) -> int:
    return Application.objects.filter(project=project, state__in=UNDER_WAY).count()


@transaction.atomic
def ask_key_act(*, actor: User, project: Project, act: KeyAct, reason: str) -> KeyRequest:
    """Ask that the project's key is renewed or destroyed. Nothing happens to it until a second person confirms."""
    require(actor, "key.ask", project)
    reason = stated_reason(reason)
    require_usable(lock_domain(project.key_domain_id))
    if KeyRequest.objects.filter(project=project, state=KeyRequestState.PROPOSED).exists():
        raise Blocked(gettext_noop("Something is asked about this key already; it waits for a decision."), code="asked")
    told = foresee(project)
    request: KeyRequest = KeyRequest.objects.create(
        project=project, act=act, reason=reason, told=told.as_dict(), asked_by=actor
    )
    renews = act == KeyAct.RENEW
    _record(
        actor,
        "key.renewal_asked" if renews else "key.destruction_asked",
        request,
        releases=told.releases,
        recipients=told.recipients,
    )
    return request


@transaction.atomic
def confirm_key_act(*, actor: User, request: KeyRequest) -> KeyRequest:
    """Do what was asked: give the project another key, or destroy every key it has or had. It cannot be taken back."""
    require(actor, "key.decide", request)
    domain = lock_domain(request.project.key_domain_id)
    request = _locked(request)
    require(actor, "key.decide", request)
    require_usable(domain)
    if count := _under_way(request.project):
        raise Blocked(
            gettext_noop(
                "%(count)d applications of this project are under way. Decide on them, or have them withdrawn, first."
            ),
            code="applications_under_way",
            count=count,
        )
    # As it stands now: something may have been released since it was asked.
    told = foresee(request.project)
    match KeyAct(request.act):
        case KeyAct.RENEW:
            renew_key(domain)
        case KeyAct.DESTROY:
            destroy_keys(domain)
    request.told = told.as_dict()
    _decide(request, actor, KeyRequestState.CONFIRMED)
    details: dict[str, Any] = {"releases": told.releases, "recipients": told.recipients, "keys": len(told.keys)}
    if request.act == KeyAct.DESTROY:
        details["backups"] = list(told.backups)
    _record(actor, "key.destroyed" if request.act == KeyAct.DESTROY else "key.renewed", request, **details)
    return request


@transaction.atomic
def refuse_key_act(*, actor: User, request: KeyRequest, reason: str) -> KeyRequest:
    """Leave the key as it is, as the second person."""
    require(actor, "key.decide", request)
    request = _locked(request)
    request.refusal = stated_reason(reason)
    _decide(request, actor, KeyRequestState.REFUSED)
    _record(actor, "key.refused", request)
    return request


@transaction.atomic
def withdraw_key_act(*, actor: User, request: KeyRequest) -> KeyRequest:
    """Take back what one has asked."""
    require(actor, "key.withdraw", request)
    request = _locked(request)
    _decide(request, actor, KeyRequestState.WITHDRAWN)
    _record(actor, "key.withdrawn", request)
    return request


def _locked(request: KeyRequest) -> KeyRequest:
    found: KeyRequest = (
        KeyRequest.objects.select_for_update(of=("self",)).select_related("project__organization").get(pk=request.pk)
    )
    if found.state != KeyRequestState.PROPOSED:
        raise WrongState(state=KeyRequestState(found.state))
    return found


def _decide(request: KeyRequest, actor: User, state: KeyRequestState) -> None:
    request.state, request.decided_by, request.decided_at = state, actor, timezone.now()
    request.save(update_fields=["state", "decided_by", "decided_at", "refusal", "told"])


def providers_of(project: Project) -> Iterable[Organization]:
    """Whose data was asked for in the project."""
    providers: Iterable[Organization] = Organization.objects.filter(
        pk__in=Application.objects.filter(project=project, submitted_at__isnull=False).values(
            "distribution__dataset__provider"
        )
    ).order_by("pk")
    return providers


def _record(actor: User, action: str, request: KeyRequest, **details: Any) -> None:
    """One line for each organisation whose data is in the project: all of them see it in their ledger."""
    project = request.project
    for provider in providers_of(project):
        record(
            actor=actor,
            action=action,
            subject=project,
            organization=provider,
            counterpart=project.organization,
            details={"key_domain": project.key_domain_id, **details},
        )
