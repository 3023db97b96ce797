"""Which code runs which kind of job. Apps register their workers when Django starts.

A handler gets a `JobRun` (see `runner`), does the work, and publishes its result inside `run.finish(...)`. `ended` is told,
inside the transaction that ends the job, of a job that ended without publishing (failed, cancelled, given up). `cancel` is the act
by which a person stops one, where there is such an act.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catalog.jobs.models import Job
    from catalog.jobs.runner import JobRun
    from catalog.people.models import User


@dataclass(frozen=True, slots=True)
class Handler:
    run: Callable[[JobRun], None]
    ended: Callable[[Job], None] | None = None
    cancel: Callable[[User, Job], object] | None = None


_handlers: dict[str, Handler] = {}


def register(
    kind: str,
    *,
    run: Callable[[JobRun], None],
    ended: Callable[[Job], None] | None = None,
    cancel: Callable[[User, Job], object] | None = None,
) -> None:
    """Name the handler of one kind of job."""
    if kind in _handlers:
        raise ValueError(f"two handlers for {kind}")
    _handlers[kind] = Handler(run, ended, cancel)


def handler_of(kind: str) -> Handler:
    """The handler of `kind`; a kind nobody registered is a programming error."""
    return _handlers[kind]


_chores: list[Callable[[], int]] = []


def register_chore(chore: Callable[[], int]) -> None:
    """Add something the relay does about once a minute. It returns how much it found to do; doing it twice is harmless."""
    _chores.append(chore)


def chores() -> tuple[Callable[[], int], ...]:
    """What was registered."""
    return tuple(_chores)
