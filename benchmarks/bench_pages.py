"""Pages, measured: the server time of every page that the demo's people can reach, on the demo city.

Run it after `make demo` with `python -m benchmarks.bench_pages [--data DIR] [--times N]`. It signs each account in, follows the links
from the first page on, and prints the slowest pages with their median time and number of queries. Without a demo it says so and does nothing.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LINK = re.compile(r'(?:href|hx-get)="(/[^"#]*)"')
NOT_PAGES = re.compile(r"^/(static|api|accounts/sign-out|i18n)/|/download/|/export/|\?.*(page|sort|order|lang)=")
SHOWN = 15
PAGES_A_PERSON = 150
LIMIT_MS = 200.0


@dataclass(frozen=True, slots=True)
class Page:
    """A page as one person sees it: median wall and processor time in milliseconds, queries."""

    person: str
    path: str
    wall_ms: float
    cpu_ms: float
    queries: int


def reachable(client: object, times: int, person: str) -> Iterator[Page]:
    """Every page of one person, each asked for once to warm up and then `times` times."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    assert isinstance(client, Client)
    waiting, seen = deque(["/"]), {"/"}
    while waiting and len(seen) <= PAGES_A_PERSON:
        path = waiting.popleft()
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(path)
        queries = len(asked)  # now: the next request empties the list
        if answer.status_code != 200 or "html" not in answer.headers.get("Content-Type", ""):
            if answer.status_code >= 400:
                print(f"{answer.status_code} for {person} at {path}")
            continue
        walls, cpus = [], []
        for _ in range(times):
            wall, cpu = time.perf_counter(), time.process_time()
            client.get(path)
            walls.append((time.perf_counter() - wall) * 1000)
            cpus.append((time.process_time() - cpu) * 1000)
        yield Page(person, path, statistics.median(walls), statistics.median(cpus), queries)
        for link in LINK.findall(answer.content.decode()):
            found = link.replace("&amp;", "&")
            # One page of each kind: another dataset's page is as fast.
            kind = re.sub(r"\d+", "0", found.partition("?")[0])
            if kind not in seen and not NOT_PAGES.search(found):
                seen.add(kind)
                waiting.append(found)


def main() -> None:
    """Print the slowest pages and how many are over the limit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("var/demo"))
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    if not (options.data / "demo-finished").exists():
        print(f"No demo city in {options.data}: run `make demo` first.")
        return
    os.environ["DATA_DIR"] = str(options.data)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    from django.conf import settings
    from django.test import Client

    from catalog.people.models import User
    from config.demo.accounts import ACCOUNTS

    settings.ALLOWED_HOSTS = ["testserver"]
    pages = []
    for name in ACCOUNTS:
        client = Client(headers={"accept-language": "zh-hans"})
        client.force_login(User.objects.get(username=name))
        pages += list(reachable(client, options.times, name))
    pages.sort(key=lambda page: -page.wall_ms)
    print(f"{'wall ms':>8} {'CPU ms':>7} {'queries':>7}  page")
    for page in pages[:SHOWN]:
        print(f"{page.wall_ms:8.0f} {page.cpu_ms:7.0f} {page.queries:7}  {page.path} ({page.person})")
    slow = sum(page.wall_ms > LIMIT_MS for page in pages)
    middle = statistics.median(page.wall_ms for page in pages)
    print(f"{len(pages)} pages, median {middle:.0f} ms, {slow} over {LIMIT_MS:.0f} ms")


if __name__ == "__main__":
    main()
