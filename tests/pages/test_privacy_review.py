"""Reviewing on pages: the queue, the heat map, one card after another, two people where the check digits prove something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from rest_framework.test import APIClient

from catalog.datasets.grading import set_grade
from catalog.datasets.models import Grade
from catalog.people.models import User
from privacy.models import Finding, FindingState
from privacy.pages.evidence import Verdict
from privacy.services.findings import confirm_finding, reject_finding
from tests.cast import Cast
from tests.pages.visiting import Visitor, acts_after, last_sequence, text_of
from tests.stages import Stages
from tests.world import kept_files, shared_world

HOSTILE = ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", "🙂🙂", "\u202eلأمر", '"><img src=x onerror=1>']


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    """The table, scanned; made once for this module."""
    with shared_world(django_db_blocker, tmp_path_factory.mktemp("data")) as stages:
        assert stages.scan
        yield stages


@pytest.fixture
def stages(world: Stages, db: None) -> Iterator[Stages]:
    """The module's world; what a test does to it is undone."""
    with kept_files():
        yield deepcopy(world)


@pytest.fixture
def cast(stages: Stages) -> Cast:
    return stages.cast


def finding_of(stages: Stages, name: str) -> Finding:
    found: Finding = Finding.objects.get(field=stages.field(name))
    return found


def card(stages: Stages, name: str) -> str:
    assert stages.scan
    return f"/review/cards/{finding_of(stages, name).pk}/"


def verdict(**said: str) -> dict[str, str]:
    return {f"verdict-{name}": value for name, value in said.items()}


def correct(visitor: Visitor, stages: Stages, name: str, **said: str) -> Any:
    return visitor.client.post(card(stages, name) + "correct/", verdict(**said))


def reject(visitor: Visitor, stages: Stages, name: str, reason: str, **more: str) -> Any:
    return visitor.client.post(card(stages, name) + "reject/", {"reject-reason": reason, **more})


# --- the queue ------------------------------------------------------------------------------------------------------------


def test_the_queue_tells_what_waits_and_how_much(cast: Cast, stages: Stages) -> None:
    assert stages.scan
    number = Finding.objects.awaiting_review().count()
    page = text_of(Visitor(cast.oscar).get("/review/"))
    assert f"Review {number}" in page
    assert "Outpatient visits" in page
    assert "Columns by what is in them" in page
    assert "Outpatient visits" not in text_of(Visitor(cast.wendy).get("/review/"))
    assert "Everything is decided" in text_of(Visitor(cast.rita).get("/review/"))
    stages.review()
    assert "Tables in which all is decided 1" in text_of(Visitor(cast.oscar).get("/review/"))


def test_the_queue_counts_what_i_asked_a_second_person_for(cast: Cast, stages: Stages) -> None:
    assert stages.scan
    for finding in Finding.objects.exclude(field=stages.field("身份证号")):
        confirm_finding(actor=cast.oscar, finding=finding)
    reject_finding(actor=cast.oscar, finding=finding_of(stages, "身份证号"), reason="测试号码")
    mine = text_of(Visitor(cast.oscar).get("/review/"))
    assert "asked by you: 1" in mine
    assert "waits for another officer" in mine
    assert "waits for another officer" not in text_of(Visitor(cast.olga).get("/review/"))
    start = f"/review/{stages.distribution.pk}/next/"
    assert Visitor(cast.oscar).get(start).url == f"/review/{stages.distribution.pk}/"
    assert Visitor(cast.olga).get(start).url == card(stages, "身份证号")


# --- the heat map -----------------------------------------------------------------------------------------------------------


def test_the_heat_map_says_in_words_what_its_colours_say(cast: Cast, stages: Stages) -> None:
    assert stages.scan
    answer = Visitor(cast.oscar).get(f"/review/{stages.distribution.pk}/")
    page, html = text_of(answer), answer.content.decode()
    assert "nothing can be released from this table" in page
    row = re.search(r"身份证号.*?</tr>", html, re.DOTALL)
    assert row is not None
    assert "heat-4" in row[0]
    assert "Direct identifier" in row[0]
    assert "Resident ID number" in row[0]
    assert "Undecided" in row[0]
    assert '<th scope="row"' in html
    for stranger in (cast.rita, cast.wendy, cast.audrey):
        assert Visitor(stranger).get(f"/review/{stages.distribution.pk}/").status_code == 404
    assert "Review one by one" not in text_of(Visitor(cast.stella).get(f"/review/{stages.distribution.pk}/"))
    stages.review()
    done = text_of(Visitor(cast.oscar).get(f"/review/{stages.distribution.pk}/"))
    assert "Every finding of this table is decided." in done


def test_what_a_scan_only_saw_in_some_rows_asks_for_a_word(cast: Cast, stages: Stages) -> None:
    scan = stages.scan
    Finding.objects.filter(field=stages.field("诊断")).delete()
    column = next(column for column in scan.columns if column["name"] == "诊断")
    column["other_types"], column["entity_type"] = [{"entity_type": "PERSON", "rows": 3}], None
    scan.save()
    page = text_of(Visitor(cast.oscar).get(f"/review/{stages.distribution.pk}/"))
    assert "Columns that mention somebody in some rows: 1" in page
    assert "Mentions : Person name in 3 rows" in page or "Mentions: Person name in 3 rows" in page
    of_column = text_of(Visitor(cast.oscar).get(f"/review/{stages.distribution.pk}/{stages.field('诊断').pk}/"))
    assert "Person name in 3 rows" in of_column


# --- one card after another ---------------------------------------------------------------------------------------------


def test_a_card_shows_masked_evidence_in_words(cast: Cast, stages: Stages) -> None:
    page = text_of(Visitor(cast.oscar).get(card(stages, "身份证号")))
    assert "Resident ID number" in page
    assert "Very likely" in page
    assert "100% of the values are of this kind: 240 of 240." in page
    assert re.search(
        r"Check digits are right in \d+(\.\d)?% of 240 values: \d+\.\d times as often as luck would have it", page
    )
    assert "The check digits are proof: to reject the finding takes two people." in page
    assert "The column's name says so: “身份证" in page
    assert "240 rows were read, 240 of them with a value." in page
    assert "The same table holds: " in page
    assert re.search(r"320\*+", page), "examples are masked"
    assert not re.search(r"\d{17}[\dX]", page)
    assert "居民身份证号" in text_of(Visitor(cast.oscar, language="zh-hans").get(card(stages, "身份证号")))
    for key in ("c", "e", "x", "n"):
        assert f'data-key="{key}"' in Visitor(cast.oscar).get(card(stages, "姓名")).content.decode()


def test_confirming_goes_on_to_the_next_and_leaves_the_line_of_the_api(cast: Cast, stages: Stages) -> None:
    oscar, first = Visitor(cast.oscar), card(stages, "身份证号")
    before = last_sequence()
    answer: Any = oscar.client.post(first + "confirm/")
    assert answer.url == card(stages, "姓名")
    by_page = acts_after(before)
    assert "身份证号: confirmed." in text_of(oscar.follow(answer))
    before = last_sequence()
    api = APIClient()
    api.force_authenticate(cast.oscar)
    assert api.post(f"/api/v1/findings/{finding_of(stages, '姓名').pk}/confirm/").status_code == 200
    by_api = acts_after(before)
    assert [(line[0], line[1], set(line[2])) for line in by_page] == [
        (line[0], line[1], set(line[2])) for line in by_api
    ]


def test_after_the_last_finding_the_table_is_shown(cast: Cast, stages: Stages) -> None:
    assert stages.scan
    oscar = Visitor(cast.oscar)
    waiting = list(Finding.objects.awaiting_review().order_by("field__position"))
    for finding, following in zip(waiting, [*waiting[1:], None], strict=True):
        answer: Any = oscar.client.post(f"/review/cards/{finding.pk}/confirm/")
        after = f"/review/cards/{following.pk}/" if following else f"/review/{stages.distribution.pk}/"
        assert answer.url == after
    assert not Finding.objects.awaiting_review().exists()


def test_a_finding_confirmed_twice_says_so(cast: Cast, stages: Stages) -> None:
    oscar = Visitor(cast.oscar)
    oscar.client.post(card(stages, "姓名") + "confirm/")
    again = oscar.client.post(card(stages, "姓名") + "confirm/")
    assert "cannot be done in the present state" in text_of(oscar.follow(again))


def test_a_correction_needs_a_role_and_a_reason_and_keeps_what_was_typed(cast: Cast, stages: Stages) -> None:
    oscar = Visitor(cast.oscar)
    answer = correct(oscar, stages, "性别", entity_type="AGE", role="", reason="其实是年龄段")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "Choose direct, quasi, sensitive or none." in text_of(answer)
    assert "其实是年龄段" in page
    assert '<option value="AGE" selected>' in page
    assert "<details data-first-field open>" in page
    assert answer["HX-Push-Url"] == card(stages, "性别")
    assert finding_of(stages, "性别").state == FindingState.PROPOSED

    before = last_sequence()
    done = correct(oscar, stages, "性别", entity_type="AGE", role="quasi", reason="其实是年龄段")
    assert done.status_code == 302
    assert [line[0] for line in acts_after(before)] == ["finding.corrected"]
    corrected = text_of(oscar.get(card(stages, "性别")))
    assert "The scanner took it for: Sex" in corrected
    assert "“其实是年龄段”" in corrected


@pytest.mark.parametrize("typed", HOSTILE)
def test_hostile_reasons_are_text(typed: str, cast: Cast, stages: Stages) -> None:
    oscar = Visitor(cast.oscar)
    wrong = correct(oscar, stages, "性别", entity_type="<script>", role="🙂", reason=typed)
    assert wrong.status_code == 200
    assert "<script>alert" not in wrong.content.decode()
    assert "<img" not in wrong.content.decode().replace('<img src="/static', "")
    assert reject(oscar, stages, "性别", typed).status_code == 302
    shown = oscar.get(card(stages, "性别")).content.decode()
    assert "<script>alert" not in shown
    assert finding_of(stages, "性别").reason == typed


def test_a_reason_that_is_empty_or_too_long_is_refused_in_words(cast: Cast, stages: Stages) -> None:
    oscar = Visitor(cast.oscar)
    assert "Say why." in text_of(reject(oscar, stages, "姓名", "   "))
    long = reject(oscar, stages, "姓名", "长" * 10_000)
    assert long.status_code == 200
    assert "500" in text_of(long)
    assert "长" * 10_000 in long.content.decode(), "what was typed stays"
    assert "Say why." in text_of(reject(oscar, stages, "姓名", "", then="column"))
    assert finding_of(stages, "姓名").state == FindingState.PROPOSED


def test_only_the_officers_of_the_department_decide(cast: Cast, stages: Stages) -> None:
    address, before = card(stages, "姓名"), last_sequence()
    for reader in (cast.stella, cast.amy):
        visitor = Visitor(reader)
        assert "A privacy officer decides this." in text_of(visitor.get(address))
        answer = visitor.client.post(address + "confirm/")
        assert "You do not have the role that this needs." in text_of(visitor.follow(answer))
        assert "You do not have the role" in text_of(reject(visitor, stages, "姓名", "无"))
    for stranger in (cast.wendy, cast.rita, cast.fiona, cast.audrey):
        assert Visitor(stranger).get(address).status_code == 404
        for act in ("confirm", "correct", "reject", "agree", "keep"):
            assert Visitor(stranger).client.post(f"{address}{act}/").status_code == 404
    assert acts_after(before) == []


def test_an_acts_address_without_a_form_leads_back_to_the_card(cast: Cast, stages: Stages) -> None:
    for act in ("confirm", "correct", "reject", "agree", "keep"):
        assert Visitor(cast.oscar).get(f"{card(stages, '姓名')}{act}/").url == card(stages, "姓名")
    assert Visitor().get(card(stages, "姓名") + "reject/").url.startswith("/accounts/sign-in/")


# --- two people ---------------------------------------------------------------------------------------------------------------


def test_what_check_digits_prove_takes_two_people(cast: Cast, stages: Stages) -> None:
    oscar, olga = Visitor(cast.oscar), Visitor(cast.olga)
    before = last_sequence()
    asked = oscar.follow(reject(oscar, stages, "身份证号", "测试环境的号码"))
    assert "a second privacy officer has to say the same" in text_of(asked)
    assert [line[0] for line in acts_after(before)] == ["finding.second_person_asked"]

    mine = text_of(oscar.get(card(stages, "身份证号")))
    assert "Oscar asked: nothing personal" in mine
    assert "“测试环境的号码”" in mine
    assert "You asked for this yourself" in mine
    assert "I say the same" not in mine
    refused = oscar.client.post(card(stages, "身份证号") + "agree/")
    assert "You asked for this; a second privacy officer decides it." in text_of(oscar.follow(refused))
    assert finding_of(stages, "身份证号").pending_state == "rejected"

    assert "I say the same" in text_of(olga.get(card(stages, "身份证号")))
    assert "I say the same" not in text_of(Visitor(cast.stella).get(card(stages, "身份证号")))
    before = last_sequence()
    olga.client.post(card(stages, "身份证号") + "agree/")
    line = acts_after(before)[0]
    assert (line[0], line[2]["first_person"]) == ("finding.rejected", cast.oscar.pk)
    again = olga.follow(olga.client.post(card(stages, "身份证号") + "agree/"))
    assert "Nobody waits for a second person here any more." in text_of(again)


def test_the_second_person_may_say_no_and_the_first_may_take_it_back(cast: Cast, stages: Stages) -> None:
    oscar, olga = Visitor(cast.oscar), Visitor(cast.olga)
    correct(oscar, stages, "身份证号", entity_type="", role="quasi", reason="只是编号")
    assert finding_of(stages, "身份证号").pending_role == "quasi"
    olga.client.post(card(stages, "身份证号") + "keep/")
    kept = finding_of(stages, "身份证号")
    assert (kept.state, kept.role, kept.pending_state) == ("confirmed", "direct", "")

    reject(oscar, stages, "身份证号", "测试号码")
    assert "Take it back" in text_of(oscar.get(card(stages, "身份证号")))
    oscar.client.post(card(stages, "身份证号") + "keep/")
    kept = finding_of(stages, "身份证号")
    assert (kept.role, kept.pending_state) == ("direct", "")


# --- by hand, and the column's own page -----------------------------------------------------------------------------------------


def declare(visitor: Visitor, stages: Stages, **said: Any) -> Any:
    values = {f"declare-{name}": value for name, value in said.items()}
    return visitor.client.post(f"/review/{stages.distribution.pk}/declare/", values)


def test_a_column_is_declared_by_hand(cast: Cast, stages: Stages) -> None:
    assert stages.scan
    field = stages.field("区县")
    Finding.objects.filter(field=field).delete()
    oscar = Visitor(cast.oscar)
    address = f"/review/{stages.distribution.pk}/declare/?field={field.pk}"
    assert f'value="{field.pk}" selected' in oscar.get(address).content.decode()
    wrong = declare(oscar, stages, field=field.pk, entity_type="REGION", role="quasi", reason="")
    assert "Say why." in text_of(wrong)
    assert '<option value="REGION" selected>' in wrong.content.decode()
    taken = declare(oscar, stages, field=stages.field("姓名").pk, role="quasi", reason="核对")
    assert "has a finding already" in text_of(taken)
    before = last_sequence()
    done = oscar.follow(declare(oscar, stages, field=field.pk, entity_type="REGION", role="quasi", reason="居住地"))
    assert "区县: declared." in text_of(done)
    assert "said by a person" in text_of(done)
    assert [line[0] for line in acts_after(before)] == ["finding.corrected"]
    stella = Visitor(cast.stella)
    assert "A privacy officer declares" in text_of(stella.get(f"/review/{stages.distribution.pk}/declare/"))
    assert Visitor(cast.wendy).get(f"/review/{stages.distribution.pk}/declare/").status_code == 404


def test_a_columns_page_tells_its_evidence_its_history_and_its_rule(cast: Cast, stages: Stages) -> None:
    assert stages.ready
    address = f"/review/{stages.distribution.pk}/{stages.field('身份证号').pk}/"
    page = text_of(Visitor(cast.oscar).get(address))
    assert "Keyed token" in page
    assert re.search(r"Oscar confirmed (a|the) finding", page)
    assert "Decided by Oscar" in page
    assert Visitor(cast.amy).get(address).status_code == 200
    for stranger in (cast.wendy, cast.rita):
        assert Visitor(stranger).get(address).status_code == 404
    assert Visitor(cast.oscar).get(f"/review/{stages.distribution.pk}/999999/").status_code == 404


def test_a_columns_history_tells_who_decided_what_and_why(cast: Cast, stages: Stages) -> None:
    assert stages.scan
    oscar, olga = Visitor(cast.oscar), Visitor(cast.olga)
    reject(oscar, stages, "身份证号", "系统生成的测试号码")
    reject(olga, stages, "身份证号", "与信息中心核对过")
    correct(oscar, stages, "身份证号", entity_type="CN_RESIDENT_ID", role="direct", reason="第三季度起是真实号码")
    column = f"/review/{stages.distribution.pk}/{stages.field('身份证号').pk}/"
    page = text_of(Visitor(cast.stella).get(column)).partition("History")[2]
    told = [page.index(words) for words in ("系统生成的测试号码", "与信息中心核对过", "第三季度起是真实号码")]
    assert told == sorted(told), "the oldest first, and none of them lost"
    for words in ("Oscar", "Olga", "Resident ID"):
        assert words in page
    set_grade(
        actor=cast.stella,
        field=stages.field("身份证号"),
        grade=Grade.IMPORTANT,
        affected_object="individual",
        impact="serious",
        reason="汇总后涉及全市人口",
    )
    graded = text_of(oscar.get(column))
    assert "汇总后涉及全市人口" in graded
    assert "Important data" in graded.partition("History")[2]


def test_the_grade_a_rule_pack_gave_is_explained_in_words(cast: Cast, stages: Stages) -> None:
    stages.review()
    page = text_of(Visitor(cast.oscar).get(f"/review/{stages.distribution.pk}/{stages.field('身份证号').pk}/"))
    assert "Initial grade of the type “Resident ID number” in rule pack" in page
    assert "CN_RESIDENT_ID: " not in page


def test_a_decision_is_changed_from_the_columns_page(cast: Cast, stages: Stages) -> None:
    stages.review()
    oscar = Visitor(cast.oscar)
    column = f"/review/{stages.distribution.pk}/{stages.field('性别').pk}/"
    answer: Any = oscar.client.post(card(stages, "性别") + "reject/", {"reject-reason": "代码表", "then": "column"})
    assert answer.url == column
    assert "Nothing personal" in text_of(oscar.follow(answer))


@pytest.mark.parametrize("name", ["身份证号", "诊断"])
def test_review_pages_ask_a_constant_number_of_questions(
    name: str, cast: Cast, stages: Stages, django_assert_max_num_queries: Any
) -> None:
    address = card(stages, name)
    oscar = Visitor(cast.oscar)
    with django_assert_max_num_queries(14):
        oscar.get(address)
    with django_assert_max_num_queries(16):
        oscar.get(f"/review/{stages.distribution.pk}/")
    with django_assert_max_num_queries(16):
        oscar.get("/review/")
    with django_assert_max_num_queries(24):
        oscar.get(f"/review/{stages.distribution.pk}/{stages.field(name).pk}/")


# --- the words of evidence ---------------------------------------------------------------------------------------------------


def told(**evidence: Any) -> list[tuple[str, str]]:
    counts = {"rows": 1000, "cells": 1000, "matched": 300, "distinct": 30, **evidence.pop("counts", {})}
    found = Verdict(
        name="x",
        entity_type=evidence.pop("entity_type", "CN_RESIDENT_ID"),
        role="direct",
        likelihood="possible",
        counts=counts,
        evidence={"best_type": "CN_RESIDENT_ID", "distinct_rate": 0.03, **evidence},
        checksum_proven=evidence.pop("proven", False),
    )
    return [(reason.text, reason.weight) for reason in found.reasons]


def test_evidence_against_a_finding_is_told_too(db: None) -> None:
    reasons = told(
        shape_rate=1.0,
        checksum_rate=0.09,
        checksum_lift=0.99,
        counter_name=1.0,
        notes=["checksum_unverified", "dates_in_few_years", "unheard_of"],
        counts={"nulls": 10, "text_unread": 7, "checksum_checked": 990},
    )
    texts = dict(reasons)
    assert texts["30% of the values are of this kind: 300 of 1,000."] == "neutral"
    assert texts["100% have its form."] == "for"
    assert (
        texts["Check digits are right in 9% of 990 values: 1.0 times as often as luck would have it (9%)."] == "against"
    )
    assert "unverified" in next(text for text in texts if "only as often as luck has it" in text)
    assert texts["The column's name speaks of something that is not personal."] == "against"
    assert texts["The dates inside the numbers lie in few years, as in case numbers."] == "against"
    assert texts["7 texts were not read for names."] == "against"
    assert "10 cells are empty (1%)." in texts
    assert "Few different values: 30." in texts


def test_a_share_is_never_rounded_to_all_or_nothing(db: None) -> None:
    shares = [text for text, _weight in told(counts={"matched": 9_999, "cells": 10_000})]
    assert "99.9% of the values are of this kind: 9,999 of 10,000." in shares
    few = [text for text, _weight in told(counts={"matched": 1, "cells": 1_000_000})]
    assert "<0.1% of the values are of this kind: 1 of 1,000,000." in few


def test_a_user_without_a_role_sees_an_empty_queue(cast: Cast, stages: Stages) -> None:
    assert stages.scan
    nobody = User.objects.create(username="nobody")
    assert "Everything is decided" in text_of(Visitor(nobody).get("/review/"))
