"""The demo's own web process and worker, started beside it and stopped with it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests


class ServerFailed(Exception):
    """A process of the demo did not come up; its log says why."""


def free_port(wanted: int) -> int:
    """`wanted`, or the first free port after it."""
    for port in range(wanted, wanted + 50):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise ServerFailed(f"no free port from {wanted} on")


@contextmanager
def running(port: int, logs: Path) -> Iterator[str]:
    """Serve and work until the block ends; yields the address."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    web = ["-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "4"]
    worker = [
        "-m",
        "celery",
        "-A",
        "config",
        "worker",
        "--pool",
        "threads",
        "--concurrency",
        "2",
        "--loglevel",
        "WARNING",
    ]
    processes = []
    try:
        for name, command in (("web", [*web, "--timeout", "300"]), ("worker", worker)):
            with (logs / f"{name}.log").open("ab") as log:
                processes.append(
                    subprocess.Popen([sys.executable, *command], env=environment, stdout=log, stderr=log)  # noqa: S603
                )
        address = f"http://127.0.0.1:{port}"
        _wait(address, processes, logs)
        yield address
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(address: str, processes: list[subprocess.Popen[bytes]], logs: Path) -> None:
    for _ in range(240):
        if any(process.poll() is not None for process in processes):
            raise ServerFailed(f"a process ended at once; see {logs}")
        try:
            requests.get(f"{address}/api/v1/schema/", timeout=30)
            return
        except requests.ConnectionError:
            time.sleep(0.25)
    raise ServerFailed(f"nothing answers at {address}; see {logs}")
