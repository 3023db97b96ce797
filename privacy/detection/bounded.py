"""Whether a regular expression that somebody wrote may be run over a city's tables.

Lives here: reading the tree of an expression for what makes a backtracking engine slow, with the reason and the part of it that is to
blame. Not here: running it on made-up texts, which finds what was overlooked (`privacy.detection.made_up`), and rules as a
whole (`privacy.detection.own_rules`).

Columns are searched by engines that never backtrack as far as they go, but the last word has Python's `re`, and Presidio's `regex`
wherever else the recognizer is used. Both backtrack: what they do for one place of a text must not grow with the text. So an endless
repeat is taken only where the next character tells that it has ended, and where no second place inside what it ran
over can begin a match; and the ways that a bounded part can match in are counted.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_
from typing import Any, Final

from catalog.messages import MessageError, gettext_noop
from privacy.detection.syntax import (
    Back,
    Body,
    Characters,
    Edge,
    Either,
    Expression,
    Group,
    Look,
    Node,
    Repeat,
    Unreadable,
    walk,
)

FLAGS: Final = re.DOTALL | re.MULTILINE
LONGEST_EXPRESSION: Final = 500  # characters
LONGEST_MATCH: Final = 500  # characters of a match, endless repeats left out
MOST_REPEATS: Final = 200
MOST_STEPS: Final = 2000  # ways to match × characters of a match: what one place of a text may cost
_MOST_WAYS: Final = 10**9  # nobody counts further
_WIDEST_LOOK: Final = 3
_SHOWN: Final = 40
_SPECIAL: Final = frozenset(".^$*+?{}[]\\|()")

# Not a part of a number, and not an amount: the look-arounds of the shipped rules that reach further than a few characters.
_HOUSE_LOOKS: Final = (r"(?!\.[0-9]*[1-9])", r"(?![.-]?[0-9])")

_BASIC: Final = "".join(map(chr, range(0x10000)))
_BEYOND: Final = 1 << 0x10000  # stands for all characters beyond the basic plane
_BEYOND_EXAMPLES: Final = "\U00010400\U0001d7ce\U0001f600\U00020000\U000e0001"

TOO_LONG: Final = gettext_noop("The expression has %(length)s characters; %(most)s are allowed.")
REASONS: Final = {
    "unreadable": gettext_noop("The expression cannot be read: something is wrong at character %(place)s."),
    "unclosed_set": gettext_noop("The set of characters that begins at character %(place)s is not closed with ]."),
    "unclosed_group": gettext_noop("The bracket that opens at character %(place)s is not closed."),
    "unopened_group": gettext_noop("The bracket that closes at character %(place)s was never opened."),
    "nothing_to_repeat": gettext_noop("There is nothing to repeat before character %(place)s."),
    "bad_escape": gettext_noop("The backslash at character %(place)s stands before a letter that means nothing."),
    "bad_range": gettext_noop("The range at character %(place)s runs backwards or is none."),
    "open_look": gettext_noop("What looks back at the text before must have one length."),
    "ambiguous_set": gettext_noop(
        "Inside a set of characters, write \\[ for [, and no --, &&, ~~ or ||: engines read them differently."
    ),
    "brace": gettext_noop("The { at character %(place)s begins no count such as {1,20}: write \\{ for the character."),
    "flags": gettext_noop("Flags that change how an expression is read are not allowed: write [Aa] for either case."),
    "unsupported": gettext_noop(
        "The expression uses something that only some engines know, such as a condition or a possessive repeat: leave it out."
    ),
    "too_long": TOO_LONG,
    "back_reference": gettext_noop(
        "The expression asks for what a bracket matched, once more: leave the back-reference out."
    ),
    "boundary": gettext_noop(
        "Leave \\b and \\B out: beside Chinese characters they find no boundary. That no letter or digit stands beside a value is"
        " seen to already."
    ),
    "look_around": gettext_noop(
        "“%(part)s” looks too far around: a look-around may only exclude up to three characters of ASCII."
    ),
    "empty": gettext_noop("The expression matches where there is nothing: make it ask for at least one character."),
    "empty_repeat": gettext_noop("“%(part)s” repeats what may be nothing."),
    "nested": gettext_noop("“%(part)s” repeats without end what itself repeats without end."),
    "ambiguous": gettext_noop(
        "“%(part)s” repeats without end, and what may follow looks the same: say how often at most, such as {1,20}."
    ),
    "everywhere": gettext_noop(
        "“%(part)s” repeats without end, and a value may begin anywhere in what it runs over: say how often at most, such as {1,20}."
    ),
    "too_often": gettext_noop("“%(part)s” repeats up to %(times)s times; %(most)s are allowed."),
    "long_match": gettext_noop(
        "A value that the expression finds may have %(length)s characters; %(most)s are allowed."
    ),
    "ways": gettext_noop(
        "The expression can match one text in too many ways, at “%(part)s” above all: say exactly how many characters there are, or"
        " which one parts them."
    ),
    "slow": gettext_noop(
        "On a text made up to try it, the expression ran for more than %(seconds)s seconds and was stopped: say how often each part"
        " repeats at most."
    ),
}

_FROM_PYTHON: Final = (
    ("unterminated character set", "unclosed_set"),
    ("missing ), unterminated", "unclosed_group"),
    ("unbalanced parenthesis", "unopened_group"),
    ("nothing to repeat", "nothing_to_repeat"),
    ("multiple repeat", "nothing_to_repeat"),
    ("bad escape", "bad_escape"),
    ("incomplete escape", "bad_escape"),
    ("bad character range", "bad_range"),
    ("min repeat greater", "bad_range"),
    ("look-behind requires", "open_look"),
    ("global flags", "flags"),
    ("invalid group reference", "back_reference"),
    ("unknown group name", "back_reference"),
)
_COUNT: Final = re.compile(r"\{(?:[0-9]+(?:,[0-9]*)?|,[0-9]+)\}")


class UnboundedExpression(MessageError):
    """An expression that is not run. `code` says why."""

    code = "expression_refused"

    def __init__(self, reason: str, **params: object) -> None:
        super().__init__(REASONS[reason], code=f"expression_{reason}", **params)


@dataclass(frozen=True, slots=True)
class _Cost:
    """What a part of an expression may come to: characters that it may begin with, whether it may be nothing, its greatest length, and
    the ways in which it can match in one text. `runs` are the characters of its endless repeats, `endless` the last of them."""

    first: int = 0
    nullable: bool = True
    longest: int = 0
    ways: int = 1
    runs: int = 0
    endless: Repeat | None = None


def read_bounded(regex: str, *, guard: str = "") -> Expression:
    """The tree of an expression that runs in linear time. `guard`: a set of characters that never stand right before a match.

    Raises: UnboundedExpression.
    """
    if len(regex) > LONGEST_EXPRESSION:
        raise UnboundedExpression("too_long", length=len(regex), most=LONGEST_EXPRESSION)
    expression = _read(regex)
    for node in walk(expression.body):
        _require_simple(node)
    cost = _sequence(expression.body, 0)
    if cost.nullable:
        raise UnboundedExpression("empty")
    before = _characters(guard) if guard else 0
    if cost.endless is not None and cost.first & cost.runs and cost.runs & ~before:
        raise UnboundedExpression("everywhere", part=spelled(cost.endless))
    if cost.longest > LONGEST_MATCH:
        raise UnboundedExpression("long_match", length=cost.longest, most=LONGEST_MATCH)
    if cost.ways * cost.longest > MOST_STEPS:
        raise UnboundedExpression("ways", part=_most_ways(expression.body))
    return expression


def _read(regex: str) -> Expression:
    _require_counts(regex)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)  # sets that engines read differently
            compiled = re.compile(regex, FLAGS)
    except FutureWarning:
        raise UnboundedExpression("ambiguous_set") from None
    except re.error as error:
        told = next((reason for start, reason in _FROM_PYTHON if error.msg.startswith(start)), "unreadable")
        raise UnboundedExpression(told, place=(error.pos or 0) + 1) from None
    except (OverflowError, RecursionError):
        raise UnboundedExpression("unsupported") from None
    if compiled.flags & ~re.UNICODE != FLAGS or re.search(r"\(\?[a-zA-Z-]+[):]", regex):
        raise UnboundedExpression("flags")
    try:
        return Expression(compiled)
    except (Unreadable, RecursionError):
        raise UnboundedExpression("unsupported") from None


def _require_counts(regex: str) -> None:
    """No { that is not a count: Presidio's engine reads {e<=1} as leave to mistype."""
    at, inside = 0, False
    while at < len(regex):
        char = regex[at]
        if char == "\\":
            at += 2
            continue
        if inside:
            inside = char != "]" or regex[at - 1] == "[" or regex[at - 2 : at] == "[^"
        elif char == "[":
            inside = True
        elif char == "{" and not _COUNT.match(regex, at):
            raise UnboundedExpression("brace", place=at + 1)
        at += 1


def _require_simple(node: Node) -> None:
    match node:
        case Back():
            raise UnboundedExpression("back_reference")
        case Edge.BOUNDARY | Edge.NO_BOUNDARY:
            raise UnboundedExpression("boundary")
        case Look():
            if not _looks_near(node):
                raise UnboundedExpression("look_around", part=spelled(node))
        case Repeat(least=least, most=most):
            times = max(least, most or 0)
            if times > MOST_REPEATS:
                raise UnboundedExpression("too_often", part=spelled(node), times=times, most=MOST_REPEATS)


@lru_cache(maxsize=1)
def _house_looks() -> frozenset[Node]:
    return frozenset(Expression(re.compile(source, FLAGS)).body[0] for source in _HOUSE_LOOKS)


def _looks_near(look: Look) -> bool:
    if look in _house_looks():
        return True
    if not look.negative or len(look.body) > _WIDEST_LOOK:
        return False
    own = not look.ahead  # a dot at the end of what looks back is the character just matched
    return all(
        isinstance(node, Characters)
        and ((own and at == len(look.body) - 1 and node.source == ".") or _characters(node.source) >> 128 == 0)
        for at, node in enumerate(look.body)
    )


# ---- counting ---------------------------------------------------------------------------------------------------


def _sequence(body: Body, follow: int) -> _Cost:
    """`follow`: the characters that may come after `body`."""
    total = _Cost()
    for node in reversed(body):
        after = total.first | (follow if total.nullable else 0)
        one = _node(node, after)
        total = _Cost(
            first=one.first | (total.first if one.nullable else 0),
            nullable=one.nullable and total.nullable,
            longest=one.longest + total.longest,
            ways=min(one.ways * total.ways, _MOST_WAYS),
            runs=one.runs | total.runs,
            endless=one.endless or total.endless,
        )
    return total


def _node(node: Node, follow: int) -> _Cost:
    match node:
        case Characters(source=source):
            return _Cost(first=_characters(source), nullable=False, longest=1)
        case Group(body=body):
            return _sequence(body, follow)
        case Either(bodies=bodies):
            return _either([_sequence(body, follow) for body in bodies], follow)
        case Repeat():
            return _repeat(node, follow)
        case _:
            return _Cost()


def _either(costs: list[_Cost], follow: int) -> _Cost:
    """Where the next character tells which of them it is, one way is tried; otherwise one after the other."""
    seen, told = 0, True
    for cost in costs:
        begins = cost.first | (follow if cost.nullable else 0)
        told = told and not seen & begins and (not cost.nullable or len(costs) == 1 or not follow & cost.first)
        seen |= begins
    ways = [cost.ways for cost in costs]
    return _Cost(
        first=reduce(or_, (cost.first for cost in costs)),
        nullable=any(cost.nullable for cost in costs),
        longest=max(cost.longest for cost in costs),
        ways=min(max(ways) if told else sum(ways), _MOST_WAYS),
        runs=reduce(or_, (cost.runs for cost in costs)),
        endless=next((cost.endless for cost in costs if cost.endless), None),
    )


def _repeat(node: Repeat, follow: int) -> _Cost:
    if node.most is None and any(isinstance(inside, Repeat) and inside.most is None for inside in walk(node.body)):
        raise UnboundedExpression("nested", part=spelled(node))
    alone = _sequence(node.body, follow)
    again = node.most is None or node.most > 1
    one = _sequence(node.body, follow | alone.first) if again else alone
    if one.nullable:
        raise UnboundedExpression("empty_repeat", part=spelled(node))
    told = not one.first & follow
    if node.most is None:
        if not told or one.ways > 1:
            raise UnboundedExpression("ambiguous", part=spelled(node))
        runs = reduce(or_, (_characters(inside.source) for inside in walk(node.body) if isinstance(inside, Characters)))
        return _Cost(one.first, node.least == 0, max(node.least, 1) * one.longest, 1, runs, node)
    if one.endless is not None and again:
        raise UnboundedExpression("nested", part=spelled(node))
    ways = one.ways**node.most if one.ways == 1 or node.most * one.ways.bit_length() < 64 else _MOST_WAYS
    if not told and node.most > node.least:
        ways = _MOST_WAYS if ways >= _MOST_WAYS else sum(one.ways**times for times in range(node.least, node.most + 1))
    return _Cost(
        first=one.first,
        nullable=node.least == 0,
        longest=node.most * one.longest,
        ways=min(ways, _MOST_WAYS),
        runs=one.runs,
        endless=one.endless,
    )


@lru_cache(maxsize=1024)
def _characters(source: str) -> int:
    """The characters of a set, a bit for each; one bit for all beyond the basic plane, where a set may have any of them."""
    compiled = re.compile(source, FLAGS)
    bits = bytearray(len(_BASIC) // 8)
    for found in compiled.finditer(_BASIC):
        point = found.start()
        bits[point >> 3] |= 1 << (point & 7)
    members = int.from_bytes(bits, "little")
    beyond = any(ord(char) > 0xFFFF for char in source) or compiled.search(_BEYOND_EXAMPLES) is not None
    return members | (_BEYOND if beyond else 0)


def example_of(source: str, besides: str | None = None) -> str | None:
    """A character of a set, and of a second one where that is asked for; None when there is none. Plain characters come first."""
    members = _characters(source) & (_characters(besides) if besides is not None else -1) & (_BEYOND - 1)
    for start in (0x30, 0x4E00, 0x21, 0):
        if rest := members >> start:
            return chr(start + (rest & -rest).bit_length() - 1)
    return None


def fewest_digits(body: Body) -> int:
    """How many digits of ASCII a match has at the least."""
    total = 0
    for node in body:
        match node:
            case Characters(source=source):
                members = _characters(source)
                total += members != 0 and members & ~_digits() == 0
            case Group(body=inside):
                total += fewest_digits(inside)
            case Either(bodies=bodies):
                total += min(fewest_digits(inside) for inside in bodies)
            case Repeat(body=inside, least=least):
                total += least * fewest_digits(inside)
            case _:
                pass
    return total


def shortest(body: Body) -> int:
    """How many characters a match has at the least."""
    return sum(map(_shortest, body))


def _shortest(node: Node) -> int:
    match node:
        case Characters():
            return 1
        case Group(body=inside):
            return shortest(inside)
        case Either(bodies=bodies):
            return min(map(shortest, bodies))
        case Repeat(body=inside, least=least):
            return least * shortest(inside)
        case _:
            return 0


def _digits() -> int:
    return _characters("[0-9]")


# ---- telling ----------------------------------------------------------------------------------------------------


def _most_ways(body: Body) -> str:
    """The part of an expression that can match in most ways by itself."""

    def repeats(inside: Body) -> Iterator[tuple[int, Repeat]]:
        for node in walk(inside):
            if isinstance(node, Repeat) and node.most is not None:
                yield (
                    _repeat(
                        node, reduce(or_, (_characters(n.source) for n in walk(body) if isinstance(n, Characters)))
                    ).ways,
                    node,
                )

    worst = max(repeats(body), key=lambda item: item[0], default=None)
    return spelled(worst[1]) if worst else shortened("".join(_spell(node) for node in body))


def spelled(node: Node) -> str:
    """A part of an expression as it may have been written, at most some 40 characters."""
    return shortened(_spell(node))


def shortened(text: str) -> str:
    """A text cut to what a message shows."""
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _spell(node: Any) -> str:  # noqa: PLR0911 - a table of cases
    match node:
        case Characters(source=source):
            plain = re.sub(r"\\x([0-9a-f]{2})", lambda found: "\\" + chr(int(found[1], 16)), source)
            if one := re.fullmatch(r"\[\\?([^\\^dswDSW])\]", plain):
                return f"\\{one[1]}" if one[1] in _SPECIAL else one[1]
            return plain[1:-1] if re.fullmatch(r"\[\\[dswDSW]\]", plain) else plain
        case Group(body=body):
            return f"({''.join(map(_spell, body))})"
        case Either(bodies=bodies):
            return f"(?:{'|'.join(''.join(map(_spell, body)) for body in bodies)})"
        case Look(body=body, ahead=ahead, negative=negative):
            return f"(?{'' if ahead else '<'}{'!' if negative else '='}{''.join(map(_spell, body))})"
        case Repeat(body=body, least=least, most=most):
            inside = "".join(map(_spell, body))
            if len(body) > 1 or isinstance(body[0], Repeat):
                inside = f"(?:{inside})"
            counts = {(0, None): "*", (1, None): "+", (0, 1): "?"}
            exact = f"{{{least}}}" if least == most else f"{{{least},{'' if most is None else most}}}"
            return inside + counts.get((least, most), exact)
        case Back(number=number):
            return f"\\{number}"
        case _:
            return ""
