"""Whether some Latin words are the name of a person.

Lives here: the lexicon of given names and surnames (`english_names.toml`, frequencies of a census and no row of anybody) and the judgement
of a whole cell or of a few words of a text: English names, names in pinyin, `SMITH, JOHN`, `O'Brien`, `Mary-Jane Watson`. Not here: finding
such words in a text (`privacy.detection.english_text`).
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache, lru_cache
from importlib import resources
from typing import Final

LETTER: Final = r"A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
WORD: Final = rf"[{LETTER}][{LETTER}'’‘`.-]*"
_CELL: Final = re.compile(rf"{WORD}(?:,? {WORD}|,{WORD}){{0,4}}\.?")
_WORDS: Final = re.compile(WORD)
_MARKS: Final = re.compile(r"['’‘`.]")
_MOST_WORDS: Final = 5
# Pinyin of a given name: one to three syllables. Wider than the table of syllables, for it is asked only beside a surname in pinyin.
_FINAL: Final = r"(?:iang|iong|uang|ang|eng|ing|ong|ian|iao|uan|uai|van|ai|ei|ao|ou|an|en|in|un|vn|ia|ie|iu|ua|uo|ui|ue|ve|a|o|e|i|u|v)"
_SYLLABLE: Final = rf"(?:(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw]){_FINAL}|(?:ang|ai|ei|ao|ou|an|en|er))"
_PINYIN: Final = re.compile(rf"{_SYLLABLE}(?:['-]?{_SYLLABLE}){{0,2}}")


class Standing(IntEnum):
    """How far a word is a name: not known, one that is an ordinary word too, one that is nothing else."""

    UNKNOWN = 0
    DOUBTFUL = 1
    SURE = 2


@dataclass(frozen=True, slots=True)
class EnglishLexicon:
    """Given names and surnames in lower case without accents, and the words that make something else of them."""

    given: frozenset[str]
    surnames: frozenset[str]
    words: frozenset[str]
    not_names: frozenset[str]
    before_places: frozenset[str]
    first_surnames: frozenset[str]
    titles: frozenset[str]
    suffixes: frozenset[str]
    particles: frozenset[str]

    def as_given(self, word: str) -> Standing:
        """How far a word is a given name; of Mary-Jane one part is enough."""
        return self._standing(word, self.given)

    def as_surname(self, word: str) -> Standing:
        """How far a word is a surname."""
        return self._standing(word, self.surnames)

    def _standing(self, word: str, names: frozenset[str]) -> Standing:
        parts = [part for part in word.split("-") if part]
        known = [part for part in parts if part in names]
        if not known:
            return Standing.UNKNOWN
        return Standing.SURE if any(part not in self.words for part in known) else Standing.DOUBTFUL


@cache
def english_lexicon() -> EnglishLexicon:
    """The lexicon that ships."""
    package = resources.files(__package__)
    data = tomllib.loads(package.joinpath("english_names.toml").read_text("utf-8"))
    pinyin = tomllib.loads(package.joinpath("person_names.toml").read_text("utf-8"))["pinyin_surnames"]

    def of(key: str) -> frozenset[str]:
        return frozenset(data[key].split())

    return EnglishLexicon(
        of("given"),
        of("surnames"),
        of("words"),
        of("not_names"),
        of("before_places"),
        frozenset(pinyin.split()) | of("romanised"),
        of("titles"),
        of("suffixes"),
        of("particles"),
    )


@lru_cache(maxsize=65_536)
def plain(word: str) -> str:
    """A word in lower case without accents, apostrophes and dots: O'Brien is obrien."""
    word = _MARKS.sub("", word).lower()
    if not word.isascii():
        word = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
        word = word.replace("ø", "o").replace("đ", "d").replace("ł", "l").replace("ß", "ss").replace("æ", "ae")
    return word.strip("-")


def is_pinyin(word: str) -> bool:
    """Whether a plain word may be a given name in pinyin."""
    return _PINYIN.fullmatch(word) is not None


def is_full_name(words: Sequence[str], *, comma: bool = False) -> bool:
    """Whether words, as they stand in a text, are a full name; `comma`: surname and given name stand the other way round."""
    lexicon = english_lexicon()
    every = [plain(word) for word in words]
    titled = every[0] in lexicon.titles if every else False
    core = [
        word
        for word in every
        if word and word not in lexicon.titles and word not in lexicon.suffixes and word not in lexicon.particles
    ]
    named = [word for word in core if len(word) > 1]
    if not 1 <= len(named) <= 4 or len(core) > _MOST_WORDS or not lexicon.not_names.isdisjoint(named):
        return False
    if every[0] in lexicon.before_places or len(core) < 2:
        return titled and len(core) == 1
    return titled or is_romanised(named) or _are_given_and_surname(core, comma=comma)


def _are_given_and_surname(core: Sequence[str], *, comma: bool) -> bool:
    """Whether one of two or more plain words is a frequent given name, or a surname where a given name may stand beside it."""
    lexicon = english_lexicon()
    if comma:
        first, last = core[1], core[0]
    else:
        first, last = core[0], core[-1]
    given, surname = lexicon.as_given(first), lexicon.as_surname(last)
    if len(first) == 1 or len(last) == 1:  # an initial
        return max(given, surname, lexicon.as_surname(first)) is Standing.SURE
    return Standing.SURE in (given, surname) or Standing.UNKNOWN not in (given, surname)


def is_romanised(words: Sequence[str]) -> bool:
    """Whether two or three plain words are a Chinese name in Latin letters, in either order: Zhang Wei, Xiaoming Wang, Chan Tai Man."""
    surnames = english_lexicon().first_surnames
    if len(words) == 2:
        first, second = words
        return (first in surnames and is_pinyin(second)) or (second in surnames and is_pinyin(first))
    if len(words) == 3:
        return (words[0] in surnames and is_pinyin(words[1]) and is_pinyin(words[2])) or (
            words[2] in surnames and is_pinyin(words[0]) and is_pinyin(words[1])
        )
    return False


def read_cell(text: str) -> bool | None:
    """Whether a whole cell is the name of a person; None when it has not even the shape of one."""
    if len(text) > 60 or _CELL.fullmatch(text) is None:
        return None
    words = _WORDS.findall(text)
    if len(words) > _MOST_WORDS:
        return None
    if len(words) == 1:
        return is_single_name(words[0])
    name = is_full_name(words, comma="," in text)
    # Names are written with capitals or, where somebody typed in a hurry, without any; Smith reports is no name.
    written = all(word[0].isupper() or plain(word) in english_lexicon().particles for word in words) or text.islower()
    return name and written


def is_single_name(word: str) -> bool:
    """Whether one word is a given name or a surname and nothing else."""
    lexicon = english_lexicon()
    word = plain(word)
    return max(lexicon.as_given(word), lexicon.as_surname(word)) is Standing.SURE
