"""Who may scan, review and protect. The subject is always the distribution's dataset."""

from __future__ import annotations

from catalog.datasets.policies import works_for_a_holder
from catalog.people.models import Role
from catalog.people.policies import permit
from privacy.models import READING_ROLES

permit("scan.request", works_for_a_holder(Role.PRIVACY_OFFICER, Role.DATA_STEWARD))
permit("scan.cancel", works_for_a_holder(Role.PRIVACY_OFFICER, Role.DATA_STEWARD))
permit("finding.read", works_for_a_holder(*READING_ROLES))
permit("finding.decide", works_for_a_holder(Role.PRIVACY_OFFICER))
permit("protection.set", works_for_a_holder(Role.PRIVACY_OFFICER))
permit("protection.preview", works_for_a_holder(Role.PRIVACY_OFFICER))
