"""Reversible encryption: a text that whoever holds the domain's key turns back into the value.

Lives here: the operator `encrypt`, its keys, and how a sealed value is written as text. The cipher is
`privacy.masking.siv`.

A value becomes AES-256-SIV (RFC 5297) of its UTF-8 bytes, written as `siv1` and base64url (RFC 4648 §5): 28 characters
for an empty value, four more for every three bytes. One value gives one text under one domain's key, so columns can
be joined and counted by it, and how often each text occurs, and how long its value is, can be seen without the key.
Algorithm, entity type and version of the canonical form are part of the key and of what is authenticated: a text
that was altered, or comes from another field's type or another domain, is refused and never decrypted to something
else.

What is sealed is the canonical form, as for a token, so that all spellings of a value give one text and a malformed
value is noticed; or, with `form = "exact"`, the text as it stands, in which nothing is malformed and every character
comes back.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from privacy.masking.canonical import canonical_text, canonical_version, malformed_rows
from privacy.masking.columns import (
    Flags,
    Ints,
    TextColumn,
    Texts,
    Values,
    as_column,
    as_text,
    flags,
    has_text_form,
    packed_column,
    repeats,
    text_column,
    text_of_lengths,
    valid_rows,
)
from privacy.masking.keys import KeyRing
from privacy.masking.operators import Masked
from privacy.masking.parameters import ParameterReader
from privacy.masking.siv import ColumnSiv, same_ivs, write_at

KEY_BYTES = 64

_MARK = b"siv1"
# The mark is base64 itself, so that a column is encoded and decoded in one call.
_HEAD = binascii.a2b_base64(_MARK)
_IV_BYTES = 16
_OVERHEAD = len(_HEAD) + _IV_BYTES
_SHORTEST = 4 * -(-_OVERHEAD // 3)

_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_", b"+/")
_ALPHABET = np.isin(np.arange(256), list(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"))
_NOTHING: npt.NDArray[np.int64] = np.zeros(0, dtype=np.int64)


class Form(StrEnum):
    """What of a value is sealed."""

    CANONICAL = "canonical"
    EXACT = "exact"


@dataclass(frozen=True, slots=True)
class EncryptOperator:
    """Sealed texts of one entity type's values; malformed values come out null and flagged."""

    siv: ColumnSiv
    entity_type: str | None = None
    form: Form = Form.CANONICAL

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        return _sealed_type(source)

    def apply(self, values: Values) -> Masked:
        if isinstance(values, pa.DictionaryArray):
            return self._by_distinct(values)
        text = as_text(values)
        return self._by_distinct(text.dictionary_encode()) if repeats(text) else self._each(text)

    def _each(self, text: Texts) -> Masked:
        if self.form is Form.EXACT:
            return Masked(values=sealed_text(text, self.siv), invalid=np.zeros(len(text), dtype=np.bool_))
        canonical = canonical_text(self.entity_type, text)
        return Masked(values=sealed_text(canonical, self.siv), invalid=malformed_rows(text, canonical))

    def _by_distinct(self, values: pa.DictionaryArray[Any, Any]) -> Masked:
        """Each distinct value once, then spread over the rows: an equal result, cheaper where values repeat."""
        each = self._each(as_text(values.dictionary))
        rows = values.indices
        return Masked(values=each.values.take(rows), invalid=flags(pa.array(each.invalid).take(rows)))

    def restore(self, values: Values) -> Masked:
        """The values behind sealed texts; null and flagged where a text is not one of this rule and key."""
        return opened_text(as_text(values), self.siv)


@dataclass(frozen=True, slots=True)
class Encryption:
    """What a rule says of encryption, before it has a key."""

    form: Form = Form.CANONICAL

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        return _sealed_type(source)

    def with_key(self, keys: KeyRing, entity_type: str | None) -> EncryptOperator:
        return encrypt_operator(keys, entity_type, self.form)


def _sealed_type(source: pa.DataType) -> pa.DataType | None:
    return pa.string() if has_text_form(source) else None


def read_encryption(reader: ParameterReader) -> Encryption:
    """The encryption of a rule: its one parameter `form`."""
    return Encryption(form=reader.choice("form", Form, default=Form.CANONICAL) or Form.CANONICAL)


def encrypt_operator(keys: KeyRing, entity_type: str | None, form: Form = Form.CANONICAL) -> EncryptOperator:
    """The operator with its key derived for the form, the entity type and its canonical form's version."""
    algorithm = f"aes-256-siv-{form.value}"
    # What is sealed as it stands has no canonical form: a new version of that must not change its key.
    version = canonical_version(entity_type) if form is Form.CANONICAL else 0
    key = keys.derive(algorithm=algorithm, entity_type=entity_type or "", canonical_version=version, length=KEY_BYTES)
    parts = [part.encode() for part in (algorithm, entity_type or "", str(version))]
    # With their lengths in front, two lists of parts never read as one.
    associated = b"".join(len(part).to_bytes(2, "big") + part for part in parts)
    return EncryptOperator(siv=ColumnSiv(key, (associated,)), entity_type=entity_type, form=form)


def sealed_text(text: Texts, siv: ColumnSiv) -> Texts:
    """Each text sealed as it stands; null stays null."""
    column = text_column(text)
    ivs = siv.synthetic_ivs(column)
    blocks = siv.crypted(column, ivs)
    raw = np.where(column.valid, column.lengths + _OVERHEAD, 0)
    # A value's place is a multiple of three bytes long: the base64 of all of them is that of each, end to end.
    places = -(-raw // 3) * 3
    starts = np.cumsum(places) - places
    flat = np.zeros(int(places.sum()) + 2 * _IV_BYTES, dtype=np.uint8)
    # A last block reaches at most 15 zeros beyond its value's end: into the next one's head, which is written after it.
    write_at(flat, starts[blocks.rows] + _OVERHEAD + blocks.positions * _IV_BYTES, blocks.data)
    there = np.flatnonzero(column.valid)
    heads = np.empty((len(there), _OVERHEAD), dtype=np.uint8)
    heads[:, : len(_HEAD)] = np.frombuffer(_HEAD, dtype=np.uint8)
    heads[:, len(_HEAD) :] = ivs[there].view(np.uint8).reshape(len(there), _IV_BYTES)
    write_at(flat, starts[there], heads)
    written = bytearray(binascii.b2a_base64(flat[: int(places.sum())].data, newline=False).translate(_TO_URL))
    letters = np.frombuffer(written, dtype=np.uint8)
    ends = np.cumsum(places // 3 * 4)
    for missing in (1, 2):
        letters[ends[places - raw >= missing] - missing] = ord("=")
    return text_of_lengths(letters, places // 3 * 4, column.valid)


def opened_text(text: Texts, siv: ColumnSiv) -> Masked:
    """The values behind sealed texts, as text; what is not an unaltered one under this key is null and flagged."""
    column = text_column(text)
    rows, padding = _well_written(column)
    lengths, flat = _decoded(text.take(as_column(rows)), padding)
    ivs = flat.windows(_IV_BYTES, offset=len(_HEAD)).view(np.uint64)
    sealed = TextColumn(flat.data, flat.starts + _OVERHEAD, lengths, flat.valid)
    plain = packed_column(siv.crypted(sealed, ivs).joined(), lengths)
    genuine = same_ivs(siv.synthetic_ivs(plain), ivs) & _unused_bits_are_zero(flat, padding)
    # Bytes that did not prove genuine are never looked at, not even to see whether they are text.
    values = text_of_lengths(
        plain.data[: plain.size][np.repeat(genuine, lengths)],
        np.where(genuine, lengths, 0),
        genuine,
    )
    source = np.full(len(text), -1, dtype=np.int64)
    source[rows] = np.arange(len(rows))
    restored = values.take(as_column(source, mask=source < 0))
    return Masked(values=restored, invalid=valid_rows(text) & ~valid_rows(restored))


def _well_written(column: TextColumn) -> tuple[Ints, Ints]:
    """The rows that hold the mark and base64url, and how many padding characters each ends with."""
    fits = column.valid & (column.lengths >= _SHORTEST) & (column.lengths % 4 == 0)
    rows = np.flatnonzero(fits)
    if not len(rows):
        return rows, _NOTHING
    head = column.windows(len(_MARK), rows) == np.frombuffer(_MARK, dtype=np.uint8)
    tail = column.windows(2, rows, offset=column.lengths[rows] - 2) == ord("=")
    padding = tail[:, 1].astype(np.int64) + (tail[:, 0] & tail[:, 1])
    strange = ~_ALPHABET[column.data[: column.size]]
    before = np.concatenate([[0], np.cumsum(strange)])
    first = column.starts[rows]
    clean = before[first + column.lengths[rows] - padding] == before[first]
    good = head.all(axis=1) & clean & (column.lengths[rows] // 4 * 3 - padding >= _OVERHEAD)
    return rows[good], padding[good]


def _decoded(text: Texts, padding: Ints) -> tuple[Ints, TextColumn]:
    """The bytes of well-written texts, as a column of everything they hold; and the length of each sealed value."""
    column = text_column(text)
    letters = column.data[: column.size].copy()
    ends = column.starts + column.lengths
    for count in (1, 2):
        letters[ends[padding >= count] - count] = ord("A")
    data = np.frombuffer(binascii.a2b_base64(letters.tobytes().translate(_FROM_URL)), dtype=np.uint8)
    places = column.lengths // 4 * 3
    return places - padding - _OVERHEAD, packed_column(data, places)


def _unused_bits_are_zero(flat: TextColumn, padding: Ints) -> Flags:
    """Where nothing is hidden behind the padding: one value has one text."""
    ends = flat.starts + flat.lengths
    last = flat.data[np.maximum(ends - 1, 0)] == 0
    second = flat.data[np.maximum(ends - 2, 0)] == 0
    clean: Flags = ((padding < 1) | last) & ((padding < 2) | second)
    return clean
