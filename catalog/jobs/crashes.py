"""What may be said of an unforeseen exception: its type and where it was raised, never its text, which may quote a cell."""

from __future__ import annotations

import traceback
from typing import Any


def describe(error: BaseException) -> dict[str, Any]:
    """Type and innermost places, for a log line.

    The exception itself is not handed to the logging: whatever handler an operator adds would print its text.
    """
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return {
        "error": type(error).__name__,
        "at": [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames],
    }
