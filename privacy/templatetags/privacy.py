"""Filters of privacy's pages: `{{ code|operator_word }}`."""

from __future__ import annotations

from django import template

from privacy.pages.words import operator_label

register = template.Library()


@register.filter
def operator_word(code: str) -> str:
    """What a protection operator is called."""
    return operator_label(code)
