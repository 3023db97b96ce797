"""What a record still lacks before it can be submitted, and what would make it better: the steward's check list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from catalog.datasets.items import missing_items
from catalog.datasets.models import Dataset
from catalog.datasets.services import record_problems

# As many names as a line has room for.
NAMES_SHOWN = 8


class Part(StrEnum):
    """Where the steward puts it right."""

    TABLE = "table"
    FIELDS = "fields"
    RECORD = "record"
    RIGHTS = "rights"


@dataclass(frozen=True, slots=True)
class Point:
    """One line of the list. What is not `done` is either `needed` for submission or only advised; `text` says what to do."""

    code: str
    part: Part
    label: Any
    done: bool
    needed: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class Completeness:
    points: tuple[Point, ...]

    @property
    def missing(self) -> list[Point]:
        """What has to be done before submission."""
        return [point for point in self.points if point.needed and not point.done]

    @property
    def advised(self) -> list[Point]:
        """What would make the record better."""
        return [point for point in self.points if not point.needed and not point.done]

    @property
    def done(self) -> list[Point]:
        return [point for point in self.points if point.done]

    @property
    def percent(self) -> int:
        """The share of points that are done, 0 to 100."""
        return round(100 * len(self.done) / len(self.points))

    @property
    def ready(self) -> bool:
        """Whether it can be submitted."""
        return not self.missing


# What the record itself must say, each with the fields whose faults belong to it.
_RECORD = (
    ("title", _("Title"), ("title", "title_en")),
    ("abstract", _("Abstract"), ("abstract", "abstract_en")),
    ("category", _("Category and code"), ("category", "code")),
    (
        "share_type",
        _("Share type with its condition or ground"),
        ("share_type", "share_condition", "share_citation", "open_to_public", "open_condition", "share_mode"),
    ),
    ("update_cycle", _("Update cycle"), ("update_cycle",)),
)


def completeness_of(dataset: Dataset) -> Completeness:
    """Check a dataset whose distributions, their fields and its current rights can be read."""
    return Completeness((*_of_tables(dataset), *_of_record(dataset), *_of_rights(dataset)))


def _of_tables(dataset: Dataset) -> Iterator[Point]:
    fields = [field for table in dataset.distributions.all() for field in table.fields.all()]
    attached = bool(dataset.distributions.all())
    yield Point(
        "table",
        Part.TABLE,
        _("A table with its columns"),
        attached,
        needed=True,
        text="" if attached else gettext("Attach a table before you submit."),
    )
    # A Chinese column name says what it is; an abbreviation does not.
    unnamed = sum(1 for field in fields if not field.label and field.name.isascii())
    yield Point(
        "labels",
        Part.FIELDS,
        _("Columns that people understand"),
        attached and not unnamed,
        needed=False,
        text=ngettext(
            "%(count)d column has no name in words. Reviewers, officers and the scan read it.",
            "%(count)d columns have no name in words. Reviewers, officers and the scan read it.",
            unnamed,
        )
        % {"count": unnamed},
    )
    if attached and dataset.items:
        missing = missing_items(dataset.items, fields)
        yield Point(
            "items",
            Part.FIELDS,
            _("The information items that were declared"),
            not missing,
            needed=False,
            text=ngettext(
                "%(count)d declared item is in no table: %(names)s.",
                "%(count)d declared items are in no table: %(names)s.",
                len(missing),
            )
            % {
                "count": len(missing),
                "names": gettext(", ").join(missing[:NAMES_SHOWN]) + ("…" if len(missing) > NAMES_SHOWN else ""),
            },
        )


def _of_record(dataset: Dataset) -> Iterator[Point]:
    problems = record_problems(dataset)
    for code, label, names in _RECORD:
        found = [gettext(str(message)) for name in names for message in problems.get(name, [])]
        yield Point(code, Part.RECORD, label, not found, needed=True, text=" ".join(found))
    yield Point(
        "category_depth",
        Part.RECORD,
        _("Item and subject of the category"),
        len(dataset.category) > 1,
        needed=False,
        text=gettext("Only the class is given. The guide asks for item and subject too (类, 项, 目)."),
    )
    yield Point(
        "theme",
        Part.RECORD,
        _("Theme"),
        bool(dataset.theme),
        needed=False,
        text=gettext("People narrow the catalogue by theme."),
    )
    yield Point(
        "keywords",
        Part.RECORD,
        _("Keywords"),
        bool(dataset.keywords),
        needed=False,
        text=gettext("The words people would look for that the title does not have."),
    )
    yield Point(
        "english",
        Part.RECORD,
        _("Title and abstract in English"),
        bool(dataset.title_en and dataset.abstract_en),
        needed=False,
        text=gettext("Readers in English see the Chinese until then."),
    )


def _of_rights(dataset: Dataset) -> Iterator[Point]:
    owned = dataset.owner is not None
    yield Point(
        "owner",
        Part.RIGHTS,
        _("Ownership with its basis"),
        owned,
        needed=True,
        text="" if owned else gettext("Record whose the data is (ownership, with its basis) before you submit."),
    )
