"""What the page of one application shows, gathered in a constant number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from access.models import Application, Assessment, Decision
from access.pages import words
from access.pages.asking import deciders_of, prices_of, problems_of
from access.pages.forms import ActForm, RaiseForm
from access.pages.reading import Reading, names_in
from access.pages.signing import signatures_of
from access.pages.standing import earlier_of, tell_standing
from access.policies import hidden_figures, sides_of
from access.pricing import CITATION, FREE_PURPOSES
from access.services.assessing import check_answers
from access.workflow import DECIDERS, Action, Side, State, allowed_actions
from catalog.api.serializers.records import progress_of
from catalog.datasets.models import DatasetState
from catalog.jobs.models import ENDED
from catalog.ledger.models import LedgerEntry
from catalog.messages import MessageError
from catalog.pages.ledger_lines import lines_of
from catalog.pages.waiting import queued_since, reason_for_waiting
from catalog.people.models import User
from catalog.people.policies import may
from catalog.templatetags.canglang import listed, money

_UNDERWAY = (State.SUBMITTED, State.ASSESSING)
_FAILED = (State.REJECTED, State.WITHDRAWN, State.REVOKED)
_ORDER = (State.DRAFT, State.ASSESSING, State.DECIDING, State.AWAITING_PAYMENT, State.GRANTED)
_PLACE = {
    State.DRAFT: State.DRAFT,
    State.RETURNED: State.DRAFT,
    State.SUBMITTED: State.ASSESSING,
    State.ASSESSING: State.ASSESSING,
    State.DECIDING: State.DECIDING,
    State.AWAITING_PAYMENT: State.AWAITING_PAYMENT,
    State.GRANTED: State.GRANTED,
    State.REVOKED: State.GRANTED,
}


def pages_of(applications: Any) -> Any:
    """The applications with everything their page shows of them."""
    return applications.select_related(
        "organization",
        "applicant",
        "project",
        "distribution__dataset__provider",
        "distribution__source",
        "grant__release__artefact",
        "grant__right",
        "order__confirmed_by",
    ).prefetch_related("requested_fields__field", "recipients", "decisions__decided_by")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way, for the line above the page."""

    label: str
    is_done: bool
    is_here: bool


def application_context(
    application: Application,
    reader: User,
    *,
    act_form: ActForm | None = None,
    raise_form: RaiseForm | None = None,
    tried: str = "",
) -> dict[str, Any]:
    """Everything the template needs. `tried` is the action that was refused just now; its form keeps what was typed."""
    sides = sides_of(reader, application)
    state = State(application.state)
    allowed = allowed_actions(state, sides)
    deciders = deciders_of(application.distribution.dataset)
    decisions = list(application.decisions.all())
    assessments = list(application.assessments.select_related("job", "artefact").order_by("-number"))
    assessment = assessments[0] if assessments else None
    hidden = hidden_figures(reader, application, assessments)
    sees = assessment is None or assessment.pk not in hidden
    shown = assessment if sees and assessment and assessment.record else None
    reading = Reading(shown, names=names_in(shown)) if shown else None
    is_open_draft = Action.SUBMIT in allowed
    signatures = signatures_of(application, reader, sides, deciders, decisions)
    is_releasable = reading is not None and reading.is_releasable
    return {
        "application": application,
        "dataset": application.distribution.dataset,
        "grant": getattr(application, "grant", None),
        "standing": tell_standing(getattr(application, "grant", None)),
        "order": getattr(application, "order", None),
        "is_expired": _is_expired(application),
        "steps": _steps(application),
        "has_failed": state in _FAILED,
        "note": words.note_of(application),
        "note_title": words.note_title(application),
        "purpose": words.PURPOSES.get(application.purpose, application.purpose),
        "price": _price(application),
        "fields": list(application.requested_fields.all()),
        "filter_lines": _filter_lines(application, reader, sides),
        "is_underway": state in _UNDERWAY,
        **progress_context(application, assessment),
        "assessment": assessment,
        "earlier": earlier_of(assessments[1:], decisions, hidden=hidden),
        "reading": reading,
        "is_past": bool(reading and assessment and (assessment.superseded_at or state not in (State.DECIDING,))),
        "deciders": deciders,
        "signatures": signatures,
        "hides_figures": not sees and assessment is not None and bool(assessment.record),
        # Whose signature is missing follows from the verdict, and that from the figures.
        "shows_signatures": sees
        and state in (*_UNDERWAY, State.DECIDING, State.AWAITING_PAYMENT, State.GRANTED, State.REVOKED),
        "decisions": decisions,
        "stands_as": listed(words.SIDES[side] for side in Side if side in sides),
        "allowed": {str(action): True for action in allowed},
        "can_decide": Action.REJECT in allowed,
        "can_sign": any(signature.mine for signature in signatures) and Action.APPROVE in allowed and is_releasable,
        "is_releasable": is_releasable,
        "may_edit": is_open_draft and may(reader, "application.edit", application),
        "may_raise": _may_raise(state, sides, assessment, decisions),
        "missing": _missing(application) if is_open_draft else [],
        "act_form": act_form or ActForm(),
        "raise_form": raise_form or RaiseForm(),
        "tried": tried,
        "refused": next((form for form in (act_form, raise_form) if form is not None and form.errors), None),
        "refused_at": "decide" if act_form is not None else "assessment",
        "timeline": _timeline(application, reader, decisions),
    }


def progress_context(application: Application, assessment: Assessment | None = None) -> dict[str, Any]:
    """How far the assessment's job is; empty where none is under way."""
    if application.state not in _UNDERWAY:
        return {"application": application, "job": None}
    if assessment is None:
        assessment = application.assessments.select_related("job").order_by("-number").first()
    if assessment is None or assessment.job.state in ENDED:
        return {"application": application, "job": None}
    return {
        "application": application,
        "job": assessment.job,
        "progress": progress_of(assessment.job),
        "part": _PARTS.get(assessment.job.progress_note) or queued_since(assessment.job),
        "hint": reason_for_waiting(assessment.job),
    }


_PARTS = {
    "fingerprint": words.READING_SOURCE,
    "protect": words.PROTECTING,
    "assess": words.ASSESSING,
}


def _is_expired(application: Application) -> bool:
    grant = getattr(application, "grant", None)
    return application.state == State.GRANTED and grant is not None and grant.valid_until < timezone.localdate()


def _steps(application: Application) -> list[Step]:
    """The way of this application: without payment where it is free; where it ended early, up to there."""
    quote = application.quote
    free = quote.get("amount") == "0.00" if quote else application.purpose in FREE_PURPOSES
    way = [state for state in _ORDER if not (free and state == State.AWAITING_PAYMENT)]
    here = _PLACE.get(State(application.state), State.DECIDING)
    place = way.index(here) if here in way else way.index(State.DECIDING)
    done = application.state == State.GRANTED
    return [
        Step(str(words.STEPS[state]), number < place or done, number == place and not done)
        for number, state in enumerate(way)
    ]


def _price(application: Application) -> dict[str, Any]:
    """The quote that was frozen when it was submitted; for a draft, what it would cost today."""
    quote = application.quote or {}
    if not quote or application.state in (State.DRAFT, State.RETURNED):
        prices = prices_of(application.distribution.dataset)
        today = next((price for price in prices if price.purpose == application.purpose), None)
        return {"amount": today.amount, "why": today.why, "citation": CITATION} if today else {}
    reason = words.free_reason(quote.get("reason"))
    return {
        "amount": gettext("free") if reason else money(quote["amount"]),
        "why": reason or gettext("under the cap of %(cap)s") % {"cap": money(quote.get("cap") or 0)},
        "citation": quote.get("citation", ""),
    }


def _filter_lines(application: Application, reader: User, sides: frozenset[Side]) -> list[tuple[int, str]]:
    """The row filter in words; its values only for the applicant and those who decide."""
    if application.row_filter is None:
        return []
    labels = {row.field.name: row.field.label for row in application.requested_fields.all()}
    sees = reader.pk == application.applicant_id or bool(sides & DECIDERS)
    return words.filter_lines(application.row_filter, labels=labels, values=sees)


def _may_raise(state: State, sides: frozenset[Side], assessment: Assessment | None, decisions: list[Decision]) -> bool:
    """Whether raising an answer is offered: to a decider, while nobody has signed."""
    if state != State.DECIDING or not sides & DECIDERS or assessment is None or not assessment.inputs:
        return False
    return not any(item.verdict == "approve" and item.assessment_id == assessment.pk for item in decisions)


def _missing(application: Application) -> list[str]:
    """What submitting would stumble over, as far as it can be told without reading the source."""
    found = [str(gettext(problem.message)) for problem in problems_of(application.distribution)]
    if application.distribution.dataset.state != DatasetState.PUBLISHED:
        found.append(gettext("The dataset is not published any more."))
    unjustified = [
        row.field.label or row.field.name for row in application.requested_fields.all() if not row.justification.strip()
    ]
    if unjustified:
        found.append(
            gettext("No reason is given for %(names)s; the gate “purpose specific” would fail.")
            % {"names": listed(unjustified)}
        )
    try:
        words.spoken(lambda: check_answers(application))
    except MessageError as error:
        found.append(gettext(error.message) % error.params)
    return found


def _timeline(application: Application, reader: User, decisions: list[Decision]) -> list[dict[str, Any]]:
    """The ledger's lines about it, the newest first, with what was written in a decision."""
    written = {decision.pk: decision for decision in decisions}
    entries = LedgerEntry.objects.about(application).select_related("actor", "organization", "counterpart")
    found = []
    for line in lines_of(reader, entries.order_by("-sequence")):
        decision = written.get(line.entry.details.get("decision"))
        found.append(
            {
                "line": line,
                "text": "\n".join(part for part in (decision.reason, decision.conditions) if part) if decision else "",
            }
        )
    return found
