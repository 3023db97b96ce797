"""A row filter asks the data a question; whoever asks learns nothing from it before somebody has decided."""

from __future__ import annotations

import pytest
from django.test import Client
from rest_framework.test import APIClient

from access.models import Application
from access.services import deciding as deciding_service
from access.workflow import Action, State
from catalog.errors import Blocked
from catalog.people.models import Role, User
from catalog.people.services import grant_role
from tests.access.acts import fresh
from tests.cast import Cast
from tests.stages import Stages

ADULTS = {"field": "出生日期", "op": "lt", "value": "2005-01-01"}
ONE_DAY = {
    "all": [{"field": "出生日期", "op": "eq", "value": "1971-01-01"}, {"field": "性别", "op": "eq", "value": "男"}]
}
NO_DAY = {"field": "出生日期", "op": "eq", "value": "1901-01-01"}
FIGURES = ("measured", "risk", "matrix", "verdict", "artefact_sha256")


def _seen(user: User, application: Application) -> dict:  # type: ignore[type-arg]
    client = APIClient()
    client.force_authenticate(user)
    answer = client.get(f"/api/v1/applications/{application.pk}/", HTTP_HOST="localhost")
    assert answer.status_code == 200
    return dict(answer.json())


def test_a_filter_that_leaves_one_person_is_answered_as_one_that_leaves_nobody(stages: Stages) -> None:
    one, none = stages.deciding(row_filter=ONE_DAY), stages.deciding(row_filter=NO_DAY)
    assert one.state == none.state == State.RETURNED
    assert (one.note, one.note_code, one.note_params) == (none.note, none.note_code, none.note_params)
    assert not one.artefacts.exists()


@pytest.mark.parametrize("name", ["rita", "ron"])
def test_who_asks_sees_no_figure_of_filtered_rows_before_a_decision(stages: Stages, cast: Cast, name: str) -> None:
    application = stages.deciding(row_filter=ADULTS)
    seen = _seen(getattr(cast, name), application)
    assessment = seen["assessment"]
    assert [assessment[part] for part in FIGURES] == [None] * len(FIGURES)
    assert (assessment["record"], assessment["record_sha256"], assessment["would_lower"]) == ({}, "", [])
    assert (assessment["risk_grade"], assessment["acceptance"], seen["outstanding"]) == ("", [], [])
    assert all(entry["details"] == {} for entry in seen["timeline"])


def test_who_decides_sees_the_figures_of_filtered_rows(stages: Stages, cast: Cast) -> None:
    seen = _seen(cast.amy, stages.deciding(row_filter=ADULTS))
    assert seen["assessment"]["measured"]["subjects"] == 240
    assert seen["outstanding"]


def test_the_figures_are_shown_once_somebody_decided_and_where_nothing_was_filtered(stages: Stages, cast: Cast) -> None:
    assert _seen(cast.rita, stages.granted(row_filter=ADULTS))["assessment"]["measured"]["subjects"] == 240
    assert _seen(cast.rita, stages.deciding())["assessment"]["measured"]["subjects"] == 240


def test_a_decider_who_also_asks_for_the_organisation_sees_no_figure(stages: Stages, cast: Cast) -> None:
    application = stages.deciding(row_filter=ADULTS)
    grant_role(actor=cast.adam, user=cast.amy, organization=cast.institute, role=Role.REQUESTER)
    assert _seen(cast.amy, application)["assessment"]["measured"] is None


def test_an_organisation_cannot_ask_around_with_filter_after_filter(
    stages: Stages, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deciding_service, "MOST_FILTERS", 2)
    for _ in range(2):
        stages.act(cast.rita, stages.deciding(row_filter=ADULTS), Action.WITHDRAW)
    application = stages.application(actor=cast.ron, row_filter=ADULTS)
    with pytest.raises(Blocked) as refused:
        stages.act(cast.ron, application, Action.SUBMIT)
    assert refused.value.code == "too_many_filters"
    assert fresh(application).state == State.DRAFT
    assert stages.deciding().state == State.DECIDING


@pytest.mark.parametrize(("name", "sees"), [("rita", False), ("ron", False), ("amy", True)])
def test_the_page_of_an_application_hides_what_the_api_hides(
    stages: Stages, cast: Cast, client: Client, name: str, sees: bool
) -> None:
    application = stages.deciding(row_filter=ADULTS)
    client.force_login(getattr(cast, name))
    page = client.get(f"/applications/{application.pk}/").content.decode()
    assert ('id="h-assessment"' in page) == sees
    artefact = application.artefacts.get()
    assert (artefact.sha256 in page) == sees
