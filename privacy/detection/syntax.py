"""Regular expressions as trees, so that more can be done with one than to run it.

Lives here: reading a compiled expression into nodes of our own, and whether it may be run over cells joined by NUL. Not here: where an
expression can match (`privacy.detection.ways`), and what other engines make of it (`privacy.detection.relaxed`).

The standard library reads expressions and keeps the tree to itself (`re._parser`). What this module does not know of it makes an
expression `Unreadable`, never wrong: such an expression is still run as it is.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Final, TypeAlias

_parser: Final[Any] = importlib.import_module("re._parser")  # undocumented, so the type checker knows nothing of it

NUL: Final = "\0"


class Unreadable(ValueError):
    """An expression uses something that has no node here."""


@dataclass(frozen=True, slots=True)
class Characters:
    """One character of a set; `source` is the set as an expression, such as `[0-9]`."""

    source: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """`body` from `least` to `most` times (None: without end)."""

    body: Body
    least: int
    most: int | None
    greedy: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A capturing group."""

    number: int
    body: Body


@dataclass(frozen=True, slots=True)
class Either:
    """Alternatives, the preferred one first."""

    bodies: tuple[Body, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """A look-around. One that looks back has a fixed `width`."""

    body: Body
    ahead: bool
    negative: bool
    width: int


@dataclass(frozen=True, slots=True)
class Back:
    """What a group has matched, once more."""

    number: int


class Edge(StrEnum):
    """A place between characters."""

    TEXT_START = "text_start"
    LINE_START = "line_start"
    TEXT_END = "text_end"
    LAST_LINE_END = "last_line_end"
    LINE_END = "line_end"
    BOUNDARY = "boundary"
    NO_BOUNDARY = "no_boundary"


Node: TypeAlias = "Characters | Repeat | Group | Either | Look | Back | Edge"
Body: TypeAlias = "tuple[Node, ...]"

_WITHOUT_FLAGS: Final = {
    "AT_BEGINNING_STRING": Edge.TEXT_START,
    "AT_END_STRING": Edge.TEXT_END,
    "AT_BOUNDARY": Edge.BOUNDARY,
    "AT_NON_BOUNDARY": Edge.NO_BOUNDARY,
}
_CATEGORIES: Final = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
}


class Expression:
    """A regular expression and its tree."""

    def __init__(self, compiled: re.Pattern[str]) -> None:
        """Raises: Unreadable."""
        self.compiled = compiled
        self.body = _read(_parser.parse(compiled.pattern, compiled.flags), compiled.flags, any_case=False)

    @cached_property
    def joinable(self) -> bool:
        """Whether the expression finds the same in cells joined by NUL as in each cell alone.

        It does not when it asks for the beginning or end of a text, or when it may take NUL for a character of a cell.
        """
        return not any(
            node not in (Edge.BOUNDARY, Edge.NO_BOUNDARY)
            if isinstance(node, Edge)
            else isinstance(node, Characters) and re.match(node.source, NUL, self.compiled.flags) is not None
            for node in _unmatched(self.body)
        )


def _read(tree: Any, flags: int, *, any_case: bool) -> Body:
    return tuple(_node(str(code), value, flags, any_case=any_case) for code, value in tree)


def _node(code: str, value: Any, flags: int, *, any_case: bool) -> Node:  # noqa: PLR0911 - a table of cases
    match code:
        case "LITERAL" | "NOT_LITERAL" | "ANY" | "IN":
            source = _set_source(code, value)
            return Characters(f"(?i:{source})" if any_case else source)
        case "MAX_REPEAT" | "MIN_REPEAT":
            least, most, body = value
            endless = str(most) == "MAXREPEAT"
            inside = _read(body, flags, any_case=any_case)
            return Repeat(inside, int(least), None if endless else int(most), code == "MAX_REPEAT")
        case "SUBPATTERN":
            number, added, removed, body = value
            if removed or added not in (0, re.IGNORECASE):
                raise Unreadable("flags inside")
            inside = _read(body, flags, any_case=any_case or bool(added))
            return Either((inside,)) if number is None else Group(number, inside)
        case "BRANCH":
            return Either(tuple(_read(body, flags, any_case=any_case) for body in value[1]))
        case "ASSERT" | "ASSERT_NOT":
            direction, body = value
            least, most = body.getwidth()
            inside = _read(body, flags, any_case=any_case)
            return Look(inside, direction > 0, code == "ASSERT_NOT", int(most if direction < 0 else least))
        case "GROUPREF":
            return Back(int(value))
        case "AT":
            return _edge(str(value), flags)
    raise Unreadable(code)


def _edge(code: str, flags: int) -> Edge:
    lines = bool(flags & re.MULTILINE)
    if code == "AT_BEGINNING":
        return Edge.LINE_START if lines else Edge.TEXT_START
    if code == "AT_END":
        return Edge.LINE_END if lines else Edge.LAST_LINE_END
    if code not in _WITHOUT_FLAGS:
        raise Unreadable(code)
    return _WITHOUT_FLAGS[code]


def _set_source(code: str, value: Any) -> str:
    if code == "ANY":
        return "."
    if code != "IN":
        return f"[{'^' if code == 'NOT_LITERAL' else ''}{_literal(value)}]"
    parts = []
    for kind, item in value:
        match str(kind):
            case "NEGATE":
                parts.append("^")
            case "LITERAL":
                parts.append(_literal(item))
            case "RANGE":
                parts.append(f"{_literal(item[0])}-{_literal(item[1])}")
            case "CATEGORY" if str(item) in _CATEGORIES:
                parts.append(_CATEGORIES[str(item)])
            case other:
                raise Unreadable(other)
    return f"[{''.join(parts)}]"


def _literal(point: int) -> str:
    """A character as every engine reads it inside a set."""
    char = chr(point)
    if char.isascii() and not char.isalnum():
        return f"\\x{point:02x}"
    return char


def walk(body: Body) -> Iterator[Node]:
    """All nodes."""
    for node in body:
        yield node
        match node:
            case Repeat(body=inside) | Group(body=inside) | Look(body=inside):
                yield from walk(inside)
            case Either(bodies=bodies):
                for one in bodies:
                    yield from walk(one)
            case _:
                pass


def _unmatched(body: Body, matched: int = 0) -> Iterator[Node]:
    """All nodes, but not the dots at the end of a look-behind that stand for characters just `matched`."""
    for node in body:
        yield node
        match node:
            case Repeat(body=inside):
                yield from _unmatched(inside)
            case Group(body=inside):
                yield from _unmatched(inside, matched)
            case Either(bodies=bodies):
                for one in bodies:
                    yield from _unmatched(one, matched)
            case Look(body=inside, ahead=ahead):
                known = 0
                while not ahead and known < min(matched, len(inside)) and inside[-known - 1] == Characters("."):
                    known += 1
                yield from _unmatched(inside[: len(inside) - known])
            case _:
                pass
        if not isinstance(node, Look):
            matched = matched + 1 if isinstance(node, Characters) else 0
