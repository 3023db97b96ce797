"""Scanning one column: an Arrow array in, a `ColumnPartial` out.

Lives here: what a column's Arrow type can hold, and running over its distinct cells the recognizers, lexicons and shapes that fit. No
judgement: `privacy.detection.verdict` makes one of the finished partial.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import numpy as np
import pyarrow as pa

from privacy.detection import lexicons, shapes
from privacy.detection.arrow import decoded, how_many, pc
from privacy.detection.cells import Cells, IntArray, as_strings, chunks_of
from privacy.detection.checksums import BoolArray
from privacy.detection.free_text import TextReader
from privacy.detection.masked import mask_example
from privacy.detection.matching import Hits, match
from privacy.detection.name_shapes import NameShape, name_shapes
from privacy.detection.partials import EXAMPLES, ColumnPartial, Examples, TypeStats, no_years
from privacy.detection.recognizers import ColumnRecognizer
from privacy.detection.sketch import DistinctSketch, HashArray, hash_cells, hash_numbers

# Types that digits alone can be; the others are not tried on integer columns.
DIGIT_TYPES: Final = frozenset({"CN_RESIDENT_ID", "CN_MOBILE", "CN_BANK_CARD", "CN_USCC"})
_EXACT_FLOAT: Final = 2.0**53  # from here on a float skips whole numbers: an ID number does not survive it


class Held(StrEnum):
    """What a column's Arrow type lets it hold."""

    TEXT = "text"
    INTEGER = "integer"
    MEASURE = "measure"
    DATE = "date"
    TRUTH = "truth"
    BINARY = "binary"

    @classmethod
    def by(cls, arrow_type: pa.DataType) -> Held:
        """The kind of an Arrow type; what is not known holds text."""
        if pa.types.is_dictionary(arrow_type):
            return cls.by(arrow_type.value_type)
        if pa.types.is_decimal(arrow_type):
            return cls.INTEGER if arrow_type.scale == 0 else cls.MEASURE
        for kind, tests in _KINDS.items():
            if any(test(arrow_type) for test in tests):
                return kind
        return cls.TEXT


_KINDS: Final[Mapping[Held, tuple[Callable[[pa.DataType], bool], ...]]] = {
    Held.INTEGER: (pa.types.is_integer,),
    Held.MEASURE: (pa.types.is_floating,),
    Held.DATE: (pa.types.is_date, pa.types.is_timestamp),
    Held.TRUTH: (pa.types.is_boolean, pa.types.is_null, pa.types.is_time, pa.types.is_duration),
    Held.BINARY: (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary),
}


class ColumnScanner:
    """Scans the batches of one column. Its text reader remembers what it has read; nothing else is kept between batches."""

    def __init__(self, arrow_type: pa.DataType, recognizers: Sequence[ColumnRecognizer], reader: TextReader) -> None:
        self.held = Held.by(arrow_type)
        self._recognizers = tuple(recognizers)
        self._reader = reader

    @property
    def tried(self) -> tuple[str, ...]:
        """The pattern types that this column's Arrow type can hold."""
        return tuple(r.entity for r in self._recognizers if self._fits(r))

    def _fits(self, recognizer: ColumnRecognizer) -> bool:
        if self.held in (Held.TEXT, Held.BINARY):
            return True
        return self.held in (Held.INTEGER, Held.MEASURE) and recognizer.entity in DIGIT_TYPES

    def scan(self, array: pa.Array[Any]) -> ColumnPartial:
        """The counts of one array of the column."""
        array = decoded(array)
        partial = ColumnPartial(rows=len(array), nulls=array.null_count)
        if array.null_count == len(array):
            return partial
        match self.held:
            case Held.MEASURE:
                return partial.merge(self._measures(array))
            case Held.DATE:
                return partial.merge(_dates(array))
            case Held.TRUTH:
                return partial.merge(ColumnPartial(cells=len(array) - array.null_count))
            case Held.BINARY:
                return partial.merge(self._binary(array))
            case _:
                return partial.merge(self._texts(as_strings(array)))

    def _texts(self, array: pa.Array[Any]) -> ColumnPartial:
        partial = ColumnPartial()
        for chunk in chunks_of(array):
            partial = partial.merge(self._cells(Cells.of(chunk)))
        return partial

    def _binary(self, array: pa.Array[Any]) -> ColumnPartial:
        try:
            return self._texts(array.cast(pa.binary()).cast(pa.string()))
        except pa.ArrowInvalid:
            return ColumnPartial(binary_rows=len(array) - array.null_count)

    def _measures(self, array: pa.Array[Any]) -> ColumnPartial:
        numbers = pc.drop_null(array).cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        finite = numbers[np.isfinite(numbers)]
        whole = (finite == np.floor(finite)) & (np.abs(finite) < _EXACT_FLOAT)
        lost = int(((finite == np.floor(finite)) & (np.abs(finite) >= _EXACT_FLOAT)).sum())
        partial = ColumnPartial(lost_rows=lost, blanks=len(numbers) - len(finite))
        if whole.any():
            as_text = pa.array(finite[whole].astype(np.int64)).cast(pa.string())
            partial = partial.merge(self._texts(as_text))
        rest = np.ascontiguousarray(finite[~whole])
        if len(rest):
            partial = partial.merge(
                ColumnPartial(
                    cells=len(rest),
                    distinct=DistinctSketch().with_hashes(hash_numbers(rest)),
                    numbers=shapes.number_shape(rest, np.ones(len(rest), dtype=np.int64)),
                )
            )
        return partial

    def _cells(self, cells: Cells) -> ColumnPartial:
        if not len(cells):
            return ColumnPartial(blanks=cells.blank_rows)
        hashes = hash_cells(cells)
        types, whole = self._match(cells, hashes)
        is_text = self.held in (Held.TEXT, Held.BINARY)
        words = lexicons.look_up(cells)
        numbers, number_shape = shapes.numbers_in(cells)
        date_shape = shapes.dates(cells)
        partial = ColumnPartial(
            blanks=cells.blank_rows,
            cells=cells.rows,
            length_sum=int((cells.features.length * cells.counts).sum()),
            longest=int(cells.features.length.max()),
            lost_rows=shapes.lost_digit_rows(cells) if is_text else 0,
            timed_rows=date_shape.timed_rows,
            distinct=DistinctSketch().with_hashes(hashes),
            types=types,
            words=words.words,
            codes=words.codes,
            years=date_shape.years,
            numbers=number_shape,
        )
        if not is_text:
            return partial
        rest = ~(whole | words.explained | numbers | date_shape.dates)
        return partial.merge(self._shapes(cells, hashes, ~(whole | numbers | date_shape.dates), rest))

    def _match(self, cells: Cells, hashes: HashArray) -> tuple[dict[str, TypeStats], BoolArray]:
        """Stats per type, and which cells are wholly values of some type."""
        types: dict[str, TypeStats] = {}
        whole = np.zeros(len(cells), dtype=np.bool_)
        for recognizer in self._recognizers:
            if not self._fits(recognizer):
                continue
            hits = match(recognizer, cells)
            if hits is None:
                continue
            types[recognizer.entity] = type_stats(recognizer, cells, hits, hashes)
            whole[hits.whole_cells(cells.features.length, kept=True)] = True
        return types, whole

    def _shapes(self, cells: Cells, hashes: HashArray, candidates: BoolArray, rest: BoolArray) -> ColumnPartial:
        """Shapes of whole cells and names in text. `candidates` may have a shape, `rest` may be text."""
        names = name_shapes(cells)
        found = {
            "organisation": shapes.organisations(cells) & candidates,
            "region": shapes.regions(cells) & candidates,
            "address": shapes.addresses(cells),
            "diagnosis": shapes.diagnoses(cells) & candidates,
            "icd": shapes.disease_codes(cells),
        }
        shaped = np.logical_or.reduce(list(found.values()))
        text, persons = self._reader.read(cells, ~rest | shaped | names.name, shaped)
        rows = {key: _rows(cells, where) for key, where in found.items()}
        rows.update(_name_rows(cells, names, candidates))
        rows["person_in_text"] = _rows(cells, persons)
        rows["wordy"] = _rows(cells, _wordy(cells) & rest & ~shaped & ~names.name)
        examples = {
            key: _examples(cells, hashes, where, entity)
            for key, entity, where in (
                ("person", "PERSON", names.name & candidates),
                ("organisation", "ORGANIZATION", found["organisation"]),
                ("address", "CN_ADDRESS", found["address"]),
                ("region", "REGION", found["region"]),
                ("diagnosis", "DIAGNOSIS", found["diagnosis"]),
            )
        }
        return ColumnPartial(shapes={k: v for k, v in rows.items() if v}, shape_examples=examples, text=text)


def _rows(cells: Cells, where: BoolArray) -> int:
    return int(cells.counts[where].sum())


def _wordy(cells: Cells) -> BoolArray:
    """Cells that read like text: some words, not a code."""
    f = cells.features
    return (f.length >= 8) & (((f.han >= 6) & (f.han >= 0.3 * f.length)) | ((f.letters >= 12) & (f.spaces >= 2)))


def _name_rows(cells: Cells, names: NameShape, candidates: BoolArray) -> Mapping[str, int]:
    return {
        "person": _rows(cells, names.name & candidates),
        "person_shape": _rows(cells, names.shaped & candidates),
        "person_surname": _rows(cells, names.surname & candidates),
    }


def _examples(cells: Cells, hashes: HashArray, where: BoolArray, entity_type: str) -> Examples:
    index = np.flatnonzero(where)
    first = index[np.argsort(hashes[index], kind="stable")[:EXAMPLES]]
    return tuple((int(hashes[i]), mask_example(entity_type, cells.texts[i])) for i in first.tolist())


def type_stats(recognizer: ColumnRecognizer, cells: Cells, hits: Hits, hashes: HashArray | None = None) -> TypeStats:
    """What `hits` of a recognizer come to over `cells`, in rows; with the `hashes` of the cells, masked examples too."""
    judgement = hits.judgement
    keep = judgement.keep
    lengths, counts = cells.features.length, cells.counts

    def rows_of(cell_index: IntArray) -> int:
        some = np.zeros(len(cells), dtype=np.bool_)
        some[cell_index] = True
        return int(counts[some].sum())

    years = no_years()
    if judgement.years is not None:
        stands = np.flatnonzero(keep & (judgement.years >= shapes.FIRST_YEAR))
        np.add.at(years, judgement.years[stands] - shapes.FIRST_YEAR, counts[hits.cells[stands]])
    heads: dict[str, int] = {}
    letters = 0
    kept = np.flatnonzero(keep)
    if recognizer.entity == "CN_MOBILE":
        for i in kept.tolist():
            head = hits.texts[i].replace(" ", "").replace("-", "")[-11:-8]
            heads[head] = heads.get(head, 0) + int(counts[hits.cells[i]])
    elif recognizer.entity == "CN_RESIDENT_ID":
        letters = sum(int(counts[hits.cells[i]]) for i in kept.tolist() if hits.texts[i][-1] in "xX")
    return TypeStats(
        rows=rows_of(hits.cells[keep]),
        whole_rows=rows_of(hits.whole_cells(lengths, kept=True)),
        shaped_rows=rows_of(hits.whole_cells(lengths, kept=False)),
        checked_rows=rows_of(hits.cells[judgement.checked]),
        valid_rows=rows_of(hits.cells[judgement.checked & judgement.valid]),
        letter_rows=letters,
        heads=heads,
        years=years,
        examples=() if hashes is None else _hit_examples(recognizer.entity, hits, hashes),
    )


def _hit_examples(entity_type: str, hits: Hits, hashes: HashArray) -> Examples:
    kept = np.flatnonzero(hits.judgement.keep)
    of_hits = hashes[hits.cells[kept]]
    first = np.argsort(of_hits, kind="stable")[:EXAMPLES].tolist()
    return tuple((int(of_hits[i]), mask_example(entity_type, hits.texts[kept[i]])) for i in first)


def _dates(array: pa.Array[Any]) -> ColumnPartial:
    values = pc.drop_null(array)
    years = no_years()
    year = pc.year(values).to_numpy(zero_copy_only=False).astype(np.int64)
    np.add.at(years, np.clip(year, shapes.FIRST_YEAR, shapes.LAST_YEAR) - shapes.FIRST_YEAR, 1)
    timed = 0
    if pa.types.is_timestamp(array.type):
        timed = len(values) - how_many(pc.equal(values, pc.floor_temporal(values, unit="day")))
    ticks = values.view(pa.int32() if pa.types.is_date32(array.type) else pa.int64())
    numbers = np.ascontiguousarray(ticks.to_numpy(zero_copy_only=False).astype(np.int64))
    return ColumnPartial(
        cells=len(values), timed_rows=timed, years=years, distinct=DistinctSketch().with_hashes(hash_numbers(numbers))
    )
