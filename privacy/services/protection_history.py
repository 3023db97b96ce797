"""What each version of a table's protection held: kept in the transaction of the act that made it, and read again.

Lives here: keeping and reading. Restoring a version and taking over a file are `privacy.services.policy_files`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from catalog.datasets.models import Distribution
from catalog.errors import InvalidInput
from catalog.messages import MessageError, gettext_noop
from catalog.people.models import User
from privacy.masking.policy import Policy, policy_from_dict
from privacy.masking.policy_document import policy_document
from privacy.models import ProtectionPolicy, ProtectionVersion


@dataclass(frozen=True, slots=True)
class Author:
    """Who left the rules as they are, and when."""

    user: User
    at: datetime


def keep_version(*, policy: ProtectionPolicy, rules: Policy, author: Author) -> ProtectionVersion:
    """Keep what the policy holds now under its version. The caller holds the policy's lock."""
    return ProtectionVersion.objects.create(
        policy=policy,
        version=policy.version,
        document=policy_document(rules),
        digest=rules.digest(),
        changed_by=author.user,
        changed_at=author.at,
    )


def versions_of(distribution: Distribution) -> Any:
    """The kept versions of a table's protection, the newest first."""
    return ProtectionVersion.objects.filter(policy__distribution=distribution).select_related("changed_by")


def rules_at(distribution: Distribution, version: int) -> Policy:
    """The rules as a version held them. Raises InvalidInput where there is no such version, or nothing can be made of it any more."""
    # No counter gets there; a longer number does not fit the database's.
    found = versions_of(distribution).filter(version=version).first() if 0 < version < 1 << 31 else None
    if found is None:
        raise InvalidInput(
            gettext_noop("There is no version %(version)s of this protection."),
            code="version_unknown",
            version=version,
        )
    return _read(found.document)


def _read(document: Mapping[str, Any]) -> Policy:
    try:
        return policy_from_dict(document)
    except MessageError as error:
        # A rule that another version of the program knew.
        raise InvalidInput.of(error) from error
