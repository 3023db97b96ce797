"""Every action on an application, through one door: `perform` reads the table, checks side, version and state, acts.

Submitting and deciding first read the source's fingerprint, outside the transaction (it can take a while); inside it the
basis is compared with the artefact's. Where they differ the artefact is deleted and a new assessment asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from access.models import Application, Assessment, Decision, Grant, Order, Release, Superseded
from access.policies import required_sides, sides_of
from access.services.applications import lock_application
from access.services.artefacts import discard_artefacts
from access.services.assessing import check_answers
from access.services.offers import quote_for
from access.services.readings import approval_problem, decision_rule_of
from access.services.reassessing import what_changed
from access.workflow import TABLE, Action, Side, State, rule_for
from catalog.datasets.models import DatasetState, RightKind
from catalog.datasets.rights import close_right, write_right
from catalog.errors import Blocked, DomainError, InvalidInput, NotPermitted, StaleVersion, WrongState
from catalog.jobs.models import ENDED, Job
from catalog.jobs.services import enqueue, request_cancel
from catalog.ledger.services import record
from catalog.messages import gettext_noop
from catalog.people.models import User
from catalog.reasons import stated_reason
from privacy.services.domains import lock_domain, require_usable
from privacy.services.readiness import Basis, basis_of, current_fingerprint

ASSESS_JOB = "assess"
# House rule: so many row filters an organisation tries on a table in that time without one being granted.
MOST_FILTERS = 10
FILTERS_WITHIN = timedelta(days=30)
DAYS_A_MONTH = 30  # house rule: a granted month is 30 days


@dataclass(frozen=True, slots=True)
class Act:
    """What comes with an action."""

    actor: User
    action: Action
    side: Side
    reason: str = ""
    conditions: str = ""
    bank_reference: str = ""
    paid_on: date | None = None
    basis: Basis | None = None


def perform(
    *,
    actor: User,
    application: Application,
    action: Action,
    version: int,
    reason: str = "",
    conditions: str = "",
    bank_reference: str = "",
    paid_on: date | None = None,
) -> Application:
    """Do `action`. 403 for a side that never does it, 409 for a wrong state or a stale version, 400 for what is missing."""
    _choose_side(actor, application, action)
    fingerprint = None
    if action in (Action.SUBMIT, Action.APPROVE, Action.CONFIRM_PAYMENT) and rule_for(State(application.state), action):
        fingerprint = current_fingerprint(application.distribution)
    with transaction.atomic():
        if action == Action.WITHDRAW:
            # A worker that ends a job locks the job, then the application; whoever cancels one takes them in that order too.
            list(Job.objects.select_for_update().filter(assessment__application=application).order_by("pk"))
        application = lock_application(application)
        side = _choose_side(actor, application, action)
        if application.version != version:
            raise StaleVersion
        if rule_for(State(application.state), action) is None:
            raise WrongState(state=application.state)
        basis = basis_of(application.distribution, fingerprint=fingerprint) if fingerprint is not None else None
        act = Act(actor, action, side, reason.strip(), conditions.strip(), bank_reference.strip(), paid_on, basis)
        refused = _HANDLERS[action](application, act)
        application.version += 1
        application.save()
    if refused is not None:
        # The artefact's deletion and the new assessment stand; what was asked for did not happen.
        raise refused
    return application


def _choose_side(actor: User, application: Application, action: Action) -> Side:
    """The side on which `actor` does this. Someone on no side that ever does it is not permitted."""
    able = {side for rule in TABLE if rule.action == action for side in rule.sides} & sides_of(actor, application)
    held = [side for side in Side if side in able]
    if not held:
        raise NotPermitted
    if action == Action.APPROVE and len(held) > 1:
        waiting = [side for side in held if side in outstanding_sides(application)]
        return (waiting or held)[0]
    return held[0]


def _record(application: Application, act: Act, **details: Any) -> None:
    record(
        actor=act.actor,
        action=f"application.{act.action}",
        subject=application,
        organization=application.distribution.dataset.provider,
        counterpart=application.organization,
        details={"side": act.side, "state": application.state, **details},
    )


def latest_assessment(application: Application) -> Assessment | None:
    """The assessment that decisions are taken on."""
    return application.assessments.filter(superseded_at__isnull=True).select_related("artefact", "job").first()


def outstanding_sides(application: Application) -> frozenset[Side]:
    """Whose signatures are still missing on the present assessment."""
    assessment = latest_assessment(application)
    if assessment is None or not assessment.record:
        return frozenset()
    rule = decision_rule_of(assessment)
    signed = set(assessment.decisions.filter(verdict="approve").values_list("side", flat=True))
    return frozenset(
        side for side in required_sides(application, privacy_signs=rule.privacy_signs) if side.value not in signed
    )


# --- submitting ------------------------------------------------------------------------------------------------------------


def _submit(application: Application, act: Act) -> None:
    """Freeze the quote, queue the assessment."""
    _require_published(application)
    # Held to the end: the key is not exchanged between this look and the application's being under way.
    require_usable(lock_domain(application.project.key_domain_id))
    dataset = application.distribution.dataset
    check_answers(application)
    _refuse_gone_fields(application)
    _refuse_asking_around(application)
    assert act.basis is not None
    if act.basis.problems:
        problem = act.basis.problems[0]
        raise Blocked(problem.message, code=problem.code)
    quote, offer = quote_for(dataset, application.purpose)
    application.quote = {
        **quote.as_dict(),
        "offer": offer.pk if offer and not quote.is_free else None,
        "frozen_at": timezone.now().isoformat(),
    }
    Order.objects.filter(application=application).delete()  # of an earlier submission, at its price; never paid
    application.submitted_at = timezone.now()
    application.note, application.note_code, application.note_params = "", "", {}
    queue_assessment(application, requested_by=act.actor)
    _record(application, act, amount=str(quote.amount))


def _refuse_gone_fields(application: Application) -> None:
    """What was asked for while the table had it, and is no field of it any more, can be given to nobody."""
    gone = application.requested_fields.filter(field__gone_at__isnull=False).order_by("field__name")
    if names := list(gone.values_list("field__name", flat=True)):
        raise Blocked(
            gettext_noop("The table no longer has these columns: %(columns)s."),
            code="column_missing",
            columns=", ".join(names)[:200],
        )


def _refuse_asking_around(application: Application) -> None:
    """Limit the row filters an organisation tries on one table: whether one leaves enough rows is an answer too, if a small one."""
    if application.row_filter is None:
        return
    tried = Assessment.objects.filter(
        application__organization=application.organization,
        application__distribution=application.distribution,
        filtered=True,
        created_at__gte=timezone.now() - FILTERS_WITHIN,
    ).exclude(
        superseded_at__isnull=True,
        application__state__in=[State.AWAITING_PAYMENT, State.GRANTED, State.REVOKED],
    )
    if tried.count() >= MOST_FILTERS:
        raise Blocked(
            gettext_noop("Your organisation has tried many row filters on this table; wait for a decision on one."),
            code="too_many_filters",
        )


def _require_published(application: Application) -> None:
    """A dataset that was suspended or retired gives nothing away, whatever was asked for before."""
    if application.distribution.dataset.state != DatasetState.PUBLISHED:
        raise Blocked(gettext_noop("The dataset is not published any more."), code="dataset_not_published")


def queue_assessment(
    application: Application, *, requested_by: User, because: Superseded = Superseded.RESUBMITTED
) -> Assessment:
    """One job that writes the protected artefact once and measures it; what was assessed before counts no more."""
    _supersede(application, because)
    job = enqueue(kind=ASSESS_JOB, arguments={}, requested_by=requested_by)
    number = application.assessments.count() + 1
    assessment: Assessment = Assessment.objects.create(
        application=application, number=number, job=job, filtered=application.row_filter is not None
    )
    application.state = State.SUBMITTED
    return assessment


def _supersede(application: Application, because: Superseded) -> None:
    application.assessments.filter(superseded_at__isnull=True).update(
        superseded_at=timezone.now(), superseded_because=because
    )


# --- the applicant's and the deciders' other actions -------------------------------------------------------------------------


def _withdraw(application: Application, act: Act) -> None:
    assessment = latest_assessment(application)
    if assessment is not None and assessment.job.state not in ENDED:
        application.state = State.WITHDRAWN  # before the job ends: its ending must not return the application
        application.save(update_fields=["state"])
        request_cancel(job=assessment.job)
    application.state = State.WITHDRAWN
    discard_artefacts(application)
    _record(application, act)


def _decision(application: Application, act: Act) -> Decision:
    assessment = latest_assessment(application)
    artefact = assessment.artefact if assessment else None
    return Decision.objects.create(
        application=application,
        assessment=assessment,
        side=act.side,
        verdict=act.action,
        reason=act.reason,
        conditions=act.conditions[:1000],
        artefact_sha256=artefact.sha256 if artefact else "",
        record_sha256=assessment.record_sha256 if assessment else "",
        decided_by=act.actor,
    )


def _return(application: Application, act: Act) -> None:
    stated_reason(act.reason)
    decision = _decision(application, act)
    application.state, application.note, application.note_code = State.RETURNED, act.reason, "returned"
    discard_artefacts(application)
    _record(application, act, decision=decision.pk)


def _reject(application: Application, act: Act) -> None:
    stated_reason(act.reason)
    decision = _decision(application, act)
    application.state, application.note, application.note_code = State.REJECTED, act.reason, "rejected"
    discard_artefacts(application)
    _record(application, act, decision=decision.pk)


def _approve(application: Application, act: Act) -> DomainError | None:
    """Sign for one side. The last signature grants, or asks for the payment."""
    _require_published(application)
    assessment = latest_assessment(application)
    assert assessment is not None
    if (refused := _renew_if_basis_changed(application, act)) is not None:
        return refused
    if (problem := approval_problem(assessment)) is not None:
        raise problem
    if act.side not in outstanding_sides(application):
        raise Blocked(
            gettext_noop("This side has signed already, or its signature is not needed."), code="not_outstanding"
        )
    decision = _decision(application, act)
    if not outstanding_sides(application):
        assert application.quote is not None
        amount = Decimal(application.quote["amount"])
        if amount > 0:
            application.state = State.AWAITING_PAYMENT
            Order.objects.get_or_create(
                application=application, defaults={"amount": amount, "currency": application.quote["currency"]}
            )
        else:
            _grant(application, act.actor)
    _record(application, act, decision=decision.pk, artefact=decision.artefact_sha256)
    return None


def _renew_if_basis_changed(application: Application, act: Act) -> DomainError | None:
    """Void the artefact where the scan, a decision, the protection or the content is not what it was made under."""
    assessment = latest_assessment(application)
    assert assessment is not None
    assert act.basis is not None
    artefact = assessment.artefact
    if artefact is not None and artefact.basis_digest == act.basis.digest and artefact.deleted_at is None:
        return None
    discard_artefacts(application)
    message = gettext_noop(
        "The scan, the protection or the data changed since the assessment; it is being assessed again."
    )
    because = what_changed(application, assessment, act.basis)
    if act.basis.problems:
        _supersede(application, because)
        application.state, application.note = State.RETURNED, act.basis.problems[0].message
        application.note_code = act.basis.problems[0].code
        message = gettext_noop(
            "The data is not ready for release any more; the application went back to the applicant."
        )
    else:
        queue_assessment(application, requested_by=application.applicant, because=because)
    record(
        actor=None,
        action="application.basis_changed",
        subject=application,
        organization=application.distribution.dataset.provider,
        counterpart=application.organization,
        details={"state": application.state},
    )
    return Blocked(message, code="basis_changed")


def _confirm_payment(application: Application, act: Act) -> DomainError | None:
    """Finance has the bank transfer in front of them. One transfer pays one order."""
    if not act.bank_reference or len(act.bank_reference) > 80:
        raise InvalidInput(fields={"bank_reference": [gettext_noop("Give the reference of the bank transfer.")]})
    paid_on = act.paid_on or timezone.localdate()
    if paid_on > timezone.localdate():
        raise InvalidInput(fields={"paid_on": [gettext_noop("The day of payment is in the future.")]})
    _require_published(application)
    if (refused := _renew_if_basis_changed(application, act)) is not None:
        return refused
    order = Order.objects.select_for_update().get(application=application)
    order.bank_reference, order.paid_on, order.confirmed_by = act.bank_reference, paid_on, act.actor
    try:
        with transaction.atomic():
            order.save(update_fields=["bank_reference", "paid_on", "confirmed_by"])
    except IntegrityError as error:
        message = gettext_noop("This bank transfer has paid another order.")
        raise InvalidInput(fields={"bank_reference": [message]}, code="transfer_used") from error
    signer = application.decisions.filter(verdict="approve").order_by("-id").first()
    assert signer is not None
    _grant(application, signer.decided_by)
    _record(application, act, order=order.pk, amount=str(order.amount))
    return None


# --- granting and revoking ---------------------------------------------------------------------------------------------------


def _grant(application: Application, signer: User) -> Grant:
    """Create the usage right, the grant and the release of exactly the bytes that were assessed."""
    assessment = latest_assessment(application)
    assert assessment is not None
    assert assessment.artefact is not None
    today = timezone.localdate()
    months = min(application.months, decision_rule_of(assessment).max_months)
    until = today + timedelta(days=months * DAYS_A_MONTH)
    right = write_right(
        actor=signer,
        dataset=application.distribution.dataset,
        kind=RightKind.USAGE,
        holder=application.organization,
        basis=f"canglang:application/{application.pk}",
        scope="、".join(application.fields.values_list("name", flat=True))[:500],
        valid_from=today,
        valid_to=until,
        exclusive=False,
        transferable=False,
        sublicensable=False,
    )
    signed = assessment.decisions.filter(verdict="approve").exclude(conditions="")
    grant: Grant = Grant.objects.create(
        application=application,
        organization=application.organization,
        right=right,
        valid_from=today,
        valid_until=until,
        conditions="\n".join(signed.values_list("conditions", flat=True)),
    )
    grant.recipients.set(application.recipients.all())
    Release.objects.create(grant=grant, artefact=assessment.artefact)
    application.state = State.GRANTED
    return grant


def _revoke(application: Application, act: Act) -> None:
    """End the right now. The next request for the bytes is refused; the bytes are deleted."""
    stated_reason(act.reason)
    grant = Grant.objects.select_for_update().get(application=application)
    grant.revoked_at = timezone.now()
    grant.save(update_fields=["revoked_at"])
    if grant.right.ended_at is None:
        close_right(actor=act.actor, right=grant.right)
    decision = _decision(application, act)
    application.state, application.note, application.note_code = State.REVOKED, act.reason, "revoked"
    discard_artefacts(application)
    _record(application, act, decision=decision.pk)


_HANDLERS: dict[Action, Callable[[Application, Act], DomainError | None]] = {
    Action.SUBMIT: _submit,
    Action.WITHDRAW: _withdraw,
    Action.RETURN: _return,
    Action.REJECT: _reject,
    Action.APPROVE: _approve,
    Action.CONFIRM_PAYMENT: _confirm_payment,
    Action.REVOKE: _revoke,
}
