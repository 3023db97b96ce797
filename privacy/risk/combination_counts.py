"""Counting the classes of each combination of columns.

Lives here: `count_combinations`, from `Entries` to the sizes of the classes. What the counts say of the table is `combinations`.

Combinations are gone through depth first, each one column longer than the one before it. A class that holds a single entry stays as
it is whatever column is added, so its entry is settled and not looked at again below: the more a combination singles out, the less work is
left. And whoever is alone in a class stays alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from privacy.risk.combination_entries import ALONE, MOVING, Chunk, Entries
from privacy.risk.combination_rows import Flags, Numbers, runs_of
from privacy.risk.hashing import Hashes

Bits = npt.NDArray[np.uint8]
_ODD = np.uint64(0x9E3779B97F4A7C15)
_UPPER = np.uint64(32)


@dataclass(frozen=True, slots=True)
class Classes:
    """The classes of some columns (by their places): how many there are of each size, and how many persons are alone in one."""

    columns: tuple[int, ...]
    sizes: Counter[int]
    uniques: int

    @property
    def number(self) -> int:
        return self.sizes.total()

    @property
    def smallest(self) -> int:
        return min(self.sizes)

    @property
    def median(self) -> int:
        """Half of the classes have at most so many persons."""
        left = (self.number + 1) // 2
        for size in sorted(self.sizes):
            left -= self.sizes[size]
            if left <= 0:
                return size
        raise AssertionError("a combination without classes")


@dataclass(frozen=True, slots=True)
class _Settled:
    """What a longer combination takes over. `active` and `moving` are packed flags: the entries that are still to be grouped, and the
    persons of several entries who are alone already."""

    sizes: Counter[int]
    uniques: int  # persons of one entry each
    active: Bits
    left: int
    moving: Bits


def count_combinations(
    entries: Entries, *, longest: int, at_most: int, advance: Callable[[int, int], None]
) -> tuple[list[Classes], list[int]]:
    """The classes of every single column, and of every combination of 2 to `longest` of the `at_most` columns with most values.

    Returns them, and the places of the columns that were left out. `advance` is told how many are done, of how many; it may raise.
    """
    counting = _Counting(entries)
    nothing = counting.begin()
    singles = []
    for column in range(entries.columns):
        advance(column, entries.columns)
        singles.append(counting.count((column,), nothing)[0])
    by_values = sorted(singles, key=lambda found: (-found.number, found.columns))
    chosen = [found.columns[0] for found in by_values[:at_most]]
    total = len(singles) + sum(_choose(len(chosen), size) for size in range(2, longest + 1))
    found = list(singles)
    for classes in _longer(counting, chosen, (), nothing, longest):
        found.append(classes)
        advance(len(found), total)
    return found, sorted(found.columns[0] for found in by_values[at_most:])


def _choose(number: int, size: int) -> int:
    result = 1
    for step in range(size):
        result = result * (number - step) // (step + 1)
    return result


def _longer(
    counting: _Counting, chosen: list[int], prefix: tuple[int, ...], settled: _Settled, longest: int
) -> Iterator[Classes]:
    """The combinations that begin with `prefix` and have at least two columns, in the order in which the columns were chosen."""
    first = chosen.index(prefix[-1]) + 1 if prefix else 0
    for place in range(first, len(chosen)):
        columns = (*prefix, chosen[place])
        goes_on = len(columns) < longest and place + 1 < len(chosen)
        if not prefix and not goes_on:
            continue
        classes, below = counting.count(columns, settled)
        if prefix:
            yield classes
        if goes_on:
            yield from _longer(counting, chosen, columns, below, longest)


@dataclass(frozen=True, slots=True)
class _Records:
    """What is known of some classes: their key, who is in them (as an entry's tag), and the one entry they come from, else -1."""

    keys: Hashes
    tags: Numbers
    places: Numbers

    def __len__(self) -> int:
        return len(self.keys)


class _Counting:
    def __init__(self, entries: Entries) -> None:
        self._entries, self._at_once = entries, entries.bounds.at_once

    def begin(self) -> _Settled:
        """Before any column: everything is one class."""
        active = np.packbits(np.ones(self._entries.places, dtype=np.bool_))
        return _Settled(
            Counter(), 0, active, self._entries.count, np.packbits(np.zeros(self._entries.moving, np.bool_))
        )

    def count(self, columns: tuple[int, ...], above: _Settled) -> tuple[Classes, _Settled]:
        """The classes of `columns`, and what a longer combination takes over from them; `above` is of all of them but the last."""
        sizes, settled_sizes = Counter(above.sizes), Counter(above.sizes)
        uniques = settled_uniques = above.uniques
        moving = np.unpackbits(above.moving, count=self._entries.moving).view(np.bool_)
        active, left = np.unpackbits(above.active).view(np.bool_), above.left
        shares = -(-above.left // self._at_once)
        for share in range(shares):
            found = self._classes(columns, above.active, share, shares)
            persons = _persons(found.tags)
            _add_sizes(sizes, persons)
            uniques += int(np.count_nonzero(found.tags == 1))
            moving[-1 - found.tags[found.tags < 0]] = True
            single = found.places >= 0
            _add_sizes(settled_sizes, persons[single])
            settled_uniques += int(np.count_nonzero(found.tags[single] == 1))
            active[found.places[single]] = False
            left -= int(np.count_nonzero(single))
        classes = Classes(columns, sizes, uniques + int(np.count_nonzero(moving)))
        below = _Settled(settled_sizes, settled_uniques, np.packbits(active), left, np.packbits(moving))
        return classes, below

    def _classes(self, columns: tuple[int, ...], active: Bits, share: int, shares: int) -> _Records:
        """The classes in one share of all keys."""
        held: list[_Records] = []
        for group, chunks in self._entries.groups():
            parts: Iterator[_Records] = (self._records(chunk, columns, active, share, shares) for chunk in chunks)
            if group > MOVING:
                # One person's: in each class once, whichever chunks it comes from.
                parts = iter([_joined(list(parts))])
            for part in parts:
                held.append(part if group == ALONE else _once(part))
                if sum(map(len, held)) > 2 * self._at_once:
                    held = [_compressed(_joined(held))]
        return _compressed(_joined(held))

    def _records(self, chunk: Chunk, columns: tuple[int, ...], active: Bits, share: int, shares: int) -> _Records:
        start, count = chunk.base, chunk.segment.count
        flags = np.unpackbits(active[start // 8 : (start + count + 7) // 8], count=count).view(np.bool_)
        if not flags.any():
            nothing = np.empty(0, dtype=np.int64)
            return _Records(nothing.view(np.uint64), nothing, nothing)
        keys = self._entries.keys(chunk, columns)
        wanted: Flags = flags
        if shares > 1:
            wanted = flags & (((keys >> _UPPER) * np.uint64(shares)) >> _UPPER == share)
        if wanted.all():
            return _Records(keys, self._entries.tags(chunk), np.arange(start, start + count))
        places = np.flatnonzero(wanted)
        return _Records(keys[places], self._entries.tags(chunk)[places], places + start)


def _persons(tags: Numbers) -> Numbers:
    return np.maximum(tags, 1)


def _add_sizes(sizes: Counter[int], found: Numbers) -> None:
    values, numbers = np.unique(found, return_counts=True)
    for value, number in zip(values.tolist(), numbers.tolist(), strict=True):
        sizes[value] += number


def _joined(parts: list[_Records]) -> _Records:
    if len(parts) == 1:
        return parts[0]
    return _Records(
        np.concatenate([part.keys for part in parts]),
        np.concatenate([part.tags for part in parts]),
        np.concatenate([part.places for part in parts]),
    )


def _once(records: _Records) -> _Records:
    """Each person once in each class. All of a person's entries must be there."""
    if not len(records):
        return records
    pairs = records.keys + records.tags.view(np.uint64) * _ODD
    order = np.argsort(pairs)
    starts = runs_of(pairs[order])
    firsts = order[starts]
    single = _lengths(starts, len(order)) == 1
    return _Records(records.keys[firsts], records.tags[firsts], np.where(single, records.places[firsts], -1))


def _compressed(records: _Records) -> _Records:
    """One record for each class. No person may be in two records of a class."""
    if not len(records):
        return records
    order = np.argsort(records.keys)
    keys, tags = records.keys[order], records.tags[order]
    starts = runs_of(keys)
    single = _lengths(starts, len(order)) == 1
    persons = np.add.reduceat(_persons(tags), starts)
    return _Records(
        keys[starts],
        np.where(single, tags[starts], persons),
        np.where(single, records.places[order[starts]], -1),
    )


def _lengths(starts: Numbers, end: int) -> npt.NDArray[Any]:
    return np.diff(np.append(starts, end))
