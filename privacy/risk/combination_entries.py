"""The rows whose combinations are counted, kept in bounded memory however many there are.

Lives here: `RowStore`, which takes parts and spills them to a file without a name once there are many, and `Entries`, the smallest
thing the counting still needs. Nothing here knows a cell or a key: the file holds keyed hashes whose key is in memory alone, and is gone
with the process.

An entry is one combination of values in all columns, and who has it. There are three kinds, because persons are counted, not rows:
- persons all of whose rows say the same add one to exactly one class of any combination: only their number is kept;
- persons whose rows differ may be in several classes, and twice in one. All entries of such a person are in the same chunk, so that a
  chunk by itself tells who is in which of its classes, and what chunks say adds up;
- a person with so many different rows that they fit in no chunk (as a rule: the rows that name nobody) has a group of chunks alone.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from privacy.risk.combination_rows import Numbers, Partial, Plan, distinct, merge, runs_of
from privacy.risk.hashing import Hashes

BUCKETS = 256
ALONE, MOVING = 0, 1  # the first two groups; each group behind them is one person's


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is held at once. Tests make them tiny; the result does not depend on them.

    `held_bytes`: rows that are worked on together before they go to a file, in bytes. `at_once`: entries that are counted together.
    `in_memory`: bytes of a file that stay in memory. `folder`: where the file is; None is where the system puts such files.
    """

    held_bytes: int = 32 << 20
    at_once: int = 1 << 20
    in_memory: int = 32 << 20
    folder: str | None = None

    def rows(self, columns: int) -> int:
        """How many rows of so many columns are worked on together."""
        return max(1, self.held_bytes // (8 * (columns + 1)))


@dataclass(frozen=True, slots=True)
class Segment:
    """A block of a spool: some lines of 64-bit numbers, all of `count` places."""

    offset: int
    count: int


class Spool:
    """Blocks of numbers, appended and read again: in memory while they are few, then in a file without a name."""

    def __init__(self, in_memory: int, folder: str | None) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=max(1, in_memory), dir=folder)  # noqa: SIM115  closed by `close`
        self._end = 0

    def append(self, lines: Hashes, last: Hashes) -> Segment:
        """Write a block; `last` becomes its last line."""
        segment = Segment(self._end, len(last))
        self._file.seek(self._end)
        for line in (*lines, last):
            self._file.write(np.ascontiguousarray(line).data)
            self._end += line.nbytes
        return segment

    def line(self, segment: Segment, number: int) -> Hashes:
        """One line of a block."""
        size = segment.count * 8
        self._file.seek(segment.offset + number * size)
        return np.frombuffer(self._file.read(size), dtype=np.uint64)

    def lines(self, segment: Segment, number: int) -> Hashes:
        """The first `number` lines of a block."""
        self._file.seek(segment.offset)
        return np.frombuffer(self._file.read(number * segment.count * 8), dtype=np.uint64).reshape(number, -1)

    def close(self) -> None:
        self._file.close()


@dataclass(frozen=True, slots=True)
class Chunk:
    """Entries that are read together. `base` is the place of the first among all entries."""

    group: int
    base: int
    segment: Segment


class Entries:
    """Every entry of a table. `close` gives the disk back.

    An entry's tag says how many persons have it (1 and more), or who does (-1 and less).
    """

    def __init__(self, columns: int, bounds: Bounds) -> None:
        self.columns, self.bounds = columns, bounds
        self.chunks: list[Chunk] = []
        self.places = 0  # a chunk begins at a multiple of eight, so that flags can be packed in bits
        self.count = 0
        self.persons = 0
        self.moving = 0
        self._spool = Spool(bounds.in_memory, bounds.folder)

    def append(self, group: int, cells: Hashes, tags: Numbers) -> None:
        """Add a chunk."""
        if not len(tags):
            return
        self.chunks.append(Chunk(group, self.places, self._spool.append(cells, tags.view(np.uint64))))
        self.count += len(tags)
        self.places += -(-len(tags) // 8) * 8

    def groups(self) -> Iterator[tuple[int, list[Chunk]]]:
        """The chunks by their group."""
        for group, chunks in groupby(self.chunks, key=lambda chunk: chunk.group):
            yield group, list(chunks)

    def keys(self, chunk: Chunk, columns: Sequence[int]) -> Hashes:
        """What stands for these columns together, in each entry of a chunk."""
        key = self._spool.line(chunk.segment, columns[0])
        for column in columns[1:]:
            key = key + self._spool.line(chunk.segment, column)
        return key

    def tags(self, chunk: Chunk) -> Numbers:
        """How many persons have each entry of a chunk, or who does."""
        return self._spool.line(chunk.segment, self.columns).view(np.int64)

    def close(self) -> None:
        self._spool.close()


class RowStore:
    """Takes the parts of a table and makes its entries."""

    def __init__(self, plan: Plan, bounds: Bounds) -> None:
        self.rows = self.null_subject_rows = 0
        self._plan, self._bounds, self._named = plan, bounds, plan.subject is not None
        self._limit = bounds.rows(len(plan.columns))
        self._waiting: list[Partial] = []
        self._weight = 0
        self._spool: Spool | None = None
        # One more for the rows that name nobody: a person of many rows.
        self._buckets: list[list[Segment]] = [[] for _bucket in range(BUCKETS + 1)]

    def add(self, part: Partial) -> None:
        """Keep one more part."""
        self.rows += part.rows
        self.null_subject_rows += part.null_subject_rows
        self._waiting.append(part)
        self._weight += part.weight
        if self._weight > self._bounds.held_bytes:
            merged = merge(self._waiting, named=self._named)
            self._waiting, self._weight = [merged], merged.weight
            if self._weight > self._bounds.held_bytes // 2:
                self._spill(merged)

    def close(self) -> None:
        """Give the disk back."""
        if self._spool is not None:
            self._spool.close()

    def entries(self) -> Entries:
        """The entries of all the parts. The store is empty afterwards."""
        made = _Making(Entries(len(self._plan.columns), self._bounds), self._limit)
        if self._spool is not None and self._waiting:
            self._spill(merge(self._waiting, named=self._named))
        try:
            if self._spool is not None:
                for bucket in self._buckets:
                    if bucket:
                        self._digest(bucket, made)
            elif self._waiting:
                held = merge(self._waiting, named=self._named)
                self._waiting = []
                made.take(held.cells, held.last, named=self._named)
            return made.finish()
        except BaseException:
            made.entries.close()
            raise
        finally:
            self.close()

    def _spill(self, part: Partial) -> None:
        """Write a part to the file, by buckets in which a person, or a repeated row, is whole."""
        self._spool = self._spool or Spool(0, self._bounds.folder)
        hashes = part.last if self._named else part.cells.sum(axis=0, dtype=np.uint64)
        buckets = (hashes >> np.uint64(56)).astype(np.uint16)
        if self._named:
            buckets[part.last == self._plan.nobody] = BUCKETS
        order = np.argsort(buckets, kind="stable")
        cells, last = part.cells[:, order], part.last[order]
        ends = np.cumsum(np.bincount(buckets, minlength=BUCKETS + 1))
        for bucket, (start, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
            if end > start:
                self._buckets[bucket].append(self._spool.append(cells[:, start:end], last[start:end]))
        self._waiting, self._weight = [], 0

    def _digest(self, bucket: Sequence[Segment], made: _Making) -> None:
        rows = sum(segment.count for segment in bucket)
        if rows <= self._limit:
            made.take(*self._read(bucket), named=self._named)
            return
        large = self._large_persons(bucket) if self._named else np.empty(0, dtype=np.uint64)
        for person in large:
            for segment in bucket:
                cells, last = self._read([segment])
                made.take_large(cells[:, last == person])
            made.finish_large()
        # What is left in slices: each person, or repeated row, is whole in one of them.
        slices = -(-rows // self._limit)
        for number in range(slices):
            parts = [self._slice(segment, large, number, slices) for segment in bucket]
            made.take(
                np.concatenate([cells for cells, _last in parts], axis=1),
                np.concatenate([last for _cells, last in parts]),
                named=self._named,
            )

    def _large_persons(self, bucket: Sequence[Segment]) -> Hashes:
        """Who has so many rows that a slice could not hold them."""
        assert self._spool is not None
        lines = len(self._plan.columns)
        persons, counts = np.unique(
            np.concatenate([self._spool.line(segment, lines) for segment in bucket]), return_counts=True
        )
        return persons[counts > self._limit // 4]

    def _slice(self, segment: Segment, large: Hashes, number: int, slices: int) -> tuple[Hashes, Hashes]:
        cells, last = self._read([segment])
        hashes = last if self._named else cells.sum(axis=0, dtype=np.uint64)
        wanted = share_of(hashes, slices) == number
        if len(large):
            wanted &= ~np.isin(last, large)
        return cells[:, wanted], last[wanted]

    def _read(self, segments: Sequence[Segment]) -> tuple[Hashes, Hashes]:
        assert self._spool is not None
        lines = len(self._plan.columns) + 1
        read = [self._spool.lines(segment, lines) for segment in segments]
        together = np.concatenate(read, axis=1) if len(read) > 1 else read[0]
        return together[:-1], together[-1]


def share_of(hashes: Hashes, shares: int) -> Hashes:
    """Which of `shares` equal parts of the range each hash falls in, by its lower half: buckets are made by the upper."""
    return ((hashes & np.uint64(0xFFFFFFFF)) * np.uint64(shares)) >> np.uint64(32)


class _Making:
    """Sorts rows in which persons are whole into the kinds of entries."""

    def __init__(self, entries: Entries, limit: int) -> None:
        self.entries = entries
        self._limit = limit
        self._alone: list[tuple[Hashes, Hashes]] = []
        self._moving: list[tuple[Hashes, Numbers]] = []
        self._large: list[Hashes] = []
        self._next_group = MOVING + 1

    def take(self, cells: Hashes, last: Hashes, *, named: bool) -> None:
        """Add rows; `last` as of a `Partial`. All rows of a person come in one call."""
        cells, last = distinct(cells, last, named=named)
        if not len(last):
            return
        if not named:
            self.entries.persons += int(last.sum())
            self._take_alone(cells, last)
            return
        order = np.argsort(last)
        persons = last[order]
        starts = runs_of(persons)
        lengths = np.diff(np.append(starts, len(persons)))
        self.entries.persons += len(starts)
        single = order[starts[lengths == 1]]
        self._take_alone(cells[:, single], np.ones(len(single), dtype=np.uint64))
        moves = np.repeat(lengths > 1, lengths)
        self._take_moving(cells[:, order[moves]], lengths[lengths > 1])

    def _take_alone(self, cells: Hashes, numbers: Hashes) -> None:
        self._alone.append((cells, numbers))
        if sum(len(part[1]) for part in self._alone) > self._limit:
            self._put_alone(unless_fewer_than=self._limit // 2)

    def _put_alone(self, *, unless_fewer_than: int = 0) -> None:
        if not self._alone:
            return
        cells, numbers = distinct(
            np.concatenate([part[0] for part in self._alone], axis=1),
            np.concatenate([part[1] for part in self._alone]),
            named=False,
        )
        if len(numbers) < unless_fewer_than:
            self._alone = [(cells, numbers)]
            return
        self._alone = []
        self.entries.append(ALONE, cells, numbers.view(np.int64))

    def _take_moving(self, cells: Hashes, lengths: Numbers) -> None:
        first = self.entries.moving
        self.entries.moving += len(lengths)
        tags = -1 - np.repeat(np.arange(first, first + len(lengths), dtype=np.int64), lengths)
        self._moving.append((cells, tags))
        if sum(len(part[1]) for part in self._moving) > self._limit // 2:
            self._put_moving()

    def _put_moving(self) -> None:
        if self._moving:
            cells = np.concatenate([part[0] for part in self._moving], axis=1)
            self.entries.append(MOVING, cells, np.concatenate([part[1] for part in self._moving]))
        self._moving = []

    def take_large(self, cells: Hashes) -> None:
        """Add rows of the one person who is being gone through."""
        self._large.append(cells)
        if sum(part.shape[1] for part in self._large) > self._limit // 2:
            self._put_large()

    def finish_large(self) -> None:
        """That was all of this person."""
        if self._large:
            self._put_large()
        self.entries.persons += 1
        self.entries.moving += 1
        self._next_group += 1

    def _put_large(self) -> None:
        cells = np.concatenate(self._large, axis=1)
        # The person is the same in all of them: a row that repeats within the chunk says nothing more.
        cells, numbers = distinct(cells, np.zeros(cells.shape[1], dtype=np.uint64), named=True)
        self.entries.append(self._next_group, cells, np.full(len(numbers), -1 - self.entries.moving, dtype=np.int64))
        self._large = []

    def finish(self) -> Entries:
        """What is left over, and the chunks in the order of their groups."""
        self._put_alone()
        self._put_moving()
        self.entries.chunks.sort(key=lambda chunk: chunk.group)
        return self.entries
