"""What the protection as it stands would do to the risk: k and the people who stand alone, before and after, on real rows.

An aid for whoever sets the protection. Nothing is kept, and nothing is promised: a release is measured again on its own bytes, with
the fields and rows that were asked for (`access.services.staging`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from catalog.datasets.locations import open_source
from catalog.datasets.models import DataField, Distribution, SubjectKind
from catalog.errors import Blocked, InvalidInput
from catalog.messages import MessageError, gettext_noop
from catalog.people.models import User
from catalog.people.policies import require
from privacy.masking.columns import MAX_ROWS
from privacy.masking.engine import protect_batches
from privacy.masking.keys import DomainKey
from privacy.masking.policy import Policy
from privacy.models import FieldRole
from privacy.risk.measure import Measuring
from privacy.risk.measurement import Measurement
from privacy.services.counting import SUBJECT, TELLING, subjects_of
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


def measure_effect(*, actor: User, distribution: Distribution, row_limit: int = ROW_LIMIT) -> Effect:
    """Measure the quasi-identifiers as they are and as the protection leaves them, on at most `row_limit` rows from the top.

    Before: the fields confirmed as quasi-identifiers, raw. After: the same fields protected, and whatever of a direct
    identifier stays readable. Raises the source's own errors, `Blocked` where there is nothing to measure.
    """
    require(actor, "protection.preview", distribution.dataset)
    if distribution.dataset.subject_kind == SubjectKind.NONE:
        raise Blocked(
            gettext_noop("This table is about nobody, so there is no risk to people to measure."), code="no_subjects"
        )
    fields = list(distribution.fields.order_by("position"))
    quasi = [item.name for item in fields if item.role == FieldRole.QUASI]
    if not quasi:
        raise Blocked(
            gettext_noop("No quasi-identifier is confirmed, so the risk cannot be measured."), code="quasi_missing"
        )
    plan = _plan(distribution, fields, quasi)
    rows, sampled = 0, False
    try:
        with closing(open_source(distribution.source)) as opened:
            table = opened.table(distribution.table)
            schema = table.schema.arrow
            for batch in table.batches(plan.read, batch_rows=MAX_ROWS):
                taken = batch.slice(0, max(0, row_limit - rows))
                sampled = len(taken) < len(batch)
                if len(taken):
                    plan.add(taken, pa.schema([schema.field(name) for name in plan.read]))
                rows += len(taken)
                if sampled:
                    break
        return Effect(
            before=plan.before.result(),
            after=plan.after.result() if plan.after is not None else None,
            rows=rows,
            sampled=sampled,
            subject=plan.subject.name if plan.subject else None,
        )
    except MessageError as error:
        raise InvalidInput.of(error) from error


class _Plan:
    """What is read and measured. `add` takes the batches one by one."""

    def __init__(
        self, policy: Policy, subject: DataField | None, quasi: Sequence[str], sensitive: Sequence[str]
    ) -> None:
        self.subject = subject
        self._quasi, self._sensitive = tuple(quasi), tuple(sensitive)
        self._policy = policy
        self._kept = tuple(policy.fields)
        self.before = Measuring(quasi=self._quasi, subject=SUBJECT, sensitive=self._sensitive)
        self._after_sensitive = tuple(name for name in self._kept if name in self._sensitive)
        after_quasi = tuple(name for name in self._kept if name not in self._sensitive)
        self.after = (
            Measuring(quasi=after_quasi, subject=SUBJECT, sensitive=self._after_sensitive) if after_quasi else None
        )
        # Nothing that is measured needs a key; a rule that does gets one that nobody keeps.
        self._keys = DomainKey.generate()
        names = dict.fromkeys((*self._quasi, *self._sensitive, *self._kept))
        self.read = [*names, *([subject.name] if subject and subject.name not in names else [])]

    def add(self, batch: pa.RecordBatch, schema: pa.Schema) -> None:
        subjects = subjects_of(batch, self.subject)
        self.before.add(_with_subject(batch, (*self._quasi, *self._sensitive), subjects))
        if self.after is None:
            return
        start = 0
        for protected in self._protected(batch, schema):
            own = subjects.slice(start, len(protected))
            self.after.add(_with_subject(protected, protected.schema.names, own))
            start += len(protected)

    def _protected(self, batch: pa.RecordBatch, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        kept = pa.schema([schema.field(name) for name in self._kept])
        return protect_batches([batch.select(list(self._kept))], kept, self._policy, self._keys)


def _plan(distribution: Distribution, fields: Sequence[DataField], quasi: Sequence[str]) -> _Plan:
    policy, _ = policy_of(distribution)
    roles = {item.name: item.role for item in fields}
    identifying = {FieldRole.QUASI, FieldRole.DIRECT, FieldRole.SENSITIVE}
    telling = {
        name: rule
        for name, rule in policy.fields.items()
        if rule.operator in TELLING and roles.get(name) in identifying
    }
    sensitive = [item.name for item in fields if item.role == FieldRole.SENSITIVE]
    return _Plan(Policy(fields=telling), distribution.subject_field, quasi, sensitive)


def _with_subject(batch: pa.RecordBatch, names: Sequence[str], subjects: pa.Array[Any]) -> pa.RecordBatch:
    columns = [batch.column(name) for name in names]
    return pa.RecordBatch.from_arrays([*columns, subjects], names=[*names, SUBJECT])
