"""From a rule to the operator that carries it out.

Lives here: the one table of which module reads an operator's parameters and which operators need a key.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from privacy.masking.errors import KeyMissing, OperatorUnavailable, ParameterInvalid, TypeUnsuitable
from privacy.masking.generalise import read_generalise
from privacy.masking.keys import KeyRing
from privacy.masking.operators import ColumnOperator, Operator, available_operators
from privacy.masking.parameters import ParameterReader
from privacy.masking.partial import read_partial_mask
from privacy.masking.suppression import Keep, Null, read_constant
from privacy.masking.tokens import token_operator, token_type


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
    """The operator with its parameters and, for a token, its key; PolicyError or KeyMissing if that cannot be.

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
    return bound


def output_type(
    operator: Operator, parameters: Mapping[str, object], entity_type: str | None, source: pa.DataType, *, field: str
) -> pa.DataType:
    """The type of the protected column; PolicyError if the operator cannot work on `source`. Needs no key."""
    if operator is Operator.TOKEN:
        result = token_type(source)
    else:
        result = bound_operator(operator, parameters, entity_type, None, field=field).output_type(source)
    if result is None and operator is Operator.CONSTANT:
        expected = f"a value of the column's type ({source})"
        raise ParameterInvalid(field=field, operator=operator.value, parameter="value", expected=expected)
    if result is None:
        raise TypeUnsuitable(field=field, operator=operator.value, type=str(source))
    return result


def _read(operator: Operator, reader: ParameterReader, entity_type: str | None, field: str) -> ColumnOperator | None:
    match operator:
        case Operator.KEEP:
            return Keep()
        case Operator.NULL:
            return Null()
        case Operator.CONSTANT:
            return read_constant(reader)
        case Operator.PARTIAL_MASK:
            return read_partial_mask(reader, entity_type)
        case Operator.GENERALISE:
            return read_generalise(reader, entity_type)
        case Operator.DROP | Operator.TOKEN:
            return None
        case _:
            available = ", ".join(available.value for available in available_operators())
            raise OperatorUnavailable(field=field, operator=operator.value, available=available)
