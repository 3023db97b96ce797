"""What the cells of a column are written in, and how long they are: counted for all cells, whatever the column is.

Lives here: a few kinds of writing, told from the outlines of the cells, and a histogram of lengths. By it two scans of one column can
tell whether its values still look the same (`privacy.detection.patterns`). No entity type and no value is known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np

from privacy.detection.cells import Cells, IntArray
from privacy.detection.outlines import Features

LONGEST: Final = 255  # longer cells count as so long
_QUANTILES: Final = (0.1, 0.5, 0.9)


class Form(StrEnum):
    """Kinds of writing. The order is the one they are tried in."""

    DIGITS = "digits"
    FIGURES = "figures"  # digits and marks: decimals, dates, telephone numbers with hyphens
    LETTERS = "letters"
    HAN = "han"
    AT = "at"  # one word with an @
    CODE = "code"  # letters, digits and marks without a blank
    WORDS = "words"  # Latin letters and blanks
    HAN_MIXED = "han_mixed"
    OTHER = "other"
    DATE = "date"  # from here on what the source itself holds so
    TRUTH = "truth"


_COUNTED: Final = tuple(Form)[:9]


def _none() -> IntArray:
    return np.zeros(len(_COUNTED), dtype=np.int64)


def _no_lengths() -> IntArray:
    return np.zeros(LONGEST + 1, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class FormStats:
    """Rows by the form of their cells, in the order of `Form`, and rows by length in characters, up to `LONGEST`."""

    forms: IntArray = field(default_factory=_none)
    lengths: IntArray = field(default_factory=_no_lengths)

    def merge(self, other: FormStats) -> FormStats:
        """Both together."""
        return FormStats(self.forms + other.forms, self.lengths + other.lengths)

    def rows_by_form(self) -> Mapping[Form, int]:
        """The forms that there are, each with its rows."""
        return {form: rows for form, rows in zip(_COUNTED, self.forms.tolist(), strict=True) if rows}

    def middle_lengths(self) -> tuple[int, int, int] | None:
        """The lengths below which a tenth, half and nine tenths of the cells are; None where no length was counted."""
        total = int(self.lengths.sum())
        if not total:
            return None
        running = np.cumsum(self.lengths)
        low, middle, high = (int(np.searchsorted(running, share * total)) for share in _QUANTILES)
        return low, middle, high


def forms_of(cells: Cells) -> FormStats:
    """The forms and lengths of the cells. Decided once for an outline, so that it costs next to nothing."""
    outlines = cells.outlines
    rows = _rows_by_outline(cells)
    lengths = np.bincount(np.minimum(outlines.features.length, LONGEST), weights=rows, minlength=LONGEST + 1)
    forms = np.bincount(_form_of(outlines.features), weights=rows, minlength=len(_COUNTED))
    return FormStats(forms.astype(np.int64), lengths.astype(np.int64))


def _rows_by_outline(cells: Cells) -> IntArray:
    """Rows of each outline. Cells that are all different, or all of one outline, need no weighing."""
    outlines = cells.outlines
    if len(outlines) == 1:
        return np.array([cells.rows])
    weights = None if cells.rows == len(cells) else cells.counts
    return np.bincount(outlines.codes, weights=weights, minlength=len(outlines)).astype(np.int64)


def _form_of(f: Features) -> IntArray:
    """The place in `Form` of each outline's form."""
    latin = f.letters > 0
    one_word = (f.han == 0) & (f.spaces == 0)
    tests = (
        f.digits == f.length,
        (f.digits > 0) & ~latin & (f.han == 0),
        f.letters == f.length,
        f.han == f.length,
        one_word & (f.ats == 1),
        one_word & latin,
        latin & (f.han == 0),
        f.han > 0,
    )
    return np.select(tests, range(len(tests)), default=_COUNTED.index(Form.OTHER)).astype(np.int64)
