"""Opening a project, and with it the key domain its tokens live in."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from access.models import Project
from catalog.errors import InvalidInput
from catalog.ledger.services import record
from catalog.messages import gettext_noop
from catalog.people.models import Organization, User
from catalog.people.policies import require
from privacy.services.domains import create_domain


@transaction.atomic
def open_project(*, actor: User, organization: Organization, name: str) -> Project:
    """Open a project of `organization`. The same identifier links across its releases, and nowhere else."""
    require(actor, "project.open", organization)
    name = name.strip()
    if not name or len(name) > 120:
        raise InvalidInput(fields={"name": [gettext_noop("Give the project a name of at most 120 characters.")]})
    domain = create_domain(name=name)
    try:
        with transaction.atomic():
            project = Project.objects.create(name=name, organization=organization, key_domain=domain, created_by=actor)
    except IntegrityError as error:
        message = gettext_noop("Your organisation has a project of that name.")
        raise InvalidInput(fields={"name": [message]}, code="name_taken") from error
    record(
        actor=actor,
        action="project.opened",
        subject=project,
        counterpart=organization,
        details={"key_domain": domain.pk},
    )
    return project
