"""How many distinct values a column has, in bounded memory.

Lives here: a k-minimum-values sketch over 64-bit hashes. It is exact up to `CAPACITY` distinct values and an estimate with a
standard error of about 0.5 % above. Merging is associative, commutative and idempotent, so partitions may be scanned in
any order. The hash is fixed: the same values give the same sketch in every process. It is also unkeyed, so whoever holds a sketch
can test guesses against it: a sketch is as confidential as the column and is not stored or shown; its estimate may be.

Source: Bar-Yossef et al., "Counting distinct elements in a data stream" (2002).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from privacy.detection.cells import Cells

HashArray = npt.NDArray[np.uint64]
CAPACITY: Final = 50_000
_PERIOD: Final = 4096  # positions with a weight of their own


def _mix(values: HashArray) -> HashArray:
    """splitmix64's finaliser: every input bit reaches every output bit."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


_WEIGHTS: Final = _mix(np.arange(1, _PERIOD + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)) | np.uint64(1)


def hash_cells(cells: Cells) -> HashArray:
    """A 64-bit hash per text: a multilinear hash over its code points, then mixed."""
    if not len(cells):
        return np.zeros(0, dtype=np.uint64)
    length = cells.features.length
    position = np.arange(len(cells.points), dtype=np.int64)
    position -= np.repeat(cells.starts, length + 1)
    if int(length.max()) >= _PERIOD:
        position %= _PERIOD
    with np.errstate(over="ignore"):
        terms = (cells.points.astype(np.uint64) + np.uint64(1)) * _WEIGHTS[position]
        return _mix(np.add.reduceat(terms, cells.starts))


def hash_numbers(values: npt.NDArray[np.generic]) -> HashArray:
    """A 64-bit hash per number (8-byte integers or floats)."""
    with np.errstate(over="ignore"):
        return _mix(values.view(np.uint64) + np.uint64(0x9E3779B97F4A7C15))


@dataclass(frozen=True, slots=True)
class DistinctSketch:
    """The `CAPACITY` smallest hashes seen, sorted."""

    hashes: HashArray = field(default_factory=lambda: np.zeros(0, dtype=np.uint64))

    def with_hashes(self, hashes: HashArray) -> DistinctSketch:
        """This sketch after seeing `hashes` too."""
        if len(self.hashes) >= CAPACITY:
            hashes = hashes[hashes < self.hashes[-1]]
        if not len(hashes):
            return self
        merged = np.sort(np.concatenate((self.hashes, hashes)))  # several times faster here than np.unique's hash table
        return DistinctSketch(merged[np.append(True, merged[1:] != merged[:-1])][:CAPACITY])

    def merge(self, other: DistinctSketch) -> DistinctSketch:
        """The sketch of both streams."""
        return self.with_hashes(other.hashes)

    @property
    def estimate(self) -> int:
        """The number of distinct values: exact below `CAPACITY`."""
        if len(self.hashes) < CAPACITY:
            return len(self.hashes)
        return round((CAPACITY - 1) / (float(self.hashes[-1]) / 2.0**64))
