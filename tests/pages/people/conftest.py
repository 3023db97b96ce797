"""The people of the administration's tests: the module's world, an administrator of one branch, and somebody without a role."""

from __future__ import annotations

import pytest

from catalog.people.models import Role, User
from catalog.people.services import (
    create_user,
    grant_role,
)
from tests.cast import PASSWORD, Cast
from tests.stages import Stages


@pytest.fixture
def cast(world: Stages) -> Cast:
    """The people of the module's world."""
    return world.cast


@pytest.fixture
def hannah(cast: Cast) -> User:
    """Administers the health commission, and nothing above or beside it."""
    hannah = create_user(
        actor=cast.adam, username="hannah", password=PASSWORD, display_name="Hannah", organization=cast.health
    )
    grant_role(actor=cast.adam, user=hannah, organization=cast.health, role=Role.ADMINISTRATOR)
    return hannah


@pytest.fixture
def nora(cast: Cast) -> User:
    """Has an account and no role."""
    return create_user(
        actor=cast.adam, username="nora", password=PASSWORD, display_name="Nora", organization=cast.health
    )
