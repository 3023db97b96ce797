"""Renewing and destroying a project's key: two persons agree, what it breaks is said, and what came before stays what it was."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import override_settings

from access.key_models import KeyAct, KeyRequest, KeyRequestState
from access.models import Project
from access.services.project_keys import ask_key_act, confirm_key_act, foresee, refuse_key_act, withdraw_key_act
from access.services.projects import open_project
from access.workflow import Action, State
from catalog.errors import Blocked, InvalidInput, NotPermitted, WrongState
from privacy.models import FormerKey, KeyDomain
from privacy.services.domains import DomainDestroyed, KeyUnknown, open_domain
from tests.access.acts import Acts, artefact_of, rows_of
from tests.cast import Cast
from tests.stages import Stages
from tests.world import last_line


@pytest.fixture
def project(acts: Acts) -> Project:
    """Rita's, with one release of health's visits in it."""
    return acts.reach(State.GRANTED).project


def asked(cast: Cast, project: Project, act: KeyAct = KeyAct.RENEW) -> KeyRequest:
    return ask_key_act(actor=cast.oscar, project=project, act=act, reason="密钥可能已泄露")


def done(cast: Cast, project: Project, act: KeyAct) -> KeyDomain:
    confirm_key_act(actor=cast.olga, request=asked(cast, project, act))
    return KeyDomain.objects.get(pk=project.key_domain_id)


def tokens(stages: Stages, project: Project) -> list[str]:
    """The tokens of a new application in that very project."""
    application = stages.application(project=project)
    stages.act(stages.cast.rita, application, Action.SUBMIT)
    stages.run_jobs()
    return [row["身份证号"] for row in rows_of(artefact_of(application))]


def test_what_hangs_on_a_key_is_said_before_anything_is_done(cast: Cast, project: Project) -> None:
    with override_settings(BACKUPS=["每日备份,保留 30 天"]):
        told = asked(cast, project).told
    assert told["releases"] == 1
    assert told["recipients"] == 1
    assert told["keys"] == [{"number": 1, "releases": 1}]
    assert told["backups"] == ["每日备份,保留 30 天"]
    assert KeyDomain.objects.get(pk=project.key_domain_id).key_number == 1


def test_a_renewed_key_links_with_nothing_made_before(stages: Stages, cast: Cast, project: Project) -> None:
    before = [row["身份证号"] for row in rows_of(project.applications.get().grant.release.artefact)]
    application = stages.application(project=project)
    stages.act(cast.rita, application, Action.SUBMIT)
    stages.run_jobs()
    assert [row["身份证号"] for row in rows_of(artefact_of(application))] == before
    stages.act(cast.rita, application, Action.WITHDRAW)
    done(cast, project, KeyAct.RENEW)
    assert not set(tokens(stages, project)) & set(before)


def test_the_key_before_is_kept_for_what_was_released_under_it(cast: Cast, project: Project) -> None:
    fingerprint = project.applications.get().grant.release.artefact.manifest["key_fingerprint"]
    domain = done(cast, project, KeyAct.RENEW)
    assert open_domain(domain).fingerprint() != fingerprint
    assert open_domain(domain, fingerprint=fingerprint).fingerprint() == fingerprint
    assert [(use.number, use.releases) for use in foresee(project).keys] == [(1, 1), (2, 0)]
    with pytest.raises(KeyUnknown):
        open_domain(domain, fingerprint="0" * 16)


def test_a_destroyed_key_is_nowhere_in_the_database(cast: Cast, project: Project) -> None:
    done(cast, project, KeyAct.RENEW)
    domain = done(cast, project, KeyAct.DESTROY)
    assert domain.destroyed_at is not None
    assert bytes(domain.wrapped_key) == b""
    assert [bytes(key.wrapped_key) for key in FormerKey.objects.filter(domain=domain)] == [b""]
    with pytest.raises(DomainDestroyed):
        open_domain(domain)


def test_the_line_of_a_destruction_names_the_backups_that_survive(cast: Cast, project: Project) -> None:
    with override_settings(BACKUPS=["每日备份,保留 30 天", "异地磁带"]):
        done(cast, project, KeyAct.DESTROY)
    line = last_line(project)
    assert line.action == "key.destroyed"
    assert line.actor == cast.olga
    assert line.details["backups"] == ["每日备份,保留 30 天", "异地磁带"]
    assert line.details["releases"] == 1


def test_nothing_is_submitted_in_a_project_without_keys(stages: Stages, cast: Cast, project: Project) -> None:
    application = stages.application(project=project)
    done(cast, project, KeyAct.DESTROY)
    with pytest.raises(DomainDestroyed):
        stages.act(cast.rita, application, Action.SUBMIT)
    with pytest.raises(DomainDestroyed):
        asked(cast, project)


def test_nobody_confirms_what_they_asked_themselves(cast: Cast, project: Project) -> None:
    request = asked(cast, project)
    with pytest.raises(NotPermitted):
        confirm_key_act(actor=cast.oscar, request=request)
    assert KeyDomain.objects.get(pk=project.key_domain_id).key_number == 1


@pytest.mark.parametrize("stranger", ["adam", "rita", "amy", "stella", "audrey", "wendy", "ivan"])
def test_only_officers_of_the_data_ask_and_decide(cast: Cast, project: Project, stranger: str) -> None:
    with pytest.raises(NotPermitted):
        ask_key_act(actor=getattr(cast, stranger), project=project, act=KeyAct.DESTROY, reason="试一试")
    request = asked(cast, project)
    with pytest.raises(NotPermitted):
        confirm_key_act(actor=getattr(cast, stranger), request=request)
    with pytest.raises(NotPermitted):
        refuse_key_act(actor=getattr(cast, stranger), request=request, reason="不同意")
    with pytest.raises(NotPermitted):
        withdraw_key_act(actor=getattr(cast, stranger), request=request)


def test_an_officer_has_no_say_in_a_project_without_their_data(cast: Cast) -> None:
    empty = open_project(actor=cast.rita, organization=cast.institute, name="空项目")
    assert empty not in Project.objects.with_keys_shown_to(cast.oscar)
    with pytest.raises(NotPermitted):
        asked(cast, empty)


def test_who_sees_how_a_key_stands(cast: Cast, project: Project) -> None:
    request = asked(cast, project)
    for name in ("oscar", "olga", "rita", "ron", "adam", "audrey"):
        assert project in Project.objects.with_keys_shown_to(getattr(cast, name)), name
        assert request in KeyRequest.objects.visible_to(getattr(cast, name)), name
    for name in ("wendy", "ivan", "carl", "fiona"):
        assert project not in Project.objects.with_keys_shown_to(getattr(cast, name)), name
        assert request not in KeyRequest.objects.visible_to(getattr(cast, name)), name
    assert list(KeyRequest.objects.awaiting_second_person(cast.olga)) == [request]
    assert not KeyRequest.objects.awaiting_second_person(cast.oscar)


def test_no_key_changes_under_an_application_that_is_under_way(stages: Stages, cast: Cast, project: Project) -> None:
    request = asked(cast, project)
    application = stages.application(project=project)
    stages.act(cast.rita, application, Action.SUBMIT)
    with pytest.raises(Blocked) as refused:
        confirm_key_act(actor=cast.olga, request=request)
    assert refused.value.code == "applications_under_way"
    stages.act(cast.rita, application, Action.WITHDRAW)
    confirm_key_act(actor=cast.olga, request=request)
    assert KeyDomain.objects.get(pk=project.key_domain_id).key_number == 2


def test_one_thing_is_asked_at_a_time_and_decided_once(cast: Cast, project: Project) -> None:
    request = asked(cast, project)
    with pytest.raises(Blocked):
        asked(cast, project, KeyAct.DESTROY)
    assert withdraw_key_act(actor=cast.oscar, request=request).state == KeyRequestState.WITHDRAWN
    with pytest.raises(WrongState):
        confirm_key_act(actor=cast.olga, request=request)
    again = asked(cast, project, KeyAct.DESTROY)
    assert refuse_key_act(actor=cast.olga, request=again, reason="还要复查").refusal == "还要复查"
    assert last_line(project).action == "key.refused"
    assert open_domain(KeyDomain.objects.get(pk=project.key_domain_id))


@pytest.mark.parametrize("reason", ["", "  ", "长" * 501])
def test_without_a_reason_nothing_is_asked(cast: Cast, project: Project, reason: str) -> None:
    with pytest.raises(InvalidInput):
        ask_key_act(actor=cast.oscar, project=project, act=KeyAct.RENEW, reason=reason)
    assert not KeyRequest.objects.exists()


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL overwrites at the next VACUUM")
def test_sqlite_overwrites_what_is_destroyed(cast: Cast, project: Project) -> None:
    done(cast, project, KeyAct.DESTROY)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA secure_delete")
        assert cursor.fetchone()[0] == 1
