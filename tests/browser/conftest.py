"""A real Chromium against the real web server and worker.

Chromium comes from the system (`CHROMIUM` names another). Where there is none the tests are a visible skip; in CI a failure.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, ViewportSize, sync_playwright

from tests.cast import PASSWORD
from tests.journey.processes import live_web, live_worker

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=390, height=844)
LANGUAGES = ("zh-hans", "en")


def chromium() -> str:
    """Where the browser is."""
    for name in (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"):
        if name and (path := shutil.which(name)):
            return path
    reason = "no Chromium here: install one, or name it in CHROMIUM"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    # Playwright's loop runs in this thread; Django would take every query for one made inside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as found:
        yield found


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    found = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
    yield found
    found.close()


@pytest.fixture
def address(transactional_db: None) -> Iterator[str]:
    """The program, running on this test's database."""
    with live_worker(), live_web() as found:
        yield found


Opened = Callable[..., Page]


@contextmanager
def signed_in(
    browser: Browser, address: str, username: str, language: str = "zh-hans", viewport: ViewportSize = DESKTOP
) -> Iterator[Page]:
    """A page of a signed-in person; every script error and every refusal of the content policy fails the test."""
    locale = {"zh-hans": "zh-CN", "en": "en-GB"}[language]
    context: BrowserContext = browser.new_context(locale=locale, viewport=viewport, base_url=address)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if is_defect(message.text) else None)
    page.goto("/accounts/sign-in/")
    page.fill("[name=username]", username)
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit], main form button")
    page.wait_for_url(lambda url: "sign-in" not in url)
    yield page
    context.close()
    assert not complaints, complaints


def is_defect(text: str) -> bool:
    """Whether a line of the console tells of a script error or of something the content policy refused."""
    return "Content Security Policy" in text or "Uncaught" in text or "Refused to" in text
