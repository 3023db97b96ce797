"""Setting protection on pages: the proposal, one rule with its form and preview, and whom a row is about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.utils import translation
from rest_framework.test import APIClient

from catalog.datasets.models import DataField
from privacy.masking.proposals import shipped_proposals
from privacy.models import FieldProtection, Finding, ProtectionPolicy
from privacy.pages.rule_forms import fitting_targets, rule_in_words
from privacy.services.protections import propose_protections
from tests.cast import Cast
from tests.pages.visiting import Visitor, acts_after, last_sequence, text_of
from tests.stages import Stages
from tests.world import kept_files, shared_world


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    """The table with its findings decided; made once for this module."""
    with shared_world(django_db_blocker, tmp_path_factory.mktemp("data")) as stages:
        stages.review()
        yield stages


@pytest.fixture
def stages(world: Stages, db: None) -> Iterator[Stages]:
    """The module's world; what a test does to it is undone."""
    with kept_files():
        yield deepcopy(world)


@pytest.fixture
def cast(stages: Stages) -> Cast:
    return stages.cast


def page(stages: Stages) -> str:
    return f"/protection/{stages.distribution.pk}/"


def rule(stages: Stages, name: str) -> str:
    return f"{page(stages)}{stages.field(name).pk}/"


def stored(stages: Stages, name: str) -> tuple[str, dict[str, Any]]:
    found = FieldProtection.objects.get(field=stages.field(name))
    return found.operator, found.parameters


# --- the proposal -------------------------------------------------------------------------------------------------------------


def test_rules_are_proposed_as_the_api_proposes_them(cast: Cast, stages: Stages) -> None:
    oscar = Visitor(cast.oscar)
    Finding.objects.filter(field=stages.field("性别")).update(state="proposed")
    early = oscar.follow(oscar.client.post(page(stages) + "propose/"))
    assert "Decide the findings first" in text_of(early)
    Finding.objects.filter(field=stages.field("性别")).update(state="confirmed")
    before = last_sequence()
    proposed = oscar.follow(oscar.client.post(page(stages) + "propose/"))
    assert "Rules were written for 7 fields." in text_of(proposed)
    assert acts_after(before) == [
        (
            "protection.proposed",
            "dataset",
            {
                "distribution": stages.distribution.pk,
                "fields": 7,
                "policy_version": 1,
                "mode": "controlled",
                "proposals": shipped_proposals().version,
            },
        )
    ]
    assert stored(stages, "身份证号") == ("token", {})
    assert stored(stages, "姓名") == ("drop", {})
    again = oscar.follow(oscar.client.post(page(stages) + "propose/"))
    assert "Every field has its rule already; nothing was changed." in text_of(again)
    stella = Visitor(cast.stella)
    assert "You do not have the role" in text_of(stella.follow(stella.client.post(page(stages) + "propose/")))
    assert oscar.get(page(stages) + "propose/").url == page(stages)


# --- one rule -------------------------------------------------------------------------------------------------------------------


def test_a_rule_is_set_as_the_api_sets_it(cast: Cast, stages: Stages) -> None:
    oscar, before = Visitor(cast.oscar), last_sequence()
    saved = oscar.follow(
        oscar.client.post(rule(stages, "手机号"), {"operator": "partial_mask", "preset": "mobile", "mask_char": "*"})
    )
    assert "手机号: Masked: Mobile number · 138****5678." in text_of(saved)
    assert stored(stages, "手机号") == ("partial_mask", {"preset": "mobile"})
    by_page = acts_after(before)
    before = last_sequence()
    api = APIClient()
    api.force_authenticate(cast.oscar)
    address = f"/api/v1/protections/{stages.field('手机号').pk}/"
    body = {"operator": "partial_mask", "parameters": {"preset": "mobile"}}
    assert api.put(address, body, format="json").status_code == 200
    (page_line,), (api_line,) = by_page, acts_after(before)
    assert page_line[:2] == api_line[:2]
    assert page_line[2] | {"policy_version": 2} == api_line[2]


@pytest.mark.parametrize(
    ("name", "said", "operator", "parameters", "words"),
    [
        ("性别", {"operator": "keep"}, "keep", {}, "Keep"),
        ("性别", {"operator": "null"}, "null", {}, "Empty"),
        (
            "手机号",
            {"operator": "encrypt", "form": ""},
            "encrypt",
            {},
            "comes back as: The value in its uniform spelling",
        ),
        (
            "手机号",
            {"operator": "encrypt", "form": "exact"},
            "encrypt",
            {"form": "exact"},
            "Encrypted; comes back as: The text exactly as it stands",
        ),
        ("性别", {"operator": "constant", "value": "<b>未知</b>"}, "constant", {"value": "<b>未知</b>"}, "Always"),
        ("出生日期", {"operator": "generalise", "to": "year"}, "generalise", {"to": "year"}, "Coarser: Year"),
        (
            "出生日期",
            {"operator": "generalise", "to": "age_band", "width": "10", "top": "90", "on": "2026-01-01"},
            "generalise",
            {"to": "age_band", "width": 10, "top": 90, "on": "2026-01-01"},
            "Age bands of 10 years, one from 90 on",
        ),
        (
            "区县",
            {"operator": "generalise", "to": "group", "groups": "姑苏区 = 城区\n\n吴中区＝郊区", "other": "其他"},
            "generalise",
            {"to": "group", "groups": {"姑苏区": "城区", "吴中区": "郊区"}, "other": "其他"},
            "Groups: 2 values named",
        ),
        (
            "区县",
            {"operator": "partial_mask", "preset": "generic", "keep_first": "1", "keep_last": "0", "mask_char": "#"},
            "partial_mask",
            {"preset": "generic", "keep_first": 1, "keep_last": 0, "mask_char": "#"},
            "the first 1 and the last 0 characters stay",
        ),
        (
            "诊断",
            {"operator": "generalise", "to": "prefix", "length": "2"},
            "generalise",
            {"to": "prefix", "length": 2},
            "The first 2",
        ),
        (
            "身份证号",
            {"operator": "generalise", "to": "area", "digits": "4"},
            "generalise",
            {"to": "area", "digits": 4},
            "4 digits",
        ),
        (
            "诊断",
            {"operator": "generalise", "to": "range", "width": "0.5", "origin": "10"},
            "generalise",
            {"to": "range", "width": 0.5, "origin": 10},
            "Ranges of 0.5",
        ),
        (
            "手机号",
            {"operator": "ff1", "alphabet": "digits", "keep": " -"},
            "ff1",
            {"keep": " -"},
            "Encrypted in its own format: Digits; in place stay “ -”",
        ),
        ("手机号", {"operator": "surrogate"}, "surrogate", {}, "Well-formed surrogate"),
        (
            "手机号",
            {"operator": "ff1", "alphabet": "own", "characters": "0123456789-"},
            "ff1",
            {"alphabet": "0123456789-"},
            "Encrypted in its own format: 0123456789-",
        ),
    ],
)
def test_each_operator_has_a_form_of_its_own(
    name: str, said: dict[str, str], operator: str, parameters: dict[str, Any], words: str, cast: Cast, stages: Stages
) -> None:
    oscar = Visitor(cast.oscar)
    query = "&".join(f"{key}={said[key]}" for key in ("operator", "to") if key in said)
    assert oscar.get(f"{rule(stages, name)}?{query}").status_code == 200
    answer = oscar.client.post(rule(stages, name), said)
    assert words in text_of(oscar.follow(answer))
    assert stored(stages, name) == (operator, parameters)
    shown = oscar.get(rule(stages, name)).content.decode()
    for key, value in said.items():
        if key not in ("operator", "to", "groups", "value", "alphabet"):
            assert f'value="{value}"' in shown, "the form begins with the rule as it stands"
    assert "<b>未知</b>" not in shown


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"operator": "generalise", "to": "range", "width": ""}, "This field is required."),
        ({"operator": "generalise", "to": "range", "width": "0"}, "above 0"),
        ({"operator": "generalise", "to": "range", "width": "=cmd|x"}, "Enter a number."),
        ({"operator": "generalise", "to": "prefix", "length": "65"}, "64"),
        ({"operator": "generalise", "to": "group", "groups": "no mark"}, "Line 1 is not “value = group”."),
        ({"operator": "generalise", "to": "group", "groups": "a = b\na = c"}, "Line 2 names a value a second time."),
        ({"operator": "generalise", "to": "nowhere"}, "must be one of"),
        ({"operator": "constant", "value": ""}, "This field is required."),
        ({"operator": "constant", "value": "长" * 10_000}, "200"),
        ({"operator": "partial_mask", "preset": "generic", "mask_char": "字"}, "one ASCII character"),
        ({"operator": "<script>alert(1)</script>"}, "there is no operator"),
        ({"operator": "ff1", "alphabet": "own"}, "Name the characters"),
        ({"operator": "surrogate"}, "CN_RESIDENT_ID"),
        ({"operator": "ff1", "alphabet": "digits", "keep": "7"}, "not of the alphabet"),
        ({"operator": "redact", "style": "blackout", "language": "zh"}, "Select a valid choice"),
        ({}, "there is no operator"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_in_words(said: dict[str, str], told: str, cast: Cast, stages: Stages) -> None:
    answer = Visitor(cast.oscar).client.post(rule(stages, "区县"), said)
    assert answer.status_code == 200
    assert told in text_of(answer)
    assert "<script>alert" not in answer.content.decode()
    assert not FieldProtection.objects.exists()


def test_malformed_and_missing_values_are_settled_on_the_page_and_by_the_api(cast: Cast, stages: Stages) -> None:
    oscar, address = Visitor(cast.oscar), rule(stages, "出生日期")
    form = oscar.get(f"{address}?operator=generalise&to=decade").content.decode()
    assert '<option value="" selected>Left empty (usual)</option>' in form
    said = {"operator": "generalise", "to": "decade", "invalid": "token", "null": "fail"}
    saved = oscar.follow(oscar.client.post(address, said))
    words = "a value without the expected form: Replaced by a token; a missing value: Stop: nothing is released"
    assert f"Coarser: Decade; {words}" in text_of(saved)
    found = FieldProtection.objects.get(field=stages.field("出生日期"))
    assert (found.parameters, found.invalid, found.null) == ({"to": "decade"}, "token", "fail")
    shown = oscar.get(address).content.decode()
    assert '<option value="token" selected>' in shown
    assert '<option value="fail" selected>' in shown
    fields = f"/review/{stages.distribution.pk}/{stages.field('出生日期').pk}/"
    assert words in text_of(oscar.get(fields))

    api = APIClient()
    api.force_authenticate(cast.oscar)
    body = {"operator": "token", "invalid": "fail"}
    answer = api.put(f"/api/v1/protections/{stages.field('身份证号').pk}/", body, format="json").json()
    assert (answer["invalid"], answer["null"], answer["parameters"]) == ("fail", "", {})
    wrong = api.put(f"/api/v1/protections/{stages.field('身份证号').pk}/", {**body, "invalid": "keep"}, format="json")
    assert wrong.status_code == 400
    assert wrong.json()["error"]["fields"]["invalid"]
    refused = oscar.client.post(address, {**said, "invalid": "<script>"})
    assert "Select a valid choice" in text_of(refused)
    assert "<script>" not in refused.content.decode().split("<main")[1]


@pytest.mark.parametrize("operator", ["keep", "drop", "null", "constant", "token"])
def test_a_policy_is_asked_for_only_where_it_means_something(operator: str, cast: Cast, stages: Stages) -> None:
    form = Visitor(cast.oscar).get(f"{rule(stages, '性别')}?operator={operator}").content.decode()
    assert ('name="invalid"' in form) is (operator == "token")
    assert ('name="null"' in form) is (operator in ("keep", "token"))


@pytest.mark.parametrize(
    ("data_type", "typed", "kept", "wrong"),
    [
        ("C", "未知", "未知", ""),
        ("I", "7", 7, "seven"),
        ("B", "0.5", 0.5, "half"),
        ("L", "false", False, "perhaps"),
        ("D", "2026-01-31", "2026-01-31", "yesterday"),
    ],
)
def test_a_constant_is_of_the_columns_type(
    data_type: str, typed: str, kept: object, wrong: str, cast: Cast, stages: Stages
) -> None:
    DataField.objects.filter(pk=stages.field("性别").pk).update(data_type=data_type)
    oscar, address = Visitor(cast.oscar), rule(stages, "性别")
    refused = oscar.client.post(address, {"operator": "constant", "value": wrong})
    assert refused.status_code == 200
    assert not FieldProtection.objects.exists()
    if wrong:
        assert wrong in refused.content.decode() or data_type == "L", "what was typed is still there"
    oscar.follow(oscar.client.post(address, {"operator": "constant", "value": typed}))
    assert stored(stages, "性别") == ("constant", {"value": kept})
    assert oscar.get(address).status_code == 200
    api = APIClient()
    api.force_authenticate(cast.oscar)
    body = {"operator": "constant", "parameters": {"value": "未知"}}
    answer = api.put(f"/api/v1/protections/{stages.field('性别').pk}/", body, format="json")
    assert answer.status_code == (200 if data_type == "C" else 400)
    if data_type != "C":
        assert answer.json()["error"]["code"] == "parameter_invalid"


def test_the_api_answers_a_rule_with_what_should_be_known_of_it(
    cast: Cast, stages: Stages, django_assert_max_num_queries: Any
) -> None:
    api = APIClient()
    api.force_authenticate(cast.oscar)
    (warning,) = api.put(
        f"/api/v1/protections/{stages.field('性别').pk}/", {"operator": "token"}, format="json"
    ).json()["warnings"]
    assert warning["code"] == "frequency_attack"
    assert "性别" in warning["message"]
    assert "%(" not in warning["message"]
    propose_protections(actor=cast.oscar, distribution=stages.distribution)
    with django_assert_max_num_queries(12):
        rows = api.get("/api/v1/protections/?page_size=50").json()["results"]
    told = {row["field"]["name"]: [one["code"] for one in row["warnings"]] for row in rows}
    assert told["性别"] == ["frequency_attack"]
    assert told["区县"] == []


def test_a_confirmed_identifier_cannot_be_kept(cast: Cast, stages: Stages) -> None:
    oscar = Visitor(cast.oscar)
    form = oscar.get(rule(stages, "身份证号"))
    assert "A confirmed direct identifier cannot be kept in the clear." in text_of(form)
    assert "?operator=keep" not in form.content.decode()
    refused = oscar.client.post(rule(stages, "身份证号"), {"operator": "keep"})
    assert "cannot be kept in the clear" in text_of(refused)
    assert not FieldProtection.objects.exists()


def test_only_an_officer_sets_a_rule(cast: Cast, stages: Stages) -> None:
    answer = Visitor(cast.stella).client.post(rule(stages, "性别"), {"operator": "drop"})
    assert "You do not have the role that this needs." in text_of(answer)
    assert not FieldProtection.objects.exists()


def test_a_preview_shows_masked_samples_before_and_after(cast: Cast, stages: Stages) -> None:
    oscar = Visitor(cast.oscar)
    said = {"operator": "generalise", "to": "decade"}
    fragment = oscar.client.post(rule(stages, "出生日期") + "preview/", said)
    assert "<html" not in fragment.content.decode()
    assert re.search(r"197\d-\*\*-\*\* 1970s", text_of(fragment))
    whole = oscar.client.post(rule(stages, "出生日期"), {**said, "preview": "1"})
    assert re.search(r"197\d-\*\*-\*\* 1970s", text_of(whole))
    assert "<html" in whole.content.decode()
    assert not FieldProtection.objects.exists(), "a preview sets nothing"
    dropped = oscar.client.post(rule(stages, "姓名") + "preview/", {"operator": "drop"})
    assert "not there" in text_of(dropped)
    tokens = text_of(oscar.client.post(rule(stages, "身份证号") + "preview/", {"operator": "token"}))
    assert not re.search(r"\d{17}[\dX]", tokens)
    empty = oscar.client.post(rule(stages, "区县") + "preview/", {"operator": "constant", "value": ""})
    assert "Fill in the form" in text_of(empty)
    wrong = oscar.client.post(rule(stages, "区县") + "preview/", {"operator": "🙂"})
    assert "there is no operator" in text_of(wrong)
    denied = Visitor(cast.stella).client.post(rule(stages, "区县") + "preview/", {"operator": "drop"})
    assert "You do not have the role" in text_of(denied)


def test_the_version_moves_with_each_rule(cast: Cast, stages: Stages) -> None:
    oscar = Visitor(cast.oscar)
    for operator in ("keep", "drop"):
        oscar.client.post(rule(stages, "性别"), {"operator": operator})
    assert ProtectionPolicy.objects.get().version == 2
    assert "version 2" in text_of(oscar.get(page(stages)))


def test_targets_fit_the_type_of_a_field() -> None:
    birth = DataField(name="x", entity_type="BIRTH_DATE", data_type="C")
    amount = DataField(name="x", data_type="N")
    text = DataField(name="x", data_type="C")
    assert fitting_targets(birth)[0] == "decade"
    assert fitting_targets(amount)[0] == "range"
    assert fitting_targets(text) == ("prefix", "group")
    with translation.override("en"):
        assert rule_in_words("generalise", {}, birth) == "Coarser: Year", "what the type implies"
        mobile = DataField(name="x", entity_type="CN_MOBILE")
        assert rule_in_words("partial_mask", {}, mobile).startswith("Masked: Mobile")
    assert rule_in_words("no_such", {}, text) == "no_such"


# --- the subject --------------------------------------------------------------------------------------------------------------


def test_the_subject_is_declared(cast: Cast, stages: Stages) -> None:
    oscar, address = Visitor(cast.oscar), page(stages) + "subject/"
    nobody = oscar.client.post(address, {"subject-kind": "none"})
    assert "it cannot be about nobody" in text_of(nobody)
    unnamed = oscar.client.post(address, {"subject-kind": "person"})
    assert "Name the field of this table" in text_of(unnamed)
    assert (
        'value="person" id="id_subject-kind_0" required checked' in unnamed.content.decode()
        or "checked" in unnamed.content.decode()
    )
    hostile = oscar.client.post(address, {"subject-kind": "<script>", "subject-field": "x" * 5000})
    assert hostile.status_code == 200
    before = last_sequence()
    chosen = {"subject-kind": "person", "subject-field": stages.field("身份证号").pk}
    denied = Visitor(cast.stella).client.post(address, chosen)
    assert "You do not have the role" in text_of(denied)
    assert acts_after(before) == []
    done = oscar.follow(oscar.client.post(address, chosen))
    assert "The subject is declared." in text_of(done)
    assert [line[0] for line in acts_after(before)] == ["dataset.subject_declared"]
