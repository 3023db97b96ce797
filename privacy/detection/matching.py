"""Running one recognizer over many cells at once.

Lives here: joining cells, searching the join, and the recognizer's judgement of the hits. `find_spans` is the one step that knows how
expressions are run: another engine (one pass over all expressions) replaces it without changing anything around it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np

from privacy.detection.cells import Cells, IntArray
from privacy.detection.checksums import BoolArray
from privacy.detection.folding import SEPARATOR
from privacy.detection.recognizers import SEPARATOR_CHARACTERS, ColumnRecognizer, Judgement

WHOLE_SHARE: Final = 0.8  # of a cell's characters, for the cell to be the value and not to mention it


@dataclass(frozen=True, slots=True)
class Hits:
    """Hits of one recognizer: hit `i` is `texts[i]`, from `starts[i]` to `ends[i]` of cell `cells[i]`; `judgement` says which stand."""

    cells: IntArray
    starts: IntArray
    ends: IntArray
    texts: list[str]
    judgement: Judgement

    def whole_cells(self, lengths: IntArray, *, kept: bool) -> IntArray:
        """The cells that consist of hits; `kept` leaves out hits that do not stand."""
        chosen = self.judgement.keep if kept else np.ones(len(self.cells), dtype=np.bool_)
        cells = self.cells[chosen]
        covered = np.bincount(cells, weights=(self.ends - self.starts)[chosen], minlength=len(lengths))
        return np.flatnonzero(covered >= np.maximum(WHOLE_SHARE * lengths, 1))


def find_spans(expression: re.Pattern[str], joined: str) -> tuple[IntArray, IntArray]:
    """Starts and ends of the matches of `expression` in cells joined by NUL."""
    flat = np.fromiter(chain.from_iterable(match.span() for match in expression.finditer(joined)), dtype=np.int64)
    return flat[0::2], flat[1::2]


def match(recognizer: ColumnRecognizer, cells: Cells, where: BoolArray | None = None) -> Hits | None:
    """The hits of `recognizer` in `cells` (only those at `where`); None when there is none."""
    possible = recognizer.may_hold(cells.features)
    if where is not None:
        possible &= where
    index = np.flatnonzero(possible)
    if not len(index):
        return None
    everywhere = len(index) == len(cells)
    texts = cells.texts if everywhere else [cells.texts[i] for i in index.tolist()]
    joined = SEPARATOR.join(texts)
    lengths = cells.features.length[index]
    begins = np.zeros(len(index), dtype=np.int64)
    np.cumsum(lengths[:-1] + 1, out=begins[1:])
    digits = cells.features.digits[index].max()
    found = [
        find_spans(expression, joined)
        for expression, declared in zip(recognizer.compiled, recognizer.expressions, strict=True)
        if digits >= declared.min_digits
    ]
    starts = np.concatenate([span[0] for span in found]) if found else np.zeros(0, dtype=np.int64)
    if not len(starts):
        return None
    ends = np.concatenate([span[1] for span in found])
    if sum(len(span[0]) > 0 for span in found) > 1:
        starts, ends = _without_contained(starts, ends)
    hits = [joined[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    judgement = recognizer.judge(_compacted(hits) if recognizer.compacts else hits)
    at = np.searchsorted(begins, starts, side="right") - 1
    return Hits(index[at], starts - begins[at], ends - begins[at], hits, judgement)


def _without_contained(starts: IntArray, ends: IntArray) -> tuple[IntArray, IntArray]:
    """Spans in order, without those that lie inside another, as Presidio removes them."""
    order = np.lexsort((-ends, starts))
    starts, ends = starts[order], ends[order]
    before = np.concatenate(([-1], np.maximum.accumulate(ends)[:-1]))
    alone = ends > before
    return starts[alone], ends[alone]


def _compacted(hits: list[str]) -> list[str]:
    joined = SEPARATOR.join(hits)
    for char in SEPARATOR_CHARACTERS:
        if char in joined:
            joined = joined.replace(char, "")
    return joined.upper().split(SEPARATOR)
