"""The commands on pseudonyms that are turned back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from access.models import Release
from access.reidentification_models import Reidentification
from access.services.reidentifying import approve_reidentification, request_reidentification
from access.workflow import State
from privacy.services.protections import set_protection
from tests.access.acts import rows_of
from tests.parity.command import Command, Request, Scene, api, nowhere, page

ID = "身份证号"
WHY = {"reason": "核查一例不良反应"}


def _release(scene: Scene) -> Release:
    """One whose ID numbers can be turned back."""
    set_protection(actor=scene.cast.oscar, field=scene.stages.field(ID), operator="encrypt")
    found: Release = scene.acts.reach(State.GRANTED).grant.release
    scene.more["pseudonyms"] = [row[ID] for row in rows_of(found.artefact)][:2]
    return found


def _asked(scene: Scene) -> Reidentification:
    release = _release(scene)
    return request_reidentification(
        actor=scene.cast.oscar, release=release, field=ID, values=scene.more["pseudonyms"], **WHY
    )


def _approved(scene: Scene) -> Reidentification:
    return approve_reidentification(actor=scene.cast.olga, request=_asked(scene))


def _typed(scene: Scene) -> dict[str, Any]:
    return {**WHY, "field": ID, "values": "\r\n".join(scene.more["pseudonyms"])}


def _sent(scene: Scene) -> dict[str, Any]:
    return {**WHY, "field": ID, "values": scene.more["pseudonyms"], "release": scene.it.pk}


def _act(act: str, said: Mapping[str, Any]) -> tuple[Request, Request]:
    return (
        page("reidentification-act", said, at=lambda scene: (scene.it.pk, act)),
        api("POST", f"api-reidentification-{act}", said),
    )


_APPROVE, _REFUSE, _SHOW = _act("approve", {}), _act("refuse", WHY), _act("show", {})

COMMANDS = [
    Command(
        "ask that pseudonyms are turned back",
        who="oscar",
        may=("olga",),
        start=_release,
        page=page("reidentify", _typed),
        api=api("POST", "api-reidentification-list", _sent, at=nowhere),
        lines=("reidentification.asked",),
    ),
    Command(
        "agree that pseudonyms are turned back",
        who="olga",
        start=_asked,
        page=_APPROVE[0],
        api=_APPROVE[1],
        lines=("reidentification.approved",),
    ),
    Command(
        "refuse that pseudonyms are turned back",
        who="olga",
        start=_asked,
        page=_REFUSE[0],
        api=_REFUSE[1],
        lines=("reidentification.refused",),
    ),
    Command(
        "be shown the values once",
        who="oscar",
        start=_approved,
        page=_SHOW[0],
        api=_SHOW[1],
        lines=("reidentification.shown",),
        shown="restored-values",
    ),
]
