"""Counting combinations: by itself after a complete scan and when an officer asks, on the rows that were scanned, counted by person."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import models

from catalog.datasets.models import Dataset, Distribution, SubjectKind
from catalog.datasets.services import declare_subject
from catalog.errors import Blocked, NotPermitted
from catalog.jobs.models import Job, JobState
from catalog.jobs.runner import _run_handler
from catalog.jobs.services import cancel_job, claim
from catalog.ledger.models import LedgerEntry
from catalog.people.models import Role
from catalog.people.services import grant_role
from catalog.sources import file_location, open_source
from privacy.models import Combinations, Finding, Scan, ScanMode
from privacy.risk.combinations import CombinationsFound
from privacy.risk.measure import measure
from privacy.services.combinations import (
    COMBINATIONS_JOB,
    cancel_combinations,
    count_table,
    counted_of,
    request_combinations,
)
from privacy.services.findings import correct_finding, reject_finding
from privacy.services.scans import request_scan
from tests.access.acts import Acts, InterruptedRun
from tests.cast import Cast
from tests.stages import Stages, visits_csv

QUASI = ("性别", "出生日期", "区县")


def found_by(stages: Stages) -> Combinations:
    return Combinations.objects.select_related("job").get(scan=stages.scan)


def figures(found: Combinations) -> CombinationsFound:
    return CombinationsFound.from_dict(found.result)


def begin(found: Combinations) -> Job:
    job = claim(job_id=found.job_id, worker="test")
    assert job is not None
    return job


def actions(scan: Scan) -> list[str]:
    lines = LedgerEntry.objects.about(scan).order_by("sequence").values_list("action", flat=True)
    return [action for action in lines if action.startswith("combinations.")]


# --- after a scan, by itself --------------------------------------------------------------------------------------------------


def test_a_complete_scan_is_followed_by_a_count_of_what_it_proposes(stages: Stages, cast: Cast) -> None:
    found = found_by(stages)
    assert (found.job.kind, found.job.state, found.job.requested_by) == (COMBINATIONS_JOB, "complete", cast.oscar)
    assert found.result["columns"] == found.result["proposed"] == list(QUASI)
    assert (found.result["rows"], found.result["persons"], found.result["subject"]) == (240, 240, None)
    lengths = [len(one["columns"]) for one in found.result["combinations"]]
    assert sorted(lengths) == [1, 1, 1, 2, 2, 2, 3]
    line = LedgerEntry.objects.about(stages.scan).get(action="combinations.counted")
    assert line.details == {"rows": 240, "columns": 3, "combinations": 7}
    assert line.organization == cast.health


def test_the_figures_are_those_of_the_risk_measurement(stages: Stages, tmp_path: Path) -> None:
    path = tmp_path / "visits.csv"
    path.write_bytes(visits_csv())
    table = open_source(file_location(path)).table(None)
    for one in figures(found_by(stages)).combinations:
        measured = measure(table.batches(one.columns), quasi=one.columns, subject=None)
        assert (one.classes, one.uniques, one.smallest) == (measured.classes, measured.uniques, measured.k_min)


def test_a_sample_is_not_counted(stages: Stages, cast: Cast) -> None:
    scan = request_scan(actor=cast.oscar, distribution=stages.distribution, mode=ScanMode.SAMPLE)
    stages.run_jobs()
    assert not Combinations.objects.filter(scan=scan).exists()
    with pytest.raises(Blocked) as refused:
        request_combinations(actor=cast.oscar, scan=scan)
    assert refused.value.code == "scan_not_complete"


def test_a_table_about_nobody_is_not_counted(stages: Stages, cast: Cast) -> None:
    Dataset.objects.filter(pk=stages.draft.pk).update(subject_kind=SubjectKind.NONE)
    scan = request_scan(actor=cast.oscar, distribution=stages.distribution)
    stages.run_jobs()
    assert not Combinations.objects.filter(scan=scan).exists()
    with pytest.raises(Blocked) as refused:
        request_combinations(actor=cast.oscar, scan=scan)
    assert refused.value.code == "no_subjects"


def test_one_quasi_identifier_is_not_counted(stages: Stages, cast: Cast) -> None:
    for name in QUASI[:2]:
        reject_finding(actor=cast.oscar, finding=Finding.objects.get(field__name=name), reason="测试数据")
    scan = request_scan(actor=cast.oscar, distribution=stages.distribution)
    stages.run_jobs()
    assert not Combinations.objects.filter(scan=scan).exists()
    with pytest.raises(Blocked) as refused:
        request_combinations(actor=cast.oscar, scan=scan)
    assert refused.value.code == "too_few_columns"


# --- asking -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["oscar", "olga"])
def test_an_officer_of_the_provider_asks_for_a_count(stages: Stages, cast: Cast, name: str) -> None:
    found = request_combinations(actor=getattr(cast, name), scan=stages.scan)
    assert (found.job.state, found.job.requested_by) == ("queued", getattr(cast, name))
    line = LedgerEntry.objects.about(stages.scan).get(action="combinations.requested")
    assert (line.actor, line.organization) == (getattr(cast, name), cast.health)


@pytest.mark.parametrize(
    "name", ["stella", "stefan", "amy", "fiona", "audrey", "adam", "rita", "ivan", "wendy", "carl"]
)
def test_nobody_else_does(stages: Stages, cast: Cast, name: str) -> None:
    before = found_by(stages).job_id
    with pytest.raises(NotPermitted):
        request_combinations(actor=getattr(cast, name), scan=stages.scan)
    assert found_by(stages).job_id == before
    assert not Job.objects.waiting().exists()


def test_an_officer_of_the_controller_asks_too(stages: Stages, cast: Cast) -> None:
    grant_role(actor=cast.adam, user=cast.carl, organization=cast.big_data, role=Role.PRIVACY_OFFICER)
    Acts(stages).control_goes_to_big_data()
    assert request_combinations(actor=cast.carl, scan=stages.scan)


def test_one_count_at_a_time(stages: Stages, cast: Cast) -> None:
    request_combinations(actor=cast.oscar, scan=stages.scan)
    with pytest.raises(Blocked) as refused:
        request_combinations(actor=cast.olga, scan=stages.scan)
    assert refused.value.code == "count_underway"
    stages.run_jobs()
    assert request_combinations(actor=cast.olga, scan=stages.scan)


def test_after_the_review_it_counts_what_people_said_and_by_the_person_they_named(stages: Stages, cast: Cast) -> None:
    stages.review()
    correct_finding(
        actor=cast.oscar,
        finding=Finding.objects.get(field__name="诊断"),
        entity_type="DIAGNOSIS",
        role="quasi",
        reason="罕见病可识别本人",
    )
    reject_finding(actor=cast.oscar, finding=Finding.objects.get(field__name="区县"), reason="只有两个区")
    declare_subject(
        actor=cast.oscar, distribution=stages.distribution, kind=SubjectKind.PERSON, field=stages.field("身份证号")
    )
    before = found_by(stages).result
    found = request_combinations(actor=cast.oscar, scan=stages.scan)
    assert found_by(stages).result == before, "what was counted stays until the new figures are there"
    assert stages.run_jobs() == [JobState.COMPLETE]
    found.refresh_from_db()
    assert (found.result["columns"], found.result["proposed"]) == (["性别", "出生日期", "诊断"], [])
    assert (found.result["subject"], found.result["persons"]) == ("身份证号", 240)


def test_the_subject_is_no_quasi_identifier_of_itself(stages: Stages, cast: Cast) -> None:
    field = stages.field("出生日期")
    Distribution.objects.filter(pk=stages.distribution.pk).update(subject_field=field)
    assert counted_of(stages.distribution).columns == ("性别", "区县")


def test_spellings_of_one_person_are_one_person(stages: Stages, cast: Cast) -> None:
    """As the effect and the release count them."""
    lines = visits_csv(40).decode().splitlines()
    twice = [*lines, *(line.replace(line.split(",")[0], f" {line.split(',')[0]} ") for line in lines[1:])]
    Acts(stages).replace_table(("\n".join(twice) + "\n").encode())
    declare_subject(
        actor=cast.oscar, distribution=stages.distribution, kind=SubjectKind.PERSON, field=stages.field("身份证号")
    )
    Finding.objects.filter(field__name="身份证号").update(entity_type="CN_RESIDENT_ID")
    scan = request_scan(actor=cast.oscar, distribution=stages.distribution)
    stages.run_jobs()
    found = Combinations.objects.get(scan=scan).result
    assert (found["rows"], found["persons"]) == (80, 40)


# --- the rows that were scanned, or none --------------------------------------------------------------------------------------


def test_other_rows_than_those_scanned_are_not_counted(stages: Stages, cast: Cast) -> None:
    before = found_by(stages).result
    found = request_combinations(actor=cast.oscar, scan=stages.scan)
    Acts(stages).replace_table(visits_csv(100))
    assert stages.run_jobs() == [JobState.FAILED]
    found.refresh_from_db()
    assert (found.job.error_code, found.result) == ("source_changed", before)
    assert actions(stages.scan)[-1] == "combinations.failed"
    stages.scan.refresh_from_db()
    assert (stages.scan.state, stages.scan.rows) == ("complete", 240), "the scan stands"


def test_rows_that_change_while_they_are_counted_count_for_nothing(stages: Stages, cast: Cast) -> None:
    before = found_by(stages).result
    found = request_combinations(actor=cast.oscar, scan=stages.scan)
    job = begin(found)
    run = InterruptedRun(job, "fingerprint", lambda: Acts(stages).replace_table(visits_csv(100)))
    assert _run_handler(run, job) == JobState.FAILED
    found.refresh_from_db()
    assert (found.job.error_code, found.result) == ("source_changed", before)


def test_a_scan_that_a_newer_one_has_overtaken_is_not_counted_again(stages: Stages, cast: Cast) -> None:
    old = stages.scan
    Acts(stages).replace_table(visits_csv(100))
    request_scan(actor=cast.oscar, distribution=stages.distribution)
    stages.run_jobs()
    with pytest.raises(Blocked) as refused:
        request_combinations(actor=cast.oscar, scan=old)
    assert refused.value.code == "source_changed"


# --- stopping -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["service", "job"])
def test_a_waiting_count_is_stopped_at_once_and_leaves_everything_as_it_was(
    stages: Stages, cast: Cast, how: str
) -> None:
    before = found_by(stages).result
    found = request_combinations(actor=cast.oscar, scan=stages.scan)
    with pytest.raises(NotPermitted):
        cancel_combinations(actor=cast.stella, combinations=found)
    if how == "service":
        cancel_combinations(actor=cast.olga, combinations=found)
    else:
        cancel_job(actor=cast.olga, job=found.job)
    found.refresh_from_db()
    assert (found.job.state, found.result) == ("cancelled", before)
    assert actions(stages.scan)[-2:] == ["combinations.cancelled", "combinations.cancel_requested"]
    assert stages.run_jobs() == []


def test_a_running_count_stops_between_two_combinations(stages: Stages, cast: Cast) -> None:
    found = request_combinations(actor=cast.oscar, scan=stages.scan)
    job = begin(found)
    run = InterruptedRun(job, "combinations", lambda: None)
    run.meanwhile = run.cancelled.set
    assert _run_handler(run, job) == JobState.CANCELLED
    assert actions(stages.scan)[-1] == "combinations.cancelled"
    stages.scan.refresh_from_db()
    assert stages.scan.state == "complete"


# --- what is kept ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [Combinations, Job, LedgerEntry])
def test_no_value_of_the_table_is_in_any_row_that_a_count_writes(stages: Stages, model: type[models.Model]) -> None:
    text = json.dumps(list(model._default_manager.values()), ensure_ascii=False, default=str)
    cells = {cell for line in visits_csv().decode().splitlines()[1:] for cell in line.split(",") if len(cell) > 1}
    assert not [cell for cell in cells if cell in text]


def test_a_file_and_a_registered_table_are_counted_alike(stages: Stages, tmp_path: Path) -> None:
    path = tmp_path / "visits.csv"
    path.write_bytes(visits_csv())
    table = open_source(file_location(path)).table(None)
    nothing: Callable[..., Any] = lambda *_: None  # noqa: E731
    found = count_table(table, columns=QUASI, subject=None, read=nothing, advance=nothing)
    assert found == figures(found_by(stages))
    by_person = count_table(table, columns=QUASI, subject="身份证号", read=nothing, advance=nothing)
    assert by_person == replace(found, subject="身份证号"), "everybody has one row here"
