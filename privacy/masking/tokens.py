"""Keyed tokens: the same value gives the same pseudonym under one domain's key, and nothing without it.

Lives here: the operator and the token of malformed values. The code itself is `privacy.masking.cmac`, its key
`privacy.masking.keys`.

A token is the first 80 bits of AES-256-CMAC of the canonical form's UTF-8 bytes, written in base32: 16 characters of
`A–Z 2–7` (RFC 4648 §6). It cannot be inverted without the key; with the key a value can be guessed and checked, so
destroying the key is what makes it one-way.

Two different values share a token with probability 2⁻⁸⁰; among n distinct values the chance of any collision is about
n²/2⁸¹: 4 in 10¹¹ for ten million people, 4 in 10⁷ for a thousand million. A collision merges two people in the
output; it never shows a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from privacy.masking.canonical import canonical_text, canonical_version, malformed_rows
from privacy.masking.cmac import ColumnCmac, base32_of_first_80_bits
from privacy.masking.columns import (
    TextColumn,
    Texts,
    Values,
    as_text,
    flags,
    has_text_form,
    repeats,
    text_column,
    text_of_width,
)
from privacy.masking.keys import KeyRing
from privacy.masking.operators import Masked

TOKEN_ALGORITHM = "aes-256-cmac-80"  # noqa: S105  # the name of an algorithm, not a password
MALFORMED_ALGORITHM = "aes-256-cmac-80-malformed"
TOKEN_ALPHABET = "A–Z 2–7"  # noqa: S105  # as a person is told it
TOKEN_CHARACTERS = 16
TOKEN_BITS = 80
KEY_BYTES = 32


def collision_odds(distinct: int) -> float:
    """The chance that any two of so many different values share a token: at most one for each pair, in 2⁸⁰."""
    return distinct * (distinct - 1) / 2.0 ** (TOKEN_BITS + 1)


@dataclass(frozen=True, slots=True)
class TokenOperator:
    """Tokens of one entity type's canonical form; malformed values come out null and flagged."""

    cmac: ColumnCmac
    entity_type: str | None = None

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        return token_type(source)

    def apply(self, values: Values) -> Masked:
        if isinstance(values, pa.DictionaryArray):
            return self._by_distinct(values)
        text = as_text(values)
        if repeats(text):
            return self._by_distinct(text.dictionary_encode())
        column = text_column(text)
        canonical = canonical_text(self.entity_type, text, column)
        tokens = _written(column if canonical is text else text_column(canonical), self.cmac)
        return Masked(values=tokens, invalid=malformed_rows(text, canonical))

    def _by_distinct(self, values: pa.DictionaryArray[Any, Any]) -> Masked:
        """One token for each distinct value, then spread over the rows: an equal result, cheaper where values
        repeat."""
        text = as_text(values.dictionary)
        canonical = canonical_text(self.entity_type, text)
        invalid = pa.array(malformed_rows(text, canonical))
        return Masked(
            values=token_text(canonical, self.cmac).take(values.indices), invalid=flags(invalid.take(values.indices))
        )


def token_type(source: pa.DataType) -> pa.DataType | None:
    """The type of a column of tokens; None for a column that has no text form. Needs no key."""
    return pa.string() if has_text_form(source) else None


def token_operator(keys: KeyRing, entity_type: str | None) -> TokenOperator:
    """The token operator with its key derived for the entity type and its canonical form's version."""
    return TokenOperator(cmac=_cmac(keys, TOKEN_ALGORITHM, entity_type), entity_type=entity_type)


def malformed_token_cmac(keys: KeyRing, entity_type: str | None) -> ColumnCmac:
    """The code for values that have no canonical form, under a key of its own: none of them ever equals a well-formed
    value's token."""
    return _cmac(keys, MALFORMED_ALGORITHM, entity_type)


def token_text(text: Texts, cmac: ColumnCmac) -> Texts:
    """The token of each text as it stands; null stays null."""
    return _written(text_column(text), cmac)


def _written(column: TextColumn, cmac: ColumnCmac) -> Texts:
    return text_of_width(base32_of_first_80_bits(cmac.codes(column)), column.valid)


def malformed_tokens(values: Values, cmac: ColumnCmac) -> Texts:
    """The tokens of values taken as plain text: NFKC and trimmed, so that spellings that only look alike stay
    together."""
    return token_text(canonical_text(None, as_text(values)), cmac)


def _cmac(keys: KeyRing, algorithm: str, entity_type: str | None) -> ColumnCmac:
    return ColumnCmac(
        keys.derive(
            algorithm=algorithm,
            entity_type=entity_type or "",
            canonical_version=canonical_version(entity_type),
            length=KEY_BYTES,
        )
    )
