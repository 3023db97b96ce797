"""The staged artefact: written once, sealed, what was asked for and no more; and what stops it."""

from __future__ import annotations

import hashlib
import io
import json
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.utils import timezone
from django.utils.translation import override

from access.models import Application, Artefact
from access.pages.words import note_of
from access.workflow import Action, State
from catalog.errors import InvalidInput
from catalog.jobs.models import JobState
from catalog.storage import STAGED, folder, path_of
from privacy.detection.checksums import resident_id_checksum, resident_id_plausible
from privacy.masking.ff1_cipher import Ff1
from privacy.services.findings import correct_finding
from privacy.services.protections import set_protection
from tests.access.acts import artefact_of, fresh, on_disk, plain_bytes, present_assessment, rows_of
from tests.access.tables import HEADER, OtherVisits, raw_values, repeated, table, visit, visits_csv, with_column
from tests.cast import Cast
from tests.stages import Stages, resident_id

TOKEN = re.compile(r"[A-Z2-7]{16}")
GUSU = {"field": "区县", "op": "eq", "value": "姑苏区"}


def measured(application: Application) -> dict[str, Any]:
    """What was measured on the output, as the record has it."""
    found: dict[str, Any] = present_assessment(application).record["inputs"]["measured"]
    return found


def refused(stages: Stages, **changes: Any) -> Application:
    """An application whose artefact could not be made: nothing of it is left, and it went back with the reason."""
    before = set(folder(STAGED).iterdir())
    application = stages.deciding(**changes)
    assert application.state == State.RETURNED
    assert not Artefact.objects.filter(application=application).exists()
    assert set(folder(STAGED).iterdir()) == before
    return application


def test_submitting_writes_the_artefact_once(stages: Stages) -> None:
    before = set(folder(STAGED).iterdir())
    application = stages.deciding()
    artefact = Artefact.objects.get(application=application)
    assert set(folder(STAGED).iterdir()) - before == {path_of(STAGED, artefact.sealed_name)}
    assert stages.run_jobs() == []


def test_the_bytes_on_disk_are_sealed(deciding: Application) -> None:
    artefact = artefact_of(deciding)
    raw, plain = path_of(STAGED, artefact.sealed_name).read_bytes(), plain_bytes(artefact)
    assert "区县".encode() in plain
    assert "区县".encode() not in raw
    for line in plain.splitlines():
        assert line not in raw
    assert len(raw) > len(plain)
    assert path_of(STAGED, artefact.sealed_name).stat().st_mode & 0o077 == 0


def test_the_artefact_is_the_sha256_of_its_manifest(deciding: Application) -> None:
    artefact = artefact_of(deciding)
    plain = plain_bytes(artefact)
    assert artefact.sha256 == artefact.manifest["sha256"] == hashlib.sha256(plain).hexdigest()
    assert artefact.size == artefact.manifest["bytes"] == len(plain)
    assert artefact.rows == artefact.manifest["rows"] == 240
    assert present_assessment(deciding).record["inputs"]["hashes"]["artefact"] == artefact.sha256


def test_the_artefact_holds_tokens_and_generalised_values_and_no_raw_one(deciding: Application) -> None:
    rows = rows_of(artefact_of(deciding))
    assert [list(row) for row in rows[:1]] == [["身份证号", "性别", "出生日期", "区县", "诊断"]]
    assert all(TOKEN.fullmatch(row["身份证号"]) for row in rows)
    assert len({row["身份证号"] for row in rows}) == 240
    assert {row["出生日期"] for row in rows} == {"1970s", "1980s"}
    text = plain_bytes(artefact_of(deciding)).decode()
    for value in raw_values(visits_csv(), "身份证号", "姓名", "手机号", "出生日期"):
        assert value not in text


def test_only_the_fields_that_were_asked_for_are_written(stages: Stages) -> None:
    application = stages.deciding(fields={"区县": "比较各区县", "诊断": "病种"})
    assert {tuple(row) for row in rows_of(artefact_of(application))} == {("区县", "诊断")}


def test_a_field_that_is_dropped_stays_out_even_when_it_was_asked_for(stages: Stages) -> None:
    application = stages.deciding(fields={"姓名": "随访", "区县": "比较各区县", "诊断": "病种"})
    assert list(rows_of(artefact_of(application))[0]) == ["区县", "诊断"]


def test_the_manifest_says_how_and_never_what(deciding: Application) -> None:
    manifest = artefact_of(deciding).manifest
    assert manifest["operators"]["身份证号"] == "token"
    assert manifest["key_domain"] == str(deciding.project.key_domain.binding)
    columns = {column["name"]: column for column in manifest["columns"]}
    assert columns["出生日期"]["parameters"] == {"to": "decade"}
    assert columns["身份证号"]["parameters"] == {}
    assert {(column["invalid"], column["invalid_policy"]) for column in columns.values()} == {(0, "null"), (0, "token")}
    text = json.dumps(manifest, ensure_ascii=False)
    for value in raw_values(visits_csv(), "身份证号", "姓名", "手机号"):
        assert value not in text


def test_malformed_and_missing_values_are_counted_under_the_policy_that_was_set(stages: Stages, cast: Cast) -> None:
    content = with_column(visits_csv(), "随访日期", lambda number: ("2026-01-31", "近期", "")[number % 3])
    rule = {"operator": "generalise", "parameters": {"to": "month"}}
    table = OtherVisits(stages, content, protection={"随访日期": ("generalise", {"to": "month"})})
    assert table.ready
    set_protection(actor=cast.oscar, field=table.field("随访日期"), **rule, invalid="token")  # type: ignore[arg-type]
    fields = dict.fromkeys(("身份证号", "性别", "随访日期"), "研究需要")
    column = {found["name"]: found for found in artefact_of(table.deciding(fields=fields)).manifest["columns"]}[
        "随访日期"
    ]
    assert (column["cells"], column["invalid"], column["nulls"]) == (240, 80, 80)
    assert (column["invalid_policy"], column["null_policy"], column["parameters"]) == ("token", "keep", {"to": "month"})

    set_protection(actor=cast.oscar, field=table.field("随访日期"), **rule, invalid="fail")  # type: ignore[arg-type]
    stopped = table.deciding(fields=fields)
    assert (stopped.state, stopped.note_code) == (State.RETURNED, "values_invalid")
    set_protection(actor=cast.oscar, field=table.field("随访日期"), **rule, null="fail")  # type: ignore[arg-type]
    stopped = table.deciding(fields=fields)
    assert (stopped.state, stopped.note_code) == (State.RETURNED, "nulls_refused")


def test_the_artefact_can_be_parquet(stages: Stages) -> None:
    artefact = artefact_of(stages.deciding(format="parquet"))
    written = pq.read_table(io.BytesIO(plain_bytes(artefact)))
    assert (written.num_rows, written.column_names[0]) == (240, "身份证号")
    assert hashlib.sha256(plain_bytes(artefact)).hexdigest() == artefact.sha256


# --- people, not rows --------------------------------------------------------------------------------------------------------


def test_subjects_are_counted_by_person_and_not_by_row(stages: Stages) -> None:
    application = OtherVisits(stages, repeated(visits_csv(), 3)).deciding()
    found = measured(application)
    assert (found["rows"], found["subjects"], found["k_min"]) == (720, 240, 30)
    assert artefact_of(application).rows == 720


def test_two_people_with_many_rows_are_a_class_of_two(stages: Stages) -> None:
    crowd = [
        visit(number, date(1971, 1, 1 + number % 28), diagnosis="高血压糖尿病"[number % 2 * 3 :][:3])
        for number in range(40)
    ]
    couple = [visit(100 + day, date(1982, 1, day), diagnosis="糖尿病") for day in (1, 2) for _ in range(20)]
    application = OtherVisits(stages, table([HEADER, *crowd, *couple])).deciding()
    found = measured(application)
    assert (found["rows"], found["subjects"], found["k_min"], found["uniques"]) == (80, 42, 2, 0)


def test_one_person_in_several_spellings_is_one_person(stages: Stages) -> None:
    def spellings(text: str) -> list[str]:
        return [text, text.replace("X", "x"), f" {text} ", f"{text[:6]} {text[6:14]} {text[14:]}"]

    header, *rows = visits_csv().decode().splitlines()
    spelled = [spelling + row[18:] for row in rows for spelling in spellings(row[:18])]
    application = OtherVisits(stages, table([header, *spelled])).deciding()
    assert measured(application)["subjects"] == 240
    assert len({row["身份证号"] for row in rows_of(artefact_of(application))}) == 240


def test_a_token_of_any_identifier_ties_the_rows_of_a_person(stages: Stages) -> None:
    """Each person was in both districts: apart the rows are in large classes, tied together they say more."""
    header, *rows = visits_csv(80).decode().splitlines()
    moved = [
        row.replace("姑苏区", "吴中区") if "姑苏区" in row else row.replace("吴中区", "姑苏区") for row in rows[:1]
    ]
    other = OtherVisits(stages, table([header, *rows, *moved]), protection={"手机号": ("token", {})})
    tied = other.deciding(fields=dict.fromkeys(("手机号", "性别", "出生日期", "区县"), "需要"))
    apart = other.deciding(fields=dict.fromkeys(("性别", "出生日期", "区县"), "需要"))
    records = [present_assessment(application).record for application in (tied, apart)]
    assert [record["inputs"]["rows_linkable"] for record in records] == [True, False]
    assert [record["result"]["risk"]["k_min"] for record in records] == [1, 10]


# --- rows asked for ------------------------------------------------------------------------------------------------------------


def test_the_row_filter_is_applied(stages: Stages) -> None:
    application = stages.deciding(row_filter={"all": [GUSU, {"field": "性别", "op": "eq", "value": "女"}]})
    artefact = artefact_of(application)
    assert artefact.rows == 60
    assert {(row["区县"], row["性别"]) for row in rows_of(artefact)} == {("姑苏区", "女")}
    assert measured(application)["subjects"] == 60


def test_a_filter_looks_at_the_values_before_they_are_protected(stages: Stages) -> None:
    application = stages.deciding(row_filter={"field": "出生日期", "op": "lt", "value": "1981-01-01"})
    assert {row["出生日期"] for row in rows_of(artefact_of(application))} == {"1970s"}


def test_the_manifest_describes_the_filter_without_its_values(stages: Stages) -> None:
    manifest = artefact_of(stages.deciding(row_filter=GUSU)).manifest
    assert manifest["row_filter"] == "区县 eq"
    assert "姑苏" not in json.dumps(manifest, ensure_ascii=False)


def test_a_filter_on_a_direct_identifier_is_refused(stages: Stages) -> None:
    one = resident_id("320508", date(1971, 1, 1), 0)
    with pytest.raises(InvalidInput) as error:
        stages.application(row_filter={"field": "身份证号", "op": "eq", "value": one})
    assert error.value.code == "filter_on_direct_identifier"
    assert one not in str(error.value) + repr(error.value.params)
    assert not Application.objects.exists()


def test_a_filter_on_a_field_that_was_not_asked_for_is_refused(stages: Stages) -> None:
    with pytest.raises(InvalidInput) as error:
        stages.application(fields={"诊断": "病种"}, row_filter=GUSU)
    assert error.value.code == "unknown_field"


def test_a_filter_on_what_turned_out_to_be_a_direct_identifier_stops_the_artefact(stages: Stages, cast: Cast) -> None:
    application = stages.application(row_filter=GUSU)
    field = stages.field("区县")
    set_protection(actor=cast.oscar, field=field, operator="token")
    correct_finding(actor=cast.oscar, finding=field.finding, entity_type="REGION", role="direct", reason="已核对")
    stages.act(cast.rita, application, Action.SUBMIT)
    assert stages.run_jobs() == [JobState.FAILED]
    assert (fresh(application).state, fresh(application).note_code) == (State.RETURNED, "filter_on_direct_identifier")


def test_a_filter_that_no_row_matches_gives_the_application_back(stages: Stages) -> None:
    application = refused(stages, row_filter={"field": "区县", "op": "eq", "value": "昆山市"})
    assert application.note_code == "no_rows"


# --- what stops it ---------------------------------------------------------------------------------------------------------------


def test_asking_only_for_what_is_dropped_gives_the_application_back(stages: Stages) -> None:
    assert refused(stages, fields={"姓名": "随访"}).note_code == "nothing_released"


def test_asking_only_for_tokens_gives_the_application_back(stages: Stages) -> None:
    assert refused(stages, fields={"身份证号": "关联"}).note_code == "quasi_missing"


def test_a_direct_identifier_left_in_a_kept_text_stops_the_artefact(stages: Stages) -> None:
    """Both officers wave the remarks through; the last look at the bytes does not."""

    def remark(number: int) -> str:
        return (
            f"复诊登记证件{resident_id('320508', date(1965, 3, 1 + number % 28), number)}已核验"
            if number % 3 == 0
            else "按时复诊"
        )

    noted = with_column(visits_csv(), "备注", remark)
    other = OtherVisits(stages, noted, verdicts={"备注": ("", "none")}, protection={"备注": ("keep", {})})
    application = refused(other, fields=dict.fromkeys(("性别", "出生日期", "区县", "备注"), "需要"))
    assert application.note_code == "residual_identifier"
    assert application.note_params == {"columns": "备注 (CN_RESIDENT_ID)"}
    with override("zh-hans"):
        assert note_of(application).endswith("备注（居民身份证号）。")
    assert "CN_RESIDENT_ID" in application.note % application.note_params


def test_without_that_text_the_same_application_is_assessed(stages: Stages) -> None:
    noted = with_column(visits_csv(), "备注", lambda number: "按时复诊")
    other = OtherVisits(stages, noted, verdicts={"备注": ("", "none")}, protection={"备注": ("keep", {})})
    application = other.deciding(fields=dict.fromkeys(("性别", "出生日期", "区县", "备注"), "需要"))
    assert application.state == State.DECIDING
    assert on_disk(artefact_of(application))


def test_a_field_whose_format_stays_is_encrypted_and_compared_with_its_source(stages: Stages, cast: Cast) -> None:
    set_protection(actor=cast.oscar, field=stages.field("手机号"), operator="ff1")
    application = stages.deciding(fields={"手机号": "联系", "区县": "比较", "诊断": "病种"})
    made = [row["手机号"] for row in rows_of(artefact_of(application))]
    assert {len(value) for value in made} == {11}
    assert all(value.isdecimal() for value in made)
    before = raw_values(visits_csv(), "手机号")
    assert len(set(made)) == len(set(before))
    assert not set(made) & set(before)
    (column,) = [item for item in artefact_of(application).manifest["columns"] if item["name"] == "手机号"]
    assert (column["operator"], column["reversible"], column["invalid"]) == ("ff1", True, 0)


def test_a_surrogate_is_another_well_formed_number_and_stops_nothing(stages: Stages, cast: Cast) -> None:
    set_protection(actor=cast.oscar, field=stages.field("身份证号"), operator="surrogate", invalid="fail")
    application = stages.deciding()
    made = [row["身份证号"] for row in rows_of(artefact_of(application))]
    assert all(resident_id_checksum(value) and resident_id_plausible(value) for value in made)
    assert len(set(made)) == 240
    assert not set(made) & set(raw_values(visits_csv(), "身份证号"))
    (column,) = [item for item in artefact_of(application).manifest["columns"] if item["name"] == "身份证号"]
    assert (column["operator"], column["notes"], column["invalid"]) == ("surrogate", ["may_be_real"], 0)
    assert application.state == State.DECIDING


def test_a_field_that_kept_its_values_stops_the_artefact(
    stages: Stages, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody can see in the output, for it looks like telephone numbers either way."""
    set_protection(actor=cast.oscar, field=stages.field("手机号"), operator="ff1")
    monkeypatch.setattr(Ff1, "encrypt", lambda _cipher, left, right, _length: (left, right))
    application = refused(stages, fields={"手机号": "联系", "区县": "比较", "诊断": "病种"})
    assert (application.note_code, application.note_params) == ("values_unchanged", {"columns": "手机号"})


def test_children_in_the_rows_are_seen_though_their_birth_dates_are_not_released(stages: Stages) -> None:
    young = timezone.localdate().year - 8
    children = [visit(900 + number, date(young, 1, 1 + number), diagnosis="哮喘") for number in range(3)]
    other = OtherVisits(stages, visits_csv() + table(children))
    facts = present_assessment(other.deciding(fields={"性别": "需要", "区县": "需要"})).record["inputs"]["facts"]
    assert (facts["under_14"], facts["minors"], facts["persons"]) == (True, True, 243)
    adults = other.deciding(
        fields={"性别": "需要", "区县": "需要", "出生日期": "筛选"},
        row_filter={"field": "出生日期", "op": "lt", "value": "2000-01-01"},
    )
    facts = present_assessment(adults).record["inputs"]["facts"]
    assert (facts["under_14"], facts["minors"]) == (False, False)


def test_the_risk_of_the_rows_before_protection_stands_beside_that_of_the_output(deciding: Application) -> None:
    record = present_assessment(deciding).record
    assert record["inputs"]["inherent"]["k_min"] == 1
    assert Decimal(record["result"]["inherent_risk"]["risk"]) > Decimal(record["result"]["risk"]["risk"])
    assert record["inputs"]["measured"]["subject"] == "身份证号"
