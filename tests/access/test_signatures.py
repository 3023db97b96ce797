"""Whose signatures an approval needs, and who may not give one."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from access.models import Application, Decision, Release
from access.policies import sides_of
from access.services.deciding import outstanding_sides
from access.workflow import Action, Side, State
from catalog.errors import Blocked, NotPermitted
from catalog.people.models import Membership, Role
from catalog.people.services import create_user, end_role, grant_role
from tests.access.acts import Acts, artefact_of, fresh, present_assessment
from tests.cast import PASSWORD, Cast
from tests.stages import Stages

# Without the diagnosis there is nothing sensitive in the output: the grade is low and the privacy officer need not sign.
HARMLESS = dict.fromkeys(("身份证号", "性别", "出生日期", "区县"), "研究需要")


def test_at_a_low_risk_the_owner_signs_alone(acts: Acts, cast: Cast) -> None:
    application = acts.stages.deciding(fields=HARMLESS)
    assert present_assessment(application).risk_grade == "low"
    assert outstanding_sides(application) == {Side.OWNER}
    assert acts.sign(application, cast.amy).state == State.GRANTED


def test_where_the_risk_asks_the_privacy_officer_signs_too(acts: Acts, cast: Cast, deciding: Application) -> None:
    assert present_assessment(deciding).risk_grade == "medium"
    assert outstanding_sides(deciding) == {Side.OWNER, Side.PRIVACY}
    assert acts.sign(deciding, cast.amy).state == State.DECIDING
    assert not Release.objects.exists()
    assert outstanding_sides(deciding) == {Side.PRIVACY}
    assert acts.sign(deciding, cast.oscar).state == State.GRANTED


def test_the_order_of_the_signatures_does_not_matter(acts: Acts, cast: Cast, deciding: Application) -> None:
    assert acts.sign(deciding, cast.oscar).state == State.DECIDING
    assert acts.sign(deciding, cast.amy).state == State.GRANTED


def test_a_privacy_officer_whose_signature_is_not_asked_for_cannot_grant(acts: Acts, cast: Cast) -> None:
    application = acts.stages.deciding(fields=HARMLESS)
    with pytest.raises(Blocked) as refused:
        acts.sign(application, cast.oscar)
    assert refused.value.code == "not_outstanding"
    assert not Decision.objects.exists()


def test_owner_and_controller_both_sign_where_they_differ(acts: Acts, cast: Cast) -> None:
    acts.control_goes_to_big_data()
    application = acts.stages.deciding(fields=HARMLESS)
    assert outstanding_sides(application) == {Side.OWNER, Side.CONTROLLER}
    assert acts.sign(application, cast.amy).state == State.DECIDING
    assert not Release.objects.exists()
    assert acts.sign(application, cast.carl).state == State.GRANTED


def test_the_controller_alone_grants_nothing(acts: Acts, cast: Cast) -> None:
    acts.control_goes_to_big_data()
    application = acts.stages.deciding(fields=HARMLESS)
    assert acts.sign(application, cast.carl).state == State.DECIDING
    assert not Release.objects.exists()


def test_who_controls_nothing_has_no_say(stages: Stages, cast: Cast, deciding: Application) -> None:
    with pytest.raises(NotPermitted):
        stages.act(cast.carl, deciding, Action.APPROVE)


def test_a_side_signs_once(acts: Acts, cast: Cast, deciding: Application) -> None:
    acts.sign(deciding, cast.amy)
    with pytest.raises(Blocked) as refused:
        acts.sign(deciding, cast.amy)
    assert refused.value.code == "not_outstanding"
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.create(
            application=deciding,
            assessment=present_assessment(deciding),
            side=Side.OWNER,
            verdict=Action.APPROVE,
            decided_by=cast.olga,
        )


def test_one_person_signs_one_side_only(acts: Acts, cast: Cast, deciding: Application) -> None:
    grant_role(actor=cast.adam, user=cast.amy, organization=cast.health, role=Role.PRIVACY_OFFICER)
    assert sides_of(cast.amy, deciding) == {Side.OWNER, Side.PRIVACY}
    acts.sign(deciding, cast.amy)
    assert sides_of(cast.amy, deciding) == {Side.OWNER}
    with pytest.raises(Blocked):
        acts.sign(deciding, cast.amy)
    assert fresh(deciding).state == State.DECIDING
    assert acts.sign(deciding, cast.oscar).state == State.GRANTED


def test_one_person_of_two_sides_signs_the_one_that_is_still_missing(
    acts: Acts, cast: Cast, deciding: Application
) -> None:
    grant_role(actor=cast.adam, user=cast.oscar, organization=cast.health, role=Role.APPROVER)
    acts.sign(deciding, cast.amy)
    assert acts.sign(deciding, cast.oscar).state == State.GRANTED
    assert dict(deciding.decisions.values_list("side", "decided_by__username")) == {"owner": "amy", "privacy": "oscar"}


def test_who_signed_for_the_owner_does_not_confirm_the_payment(acts: Acts, cast: Cast) -> None:
    grant_role(actor=cast.adam, user=cast.amy, organization=cast.health, role=Role.FINANCE)
    application = acts.reach(State.AWAITING_PAYMENT)
    with pytest.raises(NotPermitted):
        acts.stages.act(cast.amy, application, Action.CONFIRM_PAYMENT, bank_reference="ICBC-1")


def test_who_confirmed_the_payment_does_not_revoke_the_grant(acts: Acts, cast: Cast) -> None:
    grant_role(actor=cast.adam, user=cast.fiona, organization=cast.health, role=Role.APPROVER)
    application = acts.reach(State.AWAITING_PAYMENT)
    assert sides_of(cast.fiona, application) == {Side.OWNER, Side.FINANCE}
    acts.stages.act(cast.fiona, application, Action.CONFIRM_PAYMENT, bank_reference="ICBC-1")
    assert sides_of(cast.fiona, application) == {Side.FINANCE}
    with pytest.raises(NotPermitted):
        acts.stages.act(cast.fiona, application, Action.REVOKE, reason="用途已变")
    assert fresh(application).state == State.GRANTED
    assert acts.stages.act(cast.amy, application, Action.REVOKE, reason="用途已变").state == State.REVOKED


def test_nobody_decides_on_their_own_application(acts: Acts, cast: Cast) -> None:
    """Amy works for the institute too, and asks there for what she approves here."""
    grant_role(actor=cast.adam, user=cast.amy, organization=cast.institute, role=Role.REQUESTER)
    for role in (Role.PRIVACY_OFFICER, Role.FINANCE):
        grant_role(actor=cast.adam, user=cast.amy, organization=cast.health, role=role)
    application = acts.stages.deciding(actor=cast.amy)
    assert sides_of(cast.amy, application) == {Side.APPLICANT}
    for action in (Action.APPROVE, Action.REJECT, Action.RETURN):
        with pytest.raises(NotPermitted):
            acts.stages.act(cast.amy, application, action, reason="理由")
    assert fresh(application).state == State.DECIDING


def test_nobody_decides_on_what_they_would_receive(acts: Acts, cast: Cast) -> None:
    grant_role(actor=cast.adam, user=cast.amy, organization=cast.institute, role=Role.REQUESTER)
    application = acts.stages.deciding(recipients=[cast.rita, cast.amy])
    assert sides_of(cast.amy, application) == frozenset()
    for action in (Action.APPROVE, Action.REJECT, Action.RETURN):
        with pytest.raises(NotPermitted):
            acts.stages.act(cast.amy, application, action, reason="理由")


def test_a_recipient_in_finance_does_not_confirm_the_payment(acts: Acts, cast: Cast) -> None:
    grant_role(actor=cast.adam, user=cast.fiona, organization=cast.institute, role=Role.REQUESTER)
    application = acts.reach(State.AWAITING_PAYMENT, recipients=[cast.rita, cast.fiona])
    with pytest.raises(NotPermitted):
        acts.stages.act(cast.fiona, application, Action.CONFIRM_PAYMENT, bank_reference="ICBC-1")


def test_an_approver_whose_role_has_ended_signs_nothing(acts: Acts, cast: Cast, deciding: Application) -> None:
    end_role(actor=cast.adam, membership=Membership.objects.get(user=cast.amy, role=Role.APPROVER))
    with pytest.raises(NotPermitted):
        acts.sign(deciding, cast.amy)


def test_a_signature_counts_for_the_side_and_not_for_the_person(acts: Acts, cast: Cast, deciding: Application) -> None:
    anna = create_user(
        actor=cast.adam, username="anna", password=PASSWORD, display_name="Anna", organization=cast.health
    )
    grant_role(actor=cast.adam, user=anna, organization=cast.health, role=Role.APPROVER)
    acts.sign(deciding, cast.amy)
    with pytest.raises(Blocked) as refused:
        acts.sign(deciding, anna)
    assert refused.value.code == "not_outstanding"


def test_a_signature_names_the_bytes_and_the_record_it_was_given_for(
    acts: Acts, cast: Cast, deciding: Application
) -> None:
    acts.sign(deciding, cast.amy)
    decision = deciding.decisions.get()
    assert decision.artefact_sha256 == artefact_of(deciding).sha256
    assert decision.record_sha256 == present_assessment(deciding).record_sha256


def test_a_superuser_without_a_role_has_no_side(cast: Cast, stages: Stages, deciding: Application) -> None:
    cast.wendy.is_superuser = True
    cast.wendy.save()
    assert sides_of(cast.wendy, deciding) == frozenset()
    with pytest.raises(NotPermitted):
        stages.act(cast.wendy, deciding, Action.APPROVE)


def test_a_requester_whose_role_has_ended_acts_on_nothing(stages: Stages, cast: Cast, deciding: Application) -> None:
    end_role(actor=cast.adam, membership=Membership.objects.get(user=cast.rita, role=Role.REQUESTER))
    with pytest.raises(NotPermitted):
        stages.act(cast.rita, deciding, Action.WITHDRAW)
