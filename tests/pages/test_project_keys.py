"""The pages of keys and of restoring: who sees them, what they say, and that a value is in one answer only."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command

from access.key_models import KeyRequest
from access.models import Project, Release
from access.reidentification_models import Reidentification
from privacy.services.protections import set_protection
from tests.access.acts import rows_of
from tests.pages.visiting import Visitor, text_of
from tests.stages import Stages, visits_csv

ID = "身份证号"


@pytest.fixture(scope="module")
def ready_world(ready_world: Stages) -> Stages:
    """With one application that is granted, whose ID numbers can be turned back."""
    set_protection(actor=ready_world.cast.oscar, field=ready_world.field(ID), operator="encrypt")
    ready_world.case = ready_world.granted()  # type: ignore[attr-defined]
    return ready_world


@pytest.fixture
def project(world: Stages) -> Project:
    found: Project = world.case.project  # type: ignore[attr-defined]
    return found


@pytest.fixture
def release(world: Stages) -> Release:
    found: Release = world.case.grant.release  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize(
    ("name", "status"),
    [("oscar", 200), ("rita", 200), ("adam", 200), ("audrey", 200), ("amy", 404), ("wendy", 404), ("ivan", 404)],
)
def test_who_sees_how_a_key_stands(world: Stages, project: Project, name: str, status: int) -> None:
    visitor = Visitor(getattr(world.cast, name))
    assert visitor.get(f"/projects/{project.pk}/key/").status_code == status
    listed = f"/projects/{project.pk}/key/" in visitor.get("/project-keys/").content.decode()
    assert listed == (status == 200)


def test_two_officers_renew_a_key_on_its_page(world: Stages, project: Project, settings: object) -> None:
    settings.BACKUPS = ["每日备份"]  # type: ignore[attr-defined]
    oscar, olga = Visitor(world.cast.oscar), Visitor(world.cast.olga)
    page = f"/projects/{project.pk}/key/"
    assert oscar.post(page, act="renew", reason="").status_code == 400
    oscar.post(page, act="destroy", reason="项目已结束")
    asked = KeyRequest.objects.get()
    assert "每日备份" in olga.get(page).content.decode()
    assert project.name in olga.get("/").content.decode()
    assert "You do not have the role" in text_of(
        oscar.follow(oscar.post(f"/project-keys/requests/{asked.pk}/confirm/"))
    )
    assert olga.post(f"/project-keys/requests/{asked.pk}/something/").status_code == 404
    assert olga.post(f"/project-keys/requests/{asked.pk}/refuse/", reason="").status_code == 400
    olga.post(f"/project-keys/requests/{asked.pk}/confirm/")
    text = text_of(olga.get(page))
    assert "Destroyed" in text
    assert "Ask a second privacy officer" not in text_of(oscar.get(page))


def test_the_command_does_what_the_page_does(
    world: Stages, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    def ran(*arguments: str) -> dict[str, object]:
        call_command("project_key", str(project.pk), *arguments, "--format", "json")
        document: dict[str, object] = json.loads(capsys.readouterr().out)
        return document

    assert ran("show", "--as", "oscar")["releases"] == 1
    assert ran("renew", "--as", "oscar", "--reason", "定期更换")["key_number"] == 1
    with pytest.raises(CommandError):
        ran("confirm", "--as", "oscar")
    capsys.readouterr()
    assert ran("confirm", "--as", "olga")["key_number"] == 2
    with pytest.raises(CommandError):
        ran("show", "--as", "wendy")


def test_values_come_back_in_one_answer_only(world: Stages, release: Release) -> None:
    oscar, olga = Visitor(world.cast.oscar), Visitor(world.cast.olga)
    pseudonyms = [row[ID] for row in rows_of(release.artefact)][:2]
    raw = [line.split(",")[0] for line in visits_csv().decode().splitlines()[1:3]]
    assert f"/releases/{release.pk}/restore/" in oscar.get(f"/releases/{release.pk}/").content.decode()
    assert oscar.post(f"/releases/{release.pk}/restore/", field=ID, values="", reason="核查").status_code == 400
    oscar.post(f"/releases/{release.pk}/restore/", field=ID, values="\r\n".join(pseudonyms), reason="核查")
    page = f"/restorations/{Reidentification.objects.get().pk}/"
    assert "You do not have the role" in text_of(oscar.follow(oscar.post(f"{page}approve/")))
    olga.post(f"{page}approve/")
    shown = oscar.post(f"{page}show/")
    assert all(value in shown.content.decode() for value in raw)
    assert "no-store" in shown.headers["Cache-Control"]
    assert not any(value in oscar.get(page).content.decode() for value in raw)
    assert oscar.post(f"{page}show/").status_code == 302
    assert raw[0] not in olga.get(page).content.decode()


@pytest.mark.parametrize(("name", "status"), [("rita", 403), ("amy", 403), ("audrey", 403), ("wendy", 404)])
def test_nobody_else_asks_for_values(world: Stages, release: Release, name: str, status: int) -> None:
    assert Visitor(getattr(world.cast, name)).get(f"/releases/{release.pk}/restore/").status_code == status
