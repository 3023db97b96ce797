"""What a thorough scan proved, a sample does not take back; and what one person took for less is asked again once it is proven."""

from __future__ import annotations

from typing import Any

from catalog.jobs.models import Job, JobState
from privacy.models import Finding, FindingState, Scan, ScanMode
from privacy.services.findings import correct_finding, reject_finding
from privacy.services.scans import ScanResult, publish_scan
from tests.cast import Cast
from tests.stages import Stages


def _scan_says(stages: Stages, mode: ScanMode, columns: list[dict[str, Any]]) -> None:
    job = Job.objects.create(kind="scan", requested_by=stages.cast.oscar)
    scan = Scan.objects.create(distribution=stages.distribution, job=job, mode=mode, requested_by=stages.cast.oscar)
    state = JobState.COMPLETE if mode == ScanMode.FULL else JobState.INCOMPLETE
    result = ScanResult(rows=240, rules_version="1", fingerprint="sha256:0", reasons=[], columns=columns)
    publish_scan(scan=scan, state=state, result=result)


def _column(stages: Stages, *, proven: bool) -> dict[str, Any]:
    found = next(column for column in stages.scan.columns if column["name"] == "身份证号")
    return {**found, "checksum_proven": proven}


def test_a_sample_that_proves_nothing_leaves_the_proof_and_the_second_person(stages: Stages, cast: Cast) -> None:
    _scan_says(stages, ScanMode.SAMPLE, [_column(stages, proven=False)])
    finding = Finding.objects.get(field=stages.field("身份证号"))
    assert finding.checksum_proven
    finding = reject_finding(actor=cast.oscar, finding=finding, reason="不是证件号码")
    assert (finding.state, finding.pending_state) == (FindingState.CONFIRMED, FindingState.REJECTED)


def test_a_sample_that_finds_nothing_leaves_what_waits_for_a_decision(stages: Stages) -> None:
    finding = Finding.objects.get(field=stages.field("身份证号"))
    finding.decisions.all().delete()
    Finding.objects.filter(pk=finding.pk).update(state=FindingState.PROPOSED, decided_by=None)
    nothing = {**_column(stages, proven=False), "entity_type": None, "role": "none"}
    _scan_says(stages, ScanMode.SAMPLE, [nothing])
    assert Finding.objects.filter(pk=finding.pk).exists()
    _scan_says(stages, ScanMode.FULL, [nothing])
    assert not Finding.objects.filter(pk=finding.pk).exists()


def test_what_one_person_took_for_less_is_asked_again_once_it_is_proven(stages: Stages, cast: Cast) -> None:
    Finding.objects.get(
        field=stages.field("身份证号")
    ).decisions.all().delete()  # nobody has said anything of proven numbers
    finding = _taken_for_less(stages, cast)
    _scan_says(stages, ScanMode.FULL, [_column(stages, proven=True)])
    finding.refresh_from_db()
    assert (finding.state, finding.role) == (FindingState.PROPOSED, "direct")
    assert [reason["what"] for reason in finding.returned] == ["checksum"]


def test_what_was_confirmed_of_proven_values_stands_again_over_what_one_person_took_for_less(
    stages: Stages, cast: Cast
) -> None:
    finding = _taken_for_less(stages, cast)
    _scan_says(stages, ScanMode.FULL, [_column(stages, proven=True)])
    finding.refresh_from_db()
    assert (finding.state, finding.role, finding.field.role) == (FindingState.CONFIRMED, "direct", "direct")


def _taken_for_less(stages: Stages, cast: Cast) -> Finding:
    """While its checksums proved nothing, one person said that it is nothing."""
    _scan_says(stages, ScanMode.FULL, [_column(stages, proven=False)])
    finding = Finding.objects.get(field=stages.field("身份证号"))
    finding = correct_finding(actor=cast.oscar, finding=finding, entity_type="", role="none", reason="流水号")
    assert (finding.state, finding.field.role) == (FindingState.CORRECTED, "none")
    return finding
