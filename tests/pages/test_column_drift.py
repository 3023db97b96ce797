"""The page of a table whose source has other columns than the record, and where a steward meets it."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.datasets.drift import ColumnRead, note_columns
from catalog.datasets.services import suspend_dataset
from catalog.people.models import User
from tests.cast import Cast
from tests.pages.visiting import Visitor, text_of
from tests.stages import Stages

pytestmark = pytest.mark.django_db


def drift(stages: Stages, *, without: str = "诊断", new: str = "科室", retyped: str = "性别") -> None:
    """The source as a scan would have read it: a column gone, one new, one of another type."""
    kept = [
        ColumnRead(field.name, "C", "integer" if field.name == retyped else field.native_type, True, "")
        for field in stages.distribution.fields.exclude(name=without)
    ]
    note_columns(distribution=stages.distribution, columns=[*kept, ColumnRead(new, "C", "text", True, "就诊科室")])


def address(stages: Stages) -> str:
    return f"/distributions/{stages.distribution.pk}/columns/"


def accept(user: User, stages: Stages) -> Any:
    seen = stages.distribution.drift_seen_at
    return Visitor(user).post(address(stages), seen_at=seen.isoformat() if seen else "")


def test_a_table_that_is_as_it_was_says_so(cast: Cast, stages: Stages) -> None:
    assert stages.draft
    assert "Nothing has changed" in text_of(Visitor(cast.stella).get(address(stages)))
    assert "other columns" not in text_of(Visitor(cast.stella).get(f"/catalogue/{stages.draft.pk}/"))


def test_a_steward_sees_what_changed_and_takes_it_over(cast: Cast, stages: Stages) -> None:
    assert stages.draft
    drift(stages)
    home = text_of(Visitor(cast.stella).get("/"))
    assert "Tables whose columns have changed" in home
    assert "new: 1 · gone: 1 · of another type: 1" in home
    assert "The source has other columns than this record." in text_of(
        Visitor(cast.stella).get(f"/catalogue/{stages.draft.pk}/")
    )
    shown = text_of(Visitor(cast.stella).get(address(stages)))
    for words in ("科室", "就诊科室", "诊断", "Is gone", "text → integer"):
        assert words in shown
    assert accept(cast.stella, stages).status_code == 302
    assert [field.name for field in stages.distribution.fields.order_by("position")][-1] == "科室"
    page = text_of(Visitor(cast.stella).get(f"/catalogue/{stages.draft.pk}/"))
    assert "科室" in page
    assert "The source has other columns" not in page
    assert "took the changed columns of a table over" in page


def test_a_published_record_is_suspended_first(cast: Cast, stages: Stages) -> None:
    assert stages.published
    drift(stages)
    shown = text_of(Visitor(cast.stella).get(address(stages)))
    assert "Suspend the dataset first" in shown
    assert "Take the columns over" not in shown
    accept(cast.stella, stages)
    assert stages.distribution.drift_seen_at is not None
    suspend_dataset(actor=cast.stella, dataset=stages.draft, reason="列有变化")
    assert "Take the columns over" in text_of(Visitor(cast.stella).get(address(stages)))
    accept(cast.stella, stages)
    assert stages.distribution.drift_seen_at is None


@pytest.mark.parametrize("sent", [{}, {"seen_at": "yesterday"}, {"seen_at": "2020-01-01T00:00:00+00:00"}])
def test_another_reading_than_the_present_one_is_not_taken_over(
    cast: Cast, stages: Stages, sent: dict[str, str]
) -> None:
    assert stages.draft
    drift(stages)
    stella = Visitor(cast.stella)
    answer = stella.post(address(stages), **sent)
    assert "Someone changed this since you read it" in text_of(stella.follow(answer))
    assert stages.distribution.drift_seen_at is not None


def test_applicants_see_nothing_of_it_and_officers_cannot_take_it_over(cast: Cast, stages: Stages) -> None:
    assert stages.published
    drift(stages)
    for user in (cast.rita, cast.wendy):
        assert Visitor(user).get(address(stages)).status_code == 403
        assert "other columns" not in text_of(Visitor(user).get(f"/catalogue/{stages.draft.pk}/"))
    assert "科室" in text_of(Visitor(cast.oscar).get(address(stages)))
    accept(cast.oscar, stages)
    assert stages.distribution.drift_seen_at is not None


def test_the_protection_page_names_it_among_what_is_missing(cast: Cast, stages: Stages) -> None:
    assert stages.ready
    drift(stages)
    shown = text_of(Visitor(cast.oscar).get(f"/protection/{stages.distribution.pk}/"))
    assert "The source has other columns than the record" in shown
    assert "See what changed" in shown
