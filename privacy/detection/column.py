"""Scanning one column: an Arrow array in, a `ColumnPartial` out.

Lives here: what a column's Arrow type can hold, and running over its distinct cells the recognizers, lexicons and shapes that fit. No
judgement: `privacy.detection.verdict` makes one of the finished partial.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import numpy as np
import pyarrow as pa

from privacy.detection import lexicons, shapes
from privacy.detection.arrow import decoded, how_many, pc
from privacy.detection.cells import Cells, IntArray, as_strings, chunks_of, without_damage
from privacy.detection.checksums import BoolArray
from privacy.detection.forms import forms_of
from privacy.detection.free_text import ReaderState, TextReader
from privacy.detection.hidden import PREFIX, SOME, hidden_in
from privacy.detection.json_cells import members_in
from privacy.detection.kinds import kinds_of
from privacy.detection.masked import mask_example
from privacy.detection.matching import Hits, matcher_of
from privacy.detection.name_shapes import NameShape, name_shapes
from privacy.detection.partials import MEMBERS, ColumnPartial, Examples, TypeStats, least_hashes, no_years
from privacy.detection.recognizers import ColumnRecognizer
from privacy.detection.sketch import DistinctSketch, HashArray, hash_cells, hash_numbers
from privacy.detection.values import Values

# Types that digits alone can be; the others are not tried on integer columns.
DIGIT_TYPES: Final = frozenset(
    {
        *(
            "CN_RESIDENT_ID",
            "CN_HMT_RESIDENCE_PERMIT",
            "CN_PERMANENT_RESIDENCE",
            "CN_MOBILE",
            "CN_BANK_CARD",
            "CREDIT_CARD",
            "CN_USCC",
        ),
        *(
            "CN_ORGANIZATION_CODE",
            "CN_TAX_ID",
            "IMEI",
            "IMSI",
            "UK_NHS",
            "AU_TFN",
            "AU_MEDICARE",
            "IN_AADHAAR",
            "KR_RRN",
            "TH_TNIN",
        ),
    }
)
# How a value begins, where people's values begin in many ways and a running number in one, or where its beginning names the issuer:
# what `TypeStats.heads` counts.
_HEADS: Final[Mapping[str, slice]] = {
    "CN_BANK_CARD": slice(0, 2),
    "CN_MOBILE": slice(-11, -8),
    "CN_PASSPORT": slice(0, 4),
    "CN_HM_TRAVEL_PERMIT": slice(0, 4),
    "CN_EXIT_PERMIT": slice(0, 4),
    "IMSI": slice(0, 5),
}
_MAY_END_IN_X: Final = frozenset({"CN_RESIDENT_ID", "CN_HMT_RESIDENCE_PERMIT"})
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


def may_be_digits(recognizer: ColumnRecognizer) -> bool:
    """Whether its values may be digits alone, and so stand in a column of numbers. What a bureau looks for, nobody knows beforehand."""
    return recognizer.entity in DIGIT_TYPES or recognizer.own


@dataclass(frozen=True, slots=True)
class ColumnState:
    """What a column's scanner remembers beside what it has counted: its text, and that of members of JSON by their key."""

    text: ReaderState = field(default_factory=ReaderState)
    members: Mapping[str, ReaderState] = field(default_factory=dict)


class ColumnScanner:
    """Scans the batches of one column. Its text reader remembers what it has read; nothing else is kept between batches."""

    def __init__(self, arrow_type: pa.DataType, recognizers: Sequence[ColumnRecognizer], reader: TextReader) -> None:
        self.held = Held.by(arrow_type)
        self._matcher = matcher_of(tuple(recognizer for recognizer in recognizers if self._fits(recognizer)))
        self._reader = reader
        self._readers: dict[str, TextReader] = {}  # of members, by their key

    def state(self) -> ColumnState:
        """What it remembers between batches."""
        return ColumnState(self._reader.state(), {key: reader.state() for key, reader in self._readers.items()})

    def resume(self, state: ColumnState) -> None:
        """Go on where another scanner of the column was."""
        self._reader.resume(state.text)
        for key, text in state.members.items():
            self._readers.setdefault(key, TextReader(self._reader.budget)).resume(text)

    @property
    def tried(self) -> tuple[str, ...]:
        """The pattern types that this column's Arrow type can hold."""
        return tuple(recognizer.entity for recognizer in self._matcher.recognizers)

    def _fits(self, recognizer: ColumnRecognizer) -> bool:
        if self.held in (Held.TEXT, Held.BINARY):
            return True
        return self.held in (Held.INTEGER, Held.MEASURE) and may_be_digits(recognizer)

    def scan(self, array: pa.Array[Any]) -> ColumnPartial:
        """The counts of one array of the column."""
        array, damaged = without_damage(decoded(array))
        partial = ColumnPartial(rows=len(array), nulls=array.null_count - damaged, damaged_rows=damaged)
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
        content = array.cast(pa.binary())
        try:
            return self._texts(content.cast(pa.string()))
        except pa.ArrowInvalid:
            pass
        # Cell by cell: one picture among texts makes no text of the others unread.
        texts: list[str] = []
        rest: list[bytes] = []
        for value in content.to_pylist():
            if value is None:
                continue
            try:
                texts.append(value.decode("utf-8"))
            except UnicodeDecodeError:
                rest.append(value)
        images = sum(value.startswith(shapes.IMAGE_STARTS) for value in rest)
        return self._texts(pa.array(texts, pa.string())).merge(ColumnPartial(binary_rows=len(rest), image_rows=images))

    def _measures(self, array: pa.Array[Any]) -> ColumnPartial:
        numbers = pc.drop_null(array).cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        finite = numbers[np.isfinite(numbers)]
        whole = (finite == np.floor(finite)) & (np.abs(finite) < _EXACT_FLOAT)
        lost = finite[(finite == np.floor(finite)) & (np.abs(finite) >= _EXACT_FLOAT)]
        partial = ColumnPartial(
            lost_rows=len(lost), lost_id_rows=shapes.lost_ids(lost), blanks=len(numbers) - len(finite)
        )
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
        lost, lost_ids = shapes.lost_digit_rows(cells) if is_text else (0, 0)
        date_shape = shapes.dates(cells)
        partial = ColumnPartial(
            blanks=cells.blank_rows,
            cells=cells.rows,
            length_sum=int((cells.features.length * cells.counts).sum()),
            longest=int(cells.features.length.max()),
            lost_rows=lost,
            lost_id_rows=lost_ids,
            timed_rows=date_shape.timed_rows,
            distinct=DistinctSketch().with_hashes(hashes),
            types=types,
            words=words.words,
            codes=words.codes,
            years=date_shape.years,
            numbers=number_shape,
            forms=forms_of(cells),
        )
        if not is_text:
            return partial
        documents, members = self._members(cells)
        rest = ~(whole | words.explained | numbers | date_shape.dates | documents)
        candidates = ~(whole | numbers | date_shape.dates | documents)
        found = ColumnPartial(members=members, shapes={"json": _rows(cells, documents)} if members else {})
        return partial.merge(self._shapes(cells, hashes, candidates, rest)).merge(found)

    def _members(self, cells: Cells) -> tuple[BoolArray, Mapping[str, ColumnPartial]]:
        """Which cells are JSON, and the values in them by key, scanned like columns."""
        documents, values = members_in(cells)
        if not values:
            return documents, {}
        members = {}
        for key in sorted(values)[:MEMBERS]:
            texts, rows = values[key]
            scanner = ColumnScanner(
                pa.string(), self._matcher.recognizers, self._readers.setdefault(key, TextReader(self._reader.budget))
            )
            members[key] = scanner._cells(Cells.from_texts(texts, rows))
        return documents, members

    def _match(self, cells: Cells, hashes: HashArray) -> tuple[dict[str, TypeStats], BoolArray]:
        """Stats per type, and which cells are wholly values of some type."""
        types: dict[str, TypeStats] = {}
        whole = np.zeros(len(cells), dtype=np.bool_)
        for recognizer, hits in zip(self._matcher.recognizers, self._matcher.match(cells), strict=True):
            if hits is not None:
                types[recognizer.entity] = type_stats(recognizer, cells, hits, hashes)
                whole[hits.whole_cells] = True
        return types, whole

    def _shapes(self, cells: Cells, hashes: HashArray, candidates: BoolArray, rest: BoolArray) -> ColumnPartial:
        """Shapes of whole cells and names in text. `candidates` may have a shape, `rest` may be text."""
        names = name_shapes(cells)
        found = shapes.find_shapes(cells, candidates)
        shaped = np.logical_or.reduce([found[key] for key in ("organisation", "region", "address", "diagnosis", "icd")])
        kinds = kinds_of(cells, rest & ~names.name)
        text, named = self._reader.read(cells, ~rest | shaped | names.name | kinds["agent"], shaped)
        rows = {key: _rows(cells, where) for key, where in found.items()}
        hidden = hidden_in(cells)
        # A word of a lexicon is nobody's name (周一, 白露), nor is 张某某.
        nameable = rest & ~hidden["PERSON"] if "PERSON" in hidden else rest
        rows.update(_name_rows(cells, names, nameable))
        rows.update({key if key == SOME else PREFIX + key: _rows(cells, where) for key, where in hidden.items()})
        rows.update({key: _rows(cells, where) for key, where in kinds.items()})
        rows["person_in_text"] = _rows(cells, named.persons)
        rows["organisation_in_text"] = _rows(cells, named.organisations)
        rows["code"] = _rows(cells, shapes.codes(cells))
        rows["wordy"] = _rows(cells, _wordy(cells) & rest & ~shaped & ~names.name & ~kinds["agent"])
        examples = {
            key: _examples(cells, hashes, where, entity)
            for key, entity, where in (
                ("person", "PERSON", names.name & nameable),
                ("organisation", "ORGANIZATION", found["organisation"]),
                ("address", "CN_ADDRESS", found["address"]),
                ("region", "REGION", found["region"]),
                ("diagnosis", "DIAGNOSIS", found["diagnosis"]),
                *((PREFIX + kind, kind, where) for kind, where in hidden.items()),
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
    first = index[least_hashes(hashes[index])]
    return tuple((int(hashes[i]), mask_example(entity_type, cells.text(i))) for i in first.tolist())


def type_stats(recognizer: ColumnRecognizer, cells: Cells, hits: Hits, hashes: HashArray | None = None) -> TypeStats:
    """What `hits` of a recognizer come to over `cells`, in rows; with the `hashes` of the cells, masked examples too."""
    judgement = hits.judgement
    keep = judgement.keep
    counts = cells.counts

    def rows_of(which: IntArray) -> int:
        return int(counts[which].sum())

    years = no_years()
    if judgement.years is not None:
        stands = np.flatnonzero(keep & (judgement.years >= shapes.FIRST_YEAR))
        years = shapes.rows_by_year(judgement.years[stands], counts[hits.cells[stands]])
    kept = np.flatnonzero(keep)
    rows = counts[hits.cells[kept]]
    return TypeStats(
        rows=rows_of(hits.having(keep)),
        whole_rows=rows_of(hits.whole_cells),
        shaped_rows=rows_of(hits.shaped_cells),
        checked_rows=rows_of(hits.having(judgement.checked)),
        valid_rows=rows_of(hits.having(judgement.checked & judgement.valid)),
        letter_rows=_letter_rows(hits.values.take(kept), rows) if recognizer.entity in _MAY_END_IN_X else 0,
        heads=_heads(hits.values.take(kept), rows, _HEADS[recognizer.entity]) if recognizer.entity in _HEADS else {},
        years=years,
        examples=() if hashes is None else _hit_examples(recognizer.entity, cells, hits, hashes),
    )


def _letter_rows(values: Values, rows: IntArray) -> int:
    """Rows whose number ends in X."""
    return int(rows[values.character(-1) == ord("X")].sum())


def _heads(values: Values, rows: IntArray, head: slice) -> dict[str, int]:
    """Rows by what their values begin with: at most eight ASCII characters, counted from the end where `head` is negative."""
    code = np.zeros(len(values), dtype=np.int64)
    for place in range(head.start, head.stop):
        code = code << 8 | values.character(place)
    encoded: Any = pa.array(code).dictionary_encode()
    counted = np.bincount(encoded.indices.to_numpy(), weights=rows).astype(np.int64)
    return {
        point.to_bytes(8, "big").strip(b"\0").decode("ascii"): int(count)
        for point, count in zip(encoded.dictionary.to_pylist(), counted, strict=True)
    }


def _hit_examples(entity_type: str, cells: Cells, hits: Hits, hashes: HashArray) -> Examples:
    kept = np.flatnonzero(hits.judgement.keep)
    of_hits = hashes[hits.cells[kept]]
    first = least_hashes(of_hits)
    return tuple((int(of_hits[i]), mask_example(entity_type, hits.text(cells, int(kept[i])))) for i in first.tolist())


def _dates(array: pa.Array[Any]) -> ColumnPartial:
    values = pc.drop_null(array)
    years = no_years()
    year = pc.year(values).to_numpy(zero_copy_only=False).astype(np.int64)
    years = shapes.rows_by_year(year, np.ones(len(year), dtype=np.int64))
    timed = 0
    if pa.types.is_timestamp(array.type):
        timed = len(values) - how_many(pc.equal(values, pc.floor_temporal(values, unit="day")))
    ticks = values.view(pa.int32() if pa.types.is_date32(array.type) else pa.int64())
    numbers = np.ascontiguousarray(ticks.to_numpy(zero_copy_only=False).astype(np.int64))
    return ColumnPartial(
        cells=len(values), timed_rows=timed, years=years, distinct=DistinctSketch().with_hashes(hash_numbers(numbers))
    )
