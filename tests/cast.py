"""The named cast of the tests: who works where, made through the services like anybody else.

The health commission owns the data; the big-data bureau controls one table of it; the institute asks; the insurer pays; the water
bureau is a stranger to all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catalog.people.models import Organization, OrganizationKind, Role, User
from catalog.people.services import create_organization, create_user, grant_role

PASSWORD = "a long enough password"


@dataclass(frozen=True)
class Cast:
    city: Organization
    health: Organization
    big_data: Organization
    water: Organization
    institute: Organization
    insurer: Organization
    adam: User  # administrator of the city and of the institutions outside its tree
    stella: User  # data steward of health
    stefan: User  # another steward of health: reviews what stella writes
    oscar: User  # privacy officer of health
    olga: User  # a second privacy officer of health
    amy: User  # approver of health, the owner
    carl: User  # approver of big data, the controller
    fiona: User  # finance of health
    audrey: User  # auditor of the city
    rita: User  # requester at the institute
    ron: User  # her colleague, a requester too
    ivan: User  # requester at the insurer
    wendy: User  # holds every working role in the water bureau: a stranger here


_PEOPLE: Mapping[str, tuple[str, tuple[Role, ...]]] = {
    "stella": ("health", (Role.DATA_STEWARD,)),
    "stefan": ("health", (Role.DATA_STEWARD,)),
    "oscar": ("health", (Role.PRIVACY_OFFICER,)),
    "olga": ("health", (Role.PRIVACY_OFFICER,)),
    "amy": ("health", (Role.APPROVER,)),
    "carl": ("big_data", (Role.APPROVER,)),
    "fiona": ("health", (Role.FINANCE,)),
    "audrey": ("city", (Role.AUDITOR,)),
    "rita": ("institute", (Role.REQUESTER,)),
    "ron": ("institute", (Role.REQUESTER,)),
    "ivan": ("insurer", (Role.REQUESTER,)),
    "wendy": ("water", (Role.DATA_STEWARD, Role.PRIVACY_OFFICER, Role.APPROVER, Role.FINANCE)),
}


def make_cast() -> Cast:
    """Create the organisations, the people and their roles."""
    city = create_organization(
        actor=None,
        name="沧浪市人民政府",
        name_en="Canglang City",
        code="11320500000000001A",
        kind=OrganizationKind.GOVERNMENT,
        parent=None,
    )
    adam = create_user(actor=None, username="adam", password=PASSWORD, display_name="Adam", organization=city)
    grant_role(actor=None, user=adam, organization=city, role=Role.ADMINISTRATOR)

    def bureau(name: str, name_en: str, code: str) -> Organization:
        return create_organization(
            actor=adam, name=name, name_en=name_en, code=code, kind=OrganizationKind.BUREAU, parent=city
        )

    organizations = {
        "city": city,
        "health": bureau("卫生健康委员会", "Health Commission", "11320500000000002A"),
        "big_data": bureau("大数据局", "Big Data Bureau", "11320500000000003A"),
        "water": bureau("水务局", "Water Bureau", "11320500000000004A"),
        "institute": create_organization(
            actor=adam,
            name="公共卫生研究所",
            name_en="Institute of Public Health",
            code="12320500000000005A",
            kind=OrganizationKind.RESEARCH,
            parent=city,
        ),
        "insurer": create_organization(
            actor=None,
            name="湖滨健康保险公司",
            name_en="Lakeside Insurance",
            code="91320500000000006A",
            kind=OrganizationKind.ENTERPRISE,
            parent=None,
        ),
    }
    grant_role(actor=None, user=adam, organization=organizations["insurer"], role=Role.ADMINISTRATOR)
    people = {}
    for name, (place, roles) in _PEOPLE.items():
        organization = organizations[place]
        person = create_user(
            actor=adam, username=name, password=PASSWORD, display_name=name.title(), organization=organization
        )
        for role in roles:
            grant_role(actor=adam, user=person, organization=organization, role=role)
        people[name] = person
    members: dict[str, Any] = {**organizations, "adam": adam, **people}
    return Cast(**members)
