"""Shapes that a whole cell may have: organisation, administrative area, address, diagnosis, date, number.

Lives here: structure of values that no checksum proves. Each function says which cells have the shape; whether a column is of the
type is decided in `privacy.detection.verdict` from the share of such cells and the column's name. The expressions run in RE2 over an
Arrow array: linear in the text, whatever the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from privacy.detection.arrow import pc
from privacy.detection.cells import Cells, Features, IntArray
from privacy.detection.checksums import PROVINCES, BoolArray, resident_ids
from privacy.detection.filters import Filter
from privacy.detection.folding import join
from privacy.detection.lexicons import load_lexicon, shape_words
from privacy.detection.plans import Planner
from privacy.detection.relaxed import relaxed
from privacy.detection.syntax import Expression

_HAN: Final = r"\x{3400}-\x{9fff}"

_STATES: Final = (  # of the United States and of their military posts
    "(?:A[KLPRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEHINOPST]|N[CDEHJMVY]|O[HKR]|P[AR]|RI|S[CD]|T[NX]|UT|V[AIT]|W[AIVY]|A[AEP]|GU)"
)
_BRACKETED: Final = r"(?:\([^)]{1,20}\))?"


def one_of(words: Sequence[str]) -> str:
    """An expression of any of `words`, the longest first so that the finer word is taken."""
    return "(?:" + "|".join(sorted(words, key=len, reverse=True)) + ")"


def _build() -> Mapping[str, str]:
    """The expressions of all shapes, from the words of the lexicon."""
    words = shape_words()
    organisation, address, diagnosis = words["organisation"], words["address"], words["diagnosis"]
    places = [word for word, types in load_lexicon().words.items() if "REGION" in types and not word.isascii()]
    han = f"[{_HAN}]"
    form = one_of(organisation["forms"])
    levels = (
        rf"(?:{han}{{2,8}}(?:省|自治区|特别行政区))?(?:{han}{{1,8}}(?:市|地区|自治州|盟))?(?:{han}{{1,10}}(?:区|县|旗|市|开发区))?"
        rf"(?:{han}{{1,8}}(?:街道|镇|乡|苏木))?(?:{han}{{1,10}}(?:村|社区|居委会|村委会|村民委员会|居民委员会))?"
    )
    number = r"(?:[0-9]{1,5}(?:[-—][0-9]{1,4}){0,3}|[一二三四五六七八九十百甲乙丙丁]{1,5}|[A-Z])"
    return {
        "organisation": rf"^[{_HAN}A-Za-z0-9()·&.\- ]{{2,}}{one_of(organisation['endings'])}{_BRACKETED}$",
        "legal_form": f"^{one_of(organisation['kinds'])}*{form}{_BRACKETED}{form}?{_BRACKETED}$",
        "latin_organisation": rf"(?i)^.{{2,}}\b{one_of(organisation['latin_endings'])}\.?$",
        "region": f"^{levels}$",
        "place": rf"^(?:{one_of(places)}[省市]?){{1,2}}(?:{han}{{1,6}}[区县市])?$",
        "not_region": rf"{one_of(words['region']['not_endings'])}$|^.{{1}}$",
        "address": rf"{han}{one_of(address['roads'])}(?:[{_HAN}A-Za-z() ]{{0,8}}{number} ?{one_of(address['units'])}|[0-9]{{1,5}}$)",
        "village": rf"{han}{{2,}}(?:省|市|区|县){han}{{1,10}}(?:镇|乡|街道|区){han}{{1,12}}{one_of(address['villages'])}",
        "latin_address": r"(?i)^(?:(?:unit|apt|suite|room|flat|no\.?)\s*[0-9a-z-]+,?\s+)?[0-9]{1,5}[a-z]?,?\s+(?:[a-z'.]+\s+){1,4}"
        + one_of(address["latin_roads"])
        + r"\b",
        # Ends with the state and the ZIP code, a military post, or a postcode of the United Kingdom, and begins with more than a town.
        "latin_place": r"^[\s\S]{4,}[,\n] ?(?:[A-Za-z .'-]+[, ] ?)?"
        rf"{_STATES},? [0-9]{{5}}(?:-[0-9]{{4}})?$"
        r"|^[0-9A-Z][\s\S]{6,}[,\n ] ?[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2}$",
        # A firm is called after three persons.
        "latin_partners": r"^[A-Z][A-Za-z'-]+, [A-Z][A-Za-z'-]+,? (?:and|&) [A-Z][A-Za-z'-]+$",
        "diagnosis": rf"^[{_HAN}A-Za-z0-9(),、/\- ]*{one_of(diagnosis['endings'])}"
        rf"(?:[0-9]{{1,2}}级|(?:I{{1,3}}|IV|[1-4])型|急性期|恢复期|史|待查|伴.{{1,10}}|\(.{{1,20}}\))?$",
        "latin_diagnosis": rf"(?i)\b{one_of(diagnosis['latin'])}\b",
    }


_EXPRESSIONS: Final = _build()
_ICD: Final = r"^(?:[A-T][0-9]{2}|U0[0-9])(?:\.[0-9xX]{1,3}(?:[0-9A-Za-z+*]{0,4})?)$"
_YEAR: Final = r"1[89][0-9]{2}|20[0-4][0-9]"
_MONTH: Final = r"(?:0?[1-9]|1[0-2])"
_DAY: Final = r"(?:0?[1-9]|[12][0-9]|3[01])"
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_MONTH_NAME: Final = one_of(
    sorted({form for month in _MONTHS for word in (month, month[:3]) for form in (word, word.upper(), word.lower())})
)
_DAY_OF: Final = rf"{_DAY}(?:st|nd|rd|th)?"
_MIDNIGHT: Final = r"0?0:00(?::00)?(?:\.0+)?"
_CLOCK: Final = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9:]{4,6})?"
_DATE: Final = re.compile(
    rf"(?<![^\0])(?:({_YEAR})(?:([-/.]){_MONTH}(?:\2{_DAY})?|年{_MONTH}月(?:{_DAY}日)?|(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]))"
    rf"|(?:{_DAY}([-/.]){_DAY}\3|{_DAY_OF}[ -]?{_MONTH_NAME}[.,]?[ -]?|{_MONTH_NAME}\.? ?{_DAY_OF},? )(19[0-9]{{2}}|20[0-4][0-9]))"
    rf"(?:[ T](?:{_MIDNIGHT}|({_CLOCK})))?(?![^\0])"
)
_DATE_PLANNER: Final = Planner([Expression(_DATE)])
_DATE_RELAXED: Final = relaxed(Expression(_DATE))
_THOUSANDS: Final = np.array([1000, 100, 10, 1])
_SCIENTIFIC: Final = r"^[1-9](?:\.[0-9]{1,16})?[eE]\+?1[0-9]$"
_ID_EXPONENT: Final = 17  # of eighteen digits
_PLAIN_NUMBER: Final = re.compile(rb"[+-]?(?:0+\.?0*|\.0+)")  # an outline
FIRST_YEAR: Final = 1800
LAST_YEAR: Final = 2049


def has_shape(cells: Cells, where: BoolArray, expression: str) -> BoolArray:
    """Which of the cells at `where` match the RE2 `expression`."""
    found = np.zeros(len(cells), dtype=np.bool_)
    index = np.flatnonzero(where)
    if len(index):
        found[index] = pc.match_substring_regex(cells.at(index), pattern=expression).to_numpy(zero_copy_only=False)
    return found


def codes(cells: Cells) -> BoolArray:
    """Cells that are one code or account: letters, digits and hyphens without a blank."""
    f = cells.outlines.features
    marks = f.length - f.digits - f.letters
    return cells.having((f.length >= 4) & (f.length <= 40) & (f.han + f.spaces + f.ats + f.colons == 0) & (marks <= 3))


# How files of images begin: JPEG, PNG, GIF, BMP, WebP, JPEG 2000; and the same in base64.
IMAGE_STARTS: Final = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"RIFF", b"\x00\x00\x00\x0cjP")
_IMAGE: Final = r"^(?:data:image/|/9j/4|iVBORw0KGgo|R0lGODlh|R0lGODdh|UklGR|Qk0[0-9A-Za-z+/]{6})"
_FILE_ENDING: Final = r"(?:jpe?g|png|bmp|gif|webp|tiff?|heic|jp2|wsq|wav|amr|dat|fpt)"
_IMAGE_FILE: Final = rf"(?i)^[^\s<>|]+\.{_FILE_ENDING}(?:\?\S*)?$"
_TEMPLATE: Final = r"^[0-9A-Za-z+/=_-]{64,}$"
_LONG: Final = 40


@dataclass(frozen=True, slots=True)
class _Shape:
    """An expression of RE2, the cells it is tried on, and what every match holds: words that Hyperscan finds faster."""

    expression: str
    fits: Callable[[Features], BoolArray]
    hint: str | None = None


def _chinese_address(f: Features) -> BoolArray:
    fits: BoolArray = (f.han >= 4) & (f.length >= 6) & (f.length <= 90) & (f.han + f.digits >= 0.7 * f.length)
    return fits


def _long_code(f: Features) -> BoolArray:
    long: BoolArray = (f.length >= _LONG) & (f.letters >= 8) & (f.han == 0)
    return long


def _shapes() -> Mapping[str, _Shape]:
    words = shape_words()
    of = _EXPRESSIONS
    return {
        "organisation": _Shape(
            of["organisation"],
            lambda f: (f.han >= 3) & (f.length <= 80) & (f.digits <= 4),
            one_of(words["organisation"]["endings"]) + rf"{_BRACKETED}(?:\x00|$)",
        ),
        "latin_organisation": _Shape(
            of["latin_organisation"],
            lambda f: (f.han == 0) & (f.letters >= 4) & (f.spaces >= 1) & (f.length <= 80),
            "(?i)" + one_of(words["organisation"]["latin_endings"]),
        ),
        "region": _Shape(of["region"], lambda f: (f.han == f.length) & (f.length >= 2) & (f.length <= 40)),
        "place": _Shape(of["place"], lambda f: (f.han == f.length) & (f.length >= 2) & (f.length <= 12)),
        "address": _Shape(of["address"], _chinese_address, of["address"].replace("$", "")),
        "village": _Shape(
            of["village"],
            lambda f: _chinese_address(f) & (f.length >= 8),
            of["village"],
        ),
        "latin_address": _Shape(
            of["latin_address"],
            lambda f: (f.han == 0) & (f.letters >= 6) & (f.digits >= 1) & (f.spaces >= 2) & (f.length <= 120),
            "(?i)" + one_of(words["address"]["latin_roads"]),
        ),
        "latin_place": _Shape(
            of["latin_place"],
            lambda f: (f.han == 0) & (f.letters >= 6) & (f.digits >= 2) & (f.spaces >= 2) & (f.length <= 160),
        ),
        "latin_partners": _Shape(
            of["latin_partners"],
            lambda f: (f.han == 0) & (f.digits == 0) & (f.spaces >= 3) & (f.spaces <= 4) & (f.length <= 60),
        ),
        "diagnosis": _Shape(
            of["diagnosis"],
            lambda f: (f.han >= 2) & (f.length <= 40),
            one_of(words["diagnosis"]["endings"]),
        ),
        "latin_diagnosis": _Shape(
            of["latin_diagnosis"],
            lambda f: (f.han == 0) & (f.letters >= 5) & (f.length <= 80) & (f.digits <= 4),
            "(?i)" + one_of(words["diagnosis"]["latin"]),
        ),
        # With their decimal part: without it A12 may be any code. V to Y are causes from outside, and versions of software.
        "icd": _Shape(
            _ICD,
            lambda f: (f.letters >= 1) & (f.dots == 1) & (f.digits >= 3) & (f.length >= 5) & (f.length <= 11),
        ),
        "image": _Shape(_IMAGE, _long_code),
        "image_file": _Shape(
            _IMAGE_FILE,
            lambda f: (f.dots >= 1) & (f.letters >= 3) & (f.length <= 400) & (f.spaces == 0),
            rf"(?i)\.{_FILE_ENDING}",
        ),
        "template": _Shape(_TEMPLATE, lambda f: _long_code(f) & (f.digits >= 4) & (f.spaces == 0)),
    }


_SHAPES: Final = _shapes()
_HINTS: Final = {key: shape.hint for key, shape in enumerate(_SHAPES.values()) if shape.hint is not None}
_FILTER: Final = Filter(_HINTS, with_re2=False)  # RE2 would take as long for a hint as for the expression
_KEYS: Final = {name: key for key, name in enumerate(_SHAPES)}
_OF_ANY_CELL: Final = frozenset(
    {"address", "village", "latin_address", "latin_place", "icd", "image", "image_file", "template"}
)


def find_shapes(cells: Cells, candidates: BoolArray) -> dict[str, BoolArray]:
    """Which cells have which shape; only `candidates` have that of an organisation, a region or a diagnosis.

    organisation: an enterprise, office, school, hospital. region: administrative areas from province down to village, alone or in a row,
    without road and number. address: a road or estate with a number, or at least three levels down to a village. diagnosis: diseases
    and symptoms; icd: codes of them. image, image_file: an image written out, a file with an image or a voice. template: a long code, as
    of faces and fingerprints.
    """

    def fitting(name: str, besides: BoolArray | None = None) -> IntArray:
        where = cells.having(_SHAPES[name].fits(cells.outlines.features))
        if name not in _OF_ANY_CELL:
            where = where & candidates
        return np.flatnonzero(where if besides is None else where & ~besides)

    def having(name: str, besides: BoolArray | None = None) -> BoolArray:
        where = np.zeros(len(cells), dtype=np.bool_)
        where[places[_KEYS[name]]] = True
        return has_shape(cells, where if besides is None else where & ~besides, _SHAPES[name].expression)

    places = _FILTER.candidates(cells, {key: fitting(name) for name, key in _KEYS.items() if name != "village"})
    region = having("region")
    region |= having("place", region)
    address = having("address") | having("latin_address") | having("latin_place")
    places |= _FILTER.candidates(cells, {_KEYS["village"]: fitting("village", address)})
    image, firm = having("image"), having("organisation")
    return {
        "organisation": (firm & ~has_shape(cells, firm, _EXPRESSIONS["legal_form"]))
        | having("latin_organisation")
        | having("latin_partners"),
        "region": region & ~has_shape(cells, region, _EXPRESSIONS["not_region"]),
        "address": address | having("village"),
        "diagnosis": having("diagnosis") | having("latin_diagnosis"),
        "icd": having("icd"),
        "image": image,
        "image_file": having("image_file"),
        "template": having("template", image),
    }


def rows_by_year(year: IntArray, rows: IntArray) -> IntArray:
    """A histogram over the years from `FIRST_YEAR` to `LAST_YEAR`; what lies outside counts for the nearest of them."""
    place = np.clip(year, FIRST_YEAR, LAST_YEAR) - FIRST_YEAR
    counted: IntArray = np.bincount(place, weights=rows, minlength=LAST_YEAR - FIRST_YEAR + 1).astype(np.int64)
    return counted


@dataclass(frozen=True, slots=True)
class DateShape:
    """Rows with a date per year from `FIRST_YEAR` on, rows whose date has a time of day, and which cells are dates."""

    years: IntArray
    timed_rows: int
    dates: BoolArray


def dates(cells: Cells) -> DateShape:
    """Cells that are a date in one of the usual notations."""
    years = np.zeros(LAST_YEAR - FIRST_YEAR + 1, dtype=np.int64)
    found = np.zeros(len(cells), dtype=np.bool_)
    f = cells.outlines.features
    candidates = (
        (f.digits >= 5) & (f.digits <= 23) & (f.length >= 6) & (f.length <= 32) & (f.letters <= 11) & (f.han <= 3)
    )
    candidates &= (f.digits == 8) | (f.length > f.digits)
    if not candidates.any():
        return DateShape(years, 0, found)
    timed = 0

    def count(which: IntArray, year: IntArray, has_time: BoolArray) -> int:
        found[which] = True
        rows = cells.counts[which]
        years[:] += rows_by_year(year, rows)
        return int(rows[has_time].sum())

    undecided = candidates[np.newaxis].copy()
    for match in _DATE_PLANNER.find(cells.array, cells.outlines, undecided):
        groups = match.way.groups
        digits = match.part(*groups.get(1, groups.get(4, (0, 0)))).astype(np.int64) - ord("0")
        timed += count(match.cells, digits @ _THOUSANDS, np.full(len(match.cells), 5 in groups))
    index = np.flatnonzero(has_shape(cells, cells.having(undecided[0]), _DATE_RELAXED))
    if len(index):
        lengths = cells.features.length[index]
        starts = np.zeros(len(index), dtype=np.int64)
        starts[1:] = np.cumsum(lengths[:-1] + 1)
        hits = [(m.start(), int(m[1] or m[4]), m[5] is not None) for m in _DATE.finditer(join(cells.at(index)))]
        if hits:
            at, year, with_time = (np.array(column) for column in zip(*hits, strict=True))
            timed += count(index[np.searchsorted(starts, at, side="right") - 1], year, with_time)
    return DateShape(years, timed, found)


@dataclass(frozen=True, slots=True)
class NumberShape:
    """Rows that are one number: how many, how many whole, and those in each range of interest. No number is kept itself, not even the
    least: it would be somebody's."""

    rows: int = 0
    whole_rows: int = 0
    negative_rows: int = 0
    year_rows: int = 0
    month_rows: int = 0
    day_rows: int = 0
    east_rows: int = 0
    north_rows: int = 0
    fine_rows: int = 0
    six_digit_rows: int = 0
    age_rows: int = 0
    past_age_rows: int = 0
    degree_rows: int = 0

    @property
    def are_years(self) -> bool:
        """All of them are years, or all months (199001), or all days (19900131)."""
        return max(self.year_rows, self.month_rows, self.day_rows) >= self.rows

    def merge(self, other: NumberShape) -> NumberShape:
        """Both together."""
        return NumberShape(
            self.rows + other.rows,
            self.whole_rows + other.whole_rows,
            self.negative_rows + other.negative_rows,
            self.year_rows + other.year_rows,
            self.month_rows + other.month_rows,
            self.day_rows + other.day_rows,
            self.east_rows + other.east_rows,
            self.north_rows + other.north_rows,
            self.fine_rows + other.fine_rows,
            self.six_digit_rows + other.six_digit_rows,
            self.age_rows + other.age_rows,
            self.past_age_rows + other.past_age_rows,
            self.degree_rows + other.degree_rows,
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
        negative_rows=count(values < 0),
        year_rows=count((values >= 1880) & (values <= 2049)),
        month_rows=count((values >= 188_001) & (values <= 204_912)),
        day_rows=count((values >= 18_800_101) & (values <= 20_491_231)),
        east_rows=count((values >= 73) & (values <= 136)),
        north_rows=count((values >= 3) & (values <= 54)),
        fine_rows=count(np.abs(values * 1000 - np.round(values * 1000)) > 1e-6),
        six_digit_rows=count(whole & (values >= 10_000) & (values <= 999_999)),
        age_rows=count(whole & (values >= 0) & (values <= 120)),
        past_age_rows=count(values > 120),
        degree_rows=count(np.abs(values) <= 180),
    )


def numbers_in(cells: Cells) -> tuple[BoolArray, NumberShape]:
    """Cells that are one plain number of at most 15 digits, and what they look like."""
    outlines, f = cells.outlines, cells.outlines.features
    plain = (f.digits >= 1) & (f.digits <= 15) & (f.dots <= 1) & (f.letters == 0) & (f.length - f.digits - f.dots <= 1)
    for code in np.flatnonzero(plain).tolist():
        plain[code] = _PLAIN_NUMBER.fullmatch(outlines.distinct[code].as_py()) is not None
    numbers = cells.having(plain)
    index = np.flatnonzero(numbers)
    if not len(index):
        return numbers, NumberShape()
    return numbers, number_shape(cells.at(index).cast(pa.float64()).to_numpy(), cells.counts[index])


def lost_digit_rows(cells: Cells) -> tuple[int, int]:
    """Rows such as 3.20501E+17: an identifier that a spreadsheet turned into a float; and those that begin like a resident ID.

    1.3812345678E+10 has lost nothing: as many digits follow its point as its exponent says.
    """
    f = cells.outlines.features
    candidates = (f.letters == 1) & (f.dots <= 1) & (f.digits >= 3) & (f.length <= 22)
    found = np.flatnonzero(has_shape(cells, cells.having(candidates), _SCIENTIFIC))
    lost: list[int] = []
    ids: list[int] = []
    for at, text in zip(found.tolist(), cells.at(found).to_pylist() if len(found) else [], strict=True):
        mantissa, _, exponent = str(text).upper().partition("E")
        if len(mantissa) - 2 < int(exponent):
            lost.append(at)
            if int(exponent) == _ID_EXPONENT and mantissa[:3].replace(".", "") in PROVINCES:
                ids.append(at)
    return int(cells.counts[lost].sum()), int(cells.counts[ids].sum())


def lost_ids(numbers: npt.NDArray[np.float64]) -> int:
    """How many floats begin like a resident ID: fifteen of its digits are left, and the province and date of birth are among them."""
    eighteen = numbers[(numbers >= 1e17) & (numbers < 1e18)].astype(np.int64)
    return int(resident_ids([str(number) for number in eighteen.tolist()])[0].sum()) if len(eighteen) else 0
