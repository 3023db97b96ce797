"""Keyed pseudo-random numbers for a column, and the column beside it that says whose row it is.

Lives here: the code of each row from its value, its subject, or both, the same wherever they are the same under one
domain's key; and uniform numbers made of it. What the numbers do is the operators' business (`noise`, `date_shift`,
`dictionary`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from privacy.detection.arrow import pc
from privacy.masking.canonical import canonical_text, canonical_version, malformed_rows
from privacy.masking.cmac import ColumnCmac
from privacy.masking.columns import Flags, Ints, Texts, Values, as_column, as_text, placed, text_column
from privacy.masking.columns import valid_rows as present
from privacy.masking.keys import KeyRing

Words = npt.NDArray[np.uint64]

KEY_BYTES = 32
# Stands in no canonical form: two texts joined by it are one text in one way only.
_BETWEEN = "\x00"


def keyed_codes(keys: KeyRing, algorithm: str, entity_type: str | None) -> ColumnCmac:
    """AES-256-CMAC under a key of its own for the algorithm and the entity type of what it is taken from."""
    return ColumnCmac(
        keys.derive(
            algorithm=algorithm,
            entity_type=entity_type or "",
            canonical_version=canonical_version(entity_type),
            length=KEY_BYTES,
        )
    )


def row_codes(cmac: ColumnCmac, text: Texts) -> Words:
    """Two 64-bit words for each text (n, 2); those of a null mean nothing."""
    return cmac.codes(text_column(text))


def joined(*texts: Texts) -> Texts:
    """Several columns' texts as one a row, telling apart whatever they tell apart; null where one of them is."""
    return pc.binary_join_element_wise(*texts, _BETWEEN)


def subject_texts(values: Values, entity_type: str | None) -> Texts:
    """One spelling for each subject; null where none is given. A malformed identifier is a subject as it is spelt."""
    text = as_text(values)
    canonical = canonical_text(entity_type, text)
    malformed = np.flatnonzero(malformed_rows(text, canonical))
    # What sources write where they have no value is text to the form of no type.
    canonical = pc.if_else(as_column(_placeholders(text, canonical)), pa.scalar(None, pa.string()), canonical)
    if not len(malformed):
        return canonical
    good = np.flatnonzero(present(canonical))
    spelt = canonical_text(None, text.take(as_column(malformed)))
    return placed(len(text), [(good, canonical.take(as_column(good))), (malformed, spelt)], pa.string())


def _placeholders(text: Texts, canonical: Texts) -> Flags:
    """Rows that say 无, N/A and the like, where no type has told so already."""
    nothing: Texts = pa.nulls(len(text), pa.string())
    return present(canonical) & ~malformed_rows(text, nothing)


def uniform(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.float64]:
    """Numbers in (0, 1), never 0 or 1, from the upper 53 bits of each word."""
    result: npt.NDArray[np.float64] = ((words >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    return result


def below(words: npt.NDArray[np.uint64], count: int) -> Ints:
    """Whole numbers from 0 to `count` − 1; for counts up to a million no number is likelier than another by 1 in 10¹³."""
    return (words % np.uint64(count)).astype(np.int64)
