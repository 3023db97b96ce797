"""Scanning again: which decisions hold, what comes back for review and why, and what is new, gone or changed since the scan before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.datasets.models import DataField
from catalog.jobs.models import JobState
from catalog.ledger.models import LedgerEntry
from catalog.storage import UPLOADS, delete_sealed, sealed_output
from privacy.management.commands.scan import _since
from privacy.models import Finding, FindingDecision, Scan, ScanMode
from privacy.services.columns import ask_again
from privacy.services.findings import confirm_finding, correct_finding, declare_finding, reject_finding
from privacy.services.proposing import update_findings
from privacy.services.scans import request_scan
from tests.cast import Cast
from tests.stages import ROLES, Stages, resident_id, visits_csv
from tests.world import last_line

PHONE = list(ROLES).index("手机号")
Cells = Callable[[int, str], str]


def table(rows: int = 240, *, seed: int = 7, **columns: Cells) -> bytes:
    """The visits with other values in some columns: each is made of the row's number and of what stands there."""
    header, *lines = visits_csv(rows, seed=seed).decode().splitlines()
    names = header.split(",")
    kept = [
        [columns.get(name, _as_it_is)(number, cell) for name, cell in zip(names, line.split(","), strict=True)]
        for number, line in enumerate(lines)
    ]
    return ("\n".join([header, *map(",".join, kept)]) + "\n").encode()


def _as_it_is(_number: int, cell: str) -> str:
    return cell


def email(number: int, _cell: str) -> str:
    return f"user{number}@example.cn"


def half_a_phone(number: int, cell: str) -> str:
    return cell if number % 2 else f"K-{number:05d}"


def with_prefix(_number: int, cell: str) -> str:
    return f"+86 {cell[:3]}-{cell[3:7]}-{cell[7:]}"


def mistyped(number: int, _cell: str) -> str:
    """The number of a person with another check character."""
    whole = resident_id("320508", date(1950 + number % 55, 1 + number % 12, 1 + number % 28), number)
    return whole[:17] + "0123456789X"[("0123456789X".index(whole[17]) + 1 + number % 9) % 11]


def well_typed(number: int, _cell: str) -> str:
    return resident_id("320508", date(1950 + number % 55, 1 + number % 12, 1 + number % 28), number)


def scan(stages: Stages, content: bytes | None = None, *, mode: ScanMode = ScanMode.FULL) -> Scan:
    if content is not None:
        name = stages.source.sealed_name
        delete_sealed(UPLOADS, name)
        with sealed_output(UPLOADS, name) as sink:
            sink.write(content)
    asked = request_scan(actor=stages.cast.oscar, distribution=stages.distribution, mode=mode)
    stages.run_jobs()
    ended: Scan = Scan.objects.select_related("job").get(pk=asked.pk)
    assert ended.state == (JobState.COMPLETE if mode == ScanMode.FULL else JobState.INCOMPLETE)
    return ended


def finding_of(name: str) -> Any:
    return Finding.objects.select_related("field").get(field__name=name)


def because(name: str) -> list[str]:
    return [reason["what"] for reason in finding_of(name).returned]


def reject(cast: Cast, name: str) -> Finding:
    return reject_finding(actor=cast.oscar, finding=finding_of(name), reason="总机号码")


# --- decisions hold in their scope ------------------------------------------------------------------------------------------------


def test_a_rejection_holds_while_the_values_look_the_same(stages: Stages, cast: Cast) -> None:
    rejected = reject(cast, "手机号")
    assert FindingDecision.objects.get().pattern["type"] == "CN_MOBILE"
    for seed in (8, 9):
        scan(stages, table(300, seed=seed))
        kept = finding_of("手机号")
        assert (kept.state, kept.reason, kept.decided_at) == ("rejected", rejected.reason, rejected.decided_at)
        assert kept.counts["rows"] == 300, "its evidence is of today"
    assert not LedgerEntry.objects.filter(action="finding.returned").exists()


@pytest.mark.parametrize(
    ("values", "aspects"),
    [(email, ["type", "form"]), (half_a_phone, ["form", "share"]), (with_prefix, ["form"])],
)
@pytest.mark.parametrize("decide", ["reject", "confirm", "correct"])
def test_a_column_that_has_changed_comes_back_and_says_why(
    stages: Stages, cast: Cast, values: Cells, aspects: Sequence[str], decide: str
) -> None:
    finding = finding_of("手机号")
    if decide == "reject":
        reject(cast, "手机号")
    elif decide == "confirm":
        confirm_finding(actor=cast.oscar, finding=finding)
    else:
        correct_finding(
            actor=cast.oscar, finding=finding, entity_type="CN_LANDLINE", role="direct", reason="都是小灵通"
        )
    standing = DataField.objects.values_list("entity_type", "role").get(name="手机号")
    again = scan(stages, table(手机号=values))
    asked = finding_of("手机号")
    assert (asked.state, asked.decided_by, asked.decided_at) == ("proposed", None, None)
    assert because("手机号") == list(aspects)
    assert asked in Finding.objects.came_back()
    assert DataField.objects.values_list("entity_type", "role").get(name="手机号") == standing, "until it is answered"
    assert asked.decisions.count() == 1, "what was said stays"
    line = last_line(asked)
    assert (line.action, line.actor, line.details["scan"]) == ("finding.returned", cast.oscar, again.pk)
    assert not [value for value in ("user1@", "K-0000", "+86") if value in str((asked.returned, asked.pattern))]

    confirm_finding(actor=cast.olga, finding=asked)
    assert finding_of("手机号").returned == []
    scan(stages)
    assert finding_of("手机号").state == "confirmed"


def test_a_rejected_type_does_not_hide_another(stages: Stages, cast: Cast) -> None:
    reject(cast, "手机号")
    scan(stages, table(手机号=email))
    asked = finding_of("手机号")
    assert (asked.state, asked.entity_type) == ("proposed", "EMAIL_ADDRESS")
    assert asked.returned[0] == {"what": "type", "before": "CN_MOBILE", "now": "EMAIL_ADDRESS"}


def test_what_was_decided_once_stands_again_when_it_is_seen_again(stages: Stages, cast: Cast) -> None:
    rejected = reject(cast, "手机号")
    scan(stages, table(手机号=email))
    scan(stages, table(手机号=_as_it_is))
    kept = finding_of("手机号")
    assert (kept.state, kept.entity_type, kept.decided_at) == ("rejected", "", rejected.decided_at)
    assert (kept.returned, kept.pending_state) == ([], "")
    assert last_line(kept).action == "finding.restored"

    scan(stages, table(手机号=email))
    confirm_finding(actor=cast.oscar, finding=finding_of("手机号"))
    assert stages.field("手机号").entity_type == "EMAIL_ADDRESS"
    scan(stages, table(手机号=_as_it_is))
    assert finding_of("手机号").state == "rejected", "of these values it was said"
    assert (stages.field("手机号").entity_type, stages.field("手机号").role) == ("", "none")
    scan(stages, table(手机号=email))
    assert (finding_of("手机号").state, stages.field("手机号").entity_type) == ("confirmed", "EMAIL_ADDRESS")


def test_a_newer_word_on_the_same_values_counts(stages: Stages, cast: Cast) -> None:
    reject(cast, "手机号")
    correct_finding(
        actor=cast.olga, finding=finding_of("手机号"), entity_type="CN_MOBILE", role="direct", reason="是本人的"
    )
    scan(stages, table(手机号=email))
    scan(stages, table(手机号=_as_it_is))
    assert (finding_of("手机号").state, finding_of("手机号").decided_by) == ("corrected", cast.olga)


def test_small_steps_are_measured_from_what_was_decided(stages: Stages, cast: Cast) -> None:
    confirm_finding(actor=cast.oscar, finding=finding_of("手机号"))

    def empty_of(part: int) -> Cells:
        return lambda number, cell: cell if number % 10 >= part else f"K-{number:05d}"

    for tenths in (1, 2, 3):
        scan(stages, table(手机号=empty_of(tenths)))
        if finding_of("手机号").state == "proposed":
            break
    assert because("手机号"), "no single step is large, all together are"


# --- check digits -----------------------------------------------------------------------------------------------------------------


def test_a_proof_that_appears_asks_again_of_what_was_rejected(stages: Stages, cast: Cast) -> None:
    scan(stages, table(身份证号=mistyped))
    finding = finding_of("身份证号")
    assert (finding.entity_type, finding.checksum_proven) == ("CN_RESIDENT_ID", False)
    reject_finding(actor=cast.oscar, finding=finding, reason="测试号码")
    assert finding_of("身份证号").state == "rejected", "one person is enough while nothing is proven"
    scan(stages, table(身份证号=mistyped))
    assert finding_of("身份证号").state == "rejected"
    scan(stages, table(身份证号=well_typed))
    asked = finding_of("身份证号")
    assert (asked.state, asked.checksum_proven, because("身份证号")) == ("proposed", True, ["checksum"])
    assert asked.returned[0] == {"what": "checksum", "before": "unverified", "now": "proven"}
    reject_finding(actor=cast.oscar, finding=asked, reason="测试号码")
    assert finding_of("身份证号").pending_state == "rejected", "now it takes two"
    assert because("身份证号") == ["checksum"]


def test_a_sample_may_prove_but_never_disprove(stages: Stages, cast: Cast) -> None:
    confirm_finding(actor=cast.oscar, finding=finding_of("身份证号"))
    scan(stages, table(身份证号=mistyped), mode=ScanMode.SAMPLE)
    kept = finding_of("身份证号")
    assert (kept.state, kept.checksum_proven, kept.pattern["checksum"]) == ("confirmed", True, "proven")
    scan(stages, table(身份证号=mistyped))
    assert because("身份证号") == ["checksum"]
    reject_finding(actor=cast.oscar, finding=finding_of("身份证号"), reason="测试号码")
    scan(stages, table(身份证号=well_typed), mode=ScanMode.SAMPLE)
    assert (finding_of("身份证号").state, because("身份证号")) == ("proposed", ["checksum"])


# --- a part of the table -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("values", [half_a_phone, with_prefix, lambda _number, _cell: ""])
def test_a_sample_takes_nothing_back(stages: Stages, cast: Cast, values: Cells) -> None:
    confirm_finding(actor=cast.oscar, finding=finding_of("手机号"))
    reject(cast, "姓名")
    before = finding_of("手机号").pattern
    scan(stages, table(手机号=values, 姓名=lambda _number, _cell: ""), mode=ScanMode.SAMPLE)
    assert (finding_of("手机号").state, finding_of("姓名").state) == ("confirmed", "rejected")
    assert finding_of("手机号").pattern == before


def test_a_sample_does_not_replace_a_proposal_by_a_lesser_one(stages: Stages) -> None:
    scan(stages, table(手机号=lambda number, _cell: "男女"[number % 2]), mode=ScanMode.SAMPLE)
    assert (finding_of("手机号").entity_type, finding_of("手机号").role) == ("CN_MOBILE", "direct")


def test_a_sample_asks_again_where_it_sees_another_type(stages: Stages, cast: Cast) -> None:
    reject(cast, "手机号")
    scan(stages, table(手机号=email), mode=ScanMode.SAMPLE)
    assert (finding_of("手机号").state, because("手机号")) == ("proposed", ["type"])
    scan(stages, table(手机号=_as_it_is), mode=ScanMode.SAMPLE)
    assert finding_of("手机号").state == "proposed", "part of a table is not enough to go back to what was decided"
    scan(stages, table(手机号=_as_it_is))
    assert finding_of("手机号").state == "rejected"


# --- rules, hands, columns ---------------------------------------------------------------------------------------------------------


def test_another_version_of_the_rule_with_the_same_result_asks_nobody(stages: Stages, cast: Cast) -> None:
    reject(cast, "手机号")
    versions = finding_of("手机号").pattern["rule"]
    assert versions
    last = scan(stages)
    last.rules, last.rules_version = {"CN_MOBILE": "2099.1/7"}, "2099.1"
    assert update_findings(scan=last, columns=last.columns, thorough=True) == frozenset()
    kept = finding_of("手机号")
    assert (kept.state, kept.pattern["rule"]) == ("rejected", "2099.1/7")
    assert kept.decisions.get().pattern["rule"] == versions


def test_a_word_by_hand_takes_its_scope_from_the_first_scan_that_agrees(stages: Stages, cast: Cast) -> None:
    Finding.objects.filter(field__name="区县").delete()
    declare_finding(actor=cast.oscar, field=stages.field("区县"), entity_type="REGION", role="quasi", reason="居住地")
    scan(stages)
    assert (finding_of("区县").state, finding_of("区县").returned) == ("corrected", [])
    scan(
        stages,
        table(区县=lambda number, _cell: f"苏州市姑苏区人民路{number + 1}号{number % 9 + 1}幢{number % 30 + 101}室"),
    )
    assert finding_of("区县").state == "proposed"
    assert because("区县")[:2] == ["type", "role"]


def test_a_word_by_hand_against_what_a_scan_finds_comes_back(stages: Stages, cast: Cast) -> None:
    Finding.objects.filter(field__name="手机号").delete()
    declare_finding(
        actor=cast.oscar, field=stages.field("手机号"), entity_type="CN_LANDLINE", role="direct", reason="座机"
    )
    scan(stages)
    assert finding_of("手机号").returned == [{"what": "type", "before": "CN_LANDLINE", "now": "CN_MOBILE"}]


def test_a_decision_from_before_there_were_patterns_gets_the_one_of_its_finding(stages: Stages, cast: Cast) -> None:
    reject(cast, "手机号")
    Finding.objects.update(pattern={})
    FindingDecision.objects.update(pattern={})
    for finding in Finding.objects.all():
        finding.evidence = {key: value for key, value in finding.evidence.items() if key not in ("form", "length")}
        finding.save(update_fields=["evidence"])
    scan(stages)
    assert finding_of("手机号").state == "rejected"
    assert FindingDecision.objects.get().pattern["type"] == "CN_MOBILE"
    scan(stages, table(手机号=half_a_phone))
    assert because("手机号") == ["share"], "of how the values were written nothing was known"


def test_what_was_asked_of_a_second_person_falls_with_the_values_it_was_asked_of(stages: Stages, cast: Cast) -> None:
    reject_finding(actor=cast.oscar, finding=finding_of("身份证号"), reason="测试号码")
    scan(stages, table(身份证号=lambda number, cell: cell if number % 2 else f"K-{number:05d}"))
    waiting = finding_of("身份证号")
    assert (waiting.state, waiting.pending_state, waiting.pending_by) == ("proposed", "", None)


def test_a_column_that_the_source_changed_is_asked_again_whatever_its_values_look_like(
    stages: Stages, cast: Cast
) -> None:
    reject(cast, "手机号")
    ask_again(stages.distribution, frozenset({"手机号"}))
    assert because("手机号") == ["column"]
    scan(stages)
    assert (finding_of("手机号").state, because("手机号")) == ("proposed", ["column"])
    scan(stages, table(手机号=email))
    assert because("手机号") == ["column", "type", "form"]


def test_a_column_that_is_not_registered_has_no_finding(stages: Stages) -> None:
    columns = [{**column, "name": f"other {column['name']}"} for column in stages.scan.columns]
    before = Finding.objects.count()
    assert update_findings(scan=stages.scan, columns=columns, thorough=True) == frozenset()
    assert Finding.objects.count() == before


def test_the_number_of_queries_does_not_grow_with_the_columns(stages: Stages, cast: Cast) -> None:
    stages.review()
    assert stages.scan.distribution.dataset.provider, "is known beforehand"

    def queries(columns: Sequence[Any]) -> int:
        with CaptureQueriesContext(connection) as captured:
            update_findings(scan=stages.scan, columns=columns, thorough=True)
        return len(captured)

    assert queries(stages.scan.columns[:2]) == queries(stages.scan.columns)


# --- the comparison ----------------------------------------------------------------------------------------------------------------


def told(scan: Scan) -> dict[str, tuple[str, list[str], bool]]:
    return {
        column["name"]: (column["change"], [one["what"] for one in column["differences"]], column["returned"])
        for column in scan.comparison["columns"]
    }


def test_the_first_scan_has_nothing_to_compare_with(stages: Stages) -> None:
    assert stages.scan.comparison == {}


def test_a_scan_says_what_is_new_gone_and_changed_since_the_last(stages: Stages, cast: Cast) -> None:
    confirm_finding(actor=cast.oscar, finding=finding_of("手机号"))
    header, *rows = table(手机号=email, 姓名=lambda number, _cell: str(number % 3)).decode().splitlines()
    content = "\n".join([f"{header},备注", *(f"{row},{'甲乙丙'[at % 3]}" for at, row in enumerate(rows))]) + "\n"
    again = scan(stages, content.encode())
    assert told(again) == {
        "手机号": ("changed", ["type", "form"], True),
        "姓名": ("gone_finding", ["type", "role", "form"], False),
        "备注": ("new_column", [], False),
    }
    comparison = again.comparison
    assert [comparison[name] for name in ("new", "gone", "changed", "unchanged")] == [1, 1, 1, 5]
    assert (comparison["with"]["scan"], comparison["with"]["mode"]) == (stages.scan.pk, "full")
    assert not comparison["rows_changed"]
    assert not [cell for row in rows for cell in row.split(",")[:3] if len(cell) > 8 and cell in str(comparison)]


def test_a_table_that_grew_by_a_fifth_is_said_to_have(stages: Stages) -> None:
    assert scan(stages, visits_csv(288)).comparison["rows_changed"]
    assert not scan(stages, visits_csv(300)).comparison["rows_changed"]


def test_a_whole_scan_is_compared_with_the_last_whole_one_and_not_with_the_sample_between(stages: Stages) -> None:
    sample = scan(stages, table(手机号=email), mode=ScanMode.SAMPLE)
    assert (sample.comparison["with"]["scan"], told(sample)) == (
        stages.scan.pk,
        {"手机号": ("changed", ["type"], False)},
    )
    again = scan(stages)
    assert again.comparison["with"]["scan"] == stages.scan.pk
    assert again.comparison["with"]["mode"] == "full"


def test_where_there_is_only_a_sample_it_is_named_as_one(stages: Stages, cast: Cast) -> None:
    first = stages.scan
    Scan.objects.filter(pk=first.pk).update(mode=ScanMode.SAMPLE)
    type(first.job).objects.filter(pk=first.job_id).update(state=JobState.INCOMPLETE)
    again = scan(stages, table(500, 手机号=half_a_phone))
    assert again.comparison["with"]["mode"] == "sample"
    assert (told(again), again.comparison["rows_changed"]) == ({}, False)


def test_a_failed_scan_is_not_compared_with(stages: Stages, cast: Cast) -> None:
    failed = request_scan(actor=cast.oscar, distribution=stages.distribution)
    type(failed.job).objects.filter(pk=failed.job_id).update(state=JobState.FAILED)
    assert scan(stages).comparison["with"]["scan"] == stages.scan.pk


def test_the_command_tells_what_has_changed(stages: Stages, cast: Cast) -> None:
    confirm_finding(actor=cast.oscar, finding=finding_of("手机号"))
    again = scan(stages, table(手机号=email))
    lines = _since(again.comparison)
    assert lines[0].startswith(f"since scan {stages.scan.pk} (full, 20")
    assert lines[0].endswith("0 new, 0 gone, 1 changed")
    assert lines[1].split() == ["~", "手机号", "changed", "type,", "form", "·", "back", "for", "review"]
    assert _since(None) == []
