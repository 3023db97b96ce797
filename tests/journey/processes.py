"""The program's own processes for live tests: `celery -A config worker` and `gunicorn config.wsgi` on the test's database.

They run as an operator runs them and know nothing of the test but their environment. Each is gone when its block ends.
"""

from __future__ import annotations

import base64
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import requests
from django.conf import settings
from django.db import connection
from kombu import Connection

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0
# One queue for each test process: two of them may share a broker, never a job.
QUEUE = f"canglang-test-{uuid4().hex[:12]}"


def database_url() -> str:
    """The address of the database this test runs on, for another process."""
    ours = connection.settings_dict
    name = quote(str(ours["NAME"]))
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    account = quote(str(ours["USER"]), safe="")
    if ours["PASSWORD"]:
        account += ":" + quote(str(ours["PASSWORD"]), safe="")
    return f"postgres://{account}@{ours['HOST'] or 'localhost'}:{ours['PORT'] or 5432}/{name}"


def environment(**changes: object) -> dict[str, str]:
    """What such a process is told: this test's data, secrets, database, broker and queue; `changes` come last."""
    told = {
        "DJANGO_SETTINGS_MODULE": "tests.journey.settings",
        "DATA_DIR": str(settings.DATA_DIR),
        "SECRET_KEY": settings.SECRET_KEY,
        "CANGLANG_KEK": base64.b64encode(settings.CANGLANG_KEK).decode(),
        "DATABASE_URL": database_url(),
        "BROKER_URL": settings.CELERY_BROKER_URL,
        "JOB_QUEUE": QUEUE,
        "PYTHONUNBUFFERED": "1",
    }
    return {**os.environ, **told, **{name: str(value) for name, value in changes.items()}}


@dataclass
class Running:
    """A process of the program, with everything it writes kept in a file."""

    process: subprocess.Popen[bytes]
    log_path: Path

    @property
    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def kill(self) -> None:
        """SIGKILL: no handler runs, no lock is given back."""
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> None:
        """Ask it to end, as an operator does; kill it where it does not."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()

    def require_alive(self) -> None:
        """Fail with what it wrote, where it has ended by itself."""
        code = self.process.poll()
        assert code is None, f"ended with {code}:\n{self.log[-4000:]}"


@contextmanager
def started(command: list[str], **changes: object) -> Iterator[Running]:
    """Run `python -m …` from the project's folder until the block ends."""
    with tempfile.TemporaryDirectory(prefix="canglang-live-") as folder:
        log_path = Path(folder) / "log"
        with log_path.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=ROOT,
                env=environment(**changes),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        running = Running(process, log_path)
        try:
            yield running
        finally:
            running.stop()


@contextmanager
def live_worker(*, concurrency: int = 2, **changes: object) -> Iterator[Running]:
    """A worker. It is at work once it has taken its first job; `until` waits for that."""
    command = ["celery", "-A", "config", "worker", "--pool", "threads", "--concurrency", str(concurrency)]
    try:
        with started(command, **changes) as running:
            yield running
    finally:
        _delete_queue()


def _delete_queue() -> None:
    """Leave nothing on a broker that outlives the test."""
    if settings.CELERY_BROKER_URL.startswith("memory"):
        return
    with Connection(settings.CELERY_BROKER_URL, connect_timeout=5) as broker:
        channel: Any = broker.default_channel
        channel.queue_delete(QUEUE)
        channel.exchange_delete(QUEUE)


@contextmanager
def live_web(*, threads: int = 4, **changes: object) -> Iterator[str]:
    """A web server that answers; gives its address, without a slash at the end."""
    command = ["gunicorn", "config.wsgi", "--bind", "127.0.0.1:0", "--threads", str(threads), "--timeout", "60"]
    with started(command, **changes) as running:
        found = None

        def listening() -> bool:
            nonlocal found
            # Its first line names the port that the system chose.
            found = re.search(r"Listening at: (http://127\.0\.0\.1:\d+)", running.log)
            return found is not None

        until(listening, running, seconds=START_SECONDS)
        assert found is not None
        address = found.group(1)

        def answering() -> bool:
            try:
                return requests.get(f"{address}/api/v1/", timeout=START_SECONDS).status_code < 500
            except requests.ConnectionError:
                return False

        until(answering, running, seconds=START_SECONDS)
        yield address


def until(condition: Callable[[], bool], *processes: Running, seconds: float) -> None:
    """Wait for `condition`; fail with the log where a process ends first or the time is over."""
    end = time.monotonic() + seconds
    while not condition():
        for process in processes:
            process.require_alive()
        if time.monotonic() > end:
            logs = "\n".join(process.log[-4000:] for process in processes)
            raise AssertionError(f"not within {seconds} s; the log:\n{logs}")
        time.sleep(0.05)
