"""Column names a person and a program can both live with.

Lives here: what becomes of a header's raw text. A name is cleaned for reading only; the readers keep the raw name
beside it and quote that one where a database must be asked by it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

MAX_NAME_LENGTH = 128
"""Characters. PostgreSQL stops at 63 bytes, MySQL at 64 characters, Excel headers are sometimes whole sentences."""

_BETWEEN_HAN = re.compile(
    r"(?<=[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef])\s+(?=[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef])"
)
_SPACES = re.compile(r"\s+")


def clean_name(raw: str | None) -> str:
    """`raw` on one line, without control, format and unassigned characters, at most MAX_NAME_LENGTH long; may be empty.

    Format characters (zero width, bidirectional overrides) go too: two names that look the same would be two columns. A
    line break inside a Chinese header ("联系⏎电话") is only its layout and leaves no space.
    """
    text = unicodedata.normalize("NFC", raw or "")
    text = "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace() or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Cn"}
    )
    text = _SPACES.sub(" ", _BETWEEN_HAN.sub("", text)).strip()
    return text[:MAX_NAME_LENGTH].rstrip()


def unique_names(raw_names: Iterable[str | None]) -> tuple[str, ...]:
    """One clean, distinct, non-empty name per raw name, in order.

    Blank names become `column_<position>` (1-based); a repeated name gets `_2`, `_3` … and never one that is in the
    header anyway.
    """
    cleaned = [clean_name(raw) or f"column_{position}" for position, raw in enumerate(raw_names, start=1)]
    present = set(cleaned)
    taken: set[str] = set()
    counts: dict[str, int] = {}
    names: list[str] = []
    for name in cleaned:
        unique = name
        while unique in taken:
            counts[name] = counts.get(name, 1) + 1
            suffix = f"_{counts[name]}"
            candidate = name[: MAX_NAME_LENGTH - len(suffix)] + suffix
            unique = candidate if candidate not in present else name
        taken.add(unique)
        names.append(unique)
    return tuple(names)


def quote_identifier(name: str, mark: str = '"') -> str:
    """`name` as a quoted SQL identifier: `"` for PostgreSQL and SQLite, a backtick for MySQL."""
    return mark + name.replace(mark, mark * 2) + mark
