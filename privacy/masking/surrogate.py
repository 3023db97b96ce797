"""Well-formed surrogates: an identifier becomes another that could be real, and back.

Lives here: the operator `surrogate`. What is well-formed is `privacy.masking.surrogate_forms`, the cipher
`privacy.masking.ff1_cipher`.

A value's rank among the N values of its type and length is encrypted with FF1 as a number of ⌈log₂N⌉ bits, again and
again until the result is below N (cycle walking: fewer than two rounds on average). So two values never share a
surrogate, and every surrogate is restored under the key. The version of the tables stands in the key's derivation.

A surrogate may by chance be the number of a real person; whoever uses it must not take it for one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa

from privacy.masking.canonical import canonical_text, canonical_version, malformed_rows
from privacy.masking.columns import (
    Flags,
    Ints,
    Texts,
    Values,
    as_text,
    has_text_form,
    placed,
    text_column,
    text_of_width,
)
from privacy.masking.ff1_cipher import Ff1, Words
from privacy.masking.keys import KeyRing
from privacy.masking.operators import Masked, by_distinct
from privacy.masking.parameters import ParameterReader
from privacy.masking.surrogate_forms import FORMS, TABLES_VERSION, Ranked

SURROGATE_ALGORITHM = f"surrogate-ff1-aes-256-tables-{TABLES_VERSION}"
KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class SurrogateForm:
    """What a rule says: nothing but the type."""

    entity_type: str | None

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        """Text; None also where the rule has no type yet."""
        return pa.string() if has_text_form(source) and self.entity_type in FORMS else None

    def with_key(self, keys: KeyRing, entity_type: str | None) -> SurrogateOperator:
        """The operator with its key derived for the type, its canonical form and the tables."""
        key = keys.derive(
            algorithm=SURROGATE_ALGORITHM,
            entity_type=entity_type or "",
            canonical_version=canonical_version(entity_type),
            length=KEY_BYTES,
        )
        return SurrogateOperator(entity_type or "", Ff1(key, 2, (entity_type or "").encode()))


@dataclass(frozen=True, slots=True)
class SurrogateOperator:
    """Surrogates of one type under one key; values that are not well-formed come out null and flagged."""

    entity_type: str
    cipher: Ff1

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        return SurrogateForm(self.entity_type).output_type(source)

    def apply(self, values: Values) -> Masked:
        return by_distinct(values, partial(self._masked, forward=True))

    def restore(self, values: Values) -> Masked:
        """The canonical forms of the values whose surrogates are given."""
        return by_distinct(values, partial(self._masked, forward=False))

    def _masked(self, values: Values, *, forward: bool) -> Masked:
        text = as_text(values)
        column = text_column(canonical_text(self.entity_type, text))
        parts: list[tuple[Ints, Texts]] = []
        for form in FORMS[self.entity_type]:
            rows = column.rows_of_length(form.length)
            if not len(rows):
                continue
            ranks, fits = form.rank(column.windows(form.length, rows))
            good = ranks[fits]
            walk = _walked(self.cipher, good, form, forward=forward)
            parts.append((rows[fits], text_of_width(form.unrank(walk), np.ones(len(walk), dtype=np.bool_))))
        result = placed(len(text), parts, pa.string())
        return Masked(values=result, invalid=malformed_rows(text, result))


def _walked(cipher: Ff1, ranks: Words, form: Ranked, *, forward: bool) -> Words:
    """Each rank encrypted (or decrypted) as bits until it is a rank again."""
    bits = (form.size - 1).bit_length()
    work = cipher.encrypt if forward else cipher.decrypt
    right = np.uint64(bits - bits // 2)
    made = ranks.copy()
    waiting = np.arange(len(ranks))
    while len(waiting):
        numbers = made[waiting]
        (upper,), (lower,) = work([numbers >> right], [numbers & ((np.uint64(1) << right) - np.uint64(1))], bits)
        numbers = (upper << right) | lower
        made[waiting] = numbers
        beyond: Flags = numbers >= np.uint64(form.size)
        waiting = waiting[beyond]
    return made


def read_surrogate(reader: ParameterReader, entity_type: str | None) -> SurrogateForm:
    """The form of a rule, which takes no parameters. A rule without a type gets it from the scan."""
    if entity_type is not None and entity_type not in FORMS:
        raise reader.invalid("entity_type", f"one of: {', '.join(FORMS)}")
    return SurrogateForm(entity_type)
