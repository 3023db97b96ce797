"""What masking asks of the canonical forms: which values are missing, and one spelling for each of the others.

Lives here: how operators read `privacy.detection.canonical`, the short cut for rows that already are in canonical
form, and the line between a missing and a malformed value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from privacy.detection import canonical as forms
from privacy.detection.arrow import pc
from privacy.detection.cells import PLACEHOLDERS
from privacy.masking.columns import (
    Bytes,
    Flags,
    Ints,
    TextColumn,
    Texts,
    Values,
    as_column,
    as_text,
    decoded,
    flags,
    nulls_where,
    placed,
    text_column,
    valid_rows,
)

_PLACEHOLDERS = pa.array(sorted(PLACEHOLDERS), type=pa.string())

Words = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class FixedForm:
    """A canonical form of one length in ASCII. `fits` says which of the given rows (None: all), each of that
    length, have it."""

    length: int
    fits: Callable[[TextColumn, Ints | None], Flags]

    def rows(self, column: TextColumn) -> Ints:
        """The rows of a column that are in this form as they stand."""
        rows = column.rows_of_length(self.length)
        fits = self.fits(column, None if len(rows) == len(column) else rows)
        return rows if fits.all() else rows[fits]


def _are_digits(words: Words, count: int = 8) -> Flags:
    """Where the first `count` of the eight bytes in each word are ASCII digits.

    Digits become 0 to 9; adding 0x76 then sets the top bit of every byte that is more.
    """
    wanted = np.uint64((1 << 8 * count) - 1)
    numbers = (words ^ np.uint64(0x3030303030303030)) & wanted
    flagged = ((numbers + np.uint64(0x7676767676767676)) | numbers) & np.uint64(0x8080808080808080) & wanted
    return np.asarray(flagged == 0, dtype=np.bool_)


def _byte(words: Words, position: int) -> Bytes:
    return words.view(np.uint8)[position::8]


def _mobile(column: TextColumn, rows: Ints | None) -> Flags:
    first, second = column.words(rows, 0), column.words(rows, 8)
    prefix: Flags = (_byte(first, 0) == ord("1")) & (_byte(first, 1) >= ord("3"))
    return _are_digits(first) & _are_digits(second, 3) & prefix


def _resident_id(column: TextColumn, rows: Ints | None) -> Flags:
    first, second, third = (column.words(rows, offset) for offset in (0, 8, 16))
    ends: Flags = (_byte(first, 0) != ord("0")) & (_are_digits(third, 2) | (_byte(third, 1) == ord("X")))
    return _are_digits(first) & _are_digits(second) & _are_digits(third, 1) & ends


FIXED_FORMS: Mapping[str, FixedForm] = MappingProxyType(
    {
        "CN_MOBILE": FixedForm(length=11, fits=_mobile),
        "CN_RESIDENT_ID": FixedForm(length=18, fits=_resident_id),
    }
)
"""Types whose canonical form is told by its bytes; nearly all rows of a clean column have it and need no further
work."""

# Bytes of U+4000 to U+9FFF, which NFKC leaves alone, and of printable ASCII. Everything else takes the long way.
_HAN = np.isin(np.arange(256), [*range(0x80, 0xC0), *range(0xE4, 0xEA)])
_HAN_OR_ASCII = _HAN | np.isin(np.arange(256), range(0x20, 0x7F))
_SETTLED_BYTES: Mapping[str | None, Flags] = MappingProxyType(
    {None: _HAN_OR_ASCII, "CN_ADDRESS": _HAN_OR_ASCII, "PERSON": _HAN}
)


def _settled_rows(entity_type: str | None, column: TextColumn) -> Flags:
    """The rows that are in canonical form as they stand, by a look at their bytes; a null is."""
    settled = ~column.valid
    fixed = FIXED_FORMS.get(entity_type or "")
    if fixed is not None:
        settled[fixed.rows(column)] = True
    elif entity_type in _SETTLED_BYTES:
        # Blanks at either end are cut off, and inside a name; an empty text is missing.
        last = column.data[np.maximum(column.starts + column.lengths - 1, 0)]
        settled |= (column.lengths > 0) & (column.data[column.starts] != ord(" ")) & (last != ord(" "))
        strange = np.flatnonzero(~_SETTLED_BYTES[entity_type][column.data[: column.size]])
        if len(strange):
            settled[np.searchsorted(column.starts, strange, side="right") - 1] = False
            settled[~column.valid] = True
    return settled


def canonical_version(entity_type: str | None) -> int:
    """The version of the canonical form: part of every key derived for it, so that a new form never mixes with an old
    one."""
    return forms.canonical_version(entity_type)


def canonical_text(entity_type: str | None, text: Texts, column: TextColumn | None = None) -> Texts:
    """Each value's canonical form; null where the text is blank or does not have the type's form.

    Without a type every text has a form: NFKC without white space at either end. A column that is in canonical form
    already is returned itself. `column` spares a second look at the buffers where the caller has taken one.
    """
    settled = _settled_rows(entity_type, text_column(text) if column is None else column)
    if settled.all():
        return text
    if not settled.any():
        return _canonical(entity_type, text)
    good, others = np.flatnonzero(settled), np.flatnonzero(~settled)
    rest = _canonical(entity_type, text.take(as_column(others)))
    return placed(len(text), [(good, text.take(as_column(good))), (others, rest)], pa.string())


def _canonical(entity_type: str | None, text: Texts) -> Texts:
    form = forms.canonicalise(entity_type, text)
    return nulls_where(form, flags(pc.equal(form, "")))


def malformed_rows(values: Values, result: Values) -> Flags:
    """The rows where a value is there and an operator made nothing of it: `result` is null.

    Blank text and what sources write where they have no value (无, N/A, a dash) are missing, not malformed.
    """
    if result.null_count == values.null_count:
        # What was null is null again, so nothing else is.
        return np.zeros(len(values), dtype=np.bool_)
    malformed = valid_rows(values) & ~valid_rows(result)
    suspects = np.flatnonzero(malformed)
    if len(suspects):
        said = _canonical(None, as_text(decoded(values).take(as_column(suspects))))
        malformed[suspects] = ~flags(pc.or_kleene(said.is_null(), pc.is_in(said, value_set=_PLACEHOLDERS)))
    return malformed
