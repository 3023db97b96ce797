"""The workflow: for every state, action and person of the cast, exactly what the table says and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from access.models import Application
from access.policies import sides_of
from access.services.deciding import perform
from access.workflow import STEPS, TABLE, Action, Rule, Side, State, allowed_actions, as_markdown, rule_for
from catalog.errors import DomainError, NotPermitted, StaleVersion, WrongState
from catalog.ledger.models import LedgerEntry
from catalog.people.models import User
from tests.access.acts import Acts, fresh
from tests.cast import Cast
from tests.stages import Stages
from tests.world import last_line

# Where each of the cast stands towards rita's application; whoever is not named stands nowhere.
SIDES = {
    "rita": Side.APPLICANT,
    "amy": Side.OWNER,
    "carl": Side.CONTROLLER,
    "oscar": Side.PRIVACY,
    "olga": Side.PRIVACY,
    "fiona": Side.FINANCE,
}
EVERYBODY = [*SIDES, "adam", "stella", "stefan", "audrey", "ron", "ivan", "wendy"]
# Who sees rita's draft, and who sees it once it is submitted.
SEE_A_DRAFT = {"rita", "ron", "audrey"}
SEE_IT_SUBMITTED = SEE_A_DRAFT | {"amy", "carl", "oscar", "olga", "fiona"}
DETAILS: dict[Action, dict[str, Any]] = {
    Action.RETURN: {"reason": "请补充用途"},
    Action.REJECT: {"reason": "与职责无关"},
    Action.REVOKE: {"reason": "用途已变"},
    Action.CONFIRM_PAYMENT: {"bank_reference": "ICBC-20261101-0007", "paid_on": date(2026, 1, 5)},
}


@pytest.fixture(scope="module")
def prepare() -> Callable[[Stages], None]:
    """Health owns the table, big data controls it: all five sides have somebody."""
    return lambda stages: Acts(stages).control_goes_to_big_data()


def person(cast: Cast, name: str) -> User:
    found: User = getattr(cast, name)
    return found


def do(actor: User, application: Application, action: Action, version: int | None = None) -> Application:
    details = DETAILS.get(action, {})
    version = application.version if version is None else version
    return perform(actor=actor, application=application, action=action, version=version, **details)


def put(application: Application, state: State) -> Application:
    """The row in another state, with nothing done to get there: for what is refused before anything is done."""
    Application.objects.filter(pk=application.pk).update(state=state)
    return fresh(application)


def name_of(rule: Rule) -> str:
    return f"{rule.state}-{rule.action}"


ALLOWED = [(rule, name) for rule in TABLE for name, side in SIDES.items() if side in rule.sides]


@pytest.mark.parametrize(("rule", "name"), ALLOWED, ids=[f"{name_of(rule)}-{name}" for rule, name in ALLOWED])
def test_who_stands_on_the_side_of_a_rule_may_act_and_it_leads_where_the_table_says(
    acts: Acts, cast: Cast, rule: Rule, name: str
) -> None:
    application = acts.reach(rule.state)
    after = do(person(cast, name), application, rule.action)
    assert after.state in rule.targets
    assert after.version == application.version + 1
    assert fresh(application).state == after.state
    last = last_line(application)
    assert (last.action, last.actor, last.details["side"]) == (
        f"application.{rule.action}",
        person(cast, name),
        SIDES[name],
    )


@pytest.mark.parametrize("rule", TABLE, ids=name_of)
def test_nobody_else_may(stages: Stages, cast: Cast, rule: Rule) -> None:
    application = put(stages.application(), rule.state)
    able = {side for other in TABLE if other.action == rule.action for side in other.sides}
    lines = LedgerEntry.objects.count()
    for name in EVERYBODY:
        if SIDES.get(name) in able:
            continue
        with pytest.raises(NotPermitted) as refused:
            do(person(cast, name), application, rule.action)
        assert refused.value.status == 403
    assert (fresh(application).state, fresh(application).version) == (rule.state, application.version)
    assert LedgerEntry.objects.count() == lines


NOT_NOW = [
    (state, action, name)
    for state in State
    for action in Action
    if rule_for(state, action) is None
    for name, side in SIDES.items()
    if any(side in rule.sides for rule in TABLE if rule.action == action)
]


@pytest.mark.parametrize("state", State)
def test_whoever_may_do_it_at_another_time_is_told_that_the_state_is_wrong(
    stages: Stages, cast: Cast, state: State
) -> None:
    application = put(stages.application(), state)
    tried = [(action, name) for at, action, name in NOT_NOW if at == state]
    assert tried
    for action, name in tried:
        with pytest.raises(WrongState) as refused:
            do(person(cast, name), application, action)
        assert refused.value.status == 409
    assert fresh(application).version == application.version


@pytest.mark.parametrize("rule", TABLE, ids=name_of)
def test_an_action_on_a_stale_version_is_refused(acts: Acts, cast: Cast, rule: Rule) -> None:
    application = put(acts.stages.application(), rule.state)
    name = next(name for name, side in SIDES.items() if side in rule.sides)
    for version in (application.version - 1, application.version + 1):
        with pytest.raises(StaleVersion) as refused:
            do(person(cast, name), application, rule.action, version)
        assert refused.value.status == 409
    assert fresh(application).state == rule.state


@pytest.mark.parametrize("state", State)
def test_an_application_is_visible_to_both_sides_and_the_auditor_and_to_nobody_else(
    stages: Stages, cast: Cast, state: State
) -> None:
    application = put(stages.application(), state)
    seeing = {
        name
        for name in EVERYBODY
        if Application.objects.visible_to(person(cast, name)).filter(pk=application.pk).exists()
    }
    assert seeing == (SEE_A_DRAFT if state == State.DRAFT else SEE_IT_SUBMITTED)


def test_whoever_may_act_on_an_application_sees_it() -> None:
    assert set(SIDES) <= SEE_IT_SUBMITTED
    assert {
        name for rule in TABLE if rule.state == State.DRAFT for name, side in SIDES.items() if side in rule.sides
    } <= (SEE_A_DRAFT)


def test_an_application_that_many_see_for_many_reasons_is_listed_once(stages: Stages, cast: Cast) -> None:
    application = put(stages.application(recipients=[cast.rita, cast.ron]), State.DECIDING)
    for name in SEE_IT_SUBMITTED:
        assert list(Application.objects.visible_to(person(cast, name))) == [application]


@pytest.mark.parametrize("state", State)
def test_allowed_actions_are_exactly_what_perform_permits(acts: Acts, cast: Cast, state: State) -> None:
    application = acts.reach(state)
    for name in [*SIDES, "ron", "wendy"]:
        actor, permitted = person(cast, name), []
        for action in Action:
            with transaction.atomic():
                try:
                    do(actor, fresh(application), action)
                except (NotPermitted, WrongState):
                    pass
                else:
                    permitted.append(action)
                transaction.set_rollback(True)
        assert set(allowed_actions(state, sides_of(actor, application))) == set(permitted), name


def test_a_person_without_a_side_is_refused_before_the_state_is_told(stages: Stages, cast: Cast) -> None:
    application = put(stages.application(), State.REVOKED)
    with pytest.raises(NotPermitted):
        do(cast.wendy, application, Action.APPROVE, version=99)


@pytest.mark.parametrize("action", [Action.RETURN, Action.REJECT])
def test_returning_and_rejecting_take_a_reason(deciding: Application, cast: Cast, action: Action) -> None:
    for reason in ("", "   ", "长" * 501):
        with pytest.raises(DomainError) as refused:
            perform(actor=cast.amy, application=deciding, action=action, version=deciding.version, reason=reason)
        assert refused.value.status == 400
    assert fresh(deciding).state == State.DECIDING


def test_the_reason_is_told_to_the_applicant_and_kept_out_of_the_ledger(
    deciding: Application, cast: Cast, stages: Stages
) -> None:
    returned = stages.act(cast.carl, deciding, Action.RETURN, reason="用途说明不够具体")
    assert (returned.note, returned.note_code) == ("用途说明不够具体", "returned")
    assert "用途说明" not in str(last_line(deciding).details)


def test_every_step_of_the_program_leads_from_one_state_of_the_table_to_another() -> None:
    assert {state for state, _, _ in STEPS} == {State.SUBMITTED, State.ASSESSING}
    assert {target for _, _, target in STEPS} == {State.ASSESSING, State.DECIDING, State.RETURNED}


def test_the_document_of_the_workflow_is_the_table() -> None:
    document = settings.BASE_DIR / "docs" / "application-permissions.md"
    assert document.read_text(encoding="utf-8") == as_markdown()
    for rule in TABLE:
        assert f"| `{rule.state}` | `{rule.action}` |" in as_markdown()


def test_the_command_says_that_the_document_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("workflow_docs", "--check")
    assert "up to date" in capsys.readouterr().out
