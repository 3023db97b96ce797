"""A source whose table is altered between scans: it is seen, it blocks every release, and the steward takes it over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from catalog.datasets.drift import accept_drift, drift_of, drifted_tables
from catalog.datasets.models import DataField, Dataset, Distribution
from catalog.datasets.services import publish_dataset, submit_dataset, suspend_dataset
from catalog.errors import Blocked, NotPermitted, StaleVersion, WrongState
from catalog.jobs.models import JobState
from catalog.ledger.models import LedgerEntry
from privacy.models import FieldProtection, Finding, Scan
from privacy.services.protections import policy_of
from privacy.services.readiness import basis_of
from privacy.services.scans import request_scan
from tests.cast import Cast, make_cast
from tests.lake import Lake, LakeVisits, SqliteLake, postgres_lake
from tests.stages import Stages


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.service)])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lake]:
    if request.param == "sqlite":
        yield SqliteLake(tmp_path)
    else:
        with postgres_lake() as found:
            yield found


@pytest.fixture
def visits(cast: Cast, run_jobs: Any, lake: Lake, settings: Any) -> LakeVisits:
    """Published, scanned, reviewed, protected: nothing stands in the way of a release."""
    found = LakeVisits(cast, run_jobs, lake, settings)
    assert not problems(found.ready)
    return found


@pytest.fixture
def cast(db: None) -> Cast:
    """A cast of its own: the table of this module is another one than its neighbours'."""
    return make_cast()


def problems(distribution: Distribution) -> list[str]:
    distribution = Distribution.objects.select_related("dataset__provider", "source").get(pk=distribution.pk)
    return [problem.code for problem in basis_of(distribution, fingerprint=distribution.fingerprint).problems]


def scan(visits: LakeVisits) -> Scan:
    found = request_scan(actor=visits.cast.oscar, distribution=visits.distribution)
    visits.run_jobs()
    found.refresh_from_db()
    assert found.state in (JobState.COMPLETE, JobState.INCOMPLETE), found.job.error_code
    return found


def accept(visits: LakeVisits, seen_at: Any = None) -> Distribution:
    distribution = visits.distribution
    return accept_drift(
        actor=visits.cast.stella, distribution=distribution, seen_at=seen_at or distribution.drift_seen_at
    )


def suspend(visits: LakeVisits) -> None:
    suspend_dataset(actor=visits.cast.stella, dataset=visits.draft, reason="列有变化")


def names(distribution: Distribution) -> list[str]:
    return list(distribution.fields.order_by("position").values_list("name", flat=True))


def lines(visits: LakeVisits) -> list[str]:
    about = LedgerEntry.objects.about(visits.draft).filter(action__startswith="distribution.drift")
    return list(about.values_list("action", flat=True))


def test_a_table_that_is_as_it_was_has_no_drift(visits: LakeVisits) -> None:
    scan(visits)
    distribution = visits.distribution
    assert (distribution.drift, distribution.drift_seen_at, drift_of(distribution)) == ([], None, None)
    assert lines(visits) == []
    assert not problems(distribution)


def test_a_new_column_is_seen_and_blocks_every_release(visits: LakeVisits, cast: Cast) -> None:
    visits.lake.execute('ALTER TABLE visits ADD COLUMN "备用电话" varchar(20)')
    scan(visits)
    found = drift_of(visits.distribution)
    assert found is not None
    assert [column.name for column in found.added] == ["备用电话"]
    assert (found.dropped, found.changed) == ((), ())
    assert "columns_changed" in problems(visits.distribution)
    assert list(drifted_tables(cast.stella)) == list(drifted_tables(cast.stefan)) == [visits.distribution]
    assert not drifted_tables(cast.wendy).exists()
    assert not drifted_tables(cast.oscar).exists()
    line = LedgerEntry.objects.about(visits.draft).get(action="distribution.drift_seen")
    assert (line.actor, line.details["added"], line.details["dropped"]) == (None, 1, 0)


def test_a_drift_that_is_seen_again_keeps_its_time_and_leaves_one_line(visits: LakeVisits) -> None:
    visits.lake.execute('ALTER TABLE visits ADD COLUMN "备用电话" varchar(20)')
    scan(visits)
    seen_at = visits.distribution.drift_seen_at
    scan(visits)
    assert visits.distribution.drift_seen_at == seen_at
    assert lines(visits) == ["distribution.drift_seen"]


def test_a_column_that_is_taken_back_ends_the_drift(visits: LakeVisits) -> None:
    visits.lake.execute('ALTER TABLE visits ADD COLUMN "备用电话" varchar(20)')
    scan(visits)
    visits.lake.execute('ALTER TABLE visits DROP COLUMN "备用电话"')
    scan(visits)
    assert visits.distribution.drift_seen_at is None
    assert lines(visits) == ["distribution.drift_seen", "distribution.drift_over"]
    assert not problems(visits.distribution)


def test_a_published_record_is_not_rewritten_behind_its_reviewer(visits: LakeVisits) -> None:
    visits.lake.execute('ALTER TABLE visits ADD COLUMN "备用电话" varchar(20)')
    scan(visits)
    with pytest.raises(WrongState):
        accept(visits)
    assert "备用电话" not in names(visits.distribution)


def test_a_new_column_becomes_a_field_of_which_nothing_is_said(visits: LakeVisits, cast: Cast) -> None:
    visits.lake.execute('ALTER TABLE visits ADD COLUMN "备用电话" varchar(20)')
    visits.lake.execute("UPDATE visits SET \"备用电话\" = '13912345678'")
    scan(visits)
    suspend(visits)
    accept(visits)
    field = visits.field("备用电话")
    assert (field.position, field.grade, field.entity_type, field.role) == (7, "", "", "none")
    assert not FieldProtection.objects.filter(field=field).exists()
    assert "备用电话" not in policy_of(visits.distribution)[0].fields
    # A scan that was asked for before did not know the field, or was not complete without it.
    assert problems(visits.distribution) in (["scan_before_columns"], ["scan_not_complete"])
    line = LedgerEntry.objects.about(visits.draft).get(action="distribution.drift_accepted")
    assert (line.actor, line.details["added"], line.details["back"]) == (cast.stella, 1, 0)
    assert scan(visits).state == JobState.COMPLETE
    assert Finding.objects.get(field=field).state == "proposed"
    assert problems(visits.distribution) == ["findings_undecided"]


def test_who_took_columns_over_does_not_review_them(visits: LakeVisits, cast: Cast) -> None:
    visits.lake.execute('ALTER TABLE visits ADD COLUMN "备用电话" varchar(20)')
    scan(visits)
    suspend(visits)
    with pytest.raises(Blocked) as refused:
        submit_dataset(actor=cast.stella, dataset=visits.draft)
    assert refused.value.code == "columns_changed"
    accept_drift(actor=cast.stefan, distribution=visits.distribution, seen_at=visits.distribution.drift_seen_at)
    submit_dataset(actor=cast.stella, dataset=visits.draft)
    with pytest.raises(NotPermitted):
        publish_dataset(actor=cast.stefan, dataset=Dataset.objects.get(pk=visits.draft.pk))
    published = publish_dataset(actor=cast.amy, dataset=Dataset.objects.get(pk=visits.draft.pk))
    record = published.versions.first()
    assert record is not None
    assert "备用电话" in [field["name"] for field in record.record["distributions"][0]["fields"]]


def test_a_dropped_column_leaves_record_findings_and_policy_and_keeps_its_history(visits: LakeVisits) -> None:
    field = visits.field("区县")
    visits.lake.execute('ALTER TABLE visits DROP COLUMN "区县"')
    scan(visits)
    assert "columns_changed" in problems(visits.distribution)
    suspend(visits)
    accept(visits)
    assert names(visits.distribution) == ["身份证号", "姓名", "手机号", "性别", "出生日期", "诊断"]
    assert list(visits.distribution.fields.values_list("position", flat=True)) == [0, 1, 2, 3, 4, 5]
    gone = DataField.ever.get(pk=field.pk)
    assert gone.gone_at is not None
    assert not Finding.objects.filter(field=gone).exists()
    assert Finding.ever.get(field=gone).state == "confirmed"
    assert "区县" not in policy_of(visits.distribution)[0].fields
    assert FieldProtection.ever.get(field=gone).operator == "keep"
    scan(visits)
    assert not problems(visits.distribution)


def test_a_column_that_comes_back_is_the_same_field_and_is_asked_anew(visits: LakeVisits, cast: Cast) -> None:
    field = visits.field("区县")
    visits.lake.execute('ALTER TABLE visits DROP COLUMN "区县"')
    scan(visits)
    suspend(visits)
    accept(visits)
    visits.lake.execute('ALTER TABLE visits ADD COLUMN "区县" varchar(40)')
    visits.lake.execute("UPDATE visits SET \"区县\" = '姑苏区'")
    scan(visits)
    accept(visits)
    back = visits.field("区县")
    assert (back.pk, back.position, back.gone_at, back.label) == (field.pk, 6, None, field.label)
    finding = Finding.objects.get(field=back)
    assert (finding.state, finding.decided_by) == ("proposed", None)
    line = LedgerEntry.objects.about(visits.draft).filter(action="distribution.drift_accepted").last()
    assert line is not None
    assert (line.details["added"], line.details["back"]) == (0, 1)
    scan(visits)
    assert problems(visits.distribution) == ["findings_undecided"]


def test_a_subject_whose_column_is_gone_has_to_be_said_anew(visits: LakeVisits) -> None:
    visits.lake.execute('ALTER TABLE visits DROP COLUMN "身份证号"')
    scan(visits)
    suspend(visits)
    accept(visits)
    assert visits.distribution.subject_field is None
    assert "subject_missing" in problems(visits.distribution)


def test_what_was_read_before_the_page_was_sent_is_not_taken_over(visits: LakeVisits) -> None:
    visits.lake.execute('ALTER TABLE visits ADD COLUMN "备用电话" varchar(20)')
    scan(visits)
    suspend(visits)
    with pytest.raises(StaleVersion):
        accept(visits, timezone.now())
    accept(visits)
    with pytest.raises(WrongState) as refused:
        accept(visits, timezone.now())
    assert refused.value.code == "no_drift"


def test_nobody_but_the_providers_steward_takes_columns_over(cast: Cast, run_jobs: Any) -> None:
    stages = Stages(cast, run_jobs)
    assert stages.draft
    for name in ("oscar", "amy", "fiona", "audrey", "adam", "rita", "wendy", "carl"):
        with pytest.raises(NotPermitted):
            accept_drift(actor=getattr(cast, name), distribution=stages.distribution, seen_at=timezone.now())


# --- another type ----------------------------------------------------------------------------------------------------------


@pytest.mark.service
def test_a_changed_type_is_written_and_its_finding_comes_back(cast: Cast, run_jobs: Any, settings: Any) -> None:
    with postgres_lake() as lake:
        visits = LakeVisits(cast, run_jobs, lake, settings)
        assert not problems(visits.ready)
        lake.execute('ALTER TABLE visits ALTER COLUMN "性别" TYPE varchar(80)')
        scan(visits)
        assert drift_of(visits.distribution) is None, "a longer text is the same type"
        lake.execute('ALTER TABLE visits ALTER COLUMN "出生日期" TYPE date USING "出生日期"::date')
        scan(visits)
        found = drift_of(visits.distribution)
        assert found is not None
        assert [(one.name, one.was.partition("(")[0], one.now) for one in found.changed] == [
            ("出生日期", "character varying", "date")
        ]
        suspend(visits)
        accept(visits)
        field = visits.field("出生日期")
        assert (field.data_type, field.native_type) == ("D", "date")
        assert (field.role, Finding.objects.get(field=field).state) == ("quasi", "proposed")
        scan(visits)
        assert Finding.objects.get(field=field).state == "proposed"
