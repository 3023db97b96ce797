"""Parts of a download (RFC 9110 §14): which bytes a `Range` header asks for. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


class RangeNotSatisfiable(Exception):
    """The range lies past the end."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes `first` to `last`, both counted in, of `size`."""

    first: int
    last: int
    size: int

    @property
    def length(self) -> int:
        """How many bytes."""
        return self.last - self.first + 1

    @property
    def is_whole(self) -> bool:
        """Whether that is everything."""
        return self.length == self.size

    @property
    def content_range(self) -> str:
        """The header's value."""
        return f"bytes {self.first}-{self.last}/{self.size}"


def read_range(header: str, size: int) -> ByteRange | None:
    """The part of `size` bytes that `header` asks for; None where it asks for all of it, or for what we do not serve.

    A malformed header and one with several ranges are ignored, as the standard allows: the answer is then the whole.
    Raises `RangeNotSatisfiable`.
    """
    match = _ONE_RANGE.fullmatch(header.strip().replace(" ", ""))
    if match is None or match.group(0) == "bytes=-":
        return None
    first_text, last_text = match.groups()
    if not first_text:
        wanted = int(last_text)
        if wanted == 0 or size == 0:
            raise RangeNotSatisfiable
        return ByteRange(max(0, size - wanted), size - 1, size)
    first = int(first_text)
    last = min(int(last_text), size - 1) if last_text else size - 1
    if last_text and int(last_text) < first:
        return None
    if first >= size:
        raise RangeNotSatisfiable
    return ByteRange(first, last, size)
