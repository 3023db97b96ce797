"""The world of the privacy tests: the visits are published and scanned, nobody has decided anything; one world a module."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from tests.cast import Cast
from tests.stages import Stages
from tests.world import kept_files, shared_world


@pytest.fixture(scope="module")
def module_world(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stages]:
    with shared_world(django_db_blocker, tmp_path_factory.mktemp("data")) as stages:
        assert stages.scan.state == "complete"
        yield stages


@pytest.fixture
def stages(module_world: Stages, db: None) -> Iterator[Stages]:
    """The module's world; what a test does to it is undone."""
    with kept_files():
        yield deepcopy(module_world)


@pytest.fixture
def cast(stages: Stages) -> Cast:
    return stages.cast
