"""What the protection as it stands would do to the risk: k and the people who stand alone, before and after, on real rows.

An aid for whoever sets the protection; nothing is promised by it: a release is measured again on its own bytes, with the fields and
rows that were asked for (`access.services.staging`). All rows of a large table are a worker's to read (`privacy.services.effects`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from catalog.datasets.locations import open_source
from catalog.datasets.models import DataField, Distribution, SubjectKind
from catalog.errors import Blocked, InvalidInput
from catalog.messages import MessageError, gettext_noop
from catalog.people.models import User
from catalog.people.policies import require
from catalog.sources import Table
from privacy.masking.columns import MAX_ROWS
from privacy.masking.engine import protect_batches
from privacy.masking.keys import DomainKey
from privacy.masking.operators import Operator
from privacy.masking.policy import FieldRule, Policy
from privacy.models import FieldRole
from privacy.risk.measure import Measuring
from privacy.risk.measurement import Measurement, NearlyUnique
from privacy.services.counting import SUBJECT, TELLING, counts, may_single_out, subjects_of, tally_of
from privacy.services.protections import policy_of

ROW_LIMIT = 200_000


@dataclass(frozen=True, slots=True)
class Effect:
    """The same rows measured twice. `after` is None where the protection leaves nothing that could tell people apart."""

    before: Measurement
    after: Measurement | None
    rows: int
    sampled: bool
    subject: str | None

    def as_dict(self) -> dict[str, Any]:
        """JSON's types: figures, and the names of columns."""
        return {
            "before": self.before.as_dict(),
            "after": self.after.as_dict() if self.after is not None else None,
            "rows": self.rows,
            "sampled": self.sampled,
            "subject": self.subject,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Effect:
        """What `as_dict` gave."""
        return cls(
            before=Measurement.from_dict(data["before"]),
            after=Measurement.from_dict(data["after"]) if data["after"] is not None else None,
            rows=data["rows"],
            sampled=data["sampled"],
            subject=data["subject"],
        )


def measure_effect(*, actor: User, distribution: Distribution, row_limit: int = ROW_LIMIT) -> Effect:
    """Measure the quasi-identifiers as they are and as the protection leaves them, on at most `row_limit` rows from the top.

    Before: the fields confirmed as quasi-identifiers, raw. After: the same fields protected, and whatever of a direct
    identifier stays readable. Fields without a role that tell most persons apart count on both sides. Raises the source's own
    errors, `Blocked` where there is nothing to measure.
    """
    require(actor, "protection.preview", distribution.dataset)
    require_measurable(distribution)
    try:
        return measure_rows(distribution, row_limit=row_limit)
    except MessageError as error:
        raise InvalidInput.of(error) from error


def require_measurable(distribution: Distribution) -> None:
    """Raise `Blocked` where there is nobody, or nothing, to measure."""
    if distribution.dataset.subject_kind == SubjectKind.NONE:
        raise Blocked(
            gettext_noop("This table is about nobody, so there is no risk to people to measure."), code="no_subjects"
        )
    if not distribution.fields.filter(role=FieldRole.QUASI).exists():
        raise Blocked(
            gettext_noop("No quasi-identifier is confirmed, so the risk cannot be measured."), code="quasi_missing"
        )


def measure_rows(
    distribution: Distribution, *, row_limit: int | None = None, progress: Callable[[int], None] | None = None
) -> Effect:
    """The measurement itself, on all rows unless there is a limit; `progress` is told how many were read."""
    fields = list(distribution.fields.order_by("position"))
    with closing(open_source(distribution.source)) as opened:
        rows = _Rows(opened.table(distribution.table), row_limit, progress or (lambda _count: None))
        plan = _plan(distribution, fields, rows)
        for batch in rows.batches(plan.read):
            plan.add(batch)
    return plan.effect(rows)


class _Rows:
    """The rows of a table from the top, up to a limit. They may be read twice: to count them, then to measure them."""

    def __init__(self, table: Table, limit: int | None, progress: Callable[[int], None]) -> None:
        self._table, self._limit, self._progress = table, limit, progress
        self.count, self.cut = 0, False

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The rows with these columns; `count` and `cut` say how many they were, and whether there are more."""
        self.count, self.cut = 0, False
        for batch in self._table.batches(columns, batch_rows=MAX_ROWS):
            taken = batch if self._limit is None else batch.slice(0, max(0, self._limit - self.count))
            self.cut = len(taken) < len(batch)
            self.count += len(taken)
            self._progress(self.count)
            if len(taken):
                yield taken
            if self.cut:
                return


class _Plan:
    """What is read and measured. `add` takes the batches one by one."""

    def __init__(
        self,
        policy: Policy,
        subject: DataField | None,
        quasi: Sequence[str],
        sensitive: Sequence[str],
        nearly_unique: tuple[NearlyUnique, ...],
    ) -> None:
        self.subject = subject
        self._quasi, self._sensitive = tuple(quasi), tuple(sensitive)
        self._policy, self._nearly_unique = policy, nearly_unique
        self._kept = tuple(policy.fields)
        # Without a subject every row is a person.
        person = SUBJECT if subject is not None else None
        self.before = Measuring(quasi=self._quasi, subject=person, sensitive=self._sensitive)
        self._after_sensitive = tuple(name for name in self._kept if name in self._sensitive)
        after_quasi = tuple(name for name in self._kept if name not in self._sensitive)
        self.after = (
            Measuring(quasi=after_quasi, subject=person, sensitive=self._after_sensitive) if after_quasi else None
        )
        # Nothing that is measured needs a key; a rule that does gets one that nobody keeps.
        self._keys = DomainKey.generate()
        names = dict.fromkeys((*self._quasi, *self._sensitive, *self._kept))
        beside = [name for rule in policy.fields.values() for name in rule.beside]
        self.read = list(dict.fromkeys((*names, *([subject.name] if subject else []), *beside)))

    def effect(self, rows: _Rows) -> Effect:
        """What the batches came to."""
        after = self.after.result() if self.after is not None else None
        return Effect(
            before=self.before.result(),
            after=replace(after, nearly_unique=self._nearly_unique) if after is not None else None,
            rows=rows.count,
            sampled=rows.cut,
            subject=self.subject.name if self.subject else None,
        )

    def add(self, batch: pa.RecordBatch) -> None:
        subjects = subjects_of(batch, self.subject) if self.subject is not None else pa.nulls(len(batch))
        self.before.add(_with_subject(batch, (*self._quasi, *self._sensitive), subjects))
        if self.after is None:
            return
        start = 0
        kept = batch.select(list(self._policy.read_columns(batch.schema.names)))
        for protected in protect_batches([kept], kept.schema, self._policy, self._keys):
            own = subjects.slice(start, len(protected))
            self.after.add(_with_subject(protected, protected.schema.names, own))
            start += len(protected)


def _plan(distribution: Distribution, fields: Sequence[DataField], rows: _Rows) -> _Plan:
    rules = policy_of(distribution)[0].fields
    subject = distribution.subject_field
    released = [(item, rules[item.name].operator) for item in fields if item.name in rules]
    nearly_unique = _nearly_unique(released, rules, subject, rows)
    without_role = [item.name for item in nearly_unique]
    quasi = [item.name for item in fields if item.role == FieldRole.QUASI]
    sensitive = [item.name for item in fields if item.role == FieldRole.SENSITIVE]
    measured = {
        item.name: rules[item.name]
        for item, operator in released
        if counts(item, operator) or item.name in without_role or (item.name in sensitive and operator in TELLING)
    }
    return _Plan(Policy(fields=measured), subject, [*quasi, *without_role], sensitive, nearly_unique)


def _nearly_unique(
    released: Sequence[tuple[DataField, Operator]],
    rules: Mapping[str, FieldRule],
    subject: DataField | None,
    rows: _Rows,
) -> tuple[NearlyUnique, ...]:
    """The fields without a role that tell most persons apart. Nothing is read where there is none that could."""
    asked = [item.name for item, operator in released if may_single_out(item, operator, subject=subject)]
    if not asked:
        return ()
    read = dict.fromkeys((*asked, *([subject.name] if subject else [])))
    policy = Policy(fields={name: rules[name] for name in asked})
    read |= dict.fromkeys(name for rule in policy.fields.values() for name in rule.beside)
    return tally_of(rows.batches(list(read)), policy=policy, subject=subject, keys=DomainKey.generate()).nearly_unique()


def _with_subject(batch: pa.RecordBatch, names: Sequence[str], subjects: pa.Array[Any]) -> pa.RecordBatch:
    columns = [batch.column(name) for name in names]
    return pa.RecordBatch.from_arrays([*columns, subjects], names=[*names, SUBJECT])
