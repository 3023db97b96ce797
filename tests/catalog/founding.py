"""The shortest act there is: the operator founds a city. Where only the line in the ledger matters, this writes one."""

from __future__ import annotations

from catalog.people.models import Organization, OrganizationKind
from catalog.people.services import create_organization


def found_city(number: int = 1) -> Organization:
    """One organisation and one line."""
    return create_organization(
        actor=None,
        name=f"第{number}城",
        name_en=f"City {number}",
        code=f"113205000{number:08d}A",
        kind=OrganizationKind.GOVERNMENT,
        parent=None,
    )
