"""Coarser telephone numbers, network addresses and coordinates, and hierarchies with several levels.

Lives here: the generalisations of codes that have a structure of their own. Numbers, dates, addresses and prefixes are
`generalise`'s, which also says which of all of them a rule means.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pyarrow as pa

from privacy.detection.arrow import pc
from privacy.masking.canonical import canonical_text, malformed_rows
from privacy.masking.columns import Texts, Values, as_column, as_text, flags, has_text_form
from privacy.masking.operators import Masked, all_valid

MOST_METRES = 1_000_000
MOST_GEOHASH = 9
_METRES_A_DEGREE = 111_320  # at the equator; a degree of longitude is shorter everywhere else
_BASE32 = "0123456789bcdefghjkmnpqrstuvwxyz"
_COORDINATE = r"[+-]?\d{1,3}(?:\.\d{1,12})?"
_PAIR = rf"^[\[(]?(?P<first>{_COORDINATE})(?:\s*[,;]\s*|\s+)(?P<second>{_COORDINATE})[\])]?$"
_SINGLE = rf"^(?P<first>{_COORDINATE})(?P<second>)$"


def _by_distinct(text: Texts, label: Callable[[str], str | None]) -> Texts:
    """What `label` makes of each different text, spread over the rows."""
    encoded = text.dictionary_encode()
    labels = [None if one is None else label(one) for one in encoded.dictionary.to_pylist()]
    return pa.array(labels, type=pa.string()).take(encoded.indices)


@dataclass(frozen=True, slots=True)
class PhoneRegions:
    """A landline to its area code (0512), a mobile number to its first three digits (138)."""

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        return pa.string() if has_text_form(source) else None

    def apply(self, values: Values) -> Masked:
        text = as_text(values)
        mobile = pc.utf8_slice_codeunits(canonical_text("CN_MOBILE", text), 0, 3)
        landline = canonical_text("CN_LANDLINE", text)
        # 010 and 02x have three digits, all others four (GB/T 15279).
        short = flags(pc.match_substring_regex(landline, r"^0(?:10|2)"))
        area = pc.if_else(
            as_column(short), pc.utf8_slice_codeunits(landline, 0, 3), pc.utf8_slice_codeunits(landline, 0, 4)
        )
        result = pc.coalesce(mobile, area)
        return Masked(values=result, invalid=malformed_rows(values, result))


@dataclass(frozen=True, slots=True)
class Networks:
    """An IP address to the network of its first `bits` (IPv4) or `bits6` (IPv6) bits, as 192.0.2.0/24."""

    bits: int = 24
    bits6: int = 48

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        return pa.string() if has_text_form(source) else None

    def apply(self, values: Values) -> Masked:
        result = _by_distinct(canonical_text("IP_ADDRESS", as_text(values)), self._network)
        return Masked(values=result, invalid=malformed_rows(values, result))

    def _network(self, text: str) -> str | None:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return None
        bits = self.bits if address.version == 4 else self.bits6
        return (
            str(ipaddress.ip_network((int(address), bits), strict=False))
            if address.version == 4
            else str(ipaddress.IPv6Network((int(address), bits), strict=False))
        )


class CoordinateOrder(StrEnum):
    """Which of a pair stands first: the parameter `first`."""

    LONGITUDE = "longitude"
    LATITUDE = "latitude"


@dataclass(frozen=True, slots=True)
class Grid:
    """Coordinates to the middle of a cell of at most so many metres; a pair in one cell (120.58,31.30) or one of the two.

    Cells are of equal degrees, so they are as high as said and the narrower the further from the equator (at 31° by a
    seventh).
    """

    metres: float

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        return pa.string() if has_text_form(source) else None

    def apply(self, values: Values) -> Masked:
        text = canonical_text(None, as_text(values))
        pair, single = pc.extract_regex(text, _PAIR), pc.extract_regex(text, _SINGLE)
        middle = [
            pc.coalesce(self._middles(pc.struct_field(pair, "first")), self._middles(pc.struct_field(single, "first"))),
            self._middles(pc.struct_field(pair, "second")),
        ]
        joined = pc.binary_join_element_wise(*middle, ",")
        is_pair = flags(pair.is_valid())
        result = pc.if_else(as_column(is_pair), joined, middle[0])
        return Masked(values=result, invalid=malformed_rows(values, result))

    def _middles(self, text: Texts) -> Texts:
        step = self.metres / _METRES_A_DEGREE
        degrees = pc.fill_null(pc.if_else(pc.equal(text, ""), None, text).cast(pa.float64()), np.nan).to_numpy(
            zero_copy_only=False
        )
        with np.errstate(invalid="ignore"):
            known = np.abs(degrees) <= 180
            middles = np.where(known, (np.floor(np.where(known, degrees, 0) / step) + 0.5) * step, 0)
        # As many places as tell cells apart, and no more.
        places = max(0, math.ceil(-math.log10(step)) + 1)
        return pa.array([f"{one:.{places}f}" for one in middles.tolist()], mask=~known, type=pa.string())


@dataclass(frozen=True, slots=True)
class Geohashes:
    """A pair of coordinates in one cell to its geohash of `length` characters; 5 are cells of about 5 km, 6 of about 1 km."""

    length: int
    first: CoordinateOrder = CoordinateOrder.LONGITUDE

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        return pa.string() if has_text_form(source) else None

    def apply(self, values: Values) -> Masked:
        parts = pc.extract_regex(canonical_text(None, as_text(values)), _PAIR)
        pairs = [None if part is None else (float(part["first"]), float(part["second"])) for part in parts.to_pylist()]
        result = pa.array([None if pair is None else self._hash(*pair) for pair in pairs], type=pa.string())
        return Masked(values=result, invalid=malformed_rows(values, result))

    def _hash(self, one: float, other: float) -> str | None:
        longitude, latitude = (one, other) if self.first is CoordinateOrder.LONGITUDE else (other, one)
        if abs(longitude) > 180 or abs(latitude) > 90:
            return None
        bits = 5 * self.length
        # Longitude has the first bit, and every second one after it.
        east = _cell(longitude, 180, (bits + 1) // 2)
        north = _cell(latitude, 90, bits // 2)
        code = 0
        for place in range(bits):
            source, left = (east, (bits + 1) // 2) if place % 2 == 0 else (north, bits // 2)
            code = code << 1 | source >> (left - 1 - place // 2) & 1
        return "".join(_BASE32[code >> 5 * place & 31] for place in reversed(range(self.length)))


def _cell(degrees: float, limit: int, bits: int) -> int:
    """The number of the part in which `degrees` lies, of 2^`bits` equal parts from −`limit` to `limit`."""
    return min(int((degrees + limit) / (2 * limit) * (1 << bits)), (1 << bits) - 1)


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """A hierarchy given by the user: for each value its classes, the finest first; `level` (from 1) says which is written.

    Values are compared after NFKC and trimming. What the table does not name becomes `other`, or is malformed without it; so
    is a value whose line ends before the level.
    """

    levels: Mapping[str, Sequence[str]]
    level: int = 1
    other: str | None = None

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        return pa.string() if has_text_form(source) else None

    def apply(self, values: Values) -> Masked:
        names = canonical_text(None, pa.array(list(self.levels), type=pa.string()))
        classes = [found[self.level - 1] if len(found) >= self.level else None for found in self.levels.values()]
        text = canonical_text(None, as_text(values))
        result: Texts = pa.array(classes, type=pa.string()).take(pc.index_in(text, value_set=names))
        result = pc.if_else(pc.is_valid(text), result, pa.scalar(None, pa.string()))
        malformed = malformed_rows(values, result)
        if self.other is not None:
            return all_valid(pc.if_else(as_column(malformed), self.other, result))
        return Masked(values=result, invalid=malformed)
