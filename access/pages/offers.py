"""Offers: a steward proposes a price, finance puts it in force under its cap. Payments: finance confirms bank transfers."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from access.models import Application, Offer, OfferState, Order
from access.pages import words
from access.pages.forms import ActForm, OfferForm, PriceForm
from access.pricing import PermittedRevenue
from access.services.deciding import perform
from access.services.offers import price_offer, propose_offer
from access.workflow import Action, State
from catalog.datasets.models import Dataset, RightKind, RightsAssignment
from catalog.pages.acts import attempt, page_of, say, user_of
from catalog.people.models import Role, User
from catalog.people.policies import may, organizations_with


@login_required
@require_http_methods(["GET", "POST"])
def listing(request: HttpRequest) -> HttpResponse:
    """The offers one may see, and for stewards a new one."""
    user = user_of(request)
    stewarded = organizations_with(user, Role.DATA_STEWARD)
    datasets = Dataset.objects.filter(provider_id__in=stewarded).select_related("provider").order_by("code")
    form = OfferForm(request.POST or None, datasets=datasets) if stewarded else None
    if request.method == "POST":
        if form is None:
            raise PermissionDenied
        if form.was_sent(request):
            say(request, _("This was saved already."))
            return redirect("offers")
        if form.is_valid():
            dataset, amount = form.cleaned_data["dataset"], form.cleaned_data["amount"]
            done = attempt(request, lambda: propose_offer(actor=user, dataset=dataset, amount=amount), form=form)
            if done is not None:
                form.remember(request)
                say(request, _("Proposed. It counts once finance has put it in force under its cap."))
                return redirect("offers")
    offers = Offer.objects.visible_to(user).select_related("dataset__provider", "proposed_by", "priced_by")
    state = request.GET.get("state", "")
    if state in OfferState.values:
        offers = offers.filter(state=state)
    context = {
        "page": page_of(request, offers.order_by("-pk")),
        "form": form,
        "states": OfferState.choices,
        "state": state,
        "priced_in": organizations_with(user, Role.FINANCE),
    }
    return render(request, "access/offers.html", context, status=400 if form and form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """One offer; for finance, the form that puts it in force."""
    user = user_of(request)
    offer = get_object_or_404(
        Offer.objects.visible_to(user).select_related("dataset__provider", "proposed_by", "priced_by"), pk=pk
    )
    may_price = offer.state == OfferState.PROPOSED and may(user, "offer.price", offer)
    form = PriceForm(request.POST or None, initial={"amount": offer.amount})
    if request.method == "POST":
        if not may(user, "offer.price", offer):
            raise PermissionDenied
        if form.is_valid() and _price(request, user, offer, form):
            say(request, _("The price is in force. It replaces the one before."))
            return redirect("offer", offer.pk)
    earlier = (
        Offer.objects.visible_to(user)
        .filter(dataset=offer.dataset)
        .exclude(pk=offer.pk)
        .select_related("proposed_by", "priced_by")
    )
    revenue = None if offer.cost is None else offer.cost + (offer.profit or 0) + (offer.tax or 0)
    context = {"offer": offer, "form": form, "may_price": may_price, "earlier": earlier, "revenue": revenue}
    return render(request, "access/offer.html", context, status=400 if form.errors else 200)


# Which field of the form a refusal of the pricing rules is about.
_FIELD_OF = {
    "price_above_cap": "amount",
    "cap_above_permitted_revenue": "cap",
    "fee_on_free_purpose": "amount",
    "cap_missing": "cap",
}


def _price(request: HttpRequest, user: User, offer: Offer, form: PriceForm) -> bool:
    data = form.cleaned_data
    revenue = PermittedRevenue(cost=data["cost"], profit=data["profit"], tax=data["tax"])
    done = attempt(
        request,
        lambda: words.spoken(
            lambda: words.on_fields(
                lambda: price_offer(
                    actor=user,
                    offer=offer,
                    amount=data["amount"],
                    cap=data["cap"],
                    permitted_revenue=revenue,
                    basis=data["basis"],
                ),
                _FIELD_OF,
            )
        ),
        form=form,
    )
    return done is not None


@login_required
@require_http_methods(["GET", "POST"])
def payments(request: HttpRequest) -> HttpResponse:
    """What waits for a bank transfer, and what was paid. Finance of the owner confirms."""
    user = user_of(request)
    organizations = organizations_with(user, Role.FINANCE)
    if not organizations:
        raise PermissionDenied
    form, tried = ActForm(), None
    if request.method == "POST":
        number = request.POST.get("application", "")
        tried = get_object_or_404(
            Application.objects.visible_to(user), pk=int(number) if number.isascii() and number.isdigit() else 0
        )
        form = ActForm(request.POST)
        if form.is_valid() and _confirm(request, user, tried, form):
            say(request, str(words.DONE[Action.CONFIRM_PAYMENT]))
            return redirect("payments")
    orders = Order.objects.filter(application__in=_owned_by(organizations)).select_related(
        "application__organization", "application__applicant", "application__distribution__dataset", "confirmed_by"
    )
    waiting = list(orders.filter(application__state=State.AWAITING_PAYMENT).order_by("created_at"))
    context = {
        "rows": [{"order": order, "form": _form_of(order, form, tried)} for order in waiting],
        "page": page_of(request, orders.exclude(paid_on=None).order_by("-paid_on", "-pk")),
        "tried": tried,
    }
    return render(request, "access/payments.html", context, status=400 if tried else 200)


def _form_of(order: Order, form: ActForm, tried: Application | None) -> ActForm:
    is_it = tried is not None and tried.pk == order.application_id
    return form if is_it else ActForm(auto_id=f"id_{order.application_id}_%s")


def _confirm(request: HttpRequest, user: User, application: Application, form: ActForm) -> bool:
    done = attempt(
        request,
        lambda: words.spoken(
            lambda: perform(actor=user, application=application, action=Action.CONFIRM_PAYMENT, **form.details())
        ),
        form=form,
    )
    return done is not None


def _owned_by(organizations: set[int]) -> Any:
    """The applications for data that one of these organisations owns today: their finance is who confirms."""
    owned = RightsAssignment.objects.current().filter(kind=RightKind.OWNERSHIP, holder_id__in=organizations)
    return Application.objects.filter(distribution__dataset__in=owned.values("dataset_id"))
