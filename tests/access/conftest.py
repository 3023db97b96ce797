"""The world of the access tests: everything is ready, so that an application can be written; one world a module."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest

from access.models import Application
from tests.access.acts import Acts
from tests.cast import Cast
from tests.stages import Stages
from tests.world import kept_files, shared_world


@pytest.fixture(scope="module")
def prepare() -> Callable[[Stages], None]:
    """What a module does to its world once; a module with other needs defines its own."""
    return lambda stages: None


@pytest.fixture(scope="module")
def module_world(
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
    prepare: Callable[[Stages], None],
) -> Iterator[Stages]:
    with shared_world(django_db_blocker, tmp_path_factory.mktemp("data")) as stages:
        assert stages.ready
        prepare(stages)
        yield stages


@pytest.fixture
def stages(module_world: Stages, db: None) -> Iterator[Stages]:
    """The module's world; what a test does to it is undone."""
    with kept_files():
        yield deepcopy(module_world)


@pytest.fixture
def cast(stages: Stages) -> Cast:
    return stages.cast


@pytest.fixture
def acts(stages: Stages) -> Acts:
    """What the cast does again and again, in one word each."""
    return Acts(stages)


@pytest.fixture
def deciding(stages: Stages) -> Application:
    """Rita's application, assessed."""
    return stages.deciding()


@pytest.fixture
def committed(django_capture_on_commit_callbacks: Any) -> Callable[[], Any]:
    """A block whose end is a commit: what waits for one (deleting bytes) happens."""
    return lambda: django_capture_on_commit_callbacks(execute=True)
