"""What a release is measured by: who counts as a person, and which fields may single one out.

One rule for the release that is staged and for the effect an officer is shown beforehand.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from catalog.datasets.models import DataField
from privacy.detection.canonical import canonicalise
from privacy.masking.operators import Operator

# No column of a source can be called this: the readers strip control characters. Not NUL, which PostgreSQL's JSON refuses.
SUBJECT = "\x1fsubject"
# An operator whose result still says something of the person: such a field counts among the quasi-identifiers.
TELLING = frozenset({Operator.KEEP, Operator.PARTIAL_MASK, Operator.GENERALISE})


def subjects_of(rows: pa.RecordBatch, field: DataField | None) -> pa.Array[Any]:
    """Whom each row is about, one spelling a person; what is no valid identifier counts in the spelling it has.

    Without a subject field every row is a person of its own.
    """
    if field is None:
        return pa.nulls(rows.num_rows, pa.string())
    raw = rows.column(field.name)
    text = raw if pa.types.is_string(raw.type) else pc.cast(raw, pa.string())
    if not field.entity_type:
        return text
    return pc.coalesce(canonicalise(field.entity_type, raw), pc.utf8_trim_whitespace(text))
