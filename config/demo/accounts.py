"""Who works in the demo city: its organisations, and an account for each part of the story.

Made through the services. Demo accounts exist only where the demo ran: nothing else knows their names or password.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.conf import settings
from django.db import transaction

from catalog.people.models import Organization, OrganizationKind, Role, User
from catalog.people.services import create_organization, create_user, grant_role
from config.demo.city import organizations
from config.demo.city.manifest import CityManifest

KINDS: Mapping[str, OrganizationKind] = {
    "government": OrganizationKind.GOVERNMENT,
    "department": OrganizationKind.BUREAU,
    "district": OrganizationKind.DISTRICT,
    "enterprise": OrganizationKind.ENTERPRISE,
    "research": OrganizationKind.RESEARCH,
}
# What an account is for, in the words of the page that lists them. The seven of the design, and whom the story needs besides.
ACCOUNTS: Mapping[str, tuple[str, str]] = {
    "steward": ("顾文渊", "registers sources and datasets"),
    "officer": ("沈知微", "scans, reviews, protects"),
    "requester": ("陆清言", "applies, downloads (Institute of Urban Governance)"),
    "approver": ("范仲明", "publishes and decides for the owner"),
    "finance": ("钱书衡", "prices and confirms payments"),
    "auditor": ("况正平", "reads the ledger"),
    "admin": ("苏建业", "organisations, members, roles"),
    "approver2": ("周子安", "decides for the controller, where that is another department"),
    "officer2": ("叶守真", "the second person where one is needed"),
    "requester2": ("唐伯言", "applies and pays (Pingtan Artificial Intelligence)"),
}


def is_loaded() -> bool:
    """Whether somebody lives here already."""
    return bool(User.objects.exists())


@transaction.atomic
def create_people(manifest: CityManifest) -> dict[str, Organization]:
    """Plant the organisation tree and the accounts with their roles. Returns the organisations by their key."""
    found: dict[str, Organization] = {}
    admin: User | None = None
    for item in organizations():
        parent = found[item.parent] if item.parent else None
        found[item.key] = create_organization(
            actor=admin if parent else None,
            name=item.name_zh,
            name_en=item.name_en,
            code=item.uscc,
            kind=KINDS[item.kind],
            parent=parent,
        )
        if parent is None:
            if admin is None:
                admin = _account(None, "admin", found[item.key])
            grant_role(actor=None, user=admin, organization=found[item.key], role=Role.ADMINISTRATOR)
    assert admin is not None
    people = {name: _account(admin, name, found[_home(name)]) for name in ACCOUNTS if name != "admin"}

    def hold(name: str, role: Role, keys: Iterable[str]) -> None:
        for key in sorted(set(keys)):
            grant_role(actor=admin, user=people[name], organization=found[key], role=role)

    providers = [table.provider for table in manifest.tables]
    controllers = [table.controller for table in manifest.tables if table.controller != table.provider]
    hold("steward", Role.DATA_STEWARD, providers)
    hold("officer", Role.PRIVACY_OFFICER, providers)
    hold("officer2", Role.PRIVACY_OFFICER, providers)
    hold("approver", Role.APPROVER, providers)
    hold("approver2", Role.APPROVER, controllers)
    hold("finance", Role.FINANCE, providers)
    hold("auditor", Role.AUDITOR, ["suzhou"])
    hold("requester", Role.REQUESTER, ["urban_institute"])
    hold("requester2", Role.REQUESTER, ["pingtan_ai"])
    return found


def _home(name: str) -> str:
    return {"requester": "urban_institute", "requester2": "pingtan_ai"}.get(name, "suzhou")


def _account(actor: User | None, name: str, organization: Organization) -> User:
    return create_user(
        actor=actor,
        username=name,
        password=settings.DEMO_PASSWORD,
        display_name=ACCOUNTS[name][0],
        organization=organization,
    )
