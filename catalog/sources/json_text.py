"""Values as JSON text, exactly as they were.

Lives here: the one rendering of nested values for every format that has them. Numbers keep the digits they came with: a
float's detour would change an amount or a long number.
"""

from __future__ import annotations

import base64
import datetime
import json
from decimal import Decimal
from json.encoder import encode_basestring


class Lexical(str):
    """A number that is not an integer, as the digits it was written in."""

    __slots__ = ()


def value_text(value: object) -> str | None:
    """A top-level value as cell text: strings and numbers bare, nested values as compact JSON; None stays None."""
    if value is None or type(value) is str:
        return value
    if type(value) is int or type(value) is Lexical:
        return str(value)
    return json_text(value)


def json_text(value: object) -> str:
    """`value` as compact JSON; dates in ISO 8601, binary in base64, decimals digit by digit."""
    if isinstance(value, Lexical | Decimal):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_quoted(str(key))}:{json_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(json_text(item) for item in value) + "]"
    if value is None or isinstance(value, bool | int | float):
        return json.dumps(value)
    return _quoted(_plain_text(value))


def _plain_text(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)


def _quoted(text: str) -> str:
    # What json.dumps calls in the end, without the encoder it builds for every call.
    return encode_basestring(text)
