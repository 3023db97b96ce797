"""Who counts as a person, and which fields may single one out: nothing makes a class look larger than it is."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest
from django.test import Client
from rest_framework.test import APIClient

from access.models import Application
from access.services.people_in_rows import AgeCount
from catalog.datasets.models import SubjectKind
from catalog.datasets.services import declare_subject
from catalog.errors import Blocked
from privacy.services.findings import declare_finding
from privacy.services.readiness import basis_of, current_fingerprint
from privacy.services.whatif import measure_effect
from tests.access.acts import present_assessment
from tests.access.tables import OtherVisits, lines_of, repeated, table, visits_csv, with_column
from tests.cast import Cast
from tests.stages import Stages

FIELDS = ("性别", "出生日期", "区县")
_DISTRICTS = ("姑苏区",) * 4 + ("吴中区",) * 4


def _asked(stages: Stages, *more: str) -> Application:
    return stages.deciding(fields=dict.fromkeys((*FIELDS, *more), "需要"))


def _measured(application: Application) -> dict:  # type: ignore[type-arg]
    return dict(present_assessment(application).record["inputs"]["measured"])


# --- pseudonyms --------------------------------------------------------------------------------------------------------------


def test_a_quasi_identifier_under_a_token_makes_the_classes_of_its_raw_values(stages: Stages) -> None:
    place = with_column(visits_csv(), "社区", lambda number: f"第{number % 12}社区")
    verdicts = {"社区": ("REGION", "quasi")}
    kept = OtherVisits(stages, place, verdicts=verdicts, protection={"社区": ("keep", {})})
    raw = _measured(_asked(kept, "社区"))
    effect_raw = measure_effect(actor=stages.cast.oscar, distribution=kept.distribution).after
    for field in kept.distribution.fields.filter(name="社区"):
        field.protection.operator = "token"
        field.protection.save(update_fields=["operator"])
    tokens = _measured(_asked(kept, "社区"))
    assert raw["k_min"] == tokens["k_min"] < _measured(_asked(kept))["k_min"]
    assert raw["classes"] == tokens["classes"]
    assert tokens["quasi"] == [*FIELDS, "社区"]
    effect_tokens = measure_effect(actor=stages.cast.oscar, distribution=kept.distribution).after
    assert effect_raw is not None
    assert effect_tokens is not None
    assert effect_raw.k_min == effect_tokens.k_min == raw["k_min"]


def test_the_token_of_a_direct_identifier_is_the_persons_own_and_makes_no_class(stages: Stages) -> None:
    assert _measured(_asked(stages, "身份证号"))["k_min"] == _measured(_asked(stages))["k_min"] == 30


# --- subjects ----------------------------------------------------------------------------------------------------------------


def test_rows_without_a_subject_do_not_lift_k(stages: Stages) -> None:
    """Two persons in a class of their own, and forty rows beside them that do not say whom they are about."""
    header, *rows = lines_of(visits_csv())
    nameless = [f",,,女,1991-02-{1 + number % 28:02d},姑苏区,高血压" for number in range(40)]
    couple = [f"{row[:18]},王敏,13800000000,女,1991-01-01,姑苏区,糖尿病" for row in rows[:2]]
    other = OtherVisits(stages, table([header, *rows, *couple, *nameless]))
    found = _measured(_asked(other))
    assert (found["null_subject_rows"], found["subjects"], found["k_min"]) == (40, 241, 3)
    assert present_assessment(Application.objects.latest("pk")).record["inputs"]["facts"]["persons"] == 281


def _with_serial(stages: Stages, **changes: object) -> OtherVisits:
    """Every person has three rows, and every row a number."""
    content = with_column(repeated(visits_csv(), 3), "流水号", str)
    return OtherVisits(stages, content, **changes)  # type: ignore[arg-type]


def test_a_serial_number_is_no_subject_while_a_resident_id_repeats(stages: Stages, cast: Cast) -> None:
    other = _with_serial(stages)
    other.review()
    serial = other.field("流水号")
    with pytest.raises(Blocked) as refused:
        declare_subject(actor=cast.oscar, distribution=other.distribution, kind=SubjectKind.PERSON, field=serial)
    assert refused.value.code == "subject_is_serial"
    assert refused.value.params["others"] == "身份证号, 手机号"
    assert other.distribution.subject_field is None
    kept = other.field("身份证号")
    declare_subject(actor=cast.oscar, distribution=other.distribution, kind=SubjectKind.PERSON, field=kept)
    assert other.distribution.subject_field == kept


def test_a_serial_number_declared_before_the_scan_stops_what_would_be_submitted(stages: Stages, cast: Cast) -> None:
    other = _with_serial(stages)
    serial = other.field("流水号")
    declare_subject(actor=cast.oscar, distribution=other.distribution, kind=SubjectKind.PERSON, field=serial)
    other.review()
    basis = basis_of(other.distribution, fingerprint=current_fingerprint(other.distribution))
    assert "subject_is_serial" in [problem.code for problem in basis.problems]


def test_a_number_that_an_officer_answers_for_is_counted_by_and_the_deciders_are_told(
    stages: Stages, cast: Cast, client: Client
) -> None:
    other = _with_serial(stages)
    assert other.ready
    serial = other.field("流水号")
    declare_finding(actor=cast.oscar, field=serial, entity_type="", role="direct", reason="就诊卡号,一人一号")
    declare_subject(
        actor=cast.oscar, distribution=other.distribution, kind=SubjectKind.PERSON, field=other.field("流水号")
    )
    application = _asked(other)
    assert _measured(application)["repeated_identifiers"] == ["身份证号", "手机号"]
    record = present_assessment(application).record
    assert "subject_finer_than_identifier" in record["result"]["notes"]
    client.force_login(cast.amy)
    page = client.get(f"/applications/{application.pk}/").content.decode()
    assert "身份证号、手机号" in page.split('id="h-counted"')[1].split("</div>")[0]


def test_where_every_identifier_differs_a_number_may_be_the_subject(stages: Stages, cast: Cast) -> None:
    other = OtherVisits(stages, with_column(visits_csv(), "流水号", str))
    other.review()
    serial = other.field("流水号")
    declare_subject(actor=cast.oscar, distribution=other.distribution, kind=SubjectKind.PERSON, field=serial)
    assert other.distribution.subject_field == serial


# --- fields without a role ---------------------------------------------------------------------------------------------------


def _numbered(stages: Stages, values: int, operator: str) -> OtherVisits:
    """The visits with a number of so many different values that nobody has said anything of."""
    content = with_column(visits_csv(), "流水号", lambda number: f"{number * values // 240:06d}")
    return OtherVisits(stages, content, protection={"流水号": (operator, {})})


@pytest.mark.parametrize("operator", ["keep", "token"])
def test_a_field_without_a_role_that_tells_persons_apart_is_counted_and_named(
    stages: Stages, cast: Cast, client: Client, operator: str
) -> None:
    other = _numbered(stages, 121, operator)
    application = _asked(other, "流水号")
    assert other.field("流水号").role == "none"
    client.force_login(cast.amy)
    api = APIClient()
    api.force_authenticate(cast.amy)
    seen = api.get(f"/api/v1/applications/{application.pk}/", HTTP_HOST="localhost").json()["assessment"]
    assert seen["measured"]["nearly_unique"] == [{"name": "流水号", "values": 121}]
    assert seen["measured"]["quasi"] == [*FIELDS, "流水号"]
    assert seen["measured"]["k_min"] < 3
    assert seen["verdict"]["outcome"] == "treat"
    assert "nearly_unique_fields_counted" in seen["record"]["result"]["notes"]
    page = client.get(f"/applications/{application.pk}/").content.decode()
    assert "流水号" in page.split('id="h-counted"')[1].split("</div>")[0]
    effect = measure_effect(actor=cast.oscar, distribution=other.distribution)
    assert effect.after is not None
    assert [item.name for item in effect.after.nearly_unique] == ["流水号"]
    assert effect.after.k_min == seen["measured"]["k_min"]


@pytest.mark.parametrize("operator", ["keep", "token"])
def test_half_as_many_values_as_persons_is_not_nearly_unique(stages: Stages, operator: str) -> None:
    found = _measured(_asked(_numbered(stages, 120, operator), "流水号"))
    assert (found["nearly_unique"], found["k_min"]) == ([], 30)


def test_it_is_told_by_the_rows_that_are_asked_for(stages: Stages) -> None:
    """Of all persons every second has a number; of those that are asked for every one."""
    numbered = with_column(
        visits_csv(), "流水号", lambda number: f"{number:06d}" if "姑苏区" in _DISTRICTS[number % 8] else ""
    )
    other = OtherVisits(stages, numbered, protection={"流水号": ("keep", {})})
    application = other.deciding(
        fields=dict.fromkeys((*FIELDS, "流水号"), "需要"), row_filter={"field": "区县", "op": "eq", "value": "姑苏区"}
    )
    assert [item["name"] for item in _measured(application)["nearly_unique"]] == ["流水号"]


def test_what_a_coarser_field_leaves_is_counted_and_not_what_it_was(stages: Stages) -> None:
    numbered = with_column(
        visits_csv(), "就诊时间", lambda number: f"2026-01-{1 + number % 28:02d} 08:{number % 60:02d}:01"
    )
    other = OtherVisits(stages, numbered, protection={"就诊时间": ("generalise", {"to": "year"})})
    found = _measured(_asked(other, "就诊时间"))
    assert (found["nearly_unique"], found["k_min"]) == ([], 30)


def test_a_child_whose_year_of_birth_alone_is_known_is_never_taken_for_older() -> None:
    ages = AgeCount("BIRTH_DATE", date(2026, 11, 23))
    ages.add(pa.array(["2012", "201212", "2012-12-30"]))
    assert (ages.children, ages.unknown) == (3, 0)
    ages.add(pa.array(["2011"]))
    assert (ages.children, ages.minors, ages.rows) == (3, 4, 4)
