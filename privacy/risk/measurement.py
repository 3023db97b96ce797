"""What a risk measurement says: k, uniques, l, t and the re-identification risks, from merged counts.

Lives here: the frozen results and how they follow from a `Partial`. Whether they are good enough is decided in
`scoring`.

The terms are those of disclosure control. A *class* (equivalence class) is all rows with the same values in the
quasi-identifiers; its size is the number of distinct persons in it, never of rows. Where one person has rows in
several classes the figures lean to the safe side:

- the person counts in each of the classes, and is unique where any one of them holds nobody else;
- `r_avg` is classes / subjects, which is the mean over persons of the sum of 1/size over their classes, so never less
  than the mean of their greatest risk; it is capped at 1;
- `linked_*` says what becomes of the classes once the rows of a person can be tied together (a released token does
  that): then persons are alike only if they are in the very same set of classes;
- rows without a subject are about one person whom nobody knows, so that they add at most one to any class. Nothing
  ties them together, so in the linked figures that person has each of its classes by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from privacy.risk.hashing import null_hash
from privacy.risk.partial import (
    CLASS,
    COUNT,
    SUBJECT,
    VALUE,
    Partial,
    Plan,
    SensitivePart,
    add_counts,
    count_by,
    distinct,
    only_classes,
)

Numbers = npt.NDArray[np.int64]

_BUCKETS = ((1, 1), (2, 2), (3, 4), (5, 9), (10, 19), (20, 49), (50, 99), (100, 999), (1000, None))


@dataclass(frozen=True, slots=True)
class ClassSizeBucket:
    """How many classes have `lowest` to `highest` persons (None: no upper bound), and how many places they hold."""

    lowest: int
    highest: int | None
    classes: int
    persons: int


@dataclass(frozen=True, slots=True)
class SensitiveMeasurement:
    """How much a class gives away about one sensitive field. Each (person, value) counts once.

    `l_distinct`: the smallest number of different values in a class, at most the number of its persons; 1 where one
    value is held by everybody in the class, since then nothing is hidden. An empty cell hides nobody, so it is no
    value here. `l_entropy`: the smallest exp(entropy) of a class, at most its `l_distinct`. Both None where every
    cell is empty. `t`: the greatest total variation distance between the values of a class and of the whole table
    (the earth mover's distance with equal ground distances), 0 to 1; an empty cell is a value here.
    """

    name: str
    l_distinct: int | None
    l_entropy: float | None
    t: float


@dataclass(frozen=True, slots=True)
class NearlyUnique:
    """A field that is no confirmed quasi-identifier and is counted as one: it has so many different values that they
    tell most persons apart."""

    name: str
    values: int


@dataclass(frozen=True, slots=True)
class Measurement:
    """A measured table.

    `null_subject_rows` are rows without a subject, counted as one person together; 0 where no subject field was named.
    `uniques` are persons alone in at least one of their classes. `population` is what the persons are a part of; None
    if not known. `nearly_unique` are those of the `quasi` that are counted for their many values alone.
    `repeated_identifiers` are direct identifiers of the table that repeat where the subject does not, so that one
    person may have been counted as several. Both are written by whoever chose the fields.
    """

    quasi: tuple[str, ...]
    subject: str | None
    rows: int
    subjects: int
    classes: int
    k_min: int
    uniques: int
    class_sizes: tuple[ClassSizeBucket, ...]
    null_subject_rows: int = 0
    subjects_in_several_classes: int = 0
    linked_classes: int = 0
    linked_k_min: int = 0
    linked_uniques: int = 0
    sensitive: tuple[SensitiveMeasurement, ...] = ()
    population: int | None = None
    nearly_unique: tuple[NearlyUnique, ...] = ()
    repeated_identifiers: tuple[str, ...] = ()

    @property
    def unique_share(self) -> float:
        """Unique persons as a share of all, 0 to 1."""
        return self.uniques / self.subjects

    @property
    def r_max(self) -> float:
        """The risk of the person in the smallest class: 1 / k_min."""
        return 1 / self.k_min

    @property
    def r_avg(self) -> float:
        """Classes / subjects, at most 1."""
        return float(self.average_risk())

    @property
    def l_distinct(self) -> int | None:
        """The smallest `l_distinct` of the sensitive fields; None where none was measured."""
        return min((field.l_distinct for field in self.sensitive if field.l_distinct is not None), default=None)

    @property
    def l_entropy(self) -> float | None:
        """The smallest `l_entropy` of the sensitive fields; None where none was measured."""
        return min((field.l_entropy for field in self.sensitive if field.l_entropy is not None), default=None)

    @property
    def t(self) -> float | None:
        """The greatest `t` of the sensitive fields; None where none was measured."""
        return max((field.t for field in self.sensitive), default=None)

    @property
    def population_share(self) -> float | None:
        """Subjects / population; above 1 where the population figure is out of date. None if it is not known."""
        return None if self.population is None else self.subjects / self.population

    def smallest_class(self, *, linked: bool = False) -> int:
        """`k_min`, or `linked_k_min` where the rows of a person can be tied together."""
        return self.linked_k_min if linked else self.k_min

    def greatest_risk(self, *, linked: bool = False) -> Fraction:
        """R_max, exact."""
        return Fraction(1, self.smallest_class(linked=linked))

    def average_risk(self, *, linked: bool = False) -> Fraction:
        """R_avg, exact."""
        return min(Fraction(1), Fraction(self.linked_classes if linked else self.classes, self.subjects))

    def as_dict(self) -> dict[str, object]:
        """The measurement as JSON-able data, derived figures included."""
        return {
            **asdict(self),
            "quasi": list(self.quasi),
            "class_sizes": [asdict(bucket) for bucket in self.class_sizes],
            "sensitive": [asdict(field) for field in self.sensitive],
            "nearly_unique": [asdict(field) for field in self.nearly_unique],
            "repeated_identifiers": list(self.repeated_identifiers),
            "unique_share": self.unique_share,
            "l_distinct": self.l_distinct,
            "l_entropy": self.l_entropy,
            "t": self.t,
            "t_distance": "total_variation",
            "r_max": self.r_max,
            "r_avg": self.r_avg,
            "population_share": self.population_share,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Measurement:
        """A measurement from what `as_dict` gave, so that it can be kept between measuring and assessing."""
        return cls(
            quasi=tuple(data["quasi"]),
            subject=data["subject"],
            class_sizes=tuple(ClassSizeBucket(**bucket) for bucket in data["class_sizes"]),
            sensitive=tuple(SensitiveMeasurement(**field) for field in data["sensitive"]),
            nearly_unique=tuple(NearlyUnique(**field) for field in data["nearly_unique"]),
            repeated_identifiers=tuple(data["repeated_identifiers"]),
            **{name: data[name] for name in _PLAIN_FIELDS},
        )


_PLAIN_FIELDS = (
    "rows",
    "subjects",
    "classes",
    "k_min",
    "uniques",
    "null_subject_rows",
    "subjects_in_several_classes",
    "linked_classes",
    "linked_k_min",
    "linked_uniques",
    "population",
)


def conclude(part: Partial, plan: Plan, *, population: int | None = None) -> Measurement:
    """The measurement that merged counts amount to. `part` must hold at least one row."""
    sizes = add_counts([part.counts, count_by(part.pairs, CLASS)])
    lone = sizes.filter(pc.equal(sizes[COUNT], pa.scalar(1)))[CLASS]
    known, unknown = _by_whether_known(part.pairs, plan.key)
    per_subject = count_by(known, SUBJECT)
    alone = _total(part.counts)
    several = int(np.count_nonzero(_numbers(per_subject, COUNT) > 1))
    linked = _linked_sizes(part.counts, known, unknown) if several else sizes
    counts = _numbers(sizes, COUNT)
    linked_counts = _numbers(linked, COUNT)
    return Measurement(
        quasi=plan.quasi,
        subject=plan.subject,
        rows=part.rows,
        subjects=per_subject.num_rows + alone + bool(unknown.num_rows),
        classes=sizes.num_rows,
        k_min=int(counts.min()),
        uniques=distinct(only_classes(part.pairs, lone), SUBJECT).num_rows + _total(only_classes(part.counts, lone)),
        class_sizes=_histogram(counts),
        null_subject_rows=part.null_subject_rows,
        subjects_in_several_classes=several,
        linked_classes=linked.num_rows,
        linked_k_min=int(linked_counts.min()),
        linked_uniques=int(np.count_nonzero(linked_counts == 1)),
        sensitive=tuple(
            _sensitive(name, column, sizes, plan.key)
            for name, column in zip(plan.sensitive, part.sensitive, strict=True)
        ),
        population=population,
    )


def _by_whether_known(pairs: pa.Table, key: bytes) -> tuple[pa.Table, pa.Table]:
    """The pairs of subjects that are named, and those of the one who is not."""
    nobody = pc.equal(pairs[SUBJECT], pa.scalar(int(null_hash(key)), pa.uint64()))
    return pairs.filter(pc.invert(nobody)), pairs.filter(nobody)


def _linked_sizes(counts: pa.Table, known: pa.Table, unknown: pa.Table) -> pa.Table:
    """How many persons have the same set of classes. The sum of the hashes of a person's classes stands for the set."""
    sets = known.group_by(SUBJECT, use_threads=False).aggregate([(CLASS, "sum")])
    sets = sets.select([f"{CLASS}_sum"]).rename_columns([CLASS])
    return add_counts([counts, count_by(sets, CLASS), count_by(unknown, CLASS)])


def _histogram(sizes: Numbers) -> tuple[ClassSizeBucket, ...]:
    buckets = []
    for lowest, highest in _BUCKETS:
        inside = sizes[(sizes >= lowest) & (sizes <= (highest or sizes.max()))]
        buckets.append(ClassSizeBucket(lowest, highest, classes=len(inside), persons=int(inside.sum())))
    return tuple(buckets)


def _sensitive(name: str, part: SensitivePart, sizes: pa.Table, key: bytes) -> SensitiveMeasurement:
    cells = add_counts([part.counts, count_by(part.triples, CLASS, VALUE)])
    # In one order whatever the batches were: sums of floats must not depend on how the table was cut.
    cells = cells.sort_by([(CLASS, "ascending"), (VALUE, "ascending")])
    t = _closeness(cells)
    known = cells.filter(pc.not_equal(cells[VALUE], pa.scalar(int(null_hash(key)), pa.uint64())))
    if known.num_rows == 0:
        return SensitiveMeasurement(name, l_distinct=None, l_entropy=None, t=t)
    counts = _numbers(known, COUNT)
    starts, totals = _runs(known, counts)
    different = np.diff([*starts, len(counts)])
    commonest = np.maximum.reduceat(counts, starts)
    persons = _sizes_of(_hashes(known, CLASS)[starts], sizes)
    diversity = np.where(commonest >= persons, 1, np.minimum(different, persons))
    shares = counts / np.repeat(totals, different)
    entropy = np.exp(-np.add.reduceat(shares * np.log(shares), starts))
    return SensitiveMeasurement(
        name=name,
        l_distinct=int(diversity.min()),
        l_entropy=float(np.minimum(entropy, diversity).min()),
        t=t,
    )


def _closeness(cells: pa.Table) -> float:
    """The greatest total variation distance of a class from the whole table: half the sum of |p - q| over values."""
    counts = _numbers(cells, COUNT)
    starts, totals = _runs(cells, counts)
    _values, places = np.unique(_hashes(cells, VALUE), return_inverse=True)
    overall = np.bincount(places, weights=counts) / counts.sum()
    q = overall[places]
    p = counts / np.repeat(totals, np.diff([*starts, len(counts)]))
    # A value that is not in the class adds its whole q.
    distance = (np.add.reduceat(np.abs(p - q), starts) + 1 - np.add.reduceat(q, starts)) / 2
    return float(np.clip(distance, 0, 1).max())


def _runs(cells: pa.Table, counts: Numbers) -> tuple[Numbers, Numbers]:
    """Where each class begins in `cells`, which are sorted by class, and the sum of its counts."""
    classes = _hashes(cells, CLASS)
    starts = np.flatnonzero(np.concatenate(([True], classes[1:] != classes[:-1])))
    return starts, np.add.reduceat(counts, starts)


def _sizes_of(classes: npt.NDArray[np.uint64], sizes: pa.Table) -> Numbers:
    known = _hashes(sizes, CLASS)
    order = np.argsort(known)
    found: Numbers = _numbers(sizes, COUNT)[order[np.searchsorted(known, classes, sorter=order)]]
    return found


def _total(counts: pa.Table) -> int:
    return int(_numbers(counts, COUNT).sum())


def _numbers(table: pa.Table, name: str) -> Numbers:
    return cast("Numbers", table[name].to_numpy())


def _hashes(table: pa.Table, name: str) -> npt.NDArray[np.uint64]:
    return cast("npt.NDArray[np.uint64]", table[name].to_numpy())
