"""Where the words of a search stand in a text: for marking them, and for showing the part of a long text that has them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

EXCERPT_LENGTH = 140
_LEAD = 30


def _pattern(query: str) -> re.Pattern[str] | None:
    """Every word of the query, the longest first, in any case."""
    words = sorted({re.escape(word) for word in query.split()[:12]}, key=len, reverse=True)
    return re.compile("|".join(words), re.IGNORECASE) if words else None


def parts_marked(text: str, query: str) -> Iterator[tuple[str, bool]]:
    """The pieces of `text` in order, each with whether it is a word of the query."""
    pattern, place = _pattern(query), 0
    for hit in pattern.finditer(text) if pattern else ():
        if hit.start() > place:
            yield text[place : hit.start()], False
        yield hit.group(), True
        place = hit.end()
    if place < len(text):
        yield text[place:], False


def excerpt_around(text: str, query: str, length: int = EXCERPT_LENGTH) -> str:
    """At most `length` characters of `text` and an ellipsis where it was cut; they hold the first hit where there is one."""
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    pattern = _pattern(query)
    hit = pattern.search(text) if pattern else None
    begin = max(0, min(hit.start() - _LEAD, len(text) - length)) if hit and hit.end() > length else 0
    end = begin + length
    return ("…" if begin else "") + text[begin:end] + ("…" if end < len(text) else "")
