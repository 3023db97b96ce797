"""The cast of this folder's tests, made once for each module: making thirteen people for every test would be most of the run.

A module whose tests need real transactions makes its own (`tests.cast.make_cast`): an outer transaction stands open here.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cast import Cast
from tests.world import shared_world


@pytest.fixture(scope="module")
def standing_cast(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cast]:
    """The cast in a transaction around the module's tests, each of which is undone inside it."""
    with shared_world(django_db_blocker, tmp_path_factory.mktemp("data")) as world:
        yield world.cast


@pytest.fixture
def cast(standing_cast: Cast, db: None) -> Cast:
    """The test's own copies: what it changes on them concerns nobody else."""
    return copy.deepcopy(standing_cast)
