"""Every page of the program, with something on it, in both languages, at a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from playwright.sync_api import Browser, BrowserContext, Page, expect

from catalog.people.models import User
from tests.browser.city import City, Visit
from tests.browser.conftest import DESKTOP, LANGUAGES, PHONE, is_defect
from tests.browser.looking import barriers, foreign_words, overflow, stored_texts
from tests.journey.processes import live_web
from tests.stages import Stages

pytestmark = [
    pytest.mark.live,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(900),  # a hundred pages, twice
]
# What gives a file is taken on the journey; what is not ours to word is Django's and the API's.
NOT_PAGES = {"own-rules-export", "policy-download", "release-download", "set_language"}


def addresses(patterns: Iterable[Any] | None = None) -> Iterator[str]:
    """The names of the addresses of all pages: everything outside the API."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLPattern):
            if pattern.name:
                yield pattern.name
        elif isinstance(pattern, URLResolver) and not str(pattern.pattern).startswith("api/"):
            yield from addresses(pattern.url_patterns)


def test_every_page_is_whole_in_both_languages_at_both_widths(stages: Stages, browser: Browser) -> None:
    city = City(stages)
    city.build()
    visits, sends = list(city.visits()), city.sends()
    assert {visit.name for visit in visits} | set(sends) == set(addresses()) - NOT_PAGES
    _check_sends(city, sends)
    data = stored_texts()
    found: list[str] = []
    with live_web() as address:
        for language in LANGUAGES:
            readers = Readers(browser, address, language)
            for place, visit in enumerate(visits):
                found += [f"{language} {visit}: {text}" for text in readers.look(visit, data, place)]
            readers.close()
    assert not found, f"{len(found)} faults:\n" + "\n".join(found)


def _check_sends(city: City, sends: dict[str, tuple[Any, ...]]) -> None:
    """An address that only takes what is sent has no page: it says so, or leads to the page of its form."""
    client = Client()
    client.force_login(city.cast.oscar)
    answers = {name: client.get(reverse(name, args=args)).status_code for name, args in sends.items()}
    assert set(answers.values()) <= {302, 405}, answers


class Readers:
    """People who read in one language, each in a browser of their own."""

    def __init__(self, browser: Browser, address: str, language: str) -> None:
        self.browser, self.address, self.language = browser, address, language
        self.pages: dict[str, Page] = {}
        self.complaints: list[str] = []

    def look(self, visit: Visit, data: list[str], place: int) -> list[str]:
        """What is wrong with a page."""
        self.complaints.clear()
        page = self._page_of(visit.who)
        page.set_viewport_size(DESKTOP)
        response = page.goto(reverse(visit.name, args=visit.args) + visit.query)
        assert response is not None
        if response.status != visit.status or ("sign-in" in page.url and visit.name != "login"):
            return [f"{response.status} at {page.url}"]
        expect(page.locator(".htmx-request, .panel[hx-trigger=load] > p:only-child")).to_have_count(0)
        faults = [f"words: {text}" for text in foreign_words(page, self.language, data)]
        if visit.is_part:
            return faults
        # axe takes longest: it reads every second page at a desk in one language, and on a phone in the other.
        is_turn = place % 2 == LANGUAGES.index(self.language)
        if is_turn and place % 4 < 2:
            faults += barriers(page)
        page.set_viewport_size(PHONE)
        faults += overflow(page)
        if is_turn and place % 4 >= 2:
            faults += barriers(page)
        return faults + self.complaints

    def close(self) -> None:
        for page in self.pages.values():
            page.context.close()

    def _page_of(self, who: str) -> Page:
        if who not in self.pages:
            locale = {"zh-hans": "zh-CN", "en": "en-GB"}[self.language]
            context: BrowserContext = self.browser.new_context(base_url=self.address, locale=locale)
            if who:
                context.add_cookies(
                    [{"name": settings.SESSION_COOKIE_NAME, "value": _session(who), "url": self.address}]
                )
            page = context.new_page()
            page.on("pageerror", lambda error: self.complaints.append(str(error)))
            page.on("console", lambda told: self.complaints.append(told.text) if is_defect(told.text) else None)
            self.pages[who] = page
        return self.pages[who]


def _session(who: str) -> str:
    client = Client()
    client.force_login(User.objects.get(username=who))
    return client.cookies[settings.SESSION_COOKIE_NAME].value
