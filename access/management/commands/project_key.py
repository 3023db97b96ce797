"""`manage.py project_key ID show|renew|destroy|confirm|refuse|withdraw --as USER`: the key of a project, by two persons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from access.key_models import KeyAct, KeyRequest, KeyRequestState
from access.models import Project
from access.services.project_keys import ask_key_act, confirm_key_act, foresee, refuse_key_act, withdraw_key_act
from catalog.commands import BadInput, DocumentCommand, Outcome, acting_user
from catalog.messages import gettext_noop
from catalog.people.models import User


class Command(DocumentCommand):
    help = "Show what hangs on the key of a project; ask that it is renewed or destroyed; confirm that as the second person."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("project", type=int, help="the project's number")
        parser.add_argument("act", choices=["show", "renew", "destroy", "confirm", "refuse", "withdraw"])
        parser.add_argument("--as", dest="user", metavar="USER", required=True, help="the privacy officer who does it")
        parser.add_argument("--reason", default="", help="why: to ask, and to refuse")

    def outcome(self, **options: Any) -> Outcome:
        actor = acting_user(options["user"])
        project = (
            Project.objects.with_keys_shown_to(actor).select_related("key_domain").filter(pk=options["project"]).first()
        )
        if project is None:
            raise BadInput(
                gettext_noop("There is no project %(number)d of whose key you see anything."),
                code="project_unknown",
                number=options["project"],
            )
        request = None
        if options["act"] != "show":
            request = _act(actor, project, options["act"], options["reason"])
            project.key_domain.refresh_from_db(fields=["key_number", "destroyed_at"])
        return Outcome(_document(project, request))

    def lines(self, document: Mapping[str, Any]) -> list[str]:
        lines = [f"{name}: {document[name]}" for name in ("key_number", "destroyed_at", "releases", "recipients")]
        lines += [f"backup: {place}" for place in document["backups"]]
        asked = document["request"]
        return [*lines, f"request {asked['id']}: {asked['act']} {asked['state']}"] if asked else lines


def _act(actor: User, project: Project, act: str, reason: str) -> KeyRequest:
    if act in KeyAct.values:
        return ask_key_act(actor=actor, project=project, act=KeyAct(act), reason=reason)
    request: KeyRequest | None = project.key_requests.filter(state=KeyRequestState.PROPOSED).first()
    if request is None:
        raise BadInput(gettext_noop("Nothing is asked about this key."), code="nothing_asked")
    match act:
        case "confirm":
            return confirm_key_act(actor=actor, request=request)
        case "refuse":
            return refuse_key_act(actor=actor, request=request, reason=reason)
        case _:
            return withdraw_key_act(actor=actor, request=request)


def _document(project: Project, request: KeyRequest | None) -> dict[str, Any]:
    destroyed = project.key_domain.destroyed_at
    return {
        "project": project.pk,
        "key_number": project.key_domain.key_number,
        "destroyed_at": destroyed.isoformat() if destroyed else None,
        **foresee(project).as_dict(),
        "request": {"id": request.pk, "act": request.act, "state": request.state} if request else None,
    }
