"""The operators by name, and what each one is in the words of ISO/IEC 20889.

Lives here: the codes, the declared properties, and which of them this version can apply. How they work is in the
modules named for them; `binding` puts a rule and its operator together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol, runtime_checkable

import numpy as np
import pyarrow as pa

from catalog.messages import gettext_noop
from privacy.masking.columns import Flags, Values, as_column, flags
from privacy.masking.keys import KeyRing


class Operator(StrEnum):
    """The code of an operator: one spelling in policies, the API and manifests."""

    KEEP = "keep"
    DROP = "drop"
    NULL = "null"
    CONSTANT = "constant"
    PARTIAL_MASK = "partial_mask"
    TOKEN = "token"  # noqa: S105  # an operator's name, not a password
    FF1 = "ff1"
    SURROGATE = "surrogate"
    ENCRYPT = "encrypt"
    DATE_SHIFT = "date_shift"
    GENERALISE = "generalise"
    ROUND = "round"
    NOISE = "noise"
    CLIP = "clip"
    DICTIONARY = "dictionary"
    REDACT = "redact"


class Technique(StrEnum):
    """The families of de-identification techniques of ISO/IEC 20889:2018, clauses 8 to 11; `NONE` for data left as it
    is."""

    NONE = "none"
    STATISTICAL = "statistical"
    CRYPTOGRAPHIC = "cryptographic"
    SUPPRESSION = "suppression"
    PSEUDONYMISATION = "pseudonymisation"
    GENERALISATION = "generalisation"
    RANDOMISATION = "randomisation"
    SYNTHETIC_DATA = "synthetic_data"


@dataclass(frozen=True, slots=True)
class OperatorProperties:
    """What an operator does to a column, whatever its parameters.

    `reversible`: whoever holds the key can restore the value. `preserves_uniqueness`: two different values stay
    different (for a token: but for the odds its module states), so counts, joins and frequencies survive, and with
    them frequency attacks.
    """

    label: str
    technique: Technique
    reversible: bool
    preserves_uniqueness: bool
    available: bool = True


PROPERTIES: Mapping[Operator, OperatorProperties] = MappingProxyType(
    {
        Operator.KEEP: OperatorProperties(gettext_noop("Keep"), Technique.NONE, True, True),
        Operator.DROP: OperatorProperties(gettext_noop("Leave out"), Technique.SUPPRESSION, False, False),
        Operator.NULL: OperatorProperties(gettext_noop("Empty"), Technique.SUPPRESSION, False, False),
        Operator.CONSTANT: OperatorProperties(gettext_noop("Constant"), Technique.SUPPRESSION, False, False),
        Operator.PARTIAL_MASK: OperatorProperties(gettext_noop("Partial mask"), Technique.SUPPRESSION, False, False),
        Operator.TOKEN: OperatorProperties(gettext_noop("Keyed token"), Technique.PSEUDONYMISATION, False, True),
        Operator.FF1: OperatorProperties(
            gettext_noop("Format-preserving encryption"), Technique.PSEUDONYMISATION, True, True
        ),
        Operator.SURROGATE: OperatorProperties(
            gettext_noop("Well-formed surrogate"), Technique.PSEUDONYMISATION, True, True
        ),
        Operator.ENCRYPT: OperatorProperties(
            gettext_noop("Reversible encryption"), Technique.CRYPTOGRAPHIC, True, True
        ),
        Operator.DATE_SHIFT: OperatorProperties(gettext_noop("Date shift"), Technique.RANDOMISATION, True, False),
        Operator.GENERALISE: OperatorProperties(gettext_noop("Generalise"), Technique.GENERALISATION, False, False),
        Operator.ROUND: OperatorProperties(gettext_noop("Round"), Technique.GENERALISATION, False, False),
        Operator.NOISE: OperatorProperties(gettext_noop("Noise"), Technique.RANDOMISATION, False, False),
        Operator.CLIP: OperatorProperties(
            gettext_noop("Top and bottom coding"), Technique.GENERALISATION, False, False
        ),
        Operator.DICTIONARY: OperatorProperties(
            gettext_noop("Substitute from a dictionary"), Technique.PSEUDONYMISATION, False, False
        ),
        Operator.REDACT: OperatorProperties(gettext_noop("Redact free text"), Technique.SUPPRESSION, False, False),
    }
)


def available_operators() -> tuple[Operator, ...]:
    """The operators that this version can apply, in the order of their codes' definition."""
    return tuple(operator for operator, properties in PROPERTIES.items() if properties.available)


@dataclass(frozen=True, slots=True)
class Masked:
    """One column after an operator: its `values` (n), null wherever `invalid` (n) says that the value did not have
    the expected form.

    Blank text counts as missing, not as malformed. `found` counts by type what was replaced inside the values, where that is what
    the operator does.
    """

    values: Values
    invalid: Flags
    found: Mapping[str, int] = field(default_factory=dict)


def all_valid(values: Values) -> Masked:
    """A result in which no value was malformed."""
    return Masked(values=values, invalid=np.zeros(len(values), dtype=np.bool_))


def by_distinct(values: Values, work: Callable[[Values], Masked]) -> Masked:
    """`work` on a column; of a dictionary's values once each, spread over the rows."""
    if not isinstance(values, pa.DictionaryArray):
        return work(values)
    made = work(values.dictionary)
    return Masked(values=made.values.take(values.indices), invalid=flags(as_column(made.invalid).take(values.indices)))


class ColumnOperator(Protocol):
    """An operator with its parameters and keys settled: a function from a column to a protected column, the same for
    the same values."""

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        """The type of what comes out of a column of type `source`; None if this operator cannot work on that type."""
        ...

    def apply(self, values: Values) -> Masked:
        """Protect a column of at most `columns.MAX_ROWS` values."""
        ...


@runtime_checkable
class KeyedForm(Protocol):
    """What a rule says of an operator that works under a key, before it has one."""

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        """As a `ColumnOperator`'s: it does not depend on the key."""
        ...

    def with_key(self, keys: KeyRing, entity_type: str | None) -> ColumnOperator:
        """The operator with its key derived for the entity type."""
        ...


@runtime_checkable
class BesideOperator(Protocol):
    """An operator that also reads other columns of the same rows, such as the subject's; raw, also where they are dropped."""

    @property
    def beside(self) -> tuple[str, ...]:
        """The names of those columns; none: `apply` is enough."""
        ...

    def apply_beside(self, values: Values, companions: tuple[Values, ...]) -> Masked:
        """Protect a column, given the columns `beside` in that order."""
        ...


class ReversibleOperator(ColumnOperator, Protocol):
    """An operator whose result can be turned back under the same key."""

    def restore(self, values: Values) -> Masked:
        """The values (their canonical forms, as text) that `apply` made `values` of; null and flagged where it cannot
        have made it."""
        ...
