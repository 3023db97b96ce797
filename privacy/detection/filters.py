"""Ruling out cells that an expression cannot match in, so that it is run on few.

Lives here: two engines that run the relaxed form of expressions (`privacy.detection.relaxed`) and let pass every cell that the
expression itself matches in. Hyperscan tries all expressions in one pass. It is an extra: where it is missing, RE2, which Arrow brings
along, tries one after the other, and the findings are the same.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.util import find_spec
from typing import Any, Final

import numpy as np
import pyarrow as pa

from privacy.detection.arrow import pc
from privacy.detection.cells import Cells, IntArray
from privacy.detection.folding import joined
from privacy.detection.outlines import BoolArray, content

HYPERSCAN_IS_THERE: Final = find_spec("hyperscan") is not None
if HYPERSCAN_IS_THERE:
    import hyperscan

_SAMPLE: Final = 256
_WORTH_FILTERING: Final = 0.5  # where more of a sample than this may match, a filter only costs
_WORTH_BUILDING: Final = 20_000  # cells, before an expression gets a database of Hyperscan: RE2 needs none
_WORTH_ONE_PASS: Final = 500_000  # cells, before some expressions get a database together
_MOST_DATABASES: Final = 256
_MOST_SETS: Final = 4096
_AFTER_THE_END: Final = bytes(64)  # Hyperscan 5.4 overlooks some matches that end with the last byte it is given

Places = Mapping[int, IntArray]


class Filter:
    """A filter for some expressions."""

    def __init__(
        self, relaxed: Mapping[int, str], *, with_hyperscan: bool = HYPERSCAN_IS_THERE, with_re2: bool = True
    ) -> None:
        """`relaxed` are expressions for texts alone or joined by NUL, by the keys that they go by."""
        self._re2 = Re2(relaxed if with_re2 else {})
        self._hyperscan = Hyperscan(relaxed) if with_hyperscan else None
        self._seen: Counter[int] = Counter()  # cells that each expression was tried on

    def candidates(self, cells: Cells, places: Places) -> dict[int, IntArray]:
        """Of the cells at `places`, by the key of an expression, those that may hold a match."""
        found = dict(places)
        many = {key: index for key, index in places.items() if len(index) >= 2 * _SAMPLE}
        self._seen.update({key: len(index) for key, index in many.items()})
        sample = self._matching(cells, {key: index[:_SAMPLE] for key, index in many.items()})
        sparse = {
            key: many[key] for key, marks in sample.items() if np.count_nonzero(marks) <= _WORTH_FILTERING * _SAMPLE
        }
        for key, marks in self._matching(cells, sparse).items():
            found[key] = sparse[key][marks]
        return found

    def _matching(self, cells: Cells, places: Places) -> dict[int, BoolArray]:
        """For each of the expressions, which of its cells may match; nothing for one that no engine takes."""
        marks: dict[int, BoolArray] = {}
        if self._hyperscan is not None:
            marks = self._hyperscan.matching(
                cells, {key: index for key, index in places.items() if self._seen[key] >= _WORTH_BUILDING}
            )
        return marks | self._re2.matching(cells, {key: index for key, index in places.items() if key not in marks})


class Re2:
    """One expression after the other."""

    def __init__(self, relaxed: Mapping[int, str]) -> None:
        self._relaxed = dict(relaxed)

    def matching(self, cells: Cells, places: Places) -> dict[int, BoolArray]:
        """For each of the expressions that RE2 takes, which of its cells may match."""
        marks: dict[int, BoolArray] = {}
        for key, index in places.items():
            if key in self._relaxed:
                try:
                    found = pc.match_substring_regex(cells.at(index), pattern=self._relaxed[key])
                    marks[key] = found.to_numpy(zero_copy_only=False)
                except pa.ArrowInvalid:  # too large for it
                    del self._relaxed[key]
        return marks


class Hyperscan:
    """Each expression in a database of its own, and those that are often asked for together in one of theirs: one pass for all of them.

    Small databases are fast; to build one for every set of expressions that comes up once would take longer than it saves.
    """

    def __init__(self, relaxed: Mapping[int, str]) -> None:
        self._sources = {key: source.encode() for key, source in relaxed.items()}
        self._asked: Counter[frozenset[int]] = Counter()  # cells for which some expressions were asked for together
        self._database = lru_cache(maxsize=_MOST_DATABASES)(self._compiled)
        self._in_use = threading.Lock()  # a database has one scratch space

    def matching(self, cells: Cells, places: Places) -> dict[int, BoolArray]:
        """For each of the expressions that Hyperscan takes, which of its cells may match."""
        accepted = {
            key: index
            for key, index in places.items()
            if key in self._sources and self._database(frozenset({key})) is not None
        }
        union = _union(len(cells), accepted.values())
        if not len(union):
            return {key: np.zeros(0, dtype=np.bool_) for key in accepted}
        text = _Joined(cells, union)
        if self._is_worth_one_pass(frozenset(accepted), len(union)):
            return self._scan(text, accepted)
        marks: dict[int, BoolArray] = {}
        for key, index in accepted.items():
            own = _Joined(cells, index) if 0 < 2 * len(index) < len(union) else text
            marks |= self._scan(own, {key: index})
        return marks

    def _is_worth_one_pass(self, keys: frozenset[int], size: int) -> bool:
        if len(self._asked) > _MOST_SETS:
            self._asked.clear()
        self._asked[keys] += size
        return len(keys) > 1 and self._asked[keys] >= _WORTH_ONE_PASS and self._database(keys) is not None

    def _scan(self, text: _Joined, places: Places) -> dict[int, BoolArray]:
        """One pass of the expressions at `places` over joined cells."""
        keys: list[int] = []
        ends: list[int] = []

        def report(key: int, _begin: int, end: int, _flags: int, _context: object) -> None:
            keys.append(key)
            ends.append(end)

        with self._in_use:
            self._database(frozenset(places)).scan(text.data, match_event_handler=report)
        cell = text.cell_at(np.array(ends, dtype=np.int64) - 1)
        by_key = np.array(keys, dtype=np.int64)
        marks = {}
        for key, index in places.items():
            reported = np.zeros(text.size, dtype=np.bool_)
            reported[cell[by_key == key]] = True
            marks[key] = reported[index]
        return marks

    def _compiled(self, keys: frozenset[int]) -> Any:
        """A database, or None when the expressions are too much for one."""
        flags = hyperscan.HS_FLAG_PREFILTER | hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_UCP
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        numbers = sorted(keys)
        try:
            database.compile(
                expressions=[self._sources[key] for key in numbers], ids=numbers, flags=[flags] * len(numbers)
            )
        except hyperscan.error:
            return None
        return database


class _Joined:
    """Some of the cells, joined. `size` is how many there are in all."""

    def __init__(self, cells: Cells, index: IntArray) -> None:
        texts = cells.at(index)
        self.cells, self.size = index, len(cells)
        self.data = b"".join((joined(texts), _AFTER_THE_END))
        self._begins = content(texts)[1][:-1] + np.arange(len(index))  # with a separator after each

    def cell_at(self, byte: IntArray) -> IntArray:
        """The cells that bytes of the joined text lie in."""
        return self.cells[np.searchsorted(self._begins, byte, side="right") - 1]


def _union(size: int, places: Iterable[IntArray]) -> IntArray:
    somewhere = np.zeros(size, dtype=np.bool_)
    for index in places:
        somewhere[index] = True
    return np.flatnonzero(somewhere)
