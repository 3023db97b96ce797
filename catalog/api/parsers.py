"""Reading request bodies: JSON that the database can hold.

A JSON text may spell characters and numbers that no column takes (NUL, half of a surrogate pair, 1e999). They are refused here,
once, whatever the body is for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import parsers
from rest_framework.exceptions import ParseError


class JSONParser(parsers.JSONParser):
    """DRF's strict JSON parser, which also refuses what cannot be stored and nesting without end."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        try:
            # The stubs declare a narrower return type than the parser has: a body may be any JSON value.
            data: Any = super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError(_("The JSON of the request is nested too deeply.")) from error
        if not is_storable(data):
            raise ParseError(_("The request holds a character or a number that cannot be stored."))
        return data


def is_storable(document: Any) -> bool:
    """Whether every text and number of a parsed JSON document can be written to a database column."""
    waiting = [document]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(item.keys())
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, str):
            if "\x00" in item or any("\ud800" <= character <= "\udfff" for character in item):
                return False
        elif isinstance(item, float) and not math.isfinite(item):
            return False
    return True
