"""Running recognizers over many cells at once.

Lives here: `Matcher`, which finds and judges the hits of all its recognizers in the cells of a chunk. What the outline of many cells
decides is found by table look-ups (`privacy.detection.plans`), the rest is searched (`privacy.detection.searching`). Both ways
give what each expression finds in each cell alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import numpy as np

from privacy.detection.arrow import pc
from privacy.detection.cells import Cells, IntArray
from privacy.detection.checksums import BoolArray
from privacy.detection.filters import HYPERSCAN_IS_THERE, Filter
from privacy.detection.folding import join
from privacy.detection.outlines import Outlines
from privacy.detection.plans import Planner
from privacy.detection.recognizers import ColumnRecognizer, Judgement
from privacy.detection.relaxed import relaxed
from privacy.detection.searching import Rule, search
from privacy.detection.syntax import Expression, Unreadable
from privacy.detection.values import Alike, Part, Spans, Values

WHOLE_SHARE: Final = 0.8  # of a cell's characters, for the cell to be the value and not to mention it


@dataclass(frozen=True)
class Hits:
    """Hits of one recognizer: hit `i` is in cell `cells[i]` from character `starts[i]` to `ends[i]`; `judgement` says which stand.

    `lengths` are those of all cells, with hits or without.
    """

    cells: IntArray
    starts: IntArray
    ends: IntArray
    values: Values
    judgement: Judgement
    lengths: IntArray

    def text(self, cells: Cells, hit: int) -> str:
        """One hit as it stands in its cell."""
        return cells.text(int(self.cells[hit]))[self.starts[hit] : self.ends[hit]]

    @cached_property
    def whole_cells(self) -> IntArray:
        """The cells that consist of hits that stand."""
        return self._consisting_of(np.flatnonzero(self.judgement.keep))

    @cached_property
    def shaped_cells(self) -> IntArray:
        """The cells that consist of hits, whether they stand or not."""
        return self.whole_cells if self.judgement.keep.all() else self._consisting_of(np.arange(len(self.cells)))

    def having(self, which: BoolArray) -> IntArray:
        """The cells that have one of some hits, each once."""
        cells = self.cells[which]
        return cells if self._one_each else np.unique(cells)

    def _consisting_of(self, which: IntArray) -> IntArray:
        cells, covered = self.cells[which], (self.ends - self.starts)[which]
        if not self._one_each:
            covered = np.bincount(cells, weights=covered, minlength=len(self.lengths)).astype(np.int64)
            cells = np.arange(len(self.lengths))
        consisting: IntArray = cells[covered >= np.maximum(WHOLE_SHARE * self.lengths[cells], 1)]
        return consisting

    @cached_property
    def _one_each(self) -> bool:
        """Whether no cell has two hits."""
        return int(np.bincount(self.cells).max(initial=0)) <= 1


@dataclass(frozen=True, slots=True)
class _Piece:
    """Some hits of one rule; a negative `key` counts the recognizers whose words they are, from -1 on."""

    key: int
    cells: IntArray
    starts: IntArray
    ends: IntArray
    part: Part


class Matcher:
    """Some recognizers, ready to run over chunks. It keeps plans for outlines, and nothing of the cells."""

    def __init__(self, recognizers: Sequence[ColumnRecognizer], *, with_hyperscan: bool = HYPERSCAN_IS_THERE) -> None:
        self.recognizers = tuple(recognizers)
        self._rules = tuple(_rules_of(self.recognizers))
        sources = {rule.key: relaxed(rule.expression) for rule in self._rules if rule.expression is not None}
        self._filter = Filter(sources, with_hyperscan=with_hyperscan)
        self._planner = Planner([rule.expression for rule in self._rules])

    def match(self, cells: Cells) -> list[Hits | None]:
        """The hits of each recognizer in `cells`, in their order; None for one without any."""
        if not len(cells):
            return [None] * len(self.recognizers)
        undecided = self._possible(cells.outlines)
        pieces = self._planned(cells, undecided)
        pieces += self._searched(cells, undecided)
        pieces += self._listed(cells)
        by_owner: list[list[_Piece]] = [[] for _ in self.recognizers]
        for piece in pieces:
            by_owner[self._rules[piece.key].owner if piece.key >= 0 else -1 - piece.key].append(piece)
        return [
            _hits(recognizer, own, cells.features.length) if own else None
            for recognizer, own in zip(self.recognizers, by_owner, strict=True)
        ]

    def _possible(self, outlines: Outlines) -> BoolArray:
        """Rules × outlines: where counting characters rules no match out."""
        features = outlines.features
        held = [recognizer.may_hold(features) for recognizer in self.recognizers]
        possible = np.zeros((len(self._rules), len(outlines)), dtype=np.bool_)
        for rule in self._rules:
            possible[rule.key] = held[rule.owner]
            if rule.min_digits:
                possible[rule.key] &= features.digits >= rule.min_digits
        return possible

    def _planned(self, cells: Cells, undecided: BoolArray) -> list[_Piece]:
        """Hits that outlines decide; what they decide is cleared from `undecided`."""
        pieces = []
        for found in self._planner.find(cells.array, cells.outlines, undecided):
            way, size = found.way, len(found.cells)
            part = Alike(found.part(way.start, way.end), found.plan.is_ascii)
            pieces.append(_Piece(found.key, found.cells, np.full(size, way.start), np.full(size, way.end), part))
        return pieces

    def _searched(self, cells: Cells, undecided: BoolArray) -> list[_Piece]:
        rest = np.flatnonzero(cells.having(np.any(undecided, axis=0)))
        codes = cells.outlines.codes[rest]
        places = {rule.key: rest[undecided[rule.key][codes]] for rule in self._rules if undecided[rule.key].any()}
        pieces = []
        for key, index in self._filter.candidates(cells, places).items():
            found = search(self._rules[key], cells, index) if len(index) else None
            if found is not None:
                pieces.append(_Piece(key, found.cells, found.starts, found.ends, found.spans))
        return pieces

    def _listed(self, cells: Cells) -> list[_Piece]:
        """Cells that are one of a recognizer's words."""
        lists = {owner: each.listed for owner, each in enumerate(self.recognizers) if each.listed is not None}
        lower = pc.utf8_lower(cells.array) if lists else None
        pieces = []
        for owner, words in lists.items():
            index = np.flatnonzero(pc.is_in(lower, value_set=words).to_numpy(zero_copy_only=False))
            if len(index):
                lengths = cells.features.length[index].astype(np.int64)
                begins = np.cumsum(lengths + 1) - lengths - 1
                spans = Spans(join(cells.at(index)), begins, begins + lengths)
                pieces.append(_Piece(-1 - owner, index, np.zeros(len(index), dtype=np.int64), lengths, spans))
        return pieces


@lru_cache(maxsize=16)
def matcher_of(recognizers: tuple[ColumnRecognizer, ...]) -> Matcher:
    """One matcher for all who use the same recognizers: what it has learnt of outlines is of use to each."""
    return Matcher(recognizers)


def match(recognizer: ColumnRecognizer, cells: Cells) -> Hits | None:
    """The hits of one recognizer in `cells`; None when there is none."""
    return matcher_of((recognizer,)).match(cells)[0]


def _rules_of(recognizers: Sequence[ColumnRecognizer]) -> list[Rule]:
    rules: list[Rule] = []
    for owner, recognizer in enumerate(recognizers):
        for compiled, declared in zip(recognizer.compiled, recognizer.expressions, strict=True):
            try:
                expression = Expression(compiled)
            except Unreadable:
                expression = None
            rules.append(Rule(len(rules), owner, compiled, expression, declared.min_digits))
    return rules


def _hits(recognizer: ColumnRecognizer, pieces: Sequence[_Piece], lengths: IntArray) -> Hits:
    cells = np.concatenate([piece.cells for piece in pieces])
    starts = np.concatenate([piece.starts for piece in pieces])
    ends = np.concatenate([piece.ends for piece in pieces])
    values = Values([piece.part for piece in pieces], compacts=recognizer.compacts)
    if len({piece.key for piece in pieces}) > 1:
        alone = _not_contained(cells, starts, ends)
        if alone is not None:
            cells, starts, ends, values = cells[alone], starts[alone], ends[alone], values.take(alone)
    return Hits(cells, starts, ends, values, recognizer.judge(values), lengths)


def _not_contained(cells: IntArray, starts: IntArray, ends: IntArray) -> IntArray | None:
    """The hits that do not lie inside another of their cell, as Presidio removes them; None when that is all."""
    crowded = (np.bincount(cells) > 1)[cells]
    if not crowded.any():
        return None
    several = np.flatnonzero(crowded)
    order = several[np.lexsort((-ends[several], starts[several], cells[several]))]
    base = cells[order] * (int(ends.max()) + 2)
    end = base + ends[order]
    alone = end > np.concatenate(([-1], np.maximum.accumulate(end)[:-1]))
    return np.sort(np.concatenate((np.flatnonzero(~crowded), order[alone])))
