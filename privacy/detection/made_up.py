"""Running an expression on texts made up to hurt it, in a process of its own that is stopped when it takes too long.

Lives here: the texts, made of what the expression asks for, repeated and then spoiled; and the stop-watch around them. It is the net below
`privacy.detection.bounded`, which reads the expression and should have refused it already. Nothing of anybody's data is run here.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import combinations, islice
from pathlib import Path
from typing import Final

from privacy.detection.bounded import UnboundedExpression, example_of
from privacy.detection.syntax import Body, Characters, Either, Expression, Group, Repeat, walk

SECONDS: Final = 1.0  # of processor time, for all texts and both engines together
_LENGTH: Final = 10_000
_MOST_CHARACTERS: Final = 10
_MOST_TEXTS: Final = 60
_STOP_WATCH: Final = Path(__file__).with_name("stop_watch.py")


class SlowExpression(UnboundedExpression):
    """An expression that took too long on a made-up text."""

    def __init__(self, seconds: float) -> None:
        super().__init__("slow", seconds=f"{seconds:g}")


def require_quick(expression: Expression, *, seconds: float = SECONDS) -> None:
    """Run an expression over texts made for it, with Python's engine and with Presidio's.

    Raises: SlowExpression, when it is not done in time and was stopped; UnboundedExpression, when one engine does not take it.
    """
    task = {"regex": expression.compiled.pattern, "texts": list(texts_against(expression)), "seconds": seconds}
    try:
        done = subprocess.run(  # noqa: S603  # our own program, by its full path
            [sys.executable, "-I", str(_STOP_WATCH)],
            input=json.dumps(task),
            capture_output=True,
            text=True,
            timeout=2 * seconds + 5,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SlowExpression(seconds) from None
    if done.returncode < 0:  # the operating system ended it
        raise SlowExpression(seconds)
    if done.returncode:
        raise UnboundedExpression("unsupported")


def texts_against(expression: Expression, *, length: int = _LENGTH) -> Iterator[str]:
    """Texts of about `length` characters on which an expression has much to try and nothing to find."""
    pumps = dict.fromkeys([*_parts(expression.body), *_letters(expression.body)])
    lead = _example(expression.body)
    return islice(_pumped(pumps, lead, length), _MOST_TEXTS)


def _pumped(pumps: Iterable[str], lead: str, length: int) -> Iterator[str]:
    for pump in pumps:
        many = pump * (length // len(pump))
        yield many + "\x01"
        yield lead[:-1] + many + "\x01"


def _parts(body: Body) -> Iterator[str]:
    """Examples of the whole without its end, of what is repeated, and of alternatives."""
    if whole := _example(body)[:-1]:
        yield whole
    for node in walk(body):
        match node:
            case Repeat(body=inside) if example := _example(inside):
                yield example
            case Either(bodies=bodies):
                yield from filter(None, map(_example, bodies))
            case _:
                pass


def _letters(body: Body) -> Iterator[str]:
    """Characters that several sets of an expression have in common, then those of single sets, then pairs of them."""
    sources = list(dict.fromkeys(node.source for node in walk(body) if isinstance(node, Characters)))
    shared = (example_of(one, other) for one, other in combinations(sources, 2))
    single = (example_of(source) for source in sources)
    found = list(islice(dict.fromkeys(char for char in (*shared, *single) if char), _MOST_CHARACTERS))
    yield from found
    yield from (first + second for first, second in combinations(found, 2))


def _example(body: Body) -> str:
    """A short text that `body` matches, look-arounds aside."""
    pieces = []
    for node in body:
        match node:
            case Characters(source=source):
                pieces.append(example_of(source) or "")
            case Group(body=inside) | Either(bodies=(inside, *_)):
                pieces.append(_example(inside))
            case Repeat(body=inside, least=least):
                pieces.append(_example(inside) * max(least, 1))
            case _:
                pass
    return "".join(pieces)
