"""The dirt of real tables: what hands, forms and exports do to a clean value.

Lives here: IDs with separators, full-width digits, a small x or a mistyped digit; telephones with +86 and hyphens;
dates in four spellings; trailing blanks; districts written two ways; values left out. Every function takes a clean
column and the table's own random stream and returns a column of the same length.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from config.demo.city.columns import (
    Days,
    Floats,
    Indices,
    Mask,
    Text,
    either,
    hide,
    join,
    numbers_as_text,
    pick,
    rewrite,
    strings,
    text,
)
from config.demo.city.places import DISTRICT_NAMES, DISTRICTS

FULL_WIDTH = {ord(character): ord(character) + 0xFEE0 for character in "0123456789X"}
IDEOGRAPHIC_SPACE = "\u3000"

# Shares of all rows; the rest stays as it is.
SPACED_SHARE = 0.012
HYPHENED_SHARE = 0.008
FULL_WIDTH_SHARE = 0.006
MISTYPED_SHARE = 0.015
SMALL_X_SHARE = 0.3  # of the IDs that end in X
TRAILING_BLANK_SHARE = 0.01


def leave_out(values: Text, share: float, *, rng: np.random.Generator) -> Text:
    """The column with nulls in about `share` of its rows."""
    hidden: Text = hide(values, rng.random(len(values)) < share)
    return hidden


def trail_blanks(values: Text, *, rng: np.random.Generator, share: float = TRAILING_BLANK_SHARE) -> Text:
    """The column with a blank after some of its values."""
    return rewrite(values, rng.random(len(values)) < share, lambda some: [f"{value} " for value in some])


def soil_ids(values: Text, *, rng: np.random.Generator) -> Text:
    """Resident IDs as people write them; about one in seventy has a wrong digit, so its check character no longer
    fits."""
    rows = len(values)
    chance = rng.random(rows)
    edges = np.cumsum([SPACED_SHARE, HYPHENED_SHARE, FULL_WIDTH_SHARE, MISTYPED_SHARE])
    values = rewrite(
        values, (rng.random(rows) < SMALL_X_SHARE), lambda some: [value.replace("X", "x") for value in some]
    )
    values = rewrite(values, _between(chance, edges[2], edges[3]), lambda some: _mistype(some, rng))
    values = rewrite(values, chance < edges[0], lambda some: [_grouped(value, " ") for value in some])
    values = rewrite(
        values, _between(chance, edges[0], edges[1]), lambda some: [_grouped(value, "-") for value in some]
    )
    full_width = _between(chance, edges[1], edges[2])
    values = rewrite(values, full_width, lambda some: [value.upper().translate(FULL_WIDTH) for value in some])
    return trail_blanks(values, rng=rng)


def soil_codes(values: Text, *, rng: np.random.Generator) -> Text:
    """Unified social credit codes: a few in small letters, a few with a wrong last character, a few with a blank
    behind."""
    rows = len(values)
    values = rewrite(values, rng.random(rows) < 0.006, lambda some: [_other_last(value) for value in some])
    values = rewrite(values, rng.random(rows) < 0.01, lambda some: [value.lower() for value in some])
    return trail_blanks(values, rng=rng)


def soil_mobiles(values: Text, *, rng: np.random.Generator) -> Text:
    """Mobiles with +86, hyphens, blanks or full-width digits in about one row of fifteen."""
    chance = rng.random(len(values))
    values = rewrite(values, chance < 0.02, lambda some: [f"+86{value}" for value in some])
    values = rewrite(
        values, _between(chance, 0.02, 0.03), lambda some: [f"+86-{_phone_groups(value, '-')}" for value in some]
    )
    values = rewrite(values, _between(chance, 0.03, 0.05), lambda some: [_phone_groups(value, "-") for value in some])
    values = rewrite(values, _between(chance, 0.05, 0.06), lambda some: [_phone_groups(value, " ") for value in some])
    return rewrite(values, _between(chance, 0.06, 0.065), lambda some: [value.translate(FULL_WIDTH) for value in some])


def soil_names(values: Text, *, rng: np.random.Generator) -> Text:
    """Names with a full-width blank inside (two characters stretched to the width of three) or a blank behind."""
    chance = rng.random(len(values))
    stretched = rewrite(
        values, chance < 0.01, lambda some: [IDEOGRAPHIC_SPACE.join(name) if len(name) == 2 else name for name in some]
    )
    return trail_blanks(stretched, rng=rng)


def soil_cards(values: Text, *, rng: np.random.Generator) -> Text:
    """Bank cards in groups of four, as printed on the card, in some of the rows."""
    groups = [(0, 4), (4, 8), (8, 12), (12, 16), (16, 19)]
    mask = rng.random(len(values)) < 0.08
    return rewrite(values, mask, lambda some: [" ".join(value[a:b] for a, b in groups) for value in some])


def write_dates(dates: Days, *, rng: np.random.Generator | None = None, plain_share: float = 0.8) -> Text:
    """Dates as `2024-03-07`; with `rng`, the rest also as `2024/3/7`, `20240307` and `2024年3月7日`."""
    plain = dates_as_text(dates)
    if rng is None:
        return plain
    year = numbers_as_text(dates.astype("datetime64[Y]").astype(np.int64) + 1970)
    month_number = dates.astype("datetime64[M]").astype(np.int64) % 12 + 1
    day_number = (dates - dates.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64) + 1
    month, day = numbers_as_text(month_number), numbers_as_text(day_number)
    slashed = join(year, "/", month, "/", day)
    chinese = join(year, "年", month, "月", day, "日")
    compact = text([value.replace("-", "") for value in strings(plain)])
    chance = rng.random(dates.size)
    step = (1 - plain_share) / 3
    odd = either(chance < plain_share + step, slashed, either(chance < plain_share + 2 * step, chinese, compact))
    return either(chance < plain_share, plain, odd)


def dates_as_text(dates: Days) -> Text:
    """Dates as `2024-03-07`."""
    days = np.unique(dates)
    return pick(np.datetime_as_string(days).tolist(), np.searchsorted(days, dates))


def write_districts(districts: Indices, *, rng: np.random.Generator, other_share: float = 0.12) -> Text:
    """District names, some of them in the other spelling: 姑苏区 or 苏州市姑苏区, 昆山市 or 昆山."""
    other_names = [place.other_name for place in DISTRICTS]
    other = rng.random(districts.size) < other_share
    return either(other, pick(other_names, districts), pick(DISTRICT_NAMES, districts))


def _between(chance: Floats, low: float, high: float) -> Mask:
    within: Mask = (chance >= low) & (chance < high)
    return within


def _grouped(value: str, separator: str) -> str:
    return separator.join((value[:6], value[6:14], value[14:]))


def _phone_groups(value: str, separator: str) -> str:
    return separator.join((value[:3], value[3:7], value[7:])) if len(value) == 11 else value


def _mistype(values: Sequence[str], rng: np.random.Generator) -> list[str]:
    """One digit of the order code or the end of the birth date changed: MOD 11-2 notices every single wrong digit."""
    places = rng.integers(10, 17, len(values)).tolist()
    shifts = rng.integers(1, 10, len(values)).tolist()
    return [
        value[:place] + str((int(value[place]) + shift) % 10) + value[place + 1 :]
        for value, place, shift in zip(values, places, shifts, strict=True)
    ]


def _other_last(value: str) -> str:
    return value[:-1] + ("5" if value[-1] != "5" else "6")
