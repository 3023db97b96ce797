"""Filters of every page: `titled`, `named`, `listed`, `colon`, `money`, `thousands`, `state_word` and their like.

Data that exists in two languages is shown in the reader's; what a code is called is in `catalog.pages.wording`.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from django import template
from django.template.context import Context
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from catalog.pages import wording
from catalog.pages.excerpts import excerpt_around, parts_marked
from catalog.people.policies import may as is_permitted

register = template.Library()


def _in_english(thing: Any, name: str) -> str:
    """`thing.name_en` for a reader of English where it is written, else `thing.name`."""
    english = getattr(thing, f"{name}_en", "") if (get_language() or "").startswith("en") else ""
    return str(english or getattr(thing, name))


@register.filter
def titled(dataset: Any) -> str:
    """A dataset's title in the reader's language."""
    return _in_english(dataset, "title") if dataset else ""


@register.filter
def abstracted(dataset: Any) -> str:
    """A dataset's abstract in the reader's language."""
    return _in_english(dataset, "abstract") if dataset else ""


@register.filter
def named(thing: Any) -> str:
    """An organisation's name in the reader's language; a person's display name; anything else as it prints."""
    if not thing:
        return ""
    return _in_english(thing, "name") if hasattr(thing, "name_en") else str(thing)


@register.filter
def listed(items: Iterable[object]) -> str:
    """Several things in a row, with the comma of the reader's language: a, b · 甲、乙."""
    return gettext(", ").join(str(item) for item in items)


@register.filter
def colon(label: object) -> str:
    """A label with the colon that leads to its value, as the reader's language sets it: `Name: ` · `姓名：`."""
    return str(label) + gettext(": ")


@register.filter
def bracketed(text: object) -> str:
    """What is added to what stands before it, in the brackets of the reader's language: ` (x)` · `（x）`."""
    return gettext(" (%(text)s)") % {"text": text}


@register.filter
def money(amount: Any) -> str:
    """An amount in CNY: ¥12,000.00. Nothing for no amount."""
    if amount is None or amount == "":
        return ""
    try:
        value = Decimal(str(amount)).quantize(Decimal("0.01"))
    except InvalidOperation:
        return str(amount)
    return ("-¥" if value < 0 else "¥") + f"{abs(value):,}"


@register.filter
def thousands(count: Any) -> str:
    """A count in groups of three: 12,345. Nothing for an unknown one.

    Django's Chinese format leaves groups away; statistics in Chinese have them.
    """
    return f"{count:,}" if isinstance(count, int | Decimal | float) else str(count or "")


register.filter("rows", thousands)


@register.filter
def state_word(code: Any) -> str:
    """The word for a code of the design: a share type, grade, role, likelihood, update cycle …"""
    return wording.code_word(str(code)) if code else ""


@register.filter
def subject_word(code: str) -> str:
    """Whom a row is about."""
    return str(wording.SUBJECTS.get(code, code))


@register.filter
def format_word(code: str) -> str:
    """CSV, Excel, PostgreSQL …"""
    return wording.FORMATS.get(code, code)


@register.filter
def data_type_word(code: str) -> str:
    """The catalogue's data type in a word."""
    return str(wording.DATA_TYPES.get(code, code))


@register.filter
def theme_word(theme: str) -> str:
    """A theme's word."""
    return wording.theme_word(theme)


@register.filter
def entity_word(code: str) -> str:
    """What an entity type is called."""
    return wording.entity_type_word(code) if code else ""


@register.filter
def grade_reason(field: Any) -> str:
    """Why a field has its grade."""
    return wording.grade_reason_word(field)


@register.filter
def excerpt(text: str, query: str) -> str:
    """The part of `text` where the first word looked for stands, or its beginning."""
    return excerpt_around(text, query)


@register.filter
def marked(text: str, query: str) -> SafeString:
    """`text`, escaped, with the words that were looked for marked."""
    pieces = (f"<mark>{escape(part)}</mark>" if hit else escape(part) for part, hit in parts_marked(text, query))
    return mark_safe("".join(pieces))  # noqa: S308  every piece is escaped above


@register.simple_tag(takes_context=True)
def may(context: Context, permission: str, subject: Any = None) -> bool:
    """Whether the reader may do it: `{% may "dataset.edit" dataset as may_edit %}`."""
    return is_permitted(context["user"], permission, subject)
