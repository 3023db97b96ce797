"""When a source's columns are not those of the record any more: what differs, and taking the source's columns over.

A reading of the table tells its columns (`note_columns`); where they differ that is kept on the distribution until the steward takes
them over (`accept_drift`) or the source has the old ones again. A new column becomes a field of which nothing is said yet, a column
that is gone stays as a field that nothing asks for any more, and one that comes back is the same field again. What becomes of the
decisions on such fields is the higher floor's to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from catalog import sources
from catalog.datasets.items import describe_by_items
from catalog.datasets.lifecycle import STATES_OF
from catalog.datasets.models import DataField, DatasetState, Distribution
from catalog.datasets.services import index_dataset, lock_dataset, require_state
from catalog.errors import StaleVersion, WrongState
from catalog.ledger.services import record
from catalog.messages import gettext_noop
from catalog.people.models import Role, User
from catalog.people.policies import organizations_with, require

# What a higher floor does about fields whose column is another one now: each is called with the distribution and the names of the
# columns that changed their type or came back, before the fields are written.
DRIFT_FOLLOWERS: list[Callable[[Distribution, frozenset[str]], None]] = []

# The length of a text or the digits of a number, which say nothing of the type: varchar(20), decimal(10,2).
_MEASURES = re.compile(r"\s*\([^)]*\)")


@dataclass(frozen=True, slots=True)
class ColumnRead:
    """A column as a source had it when it was read."""

    name: str
    data_type: str
    native_type: str
    nullable: bool
    comment: str

    @classmethod
    def of(cls, column: sources.Column) -> ColumnRead:
        """As `DataField` keeps it: what is longer is cut."""
        return cls(
            name=column.name,
            data_type=column.data_type,
            native_type=column.native_type[:80],
            nullable=column.nullable,
            comment=column.comment[:255],
        )

    def as_dict(self) -> dict[str, Any]:
        """As JSON; `ColumnRead(**…)` reads it."""
        return {
            "name": self.name,
            "data_type": self.data_type,
            "native_type": self.native_type,
            "nullable": self.nullable,
            "comment": self.comment,
        }


@dataclass(frozen=True, slots=True)
class TypeChange:
    """A column that has another type now, both as the source calls them."""

    name: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Drift:
    """What differs between the record's fields and the source's columns. A renamed column is one gone and one new."""

    added: tuple[ColumnRead, ...]
    dropped: tuple[str, ...]
    changed: tuple[TypeChange, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.dropped or self.changed)

    def counts(self) -> dict[str, int]:
        """How many there are of each, for the ledger."""
        return {"added": len(self.added), "dropped": len(self.dropped), "changed": len(self.changed)}


def drift_between(fields: Iterable[DataField], columns: Iterable[ColumnRead]) -> Drift:
    """What differs. Another order, another length of the same type, another comment is no difference."""
    read = {column.name: column for column in columns}
    known = {field.name: field for field in fields}
    return Drift(
        added=tuple(column for name, column in read.items() if name not in known),
        dropped=tuple(name for name in known if name not in read),
        changed=tuple(
            TypeChange(name, field.native_type, read[name].native_type)
            for name, field in known.items()
            if name in read and _plain_type(field.native_type) != _plain_type(read[name].native_type)
        ),
    )


def _plain_type(native_type: str) -> str:
    return _MEASURES.sub("", native_type).strip().casefold()


def columns_read(distribution: Distribution) -> tuple[ColumnRead, ...]:
    """The source's columns as they were last read; none where they are the record's."""
    return tuple(ColumnRead(**column) for column in distribution.drift)


def drift_of(distribution: Distribution) -> Drift | None:
    """What differs as it is known now; None where nothing does."""
    if distribution.drift_seen_at is None:
        return None
    return drift_between(distribution.fields.all(), columns_read(distribution))


def drifted_tables(user: User) -> Any:
    """The tables whose columns `user` may take over, the one known longest first."""
    return (
        Distribution.objects.filter(
            drift_seen_at__isnull=False, dataset__provider_id__in=organizations_with(user, Role.DATA_STEWARD)
        )
        .exclude(dataset__state=DatasetState.RETIRED)
        .select_related("dataset__provider")
        .order_by("drift_seen_at", "pk")
    )


def note_columns(*, distribution: Distribution, columns: Iterable[ColumnRead]) -> Drift | None:
    """Called by whoever has read the table, inside their act: keep what differs from the record, and say it once in the ledger.

    A drift that is seen again as it was keeps its time; one that is there no more is forgotten.
    """
    distribution = _lock(distribution)
    columns = tuple(columns)
    found = drift_between(DataField.objects.filter(distribution=distribution), columns)
    document = [column.as_dict() for column in columns] if found else []
    if document == distribution.drift:
        return found or None
    was_known = distribution.drift_seen_at is not None
    distribution.drift, distribution.drift_seen_at = document, timezone.now() if found else None
    distribution.save(update_fields=["drift", "drift_seen_at"])
    if found:
        _record(None, "distribution.drift_seen", distribution, found.counts())
    elif was_known:
        _record(None, "distribution.drift_over", distribution, {})
    return found or None


def _lock(distribution: Distribution) -> Distribution:
    locked: Distribution = (
        Distribution.objects.select_for_update(of=("self",)).select_related("dataset__provider").get(pk=distribution.pk)
    )
    return locked


@transaction.atomic
def accept_drift(*, actor: User, distribution: Distribution, seen_at: datetime | None) -> Distribution:
    """Take the source's columns over into the record. `seen_at` is that of the drift the steward read.

    What the columns are is part of the record that a reviewer publishes, so the record must be open to its steward.
    """
    require(actor, "dataset.edit", distribution.dataset)
    dataset = lock_dataset(distribution.dataset)
    require_state(dataset, *STATES_OF["dataset.edit"])
    distribution = _lock(distribution)
    if distribution.drift_seen_at is None:
        raise WrongState(gettext_noop("The record has the columns of its source already."), code="no_drift")
    if distribution.drift_seen_at != seen_at:
        raise StaleVersion
    columns = columns_read(distribution)
    drift = drift_between(DataField.objects.filter(distribution=distribution), columns)
    known: dict[str, DataField] = {field.name: field for field in DataField.ever.filter(distribution=distribution)}
    back = {column.name for column in drift.added if column.name in known}
    changed = {change.name for change in drift.changed}
    for follow in DRIFT_FOLLOWERS:
        follow(distribution, frozenset(changed | back))
    _write_fields(distribution, columns, known, retyped=changed | back)
    if distribution.subject_field is not None and distribution.subject_field.name in drift.dropped:
        # Whom a row is about was told by a column that is gone: somebody has to say it anew.
        distribution.subject_field = None
    distribution.drift, distribution.drift_seen_at, distribution.columns_changed_at = [], None, timezone.now()
    distribution.save(update_fields=["drift", "drift_seen_at", "columns_changed_at", "subject_field"])
    describe_by_items(dataset)
    index_dataset(dataset)
    counts = {**drift.counts(), "added": len(drift.added) - len(back), "back": len(back)}
    _record(actor, "distribution.drift_accepted", distribution, counts)
    return distribution


def _record(actor: User | None, action: str, distribution: Distribution, counts: Mapping[str, int]) -> None:
    dataset = distribution.dataset
    record(
        actor=actor,
        action=action,
        subject=dataset,
        organization=dataset.provider,
        details={"distribution": distribution.pk, **counts},
    )


def _write_fields(
    distribution: Distribution, columns: Iterable[ColumnRead], known: Mapping[str, DataField], *, retyped: set[str]
) -> None:
    """Every field in the place of its column; those without one are gone."""
    # All of them leave first: a place is free before another field takes it.
    DataField.objects.filter(distribution=distribution).update(gone_at=timezone.now())
    kept, new = [], []
    for position, column in enumerate(columns):
        field = known.get(column.name)
        if field is None:
            new.append(
                DataField(
                    distribution=distribution,
                    position=position,
                    name=column.name,
                    label=column.comment,
                    data_type=column.data_type,
                    native_type=column.native_type,
                    nullable=column.nullable,
                )
            )
            continue
        field.position, field.gone_at = position, None
        field.native_type, field.nullable = column.native_type, column.nullable
        if column.name in retyped:
            field.data_type = column.data_type
        kept.append(field)
    DataField.ever.bulk_update(kept, ["position", "gone_at", "native_type", "nullable", "data_type"])
    DataField.objects.bulk_create(new)
