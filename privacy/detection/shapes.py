"""Shapes that a whole cell may have: organisation, administrative area, address, diagnosis, date, number.

Lives here: structure of values that no checksum proves. Each function says which cells have the shape; whether a column is of the
type is decided in `privacy.detection.verdict` from the share of such cells and the column's name. The expressions run in RE2 over an
Arrow array: linear in the text, whatever the text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from privacy.detection.arrow import pc
from privacy.detection.cells import Cells, IntArray
from privacy.detection.checksums import BoolArray
from privacy.detection.lexicons import load_lexicon, shape_words

_HAN: Final = r"\x{3400}-\x{9fff}"

_BRACKETED: Final = r"(?:\([^)]{1,20}\))?"


def _one_of(words: Sequence[str]) -> str:
    """An expression of any of `words`, the longest first so that the finer word is taken."""
    return "(?:" + "|".join(sorted(words, key=len, reverse=True)) + ")"


def _build() -> Mapping[str, str]:
    """The expressions of all shapes, from the words of the lexicon."""
    words = shape_words()
    organisation, address, diagnosis = words["organisation"], words["address"], words["diagnosis"]
    places = [word for word, types in load_lexicon().words.items() if "REGION" in types]
    han = f"[{_HAN}]"
    levels = (
        rf"(?:{han}{{2,8}}(?:省|自治区|特别行政区))?(?:{han}{{1,8}}(?:市|地区|自治州|盟))?(?:{han}{{1,10}}(?:区|县|旗|市|开发区))?"
        rf"(?:{han}{{1,8}}(?:街道|镇|乡|苏木))?(?:{han}{{1,10}}(?:村|社区|居委会|村委会|村民委员会|居民委员会))?"
    )
    number = r"(?:[0-9]{1,5}(?:[-—][0-9]{1,4}){0,3}|[一二三四五六七八九十百甲乙丙丁]{1,5}|[A-Z])"
    return {
        "organisation": rf"^[{_HAN}A-Za-z0-9()·&.\- ]{{2,60}}{_one_of(organisation['endings'])}{_BRACKETED}$",
        "latin_organisation": rf"(?i)^.{{2,60}}\b{_one_of(organisation['latin_endings'])}\.?$",
        "region": f"^{levels}$",
        "place": rf"^(?:{_one_of(places)}[省市]?){{1,2}}(?:{han}{{1,6}}[区县市])?$",
        "not_region": rf"{_one_of(words['region']['not_endings'])}$|^.{{1}}$",
        "address": rf"{han}{_one_of(address['roads'])}(?:[{_HAN}A-Za-z() ]{{0,8}}{number} ?{_one_of(address['units'])}|[0-9]{{1,5}}$)",
        "village": rf"{han}{{2,}}(?:省|市|区|县){han}{{1,10}}(?:镇|乡|街道|区){han}{{1,12}}{_one_of(address['villages'])}",
        "latin_address": r"(?i)^(?:(?:unit|apt|suite|room|flat|no\.?)\s*[0-9a-z-]+,?\s+)?[0-9]{1,5}[a-z]?,?\s+(?:[a-z'.]+\s+){1,4}"
        + _one_of(address["latin_roads"])
        + r"\b",
        "diagnosis": rf"^[{_HAN}A-Za-z0-9(),、/\- ]{{0,40}}{_one_of(diagnosis['endings'])}"
        rf"(?:[0-9]{{1,2}}级|(?:I{{1,3}}|IV|[1-4])型|急性期|恢复期|史|待查|伴.{{1,10}}|\(.{{1,20}}\))?$",
        "latin_diagnosis": rf"(?i)\b{_one_of(diagnosis['latin'])}\b",
    }


_EXPRESSIONS: Final = _build()
_ICD: Final = r"^[A-TV-Z][0-9]{2}(?:\.[0-9xX]{1,3}(?:[0-9A-Za-z+*]{0,4})?)$"
_YEAR: Final = r"1[89][0-9]{2}|20[0-4][0-9]"
_MONTH: Final = r"(?:0?[1-9]|1[0-2])"
_DAY: Final = r"(?:0?[1-9]|[12][0-9]|3[01])"
_MIDNIGHT: Final = r"0?0:00(?::00)?(?:\.0+)?"
_CLOCK: Final = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9:]{4,6})?"
_DATE: Final = re.compile(
    rf"(?<![^\0])(?:({_YEAR})(?:([-/.]){_MONTH}(?:\2{_DAY})?|年{_MONTH}月(?:{_DAY}日)?|(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]))"
    rf"|{_DAY}([-/.]){_DAY}\3(19[0-9]{{2}}|20[0-4][0-9]))"
    rf"(?:[ T](?:{_MIDNIGHT}|({_CLOCK})))?(?![^\0])"
)
_LOST_DIGITS: Final = re.compile(r"[1-9]\.[0-9]{1,9}[eE]\+?1[0-9]")
FIRST_YEAR: Final = 1800
LAST_YEAR: Final = 2049


def has_shape(cells: Cells, where: BoolArray, expression: str) -> BoolArray:
    """Which of the cells at `where` match the RE2 `expression`."""
    found = np.zeros(len(cells), dtype=np.bool_)
    index = np.flatnonzero(where)
    if len(index):
        texts = pa.array([cells.texts[i] for i in index.tolist()], type=pa.string())
        found[index] = pc.match_substring_regex(texts, pattern=expression).to_numpy(zero_copy_only=False)
    return found


def organisations(cells: Cells) -> BoolArray:
    """Names of enterprises, offices, schools, hospitals."""
    f = cells.features
    chinese = (f.han >= 3) & (f.length <= 80) & (f.digits <= 4)
    latin = (f.han == 0) & (f.letters >= 4) & (f.spaces >= 1) & (f.length <= 80)
    return has_shape(cells, chinese, _EXPRESSIONS["organisation"]) | has_shape(
        cells, latin, _EXPRESSIONS["latin_organisation"]
    )


def regions(cells: Cells) -> BoolArray:
    """Administrative areas from province down to village, alone or in a row, without road and number."""
    f = cells.features
    candidates = (f.han == f.length) & (f.length >= 2) & (f.length <= 40)
    found = has_shape(cells, candidates, _EXPRESSIONS["region"])
    found |= has_shape(cells, candidates & (f.length <= 12) & ~found, _EXPRESSIONS["place"])
    return found & ~has_shape(cells, found, _EXPRESSIONS["not_region"])


def addresses(cells: Cells) -> BoolArray:
    """Cells that are an address as a whole: a road or estate with a number, or at least three levels down to a village."""
    f = cells.features
    chinese = (f.han >= 4) & (f.length >= 6) & (f.length <= 90) & (f.han + f.digits >= 0.7 * f.length)
    latin = (f.han == 0) & (f.letters >= 6) & (f.digits >= 1) & (f.spaces >= 2) & (f.length <= 120)
    return (
        has_shape(cells, chinese & (f.digits + f.units >= 1), _EXPRESSIONS["address"])
        | has_shape(cells, chinese & (f.length >= 8), _EXPRESSIONS["village"])
        | has_shape(cells, latin, _EXPRESSIONS["latin_address"])
    )


def diagnoses(cells: Cells) -> BoolArray:
    """Names of diseases and symptoms."""
    f = cells.features
    chinese = (f.han >= 2) & (f.length <= 40)
    latin = (f.han == 0) & (f.letters >= 5) & (f.length <= 80) & (f.digits <= 4)
    return has_shape(cells, chinese, _EXPRESSIONS["diagnosis"]) | has_shape(
        cells, latin, _EXPRESSIONS["latin_diagnosis"]
    )


def disease_codes(cells: Cells) -> BoolArray:
    """ICD-10 codes with their decimal part; without it A12 may be any code."""
    f = cells.features
    candidates = (f.letters >= 1) & (f.dots == 1) & (f.digits >= 3) & (f.length >= 5) & (f.length <= 11)
    return has_shape(cells, candidates, _ICD)


@dataclass(frozen=True, slots=True)
class DateShape:
    """Rows with a date per year from `FIRST_YEAR` on, rows whose date has a time of day, and which cells are dates."""

    years: IntArray
    timed_rows: int
    dates: BoolArray


def dates(cells: Cells) -> DateShape:
    """Cells that are a date in one of the usual notations."""
    f = cells.features
    years = np.zeros(LAST_YEAR - FIRST_YEAR + 1, dtype=np.int64)
    found = np.zeros(len(cells), dtype=np.bool_)
    timed = 0
    candidates = (
        (f.digits >= 5) & (f.digits <= 23) & (f.length >= 6) & (f.length <= 32) & (f.letters <= 2) & (f.han <= 3)
    )
    candidates &= (f.digits == 8) | (f.length > f.digits)
    index = np.flatnonzero(candidates)
    joined = "\0".join([cells.texts[i] for i in index.tolist()])
    if not index.size:
        return DateShape(years, 0, found)
    lengths = cells.features.length[index]
    starts = np.zeros(len(index), dtype=np.int64)
    starts[1:] = np.cumsum(lengths[:-1] + 1)
    hits = [(m.start(), int(m[1] or m[4]), m[5] is not None) for m in _DATE.finditer(joined)]
    if not hits:
        return DateShape(years, 0, found)
    at, year, with_time = (np.array(column) for column in zip(*hits, strict=True))
    which = index[np.searchsorted(starts, at, side="right") - 1]
    found[which] = True
    rows = cells.counts[which]
    np.add.at(years, np.clip(year, FIRST_YEAR, LAST_YEAR) - FIRST_YEAR, rows)
    timed = int(rows[with_time.astype(np.bool_)].sum())
    return DateShape(years, timed, found)


@dataclass(frozen=True, slots=True)
class NumberShape:
    """Rows that are one number: how many, how many whole, the least and greatest, and those in each range of interest."""

    rows: int = 0
    whole_rows: int = 0
    low: float = np.inf
    high: float = -np.inf
    east_rows: int = 0
    north_rows: int = 0
    fine_rows: int = 0
    six_digit_rows: int = 0
    age_rows: int = 0

    def merge(self, other: NumberShape) -> NumberShape:
        """Both together."""
        return NumberShape(
            self.rows + other.rows,
            self.whole_rows + other.whole_rows,
            min(self.low, other.low),
            max(self.high, other.high),
            self.east_rows + other.east_rows,
            self.north_rows + other.north_rows,
            self.fine_rows + other.fine_rows,
            self.six_digit_rows + other.six_digit_rows,
            self.age_rows + other.age_rows,
        )


def number_shape(values: npt.NDArray[np.float64], rows: IntArray) -> NumberShape:
    """What finite numbers look like; `rows[i]` rows hold `values[i]`. `fine`: more than three decimals."""
    if not len(values):
        return NumberShape()
    whole = values == np.floor(values)

    def count(mask: BoolArray) -> int:
        return int(rows[mask].sum())

    return NumberShape(
        rows=int(rows.sum()),
        whole_rows=count(whole),
        low=float(values.min()),
        high=float(values.max()),
        east_rows=count((values >= 73) & (values <= 136)),
        north_rows=count((values >= 3) & (values <= 54)),
        fine_rows=count(np.abs(values * 1000 - np.round(values * 1000)) > 1e-6),
        six_digit_rows=count(whole & (values >= 10_000) & (values <= 999_999)),
        age_rows=count(whole & (values >= 0) & (values <= 120)),
    )


def numbers_in(cells: Cells) -> tuple[BoolArray, NumberShape]:
    """Cells that are one plain number of at most 15 digits, and what they look like."""
    f = cells.features
    plain = (f.digits >= 1) & (f.digits <= 15) & (f.dots <= 1) & (f.letters == 0) & (f.length - f.digits - f.dots <= 1)
    index = np.flatnonzero(plain)
    texts = [cells.texts[i] for i in index.tolist()]
    if not texts:
        return plain, NumberShape()
    try:
        values = np.array(texts, dtype=np.float64)
    except ValueError:
        kept = [
            (i, number) for i, text in zip(index.tolist(), texts, strict=True) if (number := _number(text)) is not None
        ]
        plain = np.zeros(len(cells), dtype=np.bool_)
        index = np.array([i for i, _ in kept], dtype=np.int64)
        plain[index] = True
        values = np.array([number for _, number in kept], dtype=np.float64)
    return plain, number_shape(values, cells.counts[index])


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def lost_digit_rows(cells: Cells) -> int:
    """Rows such as 3.20501E+17: an identifier that a spreadsheet turned into a float."""
    f = cells.features
    index = np.flatnonzero((f.letters == 1) & (f.dots == 1) & (f.digits >= 4) & (f.length <= 16))
    return int(sum(cells.counts[i] for i in index.tolist() if _LOST_DIGITS.fullmatch(cells.texts[i])))
