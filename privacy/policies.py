"""Who may scan, review and protect, where the subject is always the distribution's dataset; and who works on a bureau's own rules."""

from __future__ import annotations

from typing import Any

from catalog.datasets.policies import works_for_a_holder
from catalog.people.models import Role
from catalog.people.policies import holds_anywhere, permit, predicate
from privacy.models import READING_ROLES

permit("scan.request", works_for_a_holder(Role.PRIVACY_OFFICER, Role.DATA_STEWARD))
permit("scan.cancel", works_for_a_holder(Role.PRIVACY_OFFICER, Role.DATA_STEWARD))
permit("finding.read", works_for_a_holder(*READING_ROLES))
permit("finding.decide", works_for_a_holder(Role.PRIVACY_OFFICER))
permit("combinations.request", works_for_a_holder(Role.PRIVACY_OFFICER))
permit("protection.set", works_for_a_holder(Role.PRIVACY_OFFICER))
permit("protection.preview", works_for_a_holder(Role.PRIVACY_OFFICER))


def _holds(*roles: Role) -> Any:
    """Holds one of the roles anywhere: an own rule is for the whole deployment."""
    return predicate(lambda user, _subject: any(holds_anywhere(user, role) for role in roles))


permit("own_rule.read", _holds(Role.ADMINISTRATOR, Role.PRIVACY_OFFICER))
permit("own_rule.try", _holds(Role.ADMINISTRATOR, Role.PRIVACY_OFFICER))
permit("own_rule.manage", _holds(Role.ADMINISTRATOR))
