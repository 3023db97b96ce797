"""Reading names in a column's free text, under a budget of time.

Lives here: which cells are read, each distinct text once, what is left unread when the budget is spent, and how columns share it. Which reader
reads what is said in `privacy.detection.reading`.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

import numpy as np

from privacy.detection.cells import Cells, IntArray
from privacy.detection.checksums import BoolArray
from privacy.detection.lac import templates_of
from privacy.detection.masked import mask_example
from privacy.detection.mentions import PERSON, Mention
from privacy.detection.partials import Examples, TextStats, least
from privacy.detection.reading import chinese_cells, english_cells, read_mentions
from privacy.detection.sketch import HashArray, no_hashes

_AT_A_TIME: Final = 512  # texts between two looks at the clock
_CHARACTERS_AT_A_TIME: Final = 50_000
_REMEMBERED: Final = 200_000  # distinct texts kept per column as hashes, so that repeats are not read again
_STRUCTURED_SHARE: Final = 0.7
_ENOUGH_CELLS: Final = 200

_NAMES_SOMEBODY: Final = 1  # what is remembered of a text: bits
_NAMES_AN_ORGANISATION: Final = 2

Finder = Callable[[Sequence[str]], list[list[Mention]]]


@dataclass(slots=True)
class TextBudget:
    """Seconds left for reading names; None is unlimited. `clock` counts seconds (processor time of the caller's choice).

    Columns share it: of what is left each may take its part while others of the batch wait, and of what earlier batches have shown the
    others to need, up to an equal part, nothing is taken from them.
    """

    seconds: float | None
    clock: Callable[[], float]
    spent: float = 0.0
    characters: int = 0  # that were read
    # Called between texts, where a scan is told how far it is and whether to stop.
    watch: Callable[[], None] | None = None
    stopped_by: Exception | None = None  # what `watch` raised: it ends the scan, and is no error of a column
    _limit: float | None = None
    _of_columns: dict[str, float] = field(default_factory=dict)
    _column: str = ""

    def is_spent(self) -> bool:
        """Whether nothing more may be read: of all, or of what the column at work may take."""
        if self.seconds is None:
            return False
        return self.spent >= (self.seconds if self._limit is None else self._limit)

    def serve(self, column: str, *, waiting: int = 0) -> None:
        """From now on `column` is read; `waiting` others of the batch come after it."""
        self._column = column
        if self.seconds is None:
            return
        others = {name: spent for name, spent in self._of_columns.items() if name != column and spent}
        fair = self.seconds / (len(others) + 1)
        # Nobody knows what is to come: as much again as there was is kept for the others, and never more than their part.
        kept = 0.0 if waiting else sum(min(spent, max(0.0, fair - spent)) for spent in others.values())
        left = max(0.0, self.seconds - self.spent)
        self._limit = self.spent + max(0.0, left - kept) / (waiting + 1)

    def spend(self, seconds: float, characters: int) -> None:
        """Count what reading took."""
        self.spent += seconds
        self.characters += characters
        self._of_columns[self._column] = self._of_columns.get(self._column, 0.0) + seconds

    def look(self) -> None:
        """Tell whoever watches."""
        if self.watch is None:
            return
        try:
            self.watch()
        except Exception as error:
            self.stopped_by = error
            raise


@dataclass(frozen=True, slots=True)
class ReaderState:
    """What a reader remembers, as a checkpoint keeps it: hashes of texts that name somebody, an organisation, and nobody."""

    cells: int = 0
    structured: int = 0
    naming: HashArray = field(default_factory=no_hashes)
    nameless: HashArray = field(default_factory=no_hashes)
    organisations: HashArray = field(default_factory=no_hashes)


def _key(template: str) -> int:
    """The same in every process: what was read before a break is known after it."""
    return int.from_bytes(blake2b(template.encode(), digest_size=8).digest(), "little")


@dataclass(frozen=True, slots=True)
class Named:
    """Which cells name somebody, and which an organisation."""

    persons: BoolArray
    organisations: BoolArray


@dataclass(slots=True)
class TextReader:
    """Reads one column's text. Holds what it has read (hashes, not texts) and how structured the column has looked so far."""

    budget: TextBudget
    find: Finder = read_mentions
    _known: dict[int, int] = field(default_factory=dict)
    _cells: int = 0
    _structured: int = 0

    def state(self) -> ReaderState:
        """What it remembers now."""

        def hashes(bit: int) -> HashArray:
            keys = [key for key, named in self._known.items() if (named & bit if bit else not named)]
            return np.array(keys, dtype=np.uint64)

        return ReaderState(
            self._cells, self._structured, hashes(_NAMES_SOMEBODY), hashes(0), hashes(_NAMES_AN_ORGANISATION)
        )

    def resume(self, state: ReaderState) -> None:
        """Remember what another reader of the column had read."""
        self._cells, self._structured = state.cells, state.structured
        self._known = dict.fromkeys(state.nameless.tolist(), 0)
        for bit, keys in ((_NAMES_SOMEBODY, state.naming), (_NAMES_AN_ORGANISATION, state.organisations)):
            for key in keys.tolist():
                self._known[key] = self._known.get(key, 0) | bit

    def read(self, cells: Cells, explained: BoolArray, structured: BoolArray) -> tuple[TextStats, Named]:
        """Rows with names, and which cells have one.

        `explained` cells are wholly of some type and not text; `structured` ones of a type whose other cells are not worth
        reading (addresses, organisations): a column that is mostly those is skipped, and says so.
        """
        f = cells.features
        named = Named(*(np.zeros(len(cells), dtype=np.bool_) for _ in range(2)))
        latin = ~explained & english_cells(f)
        text = (~explained & chinese_cells(f)) | latin
        # Rows count twice: what repeats says less about a column's kind than how many different values do.
        self._cells += len(cells)
        self._structured += int(structured.sum())
        index = np.flatnonzero(text)
        rows = int(cells.counts[text].sum())
        latin_rows = int(cells.counts[latin].sum())
        characters = int((f.length[text] * cells.counts[text]).sum())
        if self._cells >= _ENOUGH_CELLS and self._structured >= _STRUCTURED_SHARE * self._cells:
            return TextStats(rows=rows, skipped_rows=rows, latin_rows=latin_rows, characters=characters), named
        unread, examples = self._find(cells, index, named)
        stats = TextStats(
            rows=rows,
            read_rows=rows - unread,
            unread_rows=unread,
            latin_rows=latin_rows,
            person_rows=int(cells.counts[named.persons].sum()),
            organisation_rows=int(cells.counts[named.organisations].sum()),
            characters=characters,
            examples=examples,
        )
        return stats, named

    def _find(self, cells: Cells, index: IntArray, named: Named) -> tuple[int, Examples]:
        """Mark the cells of `index` that name someone in `named`; the rows left unread and masked examples."""
        if not len(index):
            return 0, ()
        texts = dict(zip(index.tolist(), map(str, cells.at(index).to_pylist()), strict=True))
        todo: dict[int, list[int]] = {}
        for i, template in zip(texts, templates_of(list(texts.values())), strict=True):
            key = _key(template)
            known = self._known.get(key)
            if known is None:
                todo.setdefault(key, []).append(i)
            else:
                _mark(named, [i], known)
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
            found = self.find([texts[same[0]] for _, same in together])
            characters = int(cells.features.length[[same[0] for _, same in together]].sum())
            self.budget.spend(self.budget.clock() - began, characters)
            self.budget.look()
            for (key, same), mentions in zip(together, found, strict=True):
                persons = [mention for mention in mentions if mention.entity_type == PERSON]
                said = _NAMES_SOMEBODY if persons else 0
                said |= _NAMES_AN_ORGANISATION if len(persons) < len(mentions) else 0
                if len(self._known) < _REMEMBERED:
                    self._known[key] = said
                _mark(named, same, said)
                if persons:
                    name = texts[same[0]][persons[0].start : persons[0].end]
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


def _mark(named: Named, cells: list[int], said: int) -> None:
    if said & _NAMES_SOMEBODY:
        named.persons[cells] = True
    if said & _NAMES_AN_ORGANISATION:
        named.organisations[cells] = True
