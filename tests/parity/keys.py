"""The commands on the keys of projects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from access.key_models import KeyAct, KeyRequest
from access.services.project_keys import ask_key_act
from access.workflow import State
from tests.parity.command import Command, Request, Scene, api, page

WHY = {"reason": "密钥可能已泄露"}


def _project(scene: Scene) -> Any:
    """With one release of health's visits in it."""
    return scene.acts.reach(State.GRANTED).project


def _asked(act: KeyAct) -> Callable[[Scene], KeyRequest]:
    return lambda scene: ask_key_act(actor=scene.cast.oscar, project=_project(scene), act=act, **WHY)


def _decide(act: str, said: Mapping[str, Any]) -> tuple[Request, Request]:
    return (
        page("key-request-act", said, at=lambda scene: (scene.it.pk, act)),
        api("POST", f"api-key-request-{act}", said),
    )


def _ask(act: KeyAct, line: str) -> Command:
    said = {**WHY, "act": act.value}
    return Command(
        f"ask to {act.value} the key of a project",
        who="oscar",
        may=("olga",),
        start=_project,
        page=page("project-key", said),
        api=api("POST", "api-project-key-ask", said),
        lines=(line,),
    )


def _decision(does: str, act: KeyAct, decision: str, line: str, *, who: str = "olga", said: Any = None) -> Command:
    on_page, on_api = _decide(decision, said or {})
    return Command(does, who=who, start=_asked(act), page=on_page, api=on_api, lines=(line,))


COMMANDS = [
    _ask(KeyAct.RENEW, "key.renewal_asked"),
    _ask(KeyAct.DESTROY, "key.destruction_asked"),
    _decision("renew the key of a project", KeyAct.RENEW, "confirm", "key.renewed"),
    _decision("destroy the keys of a project", KeyAct.DESTROY, "confirm", "key.destroyed"),
    _decision("leave the key of a project as it is", KeyAct.DESTROY, "refuse", "key.refused", said=WHY),
    _decision("take back what was asked about a key", KeyAct.RENEW, "withdraw", "key.withdrawn", who="oscar"),
]
