"""From a rule to the operator that carries it out.

Lives here: the one table of which module reads an operator's parameters and which operators need a key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa

from privacy.masking.date_shift import read_date_shift
from privacy.masking.dictionary import read_dictionary
from privacy.masking.encryption import read_encryption
from privacy.masking.errors import KeyMissing, OperatorUnavailable, ParameterInvalid, ParameterMissing, TypeUnsuitable
from privacy.masking.ff1 import read_ff1
from privacy.masking.generalise import read_generalise
from privacy.masking.keys import KeyRing
from privacy.masking.noise import read_noise
from privacy.masking.operators import ColumnOperator, KeyedForm, Operator, available_operators
from privacy.masking.parameters import ParameterReader
from privacy.masking.partial import read_partial_mask
from privacy.masking.redact import read_redact
from privacy.masking.rounding import read_clip, read_round
from privacy.masking.suppression import Keep, Null, read_constant
from privacy.masking.surrogate import read_surrogate
from privacy.masking.tokens import token_operator, token_type

# What reads an operator's parameters: it gives the operator, or its form where a key is wanted.
_READERS: Mapping[Operator, Callable[[ParameterReader, str | None], ColumnOperator | KeyedForm]] = {
    Operator.KEEP: lambda _reader, _entity_type: Keep(),
    Operator.NULL: lambda _reader, _entity_type: Null(),
    Operator.CONSTANT: lambda reader, _entity_type: read_constant(reader),
    Operator.PARTIAL_MASK: read_partial_mask,
    Operator.FF1: lambda reader, _entity_type: read_ff1(reader),
    Operator.SURROGATE: read_surrogate,
    Operator.ENCRYPT: lambda reader, _entity_type: read_encryption(reader),
    Operator.GENERALISE: read_generalise,
    Operator.DATE_SHIFT: lambda reader, _entity_type: read_date_shift(reader),
    Operator.ROUND: lambda reader, _entity_type: read_round(reader),
    Operator.NOISE: lambda reader, _entity_type: read_noise(reader),
    Operator.CLIP: lambda reader, _entity_type: read_clip(reader),
    Operator.DICTIONARY: read_dictionary,
    Operator.REDACT: read_redact,
}


def check_parameters(
    operator: Operator, parameters: Mapping[str, object], entity_type: str | None, *, field: str
) -> None:
    """Raise PolicyError unless `parameters` are exactly what the operator can work with; needs no key."""
    reader = ParameterReader(field, operator, parameters)
    _read(operator, reader, entity_type, field)
    reader.finish()


def bound_operator(
    operator: Operator, parameters: Mapping[str, object], entity_type: str | None, keys: KeyRing | None, *, field: str
) -> ColumnOperator:
    """The operator with its parameters and, where it needs one, its key; PolicyError or KeyMissing if that cannot be.

    `drop` has no operator: its column is not read.
    """
    check_parameters(operator, parameters, entity_type, field=field)
    if operator is Operator.TOKEN:
        if keys is None:
            raise KeyMissing(field=field)
        return token_operator(keys, entity_type)
    bound = _read(operator, ParameterReader(field, operator, parameters), entity_type, field)
    if bound is None:
        raise ValueError(f"{operator.value} is not carried out by a column operator")
    if isinstance(bound, KeyedForm):
        if keys is None:
            raise KeyMissing(field=field)
        return bound.with_key(keys, entity_type)
    return bound


def output_type(
    operator: Operator, parameters: Mapping[str, object], entity_type: str | None, source: pa.DataType, *, field: str
) -> pa.DataType:
    """The type of the protected column; PolicyError if the operator cannot work on `source`. Needs no key."""
    if operator is Operator.TOKEN:
        result = token_type(source)
    else:
        check_parameters(operator, parameters, entity_type, field=field)
        stated = _read(operator, ParameterReader(field, operator, parameters), entity_type, field)
        result = stated.output_type(source) if stated is not None else None
    if result is None and operator is Operator.CONSTANT:
        expected = f"a value of the column's type ({source})"
        raise ParameterInvalid(field=field, operator=operator.value, parameter="value", expected=expected)
    if result is None and operator is Operator.SURROGATE and not entity_type:
        raise ParameterMissing(field=field, operator=operator.value, parameter="entity_type")
    if result is None:
        raise TypeUnsuitable(field=field, operator=operator.value, type=str(source))
    return result


def _read(
    operator: Operator, reader: ParameterReader, entity_type: str | None, field: str
) -> ColumnOperator | KeyedForm | None:
    if operator in _READERS:
        return _READERS[operator](reader, entity_type)
    if operator in (Operator.DROP, Operator.TOKEN):
        return None
    available = ", ".join(available.value for available in available_operators())
    raise OperatorUnavailable(field=field, operator=operator.value, available=available)
