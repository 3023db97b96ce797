"""What an approval gives: a right for a period, a release to named recipients, and an end to both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from access.models import Application, Download, Grant, Release
from access.services.releases import NotInForce, download_release
from access.workers import delete_expired_artefacts
from access.workflow import Action, State
from catalog.datasets.models import RightKind, RightsAssignment
from catalog.errors import NotPermitted
from catalog.ledger.models import LedgerEntry
from catalog.people.models import Membership, User
from catalog.people.services import end_role
from tests.access.acts import Acts, artefact_of, on_disk, plain_bytes, rows_of
from tests.cast import Cast
from tests.stages import Stages
from tests.world import last_line


@pytest.fixture
def granted(stages: Stages, cast: Cast) -> Application:
    """Rita's application, approved; rita receives."""
    return stages.granted()


def release_of(application: Application) -> Release:
    found: Release = Release.objects.select_related("grant", "artefact").get(grant__application=application)
    return found


def download(actor: User, application: Application, **details: Any) -> bytes:
    _, stream = download_release(actor=actor, release=release_of(application), **details)
    with stream:
        return stream.read()


def expire(application: Application) -> None:
    """Its last day was yesterday."""
    today = timezone.localdate()
    Grant.objects.filter(application=application).update(
        valid_from=today - timedelta(days=30), valid_until=today - timedelta(days=1)
    )


# --- granting ----------------------------------------------------------------------------------------------------------------------


def test_an_approval_creates_the_usage_right(stages: Stages, cast: Cast, granted: Application) -> None:
    right = RightsAssignment.objects.get(kind=RightKind.USAGE)
    assert (right.dataset, right.holder, right.exclusive) == (stages.draft, cast.institute, False)
    assert right.basis == f"canglang:application/{granted.pk}"
    assert set(right.scope.split("、")) == {"身份证号", "性别", "出生日期", "区县", "诊断"}
    assert (right.transferable, right.sublicensable) == (False, False)
    today = timezone.localdate()
    assert (right.valid_from, right.valid_to) == (today, today + timedelta(days=180))
    assert right in RightsAssignment.objects.current()


def test_the_grant_is_the_organisations_with_the_named_recipients(stages: Stages, cast: Cast) -> None:
    grant = stages.granted(recipients=[cast.ron]).grant
    assert (grant.organization, list(grant.recipients.all())) == (cast.institute, [cast.ron])
    assert grant.in_force


@pytest.mark.parametrize(
    ("fields", "months", "days"),
    [(("出生日期", "区县", "诊断"), 24, 360), (("出生日期", "区县", "诊断"), 6, 180), (("出生日期", "区县"), 24, 720)],
)
def test_the_period_is_what_was_asked_for_and_at_most_what_the_risk_allows(
    stages: Stages, fields: tuple[str, ...], months: int, days: int
) -> None:
    grant = stages.granted(fields=dict.fromkeys(fields, "研究需要"), months=months).grant
    assert grant.valid_until - grant.valid_from == timedelta(days=days)
    assert grant.right.valid_to == grant.valid_until


def test_the_conditions_of_every_signature_stand_in_the_grant(stages: Stages, cast: Cast) -> None:
    application = stages.deciding()
    stages.act(cast.amy, application, Action.APPROVE, conditions="只用于本课题")
    application = stages.act(cast.oscar, application, Action.APPROVE, conditions="六个月后销毁")
    assert application.grant.conditions == "只用于本课题\n六个月后销毁"


def test_the_release_is_exactly_the_bytes_that_were_assessed(stages: Stages, acts: Acts, cast: Cast) -> None:
    application = stages.deciding()
    artefact = artefact_of(application)
    assessed = plain_bytes(artefact)
    acts.sign(application, cast.amy, cast.oscar)
    assert release_of(application).artefact == artefact
    assert download(cast.rita, application) == assessed


# --- downloading -----------------------------------------------------------------------------------------------------------------


def test_a_recipient_downloads_and_it_is_recorded(cast: Cast, granted: Application) -> None:
    content = download(cast.rita, granted)
    assert content.decode("utf-8-sig").startswith("身份证号,")
    row = Download.objects.get()
    assert (row.release, row.user, row.first_byte) == (release_of(granted), cast.rita, 0)
    line = last_line(release_of(granted))
    assert (line.action, line.actor) == ("release.downloaded", cast.rita)
    assert line.details["artefact"] == release_of(granted).artefact.sha256
    assert (line.organization, line.counterpart) == (cast.health, cast.institute)


def test_every_download_is_recorded_a_resumed_one_with_where_it_goes_on(cast: Cast, granted: Application) -> None:
    download(cast.rita, granted)
    download(cast.rita, granted, first_byte=1000)
    assert sorted(Download.objects.values_list("first_byte", flat=True)) == [0, 1000]
    assert LedgerEntry.objects.filter(action="release.downloaded").count() == 2


@pytest.mark.parametrize("name", ["ron", "ivan", "amy", "oscar", "fiona", "stella", "adam", "audrey", "wendy"])
def test_nobody_but_a_recipient_downloads(cast: Cast, granted: Application, name: str) -> None:
    with pytest.raises(NotPermitted) as refused:
        download(getattr(cast, name), granted)
    assert refused.value.status == 403
    assert not Download.objects.exists()


def test_an_applicant_who_is_no_recipient_does_not_download(stages: Stages, cast: Cast) -> None:
    application = stages.granted(recipients=[cast.ron])
    assert download(cast.ron, application)
    with pytest.raises(NotPermitted):
        download(cast.rita, application)


@pytest.mark.parametrize("name", ["rita", "ron", "audrey", "amy", "oscar", "fiona"])
def test_who_sees_the_application_sees_that_there_is_a_release(cast: Cast, granted: Application, name: str) -> None:
    assert release_of(granted) in Release.objects.visible_to(getattr(cast, name))


@pytest.mark.parametrize("name", ["ivan", "wendy", "adam", "stella", "carl"])
def test_nobody_else_sees_it(cast: Cast, granted: Application, name: str) -> None:
    assert not Release.objects.visible_to(getattr(cast, name)).exists()


def test_a_recipient_who_left_the_organisation_downloads_no_more(cast: Cast, granted: Application) -> None:
    assert download(cast.rita, granted)
    end_role(actor=cast.adam, membership=Membership.objects.get(user=cast.rita))
    with pytest.raises(NotPermitted):
        download(cast.rita, granted)
    assert Download.objects.count() == 1


def test_a_recipient_whose_account_is_closed_downloads_no_more(cast: Cast, granted: Application) -> None:
    User.objects.filter(pk=cast.rita.pk).update(is_active=False)
    with pytest.raises(NotPermitted):
        download(User.objects.get(pk=cast.rita.pk), granted)


# --- ending ----------------------------------------------------------------------------------------------------------------------


def test_a_revocation_counts_at_the_next_request_and_deletes_the_bytes(
    stages: Stages, cast: Cast, granted: Application, committed: Callable[[], Any]
) -> None:
    release = release_of(granted)
    assert download(cast.rita, granted)
    with committed():
        application = stages.act(cast.oscar, granted, Action.REVOKE, reason="超出用途")
    assert (application.state, application.note) == (State.REVOKED, "超出用途")
    with pytest.raises(NotInForce) as refused:
        download_release(actor=cast.rita, release=release)
    assert (refused.value.status, refused.value.code) == (403, "grant_not_in_force")
    assert Download.objects.count() == 1
    assert not on_disk(release.artefact)
    right = RightsAssignment.objects.get(kind=RightKind.USAGE)
    assert right.ended_at is not None
    assert right not in RightsAssignment.objects.current()


def test_a_revoked_grant_stays_revoked_on_every_day_of_its_period(
    stages: Stages, cast: Cast, granted: Application
) -> None:
    stages.act(cast.amy, granted, Action.REVOKE, reason="超出用途")
    grant = Grant.objects.get()
    assert grant.valid_from <= timezone.localdate() <= grant.valid_until
    assert not grant.in_force


def test_after_its_last_day_a_release_is_refused(cast: Cast, granted: Application) -> None:
    expire(granted)
    with pytest.raises(NotInForce):
        download(cast.rita, granted)
    assert not Download.objects.exists()


def test_on_its_last_day_it_is_not(cast: Cast, granted: Application) -> None:
    Grant.objects.update(valid_until=timezone.localdate())
    assert download(cast.rita, granted)


def test_a_grant_that_has_not_begun_gives_nothing(cast: Cast, granted: Application) -> None:
    Grant.objects.update(valid_from=timezone.localdate() + timedelta(days=1))
    with pytest.raises(NotInForce):
        download(cast.rita, granted)


def test_the_bytes_of_what_has_expired_are_deleted(
    stages: Stages, granted: Application, committed: Callable[[], Any]
) -> None:
    current = stages.granted()
    expire(granted)
    expired = release_of(granted).artefact
    with committed():
        assert delete_expired_artefacts() == 1
    expired.refresh_from_db()
    assert expired.deleted_at is not None
    assert not on_disk(expired)
    assert on_disk(release_of(current).artefact)
    line = last_line(granted)
    assert (line.action, line.actor, line.details) == ("artefact.deleted", None, {"reason": "expired"})
    assert delete_expired_artefacts() == 0


def test_an_expired_application_is_still_called_granted(granted: Application, committed: Callable[[], Any]) -> None:
    expire(granted)
    with committed():
        delete_expired_artefacts()
    granted.refresh_from_db()
    assert granted.state == State.GRANTED


# --- key domains ---------------------------------------------------------------------------------------------------------------


def tokens(application: Application) -> list[str]:
    return [row["身份证号"] for row in rows_of(release_of(application).artefact)]


def test_within_a_project_one_person_has_one_token_in_every_release(stages: Stages, granted: Application) -> None:
    second = stages.granted(project=granted.project, fields={"身份证号": "关联", "性别": "比较"})
    assert tokens(second) == tokens(granted)
    assert len(set(tokens(granted))) == 240


def test_between_projects_no_token_links(stages: Stages, granted: Application) -> None:
    other = stages.granted()
    assert other.project != granted.project
    assert not set(tokens(other)) & set(tokens(granted))
    manifests = [release_of(application).artefact.manifest for application in (granted, other)]
    assert manifests[0]["key_domain"] != manifests[1]["key_domain"]


def test_a_second_release_to_a_project_is_a_merge_and_asks_for_the_privacy_officer(
    stages: Stages, acts: Acts, cast: Cast, granted: Application
) -> None:
    fields = dict.fromkeys(("身份证号", "性别"), "研究需要")
    second = stages.deciding(project=granted.project, fields=fields)
    verdict = second.assessments.get().record["result"]["verdict"]
    assert verdict["full_assessment"] == ["merge"]
    assert acts.sign(second, cast.amy).state == State.DECIDING
    assert acts.sign(second, cast.oscar).state == State.GRANTED
