"""What a page that is about something else says of combinations: `{% combinations_of scan %}`, `{% combinations_context table %}`."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from catalog.datasets.models import Distribution
from privacy.models import Scan
from privacy.pages.combinations import context_of, section_of

register = template.Library()


@register.inclusion_tag("privacy/_combinations.html", takes_context=True)
def combinations_of(context: Context, scan: Scan) -> dict[str, Any]:
    """The section on a scan's page: the first rows, what hinders a count, and the button."""
    return {"section": section_of(context["request"].user, scan)}


@register.inclusion_tag("privacy/_combinations_context.html")
def combinations_context(distribution: Distribution) -> dict[str, Any]:
    """A few sentences on the protection's page."""
    return {"context": context_of(distribution)}
