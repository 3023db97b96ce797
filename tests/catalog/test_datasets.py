"""The life of a catalogue record: who may do what to it, in which state, and what it must say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from catalog.datasets.models import DataField, Dataset, DatasetState, DatasetVersion, RightKind, SubjectKind
from catalog.datasets.rights import record_right
from catalog.datasets.services import (
    declare_subject,
    describe_field,
    edit_dataset,
    publish_dataset,
    register_dataset,
    retire_dataset,
    return_dataset,
    submit_dataset,
    suspend_dataset,
)
from catalog.errors import Blocked, InvalidInput, NotPermitted, StaleVersion, WrongState
from catalog.ledger.models import LedgerEntry
from catalog.people.models import Role
from catalog.people.services import grant_role
from tests.cast import Cast
from tests.stages import RECORD, Stages
from tests.world import last_line

pytestmark = pytest.mark.django_db


def _register(cast: Cast, **changes: Any) -> Dataset:
    return register_dataset(actor=cast.stella, provider=cast.health, values={**RECORD, **changes})


def _again(dataset: Dataset) -> Dataset:
    found: Dataset = Dataset.objects.get(pk=dataset.pk)
    return found


def _lines(dataset: Dataset) -> list[str]:
    return [line.action for line in LedgerEntry.objects.about(dataset)]


# --- registering ----------------------------------------------------------------------------------------------------------


def test_a_steward_registers_a_draft_under_the_next_code_of_its_category(cast: Cast) -> None:
    first, second = _register(cast), _register(cast, title="住院记录")
    assert (first.state, first.code, second.code) == (DatasetState.DRAFT, "3/05/01/00001", "3/05/01/00002")
    assert first.created_by == cast.stella
    assert _lines(first) == ["dataset.registered"]


@pytest.mark.parametrize("name", ["oscar", "amy", "fiona", "audrey", "rita", "adam", "wendy"])
def test_nobody_but_a_steward_of_the_provider_registers_its_data(cast: Cast, name: str) -> None:
    with pytest.raises(NotPermitted):
        register_dataset(actor=getattr(cast, name), provider=cast.health, values=RECORD)
    assert not Dataset.objects.exists()


def test_a_draft_is_seen_by_those_who_work_on_it_and_by_auditors_only(cast: Cast) -> None:
    draft = _register(cast)
    for person in (cast.stella, cast.stefan, cast.oscar, cast.amy, cast.fiona, cast.audrey):
        assert draft in Dataset.objects.visible_to(person)
    for person in (cast.rita, cast.ivan, cast.wendy, cast.carl, cast.adam):
        assert draft not in Dataset.objects.visible_to(person)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "题" * 201}, "title"),
        ({"abstract": ""}, "abstract"),
        ({"category": ""}, "category"),
        ({"share_type": "sometimes"}, "share_type"),
        ({"update_cycle": "hourly"}, "update_cycle"),
        ({"keywords": ["x" * 41]}, "keywords"),
        ({"keywords": ["词"] * 31}, "keywords"),
        ({"keywords": "门诊"}, "keywords"),
        ({"keywords": [7]}, "keywords"),
        ({"share_condition": " \n"}, "share_condition"),
        ({"share_type": "withheld"}, "share_citation"),
        ({"share_type": "withheld", "share_citation": "  "}, "share_citation"),
        (
            {"share_type": "withheld", "share_citation": "传染病防治法第 12 条", "open_to_public": True},
            "open_to_public",
        ),
    ],
)
def test_a_record_that_breaks_a_rule_is_refused_by_the_name_of_its_field(
    cast: Cast, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        _register(cast, **changes)
    assert field in refused.value.fields
    assert not Dataset.objects.exists()
    assert not LedgerEntry.objects.filter(action="dataset.registered").exists()


def test_conditional_and_withheld_sharing_are_registered_with_their_ground(cast: Cast) -> None:
    assert _register(cast, share_type="conditional", share_condition="用于研究").pk
    assert _register(cast, share_type="withheld", share_citation="传染病防治法第 12 条", share_condition="").pk
    assert _register(cast, share_type="unconditional", share_condition="").pk


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"share_condition": ""}, "dataset_conditional_names_its_condition"),
        ({"share_type": "withheld"}, "dataset_withheld_cites_its_ground"),
    ],
)
def test_the_database_too_refuses_a_share_type_without_its_ground(
    cast: Cast, changes: dict[str, Any], constraint: str
) -> None:
    dataset = _register(cast)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Dataset.objects.filter(pk=dataset.pk).update(**changes)


def test_a_code_is_taken_once(cast: Cast) -> None:
    _register(cast, code="3/05/01/00042")
    with pytest.raises(InvalidInput) as refused:
        _register(cast, code="3/05/01/00042")
    assert "code" in refused.value.fields
    assert _register(cast).code == "3/05/01/00043"


# --- editing --------------------------------------------------------------------------------------------------------------


def test_a_steward_edits_a_draft_and_the_ledger_names_the_fields_not_their_content(cast: Cast) -> None:
    draft = _register(cast)
    edited = edit_dataset(actor=cast.stefan, dataset=draft, revision=1, values={"title": "门诊记录", "theme": "health"})
    assert (_again(edited).title, edited.revision) == ("门诊记录", 2)
    assert last_line(draft).details == {"fields": ["title"], "revision": 2}


def test_nobody_else_edits_it(cast: Cast) -> None:
    draft = _register(cast)
    for person in (cast.oscar, cast.amy, cast.wendy, cast.rita, cast.adam):
        with pytest.raises(NotPermitted):
            edit_dataset(actor=person, dataset=draft, revision=1, values={"title": "x"})
    assert _again(draft).title == RECORD["title"]


def test_of_two_editors_the_second_is_told_that_the_record_changed(cast: Cast) -> None:
    draft = _register(cast)
    edit_dataset(actor=cast.stella, dataset=draft, revision=1, values={"title": "甲"})
    with pytest.raises(StaleVersion):
        edit_dataset(actor=cast.stefan, dataset=draft, revision=1, values={"title": "乙"})
    assert _again(draft).title == "甲"


def test_an_edit_that_breaks_a_rule_changes_nothing(cast: Cast) -> None:
    draft = _register(cast)
    with pytest.raises(InvalidInput):
        edit_dataset(actor=cast.stella, dataset=draft, revision=1, values={"title": "", "theme": "transport"})
    assert (_again(draft).theme, _again(draft).revision) == ("health", 1)


def test_an_edit_writes_nothing_but_the_record(cast: Cast) -> None:
    draft = _register(cast)
    edit_dataset(
        actor=cast.stella,
        dataset=draft,
        revision=1,
        values={"title": "甲", "state": "published", "provider": cast.water, "reviewed_by": cast.stefan},
    )
    assert (_again(draft).state, _again(draft).provider, _again(draft).reviewed_by) == ("draft", cast.health, None)


def test_what_is_submitted_or_published_is_not_edited(stages: Stages, cast: Cast) -> None:
    submitted = submit_dataset(actor=cast.stella, dataset=stages.draft)
    with pytest.raises(WrongState):
        edit_dataset(actor=cast.stella, dataset=submitted, revision=submitted.revision, values={"title": "x"})
    published = publish_dataset(actor=cast.stefan, dataset=submitted)
    with pytest.raises(WrongState):
        edit_dataset(actor=cast.stella, dataset=published, revision=published.revision, values={"title": "x"})


# --- submitting, reviewing, publishing ------------------------------------------------------------------------------------


def test_a_draft_without_a_table_is_not_submitted(cast: Cast) -> None:
    with pytest.raises(Blocked) as refused:
        submit_dataset(actor=cast.stella, dataset=_register(cast))
    assert refused.value.code == "no_distribution"


def test_a_draft_without_an_owner_is_not_submitted(stages: Stages, cast: Cast) -> None:
    stages.draft.rights.all().delete()
    with pytest.raises(Blocked) as refused:
        submit_dataset(actor=cast.stella, dataset=stages.draft)
    assert refused.value.code == "no_owner"


def test_a_complete_draft_is_submitted_by_a_steward_only(stages: Stages, cast: Cast) -> None:
    for person in (cast.oscar, cast.amy, cast.wendy, cast.adam):
        with pytest.raises(NotPermitted):
            submit_dataset(actor=person, dataset=stages.draft)
    submitted = submit_dataset(actor=cast.stella, dataset=stages.draft)
    assert (_again(submitted).state, submitted.submitted_by) == (DatasetState.SUBMITTED, cast.stella)


@pytest.mark.parametrize("name", ["stefan", "amy"])
def test_another_steward_or_the_approver_publishes(stages: Stages, cast: Cast, name: str) -> None:
    submit_dataset(actor=cast.stella, dataset=stages.draft)
    published = _again(publish_dataset(actor=getattr(cast, name), dataset=stages.draft))
    assert (published.state, published.reviewed_by) == (DatasetState.PUBLISHED, getattr(cast, name))
    assert published.issued is not None
    assert _lines(published)[-1] == "dataset.published"
    assert published in Dataset.objects.visible_to(cast.rita)
    assert published in Dataset.objects.visible_to(cast.wendy)


def test_the_author_does_not_review_their_own_record(stages: Stages, cast: Cast) -> None:
    submit_dataset(actor=cast.stella, dataset=stages.draft)
    with pytest.raises(NotPermitted):
        publish_dataset(actor=cast.stella, dataset=stages.draft)


def test_who_wrote_it_does_not_review_it_when_a_colleague_submitted_it(stages: Stages, cast: Cast) -> None:
    submit_dataset(actor=cast.stefan, dataset=stages.draft)
    for author in (cast.stella, cast.stefan):
        with pytest.raises(NotPermitted):
            publish_dataset(actor=author, dataset=stages.draft)


def test_the_database_too_refuses_a_review_by_the_author(stages: Stages, cast: Cast) -> None:
    submit_dataset(actor=cast.stella, dataset=stages.draft)
    with pytest.raises(IntegrityError, match="dataset_published_was_reviewed_by_another"), transaction.atomic():
        Dataset.objects.filter(pk=stages.draft.pk).update(state="published", reviewed_by=cast.stella)
    with pytest.raises(IntegrityError, match="dataset_published_was_reviewed_by_another"), transaction.atomic():
        Dataset.objects.filter(pk=stages.draft.pk).update(state="published")


def test_others_do_not_publish(stages: Stages, cast: Cast) -> None:
    submit_dataset(actor=cast.stella, dataset=stages.draft)
    for person in (cast.oscar, cast.fiona, cast.carl, cast.wendy, cast.adam, cast.rita):
        with pytest.raises(NotPermitted):
            publish_dataset(actor=person, dataset=stages.draft)
    assert _again(stages.draft).state == DatasetState.SUBMITTED


def test_a_reviewer_returns_a_record_with_a_reason(stages: Stages, cast: Cast) -> None:
    submit_dataset(actor=cast.stella, dataset=stages.draft)
    with pytest.raises(InvalidInput):
        return_dataset(actor=cast.stefan, dataset=stages.draft, reason="  ")
    with pytest.raises(NotPermitted):
        return_dataset(actor=cast.oscar, dataset=stages.draft, reason="摘要太短")
    returned = return_dataset(actor=cast.stefan, dataset=stages.draft, reason="摘要太短")
    assert _again(returned).state == DatasetState.DRAFT
    submit_dataset(actor=cast.stella, dataset=returned)


def test_each_publishing_keeps_a_version_of_what_the_record_said(stages: Stages, cast: Cast) -> None:
    published = stages.published
    suspend_dataset(actor=cast.oscar, dataset=published, reason="更正")
    edited = edit_dataset(
        actor=cast.stella, dataset=published, revision=_again(published).revision, values={"title": "门诊记录"}
    )
    submit_dataset(actor=cast.stella, dataset=edited)
    publish_dataset(actor=cast.amy, dataset=edited)
    second, first = DatasetVersion.objects.filter(dataset=published)
    assert (first.number, second.number) == (1, 2)
    assert (first.record["title"], second.record["title"]) == ("门诊就诊记录", "门诊记录")
    assert first.digest != second.digest
    assert (first.published_by, second.published_by) == (cast.stefan, cast.amy)
    line = last_line(published)
    assert line.details == {"version": 2, "digest": second.digest}


def test_a_version_holds_the_provider_the_rights_and_the_fields(stages: Stages) -> None:
    record = DatasetVersion.objects.get(dataset=stages.published).record
    assert record["provider"]["name"] == "卫生健康委员会"
    assert [(right["kind"], right["basis"]) for right in record["rights"]] == [("ownership", "苏政发〔2025〕1号")]
    assert [field["name"] for field in record["distributions"][0]["fields"]][:2] == ["身份证号", "姓名"]


# --- suspending and retiring ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["stella", "oscar"])
def test_a_steward_or_the_privacy_officer_suspends(stages: Stages, cast: Cast, name: str) -> None:
    suspended = suspend_dataset(actor=getattr(cast, name), dataset=stages.published, reason="发现问题")
    assert _again(suspended).state == DatasetState.SUSPENDED
    assert suspended in Dataset.objects.visible_to(cast.rita)
    assert suspended not in Dataset.objects.published()


def test_others_do_not_suspend_or_retire(stages: Stages, cast: Cast) -> None:
    for person in (cast.amy, cast.fiona, cast.wendy, cast.rita, cast.adam):
        with pytest.raises(NotPermitted):
            suspend_dataset(actor=person, dataset=stages.published, reason="x")
        with pytest.raises(NotPermitted):
            retire_dataset(actor=person, dataset=stages.published, reason="x")
    with pytest.raises(NotPermitted):
        retire_dataset(actor=cast.oscar, dataset=stages.published, reason="x")


def test_a_retired_dataset_leaves_the_catalogue_for_good_and_keeps_its_history(stages: Stages, cast: Cast) -> None:
    retired = retire_dataset(actor=cast.stella, dataset=stages.published, reason="停用")
    assert _again(retired).state == DatasetState.RETIRED
    assert retired not in Dataset.objects.visible_to(cast.rita)
    assert retired in Dataset.objects.visible_to(cast.stella)
    assert DatasetVersion.objects.filter(dataset=retired).exists()
    for act in _ACTS.values():
        with pytest.raises(WrongState):
            act(cast, retired)


_ACTS: dict[str, Callable[[Cast, Dataset], object]] = {
    "submit": lambda cast, dataset: submit_dataset(actor=cast.stella, dataset=dataset),
    "return": lambda cast, dataset: return_dataset(actor=cast.stefan, dataset=dataset, reason="x"),
    "publish": lambda cast, dataset: publish_dataset(actor=cast.stefan, dataset=dataset),
    "suspend": lambda cast, dataset: suspend_dataset(actor=cast.stella, dataset=dataset, reason="x"),
    "retire": lambda cast, dataset: retire_dataset(actor=cast.stella, dataset=dataset, reason="x"),
    "edit": lambda cast, dataset: edit_dataset(
        actor=cast.stella, dataset=dataset, revision=_again(dataset).revision, values={"title": "x"}
    ),
}


@pytest.mark.parametrize(
    ("state", "refused"),
    [
        ("draft", ["return", "publish", "suspend"]),
        ("submitted", ["submit", "suspend", "retire", "edit"]),
        ("published", ["submit", "return", "publish", "edit"]),
        ("suspended", ["return", "publish", "suspend"]),
    ],
)
def test_an_act_in_the_wrong_state_is_refused(stages: Stages, cast: Cast, state: str, refused: list[str]) -> None:
    dataset = stages.draft
    if state != "draft":
        submit_dataset(actor=cast.stella, dataset=dataset)
    if state in ("published", "suspended"):
        publish_dataset(actor=cast.stefan, dataset=dataset)
    if state == "suspended":
        suspend_dataset(actor=cast.stella, dataset=dataset, reason="x")
    for name in refused:
        with pytest.raises(WrongState):
            _ACTS[name](cast, dataset)
    assert _again(dataset).state == state


# --- whom a row is about --------------------------------------------------------------------------------------------------


def test_the_privacy_officer_declares_whom_a_row_is_about(stages: Stages, cast: Cast) -> None:
    declare_subject(
        actor=cast.oscar, distribution=stages.distribution, kind=SubjectKind.PERSON, field=stages.field("身份证号")
    )
    assert stages.distribution.subject_field == stages.field("身份证号")
    assert _again(stages.draft).subject_declared_by == cast.oscar
    with pytest.raises(NotPermitted):
        declare_subject(
            actor=cast.stella, distribution=stages.distribution, kind=SubjectKind.PERSON, field=stages.field("姓名")
        )


def test_an_officer_elsewhere_does_not_declare_it(stages: Stages, cast: Cast) -> None:
    with pytest.raises(NotPermitted):
        declare_subject(
            actor=cast.wendy, distribution=stages.distribution, kind=SubjectKind.PERSON, field=stages.field("姓名")
        )


def test_a_subject_field_is_one_of_the_table(stages: Stages, cast: Cast) -> None:
    for field in (None, DataField(pk=987654)):
        with pytest.raises(InvalidInput):
            declare_subject(actor=cast.oscar, distribution=stages.distribution, kind=SubjectKind.PERSON, field=field)


def test_a_table_with_a_direct_identifier_is_not_about_nobody(stages: Stages, cast: Cast) -> None:
    DataField.objects.filter(pk=stages.field("姓名").pk).update(role="direct")
    with pytest.raises(Blocked) as refused:
        declare_subject(actor=cast.oscar, distribution=stages.distribution, kind=SubjectKind.NONE, field=None)
    assert refused.value.code == "subjects_present"


def test_a_table_about_nobody_has_no_subject_field(stages: Stages, cast: Cast) -> None:
    with pytest.raises(InvalidInput):
        declare_subject(
            actor=cast.oscar, distribution=stages.distribution, kind=SubjectKind.NONE, field=stages.field("区县")
        )
    declare_subject(actor=cast.oscar, distribution=stages.distribution, kind=SubjectKind.NONE, field=None)
    assert _again(stages.draft).subject_kind == SubjectKind.NONE


def test_a_steward_says_what_a_column_is_called(stages: Stages, cast: Cast) -> None:
    describe_field(actor=cast.stella, field=stages.field("区县"), label="所属区县", data_type="C")
    assert stages.field("区县").label == "所属区县"
    with pytest.raises(InvalidInput):
        describe_field(actor=cast.stella, field=stages.field("区县"), label="所属区县", data_type="?")
    with pytest.raises(NotPermitted):
        describe_field(actor=cast.oscar, field=stages.field("区县"), label="x", data_type="C")


# --- holders of a right work on it too ------------------------------------------------------------------------------------


def test_who_controls_the_data_sees_its_draft(stages: Stages, cast: Cast) -> None:
    assert stages.draft not in Dataset.objects.visible_to(cast.carl)
    record_right(
        actor=cast.stella,
        dataset=stages.draft,
        kind=RightKind.CONTROL,
        holder=cast.big_data,
        basis="委托协议",
        valid_from=stages.draft.rights.get().valid_from,
    )
    assert stages.draft in Dataset.objects.visible_to(cast.carl)


def test_a_steward_who_also_approves_still_does_not_review_their_own(stages: Stages, cast: Cast) -> None:
    grant_role(actor=cast.adam, user=cast.stella, organization=cast.health, role=Role.APPROVER)
    submit_dataset(actor=cast.stella, dataset=stages.draft)
    with pytest.raises(NotPermitted):
        publish_dataset(actor=cast.stella, dataset=stages.draft)


def test_who_changed_the_record_does_not_review_it(stages: Stages, cast: Cast) -> None:
    """Stefan writes into stella's draft: he is one of its authors now, and the approver reviews it."""
    edit_dataset(
        actor=cast.stefan, dataset=stages.draft, revision=_again(stages.draft).revision, values={"title": "甲"}
    )
    submit_dataset(actor=cast.stella, dataset=stages.draft)
    with pytest.raises(NotPermitted):
        publish_dataset(actor=cast.stefan, dataset=stages.draft)
    publish_dataset(actor=cast.amy, dataset=stages.draft)


def test_who_changed_an_earlier_version_reviews_a_later_one(stages: Stages, cast: Cast) -> None:
    edit_dataset(
        actor=cast.stefan, dataset=stages.draft, revision=_again(stages.draft).revision, values={"title": "甲"}
    )
    submit_dataset(actor=cast.stella, dataset=stages.draft)
    publish_dataset(actor=cast.amy, dataset=stages.draft)
    suspend_dataset(actor=cast.stella, dataset=stages.draft, reason="更正")
    submit_dataset(actor=cast.stella, dataset=stages.draft)
    assert publish_dataset(actor=cast.stefan, dataset=stages.draft).reviewed_by == cast.stefan


@pytest.mark.parametrize(("reason", "said"), [("  ", "Say why."), ("长" * 501, "At most 500 characters.")])
def test_a_record_is_returned_with_a_reason_that_a_page_shows_whole(
    cast: Cast, stages: Stages, reason: str, said: str
) -> None:
    dataset = submit_dataset(actor=cast.stella, dataset=stages.draft)
    with pytest.raises(InvalidInput) as caught:
        return_dataset(actor=cast.amy, dataset=dataset, reason=reason)
    assert caught.value.fields == {"reason": [said]}
    dataset.refresh_from_db()
    assert dataset.state == DatasetState.SUBMITTED
