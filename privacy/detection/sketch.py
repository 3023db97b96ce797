"""How many distinct values a column has, in bounded memory.

Lives here: a k-minimum-values sketch over 64-bit hashes. It is exact up to `CAPACITY` distinct values and an estimate with a
standard error of about 0.5 % above. Merging is associative, commutative and idempotent, so partitions may be scanned in
any order. The hash is fixed: the same values give the same sketch in every process. It is also unkeyed, so whoever holds a sketch
can test guesses against it: a sketch is as confidential as the column, is never shown, and is stored sealed or not at all
(`privacy.detection.checkpoint`); its estimate may be shown.

Source: Bar-Yossef et al., "Counting distinct elements in a data stream" (2002).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

import numpy as np
import numpy.typing as npt

from privacy.detection.cells import Cells
from privacy.detection.outlines import content

HashArray = npt.NDArray[np.uint64]
CAPACITY: Final = 50_000
_STEP: Final = np.uint64(0x9E3779B97F4A7C15)
_WORD: Final = 8
_LONG: Final = 512  # bytes
_MASKS: Final = np.array([(1 << 8 * size) - 1 for size in range(_WORD)], dtype=np.uint64)  # the first so many bytes


def _mix(values: HashArray) -> HashArray:
    """splitmix64's finaliser: every input bit reaches every output bit."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def hash_cells(cells: Cells) -> HashArray:
    """A 64-bit hash per text: of its length, then eight bytes at a time; of very long texts BLAKE2b."""
    text, offsets = content(cells.array)
    sizes = np.diff(offsets)
    # With the longest first, those that have bytes left are always the first so many.
    order = np.argsort(-np.minimum(sizes, _LONG + 1).astype(np.int16), kind="stable")
    starts, left = offsets[:-1][order], sizes[order]
    words: HashArray = np.ndarray(
        (len(text) + 1,), dtype="<u8", buffer=np.concatenate((text, np.zeros(_WORD, dtype=np.uint8))), strides=(1,)
    )
    with np.errstate(over="ignore"):
        hashes = _mix(left.astype(np.uint64) * _STEP)
        first = int(np.searchsorted(-left, -_LONG))  # of those that are not very long
        for done in range(0, _LONG, _WORD):
            live = int(np.searchsorted(-left, -done))
            if live <= first:
                break
            whole = int(np.searchsorted(-left, -(done + _WORD), side="right"))
            word = words[starts[first:live] + done]
            cut = slice(max(whole - first, 0), None)
            word[cut] &= _MASKS[left[max(whole, first) : live] - done]
            some = hashes[first:live]
            some ^= word
            some *= _STEP
            some ^= some >> np.uint64(32)
        for at in range(first):
            digest = blake2b(text[starts[at] : starts[at] + left[at]].tobytes(), digest_size=8).digest()
            hashes[at] = int.from_bytes(digest, "little")
        ordered = np.empty_like(hashes)
        ordered[order] = _mix(hashes)
    return ordered


def hash_numbers(values: npt.NDArray[np.generic]) -> HashArray:
    """A 64-bit hash per number (8-byte integers or floats)."""
    with np.errstate(over="ignore"):
        return _mix(values.view(np.uint64) + _STEP)


def no_hashes() -> HashArray:
    """None yet."""
    return np.zeros(0, dtype=np.uint64)


@dataclass(frozen=True, slots=True)
class DistinctSketch:
    """The `CAPACITY` smallest hashes seen, sorted."""

    hashes: HashArray = field(default_factory=no_hashes)

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
        if not len(self.hashes):
            return other
        return self.with_hashes(other.hashes)

    @property
    def estimate(self) -> int:
        """The number of distinct values: exact below `CAPACITY`."""
        if len(self.hashes) < CAPACITY:
            return len(self.hashes)
        return round((CAPACITY - 1) / (float(self.hashes[-1]) / 2.0**64))
