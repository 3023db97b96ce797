"""Ownership, control and usage: dated records with a basis, and one exclusive holder at a time."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog.datasets.endings import EndingProposal
from catalog.datasets.models import Dataset, RightKind, RightsAssignment
from catalog.datasets.rights import decide_ending, end_right, record_right
from catalog.datasets.services import register_dataset
from catalog.errors import Blocked, InvalidInput, NotPermitted, WrongState
from catalog.ledger.models import LedgerEntry
from catalog.people.models import Role
from catalog.people.services import close_organization, grant_role
from tests.cast import Cast
from tests.stages import RECORD
from tests.world import last_line

pytestmark = pytest.mark.django_db
START = date(2025, 1, 1)


@pytest.fixture
def dataset(cast: Cast) -> Dataset:
    return register_dataset(actor=cast.stella, provider=cast.health, values=RECORD)


def _record(cast: Cast, dataset: Dataset, **changes: Any) -> RightsAssignment:
    values = {
        "actor": cast.stella,
        "kind": RightKind.OWNERSHIP,
        "holder": cast.health,
        "basis": "苏政发〔2025〕1号",
        "valid_from": START,
        **changes,
    }
    return record_right(dataset=dataset, **values)


def test_a_steward_records_who_owns_the_data_and_on_what_ground(cast: Cast, dataset: Dataset) -> None:
    right = _record(cast, dataset, scope="全部字段")
    assert dataset.owner == cast.health
    assert (right.basis, right.scope, right.recorded_by) == ("苏政发〔2025〕1号", "全部字段", cast.stella)
    line = last_line(dataset)
    assert (line.action, line.counterpart_id) == ("right.recorded", cast.health.pk)
    assert line.details == {"right": right.pk, "kind": "ownership", "holder": cast.health.pk}


@pytest.mark.parametrize("name", ["oscar", "amy", "carl", "rita", "wendy", "adam"])
def test_others_record_and_end_no_right(cast: Cast, dataset: Dataset, name: str) -> None:
    right = _record(cast, dataset)
    with pytest.raises(NotPermitted):
        _record(cast, dataset, actor=getattr(cast, name), kind=RightKind.CONTROL)
    with pytest.raises(NotPermitted):
        end_right(actor=getattr(cast, name), right=right)
    assert dataset.owner == cast.health


@pytest.mark.parametrize("basis", ["", "   ", "\n\t"])
def test_no_right_without_a_basis(cast: Cast, dataset: Dataset, basis: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        _record(cast, dataset, basis=basis)
    assert "basis" in refused.value.fields
    assert dataset.owner is None


def test_the_database_too_refuses_a_right_without_a_basis_or_that_ends_before_it_begins(
    cast: Cast, dataset: Dataset
) -> None:
    right = _record(cast, dataset)
    for changes, constraint in (
        ({"basis": ""}, "right_has_a_basis"),
        ({"valid_to": date(2024, 1, 1)}, "right_ends_after_it_begins"),
    ):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            RightsAssignment.objects.filter(pk=right.pk).update(**changes)


def test_a_right_does_not_end_before_it_begins(cast: Cast, dataset: Dataset) -> None:
    with pytest.raises(InvalidInput) as refused:
        _record(cast, dataset, valid_to=date(2024, 12, 31))
    assert "valid_to" in refused.value.fields


def test_two_exclusive_holders_of_one_right_over_one_period_are_refused(cast: Cast, dataset: Dataset) -> None:
    _record(cast, dataset)
    with pytest.raises(Blocked) as refused:
        _record(cast, dataset, holder=cast.big_data, valid_from=date(2026, 1, 1))
    assert refused.value.code == "rights_overlap"
    assert RightsAssignment.objects.count() == 1


def _days(first: str, last: str | None) -> dict[str, date | None]:
    return {"valid_from": date.fromisoformat(first), "valid_to": date.fromisoformat(last) if last else None}


@pytest.mark.parametrize(
    ("first", "second", "overlap"),
    [
        (("2025-01-01", "2025-06-30"), ("2025-07-01", None), False),
        (("2025-01-01", "2025-06-30"), ("2025-06-30", None), True),  # the last day counts
        (("2025-07-01", None), ("2025-01-01", "2025-06-30"), False),
        (("2025-07-01", None), ("2025-01-01", "2025-07-01"), True),
        (("2025-07-01", None), ("2025-01-01", None), True),
        (("2025-03-01", "2025-03-31"), ("2025-01-01", "2025-12-31"), True),
        (("2025-01-01", "2025-12-31"), ("2025-03-01", "2025-03-31"), True),
    ],
)
def test_periods_overlap_as_calendars_do(
    cast: Cast, dataset: Dataset, first: tuple[str, str | None], second: tuple[str, str | None], overlap: bool
) -> None:
    _record(cast, dataset, **_days(*first))
    if overlap:
        with pytest.raises(Blocked):
            _record(cast, dataset, holder=cast.big_data, **_days(*second))
    else:
        _record(cast, dataset, holder=cast.big_data, **_days(*second))


def test_different_rights_and_other_datasets_do_not_stand_in_each_others_way(cast: Cast, dataset: Dataset) -> None:
    other = register_dataset(actor=cast.stella, provider=cast.health, values={**RECORD, "title": "住院记录"})
    _record(cast, dataset)
    _record(cast, dataset, kind=RightKind.CONTROL, holder=cast.big_data)
    _record(cast, other, holder=cast.big_data)
    assert (dataset.owner, dataset.controller, other.owner) == (cast.health, cast.big_data, cast.big_data)


def test_several_may_use_it_when_none_of_them_exclusively(cast: Cast, dataset: Dataset) -> None:
    for holder in (cast.institute, cast.insurer):
        _record(cast, dataset, kind=RightKind.USAGE, holder=holder, exclusive=False)
    assert dataset.rights.current().filter(kind=RightKind.USAGE).count() == 2
    with pytest.raises(InvalidInput):
        _record(cast, dataset, kind=RightKind.USAGE, holder=cast.institute, exclusive=True)


def test_a_right_that_was_ended_frees_its_period(cast: Cast, dataset: Dataset) -> None:
    right = _record(cast, dataset)
    ended = end_right(actor=cast.stella, right=right)
    assert ended.ended_at is not None
    assert dataset.holder_of(RightKind.OWNERSHIP) is None
    _record(cast, dataset, holder=cast.big_data)
    assert dataset.owner == cast.big_data
    assert LedgerEntry.objects.about(dataset).filter(action="right.ended").count() == 1


def test_a_right_ends_once(cast: Cast, dataset: Dataset) -> None:
    right = _record(cast, dataset)
    end_right(actor=cast.stella, right=right)
    with pytest.raises(WrongState) as refused:
        end_right(actor=cast.stella, right=right)
    assert refused.value.code == "right_ended"


def test_the_owner_controls_it_unless_a_record_says_otherwise(cast: Cast, dataset: Dataset) -> None:
    assert (dataset.owner, dataset.controller) == (None, None)
    _record(cast, dataset)
    assert dataset.controller == cast.health
    control = _record(cast, dataset, kind=RightKind.CONTROL, holder=cast.big_data)
    assert dataset.controller == cast.big_data
    end_right(actor=cast.stella, right=control, reason="协议到期")
    assert dataset.controller == cast.big_data
    decide_ending(actor=cast.carl, proposal=EndingProposal.objects.get(right=control), accept=True)
    assert dataset.controller == cast.health


# --- what another organisation holds ---------------------------------------------------------------------------------------------


@pytest.fixture
def control(cast: Cast, dataset: Dataset) -> RightsAssignment:
    """Health owns it and big data controls it."""
    _record(cast, dataset)
    return _record(cast, dataset, kind=RightKind.CONTROL, holder=cast.big_data)


@pytest.fixture
def asked(cast: Cast, control: RightsAssignment) -> EndingProposal:
    """Stella asks that the control of big data ends."""
    assert end_right(actor=cast.stella, right=control, reason="协议到期").ended_at is None
    found: EndingProposal = EndingProposal.objects.get(right=control)
    return found


def test_what_another_holds_stands_until_somebody_there_agrees(
    cast: Cast, dataset: Dataset, asked: EndingProposal
) -> None:
    line = last_line(dataset)
    assert (line.action, line.actor, line.counterpart) == ("right.ending_proposed", cast.stella, cast.big_data)
    assert "协议" not in str(line.details)
    assert dataset.controller == cast.big_data
    decide_ending(actor=cast.carl, proposal=asked, accept=True)
    assert dataset.controller == cast.health
    line = last_line(dataset)
    assert (line.action, line.actor, line.details["first_person"]) == ("right.ended", cast.carl, cast.stella.pk)


def test_what_the_holder_refuses_stands_and_can_be_asked_again(
    cast: Cast, dataset: Dataset, asked: EndingProposal
) -> None:
    decide_ending(actor=cast.carl, proposal=asked, accept=False)
    assert dataset.controller == cast.big_data
    assert (last_line(dataset).action, last_line(dataset).actor) == ("right.ending_refused", cast.carl)
    with pytest.raises(WrongState) as refused:
        decide_ending(actor=cast.carl, proposal=asked, accept=True)
    assert refused.value.code == "proposal_decided"
    end_right(actor=cast.stella, right=asked.right, reason="再次协商")
    assert EndingProposal.objects.filter(accepted__isnull=True).count() == 1


@pytest.mark.parametrize("name", ["stella", "stefan", "amy", "oscar", "rita", "wendy", "adam", "audrey"])
def test_nobody_but_the_holder_agrees(cast: Cast, dataset: Dataset, asked: EndingProposal, name: str) -> None:
    with pytest.raises(NotPermitted):
        decide_ending(actor=getattr(cast, name), proposal=asked, accept=True)
    assert dataset.controller == cast.big_data


def test_who_asked_does_not_agree_though_they_work_for_the_holder_too(
    cast: Cast, dataset: Dataset, asked: EndingProposal
) -> None:
    grant_role(actor=cast.adam, user=cast.stella, organization=cast.big_data, role=Role.DATA_STEWARD)
    with pytest.raises(NotPermitted) as refused:
        decide_ending(actor=cast.stella, proposal=asked, accept=True)
    assert refused.value.code == "second_person_needed"
    with pytest.raises(IntegrityError, match="right_ended_by_a_second_person"), transaction.atomic():
        EndingProposal.objects.filter(pk=asked.pk).update(decided_by=cast.stella)
    grant_role(actor=cast.adam, user=cast.stefan, organization=cast.big_data, role=Role.DATA_STEWARD)
    decide_ending(actor=cast.stefan, proposal=asked, accept=True)
    assert dataset.controller == cast.health


def test_the_holder_is_asked_with_a_reason_and_once(cast: Cast, control: RightsAssignment) -> None:
    for reason in ("", "   ", "长" * 501):
        with pytest.raises(InvalidInput) as wrong:
            end_right(actor=cast.stella, right=control, reason=reason)
        assert "reason" in wrong.value.fields
    end_right(actor=cast.stella, right=control, reason="协议到期")
    with pytest.raises(Blocked) as refused:
        end_right(actor=cast.stefan, right=control, reason="协议到期")
    assert refused.value.code == "proposal_open"


def test_ownership_of_another_is_not_recorded_over(cast: Cast, dataset: Dataset) -> None:
    """Not exclusively held, it would have been displaced by an exclusive owner."""
    _record(cast, dataset, holder=cast.big_data, exclusive=False)
    with pytest.raises(Blocked) as refused:
        _record(cast, dataset)
    assert refused.value.code == "rights_overlap"
    _record(cast, dataset, exclusive=False)
    assert dataset.owner == cast.big_data


def test_what_is_over_has_not_begun_or_belongs_to_a_closed_organisation_asks_nobody(
    cast: Cast, dataset: Dataset
) -> None:
    today = timezone.localdate()
    past = _record(cast, dataset, holder=cast.big_data, valid_to=today - timedelta(days=1))
    coming = _record(cast, dataset, holder=cast.big_data, valid_from=today + timedelta(days=1))
    for right in (past, coming):
        assert end_right(actor=cast.stella, right=right).ended_at is not None
    present = _record(cast, dataset, holder=cast.water)
    close_organization(actor=cast.adam, organization=cast.water)
    assert end_right(actor=cast.stella, right=present).ended_at is not None


def test_a_usage_right_is_ended_by_the_provider(cast: Cast, dataset: Dataset) -> None:
    right = _record(cast, dataset, kind=RightKind.USAGE, holder=cast.institute, exclusive=False)
    assert end_right(actor=cast.stella, right=right).ended_at is not None


def test_a_proposal_is_seen_by_both_sides_and_waits_for_the_holders(cast: Cast, asked: EndingProposal) -> None:
    seeing = [
        name
        for name in ("stella", "stefan", "carl", "amy", "oscar", "rita", "wendy", "audrey")
        if EndingProposal.objects.visible_to(getattr(cast, name)).filter(pk=asked.pk).exists()
    ]
    assert seeing == ["stella", "stefan", "carl"]
    assert list(EndingProposal.objects.awaiting(cast.carl)) == [asked]
    assert not EndingProposal.objects.awaiting(cast.stella).exists()


def test_a_right_counts_from_its_first_day_to_its_last(cast: Cast, dataset: Dataset) -> None:
    today = timezone.localdate()
    _record(cast, dataset, valid_from=today, valid_to=today)
    assert dataset.owner == cast.health
    assert dataset.holder_of(RightKind.OWNERSHIP, today - timedelta(days=1)) is None
    assert dataset.holder_of(RightKind.OWNERSHIP, today + timedelta(days=1)) is None
