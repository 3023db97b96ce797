"""What is said of assessments beside the present one: those made before it, and whether the one a grant rests on still holds."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from access.models import Assessment, Decision, Grant, Superseded
from access.pages import words
from access.pages.reading import Reading
from access.services.reassessing import Standing, standing_of
from access.workflow import Action
from catalog.api.errors import render_message


@dataclass(frozen=True, slots=True)
class Earlier:
    """One assessment that counts no more: what it came to, and why another was made. Empty figures are not the reader's to see."""

    number: int
    made_at: datetime
    grade: str
    grade_label: str
    k: str
    risk: str
    why: str
    said: str


def earlier_of(
    assessments: Iterable[Assessment], decisions: Iterable[Decision], *, hidden: Collection[int]
) -> list[Earlier]:
    """The assessments as lines; `hidden` are those of which the reader does not see what was counted."""
    returned = {item.assessment_id: item.reason for item in decisions if item.verdict == Action.RETURN}
    return [
        _earlier(assessment, returned.get(assessment.pk, ""), assessment.pk not in hidden) for assessment in assessments
    ]


def _earlier(assessment: Assessment, returned: str, figures: bool) -> Earlier:
    reading = Reading(assessment) if figures and assessment.record else None
    failed = assessment.superseded_because == Superseded.FAILED
    return Earlier(
        number=assessment.number,
        made_at=assessment.created_at,
        grade=reading.grade if reading else "",
        grade_label=reading.grade_label if reading else "",
        k=reading.smallest_class if reading else "",
        risk=reading.reidentification_risk if reading else "",
        why=str(assessment.get_superseded_because_display()),
        said=render_message(assessment.job.error_message, assessment.job.error_params) if failed else returned,
    )


@dataclass(frozen=True, slots=True)
class Told:
    """Whether an assessment still holds, in words."""

    is_due: bool
    reasons: list[str]
    due_on: date


def reasons_in_words(standing: Standing) -> list[str]:
    """Why the assessment has to be made again."""
    return [words.term("reassessment", code) for code in standing.reasons]


def tell_standing(grant: Grant | None) -> Told | None:
    """The standing of a grant in force; None for any other."""
    standing = standing_of(grant) if grant is not None else None
    return Told(standing.is_due, reasons_in_words(standing), standing.due_on) if standing else None
