"""The ways in which an expression can match a cell of a given outline.

Lives here: a backtracking walk of an expression over an outline. Where a matcher asks whether *this* character is in a set, the walk
notes which characters of the class have to be there; so one walk answers for all cells of the outline. Not here: trying the ways on
cells (`privacy.detection.plans`).

The walk goes through the choices in the order in which `re` does. Of the ways that begin at one place, the first one whose demands a
cell meets is therefore the match that `re` finds there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Final

import numpy as np

from privacy.detection.outlines import CharacterClass
from privacy.detection.syntax import Back, Body, Characters, Edge, Either, Expression, Group, Look, Node, Repeat

MOST_WAYS: Final = 256
_LARGEST_CLASS: Final = 0x8000  # characters; emoji are left to the expressions themselves

Then = Callable[[int], None]
Demands = dict[int, int]


class Undecided(Exception):
    """The outline does not say, or not with reasonable effort, where the expression matches."""


class _Certain(Exception):
    """Nothing more has to be known: a cell of this outline cannot be otherwise."""


@dataclass(frozen=True, slots=True)
class Way:
    """A match from character `start` to `end` in every cell that meets the demands: at a position one of some characters of its class.

    The characters are bits of a number, the lowest for the first of the class. `groups` are the spans of capturing groups.
    """

    start: int
    end: int
    demands: tuple[tuple[int, int], ...]
    groups: Mapping[int, tuple[int, int]]


def ways_of(expression: Expression, classes: Sequence[CharacterClass], *, effort: int) -> tuple[Way, ...]:
    """All ways for `expression` to match in a cell whose characters are of `classes`, in the order of preference from each start.

    Raises: Undecided, when it takes more than `effort` steps, or when a match may be empty.
    """
    walk = _Walk(expression, classes, effort)
    try:
        for start in range(len(classes)):
            walk.begin(start)
    except RecursionError:
        raise Undecided from None
    return tuple(walk.ways)


@dataclass(slots=True)
class _Walk:
    expression: Expression
    classes: Sequence[CharacterClass]
    effort: int
    ways: list[Way] = field(default_factory=list)
    _sets: list[dict[str, int]] = field(init=False)  # per position the members of its class by the source of a set
    _full: list[int] = field(init=False)
    _open: list[int] = field(init=False)  # per position the characters that may still be there
    _groups: dict[int, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if any(kind.size > _LARGEST_CLASS for kind in self.classes):
            raise Undecided
        flags = self.expression.compiled.flags
        self._sets = [_sets_of(kind, flags) for kind in self.classes]
        self._full = [(1 << kind.size) - 1 for kind in self.classes]
        self._open = list(self._full)

    def begin(self, start: int) -> None:
        """Add the ways that begin at `start`."""
        try:
            self._body(self.expression.body, 0, partial(self._found, start), start)
        except _Certain:
            self._open = list(self._full)
            self._groups.clear()

    def _found(self, start: int, end: int) -> None:
        if end == start or len(self.ways) >= MOST_WAYS:
            raise Undecided
        demands = tuple(
            (at, left) for at, (left, full) in enumerate(zip(self._open, self._full, strict=True)) if left != full
        )
        self.ways.append(Way(start, end, demands, dict(self._groups)))
        if not demands:
            raise _Certain  # no other way from this start is ever preferred

    def _body(self, body: Body, index: int, then: Then, at: int) -> None:
        """Go on with the nodes of `body` from `index` at position `at`, and with `then` from wherever they end."""
        self.effort -= 1
        if self.effort < 0:
            raise Undecided
        before: list[tuple[int, int]] = []
        fits = True
        while index < len(body) and isinstance(node := body[index], Characters):
            fits = self._narrow(node, at, before)
            if not fits:
                break
            at += 1
            index += 1
        if fits:
            if index == len(body):
                then(at)
            else:
                self._node(body[index], partial(self._body, body, index + 1, then), at)
        self._restore(before)

    def _narrow(self, node: Characters, at: int, before: list[tuple[int, int]]) -> bool:
        """Demand a character of the set at `at`; False when none is possible. `before` remembers what was open."""
        if at >= len(self.classes):
            return False
        return self._narrow_to(self._members(node.source, at), at, before)

    def _members(self, source: str, at: int) -> int:
        """The characters of a set that may be at `at`, as bits."""
        members = self._sets[at].get(source)
        if members is None:
            members = _members_of(source, self.expression.compiled.flags, self.classes[at])
            self._sets[at][source] = members
        return members

    def _narrow_to(self, members: int, at: int, before: list[tuple[int, int]]) -> bool:
        left = self._open[at] & members
        if not left:
            return False
        before.append((at, self._open[at]))
        self._open[at] = left
        return True

    def _restore(self, before: list[tuple[int, int]]) -> None:
        while before:
            at, was = before.pop()
            self._open[at] = was

    def _node(self, node: Node, then: Then, at: int) -> None:
        match node:
            case Repeat(body=(Characters() as one,)):
                self._run(node, one, then, at)
            case Repeat():
                self._repeat(node, 0, then, at)
            case Either(bodies=bodies):
                for body in bodies:
                    self._body(body, 0, then, at)
            case Group():
                self._body(node.body, 0, partial(self._grouped, node.number, at, then), at)
            case Look():
                self._look(node, then, at)
            case Back(number=number):
                self._back(number, then, at)
            case Edge():
                self._edge(node, then, at)
            case Characters():
                self._body((node,), 0, then, at)

    def _run(self, node: Repeat, one: Characters, then: Then, at: int) -> None:
        """A repeated set of characters."""
        before: list[tuple[int, int]] = []
        if not node.greedy:
            while True:
                if len(before) >= node.least:
                    then(at + len(before))
                if len(before) == node.most or not self._narrow(one, at + len(before), before):
                    break
            self._restore(before)
            return
        while len(before) != node.most and self._narrow(one, at + len(before), before):
            pass
        while len(before) >= node.least:
            then(at + len(before))
            if not before:
                break
            last, was = before.pop()
            self._open[last] = was
        self._restore(before)

    def _repeat(self, node: Repeat, done: int, then: Then, at: int) -> None:
        def again(reached: int) -> None:
            if reached == at:
                raise Undecided  # a part that matches nothing
            self._repeat(node, done + 1, then, reached)

        if not node.greedy and done >= node.least:
            then(at)
        if node.most is None or done < node.most:
            self._body(node.body, 0, again, at)
        if node.greedy and done >= node.least:
            then(at)

    def _grouped(self, number: int, start: int, then: Then, end: int) -> None:
        before = self._groups.get(number)
        self._groups[number] = start, end
        then(end)
        if before is None:
            del self._groups[number]
        else:
            self._groups[number] = before

    def _back(self, number: int, then: Then, at: int) -> None:
        """Decided where each character of the group is the only one of its class, as marks are."""
        if number not in self._groups:
            return
        start, end = self._groups[number]
        reached = at + end - start
        if reached > len(self.classes) or self.classes[start:end] != self.classes[at:reached]:
            return
        if any(kind.size > 1 for kind in self.classes[at:reached]):
            raise Undecided
        then(reached)

    # -- look-arounds and edges -------------------------------------------------------------------------------------

    def _look(self, node: Look, then: Then, at: int) -> None:
        begin = at if node.ahead else at - node.width
        if begin < 0:
            if node.negative:
                then(at)
            return

        def seen(reached: int) -> None:
            if node.ahead or reached == at:
                then(at)

        if not node.negative:
            self._body(node.body, 0, seen, begin)
            return
        excluded = self._excluded_in_a_row(node, begin)
        if excluded is None:
            excluded = self._excluded(node, begin, at)
        if {} not in excluded:
            self._unless(excluded, 0, then, at)

    def _excluded_in_a_row(self, node: Look, begin: int) -> list[Demands] | None:
        """`_excluded` of characters one after the other, which most look-arounds are; None for others."""
        found: Demands = {}
        for at, one in enumerate(node.body, start=begin):
            if not isinstance(one, Characters):
                return None
            left = self._open[at] & self._members(one.source, at) if at < len(self.classes) else 0
            if not left:
                return []
            if left != self._open[at]:
                found[at] = left
        return [found]

    def _excluded(self, node: Look, begin: int, at: int) -> list[Demands]:
        """What a cell has to hold for the look-around to match, each way of it; nothing if it always matches."""
        opened, groups = list(self._open), dict(self._groups)
        found: list[Demands] = []

        def seen(reached: int) -> None:
            if node.ahead or reached == at:
                new = {place: left for place, left in enumerate(self._open) if left != opened[place]}
                if not new:
                    raise _Certain
                found.append(new)

        try:
            self._body(node.body, 0, seen, begin)
        except _Certain:
            self._open, self._groups = opened, groups
            return [{}]
        return found

    def _unless(self, excluded: Sequence[Demands], index: int, then: Then, at: int) -> None:
        """Go on for cells that fail each of the `excluded` demands, at one of its positions at least."""
        if index == len(excluded):
            then(at)
            return
        before: list[tuple[int, int]] = []
        for place, members in excluded[index].items():
            failing: list[tuple[int, int]] = []
            if self._narrow_to(self._full[place] & ~members, place, failing):
                self._unless(excluded, index + 1, then, at)
                self._restore(failing)
            if not self._narrow_to(members, place, before):
                break  # no cell meets the demand here: there is none left that fails further on
        self._restore(before)

    def _edge(self, edge: Edge, then: Then, at: int) -> None:
        left = len(self.classes) - at
        match edge:
            case Edge.TEXT_START:
                holds = at == 0
            case Edge.LINE_START:
                holds = at == 0 or self._is_line_end(at - 1)
            case Edge.TEXT_END:
                holds = left == 0
            case Edge.LINE_END:
                holds = left == 0 or self._is_line_end(at)
            case Edge.LAST_LINE_END:
                holds = left == 0 or (left == 1 and self._is_line_end(at))
            case Edge.BOUNDARY | Edge.NO_BOUNDARY:
                for word_before in (True, False):
                    word_after = word_before != (edge is Edge.BOUNDARY)
                    self._side(at - 1, word_before, partial(self._side, at, word_after, then), at)
                return
        if holds:
            then(at)

    def _is_line_end(self, at: int) -> bool:
        return self.classes[at].first == self.classes[at].last == ord("\n")

    def _side(self, place: int, word: bool, then: Then, at: int) -> None:
        """Go on for cells that have a character of words at `place`, or have none there."""
        if not 0 <= place < len(self.classes):
            if not word:
                then(at)
            return
        members = self._members(r"\w", place)
        before: list[tuple[int, int]] = []
        if self._narrow_to(members if word else self._full[place] & ~members, place, before):
            then(at)
            self._restore(before)


@lru_cache(maxsize=1 << 10)
def _sets_of(_kind: CharacterClass, _flags: int) -> dict[str, int]:
    """What is known of the sets that characters of a class are in; `_members_of` adds to it."""
    return {}


def _members_of(source: str, flags: int, kind: CharacterClass) -> int:
    """Which characters of a class are in a set, as bits."""
    marks = np.zeros(kind.size, dtype=np.bool_)
    marks[[found.start() for found in re.finditer(source, _characters(kind), flags)]] = True
    return int.from_bytes(np.packbits(marks, bitorder="little").tobytes(), "little")


@lru_cache(maxsize=256)
def _characters(kind: CharacterClass) -> str:
    return "".join(map(chr, range(kind.first, kind.last + 1)))
