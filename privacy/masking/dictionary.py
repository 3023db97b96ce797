"""Substitutes from a dictionary: another name for each name, the same one for the same name.

Lives here: the operator. Which substitute a value gets follows from its canonical form under the domain's key; the
words are in `word_lists`. Two values may get one substitute, so people cannot be counted by it, and a substitute may
by chance be the name of a real person, whom the data do not mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from privacy.detection.arrow import pc
from privacy.masking.canonical import canonical_text, malformed_rows
from privacy.masking.cmac import ColumnCmac
from privacy.masking.columns import Texts, Values, as_column, as_text, has_text_form, nulls_where
from privacy.masking.columns import valid_rows as present
from privacy.masking.keys import KeyRing
from privacy.masking.operators import Masked
from privacy.masking.parameters import ParameterReader
from privacy.masking.pseudorandom import below, keyed_codes, row_codes
from privacy.masking.word_lists import PARTS, VERSION, Kind

DICTIONARY_ALGORITHM = "dictionary-aes-256-cmac"

_KIND_OF_TYPE: Mapping[str, Kind] = {
    "PERSON": Kind.CHINESE_NAME,
    "EMPLOYER": Kind.COMPANY,
    "ORGANIZATION": Kind.COMPANY,
    "CN_ADDRESS": Kind.STREET,
}


def implied_kind(parameters: Mapping[str, object], entity_type: str | None) -> Kind | None:
    """What a rule replaces by: what it says, else what is usual for the type."""
    stated = parameters.get("kind")
    return Kind(stated) if isinstance(stated, str) and stated in set(Kind) else _KIND_OF_TYPE.get(entity_type or "")


def possible_substitutes(kind: Kind) -> int:
    """About how many different substitutes there are."""
    return int(np.prod([len(set(part)) for part in PARTS[kind]]))


@dataclass(frozen=True, slots=True)
class Dictionary:
    """Substitutes of one kind for one entity type's values; malformed values come out null and flagged."""

    kind: Kind
    entity_type: str | None = None
    cmac: ColumnCmac | None = None

    def with_key(self, keys: KeyRing, entity_type: str | None) -> Dictionary:
        """The same with its key, of which the kind and the lists' version are part."""
        algorithm = f"{DICTIONARY_ALGORITHM}-{self.kind.value}-{VERSION}"
        return replace(self, entity_type=entity_type, cmac=keyed_codes(keys, algorithm, entity_type))

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        return pa.string() if has_text_form(source) else None

    def apply(self, values: Values) -> Masked:
        if self.cmac is None:
            raise ValueError("substitutes need a key")
        text = as_text(values)
        canonical = canonical_text(self.entity_type, text)
        substitutes = nulls_where(self._drawn(canonical, self.cmac), ~present(canonical))
        return Masked(values=substitutes, invalid=malformed_rows(text, substitutes))

    def _drawn(self, canonical: Texts, cmac: ColumnCmac) -> Texts:
        codes = row_codes(cmac, canonical)
        rest = codes[:, 0].copy()
        drawn: list[Texts] = []
        for part in PARTS[self.kind]:
            drawn.append(pa.array(part, type=pa.string()).take(as_column(below(rest, len(part)))))
            rest //= np.uint64(len(part))
        return pc.binary_join_element_wise(*drawn, "")


def read_dictionary(reader: ParameterReader, entity_type: str | None) -> Dictionary:
    """The substitution of a rule: its `kind`, else the entity type's."""
    kind = reader.choice("kind", Kind, default=_KIND_OF_TYPE.get(entity_type or ""))
    if kind is None:
        raise reader.missing("kind")
    return Dictionary(kind=kind, entity_type=entity_type)
