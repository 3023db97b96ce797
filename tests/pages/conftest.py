"""Worlds for the tests of pages that begin where a table is ready: made once a module, each test works on a copy."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from tests.access.acts import Acts
from tests.stages import Stages
from tests.world import kept_files, shared_world


@pytest.fixture(scope="module")
def ready_world(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stages]:
    """The visits table, published, scanned, reviewed and protected."""
    with shared_world(django_db_blocker, tmp_path_factory.mktemp("data")) as stages:
        assert stages.ready
        yield stages


@pytest.fixture
def world(ready_world: Stages, db: None) -> Iterator[Stages]:
    """The module's world; what a test does to it is undone."""
    with kept_files():
        yield deepcopy(ready_world)


@pytest.fixture
def acts(world: Stages) -> Acts:
    """What the cast does again and again, in that world."""
    return Acts(world)
