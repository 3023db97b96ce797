"""The words of labelled tables by language and half (`words.toml`)."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

Halves = tuple[tuple[str, ...], tuple[str, ...]]
_FILE: Final = Path(__file__).with_name("words.toml")


@cache
def all_words() -> dict[str, dict[str, Halves]]:
    """Language → list → its words in the tuned and in the held-out half."""
    document = tomllib.loads(_FILE.read_text("utf-8"))
    return {
        language: {name: (tuple(entry["tuned"]), tuple(entry["held_out"])) for name, entry in lists.items()}
        for language, lists in document.items()
    }


def zh(name: str) -> Halves:
    """A list of Chinese words."""
    return all_words()["zh"][name]


def en(name: str) -> Halves:
    """A list of English words."""
    return all_words()["en"][name]


def halves(text: str) -> Halves:
    """Words written out where they are used: the tuned half left of the bar, the other right of it."""
    left, right = text.split("|")
    return tuple(left.split()), tuple(right.split())
