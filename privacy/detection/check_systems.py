"""Check digits by the name of their system, for rules that a bureau writes: how many values pass, and how many do by luck.

Lives here: the systems that work on a number of any length, one value at a time and vectorised; a test holds the two equal. Not here: the
check digits of one document or card with its length and build (`privacy.detection.check_digits`, `privacy.detection.checksums`).

Values are compact: no separators, upper case. Sources: ISO/IEC 7812-1 annex B (Luhn), ISO/IEC 7064:2003 (MOD 11-2, MOD 11,10, MOD 37,36,
MOD 97-10), GB 11714-1997 (weights 3, 7, 9, 10, 5, 8, 4, 2 and modulus 11).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from privacy.detection.check_digits import organization_code_checksum, organization_codes
from privacy.detection.checksums import BoolArray, byte_matrix, lengths_of

LONGEST: Final = 64  # characters of a value with a check digit
_CHARACTERS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NUMBERS: Final = np.full(256, -1, dtype=np.int64)
for _number, _char in enumerate(_CHARACTERS):
    _NUMBERS[ord(_char)] = _number
_X: Final = _CHARACTERS.index("X")

IntArray = npt.NDArray[np.int64]
CheckMany = Callable[[Sequence[str]], BoolArray]


@dataclass(frozen=True, slots=True)
class CheckSystem:
    """A system: the share of values that pass by luck, and whether one or many values pass. Values beyond ASCII never do."""

    name: str
    luck: float
    one: Callable[[str], bool]
    many: Callable[[Sequence[str]], BoolArray]


# A step takes what has been carried so far and the number of a character (0–35) to what is carried on.
_Step = Callable[[IntArray, IntArray], IntArray]


def _folded(step: _Step, start: int, largest: int, ends_in: Callable[[IntArray, IntArray], BoolArray]) -> CheckMany:
    """Many values, a place at a time. The last character is judged by `ends_in`; those before are at most `largest`."""

    def many(values: Sequence[str]) -> BoolArray:
        matrix = byte_matrix(values, LONGEST + 1)
        lengths = lengths_of(values)
        numbers = _NUMBERS[matrix]
        carried = np.full(len(values), start, dtype=np.int64)
        known = (lengths >= 2) & (lengths <= LONGEST)
        for place in range(min(int(lengths.max(initial=0)), LONGEST + 1) - 1):
            before_last = place < lengths - 1
            known &= ~before_last | ((numbers[:, place] >= 0) & (numbers[:, place] <= largest))
            carried = np.where(before_last, step(carried, np.maximum(numbers[:, place], 0)), carried)
        last = np.clip(lengths - 1, 0, LONGEST)
        final = np.take_along_axis(numbers, last[:, np.newaxis], axis=1)[:, 0]
        passed: BoolArray = known & (final >= 0) & ends_in(carried, final)
        return passed

    return many


def _numbers(value: str, largest: int) -> list[int] | None:
    """The numbers of a value's characters; None when it has others or is too short or too long."""
    if not 2 <= len(value) <= LONGEST:
        return None
    numbers = [_CHARACTERS.find(char) for char in value]
    return numbers if all(0 <= number <= largest for number in numbers[:-1]) and numbers[-1] >= 0 else None


def _luhn(value: str) -> bool:
    numbers = _numbers(value, 9)
    if numbers is None or numbers[-1] > 9:
        return False
    doubled = (2 * number - 9 * (number > 4) if at % 2 else number for at, number in enumerate(reversed(numbers)))
    return sum(doubled) % 10 == 0


def _luhn_many(values: Sequence[str]) -> BoolArray:
    matrix = byte_matrix(values, LONGEST + 1)
    lengths = lengths_of(values)
    total = np.zeros(len(values), dtype=np.int64)
    known = (lengths >= 2) & (lengths <= LONGEST)
    for place in range(min(int(lengths.max(initial=0)), LONGEST + 1)):
        number = _NUMBERS[matrix[:, place]]
        inside = place < lengths
        known &= ~inside | ((number >= 0) & (number <= 9))
        doubled = 2 * number - 9 * (number > 4)
        total += np.where(inside, np.where((lengths - place) % 2 == 0, doubled, number), 0)
    passed: BoolArray = known & (total % 10 == 0)
    return passed


def _mod_11_2(value: str) -> bool:
    if value.endswith("X"):
        value, last = value[:-1] + "0", 10
    else:
        last = int(value[-1]) if value[-1:].isascii() and value[-1:].isdigit() else -1
    numbers = _numbers(value, 9)
    if numbers is None or last < 0:
        return False
    carried = 0
    for number in numbers[:-1]:
        carried = (carried + number) * 2 % 11
    return (carried + last) % 11 == 1


def _ends_mod_11_2(carried: IntArray, final: IntArray) -> BoolArray:
    last = np.where(final == _X, 10, final)
    ends: BoolArray = (last <= 10) & ((final <= 9) | (final == _X)) & ((carried + last) % 11 == 1)
    return ends


def _hybrid(modulus: int) -> Callable[[str], bool]:
    """MOD `modulus` + 1, `modulus`: the hybrid systems of ISO/IEC 7064."""

    def one(value: str) -> bool:
        numbers = _numbers(value, modulus - 1)
        if numbers is None or numbers[-1] >= modulus:
            return False
        carried = modulus
        for number in numbers[:-1]:
            carried = ((carried + number) % modulus or modulus) * 2 % (modulus + 1)
        return (carried + numbers[-1]) % modulus == 1

    return one


def _hybrid_many(modulus: int) -> CheckMany:
    def step(carried: IntArray, number: IntArray) -> IntArray:
        rest = (carried + number) % modulus
        return np.asarray(np.where(rest == 0, modulus, rest) * 2 % (modulus + 1), dtype=np.int64)

    def ends(carried: IntArray, final: IntArray) -> BoolArray:
        passed: BoolArray = (final < modulus) & ((carried + final) % modulus == 1)
        return passed

    return _folded(step, modulus, modulus - 1, ends)


def _mod_97_10(value: str) -> bool:
    """Letters count as 10 to 35; the last two characters are the check digits."""
    numbers = _numbers(value, 35)
    if numbers is None or max(numbers[-2:]) > 9 or len(numbers) < 3:
        return False
    return int("".join(map(str, numbers))) % 97 == 1


def _mod_97_10_many(values: Sequence[str]) -> BoolArray:
    def step(carried: IntArray, number: IntArray) -> IntArray:
        return (carried * np.where(number >= 10, 100, 10) + number) % 97

    def ends(carried: IntArray, final: IntArray) -> BoolArray:
        passed: BoolArray = (final <= 9) & (step(carried, final) == 1)
        return passed

    passed = _folded(step, 0, 35, ends)(values)
    lengths = lengths_of(values)
    matrix = byte_matrix(values, LONGEST + 1)
    before = np.take_along_axis(matrix, np.clip(lengths - 2, 0, LONGEST)[:, np.newaxis], axis=1)[:, 0]
    return np.asarray(passed & (lengths >= 3) & (before >= ord("0")) & (before <= ord("9")), dtype=np.bool_)


_ALL: Final = (
    CheckSystem("luhn", 1 / 10, _luhn, _luhn_many),
    CheckSystem(
        "mod_11_2",
        1 / 11,
        _mod_11_2,
        _folded(lambda carried, number: (carried + number) * 2 % 11, 0, 9, _ends_mod_11_2),
    ),
    CheckSystem("mod_11_10", 1 / 10, _hybrid(10), _hybrid_many(10)),
    CheckSystem("mod_37_36", 1 / 36, _hybrid(36), _hybrid_many(36)),
    CheckSystem("mod_97_10", 1 / 97, _mod_97_10, _mod_97_10_many),
    CheckSystem("gb_11714", 1 / 11, organization_code_checksum, organization_codes),
)
CHECK_SYSTEMS: Final[Mapping[str, CheckSystem]] = {system.name: system for system in _ALL}
