"""Acts on offers: the steward proposes a price, finance sets it under the cap, and the quote follows from both."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction

from access.models import Offer, OfferState
from access.pricing import OfferTerms, PermittedRevenue, PriceMissing, Purpose, Quote, check_terms, quote
from catalog.datasets.models import Dataset, Price
from catalog.datasets.services import lock_dataset, write_price
from catalog.errors import DomainError, InvalidInput, WrongState
from catalog.ledger.services import record
from catalog.messages import MessageError, gettext_noop
from catalog.people.models import User
from catalog.people.policies import require


class NoOffer(DomainError):
    """The use is paid, and nobody has set a price."""

    status = 409
    code = "no_offer"
    message = gettext_noop("This use is paid, and no price is in force for the dataset yet. Ask its provider.")


@transaction.atomic
def propose_offer(*, actor: User, dataset: Dataset, amount: Decimal, currency: str = "CNY") -> Offer:
    """Propose a price for industrial use."""
    require(actor, "offer.propose", dataset)
    if amount < 0 or amount != amount.quantize(Decimal("0.01")) or amount >= Decimal("1e12"):
        raise InvalidInput(fields={"amount": [gettext_noop("Give an amount of money with at most two decimals.")]})
    if currency != "CNY":
        raise InvalidInput(fields={"currency": [gettext_noop("Prices are in CNY.")]})
    offer: Offer = Offer.objects.create(dataset=dataset, amount=amount, currency=currency, proposed_by=actor)
    record(
        actor=actor,
        action="offer.proposed",
        subject=offer,
        organization=dataset.provider,
        details={"dataset": dataset.pk, "amount": str(amount)},
    )
    return offer


@transaction.atomic
def price_offer(
    *, actor: User, offer: Offer, amount: Decimal, cap: Decimal, permitted_revenue: PermittedRevenue, basis: str
) -> Offer:
    """Put a proposed price in force under the government's cap; it replaces the one before.

    Price ≤ cap ≤ permitted revenue (发改价格〔2025〕65号), with the document that sets the cap.
    """
    require(actor, "offer.price", offer)
    offer = Offer.objects.select_for_update(of=("self",)).select_related("dataset__provider").get(pk=offer.pk)
    if offer.state != OfferState.PROPOSED:
        raise WrongState(state=OfferState(offer.state))
    if not basis.strip():
        raise InvalidInput(fields={"basis": [gettext_noop("Name the document that sets the cap.")]})
    try:
        terms = check_terms(OfferTerms({Purpose.INDUSTRIAL: amount}, cap, permitted_revenue, offer.currency))
    except MessageError as error:
        raise InvalidInput.of(error) from error
    Offer.objects.filter(dataset=offer.dataset, state=OfferState.ACTIVE).update(state=OfferState.RETIRED)
    assert terms.permitted_revenue is not None
    offer.amount, offer.cap, offer.basis = terms.prices[Purpose.INDUSTRIAL], terms.cap, basis.strip()[:500]
    offer.cost, offer.profit = terms.permitted_revenue.cost, terms.permitted_revenue.profit
    offer.tax, offer.state, offer.priced_by = terms.permitted_revenue.tax, OfferState.ACTIVE, actor
    offer.save()
    tell_catalogue(offer.dataset)
    record(
        actor=actor,
        action="offer.priced",
        subject=offer,
        organization=offer.dataset.provider,
        details={"dataset": offer.dataset_id, "amount": str(offer.amount), "cap": str(offer.cap)},
    )
    return offer


def tell_catalogue(dataset: Dataset) -> None:
    """Write on the dataset what its offers now come to. Called inside every act that puts one in force, replaces or retires it."""
    dataset = lock_dataset(dataset)
    offer = Offer.objects.filter(dataset=dataset, state=OfferState.ACTIVE).first()
    price = Price.UNPRICED if offer is None else Price.PAID if offer.amount else Price.FREE
    write_price(dataset=dataset, price=price)


def terms_of(offer: Offer | None) -> OfferTerms:
    """An offer in force as the pricing rules read it; no offer is an offer without a price."""
    if offer is None:
        return OfferTerms({})
    revenue = None
    if offer.cost is not None and offer.profit is not None and offer.tax is not None:
        revenue = PermittedRevenue(offer.cost, offer.profit, offer.tax)
    return OfferTerms({Purpose.INDUSTRIAL: offer.amount}, offer.cap, revenue, offer.currency)


def quote_for(dataset: Dataset, purpose: str) -> tuple[Quote, Offer | None]:
    """What a use for `purpose` costs today: decided by the dataset's offer and the purpose, not by who asks."""
    if purpose not in set(Purpose):
        raise InvalidInput(fields={"purpose": [gettext_noop("Choose public_governance, public_good or industrial.")]})
    offer = Offer.objects.filter(dataset=dataset, state=OfferState.ACTIVE).first()
    try:
        return quote(terms_of(offer), Purpose(purpose)), offer
    except PriceMissing as error:
        raise NoOffer from error
    except MessageError as error:
        raise InvalidInput.of(error) from error
