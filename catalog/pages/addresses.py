"""Ids in addresses: `<id:pk>` takes what a database id can be, so that a longer number is simply not found."""

from __future__ import annotations

from django.urls import register_converter

# Eighteen digits always fit the database's 64-bit ids.
GREATEST_ID = 10**18 - 1


class IdConverter:
    """A row's id."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(IdConverter, "id")
