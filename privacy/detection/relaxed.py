"""An expression made fit for engines without look-arounds.

Lives here: the relaxed form of an expression, in the syntax that RE2 and Hyperscan share. It matches in every text that the expression
matches in, and in others: it is for ruling texts out. Look-arounds and back references are left out, but for what may stand
before and after the whole, which rules most numbers out; sets are drawn wider where engines differ.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from privacy.detection.syntax import Back, Body, Characters, Edge, Either, Expression, Group, Look, Node, Repeat, walk

# What Python's classes hold beyond those of RE2 and PCRE.
_WIDER: Final = {
    r"\d": r"\p{Nd}",
    r"\s": r"\s\x0b\x1c-\x1f\x{85}\p{Z}",
    r"\w": r"\p{L}\p{N}_",
}
_COMPLEMENT: Final = re.compile(r"\\[DSW]|\[\^[^\]]*\\[dsw]")  # of a class that engines draw differently
# What may stand beside an expression whose look-around excludes a set: for the sets of which it rules much out. Others slow engines down.
_OUTSIDE: Final = {
    (Characters("[0-9A-Za-z]"),): "[^0-9A-Za-z]",
    (Characters(r"[^\x00]"),): r"\x00",
}
_STARTS: Final = {Edge.TEXT_START: r"(?:^|\x00)", Edge.LINE_START: r"(?:^|[\x00\n])"}
_ENDS: Final = {
    Edge.TEXT_END: r"(?:\x00|$)",
    Edge.LINE_END: r"(?:[\x00\n]|$)",
    Edge.LAST_LINE_END: r"(?:[\x00\n]|$)",
}
_MOST_REPEATS: Final = 200  # more copies of a part cost engines much and rule little out

Groups = Mapping[int, Body]


def relaxed(expression: Expression) -> str:
    """The relaxed form of an expression, for texts alone or joined by NUL."""
    groups = {node.number: node.body for node in walk(expression.body) if isinstance(node, Group)}
    any_case = "i" if expression.compiled.flags & re.IGNORECASE else ""
    return f"(?s{any_case})" + _body(expression.body, groups, first=True, last=True)


def _body(body: Body, groups: Groups, *, first: bool = False, last: bool = False) -> str:
    """`first` and `last`: nothing of the expression stands before or after `body`, so what is beside it may be taken too."""
    before = _before(body) if first else ""
    after = ""
    end = len(body)
    while end and isinstance(look := body[end - 1], Look) and look.ahead and look.negative:
        end -= 1
        if last and look.body in _OUTSIDE:
            after = f"(?:{_OUTSIDE[look.body]}|$)"
    nodes = [
        _node(node, groups, first=first and not before and at == 0, last=last and not after and at == end - 1)
        for at, node in enumerate(body[:end])
    ]
    return before + "".join(nodes) + after


def _before(body: Body) -> str:
    """What a look-behind lets stand before `body`: one at its start, or one after its first character that looks past it."""
    match body:
        case (Look(body=looked, ahead=False, negative=True), *_):
            pass
        case (Characters(), Look(body=(*some, Characters(source=".")), ahead=False, negative=True), *_):
            looked = tuple(some)
        case _:
            return ""
    return f"(?:^|{_OUTSIDE[looked]})" if looked in _OUTSIDE else ""


def _node(node: Node, groups: Groups, *, first: bool, last: bool) -> str:
    match node:
        case Characters(source=source):
            return _widened(source)
        case Repeat(body=inside, least=least, most=most):
            if least > _MOST_REPEATS or (most is not None and most > _MOST_REPEATS):
                most = None
            return f"(?:{_body(inside, groups)}){{{min(least, _MOST_REPEATS)},{'' if most is None else most}}}"
        case Group() | Either():
            bodies = node.bodies if isinstance(node, Either) else (node.body,)
            return f"(?:{'|'.join(_body(inside, groups, first=first, last=last) for inside in bodies)})"
        case Back(number=number):
            return f"(?:{_body(groups[number], groups)})"
        case Edge():
            return _STARTS.get(node, "") if first else _ENDS.get(node, "") if last else ""
        case Look():
            return ""


def _widened(source: str) -> str:
    """A set that holds at least what Python's does."""
    if _COMPLEMENT.search(source):
        return "."
    for narrow, wide in _WIDER.items():
        source = source.replace(narrow, wide)
    return source
