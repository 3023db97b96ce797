"""Format-preserving encryption: a value of an alphabet becomes another of the same length and alphabet, and back.

Lives here: the operator `ff1` and its parameters. The cipher is `privacy.masking.ff1_cipher`, characters and numbers
are `privacy.masking.numerals`.

Within one length the encryption is a bijection, so two different values stay different, however many there are. A
value has the wrong form if it holds a character that is neither of the alphabet nor kept in place, if there are fewer
than a million values of its length (then the cipher could be tried out: SP 800-38G r1), or if it is longer than
`MOST_CHARACTERS`. The tweak is the entity type; the key is derived for it and for the version of its canonical form.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa

from privacy.detection.canonical import has_form
from privacy.masking.canonical import canonical_text, canonical_version, malformed_rows
from privacy.masking.columns import (
    Bytes,
    Flags,
    Ints,
    TextColumn,
    Texts,
    Values,
    as_column,
    as_text,
    has_text_form,
    placed,
    text_column,
    valid_rows,
)
from privacy.masking.ff1_cipher import Ff1
from privacy.masking.keys import KeyRing
from privacy.masking.numerals import NAMED, PAD, Alphabet, Lines, lines_of, put_lines
from privacy.masking.operators import Masked, by_distinct
from privacy.masking.parameters import ParameterReader

FF1_ALGORITHM = "ff1-aes-256"
KEY_BYTES = 32
LEAST_RADIX = 2
MOST_CHARACTERS = 256
"""Longer values are no identifiers, and the cipher's work grows with the square of the length."""


@dataclass(frozen=True, slots=True)
class Ff1Form:
    """What a rule says of the values' form: which characters are encrypted, and which stay where they are."""

    alphabet: Alphabet
    keep: str = ""

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        """Text, whatever the column's type: an encrypted number may begin with a nought."""
        return pa.string() if has_text_form(source) else None

    def with_key(self, keys: KeyRing, entity_type: str | None) -> Ff1Operator:
        """The operator with its key derived for the entity type and its canonical form's version."""
        key = keys.derive(
            algorithm=FF1_ALGORITHM,
            entity_type=entity_type or "",
            canonical_version=canonical_version(entity_type),
            length=KEY_BYTES,
        )
        cipher = Ff1(key, self.alphabet.radix, (entity_type or "").encode())
        return Ff1Operator(form=self, cipher=cipher, entity_type=entity_type)


@dataclass(frozen=True, slots=True)
class Ff1Operator:
    """FF1 under one key; malformed values come out null and flagged."""

    form: Ff1Form
    cipher: Ff1
    entity_type: str | None = None

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        return self.form.output_type(source)

    def apply(self, values: Values) -> Masked:
        return by_distinct(values, partial(self._masked, forward=True))

    def restore(self, values: Values) -> Masked:
        """The canonical forms of the values whose encryption is given."""
        return by_distinct(values, partial(self._masked, forward=False))

    def _masked(self, values: Values, *, forward: bool) -> Masked:
        text = as_text(values)
        if forward and not self.form.keep and has_form(self.entity_type):
            result = self._worked(canonical_text(self.entity_type, text), forward=True)
        else:
            result = self._worked(text, forward=forward)
            # Where the form is any text, nearly all values are in it as they stand: only the others are brought to it.
            others = np.flatnonzero(valid_rows(text) & ~valid_rows(result))
            if len(others):
                good = np.flatnonzero(valid_rows(result))
                again = self._worked(canonical_text(None, text.take(as_column(others))), forward=forward)
                parts = [(good, result.take(as_column(good))), (others, again)]
                result = placed(len(text), parts, pa.string())
        return Masked(values=result, invalid=malformed_rows(text, result))

    def _worked(self, text: Texts, *, forward: bool) -> Texts:
        """Each value encrypted or decrypted as it is spelt; null where it does not have the form."""
        column = text_column(text)
        data, fits = self._kept_in_place(column, forward) if self.form.keep else self._bytes(column, forward)
        if not len(column):
            return pa.array([], type=pa.string())
        offsets = np.append(column.starts, column.size).astype(np.int32)
        buffers = [None, pa.py_buffer(offsets.data), pa.py_buffer(data[: column.size].data)]
        made: Texts = pa.Array.from_buffers(pa.string(), len(column), buffers)
        if fits.all():
            return made
        # Taken anew, so that a null has no bytes under it and not even a length.
        return made.take(as_column(np.arange(len(column)), mask=~fits))

    def _kept_in_place(self, column: TextColumn, forward: bool) -> tuple[Bytes, Flags]:
        """The same without the kept characters, which are then put back where they were."""
        kept = np.isin(column.data[: column.size], np.frombuffer(self.form.keep.encode(), dtype=np.uint8))
        before = np.concatenate(([0], np.cumsum(~kept)))
        starts: Ints = before[column.starts]
        rest = TextColumn(
            data=np.concatenate((column.data[: column.size][~kept], np.zeros(PAD, dtype=np.uint8))),
            starts=starts,
            lengths=before[column.starts + column.lengths] - starts,
            valid=column.valid,
        )
        made, fits = self._bytes(rest, forward)
        data = column.data.copy()
        data[: column.size][~kept] = made[: rest.size]
        return data, fits

    def _bytes(self, column: TextColumn, forward: bool) -> tuple[Bytes, Flags]:
        """The bytes of all values, each where it was, and which rows fit the form; the others' bytes are zero."""
        if len(column) and column.size == column.lengths[0] * len(column) and _one_length(column):
            width = int(column.lengths[0])
            if self._accepts(width):
                lines, strange = self._lines(lines_of(column, None, width), forward)
                return lines.data, column.valid if strange is None else ~strange
        data = np.zeros(len(column.data), dtype=np.uint8)
        fits = np.zeros(len(column), dtype=np.bool_)
        for width in np.unique(column.lengths).tolist():
            if not self._accepts(width):
                continue
            rows = column.rows_of_length(width)
            lines, strange = self._lines(lines_of(column, rows, width), forward)
            fits[rows] = True if strange is None else ~strange
            put_lines(lines, data, column.starts[rows])
        return data, fits

    def _accepts(self, width: int) -> bool:
        return width <= MOST_CHARACTERS and self.cipher.accepts(width)

    def _lines(self, lines: Lines, forward: bool) -> tuple[Lines, Flags | None]:
        """Rows of one length."""
        halves = self.cipher.halves(lines.width)
        left, right, strange = self.form.alphabet.read(lines, halves)
        work = self.cipher.encrypt if forward else self.cipher.decrypt
        if strange is not None:
            # Their numbers mean nothing and may be beyond the radix: nothing is made of them.
            for limb in (*left, *right):
                limb[strange] = 0
        made = self.form.alphabet.write(*work(left, right, lines.width), halves)
        if strange is not None:
            made.data[: made.rows * made.width].reshape(made.rows, made.width)[strange] = 0
        return made, strange


def _one_length(column: TextColumn) -> bool:
    return bool(column.valid.all()) and bool((column.lengths == column.lengths[0]).all())


def read_ff1(reader: ParameterReader) -> Ff1Form:
    """The form a rule states: `alphabet` (a name of `numerals.NAMED`, or its characters), `keep`."""
    stated = reader.text("alphabet", default="digits") or ""
    characters = NAMED.get(stated, stated)
    if len(set(characters)) != len(characters) or len(characters) < LEAST_RADIX or not _is_printed(characters):
        names = ", ".join(NAMED)
        raise reader.invalid("alphabet", f"one of: {names}; or different ASCII characters, two at least, no space")
    keep = reader.text("keep", default="") or ""
    if not _is_printed(keep.replace(" ", "")) or set(keep) & set(characters):
        raise reader.invalid("keep", "ASCII characters that are not of the alphabet")
    return Ff1Form(Alphabet(characters), keep)


def _is_printed(characters: str) -> bool:
    return all("!" <= character <= "~" for character in characters)
