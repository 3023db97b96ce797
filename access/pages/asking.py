"""What can be asked of a table, for the page on which it is asked: its fields, its price, who decides, what comes next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext

from access.models import Offer, OfferState
from access.pages import words
from access.pricing import PricingError, Purpose, Quote, quote
from access.services.offers import terms_of
from catalog.datasets.models import DataField, Dataset, Distribution, Grade, ShareType
from catalog.people.models import Organization
from catalog.templatetags.canglang import money, named
from privacy.masking.operators import Operator
from privacy.models import FieldProtection, FieldRole
from privacy.services.readiness import Problem, basis_of


@dataclass(frozen=True, slots=True)
class Asked:
    """A field as it can be asked for. `hindrance` says why it cannot; empty where it can."""

    field: DataField
    protection: str
    hindrance: str

    @property
    def label(self) -> str:
        return self.field.label or self.field.name

    @property
    def role(self) -> str:
        return "" if self.field.role == FieldRole.NONE else str(FieldRole(self.field.role).label)


def fields_of(distribution: Distribution) -> list[Asked]:
    """Every field of the table in its order, with what protection will do to it. Two queries."""
    rules = {rule.field_id: rule for rule in FieldProtection.objects.filter(distribution=distribution)}
    return [_asked(field, rules.get(field.pk)) for field in distribution.fields.order_by("position")]


def _asked(field: DataField, rule: FieldProtection | None) -> Asked:
    if rule is None:
        return Asked(field, "", gettext("No protection is set for it, so it stays with its provider."))
    protection = words.protection(rule.operator, rule.parameters, field.entity_type)
    if rule.operator == Operator.DROP:
        return Asked(field, protection, gettext("Protection leaves it out of every release."))
    if field.grade == Grade.CORE:
        return Asked(field, protection, gettext("Core data does not leave its provider."))
    return Asked(field, protection, "")


@dataclass(frozen=True, slots=True)
class Price:
    """What a purpose costs today: `quote`, or why there is none."""

    purpose: str
    label: str
    quote: Quote | None

    @property
    def amount(self) -> str:
        if self.quote is None:
            return gettext("no price in force")
        return gettext("free") if self.quote.is_free else money(self.quote.amount)

    @property
    def why(self) -> str:
        """Why it costs that."""
        if self.quote is None:
            return gettext(
                "This use is paid, and the provider has not set a price yet. A draft can be saved meanwhile."
            )
        if self.quote.reason is not None:
            return words.free_reason(self.quote.reason)
        return gettext("the provider’s price, under the government’s cap of %(cap)s") % {
            "cap": money(self.quote.cap or 0)
        }


def prices_of(dataset: Dataset) -> list[Price]:
    """What each purpose costs today. The purpose and the offer decide, not who asks."""
    terms = terms_of(Offer.objects.filter(dataset=dataset, state=OfferState.ACTIVE).first())
    found = []
    for purpose in Purpose:
        try:
            price: Quote | None = quote(terms, purpose)
        except PricingError:
            price = None
        found.append(Price(purpose.value, str(words.PURPOSES[purpose]), price))
    return found


@dataclass(frozen=True, slots=True)
class NextStep:
    """One thing that will happen, and who does it."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Deciders:
    """Whose word it takes."""

    owner: Organization | None
    controller: Organization | None

    @property
    def differ(self) -> bool:
        return self.owner is not None and self.controller is not None and self.owner.pk != self.controller.pk


def deciders_of(dataset: Dataset) -> Deciders:
    """The organisations that own and control the data today."""
    return Deciders(dataset.owner, dataset.controller)


def next_steps(deciders: Deciders, price: Price | None) -> list[NextStep]:
    """What happens after submitting, in order."""
    owner = named(deciders.owner) if deciders.owner else gettext("the owner")
    steps = [
        NextStep(
            gettext("Protect and measure"),
            gettext(
                "The program makes the protected copy you asked for and measures the risk on it. Minutes, no waiting for people."
            ),
        ),
        NextStep(gettext("Decide"), _who_signs(deciders, owner)),
    ]
    if price is None or price.quote is None or not price.quote.is_free:
        steps.append(
            NextStep(
                gettext("Pay"),
                gettext("You pay by bank transfer; finance of %(owner)s confirms it.") % {"owner": owner}
                if price is not None
                else gettext("Only where the use is for an industry or sector."),
            )
        )
    steps.append(
        NextStep(
            gettext("Download"),
            gettext(
                "The named recipients download exactly the bytes that were assessed, until the last day of the grant."
            ),
        )
    )
    return steps


def _who_signs(deciders: Deciders, owner: str) -> str:
    if deciders.differ:
        both = gettext(
            "The approvers of %(owner)s, who own the data, and of %(controller)s, who control it, both sign. The owner’s privacy "
            "officer signs too where the risk is medium or a full assessment is due."
        )
        return both % {"owner": owner, "controller": named(deciders.controller)}
    one = gettext(
        "An approver of %(owner)s decides. Its privacy officer signs too where the risk is medium or a full assessment is due."
    )
    return one % {"owner": owner}


def problems_of(distribution: Distribution) -> tuple[Problem, ...]:
    """What stands in the way of a release, as far as it can be told without reading the source again."""
    return basis_of(distribution, fingerprint=distribution.fingerprint).problems


def is_withheld(dataset: Dataset) -> bool:
    """Whether sharing is ruled out, so that an application would stop at that gate."""
    return dataset.share_type == ShareType.WITHHELD


def common_reason(reasons: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The reason most fields share, and those that differ from it."""
    given: Iterable[str] = [why for why in reasons.values() if why]
    counted = list(given)
    most = max(counted, key=counted.count) if counted else ""
    return most, {name: why for name, why in reasons.items() if why != most}
