"""Rights, fields and grades of a dataset on its pages."""

from __future__ import annotations

from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.utils import timezone

from catalog.datasets.endings import EndingProposal
from catalog.datasets.grading import propose_initial_grade, set_grade
from catalog.datasets.models import Grade, GradeProposal, RightKind, RightsAssignment
from catalog.datasets.rights import record_right
from catalog.ledger.models import LedgerEntry
from tests.cast import Cast
from tests.pages.visiting import Visitor, acts_after, last_sequence, text_of
from tests.stages import Stages

# --- rights, fields, grades -----------------------------------------------------------------------------------------------


def test_a_right_is_recorded_once_and_ended(cast: Cast, stages: Stages) -> None:
    dataset, stella = stages.draft, Visitor(cast.stella)
    path = f"/catalogue/{dataset.pk}/rights/"
    said = {
        "kind": "control",
        "holder": cast.big_data.pk,
        "basis": "苏数〔2025〕2号",
        "valid_from": "2025-01-01",
        "once": "a1",
    }
    start = last_sequence()
    assert stella.post(path, **said, exclusive="on").status_code == 302
    assert stella.post(path, **said, exclusive="on").status_code == 302  # the double click
    assert [action for action, _kind, _details in acts_after(start)] == ["right.recorded"]
    right = RightsAssignment.objects.get(kind=RightKind.CONTROL)
    assert "Big Data Bureau" in text_of(stella.get(path))
    clash = stella.post(path, **{**said, "once": "a2"}, exclusive="on")
    assert "Another record gives this right to somebody" in text_of(clash)
    assert "苏数〔2025〕2号" in clash.content.decode()
    own = RightsAssignment.objects.get(kind=RightKind.OWNERSHIP)
    assert stella.post(f"/rights/{own.pk}/end/").status_code == 302
    assert acts_after(start)[-1][0] == "right.ended"
    assert Visitor(cast.rita).post(f"/rights/{right.pk}/end/").status_code == 404


def test_who_holds_a_right_answers_on_their_page_before_it_ends(cast: Cast, stages: Stages) -> None:
    visits, stella, carl = stages.draft.pk, Visitor(cast.stella), Visitor(cast.carl)
    right = record_right(
        actor=cast.stella,
        dataset=stages.draft,
        kind=RightKind.CONTROL,
        holder=cast.big_data,
        basis="苏数〔2025〕2号",
        valid_from=date(2025, 1, 1),
    )
    assert f"/rights/{right.pk}/end/" in stella.get(f"/catalogue/{visits}/rights/").content.decode()
    assert "a steward or approver there has to agree" in text_of(stella.get(f"/rights/{right.pk}/end/"))
    assert stella.post(f"/rights/{right.pk}/end/", reason=" ").status_code == 200
    too_long = stella.post(f"/rights/{right.pk}/end/", reason="长" * 501)
    assert "长" * 501 in too_long.content.decode()
    asked = stella.follow(stella.post(f"/rights/{right.pk}/end/", reason="委托协议到期"))
    assert "Until somebody there agrees, the right stands" in text_of(asked)
    assert "委托协议到期" in text_of(asked)
    assert "Agree that it ends" not in text_of(asked)
    proposal = EndingProposal.objects.get()
    assert f"/catalogue/{visits}/rights/#endings" in carl.get("/").content.decode()
    page = text_of(carl.get(f"/catalogue/{visits}/rights/"))
    assert "委托协议到期" in page
    assert "Agree that it ends" in page
    assert carl.post(f"/ending-proposals/{proposal.pk}/shrug/").status_code == 404
    assert Visitor(cast.rita).post(f"/ending-proposals/{proposal.pk}/agree/").status_code == 404
    stella.post(f"/ending-proposals/{proposal.pk}/agree/")
    proposal.refresh_from_db()
    assert proposal.accepted is None
    done = carl.follow(carl.post(f"/ending-proposals/{proposal.pk}/agree/"))
    assert "The right has ended" in text_of(done)
    right.refresh_from_db()
    assert right.ended_at is not None


def test_the_time_line_says_the_same_as_its_table(cast: Cast, stages: Stages) -> None:
    dataset = stages.published
    record_right(
        actor=cast.stella,
        dataset=dataset,
        kind=RightKind.USAGE,
        holder=cast.institute,
        basis="协议",
        valid_from=date(2025, 3, 1),
        valid_to=date(2025, 8, 31),
        exclusive=False,
    )
    page = Visitor(cast.stella).get(f"/catalogue/{dataset.pk}/rights/")
    rows = {row.kind: row.bars for row in page.context["timeline"].rows}
    assert [len(rows[kind]) for kind in ("ownership", "control", "usage")] == [1, 0, 1]
    usage = rows["usage"][0]
    assert (usage.x, usage.current) == (f"{100 * 59 / _span(page):.2f}%", False)
    assert "Institute of Public Health" in text_of(page)
    # Who may use it is no business of a stranger to the dataset.
    assert "Institute of Public Health" not in text_of(Visitor(cast.ivan).get(f"/catalogue/{dataset.pk}/rights/"))


def _span(page: Any) -> int:
    """The days that are drawn: from 2025 to the end of the year after a year from now."""
    return (date((timezone.localdate() + timedelta(days=365)).year + 1, 1, 1) - date(2025, 1, 1)).days


def test_columns_are_named_in_words_and_only_changes_are_written(cast: Cast, stages: Stages) -> None:
    dataset, field = stages.draft, stages.field("诊断")
    fields = list(stages.distribution.fields.all())
    said = {f"field-{each.pk}-label": each.label for each in fields}
    said |= {f"field-{each.pk}-data_type": each.data_type for each in fields}
    start = last_sequence()
    stella, path = Visitor(cast.stella), f"/catalogue/{dataset.pk}/fields/"
    wrong = stella.post(path, **{**said, f"field-{field.pk}-label": "长" * 300})
    assert wrong.status_code == 200
    assert "长" * 300 in wrong.content.decode()
    assert last_sequence() == start
    assert stella.post(path, **{**said, f"field-{field.pk}-label": "临床诊断"}).status_code == 302
    assert [(action, details["field"]) for action, _kind, details in acts_after(start)] == [
        ("field.described", field.pk)
    ]
    assert Visitor(cast.oscar).get(path).status_code == 403


def test_the_way_back_stays_on_this_site(cast: Cast, stages: Stages) -> None:
    page = Visitor(cast.stella).get(f"/catalogue/{stages.draft.pk}/fields/?next=https://elsewhere.example/")
    assert 'name="next" value="https' not in page.content.decode()
    assert page.context["back"] == f"/catalogue/{stages.draft.pk}/"


def test_a_lower_grade_waits_for_a_second_person(cast: Cast, stages: Stages) -> None:
    field = stages.field("诊断")
    propose_initial_grade(field=field, grade="general_4", entity_type="DIAGNOSIS", rules="2026.11.1")
    said = {"grade": "general_2", "affected_object": "individual", "impact": "ordinary", "reason": "已聚合"}
    stella = Visitor(cast.stella)
    ground = "Initial grade of the type “Diagnosis” in rule pack 2026.11.1"
    for path in (f"/fields/{field.pk}/grade/", f"/catalogue/{stages.draft.pk}/"):
        page = unescape(stella.get(path).content.decode())
        assert ground in page
        assert "DIAGNOSIS: " not in page
    page = stella.follow(stella.post(f"/fields/{field.pk}/grade/", **said))
    assert "A lower grade needs a second person" in text_of(page)
    proposal = GradeProposal.objects.get()
    dataset = f"/catalogue/{stages.draft.pk}/"
    assert "Accept the lower grade" not in text_of(stella.get(dataset))
    assert "Accept the lower grade" in text_of(Visitor(cast.oscar).get(dataset))
    refused = stella.follow(stella.post(f"/grade-proposals/{proposal.pk}/accept/"))
    assert "A second person decides this." in text_of(refused)
    start = last_sequence()
    Visitor(cast.oscar).post(f"/grade-proposals/{proposal.pk}/accept/")
    assert [action for action, _kind, _details in acts_after(start)] == ["grade.lowered"]
    assert stages.field("诊断").grade == "general_2"
    assert Visitor(cast.oscar).post(f"/grade-proposals/{proposal.pk}/shrug/").status_code == 404


@pytest.mark.parametrize("missing", ["grade", "affected_object", "impact", "reason"])
def test_a_grade_names_object_impact_and_reason(cast: Cast, stages: Stages, missing: str) -> None:
    said = {
        "grade": "general_2",
        "affected_object": "individual",
        "impact": "ordinary",
        "reason": "写过的理由",
        missing: "",
    }
    answer = Visitor(cast.oscar).post(f"/fields/{stages.field('诊断').pk}/grade/", **said)
    assert answer.status_code == 200
    assert "This field is required" in text_of(answer)
    assert missing == "reason" or "写过的理由" in answer.content.decode()
    assert Visitor(cast.amy).get(f"/fields/{stages.field('诊断').pk}/grade/").status_code == 403


def test_the_officer_says_whom_a_row_is_about(cast: Cast, stages: Stages) -> None:
    path = f"/distributions/{stages.distribution.pk}/subject/"
    assert Visitor(cast.stella).get(path).status_code == 403
    oscar = Visitor(cast.oscar)
    assert "Name the field of this table" in text_of(oscar.post(path, kind="person", field=""))
    start = last_sequence()
    assert oscar.post(path, kind="person", field=stages.field("身份证号").pk).status_code == 302
    assert acts_after(start)[0][0] == "dataset.subject_declared"
    assert oscar.post(path, kind="person", field=10**17).status_code == 200


def test_a_grade_of_a_published_dataset_can_be_raised_at_once(cast: Cast, stages: Stages) -> None:
    assert stages.published
    said = {"grade": "important", "affected_object": "economy", "impact": "serious", "reason": "规模"}
    Visitor(cast.oscar).post(f"/fields/{stages.field('诊断').pk}/grade/", **said)
    assert stages.field("诊断").grade == Grade.IMPORTANT
    assert LedgerEntry.objects.filter(action="grade.set").count() == 1


def test_set_grade_through_the_service_and_the_page_write_the_same(cast: Cast, stages: Stages) -> None:
    assert stages.draft
    start = last_sequence()
    words = {"affected_object": "individual", "impact": "serious", "reason": "含敏感个人信息"}
    set_grade(actor=cast.oscar, field=stages.field("诊断"), grade=Grade.GENERAL_3, **words)
    by_service = acts_after(start)
    middle = last_sequence()
    Visitor(cast.oscar).post(f"/fields/{stages.field('姓名').pk}/grade/", grade="general_3", **words)
    by_page = acts_after(middle)
    assert [(action, sorted(details)) for action, _kind, details in by_page] == [
        (action, sorted(details)) for action, _kind, details in by_service
    ]
