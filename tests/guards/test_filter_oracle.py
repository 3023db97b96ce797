"""A row filter asks the data a question; whoever asks learns nothing from it before somebody has decided."""

from __future__ import annotations

import pytest
from django.test import Client
from rest_framework.test import APIClient

from access.models import Application
from access.services import deciding as deciding_service
from access.services.applications import edit_application
from access.workflow import Action, State
from catalog.errors import Blocked
from catalog.people.models import Role, User
from catalog.people.services import grant_role
from privacy.services.protections import set_protection
from tests.access.acts import fresh
from tests.access.tables import OtherVisits, lines_of, table, visits_csv
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


def _without_filter(application: Application, cast: Cast) -> Application:
    """Rita takes the filter off an application that came back to her."""
    application = fresh(application)
    return edit_application(
        actor=cast.rita,
        application=application,
        version=application.version,
        fields=None,
        recipients=None,
        values={"row_filter": None},
    )


def test_taking_the_filter_off_does_not_show_what_it_counted(stages: Stages, cast: Cast, client: Client) -> None:
    application = stages.deciding(row_filter={"field": "性别", "op": "eq", "value": "男"})
    counted = application.assessments.get().record["inputs"]["measured"]
    stages.act(cast.amy, application, Action.RETURN, reason="请说明用途")
    _without_filter(application, cast)
    seen = _seen(cast.rita, application)
    assert [seen["assessment"][part] for part in FIGURES] == [None] * len(FIGURES)
    assert all(entry["details"] == {} for entry in seen["timeline"])
    stages.act(cast.rita, application, Action.SUBMIT)
    stages.run_jobs()
    seen = _seen(cast.rita, application)
    assert seen["assessment"]["measured"]["subjects"] == 240
    assert [(one["k_min"], one["risk_grade"]) for one in seen["earlier_assessments"]] == [(None, "")]
    for signer in (cast.amy, cast.oscar):
        stages.act(signer, application, Action.APPROVE)
    assert fresh(application).state == State.GRANTED
    assert [one["k_min"] for one in _seen(cast.rita, application)["earlier_assessments"]] == [None]
    assert [one["k_min"] for one in _seen(cast.amy, application)["earlier_assessments"]] == [counted["k_min"]]
    client.force_login(cast.rita)
    page = client.get(f"/applications/{application.pk}/").content.decode()
    assert application.assessments.get(number=1).record_sha256 not in page


def test_filters_that_were_taken_off_count_among_those_an_organisation_tried(
    stages: Stages, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deciding_service, "MOST_FILTERS", 2)
    for _ in range(2):
        application = stages.deciding(row_filter=NO_DAY)
        assert application.state == State.RETURNED
        _without_filter(application, cast)
    again = stages.application(row_filter=NO_DAY)
    with pytest.raises(Blocked) as refused:
        stages.act(cast.rita, again, Action.SUBMIT)
    assert refused.value.code == "too_many_filters"


def test_the_auditors_of_the_side_that_asks_read_no_figure_of_filtered_rows(stages: Stages, cast: Cast) -> None:
    grant_role(actor=cast.adam, user=cast.ron, organization=cast.institute, role=Role.AUDITOR)
    for row_filter, shown in ((ADULTS, False), (None, True)):
        application = stages.deciding(row_filter=row_filter)
        client = APIClient()
        client.force_authenticate(cast.ron)
        lines = client.get(
            f"/api/v1/ledger/?object=application:{application.pk}&action=application.assessed", HTTP_HOST="localhost"
        ).json()["results"]
        assert [{"rows", "risk_grade", "artefact"} <= line["details"].keys() for line in lines] == [shown]
        assert all("record" in line["details"] for line in lines)


def test_what_stops_the_protection_is_not_told_of_a_handful_of_rows(stages: Stages, cast: Cast) -> None:
    """An officer's rule stops at a missing value; whether this one person's is missing is not for a filter to ask."""
    header, *rows = lines_of(visits_csv())
    rows[0] = rows[0].replace("男", "", 1)
    other = OtherVisits(stages, table([header, *rows]))
    assert other.ready
    set_protection(actor=cast.oscar, field=other.field("性别"), operator="keep", null="fail")
    one = other.deciding(row_filter={"field": "出生日期", "op": "eq", "value": "1971-01-01"})
    none = other.deciding(row_filter=NO_DAY)
    assert (one.note, one.note_code, one.note_params) == (none.note, none.note_code, none.note_params)
    assert one.note_code == "no_rows"
