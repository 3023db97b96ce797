"""A name in one remark of a thousand makes no finding; nor does it leave, until an officer has said what the field is."""

from __future__ import annotations

import random

import pytest

from catalog.datasets.models import Distribution, SubjectKind
from catalog.datasets.registration import attach_table, register_upload
from catalog.datasets.services import declare_subject, register_dataset
from privacy.models import FieldProtection, Finding
from privacy.services.findings import declare_finding
from privacy.services.protections import propose_protections, set_protection
from privacy.services.readiness import basis_of, current_fingerprint
from privacy.services.scans import request_scan
from tests.cast import Cast
from tests.stages import RECORD, Stages, sealed_upload

PHRASES = ("已办结", "等待补件", "电话回访无人接听", "材料齐全予以受理", "转街道办理")


@pytest.fixture
def hotline(stages: Stages, cast: Cast) -> Distribution:
    """A table about nobody, but for one remark in which somebody is named; scanned."""
    draw = random.Random(7)
    lines = [f"{number},{draw.choice(PHRASES)}" for number in range(1500)]
    lines[100] = "100,经查王敏华反映情况属实"
    return registered(stages, cast, lines)


def registered(stages: Stages, cast: Cast, lines: list[str]) -> Distribution:
    """A table of numbered remarks about nobody, scanned."""
    source = register_upload(
        actor=cast.stella,
        organization=cast.health,
        name="hotline",
        upload=sealed_upload("hotline.csv", "\n".join(["序号,备注", *lines]).encode()),
    )
    dataset = register_dataset(actor=cast.stella, provider=cast.health, values=RECORD)
    distribution = attach_table(actor=cast.stella, dataset=dataset, source=source, table=None)
    request_scan(actor=cast.oscar, distribution=distribution)
    stages.run_jobs()
    declare_subject(actor=cast.oscar, distribution=distribution, kind=SubjectKind.NONE, field=None)
    found: Distribution = Distribution.objects.get(pk=distribution.pk)
    return found


def _problems(distribution: Distribution) -> list[str]:
    basis = basis_of(distribution, fingerprint=current_fingerprint(distribution))
    return [problem.code for problem in basis.problems]


def test_a_remark_that_names_somebody_is_left_out_by_the_proposal(hotline: Distribution, cast: Cast) -> None:
    assert not Finding.objects.filter(distribution=hotline).exists()
    propose_protections(actor=cast.oscar, distribution=hotline)
    rules = FieldProtection.objects.filter(distribution=hotline).values_list("field__name", "operator")
    assert dict(rules) == {"序号": "keep", "备注": "drop"}
    assert _problems(hotline) == []


def test_it_is_not_kept_before_an_officer_has_said_what_it_is(hotline: Distribution, cast: Cast) -> None:
    remarks = hotline.fields.get(name="备注")
    set_protection(actor=cast.oscar, field=remarks, operator="keep")
    assert _problems(hotline) == ["mentions_undecided"]
    declare_finding(actor=cast.oscar, field=remarks, entity_type="", role="none", reason="误报,已逐条核对")
    assert _problems(hotline) == []


def test_what_cannot_be_read_any_more_needs_no_word(hotline: Distribution, cast: Cast) -> None:
    set_protection(actor=cast.oscar, field=hotline.fields.get(name="备注"), operator="token")
    assert _problems(hotline) == []


def test_an_organisation_that_a_remark_names_holds_up_nothing(stages: Stages, cast: Cast) -> None:
    lines = [f"{number},{PHRASES[number % 5]}" for number in range(300)]
    lines[100] = "100,已转虎丘区市场监督管理局处理"
    table = registered(stages, cast, lines)
    remarks = next(column for column in table.scans.get().columns if column["name"] == "备注")
    assert remarks["other_types"] == [{"entity_type": "ORGANIZATION", "rows": 1}]
    set_protection(actor=cast.oscar, field=table.fields.get(name="备注"), operator="keep")
    assert _problems(table) == []
