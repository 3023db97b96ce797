"""Turning pseudonyms back: two officers, once, and nothing of a value left behind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from access.key_models import KeyAct
from access.models import Release
from access.reidentification_models import Reidentification, ReidentificationState
from access.services.project_keys import ask_key_act, confirm_key_act
from access.services.reidentifying import (
    approve_reidentification,
    expire_reidentifications,
    refuse_reidentification,
    request_reidentification,
    restorable_columns,
    show_reidentification,
)
from access.workflow import State
from catalog.errors import InvalidInput, NotPermitted, WrongState
from catalog.ledger.models import LedgerEntry
from privacy.masking.operators import PROPERTIES, Operator
from privacy.services.domains import DomainDestroyed
from privacy.services.protections import set_protection
from tests.access.acts import Acts, rows_of
from tests.cast import Cast
from tests.stages import Stages, visits_csv
from tests.world import last_line

ID = "身份证号"
RAW = [line.split(",")[0] for line in visits_csv().decode().splitlines()[1:]]


def released(stages: Stages, acts: Acts, operator: str, **parameters: Any) -> Release:
    """A release whose ID numbers are under this operator."""
    assert stages.ready
    set_protection(actor=stages.cast.oscar, field=stages.field(ID), operator=operator, parameters=parameters)
    found: Release = acts.reach(State.GRANTED).grant.release
    return found


@pytest.fixture
def release(stages: Stages, acts: Acts) -> Release:
    return released(stages, acts, "encrypt")


def pseudonyms(release: Release, count: int = 3) -> list[str]:
    return [row[ID] for row in rows_of(release.artefact)][:count]


def asked(cast: Cast, release: Release, values: list[str] | None = None) -> Reidentification:
    return request_reidentification(
        actor=cast.oscar, release=release, field=ID, values=values or pseudonyms(release), reason="核查一例不良反应"
    )


@pytest.mark.parametrize(
    "operator",
    [
        operator.value
        for operator in (Operator.FF1, Operator.SURROGATE, Operator.ENCRYPT)
        if PROPERTIES[operator].available
    ],
)
def test_two_officers_bring_the_values_back(stages: Stages, acts: Acts, cast: Cast, operator: str) -> None:
    parameters = {"alphabet": "0123456789X"} if operator == "ff1" else {}
    release = released(stages, acts, operator, **parameters)
    request = asked(cast, release)
    approve_reidentification(actor=cast.olga, request=request)
    row, restored = show_reidentification(actor=cast.oscar, request=request)
    assert [item.value for item in restored] == RAW[:3]
    assert [item.pseudonym for item in restored] == pseudonyms(release)
    assert (row.state, row.restored, bytes(row.sealed_values)) == (ReidentificationState.SHOWN, 3, b"")


def test_it_is_shown_once(cast: Cast, release: Release) -> None:
    request = asked(cast, release)
    approve_reidentification(actor=cast.olga, request=request)
    show_reidentification(actor=cast.oscar, request=request)
    with pytest.raises(WrongState):
        show_reidentification(actor=cast.oscar, request=request)


def test_before_a_second_officer_has_agreed_nothing_is_shown(cast: Cast, release: Release) -> None:
    request = asked(cast, release)
    with pytest.raises(WrongState):
        show_reidentification(actor=cast.oscar, request=request)
    with pytest.raises(NotPermitted):
        approve_reidentification(actor=cast.oscar, request=request)
    approve_reidentification(actor=cast.olga, request=request)
    with pytest.raises(NotPermitted):
        show_reidentification(actor=cast.olga, request=request)


@pytest.mark.parametrize("stranger", ["adam", "rita", "amy", "stella", "audrey", "wendy", "ivan"])
def test_nobody_but_officers_of_the_owner_has_a_part_in_it(cast: Cast, release: Release, stranger: str) -> None:
    person = getattr(cast, stranger)
    with pytest.raises(NotPermitted):
        request_reidentification(actor=person, release=release, field=ID, values=["x"], reason="试一试")
    request = asked(cast, release)
    assert request not in Reidentification.objects.visible_to(person)
    with pytest.raises(NotPermitted):
        approve_reidentification(actor=person, request=request)
    with pytest.raises(NotPermitted):
        show_reidentification(actor=person, request=request)
    assert list(Reidentification.objects.awaiting_second_person(cast.olga)) == [request]


def test_no_line_and_no_row_holds_a_value_or_a_pseudonym(cast: Cast, release: Release) -> None:
    request = asked(cast, release)
    given = pseudonyms(release)
    assert given[0].encode() not in bytes(request.sealed_values)
    approve_reidentification(actor=cast.olga, request=request)
    show_reidentification(actor=cast.oscar, request=request)
    lines = list(LedgerEntry.objects.about(release).filter(action__startswith="reidentification."))
    assert [line.action.partition(".")[2] for line in lines] == ["asked", "approved", "shown"]
    written = " ".join(str(line.details) for line in lines) + str(Reidentification.objects.filter().values())
    assert not [text for text in (*given, *RAW[:3]) if text in written]
    assert lines[-1].details == {"pseudonyms": 3, "found": 3}


def test_what_was_never_in_the_release_comes_back_as_nothing(cast: Cast, release: Release) -> None:
    one = pseudonyms(release, 1)[0]
    forged = ("B" if one[8] != "B" else "C").join([one[:8], one[9:]])
    request = asked(cast, release, [one, forged, "不是假名"])
    approve_reidentification(actor=cast.olga, request=request)
    _, restored = show_reidentification(actor=cast.oscar, request=request)
    assert [item.value for item in restored] == [RAW[0], None, None]


def test_a_token_is_one_way_and_that_is_said(stages: Stages, acts: Acts, cast: Cast) -> None:
    release = acts.reach(State.GRANTED).grant.release
    assert restorable_columns(release) == ()
    with pytest.raises(InvalidInput) as refused:
        asked(cast, release)
    assert "one-way" in str(refused.value.fields["field"])


@pytest.mark.parametrize("values", [[], ["  "], ["x" * 3000], [f"p{number}" for number in range(6)]])
def test_too_few_too_many_and_too_long_are_refused(cast: Cast, release: Release, values: list[str]) -> None:
    with override_settings(REIDENTIFY_MAX_VALUES=5), pytest.raises(InvalidInput):
        request_reidentification(actor=cast.oscar, release=release, field=ID, values=values, reason="核查")
    assert not Reidentification.objects.exists()


def test_a_refused_request_keeps_no_pseudonyms(cast: Cast, release: Release) -> None:
    request = refuse_reidentification(actor=cast.olga, request=asked(cast, release), reason="理由不足")
    assert bytes(request.sealed_values) == b""
    with pytest.raises(WrongState):
        approve_reidentification(actor=cast.olga, request=request)


def test_a_request_that_nobody_uses_is_over_in_time(cast: Cast, release: Release) -> None:
    request = asked(cast, release)
    approve_reidentification(actor=cast.olga, request=request)
    assert expire_reidentifications() == 0
    Reidentification.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(WrongState):
        show_reidentification(actor=cast.oscar, request=request)
    assert expire_reidentifications() == 1
    request.refresh_from_db()
    assert (request.state, bytes(request.sealed_values)) == (ReidentificationState.EXPIRED, b"")
    assert last_line(release).action == "reidentification.expired"
    assert expire_reidentifications() == 0


def test_a_release_under_a_former_key_comes_back_until_the_keys_are_destroyed(cast: Cast, release: Release) -> None:
    project = release.grant.application.project
    for act in (KeyAct.RENEW, KeyAct.DESTROY):
        request = asked(cast, release)
        approve_reidentification(actor=cast.olga, request=request)
        confirm_key_act(
            actor=cast.olga, request=ask_key_act(actor=cast.oscar, project=project, act=act, reason="定期更换")
        )
        if act is KeyAct.RENEW:
            _, restored = show_reidentification(actor=cast.oscar, request=request)
            assert [item.value for item in restored] == RAW[:3]
        else:
            with pytest.raises(DomainDestroyed):
                show_reidentification(actor=cast.oscar, request=request)
