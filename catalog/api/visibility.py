"""Which rows a user may see, where no model's `visible_to` answers it: people are in `catalog.people.visibility`, the parts of a
dataset in `catalog.datasets.visibility`. The API's views find both here."""

from __future__ import annotations

from catalog.datasets.visibility import (
    visible_distributions,
    visible_fields,
    visible_grade_proposals,
    visible_rights,
)
from catalog.people.visibility import (
    every_organization,
    organizations_known_to,
    visible_memberships,
    visible_organizations,
    visible_users,
)

__all__ = [
    "every_organization",
    "organizations_known_to",
    "visible_distributions",
    "visible_fields",
    "visible_grade_proposals",
    "visible_memberships",
    "visible_organizations",
    "visible_rights",
    "visible_users",
]
