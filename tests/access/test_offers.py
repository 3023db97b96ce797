"""Prices: proposed by a steward, set by finance under the cap, frozen for an application when it is submitted, paid once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from access.models import Application, Offer, OfferState, Order, Release
from access.pricing import PermittedRevenue
from access.services.offers import NoOffer, price_offer, propose_offer, quote_for
from access.workflow import Action, State
from catalog.errors import InvalidInput, NotPermitted, WrongState
from catalog.ledger.models import LedgerEntry
from catalog.people.models import Role, User
from catalog.people.services import grant_role
from privacy.services.protections import set_protection
from tests.access.acts import REVENUE, Acts, fresh
from tests.cast import Cast
from tests.stages import Stages


def proposed(stages: Stages, amount: str = "500") -> Offer:
    return propose_offer(actor=stages.cast.stella, dataset=stages.draft, amount=Decimal(amount))


def price(actor: User, offer: Offer, **changes: Any) -> Offer:
    arguments: dict[str, Any] = {
        "amount": Decimal(500),
        "cap": Decimal(900),
        "permitted_revenue": REVENUE,
        "basis": "苏发改价〔2026〕7号",
    }
    return price_offer(actor=actor, offer=offer, **{**arguments, **changes})


def quoted(application: Application) -> dict[str, Any]:
    """The quote that was frozen."""
    assert application.quote is not None
    return dict(application.quote)


def test_a_steward_of_the_provider_proposes_a_price(stages: Stages, cast: Cast) -> None:
    offer = proposed(stages)
    assert (offer.state, offer.amount, offer.currency, offer.proposed_by) == (
        "proposed",
        Decimal(500),
        "CNY",
        cast.stella,
    )


@pytest.mark.parametrize("name", ["fiona", "amy", "oscar", "adam", "audrey", "rita", "ivan", "wendy", "carl"])
def test_nobody_else_proposes_one(stages: Stages, cast: Cast, name: str) -> None:
    with pytest.raises(NotPermitted):
        propose_offer(actor=getattr(cast, name), dataset=stages.draft, amount=Decimal(500))
    assert not Offer.objects.exists()


@pytest.mark.parametrize("amount", ["-1", "0.001", "1000000000000"])
def test_an_amount_that_is_no_money_is_refused(stages: Stages, amount: str) -> None:
    with pytest.raises(InvalidInput):
        proposed(stages, amount)


def test_a_price_in_another_currency_is_refused(stages: Stages, cast: Cast) -> None:
    with pytest.raises(InvalidInput):
        propose_offer(actor=cast.stella, dataset=stages.draft, amount=Decimal(5), currency="USD")


def test_finance_of_the_provider_puts_it_in_force(stages: Stages, cast: Cast) -> None:
    offer = price(cast.fiona, proposed(stages))
    assert (offer.state, offer.amount, offer.cap, offer.priced_by) == (
        OfferState.ACTIVE,
        Decimal(500),
        Decimal(900),
        cast.fiona,
    )


@pytest.mark.parametrize("name", ["stella", "stefan", "amy", "oscar", "adam", "audrey", "rita", "wendy"])
def test_nobody_else_sets_a_price(stages: Stages, cast: Cast, name: str) -> None:
    offer = proposed(stages)
    with pytest.raises(NotPermitted):
        price(getattr(cast, name), offer)
    offer.refresh_from_db()
    assert offer.state == OfferState.PROPOSED


def test_nobody_sets_the_price_they_proposed(stages: Stages, cast: Cast) -> None:
    grant_role(actor=cast.adam, user=cast.stella, organization=cast.health, role=Role.FINANCE)
    offer = proposed(stages)
    with pytest.raises(NotPermitted):
        price(cast.stella, offer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Offer.objects.filter(pk=offer.pk).update(priced_by=cast.stella)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": Decimal("900.01")}, "price_above_cap"),
        ({"cap": Decimal("1000.01")}, "cap_above_permitted_revenue"),
        ({"permitted_revenue": PermittedRevenue(Decimal(100), Decimal(0), Decimal(0))}, "cap_above_permitted_revenue"),
        ({"amount": Decimal("-1")}, "invalid_amount"),
        ({"amount": Decimal("1.005")}, "invalid_amount"),
        ({"basis": "  "}, "invalid"),
    ],
)
def test_a_price_above_the_cap_or_a_cap_above_the_permitted_revenue_is_refused(
    stages: Stages, cast: Cast, changes: dict[str, Any], code: str
) -> None:
    offer = proposed(stages)
    with pytest.raises(InvalidInput) as refused:
        price(cast.fiona, offer, **changes)
    assert refused.value.code == code
    offer.refresh_from_db()
    assert (offer.state, offer.cap) == (OfferState.PROPOSED, None)


def test_the_database_holds_price_cap_and_revenue_in_order_too(stages: Stages, cast: Cast) -> None:
    offer = price(cast.fiona, proposed(stages))
    for wrong in ({"amount": 901}, {"cap": 1001}, {"cap": 400}, {"priced_by": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Offer.objects.filter(pk=offer.pk).update(**wrong)


def test_a_new_price_takes_the_place_of_the_old_one(stages: Stages, cast: Cast) -> None:
    first = price(cast.fiona, proposed(stages))
    second = price(cast.fiona, proposed(stages), amount=Decimal(600))
    first.refresh_from_db()
    assert (first.state, second.state) == (OfferState.RETIRED, OfferState.ACTIVE)
    with pytest.raises(WrongState):
        price(cast.fiona, second)


def test_a_proposal_is_seen_by_those_who_set_it_and_a_price_in_force_by_everybody(stages: Stages, cast: Cast) -> None:
    offer = proposed(stages)
    for person in (cast.stella, cast.fiona, cast.amy):
        assert offer in Offer.objects.visible_to(person)
    for person in (cast.rita, cast.ivan, cast.wendy, cast.adam):
        assert offer not in Offer.objects.visible_to(person)
    price(cast.fiona, offer)
    assert offer in Offer.objects.visible_to(cast.ivan)


# --- quotes -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", ["public_governance", "public_good"])
def test_a_free_purpose_costs_nothing_whatever_the_offer_says(acts: Acts, purpose: str) -> None:
    acts.offer()
    quote, _ = quote_for(acts.stages.draft, purpose)
    assert (quote.amount, quote.is_free) == (Decimal(0), True)
    application = acts.stages.granted(purpose=purpose)
    assert (application.state, quoted(application)["amount"]) == (State.GRANTED, "0.00")
    assert not Order.objects.exists()


def test_industrial_use_pays_the_offer_in_force_and_waits_for_the_payment(acts: Acts, cast: Cast) -> None:
    offer = acts.offer()
    application = acts.reach_paid(actor=cast.ivan)
    assert (quoted(application)["amount"], quoted(application)["offer"]) == ("500.00", offer.pk)
    assert application.state == State.AWAITING_PAYMENT
    assert (application.order.amount, application.order.currency) == (Decimal(500), "CNY")
    assert not Release.objects.exists()


def test_without_an_offer_industrial_use_has_no_price(stages: Stages) -> None:
    with pytest.raises(NoOffer) as refused:
        quote_for(stages.draft, "industrial")
    assert refused.value.status == 409


def test_a_proposal_is_no_price(stages: Stages) -> None:
    proposed(stages)
    with pytest.raises(NoOffer):
        quote_for(stages.draft, "industrial")


def test_an_offer_of_nothing_is_free(acts: Acts, cast: Cast) -> None:
    acts.offer("0")
    application = acts.reach_paid(actor=cast.ivan)
    assert (application.state, quoted(application)["reason"]) == (State.GRANTED, "free_offer")


def test_the_quote_is_frozen_at_submission(acts: Acts, cast: Cast, stages: Stages) -> None:
    acts.offer("500")
    application = stages.deciding(actor=cast.ivan, purpose="industrial")
    price(cast.fiona, proposed(stages), amount=Decimal(850))
    application = acts.sign(application, cast.amy, cast.oscar)
    assert (quoted(application)["amount"], application.order.amount) == ("500.00", Decimal(500))


def test_what_is_submitted_again_is_quoted_again(acts: Acts, cast: Cast, stages: Stages) -> None:
    """The order of the first submission, at its price, is not what is paid for the second."""
    acts.offer("500")
    application = acts.reach_paid(actor=cast.ivan)
    set_protection(actor=cast.oscar, field=stages.field("区县"), operator="drop")
    Application.objects.filter(pk=application.pk).update(state=State.RETURNED)
    price(cast.fiona, proposed(stages), amount=Decimal(850))
    stages.act(cast.ivan, application, Action.SUBMIT)
    stages.run_jobs()
    application = acts.sign(application, cast.amy, cast.oscar)
    assert application.state == State.AWAITING_PAYMENT
    assert (quoted(application)["amount"], Order.objects.get().amount) == ("850.00", Decimal(850))


# --- payment ----------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def awaiting(acts: Acts, cast: Cast) -> Application:
    """Ivan's application, approved, to be paid."""
    acts.offer()
    return acts.reach_paid(actor=cast.ivan)


def confirm(stages: Stages, application: Application, actor: User | None = None, **details: Any) -> Application:
    details = {"bank_reference": "ICBC-20261101-0007", **details}
    return stages.act(actor or stages.cast.fiona, application, Action.CONFIRM_PAYMENT, **details)


def test_finance_of_the_owner_confirms_the_payment_and_the_release_follows(
    stages: Stages, cast: Cast, awaiting: Application
) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    application = confirm(stages, awaiting, paid_on=yesterday)
    assert application.state == State.GRANTED
    order = Order.objects.get()
    assert (order.bank_reference, order.paid_on, order.confirmed_by) == ("ICBC-20261101-0007", yesterday, cast.fiona)
    assert Release.objects.get().grant.application == application


@pytest.mark.parametrize("name", ["ivan", "rita", "stella", "amy", "oscar", "carl", "adam", "audrey", "wendy"])
def test_nobody_else_confirms_it(stages: Stages, cast: Cast, awaiting: Application, name: str) -> None:
    with pytest.raises(NotPermitted):
        confirm(stages, awaiting, getattr(cast, name))
    assert fresh(awaiting).state == State.AWAITING_PAYMENT


def test_the_requester_does_not_confirm_even_as_finance_of_the_owner(acts: Acts, stages: Stages, cast: Cast) -> None:
    grant_role(actor=cast.adam, user=cast.ivan, organization=cast.health, role=Role.FINANCE)
    acts.offer()
    application = acts.reach_paid(actor=cast.ivan)
    with pytest.raises(NotPermitted):
        confirm(stages, application, cast.ivan)


def test_one_bank_transfer_pays_one_order(acts: Acts, stages: Stages, cast: Cast, awaiting: Application) -> None:
    confirm(stages, awaiting)
    second = acts.reach_paid(actor=cast.ivan)
    with pytest.raises(InvalidInput) as refused:
        confirm(stages, second, bank_reference=" ICBC-20261101-0007 ")
    assert refused.value.code == "transfer_used"
    assert fresh(second).state == State.AWAITING_PAYMENT
    assert Release.objects.count() == 1
    assert confirm(stages, second, bank_reference="ICBC-20261101-0008").state == State.GRANTED


def test_a_day_of_payment_in_the_future_is_refused(stages: Stages, awaiting: Application) -> None:
    with pytest.raises(InvalidInput) as refused:
        confirm(stages, awaiting, paid_on=timezone.localdate() + timedelta(days=1))
    assert "paid_on" in refused.value.fields


@pytest.mark.parametrize("reference", ["", "   ", "9" * 81])
def test_a_payment_has_a_reference(stages: Stages, awaiting: Application, reference: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        confirm(stages, awaiting, bank_reference=reference)
    assert "bank_reference" in refused.value.fields
    assert fresh(awaiting).state == State.AWAITING_PAYMENT


def test_a_payment_is_confirmed_once(stages: Stages, awaiting: Application) -> None:
    confirm(stages, awaiting)
    with pytest.raises(WrongState):
        confirm(stages, awaiting)


def test_the_lines_of_price_and_payment_name_amounts_and_no_bank_reference(
    stages: Stages, awaiting: Application
) -> None:
    confirm(stages, awaiting)
    line = LedgerEntry.objects.about(awaiting).filter(action="application.confirm_payment").get()
    assert line.details["amount"] == "500.00"
    assert "ICBC" not in str(list(LedgerEntry.objects.values_list("details", flat=True)))
