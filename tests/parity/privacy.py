"""The commands on scans, findings and protection."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from privacy.models import Finding, FindingState
from privacy.services.combinations import request_combinations
from privacy.services.effects import request_effect
from privacy.services.findings import confirm_finding, correct_finding, reject_finding
from privacy.services.protections import set_protection
from privacy.services.scans import request_scan
from privacy.services.schedules import set_scan_schedule
from tests.parity.command import Command, Said, Scene, api, nowhere, page
from tests.privacy.stopping import LongTable, stopped_scan

POLICY_FILE = '[fields."出生日期"]\noperator = "generalise"\nto = "decade"\n'
WORKING = ("olga", "stella", "stefan")
REASON = {"reason": "是编号,不是证件"}
VERDICT = {"entity_type": "CN_RESIDENT_ID", "role": "quasi", **REASON}


def _queued_scan(scene: Scene) -> Any:
    return request_scan(actor=scene.cast.oscar, distribution=scene.stages.distribution)


def _schedule(scene: Scene) -> Any:
    return set_scan_schedule(actor=scene.cast.stella, distribution=scene.stages.distribution, every="weekly")


def _its_table(scene: Scene) -> tuple[int]:
    return (scene.it.distribution_id,)


def _finding(scene: Scene, name: str) -> Finding:
    found: Finding = Finding.objects.get(field=scene.stages.field(name))
    assert found.state == FindingState.PROPOSED
    return found


def _doubtful(scene: Scene) -> Any:
    """A finding that no checksum proves."""
    finding = _finding(scene, "姓名")
    assert not finding.checksum_proven
    return finding


def _proven(scene: Scene) -> Finding:
    finding = _finding(scene, "身份证号")
    assert finding.checksum_proven
    return finding


def _rejection_waits(scene: Scene) -> Any:
    return reject_finding(actor=scene.cast.oscar, finding=_proven(scene), **REASON)


def _correction_waits(scene: Scene) -> Any:
    return correct_finding(actor=scene.cast.oscar, finding=_proven(scene), **VERDICT)


def _rejection_of_a_decision_waits(scene: Scene) -> Any:
    confirm_finding(actor=scene.cast.olga, finding=_proven(scene))
    return reject_finding(actor=scene.cast.oscar, finding=Finding.objects.get(field__name="身份证号"), **REASON)


def _unfound_field(scene: Scene) -> Any:
    field = scene.stages.field("区县")
    Finding.objects.filter(field=field).delete()
    return field


def _phone(scene: Scene) -> Any:
    return scene.stages.field("手机号")


def _born(scene: Scene) -> Any:
    return scene.stages.field("出生日期")


def _reviewed(scene: Scene) -> Any:
    scene.stages.review()
    return scene.stages.distribution


def _ruled_twice(scene: Scene) -> Any:
    set_protection(actor=scene.cast.olga, field=scene.stages.field("手机号"), operator="drop")
    return scene.stages.distribution


def _of_field(scene: Scene) -> tuple[int, int]:
    return scene.it.distribution_id, scene.it.pk


def _in_mode(mode: str) -> Said:
    return lambda scene: {"distribution": scene.it.pk, "mode": mode}


def _prefixed(prefix: str, said: dict[str, Any]) -> dict[str, Any]:
    return {f"{prefix}-{name}": value for name, value in said.items()}


def _as_it_stood(scene: Scene) -> dict[str, Any]:
    return {"entity_type": scene.it.entity_type, "role": scene.it.role, "reason": "It stays as it was decided."}


SCANS = [
    *(
        Command(
            f"ask for a {mode} scan",
            who="oscar",
            may=WORKING,
            start=lambda scene: scene.stages.distribution,
            page=page("scan-request", _in_mode(mode), at=nowhere),
            api=api("POST", "api-scan-list", _in_mode(mode), at=nowhere),
            lines=("scan.requested",),
            stage="draft",
        )
        for mode in ("full", "sample")
    ),
    Command(
        "go on with a scan",
        who="oscar",
        may=WORKING,
        start=lambda scene: stopped_scan(LongTable.of(scene.stages)),
        page=page("scan-resume"),
        api=api("POST", "api-scan-resume"),
        lines=("scan.resumed",),
        stage="draft",
    ),
    Command(
        "stop a scan",
        who="oscar",
        may=WORKING,
        start=_queued_scan,
        page=page("scan-stop"),
        api=api("POST", "api-scan-cancel"),
        lines=("scan.cancelled", "scan.cancel_requested"),
        stage="draft",
    ),
    Command(
        "stop a job",
        who="oscar",
        start=lambda scene: _queued_scan(scene).job,
        page=page("job-cancel"),
        api=api("POST", "api-job-cancel"),
        lines=("scan.cancelled", "scan.cancel_requested"),
        stage="draft",
    ),
]

SCHEDULES = [
    Command(
        "have a table scanned again by itself",
        who="oscar",
        may=WORKING,
        start=lambda scene: scene.stages.distribution,
        page=page("scan-schedule", {"every": "monthly"}),
        api=api(
            "POST",
            "api-scan-schedule-list",
            lambda scene: {"distribution": scene.it.pk, "every": "monthly"},
            at=nowhere,
        ),
        lines=("scan.scheduled",),
        stage="draft",
    ),
    Command(
        "change how often a table is scanned by itself",
        who="oscar",
        may=WORKING,
        start=_schedule,
        page=page("scan-schedule", {"every": "daily"}, at=_its_table),
        api=api("PATCH", "api-scan-schedule-detail", {"every": "daily"}),
        lines=("scan.scheduled",),
        stage="draft",
    ),
    Command(
        "end the scans of a table by itself",
        who="oscar",
        may=WORKING,
        start=_schedule,
        page=page("scan-schedule-end"),
        api=api("DELETE", "api-scan-schedule-detail"),
        lines=("scan.schedule_ended",),
        stage="draft",
    ),
]

FINDINGS = [
    Command(
        "confirm a finding",
        who="oscar",
        may=("olga",),
        start=_doubtful,
        page=page("review-confirm"),
        api=api("POST", "api-finding-confirm"),
        lines=("finding.confirmed",),
        stage="scan",
    ),
    Command(
        "correct a finding",
        who="oscar",
        may=("olga",),
        start=_doubtful,
        page=page("review-correct", _prefixed("verdict", VERDICT)),
        api=api("POST", "api-finding-correct", VERDICT),
        lines=("finding.corrected",),
        stage="scan",
    ),
    Command(
        "reject a finding",
        who="oscar",
        may=("olga",),
        start=_doubtful,
        page=page("review-reject", _prefixed("reject", REASON)),
        api=api("POST", "api-finding-reject", REASON),
        lines=("finding.rejected",),
        stage="scan",
    ),
    Command(
        "reject what a checksum proves",
        who="oscar",
        may=("olga",),
        start=_proven,
        page=page("review-reject", _prefixed("reject", REASON)),
        api=api("POST", "api-finding-reject", REASON),
        lines=("finding.second_person_asked",),
        stage="scan",
    ),
    Command(
        "agree with a rejection",
        who="olga",
        start=_rejection_waits,
        page=page("review-agree"),
        api=api("POST", "api-finding-reject", REASON),
        lines=("finding.rejected",),
        stage="scan",
    ),
    Command(
        "agree with a correction",
        who="olga",
        start=_correction_waits,
        page=page("review-agree"),
        api=api("POST", "api-finding-correct", VERDICT),
        lines=("finding.corrected",),
        stage="scan",
    ),
    Command(
        "keep what nobody had decided",
        who="olga",
        may=("oscar",),
        start=_rejection_waits,
        page=page("review-keep"),
        api=api("POST", "api-finding-confirm"),
        lines=("finding.confirmed",),
        stage="scan",
    ),
    Command(
        "keep what was decided",
        who="olga",
        may=("oscar",),
        start=_rejection_of_a_decision_waits,
        page=page("review-keep"),
        api=api("POST", "api-finding-correct", _as_it_stood),
        lines=("finding.corrected",),
        stage="scan",
    ),
    Command(
        "declare a finding",
        who="oscar",
        may=("olga",),
        start=_unfound_field,
        page=page(
            "review-declare",
            lambda scene: _prefixed(
                "declare", {"entity_type": "REGION", "role": "quasi", "reason": "区县", "field": scene.it.pk}
            ),
            at=lambda scene: (scene.it.distribution_id,),
        ),
        api=api(
            "POST",
            "api-finding-list",
            lambda scene: {"entity_type": "REGION", "role": "quasi", "reason": "区县", "field": scene.it.pk},
            at=nowhere,
        ),
        lines=("finding.corrected",),
        stage="scan",
    ),
]

PROTECTIONS = [
    Command(
        "set a rule without parameters",
        who="oscar",
        may=("olga",),
        start=_phone,
        page=page("field-rule", {"operator": "token"}, at=_of_field),
        api=api("PUT", "api-protection-detail", {"operator": "token"}),
        lines=("protection.set",),
    ),
    Command(
        "set a rule of encryption",
        who="oscar",
        may=("olga",),
        start=_phone,
        page=page("field-rule", {"operator": "encrypt", "form": "exact"}, at=_of_field),
        api=api("PUT", "api-protection-detail", {"operator": "encrypt", "parameters": {"form": "exact"}}),
        lines=("protection.set",),
    ),
    Command(
        "set a rule with a preset",
        who="oscar",
        may=("olga",),
        start=_phone,
        page=page("field-rule", {"operator": "partial_mask", "preset": "mobile"}, at=_of_field),
        api=api("PUT", "api-protection-detail", {"operator": "partial_mask", "parameters": {"preset": "mobile"}}),
        lines=("protection.set",),
    ),
    Command(
        "set a rule with numbers",
        who="oscar",
        may=("olga",),
        start=_born,
        page=page(
            "field-rule", {"operator": "generalise", "to": "age_band", "width": "10", "on": "2026-01-01"}, at=_of_field
        ),
        api=api(
            "PUT",
            "api-protection-detail",
            {"operator": "generalise", "parameters": {"to": "age_band", "width": 10, "on": "2026-01-01"}},
        ),
        lines=("protection.set",),
    ),
    Command(
        "have rules proposed",
        who="oscar",
        may=("olga",),
        start=_reviewed,
        page=page("protection-rules"),
        api=api("POST", "api-protection-propose", lambda scene: {"distribution": scene.it.pk}, at=nowhere),
        lines=("protection.proposed",),
        stage="scan",
    ),
    Command(
        "restore a version of the protection",
        who="oscar",
        may=("olga",),
        start=_ruled_twice,
        page=page("protection-restore", at=lambda scene: (scene.it.pk, 1)),
        api=api(
            "POST",
            "api-protection-restore",
            lambda scene: {"distribution": scene.it.pk, "version": 1},
            at=nowhere,
        ),
        lines=("protection.restored",),
    ),
    Command(
        "take over a policy file",
        who="oscar",
        may=("olga",),
        start=lambda scene: scene.stages.distribution,
        page=page("policy-upload", lambda _: {"file": SimpleUploadedFile("p.toml", POLICY_FILE.encode())}),
        api=api(
            "POST",
            "api-protection-toml",
            lambda scene: {"distribution": scene.it.pk, "toml": POLICY_FILE},
            at=nowhere,
        ),
        lines=("protection.imported",),
    ),
]

# Measuring only reads: there is a job, and no line.
EFFECTS = [
    Command(
        "have the effect measured on all rows",
        who="oscar",
        may=("olga",),
        start=lambda scene: scene.stages.distribution,
        page=page("protection-effect", {"rows": "all"}),
        api=api("POST", "api-protection-effect", lambda scene: {"distribution": scene.it.pk}, at=nowhere),
        lines=(),
    ),
    Command(
        "stop measuring the effect",
        who="oscar",
        start=lambda scene: request_effect(actor=scene.cast.oscar, distribution=scene.stages.distribution),
        page=page("job-cancel"),
        api=api("POST", "api-job-cancel"),
        lines=(),
    ),
]

COMBINATIONS = [
    Command(
        "have combinations counted",
        who="oscar",
        may=("olga",),
        start=lambda scene: scene.stages.scan,
        page=page("scan-combinations"),
        api=api("POST", "api-scan-combinations"),
        lines=("combinations.requested",),
        stage="scan",
    ),
    Command(
        "stop counting combinations",
        who="oscar",
        start=lambda scene: request_combinations(actor=scene.cast.oscar, scan=scene.stages.scan).job,
        page=page("job-cancel"),
        api=api("POST", "api-job-cancel"),
        lines=("combinations.cancelled", "combinations.cancel_requested"),
        stage="scan",
    ),
]

COMMANDS = [*COMBINATIONS, *SCANS, *SCHEDULES, *FINDINGS, *PROTECTIONS, *EFFECTS]
