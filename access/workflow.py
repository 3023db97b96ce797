"""The life of an application as one table: in which state which side may do what, and where that leads.

Pure. The API's `allowed_actions`, every service and `docs/application-permissions.md` read this table and nothing else. Who
stands on which side is `access.policies.sides_of`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    ASSESSING = "assessing"
    DECIDING = "deciding"
    RETURNED = "returned"
    AWAITING_PAYMENT = "awaiting_payment"
    GRANTED = "granted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"


class Action(StrEnum):
    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    RETURN = "return"
    APPROVE = "approve"
    REJECT = "reject"
    CONFIRM_PAYMENT = "confirm_payment"
    REVOKE = "revoke"


class Side(StrEnum):
    """Where a person stands towards one application."""

    APPLICANT = "applicant"
    OWNER = "owner"  # an approver of the organisation that owns the data
    CONTROLLER = "controller"  # an approver of the organisation that controls it, where that is another
    PRIVACY = "privacy"  # a privacy officer of the owner
    FINANCE = "finance"  # finance of the owner


class Step(StrEnum):
    """What the program itself does to an application, in a job."""

    START_ASSESSMENT = "start_assessment"
    FINISH_ASSESSMENT = "finish_assessment"
    FAIL_ASSESSMENT = "fail_assessment"


@dataclass(frozen=True, slots=True)
class Rule:
    """In `state`, `sides` may do `action`; it leads to one of `targets`."""

    state: State
    action: Action
    sides: frozenset[Side]
    targets: tuple[State, ...]
    note: str = ""


DECIDERS = frozenset({Side.OWNER, Side.CONTROLLER, Side.PRIVACY})
_APPLICANT = frozenset({Side.APPLICANT})
_GIVEN = "the last signature that is needed; until then the application stays"

TABLE: tuple[Rule, ...] = (
    Rule(State.DRAFT, Action.SUBMIT, _APPLICANT, (State.SUBMITTED,), "freezes the quote and queues the assessment"),
    Rule(State.DRAFT, Action.WITHDRAW, _APPLICANT, (State.WITHDRAWN,)),
    Rule(State.SUBMITTED, Action.WITHDRAW, _APPLICANT, (State.WITHDRAWN,), "cancels the assessment"),
    Rule(State.ASSESSING, Action.WITHDRAW, _APPLICANT, (State.WITHDRAWN,), "cancels the assessment"),
    Rule(State.DECIDING, Action.WITHDRAW, _APPLICANT, (State.WITHDRAWN,)),
    Rule(State.DECIDING, Action.RETURN, DECIDERS, (State.RETURNED,), "with a reason"),
    Rule(State.DECIDING, Action.REJECT, DECIDERS, (State.REJECTED,), "with a reason"),
    Rule(
        State.DECIDING,
        Action.APPROVE,
        DECIDERS,
        (State.DECIDING, State.AWAITING_PAYMENT, State.GRANTED),
        f"{_GIVEN} in deciding; refused while a gate fails or the risk forbids it",
    ),
    Rule(State.RETURNED, Action.SUBMIT, _APPLICANT, (State.SUBMITTED,), "a new quote and a new assessment"),
    Rule(State.RETURNED, Action.WITHDRAW, _APPLICANT, (State.WITHDRAWN,)),
    Rule(State.AWAITING_PAYMENT, Action.CONFIRM_PAYMENT, frozenset({Side.FINANCE}), (State.GRANTED,)),
    Rule(State.AWAITING_PAYMENT, Action.WITHDRAW, _APPLICANT, (State.WITHDRAWN,)),
    Rule(
        State.GRANTED,
        Action.REVOKE,
        DECIDERS,
        (State.REVOKED,),
        "with a reason; counts at the next request; not by who confirmed the payment",
    ),
)

STEPS: tuple[tuple[State, Step, State], ...] = (
    (State.SUBMITTED, Step.START_ASSESSMENT, State.ASSESSING),
    (State.ASSESSING, Step.FINISH_ASSESSMENT, State.DECIDING),
    (State.ASSESSING, Step.FAIL_ASSESSMENT, State.RETURNED),
    (State.SUBMITTED, Step.FAIL_ASSESSMENT, State.RETURNED),
)

_RULES = {(rule.state, rule.action): rule for rule in TABLE}


def rule_for(state: State, action: Action) -> Rule | None:
    """The rule for `action` in `state`; None where nobody may do it now."""
    return _RULES.get((state, action))


def allowed_actions(state: State, sides: Iterable[Side]) -> tuple[Action, ...]:
    """What someone standing on `sides` may do in `state`, in the table's order."""
    held = frozenset(sides)
    return tuple(rule.action for rule in TABLE if rule.state == state and rule.sides & held)


def as_markdown() -> str:
    """The table as a document. `docs/application-permissions.md` is this text; a test compares them."""
    lines = [
        "# Who may do what to an application",
        "",
        "Generated from `access/workflow.py` by `manage.py workflow_docs`. Do not edit.",
        "",
        "| State | Action | Who | Leads to | |",
        "|---|---|---|---|---|",
    ]
    for rule in TABLE:
        sides = ", ".join(f"{side}" for side in Side if side in rule.sides)
        targets = ", ".join(f"`{target}`" for target in rule.targets)
        lines.append(f"| `{rule.state}` | `{rule.action}` | {sides} | {targets} | {rule.note} |")
    lines += ["", "## What the program does by itself", "", "| State | Step | Leads to |", "|---|---|---|"]
    lines += [f"| `{state}` | {step} | `{target}` |" for state, step, target in STEPS]
    final = [state for state in State if not any(rule.state == state for rule in TABLE)]
    lines += [
        "",
        f"Final states: {', '.join(f'`{s}`' for s in final if s not in {o for o, _, _ in STEPS})}."
        " Expired is not a state: it follows from the grant's last day.",
        "",
        "A person who applied, is named as a recipient, or is a requester of the organisation that applies stands on no deciding"
        " side and not on finance's. Who has signed for one side of an application stands on no other side of it; confirming the"
        " payment is finance's signature.",
        "",
    ]
    return "\n".join(lines)
