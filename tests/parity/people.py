"""The commands on organisations, accounts and roles."""

from __future__ import annotations

from typing import Any

from knox.models import AuthToken

from catalog.people.models import Membership, Role
from catalog.people.moving import foresee_move
from catalog.people.services import close_account, close_organization, end_role, issue_password_link
from tests.cast import PASSWORD
from tests.parity.command import EVERYBODY, Command, Scene, api, nowhere, page

ANOTHER = "another long enough password"
DISTRICT = {"name": "姑苏区人民政府", "name_en": "Gusu District", "code": "11320500000000009A", "kind": "district"}
NORA = {"username": "nora", "display_name": "Nora"}
NORAS_ROLES = [Role.DATA_STEWARD.value, Role.APPROVER.value]


def _closed_organization(scene: Scene) -> Any:
    return close_organization(actor=scene.cast.adam, organization=scene.cast.water)


def _closed_account(scene: Scene) -> Any:
    return close_account(actor=scene.cast.adam, user=scene.cast.ron)


def _link_for_ron(scene: Scene) -> Any:
    return issue_password_link(actor=scene.cast.adam, user=scene.cast.ron)


def _ritas_token(scene: Scene) -> Any:
    AuthToken.objects.create(scene.cast.rita)
    return scene.cast.rita


def _rons_role(scene: Scene) -> Any:
    return Membership.objects.get(user=scene.cast.ron)


def _rons_ended_role(scene: Scene) -> Any:
    end_role(actor=scene.cast.adam, membership=_rons_role(scene))
    return scene.cast.ron


def _confirmed_move(scene: Scene) -> dict[str, Any]:
    """What was shown before, confirmed."""
    parent = scene.cast.water
    told = foresee_move(actor=scene.cast.adam, organization=scene.cast.big_data, parent=parent)
    return {"parent": parent.pk, "told": told.key}


COMMANDS = [
    Command(
        "add an organisation",
        who="adam",
        page=page("organization-new", DISTRICT, at=lambda scene: (scene.cast.city.pk,)),
        api=api("POST", "api-organization-list", lambda scene: {**DISTRICT, "parent": scene.cast.city.pk}, at=nowhere),
        lines=("organization.created",),
        stage="draft",
    ),
    Command(
        "move an organisation",
        who="adam",
        start=lambda scene: scene.cast.big_data,
        page=page("organization-move", _confirmed_move),
        api=api("POST", "api-organization-move", lambda scene: {"parent": scene.cast.water.pk}),
        lines=("organization.moved",),
        stage="draft",
    ),
    Command(
        "close an organisation",
        who="adam",
        start=lambda scene: scene.cast.water,
        page=page("organization-close"),
        api=api("POST", "api-organization-close"),
        lines=("organization.closed",),
        stage="draft",
    ),
    Command(
        "reopen an organisation",
        who="adam",
        start=_closed_organization,
        page=page("organization-reopen"),
        api=api("POST", "api-organization-reopen"),
        lines=("organization.reopened",),
        stage="draft",
    ),
    Command(
        "invite somebody",
        who="adam",
        page=page(
            "invite",
            lambda scene: {**NORA, "organization": scene.cast.health.pk, "roles": NORAS_ROLES},
            at=nowhere,
        ),
        api=api(
            "POST",
            "api-invitation-list",
            lambda scene: {**NORA, "organization": scene.cast.health.pk, "roles": NORAS_ROLES},
            at=nowhere,
        ),
        lines=("user.created", "role.granted", "role.granted", "user.link_issued"),
        stage="draft",
    ),
    Command(
        "make a password link",
        who="adam",
        start=lambda scene: scene.cast.ron,
        page=page("password-link-issue"),
        api=api("POST", "api-user-password-link"),
        lines=("user.link_issued",),
        stage="draft",
    ),
    Command(
        "set a password with the link",
        who=None,
        start=_link_for_ron,
        page=page(
            "set-password",
            {"password": ANOTHER, "again": ANOTHER},
            at=lambda scene: (scene.it.uid, scene.it.token),
        ),
        api=api(
            "POST",
            "api-set-password",
            lambda scene: {"uid": scene.it.uid, "token": scene.it.token, "password": ANOTHER},
            at=nowhere,
        ),
        lines=("user.password_set",),
        stage="draft",
    ),
    Command(
        "change the own password",
        who="rita",
        may=EVERYBODY,
        start=_ritas_token,
        page=page("account-password", {"current": PASSWORD, "password": ANOTHER, "again": ANOTHER}, at=nowhere),
        api=api("POST", "api-change-password", {"current": PASSWORD, "password": ANOTHER}, at=nowhere),
        lines=("user.password_changed",),
        stage="draft",
    ),
    Command(
        "change the own name",
        who="rita",
        may=EVERYBODY,
        page=page("account-name", {"display_name": " Rita Zhou "}, at=nowhere),
        api=api("PATCH", "me", {"display_name": " Rita Zhou "}, at=nowhere),
        lines=("user.renamed",),
        stage="draft",
    ),
    Command(
        "close an account",
        who="adam",
        start=lambda scene: scene.cast.ron,
        page=page("account-close"),
        api=api("POST", "api-user-close"),
        lines=("user.closed",),
        stage="draft",
    ),
    Command(
        "reopen an account",
        who="adam",
        start=_closed_account,
        page=page("account-reopen"),
        api=api("POST", "api-user-reopen"),
        lines=("user.reopened",),
        stage="draft",
    ),
    Command(
        "give a role on the organisation's page",
        who="adam",
        page=page(
            "organization",
            lambda scene: {"user": scene.cast.ron.pk, "role": "approver"},
            at=lambda scene: (scene.cast.water.pk,),
        ),
        api=api(
            "POST",
            "api-membership-list",
            lambda scene: {"user": scene.cast.ron.pk, "organization": scene.cast.water.pk, "role": "approver"},
            at=nowhere,
        ),
        lines=("role.granted",),
        stage="draft",
    ),
    Command(
        "give a role on the account's page",
        who="adam",
        start=_rons_ended_role,
        page=page("administered-account", lambda scene: {"organization": scene.cast.institute.pk, "role": "requester"}),
        api=api(
            "POST",
            "api-membership-list",
            lambda scene: {"user": scene.it.pk, "organization": scene.cast.institute.pk, "role": "requester"},
            at=nowhere,
        ),
        lines=("role.granted",),
        stage="draft",
    ),
    Command(
        "end a role",
        who="adam",
        start=_rons_role,
        page=page("role-end"),
        api=api("POST", "api-membership-end"),
        lines=("role.ended",),
        stage="draft",
    ),
]
