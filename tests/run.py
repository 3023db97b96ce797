"""`make test`: everything on SQLite alone, then what touches the database again on PostgreSQL with a broker.

A service that cannot be reached is a visible skip on a laptop and a failure in CI. `TEST_DATABASE_URL` and `TEST_BROKER_URL`
say where they are.
"""

from __future__ import annotations

import os
import subprocess
import sys
from urllib.parse import urlsplit

import psycopg
from kombu import Connection
from kombu.exceptions import OperationalError

DATABASE_URL = os.environ.get("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
BROKER_URL = os.environ.get("TEST_BROKER_URL", "amqp://guest:guest@127.0.0.1:5672//")
# These touch the database; the pure cores have no second database to differ on. That a page and the API do the same (tests/parity) is
# held on the first alone: both are run on the second by their own tests.
ON_THE_DATABASE = [
    "tests/catalog",
    "tests/privacy",
    "tests/access",
    "tests/api",
    "tests/pages",
    "tests/guards",
    "tests/journey",
    "tests/test_create_administrator.py",
]


def _unreachable() -> str | None:
    """What is missing for the second run, in words."""
    try:
        psycopg.connect(DATABASE_URL, connect_timeout=5).close()
    except psycopg.OperationalError:
        return f"PostgreSQL at {urlsplit(DATABASE_URL).hostname}"
    try:
        with Connection(BROKER_URL, connect_timeout=5) as connection:
            connection.ensure_connection(max_retries=1)
    except (OperationalError, OSError):
        return f"the broker at {urlsplit(BROKER_URL).hostname}"
    return None


def _pytest(label: str, environment: dict[str, str], paths: list[str], extra: list[str]) -> int:
    print(f"== tests on {label}", flush=True)  # noqa: T201
    base = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "BROKER_URL")}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        "2",
        "--dist",
        "worksteal",
        "--maxfail",
        "30",
        *paths,
        *extra,
    ]
    return subprocess.run(command, env={**base, **environment}, check=False).returncode


def main(extra: list[str]) -> int:
    first = _pytest("SQLite, one worker process, no server", {}, ["tests"], extra)
    missing = _unreachable()
    if missing:
        in_ci = bool(os.environ.get("CI"))
        print(f"== {'FAILED' if in_ci else 'SKIPPED'}: PostgreSQL and broker tests: cannot reach {missing}")  # noqa: T201
        return first or int(in_ci)
    environment = {"DATABASE_URL": DATABASE_URL, "BROKER_URL": BROKER_URL}
    second = _pytest("PostgreSQL and RabbitMQ", environment, ON_THE_DATABASE, extra)
    return first or second


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
