"""The filters of list addresses. A value that cannot be one is a 400, never a query that fails."""

from __future__ import annotations

from typing import Any

import django_filters  # type: ignore[import-untyped]
from django import forms
from drf_spectacular.utils import extend_schema_field

from catalog.api.resources import GREATEST_ID

FilterSet: Any = django_filters.FilterSet
CharFilter: Any = django_filters.CharFilter
ChoiceFilter: Any = django_filters.ChoiceFilter
BooleanFilter: Any = django_filters.BooleanFilter
IsoDateTimeFilter: Any = django_filters.IsoDateTimeFilter
_NumberFilter: Any = django_filters.NumberFilter


@extend_schema_field(int)
class IdFilter(_NumberFilter):  # type: ignore[misc]  # the library is untyped
    """An id: a whole number that fits the database."""

    field_class = forms.IntegerField

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, min_value=1, max_value=GREATEST_ID, **options)

    def get_max_validator(self) -> Any:
        """None: NumberFilter's own limit would be applied a second time."""
        return None


class CodeFilter(CharFilter):  # type: ignore[misc]  # the library is untyped
    """A code or a word, of the length a column has."""

    def __init__(self, *arguments: Any, max_length: int = 100, **options: Any) -> None:
        super().__init__(*arguments, max_length=max_length, **options)
