"""The relay and the reaper: a thread inside each worker process that publishes queued jobs and requeues abandoned ones.

A web process only inserts the row. Publishing from the worker makes the embedded in-memory broker work (its queue lives in
one process) and loses nothing: whatever is not published, or whose message is lost, is still `queued` in the database.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Any

import structlog
from celery.signals import worker_ready, worker_shutting_down
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import close_old_connections
from kombu.exceptions import OperationalError

from catalog.jobs import services
from catalog.jobs.crashes import describe
from catalog.jobs.registry import chores
from catalog.jobs.tasks import run_task
from catalog.ledger.triggers import require_protected_ledger
from catalog.rewrapping import require_right_key

log = structlog.get_logger("canglang.relay")
_stop = threading.Event()
CHORE_SECONDS = 60.0


def relay_once() -> int:
    """Requeue what a dead worker held, then publish what waits. Returns how many messages were sent."""
    services.requeue_abandoned()
    ids = services.take_unpublished()
    for job_id in ids:
        run_task.apply_async(args=[str(job_id)])
    return len(ids)


def relay_until(stop: threading.Event) -> None:
    """Relay at the configured pace until told to stop. A broker or database that is away is tried again."""
    next_chores = time.monotonic()
    while not stop.is_set():
        close_old_connections()
        try:
            relay_once()
            if time.monotonic() >= next_chores:
                next_chores = time.monotonic() + CHORE_SECONDS
                for chore in chores():
                    chore()
        except (OperationalError, OSError) as error:
            log.warning("broker unreachable", error=type(error).__name__)
        except Exception as error:
            log.error("relay failed", **describe(error))
        stop.wait(settings.JOB_RELAY_SECONDS)


@worker_ready.connect
def start_relay(**_: Any) -> None:
    """Begin to relay once the worker can take messages. A worker whose ledger is not protected, or that has the wrong key, stops
    instead."""
    try:
        require_protected_ledger()
        require_right_key()
    except ImproperlyConfigured as error:
        log.error("worker stops", reason=str(error))
        os.kill(os.getpid(), signal.SIGTERM)
        return
    _stop.clear()
    threading.Thread(target=relay_until, args=(_stop,), name="relay", daemon=True).start()


@worker_shutting_down.connect
def stop_relay(**_: Any) -> None:
    """Hand out no more work while the worker finishes what it holds."""
    _stop.set()
