"""Chinese identifiers as numbers: each well-formed one has its rank, and every rank is a well-formed one.

Lives here: for each type that can have a surrogate, the tables of what its parts may be, and the counting of its values
in mixed radix, for whole columns. The check digit is not counted: it is checked on the way in and made on the way out.
Ranks are encrypted in `privacy.masking.surrogate`.

Sources: GB 11643-1999 (resident ID), GB/T 2260 (areas), GB 32100-2015 (credit code), ISO/IEC 7812-1 (Luhn).
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from privacy.detection.checksums import (
    CARD_PREFIXES,
    ID_CHECK,
    ID_WEIGHTS,
    USCC_ALPHABET,
    USCC_PREFIXES,
    USCC_WEIGHTS,
)
from privacy.masking.columns import Bytes, Flags
from privacy.masking.ff1_cipher import Words

DIGITS: Final = "0123456789"
_NONE: Final = 0xFF
_STATE_REGISTRY: Final = 100_000  # the area in a credit code of the state's own registry
_SEQUENCE: Final = 1000
_HEAD: Final = 4  # digits of a card number by which the issuers in use are told


class Ranked(Protocol):
    """The values of one type and length."""

    @property
    def length(self) -> int:
        """Characters of a value."""
        ...

    @property
    def size(self) -> int:
        """How many values there are."""
        ...

    def rank(self, text: Bytes) -> tuple[Words, Flags]:
        """The rank (below `size`) of each row of an (n, length) matrix of ASCII, and which rows have one."""
        ...

    def unrank(self, ranks: Words) -> Bytes:
        """The values of the given ranks as such a matrix."""
        ...


@dataclass(frozen=True, slots=True)
class Table:
    """Some of the numbers below a bound, in order: `places` (bound) has each one's place, -1 for the others."""

    members: Words
    places: npt.NDArray[np.int64]

    @classmethod
    def of(cls, members: Sequence[int], bound: int) -> Table:
        ordered = np.array(sorted(set(members)), dtype=np.uint64)
        places = np.full(bound, -1, dtype=np.int64)
        places[ordered] = np.arange(len(ordered))
        return cls(ordered, places)

    def __len__(self) -> int:
        return len(self.members)

    def place(self, numbers: Words, fits: Flags) -> Words:
        """The place of each number; clears `fits` where it has none."""
        found = self.places[np.where(fits, numbers, 0)]
        fits &= found >= 0
        return np.where(fits, found, 0).astype(np.uint64)


def _lookup(characters: str) -> Bytes:
    table = np.full(256, _NONE, dtype=np.uint8)
    table[np.frombuffer(characters.encode(), dtype=np.uint8)] = np.arange(len(characters), dtype=np.uint8)
    return table


_DIGIT_OF: Final = _lookup(DIGITS)
_USCC_OF: Final = _lookup(USCC_ALPHABET)
_USCC_LETTERS: Final = np.frombuffer(USCC_ALPHABET.encode(), dtype=np.uint8)
_CHECK_LETTERS: Final = np.frombuffer(ID_CHECK.encode(), dtype=np.uint8)


def _number(values: Bytes, radix: int = 10) -> Words:
    number: Words = np.zeros(len(values), dtype=np.uint64)
    for column in range(values.shape[1]):
        number *= np.uint64(radix)
        number += values[:, column]
    return number


def _spell(into: Bytes, numbers: Words, radix: int = 10) -> None:
    """Write numbers into the columns of `into` as values below `radix`, the last place last."""
    for column in reversed(range(into.shape[1])):
        rest = numbers // np.uint64(radix)
        into[:, column] = numbers - rest * np.uint64(radix)
        numbers = rest


def _parted(ranks: Words, size: int) -> tuple[Words, Words]:
    """The quotient and the remainder."""
    quotient = ranks // np.uint64(size)
    return quotient, ranks - quotient * np.uint64(size)


def _weighed(values: Bytes, weights: Sequence[int], modulus: int) -> npt.NDArray[np.int64]:
    total: npt.NDArray[np.int64] = values.astype(np.int64) @ np.array(weights, dtype=np.int64)
    return total % modulus


@dataclass(frozen=True, slots=True)
class ResidentIds:
    """An area that has or had a code, a date of birth, three digits of sequence; and the check digit."""

    areas: Table
    births: Table  # by year - the first one, month - 1, day - 1, each in its radix
    first_year: int
    length: int = 18

    @property
    def size(self) -> int:
        return len(self.areas) * len(self.births) * _SEQUENCE

    def rank(self, text: Bytes) -> tuple[Words, Flags]:
        values = _DIGIT_OF[text[:, :17]]
        fits = np.asarray((values != _NONE).all(axis=1))
        area = self.areas.place(_number(values[:, :6]), fits)
        year, month, day = (_number(values[:, part]) for part in (slice(6, 10), slice(10, 12), slice(12, 14)))
        fits &= (year >= self.first_year) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
        fits &= year < self.first_year + len(self.births.places) // 372
        key = ((year - np.uint64(self.first_year)) * np.uint64(12) + month - np.uint64(1)) * np.uint64(31)
        birth = self.births.place(key + day - np.uint64(1), fits)
        fits &= _CHECK_LETTERS[_weighed(values, ID_WEIGHTS, 11)] == text[:, 17]
        ranks = (area * np.uint64(len(self.births)) + birth) * np.uint64(_SEQUENCE) + _number(values[:, 14:17])
        return ranks, fits

    def unrank(self, ranks: Words) -> Bytes:
        made = np.empty((len(ranks), self.length), dtype=np.uint8)
        rest, sequence = _parted(ranks, _SEQUENCE)
        area, birth = _parted(rest, len(self.births))
        months, day = _parted(self.births.members[birth], 31)
        year, month = _parted(months, 12)
        _spell(made[:, :6], self.areas.members[area])
        _spell(made[:, 6:10], year + np.uint64(self.first_year))
        _spell(made[:, 10:12], month + np.uint64(1))
        _spell(made[:, 12:14], day + np.uint64(1))
        _spell(made[:, 14:17], sequence)
        check = _CHECK_LETTERS[_weighed(made[:, :17], ID_WEIGHTS, 11)]
        made[:, :17] += np.uint8(ord("0"))
        made[:, 17] = check
        return made


@dataclass(frozen=True, slots=True)
class Mobiles:
    """A prefix in use for personal numbers, and eight digits."""

    prefixes: Table
    length: int = 11

    @property
    def size(self) -> int:
        return len(self.prefixes) * 10**8

    def rank(self, text: Bytes) -> tuple[Words, Flags]:
        values = _DIGIT_OF[text]
        fits = np.asarray((values != _NONE).all(axis=1))
        prefix = self.prefixes.place(_number(values[:, :3]), fits)
        return prefix * np.uint64(10**8) + _number(values[:, 3:]), fits

    def unrank(self, ranks: Words) -> Bytes:
        made = np.empty((len(ranks), self.length), dtype=np.uint8)
        prefix, rest = _parted(ranks, 10**8)
        _spell(made[:, :3], self.prefixes.members[prefix])
        _spell(made[:, 3:], rest)
        made += np.uint8(ord("0"))
        return made


@dataclass(frozen=True, slots=True)
class Cards:
    """An issuer's number in use, digits, and Luhn's check digit."""

    heads: Table
    length: int

    @property
    def size(self) -> int:
        return len(self.heads) * int(10 ** (self.length - _HEAD - 1))

    def rank(self, text: Bytes) -> tuple[Words, Flags]:
        values = _DIGIT_OF[text]
        fits = np.asarray((values != _NONE).all(axis=1))
        head = self.heads.place(_number(values[:, :_HEAD]), fits)
        fits &= _luhn_digit(values[:, :-1]) == values[:, -1]
        rest = _number(values[:, _HEAD:-1])
        return head * np.uint64(10 ** (self.length - _HEAD - 1)) + rest, fits

    def unrank(self, ranks: Words) -> Bytes:
        made = np.empty((len(ranks), self.length), dtype=np.uint8)
        head, rest = _parted(ranks, 10 ** (self.length - _HEAD - 1))
        _spell(made[:, :_HEAD], self.heads.members[head])
        _spell(made[:, _HEAD:-1], rest)
        made[:, -1] = _luhn_digit(made[:, :-1])
        made += np.uint8(ord("0"))
        return made


def _luhn_digit(body: Bytes) -> Bytes:
    """The check digit that follows each row of digits."""
    doubled = np.array([2 * digit - 9 * (digit > 4) for digit in range(10)], dtype=np.uint8)
    total: npt.NDArray[np.int64] = np.zeros(len(body), dtype=np.int64)
    for place, column in enumerate(reversed(range(body.shape[1]))):
        digits = np.minimum(body[:, column], 9)
        total += doubled[digits] if place % 2 == 0 else digits
    return (-total % 10).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class CreditCodes:
    """Department and category, the area of registration, nine characters; and the check character."""

    heads: Table  # both characters as one number in radix 31
    areas: Table
    length: int = 18

    @property
    def size(self) -> int:
        return len(self.heads) * len(self.areas) * 31**9

    def rank(self, text: Bytes) -> tuple[Words, Flags]:
        values, area = _USCC_OF[text], _DIGIT_OF[text[:, 2:8]]
        fits = np.asarray((values != _NONE).all(axis=1) & (area != _NONE).all(axis=1))
        head = self.heads.place(_number(values[:, :2], 31), fits)
        place = self.areas.place(_number(area), fits)
        fits &= (31 - _weighed(values[:, :17], USCC_WEIGHTS, 31)) % 31 == values[:, 17]
        return (head * np.uint64(len(self.areas)) + place) * np.uint64(31**9) + _number(values[:, 8:17], 31), fits

    def unrank(self, ranks: Words) -> Bytes:
        made = np.empty((len(ranks), self.length), dtype=np.uint8)
        rest, body = _parted(ranks, 31**9)
        head, area = _parted(rest, len(self.areas))
        _spell(made[:, :2], self.heads.members[head], 31)
        _spell(made[:, 2:8], self.areas.members[area])
        _spell(made[:, 8:17], body, 31)
        made[:, 17] = (31 - _weighed(made[:, :17], USCC_WEIGHTS, 31)) % 31
        return _USCC_LETTERS[made]


def _spread(text: str) -> list[int]:
    """The numbers of a list such as `0101-0119 0221`."""
    numbers: list[int] = []
    for part in text.split():
        first, _, last = part.partition("-")
        numbers.extend(range(int(first), int(last or first) + 1))
    return numbers


_TABLES: Final = tomllib.loads(resources.files(__package__).joinpath("surrogate_tables.toml").read_text("utf-8"))
TABLES_VERSION: Final = int(_TABLES["version"])
"""Part of every surrogate's key: other tables give other surrogates, never a mixture of both."""


def _resident_ids(areas: list[int]) -> ResidentIds:
    first, last = (np.datetime64(day, "D") for day in _TABLES["birth"])
    days = np.arange(first, last + np.timedelta64(1, "D")).astype(str)
    year = int(str(first)[:4])
    keys = [((int(day[:4]) - year) * 12 + int(day[5:7]) - 1) * 31 + int(day[8:]) - 1 for day in days.tolist()]
    return ResidentIds(Table.of(areas, 10**6), Table.of(keys, (max(keys) // 372 + 1) * 372), year)


def _forms() -> dict[str, tuple[Ranked, ...]]:
    areas = [int(head) * 10_000 + rest for head, text in _TABLES["areas"].items() for rest in _spread(text)]
    heads = [number for number in range(10**_HEAD) if f"{number:04d}".startswith(CARD_PREFIXES)]
    offices = [USCC_ALPHABET.index(pair[0]) * 31 + USCC_ALPHABET.index(pair[1]) for pair in USCC_PREFIXES]
    registries = Table.of([*areas, _STATE_REGISTRY], 10**6)
    return {
        "CN_RESIDENT_ID": (_resident_ids(areas),),
        "CN_MOBILE": (Mobiles(Table.of(_spread(_TABLES["mobile"]), 1000)),),
        "CN_BANK_CARD": tuple(Cards(Table.of(heads, 10**_HEAD), length) for length in range(16, 20)),
        "CN_USCC": (CreditCodes(Table.of(offices, 31 * 31), registries),),
    }


FORMS: Final = _forms()
"""The types that can have a surrogate, with a form for each length."""
