"""What a usage of data costs, and whether a price is lawful.

Lives here: the purposes, the terms of an offer as values, their checks and the quote. Pure: no models. Whose turn it
is to propose or to set a price, and the order and its payment, are the services'.

Source: 发改价格〔2025〕65号. Public governance and public good are free. Use for the development of an industry or
sector pays under a government cap: price ≤ cap ≤ permitted revenue, which is permitted cost + profit + tax.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from catalog.messages import MessageError, gettext_noop

CURRENCY = "CNY"
CITATION = "发改价格〔2025〕65号"
_FEN = Decimal("0.01")
# Amounts are kept with 14 digits before and 2 after the point: more is a slip of the hand.
_LARGEST = Decimal("99999999999999.99")


class Purpose(StrEnum):
    """What the data is wanted for; it decides whether there is a fee at all."""

    PUBLIC_GOVERNANCE = "public_governance"
    PUBLIC_GOOD = "public_good"
    INDUSTRIAL = "industrial"

    @property
    def is_free(self) -> bool:
        """Whether the rules forbid a fee for this purpose."""
        return self in FREE_PURPOSES


FREE_PURPOSES = frozenset({Purpose.PUBLIC_GOVERNANCE, Purpose.PUBLIC_GOOD})


class FreeReason(StrEnum):
    """Why nothing is to be paid."""

    PURPOSE = "free_purpose"
    OFFER = "free_offer"


class PricingError(MessageError):
    """The terms of an offer are not lawful or not complete."""

    code = "pricing_error"


class AmountInvalid(PricingError):
    """An amount is not an exact, non-negative sum in yuan and fen."""

    code = "invalid_amount"
    message = gettext_noop("“%(name)s” must be an amount in yuan, not negative, with at most two decimals.")


class CurrencyUnknown(PricingError):
    """Prices are in yuan."""

    code = "unknown_currency"
    message = gettext_noop("Prices are in CNY.")


class FeeOnFreePurpose(PricingError):
    """A fee is asked for a purpose that is free by law."""

    code = "fee_on_free_purpose"
    message = gettext_noop("No fee may be asked for the purpose “%(purpose)s”.")


class CapMissing(PricingError):
    """A price needs a government cap to be held against."""

    code = "cap_missing"
    message = gettext_noop("There is a price but no cap.")


class PermittedRevenueMissing(PricingError):
    """A cap needs the permitted revenue it was derived from."""

    code = "permitted_revenue_missing"
    message = gettext_noop("There is a cap but no permitted revenue.")


class PriceAboveCap(PricingError):
    """The price is above the cap."""

    code = "price_above_cap"
    message = gettext_noop("The price %(price)s is above the cap %(cap)s.")


class CapAbovePermittedRevenue(PricingError):
    """The cap is above the permitted revenue."""

    code = "cap_above_permitted_revenue"
    message = gettext_noop("The cap %(cap)s is above the permitted revenue %(permitted_revenue)s.")


class PriceMissing(PricingError):
    """Nobody has set a price for this purpose. That is not the same as free."""

    code = "price_missing"
    message = gettext_noop("No price is set for the purpose “%(purpose)s”.")


@dataclass(frozen=True, slots=True)
class PermittedRevenue:
    """What the operator may earn, in yuan: permitted cost, profit and tax."""

    cost: Decimal
    profit: Decimal
    tax: Decimal

    @property
    def total(self) -> Decimal:
        """The permitted revenue."""
        return self.cost + self.profit + self.tax


@dataclass(frozen=True, slots=True)
class OfferTerms:
    """The terms of a dataset's offer. `prices` in yuan by purpose; 0 means the offer itself is free for it."""

    prices: Mapping[Purpose, Decimal]
    cap: Decimal | None = None
    permitted_revenue: PermittedRevenue | None = None
    currency: str = CURRENCY


@dataclass(frozen=True, slots=True)
class Quote:
    """What one application costs, to be frozen at submission. `reason` says why it is free, None where it is not."""

    purpose: Purpose
    amount: Decimal
    currency: str
    reason: FreeReason | None
    citation: str
    cap: Decimal | None = None
    permitted_revenue: Decimal | None = None

    @property
    def is_free(self) -> bool:
        """Whether nothing is to be paid."""
        return self.reason is not None

    def as_dict(self) -> dict[str, str | None]:
        """The quote as JSON-able data; amounts are decimal text."""
        return {
            "purpose": self.purpose.value,
            "amount": str(self.amount),
            "currency": self.currency,
            "reason": self.reason.value if self.reason else None,
            "citation": self.citation,
            "cap": None if self.cap is None else str(self.cap),
            "permitted_revenue": None if self.permitted_revenue is None else str(self.permitted_revenue),
        }


def check_terms(terms: OfferTerms) -> OfferTerms:
    """The terms with every amount in yuan and fen. Raises a `PricingError` where they are not lawful.

    For the service that saves an offer; `quote` checks again, since a cap may have changed since.
    """
    if terms.currency != CURRENCY:
        raise CurrencyUnknown
    prices = {Purpose(purpose): _amount(str(purpose), price) for purpose, price in terms.prices.items()}
    for purpose, price in prices.items():
        if purpose.is_free and price > 0:
            raise FeeOnFreePurpose(purpose=purpose.value)
    revenue = terms.permitted_revenue
    if revenue is not None:
        revenue = PermittedRevenue(
            _amount("cost", revenue.cost), _amount("profit", revenue.profit), _amount("tax", revenue.tax)
        )
    cap = None if terms.cap is None else _amount("cap", terms.cap)
    if cap is not None and revenue is None:
        raise PermittedRevenueMissing
    if cap is not None and revenue is not None and cap > revenue.total:
        raise CapAbovePermittedRevenue(cap=cap, permitted_revenue=revenue.total)
    for price in prices.values():
        if price > 0 and cap is None:
            raise CapMissing
        if cap is not None and price > cap:
            raise PriceAboveCap(price=price, cap=cap)
    return OfferTerms(MappingProxyType(prices), cap, revenue, terms.currency)


def quote(offer_terms: OfferTerms, purpose: Purpose) -> Quote:
    """What a usage for `purpose` costs under these terms. The requester's wish has no say in it.

    Raises a `PricingError` where the terms are not lawful, or hold no price for a purpose that is not free.
    """
    terms = check_terms(offer_terms)
    if purpose.is_free:
        return Quote(purpose, Decimal("0.00"), terms.currency, FreeReason.PURPOSE, CITATION)
    price = terms.prices.get(purpose)
    if price is None:
        raise PriceMissing(purpose=purpose.value)
    return Quote(
        purpose=purpose,
        amount=price,
        currency=terms.currency,
        reason=None if price > 0 else FreeReason.OFFER,
        citation=CITATION,
        cap=terms.cap,
        permitted_revenue=None if terms.permitted_revenue is None else terms.permitted_revenue.total,
    )


def _amount(name: str, value: object) -> Decimal:
    """An exact sum. A float is refused: it cannot hold a fen."""
    if not isinstance(value, Decimal) or not value.is_finite() or not 0 <= value <= _LARGEST:
        raise AmountInvalid(name=name)
    if value != value.quantize(_FEN):
        raise AmountInvalid(name=name)
    # abs: a negative zero is a zero.
    return abs(value.quantize(_FEN))
