"""The world of these tests is that of the access tests: everything is ready, so that an application can be written."""

from __future__ import annotations

from tests.access.conftest import acts, cast, committed, deciding, module_world, prepare, stages

__all__ = ["acts", "cast", "committed", "deciding", "module_world", "prepare", "stages"]
