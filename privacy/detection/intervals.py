"""What a sample says of the whole table: intervals for a share of rows.

Lives here: the interval for rows drawn one by one, for rows of whole blocks, and for none at all. Pure arithmetic: how rows are drawn
is `privacy.detection.sampling`'s.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LEVEL: Final = 0.95
_Z: Final = 1.959964  # of the two-sided level
_ONE_SIDED_MISS: Final = 1 - LEVEL


@dataclass(frozen=True, slots=True)
class Interval:
    """The shares `low` to `high` of all rows, by `rows` that were judged. In 95 of 100 samples the true share lies between."""

    low: float
    high: float
    rows: int
    level: float = LEVEL

    def as_dict(self) -> dict[str, float | int]:
        """As evidence keeps it. Rounded outwards: rounding never makes it narrower."""
        return {
            "low": math.floor(self.low * 1e6) / 1e6,
            "high": math.ceil(self.high * 1e6) / 1e6,
            "level": self.level,
            "rows": self.rows,
        }


def interval_of(
    hits: int, rows: int, *, population: int | None = None, effect: float = 1.0, blocks: int = 0, groups: int = 0
) -> Interval:
    """The interval for a share of which `hits` of `rows` drawn rows are.

    `population` is the exact number of rows in the table, where that is known: a share cannot be smaller than what was seen, nor larger
    than what was not ruled out. Rows of whole blocks come with the `effect` of drawing blocks (`design_effect`), the number of `blocks`,
    and the number of `groups` that the effect was measured on.

    Hits: the score interval with continuity correction, whose coverage does not fall below its level for rare shares as the plain score
    interval's does (E. B. Wilson, JASA 22, 1927; R. G. Newcombe, Statistics in Medicine 17, 1998, method 4), on the effective number of
    rows and with the quantile of Student's t for the groups (E. L. Korn and B. I. Graubard, Survey Methodology 24, 1998). No hit: the
    one-sided upper bound of C. J. Clopper and E. S. Pearson (Biometrika 26, 1934), 1 - 0.05^(1/n), the exact form of the rule of three;
    what no block showed may stand in whole blocks, so there n is the number of blocks. Nothing but hits: the same from below.
    """
    if not rows:
        return Interval(0.0, 1.0, 0)
    bound = 1 - _ONE_SIDED_MISS ** (1 / (blocks or rows))
    if not hits:
        low, high = 0.0, bound
    elif hits >= rows:
        low, high = 1 - bound, 1.0
    else:
        low, high = _score(hits / rows, rows, _Z)
        if groups:  # the wider of the two
            by_blocks = _score(hits / rows, rows / max(1.0, effect), _quantile(groups - 1))
            low, high = min(low, by_blocks[0]), max(high, by_blocks[1])
    if population is not None and population >= rows:
        low, high = max(low, hits / population), min(high, (hits + population - rows) / population)
    return Interval(low, high, rows)


def _score(share: float, rows: float, z: float) -> tuple[float, float]:
    """The score interval with continuity correction. `rows` need not be whole."""
    square, width = z * z, 2 * (rows + z * z)
    miss = 1 - share
    centre = 2 * rows * share + square
    below = square - 1 / rows + 4 * rows * share * miss + (4 * share - 2)
    above = square - 1 / rows + 4 * rows * share * miss - (4 * share - 2)
    low = (centre - (z * math.sqrt(max(0.0, below)) + 1)) / width
    high = (centre + (z * math.sqrt(max(0.0, above)) + 1)) / width
    # Of less than half a row that is hit, or not, nothing is left after the correction.
    return (low if share * rows > 0.5 and low > 0 else 0.0), (high if miss * rows > 0.5 and high < 1 else 1.0)


def _quantile(freedom: int) -> float:
    """The two-sided quantile of Student's t: Cornish and Fisher's expansion about the normal one."""
    n, z = max(3, freedom), _Z
    return (
        z
        + (z**3 + z) / (4 * n)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
    )


def design_effect(groups: Sequence[tuple[int, int]]) -> float:
    """How many times larger the variance of a share is by blocks than by single rows. `groups`: hits and rows of random groups of blocks.

    The variance of the ratio of hits to rows between random groups (K. M. Wolter, Introduction to Variance Estimation, 2nd ed. 2007,
    chapter 2; the ratio estimator of W. G. Cochran, Sampling Techniques, 3rd ed. 1977, section 6.3), over that of a simple random sample.
    Never below 1: between blocks alike by luck nothing is gained.
    """
    held = [(hits, rows) for hits, rows in groups if rows]
    hits, rows = sum(hits for hits, _ in held), sum(rows for _, rows in held)
    share = hits / rows if rows else 0.0
    if len(held) < 2 or not 0 < share < 1:
        return 1.0
    number, mean = len(held), rows / len(held)
    variance = sum(((y - share * x) / mean) ** 2 for y, x in held) / (number * (number - 1))
    return max(1.0, variance / (share * (1 - share) / rows))
