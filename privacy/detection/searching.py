"""Running one expression over many cells.

Lives here: the search of cells whose outline does not decide, with `re` and with every look-around. Not here: ruling cells out before
(`privacy.detection.filters`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

import numpy as np

from privacy.detection.cells import Cells, IntArray
from privacy.detection.folding import SEPARATOR, join
from privacy.detection.syntax import Expression
from privacy.detection.values import Spans


@dataclass(frozen=True, slots=True)
class Rule:
    """One expression of one recognizer: `key` numbers it, `owner` the recognizer. `expression` is None when it cannot be read."""

    key: int
    owner: int
    compiled: re.Pattern[str]
    expression: Expression | None
    min_digits: int

    @property
    def joinable(self) -> bool:
        """Whether it may run over joined cells."""
        return self.expression is not None and self.expression.joinable


@dataclass(frozen=True, slots=True)
class Search:
    """Matches of an expression: which cells, from where to where in them, and as spans of the joined cells."""

    cells: IntArray
    starts: IntArray
    ends: IntArray
    spans: Spans


def search(rule: Rule, cells: Cells, index: IntArray) -> Search | None:
    """The matches of `rule` in the cells at `index`; None when there is none."""
    joined = join(cells.at(index))
    begins = np.zeros(len(index), dtype=np.int64)
    np.cumsum(cells.features.length[index[:-1]] + 1, out=begins[1:])
    if rule.joinable:
        matches: Iterable[tuple[int, int]] = map(re.Match.span, rule.compiled.finditer(joined))
    else:
        matches = (
            (begin + match.start(), begin + match.end())
            for begin, text in zip(begins.tolist(), joined.split(SEPARATOR), strict=True)
            for match in rule.compiled.finditer(text)
        )
    flat = np.fromiter(chain.from_iterable(matches), dtype=np.int64)
    starts, ends = flat[0::2], flat[1::2]
    if not len(starts):
        return None
    at = np.searchsorted(begins, starts, side="right") - 1
    return Search(index[at], starts - begins[at], ends - begins[at], Spans(joined, starts, ends))
