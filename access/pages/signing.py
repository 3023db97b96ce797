"""Who has signed an application, who must, and why the reader cannot: the separation of duties in words."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext

from access.models import Application, Decision
from access.pages import words
from access.pages.asking import Deciders
from access.policies import required_sides, signed_side
from access.services.deciding import latest_assessment
from access.services.readings import decision_rule_of
from access.workflow import Side
from catalog.people.models import Membership, Organization, Role, User
from catalog.templatetags.canglang import named

_ROLE_OF = {Side.OWNER: Role.APPROVER, Side.CONTROLLER: Role.APPROVER, Side.PRIVACY: Role.PRIVACY_OFFICER}


@dataclass(frozen=True, slots=True)
class Signature:
    """One side whose word it takes. `decision` once it was given; `mine` says that the reader can give it; else `why_not`."""

    side: str
    label: str
    organization: Organization | None
    decision: Decision | None
    mine: bool
    why_not: str


def signatures_of(
    application: Application,
    reader: User,
    sides: frozenset[Side],
    deciders: Deciders,
    decisions: list[Decision],
) -> list[Signature]:
    """The sides that must sign the present assessment, in the order of the workflow."""
    assessment = latest_assessment(application)
    privacy_signs = bool(assessment and assessment.record and decision_rule_of(assessment).privacy_signs)
    required = required_sides(application, privacy_signs=privacy_signs)
    signed = {
        decision.side: decision
        for decision in decisions
        if decision.verdict == "approve" and assessment is not None and decision.assessment_id == assessment.pk
    }
    why_not = _Reader(application, reader)
    found = []
    for side in (side for side in Side if side in required):
        organization = deciders.controller if side == Side.CONTROLLER else deciders.owner
        decision = signed.get(side.value)
        mine = decision is None and side in sides
        found.append(
            Signature(
                side=side.value,
                label=str(words.SIDES[side]),
                organization=organization,
                decision=decision,
                mine=mine,
                why_not="" if mine or decision else why_not.for_side(side, organization),
            )
        )
    return found


class _Reader:
    """Why somebody stands on no deciding side. Says only what `access.policies.sides_of` decided."""

    def __init__(self, application: Application, reader: User) -> None:
        self._is_applicant = reader.pk == application.applicant_id
        self._receives = any(person.pk == reader.pk for person in application.recipients.all())
        self._signed = signed_side(reader, application)
        held = Membership.objects.active().filter(user=reader, role__in=set(_ROLE_OF.values()))
        self._held = set(held.values_list("organization_id", "role"))

    def for_side(self, side: Side, organization: Organization | None) -> str:
        """The reason, for the reader's eyes."""
        role = _ROLE_OF[side]
        if self._is_applicant:
            return gettext("You applied, so you decide nothing on this application.")
        if self._receives:
            return gettext("You are named as a recipient, so you decide nothing on this application.")
        holds = organization is not None and (organization.pk, role.value) in self._held
        if holds and self._signed is not None:
            return gettext("You have signed as %(side)s; nobody signs for two sides.") % {
                "side": words.SIDES[self._signed]
            }
        return gettext("Waits for a person with the role %(role)s at %(organization)s.") % {
            "role": role.label,
            "organization": named(organization),
        }
