"""The table is whole: every line that is ever written, every form that a page takes, and every request that changes something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from catalog.ledger.wording import ACTS
from tests.cast import Cast
from tests.pages.visiting import Visitor
from tests.parity.table import API_ALONE, BY_THE_PROGRAM, COMMANDS, PAGES_ALONE

CHANGING = ("POST", "PUT", "PATCH", "DELETE")
# Something of each kind that can stand in an address.
_SOME: Mapping[str, Any] = {"uuid": "00000000-0000-4000-8000-000000000000", "slug": "x", "str": "x"}


def patterns_of(resolver: Any = None) -> Iterator[URLPattern]:
    """Every address of the site."""
    for part in (resolver or get_resolver()).url_patterns:
        if isinstance(part, URLResolver):
            yield from patterns_of(part)
        else:
            yield part


def is_api(pattern: URLPattern) -> bool:
    return hasattr(pattern.callback, "cls")


def api_requests() -> set[tuple[str, str]]:
    """(method, route) of everything in the API that changes something."""
    found = set()
    for pattern in filter(is_api, patterns_of()):
        view: Any = pattern.callback
        methods = getattr(view, "actions", None) or [
            name for name in view.cls.http_method_names if hasattr(view.cls, name)
        ]
        found |= {(method.upper(), pattern.name or "") for method in methods if method.upper() in CHANGING}
    return {request for request in found if request[1]}


def pages_that_take_forms(visitor: Visitor) -> set[str]:
    """The routes of the pages that say they take a POST, or do not say."""
    found = set()
    for pattern in patterns_of():
        if is_api(pattern) or pattern.name is None or pattern.name in found:
            continue
        some = {name: _SOME.get(converter_name(converter), 1) for name, converter in pattern.pattern.converters.items()}
        answer = visitor.client.options(reverse(pattern.name, kwargs=some))
        if "POST" in answer.headers.get("Allow", "POST"):
            found.add(pattern.name)
    return found


def converter_name(converter: Any) -> str:
    return type(converter).__name__.removesuffix("Converter").removesuffix("Field").lower().replace("string", "str")


def test_every_line_of_the_ledger_is_left_by_a_command_or_by_the_program_itself() -> None:
    left = {line for command in COMMANDS for line in command.lines}
    assert left | set(BY_THE_PROGRAM) == set(ACTS)
    assert not left & set(BY_THE_PROGRAM)


@pytest.mark.django_db
def test_every_form_of_a_page_belongs_to_a_command(cast: Cast) -> None:
    sent = {command.page.route for command in COMMANDS if command.page.method == "POST"}
    assert sent | set(PAGES_ALONE) == pages_that_take_forms(Visitor(cast.stella))
    assert not sent & set(PAGES_ALONE)


def test_every_request_that_changes_something_belongs_to_a_command() -> None:
    sent = {(command.api.method, command.api.route) for command in COMMANDS if command.api.method in CHANGING}
    assert sent | set(API_ALONE) == api_requests()
    assert not sent & set(API_ALONE)


@pytest.mark.parametrize("outside", [BY_THE_PROGRAM, PAGES_ALONE, API_ALONE])
def test_what_stands_outside_the_table_says_why(outside: Mapping[Any, str]) -> None:
    assert all(outside.values())


def test_every_command_has_a_name_of_its_own() -> None:
    assert len({command.does for command in COMMANDS}) == len(COMMANDS)
