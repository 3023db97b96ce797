"""Rules on dates, numbers and names from a dictionary, set on pages: each form, the sentence it becomes, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from catalog.errors import InvalidInput
from privacy.models import FieldProtection
from privacy.services.protections import policy_of, preview_protection, set_protection
from tests.cast import Cast
from tests.pages.visiting import Visitor, text_of
from tests.stages import Stages
from tests.world import kept_files, shared_world


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    """The table with its findings decided and its subject named; made once for this module."""
    with shared_world(django_db_blocker, tmp_path_factory.mktemp("data")) as stages:
        stages.review()
        distribution = stages.field("身份证号").distribution
        distribution.subject_field = stages.field("身份证号")
        distribution.save(update_fields=["subject_field"])
        yield stages


@pytest.fixture
def stages(world: Stages, db: None) -> Iterator[Stages]:
    """The module's world; what a test does to it is undone."""
    with kept_files():
        yield deepcopy(world)


@pytest.fixture
def cast(stages: Stages) -> Cast:
    return stages.cast


def rule(stages: Stages, name: str) -> str:
    return f"/protection/{stages.distribution.pk}/{stages.field(name).pk}/"


@pytest.mark.parametrize(
    ("said", "parameters", "words"),
    [
        ({"operator": "round", "multiple": "100"}, {"multiple": 100}, "Rounded to multiples of 100"),
        ({"operator": "round", "multiple": "0.5"}, {"multiple": 0.5}, "Rounded to multiples of 0.5"),
        ({"operator": "round", "digits": "-3"}, {"digits": -3}, "Rounded to multiples of 1000"),
        ({"operator": "round", "digits": "1"}, {"digits": 1}, "Rounded to 1 place"),
        (
            {"operator": "clip", "low": "18", "high": "85", "high_text": "≥ 85"},
            {"low": 18, "high": 85, "high_text": "≥ 85"},
            "Nothing below 18 or above 85",
        ),
        ({"operator": "clip", "high": "85"}, {"high": 85}, "Nothing above 85"),
        (
            {"operator": "noise", "shape": "laplace", "size": "100", "low": "0", "by": "身份证号"},
            {"shape": "laplace", "scale": 100, "low": 0, "by": "身份证号"},
            "Moved by chance: Laplace, scale 100, per 身份证号",
        ),
        (
            {"operator": "noise", "shape": "uniform", "size": "50", "by": ""},
            {"shape": "uniform", "width": 50},
            "Moved by chance, by at most 25",
        ),
        (
            {"operator": "date_shift", "days": "30", "by": "身份证号"},
            {"days": 30, "by": "身份证号"},
            "Moved by at most 30 days, per 身份证号",
        ),
        ({"operator": "dictionary", "kind": "company"}, {"kind": "company"}, "Replaced by others: Names of companies"),
    ],
)
def test_each_operator_has_a_form_of_its_own(
    said: dict[str, str], parameters: dict[str, Any], words: str, cast: Cast, stages: Stages
) -> None:
    oscar, name = Visitor(cast.oscar), "出生日期"
    assert oscar.get(f"{rule(stages, name)}?operator={said['operator']}").status_code == 200
    answer = oscar.client.post(rule(stages, name), said)
    assert words in text_of(oscar.follow(answer))
    found = FieldProtection.objects.get(field=stages.field(name))
    assert (found.operator, found.parameters) == (said["operator"], parameters)
    shown = oscar.get(rule(stages, name)).content.decode()
    for key, value in said.items():
        if value and key not in ("operator",):
            assert f'value="{value}"' in shown, "the form begins with the rule as it stands"


@pytest.mark.parametrize(
    ("said", "parameters", "words"),
    [
        ({"to": "town"}, {}, "Coarser: Town or subdistrict"),
        ({"to": "phone_region"}, {}, "Coarser: Region of a telephone number"),
        ({"to": "network", "bits": "16", "bits6": "32"}, {"bits": 16, "bits6": 32}, "Network: /16, IPv6 /32"),
        ({"to": "grid", "metres": "500"}, {"metres": 500}, "Squares of at most 500 m"),
        (
            {"to": "geohash", "length": "5", "first": "latitude"},
            {"length": 5, "first": "latitude"},
            "Geohash, 5 characters",
        ),
        (
            {"to": "hierarchy", "levels": "高血压,心血管,内科\n\n骨折，外科", "level": "2", "other": "其他"},
            {"levels": {"高血压": ["心血管", "内科"], "骨折": ["外科"]}, "level": 2, "other": "其他"},
            "level 2, 2 values named",
        ),
    ],
)
def test_each_coarser_form_has_a_form_of_its_own(
    said: dict[str, str], parameters: dict[str, Any], words: str, cast: Cast, stages: Stages
) -> None:
    oscar, name = Visitor(cast.oscar), "诊断"
    assert oscar.get(f"{rule(stages, name)}?operator=generalise&to={said['to']}").status_code == 200
    answer = oscar.client.post(rule(stages, name), {"operator": "generalise", **said})
    assert words in text_of(oscar.follow(answer))
    found = FieldProtection.objects.get(field=stages.field(name))
    assert found.parameters == {"to": said["to"], **parameters}
    again = oscar.get(rule(stages, name)).content.decode()
    assert all(line in again for line in ("高血压,心血管,内科", "骨折,外科")) or "levels" not in said


@pytest.mark.parametrize("levels", ["高血压", "高血压,,内科", "a,b\na,c", "a,b\n,c"])
def test_lines_of_a_hierarchy_that_cannot_be_are_named(levels: str, cast: Cast, stages: Stages) -> None:
    said = {"operator": "generalise", "to": "hierarchy", "levels": levels, "level": "1"}
    assert "Line " in text_of(Visitor(cast.oscar).client.post(rule(stages, "诊断"), said))
    assert not FieldProtection.objects.exists()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"operator": "round"}, "Fill in one of the two"),
        ({"operator": "round", "multiple": "10", "digits": "1"}, "Fill in one of the two"),
        ({"operator": "round", "multiple": "-5"}, "must be a number above 0"),
        ({"operator": "clip"}, "Fill in at least one end"),
        ({"operator": "clip", "low": "9", "high": "3"}, "must be above low"),
        ({"operator": "clip", "high": "3", "low_text": "few"}, "Say which number"),
        ({"operator": "noise", "shape": "laplace", "size": "0", "by": ""}, "must be a number above 0"),
        ({"operator": "noise", "shape": "laplace", "size": "1", "by": "nobody"}, "nobody"),
        ({"operator": "date_shift", "days": "0", "by": "身份证号"}, "1"),
        ({"operator": "dictionary", "kind": "city"}, "city"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_in_words(said: dict[str, str], told: str, cast: Cast, stages: Stages) -> None:
    answer = Visitor(cast.oscar).client.post(rule(stages, "区县"), said)
    assert answer.status_code == 200
    assert told in text_of(answer)
    assert not FieldProtection.objects.exists()


def test_a_date_shift_goes_by_the_subject_of_the_table_and_by_what_is_confirmed_of_it(
    cast: Cast, stages: Stages
) -> None:
    stored = set_protection(actor=cast.oscar, field=stages.field("出生日期"), operator="date_shift")
    assert stored.parameters == {"by": "身份证号"}
    (parsed,) = policy_of(stages.distribution)[0].fields.values()
    assert parsed.parameters == {"by": "身份证号", "by_type": "CN_RESIDENT_ID"}
    said: dict[str, Any] = {"operator": "date_shift", "parameters": {"by": "身份证号", "by_type": "CN_MOBILE"}}
    assert set_protection(actor=cast.oscar, field=stages.field("出生日期"), **said).parameters == {"by": "身份证号"}
    for by in ("住址二", "出生日期"):
        with pytest.raises(InvalidInput, match="another column of this table"):
            set_protection(
                actor=cast.oscar, field=stages.field("出生日期"), operator="date_shift", parameters={"by": by}
            )


def test_a_preview_moves_real_dates_by_the_column_beside_them(cast: Cast, stages: Stages) -> None:
    samples = preview_protection(actor=cast.oscar, field=stages.field("出生日期"), operator="date_shift")
    assert len(samples) > 3
    assert all(sample.after for sample in samples)


def test_a_column_of_text_offers_tokens_for_what_is_malformed_and_one_of_dates_does_not(
    cast: Cast, stages: Stages
) -> None:
    oscar, field = Visitor(cast.oscar), stages.field("出生日期")
    for data_type, offered in (("C", True), ("D", False)):
        field.data_type = data_type
        field.save(update_fields=["data_type"])
        shown = oscar.get(f"{rule(stages, '出生日期')}?operator=date_shift").content.decode()
        assert ("Replaced by a token" in shown) is offered
