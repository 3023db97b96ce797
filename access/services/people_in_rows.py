"""Whether the rows to be released are about children: counted on the birth dates of exactly those rows, in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from privacy.detection.canonical import canonicalise
from privacy.masking.dates import Dates, ages_on, read_dates

CHILD = 14  # PIPL Art 28: persons under 14 are sensitive
MINOR = 18


def _latest(born: Dates) -> Dates:
    """What is known to the month or the year only as the last day it can be: nobody is taken for older than they may be."""
    return replace(born, month=np.where(born.month, born.month, 12), day=np.where(born.day, born.day, 31))


class AgeCount:
    """Counts rows about persons under 14 and under 18; knows when it could not tell."""

    def __init__(self, entity_type: str | None, today: date) -> None:
        self._entity_type, self._today = entity_type, today
        self.rows = self.unknown = self.children = self.minors = 0

    def add(self, values: pa.Array[Any]) -> None:
        """`values` are birth dates, or resident IDs that hold one."""
        if self._entity_type == "CN_RESIDENT_ID":
            values = pc.utf8_slice_codeunits(canonicalise("CN_RESIDENT_ID", values), 6, 14)
        dates = _latest(read_dates(values))
        ages = ages_on(dates, self._today.year, self._today.month, self._today.day)
        known = dates.known & (ages >= 0)
        self.rows += len(values)
        self.unknown += int((~known).sum())
        self.children += int(np.count_nonzero(known & (ages < CHILD)))
        self.minors += int(np.count_nonzero(known & (ages < MINOR)))

    def any_child(self) -> bool | None:
        """Whether anybody is under 14; None where some row did not tell: what is unknown is never counted as no."""
        return self._any(self.children)

    def any_minor(self) -> bool | None:
        """Whether anybody is under 18; None where some row did not tell."""
        return self._any(self.minors)

    def _any(self, count: int) -> bool | None:
        if count:
            return True
        return None if self._entity_type is None or self.unknown or not self.rows else False
