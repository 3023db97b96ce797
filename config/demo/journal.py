"""What the demo says while it works: a line for each thing that happened, a bar for each long step. All on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm


class Journal:
    """Writes lines and bars, each line with the seconds since the beginning."""

    def __init__(self) -> None:
        self._begin = time.monotonic()

    def say(self, text: str) -> None:
        tqdm.write(f"[{time.monotonic() - self._begin:6.1f} s] {text}", file=sys.stderr)

    def chapter(self, title: str) -> None:
        tqdm.write(f"\n== {title}", file=sys.stderr)

    @contextmanager
    def bar(self, label: str, total: int | None, unit: str = " rows") -> Iterator[tqdm[Any]]:
        """A progress bar; in a log file it says its piece every few seconds instead of moving."""
        pace = 0.2 if sys.stderr.isatty() else 5.0
        with tqdm(
            total=total, desc=label, unit=unit, unit_scale=True, file=sys.stderr, mininterval=pace, leave=False
        ) as bar:
            yield bar
