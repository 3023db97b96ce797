"""Protection on pages, once it is set: the rules in words, what they warn of, and their effect on the risk."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from rest_framework.test import APIClient

from catalog.datasets.models import DataField, Dataset, Distribution, SubjectKind
from catalog.errors import Blocked, NotPermitted
from catalog.jobs.models import JobState
from privacy.models import FieldProtection
from privacy.pages import protection
from privacy.services import whatif
from privacy.services.effects import cancel_effect, effects_of, request_effect
from privacy.services.protections import set_protection
from privacy.services.whatif import measure_effect
from tests.cast import Cast
from tests.pages.visiting import Visitor, acts_after, last_sequence, text_of
from tests.stages import Stages
from tests.world import kept_files, shared_world


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    """The table with its protection set; made once for this module."""
    with shared_world(django_db_blocker, tmp_path_factory.mktemp("data")) as stages:
        assert stages.ready
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


# --- the table's page -------------------------------------------------------------------------------------------------------


def test_who_only_reads_sees_no_button(cast: Cast, stages: Stages) -> None:
    assert stages.ready
    seen = Visitor(cast.stella).get(page(stages))
    assert seen.status_code == 200
    for word in ("Change", "Measure before and after", "Propose a rule"):
        assert word not in text_of(seen)
    assert "A privacy officer sets the rules." in text_of(Visitor(cast.stella).get(rule(stages, "性别")))
    for stranger in (cast.wendy, cast.rita, cast.audrey):
        visitor = Visitor(stranger)
        for address in (page(stages), rule(stages, "性别")):
            assert visitor.get(address).status_code == 404
        for act in ("propose/", "subject/", "effect/"):
            assert visitor.client.post(page(stages) + act).status_code == 404
        assert visitor.client.post(rule(stages, "性别") + "preview/").status_code == 404
        assert "Outpatient visits" not in text_of(visitor.get("/protection/"))


def test_the_list_is_searched(cast: Cast, stages: Stages) -> None:
    assert stages.ready
    oscar = Visitor(cast.oscar)
    assert "7 of 7" in text_of(oscar.get("/protection/"))
    assert "Outpatient visits" in text_of(oscar.get("/protection/?q=门诊"))
    for words in ("nothing like it", "%00", "<script>", "a" * 5000):
        answer = oscar.get(f"/protection/?q={words}")
        assert answer.status_code == 200
        assert "<script>" not in answer.content.decode().split("</head>")[1]


def test_an_officer_is_warned_of_a_frequency_attack(cast: Cast, stages: Stages) -> None:
    assert stages.ready
    oscar = Visitor(cast.oscar)
    warned = oscar.client.post(rule(stages, "性别") + "preview/", {"operator": "token"})
    assert "how often each token occurs tells which value it stands for" in text_of(warned)
    set_protection(actor=cast.oscar, field=stages.field("性别"), operator="token")
    assert "how often each token occurs" in text_of(oscar.get(page(stages)))


def test_a_source_that_is_gone_is_told_in_words(cast: Cast, stages: Stages) -> None:
    assert stages.ready
    Distribution.objects.update(table="gone")
    oscar = Visitor(cast.oscar)
    preview = text_of(oscar.client.post(rule(stages, "性别") + "preview/", {"operator": "drop"}))
    assert "gone" in preview
    assert "%(" not in preview
    effect = text_of(oscar.client.post(page(stages) + "effect/"))
    assert "gone" in effect
    assert "Smallest class" not in effect


# --- the effect on the risk -----------------------------------------------------------------------------------------------


def test_the_effect_is_measured_before_and_after(cast: Cast, stages: Stages) -> None:
    assert stages.ready
    found = measure_effect(actor=cast.oscar, distribution=stages.distribution)
    assert found.after is not None
    assert (found.rows, found.sampled, found.subject) == (240, False, "身份证号")
    assert found.before.subjects == found.after.subjects == 240
    assert set(found.before.quasi) == {"性别", "出生日期", "区县"}
    assert found.before.k_min < 3 <= found.after.k_min, "generalising the birth date makes the classes"
    assert found.before.uniques > 0 == found.after.uniques
    told = text_of(Visitor(cast.oscar).client.post(page(stages) + "effect/"))
    assert "Measured on 240 rows about 240 people." in told
    assert f"Smallest class (k) {found.before.k_min} {found.after.k_min} better" in told
    assert "Every class holds at least 3 people" in told
    before = last_sequence()
    Visitor(cast.oscar).client.post(page(stages) + "effect/")
    assert acts_after(before) == [], "measuring writes nothing"


def test_rules_that_leave_people_alone_are_told_so(cast: Cast, stages: Stages) -> None:
    assert stages.ready
    set_protection(actor=cast.oscar, field=stages.field("出生日期"), operator="keep")
    told = text_of(Visitor(cast.oscar).client.post(page(stages) + "effect/"))
    assert "Some classes hold fewer than 3 people" in told
    FieldProtection.objects.filter(field__name__in=["性别", "出生日期", "区县"]).delete()
    nothing = measure_effect(actor=cast.oscar, distribution=stages.distribution)
    assert nothing.after is None
    assert "leaves nothing readable" in text_of(Visitor(cast.oscar).client.post(page(stages) + "effect/"))


def test_what_of_a_direct_identifier_stays_readable_counts(cast: Cast, stages: Stages) -> None:
    assert stages.ready
    set_protection(
        actor=cast.oscar, field=stages.field("手机号"), operator="partial_mask", parameters={"preset": "mobile"}
    )
    found = measure_effect(actor=cast.oscar, distribution=stages.distribution)
    assert found.after is not None
    assert "手机号" in found.after.quasi
    assert found.after.k_min == 1


def test_a_person_with_many_rows_counts_once(cast: Cast, stages: Stages) -> None:
    assert stages.ready
    Distribution.objects.update(subject_field=stages.field("诊断"))
    found = measure_effect(actor=cast.oscar, distribution=stages.distribution)
    assert (found.rows, found.before.subjects) == (240, 4)
    Distribution.objects.update(subject_field=None)
    assert measure_effect(actor=cast.oscar, distribution=stages.distribution).before.subjects == 240
    assert "every row counts as a person" in text_of(Visitor(cast.oscar).client.post(page(stages) + "effect/"))


def test_a_large_table_is_measured_on_its_first_rows_and_says_so(
    cast: Cast, stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stages.ready
    found = measure_effect(actor=cast.oscar, distribution=stages.distribution, row_limit=100)
    assert (found.rows, found.sampled) == (100, True)
    whole = measure_effect(actor=cast.oscar, distribution=stages.distribution, row_limit=240)
    assert (whole.rows, whole.sampled) == (240, False)
    monkeypatch.setattr(whatif.measure_effect, "__kwdefaults__", {"row_limit": 100})
    assert "Only the first 100 rows were read." in text_of(Visitor(cast.oscar).client.post(page(stages) + "effect/"))


def test_all_rows_of_a_large_table_are_measured_by_a_worker(
    cast: Cast, stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stages.ready
    oscar, address = Visitor(cast.oscar), page(stages)
    assert "Measure all rows" not in text_of(oscar.get(address)), "its 240 rows are read at once"
    monkeypatch.setattr(protection, "ROW_LIMIT", 100)
    assert "Measure all rows" in text_of(oscar.get(address))
    before = last_sequence()
    asked = text_of(oscar.follow(oscar.client.post(address + "effect/", {"rows": "all"})))
    assert "All rows are being measured. You may leave this page" in asked
    assert "no worker has taken it yet" in asked
    again = text_of(oscar.follow(oscar.client.post(address + "effect/", {"rows": "all"})))
    assert "All rows of this table are already being measured." in again
    assert "HX-Refresh" not in oscar.get(address + "effect/progress/")
    assert "Effect on the risk" in text_of(oscar.get("/jobs/"))
    assert Visitor(cast.wendy).get(address + "effect/progress/").status_code == 404

    assert stages.run_jobs() == [JobState.COMPLETE]
    assert acts_after(before) == [], "measuring writes nothing"
    assert oscar.get(address + "effect/progress/")["HX-Refresh"] == "true"
    told = text_of(oscar.get(address))
    assert "Measured on 240 rows about 240 people." in told
    assert "under version 7 of the rules" in told
    assert "The rules have changed since." not in told
    set_protection(actor=cast.oscar, field=stages.field("诊断"), operator="drop")
    assert "The rules have changed since." in text_of(oscar.get(address))


def test_a_measurement_that_failed_or_is_of_another_time_is_told_or_left_out(cast: Cast, stages: Stages) -> None:
    assert stages.ready
    oscar = Visitor(cast.oscar)
    request_effect(actor=cast.oscar, distribution=stages.distribution)
    Distribution.objects.update(table="gone")
    assert stages.run_jobs() == [JobState.FAILED]
    assert "The rows could not all be measured:" in text_of(oscar.get(page(stages)))
    job = effects_of(stages.distribution).get()
    job.result = {"before": {"of": "another version"}}
    job.save()
    assert "Smallest class" not in text_of(oscar.get(page(stages)))


def test_the_api_measures_all_rows_too(cast: Cast, stages: Stages) -> None:
    assert stages.ready
    address, body = "/api/v1/protections/effect/", {"distribution": stages.distribution.pk}

    def api(user: Any) -> APIClient:
        client = APIClient()
        client.force_authenticate(user)
        return client

    assert api(cast.oscar).get(address, body).status_code == 404
    assert api(cast.oscar).get(address).status_code == 400
    assert api(cast.stella).post(address, body, format="json").status_code == 403
    assert api(cast.rita).get(address, body).status_code == 403
    asked = api(cast.oscar).post(address, body, format="json")
    assert (asked.status_code, asked.json()["state"], asked.json()["before"]) == (202, "queued", None)
    twice = api(cast.oscar).post(address, body, format="json")
    assert (twice.status_code, twice.json()["error"]["code"]) == (409, "effect_underway")
    stages.run_jobs()
    found = api(cast.amy).get(address, body).json()
    assert (found["state"], found["rows"], found["policy_version"]) == ("complete", 240, 7)
    assert found["before"]["k_min"] < 3 <= found["after"]["k_min"]


def test_a_measurement_is_stopped_by_whoever_may_ask_for_one(cast: Cast, stages: Stages) -> None:
    assert stages.ready
    job = request_effect(actor=cast.oscar, distribution=stages.distribution)
    with pytest.raises(NotPermitted):
        cancel_effect(cast.stella, job)
    assert cancel_effect(cast.olga, job).state == JobState.CANCELLED


def test_what_cannot_be_measured_says_why(cast: Cast, stages: Stages) -> None:
    assert stages.ready
    with pytest.raises(NotPermitted):
        measure_effect(actor=cast.stella, distribution=stages.distribution)
    DataField.objects.update(role="none")
    with pytest.raises(Blocked) as without:
        measure_effect(actor=cast.oscar, distribution=stages.distribution)
    assert without.value.code == "quasi_missing"
    Dataset.objects.update(subject_kind=SubjectKind.NONE)
    with pytest.raises(Blocked) as nobody:
        measure_effect(actor=cast.oscar, distribution=stages.distribution)
    assert nobody.value.code == "no_subjects"
    assert "about nobody" in text_of(Visitor(cast.oscar).client.post(page(stages) + "effect/"))


# --- figures ------------------------------------------------------------------------------------------------------------------


def test_protection_pages_ask_a_constant_number_of_questions(
    cast: Cast, stages: Stages, django_assert_max_num_queries: Any
) -> None:
    assert stages.ready
    oscar = Visitor(cast.oscar)
    with django_assert_max_num_queries(34):
        oscar.get(page(stages))
    with django_assert_max_num_queries(14):
        oscar.get(rule(stages, "性别"))
    with django_assert_max_num_queries(10):
        oscar.get("/protection/")
    with django_assert_max_num_queries(34):
        oscar.get(f"/fragments/privacy/{stages.draft.pk}/")
