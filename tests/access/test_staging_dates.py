"""The staged artefact under rules that go by a person: the column that says so is read, and does not leave."""

from __future__ import annotations

from datetime import date

from privacy.services.protections import set_protection
from privacy.services.whatif import measure_effect
from tests.access.acts import artefact_of, rows_of
from tests.stages import Stages, visits_csv


def test_dates_move_by_a_column_that_is_not_asked_for(stages: Stages) -> None:
    set_protection(
        actor=stages.cast.oscar, field=stages.field("出生日期"), operator="date_shift", parameters={"days": 30}
    )
    application = stages.deciding(fields={"性别": "比较", "出生日期": "年龄"})
    rows = rows_of(artefact_of(application))
    assert set(rows[0]) == {"性别", "出生日期"}
    raw = [line.split(",")[4] for line in visits_csv().decode().splitlines()[1:]]
    moved = [
        (date.fromisoformat(row["出生日期"]) - date.fromisoformat(before)).days
        for row, before in zip(rows, raw, strict=True)
    ]
    assert all(1 <= abs(days) <= 30 for days in moved)
    (column,) = [item for item in artefact_of(application).manifest["columns"] if item["operator"] == "date_shift"]
    assert column["parameters"] == {"days": 30, "by": "身份证号"}
    assert column["invalid"] == 0


def test_the_effect_is_measured_with_the_column_beside(stages: Stages) -> None:
    set_protection(actor=stages.cast.oscar, field=stages.field("出生日期"), operator="date_shift")
    effect = measure_effect(actor=stages.cast.oscar, distribution=stages.distribution)
    assert effect.after is not None
    assert effect.after.k_min <= effect.before.k_min
