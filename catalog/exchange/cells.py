"""What a cell of the catalogue sheet says: a code, a date, a list of words; and how text stands in a cell unharmed.

Pure functions over text; which cell belongs where is `reading`'s and `workbook`'s.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date

from catalog.exchange.columns import DATA_TYPES, plain
from catalog.messages import MessageError, gettext_noop


class CellError(MessageError):
    """A cell says nothing that can be kept. The message never repeats what it says."""

    code = "cell_invalid"


# What a spreadsheet takes for a formula (OWASP "CSV Injection"); a saved sheet is soon a CSV. Full-width forms count in
# Chinese locales. Apostrophes before it are part of the pattern so that taking one off is the exact opposite of putting
# one on.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_DATE = re.compile(
    r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?(?:[t ]00:00(?::00)?)?|(\d{4})(\d{2})(\d{2})"
)
_BREAK = re.compile(r"\s*[\r\n]\s*")
_LISTS = (re.compile(r"[;；\n]"), re.compile(r"[,，、]"))


def sheltered(text: str) -> str:
    """`text` for a cell: never taken for a formula, whatever the sheet is later saved as."""
    return f"'{text}" if _FORMULA.match(text) else text


def unsheltered(cell: str) -> str:
    """The text that `sheltered` made the cell of."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def parse_text(cell: str) -> str:
    """The cell's text without blanks around it. Raises CellError for control characters."""
    text = unsheltered(cell).strip()
    if _CONTROL.search(text):
        raise CellError(gettext_noop("There are control characters in this cell."), code="control_characters")
    return text


def parse_line(cell: str) -> str:
    """As `parse_text`, for what stands on one line: a line break in a narrow column is no part of a title."""
    return _BREAK.sub(" ", parse_text(cell))


def parse_choice(cell: str, choices: Mapping[str, Sequence[str]]) -> str:
    """The code that the cell names by itself or by one of its words. Raises CellError naming what is understood."""
    said = plain(parse_text(cell))
    for code, words in choices.items():
        if said in {plain(code), *map(plain, words)}:
            return str(code)
    allowed = ", ".join(f"{words[0]}（{code}）" for code, words in choices.items())
    raise CellError(gettext_noop("This is none of: %(allowed)s."), code="choice_unknown", allowed=allowed)


def parse_data_type(cell: str) -> str:
    """The letter of a data type, from the letter, its name, or both in either order. Raises CellError."""
    said = unicodedata.normalize("NFKC", parse_text(cell)).lower()
    said = re.sub(r"[()\s:、-]", "", said).replace("型", "")
    for letter, names in DATA_TYPES.items():
        low = letter.lower()
        bare = [name.replace("型", "") for name in names]
        if said == low or any(said in (name, low + name, name + low) for name in bare):
            return letter
    allowed = ", ".join(f"{letter} {names[0]}" for letter, names in DATA_TYPES.items())
    raise CellError(gettext_noop("This is none of: %(allowed)s."), code="data_type_unknown", allowed=allowed)


def parse_date(cell: str) -> date:
    """A day, as spreadsheets and people write it. Raises CellError."""
    found = _DATE.fullmatch(parse_text(cell).lower())
    try:
        year, month, day = (int(part) for part in found.groups() if part) if found else (0, 0, 0)
        return date(year, month, day)
    except ValueError:
        raise CellError(gettext_noop("This is no date; write it as 2026-01-31."), code="date_invalid") from None


def parse_list(cell: str) -> list[str]:
    """The words of a cell, each once. Semicolons or line ends part them; failing those, commas do."""
    text = parse_text(cell)
    parting = next((mark for mark in _LISTS if mark.search(text)), _LISTS[0])
    return list(dict.fromkeys(word for part in parting.split(text) if (word := part.strip())))


def list_cell(words: Sequence[str]) -> str:
    """The cell that `parse_list` reads as these words; the last semicolon keeps the commas of a lone word together."""
    text = "; ".join(words)
    return f"{text};" if len(words) == 1 and _LISTS[1].search(text) else text
