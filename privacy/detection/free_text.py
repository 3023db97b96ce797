"""Reading names in a column's free text, under a budget of time.

Lives here: which cells are read, each distinct text once, and what is left unread when the budget is spent. The model itself is in
`privacy.detection.person_names`; English text is not read for names here, and its rows are counted so that a page can say so.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from privacy.detection.cells import Cells, IntArray
from privacy.detection.checksums import BoolArray
from privacy.detection.masked import mask_example
from privacy.detection.partials import Examples, TextStats, least
from privacy.detection.person_names import find_persons, may_name, templates_of

SHORTEST: Final = 4
_AT_A_TIME: Final = 512  # texts between two looks at the clock
_CHARACTERS_AT_A_TIME: Final = 50_000
_REMEMBERED: Final = 200_000  # distinct texts kept per column as hashes, so that repeats are not read again
_STRUCTURED_SHARE: Final = 0.7
_ENOUGH_CELLS: Final = 200

PersonFinder = Callable[[Sequence[str]], list[list[tuple[int, int]]]]


@dataclass(slots=True)
class TextBudget:
    """Seconds left for reading names; None is unlimited. `clock` counts seconds (processor time of the caller's choice)."""

    seconds: float | None
    clock: Callable[[], float]
    spent: float = 0.0

    def is_spent(self) -> bool:
        """Whether nothing more may be read."""
        return self.seconds is not None and self.spent >= self.seconds


@dataclass(slots=True)
class TextReader:
    """Reads one column's text. Holds what it has read (hashes, not texts) and how structured the column has looked so far."""

    budget: TextBudget
    find: PersonFinder = find_persons
    _known: dict[int, bool] = field(default_factory=dict)
    _cells: int = 0
    _structured: int = 0

    def read(self, cells: Cells, explained: BoolArray, structured: BoolArray) -> tuple[TextStats, BoolArray]:
        """Rows with names, and which cells have one.

        `explained` cells are wholly of some type and not text; `structured` ones of a type whose other cells are not worth
        reading (addresses, organisations): a column that is mostly those is skipped, and says so.
        """
        f = cells.features
        persons = np.zeros(len(cells), dtype=np.bool_)
        text = ~explained & (f.length >= SHORTEST) & (f.han >= 2)
        latin = ~explained & (f.han == 0) & (f.letters >= 12) & (f.spaces >= 2)
        # Rows count twice: what repeats says less about a column's kind than how many different values do.
        self._cells += len(cells)
        self._structured += int(structured.sum())
        index = np.flatnonzero(text)
        rows = int(cells.counts[text].sum())
        latin_rows = int(cells.counts[latin].sum())
        characters = int((f.length[text] * cells.counts[text]).sum())
        if self._cells >= _ENOUGH_CELLS and self._structured >= _STRUCTURED_SHARE * self._cells:
            return TextStats(rows=rows, skipped_rows=rows, latin_rows=latin_rows, characters=characters), persons
        unread, examples = self._find(cells, index, persons)
        stats = TextStats(
            rows=rows,
            read_rows=rows - unread,
            unread_rows=unread,
            latin_rows=latin_rows,
            person_rows=int(cells.counts[persons].sum()),
            characters=characters,
            examples=examples,
        )
        return stats, persons

    def _find(self, cells: Cells, index: IntArray, persons: BoolArray) -> tuple[int, Examples]:
        """Mark the cells of `index` that name someone in `persons`; the rows left unread and masked examples."""
        possible = index[may_name(cells.at(index))].tolist() if len(index) else []
        if self.budget.is_spent():
            return int(cells.counts[possible].sum()), ()
        todo: dict[int, list[int]] = {}
        for i, template in zip(possible, templates_of([cells.texts[i] for i in possible]), strict=True):
            key = hash(template)
            known = self._known.get(key)
            if known is None:
                todo.setdefault(key, []).append(i)
            elif known:
                persons[i] = True
        waiting = list(todo.items())
        examples: Examples = ()
        start = 0
        while start < len(waiting):
            if self.budget.is_spent():
                left = [i for _, same in waiting[start:] for i in same]
                return int(cells.counts[left].sum()), examples
            together = waiting[start : start + self._next_few(cells, waiting, start)]
            start += len(together)
            began = self.budget.clock()
            spans = self.find([cells.texts[same[0]] for _, same in together])
            self.budget.spent += self.budget.clock() - began
            for (key, same), found in zip(together, spans, strict=True):
                if len(self._known) < _REMEMBERED:
                    self._known[key] = bool(found)
                if found:
                    persons[same] = True
                    name = cells.texts[same[0]][found[0][0] : found[0][1]]
                    examples = least(examples, ((zlib.crc32(name.encode()), mask_example("PERSON", name)),))
        return 0, examples

    def _next_few(self, cells: Cells, waiting: Sequence[tuple[int, list[int]]], start: int) -> int:
        """How many texts to read before the next look at the clock: at least one."""
        characters = 0
        for number, (_, same) in enumerate(waiting[start : start + _AT_A_TIME]):
            characters += int(cells.features.length[same[0]])
            if characters > _CHARACTERS_AT_A_TIME:
                return number + 1
        return _AT_A_TIME
