"""What one batch adds to counting combinations of columns, and how such parts are put together.

Lives here: `Plan`, `Partial`, `partial_of` (record batch → part) and the associative `merge`. Keeping parts in bounded memory is
`combination_entries`, counting them `combination_counts`.

A part keeps no cell: of each column a 64-bit hash under a key of the run and of that column. Because the hashes of different columns
are independent, the sum of some of them (modulo 2⁶⁴) stands for these columns together, as surely as a hash of all of them would: two
different combinations of values share a sum with probability 2⁻⁶⁴, so n of them two that do with n² / 2⁶⁵ (`privacy.risk.hashing`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from privacy.risk.hashing import Hashes, hash_column, null_hash, plain_column

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Plan:
    """Which columns are read. `subject` None: every row is a person of its own. `key` is secret, and of one run only.

    With a subject, the rows in which it is empty are about one person together, as in `privacy.risk.partial`.
    """

    columns: tuple[str, ...]
    subject: str | None
    key: bytes

    def key_of(self, place: int) -> bytes:
        """The key of the column at `place`; the subject's is at -1. The same value hashes differently in each column."""
        return hashlib.blake2b(place.to_bytes(4, "big", signed=True), key=self.key, digest_size=32).digest()

    @property
    def nobody(self) -> np.uint64:
        """What stands for the person of the rows without a subject."""
        return null_hash(self.key_of(-1))


@dataclass(frozen=True, slots=True)
class Partial:
    """What some rows add: each different row once, in the order of its hash.

    `cells` has a line for each column and a place for each row. `last` is who the row is about; without a subject field how many rows
    were the same.
    """

    rows: int
    null_subject_rows: int
    cells: Hashes
    last: Hashes

    @property
    def weight(self) -> int:
        """Bytes held."""
        return int(self.cells.nbytes + self.last.nbytes)


def partial_of(batch: pa.RecordBatch, plan: Plan) -> Partial:
    """The part of one batch. All columns of the plan must be in it. Raises `ColumnTypeUnsupported`."""
    cells = np.empty((len(plan.columns), batch.num_rows), dtype=np.uint64)
    for place, name in enumerate(plan.columns):
        cells[place] = hash_column(batch.column(name), name, plan.key_of(place))
    unknown = 0
    if plan.subject is None:
        last = np.ones(batch.num_rows, dtype=np.uint64)
    else:
        column: pa.Array[Any] = plain_column(batch.column(plan.subject))
        last, unknown = hash_column(column, plan.subject, plan.key_of(-1)), column.null_count
    cells, last = distinct(cells, last, named=plan.subject is not None)
    return Partial(batch.num_rows, unknown, cells, last)


def merge(parts: Sequence[Partial], *, named: bool) -> Partial:
    """Parts of one plan put together, in any order and grouping with the same result. At least one part.

    `named`: the plan has a subject.
    """
    if len(parts) == 1:
        return parts[0]
    cells, last = distinct(
        np.concatenate([part.cells for part in parts], axis=1),
        np.concatenate([part.last for part in parts]),
        named=named,
    )
    return Partial(
        rows=sum(part.rows for part in parts),
        null_subject_rows=sum(part.null_subject_rows for part in parts),
        cells=cells,
        last=last,
    )


def distinct(cells: Hashes, last: Hashes, *, named: bool) -> tuple[Hashes, Hashes]:
    """Each different row once, by its hash: of the same person where rows name one; else their numbers added up."""
    if not len(last):
        return cells, last
    hashes = cells.sum(axis=0, dtype=np.uint64)
    if named:
        hashes += last
    order = np.argsort(hashes)
    starts = runs_of(hashes[order])
    firsts = order[starts]
    kept = last[firsts] if named else np.add.reduceat(last[order], starts)
    return cells[:, firsts], kept


def runs_of(ordered: npt.NDArray[Any]) -> Numbers:
    """Where each run of equal values begins. `ordered` must not be empty."""
    changes = np.empty(len(ordered), dtype=np.bool_)
    changes[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=changes[1:])
    return np.flatnonzero(changes)
