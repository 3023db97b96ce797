"""What one batch adds to a risk measurement, and how such parts are put together.

Lives here: `Partial`, `partial_of` (record batch → part) and the associative `merge`. What the counts mean stands in
`measurement`; reading sources and feeding batches is somebody else's.

A part keeps no cell, only 64-bit hashes: for each (class, subject) pair 16 bytes, for each sensitive field another 24
for each (class, subject, value). So the memory of a measurement grows with the number of distinct pairs and not with
the rows or their width: five million persons in one class each hold 80 MB (and about four times that while parts are
merged), five million trips of a thousand persons in 300 places 5 MB.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from privacy.risk.hashing import Hashes, hash_column, join_hashes, plain_column

CLASS, SUBJECT, VALUE, COUNT = "class", "subject", "value", "count"


@dataclass(frozen=True, slots=True)
class Plan:
    """Which columns a measurement reads, by their names. `subject` None: every row is a person of its own.

    With a subject, the rows in which it is empty are all about one person whom nobody knows: how many persons they are
    about cannot be told, and to take each for another would make classes look larger than they are.
    """

    quasi: tuple[str, ...]
    subject: str | None
    sensitive: tuple[str, ...]
    key: bytes = b""


@dataclass(frozen=True, slots=True)
class SensitivePart:
    """The values of one sensitive field: counted where every row is a person, as a set for named subjects."""

    counts: pa.Table  # class, value, count
    triples: pa.Table  # class, subject, value; each once


@dataclass(frozen=True, slots=True)
class Partial:
    """What some rows add: `counts` where every row is a person of its own, else `pairs`, who is in which class."""

    rows: int
    null_subject_rows: int
    counts: pa.Table  # class, count
    pairs: pa.Table  # class, subject; each once
    sensitive: tuple[SensitivePart, ...]

    @property
    def weight(self) -> int:
        """How many entries the part holds: what its memory grows with."""
        own = self.counts.num_rows + self.pairs.num_rows
        return own + sum(part.counts.num_rows + part.triples.num_rows for part in self.sensitive)


def partial_of(batch: pa.RecordBatch, plan: Plan) -> Partial:
    """The part of one batch. All columns of the plan must be in it. Raises `ColumnTypeUnsupported`."""
    classes = join_hashes([hash_column(batch.column(name), name, plan.key) for name in plan.quasi])
    named = np.full(batch.num_rows, plan.subject is not None)
    subjects, unknown = np.zeros(batch.num_rows, dtype=np.uint64), 0
    if plan.subject is not None:
        column = plain_column(batch.column(plan.subject))
        subjects, unknown = hash_column(column, plan.subject, plan.key), column.null_count
    alone = ~named
    return Partial(
        rows=batch.num_rows,
        null_subject_rows=unknown,
        counts=_count({CLASS: classes[alone]}),
        pairs=_distinct({CLASS: classes[named], SUBJECT: subjects[named]}),
        sensitive=tuple(
            _sensitive_part(hash_column(batch.column(name), name, plan.key), classes, subjects, alone)
            for name in plan.sensitive
        ),
    )


def _sensitive_part(values: Hashes, classes: Hashes, subjects: Hashes, alone: Any) -> SensitivePart:
    named = ~alone
    return SensitivePart(
        counts=_count({CLASS: classes[alone], VALUE: values[alone]}),
        triples=_distinct({CLASS: classes[named], SUBJECT: subjects[named], VALUE: values[named]}),
    )


def merge(parts: Sequence[Partial]) -> Partial:
    """Parts of one plan put together, in any order and grouping with the same result. At least one part."""
    if len(parts) == 1:
        return parts[0]
    return Partial(
        rows=sum(part.rows for part in parts),
        null_subject_rows=sum(part.null_subject_rows for part in parts),
        counts=add_counts([part.counts for part in parts]),
        pairs=_union([part.pairs for part in parts]),
        sensitive=tuple(
            SensitivePart(
                counts=add_counts([part.counts for part in column]),
                triples=_union([part.triples for part in column]),
            )
            for column in zip(*(part.sensitive for part in parts), strict=True)
        ),
    )


def count_by(table: pa.Table, *keys: str) -> pa.Table:
    """How many rows of `table` there are for each combination of `keys`: the keys and `count`."""
    grouped = table.group_by(list(keys), use_threads=False).aggregate([([], "count_all")])
    return grouped.select([*keys, "count_all"]).rename_columns([*keys, COUNT])


def add_counts(tables: Sequence[pa.Table]) -> pa.Table:
    """Tables of keys and `count`, added up by key."""
    keys = [name for name in tables[0].column_names if name != COUNT]
    grouped = pa.concat_tables(tables).group_by(keys, use_threads=False).aggregate([(COUNT, "sum")])
    return grouped.select([*keys, f"{COUNT}_sum"]).rename_columns([*keys, COUNT])


def distinct(table: pa.Table, *keys: str) -> pa.Table:
    """Each combination of `keys` in `table` once."""
    return table.group_by(list(keys), use_threads=False).aggregate([]).select(list(keys))


def only_classes(table: pa.Table, classes: pa.ChunkedArray[Any]) -> pa.Table:
    """The rows of `table` whose class is one of `classes`."""
    return table.filter(pc.is_in(table[CLASS], value_set=classes.combine_chunks()))


def _count(columns: dict[str, Hashes]) -> pa.Table:
    return count_by(pa.table(columns), *columns)


def _distinct(columns: dict[str, Hashes]) -> pa.Table:
    return distinct(pa.table(columns), *columns)


def _union(tables: Sequence[pa.Table]) -> pa.Table:
    return distinct(pa.concat_tables(tables), *tables[0].column_names)
