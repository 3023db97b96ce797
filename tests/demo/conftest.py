"""A small demo city, written once for the tests of its tables."""

from __future__ import annotations

import pytest

from config.demo.city import generate_city
from tests.demo.reading import SmallCity

SMALL = 0.02


@pytest.fixture(scope="session")
def small_city(tmp_path_factory: pytest.TempPathFactory) -> SmallCity:
    """The city at one fiftieth of its size."""
    folder = tmp_path_factory.mktemp("city")
    return SmallCity(folder, generate_city(folder, scale=SMALL))
