"""Drawing some rows of a table at random, where that is done best: by the server, by the file's own blocks, or on the way past.

Lives here: what a drawing is and how many rows a reader has to hand over for one. What a reader leaves out it leaves out by a seed, so that
the same content gives the same rows again. Keeping exactly as many as are wanted is the caller's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import pyarrow as pa

from catalog.sources.table import DEFAULT_BATCH_ROWS, Table

BLOCK_COLUMN = "block"
"""Name of the column after all others that says in which block of the source a row stands. Looked for by its place: a table may
have a column of that name."""

MANY_ROWS = 5_000_000
"""Above this blocks are drawn and the rest is not read. A smaller table is passed over whole, for single rows say more."""

FEW_BLOCKS = 200
"""Blocks of a file that are all read. Of more so many are drawn: then what no block shows is below 1.5 % of the rows."""


CHOOSING = "canglang_drawn"
"""What `chosen` is called in the SQL of a database that takes functions."""

_WORD = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Drawing:
    """Rows of a table, drawn or to be drawn from.

    `passed_over`: the source left rows out at random, each with the same probability; otherwise every row comes. `blocks`: whole blocks
    were drawn and the last column of each batch says of which a row is. `population`: the rows of the table, where the source knows.
    """

    batches: Iterator[pa.RecordBatch]
    passed_over: bool = False
    blocks: bool = False
    population: int | None = None


@runtime_checkable
class DrawnTable(Protocol):
    """A table whose reader can leave rows out before they are built."""

    def draw(self, rows: int, *, seed: int, batch_rows: int) -> Drawing | None:
        """About `rows` rows at random; None where this table can only be read whole."""
        ...


def draw(table: Table, rows: int, *, seed: int, batch_rows: int = DEFAULT_BATCH_ROWS) -> Drawing:
    """About `rows` rows of `table` or, from a source that cannot leave any out, all of them.

    Raises: SourceError subclasses, also in the middle of the rows.
    """
    drawing = table.draw(rows, seed=seed, batch_rows=batch_rows) if isinstance(table, DrawnTable) else None
    return drawing or Drawing(table.batches(batch_rows=batch_rows, raw_text=True))


def share_of(rows: int, estimate: int | None) -> float | None:
    """The probability by which a row is handed over; None where all of them are, for there are few or nobody knows how many."""
    return None if not estimate or estimate <= 2 * rows else rows / estimate


def chosen(row: object, seed: int, share: float) -> bool:
    """Whether the row of this number is drawn: by its hash, so that neighbours have nothing to do with each other.

    The hash is the output function of splitmix64 (G. Steele, D. Lea and C. Flood, OOPSLA 2014).
    """
    if not isinstance(row, int):
        return True
    word = ((row + 1) * 0x9E3779B97F4A7C15 + seed * 0xD1B54A32D192ED03) & _WORD
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _WORD
    return (word ^ (word >> 31)) < share * _WORD


def with_block(batch: pa.RecordBatch, block: int) -> pa.RecordBatch:
    """`batch` with the number of its block as the last column."""
    numbers = pa.array(np.full(batch.num_rows, block, dtype=np.int64))
    return pa.RecordBatch.from_arrays([*batch.columns, numbers], names=[*batch.schema.names, BLOCK_COLUMN])
