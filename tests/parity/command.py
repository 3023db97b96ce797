"""What a command is: one act of the program as a person does it on its page, and as a program asks the API for it.

The tables (`people`, `catalogue`, `privacy`, `access`) say of each how its world begins, what both sides are sent, who may do it and
which lines it leaves. `test_commands` does each of them twice and compares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import fields as parts_of
from typing import Any

from django.contrib.messages import constants, get_messages
from django.urls import reverse

from catalog.people.models import User
from tests.access.acts import Acts
from tests.api.conftest import Api
from tests.cast import Cast
from tests.pages.visiting import Visitor
from tests.stages import Stages

EVERYBODY = tuple(part.name for part in parts_of(Cast) if part.type == "User")
# Who stands where another does: refused once is refused for both.
_AS = {"stefan": "stella", "olga": "oscar", "ron": "rita", "ivan": "rita", "carl": "wendy"}


class Scene:
    """A world in which a command is about to happen. `it` is what the command is done to, `more` what else its start left behind."""

    def __init__(self, stages: Stages) -> None:
        self.stages, self.cast, self.acts = stages, stages.cast, Acts(stages)
        self.it: Any = None
        self.more: dict[str, Any] = {}

    def person(self, name: str) -> User:
        found: User = getattr(self.cast, name)
        return found


Said = Mapping[str, Any] | Callable[[Scene], Mapping[str, Any]]


def its(scene: Scene) -> Sequence[Any]:
    """The usual address: that of what the command is done to."""
    return (scene.it.pk,)


def nowhere(_scene: Scene) -> Sequence[Any]:
    """An address without a number in it."""
    return ()


@dataclass(frozen=True, slots=True)
class Request:
    """A request by the name of its route, what stands in its address, and what is sent."""

    method: str
    route: str
    at: Callable[[Scene], Sequence[Any]]
    said: Said
    multipart: bool = False

    def body(self, scene: Scene) -> dict[str, Any]:
        return dict(self.said(scene) if callable(self.said) else self.said)

    def path(self, scene: Scene) -> str:
        return reverse(self.route, args=self.at(scene))


def page(
    route: str, said: Said | None = None, *, at: Callable[[Scene], Sequence[Any]] = its, get: bool = False
) -> Request:
    """What a browser sends."""
    return Request("GET" if get else "POST", route, at, said or {})


def api(
    method: str,
    route: str,
    said: Said | None = None,
    *,
    at: Callable[[Scene], Sequence[Any]] = its,
    multipart: bool = False,
) -> Request:
    """What a program sends."""
    return Request(method, route, at, said or {}, multipart)


def nothing(_scene: Scene) -> Any:
    """The stage as it is."""
    return None


@dataclass(frozen=True, slots=True)
class Command:
    """One act. `who` does it (None: anybody, without signing in), `may` names who else could; all others are refused by both."""

    does: str
    who: str | None
    page: Request
    api: Request
    lines: tuple[str, ...]
    start: Callable[[Scene], Any] = nothing
    may: tuple[str, ...] = ()
    stage: str = "ready"  # the property of `Stages` that the world is brought to
    # What the page has in it where it answers by itself instead of leading on: values that somebody tried are kept nowhere.
    shown: str = ""
    # Both sides refuse it, and the refusal itself leaves these lines.
    refused: bool = False

    @property
    def strangers(self) -> tuple[str, ...]:
        """Whoever may not."""
        if self.who is None:
            return ()
        able = (self.who, *self.may)
        return tuple(name for name in EVERYBODY if name not in able and (name not in _AS or _AS[name] in able))


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, read the same way from a page and from the API."""

    done: bool
    status: int
    told: str = field(compare=False)


def on_page(command: Command, scene: Scene, user: User | None) -> Answer:
    """Do it in a browser."""
    client, request = Visitor(user).client, command.page
    send = client.get if request.method == "GET" else client.post
    answer = send(request.path(scene), request.body(scene))
    refusals = [told.message for told in get_messages(answer.wsgi_request) if told.level >= constants.ERROR]
    # A page that is shown again instead of leading on has something to complain about; a file is its own answer.
    shown = bool(command.shown) and not answer.streaming and command.shown in answer.content.decode()
    went_on = answer.status_code == 302 or shown or _read(answer)
    return Answer(went_on and not refusals, answer.status_code, " ".join(refusals))


def on_api(command: Command, scene: Scene, user: User | None) -> Answer:
    """Ask the API for it."""
    client, request = Api(user).client, command.api
    send = getattr(client, request.method.lower())
    options = {} if request.method == "GET" else {"format": "multipart" if request.multipart else "json"}
    answer = send(request.path(scene), request.body(scene), **options)
    _read(answer)
    told = "" if answer.streaming else answer.content.decode()
    return Answer(200 <= answer.status_code < 300, answer.status_code, told)


def _read(answer: Any) -> bool:
    """Read a file to its end, as whoever asked for it does. Whether it was one."""
    if not answer.streaming:
        return False
    assert b"".join(answer.streaming_content)
    return True
