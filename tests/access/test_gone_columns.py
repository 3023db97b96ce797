"""Applications for a column that the source has no more: refused where they are written, submitted and decided. What was released stays."""

from __future__ import annotations

import csv
import io

import pytest

from access.models import Application
from access.services.applications import edit_application
from access.workflow import Action, State
from catalog.datasets.drift import accept_drift
from catalog.datasets.models import Dataset
from catalog.datasets.services import publish_dataset, submit_dataset, suspend_dataset
from catalog.errors import Blocked, InvalidInput
from privacy.services.readiness import basis_of
from privacy.services.scans import request_scan
from tests.access.acts import Acts, fresh
from tests.access.tables import visits_csv
from tests.pages.visiting import Visitor, text_of
from tests.stages import Stages

LEFT = ("身份证号", "性别", "出生日期", "诊断")


def without(content: bytes, name: str) -> bytes:
    """The table without one of its columns."""
    rows = list(csv.reader(io.StringIO(content.decode())))
    place = rows[0].index(name)
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\n").writerows(row[:place] + row[place + 1 :] for row in rows)
    return sink.getvalue().encode()


def scan(stages: Stages) -> None:
    request_scan(actor=stages.cast.oscar, distribution=stages.distribution)
    stages.run_jobs()


def lose_column(stages: Stages, name: str = "区县") -> None:
    """It is gone at the source, a scan sees that, the record takes it over and is published anew, and the table is scanned again."""
    Acts(stages).replace_table(without(visits_csv(), name))
    scan(stages)
    dataset = Dataset.objects.get(pk=stages.draft.pk)
    suspend_dataset(actor=stages.cast.stella, dataset=dataset, reason="列有变化")
    accept_drift(actor=stages.cast.stella, distribution=stages.distribution, seen_at=stages.distribution.drift_seen_at)
    submit_dataset(actor=stages.cast.stella, dataset=dataset)
    publish_dataset(actor=stages.cast.stefan, dataset=Dataset.objects.get(pk=dataset.pk))
    scan(stages)
    distribution = stages.distribution
    assert not basis_of(distribution, fingerprint=distribution.fingerprint).problems


def submit(stages: Stages, application: Application) -> Application:
    return stages.act(stages.cast.rita, application, Action.SUBMIT)


def test_nothing_is_submitted_while_the_record_has_other_columns(stages: Stages) -> None:
    application = stages.application()
    Acts(stages).replace_table(without(visits_csv(), "区县"))
    scan(stages)
    with pytest.raises(Blocked):
        submit(stages, application)
    assert fresh(application).state == State.DRAFT


@pytest.mark.parametrize("row_filter", [None, {"field": "区县", "op": "eq", "value": "姑苏区"}])
def test_a_draft_that_asks_for_a_gone_column_is_refused_and_can_be_corrected(
    stages: Stages, row_filter: dict[str, str] | None
) -> None:
    application = stages.application(row_filter=row_filter)
    lose_column(stages)
    with pytest.raises(Blocked) as refused:
        submit(stages, application)
    assert (refused.value.code, refused.value.params) == ("column_missing", {"columns": "区县"})
    edited = edit_application(
        actor=stages.cast.rita,
        application=application,
        version=fresh(application).version,
        fields=dict.fromkeys(LEFT, "研究需要"),
        recipients=None,
        values={"row_filter": None},
    )
    submit(stages, edited)
    stages.run_jobs()
    assert fresh(application).state == State.DECIDING


def test_a_gone_column_cannot_be_asked_for(stages: Stages) -> None:
    lose_column(stages)
    with pytest.raises(InvalidInput) as refused:
        stages.application(fields=dict.fromkeys((*LEFT, "区县"), "研究需要"))
    assert refused.value.code == "unknown_field"


def test_a_grant_is_not_given_on_a_gone_column(stages: Stages) -> None:
    application = stages.deciding()
    lose_column(stages)
    with pytest.raises(Blocked):
        stages.act(stages.cast.amy, application, Action.APPROVE)
    stages.run_jobs()
    back = fresh(application)
    assert (back.state, back.note_code, back.note_params) == (State.RETURNED, "column_missing", {"columns": "区县"})


def test_a_field_that_came_back_at_the_source_only_is_no_field_yet(stages: Stages) -> None:
    application = stages.application()
    lose_column(stages)
    Acts(stages).replace_table(visits_csv())
    scan(stages)
    with pytest.raises(Blocked) as refused:
        submit(stages, application)
    assert refused.value.code == "column_missing"


def test_what_was_released_is_still_there_with_its_words(stages: Stages) -> None:
    application = stages.granted()
    release = application.grant.release
    page = f"/releases/{release.pk}/"
    rita = Visitor(stages.cast.rita)
    before = text_of(rita.get(page))
    lose_column(stages)
    after = text_of(rita.get(page))
    assert "区县" in before
    assert after.count("区县") == before.count("区县")
    assert rita.get(f"/releases/{release.pk}/download/").status_code == 200
