"""The worlds of the commands: one for each stage that a command begins at, made once and copied for each test."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from catalog.sources.location import DatabaseKind, file_location
from catalog.sources.sqlite import SqliteSource
from tests.parity.command import Scene
from tests.stages import Stages, visits_csv
from tests.world import kept_files, shared_world


@pytest.fixture(scope="module")
def standing(
    request: pytest.FixtureRequest,
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stages]:
    """The world at the stage that the parameter names."""
    with shared_world(django_db_blocker, tmp_path_factory.mktemp("data")) as stages:
        assert getattr(stages, request.param)
        yield stages


@pytest.fixture
def scene(
    standing: Stages, db: None, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Scene]:
    """A copy of it, with a root and a host that the operator has opened. Behind the host lies a file: which database answers is not
    what is compared here."""
    (tmp_path / "visits.csv").write_bytes(visits_csv(8))
    with sqlite3.connect(tmp_path / "lake.db") as lake:
        lake.execute("CREATE TABLE visits (id INTEGER PRIMARY KEY, sfzh TEXT)")
    settings.SOURCE_ROOTS = {"city": str(tmp_path)}
    settings.SOURCE_HOSTS = {"lake": "mysql://lake.example:3307/city"}
    behind = file_location(tmp_path / "lake.db")
    monkeypatch.setattr(
        "catalog.sources.opening.SERVER_READERS", {DatabaseKind.MYSQL: lambda _location: SqliteSource(behind)}
    )
    monkeypatch.setattr("catalog.ledger.checking.AT_ONCE", 0)  # any chain is a long one
    cache.clear()  # the throttle counts there
    with kept_files():
        yield Scene(deepcopy(standing))
