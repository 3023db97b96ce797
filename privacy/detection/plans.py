"""What expressions find in all cells of one outline, without running them.

Lives here: the ways of many expressions put together and tried on the bytes of cells: one table look-up for each position that
some way makes demands on, whatever the number of ways. Not here: cells whose outline does not decide
(`privacy.detection.searching`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from privacy.detection.arrow import pc
from privacy.detection.outlines import BoolArray, Bytes, CharacterClass, IntArray, Outlines, characters_of, content
from privacy.detection.syntax import Expression
from privacy.detection.ways import Undecided, Way, ways_of

# Characters of an outline, and Han characters in it: texts have many ways, and seldom one outline twice.
_LONGEST: Final = 48
_MOST_HAN: Final = 8
_MOST_LARGE: Final = 16  # demands on characters of a large class
_WORD: Final = 64  # ways that one look-up answers for
_SMALL_CLASS: Final = 128
_EFFORT: Final = 4000  # steps, about a microsecond each
_ENOUGH_ALIKE: Final = 128  # cells of one outline: fewer are searched faster than planned for
_MOST_PLANS: Final = 1024

Words = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Found:
    """Matches of the expression at `key` that lie alike: which cells, the bytes of these cells, one a row, and the plan's way."""

    key: int
    cells: IntArray
    rows: Bytes
    plan: Plan
    way: Way

    def part(self, start: int, end: int) -> Bytes:
        """The bytes of each cell from one character to another."""
        return self.rows[:, self.plan.byte(start) : self.plan.byte(end)]


class Plan:
    """The ways of some expressions to match in cells of one outline."""

    def __init__(self, outline: bytes) -> None:
        self.characters = characters_of(outline)
        self.is_ascii = len(self.characters) == len(outline)
        self._size = len(outline)
        self._classes = [kind for kind, _ in self.characters]
        self._ways: dict[int, tuple[Way, ...] | None] = {}
        self._look_ups: dict[int, tuple[_LookUp, ...]] = {}

    def byte(self, character: int) -> int:
        """The byte at which a character begins; the end of the last is one further."""
        return self.characters[character][1] if character < len(self.characters) else self._size

    def decides(self, key: int, expression: Expression | None) -> bool:
        """Whether the outline says where an expression matches; it is asked once for each `key`."""
        if key not in self._ways:
            self._ways[key] = None
            if expression is not None:
                with suppress(Undecided):
                    self._decide(key, ways_of(expression, self._classes, effort=_EFFORT))
        return self._ways[key] is not None

    def _decide(self, key: int, ways: tuple[Way, ...]) -> None:
        large = sum(self._classes[at].size > _SMALL_CLASS for way in ways for at, _ in way.demands)
        if large > _MOST_LARGE:
            raise Undecided
        self._ways[key] = ways
        self._look_ups[key] = tuple(
            _LookUp(self.characters, ways[at : at + _WORD]) for at in range(0, len(ways), _WORD)
        )

    def find(self, key: int, cells: Bytes) -> Iterator[tuple[IntArray, Way]]:
        """The matches of a decided expression in cells, one a row: of which rows, and the way of them."""
        ways = self._ways[key] or ()
        free: IntArray | None = None  # per cell the character up to which it has been matched
        alive = [look_up.alive(cells) for look_up in self._look_ups[key]]
        at = 0
        while at < len(ways):
            way = ways[at]
            # Ways from one place to one other differ in their demands only: any of them will do.
            alike = [0] * len(alive)
            while at < len(ways) and _span(ways[at]) == _span(way):
                alike[at // _WORD] |= 1 << at % _WORD
                at += 1
            hit = np.zeros(len(cells), dtype=np.bool_)
            for word, bits in zip(alive, alike, strict=True):
                if bits:
                    hit |= True if word is None else (word & np.uint64(bits)) != 0
            if free is not None:
                hit &= free <= way.start
            rows = np.flatnonzero(hit)
            if len(rows):
                if at < len(ways):
                    free = np.where(hit, way.end, 0 if free is None else free)
                yield rows, way


class Planner:
    """Plans for the outlines that many cells have. It keeps plans, and nothing of the cells."""

    def __init__(self, expressions: Sequence[Expression | None]) -> None:
        self._expressions = expressions
        self._plans: dict[bytes, Plan] = {}

    def find(self, array: pa.Array[Any], outlines: Outlines, undecided: BoolArray) -> Iterator[Found]:
        """Matches in the cells of `array`. `undecided` (expressions × outlines) says where to look; what is decided is cleared."""
        counts = np.bincount(outlines.codes, minlength=len(outlines))
        sizes = np.diff(content(outlines.distinct)[1])
        features = outlines.features
        worth = (counts >= _ENOUGH_ALIKE) & (features.length <= _LONGEST) & (features.han <= _MOST_HAN)
        worth &= np.any(undecided, axis=0)
        chosen: list[tuple[int, Plan, list[int]]] = []
        for code in np.flatnonzero(worth).tolist():
            plan = self._plan(outlines.distinct[code].as_py())
            keys = np.flatnonzero(undecided[:, code]).tolist()
            decided = [key for key in keys if plan.decides(key, self._expressions[key])]
            if decided:
                undecided[decided, code] = False
                chosen.append((code, plan, decided))
        if not chosen:
            return
        order = _in_order(outlines.codes, [code for code, _, _ in chosen], len(outlines))
        text, _ = content(pc.take(array, pa.array(order)) if len(outlines) > 1 else array)
        first = at = 0
        for code, plan, decided in chosen:
            count, size = int(counts[code]), int(sizes[code])
            alike = text[at : at + count * size].reshape(count, size)
            for key in decided:
                for rows, way in plan.find(key, alike):
                    every = len(rows) == count
                    yield Found(key, order[first + rows], alike if every else alike[rows], plan, way)
            first += count
            at += count * size

    def _plan(self, outline: bytes) -> Plan:
        plan = self._plans.get(outline)
        if plan is None:
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()
            plan = self._plans[outline] = Plan(outline)
        return plan


def _in_order(codes: IntArray, chosen: Sequence[int], outlines: int) -> IntArray:
    """The cells of the chosen outlines, one outline after the other."""
    if outlines == 1:
        return np.arange(len(codes))
    rank = np.full(outlines, -1, dtype=np.int16)  # which is sorted in one sweep; a chunk has not so many large groups
    rank[chosen] = np.arange(len(chosen), dtype=np.int16)
    ranks = rank[codes]
    cells = np.flatnonzero(ranks >= 0)
    return cells[np.argsort(ranks[cells], kind="stable")]


def _span(way: Way) -> tuple[int, int, Mapping[int, tuple[int, int]]]:
    return way.start, way.end, way.groups


class _LookUp:
    """Which of at most 64 ways the cells of an outline meet the demands of."""

    def __init__(self, characters: Sequence[tuple[CharacterClass, int]], ways: Sequence[Way]) -> None:
        self._characters = characters
        every = (1 << len(ways)) - 1
        by_position: dict[int, dict[int, int]] = {}
        for bit, way in enumerate(ways):
            for position, members in way.demands:
                by_position.setdefault(position, {})[bit] = members
        self._every = np.uint64(every)
        self._tables: dict[int, Words] = {}
        self._members: dict[int, Mapping[int, int]] = {}
        for position, demands in sorted(by_position.items()):
            kind = characters[position][0]
            if kind.size > _SMALL_CLASS:
                self._members[position] = demands
                continue
            table = np.full(kind.size, every, dtype=np.uint64)
            for bit, members in demands.items():
                table[~_marks(kind, members)] &= np.uint64(~(1 << bit) & (1 << 64) - 1)
            self._tables[position] = table

    def alive(self, cells: Bytes) -> Words | None:
        """Per cell the ways it is open to, as bits; None when nothing is asked of a cell."""
        alive: Words | None = None
        for position, table in self._tables.items():
            kind, at = self._characters[position]
            open_to = (
                table[cells[:, at] - np.uint8(kind.first)] if kind.width == 1 else table[self._points(cells, position)]
            )
            alive = open_to if alive is None else alive & open_to
        for position, demands in self._members.items():
            kind, _ = self._characters[position]
            points = self._points(cells, position)
            alive = np.full(len(cells), self._every) if alive is None else alive
            for bit, members in demands.items():
                alive &= np.where(_marks(kind, members)[points], self._every, self._every & ~np.uint64(1 << bit))
        return alive

    def _points(self, cells: Bytes, position: int) -> IntArray:
        """The characters at a position, counted from the first of their class."""
        kind, at = self._characters[position]
        points = np.zeros(len(cells), dtype=np.int64)
        points += cells[:, at] & (0x7F >> kind.width)
        for further in range(1, kind.width):
            points = points << 6 | (cells[:, at + further] & 0x3F)
        return points - kind.first


@lru_cache(maxsize=512)
def _marks(kind: CharacterClass, members: int) -> BoolArray:
    """Bits as an array of truth values, one for each character of a class."""
    data = np.frombuffer(members.to_bytes((kind.size + 7) // 8, "little"), dtype=np.uint8)
    return np.unpackbits(data, count=kind.size, bitorder="little").astype(np.bool_)
