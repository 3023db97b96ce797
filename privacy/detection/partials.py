"""What has been counted of a column so far, and how two counts become one.

Lives here: `ColumnPartial` and its parts. `merge` is associative and commutative, so a table may be cut anywhere and its parts
counted in any order and place. A partial's size does not grow with the rows. It holds no raw value: examples are masked when
they are taken, and those of the least hashes are kept so that the order of merging does not show.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from privacy.detection.cells import IntArray
from privacy.detection.forms import FormStats
from privacy.detection.shapes import FIRST_YEAR, LAST_YEAR, NumberShape
from privacy.detection.sketch import DistinctSketch, HashArray

EXAMPLES: Final = 5
MEMBERS: Final = 64
_AMPLE: Final = 32  # of the least hashes five should be different
Examples = tuple[tuple[int, str], ...]  # (hash of the value, masked value): the hash only orders them


def merge_counts(left: Mapping[str, int], right: Mapping[str, int]) -> dict[str, int]:
    """Counts added key by key."""
    return {key: left.get(key, 0) + right.get(key, 0) for key in sorted({*left, *right})}


def no_years() -> IntArray:
    """An empty histogram of years."""
    return np.zeros(LAST_YEAR - FIRST_YEAR + 1, dtype=np.int64)


def least_hashes(hashes: HashArray) -> IntArray:
    """Where the few least of `hashes` stand, each once."""
    few = np.arange(len(hashes))
    if len(hashes) > _AMPLE:
        few = np.argpartition(hashes, _AMPLE)[:_AMPLE]
    distinct, first = np.unique(hashes[few], return_index=True)
    if len(distinct) < EXAMPLES and len(few) < len(hashes):
        few = np.arange(len(hashes))
        _, first = np.unique(hashes, return_index=True)
    return few[first[:EXAMPLES]]


def least(*examples: Examples) -> Examples:
    """The few of all examples with the least hashes: the same few in whatever order the rows came."""
    return tuple(sorted({example for group in examples for example in group})[:EXAMPLES])


@dataclass(frozen=True, slots=True)
class TypeStats:
    """What one recognizer found in a column.

    Rows: `rows` with a hit that stands, `whole_rows` that are nothing else, `shaped_rows` that have the shape whether it stands
    or not, `checked_rows` whose hit has a checksum and is plausible without it, `valid_rows` of those that pass, `letter_rows` whose check
    character is a letter. `heads` counts how values begin, where few beginnings mean a running number; `years` years of birth in ID numbers.
    """

    rows: int = 0
    whole_rows: int = 0
    shaped_rows: int = 0
    checked_rows: int = 0
    valid_rows: int = 0
    letter_rows: int = 0
    heads: Mapping[str, int] = field(default_factory=dict)
    years: IntArray = field(default_factory=no_years)
    examples: Examples = ()

    def merge(self, other: TypeStats) -> TypeStats:
        """Both together."""
        return TypeStats(
            self.rows + other.rows,
            self.whole_rows + other.whole_rows,
            self.shaped_rows + other.shaped_rows,
            self.checked_rows + other.checked_rows,
            self.valid_rows + other.valid_rows,
            self.letter_rows + other.letter_rows,
            merge_counts(self.heads, other.heads),
            self.years + other.years,
            least(self.examples, other.examples),
        )


@dataclass(frozen=True, slots=True)
class TextStats:
    """Rows of free text: how many there are, of how many names were read, how many were left out by the budget or on purpose.

    `skipped_rows` were left out because the column then looked like addresses, organisations or another structure; if the column
    turns out to be free text after all they are unread. `latin_rows` are those in English.
    """

    rows: int = 0
    read_rows: int = 0
    unread_rows: int = 0
    skipped_rows: int = 0
    latin_rows: int = 0
    person_rows: int = 0
    organisation_rows: int = 0
    characters: int = 0
    examples: Examples = ()

    def merge(self, other: TextStats) -> TextStats:
        """Both together."""
        return TextStats(
            self.rows + other.rows,
            self.read_rows + other.read_rows,
            self.unread_rows + other.unread_rows,
            self.skipped_rows + other.skipped_rows,
            self.latin_rows + other.latin_rows,
            self.person_rows + other.person_rows,
            self.organisation_rows + other.organisation_rows,
            self.characters + other.characters,
            least(self.examples, other.examples),
        )


@dataclass(frozen=True, slots=True)
class ColumnPartial:
    """Everything counted of a column. `shapes`, `words` and `codes` are rows per name; `shape_examples` are masked.

    `lost_rows` are numbers whose last digits a float has lost, `lost_id_rows` those of them that begin like a resident ID;
    `damaged_rows` text whose bytes are no text; `failures` rows that could not be examined, by the error's name;
    `binary_rows` binary content that is no text, `image_rows` that of it which is an image. `members` are the values in cells of JSON by
    their key, each counted like a column of its own; the least names are kept where there are more than `MEMBERS`. `forms` tells what the
    cells are written in, whatever they are.
    """

    rows: int = 0
    nulls: int = 0
    blanks: int = 0
    cells: int = 0
    length_sum: int = 0
    longest: int = 0
    binary_rows: int = 0
    image_rows: int = 0
    lost_rows: int = 0
    lost_id_rows: int = 0
    damaged_rows: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)
    timed_rows: int = 0
    distinct: DistinctSketch = field(default_factory=DistinctSketch)
    types: Mapping[str, TypeStats] = field(default_factory=dict)
    shapes: Mapping[str, int] = field(default_factory=dict)
    words: Mapping[str, int] = field(default_factory=dict)
    codes: Mapping[str, int] = field(default_factory=dict)
    shape_examples: Mapping[str, Examples] = field(default_factory=dict)
    years: IntArray = field(default_factory=no_years)
    numbers: NumberShape = field(default_factory=NumberShape)
    text: TextStats = field(default_factory=TextStats)
    forms: FormStats = field(default_factory=FormStats)
    members: Mapping[str, ColumnPartial] = field(default_factory=dict)

    def merge(self, other: ColumnPartial) -> ColumnPartial:
        """Both together; associative and commutative."""
        types = {
            key: self.types.get(key, TypeStats()).merge(other.types.get(key, TypeStats()))
            for key in sorted({*self.types, *other.types})
        }
        examples = {
            key: least(self.shape_examples.get(key, ()), other.shape_examples.get(key, ()))
            for key in sorted({*self.shape_examples, *other.shape_examples})
        }
        return ColumnPartial(
            rows=self.rows + other.rows,
            nulls=self.nulls + other.nulls,
            blanks=self.blanks + other.blanks,
            cells=self.cells + other.cells,
            length_sum=self.length_sum + other.length_sum,
            longest=max(self.longest, other.longest),
            binary_rows=self.binary_rows + other.binary_rows,
            image_rows=self.image_rows + other.image_rows,
            lost_rows=self.lost_rows + other.lost_rows,
            lost_id_rows=self.lost_id_rows + other.lost_id_rows,
            damaged_rows=self.damaged_rows + other.damaged_rows,
            failures=merge_counts(self.failures, other.failures),
            timed_rows=self.timed_rows + other.timed_rows,
            distinct=self.distinct.merge(other.distinct),
            types=types,
            shapes=merge_counts(self.shapes, other.shapes),
            words=merge_counts(self.words, other.words),
            codes=merge_counts(self.codes, other.codes),
            shape_examples=examples,
            years=self.years + other.years,
            numbers=self.numbers.merge(other.numbers),
            text=self.text.merge(other.text),
            forms=self.forms.merge(other.forms),
            members=_merge_members(self.members, other.members),
        )


def _merge_members(
    left: Mapping[str, ColumnPartial], right: Mapping[str, ColumnPartial]
) -> Mapping[str, ColumnPartial]:
    """Members by name, of the `MEMBERS` least names: a name among the least of all is among the least of every part."""
    if not right or not left:
        return left or right
    names = sorted({*left, *right})[:MEMBERS]
    return {name: left.get(name, ColumnPartial()).merge(right.get(name, ColumnPartial())) for name in names}
