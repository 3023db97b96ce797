"""Every command, done on its page and asked of the API from one and the same beginning: what is left is the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from catalog.people.models import User
from tests.parity.command import Answer, Command, Scene, on_api, on_page
from tests.parity.difference import Difference, difference_of, undone
from tests.parity.table import COMMANDS

Side = Callable[[Command, Scene, User | None], Answer]
WITH_OTHERS = [command for command in COMMANDS if command.may]
WITH_STRANGERS = [command for command in COMMANDS if command.strangers]


def with_worlds(commands: list[Command]) -> pytest.MarkDecorator:
    """One test a command, those of one stage after each other: then the world of a stage is made once."""
    listed = sorted(commands, key=lambda command: command.stage)
    rows = [pytest.param(command.stage, command, id=command.does.replace(" ", "-")) for command in listed]
    return pytest.mark.parametrize(("standing", "command"), rows, indirect=["standing"], scope="module")


def left_by(side: Side, command: Command, scene: Scene, user: User | None) -> Difference:
    """What one side leaves behind; then it has not happened."""

    def act() -> None:
        answer = side(command, scene, user)
        assert answer.done != command.refused, answer

    with undone():
        return difference_of(act)


@with_worlds(COMMANDS)
def test_the_page_and_the_api_do_the_same_and_leave_the_same_lines(command: Command, scene: Scene) -> None:
    scene.it = command.start(scene)
    user = scene.person(command.who) if command.who else None
    by_page, by_api = (left_by(side, command, scene, user) for side in (on_page, on_api))
    assert by_page.lines == by_api.lines
    assert by_page.rows == by_api.rows
    assert by_api.actions == command.lines


@with_worlds(WITH_OTHERS)
def test_whoever_else_may_does_it_on_both(command: Command, scene: Scene) -> None:
    scene.it = command.start(scene)
    for name in command.may:
        for side in (on_page, on_api):
            with undone():
                answer = side(command, scene, scene.person(name))
                assert answer.done != command.refused, (name, side.__name__, answer)


@with_worlds(WITH_STRANGERS)
def test_whoever_may_not_is_refused_by_both_and_nothing_is_written(command: Command, scene: Scene) -> None:
    scene.it = command.start(scene)

    def act() -> None:
        for name in command.strangers:
            for side in (on_page, on_api):
                answer = side(command, scene, scene.person(name))
                assert not answer.done, (name, side.__name__, answer)

    assert difference_of(act) == Difference([], {})
