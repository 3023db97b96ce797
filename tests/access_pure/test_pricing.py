"""What a usage costs, and the prices that are refused."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.pricing import (
    AmountInvalid,
    CapAbovePermittedRevenue,
    CapMissing,
    CurrencyUnknown,
    FeeOnFreePurpose,
    FreeReason,
    OfferTerms,
    PermittedRevenue,
    PermittedRevenueMissing,
    PriceAboveCap,
    PriceMissing,
    PricingError,
    Purpose,
    check_terms,
    quote,
)

REVENUE = PermittedRevenue(cost=Decimal(800), profit=Decimal(100), tax=Decimal("54.5"))
FREE = [Purpose.PUBLIC_GOVERNANCE, Purpose.PUBLIC_GOOD]


def terms(**changes: Any) -> OfferTerms:
    """An offer at 500 yuan for industry, within its cap."""
    given_terms: dict[str, Any] = {
        "prices": {Purpose.INDUSTRIAL: Decimal(500)},
        "cap": Decimal(900),
        "permitted_revenue": REVENUE,
    }
    return OfferTerms(**{**given_terms, **changes})


def test_industrial_use_pays_the_price_of_the_offer() -> None:
    quoted = quote(terms(), Purpose.INDUSTRIAL)
    assert (quoted.amount, quoted.currency, quoted.reason, quoted.is_free) == (Decimal("500.00"), "CNY", None, False)
    assert (quoted.cap, quoted.permitted_revenue) == (Decimal("900.00"), Decimal("954.50"))


@pytest.mark.parametrize("purpose", FREE)
def test_public_governance_and_public_good_are_free_whatever_industry_pays(purpose: Purpose) -> None:
    quoted = quote(terms(), purpose)
    assert (quoted.amount, quoted.reason, quoted.is_free) == (Decimal(0), FreeReason.PURPOSE, True)
    assert quoted.citation == "发改价格〔2025〕65号"


@pytest.mark.parametrize("purpose", FREE)
def test_a_fee_on_a_free_purpose_is_refused_even_for_somebody_who_would_pay(purpose: Purpose) -> None:
    unlawful = terms(prices={Purpose.INDUSTRIAL: Decimal(500), purpose: Decimal("0.01")})
    for asked in Purpose:
        with pytest.raises(FeeOnFreePurpose) as refusal:
            quote(unlawful, asked)
        assert refusal.value.code == "fee_on_free_purpose"
    assert quote(terms(prices={purpose: Decimal(0)}), purpose).is_free


def test_a_price_above_the_cap_is_refused_and_one_at_the_cap_is_not() -> None:
    assert quote(terms(prices={Purpose.INDUSTRIAL: Decimal(900)}), Purpose.INDUSTRIAL).amount == 900
    with pytest.raises(PriceAboveCap) as refusal:
        quote(terms(prices={Purpose.INDUSTRIAL: Decimal("900.01")}), Purpose.INDUSTRIAL)
    assert refusal.value.code == "price_above_cap"


def test_a_cap_above_the_permitted_revenue_is_refused_and_one_at_it_is_not() -> None:
    assert check_terms(terms(cap=Decimal("954.50"))).cap == Decimal("954.50")
    with pytest.raises(CapAbovePermittedRevenue) as refusal:
        check_terms(terms(cap=Decimal("954.51")))
    assert refusal.value.code == "cap_above_permitted_revenue"


def test_a_price_needs_a_cap_and_a_cap_needs_the_permitted_revenue() -> None:
    with pytest.raises(CapMissing):
        check_terms(terms(cap=None))
    with pytest.raises(PermittedRevenueMissing):
        check_terms(terms(permitted_revenue=None))


def test_an_offer_that_asks_nothing_is_free_by_the_offer_and_needs_no_cap() -> None:
    quoted = quote(OfferTerms({Purpose.INDUSTRIAL: Decimal(0)}), Purpose.INDUSTRIAL)
    assert (quoted.amount, quoted.reason) == (Decimal(0), FreeReason.OFFER)


def test_a_price_that_nobody_set_is_not_a_price_of_nothing() -> None:
    with pytest.raises(PriceMissing, match="industrial") as refusal:
        quote(OfferTerms({}), Purpose.INDUSTRIAL)
    assert refusal.value.code == "price_missing"
    assert quote(OfferTerms({}), Purpose.PUBLIC_GOOD).is_free


@pytest.mark.parametrize(
    "amount", [Decimal("-1"), Decimal("0.001"), Decimal("NaN"), Decimal("Infinity"), Decimal("1e20"), 5.0, 5, "5", None]
)
def test_an_amount_is_exact_yuan_and_fen(amount: Any) -> None:
    with pytest.raises(AmountInvalid):
        check_terms(terms(prices={Purpose.INDUSTRIAL: amount}))
    with pytest.raises(AmountInvalid):
        check_terms(terms(permitted_revenue=PermittedRevenue(Decimal(800), amount, Decimal(0))))


def test_other_currencies_are_refused() -> None:
    with pytest.raises(CurrencyUnknown):
        check_terms(terms(currency="USD"))


def test_a_negative_zero_is_a_zero() -> None:
    assert str(quote(OfferTerms({Purpose.INDUSTRIAL: Decimal("-0")}), Purpose.INDUSTRIAL).amount) == "0.00"


def test_a_quote_can_be_kept_as_json() -> None:
    kept = json.loads(json.dumps(quote(terms(), Purpose.INDUSTRIAL).as_dict()))
    assert kept == {
        "purpose": "industrial",
        "amount": "500.00",
        "currency": "CNY",
        "reason": None,
        "citation": "发改价格〔2025〕65号",
        "cap": "900.00",
        "permitted_revenue": "954.50",
    }


fen = st.integers(0, 10**6).map(lambda cents: Decimal(cents) / 100)


@given(price=fen, cap=fen, cost=fen, profit=fen, tax=fen, purpose=st.sampled_from(Purpose))
def test_no_quote_ever_breaks_the_chain_of_price_cap_and_permitted_revenue(
    price: Decimal, cap: Decimal, cost: Decimal, profit: Decimal, tax: Decimal, purpose: Purpose
) -> None:
    offer = OfferTerms({Purpose.INDUSTRIAL: price}, cap, PermittedRevenue(cost, profit, tax))
    lawful = price <= cap <= cost + profit + tax
    try:
        quoted = quote(offer, purpose)
    except PricingError:
        assert not lawful
        return
    assert lawful
    assert quoted.amount == (0 if purpose.is_free else price)
    assert quoted.is_free is (quoted.amount == 0)
