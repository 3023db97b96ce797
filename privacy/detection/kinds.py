"""What cells are, loosely: words, figures, the codes of posts, words that name no person.

Lives here: kinds of cells that prove no type and only do not speak against the one that the column's name says. `city` over Springfield and
Dayton is believed, `city` over 7.25 is not. Not here: forms that prove a type (`privacy.detection.shapes`, the recognizers).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from privacy.detection.cells import Cells
from privacy.detection.checksums import BoolArray
from privacy.detection.lexicons import shape_words
from privacy.detection.shapes import has_shape, one_of

_LONGEST_WORDS: Final = 40
_LONGEST_FIGURES: Final = 24
# GB 1–10 digits apart: ZIP+4, the United Kingdom's with and without its blank, Canada's.
_POSTCODE: Final = r"(?i)^(?:[0-9]{5}-[0-9]{4}|[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}|[A-Z][0-9][A-Z][ -]?[0-9][A-Z][0-9]|[0-9]{4} ?[A-Z]{2})$"
_AGENT: Final = r"^[A-Za-z]+/[0-9]+\.[0-9]+[^ ]* ?\("
# Adam631: how made-up persons of public test data are told from real ones.
_NUMBERED_NAME: Final = r"^[A-Z][A-Za-z'-]+[0-9]{1,4}$"
_PAIR: Final = r"^[(\[]?\s*(?:-?[0-9]{1,3}\.[0-9]{3,})°?[NESW]?\s*[,;/ ]\s*-?[0-9]{1,3}\.[0-9]{3,}°?[NESW]?\s*[)\]]?$"


def _jobs() -> str:
    words = shape_words()["occupation"]
    chinese = rf"^[\x{{3400}}-\x{{9fff}}A-Za-z(),、/ ]{{0,12}}{one_of(words['endings'])}(?:\(.{{1,10}}\))?$"
    english = rf"(?i)\b{one_of(words['latin'])}s?(?:$|,| of | in | for | [IVX0-9]+$|/| \()"
    return f"{chinese}|{english}"


_JOBS: Final = _jobs()


def kinds_of(cells: Cells, candidates: BoolArray) -> dict[str, BoolArray]:
    """Which cells are of which kind; only `candidates` may be jobs.

    words: short, of letters and without a digit. figures: a short text around a number, as $1,200, <=50K or 35岁.
    letter_and_eight: a letter and eight digits, as travel documents and serial numbers are written. postcode: codes of the post
    that are no plain number. pair: two decimals that may be a position. numbered_name: a word and a number of at most four
    digits. job: ends like an occupation. agent: what a browser says that it is.
    """
    f = cells.outlines.features
    marks = f.length - f.digits - f.letters - f.han - f.spaces
    words = (f.digits == 0) & (f.ats == 0) & (f.length <= _LONGEST_WORDS) & (f.length >= 2)
    words &= (f.letters + f.han >= 2) & (marks <= 3)
    figures = (f.digits >= 1) & (f.length <= _LONGEST_FIGURES) & (f.letters <= 10) & (f.han <= 6) & (f.ats == 0)
    figures &= (f.colons == 0) & (marks <= 8)
    serial = (f.length == 9) & (f.letters == 1) & (f.digits == 8)
    post = (f.length >= 5) & (f.length <= 10) & (f.digits >= 2) & ((f.letters >= 2) | (f.digits == 9)) & (f.han == 0)
    pair = (f.dots == 2) & (f.digits >= 8) & (f.letters <= 2) & (f.han == 0) & (f.length <= _LONGEST_WORDS)
    numbered = (
        (f.digits >= 1) & (f.digits <= 4) & (f.letters >= 2) & (f.letters + f.digits + 2 >= f.length) & (f.han == 0)
    )
    job = words & (f.length >= 2)
    return {
        "words": cells.having(words),
        "figures": cells.having(figures),
        "letter_and_eight": cells.having(serial),
        "agent": has_shape(
            cells,
            cells.having((f.letters >= 8) & (f.digits >= 2) & (f.length >= 12) & (f.han == 0) & (f.dots >= 1)),
            _AGENT,
        ),
        "postcode": has_shape(cells, cells.having(post), _POSTCODE),
        "numbered_name": has_shape(cells, cells.having(numbered), _NUMBERED_NAME),
        "pair": has_shape(cells, cells.having(pair), _PAIR),
        "job": has_shape(cells, cells.having(job) & candidates, _JOBS)
        if np.any(job)
        else np.zeros(len(cells), dtype=np.bool_),
    }
