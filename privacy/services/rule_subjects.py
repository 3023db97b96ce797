"""Rules that go by the person a row is about: which column says so, and of what type it is.

Lives here: what a rule that a person states leaves open of its parameters `by` and `by_type`. What the operators do with them is
`privacy.masking`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.datasets.models import DataField
from privacy.masking.errors import ParameterInvalid
from privacy.masking.operators import Operator
from privacy.masking.policy import BY_SUBJECT


def settled_parameters(field: DataField, operator: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """A rule's parameters as they are stored: a date shift that names no column goes by the table's subject field."""
    found = dict(parameters)
    subject = field.distribution.subject_field if operator == Operator.DATE_SHIFT else None
    if subject is not None and found.get("by") in (None, ""):
        found["by"] = subject.name
    if operator in BY_SUBJECT:
        found.pop("by_type", None)
    return found


def typed_parameters(field: DataField, operator: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters as the masking package takes them, with the type that is confirmed of the subject's column.

    Raises ParameterInvalid for a column that the table does not have, and for the rule's own.
    """
    found = settled_parameters(field, operator, parameters)
    by = found.get("by")
    if operator not in BY_SUBJECT or not isinstance(by, str) or not by:
        return found
    column = field.distribution.fields.filter(name=by).first()
    if column is None or column.pk == field.pk:
        raise ParameterInvalid(
            field=field.name, operator=operator, parameter="by", expected="another column of this table"
        )
    return {**found, **({"by_type": column.entity_type} if column.entity_type else {})}
