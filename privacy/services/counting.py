"""What a release is measured by: who counts as a person, and which fields may single one out.

One rule for the release that is staged and for the effect an officer is shown beforehand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa

from catalog.datasets.models import DataField
from privacy.detection.arrow import pc
from privacy.detection.canonical import canonicalise
from privacy.detection.sketch import DistinctSketch
from privacy.masking.engine import protect_batches
from privacy.masking.keys import DomainKey
from privacy.masking.operators import PROPERTIES, Operator
from privacy.masking.policy import NullPolicy, Policy
from privacy.models import FieldRole
from privacy.risk.hashing import hash_column
from privacy.risk.measurement import NearlyUnique

# No column of a source can be called this: the readers strip control characters. Not NUL, which PostgreSQL's JSON refuses.
SUBJECT = "\x1fsubject"
# An operator whose result still says something of the person.
TELLING = frozenset(
    {
        *(Operator.KEEP, Operator.PARTIAL_MASK, Operator.GENERALISE),
        *(Operator.DATE_SHIFT, Operator.ROUND, Operator.NOISE, Operator.CLIP, Operator.REDACT),
    }
)
# One whose result says nothing, but is the same wherever the value is: the classes are those of the raw values.
PSEUDONYMS = frozenset(code for code, what in PROPERTIES.items() if what.preserves_uniqueness) - {Operator.KEEP} | {
    Operator.DICTIONARY  # now and then two values share one substitute, which changes little
}
# House rule: a field nobody calls identifying, with more different values than this share of the persons, tells most of them apart.
NEARLY_UNIQUE = Fraction(1, 2)


def counts(field: DataField, operator: Operator) -> bool:
    """Whether a field that is released by `operator` is a quasi-identifier: by these the classes are made.

    A quasi-identifier does so under a token too. A direct identifier only while something of it can be read: its token is the
    person's pseudonym, which ties their rows together and tells them from nobody else in the data.
    """
    if operator in TELLING:
        return field.role in (FieldRole.QUASI, FieldRole.DIRECT)
    return operator in PSEUDONYMS and field.role == FieldRole.QUASI


def may_single_out(field: DataField, operator: Operator, *, subject: DataField | None) -> bool:
    """Whether a field without a role counts as well, should its values turn out to be nearly unique (`Tally`)."""
    if field.role != FieldRole.NONE:
        return False
    if subject is not None and field.pk == subject.pk:
        return operator in TELLING  # its token, too, is the person's pseudonym
    return operator in TELLING | PSEUDONYMS


def subjects_of(rows: pa.RecordBatch, field: DataField) -> pa.Array[Any]:
    """Whom each row is about, one spelling a person; null where it is empty. What is no valid identifier counts as it is spelt."""
    raw = rows.column(field.name)
    text = pc.utf8_trim_whitespace(raw if pa.types.is_string(raw.type) else pc.cast(raw, pa.string()))
    text = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
    return pc.coalesce(canonicalise(field.entity_type, raw), text) if field.entity_type else text


class Tally:
    """How many rows and persons there are, and how many different values some columns have among them.

    In bounded memory: exact up to 50,000, within about half a percent above (`privacy.detection.sketch`).
    """

    def __init__(self, names: Collection[str]) -> None:
        self.rows = 0
        self._unknown = False
        self._subjects: DistinctSketch | None = None
        self._values = {name: DistinctSketch() for name in names}

    def add(self, batch: pa.RecordBatch) -> None:
        """Count one more batch of the columns as they would be released."""
        for name, seen in self._values.items():
            self._values[name] = _with(seen, batch.column(name))

    def add_persons(self, rows: pa.RecordBatch, subject: DataField | None) -> None:
        """Count whom some rows are about. Without a subject field every row is a person of its own."""
        self.rows += rows.num_rows
        if subject is not None:
            column = subjects_of(rows, subject)
            self._unknown |= column.null_count > 0
            self._subjects = _with(self._subjects or DistinctSketch(), column)

    @property
    def persons(self) -> int:
        """The rows without a subject are one person together, as in `privacy.risk`."""
        return self.rows if self._subjects is None else self._subjects.estimate + self._unknown

    def nearly_unique(self) -> tuple[NearlyUnique, ...]:
        """The columns with more different values than `NEARLY_UNIQUE` of the persons."""
        found = (NearlyUnique(name, seen.estimate) for name, seen in self._values.items())
        return tuple(field for field in found if field.values > NEARLY_UNIQUE * self.persons)


def tally_of(batches: Iterable[pa.RecordBatch], *, policy: Policy, subject: DataField | None, keys: DomainKey) -> Tally:
    """Count raw rows: whom they are about, and the different values that `policy` leaves of its fields."""
    # Where a rule stops at a malformed or missing value, that is for the writing: counting tells nothing of single values.
    rules = {name: replace(rule, invalid=None, null=NullPolicy.KEEP) for name, rule in policy.fields.items()}
    tally = Tally(rules)
    for rows in batches:
        tally.add_persons(rows, subject)
        if rules:
            raw = rows.select(list(Policy(fields=rules).read_columns(rows.schema.names)))
            for protected in protect_batches([raw], raw.schema, Policy(fields=rules), keys):
                tally.add(protected)
    return tally


def _with(seen: DistinctSketch, column: pa.Array[Any]) -> DistinctSketch:
    present = pc.drop_null(column)
    return seen.with_hashes(np.unique(hash_column(present, "", b"")))
